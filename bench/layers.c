/* What each 3 x 3 convolution of a U-Net costs, pass by pass, by each algorithm that could serve it:
 * bench_layers [WIDTH [BATCH [SIZE [THREADS [TURNS]]]]]
 *
 * The algorithms take turns. Times are those of the fastest turn, in milliseconds, waiting for other threads included;
 * the operations are those of the direct sum. Prints JSON: what the rule of net/conv_winograd.h takes, and what a
 * choice by measuring would. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/meter.h"
#include "base/random.h"
#include "net/conv.h"
#include "net/conv_winograd.h"

enum { DEPTH = 4 };

typedef enum pass { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS, PASSES } pass;
typedef enum algorithm { WINOGRAD, DIRECT, ALGORITHMS } algorithm;

static const char *const pass_names[PASSES] = {"forward", "backward_data", "backward_weights"};

typedef struct layer {
    og__conv_shape shape;
    float *src, *dst, *d_src, *d_dst, *weights, *d_weights;
} layer;

static og_status fill(size_t count, int item, float **tensor)
{
    OG_TRY(og__alloc(count, sizeof(float), tensor));
    og__random random = og__random_at(1, OG_STREAM_TEST, (uint64_t)item);
    for (size_t i = 0; i < count; i++)
        (*tensor)[i] = (float)og__random_uniform(&random) - 0.5F;
    return OG_OK;
}

/* Weights change with each step, so that packing is part of a step's cost: of its forward pass here. */
static og_status run(const layer *l, og__conv *conv, pass which, void *scratch)
{
    const og__conv_fused alone = {0};
    switch (which) {
    case FORWARD:
        OG_TRY(og__conv_pack(conv, l->weights));
        return og__conv_forward(conv, l->src, NULL, l->dst, &alone, scratch);
    case BACKWARD_DATA:
        return og__conv_backward_data(conv, l->d_dst, l->d_src, &alone, scratch);
    default:
        return og__conv_backward_weights(conv, l->src, l->d_dst, l->d_weights, NULL, &alone, scratch);
    }
}

static og_status time_layer(const layer *l, int turns, double ms[PASSES][ALGORITHMS])
{
    og_status status = OG_OK;
    og__conv *convs[ALGORITHMS] = {NULL};
    void *scratch[ALGORITHMS] = {NULL};
    for (int a = 0; a < ALGORITHMS; a++) {
        og__conv_shape shape = l->shape;
        shape.exact = a == DIRECT;
        OG_GO(og__conv_new(&shape, &convs[a]));
        OG_GO(og__alloc(og__conv_scratch_bytes(convs[a]), 1, &scratch[a]));
    }
    for (int turn = 0; turn <= turns; turn++)
        for (int p = 0; p < PASSES; p++)
            for (int a = 0; a < ALGORITHMS; a++) {
                double begun = og__now_s();
                OG_GO(run(l, convs[a], (pass)p, scratch[a]));
                double took = 1e3 * (og__now_s() - begun);
                if (turn == 1 || (turn > 1 && took < ms[p][a]))
                    ms[p][a] = took;
            }
done:
    for (int a = 0; a < ALGORITHMS; a++) {
        og__conv_free(convs[a]);
        free(scratch[a]);
    }
    return status;
}

typedef struct totals {
    double rule, best;
} totals;

static void print(const layer *l, double ms[PASSES][ALGORITHMS], totals *sum)
{
    static bool first = true;
    const og__conv_shape *s = &l->shape;
    double gflop = 2e-9 * 9 * s->ic * s->oc * s->n * s->h * s->w;
    bool winograd = og__conv_winograd_serves(s);
    for (int p = 0; p < PASSES; p++) {
        double best = ms[p][WINOGRAD] < ms[p][DIRECT] ? ms[p][WINOGRAD] : ms[p][DIRECT];
        printf(
            "%s\n  {\"ic\": %d, \"oc\": %d, \"size\": %d, \"pass\": \"%s\", \"rule\": \"%s\", \"winograd_ms\": %.3f, "
            "\"direct_ms\": %.3f, \"gflops\": %.0f}",
            first ? "" : ",", s->ic, s->oc, s->h, pass_names[p], winograd ? "winograd" : "direct", ms[p][WINOGRAD],
            ms[p][DIRECT], 1e3 * gflop / best);
        first = false;
        sum->rule += ms[p][winograd ? WINOGRAD : DIRECT];
        sum->best += best;
    }
}

typedef struct options {
    int width, batch, size, threads, turns;
} options;

static og_status measure(const options *o, int ic, int oc, int size, totals *sum)
{
    og_status status = OG_OK;
    size_t pixels = (size_t)o->batch * (size_t)size * (size_t)size;
    size_t src = (size_t)ic * pixels, dst = (size_t)oc * pixels, weights = (size_t)ic * (size_t)oc * 9;
    double ms[PASSES][ALGORITHMS];
    layer l = {.shape = {.n = o->batch,
                         .ic = ic,
                         .oc = oc,
                         .d = 1,
                         .h = size,
                         .w = size,
                         .kernel = 3,
                         .dilation = 1,
                         .ic_all = ic,
                         .training = true,
                         .data_grad = true,
                         .threads = o->threads,
                         .isa = og__cpu_isa()}};
    OG_GO(fill(src, 0, &l.src));
    OG_GO(fill(dst, 1, &l.dst));
    OG_GO(fill(src, 2, &l.d_src));
    OG_GO(fill(dst, 3, &l.d_dst));
    OG_GO(fill(weights, 4, &l.weights));
    OG_GO(fill(weights, 5, &l.d_weights));
    OG_GO(time_layer(&l, o->turns, ms));
    print(&l, ms, sum);
done:
    free(l.src);
    free(l.dst);
    free(l.d_src);
    free(l.d_dst);
    free(l.weights);
    free(l.d_weights);
    return status;
}

/* All 3 x 3 convolutions behind the first: a stage's, and the decoder's two halves (docs/adr/0009). */
static og_status measure_all(const options *o, totals *sum)
{
    for (int stage = 0; stage <= DEPTH; stage++) {
        int channels = o->width << stage, size = o->size >> stage;
        if (stage > 0)
            OG_TRY(measure(o, channels / 2, channels, size, sum));
        int same = stage < DEPTH ? 4 : 1; /* in the encoder, in the decoder, and its first one's two sources */
        for (int i = 0; i < same; i++)
            OG_TRY(measure(o, channels, channels, size, sum));
    }
    return OG_OK;
}

int main(int argc, char **argv)
{
    options o = {16, 4, 256, 2, 5};
    int *const values[] = {&o.width, &o.batch, &o.size, &o.threads, &o.turns};
    for (int i = 1; i < argc && i <= 5; i++)
        *values[i - 1] = atoi(argv[i]);
    if (o.width < 16 || o.width % 16 != 0 || o.width > 256 || o.batch < 1 || o.size < 32 || o.size % 16 != 0 ||
        o.threads < 1 || o.turns < 1) {
        fprintf(stderr, "bench_layers: expected a width of 16 to 256 and a size of 32 or more, multiples of 16, and a "
                        "batch, threads and turns of 1 or more\n");
        return 2;
    }
    totals sum = {0};
    printf("{\"layers\": [");
    og_status status = measure_all(&o, &sum);
    printf("\n],\n\"rule_ms\": %.2f, \"best_ms\": %.2f}\n", sum.rule, sum.best);
    if (status != OG_OK)
        fprintf(stderr, "bench_layers: %s\n", og_error_text());
    return status == OG_OK ? 0 : 1;
}

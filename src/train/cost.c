/* Timing whole passes of a network, and their parts. */
#include <ogive/cost.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/meter.h"
#include "base/random.h"
#include "base/status.h"
#include "kernel/peak.h"
#include "net/net.h"
#include "net/trace.h"
#include "train/model.h"
#include "train/optimizer.h"
#include "train/options.h"

enum { WARM_UPS = 2, NUMBERS = 1 << 16 }; /* different numbers in the images; they repeat */

/* A network at work on made-up images. */
typedef struct bench {
    const og_train_options *network;
    const og_pass_options *options;
    og_net *net;
    og_plan *plan;
    og__optimizer *optimizer; /* NULL in inference */
    og__trace trace;
    float *images;   /* (n, channels, d, h, w) */
    uint8_t *labels; /* (n, d, h, w) */
    float *result;   /* (n, classes, d, h, w); NULL in training */
    double *pass_ms; /* (turns) */
    double *part_ms; /* (turns, nodes + 1, OG_WORK_COUNT) */
    int turns;       /* done */
} bench;

static og_status check_options(const og_pass_options *o)
{
    if (o->channels < 1 || o->classes < 2 || o->classes > OG_LABEL_IGNORE || o->turns < 1 || o->turns > 1000)
        return og__fail(OG_ERR_ARGUMENT,
                        "a measurement of %d passes on images of %d channels and %d classes: there must be 1 to 1000 "
                        "passes, at least 1 channel and 2 to 255 classes",
                        o->turns, o->channels, o->classes);
    return OG_OK;
}

static og_status make_images(bench *b)
{
    const og_pass_options *o = b->options;
    size_t pixels, floats, results;
    int slices = o->d > 0 ? o->d : 1;
    OG_TRY(og__product(&pixels, 4, (size_t[]){(size_t)b->network->batch, (size_t)slices, (size_t)o->h, (size_t)o->w}));
    OG_TRY(og__product(&floats, 2, (size_t[]){pixels, (size_t)o->channels}));
    OG_TRY(og__product(&results, 2, (size_t[]){pixels, o->training ? 0 : (size_t)o->classes}));
    OG_TRY(og__alloc(floats, sizeof(float), &b->images));
    OG_TRY(og__alloc(o->training ? pixels : 0, 1, &b->labels));
    OG_TRY(og__alloc(results, sizeof(float), &b->result));
    og__random random = og__random_at(1, OG_STREAM_TEST, 0);
    for (size_t i = 0; i < floats; i++)
        b->images[i] = i < NUMBERS ? og__random_normal(&random) : b->images[i - NUMBERS];
    for (size_t i = 0; i < pixels && o->training; i++)
        b->labels[i] = (uint8_t)og__random_below(&random, (uint32_t)o->classes);
    return OG_OK;
}

static og_status open_bench(bench *b)
{
    const og_pass_options *o = b->options;
    int threads = og__train_threads(b->network);
    og_plan_options plan = {.n = (int)b->network->batch,
                            .d = o->d > 0 ? o->d : 1,
                            .h = o->h,
                            .w = o->w,
                            .training = o->training,
                            .exact = b->network->exact,
                            .threads = threads};
    og__placement placement;
    og_train_options network = *b->network; /* borrows its texts */
    network.depth = og__train_depth(b->network, o->h, o->w);
    OG_TRY(og__placement_init(&network, &placement));
    og_status status = og__model_net(&network, &placement, o->channels, o->classes, &b->net);
    og__placement_deinit(&placement);
    OG_TRY(status);
    og_loss *loss;
    OG_TRY(og_loss_parse(b->network->loss, &loss));
    plan.loss = loss;
    status = og_plan_new(b->net, &plan, &b->plan);
    og_loss_free(loss);
    OG_TRY(status);
    if (o->training)
        OG_TRY(og__optimizer_open(b->network, b->net, threads, &b->optimizer));
    return OG_OK;
}

static void close_bench(bench *b)
{
    og__trace_deinit(&b->trace);
    og_plan_free(b->plan);
    og__optimizer_free(b->optimizer);
    og_net_free(b->net);
    free(b->images);
    free(b->labels);
    free(b->result);
    free(b->pass_ms);
    free(b->part_ms);
}

static og_status run_pass(bench *b)
{
    og_loss_value value;
    if (!b->options->training)
        return og_plan_infer(b->plan, b->images, false, b->result);
    OG_TRY(og_plan_train(b->plan, b->images, b->labels, &value));
    /* The same arithmetic with any rate; with 0 all turns do the same work, and noise as images makes nothing diverge.
     */
    og__optimizer_step(b->optimizer, 0, og_net_gradients(b->net), og_net_weights(b->net));
    og_plan_refresh(b->plan);
    og__trace_charge(&b->trace, b->trace.node_count, OG_WORK_OPTIMIZER);
    return OG_OK;
}

static size_t cell_count(const bench *b)
{
    return ((size_t)b->trace.node_count + 1) * OG_WORK_COUNT;
}

/* Time passes; each one's parts become a row of part_ms. */
static og_status take_turns(bench *b)
{
    size_t cells = cell_count(b);
    double end = og__now_s() + b->options->seconds;
    OG_TRY(og__alloc((size_t)b->options->turns, sizeof(double), &b->pass_ms));
    OG_TRY(og__alloc((size_t)b->options->turns * cells, sizeof(double), &b->part_ms));
    memset(b->trace.ms, 0, cells * sizeof(double)); /* of the warm-up */
    for (b->turns = 0; b->turns < b->options->turns && (b->turns == 0 || og__now_s() < end); b->turns++) {
        double *parts = &b->trace.ms[0][0], *row = b->part_ms + (size_t)b->turns * cells, start = og__now_s();
        OG_TRY(run_pass(b));
        b->pass_ms[b->turns] = 1e3 * (og__now_s() - start);
        for (size_t i = 0; i < cells; i++) {
            row[i] = parts[i];
            parts[i] = 0;
        }
    }
    return OG_OK;
}

/* --- from times to costs ------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median of `count` numbers; they are sorted. */
static double median(double *numbers, int count)
{
    qsort(numbers, (size_t)count, sizeof numbers[0], compare);
    return count % 2 ? numbers[count / 2] : (numbers[count / 2 - 1] + numbers[count / 2]) / 2;
}

/* Median over the turns of one kind's time in the nodes [first, last]. `scratch` holds (turns). */
static double median_part(const bench *b, int first, int last, int work, double *scratch)
{
    size_t cells = cell_count(b);
    for (int turn = 0; turn < b->turns; turn++) {
        scratch[turn] = 0;
        for (int node = first; node <= last; node++)
            scratch[turn] += b->part_ms[(size_t)turn * cells + (size_t)node * OG_WORK_COUNT + (size_t)work];
    }
    return median(scratch, b->turns);
}

static double gflop_of(const bench *b, int first, int last, int work)
{
    double sum = 0;
    for (int node = first; node <= last; node++)
        sum += b->trace.gflop[node][work];
    return sum;
}

static void add_node(const bench *b, int node, size_t work, double ms, og_pass_cost *cost)
{
    const og__graph *g = &b->net->graph;
    og_node_cost *c = &cost->nodes[cost->node_count++];
    *c = (og_node_cost){.work = work, .ms = ms, .gflop = gflop_of(b, node, node, (int)work)};
    if (node == g->node_count)
        return;
    og__trace_name(g, node, sizeof c->name, c->name);
    c->stage = g->nodes[node].stage;
    c->channels = g->nodes[node].channels;
}

/* Only what occurs: `index` is where a kind went in cost->works. */
static void add_parts(const bench *b, double *scratch, og_pass_cost *cost)
{
    int outside = b->trace.node_count;
    size_t index[OG_WORK_COUNT];
    for (int work = 0; work < OG_WORK_COUNT; work++) {
        double ms = median_part(b, 0, outside, work, scratch);
        const og__work_kind *kind = &og__work_kinds[work];
        index[work] = cost->work_count;
        if (ms > 0)
            cost->works[cost->work_count++] =
                (og_work_cost){kind->name, kind->about, kind->convolution, ms, gflop_of(b, 0, outside, work)};
    }
    for (int node = 0; node <= outside; node++)
        for (int work = 0; work < OG_WORK_COUNT; work++) {
            double ms = median_part(b, node, node, work, scratch);
            if (ms <= 0)
                continue;
            add_node(b, node, (size_t)work, ms, cost);
            cost->nodes[cost->node_count - 1].work = index[work];
        }
}

static og_status fill(bench *b, og_pass_cost *cost)
{
    double *scratch;
    OG_TRY(og__alloc(OG_WORK_COUNT, sizeof *cost->works, &cost->works));
    OG_TRY(og__alloc(cell_count(b), sizeof *cost->nodes, &cost->nodes));
    OG_TRY(og__alloc((size_t)b->turns, sizeof *scratch, &scratch));
    add_parts(b, scratch, cost);
    free(scratch);
    snprintf(cost->isa, sizeof cost->isa, "%s", og__isa_name(og__cpu_isa()));
    cost->turns = b->turns;
    cost->ms = median(b->pass_ms, b->turns);
    cost->best_ms = b->pass_ms[0];
    for (size_t i = 0; i < cost->work_count; i++)
        cost->gflop += cost->works[i].gflop;
    cost->plan_bytes = (int64_t)og_plan_bytes(b->plan);
    cost->peak_bytes = og__peak_bytes();
    cost->threads = og__train_threads(b->network);
    cost->peak_gflops = og__peak_gflops(cost->threads);
    return OG_OK;
}

og_status og_pass_measure(const og_train_options *network, const og_pass_options *options, og_pass_cost *cost)
{
    og_status status = OG_OK;
    bench b = {.network = network, .options = options};
    *cost = (og_pass_cost){0};
    OG_TRY(check_options(options));
    OG_GO(make_images(&b));
    double start = og__now_s();
    OG_GO(open_bench(&b));
    OG_GO(og__trace_init(b.plan, &b.trace));
    og__plan_set_trace(b.plan, &b.trace);
    cost->ready_ms = 1e3 * (og__now_s() - start);
    OG_GO(run_pass(&b));
    cost->first_ms = 1e3 * (og__now_s() - start);
    for (int i = 1; i < WARM_UPS; i++)
        OG_GO(run_pass(&b));
    OG_GO(take_turns(&b));
    OG_GO(fill(&b, cost));
done:
    close_bench(&b);
    if (status != OG_OK)
        og_pass_cost_deinit(cost);
    return status;
}

void og_pass_cost_deinit(og_pass_cost *cost)
{
    free(cost->works);
    free(cost->nodes);
    *cost = (og_pass_cost){0};
}

/* Error of the 3 x 3 convolutions of a U-Net, layer by layer and pass by pass, by the Winograd kernel and by the direct
 * algorithm: bench_winograd [WIDTH [SIZE]]
 *
 * Relative L2 error against sums in double, at a fixed number of randomly chosen places per pass; values and weights
 * are normal, the weights with the variance that training starts from. Prints JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "net/conv.h"
#include "net/conv_winograd.h"

enum { PLACES = 400, IMAGES = 4, DEPTH = 4, PASSES = 3 };

static const char *const pass_names[PASSES] = {"forward", "backward_data", "backward_weights"};

typedef struct layer {
    og__conv_shape shape;
    int lanes;
    size_t src_count, dst_count, weight_count;
    float *src, *d_dst, *weights; /* blocked, blocked, plain */
} layer;

typedef struct place {
    int image, channel, y, x; /* of a tensor; channel, y, x of the weights: output, input, and the kernel's 3 y + x */
} place;

static float at(const float *tensor, int channels, const layer *l, int image, int channel, int y, int x)
{
    if (y < 0 || x < 0 || y >= l->shape.h || x >= l->shape.w)
        return 0;
    size_t block = (size_t)(image * channels + channel) / (size_t)l->lanes;
    size_t pixel = (block * (size_t)l->shape.h + (size_t)y) * (size_t)l->shape.w + (size_t)x;
    return tensor[pixel * (size_t)l->lanes + (size_t)(channel % l->lanes)];
}

static float weight(const layer *l, int o, int i, int k)
{
    return l->weights[((size_t)o * (size_t)l->shape.ic + (size_t)i) * 9 + (size_t)k];
}

static double expected(const layer *l, int pass, place p)
{
    const og__conv_shape *s = &l->shape;
    double sum = 0;
    if (pass == 2) {
        for (int image = 0; image < IMAGES; image++)
            for (int y = 0; y < s->h; y++)
                for (int x = 0; x < s->w; x++)
                    sum += (double)at(l->d_dst, s->oc, l, image, p.channel, y, x) *
                           (double)at(l->src, s->ic, l, image, p.y, y + p.x / 3 - 1, x + p.x % 3 - 1);
        return sum;
    }
    for (int other = 0; other < (pass == 0 ? s->ic : s->oc); other++)
        for (int k = 0; k < 9; k++)
            sum += pass == 0 ? (double)at(l->src, s->ic, l, p.image, other, p.y + k / 3 - 1, p.x + k % 3 - 1) *
                                   (double)weight(l, p.channel, other, k)
                             : (double)at(l->d_dst, s->oc, l, p.image, other, p.y - k / 3 + 1, p.x - k % 3 + 1) *
                                   (double)weight(l, other, p.channel, k);
    return sum;
}

static double found(const layer *l, int pass, place p, const float *result)
{
    if (pass == 2)
        return (double)result[((size_t)p.channel * (size_t)l->shape.ic + (size_t)p.y) * 9 + (size_t)p.x];
    return (double)at(result, pass == 0 ? l->shape.oc : l->shape.ic, l, p.image, p.channel, p.y, p.x);
}

static place random_place(const layer *l, int pass, og__random *random)
{
    const og__conv_shape *s = &l->shape;
    if (pass == 2)
        return (place){0, (int)og__random_below(random, (uint32_t)s->oc),
                       (int)og__random_below(random, (uint32_t)s->ic), (int)og__random_below(random, 9)};
    return (place){(int)og__random_below(random, IMAGES),
                   (int)og__random_below(random, (uint32_t)(pass == 0 ? s->oc : s->ic)),
                   (int)og__random_below(random, (uint32_t)s->h), (int)og__random_below(random, (uint32_t)s->w)};
}

static double relative_error(const layer *l, int pass, const float *result)
{
    double difference = 0, size = 0;
    og__random random = og__random_at(2, OG_STREAM_TEST, (uint64_t)pass);
    for (int i = 0; i < PLACES; i++) {
        place p = random_place(l, pass, &random);
        double wanted = expected(l, pass, p), error = found(l, pass, p, result) - wanted;
        difference += error * error;
        size += wanted * wanted;
    }
    return sqrt(difference / size);
}

static og_status run_passes(const layer *l, bool exact, double errors[PASSES])
{
    og_status status = OG_OK;
    og__conv_shape shape = l->shape;
    og__conv *conv = NULL;
    void *scratch = NULL;
    const og__conv_fused alone = {0};
    float *results[PASSES] = {NULL};
    const size_t counts[PASSES] = {l->dst_count, l->src_count, l->weight_count};
    shape.exact = exact;
    for (int pass = 0; pass < PASSES; pass++)
        OG_GO(og__alloc(counts[pass], sizeof(float), &results[pass]));
    OG_GO(og__conv_new(&shape, &conv));
    OG_GO(og__alloc(og__conv_scratch_bytes(conv), 1, &scratch));
    OG_GO(og__conv_pack(conv, l->weights));
    OG_GO(og__conv_forward(conv, l->src, NULL, results[0], &alone, scratch));
    OG_GO(og__conv_backward_data(conv, l->d_dst, results[1], &alone, scratch));
    OG_GO(og__conv_backward_weights(conv, l->src, l->d_dst, results[2], NULL, &alone, scratch));
    for (int pass = 0; pass < PASSES; pass++)
        errors[pass] = relative_error(l, pass, results[pass]);
done:
    for (int pass = 0; pass < PASSES; pass++)
        free(results[pass]);
    free(scratch);
    og__conv_free(conv);
    return status;
}

static og_status fill(size_t count, int item, double sd, float **tensor)
{
    OG_TRY(og__alloc(count, sizeof(float), tensor));
    og__random random = og__random_at(1, OG_STREAM_TEST, (uint64_t)item);
    for (size_t i = 0; i < count; i++)
        (*tensor)[i] = (float)(sd * (double)og__random_normal(&random));
    return OG_OK;
}

static og_status measure(int ic, int oc, int size, bool first)
{
    og_status status = OG_OK;
    layer l = {
        .shape =
            {
                .n = IMAGES,
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
                .threads = 2,
                .isa = og__cpu_isa(),
            },
        .lanes = og__isa_lanes(og__cpu_isa()),
    };
    size_t pixels = (size_t)IMAGES * (size_t)size * (size_t)size;
    l.src_count = (size_t)ic * pixels;
    l.dst_count = (size_t)oc * pixels;
    l.weight_count = (size_t)ic * (size_t)oc * 9;
    double winograd[PASSES], direct[PASSES];
    OG_GO(fill(l.src_count, 0, 1, &l.src));
    OG_GO(fill(l.dst_count, 1, 1, &l.d_dst));
    OG_GO(fill(l.weight_count, 2, sqrt(2 / (9.0 * ic)), &l.weights));
    OG_GO(run_passes(&l, false, winograd));
    OG_GO(run_passes(&l, true, direct));
    for (int pass = 0; pass < PASSES; pass++)
        printf("%s\n  {\"ic\": %d, \"oc\": %d, \"size\": %d, \"pass\": \"%s\", \"winograd\": %s, \"error\": %.3g, "
               "\"direct_error\": %.3g}",
               first && pass == 0 ? "" : ",", ic, oc, size, pass_names[pass],
               og__conv_winograd_serves(&l.shape) ? "true" : "false", winograd[pass], direct[pass]);
done:
    free(l.src);
    free(l.d_dst);
    free(l.weights);
    return status;
}

/* The distinct 3 x 3 layers behind the first one: of each stage the second, the one that enters it from above, and the
 * one that reads the skip connection. */
static og_status measure_all(int width, int size)
{
    for (int stage = 0; stage <= DEPTH; stage++) {
        int channels = width << stage, side = size >> stage;
        OG_TRY(measure(channels, channels, side, stage == 0));
        if (stage > 0)
            OG_TRY(measure(channels / 2, channels, side, false));
        if (stage < DEPTH)
            OG_TRY(measure(2 * channels, channels, side, false));
    }
    return OG_OK;
}

int main(int argc, char **argv)
{
    int width = argc > 1 ? atoi(argv[1]) : 16, size = argc > 2 ? atoi(argv[2]) : 256;
    if (width < 16 || width % 16 != 0 || width > 256 || size < 32 || size % 16 != 0 || size > 1024) {
        fprintf(stderr, "bench_winograd: expected a width of 16 to 256 and a size of 32 to 1024, multiples of 16\n");
        return 2;
    }
    printf("[");
    og_status status = measure_all(width, size);
    printf("\n]\n");
    if (status != OG_OK)
        fprintf(stderr, "bench_winograd: %s\n", og_error_text());
    return status == OG_OK ? 0 : 1;
}

#include "net/conv_winograd.h"

#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "base/memory.h"
#include "kernel/ops.h"

struct og__conv_winograd {
    og__conv_shape shape;
    og__winograd forward, data; /* data: with the roles of input and output channels exchanged */
    const og__ops *ops;
    int lanes;
    const float *weights; /* f32[oc, ic_all, 3, 3], borrowed */
    float *packed;        /* transformed once, without training; else NULL */
};

/* A transform costs as much as some tens of tiles' products, so there must be enough tiles; channels fill at least one
 * vector. */
enum { TILES_LEAST = 64 };

bool og__conv_winograd_serves(const og__conv_shape *s)
{
    int lanes = og__isa_lanes(s->isa);
    og__winograd tiles = og__winograd_of(s->n, s->ic, s->oc, s->h, s->w, s->isa);
    return s->kernel == 3 && !s->transposed && !s->depthwise && !s->planar && !s->exact && s->ic >= lanes &&
           s->oc >= lanes && tiles.tiles >= TILES_LEAST;
}

og_status og__conv_winograd_new(const og__conv_shape *s, og__conv_winograd **conv)
{
    og_status status = OG_OK;
    og__conv_winograd *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    made->forward = og__winograd_of(s->n, s->ic, s->oc, s->h, s->w, s->isa);
    made->data = og__winograd_of(s->n, s->oc, s->ic, s->h, s->w, s->isa);
    made->ops = og__ops_for(s->isa);
    made->lanes = og__isa_lanes(s->isa);
    if (!s->training)
        OG_GO(og__alloc(og__winograd_weights(&made->forward), sizeof(float), &made->packed));
    *conv = made;
    made = NULL;
done:
    og__conv_winograd_free(made);
    return status;
}

void og__conv_winograd_free(og__conv_winograd *conv)
{
    if (!conv)
        return;
    free(conv->packed);
    free(conv);
}

size_t og__conv_winograd_bytes(const og__conv_winograd *conv)
{
    return conv->packed ? og__winograd_weights(&conv->forward) * sizeof(float) : 0;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Transformed weights, or sums of their gradient, stand first; then a padded bias; then each thread's scratch. */
static size_t weights_floats(const og__conv_winograd *conv)
{
    size_t sums = og__winograd_gradient(&conv->forward) * (size_t)conv->forward.w_parts;
    return larger(og__winograd_weights(&conv->forward), conv->shape.training ? sums : 0);
}

static size_t thread_floats(const og__conv_winograd *conv)
{
    size_t one = og__winograd_scratch(&conv->forward);
    if (!conv->shape.training)
        return one;
    one = larger(one, og__winograd_scratch(&conv->data));
    return larger(one, og__winograd_gradient_scratch(&conv->forward));
}

size_t og__conv_winograd_scratch_bytes(const og__conv_winograd *conv)
{
    return (weights_floats(conv) + (size_t)conv->forward.oc + (size_t)conv->shape.threads * thread_floats(conv)) *
           sizeof(float);
}

static float *bias_in(const og__conv_winograd *conv, float *scratch)
{
    return scratch + weights_floats(conv);
}

static float *thread_scratch(const og__conv_winograd *conv, float *scratch, int thread)
{
    return bias_in(conv, scratch) + conv->forward.oc + (size_t)thread * thread_floats(conv);
}

/* --- forward, and backward by data ----------------------------------------------------------------------------------
 */

static void pack(const og__conv_winograd *conv, const og__winograd *shape, bool back, float *packed)
{
    const og__conv_shape *s = &conv->shape;
    const float *weights = conv->weights + (size_t)s->ic_first * 9;
    size_t across = 9, along = (size_t)s->ic_all * 9;
    int groups = shape->oc / conv->lanes / shape->columns;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int group = 0; group < groups; group++)
        if (back)
            conv->ops->winograd_pack(shape, s->oc, s->ic, across, along, true, group, weights, packed);
        else
            conv->ops->winograd_pack(shape, s->ic, s->oc, along, across, false, group, weights, packed);
}

static void convolve(const og__conv_winograd *conv, const og__winograd *shape, const float *src, const float *packed,
                     const float *bias, bool accumulate, float *dst, float *scratch)
{
#pragma omp parallel for num_threads(conv->shape.threads) schedule(dynamic)
    for (int unit = 0; unit < shape->units; unit++)
        conv->ops->winograd_forward(shape, unit, src, packed, bias, accumulate, dst,
                                    thread_scratch(conv, scratch, omp_get_thread_num()));
}

void og__conv_winograd_pack(og__conv_winograd *conv, const float *weights)
{
    conv->weights = weights;
    if (conv->packed)
        pack(conv, &conv->forward, false, conv->packed);
}

void og__conv_winograd_forward(const og__conv_winograd *conv, const float *src, const float *bias, float *dst,
                               float *scratch)
{
    const float *packed = conv->packed, *padded = NULL;
    if (!packed) {
        pack(conv, &conv->forward, false, scratch);
        packed = scratch;
    }
    if (bias) {
        float *to = bias_in(conv, scratch);
        memset(to, 0, (size_t)conv->forward.oc * sizeof(float));
        padded = memcpy(to, bias, (size_t)conv->shape.oc * sizeof(float));
    }
    convolve(conv, &conv->forward, src, packed, padded, conv->shape.accumulate, dst, scratch);
}

void og__conv_winograd_backward_data(const og__conv_winograd *conv, const float *d_dst, float *d_src, float *scratch)
{
    pack(conv, &conv->data, true, scratch);
    convolve(conv, &conv->data, d_dst, scratch, NULL, false, d_src, scratch);
}

/* --- backward by weights --------------------------------------------------------------------------------------------
 */

/* Sums of part `part` over its tiles, by one thread. */
static void sum_part(const og__conv_winograd *conv, int part, const float *src, const float *d_dst, float *sums,
                     float *scratch)
{
    const og__winograd *shape = &conv->forward;
    int first = (int)((int64_t)shape->tiles * part / shape->w_parts);
    int end = (int)((int64_t)shape->tiles * (part + 1) / shape->w_parts);
    for (int tile = first; tile < end; tile += shape->w_block) {
        int count = end - tile < shape->w_block ? end - tile : shape->w_block;
        conv->ops->winograd_transform(shape, tile, count, 0, shape->w_block, src, d_dst, scratch);
        for (int element = 0; element < OG_WINOGRAD_AREA; element++)
            conv->ops->winograd_correlate(shape, element, count, shape->w_block, tile == first, scratch, sums);
    }
}

/* The one sum over all tiles, by all threads: pieces of the transforms, then elements of the products. */
static void sum_together(const og__conv_winograd *conv, const float *src, const float *d_dst, float *sums,
                         float *scratch)
{
    const og__winograd *shape = &conv->forward;
    int threads = conv->shape.threads;
#pragma omp parallel num_threads(threads)
    for (int tile = 0; tile < shape->tiles; tile += shape->w_block) {
        int count = shape->tiles - tile < shape->w_block ? shape->tiles - tile : shape->w_block;
#pragma omp for schedule(static)
        for (int t = 0; t < count; t++)
            conv->ops->winograd_transform(shape, tile + t, 1, t, shape->w_block, src, d_dst, scratch);
#pragma omp for schedule(static)
        for (int element = 0; element < OG_WINOGRAD_AREA; element++)
            conv->ops->winograd_correlate(shape, element, count, shape->w_block, tile == 0, scratch, sums);
    }
}

/* Sums over all pixels, a chunk at a time in a fixed order. */
static void sum_bias(const og__conv_winograd *conv, const float *d_dst, float *d_bias)
{
    enum { CHUNK = 1024 };
    const og__conv_shape *s = &conv->shape;
    int blocks = conv->forward.oc / conv->lanes;
    size_t pixels = (size_t)s->h * (size_t)s->w, lanes = (size_t)conv->lanes;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int block = 0; block < blocks; block++) {
        double sums[OG_LANES_MAX] = {0};
        _Alignas(OG_ALIGN_BYTES) float mean[OG_LANES_MAX], m2[OG_LANES_MAX];
        for (int image = 0; image < s->n; image++)
            for (size_t first = 0; first < pixels; first += CHUNK) {
                size_t count = pixels - first < CHUNK ? pixels - first : CHUNK;
                size_t at = ((size_t)(image * blocks + block) * pixels + first) * lanes;
                conv->ops->moments(count, d_dst + at, mean, m2);
                for (size_t lane = 0; lane < lanes; lane++)
                    sums[lane] += (double)mean[lane] * (double)count;
            }
        for (int lane = 0; lane < conv->lanes && block * conv->lanes + lane < s->oc; lane++)
            d_bias[block * conv->lanes + lane] = (float)sums[lane];
    }
}

void og__conv_winograd_backward_weights(const og__conv_winograd *conv, const float *src, const float *d_dst,
                                        float *d_weights, float *d_bias, float *scratch)
{
    const og__winograd *shape = &conv->forward;
    const og__conv_shape *s = &conv->shape;
    size_t part_floats = og__winograd_gradient(shape);
    if (shape->w_parts == 1)
        sum_together(conv, src, d_dst, scratch, thread_scratch(conv, scratch, 0));
    else {
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
        for (int part = 0; part < shape->w_parts; part++)
            sum_part(conv, part, src, d_dst, scratch + (size_t)part * part_floats,
                     thread_scratch(conv, scratch, omp_get_thread_num()));
    }
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int block = 0; block < shape->oc / conv->lanes; block++)
        conv->ops->winograd_gradient(shape, s->ic, s->oc, (size_t)s->ic_all * 9, 9, block, shape->w_parts, scratch,
                                     d_weights + (size_t)s->ic_first * 9);
    if (d_bias)
        sum_bias(conv, d_dst, d_bias);
}

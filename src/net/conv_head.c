#include "net/conv_head.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/ops.h"

/* Pixels of a unit of work, and independent sums of gradients, the same for any number of threads. */
enum { CHUNK = 1024, SUMS = 16 };

struct og__conv_head {
    og__conv_shape shape;
    const og__ops *ops;
    int lanes, ic;     /* channels rounded up to lanes */
    int chunks;        /* of a slice */
    float *by_class;   /* (classes rounded up to lanes / lanes, ic, lanes) */
    float *by_channel; /* (classes, ic) */
};

bool og__conv_head_serves(const og__conv_shape *s)
{
    return s->planar_dst;
}

static size_t pixels_of(const og__conv_head *conv)
{
    return (size_t)conv->shape.h * (size_t)conv->shape.w;
}

/* Floats of a class of a sample: all its slices. */
static size_t class_stride(const og__conv_head *conv)
{
    return pixels_of(conv) * (size_t)conv->shape.d;
}

static int unit_count(const og__conv_head *conv)
{
    return conv->shape.n * conv->shape.d * conv->chunks;
}

static size_t by_class_count(const og__conv_head *conv)
{
    return (size_t)((conv->shape.oc + conv->lanes - 1) / conv->lanes * conv->lanes) * (size_t)conv->ic;
}

static size_t by_channel_count(const og__conv_head *conv)
{
    return (size_t)conv->shape.oc * (size_t)conv->ic;
}

og_status og__conv_head_new(const og__conv_shape *s, og__conv_head **conv)
{
    og_status status = OG_OK;
    og__conv_head *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    made->ops = og__ops_for(s->isa);
    made->lanes = og__isa_lanes(s->isa);
    made->ic = (s->ic + made->lanes - 1) / made->lanes * made->lanes;
    made->chunks = (int)((pixels_of(made) + CHUNK - 1) / CHUNK);
    OG_GO(og__alloc(by_class_count(made), sizeof(float), &made->by_class));
    OG_GO(og__alloc(by_channel_count(made), sizeof(float), &made->by_channel));
    *conv = made;
    made = NULL;
done:
    og__conv_head_free(made);
    return status;
}

void og__conv_head_free(og__conv_head *conv)
{
    if (!conv)
        return;
    free(conv->by_class);
    free(conv->by_channel);
    free(conv);
}

size_t og__conv_head_bytes(const og__conv_head *conv)
{
    return (by_class_count(conv) + by_channel_count(conv)) * sizeof(float);
}

/* Doubles of one sum: of the weights' gradient, then of the bias's. */
static size_t sum_doubles(const og__conv_head *conv)
{
    return by_channel_count(conv) + (size_t)conv->shape.oc;
}

size_t og__conv_head_scratch_bytes(const og__conv_head *conv)
{
    size_t bias = (size_t)conv->shape.oc * sizeof(float), sums = SUMS * sum_doubles(conv) * sizeof(double);
    return conv->shape.training && sums > bias ? sums : bias;
}

void og__conv_head_pack(og__conv_head *conv, const float *weights)
{
    const og__conv_shape *s = &conv->shape;
    size_t lanes = (size_t)conv->lanes;
    for (int k = 0; k < s->oc; k++)
        for (int i = 0; i < s->ic; i++) {
            size_t group = (size_t)k / lanes, lane = (size_t)k % lanes;
            float weight = weights[k * s->ic + i];
            conv->by_class[(group * (size_t)conv->ic + (size_t)i) * lanes + lane] = weight;
            conv->by_channel[k * conv->ic + i] = weight;
        }
}

/* A chunk of pixels of one slice: where it begins in the tensors. */
typedef struct piece {
    size_t pixels, features, logits;
} piece;

static piece piece_of(const og__conv_head *conv, int unit)
{
    size_t pixels = pixels_of(conv), image = (size_t)(unit / conv->chunks), d = (size_t)conv->shape.d,
           first = (size_t)(unit % conv->chunks) * CHUNK;
    return (piece){
        .pixels = pixels - first < CHUNK ? pixels - first : CHUNK,
        .features = image * (size_t)conv->ic * pixels + first * (size_t)conv->lanes,
        .logits = image / d * (size_t)conv->shape.oc * class_stride(conv) + image % d * pixels + first,
    };
}

static size_t block_stride(const og__conv_head *conv)
{
    return pixels_of(conv) * (size_t)conv->lanes;
}

void og__conv_head_forward(const og__conv_head *conv, const float *src, const float *bias, float *dst, float *scratch)
{
    const og__conv_shape *s = &conv->shape;
    memset(scratch, 0, (size_t)s->oc * sizeof(float));
    if (bias)
        memcpy(scratch, bias, (size_t)s->oc * sizeof(float));
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int unit = 0; unit < unit_count(conv); unit++) {
        piece p = piece_of(conv, unit);
        conv->ops->head_forward(p.pixels, conv->ic, s->oc, block_stride(conv), class_stride(conv), src + p.features,
                                conv->by_class, scratch, dst + p.logits);
    }
}

void og__conv_head_backward_data(const og__conv_head *conv, const float *d_dst, float *d_src, float *scratch)
{
    const og__conv_shape *s = &conv->shape;
    (void)scratch;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int unit = 0; unit < unit_count(conv); unit++) {
        piece p = piece_of(conv, unit);
        conv->ops->head_backward_data(p.pixels, conv->ic, s->oc, block_stride(conv), class_stride(conv),
                                      d_dst + p.logits, conv->by_channel, d_src + p.features);
    }
}

/* One of the sums, over its share of the units. */
static void sum_share(const og__conv_head *conv, int sum, const float *src, const float *d_dst, double *sums)
{
    const og__conv_shape *s = &conv->shape;
    int64_t units = unit_count(conv);
    int begin = (int)(units * sum / SUMS), end = (int)(units * (sum + 1) / SUMS);
    memset(sums, 0, sum_doubles(conv) * sizeof(double));
    for (int unit = begin; unit < end; unit++) {
        piece p = piece_of(conv, unit);
        conv->ops->head_correlate(p.pixels, conv->ic, s->oc, block_stride(conv), class_stride(conv), src + p.features,
                                  d_dst + p.logits, sums, sums + by_channel_count(conv));
    }
}

void og__conv_head_backward_weights(const og__conv_head *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, float *scratch)
{
    const og__conv_shape *s = &conv->shape;
    double *sums = (double *)(void *)scratch;
    size_t one = sum_doubles(conv);
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int sum = 0; sum < SUMS; sum++)
        sum_share(conv, sum, src, d_dst, sums + (size_t)sum * one);
    for (int sum = 1; sum < SUMS; sum++)
        for (size_t i = 0; i < one; i++)
            sums[i] += sums[(size_t)sum * one + i];
    for (int k = 0; k < s->oc; k++) {
        for (int i = 0; i < s->ic; i++)
            d_weights[k * s->ic + i] = (float)sums[k * conv->ic + i];
        if (d_bias)
            d_bias[k] = (float)sums[by_channel_count(conv) + (size_t)k];
    }
}

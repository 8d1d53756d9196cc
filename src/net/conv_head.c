/* The head's 1 x 1 convolution, from blocked features to planar logits (net/conv.h). It has few channels to make, so
 * that it is bound by memory and lanes would be padding for the most part. Results do not depend on the number of
 * threads. */
#include "net/conv_kind.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/ops.h"
#include "net/shares.h"

/* Pixels of a unit of work, and independent sums of gradients, the same for any number of threads. */
enum { CHUNK = 1024, SUMS = 16 };

typedef struct head_conv {
    og__conv_shape shape;
    const og__ops *ops;
    int lanes, ic;     /* channels rounded up to lanes */
    int chunks;        /* of a slice */
    float *by_class;   /* (classes rounded up to lanes / lanes, ic, lanes) */
    float *by_channel; /* (classes, ic) */
} head_conv;

static bool head_serves(const og__conv_shape *s)
{
    return s->planar_dst;
}

static size_t pixels_of(const head_conv *conv)
{
    return (size_t)conv->shape.h * (size_t)conv->shape.w;
}

/* Floats of a class of a sample: all its slices. */
static size_t class_stride(const head_conv *conv)
{
    return pixels_of(conv) * (size_t)conv->shape.d;
}

static int unit_count(const head_conv *conv)
{
    return conv->shape.n * conv->shape.d * conv->chunks;
}

static size_t by_class_count(const head_conv *conv)
{
    return (size_t)og__isa_padded(conv->shape.isa, conv->shape.oc) * (size_t)conv->ic;
}

static size_t by_channel_count(const head_conv *conv)
{
    return (size_t)conv->shape.oc * (size_t)conv->ic;
}

static void head_free(void *self)
{
    head_conv *conv = self;
    if (!conv)
        return;
    free(conv->by_class);
    free(conv->by_channel);
    free(conv);
}

static og_status head_new(const og__conv_shape *s, void **conv)
{
    og_status status = OG_OK;
    head_conv *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    made->ops = og__ops_for(s->isa);
    made->lanes = og__isa_lanes(s->isa);
    made->ic = og__isa_padded(s->isa, s->ic);
    made->chunks = (int)((pixels_of(made) + CHUNK - 1) / CHUNK);
    OG_GO(og__alloc(by_class_count(made), sizeof(float), &made->by_class));
    OG_GO(og__alloc(by_channel_count(made), sizeof(float), &made->by_channel));
    *conv = made;
    made = NULL;
done:
    head_free(made);
    return status;
}

static size_t head_bytes(const void *self)
{
    const head_conv *conv = self;
    return (by_class_count(conv) + by_channel_count(conv)) * sizeof(float);
}

/* Doubles of one sum: of the weights' gradient, then of the bias's. */
static size_t sum_doubles(const head_conv *conv)
{
    return by_channel_count(conv) + (size_t)conv->shape.oc;
}

static size_t head_scratch_bytes(const void *self)
{
    const head_conv *conv = self;
    size_t bias = (size_t)conv->shape.oc * sizeof(float), sums = SUMS * sum_doubles(conv) * sizeof(double);
    return conv->shape.training && sums > bias ? sums : bias;
}

static og_status head_pack(void *self, const float *weights)
{
    head_conv *conv = self;
    const og__conv_shape *s = &conv->shape;
    size_t lanes = (size_t)conv->lanes;
    for (int k = 0; k < s->oc; k++)
        for (int i = 0; i < s->ic; i++) {
            size_t group = (size_t)k / lanes, lane = (size_t)k % lanes;
            float weight = weights[k * s->ic + i];
            conv->by_class[(group * (size_t)conv->ic + (size_t)i) * lanes + lane] = weight;
            conv->by_channel[k * conv->ic + i] = weight;
        }
    return OG_OK;
}

/* A chunk of pixels of one slice: where it begins in the tensors. */
typedef struct piece {
    size_t pixels, features, logits;
} piece;

static piece piece_of(const head_conv *conv, int unit)
{
    size_t pixels = pixels_of(conv), image = (size_t)(unit / conv->chunks), d = (size_t)conv->shape.d,
           first = (size_t)(unit % conv->chunks) * CHUNK;
    return (piece){
        .pixels = pixels - first < CHUNK ? pixels - first : CHUNK,
        .features = image * (size_t)conv->ic * pixels + first * (size_t)conv->lanes,
        .logits = image / d * (size_t)conv->shape.oc * class_stride(conv) + image % d * pixels + first,
    };
}

static size_t block_stride(const head_conv *conv)
{
    return pixels_of(conv) * (size_t)conv->lanes;
}

static og_status head_forward(void *self, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                              void *scratch)
{
    const head_conv *conv = self;
    const og__conv_shape *s = &conv->shape;
    (void)fused;
    memset(scratch, 0, (size_t)s->oc * sizeof(float));
    if (bias)
        memcpy(scratch, bias, (size_t)s->oc * sizeof(float));
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int unit = 0; unit < unit_count(conv); unit++) {
        piece p = piece_of(conv, unit);
        conv->ops->head_forward(p.pixels, conv->ic, s->oc, block_stride(conv), class_stride(conv), src + p.features,
                                conv->by_class, scratch, dst + p.logits);
    }
    return OG_OK;
}

static og_status head_backward_data(void *self, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                    void *scratch)
{
    const head_conv *conv = self;
    const og__conv_shape *s = &conv->shape;
    (void)fused, (void)scratch;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int unit = 0; unit < unit_count(conv); unit++) {
        piece p = piece_of(conv, unit);
        conv->ops->head_backward_data(p.pixels, conv->ic, s->oc, block_stride(conv), class_stride(conv),
                                      d_dst + p.logits, conv->by_channel, d_src + p.features);
    }
    return OG_OK;
}

/* One of the sums, over its share of the units. */
static void sum_share(const head_conv *conv, int sum, const float *src, const float *d_dst, double *sums)
{
    const og__conv_shape *s = &conv->shape;
    int64_t units = unit_count(conv);
    int begin = og__share_begin(units, sum, SUMS), end = og__share_begin(units, sum + 1, SUMS);
    memset(sums, 0, sum_doubles(conv) * sizeof(double));
    for (int unit = begin; unit < end; unit++) {
        piece p = piece_of(conv, unit);
        conv->ops->head_correlate(p.pixels, conv->ic, s->oc, block_stride(conv), class_stride(conv), src + p.features,
                                  d_dst + p.logits, sums, sums + by_channel_count(conv));
    }
}

static og_status head_backward_weights(void *self, const float *src, const float *d_dst, float *d_weights,
                                       float *d_bias, const og__conv_fused *fused, void *scratch)
{
    const head_conv *conv = self;
    const og__conv_shape *s = &conv->shape;
    double *sums = scratch;
    size_t one = sum_doubles(conv);
    (void)fused;
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
    return OG_OK;
}

const og__conv_kind og__conv_head = {
    .serves = head_serves,
    .new = head_new,
    .free = head_free,
    .bytes = head_bytes,
    .scratch_bytes = head_scratch_bytes,
    .pack = head_pack,
    .forward = head_forward,
    .backward_data = head_backward_data,
    .backward_weights = head_backward_weights,
};

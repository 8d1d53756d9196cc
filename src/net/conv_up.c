/* The 2 x 2 transposed convolutions that the engine computes itself (kernel/up.h). Results do not
 * depend on the number of threads. */
#include "net/conv_kind.h"

#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "base/memory.h"
#include "kernel/ops.h"
#include "net/shares.h"

/* A slice of a volume becomes two, which lie behind one another as the halves of twice as many channels would: so they
 * are computed. */
typedef struct up_conv {
    og__conv_shape shape; /* of images; oc: of both slices */
    int oc, slices;       /* of one slice, and slices of a kernel */
    int slice_oc;         /* oc rounded up to lanes where there are two */
    float *spread;        /* f32[ic, slices * slice_oc, 2, 2] weights, and in training their gradient; NULL of images */
    og__up up;
    const og__ops *ops;
    int blocks;           /* of input channels */
    const float *weights; /* f32[ic, oc, 2, 2], borrowed, or spread */
    float *packed;        /* for the forward pass, without training; else NULL and they are packed in scratch */
} up_conv;

static bool up_serves(const og__conv_shape *s)
{
    return s->transposed && !s->planar && !s->accumulate && !s->exact;
}

static size_t spread_floats(const up_conv *conv)
{
    return (size_t)conv->shape.ic * (size_t)conv->shape.oc * OG_UP_AREA;
}

static og_status open_slices(up_conv *conv)
{
    og__conv_shape *s = &conv->shape;
    if (conv->slices == 1)
        return OG_OK;
    conv->slice_oc = og__isa_padded(s->isa, conv->oc);
    s->n *= s->d;
    s->oc = conv->slices * conv->slice_oc;
    return og__alloc((s->training ? 2 : 1) * spread_floats(conv), sizeof(float), &conv->spread);
}

/* Between weights (ic, oc, slices, 2, 2), or their gradient, and the channels of both slices. */
static void exchange_weights(const up_conv *conv, const float *weights, float *d_weights)
{
    size_t kernel = OG_UP_AREA * sizeof(float);
    for (int i = 0; i < conv->shape.ic; i++)
        for (int o = 0; o < conv->oc; o++)
            for (int z = 0; z < conv->slices; z++) {
                size_t plain = (size_t)((i * conv->oc + o) * conv->slices + z) * OG_UP_AREA;
                size_t spread = (size_t)((i * conv->slices + z) * conv->slice_oc + o) * OG_UP_AREA;
                if (weights)
                    memcpy(conv->spread + spread, weights + plain, kernel);
                else
                    memcpy(d_weights + plain, conv->spread + spread_floats(conv) + spread, kernel);
            }
}

static void up_free(void *self)
{
    up_conv *conv = self;
    if (!conv)
        return;
    free(conv->packed);
    free(conv->spread);
    free(conv);
}

static og_status up_new(const og__conv_shape *s, void **conv)
{
    og_status status = OG_OK;
    up_conv *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    made->oc = made->slice_oc = s->oc;
    made->slices = s->slice_kernel;
    OG_GO(open_slices(made));
    s = &made->shape;
    made->up = og__up_of(s->n, s->ic, s->oc, s->h, s->w, s->isa);
    made->ops = og__ops_for(s->isa);
    made->blocks = made->up.ic / og__isa_lanes(s->isa);
    if (!s->training)
        OG_GO(og__alloc(s->dry ? 0 : og__up_weights(&made->up), sizeof(float), &made->packed));
    *conv = made;
    made = NULL;
done:
    up_free(made);
    return status;
}

static size_t up_bytes(const void *self)
{
    const up_conv *conv = self;
    size_t spread = conv->spread ? (conv->shape.training ? 2 : 1) * spread_floats(conv) : 0;
    return ((conv->packed ? og__up_weights(&conv->up) : 0) + spread) * sizeof(float);
}

/* Scratch: packed weights or sums of their gradient; a padded bias, or sums of its gradient in double; each thread's.
 */
static size_t weights_floats(const up_conv *conv)
{
    return og__up_weights(&conv->up) * (size_t)(conv->shape.training ? conv->up.sums : 1);
}

static size_t bias_floats(const up_conv *conv)
{
    return 2 * (size_t)conv->up.sums * (size_t)conv->up.oc;
}

static float *bias_in(const up_conv *conv, float *scratch)
{
    return scratch + weights_floats(conv);
}

static float *thread_scratch(const up_conv *conv, float *scratch)
{
    return bias_in(conv, scratch) + bias_floats(conv) + (size_t)omp_get_thread_num() * og__up_scratch(&conv->up);
}

static size_t up_scratch_bytes(const void *self)
{
    const up_conv *conv = self;
    size_t threads = (size_t)conv->shape.threads * og__up_scratch(&conv->up);
    return (weights_floats(conv) + bias_floats(conv) + threads) * sizeof(float);
}

static const float *pack_blocks(const up_conv *conv, bool back, float *packed)
{
    const og__conv_shape *s = &conv->shape;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int block = 0; block < conv->blocks; block++)
        conv->ops->up_pack(&conv->up, s->ic, s->oc, back, block, conv->weights, packed);
    return packed;
}

static og_status up_pack(void *self, const float *weights)
{
    up_conv *conv = self;
    conv->weights = conv->spread ? conv->spread : weights;
    if (conv->spread)
        exchange_weights(conv, weights, NULL);
    if (conv->packed)
        pack_blocks(conv, false, conv->packed);
    return OG_OK;
}

static og_status up_forward(void *self, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                            void *scratch)
{
    const up_conv *conv = self;
    const float *packed = conv->packed ? conv->packed : pack_blocks(conv, false, scratch);
    float *padded = bias_in(conv, scratch);
    (void)fused;
    memset(padded, 0, (size_t)conv->up.oc * sizeof(float));
    for (int z = 0; bias && z < conv->slices; z++)
        memcpy(padded + z * conv->slice_oc, bias, (size_t)conv->oc * sizeof(float));
    og__shares units;
    og__shares_deal(&units, conv->up.forward.count, conv->shape.threads);
#pragma omp parallel num_threads(conv->shape.threads)
    for (int unit; (unit = og__shares_take(&units, omp_get_thread_num())) >= 0;)
        conv->ops->up_forward(&conv->up, unit, src, packed, padded, dst, thread_scratch(conv, scratch));
    return OG_OK;
}

static og_status up_backward_data(void *self, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                  void *scratch)
{
    const up_conv *conv = self;
    const float *packed = pack_blocks(conv, true, scratch);
    (void)fused;
    og__shares units;
    og__shares_deal(&units, conv->up.data.count, conv->shape.threads);
#pragma omp parallel num_threads(conv->shape.threads)
    for (int unit; (unit = og__shares_take(&units, omp_get_thread_num())) >= 0;)
        conv->ops->up_backward_data(&conv->up, unit, d_dst, packed, d_src, thread_scratch(conv, scratch));
    return OG_OK;
}

/* --- backward by weights --------------------------------------------------------------------------------------------
 */

/* One of several sums, over its share of the chunks. */
static void sum_share(const up_conv *conv, int sum, const float *src, const float *d_dst, float *scratch)
{
    const og__up *up = &conv->up;
    int64_t chunks = (int64_t)up->n * up->gradient.chunks;
    int begin = og__share_begin(chunks, sum, up->sums), end = og__share_begin(chunks, sum + 1, up->sums);
    float *sums = scratch + (size_t)sum * og__up_weights(up);
    double *bias = (double *)(void *)bias_in(conv, scratch) + (size_t)sum * (size_t)up->oc;
    for (int chunk = begin; chunk < end; chunk++)
        conv->ops->up_correlate(up, chunk, 0, conv->blocks, chunk == begin, src, d_dst, sums, bias,
                                thread_scratch(conv, scratch));
}

/* The one sum over all chunks: each thread makes its share of the input channels. */
static void sum_together(const up_conv *conv, const float *src, const float *d_dst, float *scratch)
{
    const og__up *up = &conv->up;
    int threads = conv->shape.threads, chunks = up->n * up->gradient.chunks;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        int begin = og__share_begin(conv->blocks, t, threads), end = og__share_begin(conv->blocks, t + 1, threads);
        double *bias = begin == 0 ? (double *)(void *)bias_in(conv, scratch) : NULL;
        for (int chunk = 0; chunk < chunks && begin < end; chunk++)
            conv->ops->up_correlate(up, chunk, begin, end, chunk == 0, src, d_dst, scratch, bias,
                                    thread_scratch(conv, scratch));
    }
}

static og_status up_backward_weights(void *self, const float *src, const float *d_dst, float *d_weights, float *d_bias,
                                     const og__conv_fused *fused, void *scratch)
{
    const up_conv *conv = self;
    const og__up *up = &conv->up;
    const og__conv_shape *s = &conv->shape;
    double *bias = (double *)(void *)bias_in(conv, scratch);
    float *to = conv->spread ? conv->spread + spread_floats(conv) : d_weights;
    (void)fused;
    memset(bias, 0, bias_floats(conv) * sizeof(float));
    if (up->sums == 1)
        sum_together(conv, src, d_dst, scratch);
    else {
        og__shares sums;
        og__shares_deal(&sums, up->sums, s->threads);
#pragma omp parallel num_threads(s->threads)
        for (int sum; (sum = og__shares_take(&sums, omp_get_thread_num())) >= 0;)
            sum_share(conv, sum, src, d_dst, scratch);
    }
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int i = 0; i < s->ic; i++)
        conv->ops->up_gradient(up, s->oc, i, up->sums, scratch, to);
    if (conv->spread)
        exchange_weights(conv, NULL, d_weights);
    for (int sum = 1; sum < up->sums; sum++)
        for (int o = 0; o < s->oc; o++)
            bias[o] += bias[sum * up->oc + o];
    for (int o = 0; d_bias && o < conv->oc; o++)
        d_bias[o] = (float)(conv->slices == 2 ? bias[o] + bias[conv->slice_oc + o] : bias[o]);
    return OG_OK;
}

const og__conv_kind og__conv_up = {
    .serves = up_serves,
    .new = up_new,
    .free = up_free,
    .bytes = up_bytes,
    .scratch_bytes = up_scratch_bytes,
    .pack = up_pack,
    .forward = up_forward,
    .backward_data = up_backward_data,
    .backward_weights = up_backward_weights,
};

#include "net/conv_up.h"

#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "base/memory.h"
#include "kernel/ops.h"

struct og__conv_up {
    og__conv_shape shape;
    og__up up;
    const og__ops *ops;
    int blocks;           /* of input channels */
    const float *weights; /* f32[ic, oc, 2, 2], borrowed */
    float *packed;        /* for the forward pass, without training; else NULL and they are packed in scratch */
};

bool og__conv_up_serves(const og__conv_shape *s)
{
    return s->transposed && !s->planar && !s->accumulate && !s->exact;
}

og_status og__conv_up_new(const og__conv_shape *s, og__conv_up **conv)
{
    og_status status = OG_OK;
    og__conv_up *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    made->up = og__up_of(s->n, s->ic, s->oc, s->h, s->w, s->isa);
    made->ops = og__ops_for(s->isa);
    made->blocks = made->up.ic / og__isa_lanes(s->isa);
    if (!s->training)
        OG_GO(og__alloc(og__up_weights(&made->up), sizeof(float), &made->packed));
    *conv = made;
    made = NULL;
done:
    og__conv_up_free(made);
    return status;
}

void og__conv_up_free(og__conv_up *conv)
{
    if (!conv)
        return;
    free(conv->packed);
    free(conv);
}

size_t og__conv_up_bytes(const og__conv_up *conv)
{
    return conv->packed ? og__up_weights(&conv->up) * sizeof(float) : 0;
}

/* Scratch: packed weights or sums of their gradient; a padded bias, or sums of its gradient in double; each thread's.
 */
static size_t weights_floats(const og__conv_up *conv)
{
    return og__up_weights(&conv->up) * (size_t)(conv->shape.training ? conv->up.sums : 1);
}

static size_t bias_floats(const og__conv_up *conv)
{
    return 2 * (size_t)conv->up.sums * (size_t)conv->up.oc;
}

static float *bias_in(const og__conv_up *conv, float *scratch)
{
    return scratch + weights_floats(conv);
}

static float *thread_scratch(const og__conv_up *conv, float *scratch)
{
    return bias_in(conv, scratch) + bias_floats(conv) + (size_t)omp_get_thread_num() * og__up_scratch(&conv->up);
}

size_t og__conv_up_scratch_bytes(const og__conv_up *conv)
{
    size_t threads = (size_t)conv->shape.threads * og__up_scratch(&conv->up);
    return (weights_floats(conv) + bias_floats(conv) + threads) * sizeof(float);
}

static const float *pack(const og__conv_up *conv, bool back, float *packed)
{
    const og__conv_shape *s = &conv->shape;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int block = 0; block < conv->blocks; block++)
        conv->ops->up_pack(&conv->up, s->ic, s->oc, back, block, conv->weights, packed);
    return packed;
}

void og__conv_up_pack(og__conv_up *conv, const float *weights)
{
    conv->weights = weights;
    if (conv->packed)
        pack(conv, false, conv->packed);
}

void og__conv_up_forward(const og__conv_up *conv, const float *src, const float *bias, float *dst, float *scratch)
{
    const float *packed = conv->packed ? conv->packed : pack(conv, false, scratch);
    float *padded = bias_in(conv, scratch);
    memset(padded, 0, (size_t)conv->up.oc * sizeof(float));
    if (bias)
        memcpy(padded, bias, (size_t)conv->shape.oc * sizeof(float));
#pragma omp parallel for num_threads(conv->shape.threads) schedule(dynamic)
    for (int unit = 0; unit < conv->up.forward.count; unit++)
        conv->ops->up_forward(&conv->up, unit, src, packed, padded, dst, thread_scratch(conv, scratch));
}

void og__conv_up_backward_data(const og__conv_up *conv, const float *d_dst, float *d_src, float *scratch)
{
    const float *packed = pack(conv, true, scratch);
#pragma omp parallel for num_threads(conv->shape.threads) schedule(dynamic)
    for (int unit = 0; unit < conv->up.data.count; unit++)
        conv->ops->up_backward_data(&conv->up, unit, d_dst, packed, d_src, thread_scratch(conv, scratch));
}

/* --- backward by weights --------------------------------------------------------------------------------------------
 */

/* One of several sums, over its share of the chunks. */
static void sum_share(const og__conv_up *conv, int sum, const float *src, const float *d_dst, float *scratch)
{
    const og__up *up = &conv->up;
    int64_t chunks = (int64_t)up->n * up->gradient.chunks;
    int begin = (int)(chunks * sum / up->sums), end = (int)(chunks * (sum + 1) / up->sums);
    float *sums = scratch + (size_t)sum * og__up_weights(up);
    double *bias = (double *)(void *)bias_in(conv, scratch) + (size_t)sum * (size_t)up->oc;
    for (int chunk = begin; chunk < end; chunk++)
        conv->ops->up_correlate(up, chunk, 0, conv->blocks, chunk == begin, src, d_dst, sums, bias,
                                thread_scratch(conv, scratch));
}

/* The one sum over all chunks: each thread makes its share of the input channels. */
static void sum_together(const og__conv_up *conv, const float *src, const float *d_dst, float *scratch)
{
    const og__up *up = &conv->up;
    int threads = conv->shape.threads, chunks = up->n * up->gradient.chunks;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int t = 0; t < threads; t++) {
        int begin = conv->blocks * t / threads, end = conv->blocks * (t + 1) / threads;
        double *bias = begin == 0 ? (double *)(void *)bias_in(conv, scratch) : NULL;
        for (int chunk = 0; chunk < chunks && begin < end; chunk++)
            conv->ops->up_correlate(up, chunk, begin, end, chunk == 0, src, d_dst, scratch, bias,
                                    thread_scratch(conv, scratch));
    }
}

void og__conv_up_backward_weights(const og__conv_up *conv, const float *src, const float *d_dst, float *d_weights,
                                  float *d_bias, float *scratch)
{
    const og__up *up = &conv->up;
    const og__conv_shape *s = &conv->shape;
    double *bias = (double *)(void *)bias_in(conv, scratch);
    memset(bias, 0, bias_floats(conv) * sizeof(float));
    if (up->sums == 1)
        sum_together(conv, src, d_dst, scratch);
    else {
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
        for (int sum = 0; sum < up->sums; sum++)
            sum_share(conv, sum, src, d_dst, scratch);
    }
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int i = 0; i < s->ic; i++)
        conv->ops->up_gradient(up, s->oc, i, up->sums, scratch, d_weights);
    for (int o = 0; d_bias && o < s->oc; o++) {
        for (int sum = 1; sum < up->sums; sum++)
            bias[o] += bias[sum * up->oc + o];
        d_bias[o] = (float)bias[o];
    }
}

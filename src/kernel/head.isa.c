/* The head's 1 x 1 convolution: blocked features to planar logits, and back. */
#include "kernel/ops_isa.h"
#include "kernel/product.h"

/* Pixels whose sums are in registers at a time: 32 registers with AVX-512, else 16, of which eight lanes take two in
 * the baseline. */
#if OG_LANES == 16
enum { ROWS = 14 };
#elif defined(__AVX2__)
enum { ROWS = 8 };
#else
enum { ROWS = 4 };
#endif

static __attribute__((noinline)) void product_rows(int ic, const float *values, size_t block_stride,
                                                   const float *weights, float *sums)
{
    og__multiply(ic, values, block_stride, weights, true, sums, 0, ROWS, 1);
}

static __attribute__((noinline)) void product_one(int ic, const float *values, size_t block_stride,
                                                  const float *weights, float *sums)
{
    og__multiply(ic, values, block_stride, weights, true, sums, 0, 1, 1);
}

void OG_ISA_FN(head_forward)(size_t pixels, int ic, int classes, size_t src_stride, size_t stride, const float *src,
                             const float *weights, const float *bias, float *dst)
{
    size_t rows = pixels >= ROWS ? ROWS : 1;
    _Alignas(og__lanes) float sums[ROWS * OG_LANES];
    for (size_t first = 0; first < pixels; first += rows) {
        size_t at = first + rows <= pixels ? first : pixels - rows; /* the last rows overlap those before them */
        for (int group = 0; group < classes; group += OG_LANES) {
            int count = classes - group < OG_LANES ? classes - group : OG_LANES;
            (rows > 1 ? product_rows : product_one)(ic, src + at * OG_LANES, src_stride,
                                                    weights + (size_t)group * (size_t)ic, sums);
            for (int k = 0; k < count; k++)
                for (size_t t = 0; t < rows; t++)
                    dst[(size_t)(group + k) * stride + at + t] = sums[t * OG_LANES + (size_t)k] + bias[group + k];
        }
    }
}

/* d_src of `rows` pixels in one block of channels; weights of a class are ic apart. */
OG_INLINE void spread(int ic, int classes, size_t stride, const float *d_dst, const float *weights, float *d_src,
                      const int rows)
{
    og__lanes sum[8];
#pragma GCC unroll 8
    for (int t = 0; t < rows; t++)
        sum[t] = (og__lanes){0};
    for (int k = 0; k < classes; k++) {
        og__lanes weight = og__load(weights + (size_t)k * (size_t)ic);
#pragma GCC unroll 8
        for (int t = 0; t < rows; t++)
            sum[t] += d_dst[(size_t)k * stride + (size_t)t] * weight;
    }
#pragma GCC unroll 8
    for (int t = 0; t < rows; t++)
        og__store(d_src + t * OG_LANES, sum[t]);
}

void OG_ISA_FN(head_backward_data)(size_t pixels, int ic, int classes, size_t src_stride, size_t stride,
                                   const float *d_dst, const float *weights, float *d_src)
{
    for (int block = 0; block < ic / OG_LANES; block++) {
        float *to = d_src + (size_t)block * src_stride;
        const float *weight = weights + block * OG_LANES;
        size_t i = 0;
        for (; i + 8 <= pixels; i += 8)
            spread(ic, classes, stride, d_dst + i, weight, to + i * OG_LANES, 8);
        for (; i < pixels; i++)
            spread(ic, classes, stride, d_dst + i, weight, to + i * OG_LANES, 1);
    }
}

/* Sums over the pixels of one block's values times the gradients of `count` classes, in PHASES interleaved sums. */
OG_INLINE void correlate_block(size_t pixels, size_t stride, const float *values, const float *d_dst, double *sums,
                               size_t row, const int count)
{
    enum { PHASES = 4 };
    og__lanes sum[2 * PHASES];
#pragma GCC unroll 8
    for (int j = 0; j < count * PHASES; j++)
        sum[j] = (og__lanes){0};
    size_t i = 0;
    for (; i + PHASES <= pixels; i += PHASES)
#pragma GCC unroll 4
        for (size_t p = 0; p < PHASES; p++) {
            og__lanes value = og__load(values + (i + p) * OG_LANES);
#pragma GCC unroll 2
            for (int k = 0; k < count; k++)
                sum[(int)p * count + k] += d_dst[(size_t)k * stride + i + p] * value;
        }
    for (; i < pixels; i++)
        for (int k = 0; k < count; k++)
            sum[k] += d_dst[(size_t)k * stride + i] * og__load(values + i * OG_LANES);
    for (int k = 0; k < count; k++) {
        og__lanes all = (sum[k] + sum[count + k]) + (sum[2 * count + k] + sum[3 * count + k]);
        for (int lane = 0; lane < OG_LANES; lane++)
            sums[(size_t)k * row + (size_t)lane] += (double)all[lane];
    }
}

static double sum_of(size_t count, const float *values)
{
    float parts[OG_LANES] = {0};
    double sum = 0;
    size_t i = 0;
    for (; i + OG_LANES <= count; i += OG_LANES)
        for (size_t lane = 0; lane < OG_LANES; lane++)
            parts[lane] += values[i + lane];
    for (; i < count; i++)
        sum += (double)values[i];
    for (int lane = 0; lane < OG_LANES; lane++)
        sum += (double)parts[lane];
    return sum;
}

void OG_ISA_FN(head_correlate)(size_t pixels, int ic, int classes, size_t src_stride, size_t stride, const float *src,
                               const float *d_dst, double *sums, double *bias)
{
    size_t row = (size_t)ic;
    for (int block = 0; block < ic / OG_LANES; block++) {
        const float *values = src + (size_t)block * src_stride;
        double *to = sums + block * OG_LANES;
        int k = 0;
        for (; k + 2 <= classes; k += 2)
            correlate_block(pixels, stride, values, d_dst + (size_t)k * stride, to + (size_t)k * row, row, 2);
        if (k < classes)
            correlate_block(pixels, stride, values, d_dst + (size_t)k * stride, to + (size_t)k * row, row, 1);
    }
    for (int k = 0; k < classes; k++)
        bias[k] += sum_of(pixels, d_dst + (size_t)k * stride);
}

/* Small matrix products in registers, which convolutions are made of. For files *.isa.c: rows and columns are constants
 * where these are inlined, chosen so that the sums fill the registers. */
#ifndef OG_KERNEL_PRODUCT_H
#define OG_KERNEL_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/ahead.h"
#include "kernel/isa.h"

#define OG_INLINE static inline __attribute__((always_inline))

/* sums[t][c] = sum over i of values[i / lanes][t][i % lanes] * weights[i][c], added to what is there unless `first`:
 * `rows` values of t, `columns` vectors. Blocks of values are `block_stride` floats apart, vectors of sums
 * `sum_stride`. */
OG_INLINE void og__multiply(int ic, const float *values, size_t block_stride, const float *weights, bool first,
                            float *sums, size_t sum_stride, const int rows, const int columns)
{
    og__lanes sum[28];
#pragma GCC unroll 28
    for (int t = 0; t < rows; t++)
#pragma GCC unroll 2
        for (int c = 0; c < columns; c++)
            sum[t * columns + c] = (og__lanes){0};
    if (!first)
#pragma GCC unroll 28
        for (int t = 0; t < rows; t++)
#pragma GCC unroll 2
            for (int c = 0; c < columns; c++)
                sum[t * columns + c] = og__load(sums + (size_t)c * sum_stride + t * OG_LANES);
    for (int block = 0; block < ic / OG_LANES; block++, values += block_stride)
#pragma GCC unroll 2
        for (int i = 0; i < OG_LANES; i++, weights += columns * OG_LANES) {
            og__lanes weight[2];
#pragma GCC unroll 2
            for (int c = 0; c < columns; c++)
                weight[c] = og__load(weights + c * OG_LANES);
#pragma GCC unroll 28
            for (int t = 0; t < rows; t++)
#pragma GCC unroll 2
                for (int c = 0; c < columns; c++)
                    sum[t * columns + c] += values[t * OG_LANES + i] * weight[c];
        }
#pragma GCC unroll 28
    for (int t = 0; t < rows; t++)
#pragma GCC unroll 2
        for (int c = 0; c < columns; c++)
            og__store(sums + (size_t)c * sum_stride + t * OG_LANES, sum[t * columns + c]);
}

enum { OG_CORRELATE_ROWS = OG_CORRELATE_ROWS_OF(OG_LANES) };

/* sums[i][o] += sum over t < count of values[t][i] * gradients[t][o]: OG_CORRELATE_ROWS input channels, `columns`
 * vectors of output channels. A step of `ahead` for each OG_AHEAD_TERMS of the sum. */
OG_INLINE void og__correlate(int count, const float *values, const float *gradients, size_t gradient_stride, bool first,
                             float *sums, size_t sum_stride, const int columns, og__ahead *ahead)
{
    og__lanes sum[OG_CORRELATE_ROWS * 2];
#pragma GCC unroll 16
    for (int j = 0; j < OG_CORRELATE_ROWS * columns; j++)
        sum[j] = (og__lanes){0};
    for (int t = 0; t < count; t++) {
        if (t % OG_AHEAD_TERMS == 0)
            og__ahead_step(ahead);
        og__lanes gradient[2];
#pragma GCC unroll 2
        for (int c = 0; c < columns; c++)
            gradient[c] = og__load(gradients + (size_t)c * gradient_stride + (size_t)t * OG_LANES);
#pragma GCC unroll 8
        for (int i = 0; i < OG_CORRELATE_ROWS; i++)
#pragma GCC unroll 2
            for (int c = 0; c < columns; c++)
                sum[i * columns + c] += values[(size_t)t * OG_LANES + (size_t)i] * gradient[c];
    }
#pragma GCC unroll 8
    for (int i = 0; i < OG_CORRELATE_ROWS; i++)
#pragma GCC unroll 2
        for (int c = 0; c < columns; c++) {
            float *to = sums + (size_t)i * sum_stride + c * OG_LANES;
            if (!first)
                sum[i * columns + c] += og__load(to);
            og__store(to, sum[i * columns + c]);
        }
}

#endif

/* The first 3 x 3 convolution: planar image to blocked features, and its gradient by weights. Rows of the image come
 * with a border of zeros, (ic, rows + 2, w + 2), so that no pixel is a special case. */
#include <string.h>

#include "kernel/ops_isa.h"
#include "kernel/product.h"

enum { TAPS = 9 };

/* Pixels whose sums are in registers at a time: 32 registers with AVX-512, else 16, of which eight lanes take two in
 * the baseline. */
#if OG_LANES == 16
enum { ROWS = 16 };
#elif defined(__AVX2__)
enum { ROWS = 8 };
#else
enum { ROWS = 4 };
#endif

void OG_ISA_FN(stem_border)(int ic, int h, int w, int row, int rows, const float *image, float *bordered)
{
    size_t width = (size_t)w + 2;
    for (int c = 0; c < ic; c++)
        for (int y = row - 1; y <= row + rows; y++, bordered += width) {
            memset(bordered, 0, width * sizeof(float));
            if (y >= 0 && y < h)
                memcpy(bordered + 1, image + ((size_t)c * (size_t)h + (size_t)y) * (size_t)w,
                       (size_t)w * sizeof(float));
        }
}

/* `count` pixels of one row from the corner of the first one's window. */
OG_INLINE void sum_taps(int ic, size_t plane, size_t width, const float *corner, const float *weights, og__lanes bias,
                        float *dst, const int count)
{
    og__lanes sum[ROWS];
#pragma GCC unroll 16
    for (int t = 0; t < count; t++)
        sum[t] = bias;
    for (int c = 0; c < ic; c++)
        for (size_t y = 0; y < 3; y++)
            for (size_t x = 0; x < 3; x++, weights += OG_LANES) {
                const float *at = corner + (size_t)c * plane + y * width + x;
                og__lanes weight = og__load(weights);
#pragma GCC unroll 16
                for (int t = 0; t < count; t++)
                    sum[t] += at[t] * weight;
            }
#pragma GCC unroll 16
    for (int t = 0; t < count; t++)
        og__store(dst + t * OG_LANES, sum[t]);
}

void OG_ISA_FN(stem_forward)(int ic, int w, int rows, const float *bordered, const float *weights, const float *bias,
                             float *dst)
{
    size_t width = (size_t)w + 2, plane = width * (size_t)(rows + 2);
    for (int y = 0; y < rows; y++) {
        const float *corner = bordered + (size_t)y * width;
        float *to = dst + (size_t)y * (size_t)w * OG_LANES;
        if (w < ROWS) {
            for (int x = 0; x < w; x++)
                sum_taps(ic, plane, width, corner + x, weights, og__load(bias), to + x * OG_LANES, 1);
            continue;
        }
        for (int x = 0; x < w; x += ROWS) {
            int at = x + ROWS <= w ? x : w - ROWS; /* the last pixels overlap those before them */
            sum_taps(ic, plane, width, corner + at, weights, og__load(bias), to + at * OG_LANES, ROWS);
        }
    }
}

/* One channel's nine sums over all pixels. */
static void correlate_channel(int w, int rows, const float *corner, const float *d_dst, double *sums)
{
    size_t width = (size_t)w + 2;
    og__lanes sum[TAPS] = {{0}};
    for (int y = 0; y < rows; y++, corner += width)
        for (int x = 0; x < w; x++, d_dst += OG_LANES) {
            og__lanes d = og__load(d_dst);
#pragma GCC unroll 3
            for (size_t j = 0; j < 3; j++)
#pragma GCC unroll 3
                for (size_t k = 0; k < 3; k++)
                    sum[3 * j + k] += corner[j * width + (size_t)x + k] * d;
        }
    for (int tap = 0; tap < TAPS; tap++)
        for (int lane = 0; lane < OG_LANES; lane++)
            sums[tap * OG_LANES + lane] += (double)sum[tap][lane];
}

void OG_ISA_FN(stem_correlate)(int ic, int w, int rows, const float *bordered, const float *d_dst, double *sums,
                               double *bias)
{
    size_t plane = ((size_t)w + 2) * (size_t)(rows + 2);
    og__lanes all = {0};
    for (int c = 0; c < ic; c++)
        correlate_channel(w, rows, bordered + (size_t)c * plane, d_dst, sums + (size_t)c * TAPS * OG_LANES);
    for (int i = 0; bias && i < rows * w; i++)
        all += og__load(d_dst + (size_t)i * OG_LANES);
    for (int lane = 0; bias && lane < OG_LANES; lane++)
        bias[lane] += (double)all[lane];
}

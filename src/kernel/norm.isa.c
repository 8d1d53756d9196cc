/* Normalisation: statistics of a block, and the apply pass of the backward. */
#include "kernel/ops_isa.h"

enum {
    RUN = 8,    /* independent accumulators hide the latency of an addition */
    AHEAD = 24, /* pixels that are fetched early */
};

/* Two passes over a block that fits the cache, so that a mean far from 0 costs no digits of the variance. */
void OG_ISA_FN(moments)(size_t pixels, const float *src, float *mean, float *m2)
{
    og__lanes sums[RUN] = {{0}};
    size_t i = 0;
    for (; i + RUN <= pixels; i += RUN)
        for (int r = 0; r < RUN; r++)
            sums[r] += og__load(src + (i + (size_t)r) * OG_LANES);
    for (; i < pixels; i++)
        sums[0] += og__load(src + i * OG_LANES);
    og__lanes centre =
        (((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))) / (float)pixels;

    og__lanes squares[RUN] = {{0}};
    for (i = 0; i + RUN <= pixels; i += RUN)
        for (int r = 0; r < RUN; r++) {
            og__lanes off = og__load(src + (i + (size_t)r) * OG_LANES) - centre;
            squares[r] += off * off;
        }
    for (; i < pixels; i++) {
        og__lanes off = og__load(src + i * OG_LANES) - centre;
        squares[0] += off * off;
    }
    og__store(mean, centre);
    og__store(m2, ((squares[0] + squares[1]) + (squares[2] + squares[3])) +
                      ((squares[4] + squares[5]) + (squares[6] + squares[7])));
}

void OG_ISA_FN(norm_apply)(size_t pixels, const float *src, const float *k0, const float *k1, const float *k2, float *d)
{
    og__lanes a = og__load(k0), b = og__load(k1), c = og__load(k2);
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES) {
        __builtin_prefetch(src + i + AHEAD * OG_LANES);
        __builtin_prefetch(d + i + AHEAD * OG_LANES, 1);
        og__store(d + i, a * og__load(d + i) + (b * og__load(src + i) + c));
    }
}

void OG_ISA_FN(zero_lanes)(size_t pixels, int first, float *block)
{
    for (size_t i = 0; i < pixels; i++)
        for (int l = first; l < OG_LANES; l++)
            block[i * OG_LANES + (size_t)l] = 0;
}

void OG_ISA_FN(add)(size_t pixels, const float *src, float *dst)
{
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES)
        og__store(dst + i, og__load(dst + i) + og__load(src + i));
}

void OG_ISA_FN(blend)(size_t pixels, float near_weight, const float *near, float far_weight, const float *far,
                      float *dst)
{
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES)
        og__store(dst + i, near_weight * og__load(near + i) + far_weight * og__load(far + i));
}

void OG_ISA_FN(add_scaled)(size_t pixels, float weight, const float *src, float *dst)
{
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES)
        og__store(dst + i, og__load(dst + i) + weight * og__load(src + i));
}

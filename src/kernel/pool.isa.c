/* 2 x 2 pooling. */
#include "kernel/ops_isa.h"

typedef int32_t og__lane_masks __attribute__((vector_size(OG_LANES * sizeof(int32_t))));

/* a where the mask is set, else b. */
static inline og__lanes choose(og__lane_masks mask, og__lanes a, og__lanes b)
{
    return (og__lanes)((mask & (og__lane_masks)a) | (~mask & (og__lane_masks)b));
}

void OG_ISA_FN(pool_forward)(int row, int rows, int w_dst, const float *src, float *dst)
{
    size_t w = (size_t)w_dst, line = 2 * w * OG_LANES;
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++) {
        const float *top = src + 2 * y * line, *bottom = top + line;
        float *out = dst + y * w * OG_LANES;
        for (size_t x = 0; x < w; x++, top += 2 * OG_LANES, bottom += 2 * OG_LANES, out += OG_LANES)
            og__store(out, og__max_lanes(og__max_lanes(og__load(top), og__load(top + OG_LANES)),
                                         og__max_lanes(og__load(bottom), og__load(bottom + OG_LANES))));
    }
}

void OG_ISA_FN(pool_backward)(int row, int rows, int w_dst, const float *src, const float *d_dst, bool add,
                              float *d_src)
{
    size_t w = (size_t)w_dst, line = 2 * w * OG_LANES;
    const size_t at[4] = {0, OG_LANES, line, line + OG_LANES};
    og__lanes zero = {0};
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++) {
        const float *in = src + 2 * y * line, *d = d_dst + y * w * OG_LANES;
        float *out = d_src + 2 * y * line;
        for (size_t x = 0; x < w; x++, in += 2 * OG_LANES, out += 2 * OG_LANES, d += OG_LANES) {
            og__lanes top = og__max_lanes(og__load(in), og__load(in + at[1]));
            og__lanes best = og__max_lanes(top, og__max_lanes(og__load(in + at[2]), og__load(in + at[3])));
            og__lane_masks open = ~(og__lane_masks){0};
            for (int i = 0; i < 4; i++) {
                og__lane_masks here = open & (og__lane_masks)(og__load(in + at[i]) == best);
                open &= ~here;
                og__lanes flow = choose(here, og__load(d), zero);
                if (add)
                    flow += og__load(out + at[i]);
                og__store(out + at[i], flow);
            }
        }
    }
}

void OG_ISA_FN(average_forward)(int row, int rows, int w_dst, const float *src, float *dst)
{
    size_t w = (size_t)w_dst, line = 2 * w * OG_LANES;
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++) {
        const float *top = src + 2 * y * line, *bottom = top + line;
        float *out = dst + y * w * OG_LANES;
        for (size_t x = 0; x < w; x++, top += 2 * OG_LANES, bottom += 2 * OG_LANES, out += OG_LANES)
            og__store(out, 0.25f * ((og__load(top) + og__load(top + OG_LANES)) +
                                    (og__load(bottom) + og__load(bottom + OG_LANES))));
    }
}

void OG_ISA_FN(average_backward)(int row, int rows, int w_dst, const float *d_dst, bool add, float *d_src)
{
    size_t w = (size_t)w_dst, line = 2 * w * OG_LANES;
    const size_t at[4] = {0, OG_LANES, line, line + OG_LANES};
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++) {
        const float *d = d_dst + y * w * OG_LANES;
        float *out = d_src + 2 * y * line;
        for (size_t x = 0; x < w; x++, out += 2 * OG_LANES, d += OG_LANES) {
            og__lanes share = 0.25f * og__load(d);
            for (int i = 0; i < 4; i++)
                og__store(out + at[i], share + (add ? og__load(out + at[i]) : (og__lanes){0}));
        }
    }
}

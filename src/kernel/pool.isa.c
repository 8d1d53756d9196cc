/* 2 x 2 and 2 x 2 x 2 pooling. */
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

enum { WINDOW = 8 };

/* The pixels of the window at (y, x) of dst, in the order of PyTorch's scan: slices, rows, columns. */
static inline void window_at(size_t y, size_t x, size_t w, const float *front, const float *back,
                             const float *at[WINDOW])
{
    size_t line = 2 * w * OG_LANES, first = 2 * y * line + 2 * x * OG_LANES;
    for (size_t i = 0; i < WINDOW; i++)
        at[i] = (i < WINDOW / 2 ? front : back) + first + i / 2 % 2 * line + i % 2 * OG_LANES;
}

static inline og__lanes window_max(const float *const at[WINDOW])
{
    og__lanes best = og__load(at[0]);
    for (int i = 1; i < WINDOW; i++)
        best = og__max_lanes(best, og__load(at[i]));
    return best;
}

void OG_ISA_FN(pool_slices_forward)(int rows, int w_dst, const float *front, const float *back, float *dst)
{
    size_t w = (size_t)w_dst;
    const float *at[WINDOW];
    for (size_t y = 0; y < (size_t)rows; y++)
        for (size_t x = 0; x < w; x++) {
            window_at(y, x, w, front, back, at);
            og__store(dst + (y * w + x) * OG_LANES, window_max(at));
        }
}

void OG_ISA_FN(pool_slices_backward)(int rows, int w_dst, const float *front, const float *back, const float *d_dst,
                                     bool add, float *d_front, float *d_back)
{
    size_t w = (size_t)w_dst;
    const float *at[WINDOW];
    og__lanes zero = {0};
    for (size_t y = 0; y < (size_t)rows; y++)
        for (size_t x = 0; x < w; x++) {
            window_at(y, x, w, front, back, at);
            og__lanes best = window_max(at), d = og__load(d_dst + (y * w + x) * OG_LANES);
            og__lane_masks open = ~(og__lane_masks){0};
            for (int i = 0; i < WINDOW; i++) {
                og__lane_masks here = open & (og__lane_masks)(og__load(at[i]) == best);
                open &= ~here;
                float *out = i < WINDOW / 2 ? d_front + (at[i] - front) : d_back + (at[i] - back);
                og__lanes flow = choose(here, d, zero);
                if (add)
                    flow += og__load(out);
                og__store(out, flow);
            }
        }
}

void OG_ISA_FN(average_slices_forward)(int rows, int w_dst, const float *front, const float *back, float *dst)
{
    size_t w = (size_t)w_dst;
    const float *at[WINDOW];
    for (size_t y = 0; y < (size_t)rows; y++)
        for (size_t x = 0; x < w; x++) {
            window_at(y, x, w, front, back, at);
            og__lanes sum = {0};
            for (int i = 0; i < WINDOW; i++)
                sum += og__load(at[i]);
            og__store(dst + (y * w + x) * OG_LANES, sum / (float)WINDOW);
        }
}

void OG_ISA_FN(average_slices_backward)(int rows, int w_dst, const float *d_dst, bool add, float *d_front,
                                        float *d_back)
{
    size_t w = (size_t)w_dst;
    const float *at[WINDOW];
    for (size_t y = 0; y < (size_t)rows; y++)
        for (size_t x = 0; x < w; x++) {
            window_at(y, x, w, d_front, d_back, at);
            og__lanes share = og__load(d_dst + (y * w + x) * OG_LANES) / (float)WINDOW;
            for (int i = 0; i < WINDOW; i++) {
                float *out = i < WINDOW / 2 ? d_front + (at[i] - d_front) : d_back + (at[i] - d_back);
                og__store(out, share + (add ? og__load(out) : (og__lanes){0}));
            }
        }
}

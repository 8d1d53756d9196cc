/* Enlargement by 2: bilinear, nearest, or of four channels.
 *
 * Bilinear with half-pixel centres: dst[2i] = 1/4 src[i-1] + 3/4 src[i],
 * dst[2i+1] = 3/4 src[i] + 1/4 src[i+1], edges repeated, along both axes. */
#include "kernel/ops_isa.h"

static inline int clamp(int i, int count)
{
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

/* One row of dst from the rows that weigh 3/4 and 1/4. */
static void enlarge_row(int w, const float *near, const float *far, float *dst)
{
    for (int x = 0; x < w; x++) {
        size_t left = (size_t)clamp(x - 1, w) * OG_LANES, mid = (size_t)x * OG_LANES;
        size_t right = (size_t)clamp(x + 1, w) * OG_LANES;
        og__lanes l = 0.75f * og__load(near + left) + 0.25f * og__load(far + left);
        og__lanes m = 0.75f * og__load(near + mid) + 0.25f * og__load(far + mid);
        og__lanes r = 0.75f * og__load(near + right) + 0.25f * og__load(far + right);
        og__store(dst + 2 * mid, 0.25f * l + 0.75f * m);
        og__store(dst + 2 * mid + OG_LANES, 0.75f * m + 0.25f * r);
    }
}

void OG_ISA_FN(resize_forward)(int row, int rows, int h, int w, const float *src, float *dst)
{
    size_t line = (size_t)w * OG_LANES;
    for (int y = row; y < row + rows; y++) {
        const float *mid = src + (size_t)y * line;
        enlarge_row(w, mid, src + (size_t)clamp(y - 1, h) * line, dst + (size_t)(2 * y) * 2 * line);
        enlarge_row(w, mid, src + (size_t)clamp(y + 1, h) * line, dst + (size_t)(2 * y + 1) * 2 * line);
    }
}

/* Weight of dst index j in src index i: 3/4 for the two nearest, 1/4 for the next ones, which an edge adds up. */
static inline float weight(int i, int j, int count)
{
    int near = j / 2, far = clamp(j % 2 ? near + 1 : near - 1, count);
    return (near == i ? 0.75f : 0.0f) + (far == i ? 0.25f : 0.0f);
}

static og__lanes gather(int y, int x, int h, int w, const float *d_dst)
{
    og__lanes sum = {0};
    for (int j = 2 * y - 1; j <= 2 * y + 2; j++) {
        if (j < 0 || j >= 2 * h)
            continue;
        float wy = weight(y, j, h);
        for (int i = 2 * x - 1; i <= 2 * x + 2; i++)
            if (i >= 0 && i < 2 * w)
                sum += wy * weight(x, i, w) * og__load(d_dst + ((size_t)j * (size_t)(2 * w) + (size_t)i) * OG_LANES);
    }
    return sum;
}

void OG_ISA_FN(resize_backward)(int row, int rows, int h, int w, const float *d_dst, float *d_src)
{
    for (int y = row; y < row + rows; y++)
        for (int x = 0; x < w; x++)
            og__store(d_src + ((size_t)y * (size_t)w + (size_t)x) * OG_LANES, gather(y, x, h, w, d_dst));
}

void OG_ISA_FN(nearest_forward)(int row, int rows, int h, int w, const float *src, float *dst)
{
    size_t line = (size_t)w * OG_LANES;
    (void)h;
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++) {
        const float *from = src + y * line;
        float *top = dst + 4 * y * line, *bottom = top + 2 * line;
        for (size_t x = 0; x < line; x += OG_LANES) {
            og__lanes value = og__load(from + x);
            og__store(top + 2 * x, value);
            og__store(top + 2 * x + OG_LANES, value);
            og__store(bottom + 2 * x, value);
            og__store(bottom + 2 * x + OG_LANES, value);
        }
    }
}

void OG_ISA_FN(nearest_backward)(int row, int rows, int h, int w, const float *d_dst, float *d_src)
{
    size_t line = (size_t)w * OG_LANES;
    (void)h;
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++) {
        const float *top = d_dst + 4 * y * line, *bottom = top + 2 * line;
        for (size_t x = 0; x < line; x += OG_LANES)
            og__store(d_src + y * line + x, (og__load(top + 2 * x) + og__load(top + 2 * x + OG_LANES)) +
                                                (og__load(bottom + 2 * x) + og__load(bottom + 2 * x + OG_LANES)));
    }
}

enum { AREA = 4 };

/* Channel 4 c + 2 i + j of the coarse tensor and pixel (i, j) of channel c of the fine one are the same values. */
void OG_ISA_FN(shuffle_forward)(int row, int rows, int w, int channels, int index, size_t stride, const float *src,
                                float *dst)
{
    size_t line = (size_t)w * OG_LANES;
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++)
        for (size_t tap = 0; tap < AREA; tap++)
            for (int lane = 0; lane < OG_LANES; lane++) {
                int fine = index * OG_LANES + lane;
                size_t coarse = (size_t)(AREA * fine) + tap;
                float *to = dst + (2 * y + tap / 2) * 2 * line + tap % 2 * OG_LANES + (size_t)lane;
                const float *from =
                    src + y * line + (fine < channels ? coarse / OG_LANES * stride : 0) + coarse % OG_LANES;
                for (size_t x = 0; x < line; x += OG_LANES)
                    to[2 * x] = fine < channels ? from[x] : 0;
            }
}

void OG_ISA_FN(shuffle_backward)(int row, int rows, int w, int channels, int index, size_t stride, const float *d_dst,
                                 float *d_src)
{
    size_t line = (size_t)w * OG_LANES;
    for (size_t y = (size_t)row; y < (size_t)(row + rows); y++)
        for (int lane = 0; lane < OG_LANES; lane++) {
            int coarse = index * OG_LANES + lane, fine = coarse / AREA;
            size_t tap = (size_t)(coarse % AREA), block = fine < channels ? (size_t)(fine / OG_LANES) : 0;
            const float *from =
                d_dst + block * stride + (2 * y + tap / 2) * 2 * line + tap % 2 * OG_LANES + (size_t)(fine % OG_LANES);
            float *to = d_src + y * line + (size_t)lane;
            for (size_t x = 0; x < line; x += OG_LANES)
                to[x] = fine < channels ? from[2 * x] : 0;
        }
}

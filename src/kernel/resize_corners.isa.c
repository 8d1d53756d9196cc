/* Bilinear enlargement by 2 that keeps the corner pixels: dst[j] = (1 - f) src[i] + f src[i + 1] with
 * i + f = j (n - 1) / (2n - 1), along both axes. */
#include "kernel/ops_isa.h"

/* Where dst index j lies in a source of `count`: between `index` and the next, at the share `next` of the way. */
typedef struct spot {
    int index;
    float next;
} spot;

static inline spot spot_of(int j, int count)
{
    int at = j * (count - 1), step = 2 * count - 1;
    return (spot){at / step, (float)(at % step) / (float)step};
}

static inline size_t after(int i, int count)
{
    return (size_t)(i + 1 < count ? i + 1 : i);
}

void OG_ISA_FN(corners_forward)(int row, int rows, int h, int w, const float *src, float *dst)
{
    size_t line = (size_t)w * OG_LANES;
    for (int j = 2 * row; j < 2 * (row + rows); j++) {
        spot y = spot_of(j, h);
        const float *above = src + (size_t)y.index * line, *below = src + after(y.index, h) * line;
        float *to = dst + (size_t)j * 2 * line;
        for (int i = 0; i < 2 * w; i++) {
            spot x = spot_of(i, w);
            size_t left = (size_t)x.index * OG_LANES, right = after(x.index, w) * OG_LANES;
            og__lanes one = (1 - x.next) * og__load(above + left) + x.next * og__load(above + right);
            og__lanes two = (1 - x.next) * og__load(below + left) + x.next * og__load(below + right);
            og__store(to + (size_t)i * OG_LANES, (1 - y.next) * one + y.next * two);
        }
    }
}

/* Weight of src index i in dst index j. */
static inline float weight(int i, int j, int count)
{
    spot s = spot_of(j, count);
    return (s.index == i ? 1 - s.next : 0) + ((int)after(s.index, count) == i ? s.next : 0);
}

/* Every dst index that reads src index i is in [2i - 2, 2i + 3]. */
static og__lanes gather(int y, int x, int h, int w, const float *d_dst)
{
    og__lanes sum = {0};
    for (int j = 2 * y - 2 < 0 ? 0 : 2 * y - 2; j <= 2 * y + 3 && j < 2 * h; j++) {
        float wy = weight(y, j, h);
        for (int i = 2 * x - 2 < 0 ? 0 : 2 * x - 2; wy != 0 && i <= 2 * x + 3 && i < 2 * w; i++)
            sum += wy * weight(x, i, w) * og__load(d_dst + ((size_t)j * (size_t)(2 * w) + (size_t)i) * OG_LANES);
    }
    return sum;
}

void OG_ISA_FN(corners_backward)(int row, int rows, int h, int w, const float *d_dst, float *d_src)
{
    for (int y = row; y < row + rows; y++)
        for (int x = 0; x < w; x++)
            og__store(d_src + ((size_t)y * (size_t)w + (size_t)x) * OG_LANES, gather(y, x, h, w, d_dst));
}

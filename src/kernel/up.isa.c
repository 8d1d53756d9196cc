/* The 2 x 2 transposed convolution on one unit of pixels. */
#include "kernel/up.h"

#include "kernel/ops_isa.h"
#include "kernel/product.h"

enum { AREA = OG_UP_AREA };

/* Sums that fill the registers: 32 with AVX-512, else 16, of which one of 8 lanes takes two in the baseline. */
#if OG_LANES == 16
enum { ROWS = 14 };
#elif defined(__AVX2__)
enum { ROWS = 6 };
#else
enum { ROWS = 3 };
#endif

/* og__multiply() with its rows and columns fixed. */
typedef void (*product)(int ic, const float *values, size_t block_stride, const float *weights, float *sums,
                        size_t sum_stride);

#define OG_PRODUCT(rows, columns)                                                                                      \
    static __attribute__((noinline)) void product_##rows##_##columns(                                                  \
        int ic, const float *values, size_t block_stride, const float *weights, float *sums, size_t sum_stride)        \
    {                                                                                                                  \
        og__multiply(ic, values, block_stride, weights, true, sums, sum_stride, rows, columns);                        \
    }
OG_PRODUCT(ROWS, 2)
OG_PRODUCT(ROWS, 1)
OG_PRODUCT(1, 2)
OG_PRODUCT(1, 1)
#undef OG_PRODUCT

static const product products[2][2] = {{product_1_1, product_1_2}, {product_ROWS_1, product_ROWS_2}};

/* The product of `count` pixels, ROWS at a time; the last rows overlap those before them. */
static void multiply_all(int count, int columns, int ic, const float *values, size_t block_stride, const float *weights,
                         float *sums, size_t sum_stride)
{
    int rows = count >= ROWS ? ROWS : 1;
    product run = products[rows > 1][columns - 1];
    for (int t = 0; t < count; t += rows) {
        int at = (t + rows <= count ? t : count - rows) * OG_LANES;
        run(ic, values + at, block_stride, weights, sums + at, sum_stride);
    }
}

/* A chunk of one image, and the part of the groups of results that a unit makes. */
typedef struct piece {
    int image, first, count;
    int begin, end;
} piece;

OG_INLINE piece piece_of(const og__up *shape, const og__up_units *units, int unit, int groups)
{
    int part = unit % units->parts, chunk = unit / units->parts, pixels = shape->h * shape->w;
    piece p = {.image = chunk / units->chunks, .first = chunk % units->chunks * units->block};
    p.count = pixels - p.first < units->block ? pixels - p.first : units->block;
    p.begin = groups * part / units->parts;
    p.end = groups * (part + 1) / units->parts;
    return p;
}

/* One channel block of one image of src; in dst it is AREA times as large. */
OG_INLINE size_t block_at(const og__up *shape, int channels, int image, int block)
{
    return ((size_t)image * (size_t)(channels / OG_LANES) + (size_t)block) * (size_t)shape->h * (size_t)shape->w *
           OG_LANES;
}

/* --- weights --------------------------------------------------------------------------------------------------------
 */

/* The first `count` lanes from values that are `stride` floats apart, the others 0. */
OG_INLINE og__lanes take(const float *from, size_t stride, int count)
{
    og__lanes value = {0};
    if (count >= OG_LANES)
        for (int lane = 0; lane < OG_LANES; lane++)
            value[lane] = from[(size_t)lane * stride];
    else
        for (int lane = 0; lane < count; lane++)
            value[lane] = from[(size_t)lane * stride];
    return value;
}

/* (oc / lanes, 2, ic, 2, lanes): a product for each row j of the window, whose columns are k. */
static void pack_forward(const og__up *shape, int ic, int oc, int block, const float *weights, float *packed)
{
    for (int i = block * OG_LANES; i < (block + 1) * OG_LANES; i++)
        for (int o = 0; o < shape->oc; o += OG_LANES)
            for (int a = 0; a < AREA; a++) {
                const float *from = weights + ((size_t)i * (size_t)oc + (size_t)o) * AREA + (size_t)a;
                size_t group = (size_t)(2 * o / OG_LANES + a / 2);
                og__store(packed + ((group * (size_t)shape->ic + (size_t)i) * 2 + (size_t)(a % 2)) * OG_LANES,
                          take(from, AREA, i < ic ? oc - o : 0));
            }
}

/* (ic / lanes by pairs, oc / lanes, 2, 2, lanes of oc, blocks of the pair, lanes of ic): a product for each pair. */
static void pack_back(const og__up *shape, int ic, int oc, int block, const float *weights, float *packed)
{
    int pair = block / 2 * 2, columns = shape->ic / OG_LANES - pair < 2 ? 1 : 2;
    float *to = packed + (size_t)pair * OG_LANES * AREA * (size_t)shape->oc + (size_t)((block - pair) * OG_LANES);
    for (int o = 0; o < shape->oc; o++)
        for (int a = 0; a < AREA; a++) {
            size_t row = ((size_t)(o / OG_LANES) * AREA + (size_t)a) * OG_LANES + (size_t)(o % OG_LANES);
            const float *from = weights + ((size_t)(block * OG_LANES) * (size_t)oc + (size_t)o) * AREA + (size_t)a;
            og__store(to + row * (size_t)(columns * OG_LANES),
                      take(from, (size_t)oc * AREA, o < oc ? ic - block * OG_LANES : 0));
        }
}

void OG_ISA_FN(up_pack)(const og__up *shape, int ic, int oc, bool back, int block, const float *weights, float *packed)
{
    (back ? pack_back : pack_forward)(shape, ic, oc, block, weights, packed);
}

/* --- forward --------------------------------------------------------------------------------------------------------
 */

/* Spread `count` pixels from `first` on over row j of their windows: dst is the image's block. */
static void spread(const og__up *shape, const piece *p, int j, og__lanes bias, const float *sums, size_t sum_stride,
                   float *dst)
{
    int y = p->first / shape->w, x = p->first % shape->w;
    for (int t = 0; t < p->count;) {
        int run = shape->w - x < p->count - t ? shape->w - x : p->count - t;
        float *to = dst + ((size_t)(2 * y + j) * (size_t)(2 * shape->w) + (size_t)(2 * x)) * OG_LANES;
        for (int end = t + run; t < end; t++, to += 2 * OG_LANES) {
            og__store(to, bias + og__load(sums + (size_t)t * OG_LANES));
            og__store(to + OG_LANES, bias + og__load(sums + sum_stride + (size_t)t * OG_LANES));
        }
        y++;
        x = 0;
    }
}

void OG_ISA_FN(up_forward)(const og__up *shape, int unit, const float *src, const float *packed, const float *bias,
                           float *dst, float *scratch)
{
    piece p = piece_of(shape, &shape->forward, unit, 2 * shape->oc / OG_LANES);
    size_t block_stride = (size_t)shape->h * (size_t)shape->w * OG_LANES;
    size_t sum_stride = (size_t)p.count * OG_LANES, group_weights = (size_t)(shape->ic * 2 * OG_LANES);
    const float *values = src + block_at(shape, shape->ic, p.image, 0) + (size_t)p.first * OG_LANES;
    for (int g = p.begin; g < p.end; g++) {
        multiply_all(p.count, 2, shape->ic, values, block_stride, packed + (size_t)g * group_weights, scratch,
                     sum_stride);
        spread(shape, &p, g % 2, og__load(bias + g / 2 * OG_LANES), scratch, sum_stride,
               dst + AREA * block_at(shape, shape->oc, p.image, g / 2));
    }
}

/* --- backward -------------------------------------------------------------------------------------------------------
 */

/* The four pixels of each of the piece's windows, side by side: (oc / lanes, 2, 2, count, lanes). */
static void gather(const og__up *shape, const piece *p, const float *d_dst, double *bias, float *to)
{
    size_t stride = (size_t)p->count * OG_LANES, row = (size_t)(2 * shape->w) * OG_LANES;
    for (int b = 0; b < shape->oc / OG_LANES; b++, to += AREA * stride) {
        const float *from = d_dst + AREA * block_at(shape, shape->oc, p->image, b);
        og__lanes sum = {0};
        int y = p->first / shape->w, x = p->first % shape->w;
        for (int t = 0; t < p->count;) {
            int run = shape->w - x < p->count - t ? shape->w - x : p->count - t;
            const float *at = from + (size_t)(2 * y) * row + (size_t)(2 * x) * OG_LANES;
            for (int end = t + run; t < end; t++, at += 2 * OG_LANES) {
                og__lanes v0 = og__load(at), v1 = og__load(at + OG_LANES), v2 = og__load(at + row),
                          v3 = og__load(at + row + OG_LANES);
                float *into = to + (size_t)t * OG_LANES;
                og__store(into, v0);
                og__store(into + stride, v1);
                og__store(into + 2 * stride, v2);
                og__store(into + 3 * stride, v3);
                sum += (v0 + v1) + (v2 + v3);
            }
            y++;
            x = 0;
        }
        for (int lane = 0; bias && lane < OG_LANES; lane++)
            bias[b * OG_LANES + lane] += (double)sum[lane];
    }
}

void OG_ISA_FN(up_backward_data)(const og__up *shape, int unit, const float *d_dst, const float *packed, float *d_src,
                                 float *scratch)
{
    int blocks = shape->ic / OG_LANES;
    piece p = piece_of(shape, &shape->data, unit, (blocks + 1) / 2);
    size_t gathered = (size_t)p.count * OG_LANES, pixels = (size_t)shape->h * (size_t)shape->w;
    gather(shape, &p, d_dst, NULL, scratch);
    for (int g = p.begin; g < p.end; g++) {
        int columns = blocks - 2 * g < 2 ? 1 : 2;
        multiply_all(p.count, columns, AREA * shape->oc, scratch, gathered,
                     packed + (size_t)(2 * g) * OG_LANES * AREA * (size_t)shape->oc,
                     d_src + block_at(shape, shape->ic, p.image, 2 * g) + (size_t)p.first * OG_LANES,
                     pixels * OG_LANES);
    }
}

static __attribute__((noinline)) void correlate(int count, const float *values, const float *gradients,
                                                size_t gradient_stride, bool first, float *sums, size_t sum_stride)
{
    og__correlate(count, values, gradients, gradient_stride, first, sums, sum_stride, 2, NULL);
}

void OG_ISA_FN(up_correlate)(const og__up *shape, int chunk, int begin, int end, bool first, const float *src,
                             const float *d_dst, float *sums, double *bias, float *scratch)
{
    piece p = piece_of(shape, &shape->gradient, chunk, 1);
    size_t gathered = (size_t)p.count * OG_LANES, row = (size_t)(AREA * shape->oc);
    gather(shape, &p, d_dst, bias, scratch);
    for (int block = begin; block < end; block++) {
        const float *values = src + block_at(shape, shape->ic, p.image, block) + (size_t)p.first * OG_LANES;
        for (int pair = 0; pair < 2 * shape->oc / OG_LANES; pair++)
            for (int i = 0; i < OG_LANES; i += OG_CORRELATE_ROWS)
                correlate(p.count, values + i, scratch + (size_t)(2 * pair) * gathered, gathered, first,
                          sums + (size_t)(block * OG_LANES + i) * row + (size_t)(2 * pair * OG_LANES), row);
    }
}

void OG_ISA_FN(up_gradient)(const og__up *shape, int oc, int i, int count, const float *sums, float *d_weights)
{
    size_t row = (size_t)(AREA * shape->oc), one = (size_t)shape->ic * row;
    float *to = d_weights + (size_t)i * (size_t)oc * AREA;
    for (int b = 0; b * OG_LANES < oc; b++)
        for (int a = 0; a < AREA; a++) {
            const float *from = sums + (size_t)i * row + (size_t)((b * AREA + a) * OG_LANES);
            og__lanes sum = og__load(from);
            for (int s = 1; s < count; s++)
                sum += og__load(from + (size_t)s * one);
            for (int lane = 0; lane < OG_LANES && b * OG_LANES + lane < oc; lane++)
                to[(b * OG_LANES + lane) * AREA + a] = sum[lane];
        }
}

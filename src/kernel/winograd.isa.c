/* Winograd's F(4 x 4, 3 x 3) on one unit of tiles: transforms by vectors of channels, matrix products between them. */
#include "kernel/winograd.h"

#include <string.h>

#include "kernel/ops_isa.h"
#include "kernel/product.h"

enum { AREA = OG_WINOGRAD_AREA, TILE = OG_WINOGRAD_TILE, PATCH = 6 };

/* The points a and b, and what is made of them; all but the last four are exact. */
#define A_ 0.625f
#define B_ 1.5f
#define A2 (A_ * A_)
#define B2 (B_ * B_)
#define A3 (A2 * A_)
#define B3 (B2 * B_)
static const float n_zero = (float)(1 / (0.625 * 0.625 * 1.5 * 1.5));
static const float n_a = (float)(1 / (2 * 0.625 * 0.625 * (0.625 * 0.625 - 1.5 * 1.5)));
static const float n_b = (float)(1 / (2 * 1.5 * 1.5 * (1.5 * 1.5 - 0.625 * 0.625)));

/* --- transforms of one row or column: `to` has the given stride -----------------------------------------------------
 */

/* B' d: 6 to 6 */
OG_INLINE void input_line(og__lanes d0, og__lanes d1, og__lanes d2, og__lanes d3, og__lanes d4, og__lanes d5,
                          og__lanes *to, const int stride)
{
    og__lanes even_a = d4 - B2 * d2, odd_a = A_ * (d3 - B2 * d1);
    og__lanes even_b = d4 - A2 * d2, odd_b = B_ * (d3 - A2 * d1);
    to[0] = A2 * B2 * d0 - (A2 + B2) * d2 + d4;
    to[stride] = even_a + odd_a;
    to[2 * stride] = even_a - odd_a;
    to[3 * stride] = even_b + odd_b;
    to[4 * stride] = even_b - odd_b;
    to[5 * stride] = A2 * B2 * d1 - (A2 + B2) * d3 + d5;
}

/* A' m: 6 to 4 */
OG_INLINE void output_line(og__lanes m0, og__lanes m1, og__lanes m2, og__lanes m3, og__lanes m4, og__lanes m5,
                           og__lanes *to, const int stride)
{
    og__lanes sum_a = m1 + m2, difference_a = m1 - m2, sum_b = m3 + m4, difference_b = m3 - m4;
    to[0] = m0 + sum_a + sum_b;
    to[stride] = A_ * difference_a + B_ * difference_b;
    to[2 * stride] = A2 * sum_a + B2 * sum_b;
    to[3 * stride] = A3 * difference_a + B3 * difference_b + m5;
}

/* A y: 4 to 6 */
OG_INLINE void gradient_line(og__lanes y0, og__lanes y1, og__lanes y2, og__lanes y3, og__lanes *to, const int stride)
{
    og__lanes even_a = y0 + A2 * y2, odd_a = A_ * y1 + A3 * y3;
    og__lanes even_b = y0 + B2 * y2, odd_b = B_ * y1 + B3 * y3;
    to[0] = y0;
    to[stride] = even_a + odd_a;
    to[2 * stride] = even_a - odd_a;
    to[3 * stride] = even_b + odd_b;
    to[4 * stride] = even_b - odd_b;
    to[5 * stride] = y3;
}

/* G g: 3 to 6 */
OG_INLINE void weights_line(og__lanes g0, og__lanes g1, og__lanes g2, og__lanes *to, const int stride)
{
    og__lanes even_a = n_a * g0 + (n_a * A2) * g2, odd_a = (n_a * A_) * g1;
    og__lanes even_b = n_b * g0 + (n_b * B2) * g2, odd_b = (n_b * B_) * g1;
    to[0] = n_zero * g0;
    to[stride] = even_a + odd_a;
    to[2 * stride] = even_a - odd_a;
    to[3 * stride] = even_b + odd_b;
    to[4 * stride] = even_b - odd_b;
    to[5 * stride] = g2;
}

/* G' u: 6 to 3 */
OG_INLINE void weights_adjoint_line(og__lanes u0, og__lanes u1, og__lanes u2, og__lanes u3, og__lanes u4, og__lanes u5,
                                    og__lanes *to, const int stride)
{
    og__lanes sum_a = n_a * (u1 + u2), difference_a = (n_a * A_) * (u1 - u2);
    og__lanes sum_b = n_b * (u3 + u4), difference_b = (n_b * B_) * (u3 - u4);
    to[0] = n_zero * u0 + sum_a + sum_b;
    to[stride] = difference_a + difference_b;
    to[2 * stride] = A2 * sum_a + B2 * sum_b + u5;
}

/* --- tiles ----------------------------------------------------------------------------------------------------------
 */

/* The first pixel of a tile's output. */
typedef struct place {
    int y, x;
} place;

OG_INLINE place place_of(const og__winograd *shape, int tile)
{
    return (place){tile / shape->tiles_x * TILE, tile % shape->tiles_x * TILE};
}

/* A patch of PATCH x PATCH pixels from (y, x), of a block whose row `first` stands at `block`; outside the image it is
 * 0. */
OG_INLINE void load_edge(const og__winograd *shape, const float *block, int first, int y, int x, og__lanes *patch)
{
    for (int j = 0; j < PATCH; j++)
        for (int k = 0; k < PATCH; k++) {
            bool inside = y + j >= 0 && y + j < shape->h && x + k >= 0 && x + k < shape->w;
            patch[j * PATCH + k] = (og__lanes){0};
            if (inside)
                patch[j * PATCH + k] = og__load(block + ((y + j - first) * shape->w + x + k) * OG_LANES);
        }
}

/* B' d B of one patch to `to`, its elements `stride` floats apart. */
static void transform_input(const og__winograd *shape, const float *block, int first, int y, int x, float *to,
                            size_t stride)
{
    og__lanes half[AREA], line[PATCH];
    int w = shape->w;
    if (y >= 0 && x >= 0 && y + PATCH <= shape->h && x + PATCH <= w) {
        const float *at = block + ((y - first) * w + x) * OG_LANES;
#pragma GCC unroll 6
        for (int k = 0; k < PATCH; k++, at += OG_LANES)
            input_line(og__load(at), og__load(at + w * OG_LANES), og__load(at + 2 * w * OG_LANES),
                       og__load(at + 3 * w * OG_LANES), og__load(at + 4 * w * OG_LANES),
                       og__load(at + 5 * w * OG_LANES), half + k, PATCH);
    } else {
        og__lanes patch[AREA];
        load_edge(shape, block, first, y, x, patch);
        for (int k = 0; k < PATCH; k++)
            input_line(patch[k], patch[6 + k], patch[12 + k], patch[18 + k], patch[24 + k], patch[30 + k], half + k,
                       PATCH);
    }
#pragma GCC unroll 6
    for (int j = 0; j < PATCH; j++) {
        const og__lanes *d = half + j * PATCH;
        input_line(d[0], d[1], d[2], d[3], d[4], d[5], line, 1);
        for (int k = 0; k < PATCH; k++)
            og__store(to + (size_t)(j * PATCH + k) * stride, line[k]);
    }
}

/* A' m A of one tile from elements `stride` floats apart; pixels outside the image are left out. */
static void transform_output(const og__winograd *shape, const float *from, size_t stride, place at, og__lanes bias,
                             bool accumulate, float *block)
{
    og__lanes half[TILE * PATCH], line[TILE];
    int rows = shape->h - at.y < TILE ? shape->h - at.y : TILE,
        columns = shape->w - at.x < TILE ? shape->w - at.x : TILE;
#pragma GCC unroll 6
    for (int k = 0; k < PATCH; k++) {
        const float *m = from + (size_t)k * stride;
        output_line(og__load(m), og__load(m + 6 * stride), og__load(m + 12 * stride), og__load(m + 18 * stride),
                    og__load(m + 24 * stride), og__load(m + 30 * stride), half + k, PATCH);
    }
    for (int j = 0; j < rows; j++) {
        const og__lanes *m = half + j * PATCH;
        float *to = block + ((at.y + j) * shape->w + at.x) * OG_LANES;
        output_line(m[0], m[1], m[2], m[3], m[4], m[5], line, 1);
        for (int k = 0; k < columns; k++, to += OG_LANES) {
            if (accumulate)
                bias = og__load(to);
            og__store(to, bias + line[k]);
        }
    }
}

/* A y A' of one tile of the output's gradient; outside the image it is 0. */
static void transform_gradient(const og__winograd *shape, const float *block, place at, float *to, size_t stride)
{
    og__lanes tile[TILE * TILE], half[TILE * PATCH], line[PATCH];
    for (int j = 0; j < TILE; j++)
        for (int k = 0; k < TILE; k++) {
            tile[j * TILE + k] = (og__lanes){0};
            if (at.y + j < shape->h && at.x + k < shape->w)
                tile[j * TILE + k] = og__load(block + ((at.y + j) * shape->w + at.x + k) * OG_LANES);
        }
#pragma GCC unroll 4
    for (int k = 0; k < TILE; k++)
        gradient_line(tile[k], tile[4 + k], tile[8 + k], tile[12 + k], half + k, TILE);
#pragma GCC unroll 6
    for (int j = 0; j < PATCH; j++) {
        const og__lanes *y = half + j * TILE;
        gradient_line(y[0], y[1], y[2], y[3], line, 1);
        for (int k = 0; k < PATCH; k++)
            og__store(to + (size_t)(j * PATCH + k) * stride, line[k]);
    }
}

/* --- matrix products ------------------------------------------------------------------------------------------------
 */

/* og__multiply() with its rows and columns fixed. */
typedef void (*product)(int ic, const float *values, size_t block_stride, const float *weights, bool first, float *sums,
                        size_t sum_stride);

#define OG_PRODUCT(rows, columns, baseline, avx2, avx512)                                                              \
    static __attribute__((noinline)) void product_##rows##_##columns(int ic, const float *values, size_t block_stride, \
                                                                     const float *weights, bool first, float *sums,    \
                                                                     size_t sum_stride)                                \
    {                                                                                                                  \
        og__multiply(ic, values, block_stride, weights, first, sums, sum_stride, rows, columns);                       \
    }
#include "kernel/winograd.def"
#undef OG_PRODUCT

static product product_of(int rows, int columns)
{
#define OG_PRODUCT(r, c, baseline, avx2, avx512)                                                                       \
    if (rows == r && columns == c)                                                                                     \
        return product_##r##_##c;
#include "kernel/winograd.def"
#undef OG_PRODUCT
    return NULL;
}

/* --- forward, and backward by data -----------------------------------------------------------------------------------
 */

/* The 9 weights of OG_LANES outputs' kernels, or of those that there are, for one input; the rest 0. */
OG_INLINE void load_kernels(const float *from, int outputs, size_t o_stride, bool flip, og__lanes *g)
{
    _Alignas(og__lanes) float lanes[9][OG_LANES] = {0};
    for (int lane = 0; lane < outputs; lane++, from += o_stride)
        for (int k = 0; k < 9; k++)
            lanes[k][lane] = from[flip ? 8 - k : k];
    for (int k = 0; k < 9; k++)
        g[k] = og__load(lanes[k]);
}

/* The same for OG_LANES inputs, where an output's kernels are together. */
static void load_together(const float *from, size_t o_stride, og__lanes *g)
{
    for (int k = 0; k < 9; k++) {
        for (int lane = 0; lane < OG_LANES; lane++)
            memcpy(&g[k * OG_LANES + lane], from + (size_t)lane * o_stride + (size_t)(k * OG_LANES), sizeof g[0]);
        og__transpose(g + (size_t)(k * OG_LANES));
    }
}

/* Weight k of kernels that are together, (outputs, 9): lane l takes float 9 l + k of nine vectors. Pairs of vectors
 * give what they have of it, and these are merged. */
#define OG_PAIR(k, l) ((9 * (l) + (k)) / (2 * OG_LANES))
#define OG_TAKE(j, k, l) OG_PAIR(k, l) == (j) ? (9 * (l) + (k)) % (2 * OG_LANES) : 0
#define OG_MERGE(j, k, l) OG_PAIR(k, l) == (j) ? OG_LANES + (l) : (l)
#define OG_TAKE_0(k, l) OG_TAKE(0, k, l)
#define OG_TAKE_1(k, l) OG_TAKE(1, k, l)
#define OG_TAKE_2(k, l) OG_TAKE(2, k, l)
#define OG_TAKE_3(k, l) OG_TAKE(3, k, l)
#define OG_TAKE_4(k, l) OG_TAKE(4, k, l)
#define OG_MERGE_1(k, l) OG_MERGE(1, k, l)
#define OG_MERGE_2(k, l) OG_MERGE(2, k, l)
#define OG_MERGE_3(k, l) OG_MERGE(3, k, l)
#define OG_MERGE_4(k, l) OG_MERGE(4, k, l)
#define OG_JOIN(j, k, other)                                                                                           \
    found = __builtin_shufflevector(found, __builtin_shufflevector(v[2 * (j)], v[other], OG_EACH(OG_TAKE_##j, k)),     \
                                    OG_EACH(OG_MERGE_##j, k));
#define OG_NINTH(k, to)                                                                                                \
    {                                                                                                                  \
        og__lanes found = __builtin_shufflevector(v[0], v[1], OG_EACH(OG_TAKE_0, k));                                  \
        OG_JOIN(1, k, 3) OG_JOIN(2, k, 5) OG_JOIN(3, k, 7) OG_JOIN(4, k, 8) to = found;                                \
    }

/* The kernels of OG_LANES outputs that are together, turned round. */
OG_INLINE void load_flipped(const float *from, og__lanes *g)
{
    og__lanes v[9];
    memcpy(v, from, sizeof v);
    OG_NINTH(0, g[8])
    OG_NINTH(1, g[7])
    OG_NINTH(2, g[6])
    OG_NINTH(3, g[5])
    OG_NINTH(4, g[4])
    OG_NINTH(5, g[3])
    OG_NINTH(6, g[2])
    OG_NINTH(7, g[1])
    OG_NINTH(8, g[0])
}

/* G g G' of the kernels of one input. */
static void transform_weights(const og__lanes *g, float *to, size_t stride)
{
    og__lanes half[18], u[PATCH];
#pragma GCC unroll 3
    for (int k = 0; k < 3; k++)
        weights_line(g[k], g[3 + k], g[6 + k], half + k, 3);
#pragma GCC unroll 6
    for (int j = 0; j < PATCH; j++) {
        weights_line(half[3 * j], half[3 * j + 1], half[3 * j + 2], u, 1);
        for (int k = 0; k < PATCH; k++)
            og__store(to + (size_t)(j * PATCH + k) * stride, u[k]);
    }
}

void OG_ISA_FN(winograd_pack)(const og__winograd *shape, og__winograd_piece piece, int ic, int oc, size_t o_stride,
                              size_t i_stride, bool flip, const float *weights, float *packed)
{
    size_t stride = og__winograd_stride(shape, piece);
    og__lanes g[9 * OG_LANES];
    for (int c = 0; c < piece.os; c += OG_LANES)
        for (int i = 0; i < piece.is; i += OG_LANES) {
            int o = piece.o + c, outputs = oc - o < OG_LANES ? oc - o : OG_LANES;
            const float *from = weights + (size_t)o * o_stride + (size_t)(piece.i + i) * i_stride;
            bool all = outputs == OG_LANES && piece.i + i + OG_LANES <= ic;
            if (all && i_stride == 9 && !flip)
                load_together(from, o_stride, g);
            for (int j = 0; j < OG_LANES; j++) {
                if (all && o_stride == 9 && flip)
                    load_flipped(from + (size_t)j * i_stride, g + (size_t)(9 * j));
                else if (!all || i_stride != 9 || flip)
                    load_kernels(from + (size_t)j * i_stride, piece.i + i + j < ic ? outputs : 0, o_stride, flip,
                                 g + (size_t)(9 * j));
                transform_weights(g + (size_t)(9 * j), packed + (size_t)((i + j) * piece.os + c), stride);
            }
        }
}

void OG_ISA_FN(winograd_input)(const og__winograd *shape, const og__winograd_rows *src, int block, int tile, int count,
                               int at, int room, float *values)
{
    size_t row = (size_t)room * OG_LANES, stride = row * (size_t)(shape->ic / OG_LANES);
    values += (size_t)block * row + (size_t)(at * OG_LANES);
    for (int t = 0; t < count; t++) {
        place p = place_of(shape, tile + t);
        transform_input(shape, src->from, src->first, p.y - 1, p.x - 1, values + (size_t)(t * OG_LANES), stride);
    }
}

void OG_ISA_FN(winograd_product)(const og__winograd *shape, og__winograd_piece piece, int element, int count, int room,
                                 const float *values, const float *packed, float *sums, og__ahead *ahead)
{
    product run = product_of(shape->rows, shape->columns);
    size_t block = (size_t)room * OG_LANES;
    values += ((size_t)element * (size_t)(shape->ic / OG_LANES) + (size_t)(piece.i / OG_LANES)) * block;
    packed += (size_t)element * og__winograd_stride(shape, piece);
    sums += (size_t)(element * shape->columns) * block;
    for (int t = 0; t < count; t += shape->rows) {
        og__ahead_step(ahead);
        run(piece.is, values + (size_t)(t * OG_LANES), block, packed, piece.i == 0, sums + (size_t)(t * OG_LANES),
            block);
    }
}

/* Floats of a channel block of an image of the result. */
OG_INLINE size_t image_block(const og__winograd *shape)
{
    return (size_t)shape->h * (size_t)shape->w * OG_LANES;
}

void OG_ISA_FN(winograd_output)(const og__winograd *shape, int block, int tile, int count, int at, int room,
                                const float *sums, const float *bias, bool accumulate, float *dst)
{
    size_t row = (size_t)room * OG_LANES, stride = row * (size_t)shape->columns;
    og__lanes add = {0};
    if (bias)
        add = og__load(bias + block * OG_LANES);
    sums += (size_t)(block % shape->columns) * row + (size_t)(at * OG_LANES);
    dst += (size_t)block * image_block(shape);
    for (int t = 0; t < count; t++)
        transform_output(shape, sums + (size_t)(t * OG_LANES), stride, place_of(shape, tile + t), add, accumulate, dst);
}

/* --- backward by weights ---------------------------------------------------------------------------------------------
 */

static __attribute__((noinline)) void correlate_1(int tiles, const float *values, const float *gradients,
                                                  size_t gradient_stride, bool first, float *sums, size_t sum_stride,
                                                  og__ahead *ahead)
{
    og__correlate(tiles, values, gradients, gradient_stride, first, sums, sum_stride, 1, ahead);
}

static __attribute__((noinline)) void correlate_2(int tiles, const float *values, const float *gradients,
                                                  size_t gradient_stride, bool first, float *sums, size_t sum_stride,
                                                  og__ahead *ahead)
{
    og__correlate(tiles, values, gradients, gradient_stride, first, sums, sum_stride, 2, ahead);
}

void OG_ISA_FN(winograd_slope)(const og__winograd *shape, const float *d_dst, int block, int tile, int count, int at,
                               int room, float *slopes)
{
    size_t row = (size_t)room * OG_LANES, stride = row * (size_t)(shape->oc / OG_LANES);
    slopes += (size_t)block * row + (size_t)(at * OG_LANES);
    d_dst += (size_t)block * image_block(shape);
    for (int t = 0; t < count; t++)
        transform_gradient(shape, d_dst, place_of(shape, tile + t), slopes + (size_t)(t * OG_LANES), stride);
}

void OG_ISA_FN(winograd_correlate)(const og__winograd *shape, og__winograd_piece piece, int element, int count,
                                   int room, bool first, const float *values, const float *slopes, float *sums,
                                   og__ahead *ahead)
{
    size_t block = (size_t)room * OG_LANES, row = (size_t)piece.os;
    values += ((size_t)element * (size_t)(shape->ic / OG_LANES) + (size_t)(piece.i / OG_LANES)) * block;
    slopes += ((size_t)element * (size_t)(shape->oc / OG_LANES) + (size_t)(piece.o / OG_LANES)) * block;
    sums += (size_t)element * og__winograd_stride(shape, piece);
    for (int o = 0; o < piece.os;) {
        int columns = piece.os - o >= 2 * OG_LANES ? 2 : 1;
        for (int i = 0; i < piece.is; i += OG_CORRELATE_ROWS)
            (columns == 2 ? correlate_2 : correlate_1)(
                count, values + (size_t)(i / OG_LANES) * block + (size_t)(i % OG_LANES),
                slopes + (size_t)(o / OG_LANES) * block, block, first, sums + (size_t)i * row + (size_t)o, row, ahead);
        o += columns * OG_LANES;
    }
}

/* G' u G: the 9 weights of OG_LANES kernels' gradients, from `parts` sums. */
OG_INLINE void transform_sums(const float *from, size_t stride, int parts, size_t part_stride, og__lanes *g)
{
    og__lanes u[AREA], half[18];
    for (int k = 0; k < AREA; k++) {
        u[k] = og__load(from + (size_t)k * stride);
        for (int p = 1; p < parts; p++)
            u[k] += og__load(from + (size_t)k * stride + (size_t)p * part_stride);
    }
#pragma GCC unroll 6
    for (int k = 0; k < PATCH; k++)
        weights_adjoint_line(u[k], u[6 + k], u[12 + k], u[18 + k], u[24 + k], u[30 + k], half + k, PATCH);
#pragma GCC unroll 3
    for (int j = 0; j < 3; j++) {
        const og__lanes *v = half + j * PATCH;
        weights_adjoint_line(v[0], v[1], v[2], v[3], v[4], v[5], g + 3 * j, 1);
    }
}

/* Kernels of OG_LANES inputs, (inputs, 9) of lanes of outputs, to each output's. */
static void store_kernels(og__lanes *g, int inputs, int outputs, size_t o_stride, size_t i_stride, float *to)
{
    if (inputs == OG_LANES && outputs == OG_LANES && i_stride == 9) {
        for (int k = 0; k < 9; k++) {
            og__transpose(g + (size_t)(k * OG_LANES));
            for (int lane = 0; lane < OG_LANES; lane++)
                memcpy(to + (size_t)lane * o_stride + (size_t)(k * OG_LANES), &g[k * OG_LANES + lane], sizeof g[0]);
        }
        return;
    }
    for (int lane = 0; lane < outputs; lane++)
        for (int k = 0; k < 9 * inputs; k++)
            to[(size_t)lane * o_stride + (size_t)(k / 9) * i_stride + (size_t)(k % 9)] = g[k][lane];
}

void OG_ISA_FN(winograd_gradient)(const og__winograd *shape, og__winograd_piece piece, int ic, int oc, size_t o_stride,
                                  size_t i_stride, int block, int parts, const float *sums, float *d_weights)
{
    size_t stride = og__winograd_stride(shape, piece), part = og__winograd_floats(shape, piece);
    int o = piece.o + block * OG_LANES, outputs = oc - o < OG_LANES ? oc - o : OG_LANES;
    og__lanes g[9 * OG_LANES];
    sums += block * OG_LANES;
    for (int i = 0; i < piece.is; i += OG_LANES) {
        int inputs = ic - piece.i - i < OG_LANES ? ic - piece.i - i : OG_LANES;
        for (int j = 0; j < inputs; j++)
            transform_sums(sums + (size_t)((i + j) * piece.os), stride, parts, part, g + (size_t)(9 * j));
        store_kernels(g, inputs, outputs, o_stride, i_stride,
                      d_weights + (size_t)o * o_stride + (size_t)(piece.i + i) * i_stride);
    }
}

/* Winograd's 3 x 3 convolution against the direct sum in double: all passes, any size and channel count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernel/ops.h"

typedef struct example {
    int n, ic, oc, h, w;
} example;

static const example examples[] = {
    {1, 16, 16, 8, 8}, {2, 16, 32, 12, 20}, {1, 3, 5, 4, 4},    {1, 40, 24, 7, 9}, {3, 32, 64, 16, 16},
    {1, 1, 1, 1, 1},   {1, 17, 33, 2, 13},  {2, 64, 48, 30, 6}, {1, 64, 64, 5, 3}, {1, 128, 32, 40, 44},
};

typedef struct tensors {
    og__winograd shape;
    int lanes;
    float *src, *d_dst, *weights, *bias;              /* plain, (n, c, h, w) and (oc, ic, 3, 3) */
    float *src_blocked, *d_dst_blocked, *bias_padded; /* blocked */
} tensors;

static float *floats(size_t count)
{
    float *made;
    assert_int_equal(og__alloc(count ? count : 1, sizeof(float), &made), OG_OK);
    return made;
}

static float *normals(size_t count, uint64_t index)
{
    float *made = floats(count);
    og__random random = og__random_at(7, OG_STREAM_TEST, index);
    for (size_t i = 0; i < count; i++)
        made[i] = og__random_normal(&random);
    return made;
}

static size_t blocked_at(const example *e, int padded, int lanes, int n, int c, int pixel)
{
    return (((size_t)n * (size_t)(padded / lanes) + (size_t)(c / lanes)) * (size_t)(e->h * e->w) + (size_t)pixel) *
               (size_t)lanes +
           (size_t)(c % lanes);
}

static float *blocked(const example *e, const float *plain, int channels, int padded, int lanes)
{
    float *made = floats((size_t)(e->n * padded * e->h * e->w));
    for (int n = 0; n < e->n; n++)
        for (int c = 0; c < channels; c++)
            for (int p = 0; p < e->h * e->w; p++)
                made[blocked_at(e, padded, lanes, n, c, p)] = plain[(n * channels + c) * e->h * e->w + p];
    return made;
}

static tensors tensors_of(const example *e, og__isa isa)
{
    tensors t = {.shape = og__winograd_of(e->n, e->ic, e->oc, e->h, e->w, isa), .lanes = og__isa_lanes(isa)};
    t.src = normals((size_t)(e->n * e->ic * e->h * e->w), 1);
    t.d_dst = normals((size_t)(e->n * e->oc * e->h * e->w), 2);
    t.weights = normals((size_t)(e->oc * e->ic * 9), 3);
    t.bias = normals((size_t)e->oc, 4);
    t.src_blocked = blocked(e, t.src, e->ic, t.shape.ic, t.lanes);
    t.d_dst_blocked = blocked(e, t.d_dst, e->oc, t.shape.oc, t.lanes);
    t.bias_padded = floats((size_t)t.shape.oc);
    memcpy(t.bias_padded, t.bias, (size_t)e->oc * sizeof(float));
    return t;
}

static void tensors_free(tensors *t)
{
    float *all[] = {t->src, t->d_dst, t->weights, t->bias, t->src_blocked, t->d_dst_blocked, t->bias_padded};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* Sum over the inputs c and the window of in[n, c, y + j - 1, x + k - 1] * w(o, c, j, k). */
static double direct(const example *e, const float *in, int channels, int n, int o, int y, int x, const float *weights,
                     size_t o_stride, size_t c_stride, bool flip)
{
    double sum = 0;
    for (int c = 0; c < channels; c++)
        for (int k = 0; k < 9; k++) {
            int v = y + k / 3 - 1, u = x + k % 3 - 1;
            if (v < 0 || v >= e->h || u < 0 || u >= e->w)
                continue;
            double weight = (double)weights[(size_t)o * o_stride + (size_t)c * c_stride + (size_t)(flip ? 8 - k : k)];
            sum += weight * (double)in[((n * channels + c) * e->h + v) * e->w + u];
        }
    return sum;
}

/* Rounding in the transforms costs some digits of the largest values, so errors are judged over a whole tensor. */
typedef struct errors {
    double worst, squares, expected_squares;
} errors;

static void add_error(errors *all, float found, double expected)
{
    double error = fabs((double)found - expected);
    assert_true(error < 1e30);
    all->worst = error > all->worst ? error : all->worst;
    all->squares += error * error;
    all->expected_squares += expected * expected;
}

static void assert_small(const errors *all, size_t count)
{
    double size = sqrt(all->expected_squares), typical = size / sqrt((double)count);
    if (!(sqrt(all->squares) <= 2e-6 * size && all->worst <= 2e-5 * typical))
        fail_msg("relative error %.3g, worst %.3g of the typical value", sqrt(all->squares) / size,
                 all->worst / typical);
}

/* A channel block of an image as the tensor has it. */
static og__winograd_rows rows_of(const example *e, const float *tensor, int image, int channels, int block, int lanes)
{
    return (og__winograd_rows){tensor + (size_t)(image * (channels / lanes) + block) * (size_t)(e->h * e->w * lanes),
                               0};
}

static void transform_source(const example *e, const og__winograd *shape, const og__ops *ops, const float *tensor,
                             int image, int tile, int count, int at, int room, float *values)
{
    for (int block = 0; block < shape->ic / shape->lanes; block++) {
        og__winograd_rows src = rows_of(e, tensor, image, shape->ic, block, shape->lanes);
        ops->winograd_input(shape, &src, block, tile, count, at, room, values);
    }
}

static void check_forward(const example *e, og__isa isa, bool back, bool accumulate)
{
    const og__ops *ops = og__ops_for(isa);
    tensors t = tensors_of(e, isa);
    int in = back ? e->oc : e->ic, out = back ? e->ic : e->oc;
    og__winograd shape = og__winograd_of(e->n, in, out, e->h, e->w, isa);
    size_t o_stride = back ? 9 : (size_t)e->ic * 9, i_stride = back ? (size_t)e->ic * 9 : 9;
    int room = shape.room, at = 1; /* tiles anywhere in the room */
    float *packed = floats(og__winograd_weights(&shape)), *values = floats(og__winograd_values(&shape, room));
    float *sums = floats(og__winograd_sums(&shape, room)), *dst = floats((size_t)(e->n * shape.oc * e->h * e->w));
    const float *plain = back ? t.d_dst : t.src;
    int groups = og__winograd_groups(&shape);
    size_t group_floats = og__winograd_floats(&shape, og__winograd_group(&shape, 0));
    for (int g = 0; g < groups; g++)
        ops->winograd_pack(&shape, og__winograd_group(&shape, g), in, out, o_stride, i_stride, back, t.weights,
                           packed + (size_t)g * group_floats);
    for (int pass = 0; pass < (accumulate ? 2 : 1); pass++)
        for (int i = 0; i < shape.bands; i++) {
            og__winograd_band band = og__winograd_band_at(&shape, i);
            for (int first = 0; first < band.count; first += shape.block - at) {
                int count = band.count - first < shape.block - at ? band.count - first : shape.block - at;
                transform_source(e, &shape, ops, back ? t.d_dst_blocked : t.src_blocked, band.image, band.tile + first,
                                 count, at, room, values);
                for (int block = 0; block < shape.oc / t.lanes; block++) {
                    int g = block / shape.columns;
                    for (int k = 0; k < OG_WINOGRAD_AREA && block % shape.columns == 0; k++)
                        ops->winograd_product(&shape, og__winograd_group(&shape, g), k, at + count, room, values,
                                              packed + (size_t)g * group_floats, sums, NULL);
                    ops->winograd_output(&shape, block, band.tile + first, count, at, room, sums,
                                         back ? NULL : t.bias_padded, pass > 0,
                                         dst + (size_t)(band.image * shape.oc * e->h * e->w));
                }
            }
        }
    errors all = {0};
    for (int n = 0; n < e->n; n++)
        for (int o = 0; o < shape.oc; o++)
            for (int p = 0; p < e->h * e->w; p++) {
                double expected = 0;
                if (o < out)
                    expected = direct(e, plain, in, n, o, p / e->w, p % e->w, t.weights, o_stride, i_stride, back) *
                                   (accumulate ? 2 : 1) +
                               (back ? 0 : (double)t.bias[o]);
                add_error(&all, dst[blocked_at(e, shape.oc, t.lanes, n, o, p)], expected);
            }
    assert_small(&all, (size_t)(e->n * out * e->h * e->w));
    free(packed);
    free(values);
    free(sums);
    free(dst);
    tensors_free(&t);
}

static void check_weights(const example *e, og__isa isa)
{
    const og__ops *ops = og__ops_for(isa);
    tensors t = tensors_of(e, isa);
    const og__winograd *shape = &t.shape;
    size_t part = og__winograd_gradient(shape);
    float *sums = floats(part * 2), *values = floats(og__winograd_values(shape, shape->w_room));
    float *slopes = floats(og__winograd_slopes(shape, shape->w_room));
    float *d_weights = floats((size_t)(e->oc * e->ic * 9));
    bool made[2] = {false, false};
    for (int i = 0; i < shape->bands; i++) {
        og__winograd_band band = og__winograd_band_at(shape, i);
        og__winograd_rows d_dst = rows_of(e, t.d_dst_blocked, band.image, shape->oc, 0, t.lanes);
        for (int first = 0; first < band.count; first += shape->w_block) {
            int count = band.count - first < shape->w_block ? band.count - first : shape->w_block, p = i % 2;
            transform_source(e, shape, ops, t.src_blocked, band.image, band.tile + first, count, 0, shape->w_room,
                             values);
            for (int block = 0; block < shape->oc / t.lanes; block++)
                ops->winograd_slope(shape, d_dst.from, block, band.tile + first, count, 0, shape->w_room, slopes);
            for (int k = 0; k < OG_WINOGRAD_AREA; k++)
                ops->winograd_correlate(shape, og__winograd_whole(shape), k, count, shape->w_room, !made[p], values,
                                        slopes, sums + p * part, NULL);
            made[p] = true;
        }
    }
    int parts = made[1] ? 2 : 1;
    for (int b = 0; b < shape->oc / t.lanes; b++)
        ops->winograd_gradient(shape, og__winograd_whole(shape), e->ic, e->oc, (size_t)e->ic * 9, 9, b, parts, sums,
                               d_weights);
    errors all = {0};
    for (int o = 0; o < e->oc; o++)
        for (int i = 0; i < e->ic; i++)
            for (int k = 0; k < 9; k++) {
                double expected = 0;
                for (int n = 0; n < e->n; n++)
                    for (int y = 0; y < e->h; y++)
                        for (int x = 0; x < e->w; x++) {
                            int v = y + k / 3 - 1, u = x + k % 3 - 1;
                            if (v >= 0 && v < e->h && u >= 0 && u < e->w)
                                expected += (double)t.src[((n * e->ic + i) * e->h + v) * e->w + u] *
                                            (double)t.d_dst[((n * e->oc + o) * e->h + y) * e->w + x];
                        }
                add_error(&all, d_weights[(o * e->ic + i) * 9 + k], expected);
            }
    assert_small(&all, (size_t)(e->oc * e->ic * 9));
    free(sums);
    free(values);
    free(slopes);
    free(d_weights);
    tensors_free(&t);
}

static void each(void (*check)(const example *, og__isa))
{
    for (og__isa isa = OG_ISA_BASELINE; isa <= og__cpu_isa(); isa++)
        for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
            check(&examples[i], isa);
}

static void forward(const example *e, og__isa isa)
{
    check_forward(e, isa, false, false);
}

static void accumulating(const example *e, og__isa isa)
{
    check_forward(e, isa, false, true);
}

static void backward_data(const example *e, og__isa isa)
{
    check_forward(e, isa, true, false);
}

static void test_forward(void **state)
{
    (void)state;
    each(forward);
}

static void test_accumulates(void **state)
{
    (void)state;
    each(accumulating);
}

static void test_backward_data(void **state)
{
    (void)state;
    each(backward_data);
}

static void test_backward_weights(void **state)
{
    (void)state;
    each(check_weights);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forward),
        cmocka_unit_test(test_accumulates),
        cmocka_unit_test(test_backward_data),
        cmocka_unit_test(test_backward_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every pass of the convolutions against a plain double-precision loop, for each shape class that the networks use:
 * planar and blocked sources, channels that do not fill a block, concatenation by accumulation, direct and Winograd. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernel/winograd.h"
#include "net/conv_kind.h"
#include "net/conv_winograd.h"
#include "tensors.h"

typedef struct sizes {
    og__conv_shape s;
    int oh, ow;
} sizes;

static sizes sizes_of(og__conv_shape s)
{
    int scale = s.transposed ? 2 : 1;
    return (sizes){s, s.h * scale, s.w * scale};
}

/* Where the plain weights hold output o, input i (of ic_all), row y, column x. */
static size_t weight_at(const og__conv_shape *s, int o, int i, int y, int x)
{
    int k = s->kernel;
    if (s->transposed)
        return (size_t)(((i * s->oc + o) * k + y) * k + x);
    if (s->depthwise)
        return (size_t)((o * k + y) * k + x);
    return (size_t)(((o * s->ic_all + i) * k + y) * k + x);
}

/* Visit every product of the convolution: dst(n,o,oy,ox) += src(n,i,iy,ix) * w(o,i,ky,kx). */
typedef void (*product)(void *context, size_t dst, size_t src, size_t weight);

static void visit_products(sizes z, product visit, void *context)
{
    const og__conv_shape *s = &z.s;
    for (int n = 0; n < s->n; n++)
        for (int o = 0; o < s->oc; o++)
            for (int i = s->depthwise ? o : 0; i < (s->depthwise ? o + 1 : s->ic); i++)
                for (int y = 0; y < s->h; y++)
                    for (int x = 0; x < s->w; x++)
                        for (int ky = 0; ky < s->kernel; ky++)
                            for (int kx = 0; kx < s->kernel; kx++) {
                                int pad = s->kernel / 2;
                                int oy = s->transposed ? 2 * y + ky : y - (ky - pad) * s->dilation;
                                int ox = s->transposed ? 2 * x + kx : x - (kx - pad) * s->dilation;
                                if (oy < 0 || ox < 0 || oy >= z.oh || ox >= z.ow)
                                    continue;
                                visit(context, (size_t)(((n * s->oc + o) * z.oh + oy) * z.ow + ox),
                                      (size_t)(((n * s->ic + i) * s->h + y) * s->w + x),
                                      weight_at(s, o, s->ic_first + i, ky, kx));
                            }
}

typedef struct reference {
    const float *src, *weights, *d_dst;
    double *dst, *d_src, *d_weights;
} reference;

static void add_product(void *context, size_t dst, size_t src, size_t weight)
{
    reference *r = context;
    r->dst[dst] += (double)r->src[src] * (double)r->weights[weight];
    r->d_src[src] += (double)r->d_dst[dst] * (double)r->weights[weight];
    r->d_weights[weight] += (double)r->d_dst[dst] * (double)r->src[src];
}

static float *dst_tensor(const sizes *z, const float *values, size_t count)
{
    const og__conv_shape *s = &z->s;
    if (s->planar_dst)
        return copy_tensor(values, count);
    return to_blocked(values, s->n, s->oc, z->oh * z->ow, og__isa_lanes(s->isa));
}

static void check_shape(og__conv_shape shape, double tolerance)
{
    sizes z = sizes_of(shape);
    const og__conv_shape *s = &z.s;
    int lanes = og__isa_lanes(s->isa);
    size_t src_count = (size_t)(s->n * s->ic * s->h * s->w), dst_count = (size_t)(s->n * s->oc * z.oh * z.ow);
    size_t weight_count = (size_t)(s->oc * (s->depthwise ? 1 : s->ic_all) * s->kernel * s->kernel);
    float *src = random_tensor(src_count, 1), *weights = random_tensor(weight_count, 2);
    float *bias = random_tensor((size_t)s->oc, 3), *d_dst = random_tensor(dst_count, 4);
    float *start = random_tensor(dst_count, 5);
    reference r = {src, weights, d_dst, zeros(dst_count), zeros(src_count), zeros(weight_count)};
    visit_products(z, add_product, &r);
    for (size_t i = 0; i < dst_count; i++)
        r.dst[i] += (s->bias ? (double)bias[i / (size_t)(z.oh * z.ow) % (size_t)s->oc] : 0) +
                    (s->accumulate ? (double)start[i] : 0);

    og__conv *conv;
    assert_int_equal(og__conv_new(s, &conv), OG_OK);
    void *scratch;
    assert_int_equal(og__alloc(og__conv_scratch_bytes(conv), 1, &scratch), OG_OK);
    assert_int_equal(og__conv_pack(conv, weights), OG_OK);
    float *src_b = s->planar ? copy_tensor(src, src_count) : to_blocked(src, s->n, s->ic, s->h * s->w, lanes);
    float *dst_b = dst_tensor(&z, start, dst_count), *d_dst_b = dst_tensor(&z, d_dst, dst_count);

    assert_int_equal(og__conv_forward(conv, src_b, s->bias ? bias : NULL, dst_b, &(og__conv_fused){0}, scratch), OG_OK);
    if (s->planar_dst)
        assert_near(dst_b, r.dst, dst_count, tolerance);
    else
        assert_blocked_near(dst_b, r.dst, s->n, s->oc, z.oh * z.ow, lanes, tolerance);
    if (s->data_grad) {
        assert_int_equal(og__conv_backward_data(conv, d_dst_b, src_b, &(og__conv_fused){0}, scratch), OG_OK);
        assert_blocked_near(src_b, r.d_src, s->n, s->ic, s->h * s->w, lanes, tolerance);
        free(src_b);
        src_b = to_blocked(src, s->n, s->ic, s->h * s->w, lanes);
    }
    float *d_weights = random_tensor(weight_count, 6), *d_bias = random_tensor((size_t)s->oc, 7);
    float *untouched = copy_tensor(d_weights, weight_count);
    assert_int_equal(og__conv_backward_weights(conv, src_b, d_dst_b, d_weights, s->bias ? d_bias : NULL,
                                               &(og__conv_fused){0}, scratch),
                     OG_OK);
    for (size_t i = 0; i < weight_count && !s->depthwise;
         i++) { /* another part of a concatenated source keeps its gradient */
        size_t k2 = (size_t)(s->kernel * s->kernel);
        int channel = (int)(s->transposed ? i / k2 / (size_t)s->oc : i / k2 % (size_t)s->ic_all);
        if (channel < s->ic_first || channel >= s->ic_first + s->ic) {
            assert_true(d_weights[i] == untouched[i]);
            d_weights[i] = 0;
        }
    }
    assert_near(d_weights, r.d_weights, weight_count, tolerance);
    if (s->bias) {
        double *d_bias_sum = zeros((size_t)s->oc);
        for (size_t i = 0; i < dst_count; i++)
            d_bias_sum[i / (size_t)(z.oh * z.ow) % (size_t)s->oc] += (double)d_dst[i];
        assert_near(d_bias, d_bias_sum, (size_t)s->oc, tolerance);
        free(d_bias_sum);
    }
    og__conv_free(conv);
    void *all[] = {src,     weights, bias,  d_dst,   start,     r.dst,  r.d_src,  r.d_weights,
                   scratch, src_b,   dst_b, d_dst_b, d_weights, d_bias, untouched};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static og__conv_shape base_shape(void)
{
    return (og__conv_shape){.n = 2,
                            .ic = 16,
                            .oc = 32,
                            .d = 1,
                            .h = 12,
                            .w = 20,
                            .kernel = 3,
                            .slice_kernel = 1,
                            .dilation = 1,
                            .ic_all = 16,
                            .training = true,
                            .data_grad = true,
                            .exact = true,
                            .threads = 2,
                            .isa = og__cpu_isa()};
}

static const double direct = 2e-6, winograd = 1e-4; /* relative L2; F(4x4) in fp32 costs about one decimal digit */

/* The engine's own kernel for planar sources: rows and pixels that fill no strip and no tile. */
static void test_stem(void **state)
{
    static const struct {
        int ic, oc, h, w;
    } examples[] = {{3, 16, 12, 20}, {1, 8, 33, 37}, {2, 40, 5, 3}, {7, 24, 16, 16}, {3, 64, 1, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        og__conv_shape s = base_shape();
        s.planar = true;
        s.data_grad = false;
        s.exact = false;
        s.ic = s.ic_all = examples[i].ic;
        s.oc = examples[i].oc;
        s.h = examples[i].h;
        s.w = examples[i].w;
        s.bias = i % 2 == 0;
        assert_true(og__conv_stem.serves(&s));
        check_shape(s, direct);
    }
}

static void test_blocked(void **state)
{
    (void)state;
    check_shape(base_shape(), direct);
}

static void test_planar_inputs(void **state)
{
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        og__conv_shape s = base_shape();
        s.ic = s.ic_all = channels;
        s.planar = true;
        s.data_grad = false;
        check_shape(s, direct);
    }
}

static void test_partial_blocks(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.ic = s.ic_all = 5;
    s.oc = 19;
    s.bias = true;
    check_shape(s, direct);
}

/* Fewer channels than a block: these run padded. */
static void test_narrow(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.ic = 3;
    s.ic_first = 2;
    s.ic_all = 6;
    s.oc = 4;
    s.bias = true;
    check_shape(s, direct);
    s.oc = 24;
    check_shape(s, direct);
    s.transposed = true;
    s.kernel = 2;
    s.ic_first = 0;
    s.ic_all = 3;
    check_shape(s, direct);
}

static void test_depthwise(void **state)
{
    static const int channels[] = {3, 16, 19, 64};
    (void)state;
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        og__conv_shape s = base_shape();
        s.ic = s.ic_all = s.oc = channels[i];
        s.depthwise = true;
        s.bias = i % 2 == 0;
        s.exact = i < 2;
        check_shape(s, direct);
    }
}

static void test_concatenation(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.ic = 24;
    s.ic_first = 16;
    s.ic_all = 40;
    s.accumulate = true;
    check_shape(s, direct);
}

/* Windows of every size and with gaps, on images smaller than them too, of few, some and many channels. */
static void test_windows(void **state)
{
    static const struct {
        int kernel, dilation, ic, oc, h, w;
    } examples[] = {{1, 1, 16, 16, 12, 20}, {5, 1, 3, 16, 12, 20},  {7, 1, 16, 24, 9, 8}, {3, 2, 16, 32, 12, 20},
                    {3, 4, 19, 5, 4, 4},    {5, 3, 32, 16, 16, 12}, {7, 2, 8, 8, 2, 2},   {3, 8, 16, 16, 2, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        og__conv_shape s = base_shape();
        s.kernel = examples[i].kernel;
        s.dilation = examples[i].dilation;
        s.ic = s.ic_all = examples[i].ic;
        s.oc = examples[i].oc;
        s.h = examples[i].h;
        s.w = examples[i].w;
        s.exact = false;
        s.bias = i % 2 == 0;
        check_shape(s, direct);
    }
}

static void test_head(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.kernel = 1;
    s.oc = 9;
    s.bias = true;
    check_shape(s, direct);
}

/* Planar logits by the engine's own kernel: one and several blocks on both sides, pixels that fill no tile. */
static void test_planar_logits(void **state)
{
    static const struct {
        int ic, oc, h, w;
    } examples[] = {{16, 2, 12, 20}, {24, 9, 40, 44}, {64, 19, 33, 35}, {5, 3, 3, 2}, {16, 33, 1, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        og__conv_shape s = base_shape();
        s.kernel = 1;
        s.planar_dst = true;
        s.ic = s.ic_all = examples[i].ic;
        s.oc = examples[i].oc;
        s.h = examples[i].h;
        s.w = examples[i].w;
        s.bias = i % 2 == 0;
        s.exact = i > 2;
        check_shape(s, direct);
    }
}

static void test_transposed(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.transposed = true;
    s.kernel = 2;
    s.ic = s.ic_all = 24;
    s.oc = 12;
    s.bias = true;
    check_shape(s, direct);
}

/* The engine's own kernel: chunks that end inside a row, one and two input blocks at a time, few and many sums. */
static void test_own_transposed(void **state)
{
    static const struct {
        int n, ic, oc, h, w;
    } examples[] = {
        {1, 1, 1, 1, 1},     {2, 24, 12, 12, 20}, {1, 16, 8, 7, 9},    {3, 48, 33, 5, 3},
        {2, 32, 16, 32, 30}, {1, 136, 64, 6, 11}, {1, 256, 128, 4, 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        og__conv_shape s = base_shape();
        s.transposed = true;
        s.kernel = 2;
        s.n = examples[i].n;
        s.ic = s.ic_all = examples[i].ic;
        s.oc = examples[i].oc;
        s.h = examples[i].h;
        s.w = examples[i].w;
        s.bias = i % 2 == 0;
        s.exact = false;
        assert_true(og__conv_up.serves(&s));
        check_shape(s, direct);
    }
}

static void test_winograd(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.ic = s.ic_all = 64;
    s.oc = 64;
    s.h = 36;
    s.w = 42;
    s.exact = false;
    assert_true(og__conv_winograd_serves(&s));
    check_shape(s, winograd);
    s.bias = true;
    check_shape(s, winograd);
    s.bias = false;
    s.ic_first = 64;
    s.ic_all = 128;
    s.accumulate = true;
    check_shape(s, winograd);
}

/* Weights too large for a cache: streamed where the batch's tiles are few, in pieces that do not fill blocks; else
 * transformed as a whole. */
static void test_winograd_streams(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.exact = false;
    s.ic = s.ic_all = 120;
    s.oc = 100;
    s.h = 10;
    s.w = 14;
    assert_true(og__winograd_of(s.n, s.ic, s.oc, s.h, s.w, s.isa).streamed);
    assert_true(og__winograd_of(s.n, s.ic, s.oc, s.h, s.w, s.isa).w_streamed);
    check_shape(s, winograd);
    s.ic_first = 120;
    s.ic_all = 240;
    s.accumulate = true;
    check_shape(s, winograd);
    s.ic_first = 0;
    s.ic = s.ic_all = s.oc = 96;
    s.n = 1;
    s.h = s.w = 84;
    s.accumulate = false;
    assert_true(og__winograd_of(s.n, s.ic, s.oc, s.h, s.w, s.isa).w_together);
    assert_false(og__winograd_of(s.n, s.ic, s.oc, s.h, s.w, s.isa).w_streamed);
    check_shape(s, winograd);
    s.ic = s.ic_all = s.oc = 64;
    s.h = s.w = 96;
    assert_int_equal(og__winograd_of(s.n, s.ic, s.oc, s.h, s.w, s.isa).w_parts, 8);
    check_shape(s, winograd);
}

/* The gradient by weights of one convolution, computed by some threads. */
static float *gradient_by_threads(og__conv_shape s, int threads)
{
    int lanes = og__isa_lanes(s.isa);
    sizes z = sizes_of(s);
    size_t weight_count = (size_t)(s.oc * s.ic * s.kernel * s.kernel);
    float *src = random_tensor((size_t)(s.n * s.ic * s.h * s.w), 1), *weights = random_tensor(weight_count, 2);
    float *d_dst = random_tensor((size_t)(s.n * s.oc * z.oh * z.ow), 4), *d_weights = random_tensor(weight_count, 5);
    float *src_b = to_blocked(src, s.n, s.ic, s.h * s.w, lanes),
          *d_dst_b = to_blocked(d_dst, s.n, s.oc, z.oh * z.ow, lanes);
    og__conv *conv;
    void *scratch;
    s.threads = threads;
    assert_int_equal(og__conv_new(&s, &conv), OG_OK);
    assert_int_equal(og__alloc(og__conv_scratch_bytes(conv), 1, &scratch), OG_OK);
    assert_int_equal(og__conv_pack(conv, weights), OG_OK);
    assert_int_equal(og__conv_backward_weights(conv, src_b, d_dst_b, d_weights, NULL, &(og__conv_fused){0}, scratch),
                     OG_OK);
    og__conv_free(conv);
    void *all[] = {src, weights, d_dst, src_b, d_dst_b, scratch};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    return d_weights;
}

/* Few channels are summed in parts, many in one sum by all threads. */
static void test_bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.h = 36;
    s.w = 42;
    s.exact = false;
    for (int i = 0; i < 4; i++) {
        int channels = i % 2 == 0 ? 16 : 144;
        s.transposed = i >= 2;
        s.kernel = s.transposed ? 2 : 3;
        s.ic = s.ic_all = s.oc = channels;
        float *one = gradient_by_threads(s, 1), *three = gradient_by_threads(s, 3);
        assert_memory_equal(one, three, sizeof(float) * (size_t)(channels * channels * s.kernel * s.kernel));
        free(one);
        free(three);
    }
}

static void test_odd_sizes(void **state)
{
    (void)state;
    og__conv_shape s = base_shape();
    s.h = 7;
    s.w = 3;
    check_shape(s, direct);
    s.ic = s.ic_all = 64;
    s.oc = 48;
    s.exact = false;
    check_shape(s, winograd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_planar_inputs),
        cmocka_unit_test(test_partial_blocks),
        cmocka_unit_test(test_narrow),
        cmocka_unit_test(test_concatenation),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_transposed),
        cmocka_unit_test(test_winograd),
        cmocka_unit_test(test_winograd_streams),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_bits_do_not_depend_on_threads),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_own_transposed),
        cmocka_unit_test(test_planar_logits),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_stem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The CPU operations of kernel/ops.def against plain loops, for every instruction set that this machine has. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "kernel/ops.h"
#include "tensors.h"

/* The sets up to the one in force. */
#define FOR_ISAS(isa) for (og__isa isa = OG_ISA_BASELINE; isa <= og__cpu_isa(); isa++)

static void test_moments(void **state)
{
    (void)state;
    FOR_ISAS(isa)
    {
        int lanes = og__isa_lanes(isa);
        for (size_t pixels = 1; pixels < 40; pixels += 6) {
            float *src = random_tensor(pixels * (size_t)lanes, pixels), *mean = floats_new(16), *m2 = floats_new(16);
            for (size_t i = 0; i < pixels * (size_t)lanes; i++)
                src[i] += 1000; /* a one-pass sum of squares would lose the variance here */
            og__ops_for(isa)->moments(pixels, src, mean, m2);
            for (int l = 0; l < lanes; l++) {
                double sum = 0, squares = 0;
                for (size_t i = 0; i < pixels; i++)
                    sum += (double)src[i * (size_t)lanes + (size_t)l];
                for (size_t i = 0; i < pixels; i++)
                    squares += pow((double)src[i * (size_t)lanes + (size_t)l] - sum / (double)pixels, 2);
                assert_float_equal(mean[l], sum / (double)pixels, 1e-3f);
                assert_true(fabs((double)m2[l] - squares) <= 1e-3 * squares + 1e-6);
            }
            free(src);
            free(mean);
            free(m2);
        }
    }
}

static void test_norm_apply_and_zero_lanes(void **state)
{
    (void)state;
    FOR_ISAS(isa)
    {
        size_t lanes = (size_t)og__isa_lanes(isa), pixels = 9;
        float *src = random_tensor(pixels * lanes, 1), *d = random_tensor(pixels * lanes, 2);
        float *k = random_tensor(3 * lanes, 3);
        double *want = zeros(pixels * lanes);
        for (size_t i = 0; i < pixels * lanes; i++)
            want[i] = (double)k[i % lanes] * (double)d[i] + (double)k[lanes + i % lanes] * (double)src[i] +
                      (double)k[2 * lanes + i % lanes];
        og__ops_for(isa)->norm_apply(pixels, src, k, k + lanes, k + 2 * lanes, d);
        assert_near(d, want, pixels * lanes, 1e-6);
        og__ops_for(isa)->zero_lanes(pixels, 3, d);
        for (size_t i = 0; i < pixels * lanes; i++)
            assert_true(i % lanes < 3 ? fabs((double)d[i] - want[i]) < 1e-5 : d[i] == 0);
        free(src);
        free(d);
        free(k);
        free(want);
    }
}

static void test_add(void **state)
{
    (void)state;
    FOR_ISAS(isa)
    {
        size_t count = 7 * (size_t)og__isa_lanes(isa);
        float *src = random_tensor(count, 1), *dst = random_tensor(count, 2), *before = copy_tensor(dst, count);
        og__ops_for(isa)->add(7, src, dst);
        for (size_t i = 0; i < count; i++)
            assert_true(dst[i] == before[i] + src[i]);
        free(src);
        free(dst);
        free(before);
    }
}

/* Channel c of (x, -x), and the sum that its adjoint makes of it, for halves that end within blocks and at their end.
 */
static void test_mirror(void **state)
{
    enum { PIXELS = 5, MOST = 48 };
    (void)state;
    FOR_ISAS(isa)
    for (int channels = 1; channels <= MOST; channels++) {
        int lanes = og__isa_lanes(isa), half = (channels + 1) / 2;
        size_t stride = (size_t)(PIXELS * lanes);
        double want[MOST * PIXELS], d_want[MOST * PIXELS];
        float *x = random_tensor((size_t)(half * PIXELS), 1), *d = random_tensor((size_t)(channels * PIXELS), 2);
        float *src = to_blocked(x, 1, half, PIXELS, lanes), *d_dst = to_blocked(d, 1, channels, PIXELS, lanes);
        float *dst = random_tensor(blocked_count(1, channels, PIXELS, lanes), 3);
        float *d_src = random_tensor(blocked_count(1, half, PIXELS, lanes), 4);
        for (int i = 0; i < channels * PIXELS; i++)
            want[i] = i < half * PIXELS ? (double)x[i] : -(double)x[i - half * PIXELS];
        for (int i = 0; i < half * PIXELS; i++)
            d_want[i] = (double)d[i] - (i + half * PIXELS < channels * PIXELS ? (double)d[i + half * PIXELS] : 0);
        for (int b = 0; b < (channels + lanes - 1) / lanes; b++)
            og__ops_for(isa)->mirror_forward(PIXELS, channels, b, stride, src, dst + (size_t)b * stride);
        for (int b = 0; b < (half + lanes - 1) / lanes; b++)
            og__ops_for(isa)->mirror_backward(PIXELS, channels, b, stride, d_dst, d_src + (size_t)b * stride);
        assert_blocked_near(dst, want, 1, channels, PIXELS, lanes, 1e-9);
        assert_blocked_near(d_src, d_want, 1, half, PIXELS, lanes, 1e-6);
        float *all[] = {x, d, src, d_dst, dst, d_src};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            free(all[i]);
    }
}

/* The numbers of the stream, wherever a chunk begins and ends. */
static void test_uniform(void **state)
{
    const uint64_t seed = 0x123456789abcdef, item = (7ull << 32) | 1000;
    const og__stream stream = og__stream_of_layer(OG_STREAM_NOISE, 5);
    (void)state;
    FOR_ISAS(isa)
    {
        int lanes = og__isa_lanes(isa);
        float *dst = floats_new((size_t)(11 * lanes));
        og__ops_for(isa)->uniform(11, 8, seed, stream, item, dst);
        for (int lane = 0; lane < lanes; lane++) {
            og__random random = og__random_at(seed, stream, item + (uint64_t)lane);
            for (int i = 0; i < 8; i++)
                og__random_uniform(&random);
            for (int i = 0; i < 11; i++)
                assert_true(dst[i * lanes + lane] == og__random_uniform(&random));
        }
        free(dst);
    }
}

/* Values 0..3 so that windows tie often: the gradient goes to the first maximum in row order, as in PyTorch. */
static void test_pool(void **state)
{
    (void)state;
    enum { H = 6, W = 10 };
    FOR_ISAS(isa)
    {
        size_t lanes = (size_t)og__isa_lanes(isa);
        float *src = random_tensor(H * W * lanes, 1), *d_dst = random_tensor(H * W / 4 * lanes, 2);
        float *dst = floats_new(H * W / 4 * lanes), *d_src = random_tensor(H * W * lanes, 3);
        double *want = zeros(H * W * lanes);
        for (size_t i = 0; i < H * W * lanes; i++) {
            src[i] = floorf(2 * src[i]);
            want[i] = (double)d_src[i];
        }
        og__ops_for(isa)->pool_forward(0, H / 2, W / 2, src, dst);
        og__ops_for(isa)->pool_backward(0, H / 2, W / 2, src, d_dst, true, d_src);
        for (size_t y = 0; y < H / 2; y++)
            for (size_t x = 0; x < W / 2; x++)
                for (size_t l = 0; l < lanes; l++) {
                    size_t best = (2 * y * W + 2 * x) * lanes + l, out = (y * (W / 2) + x) * lanes + l;
                    for (size_t i = 1; i < 4; i++) {
                        size_t at = ((2 * y + i / 2) * W + 2 * x + i % 2) * lanes + l;
                        if (src[at] > src[best])
                            best = at;
                    }
                    assert_true(dst[out] == src[best]);
                    want[best] += (double)d_dst[out];
                }
        assert_near(d_src, want, H * W * lanes, 1e-6);
        og__ops_for(isa)->pool_backward(0, H / 2, W / 2, src, d_dst, false, d_src);
        double sum = 0, all = 0;
        for (size_t i = 0; i < H * W * lanes; i++)
            sum += (double)d_src[i];
        for (size_t i = 0; i < H * W / 4 * lanes; i++)
            all += (double)d_dst[i];
        assert_true(fabs(sum - all) < 1e-4);
        free(src);
        free(dst);
        free(d_dst);
        free(d_src);
        free(want);
    }
}

/* PyTorch's upsample_bilinear2d with align_corners=False: source position (i + 1/2) / 2 - 1/2, clamped at 0. */
static double bilinear_weight(int j, int i, int count)
{
    double at = (j + 0.5) / 2 - 0.5;
    at = at < 0 ? 0 : at;
    int low = (int)at, high = low + 1 < count ? low + 1 : low;
    double part = at - low;
    return (i == low ? 1 - part : 0) + (i == high ? part : 0);
}

static void test_resize(void **state)
{
    (void)state;
    enum { H = 5, W = 3 };
    FOR_ISAS(isa)
    {
        size_t lanes = (size_t)og__isa_lanes(isa);
        float *src = random_tensor(H * W * lanes, 1), *d_dst = random_tensor(4 * H * W * lanes, 2);
        float *dst = floats_new(4 * H * W * lanes), *d_src = floats_new(H * W * lanes);
        double *want = zeros(4 * H * W * lanes), *d_want = zeros(H * W * lanes);
        for (int j = 0; j < 4 * H * W; j++)
            for (int i = 0; i < H * W; i++) {
                double weight = bilinear_weight(j / (2 * W), i / W, H) * bilinear_weight(j % (2 * W), i % W, W);
                for (size_t l = 0; l < lanes; l++) {
                    want[(size_t)j * lanes + l] += weight * (double)src[(size_t)i * lanes + l];
                    d_want[(size_t)i * lanes + l] += weight * (double)d_dst[(size_t)j * lanes + l];
                }
            }
        og__ops_for(isa)->resize_forward(0, H, H, W, src, dst);
        og__ops_for(isa)->resize_backward(0, H, H, W, d_dst, d_src);
        assert_near(dst, want, 4 * H * W * lanes, 1e-6);
        assert_near(d_src, d_want, H * W * lanes, 1e-6);
        free(src);
        free(dst);
        free(d_dst);
        free(d_src);
        free(want);
        free(d_want);
    }
}

/* Normal numbers from any position on are those of the cursor, whose logarithm and cosine are the C library's. */
static void test_normals(void **state)
{
    enum { COUNT = 5000, FIRST = 1234567 };
    (void)state;
    float *want = floats_new(COUNT), *got = floats_new(COUNT), *first = floats_new(COUNT);
    og__random random = og__random_at(0x123456789abcdefu, OG_STREAM_TEST, 0x300000007u);
    for (int i = 0; i < FIRST; i++)
        og__random_normal(&random);
    for (int i = 0; i < COUNT; i++)
        want[i] = og__random_normal(&random);
    FOR_ISAS(isa)
    {
        const og__ops *ops = og__ops_for(isa);
        ops->normals(COUNT, FIRST, 0x123456789abcdefu, OG_STREAM_TEST, 0x300000007u, 1, got);
        for (int i = 0; i < COUNT; i++)
            assert_true(fabsf(got[i] - want[i]) <= 1.2e-7f * fabsf(want[i]));
        if (isa == OG_ISA_BASELINE)
            memcpy(first, got, COUNT * sizeof(float));
        assert_memory_equal(first, got, COUNT * sizeof(float));
        ops->normals(7, FIRST + 13, 0x123456789abcdefu, OG_STREAM_TEST, 0x300000007u, 1, got);
        assert_memory_equal(first + 13, got, 7 * sizeof(float));
    }
    free(want);
    free(got);
    free(first);
}

static void test_pack(void **state)
{
    (void)state;
    FOR_ISAS(isa)
    {
        int lanes = og__isa_lanes(isa);
        float *planar = random_tensor(5 * 7, 1), *block = floats_new(7 * 16);
        og__ops_for(isa)->pack(7, 7, 5, planar, block);
        for (int p = 0; p < 7; p++)
            for (int l = 0; l < lanes; l++)
                assert_true(block[p * lanes + l] == (l < 5 ? planar[l * 7 + p] : 0));
        free(planar);
        free(block);
    }
}

/* Softmax with large logits and more classes than lanes; loss sums; the gradient against finite differences of the
 * loss in double. */
enum { CLASSES = 19, PIXELS = 70, IGNORED = 255 };
static const double weight_ce = 0.7, slope_both = -0.01, slope_predicted = 0.003;

static double loss_of(const double *logits, const uint8_t *labels)
{
    double loss = 0, labelled = 0;
    for (int p = 0; p < PIXELS; p++)
        labelled += labels[p] != IGNORED;
    for (int p = 0; p < PIXELS; p++) {
        double sum = 0;
        if (labels[p] == IGNORED)
            continue;
        for (int k = 0; k < CLASSES; k++)
            sum += exp(logits[k * PIXELS + p]);
        for (int k = 0; k < CLASSES; k++) {
            double q = exp(logits[k * PIXELS + p]) / sum;
            loss += (k == labels[p] ? slope_both * (1 + k) : 0) * q + slope_predicted * (2 + k) * q;
            if (k == labels[p])
                loss -= weight_ce / labelled * log(q);
        }
    }
    return loss;
}

static void test_loss(void **state)
{
    (void)state;
    double *logits = zeros(CLASSES * PIXELS);
    uint8_t labels[PIXELS];
    float *random = random_tensor(CLASSES * PIXELS, 9), both_slopes[CLASSES], predicted_slopes[CLASSES];
    double labelled = 0;
    for (int i = 0; i < CLASSES * PIXELS; i++)
        logits[i] = 4 * (double)random[i];
    for (int p = 0; p < PIXELS; p++) {
        labels[p] = p % 11 == 0 ? IGNORED : (uint8_t)(p * 7 % CLASSES);
        labelled += labels[p] != IGNORED;
    }
    for (int k = 0; k < CLASSES; k++) {
        both_slopes[k] = (float)(slope_both * (1 + k));
        predicted_slopes[k] = (float)(slope_predicted * (2 + k));
    }
    FOR_ISAS(isa)
    {
        size_t stride = PIXELS;
        float *block = floats_new(CLASSES * PIXELS);
        for (int i = 0; i < CLASSES * PIXELS; i++)
            block[i] = (float)logits[i];
        og__ops_for(isa)->softmax(PIXELS, CLASSES, stride, block);
        double ce = 0, both[CLASSES] = {0}, predicted[CLASSES] = {0}, truth[CLASSES] = {0}, all = 0;
        og__ops_for(isa)->cross_entropy(PIXELS, stride, block, labels, &ce);
        og__ops_for(isa)->dice_sums(PIXELS, CLASSES, stride, block, labels, both, predicted, truth);
        double seen = weight_ce * ce / labelled;
        for (int k = 0; k < CLASSES; k++) {
            seen += (double)both_slopes[k] * both[k] + (double)predicted_slopes[k] * predicted[k];
            all += truth[k];
        }
        assert_true(all == labelled);
        assert_true(fabs(seen - loss_of(logits, labels)) < 1e-5 * fabs(seen));
        og__head_slopes slopes = {(float)(weight_ce / labelled), both_slopes, predicted_slopes, NULL, NULL};
        og__ops_for(isa)->softmax_gradient(PIXELS, CLASSES, stride, labels, &slopes, block);
        double *want = zeros(CLASSES * PIXELS);
        for (int i = 0; i < CLASSES * PIXELS; i++) {
            double keep = logits[i], step = 1e-5;
            logits[i] = keep + step;
            want[i] = loss_of(logits, labels) / (2 * step);
            logits[i] = keep - step;
            want[i] -= loss_of(logits, labels) / (2 * step);
            logits[i] = keep;
        }
        assert_near(block, want, CLASSES * PIXELS, 1e-4);
        free(block);
        free(want);
    }
    free(random);
    free(logits);
}

static void test_softmax_extremes(void **state)
{
    (void)state;
    FOR_ISAS(isa)
    {
        float planar[] = {1e30f, -1e30f, 0, -1e30f, 1e30f, 0}; /* 2 classes, 3 pixels */
        og__ops_for(isa)->softmax(3, 2, 3, planar);
        for (int i = 0; i < 6; i++)
            assert_true(planar[i] == ((const float[]){1, 0, 0.5f, 0, 1, 0.5f})[i]);
    }
}

/* Means, repeated values, four channels as 2 x 2 pixels: against their definitions, and each backward as the adjoint.
 */
static void test_means_and_enlargements(void **state)
{
    enum { H = 3, W = 5, FINE = 4 * H * W, COARSE = H * W, CHANNELS = 11 };
    (void)state;
    FOR_ISAS(isa)
    {
        const og__ops *ops = og__ops_for(isa);
        int lanes = og__isa_lanes(isa);
        size_t fine = FINE * (size_t)lanes, coarse = COARSE * (size_t)lanes;
        float *a = random_tensor(fine, 1), *b = random_tensor(coarse, 2), *up = floats_new(fine),
              *down = floats_new(coarse);
        float *back = copy_tensor(a, fine), *sums = floats_new(coarse);
        ops->average_forward(0, H, W, a, down);
        ops->average_backward(0, H, W, b, true, back);
        ops->nearest_forward(0, H, H, W, b, up);
        ops->nearest_backward(0, H, H, W, a, sums);
        for (int y = 0; y < 2 * H; y++)
            for (int x = 0; x < 2 * W; x++)
                for (int l = 0; l < lanes; l++) {
                    size_t at = (size_t)((y * 2 * W + x) * lanes + l), of = (size_t)((y / 2 * W + x / 2) * lanes + l);
                    assert_true(up[at] == b[of]);
                    assert_true(fabsf(back[at] - (a[at] + b[of] / 4)) < 1e-6f);
                    down[of] -= a[at] / 4;
                    sums[of] -= a[at];
                }
        for (size_t i = 0; i < coarse; i++)
            assert_true(fabsf(down[i]) < 1e-6f && fabsf(sums[i]) < 1e-5f);
        float *all[] = {a, b, up, down, back, sums};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            free(all[i]);

        float *x = random_tensor(4 * CHANNELS * COARSE, 3), *src = to_blocked(x, 1, 4 * CHANNELS, COARSE, lanes);
        float *dst = random_tensor(blocked_count(1, CHANNELS, FINE, lanes), 4);
        float *again = random_tensor(blocked_count(1, 4 * CHANNELS, COARSE, lanes), 5);
        for (int i = 0; i < (CHANNELS + lanes - 1) / lanes; i++)
            ops->shuffle_forward(0, H, W, CHANNELS, i, coarse, src, dst + (size_t)i * fine);
        double want[CHANNELS * FINE];
        for (int c = 0; c < CHANNELS; c++)
            for (int i = 0; i < FINE; i++) {
                int row = i / (2 * W), column = i % (2 * W), from = 4 * c + 2 * (row % 2) + column % 2;
                want[c * FINE + i] = (double)x[from * COARSE + row / 2 * W + column / 2];
            }
        assert_blocked_near(dst, want, 1, CHANNELS, FINE, lanes, 1e-9);
        for (int i = 0; i < (4 * CHANNELS + lanes - 1) / lanes; i++)
            ops->shuffle_backward(0, H, W, CHANNELS, i, fine, dst, again + (size_t)i * coarse);
        assert_memory_equal(again, src, blocked_count(1, 4 * CHANNELS, COARSE, lanes) * sizeof(float));
        free(x);
        free(src);
        free(dst);
        free(again);
    }
}

/* Every channel times one number per pixel, and times one per channel. */
static void test_factors(void **state)
{
    enum { COUNT = 7, BLOCKS = 2 };
    (void)state;
    FOR_ISAS(isa)
    {
        const og__ops *ops = og__ops_for(isa);
        size_t lanes = (size_t)og__isa_lanes(isa), block = COUNT * lanes;
        float *src = random_tensor(BLOCKS * block, 1), *d = random_tensor(BLOCKS * block, 2),
              *by = random_tensor(block, 3);
        float *dst = floats_new(BLOCKS * block), *d_src = floats_new(BLOCKS * block), *d_by = random_tensor(block, 4);
        ops->gate_forward(COUNT, BLOCKS, block, src, by, dst);
        ops->gate_backward(COUNT, BLOCKS, block, src, by, d, d_src, d_by);
        for (size_t i = 0; i < COUNT; i++) {
            double sum = 0;
            for (size_t k = 0; k < BLOCKS * lanes; k++) {
                size_t at = k / lanes * block + i * lanes + k % lanes;
                assert_true(dst[at] == src[at] * by[i * lanes] && d_src[at] == d[at] * by[i * lanes]);
                sum += (double)src[at] * (double)d[at];
            }
            assert_true(fabs((double)d_by[i * lanes] - sum) < 1e-5);
            for (size_t l = 1; l < lanes; l++)
                assert_true(d_by[i * lanes + l] == 0);
        }
        memcpy(dst, src, block * sizeof *dst);
        ops->scale_lanes(COUNT, by, dst);
        for (size_t i = 0; i < block; i++)
            assert_true(dst[i] == src[i] * by[i % lanes]);
        float *all[] = {src, d, by, dst, d_src, d_by};
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            free(all[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means_and_enlargements),
        cmocka_unit_test(test_factors),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_norm_apply_and_zero_lanes),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_resize),
        cmocka_unit_test(test_pack),
        cmocka_unit_test(test_normals),
        cmocka_unit_test(test_loss),
        cmocka_unit_test(test_softmax_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

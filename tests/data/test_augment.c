#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/net.h>

#include "data/augment.h"

enum { H = 9, W = 11, ITEMS = 64 };

static float image[2 * H * W]; /* channel 0: x + 100 y; channel 1: the same, negative */
static uint8_t labels[H * W];
static const og_sample sample = {"test", 2, H, W, image, labels};
static const og__window whole = {0, 0, H, W};

static int fill_sample(void **state)
{
    (void)state;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            image[y * W + x] = (float)(x + 100 * y);
            image[H * W + y * W + x] = -(float)(x + 100 * y);
            labels[y * W + x] = (uint8_t)((x + y) % 3);
        }
    return 0;
}

static void test_nothing(void **state)
{
    (void)state;
    float out[2 * H * W];
    uint8_t out_labels[H * W];
    const og_augment_options none = {0};
    og__augment(&none, &sample, whole, 1, 2, out, out_labels);
    assert_memory_equal(out, image, sizeof out);
    assert_memory_equal(out_labels, labels, sizeof out_labels);
}

/* numpy: np.pad(np.arange(3), (5, 4), 'reflect') */
static void test_padding(void **state)
{
    (void)state;
    static const float row[3] = {0, 1, 2};
    static const uint8_t row_labels[3] = {0, 1, 0};
    static const float padded[12] = {1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2};
    const og_sample thin = {"thin", 1, 1, 3, row, row_labels};
    const og_augment_options none = {0};
    float out[12];
    uint8_t out_labels[12];
    og__augment(&none, &thin, (og__window){0, -5, 1, 12}, 0, 0, out, out_labels);
    for (int i = 0; i < 12; i++) {
        assert_true(out[i] == padded[i]);
        assert_int_equal(out_labels[i], i >= 5 && i < 8 ? row_labels[i - 5] : OG_LABEL_IGNORE);
    }
}

static void test_flips(void **state)
{
    (void)state;
    int seen[2][2] = {{0}};
    const og_augment_options options = {.flip_x = true, .flip_y = true};
    for (uint64_t item = 0; item < ITEMS; item++) {
        float out[2 * H * W];
        uint8_t out_labels[H * W];
        og__augment(&options, &sample, whole, 7, item, out, out_labels);
        bool fx = out[0] != out[1] - 1, fy = out[0] > out[W];
        seen[fy][fx]++;
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                int from = (fy ? H - 1 - y : y) * W + (fx ? W - 1 - x : x);
                assert_true(out[y * W + x] == image[from]);
                assert_true(out[H * W + y * W + x] == image[H * W + from]);
                assert_int_equal(out_labels[y * W + x], labels[from]);
            }
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(seen[i / 2][i % 2], 6, 28); /* of 64, 16 expected; beyond 3 standard deviations otherwise */
}

/* Image and labels move together: with the label as image, both agree wherever the image is not on a border. */
static void test_rotation_and_zoom(void **state)
{
    (void)state;
    enum { N = 64 };
    static float picture[N * N], out[N * N];
    static uint8_t mask[N * N], out_mask[N * N];
    for (int i = 0; i < N * N; i++) {
        mask[i] = (uint8_t)(i % N >= N / 3 && i / N >= N / 2);
        picture[i] = (float)mask[i];
    }
    const og_sample square = {"square", 1, N, N, picture, mask};
    const og_augment_options options = {.rotate = 180, .zoom = 0.3};
    const og__window window = {0, 0, N, N};
    int outside = 0, moved = 0;
    for (uint64_t item = 0; item < ITEMS; item++) {
        og__augment(&options, &square, window, 3, item, out, out_mask);
        for (int i = 0; i < N * N; i++) {
            outside += out_mask[i] == OG_LABEL_IGNORE;
            moved += out_mask[i] != mask[i];
            assert_true(out[i] >= 0 && out[i] <= 1);
            if (out_mask[i] != OG_LABEL_IGNORE && (out[i] == 0 || out[i] == 1))
                assert_int_equal(out_mask[i], (int)out[i]);
        }
    }
    assert_true(outside > 0 && outside < ITEMS * N * N / 4);
    assert_true(moved > ITEMS * N * N / 10);
}

/* A ramp stays a ramp: bilinear interpolation is exact on linear pictures, wherever no edge is mirrored. */
static void test_interpolation(void **state)
{
    (void)state;
    float out[2 * 3 * 3];
    uint8_t out_labels[9];
    const og_augment_options options = {.rotate = 180};
    for (uint64_t item = 0; item < ITEMS; item++) {
        og__augment(&options, &sample, (og__window){3, 4, 3, 3}, 5, item, out, out_labels);
        assert_true(fabsf(out[4] - 405) < 1e-3f); /* the center does not move: y = 4, x = 5 */
        float right = out[5] - out[4], down = out[7] - out[4];
        assert_true(fabsf(out[8] - out[4] - right - down) < 1e-3f);
        assert_true(fabsf(right * right + down * down - (1 + 10000)) < 1); /* a rotation keeps the gradient's length */
    }
}

static void statistics(size_t count, const float *values, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i];
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)values[i] - *mean) * ((double)values[i] - *mean);
    *sd = sqrt(squares / (double)count);
}

static void test_values(void **state)
{
    (void)state;
    double mean, sd, out_mean, out_sd, lowest[3] = {9, 9, 9}, highest[3] = {0};
    float out[2 * H * W];
    uint8_t out_labels[H * W];
    statistics(H * W, image, &mean, &sd);
    for (uint64_t item = 0; item < ITEMS; item++) {
        const og_augment_options brightness = {.brightness = 0.3}, contrast = {.contrast = 0.3}, gamma = {.gamma = 0.5};
        og__augment(&brightness, &sample, whole, 1, item, out, out_labels);
        double factor = (double)out[20] / (double)image[20];
        for (int i = 0; i < 2 * H * W; i++)
            assert_true(fabs((double)out[i] - factor * (double)image[i]) < 1e-3);
        lowest[0] = fmin(lowest[0], factor), highest[0] = fmax(highest[0], factor);

        og__augment(&contrast, &sample, whole, 1, item, out, out_labels);
        statistics(H * W, out, &out_mean, &out_sd);
        assert_true(fabs(out_mean - mean) < 1e-2);
        lowest[1] = fmin(lowest[1], out_sd / sd), highest[1] = fmax(highest[1], out_sd / sd);

        og__augment(&gamma, &sample, whole, 1, item, out, out_labels);
        assert_true(fabsf(out[0] - image[0]) < 1e-3f && fabsf(out[H * W - 1] - image[H * W - 1]) < 1e-2f);
        double power =
            log((double)out[50] / (double)image[H * W - 1]) / log((double)image[50] / (double)image[H * W - 1]);
        lowest[2] = fmin(lowest[2], power), highest[2] = fmax(highest[2], power);
        assert_memory_equal(out_labels, labels, sizeof labels);
    }
    static const double least[3] = {0.7, 0.7, 1 / 1.5}, most[3] = {1.3, 1.3, 1.5};
    for (int i = 0; i < 3; i++) { /* within the bounds, and near to both in 64 draws */
        assert_true(lowest[i] >= least[i] - 1e-3 && lowest[i] < least[i] + 0.1);
        assert_true(highest[i] <= most[i] + 1e-3 && highest[i] > most[i] - 0.1);
    }
}

static void test_noise(void **state)
{
    (void)state;
    enum { N = 128 };
    static float picture[N * N], out[N * N];
    static uint8_t mask[N * N], out_mask[N * N];
    for (int i = 0; i < N * N; i++)
        picture[i] = i % 2 ? 10 : -10; /* deviation 10 */
    const og_sample plain = {"plain", 1, N, N, picture, mask};
    const og_augment_options options = {.noise = 0.5};
    double largest = 0;
    for (uint64_t item = 0; item < 16; item++) {
        double mean, sd, fourth = 0;
        og__augment(&options, &plain, (og__window){0, 0, N, N}, 1, item, out, out_mask);
        for (int i = 0; i < N * N; i++)
            out[i] -= picture[i];
        statistics(N * N, out, &mean, &sd);
        for (int i = 0; i < N * N; i++)
            fourth += pow((double)out[i] / sd, 4) / (N * N);
        assert_true(sd <= 5.1 && fabs(mean) < 5 * sd / N); /* 5 standard errors */
        assert_true(fabs(fourth - 3) < 0.25);              /* kurtosis of a normal number */
        largest = fmax(largest, sd);
    }
    assert_true(largest > 4);
}

/* Turning one row off leaves the random numbers of the others alone. */
static void test_rows_are_independent(void **state)
{
    (void)state;
    float both[2 * H * W], one[2 * H * W];
    uint8_t out_labels[H * W];
    const og_augment_options flips = {.flip_x = true, .flip_y = true, .brightness = 0.2},
                             brightness = {.brightness = 0.2};
    for (uint64_t item = 0; item < ITEMS; item++) {
        og__augment(&flips, &sample, whole, 1, item, both, out_labels);
        og__augment(&brightness, &sample, whole, 1, item, one, out_labels);
        int middle = H * W / 2; /* flips leave the center pixel in place */
        assert_true(both[middle] == one[middle]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),       cmocka_unit_test(test_padding),
        cmocka_unit_test(test_flips),         cmocka_unit_test(test_rotation_and_zoom),
        cmocka_unit_test(test_interpolation), cmocka_unit_test(test_values),
        cmocka_unit_test(test_noise),         cmocka_unit_test(test_rows_are_independent),
    };
    return cmocka_run_group_tests(tests, fill_sample, NULL);
}

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/net.h>

#include "data/patch.h"

enum { H = 9, W = 11, ITEMS = 64 };

static float image[2 * H * W]; /* channel 0: x + 100 y; channel 1: the same, negative */
static uint8_t labels[H * W];
static const og_sample sample = {"test", 2, H, W, image, labels, 1, {1, 1, 1}};
static const og__window whole = {0, 0, H, W, 0, 1};

static bool exercised[OG_AUGMENT_COUNT];

/* "rotate=180 zoom=0.3@0.5": these rows and no others. */
static og_augment_options levels(const char *text)
{
    og_augment_options options = {0};
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        char *level = strchr(word, '=');
        int row = 0;
        assert_non_null(level);
        *level++ = '\0';
        while (row < OG_AUGMENT_COUNT && strcmp(og__augment_entries[row].name, word) != 0)
            row++;
        assert_in_range(row, 0, OG_AUGMENT_COUNT - 1);
        if (og__level_parse((og__augment_row)row, level, &options.rows[row]) != OG_OK)
            fail_msg("%s", og_error_text());
        exercised[row] = true;
    }
    return options;
}

static void augment(const og_augment_options *options, const og_sample *src, og__window window, uint64_t seed,
                    uint64_t item, float *out, uint8_t *out_labels)
{
    static float scratch[128 * 128];
    og__augment(options, src, window, NULL, seed, item, scratch, out, out_labels);
}

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
    augment(&none, &sample, whole, 1, 2, out, out_labels);
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
    const og_sample thin = {"thin", 1, 1, 3, row, row_labels, 1, {1, 1, 1}};
    const og_augment_options none = {0};
    float out[12];
    uint8_t out_labels[12];
    augment(&none, &thin, (og__window){0, -5, 1, 12, 0, 1}, 0, 0, out, out_labels);
    for (int i = 0; i < 12; i++) {
        assert_true(out[i] == padded[i]);
        assert_int_equal(out_labels[i], i >= 5 && i < 8 ? row_labels[i - 5] : OG_LABEL_IGNORE);
    }
}

static void test_flips(void **state)
{
    (void)state;
    int seen[2][2] = {{0}};
    const og_augment_options options = levels("flip_x=0.5 flip_y=0.5");
    for (uint64_t item = 0; item < ITEMS; item++) {
        float out[2 * H * W];
        uint8_t out_labels[H * W];
        augment(&options, &sample, whole, 7, item, out, out_labels);
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
    const og_sample square = {"square", 1, N, N, picture, mask, 1, {1, 1, 1}};
    const og_augment_options options = levels("rotate=180 zoom=0.3");
    const og__window window = {0, 0, N, N, 0, 1};
    int outside = 0, moved = 0;
    for (uint64_t item = 0; item < ITEMS; item++) {
        augment(&options, &square, window, 3, item, out, out_mask);
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
    const og_augment_options options = levels("rotate=180");
    for (uint64_t item = 0; item < ITEMS; item++) {
        augment(&options, &sample, (og__window){3, 4, 3, 3, 0, 1}, 5, item, out, out_labels);
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
        const og_augment_options brightness = levels("brightness=0.3"), contrast = levels("contrast=0.7..1"),
                                 gamma = levels("gamma=0.5");
        augment(&brightness, &sample, whole, 1, item, out, out_labels);
        double factor = (double)out[20] / (double)image[20];
        for (int i = 0; i < 2 * H * W; i++)
            assert_true(fabs((double)out[i] - factor * (double)image[i]) < 1e-3);
        lowest[0] = fmin(lowest[0], factor), highest[0] = fmax(highest[0], factor);

        augment(&contrast, &sample, whole, 1, item, out, out_labels);
        statistics(H * W, out, &out_mean, &out_sd);
        assert_true(fabs(out_mean - mean) < 1e-2);
        lowest[1] = fmin(lowest[1], out_sd / sd), highest[1] = fmax(highest[1], out_sd / sd);

        augment(&gamma, &sample, whole, 1, item, out, out_labels);
        assert_true(fabsf(out[0] - image[0]) < 1e-3f && fabsf(out[H * W - 1] - image[H * W - 1]) < 1e-2f);
        double power =
            log((double)out[50] / (double)image[H * W - 1]) / log((double)image[50] / (double)image[H * W - 1]);
        lowest[2] = fmin(lowest[2], power), highest[2] = fmax(highest[2], power);
        assert_memory_equal(out_labels, labels, sizeof labels);
    }
    static const double least[3] = {0.7, 0.7, 1 / 1.5}, most[3] = {1.3, 1, 1.5};
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
    const og_sample plain = {"plain", 1, N, N, picture, mask, 1, {1, 1, 1}};
    const og_augment_options options = levels("noise=0.5");
    double largest = 0;
    for (uint64_t item = 0; item < 16; item++) {
        double mean, sd, fourth = 0;
        augment(&options, &plain, (og__window){0, 0, N, N, 0, 1}, 1, item, out, out_mask);
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
    const og_augment_options flips = levels("flip_x=0.5 flip_y=0.5 brightness=0.2"),
                             brightness = levels("brightness=0.2");
    for (uint64_t item = 0; item < ITEMS; item++) {
        augment(&flips, &sample, whole, 1, item, both, out_labels);
        augment(&brightness, &sample, whole, 1, item, one, out_labels);
        int middle = H * W / 2; /* flips leave the center pixel in place */
        assert_true(both[middle] == one[middle]);
    }
}

/* --- against SciPy 1.10.1 and PyTorch 1.13 --- */

/* image = (np.arange(35)**2 % 23).reshape(5, 7) */
static void small_picture(float values[35])
{
    for (int i = 0; i < 35; i++)
        values[i] = (float)(i * i % 23);
}

static void assert_all_near(size_t count, const float *values, const float *expected, float tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(values[i] - expected[i]) <= tolerance))
            fail_msg("value %zu is %g, not %g", i, (double)values[i], (double)expected[i]);
}

/* scipy.ndimage.gaussian_filter(image, (0.8, 1.3), mode='mirror', truncate=4) */
static void test_blur(void **state)
{
    (void)state;
    static const float expected[35] = {6.78625f, 7.23346f, 8.03775f, 8.49627f, 8.36317f, 7.921f,   7.71518f,
                                       9.5363f,  9.54414f, 9.2567f,  8.64396f, 8.17666f, 8.09023f, 8.14597f,
                                       9.80644f, 9.30278f, 8.2128f,  7.52519f, 7.90204f, 9.02405f, 9.65208f,
                                       5.96862f, 5.73651f, 5.54918f, 6.13994f, 7.49146f, 9.01928f, 9.73193f,
                                       5.34694f, 5.44271f, 6.00453f, 7.15251f, 8.26812f, 8.97034f, 9.22962f};
    float values[35], scratch[35];
    small_picture(values);
    og__values_blur(5, 7, values, scratch, 0.8f, 1.3f);
    assert_all_near(35, values, expected, 5e-5f); /* six printed digits */
    small_picture(values);
    og__values_blur(5, 7, values, scratch, 0, 0);
    for (int i = 0; i < 35; i++)
        assert_true(values[i] == (float)(i * i % 23));
}

/* interpolate(interpolate(image, (3, 4), mode='nearest-exact'), (5, 7), mode='bilinear', align_corners=False) */
static void test_low_resolution(void **state)
{
    (void)state;
    static const float expected[35] = {
        0,  1.42857f, 3.71429f, 10,   15.7857f, 14.0714f, 13, 4.8f, 4.37143f, 3.68571f, 7,    10.4714f, 11.0429f, 11.4f,
        12, 8.78571f, 3.64286f, 2.5f, 2.5f,     6.5f,     9,  6,    4.92857f, 3.21429f, 5.5f, 7.94286f, 7.48571f, 7.2f,
        2,  2.35714f, 2.92857f, 7.5f, 11.5714f, 8.14286f, 6};
    float values[35], scratch[35];
    small_picture(values);
    og__values_lowres(1, 5, 7, values, scratch, 0.6f);
    assert_all_near(35, values, expected, 5e-5f);
}

/* points = ((np.arange(36) * 7) % 11 - 5).reshape(6, 6)
 * y = (np.arange(9) + 0.5) / 9 * 3 + 1, x = (np.arange(12) + 0.5) / 12 * 3 + 1
 * scipy.ndimage.map_coordinates(points, np.meshgrid(y, x, indexing='ij'), order=3, prefilter=False) */
static void test_bend(void **state)
{
    (void)state;
    enum { N = 40, PH = 9, PW = 12 };
    static const float expected[PH * PW] = {
        -0.267155f, -0.630952f, -0.800924f, -0.723893f, -0.352128f,  0.236721f,   0.839628f,  1.24811f,   1.26163f,
        0.861863f,  0.212774f,  -0.513764f, -0.223992f, -0.223029f,  -0.0161743f, 0.314216f,  0.68571f,   1.01416f,
        1.2137f,    1.1984f,    0.887695f,  0.324544f,  -0.324544f,  -0.887695f,  -0.249062f, 0.160027f,  0.763204f,
        1.35213f,   1.72355f,   1.7916f,    1.58778f,   1.1487f,     0.513764f,   -0.212774f, -0.861863f, -1.26163f,
        -0.478578f, 0.224887f,  1.10805f,   1.8773f,    2.24766f,    2.13341f,    1.64803f,   0.913648f,  0.0534454f,
        -0.78577f,  -1.43355f,  -1.71841f,  -0.805054f, 0.0112712f,  0.988729f,   1.80505f,   2.14805f,   1.93715f,
        1.32343f,   0.467997f,  -0.467997f, -1.32343f,  -1.93715f,   -2.14805f,   -0.877297f, -0.108052f, 0.775113f,
        1.47858f,   1.71841f,   1.43355f,   0.78577f,   -0.0534454f, -0.913648f,  -1.64803f,  -2.13341f,  -2.24766f,
        -0.352128f, 0.236721f,  0.839628f,  1.24811f,   1.26163f,    0.861863f,   0.212774f,  -0.513764f, -1.1487f,
        -1.58778f,  -1.7916f,   -1.72355f,  0.68571f,   1.01416f,    1.2137f,     1.1984f,    0.887695f,  0.324544f,
        -0.324544f, -0.887695f, -1.1984f,   -1.2137f,   -1.01416f,   -0.68571f,   1.72355f,   1.7916f,    1.58778f,
        1.1487f,    0.513764f,  -0.212774f, -0.861863f, -1.26163f,   -1.24811f,   -0.839628f, -0.236721f, 0.352128f};
    static float ramp[N * N], out[PH * PW];
    static uint8_t mask[N * N], out_mask[PH * PW];
    for (int axis = 0; axis < 2; axis++) {
        const og_sample square = {"ramp", 1, N, N, ramp, mask, 1, {1, 1, 1}};
        og__patch patch;
        og__patch_init(&patch, &square, (og__window){.y = 10, .x = 13, .h = PH, .w = PW});
        patch.bend.used = true;
        patch.images = out;
        patch.labels = out_mask;
        for (int i = 0; i < N * N; i++)
            ramp[i] = (float)(axis == 0 ? i / N : i % N);
        for (int i = 0; i < OG_BEND_POINTS * OG_BEND_POINTS; i++)
            patch.bend.points[axis + 1][0][i / OG_BEND_POINTS][i % OG_BEND_POINTS] = (float)(i * 7 % 11 - 5);
        og__patch_resample(&patch);
        for (int i = 0; i < PH * PW; i++) /* a ramp says where it was looked at */
            out[i] -= (float)(axis == 0 ? 10 + i / PW : 13 + i % PW);
        assert_all_near(PH * PW, out, expected, 2e-5f);
    }
}

/* --- the other rows --- */

/* As test_rotation_and_zoom: where the picture of the mask is whole, the mask says the same. */
static void test_elastic(void **state)
{
    (void)state;
    enum { N = 64 };
    static float picture[N * N], out[N * N];
    static uint8_t mask[N * N], out_mask[N * N];
    for (int i = 0; i < N * N; i++) {
        mask[i] = (uint8_t)((i % N / 8 + i / N / 8) % 2);
        picture[i] = (float)mask[i];
    }
    const og_sample square = {"square", 1, N, N, picture, mask, 1, {1, 1, 1}};
    const og_augment_options options = levels("elastic=8");
    int moved = 0, outside = 0;
    for (uint64_t item = 0; item < ITEMS; item++) {
        augment(&options, &square, (og__window){0, 0, N, N, 0, 1}, 3, item, out, out_mask);
        for (int i = 0; i < N * N; i++) {
            outside += out_mask[i] == OG_LABEL_IGNORE;
            moved += out_mask[i] != mask[i];
            if (out_mask[i] != OG_LABEL_IGNORE && (out[i] == 0 || out[i] == 1))
                assert_int_equal(out_mask[i], (int)out[i]);
        }
    }
    assert_true(moved > ITEMS * N * N / 10);
    assert_true(outside > 0 && outside < ITEMS * N * N / 8);
}

/* Normalised values are multiplied, each channel by its own factor: what is 0 stays, whatever that is in raw values. */
static void test_intensity(void **state)
{
    (void)state;
    const og_augment_options options = levels("intensity=0.25");
    const float zero[2] = {300, -55};
    static float scratch[H * W], out[2 * H * W];
    uint8_t out_labels[H * W];
    int equal = 0;
    for (uint64_t item = 0; item < ITEMS; item++) {
        float factor[2];
        og__augment(&options, &sample, whole, zero, 1, item, scratch, out, out_labels);
        for (int c = 0; c < 2; c++) {
            factor[c] = (out[c * H * W] - zero[c]) / (image[c * H * W] - zero[c]);
            assert_true(factor[c] >= 0.7499f && factor[c] <= 1.2501f);
            for (int i = c * H * W; i < (c + 1) * H * W; i++)
                assert_true(fabsf(out[i] - zero[c] - factor[c] * (image[i] - zero[c])) < 1e-2f);
        }
        equal += fabsf(factor[0] - factor[1]) < 1e-3f;
    }
    assert_true(equal < ITEMS / 8);
}

/* Contrast never leaves the range of the patch. */
static void test_contrast_keeps_the_range(void **state)
{
    (void)state;
    const og_augment_options options = levels("contrast=1..2");
    float out[2 * H * W];
    uint8_t out_labels[H * W];
    int changed = 0;
    for (uint64_t item = 0; item < ITEMS; item++) {
        augment(&options, &sample, whole, 1, item, out, out_labels);
        for (int i = 0; i < H * W; i++) {
            assert_true(out[i] >= image[0] && out[i] <= image[H * W - 1]);
            changed += out[i] != image[i];
        }
    }
    assert_true(changed > ITEMS * H * W / 2);
}

/* Mean and deviation stay, the order of values stays, and the middle moves: to one side for powers above 1, to the
 * other side on the inverted image. */
static void test_tone(void **state)
{
    (void)state;
    static const char *const texts[] = {"tone=1.5..1.5", "tone_inverted=1.5..1.5"};
    double mean, sd, middle[2];
    float out[2 * H * W];
    uint8_t out_labels[H * W];
    for (int t = 0; t < 2; t++) {
        const og_augment_options options = levels(texts[t]);
        augment(&options, &sample, whole, 1, 0, out, out_labels);
        for (int c = 0; c < 2; c++) {
            double out_mean, out_sd;
            statistics(H * W, image + c * H * W, &mean, &sd);
            statistics(H * W, out + c * H * W, &out_mean, &out_sd);
            assert_true(fabs(out_mean - mean) < 1e-3 * sd && fabs(out_sd - sd) < 1e-3 * sd);
        }
        for (int i = 1; i < H * W; i++)
            assert_true((out[i] > out[i - 1]) == (image[i] > image[i - 1]));
        middle[t] = (double)(out[H * W / 2] - image[H * W / 2]);
    }
    assert_true(middle[0] < -1 && fabs(middle[0] + middle[1]) < 1e-2); /* the picture's values are symmetric */
}

/* Turning by 120 degrees swaps the channels round; greys stay; the mean of the three channels stays. */
static void test_colours(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    const float pixels[3 * COUNT] = {200, 10, 77, 0, 30, 20, 77, 90, 5, 240, 77, 40}; /* the third is grey */
    float turned[3 * COUNT], faded[3 * COUNT];
    memcpy(turned, pixels, sizeof turned);
    og__colours_turn(COUNT, turned, 120);
    for (int i = 0; i < COUNT; i++)
        for (int c = 0; c < 3; c++)
            assert_true(fabsf(turned[(c + 1) % 3 * COUNT + i] - pixels[c * COUNT + i]) < 1e-3f);
    memcpy(faded, pixels, sizeof faded);
    og__colours_strengthen(COUNT, faded, 0);
    assert_true(fabsf(faded[0] - (0.299f * 200 + 0.587f * 30 + 0.114f * 5)) < 1e-3f); /* ITU-R BT.601 */
    assert_true(faded[0] == faded[COUNT] && faded[0] == faded[2 * COUNT]);

    const uint8_t none[COUNT] = {0};
    uint8_t out_labels[COUNT];
    const og_sample rgb = {"rgb", 3, 2, 2, pixels, none, 1, {1, 1, 1}},
                    grey = {"grey", 1, 2, 2, pixels, none, 1, {1, 1, 1}};
    const og_augment_options both = levels("hue=30..90 saturation=0.5");
    float out[3 * COUNT];
    augment(&both, &rgb, (og__window){0, 0, 2, 2, 0, 1}, 1, 0, out, out_labels);
    assert_true(fabsf(out[0] - pixels[0]) > 10);
    for (int c = 0; c < 3; c++)
        assert_true(fabsf(out[c * COUNT + 2] - 77) < 1e-3f);
    augment(&both, &grey, (og__window){0, 0, 2, 2, 0, 1}, 1, 0, out, out_labels);
    assert_memory_equal(out, pixels, COUNT * sizeof *out);
}

/* One rectangle, behind which every channel is its mean; labels stay. */
static void test_cutout(void **state)
{
    (void)state;
    const og_augment_options options = levels("cutout=0.5");
    float out[2 * H * W];
    uint8_t out_labels[H * W];
    double mean, sd;
    int largest = 0;
    statistics(H * W, image, &mean, &sd);
    for (uint64_t item = 0; item < ITEMS; item++) {
        int top = H, left = W, bottom = -1, right = -1, hidden = 0;
        augment(&options, &sample, whole, 1, item, out, out_labels);
        assert_memory_equal(out_labels, labels, sizeof labels);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                if (out[y * W + x] == image[y * W + x])
                    continue;
                assert_true(fabs((double)out[y * W + x] - mean) < 1e-3 &&
                            fabs((double)out[H * W + y * W + x] + mean) < 1e-3);
                top = y < top ? y : top, bottom = y > bottom ? y : bottom;
                left = x < left ? x : left, right = x > right ? x : right;
                hidden++;
            }
        int area = bottom < 0 ? 0 : (bottom - top + 1) * (right - left + 1);
        assert_in_range(area - hidden, 0, 1); /* the middle pixel is the mean itself */
        largest = area > largest ? area : largest;
    }
    assert_in_range(largest, 15, 5 * 6);
}

/* Blur and low resolution reach about half of the channels, through the row as through the function. */
static void test_half_of_the_channels(void **state)
{
    (void)state;
    static const char *const texts[] = {"blur=1..2", "lowres=0.5..0.6"};
    for (int t = 0; t < 2; t++) {
        const og_augment_options options = levels(texts[t]);
        int changed = 0;
        for (uint64_t item = 0; item < ITEMS; item++) {
            float out[2 * H * W];
            uint8_t out_labels[H * W];
            augment(&options, &sample, whole, 1, item, out, out_labels);
            for (int c = 0; c < 2; c++)
                changed += memcmp(out + c * H * W, image + c * H * W, H * W * sizeof *out) != 0;
            assert_memory_equal(out_labels, labels, sizeof labels);
        }
        assert_in_range(changed, 47, 81); /* 64 of 128 expected, beyond 3 standard deviations otherwise */
    }
}

/* --- levels and sets --- */

static void test_probability(void **state)
{
    (void)state;
    const og_augment_options options = levels("brightness=0.5@0.25");
    int changed = 0;
    for (uint64_t item = 0; item < 400; item++) {
        float out[2 * H * W];
        uint8_t out_labels[H * W];
        augment(&options, &sample, whole, 1, item, out, out_labels);
        changed += out[50] != image[50];
    }
    assert_in_range(changed, 74, 126); /* 100 expected */
}

static void test_levels(void **state)
{
    (void)state;
    static const struct {
        og__augment_row row;
        const char *text;
        og__level level;
    } good[] = {
        {OG_AUGMENT_rotate, "15", {-15, 15, 1}},
        {OG_AUGMENT_rotate, "-5..30@0.5", {-5, 30, 0.5}},
        {OG_AUGMENT_zoom, "1", {0.5, 2, 1}},
        {OG_AUGMENT_zoom, "0.7..1.4@0.2", {0.7, 1.4, 0.2}},
        {OG_AUGMENT_contrast, "0.25@0.15", {0.75, 1.25, 0.15}},
        {OG_AUGMENT_lowres, "0.5", {0.5, 1, 1}},
        {OG_AUGMENT_noise, "on", {0, 0.05, 1}},
        {OG_AUGMENT_noise, "0", {0, 0, 0}},
        {OG_AUGMENT_noise, "off", {0, 0, 0}},
        {OG_AUGMENT_flip_x, "false", {0, 0, 0}},
        {OG_AUGMENT_flip_x, "true", {0, 0, 0.5}},
    };
    static const struct {
        og__augment_row row;
        const char *text;
    } bad[] = {
        {OG_AUGMENT_rotate, "200"},   {OG_AUGMENT_rotate, "-1"},       {OG_AUGMENT_rotate, "10..5"},
        {OG_AUGMENT_rotate, "x"},     {OG_AUGMENT_rotate, "5@2"},      {OG_AUGMENT_rotate, "5@"},
        {OG_AUGMENT_zoom, "0..2"},    {OG_AUGMENT_flip_x, "0.5@0.5"},  {OG_AUGMENT_noise, "nan"},
        {OG_AUGMENT_lowres, "0.001"}, {OG_AUGMENT_contrast, "0.5..3"}, {OG_AUGMENT_tone_inverted, ""},
    };
    og__level level;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(og__level_parse(good[i].row, good[i].text, &level), OG_OK);
        assert_true(fabs(level.low - good[i].level.low) < 1e-12 && fabs(level.high - good[i].level.high) < 1e-12 &&
                    level.share == good[i].level.share);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (og__level_parse(bad[i].row, bad[i].text, &level) != OG_ERR_ARGUMENT)
            fail_msg("'%s' is accepted", bad[i].text);
    assert_non_null(strstr(og_error_text(), "tone-inverted"));
}

/* Slices are turned round, moved alike, and mirrored beyond the ends, where nothing is labelled. */
static void test_volumes(void **state)
{
    (void)state;
    enum { D = 4, SIDE = 3, PLANE = SIDE * SIDE };
    float volume[2 * D * PLANE], out[2 * (D + 2) * PLANE], scratch[PLANE], angle[D * PLANE];
    uint8_t classes[D * PLANE], out_classes[(D + 2) * PLANE];
    for (int i = 0; i < 2 * D * PLANE; i++)
        volume[i] = (float)i;
    for (int i = 0; i < D * PLANE; i++)
        classes[i] = (uint8_t)(i / PLANE);
    const og_sample sample_of = {"volume", 2, SIDE, SIDE, volume, classes, D, {1, 1, 1}};
    const og_augment_options none = {.rows = {{0}}}, turn = levels("flip_z=1"), rotated = levels("rotate=90..90");
    const og__window more = {0, 0, SIDE, SIDE, -1, D + 2}, own = {0, 0, SIDE, SIDE, 0, D};
    og__augment(&none, &sample_of, more, NULL, 0, 0, scratch, out, out_classes);
    const int shown[D + 2] = {1, 0, 1, 2, 3, 2};
    for (int z = 0; z < D + 2; z++) {
        assert_true(out[z * PLANE + 4] == volume[shown[z] * PLANE + 4]);
        assert_true(out[((D + 2) + z) * PLANE + 4] == volume[(D + shown[z]) * PLANE + 4]);
        assert_int_equal(out_classes[z * PLANE], z == 0 || z == D + 1 ? OG_LABEL_IGNORE : shown[z]);
    }
    og__augment(&turn, &sample_of, own, NULL, 0, 0, scratch, out, out_classes);
    for (int z = 0; z < D; z++) {
        assert_memory_equal(out + z * PLANE, volume + (D - 1 - z) * PLANE, PLANE * sizeof *out);
        assert_int_equal(out_classes[z * PLANE], D - 1 - z);
    }
    og__augment(&rotated, &sample_of, own, NULL, 0, 0, scratch, out, out_classes);
    memcpy(angle, out, sizeof angle);
    for (int z = 1; z < D; z++) /* each slice is the first one and a constant */
        for (int p = 0; p < PLANE; p++)
            assert_true(fabsf(angle[z * PLANE + p] - angle[p] - (float)(z * PLANE)) < 1e-3f);
    exercised[OG_AUGMENT_flip_z] = true;
}

/* --- volumes that are moved in space --- */

enum { V = 13, CUBE = V * V * V };
static float ramp[3 * CUBE]; /* channels z, y, x: a picture of it says where it was looked at */
static uint8_t ball[CUBE];   /* about the middle voxel */

static og_sample cube_of(double slice_spacing)
{
    for (int i = 0; i < CUBE; i++) {
        int z = i / V / V, y = i / V % V, x = i % V, m = V / 2;
        ramp[i] = (float)z;
        ramp[CUBE + i] = (float)y;
        ramp[2 * CUBE + i] = (float)x;
        ball[i] = (z - m) * (z - m) + (y - m) * (y - m) + (x - m) * (x - m) <= 16;
    }
    return (og_sample){"cube", 3, V, V, ramp, ball, V, {1, 1, slice_spacing}};
}

/* The patch of `d` x 5 x 5 in the middle. */
static void augment_middle(const char *text, double slice_spacing, int d, uint64_t item, float *out,
                           uint8_t *out_labels)
{
    static float scratch[CUBE];
    const og_sample cube = cube_of(slice_spacing);
    const og_augment_options options = levels(text);
    og__augment(&options, &cube, (og__window){4, 4, 5, 5, (V - d) / 2, d}, NULL, 3, item, scratch, out, out_labels);
}

/* Distances in millimetres stay, the middle stays, and slices are left; where these lie too far apart, they are not. */
static void test_tilt(void **state)
{
    (void)state;
    enum { D = 3, VOXELS = D * 25, MIDDLE = VOXELS / 2 };
    float out[3 * VOXELS], steepest = 0;
    uint8_t out_labels[VOXELS];
    static const double spacings[] = {1, 2};
    for (int s = 0; s < 2; s++)
        for (uint64_t item = 0; item < ITEMS; item++) {
            float mm = (float)spacings[s];
            augment_middle("tilt=40", spacings[s], D, item, out, out_labels);
            for (int c = 0; c < 3; c++)
                assert_true(fabsf(out[c * VOXELS + MIDDLE] - 6) < 1e-4f);
            const int next[3] = {25, 5, 1};
            for (int a = 0; a < 3; a++) { /* a step along an axis of the patch is as long in the volume */
                float length = 0;
                for (int c = 0; c < 3; c++) {
                    const float *at = out + c * VOXELS + MIDDLE;
                    float step = (at[next[a]] - at[0]) * (c == 0 ? mm : 1);
                    length += step * step;
                }
                assert_true(fabsf(sqrtf(length) - (a == 0 ? mm : 1)) < 1e-3f);
            }
            steepest = fmaxf(steepest, fabsf(out[MIDDLE + 1] - out[MIDDLE]) * mm);
        }
    assert_true(steepest > 0.5f && steepest < 0.65f); /* sin 40 degrees: 0.643 */
    augment_middle("tilt=40", 3.5, D, 1, out, out_labels);
    for (int i = 0; i < VOXELS; i++)
        assert_true(out[i] == (float)(5 + i / 25));
}

/* Zoom takes the same part of all axes; slices far apart keep their number. */
static void test_zoom_in_space(void **state)
{
    (void)state;
    enum { D = 5, VOXELS = D * 25, MIDDLE = VOXELS / 2 };
    float out[3 * VOXELS];
    uint8_t out_labels[VOXELS];
    for (uint64_t item = 0; item < ITEMS; item++) {
        augment_middle("zoom=0.5", 1, D, item, out, out_labels);
        float step[3] = {out[MIDDLE + 25] - out[MIDDLE], out[VOXELS + MIDDLE + 5] - out[VOXELS + MIDDLE],
                         out[2 * VOXELS + MIDDLE + 1] - out[2 * VOXELS + MIDDLE]};
        assert_true(step[0] > 0.66f && step[0] < 1.51f && fabsf(step[0] - step[1]) < 1e-4f &&
                    fabsf(step[0] - step[2]) < 1e-4f);
    }
    augment_middle("zoom=0.5", 4, D, 1, out, out_labels);
    assert_true(out[MIDDLE + 25] - out[MIDDLE] == 1);
}

/* Image and labels move together: the ball is where the ramps say that its middle is near. */
static void test_labels_in_space(void **state)
{
    (void)state;
    enum { D = 9, VOXELS = D * 25 };
    float out[3 * VOXELS];
    uint8_t out_labels[VOXELS];
    int inside = 0, across = 0;
    for (uint64_t item = 0; item < ITEMS; item++) {
        augment_middle("tilt=90 rotate=90 zoom=0.3 elastic=2 flip_z=0.5 flip_x=0.5", 1, D, item, out, out_labels);
        for (int i = 0; i < VOXELS; i++) {
            float z = out[i], y = out[VOXELS + i], x = out[2 * VOXELS + i];
            float squares = (z - 6) * (z - 6) + (y - 6) * (y - 6) + (x - 6) * (x - 6);
            if (out_labels[i] == OG_LABEL_IGNORE)
                continue;
            if (squares < 9.5f || squares > 25) /* the nearest voxel is at most 0.87 away */
                assert_int_equal(out_labels[i], squares < 16);
            inside += out_labels[i] == 1;
            across += fabsf(z - roundf(z)) > 0.1f;
        }
    }
    assert_true(inside > ITEMS * VOXELS / 4 && across > ITEMS * VOXELS / 2);
}

/* scipy.ndimage.gaussian_filter1d(values, 0.8, axis=0, mode='mirror', truncate=4), values = arange(12)**2 % 23 as (6,
 * 2)
 */
static void test_blur_across_slices(void **state)
{
    (void)state;
    static const float expected[12] = {2.53908f, 4.69856f, 6.03514f, 5.44211f, 12.2598f, 4.02853f,
                                       14.5162f, 5.02676f, 14.5231f, 8.35095f, 12.7924f, 8.60474f};
    float values[12], scratch[12];
    for (int i = 0; i < 12; i++)
        values[i] = (float)(i * i % 23);
    og__values_blur_slices(6, 2, values, scratch, 0.8f);
    assert_all_near(12, values, expected, 5e-5f);
}

/* interpolate(interpolate(values, (2, 2, 3), mode='nearest-exact'), (4, 3, 5), mode='trilinear', align_corners=False),
 * values = arange(60)**2 % 23 */
static void test_low_resolution_in_space(void **state)
{
    (void)state;
    static const float expected[60] = {
        18,     16,     13, 14.8f,  16,     11,     12.4f,   14.5f,  14.5f, 14.5f, 4,  8.8f, 16,    14.2f,  13,
        13.75f, 12.25f, 10, 12.55f, 14.25f, 9.875f, 10.625f, 11.75f, 12.5f, 13,    6,  9,    13.5f, 12.45f, 11.75f,
        5.25f,  4.75f,  4,  8.05f,  10.75f, 7.625f, 7.075f,  6.25f,  8.5f,  10,    10, 9.4f, 8.5f,  8.95f,  9.25f,
        1,      1,      1,  5.8f,   9,      6.5f,   5.3f,    3.5f,   6.5f,  8.5f,  12, 9.6f, 6,     7.2f,   8};
    float values[60], scratch[60];
    for (int i = 0; i < 60; i++)
        values[i] = (float)(i * i % 23);
    og__values_lowres(4, 3, 5, values, scratch, 0.5f);
    assert_all_near(60, values, expected, 1e-4f);
}

/* Rows that change values reach across slices, in a box or by blurring, unless these lie far apart. */
static void test_values_in_space(void **state)
{
    (void)state;
    enum { D = 9, VOXELS = D * 25 };
    float out[3 * VOXELS], plain[3 * VOXELS];
    uint8_t out_labels[VOXELS];
    augment_middle("flip_x=0", 1, D, 0, plain, out_labels);
    int fewer = 0, blurred = 0;
    for (uint64_t item = 0; item < ITEMS; item++) {
        int slices = 0;
        augment_middle("cutout=1", 1, D, item, out, out_labels);
        for (int z = 0; z < D; z++)
            slices += memcmp(out + VOXELS + z * 25, plain + VOXELS + z * 25, 25 * sizeof *out) != 0;
        fewer += slices > 0 && slices < D;
        augment_middle("blur=2..2", 1, D, item, out, out_labels);
        blurred += fabsf(out[0] - plain[0]) > 0.5f; /* the first slice's z is that of its neighbours too */
        augment_middle("blur=2..2", 4, D, item, out, out_labels);
        for (int i = 0; i < VOXELS; i++)
            assert_true(fabsf(out[i] - plain[i]) < 1e-4f);
    }
    assert_in_range(fewer, ITEMS / 2, ITEMS);
    assert_in_range(blurred, ITEMS / 4, 3 * ITEMS / 4); /* each channel as often as not */
}

/* nnU-Net's probabilities and ranges, typed off its trainer and not off the table. */
static void test_sets(void **state)
{
    (void)state;
    static const og_augment_options nnunet = {{
        .flip_x = {0, 0, 0.5},
        .flip_y = {0, 0, 0.5},
        .flip_z = {0, 0, 0.5},
        .rotate = {-180, 180, 0.2},
        .tilt = {-30, 30, 0.2},
        .zoom = {0.7, 1.4, 0.2},
        .noise = {0, 0.1, 0.1},
        .blur = {0.5, 1, 0.2},
        .intensity = {0.75, 1.25, 0.15},
        .contrast = {0.75, 1.25, 0.15},
        .lowres = {0.5, 1, 0.25},
        .tone_inverted = {0.7, 1.5, 0.1},
        .tone = {0.7, 1.5, 0.3},
    }};
    const char *texts[OG_AUGMENT_COUNT];
    og_augment_options none, light, whole_set;
    for (int row = 0; row < OG_AUGMENT_COUNT; row++)
        texts[row] = "";
    assert_int_equal(og__augment_parse(OG_AUGMENT_SET_NONE, 2, texts, &none), OG_OK);
    assert_int_equal(og__augment_parse(OG_AUGMENT_SET_LIGHT, 2, texts, &light), OG_OK);
    assert_int_equal(og__augment_parse(OG_AUGMENT_SET_NNUNET, 2, texts, &whole_set), OG_OK);
    for (int row = 0; row < OG_AUGMENT_COUNT; row++) {
        og__level usual;
        assert_true(none.rows[row].share == 0);
        assert_true(whole_set.rows[row].share == nnunet.rows[row].share);
        assert_true(whole_set.rows[row].low == nnunet.rows[row].low &&
                    whole_set.rows[row].high == nnunet.rows[row].high);
        assert_int_equal(og__level_parse((og__augment_row)row, og__augment_entries[row].usual, &usual), OG_OK);
        assert_true(usual.share > 0);
    }
    assert_int_equal(og__augment_parse(OG_AUGMENT_SET_NNUNET, 3, texts, &whole_set), OG_OK);
    for (int row = 0; row < OG_AUGMENT_COUNT; row++) /* of volumes: 30 degrees about every axis */
        assert_true(whole_set.rows[row].share == nnunet.rows[row].share &&
                    whole_set.rows[row].high == (row == OG_AUGMENT_rotate ? 30 : nnunet.rows[row].high));
    texts[OG_AUGMENT_noise] = "0.5@0.5";
    texts[OG_AUGMENT_rotate] = "off";
    assert_int_equal(og__augment_parse(OG_AUGMENT_SET_LIGHT, 2, texts, &whole_set), OG_OK);
    assert_true(whole_set.noise.high == 0.5 && whole_set.noise.share == 0.5 && whole_set.rotate.share == 0);
    assert_true(whole_set.zoom.high == light.zoom.high && light.flip_x.share == 0.5 && light.rotate.share == 1);
}

static void test_every_row_was_exercised(void **state)
{
    (void)state;
    for (int row = 0; row < OG_AUGMENT_COUNT; row++)
        if (!exercised[row])
            fail_msg("augmentation '%s' is not exercised by this test", og__augment_entries[row].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_padding),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_rotation_and_zoom),
        cmocka_unit_test(test_interpolation),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_rows_are_independent),
        cmocka_unit_test(test_blur),
        cmocka_unit_test(test_low_resolution),
        cmocka_unit_test(test_bend),
        cmocka_unit_test(test_elastic),
        cmocka_unit_test(test_intensity),
        cmocka_unit_test(test_contrast_keeps_the_range),
        cmocka_unit_test(test_tone),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_cutout),
        cmocka_unit_test(test_half_of_the_channels),
        cmocka_unit_test(test_probability),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_tilt),
        cmocka_unit_test(test_zoom_in_space),
        cmocka_unit_test(test_labels_in_space),
        cmocka_unit_test(test_blur_across_slices),
        cmocka_unit_test(test_low_resolution_in_space),
        cmocka_unit_test(test_values_in_space),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_every_row_was_exercised),
    };
    return cmocka_run_group_tests(tests, fill_sample, NULL);
}

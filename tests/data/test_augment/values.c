/* Augmentation that changes values, and where pixels are known from SciPy 1.10.1 and PyTorch 1.13. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/test_augment/shared.h"

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

const struct CMUnitTest value_tests[VALUE_TESTS] = {
    cmocka_unit_test(test_values),
    cmocka_unit_test(test_noise),
    cmocka_unit_test(test_blur),
    cmocka_unit_test(test_low_resolution),
    cmocka_unit_test(test_intensity),
    cmocka_unit_test(test_contrast_keeps_the_range),
    cmocka_unit_test(test_tone),
    cmocka_unit_test(test_colours),
    cmocka_unit_test(test_half_of_the_channels),
};

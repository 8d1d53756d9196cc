/* Augmentation: what moves pixels, levels and sets; test_augment/ has what changes values, and volumes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/net.h>

#include "data/test_augment/shared.h"

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

static const struct CMUnitTest own_tests[] = {
    cmocka_unit_test(test_nothing),       cmocka_unit_test(test_padding),
    cmocka_unit_test(test_flips),         cmocka_unit_test(test_rotation_and_zoom),
    cmocka_unit_test(test_interpolation), cmocka_unit_test(test_rows_are_independent),
    cmocka_unit_test(test_bend),          cmocka_unit_test(test_elastic),
    cmocka_unit_test(test_cutout),        cmocka_unit_test(test_probability),
    cmocka_unit_test(test_levels),        cmocka_unit_test(test_sets),
};
enum { OWN_TESTS = sizeof own_tests / sizeof own_tests[0], TESTS = OWN_TESTS + VALUE_TESTS + VOLUME_TESTS + 1 };

int main(void)
{
    struct CMUnitTest tests[TESTS], *end = tests;
    memcpy(end, own_tests, sizeof own_tests);
    memcpy(end += OWN_TESTS, value_tests, sizeof value_tests);
    memcpy(end += VALUE_TESTS, volume_tests, sizeof volume_tests);
    tests[TESTS - 1] = (struct CMUnitTest)cmocka_unit_test(test_every_row_was_exercised);
    return _cmocka_run_group_tests("augmentation", tests, TESTS, fill_sample, NULL);
}

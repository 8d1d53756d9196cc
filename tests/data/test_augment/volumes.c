/* Augmentation of volumes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/net.h>

#include "data/test_augment/shared.h"

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

const struct CMUnitTest volume_tests[VOLUME_TESTS] = {
    cmocka_unit_test(test_volumes),
    cmocka_unit_test(test_tilt),
    cmocka_unit_test(test_zoom_in_space),
    cmocka_unit_test(test_labels_in_space),
    cmocka_unit_test(test_blur_across_slices),
    cmocka_unit_test(test_low_resolution_in_space),
    cmocka_unit_test(test_values_in_space),
};

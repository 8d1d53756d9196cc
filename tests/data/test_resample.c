/* Resampling by area, labels by majority, enlarging between centres: hand-made cases and what must always hold. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/resample.h"
#include "data/resolution.h"

#define SIZE(d, h, w)                                                                                                  \
    (const int[3])                                                                                                     \
    {                                                                                                                  \
        d, h, w                                                                                                        \
    }

static void test_size(void **state)
{
    (void)state;
    assert_int_equal(og__scaled_size(217, 0.5), 109);
    assert_int_equal(og__scaled_size(181, 0.5), 91);
    assert_int_equal(og__scaled_size(3, 0.01), 1);
    assert_int_equal(og__scaled_size(7, 1), 7);
}

static void test_shrink(void **state)
{
    (void)state;
    const float src[2 * 4] = {1, 3, 5, 7, 3, 5, 7, 9};
    float dst[8];
    assert_int_equal(og__resample(SIZE(1, 2, 4), src, SIZE(1, 1, 2), dst), OG_OK); /* means of 2 x 2 */
    assert_float_equal(dst[0], 3, 1e-6f);
    assert_float_equal(dst[1], 7, 1e-6f);
    og__resample(SIZE(1, 2, 4), src, SIZE(1, 2, 4), dst); /* the same size changes nothing */
    assert_memory_equal(dst, src, sizeof src);
    const float line[3] = {0, 6, 12};
    og__resample(SIZE(1, 1, 3), line, SIZE(1, 1, 2), dst); /* 1.5 pixels each: (0 + 6/2) / 1.5, (6/2 + 12) / 1.5 */
    assert_float_equal(dst[0], 2, 1e-6f);
    assert_float_equal(dst[1], 10, 1e-6f);
    og__resample(SIZE(3, 1, 1), line, SIZE(2, 1, 1), dst); /* along any axis */
    assert_float_equal(dst[1], 10, 1e-6f);
}

/* Blocks of 2 x 3 x 2 voxels, by hand. */
static void test_shrink_volume(void **state)
{
    (void)state;
    float src[4 * 6 * 4], dst[2 * 2 * 2];
    for (int i = 0; i < 96; i++)
        src[i] = (float)(i * 37 % 19);
    assert_int_equal(og__resample(SIZE(4, 6, 4), src, SIZE(2, 2, 2), dst), OG_OK);
    for (int b = 0; b < 8; b++) {
        float sum = 0;
        for (int i = 0; i < 12; i++) {
            int z = b / 4 * 2 + i / 6, y = b / 2 % 2 * 3 + i / 2 % 3, x = b % 2 * 2 + i % 2;
            sum += src[(z * 6 + y) * 4 + x];
        }
        assert_float_equal(dst[b], sum / 12, 1e-5f);
    }
}

static void test_shrink_keeps_the_mean(void **state)
{
    (void)state;
    float src[5 * 7 * 11], dst[2 * 3 * 4];
    double before = 0, after = 0;
    for (int i = 0; i < 385; i++) {
        src[i] = (float)(i * 37 % 19);
        before += (double)src[i] / 385;
    }
    og__resample(SIZE(5, 7, 11), src, SIZE(2, 3, 4), dst);
    for (int i = 0; i < 24; i++)
        after += (double)dst[i] / 24;
    assert_float_equal(before, after, 1e-5);
}

/* One axis longer, one shorter, one as it is: what a part gets is what the whole gets, to the bit. */
static void test_part(void **state)
{
    (void)state;
    float src[6 * 9 * 10], whole[9 * 4 * 10], window[6 * 9 * 10], part[3 * 2 * 5];
    const int size[3] = {6, 9, 10}, dst_size[3] = {9, 4, 10};
    const og__stretch wanted[3] = {{4, 3}, {1, 2}, {5, 5}};
    og__stretch from[3];
    for (int i = 0; i < 540; i++)
        src[i] = (float)(i * 41 % 101);
    og__resample(size, src, dst_size, whole);
    for (int a = 0; a < 3; a++)
        from[a] = og__resample_source(wanted[a], dst_size[a], size[a]);
    assert_true(from[0].count < 6 && from[1].count < 9 && from[2].count == 5);
    float *to = window;
    for (int z = 0; z < from[0].count; z++)
        for (int y = 0; y < from[1].count; y++)
            for (int x = 0; x < from[2].count; x++)
                *to++ = src[((from[0].first + z) * 9 + from[1].first + y) * 10 + from[2].first + x];
    assert_int_equal(og__resample_part(size, window, dst_size, wanted, part), OG_OK);
    for (int z = 0; z < 3; z++)
        for (int y = 0; y < 2; y++)
            assert_memory_equal(part + (z * 2 + y) * 5, whole + ((4 + z) * 4 + 1 + y) * 10 + 5, 5 * sizeof(float));
}

static void test_labels(void **state)
{
    (void)state;
    const uint8_t src[2 * 4] = {1, 1, 255, 255, 1, 2, 255, 0};
    uint8_t dst[8];
    og__resample_labels(SIZE(1, 2, 4), src, SIZE(1, 1, 2), dst);
    assert_int_equal(dst[0], 1);
    assert_int_equal(dst[1], 255);
    const uint8_t tie[4] = {5, 3, 3, 5};
    og__resample_labels(SIZE(1, 1, 4), tie, SIZE(1, 1, 2), dst); /* the lowest of equals */
    assert_int_equal(dst[0], 3);
    assert_int_equal(dst[1], 3);
    og__resample_labels(SIZE(1, 2, 4), src, SIZE(1, 2, 4), dst);
    assert_memory_equal(dst, src, sizeof src);
    og__resample_labels(SIZE(2, 1, 4), src, SIZE(1, 1, 2), dst); /* slices, too */
    assert_int_equal(dst[0], 1);
    og__resample_labels(SIZE(1, 1, 4), tie, SIZE(1, 1, 8), dst); /* enlarged: repeated */
    assert_memory_equal(dst, ((uint8_t[]){5, 5, 3, 3, 3, 3, 5, 5}), 8);
}

/* PyTorch: F.interpolate(tensor([0., 4.]), size=4, mode='linear', align_corners=False) is 0, 1, 3, 4. */
static void test_enlarge(void **state)
{
    (void)state;
    const float line[2] = {0, 4};
    float dst[16];
    og__enlarge(1, 2, line, 1, 4, dst);
    for (int i = 0; i < 4; i++)
        assert_float_equal(dst[i], ((float[]){0, 1, 3, 4})[i], 1e-6f);
    og__resample(SIZE(2, 1, 1), line, SIZE(4, 1, 1), dst);
    for (int i = 0; i < 4; i++)
        assert_float_equal(dst[i], ((float[]){0, 1, 3, 4})[i], 1e-6f);
    const float flat[6] = {2, 2, 2, 2, 2, 2};
    og__enlarge(2, 3, flat, 3, 5, dst);
    for (int i = 0; i < 15; i++)
        assert_float_equal(dst[i], 2, 1e-6f);
    og__enlarge(2, 1, line, 4, 1, dst);
    assert_float_equal(dst[1], 1, 1e-6f);
}

/* Back to a smaller size: values at the centres, not means. PyTorch: F.interpolate(arange(9.)**2, size=3,
 * mode='linear', align_corners=False) is 1, 16, 49. */
static void test_interpolate(void **state)
{
    (void)state;
    const float line[9] = {0, 1, 4, 9, 16, 25, 36, 49, 64};
    float dst[3];
    assert_int_equal(og__interpolate(SIZE(1, 9, 1), line, SIZE(1, 3, 1), dst), OG_OK);
    for (int i = 0; i < 3; i++)
        assert_float_equal(dst[i], ((float[]){1, 16, 49})[i], 1e-5f);
}

static og__resolution resolution_of(double scale, const char *spacing, int dims)
{
    og__resolution made;
    if (og__resolution_make(scale, spacing, dims, &made) != OG_OK)
        fail_msg("%s", og_error_text());
    return made;
}

static void assert_working(og__resolution r, const double spacing[3], int d, int h, int w)
{
    int working[3];
    assert_int_equal(og__resolution_apply(&r, SIZE(40, 100, 80), spacing, working), OG_OK);
    assert_int_equal(working[0], d);
    assert_int_equal(working[1], h);
    assert_int_equal(working[2], w);
}

/* Slices that lie farther apart than pixels are left alone until the pixels are as coarse. */
static void test_resolution(void **state)
{
    (void)state;
    static const double cube[3] = {1, 1, 1}, apart[3] = {5, 1, 1}, little[3] = {1.5, 1, 1}, unknown[3] = {0};
    assert_working(resolution_of(0.5, "", 2), apart, 40, 50, 40);
    assert_working(resolution_of(0.5, "", 3), cube, 20, 50, 40);
    assert_working(resolution_of(0.5, "", 3), unknown, 20, 50, 40);
    assert_working(resolution_of(0.5, "", 3), apart, 40, 50, 40);
    assert_working(resolution_of(0.5, "", 3), little, 30, 50, 40);
    assert_working(resolution_of(0.1, "", 3), apart, 20, 10, 8);
    assert_working(resolution_of(1, "2", 3), apart, 100, 50, 40);
    assert_working(resolution_of(1, "10x2x4", 3), apart, 20, 50, 20);
    assert_working(resolution_of(1, "2x0.5", 2), apart, 40, 50, 160);
    og__resolution full = resolution_of(1, "", 3), not_full = resolution_of(1, "1", 3), bad;
    assert_true(og__resolution_is_full(&full));
    assert_false(og__resolution_is_full(&not_full));
    static const char *const wrong[] = {"x", "0", "-1", "1x1", "1x1x1x1", "1,1,1", "nan", "2x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(og__resolution_make(1, wrong[i], 3, &bad), OG_ERR_ARGUMENT);
        assert_non_null(strstr(og_error_text(), "'spacing'"));
    }
    assert_int_equal(og__resolution_make(0.5, "1", 3, &bad), OG_ERR_ARGUMENT);
    assert_int_equal(og__resolution_make(0, "", 3, &bad), OG_ERR_ARGUMENT);
    int working[3];
    og__resolution tiny = resolution_of(1, "1e-6", 3);
    assert_int_equal(og__resolution_apply(&tiny, SIZE(40, 100, 80), cube, working), OG_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size),          cmocka_unit_test(test_shrink),
        cmocka_unit_test(test_shrink_volume), cmocka_unit_test(test_shrink_keeps_the_mean),
        cmocka_unit_test(test_part),          cmocka_unit_test(test_labels),
        cmocka_unit_test(test_enlarge),       cmocka_unit_test(test_interpolate),
        cmocka_unit_test(test_resolution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

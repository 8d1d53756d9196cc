/* Shrinking by area, labels by majority, enlarging between centres: hand-made cases and what must always hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/resample.h"

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
    og__shrink(2, 4, src, 1, 2, dst); /* means of 2 x 2 */
    assert_float_equal(dst[0], 3, 1e-6f);
    assert_float_equal(dst[1], 7, 1e-6f);
    og__shrink(2, 4, src, 2, 4, dst); /* the same size changes nothing */
    assert_memory_equal(dst, src, sizeof src);
    const float line[3] = {0, 6, 12};
    og__shrink(1, 3, line, 1, 2, dst); /* 1.5 pixels each: (0 + 6/2) / 1.5, (6/2 + 12) / 1.5 */
    assert_float_equal(dst[0], 2, 1e-6f);
    assert_float_equal(dst[1], 10, 1e-6f);
}

static void test_shrink_keeps_the_mean(void **state)
{
    (void)state;
    float src[7 * 11], dst[3 * 4];
    double before = 0, after = 0;
    for (int i = 0; i < 77; i++) {
        src[i] = (float)(i * 37 % 19);
        before += (double)src[i] / 77;
    }
    og__shrink(7, 11, src, 3, 4, dst);
    for (int i = 0; i < 12; i++)
        after += (double)dst[i] / 12;
    assert_float_equal(before, after, 1e-5);
}

static void test_labels(void **state)
{
    (void)state;
    const uint8_t src[2 * 4] = {1, 1, 255, 255, 1, 2, 255, 0};
    uint8_t dst[8];
    og__shrink_labels(2, 4, src, 1, 2, dst);
    assert_int_equal(dst[0], 1);
    assert_int_equal(dst[1], 255);
    const uint8_t tie[4] = {5, 3, 3, 5};
    og__shrink_labels(1, 4, tie, 1, 2, dst); /* the lowest of equals */
    assert_int_equal(dst[0], 3);
    assert_int_equal(dst[1], 3);
    og__shrink_labels(2, 4, src, 2, 4, dst);
    assert_memory_equal(dst, src, sizeof src);
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
    const float flat[6] = {2, 2, 2, 2, 2, 2};
    og__enlarge(2, 3, flat, 3, 5, dst);
    for (int i = 0; i < 15; i++)
        assert_float_equal(dst[i], 2, 1e-6f);
    og__enlarge(2, 1, line, 4, 1, dst);
    assert_float_equal(dst[1], 1, 1e-6f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size),   cmocka_unit_test(test_shrink),  cmocka_unit_test(test_shrink_keeps_the_mean),
        cmocka_unit_test(test_labels), cmocka_unit_test(test_enlarge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

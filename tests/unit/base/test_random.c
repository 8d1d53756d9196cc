/* Random numbers: the published vectors of Philox, independence of order, and the shape of each distribution. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

/* Source: Random123 1.14, tests/kat_vectors, "philox4x32 10": counter, key, result. */
static void test_philox_vectors(void **state)
{
    static const uint32_t vectors[][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
         0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t block[4];
        og__philox(vectors[i], vectors[i] + 4, block);
        assert_memory_equal(block, vectors[i] + 6, sizeof block);
    }
}

static void test_streams_are_apart(void **state)
{
    (void)state;
    og__random a = og__random_at(7, OG_STREAM_WEIGHTS, 3), again = a;
    og__random others[] = {og__random_at(8, OG_STREAM_WEIGHTS, 3), og__random_at(7, OG_STREAM_ORDER, 3),
                           og__random_at(7, OG_STREAM_WEIGHTS, 4),
                           og__random_at(7 + (1ull << 32), OG_STREAM_WEIGHTS, 3),
                           og__random_at(7, OG_STREAM_WEIGHTS, 3 + (1ull << 32))};
    uint32_t first = og__random_u32(&a);
    assert_int_equal(first, og__random_u32(&again));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_not_equal(first, og__random_u32(&others[i]));
}

enum { COUNT = 100000 };

/* Tolerances are five standard errors. */
static void test_uniform(void **state)
{
    (void)state;
    og__random random = og__random_at(1, OG_STREAM_TEST, 0);
    double sum = 0, squares = 0;
    for (int i = 0; i < COUNT; i++) {
        double u = (double)og__random_uniform(&random);
        assert_true(u >= 0 && u < 1);
        sum += u;
        squares += u * u;
    }
    assert_true(fabs(sum / COUNT - 0.5) < 5 * sqrt(1.0 / 12 / COUNT));
    assert_true(fabs(squares / COUNT - 1.0 / 3) < 5 * sqrt(4.0 / 45 / COUNT));
}

static void test_normal(void **state)
{
    (void)state;
    og__random random = og__random_at(2, OG_STREAM_TEST, 0);
    double sum = 0, squares = 0, fourths = 0;
    for (int i = 0; i < COUNT; i++) {
        double z = (double)og__random_normal(&random);
        assert_true(isfinite(z));
        sum += z;
        squares += z * z;
        fourths += z * z * z * z;
    }
    assert_true(fabs(sum / COUNT) < 5 * sqrt(1.0 / COUNT));
    assert_true(fabs(squares / COUNT - 1) < 5 * sqrt(2.0 / COUNT));
    assert_true(fabs(fourths / COUNT - 3) < 5 * sqrt(96.0 / COUNT));
}

static void test_below(void **state)
{
    (void)state;
    og__random random = og__random_at(3, OG_STREAM_TEST, 0);
    int counts[7] = {0};
    double chi2 = 0;
    for (int i = 0; i < COUNT; i++) {
        uint32_t value = og__random_below(&random, 7);
        assert_true(value < 7);
        counts[value]++;
    }
    for (int i = 0; i < 7; i++)
        chi2 += pow(counts[i] - COUNT / 7.0, 2) / (COUNT / 7.0);
    assert_true(chi2 < 33); /* 6 degrees of freedom: p = 1e-5 */
    assert_int_equal(og__random_below(&random, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_vectors), cmocka_unit_test(test_streams_are_apart),
        cmocka_unit_test(test_uniform),        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_below),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}

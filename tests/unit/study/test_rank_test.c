/* src/study/rank_test.c against SciPy 1.17.1 (wilcoxon, friedmanchisquare, f.sf, studentized_range.ppf) and, for ranks
 * with ties and zeros, which SciPy's exact method does not take, against NumPy's count of all sign patterns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "study/rank_test.h"

static double signed_rank(size_t n, const double *d)
{
    double p;
    assert_int_equal(og__signed_rank_p(n, d, &p), OG_OK);
    return p;
}

static void signed_ranks_are_counted_exactly(void **state)
{
    (void)state;
    const double six[] = {0.012, 0.007, -0.003, 0.015, 0.009, 0.011};
    const double with_zero[] = {0.02, 0.03, -0.01, 0.04, 0.00, 0.05, 0.01};
    const double with_ties[] = {1, 1, -1, 2, 2, 3, -2, 0};
    const double same_sign[] = {3, 1, 2, 5, 4, 6, 8, 7}, zeros[4] = {0};
    assert_near(signed_rank(6, six), 0.0625, 1e-15); /* SciPy */
    assert_near(signed_rank(7, with_zero), 0.09375, 1e-15);
    assert_near(signed_rank(8, with_ties), 0.328125, 1e-15);
    assert_near(signed_rank(8, same_sign), 2.0 / 256, 1e-15);
    assert_near(signed_rank(4, zeros), 1, 0);
    assert_true(isnan(signed_rank(0, NULL)));
}

static void many_signed_ranks_are_nearly_normal(void **state)
{
    (void)state;
    const double d[60] = {-0.502, -1.024, 0.052,  0.72,   1.436,  0.41,   -0.253, -0.485, 1.049,  1.935,
                          0.573,  -0.933, -0.658, 1.9,    0.503,  -1.432, 0.216,  -0.863, -0.329, -0.188,
                          -0.413, 0.853,  0.237,  -0.289, 0.71,   1.13,   -1.343, 0.043,  -0.681, 0.127,
                          -0.989, 0.321,  0.262,  -0.004, -0.748, -0.096, -0.791, -1.055, 0.525,  -0.809,
                          1.47,   1.017,  -1.698, 0.572,  -0.802, 0.333,  0.344,  -1.688, 0.067,  0.044,
                          1.262,  -0.881, 1.038,  -0.799, -0.031, -0.54,  1.749,  0.868,  2.732,  0.942};
    assert_near(signed_rank(60, d), 0.606334867988235, 1e-12);
}

static const double scores[6 * 4] = {0.70, 0.72, 0.68, 0.74, 0.69, 0.73, 0.70, 0.73, 0.71, 0.70, 0.66, 0.75,
                                     0.68, 0.71, 0.69, 0.72, 0.72, 0.74, 0.70, 0.76, 0.70, 0.69, 0.69, 0.73};

static void friedman_with_ties_is_scipys(void **state)
{
    (void)state;
    og__friedman friedman;
    const double sums[] = {18, 14, 21.5, 6.5};
    assert_int_equal(og__friedman_init(6, 4, scores, &friedman), OG_OK);
    for (int a = 0; a < 4; a++)
        assert_near(friedman.rank_sum[a], sums[a], 0);
    assert_near(friedman.chi2, 12.879310344827589, 1e-12);
    assert_near(friedman.p, 0.004905007815993946, 1e-12);
    assert_near(friedman.f, 12.575757575757587, 1e-11);
    assert_near(friedman.f_p, 0.0002256080082148548, 1e-12);
    /* The formula with SciPy's t.ppf(0.995, 15). */
    assert_near(og__conover_difference(&friedman, 6, 4, 0.01), 7.570242466157678, 1e-8);
    og__friedman_deinit(&friedman);
}

static void friedman_without_differences_and_without_doubt(void **state)
{
    (void)state;
    const double flat[6] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, same[9] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.2, 0.3, 0.4};
    og__friedman friedman;
    assert_int_equal(og__friedman_init(2, 3, flat, &friedman), OG_OK);
    assert_near(friedman.chi2, 0, 0);
    assert_near(friedman.p, 1, 0);
    og__friedman_deinit(&friedman);
    assert_int_equal(og__friedman_init(3, 3, same, &friedman), OG_OK);
    assert_near(friedman.chi2, 6, 1e-12); /* n (k - 1): its largest value */
    assert_true(isinf(friedman.f));
    assert_near(friedman.f_p, 0, 0);
    assert_near(og__conover_difference(&friedman, 3, 3, 0.05), 0, 1e-6);
    og__friedman_deinit(&friedman);
}

static void nemenyi_is_scipys(void **state)
{
    (void)state;
    const struct {
        size_t arms;
        double difference;
    } cases[] = {{2, 0.6197950323045613}, {3, 1.048134766009648}, {8, 3.320160991820198}, {20, 9.376011198362729}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double difference;
        assert_int_equal(og__nemenyi_difference(10, cases[i].arms, 0.05, &difference), OG_OK);
        assert_near(difference, cases[i].difference, 1e-8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_ranks_are_counted_exactly),
        cmocka_unit_test(many_signed_ranks_are_nearly_normal),
        cmocka_unit_test(friedman_with_ties_is_scipys),
        cmocka_unit_test(friedman_without_differences_and_without_doubt),
        cmocka_unit_test(nemenyi_is_scipys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

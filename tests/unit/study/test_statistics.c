/* src/study/statistics.c against hand-computed values and against SciPy 1.10.1 (NumPy 1.24.2), whose numbers stand
 * here as literals: t.interval, permutation_test(permutation_type='samples'), t.ppf, rankdata. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "study/statistics.h"

static const double six[] = {0.012, 0.007, -0.003, 0.015, 0.009, 0.011};

static void mean_and_deviation_of_a_sample(void **state)
{
    (void)state;
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9}; /* sum of squares about 5 is 32 */
    assert_near(og__mean(8, x), 5, 1e-15);
    assert_near(og__deviation(8, x), sqrt(32.0 / 7), 1e-15);
    assert_true(isnan(og__deviation(1, x)));
}

static void t_interval_is_scipys(void **state)
{
    (void)state;
    /* GSL's t quantile is good to about 1e-9 of its value. */
    og__interval interval = og__t_interval(6, six, 0.95);
    assert_near(interval.mean, 0.0085, 1e-15);
    assert_near(interval.low, 0.001937879696463904, 1e-11);
    assert_near(interval.high, 0.015062120303536097, 1e-11);
    interval = og__t_interval(6, six, 0.99);
    assert_near(interval.low, -0.0017931589114503921, 1e-11);
    assert_near(interval.high, 0.01879315891145039, 1e-11);
}

static void one_block_has_no_interval(void **state)
{
    (void)state;
    og__interval interval = og__t_interval(1, six, 0.95);
    assert_near(interval.mean, 0.012, 0);
    assert_true(isnan(interval.low) && isnan(interval.high));
}

static void sign_flips_are_counted_exactly(void **state)
{
    (void)state;
    const double same_sign[] = {3, 1, 2, 5, 4}; /* only the pattern itself and its opposite: 2 / 32 */
    const double with_zero[] = {0.02, 0.03, -0.01, 0.04, 0.00, 0.05, 0.01};
    const double zeros[5] = {0};
    assert_near(og__sign_flip_p(5, same_sign), 0.0625, 0);
    assert_near(og__sign_flip_p(6, six), 0.0625, 0);        /* SciPy */
    assert_near(og__sign_flip_p(7, with_zero), 0.09375, 0); /* SciPy */
    assert_near(og__sign_flip_p(5, zeros), 1, 0);
}

static void many_blocks_are_sampled_near_the_truth(void **state)
{
    (void)state;
    const double d[25] = {0.0209, -0.0007, 0.0043, 0.0081, -0.0039, 0.004,  0.004,   -0.0135, 0.0142,
                          0.01,   -0.0023, 0.0023, 0.0091, 0.0014,  0.0016, -0.0105, 0.0095,  0.0052,
                          0.0067, -0.0113, 0.0205, 0.0055, 0.0001,  0.0243, 0.0035};
    double p = og__sign_flip_p(25, d);
    /* SciPy with 2 000 000 samples; the standard error of our 100 000 is 0.0005. */
    assert_near(p, 0.023048988475505763, 0.002);
    assert_near(og__sign_flip_p(25, d), p, 0); /* the same bits again */
}

static void holm_by_hand(void **state)
{
    (void)state;
    const double p[] = {0.01, 0.04, 0.03, 0.005};
    double adjusted[4]; /* in order: .005*4 = .02, .01*3 = .03, .03*2 = .06, .04*1 -> .06 */
    og__holm(4, p, adjusted);
    assert_near(adjusted[3], 0.02, 1e-15);
    assert_near(adjusted[0], 0.03, 1e-15);
    assert_near(adjusted[2], 0.06, 1e-15);
    assert_near(adjusted[1], 0.06, 1e-15);
    const double equal[] = {0.4, 0.4, 0.4};
    og__holm(3, equal, adjusted);
    for (int i = 0; i < 3; i++)
        assert_near(adjusted[i], 1, 0);
}

static void wins_count_ties_half(void **state)
{
    (void)state;
    const double d[] = {1, -1, 0, 2};
    assert_near(og__win_share(4, d), 0.625, 0);
}

static void wilson_intervals_are_scipys(void **state)
{
    (void)state;
    og__interval interval = og__wilson_interval(0.75, 8, 0.95); /* binomtest(6, 8).proportion_ci(method='wilson') */
    assert_near(interval.low, 0.40927543031016883, 1e-9);
    assert_near(interval.high, 0.9285207872478909, 1e-9);
    interval = og__wilson_interval(1, 8, 0.95);
    assert_near(interval.low, 0.6755924351161198, 1e-9);
    assert_near(interval.high, 1, 0);
}

static void overlapping_folds_widen_the_interval(void **state)
{
    (void)state;
    og__interval plain = og__t_interval(6, six, 0.95), wide = og__overlap_interval(6, six, 0.25, 0.95);
    /* (1/6 + 1/4) / (1/6) = 2.5 times the variance */
    assert_near(wide.high - wide.mean, sqrt(2.5) * (plain.high - plain.mean), 1e-15);
    assert_near(wide.mean - wide.low, sqrt(2.5) * (plain.mean - plain.low), 1e-15);
    assert_near(og__overlap_p(6, six, 0.25), 0.08908478033886086, 1e-12); /* SciPy: t.sf */
    assert_true(isnan(og__overlap_p(1, six, 0.25)));
}

/* Blocks whose training sets overlap never tell small differences apart, however many there are. */
static void overlap_bounds_what_blocks_can_tell(void **state)
{
    (void)state;
    assert_true(og__blocks_needed(0.01, 0.02, 0.05, 0.8, 0.25) > og__blocks_needed(0.01, 0.02, 0.05, 0.8, 0));
    assert_int_equal(og__blocks_needed(0.01, 0.01, 0.05, 0.8, 0.25), 0);
}

static void variance_is_split_by_seed_and_fold(void **state)
{
    (void)state;
    const double y[] = {.70, .72, .71, .66, .69, .68, .71, .74, .70, .69, .70, .72}; /* mean squares by NumPy */
    og__variance_split split = og__split_variance(4, 3, y);
    assert_near(split.seed, 0.0002527777777777761, 1e-15);
    assert_near(split.fold, 8.611111111111064e-05, 1e-15);
    assert_near(split.rest, 0.0001638888888888891, 1e-15);
    assert_true(isnan(og__split_variance(1, 12, y).seed));
}

static void ranks_share_ties(void **state)
{
    (void)state;
    const double scores[] = {0.7, 0.8, 0.8, 0.5, 0.9, 0.6}; /* SciPy: 3 1.5 1.5 and 3 1 2 */
    double ranks[3];
    og__mean_ranks(2, 3, scores, ranks);
    assert_near(ranks[0], 3, 0);
    assert_near(ranks[1], 1.25, 0);
    assert_near(ranks[2], 1.75, 0);
}

static void median_takes_infinities_as_large(void **state)
{
    (void)state;
    const double x[] = {5, INFINITY, 1, 3}, censored[] = {INFINITY, INFINITY, 1};
    assert_near(og__median(4, x), 4, 0);
    assert_near(og__median(3, x + 1), 3, 0);
    assert_true(isinf(og__median(3, censored)));
    assert_true(isnan(og__median(0, x)));
}

static void needed_blocks_are_scipys(void **state)
{
    (void)state;
    assert_int_equal(og__blocks_needed(0.01, 0.01, 0.05, 0.8, 0), 10);
    assert_int_equal(og__blocks_needed(0.01, 0.005, 0.05 / 7, 0.8, 0), 54);
    assert_int_equal(og__blocks_needed(0.001, 0.01, 0.05, 0.8, 0), 2);
    assert_int_equal(og__blocks_needed(0.02, 0.001, 0.05, 0.8, 0), 0); /* beyond 999 */
    assert_int_equal(og__blocks_needed(0.01, -0.001, 0.05, 0.8, 0), 0);
}

static void least_blocks_for_any_significance(void **state)
{
    (void)state;
    assert_int_equal(og__blocks_least(1, 0.1), 5);  /* 2^-4 = .0625 */
    assert_int_equal(og__blocks_least(1, 0.05), 6); /* 2^-5 = .031 */
    assert_int_equal(og__blocks_least(7, 0.05), 9); /* 7 * 2^-8 = .027 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_deviation_of_a_sample),
        cmocka_unit_test(t_interval_is_scipys),
        cmocka_unit_test(one_block_has_no_interval),
        cmocka_unit_test(sign_flips_are_counted_exactly),
        cmocka_unit_test(many_blocks_are_sampled_near_the_truth),
        cmocka_unit_test(holm_by_hand),
        cmocka_unit_test(wins_count_ties_half),
        cmocka_unit_test(wilson_intervals_are_scipys),
        cmocka_unit_test(overlapping_folds_widen_the_interval),
        cmocka_unit_test(overlap_bounds_what_blocks_can_tell),
        cmocka_unit_test(variance_is_split_by_seed_and_fold),
        cmocka_unit_test(ranks_share_ties),
        cmocka_unit_test(median_takes_infinities_as_large),
        cmocka_unit_test(needed_blocks_are_scipys),
        cmocka_unit_test(least_blocks_for_any_significance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* src/study/posterior.c against NumPy 2.4.6 (200 000 draws of Dirichlet weights, all pairs summed) and SciPy 1.17.1
 * (bootstrap, BCa, 200 000 resamplings). Tolerances are some four standard errors of our draws. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "study/posterior.h"

static const double six[] = {0.012, 0.007, -0.003, 0.015, 0.009, 0.011};

static og__rope posterior(size_t n, const double *d, double rope)
{
    og__rope result;
    assert_int_equal(og__signed_rank_posterior(n, d, rope, &result), OG_OK);
    assert_near(result.above + result.inside + result.below, 1, 1e-12);
    return result;
}

static void signed_rank_posterior_is_numpys(void **state)
{
    (void)state;
    const double small[] = {0.001, -0.002, 0.003, 0.0005, -0.001};
    og__rope rope = posterior(6, six, 0.005);
    assert_near(rope.above, 0.857615, 0.008);
    assert_near(rope.inside, 0.142385, 0.008);
    assert_near(rope.below, 0, 0.001);
    rope = posterior(6, six, 0);
    assert_near(rope.above, 0.99699, 0.002);
    assert_near(rope.inside, 0, 0.001);
    rope = posterior(5, small, 0.005);
    assert_near(rope.inside, 1, 0);
}

static void the_opposite_has_the_opposite_posterior(void **state)
{
    (void)state;
    double opposite[6];
    for (int i = 0; i < 6; i++)
        opposite[i] = -six[i];
    og__rope there = posterior(6, six, 0.004), back = posterior(6, opposite, 0.004);
    assert_near(there.above, back.below, 0.01);
    assert_near(there.inside, back.inside, 0.01);
}

static void an_early_no_is_the_whole_runs_no(void **state)
{
    (void)state;
    double share = posterior(6, six, 0.009).inside;
    assert_true(share > 0.05 && share < 0.95); /* else the two calls show nothing */
    for (int side = 0; side < 2; side++) {
        bool inside;
        assert_int_equal(og__signed_rank_is_inside(6, six, 0.009, share + (side ? 1e-4 : -1e-4), &inside), OG_OK);
        assert_true(inside == (side == 0));
    }
}

static void best_shares_by_hand(void **state)
{
    (void)state;
    /* Of the four resamplings of two blocks arm 0 wins with (0, 0), arm 1 with (1, 1), and they are level in the
     * others. */
    const double scores[] = {0.6, 0.5, 0.1, 0.5, 0.6, 0.1};
    double shares[3];
    assert_int_equal(og__best_shares(2, 3, scores, shares), OG_OK);
    assert_near(shares[0], 0.5, 0.02);
    assert_near(shares[1], 0.5, 0.02);
    assert_near(shares[2], 0, 0);
    assert_near(shares[0] + shares[1], 1, 1e-9);
}

static void bca_interval_is_scipys(void **state)
{
    (void)state;
    const double d[] = {.012, .007, -.003, .015, .009, .011, .02, .001, .004, -.006, .013, .008, .030, .002, .005};
    og__interval interval;
    assert_int_equal(og__bca_interval(15, d, 0.95, &interval), OG_OK);
    assert_near(interval.low, 0.0046, 0.0003);
    assert_near(interval.high, 0.0136, 0.0004);
    const double equal[] = {0.25, 0.25, 0.25};
    assert_int_equal(og__bca_interval(3, equal, 0.95, &interval), OG_OK);
    assert_near(interval.low, 0.25, 0);
    assert_near(interval.high, 0.25, 0);
    assert_int_equal(og__bca_interval(1, equal, 0.95, &interval), OG_OK);
    assert_true(isnan(interval.low));
}

static void overlap_posterior_is_scipys(void **state)
{
    (void)state;
    og__rope rope = og__overlap_posterior(6, six, 0.25, 0.005); /* t.sf, t.cdf */
    assert_near(rope.above, 0.7872405989532921, 1e-12);
    assert_near(rope.below, 0.010224046697767277, 1e-12);
    assert_near(rope.above + rope.inside + rope.below, 1, 1e-15);
    const double equal[] = {0.004, 0.004, 0.004};
    assert_near(og__overlap_posterior(3, equal, 0.25, 0.005).inside, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_rank_posterior_is_numpys),  cmocka_unit_test(the_opposite_has_the_opposite_posterior),
        cmocka_unit_test(an_early_no_is_the_whole_runs_no), cmocka_unit_test(best_shares_by_hand),
        cmocka_unit_test(bca_interval_is_scipys),           cmocka_unit_test(overlap_posterior_is_scipys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

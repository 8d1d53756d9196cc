/* src/study/space.c, parzen.c and tpe.c. The densities' numbers are those of Optuna 5.0.0rc1's estimator for the same
 * observations, taken from a run of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include "study/parzen.h"
#include "study/tpe.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const names[] = {"relu", "swish", "prelu"};

static const og__dimension kinds[] = {
    {"lr", OG_DIMENSION_REAL, 1e-5, 1e-1, 0, true, OG_NO_PARENT, 0, NULL},
    {"w", OG_DIMENSION_INT, 8, 64, 8, false, OG_NO_PARENT, 0, NULL},
    {"a", OG_DIMENSION_REAL, -2, 3, 0, false, OG_NO_PARENT, 0, NULL},
    {"act", OG_DIMENSION_CHOICE, 0, 2, 1, false, OG_NO_PARENT, 0, names},
};
static const og__space space = {COUNT(kinds), kinds};

static const double seen[4][4] = {{1e-3, 16, 0, 0}, {3e-4, 64, 0.5, 1}, {2e-2, 32, 2.5, 1}, {1e-3, 16, -1.9, 2}};
static const double *const points[] = {seen[0], seen[1], seen[2], seen[3]};

static void weights_are_optunas(void **state)
{
    (void)state;
    double weights[30];
    og__parzen_weights(3, weights);
    assert_near(weights[0] + weights[1] + weights[2], 3, 0);
    og__parzen_weights(26, weights);
    assert_near(weights[0], 1.0 / 26, 1e-16);
    og__parzen_weights(27, weights);
    assert_near(weights[0], 0.037037037037037035, 1e-16);
    assert_near(weights[1], 1, 0);
    og__parzen_weights(30, weights);
    const double ramp[] = {0.03333333333333333, 0.275, 0.5166666666666667, 0.7583333333333333, 1.0};
    for (size_t i = 0; i < COUNT(ramp); i++)
        assert_near(weights[i], ramp[i], 1e-15);
    const size_t trials[] = {10, 11, 20, 21, 100, 249, 250, 251, 1000}, good[] = {1, 2, 2, 3, 10, 25, 25, 25, 25};
    for (size_t i = 0; i < COUNT(trials); i++)
        assert_int_equal(og__tpe_good(trials[i]), good[i]);
}

static void kernels_and_densities_are_optunas(void **state)
{
    (void)state;
    static const struct {
        double sigma[5], x[3], log_density[3];
    } cases[] = {
        {{1.5350567286626973, 1.5350567286626973, 2.995732273553991, 2.995732273553991, 9.210340371976184},
         {1e-05, 0.001, 0.05},
         {-3.3263445367652307, -1.789735699305551, -2.6278272167283707}},
        {{10.666666666666666, 32, 32, 16, 64},
         {8, 16, 64},
         {-1.8920112757558036, -1.7065247487281299, -2.5206038609346044}},
        {{1.9, 2, 2, 1.9, 5}, {-2, 0, 3}, {-1.7321348760950874, -1.4973984758184165, -1.938308708323925}},
        {{0}, {0, 1, 2}, {-1.2321436812926323, -0.8754687373538996, -1.2321436812926323}},
    };
    for (size_t d = 0; d < COUNT(cases); d++) {
        og__parzen parzen;
        assert_int_equal(og__parzen_init(&space, 1, &d, 4, points, &parzen), OG_OK);
        for (size_t i = 0; i < 5 && kinds[d].kind != OG_DIMENSION_CHOICE; i++)
            assert_near(parzen.sigma[i], cases[d].sigma[i], 1e-12);
        for (size_t i = 0; i < 3; i++)
            assert_near(og__parzen_log_density(&parzen, &cases[d].x[i]), cases[d].log_density[i], 1e-10);
        og__parzen_deinit(&parzen);
    }
}

static void joint_density_is_optunas(void **state)
{
    (void)state;
    const size_t all[] = {0, 1, 2, 3};
    const double first[] = {1e-4, 16, 0.1, 1}, second[] = {1e-3, 56, -1, 0};
    og__parzen parzen;
    assert_int_equal(og__parzen_init(&space, 4, all, 4, points, &parzen), OG_OK);
    assert_near(og__parzen_log_density(&parzen, first), -6.770855866036328, 1e-10);
    assert_near(og__parzen_log_density(&parzen, second), -7.8202450847479446, 1e-10);
    og__parzen_deinit(&parzen);
}

static void densities_sum_to_one(void **state)
{
    (void)state;
    const size_t w = 1, a = 2;
    og__parzen parzen;
    double sum = 0, x;
    assert_int_equal(og__parzen_init(&space, 1, &w, 4, points, &parzen), OG_OK);
    for (x = 8; x <= 64; x += 8)
        sum += exp(og__parzen_log_density(&parzen, &x));
    assert_near(sum, 1, 1e-12);
    og__parzen_deinit(&parzen);
    assert_int_equal(og__parzen_init(&space, 1, &a, 4, points, &parzen), OG_OK);
    sum = 0;
    for (x = -2 + 0.0005; x < 3; x += 0.001) /* midpoints */
        sum += 0.001 * exp(og__parzen_log_density(&parzen, &x));
    assert_near(sum, 1, 1e-6);
    og__parzen_deinit(&parzen);
}

/* The share of draws up to a value is the integral of the density up to it. */
static void draws_follow_the_density(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    const size_t a = 2;
    og__parzen parzen;
    og__random random = og__random_at(3, OG_STREAM_TEST, 0);
    double below[5] = {0}, integral = 0;
    assert_int_equal(og__parzen_init(&space, 1, &a, 4, points, &parzen), OG_OK);
    for (int i = 0; i < DRAWS; i++) {
        double x;
        og__parzen_draw(&parzen, &random, &x);
        assert_true(x >= -2 && x <= 3);
        for (int j = 0; j < 5; j++)
            below[j] += x < -1 + j ? 1.0 / DRAWS : 0;
    }
    for (int j = 0, step = 0; j < 5; j++) {
        for (; step < (j + 1) * 1000; step++) {
            double x = -2 + 0.001 * (step + 0.5);
            integral += 0.001 * exp(og__parzen_log_density(&parzen, &x));
        }
        assert_near(below[j], integral, 0.015); /* four standard errors */
    }
    og__parzen_deinit(&parzen);
}

static void impossible_dimensions_are_named(void **state)
{
    (void)state;
    const og__dimension wrong[] = {
        {"upside down", OG_DIMENSION_REAL, 2, 1, 0, false, OG_NO_PARENT, 0, NULL},
        {"log of 0", OG_DIMENSION_REAL, 0, 1, 0, true, OG_NO_PARENT, 0, NULL},
        {"not met", OG_DIMENSION_INT, 1, 8, 2, false, OG_NO_PARENT, 0, NULL},
        {"child of a number", OG_DIMENSION_REAL, 0, 1, 0, false, 0, 0, NULL},
        {"half steps", OG_DIMENSION_INT, 1, 2, 0.5, false, OG_NO_PARENT, 0, NULL},
    };
    assert_int_equal(og__space_check(&space), OG_OK);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        og__dimension two[] = {kinds[0], wrong[i]};
        og__space bad = {2, two};
        assert_int_equal(og__space_check(&bad), OG_ERR_ARGUMENT);
        assert_non_null(strstr(og_error_text(), wrong[i].name));
    }
}

/* --- proposals ---------------------------------------------------------------------------------------------- */

static const char *const acts[] = {"relu", "elu", "swish"};
static const og__dimension tree_dimensions[] = {
    {"act", OG_DIMENSION_CHOICE, 0, 2, 1, false, OG_NO_PARENT, 0, acts},
    {"lr", OG_DIMENSION_REAL, 1e-5, 1e-1, 0, true, OG_NO_PARENT, 0, NULL},
    {"elu.a", OG_DIMENSION_REAL, 0.1, 4, 0, false, 0, 1, NULL},
    {"swish.beta", OG_DIMENSION_REAL, 0, 8, 0, false, 0, 2, NULL},
};
enum { TREE = COUNT(tree_dimensions), TRIALS = 60 };
static const og__space tree = {TREE, tree_dimensions};

/* Best, 1, with swish at beta = 1.5 and lr = 1e-3. */
static double quality(const double *point)
{
    double value = 1 - 0.05 * pow(log10(point[1]) + 3, 2);
    if (point[0] == 1)
        return value - 0.02 - 0.02 * pow(point[2] - 1, 2);
    return point[0] == 2 ? value - 0.01 * pow(point[3] - 1.5, 2) : value - 0.05;
}

static void check_point(const double *point)
{
    for (size_t d = 0; d < TREE; d++) {
        assert_true(isnan(point[d]) != og__dimension_exists(&tree, d, point));
        if (!isnan(point[d]))
            assert_true(point[d] >= tree_dimensions[d].low && point[d] <= tree_dimensions[d].high);
    }
}

/* The best quality after TRIALS proposals, by TPE or at random. */
static double optimise(bool model, uint64_t seed)
{
    static double tried_points[TRIALS][TREE];
    og__tried tried[TRIALS];
    og__tpe_options options = og__tpe_options_default();
    double best = -INFINITY;
    if (!model)
        options.startup = TRIALS;
    for (int64_t i = 0; i < TRIALS; i++) {
        double *point = tried_points[i];
        assert_int_equal(og__tpe_propose(&tree, &options, (size_t)i, tried, seed, i, point), OG_OK);
        check_point(point);
        tried[i] = (og__tried){.number = i, .value = quality(point), .point = point};
        best = fmax(best, tried[i].value);
    }
    return best;
}

static void tpe_finds_more_than_chance(void **state)
{
    (void)state;
    int better = 0;
    double shortfall[2] = {0};
    for (uint64_t seed = 0; seed < 30; seed++) {
        double model = optimise(true, seed), chance = optimise(false, seed);
        better += model > chance;
        shortfall[0] += (1 - model) / 30;
        shortfall[1] += (1 - chance) / 30;
    }
    print_message("# short of the best by %.4f, at random by %.4f; better in %d of 30\n", shortfall[0], shortfall[1],
                  better);
    assert_true(better >= 24);
    assert_true(shortfall[0] < shortfall[1] / 2);
}

static void the_first_trials_go_through_the_activations(void **state)
{
    (void)state;
    og__tpe_options options = og__tpe_options_default();
    double point[TREE];
    for (int64_t i = 0; i < 6; i++) {
        assert_int_equal(og__tpe_propose(&tree, &options, 0, NULL, 1, i, point), OG_OK);
        assert_near(point[0], (double)(i % 3), 0);
    }
}

/* Twelve finished trials, the best at lr = 1e-3; with running ones there too, the proposal moves away from them. */
static void running_trials_push_away(void **state)
{
    (void)state;
    static const og__dimension line[] = {{"x", OG_DIMENSION_REAL, 0, 1, 0, false, OG_NO_PARENT, 0, NULL}};
    const og__space one = {1, line};
    double finished[12], running[12], near[2] = {0}, point;
    og__tried tried[24];
    og__tpe_options options = og__tpe_options_default();
    for (int64_t i = 0; i < 12; i++) {
        finished[i] = (double)i / 11;
        running[i] = 4.0 / 11 + 0.001 * (double)i;
        tried[i] = (og__tried){.number = i, .value = -fabs(finished[i] - 4.0 / 11), .point = &finished[i]};
        tried[12 + i] = (og__tried){.number = 12 + i, .state = OG_TRIED_RUNNING, .point = &running[i]};
    }
    for (int with = 0; with < 2; with++) {
        for (int64_t number = 24; number < 124; number++) {
            assert_int_equal(og__tpe_propose(&one, &options, with ? 24 : 12, tried, 0, number, &point), OG_OK);
            near[with] += fabs(point - 4.0 / 11) < 0.04;
        }
    }
    assert_true(near[1] < near[0] / 2);
}

static void pruned_trials_come_after_finished_ones(void **state)
{
    (void)state;
    static const og__dimension line[] = {{"x", OG_DIMENSION_REAL, 0, 1, 0, false, OG_NO_PARENT, 0, NULL}};
    const og__space one = {1, line};
    double at[20], point, low = 0;
    og__tried tried[20];
    og__tpe_options options = og__tpe_options_default();
    /* Finished near 0.2 with poor values; pruned near 0.8 with better last values, of which none is a result. */
    for (int64_t i = 0; i < 20; i++) {
        at[i] = i < 10 ? 0.2 + 0.001 * (double)i : 0.8 + 0.001 * (double)i;
        tried[i] = (og__tried){.number = i,
                               .state = i < 10 ? OG_TRIED_COMPLETE : OG_TRIED_PRUNED,
                               .value = i < 10    ? 0.1
                                        : i == 10 ? (double)NAN
                                                  : 0.9,
                               .last_step = i - 9,
                               .point = &at[i]};
    }
    for (int64_t number = 20; number < 70; number++) {
        assert_int_equal(og__tpe_propose(&one, &options, 20, tried, 0, number, &point), OG_OK);
        low += point < 0.5;
    }
    assert_true(low > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_optunas),        cmocka_unit_test(kernels_and_densities_are_optunas),
        cmocka_unit_test(joint_density_is_optunas),   cmocka_unit_test(densities_sum_to_one),
        cmocka_unit_test(draws_follow_the_density),   cmocka_unit_test(impossible_dimensions_are_named),
        cmocka_unit_test(tpe_finds_more_than_chance), cmocka_unit_test(the_first_trials_go_through_the_activations),
        cmocka_unit_test(running_trials_push_away),   cmocka_unit_test(pruned_trials_come_after_finished_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

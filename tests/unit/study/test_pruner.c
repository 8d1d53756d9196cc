/* src/study/pruner.c on cases made by hand; tests/interop/test_tuning has Optuna's own pruners on random histories. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "study/pruner.h"

enum { STEPS = 12, TRIALS = 12 };

/* Trials by their values at steps 1, 2, ...; NAN ends a row. */
static struct {
    int64_t steps[TRIALS][STEPS];
    double values[TRIALS][STEPS];
    og__curve curves[TRIALS];
    size_t count;
} history;

static void begin(void)
{
    memset(&history, 0, sizeof history);
}

static void add(og__trial_state state, size_t count, const double *values)
{
    size_t t = history.count++;
    for (size_t i = 0; i < count; i++) {
        history.steps[t][i] = (int64_t)i + 1;
        history.values[t][i] = values[i];
    }
    history.curves[t] = (og__curve){.number = (int64_t)t,
                                    .state = state,
                                    .value = values[count - 1],
                                    .count = count,
                                    .steps = history.steps[t],
                                    .values = history.values[t]};
}

#define ADD(state, ...) add(state, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

static bool stops(const char *name, const og__pruner_rules *rules)
{
    return og__pruner_stops(og__pruner_find(name), rules, history.count, history.curves, history.count - 1);
}

static void names_are_found_and_others_are_not(void **state)
{
    (void)state;
    assert_string_equal(og__pruner_at(0)->name, "none");
    assert_null(og__pruner_find("medium"));
    for (size_t i = 0; og__pruner_at(i); i++)
        assert_ptr_equal(og__pruner_find(og__pruner_at(i)->name), og__pruner_at(i));
}

static void none_stops_nothing(void **state)
{
    (void)state;
    og__pruner_rules rules = og__pruner_rules_default(27, "s");
    begin();
    ADD(OG_TRIAL_COMPLETE, 0.9, 0.9);
    ADD(OG_TRIAL_RUNNING, 0.0, (double)NAN);
    assert_false(stops("none", &rules));
}

static void below_the_median_of_five_is_stopped(void **state)
{
    (void)state;
    og__pruner_rules rules = og__pruner_rules_default(27, "s");
    begin();
    for (int i = 1; i <= 4; i++)
        ADD(OG_TRIAL_COMPLETE, 0.1 * i, 0.2 * i);
    ADD(OG_TRIAL_RUNNING, 0.01);
    assert_false(stops("median", &rules)); /* four are too few to tell */
    history.count--;
    ADD(OG_TRIAL_COMPLETE, 0.5, 1.0);
    ADD(OG_TRIAL_RUNNING, 0.1 * 3);
    assert_false(stops("median", &rules)); /* as good as the median */
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.299);
    assert_true(stops("median", &rules));
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.9, 0.1);
    assert_false(stops("median", &rules)); /* its best so far counts: 0.9 of 0.6 */
    history.count--;
    ADD(OG_TRIAL_RUNNING, (double)NAN);
    assert_true(stops("median", &rules)); /* nothing but what is not a number */
    rules.warmup = 2;
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.0);
    assert_false(stops("median", &rules));
}

static void intervals_and_percentiles_are_kept(void **state)
{
    (void)state;
    og__pruner_rules rules = og__pruner_rules_default(27, "s");
    begin();
    for (int i = 1; i <= 5; i++)
        ADD(OG_TRIAL_COMPLETE, 0.1 * i, 0.1 * i, 0.1 * i, 0.1 * i);
    rules.interval = 2;
    ADD(OG_TRIAL_RUNNING, 0.0, 0.0);
    assert_true(stops("median", &rules)); /* step 2 begins an interval */
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.0, 0.0, 0.0);
    assert_false(stops("median", &rules)); /* step 3 is within it */
    history.count--;
    rules.interval = 1;
    rules.percentile = 25; /* keeps the best quarter: 0.4 and above */
    ADD(OG_TRIAL_RUNNING, 0.39);
    assert_true(stops("median", &rules));
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.41);
    assert_false(stops("median", &rules));
}

static void patience_ends_after_reports_without_gain(void **state)
{
    (void)state;
    og__pruner_rules rules = og__pruner_rules_default(27, "s");
    rules.patience = 2;
    begin();
    ADD(OG_TRIAL_RUNNING, 0.5, 0.4, 0.4);
    assert_false(stops("patient", &rules));
    begin();
    ADD(OG_TRIAL_RUNNING, 0.5, 0.4, 0.4, 0.4);
    assert_true(stops("patient", &rules));
    rules.margin = 0.2;
    assert_false(stops("patient", &rules));
    rules.margin = 0;
    begin();
    ADD(OG_TRIAL_RUNNING, 0.5, 0.4, 0.5, 0.4);
    assert_false(stops("patient", &rules)); /* as good again */
}

static void a_rung_lets_the_best_third_pass(void **state)
{
    (void)state;
    og__pruner_rules rules = og__pruner_rules_default(27, "s");
    begin();
    ADD(OG_TRIAL_RUNNING, 0.3);
    assert_false(stops("asha", &rules)); /* the first is the best so far */
    ADD(OG_TRIAL_RUNNING, 0.2);
    assert_true(stops("asha", &rules));
    ADD(OG_TRIAL_RUNNING, 0.4);
    assert_false(stops("asha", &rules));
    ADD(OG_TRIAL_RUNNING, 0.35);
    assert_true(stops("asha", &rules)); /* 4 / 3 is 1 */
    for (int i = 0; i < 2; i++)
        ADD(OG_TRIAL_PRUNED, 0.1);
    ADD(OG_TRIAL_RUNNING, 0.35);
    assert_false(stops("asha", &rules)); /* 7 / 3 is 2; equal to the second best */
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.9, 0.0);
    assert_false(stops("asha", &rules)); /* step 2 is no rung */
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.9, 0.0, (double)NAN);
    assert_true(stops("asha", &rules));
}

static void brackets_follow_from_name_and_number(void **state)
{
    (void)state;
    og__pruner_rules rules = og__pruner_rules_default(27, "study");
    int seen[4] = {0};
    for (int64_t number = 0; number < 400; number++)
        seen[og__pruner_bracket(&rules, number)]++;
    /* shares ceil(4 27 / 4), ceil(4 9 / 3), ceil(4 3 / 2), 4 of 49 */
    assert_true(seen[0] > 180 && seen[0] < 260 && seen[1] > 70 && seen[1] < 130 && seen[2] > 25 && seen[3] > 15);
    begin();
    ADD(OG_TRIAL_COMPLETE, 0.9, 0.9, 0.9);
    for (int64_t number = 1; og__pruner_bracket(&rules, number) == og__pruner_bracket(&rules, 0); number++)
        history.curves[0].number = number; /* the other one is of another bracket */
    ADD(OG_TRIAL_RUNNING, 0.1);
    history.curves[1].number = history.curves[0].number + 1;
    assert_false(stops("hyperband", &rules));
}

static void behind_the_best_on_most_seeds_is_stopped(void **state)
{
    (void)state;
    og__pruner_rules rules = og__pruner_rules_default(27, "s");
    begin();
    ADD(OG_TRIAL_COMPLETE, 0.50, 0.60, 0.70, 0.80);
    history.curves[0].value = 0.65;
    ADD(OG_TRIAL_RUNNING, 0.40, 0.49, 0.58);
    assert_false(stops("wilcoxon", &rules)); /* 1/8 of the signs */
    history.count--;
    ADD(OG_TRIAL_RUNNING, 0.40, 0.49, 0.58, 0.67);
    assert_true(stops("wilcoxon", &rules)); /* 1/16 */
    history.curves[0].value = 0.53;
    history.values[1][3] = 1.5; /* one great seed: the mean is better */
    assert_false(stops("wilcoxon", &rules));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_and_others_are_not),
        cmocka_unit_test(none_stops_nothing),
        cmocka_unit_test(below_the_median_of_five_is_stopped),
        cmocka_unit_test(intervals_and_percentiles_are_kept),
        cmocka_unit_test(patience_ends_after_reports_without_gain),
        cmocka_unit_test(a_rung_lets_the_best_third_pass),
        cmocka_unit_test(brackets_follow_from_name_and_number),
        cmocka_unit_test(behind_the_best_on_most_seeds_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

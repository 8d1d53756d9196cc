/* src/study/tune.c and what it rests on, with a runner that trains nothing: what is proposed, that a stopped tuning
 * goes on to the same, what is stopped early, and the confirmation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/report.h>

#include "fake_set.h"
#include "near.h"
#include "study/grid_points.h"
#include "study/tune.h"
#include "study/tuning.h"

static og_train_options train;
static og_tune_options options;
static int stop_after;     /* runs of tuned_train() until it stops as if interrupted; 0 never */
static char seen[64][160]; /* "ACT lr LR seed SEED" of its runs */
static int calls;
static bool flat;       /* tuning makes no difference */
static double too_fast; /* no network can be made at a larger learning rate */

static void set(char **field, const char *text)
{
    free(*field);
    *field = strdup(text);
}

static int ask(void **state)
{
    (void)state;
    calls = stop_after = 0;
    flat = false;
    too_fast = INFINITY;
    if (og_options_init(og_train_option_table(), &train) != OG_OK ||
        og_options_init(og_tune_option_table(), &options) != OG_OK)
        return -1;
    train.epochs = 9;
    set(&options.acts, "leaky_relu, elu, silu");
    options.trials = 20;
    options.pruner = 0;
    options.confirm = 8;
    return 0;
}

static int forget(void **state)
{
    (void)state;
    og_options_deinit(og_train_option_table(), &train);
    og_options_deinit(og_tune_option_table(), &options);
    return 0;
}

/* Best at a learning rate of 5e-3, with elu, and without weight decay; epochs rise to it. */
static double quality(const og_train_options *o)
{
    double lr = log10(o->learning_rate / 5e-3);
    return 0.8 - (flat ? 0 : 0.2 * lr * lr) + (strncmp(o->act, "elu", 3) == 0 ? 0.05 : 0) - o->weight_decay;
}

/* An og__trial_runner. */
static og_status tuned_train(const og_dataset *set_of, const og_train_options *o, const char *run, bool resume,
                             og_train_report report, void *context)
{
    (void)set_of;
    char path[600];
    assert_true(resume);
    if (calls < 64)
        snprintf(seen[calls], sizeof seen[0], "%s lr %.4g seed %lld", o->act, o->learning_rate, (long long)o->seed);
    if (++calls == stop_after)
        return og__fail(OG_ERR_STOPPED, "stopped");
    if (o->learning_rate > too_fast)
        return og__fail(OG_ERR_SHAPE, "a rate of %g makes no network", o->learning_rate);
    og__random random = fake_random(o->act, o->seed + (int64_t)(1e6 * o->learning_rate));
    double dice = quality(o) + 0.004 * og__random_normal(&random);
    OG_TRY(og__folder_make(run));
    for (int64_t epoch = 2; epoch <= o->epochs; epoch++) { /* the step behind an epoch tells of it */
        og_train_progress progress = {
            .epoch = epoch, .epochs = o->epochs, .step = 1, .steps = 1, .dice = dice * (1 - 0.5 / (double)(epoch - 1))};
        if (!report(context, &progress))
            return og__fail(OG_ERR_STOPPED, "stopped");
    }
    json_t *result = json_pack("{s:s,s:s,s:I,s:{s:f,s:f},s:[]}", "status", "finished", "act", o->act, "seed",
                               (json_int_t)o->seed, "scores", "mean_dice", dice, "mean_iou", dice / 2, "curve");
    snprintf(path, sizeof path, "%s/result.json", run);
    og_status status = og__json_save(path, result);
    json_decref(result);
    return status;
}

static og_status tune(const char *name)
{
    return og__tune_run(
        &(og__call){.data = data, .data_path = "data", .train = &train, .study = scratch(name), .run = tuned_train},
        &options);
}

static json_t *results_of(const char *name)
{
    char *text;
    if (og_report_text(scratch(name), &text) != OG_OK)
        fail_msg("%s", og_error_text());
    json_t *report = json_loads(text, 0, NULL), *results = json_incref(json_object_get(report, "results"));
    json_decref(report);
    free(text);
    return results;
}

static const char *text_in(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void expect_error(const char *part)
{
    if (!strstr(og_error_text(), part))
        fail_msg("'%s' does not say '%s'", og_error_text(), part);
}

static void the_better_learning_rate_is_found_and_confirmed(void **state)
{
    (void)state;
    assert_int_equal(tune("found"), OG_OK);
    assert_string_equal(seen[0], "leaky_relu lr 0.001 seed 0"); /* first, everything as it is */
    assert_string_equal(seen[2], "elu lr 0.001 seed 0");
    json_t *results = results_of("found"), *verdict = json_object_get(results, "verdict");
    assert_string_equal(text_in(verdict, "kind"), "helped");
    assert_non_null(strstr(text_in(verdict, "text"), "elu as it is"));
    json_t *winner = json_array_get(json_object_get(results, "finalists"), 0);
    double lr = json_number_value(json_object_get(json_object_get(winner, "settings"), "learning-rate"));
    assert_true(lr > 2e-3 && lr < 1e-2);
    assert_non_null(strstr(text_in(results, "command"), "ogive train data -o trained --act"));
    assert_non_null(strstr(text_in(results, "command"), "--learning-rate 0.00"));
    json_t *first = json_array_get(json_object_get(results, "importance"), 0);
    assert_string_equal(text_in(first, "name"), "lr");
    assert_int_equal(json_array_size(json_object_get(results, "trials")), 20);
    json_decref(results);
}

static void where_nothing_matters_the_answer_is_not_that_tuning_helped(void **state)
{
    (void)state;
    flat = true;
    set(&options.vary, "lr");
    assert_int_equal(tune("flat"), OG_OK);
    json_t *results = results_of("flat");
    assert_string_not_equal(text_in(json_object_get(results, "verdict"), "kind"), "helped");
    assert_null(strstr(text_in(results, "command"), "--learning-rate"));
    json_decref(results);
}

static void a_stopped_tuning_goes_on_to_the_same_results(void **state)
{
    (void)state;
    options.pruner = 3;
    assert_int_equal(tune("straight"), OG_OK);
    int straight = calls;
    for (int stop = 3; stop < 30; stop += 9) {
        calls = 0;
        stop_after = stop;
        og_status status = tune("stopped");
        assert_true(status == OG_ERR_STOPPED || status == OG_OK);
    }
    stop_after = 0;
    assert_int_equal(tune("stopped"), OG_OK);
    json_t *one = results_of("straight"), *other = results_of("stopped");
    assert_true(json_equal(json_object_get(one, "trials"), json_object_get(other, "trials")));
    assert_true(json_equal(json_object_get(one, "finalists"), json_object_get(other, "finalists")));
    json_decref(one);
    json_decref(other);
    calls = 0;
    assert_int_equal(tune("stopped"), OG_OK); /* nothing is left to do */
    assert_int_equal(calls, 0);
    options.trials = 24; /* more are welcome */
    assert_int_equal(tune("stopped"), OG_OK);
    assert_true(calls >= 4);
    assert_true(straight > 24);
}

static void what_promises_little_is_stopped_and_never_confirmed(void **state)
{
    (void)state;
    options.pruner = 3;
    assert_int_equal(tune("pruned"), OG_OK);
    json_t *results = results_of("pruned"), *trial;
    size_t index, pruned = 0;
    json_array_foreach(json_object_get(results, "trials"), index, trial) {
        bool early = strcmp(text_in(trial, "state"), "pruned") == 0;
        pruned += early;
        if (early)
            assert_true(json_integer_value(json_object_get(trial, "epochs")) < 9);
        if (index == 0)
            assert_false(early); /* nobody was at its rungs before */
    }
    assert_true(pruned >= 5 && pruned < 17);
    json_decref(results);
}

static void configurations_without_a_network_are_failures_among_the_others(void **state)
{
    (void)state;
    too_fast = 4e-3;
    assert_int_equal(tune("impossible"), OG_OK);
    json_t *results = results_of("impossible"), *trial;
    size_t index, failed = 0;
    json_array_foreach(json_object_get(results, "trials"), index, trial) {
        double lr = json_number_value(json_object_get(json_object_get(trial, "params"), "lr"));
        bool is_failed = strcmp(text_in(trial, "state"), "failed") == 0;
        assert_int_equal(is_failed, lr > too_fast);
        assert_int_equal(is_failed, strstr(is_failed ? text_in(trial, "error") : "", "makes no network") != NULL);
        failed += is_failed;
    }
    assert_int_equal(index, 20);
    assert_true(failed >= 2);
    trial = json_array_get(json_object_get(results, "finalists"), 0);
    assert_true(json_number_value(json_object_get(json_object_get(trial, "settings"), "learning-rate")) <= too_fast);
    json_decref(results);
    calls = 0;
    assert_int_equal(tune("impossible"), OG_OK); /* they are results: not tried again */
    assert_int_equal(calls, 0);
    too_fast = 0; /* then it is the question that is wrong */
    assert_int_equal(tune("nonsense"), OG_ERR_SHAPE);
    expect_error("leaky_relu with seed 0: a rate of 0.001 makes no network");
}

static void a_tuning_of_another_question_is_refused(void **state)
{
    (void)state;
    options.trials = 4;
    options.confirm = 0;
    assert_int_equal(tune("question"), OG_OK);
    options.pruner = 1;
    assert_int_equal(tune("question"), OG_ERR_ARGUMENT);
    expect_error("tune.pruner was \"none\" and is now \"median\"");
    options.pruner = 0;
    options.trials = 2;
    assert_int_equal(tune("few"), OG_ERR_ARGUMENT);
    expect_error("trials: 2 are too few");
    options.trials = 4;
    set(&options.vary, "lr, colour");
    assert_int_equal(tune("colour"), OG_ERR_ARGUMENT);
    expect_error("'colour' is none of lr, weight-decay");
}

static void parameters_stay_where_the_function_bends(void **state)
{
    (void)state;
    og__arms arms;
    og__tune_space space;
    assert_int_equal(og__arms_parse("leaky_relu, elu, silu, 'x*a + b*relu(x); a = 0.5, b = 1'", &arms), OG_OK);
    assert_int_equal(og__tune_space_init(&arms, &train, OG_TUNE_VARY, &space), OG_OK);
    bool slope = false, formula = false;
    for (size_t d = 0; d < space.space.count; d++) {
        const og__dimension *dimension = &space.space.dimensions[d];
        if (strcmp(dimension->name, "act.leaky_relu.a") == 0) {
            slope = true;
            assert_true(dimension->log && dimension->low < 0.001 && dimension->high > 0.1 && dimension->high < 1);
        }
        formula |= strncmp(dimension->name, "act.", 4) == 0 && strstr(dimension->name, "0.5");
        assert_null(strstr(dimension->name, "silu")); /* which has no parameter */
    }
    assert_true(slope && formula);
    og__tune_space_deinit(&space);
    og__arms_deinit(&arms);
}

static void settings_are_what_training_takes(void **state)
{
    (void)state;
    og__arms arms;
    og__tune_space space;
    assert_int_equal(og__arms_parse("elu, 'x*a + relu(x); a = 0.5'", &arms), OG_OK);
    assert_int_equal(og__tune_space_init(&arms, &train, OG_TUNE_VARY, &space), OG_OK);
    for (int64_t number = 0; number < 60; number++) {
        double point[40];
        json_t *settings;
        og_train_options own;
        og__run run = {.name = "c0001-s3"};
        og__space_draw(&space.space, true, 5, number, point);
        og__tune_space_round(&space, point);
        assert_int_equal(og__tune_space_settings(&space, point, false, 3, &settings), OG_OK);
        run.settings = settings;
        assert_int_equal(og__run_options(&run, &train, &own), OG_OK);
        assert_int_equal(own.seed, 3);
        assert_true(own.learning_rate >= 1e-4 && own.learning_rate <= 1e-2);
        og_act *act;
        assert_int_equal(og_act_parse(own.act, &act), OG_OK);
        assert_string_equal(og_act_text(act), own.act); /* as a run's result says it */
        og_act_free(act);
        og_options_deinit(og_train_option_table(), &own);
        json_decref(settings);
    }
    og__tune_space_deinit(&space);
    og__arms_deinit(&arms);
}

static void a_grid_has_every_point_once(void **state)
{
    (void)state;
    static const char *const acts[] = {"a", "b"};
    const og__dimension dimensions[] = {
        {"act", OG_DIMENSION_CHOICE, 0, 1, 1, false, OG_NO_PARENT, 0, acts},
        {"lr", OG_DIMENSION_REAL, 1e-4, 1e-2, 0, true, OG_NO_PARENT, 0, NULL},
        {"act.b.p", OG_DIMENSION_REAL, 0, 2, 0, false, 0, 1, NULL},
    };
    const og__space space = {3, dimensions};
    double point[3], sum = 0;
    size_t count = 0, with = 0;
    for (; og__grid_point(&space, count, point); count++) {
        with += !isnan(point[2]);
        sum += isnan(point[2]) ? 0 : point[2];
        if (count == 1)
            assert_near(point[1], 1e-3, 1e-12);
    }
    assert_int_equal(count, 3 + 9);
    assert_int_equal(with, 9);
    assert_near(sum, 9, 1e-12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ask, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_better_learning_rate_is_found_and_confirmed),
        TEST(where_nothing_matters_the_answer_is_not_that_tuning_helped),
        TEST(a_stopped_tuning_goes_on_to_the_same_results),
        TEST(what_promises_little_is_stopped_and_never_confirmed),
        TEST(configurations_without_a_network_are_failures_among_the_others),
        TEST(a_tuning_of_another_question_is_refused),
        TEST(parameters_stay_where_the_function_bends),
        TEST(settings_are_what_training_takes),
        TEST(a_grid_has_every_point_once),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}

/* src/report: report.json of a study whose runs were made up (tests/fake_train.h), number by number. */
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
#include "study/runner.h"

/* Make a study of made-up runs; some may be missing or failed. */
static const char *make_study(const char *name, const char *acts, int64_t seeds, double target)
{
    og_train_options train;
    og_compare_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &train), OG_OK);
    assert_int_equal(og_options_init(og_compare_option_table(), &options), OG_OK);
    train.epochs = 20;
    train.eval_every = 3;
    free(options.acts);
    options.acts = strdup(acts);
    options.seeds = seeds;
    options.target_dice = target;
    const char *study = scratch(name);
    og__comparison_run(
        &(og__call){.data = data, .data_path = "data", .train = &train, .study = study, .run = fake_train}, &options);
    og_options_deinit(og_train_option_table(), &train);
    og_options_deinit(og_compare_option_table(), &options);
    return study;
}

static json_t *load_report(const char *study)
{
    char path[512];
    json_t *report;
    snprintf(path, sizeof path, "%s/report.json", study);
    assert_int_equal(og__json_load(path, &report), OG_OK);
    return report;
}

/* Follow a path of keys and indices, "results.acts.0.dice.mean". */
static json_t *at(json_t *value, const char *path)
{
    char copy[256], *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key; value && (key = strsep(&rest, ".")) != NULL;)
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key)) : json_object_get(value, key);
    if (!value)
        fail_msg("the report has no %s", path);
    return value;
}

static double real_at(json_t *value, const char *path)
{
    return json_number_value(at(value, path));
}

static const char *text_at(json_t *value, const char *path)
{
    return json_string_value(at(value, path));
}

/* Dice of the run of an activation on a seed, straight from its result.json. */
static double dice_of(const char *study, const char *act, int seed)
{
    char path[512];
    json_t *result;
    snprintf(path, sizeof path, "%s/trials/%s-s%d/result.json", study, act, seed);
    assert_int_equal(og__json_load(path, &result), OG_OK);
    double dice = real_at(result, "scores.mean_dice");
    json_decref(result);
    return dice;
}

static void numbers_of_the_table_are_those_of_the_runs(void **state)
{
    (void)state;
    const char *study = make_study("numbers", "relu, mish", 3, 0);
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    double relu = 0, mish = 0, lead = 0, square = 0;
    for (int seed = 0; seed < 3; seed++) {
        double d = dice_of(study, "relu", seed) - dice_of(study, "mish", seed);
        relu += dice_of(study, "relu", seed) / 3;
        mish += dice_of(study, "mish", seed) / 3;
        lead += d / 3;
        square += d * d;
    }
    double sd = sqrt((square - 3 * lead * lead) / 2),
           half = 4.302652729911275 * sd / sqrt(3); /* SciPy: t.ppf(.975, 2) */
    assert_string_equal(text_at(report, "results.verdict.best"), "mish");
    assert_string_equal(text_at(report, "results.verdict.kind"), "undecided");
    assert_near(real_at(report, "results.acts.0.dice.mean"), relu, 1e-12);
    assert_near(real_at(report, "results.acts.1.dice.mean"), mish, 1e-12);
    assert_near(real_at(report, "results.acts.0.difference.dice.mean"), lead, 1e-12);
    assert_near(real_at(report, "results.acts.0.difference.dice.low"), lead - half, 1e-9);
    assert_near(real_at(report, "results.acts.0.difference.dice.high"), lead + half, 1e-9);
    assert_true(json_is_null(at(report, "results.acts.0.p_adjusted")));
    assert_near(real_at(report, "results.target_dice.value"), 0.95 * mish, 1e-12);
    assert_int_equal(json_array_size(at(report, "results.runs")), 6);
    assert_int_equal(json_array_size(at(report, "results.acts.0.per_class")), 2);
    json_decref(report);
}

static void identical_studies_have_identical_results(void **state)
{
    (void)state;
    const char *a = make_study("same-a", "relu, prelu, x*sigmoid(x)", 2, 0);
    fake.clock = 1.7;
    const char *b = make_study("same-b", "relu, prelu, x*sigmoid(x)", 2, 0);
    fake.clock = 1;
    assert_int_equal(og_report_study(NULL, a), OG_OK);
    assert_int_equal(og_report_study(NULL, b), OG_OK);
    json_t *left = load_report(a), *right = load_report(b);
    char *left_text, *right_text;
    assert_int_equal(og__json_line(at(left, "results"), &left_text), OG_OK);
    assert_int_equal(og__json_line(at(right, "results"), &right_text), OG_OK);
    assert_string_equal(left_text, right_text);
    assert_false(json_equal(at(left, "timing"), at(right, "timing")));
    free(left_text);
    free(right_text);
    json_decref(left);
    json_decref(right);
}

static void a_failed_run_counts_as_zero_and_is_shown(void **state)
{
    (void)state;
    fake.fail_act = "silu";
    const char *study = make_study("failed", "relu, silu", 2, 0);
    fake.fail_act = NULL;
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    assert_int_equal((int)real_at(report, "results.acts.1.failures"), 1);
    assert_near(real_at(report, "results.acts.1.dice.mean"), dice_of(study, "silu", 0) / 2, 1e-12);
    assert_near(real_at(report, "results.acts.1.dice.min"), 0, 0);
    assert_string_equal(text_at(report, "results.runs.3.status"), "failed");
    assert_non_null(strstr(text_at(report, "results.runs.3.error"), "encoder.0.1"));
    assert_non_null(strstr(text_at(report, "results.method.4"), "1 of 4 runs failed here."));
    json_decref(report);
}

static void time_to_the_target_is_censored_where_it_was_not_reached(void **state)
{
    (void)state;
    const char *study = make_study("target", "sigmoid, mish", 3, 0.7);
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    assert_int_equal((int)real_at(report, "results.acts.0.epochs_to_target.reached"), 0);
    assert_true(json_is_null(at(report, "results.acts.0.epochs_to_target.median")));
    assert_int_equal((int)real_at(report, "results.acts.1.epochs_to_target.reached"), 3);
    assert_true(json_is_null(at(report, "results.runs.0.epochs_to_target")));
    /* The first scored epoch of mish's first run whose Dice is at least 0.7, and its seconds. */
    size_t row = 0;
    json_t *curve = at(report, "results.runs.1.curve");
    while (!(json_number_value(json_object_get(json_array_get(curve, row), "dice")) >= 0.7))
        row++;
    assert_near(real_at(report, "results.runs.1.epochs_to_target"), (double)row + 1, 0);
    assert_near(real_at(report, "timing.runs.1.seconds_to_target"),
                json_number_value(json_array_get(at(report, "timing.runs.1.curve_s"), row)), 0);
    json_decref(report);
}

static void growth_of_the_gradient_is_that_of_neighbours_in_a_stage(void **state)
{
    (void)state;
    const char *study = make_study("growth", "relu, tanh", 1, 0);
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    json_t *layers = at(report, "results.acts.0.health.first");
    assert_int_equal(json_array_size(layers), 14);
    double sum = 0;
    for (size_t pair = 0; pair < 7; pair++) /* layers come in pairs: two to a stage */
        sum += log(json_number_value(json_object_get(json_array_get(layers, 2 * pair), "gradient_rms")) /
                   json_number_value(json_object_get(json_array_get(layers, 2 * pair + 1), "gradient_rms")));
    assert_int_equal((int)real_at(report, "results.acts.0.gradient.first.pairs"), 7);
    assert_near(real_at(report, "results.acts.0.gradient.first.mean"), exp(sum / 7), 1e-12);
    /* relu with a norm before it: chi = (1/2) / (1/2 - 1/(2 pi)) = pi / (pi - 1) */
    assert_near(real_at(report, "results.acts.0.gradient.predicted"), sqrt(3.14159265358979 / 2.14159265358979), 1e-6);
    json_decref(report);
}

/* Make a study whose encoder has one activation in all runs; the made-up results name it only for stage 0. */
static const char *make_placed_study(const char *name, const char *acts)
{
    og_train_options train;
    og_compare_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &train), OG_OK);
    assert_int_equal(og_options_init(og_compare_option_table(), &options), OG_OK);
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "act-stage"), &train, "encoder.0=mish"),
                     OG_OK);
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "act-head"), &train, "logistic"), OG_OK);
    free(options.acts);
    options.acts = strdup(acts);
    options.seeds = 1;
    const char *study = scratch(name);
    og__comparison_run(
        &(og__call){.data = data, .data_path = "data", .train = &train, .study = study, .run = fake_train}, &options);
    og_options_deinit(og_train_option_table(), &train);
    og_options_deinit(og_compare_option_table(), &options);
    char path[512];
    json_t *result;
    snprintf(path, sizeof path, "%s/trials/relu-s0/result.json", study);
    assert_int_equal(og__json_load(path, &result), OG_OK);
    json_object_set_new(result, "acts", json_pack("[{s:s,s:i,s:s}]", "place", "encoder", "stage", 0, "text", "mish"));
    assert_int_equal(og__json_save(path, result), OG_OK);
    json_decref(result);
    return study;
}

static void layers_with_another_activation_are_not_the_arms(void **state)
{
    (void)state;
    const char *study = make_placed_study("placed", "relu, tanh");
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    assert_int_equal((int)real_at(report, "results.acts.0.gradient.first.pairs"), 6);
    assert_int_equal((int)real_at(report, "results.acts.1.gradient.first.pairs"), 7);
    const char *common = json_string_value(at(report, "results.method.1"));
    assert_non_null(strstr(common, "(stage encoder.0=mish;"));
    assert_non_null(strstr(common, "every network is sigmoid."));
    json_decref(report);
}

static void learned_parameters_are_summed_up(void **state)
{
    (void)state;
    const char *study = make_study("learned", "relu, 'where(x > 0, x, a*x); a=learn(0.1, channel)'", 2, 0);
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    assert_int_equal(json_array_size(at(report, "results.acts.0.learned")), 0);
    assert_near(real_at(report, "results.acts.1.learned.0.initial"), 0.1, 1e-6);
    assert_near(real_at(report, "results.acts.1.learned.0.mean"), 0.2, 1e-6);
    assert_near(real_at(report, "results.acts.1.learned.0.min"), -0.1, 1e-6);
    assert_near(real_at(report, "results.acts.1.learned.0.max"), 0.5, 1e-6);
    json_decref(report);
}

static void a_stopped_study_reports_its_complete_blocks(void **state)
{
    (void)state;
    fake.calls = 0;
    fake.stop_at = 4;
    const char *study = make_study("partial", "relu, silu", 3, 0);
    fake.stop_at = 0;
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    assert_int_equal(json_array_size(at(report, "results.seeds")), 1);
    assert_int_equal((int)real_at(report, "results.seeds_asked"), 3);
    assert_int_equal(json_array_size(at(report, "results.runs")), 2);
    json_decref(report);
    fake.calls = 0;
    fake.stop_at = 2;
    study = make_study("empty", "relu, silu", 3, 0);
    fake.stop_at = 0;
    assert_int_equal(og_report_study(NULL, study), OG_ERR_DATA);
    assert_non_null(strstr(og_error_text(), "no seed yet"));
}

static void the_page_holds_its_data_and_nothing_ends_the_script(void **state)
{
    (void)state;
    const char *study = make_study("page", "relu, silu", 2, 0);
    assert_int_equal(og_report_study(NULL, study), OG_OK);
    json_t *report = load_report(study);
    json_object_set_new(at(report, "results.question.data"), "name",
                        json_string("</script><script>alert(1)</script><!--"));
    assert_int_equal(og__json_save(scratch("hostile.json"), report), OG_OK);
    json_decref(report);
    og_status status = og_report_html(scratch("hostile.json"), scratch("hostile.html"));
    if (status == OG_ERR_UNSUPPORTED)
        skip(); /* built without the page */
    assert_int_equal(status, OG_OK);
    char *page;
    size_t count;
    assert_int_equal(og__file_read(scratch("hostile.html"), &page, &count), OG_OK);
    assert_null(strstr(page, "<script>alert"));
    assert_null(strstr(page, "<!--@"));
    assert_non_null(strstr(page, "\\u003c/script>\\u003cscript>alert(1)"));
    assert_null(strstr(page, "src=\"http"));
    char *data_start = strstr(page, "id=\"report\">") + strlen("id=\"report\">");
    json_t *inside;
    assert_int_equal(
        og__json_parse(data_start, (size_t)(strstr(data_start, "</script>") - data_start), "page", &inside), OG_OK);
    assert_string_equal(text_at(inside, "results.question.data.name"), "</script><script>alert(1)</script><!--");
    json_decref(inside);
    free(page);
}

static void a_page_is_made_of_reports_only(void **state)
{
    (void)state;
    og_status status = og_report_html(scratch_text("other.json", "{\"format\": \"other\"}"), scratch("other.html"));
    if (status == OG_ERR_UNSUPPORTED)
        skip();
    assert_int_equal(status, OG_ERR_FORMAT);
    assert_int_equal(og_report_html(scratch("missing.json"), scratch("other.html")), OG_ERR_FILE);
    assert_false(og__file_exists(scratch("other.html")));
    assert_int_equal(og_report_study(NULL, scratch("no-study")), OG_ERR_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_the_table_are_those_of_the_runs),
        cmocka_unit_test(identical_studies_have_identical_results),
        cmocka_unit_test(a_failed_run_counts_as_zero_and_is_shown),
        cmocka_unit_test(time_to_the_target_is_censored_where_it_was_not_reached),
        cmocka_unit_test(growth_of_the_gradient_is_that_of_neighbours_in_a_stage),
        cmocka_unit_test(layers_with_another_activation_are_not_the_arms),
        cmocka_unit_test(learned_parameters_are_summed_up),
        cmocka_unit_test(a_stopped_study_reports_its_complete_blocks),
        cmocka_unit_test(the_page_holds_its_data_and_nothing_ends_the_script),
        cmocka_unit_test(a_page_is_made_of_reports_only),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}

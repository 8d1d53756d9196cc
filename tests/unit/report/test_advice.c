/* src/report/advice.c: each rule speaks where made-up results (tests/fake_train.h) give it reason to, and only there.
 */
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
#include "study/runner.h"

enum { EPOCHS = 24 };

static const char *make_study(const char *name, const char *acts, int64_t seeds)
{
    og_train_options train;
    og_compare_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &train), OG_OK);
    assert_int_equal(og_options_init(og_compare_option_table(), &options), OG_OK);
    train.epochs = EPOCHS;
    free(options.acts);
    options.acts = strdup(acts);
    options.seeds = seeds;
    const char *study = scratch(name);
    assert_int_equal(
        og__comparison_run(
            &(og__call){.data = data, .data_path = "data", .train = &train, .study = study, .run = fake_train},
            &options),
        OG_OK);
    og_options_deinit(og_train_option_table(), &train);
    og_options_deinit(og_compare_option_table(), &options);
    return study;
}

/* Change the results of an activation's runs. */
static void change(const char *study, const char *act, int seeds, void (*edit)(json_t *result, int seed))
{
    for (int seed = 0; seed < seeds; seed++) {
        char path[512];
        json_t *result;
        snprintf(path, sizeof path, "%s/trials/%s-s%d/result.json", study, act, seed);
        assert_int_equal(og__json_load(path, &result), OG_OK);
        edit(result, seed);
        assert_int_equal(og__json_save(path, result), OG_OK);
        json_decref(result);
    }
}

/* The text and evidence of a rule on an activation (NULL: on the study); NULL where it says nothing. */
static const char *advice(const char *study, const char *rule, const char *act)
{
    static char words[2048];
    const char *found = NULL;
    char *text;
    json_t *document, *row;
    size_t i;
    assert_int_equal(og_report_text(study, &text), OG_OK);
    assert_int_equal(og__json_parse(text, strlen(text), "report", &document), OG_OK);
    json_array_foreach(json_object_get(document, "advice"), i, row) {
        const char *about = json_string_value(json_object_get(row, "act"));
        if (strcmp(json_string_value(json_object_get(row, "rule")), rule) != 0 ||
            !(act ? about && strcmp(about, act) == 0 : !about))
            continue;
        snprintf(words, sizeof words, "%s | %s", json_string_value(json_object_get(row, "text")),
                 json_string_value(json_object_get(row, "evidence")));
        found = words;
    }
    free(text);
    json_decref(document);
    return found;
}

static void expect(const char *study, const char *rule, const char *act, const char *part)
{
    const char *words = advice(study, rule, act);
    if (!words || !strstr(words, part))
        fail_msg("rule %s on %s says: %s; expected: %s", rule, act ? act : "the study", words ? words : "nothing",
                 part);
}

static void expect_nothing(const char *study, const char *rule, const char *act)
{
    const char *words = advice(study, rule, act);
    if (words)
        fail_msg("rule %s on %s says: %s", rule, act ? act : "the study", words);
}

static void set_dice(json_t *result, double dice)
{
    json_t *scores = json_object_get(result, "scores"), *curve = json_object_get(result, "curve");
    json_object_set_new(scores, "mean_dice", json_real(dice));
    json_object_set_new(json_array_get(curve, json_array_size(curve) - 1), "dice", json_real(dice));
}

/* --- rules ------------------------------------------------------------------------------------------------------ */

static void take_half_the_time(json_t *result, int seed)
{
    (void)seed;
    json_object_set_new(json_object_get(result, "cost"), "ms_per_step", json_real(20));
}

static void score_nearly_alike(json_t *result, int seed)
{
    set_dice(result, 0.740 + 0.001 * seed);
}

static void score_a_little_more(json_t *result, int seed)
{
    set_dice(result, 0.7405 + 0.001 * seed + 0.0001 * (seed % 2));
}

static void of_equals_the_cheaper_is_recommended(void **state)
{
    (void)state;
    const char *study = make_study("cheaper", "relu, mish", 6);
    expect_nothing(study, "cheaper", "relu");
    change(study, "relu", 6, score_nearly_alike);
    change(study, "mish", 6, score_a_little_more);
    expect_nothing(study, "cheaper", "relu"); /* as dear */
    change(study, "relu", 6, take_half_the_time);
    expect(study, "cheaper", "relu", "Take relu rather than mish: as good, and cheaper.");
    expect(study, "cheaper", "relu", "Its mean Dice is 0.0006 lower");
    expect(study, "cheaper", "relu", "takes 20.0 ms instead of 4");
    expect_nothing(study, "cheaper", "mish");
    expect_nothing(study, "undecided", NULL);
    expect_nothing(study, "unconfirmed", NULL);
}

static void failures_are_named(void **state)
{
    (void)state;
    fake.fail_act = "silu";
    const char *study = make_study("failed", "relu, silu", 3);
    fake.fail_act = NULL;
    expect(study, "failed", "silu", "1 of its 3 runs ended because their numbers became infinite");
    expect_nothing(study, "failed", "relu");
    expect_nothing(study, "unreliable", "silu"); /* its other runs are as good as ever */
    expect_nothing(study, "noise", NULL);
}

static void collapse_on_one_seed(json_t *result, int seed)
{
    if (seed == 1)
        set_dice(result, 0.21);
}

static void a_run_that_collapsed_is_named(void **state)
{
    (void)state;
    const char *study = make_study("unreliable", "relu, silu", 3);
    expect_nothing(study, "unreliable", "silu");
    change(study, "silu", 3, collapse_on_one_seed);
    expect(study, "unreliable", "silu", "Its worst run reached a Dice of 0.210, half of its runs 0.7");
    expect_nothing(study, "unreliable", "relu");
}

static json_t *warning(const char *state)
{
    return json_pack(
        "{s:s, s:b, s:s, s:i, s:[s], s:s}", "warning", "dead", "serious", 1, "state", state, "epoch", 3, "where",
        "encoder.2", "text",
        "encoder stage 2: 31 % of the channels dead since epoch 3; leaky_relu or a lower learning rate would "
        "keep them trainable");
}

static void warn_to_the_end(json_t *result, int seed)
{
    if (seed != 0)
        json_object_set_new(result, "warnings", json_pack("[o]", warning("begins")));
}

static void warn_for_a_while(json_t *result, int seed)
{
    if (seed != 0)
        json_object_set_new(result, "warnings", json_pack("[o, o]", warning("begins"), warning("ends")));
}

static void what_most_runs_were_warned_of_is_passed_on(void **state)
{
    (void)state;
    const char *study = make_study("health", "relu, tanh", 3);
    change(study, "tanh", 3, warn_for_a_while);
    expect_nothing(study, "health", "tanh");
    change(study, "relu", 3, warn_to_the_end);
    expect(study, "health", "relu", "relu: leaky_relu or a lower learning rate would keep them trainable.");
    expect(study, "health", "relu", "In 2 of 3 runs, as in that of seed 1: encoder stage 2: 31 % of the channels dead");
    expect_nothing(study, "health", "tanh");
}

static void rise_to_the_end(json_t *result, int seed)
{
    (void)seed;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(result, "curve"), i, row)
        json_object_set_new(row, "dice", json_real(0.5 + 0.01 * (double)(i + 1)));
    set_dice(result, 0.5 + 0.01 * EPOCHS);
}

static void fall_after_the_middle(json_t *result, int seed)
{
    (void)seed;
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(result, "curve"), i, row)
        json_object_set_new(row, "dice", json_real(i < EPOCHS / 2 ? 0.8 : 0.76));
    set_dice(result, 0.76);
}

static void rising_and_falling_scores_ask_for_other_lengths(void **state)
{
    (void)state;
    const char *study = make_study("length", "relu, tanh", 3);
    expect_nothing(study, "short", "relu");
    expect_nothing(study, "long", "relu");
    change(study, "relu", 3, rise_to_the_end);
    expect(study, "short", "relu", "In the last third of the 24 epochs the Dice of relu rose by 0.080");
    expect_nothing(study, "long", "relu");
    change(study, "relu", 3, fall_after_the_middle);
    expect(study, "long", "relu", "The last Dice of relu is 0.040 below the highest of its run");
    expect_nothing(study, "short", "relu");
}

static void score_badly_on_a_class(json_t *result, int seed)
{
    (void)seed;
    json_t *rows = json_object_get(json_object_get(result, "scores"), "per_class");
    json_object_set_new(json_array_get(rows, 1), "dice", json_real(0.9));
    json_object_set_new(json_array_get(rows, 2), "dice", json_real(0.3));
}

static void a_class_far_below_the_others_is_named(void **state)
{
    (void)state;
    const char *study = make_study("class", "relu, tanh", 3);
    expect_nothing(study, "weak-class", "relu");
    change(study, "relu", 3, score_badly_on_a_class);
    expect(study, "weak-class", "relu", "With relu its Dice is 0.300; the mean of the other classes is 0.900.");
}

static void scatter_widely(json_t *result, int seed)
{
    set_dice(result, 0.7 + 0.08 * sin(5.0 * seed + (double)strlen(json_string_value(json_object_get(result, "act")))));
}

static void a_study_of_noise_asks_for_seeds_and_expects_little(void **state)
{
    (void)state;
    const char *study = make_study("noise", "relu, tanh, sigmoid", 6);
    expect_nothing(study, "noise", NULL); /* sigmoid is far behind */
    change(study, "relu", 6, scatter_widely);
    change(study, "tanh", 6, scatter_widely);
    change(study, "sigmoid", 6, scatter_widely);
    expect(study, "noise", NULL, "Between activations the Dice varies by 0.0");
    expect_nothing(study, "unconfirmed", NULL);
}

static void lead_by_far(json_t *result, int seed)
{
    set_dice(result, 0.80 + 0.002 * (seed % 3));
}

static void a_winner_is_to_be_confirmed_and_an_open_study_gone_on_with(void **state)
{
    (void)state;
    const char *study = make_study("decided", "relu, tanh", 6);
    change(study, "relu", 6, lead_by_far);
    expect(study, "unconfirmed", NULL, "run relu and the next best on fresh seeds (--first-seed 6");
    expect(study, "unconfirmed", NULL, "the highest of 2 means over these same 6 seeds");
    expect_nothing(study, "undecided", NULL);
    study = make_study("open", "relu, leaky_relu, silu", 4);
    expect(study, "undecided", NULL, "--seeds ");
    expect(study, "undecided", NULL, "there are 4.");
    expect_nothing(study, "unconfirmed", NULL);
}

static void learn_one_value(json_t *result, int seed)
{
    (void)seed;
    size_t i;
    json_t *layer;
    json_array_foreach(json_object_get(result, "health"), i, layer)
        json_object_set_new(
            layer, "params",
            json_pack("{s:{s:f,s:f,s:f,s:f}}", "a", "initial", 0.25, "mean", 0.1, "min", 0.098, "max", 0.103));
}

static void a_parameter_that_settles_can_be_fixed(void **state)
{
    (void)state;
    const char *study = make_study("settled", "relu, prelu", 2);
    expect_nothing(study, "settled", "prelu"); /* from -0.2 to 0.4 about its initial value */
    change(study, "prelu", 2, learn_one_value);
    expect(study, "settled", "prelu",
           "Fix a of prelu at 0.1: what it learns is the same everywhere. | After training it is "
           "0.098 to 0.103 over all layers and seeds, from 0.25 at first.");
    expect_nothing(study, "settled", "relu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_equals_the_cheaper_is_recommended),
        cmocka_unit_test(failures_are_named),
        cmocka_unit_test(a_run_that_collapsed_is_named),
        cmocka_unit_test(what_most_runs_were_warned_of_is_passed_on),
        cmocka_unit_test(rising_and_falling_scores_ask_for_other_lengths),
        cmocka_unit_test(a_class_far_below_the_others_is_named),
        cmocka_unit_test(a_study_of_noise_asks_for_seeds_and_expects_little),
        cmocka_unit_test(a_winner_is_to_be_confirmed_and_an_open_study_gone_on_with),
        cmocka_unit_test(a_parameter_that_settles_can_be_fixed),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}

/* Options: defaults, parsing, ranges, names, and texts that survive a round trip. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/option.h>

typedef struct settings {
    int64_t epochs;
    double rate;
    char *act;
    bool exact;
    int optimizer;
    int64_t seed;
    char *stages;
} settings;

static const og_option rows[] = {
    {"epochs", NULL, OG_OPTION_INT, offsetof(settings, epochs), "10", 1, 1000, NULL, "epochs", "Training", "How long"},
    {"learning-rate", "lr", OG_OPTION_REAL, offsetof(settings, rate), "0.01", 0, 10, NULL, NULL, "Training",
     "Step size"},
    {"act", NULL, OG_OPTION_TEXT, offsetof(settings, act), "relu", 0, 0, NULL, NULL, "Network", "Activation"},
    {"exact", NULL, OG_OPTION_FLAG, offsetof(settings, exact), "false", 0, 0, NULL, NULL, "Running", "No Winograd"},
    {"optimizer", NULL, OG_OPTION_CHOICE, offsetof(settings, optimizer), "adam", 0, 0, "sgd|adam|adamw", NULL,
     "Training", "Update rule"},
    {"seed", NULL, OG_OPTION_INT, offsetof(settings, seed), "0", -INFINITY, INFINITY, NULL, NULL, "Running", "Seed"},
    {"stage", NULL, OG_OPTION_LIST, offsetof(settings, stages), "", 0, 0, NULL, NULL, "Network", "One per item"},
};
static const og_option_table table = {rows, sizeof rows / sizeof rows[0]};

static int setup(void **state)
{
    settings *s = malloc(sizeof *s);
    assert_non_null(s);
    memset(s, 0xa5, sizeof *s); /* og_options_init() must not read what was there before */
    assert_int_equal(og_options_init(table, s), OG_OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    og_options_deinit(table, *state);
    free(*state);
    return 0;
}

static og_status set(settings *s, const char *name, const char *value)
{
    return og_option_set(og_option_find(table, name), s, value);
}

static void test_defaults(void **state)
{
    settings *s = *state;
    assert_int_equal(s->epochs, 10);
    assert_true(s->rate == 0.01);
    assert_string_equal(s->act, "relu");
    assert_false(s->exact);
    assert_int_equal(s->optimizer, 1);
}

static void test_set(void **state)
{
    settings *s = *state;
    assert_int_equal(set(s, "epochs", "1000"), OG_OK);
    assert_int_equal(s->epochs, 1000);
    assert_int_equal(set(s, "lr", "1e-3"), OG_OK);
    assert_true(s->rate == 1e-3);
    assert_int_equal(set(s, "act", "x*sigmoid(x)"), OG_OK);
    assert_string_equal(s->act, "x*sigmoid(x)");
    assert_int_equal(set(s, "exact", "Yes"), OG_OK);
    assert_true(s->exact);
    assert_int_equal(set(s, "optimizer", "adamw"), OG_OK);
    assert_int_equal(s->optimizer, 2);
    assert_int_equal(set(s, "seed", "9223372036854775807"), OG_OK);
    assert_true(s->seed == INT64_MAX);
}

/* Each bad value is refused with a text that holds `says`, and the field keeps its default. */
static void test_refuse(void **state)
{
    static const struct {
        const char *name, *value, *says;
    } cases[] = {
        {"epochs", "0", "from 1 to 1000 (epochs)"},
        {"epochs", "1001", "out of range"},
        {"epochs", "3.5", "not a whole number"},
        {"epochs", "3x", "not a whole number"},
        {"epochs", "", "not a whole number"},
        {"epochs", "99999999999999999999", "out of range"},
        {"seed", "99999999999999999999", "out of range"},
        {"learning-rate", "fast", "'fast' is not a number"},
        {"learning-rate", "nan", "not a number"},
        {"learning-rate", "inf", "out of range"},
        {"learning-rate", "-1", "from 0 to 10"},
        {"exact", "perhaps", "neither true nor false"},
        {"optimizer", "adm", "did you mean 'adam'?"},
        {"optimizer", "", "sgd|adam|adamw"},
    };
    settings *s = *state, before = *s;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(set(s, cases[i].name, cases[i].value), OG_ERR_ARGUMENT);
        assert_non_null(strstr(og_error_text(), cases[i].name));
        if (!strstr(og_error_text(), cases[i].says))
            fail_msg("%s=%s: '%s' does not say '%s'", cases[i].name, cases[i].value, og_error_text(), cases[i].says);
        assert_memory_equal(s, &before, sizeof before);
    }
}

static void test_find(void **state)
{
    (void)state;
    assert_ptr_equal(og_option_find(table, "learning-rate"), &rows[1]);
    assert_ptr_equal(og_option_find(table, "learning_rate"), &rows[1]);
    assert_ptr_equal(og_option_find(table, "lr"), &rows[1]);
    assert_null(og_option_find(table, "learning"));
    assert_null(og_option_find(table, "learning-rates"));
    assert_null(og_option_find(table, ""));
}

static void test_round_trip(void **state)
{
    static const double numbers[] = {0, 0.1, 1.0 / 3, 1e-3, 2.5e-7, 9.999999999999998};
    settings *s = *state;
    char *text;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        s->rate = numbers[i];
        assert_int_equal(og_option_get(&rows[1], s, &text), OG_OK);
        s->rate = -1;
        assert_int_equal(og_option_set(&rows[1], s, text), OG_OK);
        assert_true(s->rate == numbers[i]);
        free(text);
    }
    static const char *const texts[][2] = {{"epochs", "42"},
                                           {"learning-rate", "0.001"},
                                           {"act", "leaky_relu(a=0.2)"},
                                           {"exact", "true"},
                                           {"optimizer", "sgd"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const og_option *option = og_option_find(table, texts[i][0]);
        assert_int_equal(og_option_set(option, s, texts[i][1]), OG_OK);
        assert_int_equal(og_option_get(option, s, &text), OG_OK);
        assert_string_equal(text, texts[i][1]);
        free(text);
    }
}

static void test_list(void **state)
{
    settings *s = *state;
    const og_option *stage = og_option_find(table, "stage");
    char *text;
    assert_string_equal(s->stages, "");
    assert_int_equal(og_option_add(stage, s, "0=relu"), OG_OK);
    assert_int_equal(og_option_add(stage, s, "1=leaky_relu(a=0.1, b)"), OG_OK);
    assert_string_equal(s->stages, "0=relu\n1=leaky_relu(a=0.1, b)");
    assert_int_equal(og_option_add(stage, s, "two\nlines"), OG_ERR_ARGUMENT);
    assert_int_equal(og_option_add(stage, s, " "), OG_ERR_ARGUMENT);
    assert_int_equal(og_option_get(stage, s, &text), OG_OK);
    assert_int_equal(og_option_set(stage, s, "9=elu"), OG_OK); /* replaces */
    assert_string_equal(s->stages, "9=elu");
    assert_int_equal(og_option_set(stage, s, text), OG_OK);
    assert_string_equal(s->stages, "0=relu\n1=leaky_relu(a=0.1, b)");
    free(text);
    assert_int_equal(og_option_add(og_option_find(table, "epochs"), s, "7"), OG_OK);
    assert_int_equal(s->epochs, 7);
}

static void test_bad_default(void **state)
{
    (void)state;
    og_option bad[] = {rows[2], rows[0]};
    bad[1].initial = "0";
    settings s;
    assert_int_equal(og_options_init((og_option_table){bad, 2}, &s), OG_ERR_ARGUMENT);
    assert_null(s.act); /* released */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_set, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuse, setup, teardown),
        cmocka_unit_test(test_find),
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list, setup, teardown),
        cmocka_unit_test(test_bad_default),
    };
    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}

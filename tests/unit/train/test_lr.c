/* og_lr_find(): the range test on a tiny data set. */
#include "unit/train/tiny_data.h"

#include <ogive/lr.h>

static char base[] = "/tmp/ogive-lr-XXXXXX";
static og_dataset *data;

static int make_data(void **state)
{
    char folder[64];
    (void)state;
    if (!mkdtemp(base))
        return -1;
    snprintf(folder, sizeof folder, "%s/data", base);
    data = tiny_open(folder);
    return 0;
}

static int remove_data(void **state)
{
    (void)state;
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

static og_lr_curve find(const char *act, og_lr_options range, og_lr_report report, void *context, og_status wanted)
{
    og_train_options options = tiny_options();
    og_lr_curve curve;
    og_option_set(og_option_find(og_train_option_table(), "act"), &options, act);
    options.optimizer = OG_OPTIMIZER_SGD;
    options.momentum = 0.9;
    og_status status = og_lr_find(data, &options, &range, report, context, &curve);
    if (status != wanted)
        fail_msg("%d: %s", status, og_error_text());
    og_options_deinit(og_train_option_table(), &options);
    return curve;
}

/* Tiny rates learn nothing, huge ones destroy: between them is where the loss falls. */
static void the_suggestion_lies_where_the_loss_falls(void **state)
{
    (void)state;
    og_lr_curve curve = find("relu", (og_lr_options){1e-6, 100, 80}, NULL, NULL, OG_OK);
    assert_string_equal(curve.act, "relu");
    assert_true(curve.count > 40 && curve.count <= 80);
    assert_true(curve.points[0].rate == 1e-6);
    for (size_t i = 1; i < curve.count; i++) /* evenly in the logarithm: eight decades */
        assert_true(fabs(log10(curve.points[i].rate / curve.points[i - 1].rate) - 8.0 / 79) < 1e-9);
    assert_true(curve.suggestion > 1e-4 && curve.suggestion < curve.lowest && curve.lowest < 10);
    double first = curve.points[0].loss, least = INFINITY;
    for (size_t i = 0; i < curve.count; i++)
        least = fmin(least, curve.points[i].smooth);
    assert_true(least < 0.8 * first);

    og_lr_curve again = find("relu", (og_lr_options){1e-6, 100, 80}, NULL, NULL, OG_OK);
    assert_int_equal(again.count, curve.count);
    assert_memory_equal(again.points, curve.points, curve.count * sizeof *curve.points);
    og_lr_curve_deinit(&again);

    char path[128];
    snprintf(path, sizeof path, "%s/rates.svg", base);
    assert_int_equal(og_lr_save(1, &curve, path), OG_OK);
    assert_true(og__file_exists(path));
    snprintf(path, sizeof path, "%s/rates.png", base);
    assert_int_equal(og_lr_save(1, &curve, path), OG_OK);
    snprintf(path, sizeof path, "%s/rates.gif", base);
    assert_int_equal(og_lr_save(1, &curve, path), OG_ERR_ARGUMENT);
    og_lr_curve_deinit(&curve);
}

/* A network that cannot learn gets no suggestion out of noise of its own: the rates are too small to move it. */
static void rates_that_do_nothing_diverge_nowhere(void **state)
{
    (void)state;
    og_lr_curve curve = find("relu", (og_lr_options){1e-12, 1e-11, 40}, NULL, NULL, OG_OK);
    assert_int_equal(curve.count, 40);
    assert_false(curve.diverged);
    og_lr_curve_deinit(&curve);
}

/* What overflows ends the curve, and is no failure. */
static void an_overflow_ends_the_curve(void **state)
{
    (void)state;
    og_lr_curve curve = find("x*exp(x)", (og_lr_options){1e-3, 1e6, 40}, NULL, NULL, OG_OK);
    assert_true(curve.diverged);
    assert_true(curve.count < 40);
    og_lr_curve_deinit(&curve);
}

static bool stop_at_five(void *context, int64_t step, int64_t steps, double rate, double loss)
{
    (void)context;
    (void)steps;
    (void)rate;
    (void)loss;
    return step < 5;
}

static void it_can_be_stopped_and_refuses_what_falls(void **state)
{
    (void)state;
    find("relu", (og_lr_options){1e-6, 1, 40}, stop_at_five, NULL, OG_ERR_STOPPED);
    find("relu", (og_lr_options){1, 1e-3, 40}, NULL, NULL, OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "the rate rises"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_suggestion_lies_where_the_loss_falls),
        cmocka_unit_test(rates_that_do_nothing_diverge_nowhere),
        cmocka_unit_test(an_overflow_ends_the_curve),
        cmocka_unit_test(it_can_be_stopped_and_refuses_what_falls),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}

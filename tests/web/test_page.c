/* The report's page in headless Chromium: every chart is drawn without an error, the table shows the numbers of
 * report.json, every button works, and names that look like markup stay names. Skipped where there is no Chromium. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/report.h>

#include "base/text.h"
#include "fake_train.h"
#include "study/runner.h"

/* verdict, runs, curves, cost, target, five of health, and one for each activation */
enum { ACTS = 8, CHARTS = 10 + ACTS };

static const char hostile[] = "</script><img src=x onerror=\"document.documentElement.dataset.harmed='yes'\">";

static og_dataset *data;
static const char *browser;

static const char *find_browser(void)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (scratch_run("command -v %s", names[i]) == 0)
            return names[i];
    return NULL;
}

static void make_report(const char *name)
{
    og_train_options train;
    og_compare_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &train), OG_OK);
    assert_int_equal(og_options_init(og_compare_option_table(), &options), OG_OK);
    train.epochs = 40;
    assert_int_equal(
        og__comparison_run(
            &(og__call){.data = data, .data_path = "data", .train = &train, .study = scratch(name), .run = fake_train},
            &options),
        OG_OK);
    og_options_deinit(og_train_option_table(), &train);
    og_options_deinit(og_compare_option_table(), &options);
    assert_int_equal(og_report_study(NULL, scratch(name)), OG_OK);
}

static int open_all(void **state)
{
    if (scratch_open(state) != 0)
        return -1;
    browser = find_browser();
    const char *path = fake_data("data");
    if (!path || og_dataset_open(path, NULL, &data) != OG_OK)
        return -1;
    fake.fail_act = "sigmoid";
    make_report("study");
    return 0;
}

static int close_all(void **state)
{
    og_dataset_free(data);
    return scratch_close(state);
}

/* The page's elements after its scripts ran, as text; released with free(). */
static char *render(const char *html)
{
    og__text command = {0};
    char *dom;
    size_t count;
    if (!browser) {
        print_message("no Chromium here: install 'chromium' to run this test\n");
        skip();
    }
    og__text_format(&command,
                    "timeout 120 %s --headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
                    "--disable-background-networking --disable-component-update --disable-sync --window-size=1280,2000 "
                    "--user-data-dir=%s/profile --dump-dom file://%s >%s/dom.html 2>%s/browser.log",
                    browser, scratch_folder, html, scratch_folder, scratch_folder);
    assert_int_equal(system(command.data), 0);
    og__text_deinit(&command);
    assert_int_equal(og__file_read(scratch("dom.html"), &dom, &count), OG_OK);
    return dom;
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static void expect(const char *dom, const char *part)
{
    if (!strstr(dom, part))
        fail_msg("the page does not hold: %s", part);
}

static void expect_no_errors(const char *dom)
{
    expect(dom, "data-ready=\"yes\"");
    const char *errors = strstr(dom, "data-errors=\"");
    assert_non_null(errors);
    if (strncmp(errors, "data-errors=\"[]\"", 16) != 0)
        fail_msg("%.*s", 600, errors);
}

static json_t *load_report(void)
{
    json_t *report;
    assert_int_equal(og__json_load(scratch("study/report.json"), &report), OG_OK);
    return report;
}

/* Write the page of a changed report with more markup at its end. */
static const char *write_page(const json_t *report, const char *more)
{
    char *page;
    size_t count;
    og__text longer = {0};
    assert_int_equal(og__json_save(scratch("changed.json"), report), OG_OK);
    og_status status = og_report_html(scratch("changed.json"), scratch("changed.html"));
    if (status == OG_ERR_UNSUPPORTED)
        skip(); /* built without the page */
    assert_int_equal(status, OG_OK);
    assert_int_equal(og__file_read(scratch("changed.html"), &page, &count), OG_OK);
    og__text_add(&longer, page);
    og__text_add(&longer, more);
    assert_int_equal(og__file_write(scratch("changed.html"), longer.data, longer.length), OG_OK);
    og__text_deinit(&longer);
    free(page);
    return scratch("changed.html");
}

static void every_chart_is_drawn_without_an_error(void **state)
{
    (void)state;
    json_t *report = load_report();
    char *dom = render(write_page(report, ""));
    expect_no_errors(dom);
    assert_int_equal(count_of(dom, "<canvas"), CHARTS);
    assert_int_equal(count_of(dom, "data-points=\""), CHARTS);
    assert_int_equal(count_of(dom, "data-points=\"0\""), 0);
    assert_int_equal(count_of(dom, "role=\"img\" id=\"chart-"), CHARTS);
    free(dom);
    json_decref(report);
}

static void the_tables_show_the_reports_numbers(void **state)
{
    (void)state;
    json_t *report = load_report();
    char *dom = render(write_page(report, "")), cell[128];
    const json_t *act, *run, *results = json_object_get(report, "results");
    size_t i;
    expect(dom, json_string_value(json_object_get(json_object_get(results, "verdict"), "text")));
    json_array_foreach(json_object_get(results, "acts"), i, act) {
        const json_t *dice = json_object_get(act, "dice");
        snprintf(cell, sizeof cell, "<td>%.3f<small>± %.3f</small></td>",
                 json_number_value(json_object_get(dice, "mean")), json_number_value(json_object_get(dice, "sd")));
        expect(dom, cell);
    }
    json_array_foreach(json_object_get(results, "runs"), i, run) {
        snprintf(cell, sizeof cell, "<td>%.3f</td>", json_number_value(json_object_get(run, "dice")));
        expect(dom, cell);
    }
    expect(dom, "failed: layer encoder.0.1: its output is not finite");
    free(dom);
    json_decref(report);
}

static void every_button_works(void **state)
{
    (void)state;
    json_t *report = load_report();
    char *dom =
        render(write_page(report, "<script>for (const button of document.querySelectorAll('button')) button.click();"
                                  "for (const list of document.querySelectorAll('select')) {"
                                  "list.selectedIndex = 3; list.dispatchEvent(new Event('change')); }"
                                  "document.documentElement.dataset.clicked = 'yes';</script>"));
    expect(dom, "data-clicked=\"yes\"");
    expect_no_errors(dom);
    free(dom);
    json_decref(report);
}

/* Put the hostile text wherever a name from outside can stand. */
static void poison(json_t *report)
{
    json_t *results = json_object_get(report, "results"), *question = json_object_get(results, "question");
    json_t *set = json_object_get(question, "data"), *act = json_array_get(json_object_get(results, "acts"), 2);
    json_object_set_new(set, "name", json_string(hostile));
    json_array_set_new(json_object_get(set, "classes"), 1, json_string(hostile));
    json_object_set_new(results, "data_path", json_string(hostile));
    json_object_set_new(act, "text", json_string(hostile));
    json_object_set_new(act, "formula", json_string(hostile));
    json_object_set_new(json_array_get(json_object_get(results, "runs"), ACTS), "error", json_string(hostile));
    json_object_set_new(results, "examples",
                        json_pack("[{s:s,s:i,s:i,s:s,s:s,s:[{s:s,s:f,s:s,s:s}]}]", "name", hostile, "width", 1,
                                  "height", 1, "image", hostile, "truth", "javascript:alert(1)", "predictions", "act",
                                  "relu", "dice", 0.5, "labels", hostile, "errors", hostile));
}

static void names_that_look_like_markup_are_harmless(void **state)
{
    (void)state;
    json_t *report = load_report();
    poison(report);
    char *dom = render(write_page(report, ""));
    expect_no_errors(dom);
    assert_null(strstr(dom, "data-harmed"));
    assert_null(strstr(dom, "<img src=\"x\""));
    assert_true(count_of(dom, "&lt;/script&gt;&lt;img src=x") >= 6); /* shown as text */
    free(dom);
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_chart_is_drawn_without_an_error),
        cmocka_unit_test(the_tables_show_the_reports_numbers),
        cmocka_unit_test(every_button_works),
        cmocka_unit_test(names_that_look_like_markup_are_harmless),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}

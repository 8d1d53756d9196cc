/* ogive study profile STUDY STUDY ...: the same activations over several data sets. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <ogive/report.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "table.h"
#include "terminal.h"

typedef struct own_settings {
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {OPTION_JSON(own_settings)};
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double element(const json_t *object, const char *name, size_t index)
{
    return json_number_value(json_array_get(json_object_get(object, name), index));
}

/* The levels and factors of the whole document that the table shows. */
static const size_t levels[] = {50, 70, 80, 90};
static const size_t factors[] = {0, 2, 3, 5};

static int by_iqm(const void *a, const void *b)
{
    double first = number(*(const json_t *const *)a, "iqm"), second = number(*(const json_t *const *)b, "iqm");
    return (first < second) - (first > second);
}

static void print_profile(const json_t *document)
{
    const json_t *acts = json_object_get(document, "acts");
    size_t count = json_array_size(acts);
    const json_t **order = calloc(count, sizeof *order);
    if (!order)
        abort(); /* a few bytes for a table that is about to be printed */
    for (size_t i = 0; i < count; i++)
        order[i] = json_array_get(acts, i);
    qsort(order, count, sizeof *order, by_iqm);
    text_table table = {.align = "lrrrrrrrrrr"};
    table_cell(&table, "ACTIVATION");
    table_cell(&table, "IQM OF DICE");
    table_cell(&table, "RANK");
    for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++)
        table_cell(&table, "> %.2g", element(document, "levels", levels[l]));
    for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++)
        table_cell(&table, f == 0 ? "BEST" : "x %.3g", element(document, "factors", factors[f]));
    for (size_t i = 0; i < count; i++) {
        const json_t *act = order[i];
        table_cell(&table, "%s", json_string_value(json_object_get(act, "act")));
        table_cell(&table, "%.3f (%.3f to %.3f)", number(act, "iqm"), number(act, "iqm_low"), number(act, "iqm_high"));
        table_number(&table, number(act, "mean_rank"), 2);
        for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++)
            table_cell(&table, "%.0f %%", 100 * element(act, "above", levels[l]));
        for (size_t f = 0; f < sizeof factors / sizeof factors[0]; f++)
            table_cell(&table, "%.0f %%", 100 * element(act, "within", factors[f]));
    }
    free(order);
    printf("%zu activations on %zu data sets:\n\n", count, json_array_size(json_object_get(document, "studies")));
    table_print(&table, stdout);
    printf("\n  ");
    print_folded(
        stdout,
        "IQM: mean of the middle half of all scores, with a 95 % interval. RANK: mean over the data sets. > D: share "
        "of the runs above a Dice of D. BEST, x F: share of the data sets on which the error, 1 - mean Dice, is the "
        "least, or at most F times the least.",
        2, 2);
    double p = number(document, "friedman_p");
    char text[256];
    if (isfinite(p))
        snprintf(
            text, sizeof text,
            "Friedman's test that all are alike over the data sets: p %.2g. Mean ranks that differ by less than %.2f "
            "are not told apart (Nemenyi).",
            p, number(document, "critical_difference"));
    else
        snprintf(text, sizeof text, "With fewer than 5 data sets no test is made over them.");
    printf("\n  ");
    print_folded(stdout, text, 2, 2);
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    char *text;
    json_t *document;
    size_t count = 0;
    while (positionals[count])
        count++;
    TRY(og_report_profile(positionals, count, &text));
    TRY(read_json(text, &document));
    return print_json_or_words(document, settings->json, print_profile);
}

const cli_command study_profile_command = {
    .name = "study profile",
    .summary = "compare activations over the data sets of several studies",
    .positionals = {{"STUDY", "the folders of studies that 'ogive compare' began, on different data sets"}},
    .repeated = true,
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Takes the activations that all studies have in common, and the seeds that are complete. Shows the interquartile mean with an "
        "interval that resamples the seeds within each study, mean ranks over the data sets, the share of runs above a Dice, and "
        "performance profiles by Dolan and More: the share of data sets on which an activation is within a factor of the best.\n\n"
        "--json prints whole curves with their bands (see ogive/report.h).",
    .examples = "  ogive study profile nuclei brain vessels\n"
                "  ogive study profile nuclei brain vessels --json >profile.json\n",
    .run = run,
};

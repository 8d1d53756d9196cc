#include "verdict.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "table.h"
#include "terminal.h"

/* A number found by walking down members, or NaN. */
static double number_at(const json_t *object, const char *first, const char *second, const char *third)
{
    const json_t *at = json_object_get(object, first);
    if (second)
        at = json_object_get(at, second);
    if (third)
        at = json_object_get(at, third);
    return json_is_number(at) ? json_number_value(at) : NAN;
}

static const char *text_at(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* An activation's row in "results", and its costs in "timing", which are kept apart because they vary between runs. */
typedef struct study_arm {
    const json_t *result, *cost;
} study_arm;

static int compare_arms(const void *a, const void *b)
{
    double first = number_at(((const study_arm *)a)->result, "dice", "mean", NULL);
    double second = number_at(((const study_arm *)b)->result, "dice", "mean", NULL);
    return (first < second) - (first > second);
}

static const json_t *find_cost(const json_t *report, const char *id)
{
    size_t index;
    json_t *cost;
    json_array_foreach(json_object_get(json_object_get(report, "timing"), "acts"), index, cost) {
        if (strcmp(text_at(cost, "id"), id) == 0)
            return cost;
    }
    return NULL;
}

/* "-0.012 (-0.020 to -0.004)": the mean difference to the best with its interval, where there is one. */
static void add_difference(text_table *table, const json_t *result)
{
    double mean = number_at(result, "difference", "dice", "mean");
    double low = number_at(result, "difference", "dice", "low"), high = number_at(result, "difference", "dice", "high");
    if (strcmp(text_at(result, "standing"), "best") == 0)
        table_cell(table, "best");
    else if (isfinite(low) && isfinite(high))
        table_cell(table, "%+.4f (%+.3f to %+.3f)", mean, low, high);
    else
        table_number(table, mean, 4);
}

static void add_name(text_table *table, const study_arm *arm)
{
    table_cell(table, "%s", text_at(arm->result, "text"));
}

static void add_probability(text_table *table, const json_t *result, const char *name)
{
    double p = number_at(result, name, NULL, NULL);
    if (isfinite(p) && p < 0.001)
        table_cell(table, "<0.001");
    else
        table_number(table, p, 3);
}

/* Scores, and what tests and resampling say of them; without the latter where there are too few blocks for any. */
static void print_scores(const study_arm *arms, size_t count, bool tested)
{
    static const char *const titles[] = {"ACTIVATION", "DICE", "SD", "AGAINST THE BEST", "BEST WINS", "RANK", "FAILED"};
    text_table table = {.align = tested ? "lrrrrrrrrr" : "lrrrrrr"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        table_cell(&table, "%s", titles[i]);
    if (tested) {
        table_cell(&table, "ADJUSTED P");
        table_cell(&table, "WILCOXON");
        table_cell(&table, "P(BEST)");
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *result = arms[i].result;
        double wins = number_at(result, "win_share", NULL, NULL);
        add_name(&table, &arms[i]);
        table_number(&table, number_at(result, "dice", "mean", NULL), 4);
        table_number(&table, number_at(result, "dice", "sd", NULL), 4);
        add_difference(&table, result);
        if (isfinite(wins))
            table_cell(&table, "%.0f %%", 100 * wins);
        else
            table_cell(&table, "-");
        table_number(&table, number_at(result, "mean_rank", NULL, NULL), 2);
        table_number(&table, number_at(result, "failures", NULL, NULL), 0);
        if (tested) {
            add_probability(&table, result, "p_adjusted");
            add_probability(&table, result, "wilcoxon_p_adjusted");
            add_probability(&table, result, "best_share");
        }
    }
    table_print(&table, stdout);
}

static void add_time(text_table *table, const json_t *reach)
{
    char time[32];
    double median = number_at(reach, "median", NULL, NULL);
    double reached = number_at(reach, "reached", NULL, NULL), runs = number_at(reach, "runs", NULL, NULL);
    format_duration(median, sizeof time, time);
    if (reached < runs)
        table_cell(table, "%s (%g of %g runs)", isfinite(median) ? time : "not reached", reached, runs);
    else
        table_cell(table, "%s", time);
}

static void print_costs(const study_arm *arms, size_t count, double target)
{
    text_table table = {.align = "lrrrl"};
    table_cell(&table, "ACTIVATION");
    table_cell(&table, "MS/STEP");
    table_cell(&table, "MIB");
    if (isfinite(target))
        table_cell(&table, "TIME TO %.3f", target);
    else
        table_cell(&table, "TIME TO TARGET");
    table_cell(&table, "PARETO FRONT");
    for (size_t i = 0; i < count; i++) {
        add_name(&table, &arms[i]);
        table_number(&table, number_at(arms[i].cost, "ms_per_step", NULL, NULL), 1);
        table_number(&table, number_at(arms[i].cost, "peak_bytes", NULL, NULL) / (1 << 20), 0);
        add_time(&table, json_object_get(arms[i].cost, "seconds_to_target"));
        table_cell(&table, "%s", json_is_true(json_object_get(arms[i].cost, "pareto")) ? "yes" : "");
    }
    table_print(&table, stdout);
}

static void print_arms(const json_t *report, bool tested)
{
    const json_t *results = json_object_get(report, "results"), *acts = json_object_get(results, "acts");
    size_t count = json_array_size(acts), index;
    study_arm *arms = calloc(count + 1, sizeof *arms);
    json_t *result;
    if (!arms)
        abort(); /* a few bytes for a table that is about to be printed */
    json_array_foreach(acts, index, result)
        arms[index] = (study_arm){result, find_cost(report, text_at(result, "id"))};
    qsort(arms, count, sizeof *arms, compare_arms);
    print_scores(arms, count, tested);
    putchar('\n');
    print_costs(arms, count, number_at(results, "target_dice", "value", NULL));
    free(arms);
}

/* A paragraph, indented as the tables are. */
static void print_paragraph(const char *text)
{
    printf("\n  ");
    print_folded(stdout, text, 2, 2);
}

static void print_advice(const json_t *advice)
{
    size_t i;
    const json_t *row;
    json_array_foreach(advice, i, row) {
        printf(i == 0 ? "\nWhat the runs suggest\n\n  - " : "  - ");
        print_folded(stdout, text_at(row, "text"), 4, 4);
        printf("    ");
        print_folded(stdout, text_at(row, "evidence"), 4, 4);
    }
}

void verdict_print(const json_t *report)
{
    const json_t *results = json_object_get(report, "results"), *verdict = json_object_get(results, "verdict");
    const char *cost = text_at(json_object_get(report, "timing"), "text");
    bool tested = json_is_true(json_object_get(verdict, "tested"));
    size_t blocks = json_array_size(json_object_get(results, "blocks"));
    if (json_is_integer(json_object_get(results, "folds")))
        printf("Mean Dice on the folds left out, over %zu paired runs of seeds and folds:\n\n", blocks);
    else
        printf("Mean Dice on the validation part, over %zu seed%s:\n\n", blocks, blocks == 1 ? "" : "s");
    print_arms(report, tested);
    if (!tested)
        print_paragraph("No p-values: fewer than 5 paired runs are too few to tell luck from a difference.");
    print_paragraph(text_at(verdict, "text"));
    if (cost[0])
        print_paragraph(cost);
    print_advice(json_object_get(report, "advice"));
}

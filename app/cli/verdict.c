#include "verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progress.h"
#include "table.h"

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

static void add_arm(text_table *table, const study_arm *arm)
{
    char time[32];
    double failures = number_at(arm->result, "failures", NULL, NULL);
    format_duration(number_at(arm->cost, "seconds_to_target", "median", NULL), sizeof time, time);
    if (failures > 0)
        table_cell(table, "%s (%g failed)", text_at(arm->result, "text"), failures);
    else
        table_cell(table, "%s", text_at(arm->result, "text"));
    table_number(table, number_at(arm->result, "dice", "mean", NULL), 4);
    table_number(table, number_at(arm->result, "dice", "sd", NULL), 4);
    table_number(table, number_at(arm->result, "iou", "mean", NULL), 4);
    add_difference(table, arm->result);
    table_cell(table, "%s", time);
    table_number(table, number_at(arm->cost, "ms_per_step", NULL, NULL), 1);
    table_number(table, number_at(arm->cost, "peak_bytes", NULL, NULL) / (1 << 20), 0);
}

static void print_arms(const json_t *report, const json_t *acts, double target)
{
    size_t count = json_array_size(acts), index;
    study_arm *arms = calloc(count + 1, sizeof *arms);
    json_t *result;
    if (!arms)
        abort(); /* a few bytes for a table that is about to be printed */
    json_array_foreach(acts, index, result)
        arms[index] = (study_arm){result, find_cost(report, text_at(result, "id"))};
    qsort(arms, count, sizeof *arms, compare_arms);

    text_table table = {.align = "lrrrrrrr"};
    static const char *const titles[] = {"ACTIVATION", "DICE", "SD", "IOU", "AGAINST THE BEST"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        table_cell(&table, "%s", titles[i]);
    if (isfinite(target))
        table_cell(&table, "TIME TO %.3f", target);
    else
        table_cell(&table, "TIME TO TARGET");
    table_cell(&table, "MS/STEP");
    table_cell(&table, "MIB");
    for (size_t i = 0; i < count; i++)
        add_arm(&table, &arms[i]);
    table_print(&table, stdout);
    free(arms);
}

void verdict_print(const json_t *report)
{
    const json_t *results = json_object_get(report, "results"), *timing = json_object_get(report, "timing");
    double target = number_at(results, "target_dice", "value", NULL);
    printf("Mean Dice on the validation part, over %zu seeds:\n\n", json_array_size(json_object_get(results, "seeds")));
    print_arms(report, json_object_get(results, "acts"), target);
    printf("\n  %s\n", text_at(json_object_get(results, "verdict"), "text"));
    if (text_at(timing, "text")[0])
        printf("  %s\n", text_at(timing, "text"));
}

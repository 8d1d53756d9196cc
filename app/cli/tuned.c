#include "tuned.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

static double number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

bool tuned_is(const json_t *report)
{
    return strcmp(text_of(json_object_get(report, "results"), "kind"), "tune") == 0;
}

/* "silu, learning-rate 0.0021": what a configuration sets. */
static void write_settings(const json_t *settings, size_t size, char *text)
{
    const char *name;
    const json_t *value;
    int used = snprintf(text, size, "%s", text_of(settings, "act"));
    json_object_foreach((json_t *)settings, name, value) {
        if (strcmp(name, "act") == 0 || used < 0 || (size_t)used >= size)
            continue;
        if (json_is_string(value))
            used += snprintf(text + used, size - (size_t)used, ", %s %s", name, json_string_value(value));
        else
            used += snprintf(text + used, size - (size_t)used, ", %s %.4g", name, json_number_value(value));
    }
}

static void print_finalists(const json_t *results)
{
    size_t index;
    const json_t *item;
    text_table table = {.align = "lrrrl"};
    static const char *const heads[] = {"configuration", "search", "fresh seeds", "behind the best", "settings"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        table_cell(&table, "%s", heads[i]);
    json_array_foreach(json_object_get(results, "finalists"), index, item) {
        char settings[400];
        bool usual = json_is_true(json_object_get(item, "as_it_is"));
        table_cell(&table, "%s%s", text_of(item, "name"), usual ? " (as it is)" : "");
        table_number(&table, number_of(item, "search_dice"), 4);
        table_number(&table, number_of(item, "fresh_dice"), 4);
        if (isfinite(number_of(item, "behind_low")))
            table_cell(&table, "%.4f (%+.4f to %+.4f)", number_of(item, "behind"), number_of(item, "behind_low"),
                       number_of(item, "behind_high"));
        else if (strcmp(text_of(item, "standing"), "best") == 0)
            table_cell(&table, "best");
        else
            table_number(&table, number_of(item, "behind"), 4);
        write_settings(json_object_get(item, "settings"), sizeof settings, settings);
        table_cell(&table, "%s", settings);
    }
    table_print(&table, stdout);
}

static void print_counts(const json_t *results)
{
    size_t index, pruned = 0, failed = 0;
    const json_t *trial, *trials = json_object_get(results, "trials");
    json_array_foreach(trials, index, trial) {
        pruned += strcmp(text_of(trial, "state"), "pruned") == 0;
        failed += strcmp(text_of(trial, "state"), "failed") == 0;
    }
    printf("  %zu configurations were tried", json_array_size(trials));
    if (pruned > 0)
        printf(", %zu of them stopped early", pruned);
    if (failed > 0)
        printf(", %zu of them failed", failed);
    printf(".\n");
}

static void print_importance(const json_t *results)
{
    size_t index;
    const json_t *item, *list = json_object_get(results, "importance");
    if (json_array_size(list) == 0)
        return;
    printf("  What mattered:");
    json_array_foreach(list, index, item) {
        if (index < 6)
            printf("%s %s %.0f %%", index ? "," : "", text_of(item, "name"), 100 * number_of(item, "share"));
    }
    printf("\n");
}

void tuned_print(const json_t *report)
{
    const json_t *results = json_object_get(report, "results");
    const char *places = text_of(json_object_get(results, "places"), "text");
    print_finalists(results);
    printf("\n  %s\n\n", text_of(json_object_get(results, "verdict"), "text"));
    print_counts(results);
    print_importance(results);
    if (places[0])
        printf("  %s\n", places);
    printf("\n  To train it:\n  %s\n", text_of(results, "command"));
}

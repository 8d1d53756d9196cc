/* ogive study workers STUDY: who works on what. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ogive/study.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "progress.h"
#include "table.h"

typedef struct own_settings {
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {OPTION_JSON(own_settings)};
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long count_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void add_duration(text_table *table, const json_t *row, const char *key, const char *after)
{
    char duration[32];
    format_duration(json_number_value(json_object_get(row, key)), sizeof duration, duration);
    table_cell(table, "%s%s", duration, after);
}

static void print_running(const json_t *running)
{
    size_t i;
    json_t *row;
    text_table table = {.align = "lllllrr"};
    static const char *const titles[] = {"run", "worker", "since", "last heard", "epoch", "Dice", "attempt"};
    if (json_array_size(running) == 0)
        return;
    for (size_t t = 0; t < sizeof titles / sizeof titles[0]; t++)
        table_cell(&table, "%s", titles[t]);
    json_array_foreach(running, i, row) {
        const json_t *dice = json_object_get(row, "dice");
        table_cell(&table, "%s", text_of(row, "run"));
        table_cell(&table, "%s%s", text_of(row, "worker"), json_is_true(json_object_get(row, "gone")) ? " (gone)" : "");
        add_duration(&table, row, "since_s", "");
        add_duration(&table, row, "beat_age_s", " ago");
        table_cell(&table, "%lld", count_of(row, "epoch"));
        table_number(&table, json_is_number(dice) ? json_number_value(dice) : (double)NAN, 3);
        table_cell(&table, "%lld", count_of(row, "attempt"));
    }
    printf("\n");
    table_print(&table, stdout);
}

static void print_failed(const json_t *failed)
{
    size_t i;
    json_t *row;
    if (json_array_size(failed) > 0)
        printf("\nAttempts that failed:\n");
    json_array_foreach(failed, i, row)
        printf("  %s, attempt %lld by %s after %lld epochs: %s\n", text_of(row, "run"), count_of(row, "attempt"),
               text_of(row, "worker"), count_of(row, "epoch"), text_of(row, "reason"));
}

static void print_roster(const json_t *roster)
{
    printf("%zu running, %lld waiting, %lld complete", json_array_size(json_object_get(roster, "running")),
           count_of(roster, "waiting"), count_of(roster, "complete"));
    if (count_of(roster, "pruned") > 0)
        printf(", %lld stopped early", count_of(roster, "pruned"));
    printf("  (%s)\n", text_of(roster, "store"));
    print_running(json_object_get(roster, "running"));
    print_failed(json_object_get(roster, "failed"));
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    char *text;
    json_t *roster;
    TRY(og_study_workers(positionals[0], &text));
    TRY(read_json(text, &roster));
    return print_json_or_words(roster, settings->json, print_roster);
}

const cli_command study_workers_command = {
    .name = "study workers",
    .summary = "print who works on a study, and on what",
    .positionals = {{"STUDY", "the folder of a study that 'ogive compare' began"}},
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Prints the runs that are at work, by which process on which machine, since when, when it was last heard of, and how "
        "far it is; and the attempts that failed or were lost with their worker. A worker beats every 10 s; one that was "
        "silent for three minutes, or is a process of this machine that is gone, loses its run to the next one that looks for "
        "work. Changes nothing.",
    .examples = "  ogive study workers study\n"
                "  ogive study workers study --json | jq '.running[].worker'\n",
    .run = run,
};

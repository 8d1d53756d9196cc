/* ogive study show STUDY: what the runs of a study say by now. */
#include "study_show.h"

#include <ogive/report.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "search_print.h"
#include "tuned.h"
#include "verdict.h"

typedef struct own_settings {
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {OPTION_JSON(own_settings)};
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

void study_print(const json_t *report)
{
    if (is_search(report))
        search_print(report);
    else if (tuned_is(report))
        tuned_print(report);
    else
        verdict_print(report);
}

og_status study_show(const char *study, bool json)
{
    char *text;
    json_t *report;
    TRY(og_report_text(study, &text));
    TRY(read_json(text, &report));
    return print_json_or_words(report, json, study_print);
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    return study_show(positionals[0], settings->json);
}

const cli_command study_show_command = {
    .name = "study show",
    .summary = "print the verdict of a study as its runs stand now",
    .positionals = {{"STUDY", "the folder of a study that 'ogive compare', 'ogive tune' or 'ogive search' began"}},
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description = "Judges the seeds on which every activation has a result, also while runs go on or after they were "
                   "stopped, and prints what 'ogive compare' prints at its end. Changes nothing.\n\n"
                   "--json prints the report as docs/report.md describes it, without pictures.",
    .examples = "  ogive study show study\n"
                "  ogive study show study --json | jq .results.verdict\n",
    .run = run,
};

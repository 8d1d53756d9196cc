/* ogive study resume STUDY: go on with a study as it was asked last. */

#include <ogive/data.h>
#include <ogive/study.h>

#include "command.h"
#include "failure.h"
#include "study_show.h"
#include "studying.h"

typedef struct own_settings {
    bool json, quiet;
    int64_t workers, threads;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_THREADS(own_settings),
        OPTION_WORKERS(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    const char *study = positionals[0];
    og_status status = OG_OK;
    og_dataset *data = NULL;
    workers others = {.study = study};
    int64_t threads = settings->threads;
    GO(workers_plan(settings->workers, &threads, &others));
    GO(og_study_open_data(study, &data));
    studying_begin(settings->quiet);
    status = og_study_resume(data, study, threads, studying_show, &others);
    GO(studying_end(status, &others, data));
    status = study_show(study, settings->json);
done:
    og_dataset_free(data);
    return status;
}

const cli_command study_resume_command = {
    .name = "study resume",
    .summary = "go on with a study that was stopped",
    .positionals = {{"STUDY", "the folder of a study"}},
    .parallel = true,
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Does what the command that began the study does when it is given again, from what STUDY/study.json says: finished runs "
        "are kept, unfinished ones go on from their last checkpoint to the same bits, runs that were given up or whose results "
        "were removed are done again; then the report is written. The data set must be where it was, unchanged.",
    .examples = "  ogive study resume study\n"
                "  ogive study resume study --workers 2\n",
    .run = run,
};

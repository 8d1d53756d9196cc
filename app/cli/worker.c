/* ogive worker STUDY: one more process that works on a study. */
#include <ogive/study.h>

#include "command.h"
#include "failure.h"
#include "interrupt.h"
#include "progress.h"
#include "runs.h"

typedef struct own_settings {
    bool quiet;
    int64_t threads;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {OPTION_QUIET(own_settings), OPTION_THREADS(own_settings)};
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static bool show(void *context, const og_study_progress *progress)
{
    (void)context;
    return runs_show(progress);
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    interrupt_catch();
    progress_begin(settings->quiet);
    og_status status = og_study_join(positionals[0], settings->threads, show, NULL);
    progress_end();
    return status == OG_ERR_STOPPED ? fail(status, "stopped after a checkpoint; another worker goes on from there")
                                    : status;
}

const cli_command worker_command = {
    .name = "worker",
    .summary = "train runs of a study beside other processes",
    .positionals = {{"STUDY", "the folder of a study that 'ogive compare', 'ogive tune' or 'ogive search' began"}},
    .parallel = true,
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Claims runs of the study that nobody works on, and trains them until all are done. Start as many as you like, on this "
        "machine or on others that see the same folder, data set and store; 'ogive compare' waits for their results and "
        "writes the report.\n\n"
        "A worker that dies loses at most the work since its run's last checkpoint: another one goes on from there, to the same "
        "bits. Ctrl-C gives the run back. Across machines the store should be a PostgreSQL server (ogive compare --store), since "
        "SQLite's locks cannot be relied on in network file systems.",
    .examples = "  ogive worker study\n"
                "  ogive worker study --threads 4\n",
    .run = run,
};

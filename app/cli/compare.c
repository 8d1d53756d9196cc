/* ogive compare DATA -o STUDY: which activation, and how sure is that. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <ogive/data.h>
#include <ogive/report.h>
#include <ogive/study.h>
#include <ogive/train.h>

#include "command.h"
#include "doubts.h"
#include "failure.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "runs.h"
#include "verdict.h"
#include "workers.h"

typedef struct own_settings {
    bool json, quiet;
    char *config, *output;
    int64_t workers;
    og_compare_options compare;
    og_data_options data;
    og_train_options train;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "folder", "Folder for the study: one run per activation and seed, and the report"),
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
        OPTION_WORKERS(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* The workers begin when the study is there to be joined: with the first report of a run. */
static bool show_progress(void *context, const og_study_progress *progress)
{
    workers_start(context);
    return runs_show(progress);
}

/* Seeds that the budget did not allow. */
static void print_budget(const own_settings *settings, const json_t *report)
{
    const json_t *results = json_object_get(report, "results");
    size_t done = json_array_size(json_object_get(results, "seeds"));
    if (settings->compare.budget[0] && (json_int_t)done < json_integer_value(json_object_get(results, "seeds_asked")))
        printf("\n  The budget of %s allowed %zu seed%s; the same command with a larger one goes on.\n",
               settings->compare.budget, done, done == 1 ? "" : "s");
}

static og_status print_result(const own_settings *settings)
{
    og_status status = OG_OK;
    json_t *report = NULL;
    char *path = join_path(settings->output, "report.json");
    if (!path)
        return fail(OG_ERR_MEMORY, "out of memory");
    GO(load_json(path, &report));
    if (settings->json) {
        status = print_json(json_incref(report), 17);
    } else {
        verdict_print(report);
        print_budget(settings, report);
        printf("\n  The whole report: %s/report.html\n", settings->output);
    }
done:
    json_decref(report);
    free(path);
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_dataset *data = NULL;
    workers others = {.study = settings->output};
    og_train_options train = settings->train;
    og_data_options data_options = settings->data;
    data_options.folds = settings->compare.folds;
    data_options.volumes = settings->train.dims == 1;
    GO(workers_plan(settings->workers, &train.threads, &others));
    GO(og_dataset_open(positionals[0], &data_options, &data));
    if (!settings->quiet)
        doubts_print_list(settings->compare.acts);
    interrupt_catch();
    progress_begin(settings->quiet);
    status = og_compare(data, positionals[0], &data_options, &train, &settings->compare, settings->output,
                        show_progress, &others);
    workers_wait(&others, status != OG_OK);
    progress_end();
    if (status == OG_ERR_STOPPED)
        status = fail(status, "stopped after a checkpoint; the same command goes on from there");
    if (status == OG_OK)
        GO(og_report_study(data, settings->output));
    if (status == OG_OK)
        GO(og_report_publish(settings->output));
    if (status == OG_OK)
        GO(print_result(settings));
done:
    og_dataset_free(data);
    return status;
}

const cli_command compare_command = {
    .name = "compare",
    .summary = "find out which activation functions suit a data set",
    .positionals = {{"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL},
               {og_compare_option_table, offsetof(own_settings, compare), NULL, NULL},
               {og_train_option_table, offsetof(own_settings, train), "act seed", NULL},
               {og_data_option_table, offsetof(own_settings, data), "folds volumes", NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Trains every activation on every seed. Runs are paired: on one seed all activations start from the same weights, "
        "each with its own gain, and see the same images in the same order. The verdict says only what the runs "
        "support.\n\n"
        "With --folds every seed runs on every fold, dealt as by ogive cv, and a block is a seed and a fold; intervals and tests then "
        "allow for training sets that overlap.\n\n"
        "The activations stand in all layers but those that --act-encoder, --act-bottleneck, --act-decoder or --act-stage "
        "give another one; these stay as they are in every run.\n\n"
        "The same command on the same folder goes on where it stopped, keeps finished runs, and may ask for more seeds. "
        "The folder gets report.html (one file, no network) and report.json, which --json prints.",
    .examples = "  ogive compare my-data -o study --acts relu,silu,mish --seeds 3 --epochs 50\n"
                "  ogive compare my-data -o study --acts 'relu, leaky_relu(a=0.2), x*tanh(softplus(x))'\n"
                "  ogive compare my-data -o study --config study.yaml\n",
    .run = run,
};

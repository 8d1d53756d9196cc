/* ogive compare DATA -o STUDY: which activation, and how sure is that. */
#include <stdio.h>

#include <ogive/data.h>
#include <ogive/study.h>
#include <ogive/train.h>

#include "command.h"
#include "doubts.h"
#include "failure.h"
#include "studying.h"

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

/* Seeds that the budget did not allow. */
static void print_budget(const json_t *report, const void *context)
{
    const own_settings *settings = context;
    const json_t *results = json_object_get(report, "results");
    size_t done = json_array_size(json_object_get(results, "seeds"));
    if (settings->compare.budget[0] && (json_int_t)done < json_integer_value(json_object_get(results, "seeds_asked")))
        printf("\n  The budget of %s allowed %zu seed%s; the same command with a larger one goes on.\n",
               settings->compare.budget, done, done == 1 ? "" : "s");
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
    studying_begin(settings->quiet);
    status = og_compare(data, positionals[0], &data_options, &train, &settings->compare, settings->output,
                        studying_show, &others);
    GO(studying_end(status, &others, data));
    status = studying_print(settings->output, settings->json, print_budget, settings);
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

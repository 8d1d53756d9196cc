/* ogive tune DATA -o STUDY: with which parameters, and did tuning help. */

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
    og_tune_options tune;
    og_data_options data;
    og_train_options train;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "folder",
                      "Folder for the study: one run per configuration and seed, and the report"),
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
        OPTION_WORKERS(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_dataset *data = NULL;
    workers others = {.study = settings->output};
    og_train_options train = settings->train;
    og_data_options data_options = settings->data;
    data_options.volumes = settings->train.dims == 1;
    GO(workers_plan(settings->workers, &train.threads, &others));
    GO(og_dataset_open(positionals[0], &data_options, &data));
    if (!settings->quiet)
        doubts_print_list(settings->tune.acts);
    studying_begin(settings->quiet);
    status =
        og_tune(data, positionals[0], &data_options, &train, &settings->tune, settings->output, studying_show, &others);
    GO(studying_end(status, &others, data));
    status = studying_print(settings->output, settings->json, NULL, NULL);
done:
    og_dataset_free(data);
    return status;
}

const cli_command tune_command = {
    .name = "tune",
    .summary = "find the parameters of activations, the learning rate and more for a data set",
    .positionals = {{"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL},
               {og_tune_option_table, offsetof(own_settings, tune), NULL, NULL},
               {og_train_option_table, offsetof(own_settings, train), "act seed", NULL},
               {og_data_option_table, offsetof(own_settings, data), "volumes", NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Tries every activation as it is, then configurations of them: their parameters, fixed or learned, the learning rate, "
        "weight decay and what else --vary names. Each configuration runs on the same few seeds; what promises little is "
        "stopped early. The best two then meet the best activation as it is on fresh seeds, which alone decide whether "
        "tuning helped.\n\n"
        "The same command on the same folder goes on where it stopped, and may ask for more --trials, a larger --budget or "
        "more seeds to --confirm. The folder gets report.html (one file, no network) and report.json, which --json prints.",
    .examples = "  ogive tune my-data -o tuned --acts leaky_relu,elu,swish_beta --trials 40 --epochs 30\n"
                "  ogive tune my-data -o tuned --acts relu,silu --vary lr,width,norm --budget 4h --workers 4\n",
    .run = run,
};

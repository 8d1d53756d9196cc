/* ogive search DATA -o STUDY: new activation functions for this data. */

#include <ogive/data.h>
#include <ogive/study.h>
#include <ogive/train.h>

#include "command.h"
#include "failure.h"
#include "studying.h"

typedef struct own_settings {
    bool json, quiet;
    char *config, *output;
    int64_t workers;
    og_search_options search;
    og_data_options data;
    og_train_options train;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "folder", "Folder for the search: its formulas, their runs, and the report"),
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
    og_search_options search = settings->search;
    search.workers = settings->workers;
    data_options.volumes = settings->train.dims == 1;
    GO(workers_plan(settings->workers, &train.threads, &others));
    GO(og_dataset_open(positionals[0], &data_options, &data));
    studying_begin(settings->quiet);
    status = og_search(data, positionals[0], &data_options, &train, &search, settings->output, studying_show, &others);
    GO(studying_end(status, &others, data));
    status = studying_print(settings->output, settings->json, NULL, NULL);
done:
    og_dataset_free(data);
    return status;
}

const cli_command search_command = {
    .name = "search",
    .summary = "look for new activation functions, made for a data set",
    .positionals = {{"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL},
               {og_search_option_table, offsetof(own_settings, search), NULL, NULL},
               {og_train_option_table, offsetof(own_settings, train), "act seed", NULL},
               {og_data_option_table, offsetof(own_settings, data), "volumes", NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Draws formulas at random and out of the catalogue, merges those that are one function, and screens them without "
        "training: trainable, finite, neither a straight line nor exploding in depth, and cheap enough. Those that pass are "
        "tried on small networks for few epochs; the best third goes on (successive halving); the best of these have children "
        "(mutation and crossover) as long as the budget lasts. Known activations go through the same.\n\n"
        "At the end the two best new functions meet the best known one with the settings that were given, on seeds that "
        "nothing was chosen by. The verdict says whether one of them is better, or that nothing better was found, or that "
        "the seeds do not tell.\n\n"
        "The same command on the same folder goes on where it stopped; --budget and --trained may be larger then. STUDY gets "
        "search.json with every formula, and report.html and report.json, which --json prints (docs/search.md).",
    .examples = "  ogive search my-data -o search --budget 12h --epochs 50\n"
                "  ogive search my-data -o search --budget 2h --workers 2 --max-cost 2.5\n"
                "  ogive search my-data -o search --acts relu,silu,'x*erf(softplus(x))'\n",
    .run = run,
};

/* ogive lr-find DATA: which learning rate each activation wants. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <ogive/act.h>
#include <ogive/data.h>
#include <ogive/lr.h>
#include <ogive/train.h>

#include "command.h"
#include "doubts.h"
#include "failure.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "table.h"

typedef struct own_settings {
    bool json, quiet;
    char *config, *output, *acts;
    og_lr_options test;
    og_data_options data;
    og_train_options train;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"acts", "a", OG_OPTION_TEXT, offsetof(own_settings, acts), "relu", 0, 0, NULL, NULL, "Test",
         "Activations to test, separated by commas; quote a formula that has commas outside parentheses"},
        OPTION_OUTPUT(own_settings, "file", "Picture of the curves: an .svg or .png file"),
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

typedef struct whereabouts {
    const char *act;
    size_t done, count;
} whereabouts;

static bool show_progress(void *context, int64_t step, int64_t steps, double rate, double loss)
{
    const whereabouts *at = context;
    double share = ((double)at->done + (double)step / (double)steps) / (double)at->count;
    progress_show(share, NAN, "%s  learning rate %.2e  loss %.4f", at->act, rate, loss);
    return !interrupted();
}

/* --- results ------------------------------------------------------------------------------------------------------ */

static json_t *points_document(const og_lr_curve *curve)
{
    json_t *points = json_array();
    for (size_t i = 0; i < curve->count; i++)
        json_array_append_new(points, json_pack("{s:f, s:f, s:f}", "rate", curve->points[i].rate, "loss",
                                                curve->points[i].loss, "smooth", curve->points[i].smooth));
    return points;
}

static json_t *document_of(size_t count, const og_lr_curve *curves)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(rows,
                              json_pack("{s:s, s:o, s:o, s:b, s:o}", "act", curves[i].act, "suggestion",
                                        json_number(curves[i].suggestion), "lowest", json_number(curves[i].lowest),
                                        "diverged", curves[i].diverged, "points", points_document(&curves[i])));
    return json_pack("{s:o}", "acts", rows);
}

static void add_rate(text_table *table, double rate)
{
    if (isfinite(rate))
        table_cell(table, "%.1e", rate);
    else
        table_cell(table, "-");
}

static void print_curves(size_t count, const og_lr_curve *curves, const char *picture)
{
    text_table table = {.align = "lrrrr"};
    const char *const heads[] = {"ACTIVATION", "SUGGESTED", "LOWEST LOSS AT", "LOWEST LOSS", "DIVERGES AT"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        table_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < count; i++) {
        const og_lr_curve *curve = &curves[i];
        double least = NAN;
        for (size_t k = 0; k < curve->count; k++)
            least = curve->points[k].rate == curve->lowest ? curve->points[k].smooth : least;
        table_cell(&table, "%s", curve->act);
        add_rate(&table, curve->suggestion);
        add_rate(&table, curve->lowest);
        table_number(&table, least, 4);
        add_rate(&table, curve->diverged && curve->count > 0 ? curve->points[curve->count - 1].rate : NAN);
    }
    table_print(&table, stdout);
    printf(
        "\n  Suggested is where the loss falls fastest; the largest useful rate lies below that of the lowest loss.\n");
    if (*picture)
        printf("  The curves: %s\n", picture);
}

/* --- the test ----------------------------------------------------------------------------------------------------- */

/* Each use is read before the first test, so that a mistake costs no time. */
static og_status read_acts(const char *list, char *acts[OG_LR_CURVES_MAX], size_t *count)
{
    og_status status = OG_OK;
    og_act *act;
    for (char *use = uses_next(&list); use && status == OG_OK; use = uses_next(&list)) {
        if (*count == OG_LR_CURVES_MAX) {
            free(use);
            return fail(OG_ERR_ARGUMENT, "acts: there may be %d", OG_LR_CURVES_MAX);
        }
        acts[(*count)++] = use;
        status = og_act_parse(use, &act);
        if (status == OG_OK)
            og_act_free(act);
    }
    return status != OG_OK || *count > 0 ? status : fail(OG_ERR_ARGUMENT, "acts: name an activation to test");
}

static og_status test(const og_dataset *data, own_settings *settings, char *const *acts, size_t count,
                      og_lr_curve *curves)
{
    og_status status = OG_OK;
    progress_begin(settings->quiet);
    for (size_t i = 0; i < count && status == OG_OK; i++) {
        whereabouts at = {acts[i], i, count};
        settings->train.act = acts[i];
        status = og_lr_find(data, &settings->train, &settings->test, show_progress, &at, &curves[i]);
    }
    progress_end();
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    own_settings settings = *(const own_settings *)values; /* whose texts are borrowed */
    og_status status = OG_OK;
    og_dataset *data = NULL;
    og_lr_curve curves[OG_LR_CURVES_MAX] = {0};
    char *acts[OG_LR_CURVES_MAX] = {0};
    size_t count = 0;
    GO(read_acts(settings.acts, acts, &count));
    GO(og_dataset_open(positionals[0], &settings.data, &data));
    interrupt_catch();
    GO(test(data, &settings, acts, count, curves));
    if (*settings.output)
        GO(og_lr_save(count, curves, settings.output));
    if (settings.json)
        status = print_json(document_of(count, curves), 17);
    else
        print_curves(count, curves, settings.output);
done:
    for (size_t i = 0; i < count; i++) {
        og_lr_curve_deinit(&curves[i]);
        free(acts[i]);
    }
    og_dataset_free(data);
    return status;
}

const cli_command lr_find_command = {
    .name = "lr-find",
    .summary = "find the learning rate that each activation wants",
    .positionals = {{"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .groups = {{own_options, 0, NULL, NULL},
               {og_lr_option_table, offsetof(own_settings, test), NULL, NULL},
               {og_train_option_table, offsetof(own_settings, train),
                "act learning-rate schedule warmup epochs lr-step lr-factor lr-patience accumulate ema patience select "
                "time-budget eval-every health-every",
                NULL},
               {og_data_option_table, offsetof(own_settings, data), NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Trains each activation for a few hundred steps while the learning rate rises exponentially (Smith, 2017). All "
        "start from the same weights, each with its own gain, and see the same batches. Nothing is kept but the picture.\n\n"
        "The suggestion is the rate at which the loss falls fastest. It belongs to the optimiser, the batch and the network "
        "that are given: give those that training will have.",
    .examples = "  ogive lr-find my-data --acts relu,silu,mish -o rates.png\n"
                "  ogive lr-find my-data --acts relu --optimizer sgd --batch 8 --json\n",
    .run = run,
};

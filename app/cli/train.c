/* ogive train DATA -o RUN: one training run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/data.h>
#include <ogive/train.h>

#include "command.h"
#include "doubts.h"
#include "failure.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "scores.h"

typedef struct own_settings {
    bool json, quiet, resume;
    char *config, *output;
    og_data_options data;
    og_train_options train;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "folder", "Folder for the run: weights, checkpoint, log and result"),
        {"resume", NULL, OG_OPTION_FLAG, offsetof(own_settings, resume), "false", 0, 0, NULL, NULL, "Output",
         "Go on with the run in that folder, to the same bits as if it had never stopped"},
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static bool show_progress(void *context, const og_train_progress *progress)
{
    bool *told = context;
    char dice[32];
    if (!*told && progress->planned_bytes > 0)
        progress_plan("", (size_t)progress->planned_bytes);
    *told = true;
    progress_warn("", progress->warnings, progress->warning_count);
    double done = (double)(progress->epoch - 1) + (double)progress->step / (double)progress->steps;
    snprintf(dice, sizeof dice, isnan(progress->dice) ? "-" : "%.3f", progress->dice);
    progress_show(done / (double)progress->epochs, progress->eta_s, "epoch %lld/%lld  loss %.4f  Dice %s",
                  (long long)progress->epoch, (long long)progress->epochs, progress->loss, dice);
    return !interrupted();
}

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    const char *one = json_string_value(json_object_get(a, key)), *other = json_string_value(json_object_get(b, key));
    return one && other && strcmp(one, other) == 0;
}

static bool all_same(const json_t *rows, const char *key, const json_t *pattern, const char *within)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        if ((!within || same_text(row, pattern, within)) && !same_text(row, pattern, key))
            return false;
    }
    return true;
}

/* "relu everywhere", or place by place, and by stage where a place has several. */
static void print_acts(const json_t *rows)
{
    size_t i;
    json_t *row;
    const json_t *first = json_array_get(rows, 0), *last = NULL;
    printf("  Activations: ");
    if (all_same(rows, "text", first, NULL)) {
        printf("%s everywhere\n", json_string_value(json_object_get(first, "text")));
        return;
    }
    json_array_foreach(rows, i, row) {
        const char *place = json_string_value(json_object_get(row, "place"));
        bool whole = all_same(rows, "text", row, "place");
        if (whole && last && same_text(row, last, "place"))
            continue;
        printf("%s%s", i > 0 ? ", " : "", place);
        if (!whole)
            printf(".%lld", (long long)json_integer_value(json_object_get(row, "stage")));
        printf(" %s", json_string_value(json_object_get(row, "text")));
        last = row;
    }
    printf("\n");
}

static void print_head(const json_t *result)
{
    const json_t *head = json_object_get(result, "head");
    printf("  Head: %s (ce: %s); loss: %s\n", json_string_value(json_object_get(head, "text")),
           json_string_value(json_object_get(head, "loss")), json_string_value(json_object_get(result, "loss")));
}

static void print_waiting(const json_t *cost)
{
    double share = json_number_value(json_object_get(cost, "wait_share"));
    if (!json_is_number(json_object_get(cost, "wait_share")))
        return;
    printf("  Waiting for data: %.1f %% of the training time%s\n", 100 * share,
           share > 0.1 ? "; more --data-threads, fewer augmentations, or --cache memory shorten it" : "");
}

static og_status print_result(const own_settings *settings)
{
    og_status status = OG_OK;
    json_t *result = NULL;
    char *path = join_path(settings->output, "result.json");
    if (!path)
        return fail(OG_ERR_MEMORY, "out of memory");
    GO(load_json(path, &result));
    if (settings->json) {
        status = print_json(json_incref(result), 17);
    } else {
        scores_print_result(json_object_get(result, "scores"));
        print_acts(json_object_get(result, "acts"));
        print_head(result);
        print_waiting(json_object_get(result, "cost"));
        printf("  The run is in %s; predict with: ogive predict %s IMAGE -o OUT\n", settings->output, settings->output);
    }
done:
    json_decref(result);
    free(path);
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_dataset *data = NULL;
    bool told = false; /* of the memory */
    og_data_options data_options = settings->data;
    data_options.volumes = settings->train.dims == 1;
    GO(og_dataset_open(positionals[0], &data_options, &data));
    if (!settings->quiet) {
        doubts_print(settings->train.act);
        doubts_print(settings->train.act_encoder);
        doubts_print(settings->train.act_bottleneck);
        doubts_print(settings->train.act_decoder);
    }
    interrupt_catch();
    progress_begin(settings->quiet);
    status = og_train(data, &settings->train, settings->output, settings->resume, show_progress, &told);
    progress_end();
    if (status == OG_ERR_STOPPED)
        status = fail(status, "stopped after a checkpoint; the same command with --resume goes on from there");
    if (status == OG_OK)
        status = print_result(settings);
done:
    og_dataset_free(data);
    return status;
}

const cli_command train_command = {
    .name = "train",
    .summary = "train one network",
    .positionals = {{"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL},
               {og_train_option_table, offsetof(own_settings, train), NULL, NULL},
               {og_data_option_table, offsetof(own_settings, data), "volumes", NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Trains a U-Net on the training part of a data set and scores it on the validation part. The same command gives "
        "the same weights, bit for bit, on the same number of cores. Ctrl-C stops after a checkpoint.\n\n"
        "The folder gets model.safetensors, checkpoint.safetensors, log.jsonl and, at the end, result.json, which --json "
        "prints.",
    .examples = "  ogive train my-data -o run --act silu --epochs 50\n"
                "  ogive train my-data -o run --act 'where(x>0, x, a*x); a=learn(0.1, channel)'\n"
                "  ogive train my-data -o run --act relu --act-decoder silu --act-stage encoder.0=mish\n"
                "  ogive train my-data -o run --act silu --epochs 50 --resume\n"
                "  ogive train my-data -o run --config run.yaml\n",
    .run = run,
};

/* ogive eval RUN DATA: score a trained network. */
#include <stdio.h>

#include <ogive/data.h>
#include <ogive/predict.h>
#include <ogive/train.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "scores.h"

typedef struct own_settings {
    bool json;
    char *config;
    int part; /* og_part */
    int64_t threads;
    og_data_options data;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"part", NULL, OG_OPTION_CHOICE, offsetof(own_settings, part), "validation", 0, 0, "train|validation", NULL,
         "Data set", "Which part of the data set to score"},
        OPTION_JSON(own_settings),
        OPTION_CONFIG(own_settings),
        OPTION_THREADS(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_model model = {0};
    og_dataset *data = NULL;
    og_predictor *predictor = NULL;
    og_scores scores = {0};
    GO(og_model_load(positionals[0], &model));
    GO(og_dataset_open(positionals[1], &settings->data, &data));
    GO(og_predictor_new(&model, (int)settings->threads, model.options.exact, &predictor));
    GO(og_predictor_score(predictor, data, (og_part)settings->part, &scores));
    json_t *document = scores_document(&scores, model.class_names);
    if (settings->json) {
        status = print_json(document, 10);
    } else {
        scores_print(document);
        json_decref(document);
    }
done:
    og_scores_deinit(&scores);
    og_predictor_free(predictor);
    og_dataset_free(data);
    og_model_deinit(&model);
    return status;
}

const cli_command eval_command = {
    .name = "eval",
    .summary = "score a trained network on a data set",
    .positionals = {{"RUN", "the folder of a training run, or its model.safetensors"},
                    {"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .groups = {{own_options, 0, NULL, NULL}, {og_data_option_table, offsetof(own_settings, data), "normalize", NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Dice and IoU of every class: over all pixels of all images, and as the mean over images. Means leave out class 0, "
        "the background. Images are scaled as they were in training.\n\n"
        "With --json: {\"mean_dice\", \"mean_iou\", \"mean_image_dice\", \"mean_image_iou\", \"accuracy\", \"per_class\": "
        "[{\"index\", \"name\", \"dice\", \"iou\", \"image_dice\", \"image_iou\"}]}; a class that occurs neither in truth nor "
        "in prediction has null.",
    .examples = "  ogive eval run my-data\n"
                "  ogive eval run my-data --json | jq .mean_dice\n",
    .run = run,
};

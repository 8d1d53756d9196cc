/* ogive eval RUN|LABELS DATA: score a trained network, or labels that any program made. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <ogive/data.h>
#include <ogive/predict.h>
#include <ogive/score.h>
#include <ogive/train.h>

#include "command.h"
#include "failure.h"
#include "models.h"
#include "output.h"
#include "progress.h"
#include "scores.h"

typedef struct own_settings {
    bool json, quiet;
    char *config, *metrics, *per_image;
    int part; /* og_part */
    double tolerance;
    int connectivity;
    int64_t smallest;
    og_predict_options predict;
    og_data_options data;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"part", NULL, OG_OPTION_CHOICE, offsetof(own_settings, part), "validation", 0, 0, "train|validation", NULL,
         "Data set", "Which part of the data set to score"},
        {"metrics", "m", OG_OPTION_TEXT, offsetof(own_settings, metrics),
         "dice,iou,sensitivity,specificity,precision,accuracy,ece", 0, 0, NULL, "names", "Scores",
         "What to compute, separated by commas, or all"},
        {"tolerance", NULL, OG_OPTION_REAL, offsetof(own_settings, tolerance), "2", 0, 1e6, NULL, "px or mm", "Scores",
         "Distance within which nsd and boundary_f take borders for equal"},
        {"connectivity", NULL, OG_OPTION_CHOICE, offsetof(own_settings, connectivity), "full", 0, 0, "faces|full", NULL,
         "Scores", "Objects hold together across faces only, or across corners too"},
        {"smallest", NULL, OG_OPTION_INT, offsetof(own_settings, smallest), "1", 1, 1e12, NULL, "px", "Scores",
         "Objects of fewer pixels are left out, in truth and prediction"},
        {"per-image", NULL, OG_OPTION_TEXT, offsetof(own_settings, per_image), "", 0, 0, NULL, "file", "Output",
         "Write the scores of every image and class to a CSV file"},
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* A folder without a model in it: labels. */
static bool holds_labels(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode) && !models_are_in(path);
}

static og_status score_network(const own_settings *settings, const model_list *list, const og_dataset *data,
                               og_scorer *scorer, size_t *planned_bytes)
{
    og_status status = OG_OK;
    og_predictor *predictor = NULL;
    GO(og_predictor_new(list->pointers, list->count, &settings->predict, &predictor));
    GO(og_predictor_score_plan(predictor, data, (og_part)settings->part, &scorer, 1, planned_bytes));
    progress_plan("", *planned_bytes);
    GO(og_predictor_score(predictor, data, (og_part)settings->part, &scorer, 1));
done:
    og_predictor_free(predictor);
    return status;
}

static og_status show(const own_settings *settings, const og_dataset *data, og_metric_set metrics,
                      const og_scorer *scorer, size_t planned_bytes)
{
    const char *class_names[OG_CLASSES_MAX];
    score_view view = {.scorer = scorer,
                       .metrics = metrics,
                       .class_names = class_names,
                       .class_count = og_dataset_scored_count(data),
                       .tolerance = settings->tolerance};
    for (int c = 0; c < view.class_count; c++)
        class_names[c] = og_dataset_scored_name(data, c);
    if (settings->per_image[0] != '\0') {
        og_status status = scores_save_images(&view, settings->per_image);
        if (status != OG_OK)
            return status;
    }
    if (settings->json) {
        json_t *document = scores_document(&view);
        if (document && planned_bytes > 0)
            set_memory(document, planned_bytes);
        return print_json(document, 10);
    }
    scores_print(&view);
    return OG_OK;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_dataset *data = NULL;
    og_scorer *scorer = NULL;
    model_list *list = calloc(1, sizeof *list);
    og_data_options data_options = settings->data;
    bool labels = holds_labels(positionals[0]);
    size_t planned_bytes = 0;
    og_score_options options = {.tolerance = settings->tolerance,
                                .full_neighbours = settings->connectivity == 1,
                                .smallest = settings->smallest};
    progress_begin(settings->quiet);
    if (!list)
        GO(fail(OG_ERR_MEMORY, "out of memory"));
    GO(og_metric_set_parse(settings->metrics, &options.metrics));
    if (!labels) {
        GO(models_load(&positionals[0], 1, list));
        data_options.volumes = list->pointers[0]->options.dims == 1;
    }
    GO(og_dataset_open(positionals[1], &data_options, &data));
    options.regions = og_dataset_regions(data);
    GO(og_scorer_new(og_dataset_class_count(data), &options, &scorer));
    if (labels)
        GO(og_labels_score(positionals[0], data, (og_part)settings->part, scorer));
    else
        GO(score_network(settings, list, data, scorer, &planned_bytes));
    GO(show(settings, data, options.metrics, scorer, planned_bytes));
done:
    if (list)
        models_deinit(list);
    free(list);
    og_scorer_free(scorer);
    og_dataset_free(data);
    return status;
}

const cli_command eval_command = {
    .name = "eval",
    .summary = "score a trained network, or labels of any origin, on a data set",
    .positionals = {{"RUN", "the folder of a training run, its model.safetensors, or a folder of predicted labels"},
                    {"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .groups = {{own_options, 0, NULL, NULL},
               {og_data_option_table, offsetof(own_settings, data), "normalize", NULL},
               {og_predict_option_table, offsetof(own_settings, predict), "as", NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Scores of every class, each said to be pooled (from counts over all pixels of all images) or a mean over images. "
        "Means over classes leave out class 0, the background. What does not exist, such as the Dice of a class that is "
        "neither in the truth nor in the prediction, is n/a and counts nowhere. docs/metrics.md defines every metric: "
        "dice, iou, sensitivity, specificity, precision, accuracy; hd95, assd, nsd, boundary_f of borders; object_f1, "
        "object_iou of connected components; rand_error, v_rand, v_info of components as a partition; ece.\n\n"
        "A folder of labels has one file per image, of the image's name, with the number of the class in every pixel, as "
        "ogive predict writes them.\n\n"
        "With --json: {\"images\", \"mean_dice\", \"mean_iou\", \"mean_image_dice\", \"mean_image_iou\", \"accuracy\", "
        "\"per_class\": [{\"index\", \"name\", \"dice\", \"iou\", \"image_dice\", \"image_iou\"}], \"unit\", \"tolerance\", "
        "\"metrics\": [{\"metric\", \"class\", \"pooled\", \"mean_over_images\", \"images\", \"one_side_only\"}]}; what does "
        "not exist is null, and \"class\" is null for the mean over the classes and for what has no class; of a network also "
        "\"planned_bytes\" and \"peak_bytes\" of the process.",
    .examples = "  ogive eval run my-data\n"
                "  ogive eval run my-data --metrics all --per-image scores.csv\n"
                "  ogive eval labels/ my-data --metrics dice,hd95 --json | jq .metrics\n",
    .run = run,
};

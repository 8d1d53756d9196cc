/* ogive cv DATA -o CV: train on all folds of a data set but one, in turn, and score each on the fold left out. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ogive/data.h>
#include <ogive/predict.h>
#include <ogive/score.h>
#include <ogive/train.h>

#include "command.h"
#include "doubts.h"
#include "failure.h"
#include "interrupt.h"
#include "output.h"
#include "progress.h"
#include "scores.h"
#include "table.h"

enum { FOLDS_MAX = 50 };

typedef struct own_settings {
    bool json, quiet;
    char *config, *output, *metrics;
    int64_t folds;
    double tolerance;
    og_data_options data;
    og_train_options train;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        OPTION_OUTPUT(own_settings, "folder", "Folder for the runs of all folds, and for cv.json"),
        {"folds", "k", OG_OPTION_INT, offsetof(own_settings, folds), "5", 2, FOLDS_MAX, NULL, NULL, "Data set",
         "Parts that the images are dealt into, each left out once"},
        {"metrics", "m", OG_OPTION_TEXT, offsetof(own_settings, metrics),
         "dice,iou,sensitivity,specificity,precision,accuracy,ece", 0, 0, NULL, "names", "Scores",
         "What to compute, separated by commas, or all"},
        {"tolerance", NULL, OG_OPTION_REAL, offsetof(own_settings, tolerance), "2", 0, 1e6, NULL, "px or mm", "Scores",
         "Distance within which nsd and boundary_f take borders for equal"},
        OPTION_JSON(own_settings),
        OPTION_QUIET(own_settings),
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* What one fold scored on its own images. */
typedef struct fold_scores {
    size_t images;
    double dice, iou, image_dice, image_iou;
} fold_scores;

/* A cross-validation at work. */
typedef struct validation {
    const own_settings *settings;
    const char *path;      /* of the data set */
    int64_t fold, told;    /* fold whose memory was told */
    og_metric_set metrics; /* asked for, and Dice and IoU for the table of folds */
    og_scorer *scorer;     /* of all folds */
    fold_scores folds[FOLDS_MAX];
    int class_count; /* scored: classes or regions */
    char *class_names[OG_CLASSES_MAX];
} validation;

static bool show_progress(void *context, const og_train_progress *progress)
{
    validation *v = context;
    int64_t folds = v->settings->folds;
    char dice[32], prefix[64];
    snprintf(prefix, sizeof prefix, "fold %lld: ", (long long)v->fold);
    if (v->told != v->fold && progress->planned_bytes > 0)
        progress_plan(prefix, (size_t)progress->planned_bytes);
    v->told = v->fold;
    progress_warn(prefix, progress->warnings, progress->warning_count);
    double done =
        ((double)(progress->epoch - 1) + (double)progress->step / (double)progress->steps) / (double)progress->epochs;
    snprintf(dice, sizeof dice, isnan(progress->dice) ? "-" : "%.3f", progress->dice);
    progress_show(((double)v->fold + done) / (double)folds, progress->eta_s,
                  "fold %lld of 0 to %lld  epoch %lld/%lld  loss %.4f  Dice %s", (long long)v->fold,
                  (long long)folds - 1, (long long)progress->epoch, (long long)progress->epochs, progress->loss, dice);
    return !interrupted();
}

/* CV/fold-N; NULL when memory ran out. */
static char *fold_folder(const own_settings *settings, int64_t fold)
{
    char name[32];
    snprintf(name, sizeof name, "fold-%lld", (long long)fold);
    return join_path(settings->output, name);
}

static og_status note_classes(validation *v, const og_dataset *data)
{
    og_score_options options = {
        .metrics = v->metrics, .tolerance = v->settings->tolerance, .full_neighbours = true, .smallest = 1};
    options.regions = og_dataset_regions(data);
    TRY(og_scorer_new(og_dataset_class_count(data), &options, &v->scorer));
    for (; v->class_count < og_dataset_scored_count(data); v->class_count++) {
        v->class_names[v->class_count] = strdup(og_dataset_scored_name(data, v->class_count));
        if (!v->class_names[v->class_count])
            return fail(OG_ERR_MEMORY, "out of memory");
    }
    return OG_OK;
}

/* Score a fold's network on the images left out: by themselves, and among those of all folds. */
static og_status score_fold(validation *v, const og_dataset *data, const char *run)
{
    og_status status = OG_OK;
    og_model model = {0};
    og_predictor *predictor = NULL;
    const og_model *models[] = {&model};
    og_predict_options options;
    og_scorer *own = NULL;
    const og_score_options scores = {.metrics = 1u << OG_METRIC_DICE | 1u << OG_METRIC_IOU,
                                     .regions = og_dataset_regions(data)};
    TRY(og_options_init(og_predict_option_table(), &options));
    options.threads = v->settings->train.threads;
    GO(og_model_load(run, &model));
    GO(og_predictor_new(models, 1, &options, &predictor));
    GO(og_scorer_new(og_dataset_class_count(data), &scores, &own));
    GO(og_predictor_score(predictor, data, OG_PART_VALIDATION, (og_scorer *[]){own, v->scorer}, 2));
    og_score dice = og_scorer_mean(own, OG_METRIC_DICE), iou = og_scorer_mean(own, OG_METRIC_IOU);
    v->folds[v->fold] = (fold_scores){og_scorer_image_count(own), dice.pooled, iou.pooled, dice.mean, iou.mean};
    progress_note("fold %lld: Dice %.4f, IoU %.4f on %zu images", (long long)v->fold, dice.pooled, iou.pooled,
                  og_scorer_image_count(own));
done:
    og_scorer_free(own);
    og_predictor_free(predictor);
    og_model_deinit(&model);
    return status;
}

static og_status run_fold(validation *v)
{
    og_status status = OG_OK;
    og_dataset *data = NULL;
    og_data_options options = v->settings->data;
    options.folds = v->settings->folds;
    options.fold = v->fold;
    options.volumes = v->settings->train.dims == 1;
    char *run = fold_folder(v->settings, v->fold);
    if (!run)
        return fail(OG_ERR_MEMORY, "out of memory");
    GO(og_dataset_open(v->path, &options, &data));
    if (v->fold == 0)
        GO(note_classes(v, data));
    GO(og_train(data, &v->settings->train, run, true, show_progress, v));
    GO(score_fold(v, data, run));
done:
    if (status != OG_OK && status != OG_ERR_STOPPED)
        status = fail_in(status, "fold %lld", (long long)v->fold);
    og_dataset_free(data);
    free(run);
    return status;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

typedef struct spread {
    double mean, sd; /* sd over folds, with n - 1; NaN of a single one */
} spread;

static double field_of(const fold_scores *scores, int field)
{
    const double fields[] = {scores->dice, scores->iou, scores->image_dice, scores->image_iou};
    return fields[field];
}

/* Over the folds in which the number exists. */
static spread spread_of(const validation *v, int field)
{
    double sum = 0, squares = 0;
    int count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t f = 0; f < v->settings->folds; f++) {
            double value = field_of(&v->folds[f], field);
            if (isnan(value))
                continue;
            if (pass == 0) {
                sum += value;
                count++;
            } else {
                squares += (value - sum / count) * (value - sum / count);
            }
        }
    return (spread){count > 0 ? sum / count : NAN, count > 1 ? sqrt(squares / (count - 1)) : NAN};
}

static const char *const field_names[] = {"mean_dice", "mean_iou", "mean_image_dice", "mean_image_iou"};
enum { FIELDS = sizeof field_names / sizeof field_names[0] };

static json_t *fold_documents(const validation *v)
{
    json_t *rows = json_array();
    for (int64_t f = 0; f < v->settings->folds; f++) {
        char run[32];
        snprintf(run, sizeof run, "fold-%lld", (long long)f);
        json_t *row =
            json_pack("{s:I, s:s, s:I}", "fold", (json_int_t)f, "run", run, "images", (json_int_t)v->folds[f].images);
        for (int i = 0; row && i < FIELDS; i++)
            json_object_set_new(row, field_names[i], json_number(field_of(&v->folds[f], i)));
        json_array_append_new(rows, row);
    }
    return rows;
}

static score_view view_of(const validation *v)
{
    og_metric_set asked = 0;
    og_metric_set_parse(v->settings->metrics, &asked); /* has been parsed before */
    return (score_view){.scorer = v->scorer,
                        .metrics = asked,
                        .class_names = (const char *const *)v->class_names,
                        .class_count = v->class_count,
                        .tolerance = v->settings->tolerance};
}

static json_t *document_of(const validation *v)
{
    const score_view view = view_of(v);
    json_t *mean = json_object(), *sd = json_object();
    for (int i = 0; i < FIELDS; i++) {
        json_object_set_new(mean, field_names[i], json_number(spread_of(v, i).mean));
        json_object_set_new(sd, field_names[i], json_number(spread_of(v, i).sd));
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "status", "finished", "data", json_text(v->path), "folds",
                     fold_documents(v), "mean_over_folds", mean, "sd_over_folds", sd, "out_of_fold",
                     scores_document(&view));
}

static void print_validation(const validation *v)
{
    text_table table = {.align = "lrrrrr"};
    const char *const titles[] = {"FOLD", "IMAGES", "DICE", "IOU", "DICE PER IMAGE", "IOU PER IMAGE"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        table_cell(&table, "%s", titles[i]);
    for (int64_t f = 0; f < v->settings->folds; f++) {
        table_cell(&table, "%lld", (long long)f);
        table_cell(&table, "%zu", v->folds[f].images);
        for (int i = 0; i < FIELDS; i++)
            table_number(&table, field_of(&v->folds[f], i), 4);
    }
    for (int which = 0; which < 2; which++) {
        table_cell(&table, "%s", which ? "standard deviation" : "mean over folds");
        table_cell(&table, "%s", "");
        for (int i = 0; i < FIELDS; i++)
            table_number(&table, which ? spread_of(v, i).sd : spread_of(v, i).mean, 4);
    }
    printf("Each fold by the network that has not seen it (mean of the classes but class 0)\n");
    table_print(&table, stdout);
    printf("\nAll folds together, each image once\n\n");
    const score_view view = view_of(v);
    scores_print(&view);
    printf("  The runs are in %s; predict with all of them together: ogive predict %s IMAGE -o OUT\n",
           v->settings->output, v->settings->output);
}

static og_status finish(const validation *v)
{
    og_status status = OG_OK;
    json_t *document = document_of(v);
    char *path = join_path(v->settings->output, "cv.json");
    if (!document || !path)
        GO(fail(OG_ERR_MEMORY, "out of memory"));
    GO(save_json(path, document));
    if (v->settings->json)
        status = print_json(json_incref(document), 17);
    else
        print_validation(v);
done:
    free(path);
    json_decref(document);
    return status;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    validation *v = calloc(1, sizeof *v);
    if (!v)
        return fail(OG_ERR_MEMORY, "out of memory");
    v->settings = settings;
    v->told = -1;
    v->path = positionals[0];
    GO(og_metric_set_parse(settings->metrics, &v->metrics));
    v->metrics |= 1u << OG_METRIC_DICE | 1u << OG_METRIC_IOU;
    if (!settings->quiet)
        doubts_print(settings->train.act);
    interrupt_catch();
    progress_begin(settings->quiet);
    for (v->fold = 0; v->fold < settings->folds; v->fold++)
        GO(run_fold(v));
    progress_end();
    status = finish(v);
done:
    progress_end();
    if (status == OG_ERR_STOPPED)
        status = fail(status, "stopped after a checkpoint; the same command goes on from there");
    for (int c = 0; c < v->class_count; c++)
        free(v->class_names[c]);
    og_scorer_free(v->scorer);
    free(v);
    return status;
}

const cli_command cv_command = {
    .name = "cv",
    .summary = "cross-validate one network: train and score it fold by fold",
    .positionals = {{"DATA", "a folder with images/ and masks/, or a *.yaml file (docs/datasets.md)"}},
    .parallel = true,
    .required = "output",
    .groups = {{own_options, 0, NULL, NULL},
               {og_train_option_table, offsetof(own_settings, train), NULL, NULL},
               {og_data_option_table, offsetof(own_settings, data), "validation folds fold volumes", NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Deals the images into folds (whole groups with --group, every class with its share with --stratify), trains one "
        "network per fold on all images but the fold's, and scores it on these. Every image is thus predicted once, by a "
        "network that has not seen it; the scores of all images together estimate how the network does on new ones.\n\n"
        "The same command on the same folder goes on where it stopped, to the same bits, and keeps finished folds. The "
        "folder gets the runs fold-0, fold-1, ... and, at the end, cv.json, which --json prints. ogive predict takes the "
        "folder as one model: the mean of the folds' probabilities.\n\n"
        "With --json: {\"folds\": [{\"fold\", \"run\", \"images\", \"mean_dice\", \"mean_iou\", \"mean_image_dice\", "
        "\"mean_image_iou\"}], \"mean_over_folds\", \"sd_over_folds\", \"out_of_fold\": as ogive eval --json}.",
    .examples = "  ogive cv my-data -o cv --folds 5 --act silu --epochs 50\n"
                "  ogive cv my-data -o cv --metrics dice,hd95 --stratify\n"
                "  ogive predict cv image.tif -o labels.tif\n",
    .run = run,
};

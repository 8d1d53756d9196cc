/* All metrics over all images. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>
#include <ogive/score.h>

#include "base/memory.h"
#include "base/status.h"
#include "metric/calibration.h"
#include "metric/components.h"
#include "metric/confusion.h"
#include "metric/family.h"
#include "metric/overlap.h"
#include "metric/surface.h"

/* What is kept of one image. */
typedef struct record {
    char *name;
    double *values; /* (METRIC_COUNT, scored_count) */
    bool *one_side; /* (scored_count) the class is in the truth or in the prediction, but not in both */
} record;

struct og_scorer {
    int class_count;  /* of labels */
    int scored_count; /* og_regions_has() */
    og_regions regions;
    og_score_options options;
    record *records;
    size_t count, room;
    bool has_spacing; /* other than 1 */
    /* sums over the images, for what is pooled */
    og__confusion confusion, of_image;
    og__calibration calibration;
    og__object_counts *objects; /* (scored_count) */
};

/* Masks and numbers of one class of one image. */
typedef struct workspace {
    uint8_t *truth, *guess; /* (D, H, W) 0 or 1 */
    uint32_t *truth_numbers, *guess_numbers;
} workspace;

og_status og_scorer_new(int class_count, const og_score_options *options, og_scorer **scorer)
{
    og_status status = OG_OK;
    og_scorer *made;
    *scorer = NULL;
    if (class_count < 1 || class_count > OG_LABEL_IGNORE)
        return og__fail(OG_ERR_ARGUMENT, "scores of %d classes: give 1 to %d", class_count, OG_LABEL_IGNORE);
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->class_count = class_count;
    made->options = *options;
    made->options.regions = NULL;
    if (options->regions)
        made->regions = *options->regions;
    made->scored_count = made->regions.count > 0 ? made->regions.count + 1 : class_count;
    OG_GO(og__confusion_init(&made->confusion, class_count));
    OG_GO(og__confusion_init(&made->of_image, class_count));
    OG_GO(og__alloc((size_t)made->scored_count, sizeof *made->objects, &made->objects));
    *scorer = made;
    made = NULL;
done:
    og_scorer_free(made);
    return status;
}

static void deinit_record(record *image)
{
    free(image->name);
    free(image->values);
    free(image->one_side);
}

void og_scorer_free(og_scorer *scorer)
{
    if (!scorer)
        return;
    for (size_t i = 0; i < scorer->count; i++)
        deinit_record(&scorer->records[i]);
    free(scorer->records);
    og__confusion_deinit(&scorer->confusion);
    og__confusion_deinit(&scorer->of_image);
    free(scorer->objects);
    free(scorer);
}

static double *value_at(const og_scorer *scorer, const record *image, og_metric metric, int class_index)
{
    return &image->values[(size_t)metric * (size_t)scorer->scored_count + (size_t)class_index];
}

static double overlap_value(og_metric metric, og__counts counts)
{
    switch (metric) {
    case OG_METRIC_DICE:
        return og__counts_dice(counts);
    case OG_METRIC_IOU:
        return og__counts_iou(counts);
    case OG_METRIC_SENSITIVITY:
        return og__share(counts.true_positive, counts.true_positive + counts.false_negative);
    case OG_METRIC_SPECIFICITY:
        return og__share(counts.true_negative, counts.true_negative + counts.false_positive);
    case OG_METRIC_PRECISION:
        return og__share(counts.true_positive, counts.true_positive + counts.false_positive);
    default:
        return NAN;
    }
}

static double object_value(og_metric metric, og__object_counts counts)
{
    int64_t either = 2 * counts.true_positive + counts.false_positive + counts.false_negative;
    switch (metric) {
    case OG_METRIC_OBJECT_F1:
        return og__share(2 * counts.true_positive, either);
    case OG_METRIC_OBJECT_IOU:
        return counts.true_positive > 0 ? counts.iou_sum / (double)counts.true_positive : NAN;
    default:
        return NAN;
    }
}

static void add_objects(og__object_counts *sum, og__object_counts counts)
{
    sum->true_positive += counts.true_positive;
    sum->false_positive += counts.false_positive;
    sum->false_negative += counts.false_negative;
    sum->iou_sum += counts.iou_sum;
}

/* Overlap and calibration: all classes in one pass. */
static void count_pixels(og_scorer *scorer, const og_scored_image *image, size_t pixels, record *made)
{
    og__confusion_clear(&scorer->of_image);
    og__confusion_count(&scorer->of_image, pixels, image->truth, image->labels);
    og__confusion_add(&scorer->confusion, &scorer->of_image);
    *value_at(scorer, made, OG_METRIC_ACCURACY, 0) = og__confusion_accuracy(&scorer->of_image);
    for (int c = 0; c < scorer->scored_count; c++) {
        og__counts counts = og__confusion_of_scored(&scorer->of_image, &scorer->regions, c);
        bool in_truth = counts.true_positive + counts.false_negative > 0;
        bool in_guess = counts.true_positive + counts.false_positive > 0;
        made->one_side[c] = in_truth != in_guess;
        for (int m = 0; m < OG_METRIC_COUNT; m++)
            if (og_metric_info_of((og_metric)m)->per_class)
                *value_at(scorer, made, (og_metric)m, c) = overlap_value((og_metric)m, counts);
    }
    if (image->probs && og_scorer_reads_probs(scorer)) {
        og__calibration calibration = {0};
        og__calibration_count(&calibration, pixels, image->truth, image->labels, image->probs);
        og__calibration_add(&scorer->calibration, &calibration);
        *value_at(scorer, made, OG_METRIC_ECE, 0) = og__calibration_error(&calibration);
    }
}

static void set_masks(const og_scorer *scorer, const og_scored_image *image, size_t pixels, int scored,
                      const workspace *space)
{
    bool here[256] = {false};
    for (int c = 0; c < scorer->class_count; c++)
        here[c] = og_regions_has(&scorer->regions, c, scored);
    for (size_t i = 0; i < pixels; i++) {
        bool counts = image->truth[i] != OG_LABEL_IGNORE;
        space->truth[i] = counts && here[image->truth[i]];
        space->guess[i] = counts && here[image->labels[i]];
    }
}

static og_status measure_surface(const og_scorer *scorer, const og_scored_image *image, int class_index,
                                 const workspace *space, record *made)
{
    og__surface surface;
    OG_TRY(og__surface_compare(image->d, image->h, image->w, image->spacing, scorer->options.tolerance, space->truth,
                               space->guess, &surface));
    *value_at(scorer, made, OG_METRIC_HD95, class_index) = surface.hd95;
    *value_at(scorer, made, OG_METRIC_ASSD, class_index) = surface.assd;
    *value_at(scorer, made, OG_METRIC_NSD, class_index) = surface.nsd;
    *value_at(scorer, made, OG_METRIC_BOUNDARY_F, class_index) = surface.boundary_f;
    return OG_OK;
}

static og_status measure_objects(og_scorer *scorer, const og_scored_image *image, size_t pixels, int class_index,
                                 const workspace *space, record *made)
{
    og_status status = OG_OK;
    uint32_t truths, guesses;
    og__overlap overlap = {0};
    og__partition partition;
    bool full = scorer->options.full_neighbours;
    int64_t smallest = scorer->options.smallest;
    OG_GO(
        og__components_find(image->d, image->h, image->w, full, smallest, space->truth, space->truth_numbers, &truths));
    OG_GO(og__components_find(image->d, image->h, image->w, full, smallest, space->guess, space->guess_numbers,
                              &guesses));
    OG_GO(og__overlap_init(pixels, space->truth_numbers, truths, space->guess_numbers, guesses, &overlap));
    og__object_counts counts = og__overlap_objects(&overlap);
    add_objects(&scorer->objects[class_index], counts);
    OG_GO(og__overlap_partition(&overlap, &partition));
    *value_at(scorer, made, OG_METRIC_OBJECT_F1, class_index) = object_value(OG_METRIC_OBJECT_F1, counts);
    *value_at(scorer, made, OG_METRIC_OBJECT_IOU, class_index) = object_value(OG_METRIC_OBJECT_IOU, counts);
    *value_at(scorer, made, OG_METRIC_RAND_ERROR, class_index) = partition.rand_error;
    *value_at(scorer, made, OG_METRIC_V_RAND, class_index) = partition.v_rand;
    *value_at(scorer, made, OG_METRIC_V_INFO, class_index) = partition.v_info;
done:
    og__overlap_deinit(&overlap);
    return status;
}

static bool needs_surfaces(const og_scorer *scorer)
{
    return og__metrics_need(scorer->options.metrics, OG__FAMILY_SURFACE);
}

static bool needs_objects(const og_scorer *scorer)
{
    og_metric_set set = scorer->options.metrics;
    return og__metrics_need(set, OG__FAMILY_OBJECT) || og__metrics_need(set, OG__FAMILY_PARTITION);
}

/* Metrics that look at one class's shapes. */
static og_status measure_classes(og_scorer *scorer, const og_scored_image *image, size_t pixels, record *made)
{
    og_status status = OG_OK;
    bool surfaces = needs_surfaces(scorer), objects = needs_objects(scorer);
    workspace space = {0};
    if (!surfaces && !objects)
        return OG_OK;
    OG_GO(og__alloc(pixels, 1, &space.truth));
    OG_GO(og__alloc(pixels, 1, &space.guess));
    if (objects) {
        OG_GO(og__alloc(pixels, sizeof *space.truth_numbers, &space.truth_numbers));
        OG_GO(og__alloc(pixels, sizeof *space.guess_numbers, &space.guess_numbers));
    }
    for (int c = 0; c < scorer->scored_count; c++) {
        set_masks(scorer, image, pixels, c, &space);
        if (surfaces)
            OG_GO(measure_surface(scorer, image, c, &space, made));
        if (objects)
            OG_GO(measure_objects(scorer, image, pixels, c, &space, made));
    }
done:
    free(space.truth);
    free(space.guess);
    free(space.truth_numbers);
    free(space.guess_numbers);
    return status;
}

size_t og_scorer_room_bytes(const og_scorer *scorer, size_t pixels)
{
    bool surfaces = needs_surfaces(scorer), objects = needs_objects(scorer);
    size_t masks = 2, borders = 2, distances = sizeof(float), numbers = 2 * sizeof(uint32_t), parents = 2;
    return pixels * ((surfaces || objects ? masks : 0) + (surfaces ? borders + distances : 0) +
                     (objects ? numbers + parents : 0));
}

static og_status check_image(const og_scorer *scorer, const og_scored_image *image, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++) {
        bool bad_truth = image->truth[i] != OG_LABEL_IGNORE && image->truth[i] >= scorer->class_count;
        if (bad_truth || image->labels[i] >= scorer->class_count)
            return og__fail(OG_ERR_DATA, "scores of '%s': pixel %zu has class %d in the %s; there are %d classes",
                            image->name, i, bad_truth ? image->truth[i] : image->labels[i],
                            bad_truth ? "truth" : "prediction", scorer->class_count);
    }
    return OG_OK;
}

static og_status make_room(og_scorer *scorer)
{
    if (scorer->count < scorer->room)
        return OG_OK;
    size_t room = scorer->room > 0 ? 2 * scorer->room : 16;
    record *records;
    OG_TRY(og__alloc(room, sizeof *records, &records));
    if (scorer->count > 0)
        memcpy(records, scorer->records, scorer->count * sizeof *records);
    free(scorer->records);
    scorer->records = records;
    scorer->room = room;
    return OG_OK;
}

og_status og_scorer_add(og_scorer *scorer, const og_scored_image *image)
{
    og_status status = OG_OK;
    size_t pixels, values = (size_t)OG_METRIC_COUNT * (size_t)scorer->scored_count;
    record made = {0};
    OG_TRY(og__product(&pixels, 3, (size_t[]){(size_t)image->d, (size_t)image->h, (size_t)image->w}));
    OG_TRY(check_image(scorer, image, pixels));
    OG_TRY(make_room(scorer));
    OG_GO(og__copy_text(image->name, &made.name));
    OG_GO(og__alloc(values, sizeof *made.values, &made.values));
    OG_GO(og__alloc((size_t)scorer->scored_count, sizeof *made.one_side, &made.one_side));
    for (size_t i = 0; i < values; i++)
        made.values[i] = NAN;
    count_pixels(scorer, image, pixels, &made);
    OG_GO(measure_classes(scorer, image, pixels, &made));
    for (int axis = 0; axis < 3; axis++)
        scorer->has_spacing = scorer->has_spacing || image->spacing[axis] != 1;
    scorer->records[scorer->count++] = made;
    made = (record){0};
done:
    deinit_record(&made);
    return status;
}

bool og_scorer_has_spacing(const og_scorer *scorer)
{
    return scorer->has_spacing;
}

bool og_scorer_reads_probs(const og_scorer *scorer)
{
    return scorer->regions.count == 0 && og__metrics_need(scorer->options.metrics, OG__FAMILY_CALIBRATION);
}

size_t og_scorer_image_count(const og_scorer *scorer)
{
    return scorer->count;
}

const char *og_scorer_image_name(const og_scorer *scorer, size_t image)
{
    return scorer->records[image].name;
}

double og_scorer_value(const og_scorer *scorer, size_t image, og_metric metric, int class_index)
{
    return *value_at(scorer, &scorer->records[image], metric, class_index);
}

static double pooled_value(const og_scorer *scorer, og_metric metric, int class_index)
{
    if (metric == OG_METRIC_ECE)
        return og__calibration_error(&scorer->calibration);
    if (metric == OG_METRIC_ACCURACY)
        return og__confusion_accuracy(&scorer->confusion);
    if (metric == OG_METRIC_OBJECT_F1 || metric == OG_METRIC_OBJECT_IOU)
        return object_value(metric, scorer->objects[class_index]);
    return overlap_value(metric, og__confusion_of_scored(&scorer->confusion, &scorer->regions, class_index));
}

og_score og_scorer_score(const og_scorer *scorer, og_metric metric, int class_index)
{
    og_score score = {.pooled = pooled_value(scorer, metric, class_index)};
    double sum = 0;
    for (size_t i = 0; i < scorer->count; i++) {
        double value = og_scorer_value(scorer, i, metric, class_index);
        bool exists = !isnan(value);
        sum += exists ? value : 0;
        score.images += exists;
        score.absent += !exists && og_metric_info_of(metric)->per_class && scorer->records[i].one_side[class_index];
    }
    score.mean = score.images > 0 ? sum / (double)score.images : NAN;
    return score;
}

/* A mean that leaves out what does not exist. */
typedef struct running_mean {
    double sum;
    int count;
} running_mean;

static void take(running_mean *mean, double value)
{
    if (isnan(value))
        return;
    mean->sum += value;
    mean->count++;
}

static double mean_of(running_mean mean)
{
    return mean.count > 0 ? mean.sum / mean.count : NAN;
}

og_score og_scorer_mean(const og_scorer *scorer, og_metric metric)
{
    running_mean pooled = {0}, mean = {0};
    og_score all = {0};
    for (int c = scorer->scored_count > 1; c < scorer->scored_count; c++) {
        og_score score = og_scorer_score(scorer, metric, c);
        take(&pooled, score.pooled);
        take(&mean, score.mean);
        all.images += score.images;
        all.absent += score.absent;
    }
    all.pooled = mean_of(pooled);
    all.mean = mean_of(mean);
    return all;
}

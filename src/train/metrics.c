#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "format/json.h"

og_status og__metrics_init(og__metrics *metrics, int class_count, const og_regions *regions)
{
    og_status status = OG_OK;
    bool has_regions = regions && regions->count > 0;
    size_t k = (size_t)(has_regions ? regions->count + 1 : class_count);
    *metrics = (og__metrics){.scored_count = (int)k, .regions = has_regions ? regions : NULL};
    OG_GO(og__confusion_init(&metrics->confusion, class_count));
    OG_GO(og__confusion_init(&metrics->image, class_count));
    OG_GO(og__alloc(k, sizeof(double), &metrics->image_dice));
    OG_GO(og__alloc(k, sizeof(double), &metrics->image_iou));
    OG_GO(og__alloc(k, sizeof(int64_t), &metrics->image_count));
done:
    if (status != OG_OK)
        og__metrics_deinit(metrics);
    return status;
}

void og__metrics_deinit(og__metrics *metrics)
{
    og__confusion_deinit(&metrics->confusion);
    og__confusion_deinit(&metrics->image);
    free(metrics->image_dice);
    free(metrics->image_iou);
    free(metrics->image_count);
    *metrics = (og__metrics){0};
}

static og_class_score score_class(const og__metrics *metrics, const og__confusion *confusion, int index)
{
    og__counts counts = og__confusion_of_scored(confusion, metrics->regions, index);
    og_class_score score = {.true_positive = counts.true_positive,
                            .false_positive = counts.false_positive,
                            .false_negative = counts.false_negative,
                            .dice = og__counts_dice(counts),
                            .iou = og__counts_iou(counts)};
    score.has = counts.true_positive + counts.false_positive + counts.false_negative > 0;
    return score;
}

void og__metrics_count(og__metrics *metrics, size_t pixels, const uint8_t *truth, const uint8_t *labels)
{
    og__confusion_count(&metrics->image, pixels, truth, labels);
}

void og__metrics_end_image(og__metrics *metrics)
{
    og__confusion_add(&metrics->confusion, &metrics->image);
    for (int c = 0; c < metrics->scored_count; c++) {
        og_class_score score = score_class(metrics, &metrics->image, c);
        if (!score.has)
            continue;
        metrics->image_dice[c] += score.dice;
        metrics->image_iou[c] += score.iou;
        metrics->image_count[c]++;
    }
    og__confusion_clear(&metrics->image);
}

/* Mean of one number over the classes that occur, without the background; NaN when none does. */
static double mean_over_classes(const og_scores *scores, size_t offset)
{
    double sum = 0;
    int count = 0;
    for (int c = 1; c < scores->class_count; c++) {
        double value;
        memcpy(&value, (const char *)&scores->classes[c] + offset, sizeof value);
        if (!scores->classes[c].has)
            continue;
        sum += value;
        count++;
    }
    return count > 0 ? sum / count : NAN;
}

og_status og__metrics_scores(const og__metrics *metrics, og_scores *scores)
{
    *scores = (og_scores){.class_count = metrics->scored_count};
    OG_TRY(og__alloc((size_t)metrics->scored_count, sizeof *scores->classes, &scores->classes));
    for (int c = 0; c < metrics->scored_count; c++) {
        og_class_score *score = &scores->classes[c];
        double images = (double)metrics->image_count[c];
        *score = score_class(metrics, &metrics->confusion, c);
        score->image_dice = score->has ? metrics->image_dice[c] / images : NAN;
        score->image_iou = score->has ? metrics->image_iou[c] / images : NAN;
    }
    scores->mean_dice = mean_over_classes(scores, offsetof(og_class_score, dice));
    scores->mean_iou = mean_over_classes(scores, offsetof(og_class_score, iou));
    scores->mean_image_dice = mean_over_classes(scores, offsetof(og_class_score, image_dice));
    scores->mean_image_iou = mean_over_classes(scores, offsetof(og_class_score, image_iou));
    scores->accuracy = og__confusion_accuracy(&metrics->confusion);
    return OG_OK;
}

void og_scores_deinit(og_scores *scores)
{
    free(scores->classes);
    *scores = (og_scores){0};
}

static og_status fill_class(json_t *row, int index, const og_class_score *score, const char *name)
{
    OG_TRY(og__json_set(row, "index", json_integer(index)));
    OG_TRY(og__json_set(row, "name", name ? og__json_string(name) : json_null()));
    OG_TRY(og__json_set(row, "dice", og__json_real(score->dice)));
    OG_TRY(og__json_set(row, "iou", og__json_real(score->iou)));
    OG_TRY(og__json_set(row, "image_dice", og__json_real(score->image_dice)));
    return og__json_set(row, "image_iou", og__json_real(score->image_iou));
}

static og_status fill_scores(json_t *object, const og_scores *scores, char *const *class_names)
{
    OG_TRY(og__json_set(object, "mean_dice", og__json_real(scores->mean_dice)));
    OG_TRY(og__json_set(object, "mean_iou", og__json_real(scores->mean_iou)));
    OG_TRY(og__json_set(object, "mean_image_dice", og__json_real(scores->mean_image_dice)));
    OG_TRY(og__json_set(object, "mean_image_iou", og__json_real(scores->mean_image_iou)));
    OG_TRY(og__json_set(object, "accuracy", og__json_real(scores->accuracy)));
    json_t *rows = json_array();
    OG_TRY(og__json_set(object, "per_class", rows));
    for (int c = 0; c < scores->class_count; c++) {
        json_t *row = json_object();
        OG_TRY(og__json_append(rows, row));
        OG_TRY(fill_class(row, c, &scores->classes[c], class_names ? class_names[c] : NULL));
    }
    return OG_OK;
}

json_t *og__scores_json(const og_scores *scores, char *const *class_names)
{
    json_t *object = json_object();
    if (fill_scores(object, scores, class_names) == OG_OK)
        return object;
    json_decref(object);
    return NULL;
}

/* Counting pixels of predicted and true classes, and the scores that follow. */
#ifndef OG_TRAIN_METRICS_H
#define OG_TRAIN_METRICS_H

#include <jansson.h>

#include <ogive/train.h>

#include "metric/confusion.h"

/* Sums over the images counted so far. */
typedef struct og__metrics {
    int scored_count;          /* og_regions_has() */
    const og_regions *regions; /* NULL: the classes are scored */
    og__confusion confusion;
    og__confusion image;  /* of the image that is not ended */
    double *image_dice;   /* (scored_count) sums over the images in which the class occurs */
    double *image_iou;    /* (scored_count) likewise */
    int64_t *image_count; /* (scored_count) images in which the class occurs in truth or prediction */
} og__metrics;

/* `regions` must outlive the metrics; NULL, or a count of 0: the classes are scored. */
og_status og__metrics_init(og__metrics *metrics, int class_count, const og_regions *regions);
void og__metrics_deinit(og__metrics *metrics);

/**
 * Count some pixels of an image, and end an image when all of its pixels are counted. Those whose truth is
 * OG_LABEL_IGNORE are left out.
 *
 * @param truth, labels   u8[pixels], classes below class_count
 */
void og__metrics_count(og__metrics *metrics, size_t pixels, const uint8_t *truth, const uint8_t *labels);
void og__metrics_end_image(og__metrics *metrics);

/**
 * Scores over all images counted.
 *
 *   dice = 2 TP / (2 TP + FP + FN), iou = TP / (TP + FP + FN); absent classes have none and leave the means alone;
 *   numbers that do not exist are NaN
 *
 * @param scores   written; released with og_scores_deinit()
 */
og_status og__metrics_scores(const og__metrics *metrics, og_scores *scores);

/* The "scores" member of result.json, a new value; NULL without memory. Names are optional (NULL). */
json_t *og__scores_json(const og_scores *scores, char *const *class_names);

#endif

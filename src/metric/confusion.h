/* Counts of pixels by true and predicted class. */
#ifndef OG_METRIC_CONFUSION_H
#define OG_METRIC_CONFUSION_H

#include <stddef.h>
#include <stdint.h>

#include <ogive/region.h>
#include <ogive/status.h>

typedef struct og__confusion {
    int class_count;
    int64_t *pixels; /* (class_count, class_count): by true class, then predicted class */
} og__confusion;

/* A class against all others. */
typedef struct og__counts {
    int64_t true_positive, false_positive, false_negative, true_negative;
} og__counts;

og_status og__confusion_init(og__confusion *confusion, int class_count);
void og__confusion_deinit(og__confusion *confusion);
void og__confusion_clear(og__confusion *confusion);

/* Count pixels; those whose truth is OG_LABEL_IGNORE are left out. Classes are below class_count. */
void og__confusion_count(og__confusion *confusion, size_t pixels, const uint8_t *truth, const uint8_t *labels);

/* Add the counts of another one of the same class_count. */
void og__confusion_add(og__confusion *confusion, const og__confusion *other);

og__counts og__confusion_of_class(const og__confusion *confusion, int class_index);

/* The same of what is scored (og_regions_has()). */
og__counts og__confusion_of_scored(const og__confusion *confusion, const og_regions *regions, int scored);

/* Share of the pixels on the diagonal; NaN without pixels. */
double og__confusion_accuracy(const og__confusion *confusion);

/* numerator / denominator, NaN for 0 / 0. */
double og__share(int64_t numerator, int64_t denominator);
double og__counts_dice(og__counts counts);
double og__counts_iou(og__counts counts);

#endif

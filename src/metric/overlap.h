/* How two numberings of the same pixels overlap: objects found, and agreement as partitions. */
#ifndef OG_METRIC_OVERLAP_H
#define OG_METRIC_OVERLAP_H

#include <stddef.h>
#include <stdint.h>

#include <ogive/status.h>

/* Pixels that have number a in the truth and b in the prediction. */
typedef struct og__pair {
    uint32_t truth, guess;
    int64_t pixels;
} og__pair;

typedef struct og__overlap {
    uint32_t truth_count, guess_count;    /* numbers from 1 to these */
    int64_t *truth_pixels, *guess_pixels; /* (count + 1) pixels of each number, 0 among them */
    og__pair *pairs;                      /* (pair_count), by truth, then guess */
    size_t pair_count;
} og__overlap;

og_status og__overlap_init(size_t pixels, const uint32_t *truth, uint32_t truth_count, const uint32_t *guess,
                           uint32_t guess_count, og__overlap *overlap);
void og__overlap_deinit(og__overlap *overlap);

typedef struct og__object_counts {
    int64_t true_positive, false_positive, false_negative;
    double iou_sum; /* of the true positives */
} og__object_counts;

/* Objects with an IoU above one half, of which each has at most one, are found. */
og__object_counts og__overlap_objects(const og__overlap *overlap);

/* Agreement over the pixels that have a number in the truth; the prediction's 0 is one more part. With p the shares of
 * those pixels by pair, s and t by number of the prediction and of the truth, all sums without the n pairs of a pixel
 * with itself in rand_error:
 *
 *   rand_error  1 - sum p^2 / (sum s^2 / 2 + sum t^2 / 2)
 *   v_rand      the same without "1 -", pixels paired with themselves too
 *   v_info      mutual information / (entropy of s / 2 + entropy of t / 2); 1 where both are a single part
 *
 * NaN without such pixels. Source: skimage.metrics.adapted_rand_error; Arganda-Carreras et al., Front. Neuroanat. 2015,
 * doi 10.3389/fnana.2015.00142. */
typedef struct og__partition {
    double rand_error, v_rand, v_info;
} og__partition;

og_status og__overlap_partition(const og__overlap *overlap, og__partition *partition);

#endif

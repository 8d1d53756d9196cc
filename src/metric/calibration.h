/* How far a network's confidence is from its accuracy. */
#ifndef OG_METRIC_CALIBRATION_H
#define OG_METRIC_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

enum { OG__CALIBRATION_BINS = 15 };

/* Sums over the pixels whose confidence lies in (i / BINS, (i + 1) / BINS]. Zero-initialised it is empty. */
typedef struct og__calibration {
    double confidence[OG__CALIBRATION_BINS];
    int64_t right[OG__CALIBRATION_BINS], pixels[OG__CALIBRATION_BINS];
} og__calibration;

/* Count pixels; those whose truth is OG_LABEL_IGNORE are left out. The confidence is probs[labels[i], i]. */
void og__calibration_count(og__calibration *calibration, size_t pixels, const uint8_t *truth, const uint8_t *labels,
                           const float *probs);
void og__calibration_add(og__calibration *calibration, const og__calibration *other);

/* sum over bins of |confidence - right| / pixels; NaN without pixels. Source: Guo et al., arXiv:1706.04599, eq. 3. */
double og__calibration_error(const og__calibration *calibration);

#endif

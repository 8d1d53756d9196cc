/* Softmax, cross-entropy and soft Dice over blocked logits, class by class over tiles of pixels. */
#include "kernel/ops_isa.h"

#include "act/f32.h"

enum { TILE = 64, CLASSES_MAX = 255, LABEL_IGNORE = 255 };

/* Address of class k of the first pixel. */
static inline size_t class_at(int k, size_t stride)
{
    return (size_t)(k / OG_LANES) * stride + (size_t)(k % OG_LANES);
}

static void softmax_tile(int count, int classes, size_t stride, float *block)
{
    float top[TILE], sum[TILE];
    for (int i = 0; i < count; i++) {
        top[i] = block[i * OG_LANES];
        sum[i] = 0;
    }
    for (int k = 1; k < classes; k++) {
        const float *logit = block + class_at(k, stride);
        for (int i = 0; i < count; i++)
            top[i] = logit[i * OG_LANES] > top[i] ? logit[i * OG_LANES] : top[i];
    }
    for (int k = 0; k < classes; k++) {
        float *logit = block + class_at(k, stride);
        for (int i = 0; i < count; i++) {
            float e = f32_exp(logit[i * OG_LANES] - top[i]);
            logit[i * OG_LANES] = e;
            sum[i] += e;
        }
    }
    for (int i = 0; i < count; i++)
        sum[i] = 1 / sum[i];
    int padded = (classes + OG_LANES - 1) / OG_LANES * OG_LANES;
    for (int k = 0; k < padded; k++) {
        float *p = block + class_at(k, stride);
        for (int i = 0; i < count; i++)
            p[i * OG_LANES] = k < classes ? p[i * OG_LANES] * sum[i] : 0;
    }
}

void OG_ISA_FN(softmax)(size_t pixels, int classes, size_t stride, float *block)
{
    for (size_t i = 0; i < pixels; i += TILE)
        softmax_tile(pixels - i < TILE ? (int)(pixels - i) : TILE, classes, stride, block + i * OG_LANES);
}

void OG_ISA_FN(cross_entropy)(size_t pixels, size_t stride, const float *block, const uint8_t *labels, double *ce)
{
    for (size_t i = 0; i < pixels; i++) {
        if (labels[i] == LABEL_IGNORE)
            continue;
        float p = block[class_at(labels[i], stride) + i * OG_LANES];
        *ce -= (double)f32_log(p < 1e-38f ? 1e-38f : p); /* exp underflows below: the loss is at least 87; NaN passes */
    }
}

void OG_ISA_FN(dice_sums)(size_t pixels, int classes, size_t stride, const float *block, const uint8_t *labels,
                          double *both, double *predicted, double *truth)
{
    double sums[CLASSES_MAX] = {0};
    for (size_t i = 0; i < pixels; i++) {
        int label = labels[i];
        if (label == LABEL_IGNORE)
            continue;
        both[label] += (double)block[class_at(label, stride) + i * OG_LANES];
        truth[label] += 1;
        for (int k = 0; k < classes; k++)
            sums[k] += (double)block[class_at(k, stride) + i * OG_LANES];
    }
    for (int k = 0; k < classes; k++)
        predicted[k] += sums[k];
}

void OG_ISA_FN(softmax_gradient)(size_t pixels, int classes, size_t stride, const uint8_t *labels, float ce,
                                 const float *slope_both, const float *slope_predicted, float *block)
{
    for (size_t i = 0; i < pixels; i++) {
        int label = labels[i];
        float *at = block + i * OG_LANES;
        if (label == LABEL_IGNORE) {
            for (int k = 0; k < classes; k++)
                at[class_at(k, stride)] = 0;
            continue;
        }
        float mean = at[class_at(label, stride)] * slope_both[label];
        for (int k = 0; k < classes; k++)
            mean += at[class_at(k, stride)] * slope_predicted[k];
        for (int k = 0; k < classes; k++) {
            float p = at[class_at(k, stride)], g = k == label ? 1.0f : 0.0f;
            at[class_at(k, stride)] = ce * (p - g) + p * (slope_both[k] * g + slope_predicted[k] - mean);
        }
    }
}

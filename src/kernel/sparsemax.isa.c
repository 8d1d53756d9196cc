/* Sparsemax over planar logits (Martins and Astudillo, ICML 2016): the point of the simplex nearest to the logits. */
#include "kernel/ops_isa.h"

#include <math.h>

enum { CLASSES_MAX = 255, LABEL_IGNORE = 255 };

/* The threshold tau with sum_j max(v_j - tau, 0) = 1, for logits whose largest is 0: that of the classes that are left
 * (Michelot's method) rises until none of them lies below it. */
static float find_threshold(int classes, const float *v)
{
    float threshold = -1;
    for (int left = classes + 1, above = 0; above < left;) {
        left = above ? above : left;
        float sum = 0;
        above = 0;
        for (int k = 0; k < classes; k++)
            if (!(v[k] <= threshold)) { /* NaN counts */
                sum += v[k];
                above++;
            }
        threshold = (sum - 1) / (float)above;
    }
    return threshold;
}

void OG_ISA_FN(sparsemax)(size_t pixels, int classes, size_t stride, const uint8_t *labels, float *block, double *loss)
{
    for (size_t i = 0; i < pixels; i++) {
        float v[CLASSES_MAX], *at = block + i, top = at[0];
        for (int k = 1; k < classes; k++) {
            float logit = at[(size_t)k * stride];
            top = logit > top ? logit : top;
        }
        for (int k = 0; k < classes; k++)
            v[k] = at[(size_t)k * stride] - top;
        float threshold = find_threshold(classes, v);
        double squares = 0;
        for (int k = 0; k < classes; k++) {
            float p = v[k] <= threshold ? 0 : v[k] - threshold;
            squares += (double)p * (double)p;
            at[(size_t)k * stride] = p;
        }
        if (!labels || labels[i] == LABEL_IGNORE)
            continue;
        /* |p - g|^2 / 2 + max(tau - z, 0) at the label: the loss of the paper without its differences of large terms */
        double p = (double)at[(size_t)labels[i] * stride], below = (double)threshold - (double)v[labels[i]];
        *loss += 0.5 * (squares + 1 - 2 * p) + (below < 0 ? 0 : below);
    }
}

void OG_ISA_FN(sparsemax_gradient)(size_t pixels, int classes, size_t stride, const uint8_t *labels,
                                   const og__head_slopes *slopes, float *block)
{
    for (size_t i = 0; i < pixels; i++) {
        int label = labels[i], count = 0;
        float *at = block + i, q[CLASSES_MAX], mean = 0, loss = slopes->loss * (slopes->pixel ? slopes->pixel[i] : 1);
        for (int k = 0; k < classes && label != LABEL_IGNORE; k++) {
            q[k] = slopes->slope_predicted[k] + (k == label ? slopes->slope_both[k] : 0) +
                   (slopes->each ? slopes->each[(size_t)k * stride + i] : 0);
            if (!(at[(size_t)k * stride] <= 0)) {
                mean += q[k];
                count++;
            }
        }
        mean = count > 0 ? mean / (float)count : 0;
        for (int k = 0; k < classes; k++) {
            float p = at[(size_t)k * stride], g = k == label ? 1.0f : 0.0f;
            at[(size_t)k * stride] = label == LABEL_IGNORE ? 0 : loss * (p - g) + (p <= 0 ? 0 : q[k] - mean);
        }
    }
}

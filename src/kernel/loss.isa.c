/* Softmax, cross-entropy and soft Dice over planar logits, class by class over tiles of pixels. */
#include "kernel/ops_isa.h"

#include "act/f32.h"

enum { TILE = 64, LABEL_IGNORE = 255 };

static int tile_size(size_t pixels, size_t first)
{
    return pixels - first < TILE ? (int)(pixels - first) : TILE;
}

static void softmax_tile(int count, int classes, size_t stride, float *block)
{
    float top[TILE], sum[TILE];
    for (int i = 0; i < count; i++) {
        top[i] = block[i];
        sum[i] = 0;
    }
    for (int k = 1; k < classes; k++) {
        const float *logit = block + (size_t)k * stride;
        for (int i = 0; i < count; i++)
            top[i] = logit[i] > top[i] ? logit[i] : top[i];
    }
    for (int k = 0; k < classes; k++) {
        float *logit = block + (size_t)k * stride;
        for (int i = 0; i < count; i++) {
            float e = f32_exp(logit[i] - top[i]);
            logit[i] = e;
            sum[i] += e;
        }
    }
    for (int i = 0; i < count; i++)
        sum[i] = 1 / sum[i];
    for (int k = 0; k < classes; k++) {
        float *p = block + (size_t)k * stride;
        for (int i = 0; i < count; i++)
            p[i] *= sum[i];
    }
}

void OG_ISA_FN(softmax)(size_t pixels, int classes, size_t stride, float *block)
{
    for (size_t i = 0; i < pixels; i += TILE)
        softmax_tile(tile_size(pixels, i), classes, stride, block + i);
}

/* exp underflows below 1e-38: the loss is at least 87 there; NaN passes. */
static void logs_of_labels(int count, size_t stride, const float *block, const uint8_t *labels, float *logs)
{
    float p[TILE];
    for (int i = 0; i < count; i++) {
        size_t label = labels[i];
        p[i] = label == LABEL_IGNORE ? 1 : block[label * stride + (size_t)i];
    }
    for (int i = 0; i < count; i++)
        logs[i] = f32_log(p[i] < 1e-38f ? 1e-38f : p[i]);
}

void OG_ISA_FN(label_logs)(size_t pixels, size_t stride, const float *block, const uint8_t *labels, float *logs)
{
    for (size_t first = 0; first < pixels; first += TILE)
        logs_of_labels(tile_size(pixels, first), stride, block + first, labels + first, logs + first);
}

void OG_ISA_FN(cross_entropy)(size_t pixels, size_t stride, const float *block, const uint8_t *labels, double *ce)
{
    for (size_t first = 0; first < pixels; first += TILE) {
        int count = tile_size(pixels, first);
        float logs[TILE];
        logs_of_labels(count, stride, block + first, labels + first, logs);
        for (int i = 0; i < count; i++)
            *ce -= (double)logs[i];
    }
}

void OG_ISA_FN(dice_sums)(size_t pixels, int classes, size_t stride, const float *block, const uint8_t *labels,
                          double *both, double *predicted, double *truth)
{
    for (size_t first = 0; first < pixels; first += TILE) {
        const uint8_t *label = labels + first;
        int count = tile_size(pixels, first);
        for (int k = 0; k < classes; k++) {
            const float *from = block + (size_t)k * stride + first;
            float all[TILE] = {0}, own[TILE] = {0};
            int owned = 0;
            for (int i = 0; i < count; i++) {
                all[i] = label[i] == LABEL_IGNORE ? 0 : from[i];
                own[i] = label[i] == k ? from[i] : 0;
                owned += label[i] == k;
            }
            for (int half = TILE / 2; half > 0; half /= 2)
                for (int i = 0; i < half; i++) {
                    all[i] += all[i + half];
                    own[i] += own[i + half];
                }
            predicted[k] += (double)all[0];
            both[k] += (double)own[0];
            truth[k] += owned;
        }
    }
}

/* The slopes by p of class k. */
static void slopes_of_tile(int count, size_t at, int k, const uint8_t *label, const og__head_slopes *s, float *q)
{
    float both = s->slope_both[k], predicted = s->slope_predicted[k];
    for (int i = 0; i < count; i++)
        q[i] = label[i] == k ? both + predicted : predicted;
    for (int i = 0; s->each && i < count; i++)
        q[i] += s->each[at + (size_t)i];
}

void OG_ISA_FN(softmax_gradient)(size_t pixels, int classes, size_t stride, const uint8_t *labels,
                                 const og__head_slopes *slopes, float *block)
{
    for (size_t first = 0; first < pixels; first += TILE) {
        const uint8_t *label = labels + first;
        int count = tile_size(pixels, first);
        float mean[TILE] = {0}, loss[TILE], q[TILE];
        for (int i = 0; i < count; i++)
            loss[i] = slopes->loss;
        for (int i = 0; slopes->pixel && i < count; i++)
            loss[i] *= slopes->pixel[first + (size_t)i];
        for (int k = 0; k < classes; k++) {
            size_t at = (size_t)k * stride + first;
            slopes_of_tile(count, at, k, label, slopes, q);
            for (int i = 0; i < count; i++)
                mean[i] += block[at + (size_t)i] * q[i];
        }
        for (int k = 0; k < classes; k++) {
            size_t at = (size_t)k * stride + first;
            float *p = block + at;
            slopes_of_tile(count, at, k, label, slopes, q);
            for (int i = 0; i < count; i++) {
                float g = label[i] == k ? 1.0f : 0.0f;
                float d = loss[i] * (p[i] - g) + p[i] * (q[i] - mean[i]);
                p[i] = label[i] == LABEL_IGNORE ? 0 : d;
            }
        }
    }
}

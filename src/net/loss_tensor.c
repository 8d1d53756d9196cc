/* Losses of all probabilities of a batch: Lovász-softmax and the boundary loss. */
#include "net/loss_mix.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include <ogive/net.h>

#include "base/memory.h"
#include "base/status.h"
#include "metric/distance.h"

static const uint8_t *labels_of(const og__loss_shape *shape, const uint8_t *labels, size_t image)
{
    return labels + image * shape->pixels;
}

/* --- Lovász ------------------------------------------------------------------------------------------------------- */

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 };

/* A pixel with its error; errors are at least 0, so that their bits have their order. */
typedef struct item {
    uint32_t error, pixel;
} item;

/* Sort by falling error, equals in the order of pixels. Returns where the result is. */
static item *sort(item *items, item *spare, size_t count)
{
    for (int pass = 0; pass < PASSES; pass++) {
        size_t starts[DIGITS + 1] = {0};
        int shift = pass * DIGIT_BITS;
        for (size_t i = 0; i < count; i++)
            starts[DIGITS - (items[i].error >> shift & (DIGITS - 1))]++;
        for (int digit = 1; digit <= DIGITS; digit++)
            starts[digit] += starts[digit - 1];
        for (size_t i = 0; i < count; i++)
            spare[starts[DIGITS - 1 - (items[i].error >> shift & (DIGITS - 1))]++] = items[i];
        item *swapped = items;
        items = spare;
        spare = swapped;
    }
    return items;
}

/* Labelled pixels with the errors of class k. */
static size_t collect(const og__loss_shape *shape, const uint8_t *labels, const float *p, int k, item *items,
                      size_t *own)
{
    size_t count = 0;
    *own = 0;
    for (int image = 0; image < shape->n; image++) {
        const float *of_class = p + (size_t)(image * shape->classes + k) * shape->pixels;
        const uint8_t *label = labels_of(shape, labels, (size_t)image);
        for (size_t i = 0; i < shape->pixels; i++) {
            if (label[i] == OG_LABEL_IGNORE)
                continue;
            float error = fabsf((label[i] == k ? 1.0f : 0.0f) - of_class[i]);
            memcpy(&items[count].error, &error, sizeof error);
            items[count++].pixel = (uint32_t)((size_t)image * shape->pixels + i);
            *own += label[i] == k;
        }
    }
    return count;
}

/* Loss of a class from its sorted errors, and its slopes. */
static double extend(const og__loss_shape *shape, const uint8_t *labels, int k, const item *items, size_t count,
                     size_t own, double factor, float *slopes)
{
    double before = 0, loss = 0;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        size_t image = items[i].pixel / shape->pixels, pixel = items[i].pixel % shape->pixels;
        bool is_own = labels[items[i].pixel] == k;
        float error;
        found += is_own;
        double jaccard = 1 - (double)(own - found) / (double)(own + (i + 1 - found)), step = jaccard - before;
        before = jaccard;
        memcpy(&error, &items[i].error, sizeof error);
        loss += (double)error * step;
        slopes[(image * (size_t)shape->classes + (size_t)k) * shape->pixels + pixel] +=
            (float)(factor * (is_own ? -step : step));
    }
    return loss;
}

og_status og__loss_lovasz(const double *params, const og__loss_shape *shape, const uint8_t *labels,
                          const float *probabilities, double factor, float *slopes, double *loss)
{
    int first = params[0] != 0 ? 0 : 1, present = 0;
    size_t all = (size_t)shape->n * shape->pixels, owns[OG_LABEL_IGNORE] = {0};
    double losses[OG_LABEL_IGNORE] = {0};
    bool full = false;
    for (size_t i = 0; i < all; i++)
        if (labels[i] != OG_LABEL_IGNORE)
            owns[labels[i]]++;
    for (int k = first; k < shape->classes; k++)
        present += owns[k] > 0;
#pragma omp parallel for num_threads(shape->threads) schedule(dynamic) reduction(|| : full)
    for (int k = first; k < shape->classes; k++) {
        item *items = NULL;
        size_t own;
        if (owns[k] == 0)
            continue;
        if (og__alloc(2 * all, sizeof *items, &items) != OG_OK) {
            full = true;
            continue;
        }
        size_t count = collect(shape, labels, probabilities, k, items, &own);
        losses[k] = extend(shape, labels, k, sort(items, items + all, count), count, own, factor / present, slopes);
        free(items);
    }
    if (full)
        return og__fail(OG_ERR_MEMORY,
                        "the Lovász loss needs %zu bytes per thread to sort the pixels of a batch; make "
                        "the batch or the patches smaller, or take fewer threads",
                        2 * all * sizeof(item));
    *loss = 0;
    for (int k = first; k < shape->classes; k++)
        *loss += present > 0 ? losses[k] / present : 0;
    return OG_OK;
}

/* --- boundary ----------------------------------------------------------------------------------------------------- */

/* The distance to class k, negative inside of it: from its pixels' nearest neighbours outside, less one. 0 where the
 * image has none of it. */
static og_status signed_distance(const og__loss_shape *shape, const uint8_t *label, int k, uint8_t *set, float *squared,
                                 float *phi)
{
    const double spacing[3] = {1, 1, 1};
    size_t own = 0;
    for (size_t i = 0; i < shape->pixels; i++)
        own += set[i] = label[i] == k;
    memset(phi, 0, shape->pixels * sizeof *phi);
    if (own == 0)
        return OG_OK;
    OG_TRY(og__distance_squared(shape->d, shape->h, shape->w, spacing, set, squared));
    for (size_t i = 0; i < shape->pixels; i++) {
        phi[i] = sqrtf(squared[i]);
        set[i] = !set[i];
    }
    if (own == shape->pixels) /* there is no outside */
        return OG_OK;
    OG_TRY(og__distance_squared(shape->d, shape->h, shape->w, spacing, set, squared));
    for (size_t i = 0; i < shape->pixels; i++)
        phi[i] -= set[i] ? 0 : sqrtf(squared[i]) - 1;
    return OG_OK;
}

/* Of one image and class: the sum of phi p; the slopes are added. */
static og_status bound(const og__loss_shape *shape, const uint8_t *label, int k, const float *p, double factor,
                       float *slopes, double *sum)
{
    og_status status = OG_OK;
    float *distances = NULL;
    uint8_t *set = NULL;
    OG_GO(og__alloc(2 * shape->pixels, sizeof *distances, &distances));
    OG_GO(og__alloc(shape->pixels, 1, &set));
    float *phi = distances + shape->pixels;
    OG_GO(signed_distance(shape, label, k, set, distances, phi));
    for (size_t i = 0; i < shape->pixels; i++) {
        if (label[i] == OG_LABEL_IGNORE)
            continue;
        *sum += (double)phi[i] * (double)p[i];
        slopes[i] += (float)(factor * (double)phi[i]);
    }
done:
    free(distances);
    free(set);
    return status;
}

og_status og__loss_boundary(const double *params, const og__loss_shape *shape, const uint8_t *labels,
                            const float *probabilities, double factor, float *slopes, double *loss)
{
    int planes = shape->n * (shape->classes - 1);
    size_t labelled = 0;
    double *sums = NULL;
    bool full = false;
    (void)params;
    *loss = 0;
    for (size_t i = 0; i < (size_t)shape->n * shape->pixels; i++)
        labelled += labels[i] != OG_LABEL_IGNORE;
    double share = labelled > 0 ? 1 / ((double)labelled * (shape->classes - 1)) : 0;
    OG_TRY(og__alloc((size_t)planes, sizeof *sums, &sums));
#pragma omp parallel for num_threads(shape->threads) schedule(dynamic) reduction(|| : full)
    for (int i = 0; i < planes; i++) {
        int image = i / (shape->classes - 1), k = 1 + i % (shape->classes - 1);
        size_t at = (size_t)(image * shape->classes + k) * shape->pixels;
        if (bound(shape, labels_of(shape, labels, (size_t)image), k, probabilities + at, factor * share, slopes + at,
                  &sums[i]) != OG_OK)
            full = true;
    }
    for (int i = 0; i < planes; i++)
        *loss += share * sums[i];
    free(sums);
    return full ? og__fail(OG_ERR_MEMORY, "the boundary loss has no memory for the distances; make the batch or the "
                                          "patches smaller, or take fewer threads")
                : OG_OK;
}

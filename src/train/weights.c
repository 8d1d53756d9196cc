#include "train/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/status.h"
#include "data/dataset.h"

/* Pixels of each class over the training images, and over those that hold it the pixels of all classes. */
typedef struct tally {
    double own[256], around[256], all;
} tally;

static void count_pixels(const og_dataset *data, tally *counts)
{
    *counts = (tally){0};
    for (size_t i = 0; i < og_dataset_count(data, OG_PART_TRAIN); i++) {
        og_sample sample = og_dataset_sample(data, OG_PART_TRAIN, i);
        int64_t here[256] = {0}, labelled = (int64_t)sample.h * sample.w;
        for (size_t p = 0; p < (size_t)sample.h * (size_t)sample.w; p++)
            here[sample.labels[p]]++;
        labelled -= here[OG_LABEL_IGNORE];
        counts->all += (double)labelled;
        for (int k = 0; k < OG_LABEL_IGNORE; k++) {
            counts->own[k] += (double)here[k];
            counts->around[k] += here[k] > 0 ? (double)labelled : 0;
        }
        og__sample_release(data, OG_PART_TRAIN, i);
    }
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(int count, double *numbers)
{
    qsort(numbers, (size_t)count, sizeof *numbers, compare_numbers);
    return count % 2 ? numbers[count / 2] : (numbers[count / 2 - 1] + numbers[count / 2]) / 2;
}

static void weigh_by_frequency(const og_dataset *data, bool median, float weights[256])
{
    int classes = og_dataset_class_count(data), present = 0;
    double found[256], middle;
    tally counts;
    count_pixels(data, &counts);
    for (int k = 0; k < classes; k++)
        if (counts.own[k] > 0)
            found[present++] = counts.own[k] / counts.around[k];
    middle = present > 0 ? median_of(present, found) : 1;
    for (int k = 0; k < classes; k++)
        if (counts.own[k] > 0)
            weights[k] =
                (float)(median ? middle * counts.around[k] / counts.own[k] : counts.all / (classes * counts.own[k]));
}

static og_status read_weights(const char *text, const og_dataset *data, float weights[256])
{
    int classes = og_dataset_class_count(data), count = 0;
    const char *at = text;
    bool above = false;
    for (;;) {
        char *end;
        double weight = strtod(at, &end);
        if (end == at || !(weight >= 0 && weight <= 1e6) || (*end != ',' && *end != '\0'))
            return og__fail(
                OG_ERR_ARGUMENT,
                "option 'class-weights': found '%s'; give median, inverse, none, or a number from 0 to 1e6 for "
                "each class, parted by commas",
                text);
        if (count < classes)
            weights[count] = (float)weight;
        above = above || weight > 0;
        count++;
        if (*end == '\0')
            break;
        at = end + 1;
    }
    if (count != classes)
        return og__fail(OG_ERR_ARGUMENT, "option 'class-weights': %d weights for the %d classes of '%s'", count,
                        classes, og_dataset_name(data));
    return above ? OG_OK : og__fail(OG_ERR_ARGUMENT, "option 'class-weights': every weight is 0; nothing is learned");
}

og_status og__class_weights(const char *text, const og_dataset *data, float weights[256], bool *weighted)
{
    bool median = strcmp(text, "median") == 0 || strcmp(text, "auto") == 0;
    for (int k = 0; k < 256; k++)
        weights[k] = 1;
    *weighted = strcmp(text, "none") != 0;
    if (!*weighted)
        return OG_OK;
    if (!median && strcmp(text, "inverse") != 0)
        return read_weights(text, data, weights);
    weigh_by_frequency(data, median, weights);
    return OG_OK;
}

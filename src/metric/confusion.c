#include "metric/confusion.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/memory.h"

og_status og__confusion_init(og__confusion *confusion, int class_count)
{
    *confusion = (og__confusion){.class_count = class_count};
    return og__alloc((size_t)class_count * (size_t)class_count, sizeof *confusion->pixels, &confusion->pixels);
}

void og__confusion_deinit(og__confusion *confusion)
{
    free(confusion->pixels);
    *confusion = (og__confusion){0};
}

static size_t cell_count(const og__confusion *confusion)
{
    return (size_t)confusion->class_count * (size_t)confusion->class_count;
}

void og__confusion_clear(og__confusion *confusion)
{
    memset(confusion->pixels, 0, cell_count(confusion) * sizeof *confusion->pixels);
}

void og__confusion_count(og__confusion *confusion, size_t pixels, const uint8_t *truth, const uint8_t *labels)
{
    size_t classes = (size_t)confusion->class_count;
    for (size_t i = 0; i < pixels; i++)
        if (truth[i] != OG_LABEL_IGNORE)
            confusion->pixels[truth[i] * classes + labels[i]]++;
}

void og__confusion_add(og__confusion *confusion, const og__confusion *other)
{
    for (size_t i = 0; i < cell_count(confusion); i++)
        confusion->pixels[i] += other->pixels[i];
}

og__counts og__confusion_of_scored(const og__confusion *confusion, const og_regions *regions, int scored)
{
    size_t classes = (size_t)confusion->class_count;
    og__counts counts = {0};
    for (size_t truth = 0; truth < classes; truth++)
        for (size_t label = 0; label < classes; label++) {
            int64_t pixels = confusion->pixels[truth * classes + label];
            bool here = og_regions_has(regions, (int)truth, scored), said = og_regions_has(regions, (int)label, scored);
            *(here && said ? &counts.true_positive
              : here       ? &counts.false_negative
              : said       ? &counts.false_positive
                           : &counts.true_negative) += pixels;
        }
    return counts;
}

og__counts og__confusion_of_class(const og__confusion *confusion, int class_index)
{
    return og__confusion_of_scored(confusion, NULL, class_index);
}

double og__confusion_accuracy(const og__confusion *confusion)
{
    int64_t right = 0, all = 0;
    for (size_t i = 0; i < cell_count(confusion); i++) {
        all += confusion->pixels[i];
        if (i % (size_t)(confusion->class_count + 1) == 0)
            right += confusion->pixels[i];
    }
    return og__share(right, all);
}

double og__share(int64_t numerator, int64_t denominator)
{
    return denominator > 0 ? (double)numerator / (double)denominator : NAN;
}

double og__counts_dice(og__counts counts)
{
    return og__share(2 * counts.true_positive,
                     2 * counts.true_positive + counts.false_positive + counts.false_negative);
}

double og__counts_iou(og__counts counts)
{
    return og__share(counts.true_positive, counts.true_positive + counts.false_positive + counts.false_negative);
}

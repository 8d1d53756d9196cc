#include "data/peaks.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    APART = 16,        /* peaks are at least so far from one another, in levels or in colour distance */
    BETWEEN_MIN = 3,   /* values that need an explanation */
    DROP_MIN = 4,      /* the rarest peak has so many times the pixels of the next value */
    NEAR_PERCENT = 85, /* pixels at a peak, or nearer than APART / 2 */
};

static double distance(og__mask_style style, int64_t a, int64_t b)
{
    if (style != OG_MASK_COLOURS)
        return fabs((double)(a - b));
    double sum = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        double part = (double)((a >> shift & 255) - (b >> shift & 255));
        sum += part * part;
    }
    return sqrt(sum);
}

size_t og__peaks_nearest(const og__survey *survey, const bool *peaks, size_t value)
{
    size_t nearest = SIZE_MAX;
    double least = INFINITY;
    for (size_t i = 0; i < survey->count; i++) {
        double here =
            peaks[i] ? distance(survey->style, survey->values[i].value, survey->values[value].value) : INFINITY;
        if (here < least) {
            least = here;
            nearest = i;
        }
    }
    return nearest;
}

/* Whether most of the values that are no peaks have another value close by: those of classes would be told apart. */
static bool is_dense(const og__survey *survey, const bool *scored, const bool *peaks)
{
    enum { LOOKED_AT = 256 };
    size_t looked_at = 0, close = 0;
    for (size_t i = 0; i < survey->count && looked_at < LOOKED_AT; i++) {
        if (!scored[i] || peaks[i])
            continue;
        bool found = false;
        for (size_t other = 0; other < survey->count && !found; other++)
            found = other != i && scored[other] &&
                    distance(survey->style, survey->values[i].value, survey->values[other].value) < APART / 2.0;
        close += found;
        looked_at++;
    }
    return 2 * close > looked_at;
}

bool og__peaks_explain(const og__survey *survey, const bool *scored, const bool *peaks)
{
    size_t between = 0, peak_count = 0;
    double near = 0, total = 0;
    for (size_t i = 0; i < survey->count; i++) {
        if (!scored[i])
            continue;
        double pixels = (double)survey->values[i].pixels;
        total += pixels;
        peak_count += peaks[i];
        between += !peaks[i];
        for (size_t other = 0; peaks[i] && other < i; other++)
            if (peaks[other] && distance(survey->style, survey->values[i].value, survey->values[other].value) < APART)
                return false;
    }
    if (peak_count < 2 || between < BETWEEN_MIN || !is_dense(survey, scored, peaks))
        return false;
    for (size_t i = 0; i < survey->count; i++)
        if (scored[i]) {
            size_t peak = peaks[i] ? i : og__peaks_nearest(survey, peaks, i);
            if (distance(survey->style, survey->values[i].value, survey->values[peak].value) < APART / 2.0)
                near += (double)survey->values[i].pixels;
        }
    return near * 100 >= NEAR_PERCENT * total;
}

typedef struct ranked {
    size_t index;
    uint64_t pixels;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->pixels != y->pixels)
        return x->pixels > y->pixels ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

bool og__peaks_find(const og__survey *survey, const bool *scored, int most, bool *peaks)
{
    ranked *order;
    size_t count = 0, cut = 0;
    double steepest = DROP_MIN;
    for (size_t i = 0; i < survey->count; i++)
        peaks[i] = false;
    if (og__alloc(survey->count, sizeof *order, &order) != OG_OK)
        return false;
    for (size_t i = 0; i < survey->count; i++)
        if (scored[i])
            order[count++] = (ranked){i, survey->values[i].pixels};
    qsort(order, count, sizeof *order, compare_ranked);
    for (size_t i = 2; i < count && i <= (size_t)most; i++) { /* the steepest drop in frequency ends the peaks */
        double drop = (double)order[i - 1].pixels / (double)order[i].pixels;
        if (drop > steepest) {
            steepest = drop;
            cut = i;
        }
    }
    for (size_t i = 0; i < cut; i++)
        peaks[order[i].index] = true;
    free(order);
    return cut >= 2 && og__peaks_explain(survey, scored, peaks);
}

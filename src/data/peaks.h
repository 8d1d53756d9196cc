/* Masks with smoothed edges: a few frequent values, the classes, and many rare ones between them. */
#ifndef OG_DATA_PEAKS_H
#define OG_DATA_PEAKS_H

#include "data/survey.h"

/*
 * Find the frequent values.
 *
 * @param scored   bool[count] the values that take part
 * @param peaks    bool[count] written: which are frequent
 *
 * @return whether two to `most` values, far from one another, explain the others (og__peaks_explain)
 */
bool og__peaks_find(const og__survey *survey, const bool *scored, int most, bool *peaks);

/* Whether the values that are scored but no peaks look like what smoothing leaves of the peaks: there are
 * at least three, close to one another; most pixels are at or near a peak; and the peaks are far apart. */
bool og__peaks_explain(const og__survey *survey, const bool *scored, const bool *peaks);

/* The peak nearest to a value, by difference or, of colours, by distance; the lower of two equally near. */
size_t og__peaks_nearest(const og__survey *survey, const bool *peaks, size_t value);

#endif

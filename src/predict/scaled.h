/* Networks that work at another resolution: a view of an image at theirs, and rows brought back to the image's size. */
#ifndef OG_PREDICT_SCALED_H
#define OG_PREDICT_SCALED_H

#include "data/resolution.h"
#include "predict/engine.h"

typedef struct og__scaled og__scaled;

/**
 * Put a picture (D = 1) or volume, and the rows made of it, at a resolution. Both must outlive the pair.
 *
 * @param classes   of the rows
 */
og_status og__scaled_new(const og__pixels *src, const og__rows *dst, int classes, const og__resolution *resolution,
                         og__scaled **scaled);
void og__scaled_free(og__scaled *scaled);

const og__pixels *og__scaled_pixels(const og__scaled *scaled);
const og__rows *og__scaled_rows(const og__scaled *scaled);

#endif

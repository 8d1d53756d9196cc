/* Pictures that are nearly the same: resized, recompressed, brighter, mirrored or turned copies, and frames of one
 * scene. */
#ifndef OG_DATA_NEAR_H
#define OG_DATA_NEAR_H

#include "data/dataset.h"

/*
 * Find validation images of which a training image is a near copy, and note them in `findings`.
 *
 * Images are shrunk to 24 x 24 means of all channels; two are alike when these correlate by 0.99 or more in one of the
 * eight positions that mirroring and quarter turns give. Copies to the pixel, slices of one volume, and images of a
 * single value are not counted.
 *
 * @param count   written: validation images with a near copy
 *
 * @return OG_OK or OG_ERR_MEMORY
 */
og_status og__near_find(const og_dataset *data, og__findings *findings, size_t *count);

/* Whether two samples are the same to the pixel. */
bool og__same_image(const og__source *a, const og__source *b);

#endif

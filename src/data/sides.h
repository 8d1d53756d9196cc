/* Sides of patches as they are typed: "128", "128x96" (height first), "32x128x96" (slices first). */
#ifndef OG_DATA_SIDES_H
#define OG_DATA_SIDES_H

#include "base/status.h"

/**
 * @param dims    2 or 3
 * @param sides   D, H, W, written: D is 1 in two dimensions; one number is for all, 0 for whole images
 *
 * @return OG_OK, or OG_ERR_ARGUMENT that names the option 'patch'
 */
og_status og__sides_parse(const char *text, int dims, int sides[3]);

#endif

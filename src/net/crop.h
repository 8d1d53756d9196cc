/* The node that takes the middle of a value. Private to src/net. */
#ifndef OG_NET_CROP_H
#define OG_NET_CROP_H

#include "net/plan.h"

/* dst[c, y, x] = src[c, y + top, x + left] */
void og__crop(og_plan *plan, int node, const float *src, float *dst);

/* d_src[c, y + top, x + left] (+)= d_dst[c, y, x], and 0 elsewhere where it does not `add`. */
void og__crop_back(og_plan *plan, int node, bool add, const float *d_dst, float *d_src);

#endif

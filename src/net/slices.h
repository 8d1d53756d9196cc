/* Down-sampling and enlargement of volumes by 2 along all three axes. Private to src/net. */
#ifndef OG_NET_SLICES_H
#define OG_NET_SLICES_H

#include "net/scale.h"

/* POOL of windows of two slices: from the source's values, made by rows or as they are in memory. With `reduced` the
 * gradient by the source becomes the one by z. */
void og__slices_pool(const og__scale *scale, const og__step *step, float *dst);
void og__slices_pool_back(const og__scale *scale, const og__step *step, bool reduced, const float *d_dst, float *d_src);

/* Trilinear RESIZE and its adjoint. */
void og__slices_resize(const og__scale *scale, const float *src, float *dst);
void og__slices_resize_back(const og__scale *scale, const float *d_dst, float *d_src);

/* Scratch memory that a node needs for that: none unless it is a RESIZE along the slices. */
size_t og__slices_resize_scratch_bytes(const og_plan *plan, int node);

#endif

/* Nodes that change the resolution: pooling, enlargement, pixel shuffle. Private to src/net. */
#ifndef OG_NET_SCALE_H
#define OG_NET_SCALE_H

#include "net/plan.h"

/* POOL: from the source's values, made by rows or as they are in memory. With `reduced` the gradient by the source
 * becomes the one by z. */
void og__scale_pool(og_plan *plan, const og__step *step, float *dst);
void og__scale_pool_back(og_plan *plan, const og__step *step, bool reduced, const float *d_dst, float *d_src);

/* RESIZE and SHUFFLE, or their adjoints: from the gradient by the value to the one by the source. */
void og__scale_resize(og_plan *plan, int node, bool backward, const float *from, float *to);
void og__scale_shuffle(og_plan *plan, int node, bool backward, const float *from, float *to);

/* --- for net/slices.h, too --- */

/* A node of one source that changes the resolution. */
typedef struct og__scale {
    og_plan *plan;
    const og__node *node;
    const og__plan_node *src, *dst;
    size_t src_block, dst_block; /* floats of a channel block of an image */
} og__scale;

og__scale og__scale_of(og_plan *plan, int node);

/* Chunk `chunk` of one channel block of an image of a POOL's source, made now or as it is in memory; `side` 0 or 1 is
 * the room that it may be made in. */
const float *og__scale_rows(const og__scale *s, const og__step *step, int image, int block, int chunk, int side);

enum { OG_POOLED_ROWS = OG_CHUNK_ROWS / 2 };

/* Rows of the result that come of a chunk of the source: OG_POOLED_ROWS, or up to its end. */
int og__scale_pooled_rows(const og__scale *s, int chunk);

/* What enlarges rows of an image, or its adjoint. */
typedef void og__enlarge(int row, int rows, int h, int w, const float *src, float *dst);
og__enlarge *og__scale_enlarge(const og__scale *s, bool backward);

#endif

/* The 2 x 2 transposed convolution of stride 2, as one matrix product: each of its four weights makes one of the four
 * pixels that a pixel of src becomes.
 *
 *   dst[n, o, 2y + j, 2x + k] = bias[o] + sum_i src[n, i, y, x] * weights[i, o, j, k]
 *
 * Work is cut into units whose data stay in the L2 cache, the same for any number of threads; the functions of ops.def
 * work on one unit. In the backward passes a unit first gathers the four pixels side by side. */
#ifndef OG_KERNEL_UP_H
#define OG_KERNEL_UP_H

#include <stddef.h>

#include "base/cpu.h"

enum { OG_UP_AREA = 4 };

/* Units of one pass: chunks of pixels of one image, times parts of the channels of the result. */
typedef struct og__up_units {
    int block, chunks; /* pixels of a chunk, and chunks of an image */
    int parts, count;  /* count = n * chunks * parts */
} og__up_units;

typedef struct og__up {
    int n, h, w; /* of src */
    int ic, oc;  /* multiples of lanes */
    int rows;    /* of the matrix product's register tile: pixels */
    og__up_units forward, data, gradient;
    int sums; /* backward by weights: independent sums over some of the chunks, which are added at the end */
} og__up;

/* Choose the blocking. Channels are rounded up to lanes. */
og__up og__up_of(int n, int ic, int oc, int h, int w, og__isa isa);

/* Floats of the weights in either order, of scratch memory for one unit of any pass, and of one sum of gradients. */
size_t og__up_weights(const og__up *shape);
size_t og__up_scratch(const og__up *shape);

#endif

/* The 3 x 3 convolution (stride 1, padding 1) by Winograd's minimal filtering, F(4 x 4, 3 x 3): a quarter of the
 * multiplications of the direct sum.
 *
 *   Y = A' ((G g G') * (B' d B)) A      4 x 4 outputs Y of a 6 x 6 patch d and a 3 x 3 kernel g, * by element
 *
 * with the interpolation points 0, +-5/8, +-3/2 and infinity, whose powers are exact and which lose about half as many
 * digits as 0, +-1, +-2. Sums over channels between the transforms are matrix products, one for each of the
 * 36 elements. Work is cut into units of `block` tiles whose data stay in the L2 cache, the same for any number of
 * threads; the functions of ops.def work on one unit.
 *
 * Source: Lavin, Gray: Fast Algorithms for Convolutional Neural Networks, CVPR 2016; on the points: Barabasz, Anderson,
 * Soodhalter, Gregg: Error Analysis and Improving the Accuracy of Winograd Convolution, 2018. */
#ifndef OG_KERNEL_WINOGRAD_H
#define OG_KERNEL_WINOGRAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"

enum { OG_WINOGRAD_AREA = 36, OG_WINOGRAD_TILE = 4 };

typedef struct og__winograd {
    int n, h, w;
    int ic, oc; /* multiples of lanes */
    int tiles_x, tiles;
    int block, units;     /* tiles of a unit, and how many units there are */
    int rows, columns;    /* of the matrix product's register tile: tiles and vectors of output channels */
    int w_block, w_parts; /* backward by weights: tiles per step, and independent sums that are added at the end */
} og__winograd;

/* Choose the blocking. Channels are rounded up to lanes. */
og__winograd og__winograd_of(int n, int ic, int oc, int h, int w, og__isa isa);

/* Floats of transformed weights, and of scratch memory for one unit. */
size_t og__winograd_weights(const og__winograd *shape);
size_t og__winograd_scratch(const og__winograd *shape);

/* Floats of one partial sum of the weights' gradient, and of scratch memory for making one. */
size_t og__winograd_gradient(const og__winograd *shape);
size_t og__winograd_gradient_scratch(const og__winograd *shape);

#endif

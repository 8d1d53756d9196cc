/* The 3 x 3 convolution (stride 1, padding 1) by Winograd's minimal filtering, F(4 x 4, 3 x 3): a quarter of the
 * multiplications of the direct sum.
 *
 *   Y = A' ((G g G') * (B' d B)) A      4 x 4 outputs Y of a 6 x 6 patch d and a 3 x 3 kernel g, * by element
 *
 * with the interpolation points 0, +-5/8, +-3/2 and infinity, whose powers are exact and which lose about half as many
 * digits as 0, +-1, +-2. Sums over channels between the transforms are matrix products, one for each of the
 * 36 elements.
 *
 * Work is cut into bands, some rows of tiles of one image, and these into blocks of tiles whose data stay in the L2
 * cache while one thread takes them through all stages. Where the transformed weights are larger than that cache, each
 * block would fetch all of them anew; there, threads take a group of bands through one stage after the other together.
 * All of this follows from the shape, whatever the number of threads; the functions of ops.def are the stages.
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
    int ic, oc;           /* multiples of lanes */
    int tiles_x, tiles_y; /* of an image */
    int tiles;            /* of all images */
    int rows, columns;    /* of the matrix product's register tile: tiles and vectors of output channels */
    int band, bands;      /* rows of tiles of a band, and how many bands there are */
    bool together;        /* threads share a group of bands */
    int group;            /* bands of a group; 1 if not together */
    int block, room;      /* tiles of a block, or of a group, a multiple of `rows`; vectors that have room */
    bool w_together;      /* the same for backward by weights */
    int w_group, w_block, w_room;
    int w_parts; /* independent sums that are added at the end; 1 if together */
} og__winograd;

typedef struct og__winograd_band {
    int image;
    int row, rows;   /* of tiles */
    int tile, count; /* the same in tiles of the image */
    int index;       /* of the first tile among those of all images */
} og__winograd_band;

/* Some rows of an image, of all its channel blocks. */
typedef struct og__winograd_rows {
    const float *from; /* row `first` of block 0 */
    size_t stride;     /* floats from block to block */
    int first;
} og__winograd_rows;

/* Choose the blocking. Channels are rounded up to lanes. */
og__winograd og__winograd_of(int n, int ic, int oc, int h, int w, og__isa isa);

og__winograd_band og__winograd_band_at(const og__winograd *shape, int band);

/* Floats of transformed weights. */
size_t og__winograd_weights(const og__winograd *shape);

/* Floats of `room` transformed tiles of the source, and of as many of the destination. */
size_t og__winograd_values(const og__winograd *shape, int room);
size_t og__winograd_sums(const og__winograd *shape, int room);

/* Floats of one partial sum of the weights' gradient. */
size_t og__winograd_gradient(const og__winograd *shape);

#endif

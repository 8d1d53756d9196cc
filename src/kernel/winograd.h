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
 * cache while one thread takes them through all stages; larger blocks where the transformed weights are larger than
 * that cache, since each block fetches all of them anew. What one thread makes and another one reads is slow: on a
 * machine whose cores share no cache, or a virtual one, it was the half of the time of layers that did so. It remains
 * where the batch has fewer tiles than output channels: there the transformed weights are never whole in memory, and
 * all threads share the tiles; one transforms a piece of the weights in its cache, multiplies and forgets it. Backward
 * by weights, each of some parts of the bands has its own sums, or threads share a group of bands, or all of them and
 * transform a piece of the sums back as soon as it is complete.
 * All of this follows from the shape, whatever the number of threads; the functions of ops.def are the stages.
 *
 * Source: Lavin, Gray: Fast Algorithms for Convolutional Neural Networks, CVPR 2016; on the points: Barabasz, Anderson,
 * Soodhalter, Gregg: Error Analysis and Improving the Accuracy of Winograd Convolution, 2018. */
#ifndef OG_KERNEL_WINOGRAD_H
#define OG_KERNEL_WINOGRAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"
#include "kernel/ahead.h"

enum { OG_WINOGRAD_AREA = 36, OG_WINOGRAD_TILE = 4 };

typedef struct og__winograd {
    int lanes;
    int n, h, w;
    int ic, oc;           /* multiples of lanes */
    int tiles_x, tiles_y; /* of an image */
    int tiles;            /* of all images */
    int rows, columns;    /* of the matrix product's register tile: tiles and vectors of output channels */
    int band, bands;      /* rows of tiles of a band, and how many bands there are */
    bool streamed;        /* a block is all tiles, and a thread transforms a piece of the weights at a time */
    int piece;            /* input channels of such a piece */
    int block, room;      /* tiles of a block, a multiple of `rows`; vectors that have room */
    bool w_together;      /* backward by weights, threads share a group of bands */
    bool w_streamed;      /* which is all of them; a thread has the sums of a piece of the weights at a time */
    int w_group, w_block, w_room;
    int w_parts; /* independent sums that are added at the end; 1 if together */
} og__winograd;

typedef struct og__winograd_band {
    int image;
    int row, rows;   /* of tiles */
    int tile, count; /* the same in tiles of the image */
    int index;       /* of the first tile among those of all images */
} og__winograd_band;

/* Some rows of one channel block of an image. */
typedef struct og__winograd_rows {
    const float *from; /* row `first` */
    int first;
} og__winograd_rows;

/* Some of the weights, or of their gradient, transformed: (36, is, os) of input channels i and up and output channels o
 * and up, multiples of lanes. A vector has room between two of the 36 elements: at a power of two they would fall into
 * the same few lines of the L1 cache. */
typedef struct og__winograd_piece {
    int i, is;
    int o, os;
} og__winograd_piece;

/* Floats from element to element, and of all of them. */
static inline size_t og__winograd_stride(const og__winograd *shape, og__winograd_piece piece)
{
    return (size_t)piece.is * (size_t)piece.os + (size_t)shape->lanes;
}

static inline size_t og__winograd_floats(const og__winograd *shape, og__winograd_piece piece)
{
    return OG_WINOGRAD_AREA * og__winograd_stride(shape, piece);
}

/* The whole, and all input channels of the output channels that a register tile has, of which there are `groups`. */
static inline og__winograd_piece og__winograd_whole(const og__winograd *shape)
{
    return (og__winograd_piece){0, shape->ic, 0, shape->oc};
}

static inline int og__winograd_groups(const og__winograd *shape)
{
    return shape->oc / shape->lanes / shape->columns;
}

static inline og__winograd_piece og__winograd_group(const og__winograd *shape, int group)
{
    int os = shape->columns * shape->lanes;
    return (og__winograd_piece){0, shape->ic, group * os, os};
}

/* Choose the blocking. Channels are rounded up to lanes. */
og__winograd og__winograd_of(int n, int ic, int oc, int h, int w, og__isa isa);

og__winograd_band og__winograd_band_at(const og__winograd *shape, int band);

/* Steps of `ahead` in all products of `count` tiles, forward and by weights. */
int og__winograd_steps(const og__winograd *shape, int count);
int og__winograd_w_steps(const og__winograd *shape, int count);

/* Floats of transformed weights, group behind group. */
size_t og__winograd_weights(const og__winograd *shape);

/* Floats of `room` transformed tiles: of the source, of a group of output channels, and of the result's gradient. */
size_t og__winograd_values(const og__winograd *shape, int room);
size_t og__winograd_sums(const og__winograd *shape, int room);
size_t og__winograd_slopes(const og__winograd *shape, int room);

/* Floats of one partial sum of the weights' gradient. */
size_t og__winograd_gradient(const og__winograd *shape);

#endif

/* How an axis is cut into overlapping tiles, and how much each tile counts at each pixel. */
#ifndef OG_PREDICT_TILES_H
#define OG_PREDICT_TILES_H

#include <ogive/predict.h>

/* Which sides a network's result has: `least`, and each multiple more; the network sees `margin` pixels more at either
 * end. */
typedef struct og__tile_sides {
    int multiple, least, margin;
} og__tile_sides;

/* One axis. Positions count in the padded axis: the image, mirrored at both ends up to a side that the network makes.
 */
typedef struct og__tile_axis {
    int size;       /* pixels of the image */
    int padded;     /* a side of the network's */
    int before;     /* pixels of padding before the image */
    int tile;       /* pixels of a tile, as the network makes it, likewise a side */
    int seen;       /* pixels of a tile, as the network sees it: with the margins */
    int margin;     /* pixels before and behind the tile that are seen */
    int multiple;   /* of the network */
    int count;      /* tiles */
    float *weights; /* (count, tile): the tile's share of the pixel; over all tiles 1 at each pixel */
} og__tile_axis;

/**
 * Cut an axis: ceil((padded - tile) / (tile (1 - overlap))) + 1 tiles at even distances, each beginning at a multiple
 * of the network's size multiple, so that its pooling falls on the same pixels in every tile.
 *
 * @param size      pixels, >= 1
 * @param tile      pixels wanted, rounded up to a side; more than the image has gives one tile
 * @param overlap   share of a tile, 0 to 0.9
 *
 * The number of tiles follows nnU-Net, and so does the Gaussian: a sigma of an eighth of the tile.
 */
og_status og__tile_axis_init(int size, og__tile_sides sides, int64_t tile, double overlap, og_blend blend,
                             og__tile_axis *axis);

/* The sides of a network along slices (axis 0), rows and columns. */
og__tile_sides og__tile_sides_of(const og_net *net, int axis);
void og__tile_axis_deinit(og__tile_axis *axis);

/* Where a tile begins, in the padded axis. */
int og__tile_start(const og__tile_axis *axis, int index);

#endif

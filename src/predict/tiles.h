/* How an axis is cut into overlapping tiles, and how much each tile counts at each pixel. */
#ifndef OG_PREDICT_TILES_H
#define OG_PREDICT_TILES_H

#include <ogive/predict.h>

/* One axis. Positions count in the padded axis: the image, mirrored at both ends up to the network's size multiple. */
typedef struct og__tile_axis {
    int size;       /* pixels of the image */
    int padded;     /* a multiple of the network's size multiple */
    int before;     /* pixels of padding before the image */
    int tile;       /* pixels of a tile, likewise a multiple */
    int multiple;   /* of the network */
    int count;      /* tiles */
    float *weights; /* (count, tile): the tile's share of the pixel; over all tiles 1 at each pixel */
} og__tile_axis;

/**
 * Cut an axis: ceil((padded - tile) / (tile (1 - overlap))) + 1 tiles at even distances, each beginning at a multiple
 * of the network's size multiple, so that its pooling falls on the same pixels in every tile.
 *
 * @param size      pixels, >= 1
 * @param multiple  the network's size multiple
 * @param tile      pixels wanted, rounded up to a multiple; more than the image has gives one tile
 * @param overlap   share of a tile, 0 to 0.9
 *
 * The number of tiles follows nnU-Net, and so does the Gaussian: a sigma of an eighth of the tile.
 */
og_status og__tile_axis_init(int size, int multiple, int64_t tile, double overlap, og_blend blend, og__tile_axis *axis);
void og__tile_axis_deinit(og__tile_axis *axis);

/* Where a tile begins, in the padded axis. */
int og__tile_start(const og__tile_axis *axis, int index);

/* Where padding takes the value at position `i` of a line of `count` from: mirrored about the end pixels, as often as
 * needed (numpy's "reflect"). */
int og__reflect(int i, int count);

#endif

/* The tiles of one of a Winograd convolution's passes: where their rows come from, whose neighbours work on them, and
 * what is fetched into the cache while tiles before them are multiplied. */
#ifndef OG_NET_WINOGRAD_TILES_H
#define OG_NET_WINOGRAD_TILES_H

#include "kernel/ops.h"
#include "net/conv.h"

/* Of a volume of d slices, those that one tap of a window relates: slice z of the result reads slice z + shift of the
 * source. Of images d is 1 and the shift 0. */
typedef struct og__tap {
    int d, shift;
} og__tap;

/* Pairs of slices of a volume. */
int og__tap_pairs(const og__tap *tap);

/* The images of pair `index`: that of the result, and that of the source. */
int og__tap_result(const og__tap *tap, int index);
int og__tap_source(const og__tap *tap, int index);

/* An image of `channels` of a tensor. */
float *og__tiles_image(const og__winograd *shape, const float *tensor, int image, int channels);

/* A band's rows of some channel blocks: in the tensor, or in strips that are filled as far as its tiles need them. */
typedef struct og__tile_reader {
    const og__winograd *shape;
    const og__ops *ops;
    og__winograd_band band;
    int image;         /* of the source */
    int block, blocks; /* the first one, and how many */
    og__winograd_rows rows;
    size_t stride;            /* floats from a block's rows to the next one's */
    const og__row_load *load; /* or NULL */
    int filled;               /* rows of the image up to here */
} og__tile_reader;

/* Floats of a strip: a channel block of the rows that a band reads. */
size_t og__tile_strip_floats(const og__winograd *shape);

/* With `load`, `strips` has room for all channel blocks. */
og__tile_reader og__tile_reader_of(const og__ops *ops, const og__winograd *shape, const og__tap *tap, int band,
                                   const float *src, const og__row_load *load, float *strips);

/* Only one of the channel blocks, and one strip. */
og__tile_reader og__tile_reader_of_block(og__tile_reader all, int block);

/* Transform `count` of the band's tiles to place `at` and up; calls must come in order. */
void og__tile_reader_transform(og__tile_reader *reader, int first, int count, int at, int room, float *values);

/* Call `touch`, unless it is NULL, for the rows of tiles that end before tile `end` of a band, but not before `first`:
 * they are complete with the tiles up to there. */
void og__tiles_touch(const og__row_touch *touch, const og__winograd *shape, const og__winograd_band *band, int block,
                     int first, int end);

/* The tensors of a pass: what it reads, what it writes or reads beside it tile by tile, and what a neighbour does. */
typedef struct og__tile_tensors {
    const float *src, *dst;
    const og__row_touch *touch; /* or NULL */
} og__tile_tensors;

/* What the tiles of the block behind [first, first + block) of a band need, or the first ones of the band behind it
 * where that was the last one; to be fetched in `steps`. */
og__ahead og__tiles_ahead(const og__winograd *shape, const og__tap *tap, const og__tile_tensors *tensors, int band,
                          int first, int block, int steps);

#endif

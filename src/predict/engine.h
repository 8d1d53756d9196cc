/* Networks at work on an image of any size, tile by tile, in bounded memory: the tiles' values are blended in a band of
 * rows, and rows that no further tile touches are handed on. Axes are D, H, W; a picture has D = 1. The axis that is
 * swept is D of a volume and H of a picture; a "row" is one position of it. */
#ifndef OG_PREDICT_ENGINE_H
#define OG_PREDICT_ENGINE_H

#include <ogive/predict.h>

#include "predict/tiles.h"

enum { OG_AXES = 3 };

/* Where the pixels of one image come from. */
typedef struct og__pixels {
    int channels, size[OG_AXES];
    double spacing[OG_AXES]; /* mm; 0 where unknown */
    bool has_gaps;           /* some pixels may be no data: NaN in every channel */
    /* Read the window of `size` pixels at `first`; it lies within the image. dst: f32[C, d, h, w]. */
    og_status (*read)(void *context, const int first[OG_AXES], const int size[OG_AXES], float *dst);
    void *context;
} og__pixels;

/* Where finished rows go, first to last, each once. */
typedef struct og__rows {
    /* values: K planes, `stride` floats apart, of f32[count, row]; valid: u8[count, row], 0 where the image has no
     * data, or NULL when it has no gaps. Both are lent for the call. */
    og_status (*write)(void *context, int first, int count, const float *values, size_t stride, const uint8_t *valid);
    void *context;
} og__rows;

typedef struct og__engine og__engine;

/* What an engine plans for one size of image. */
typedef struct og__tiling {
    og__tile_axis axes[OG_AXES];
    int swept;            /* the axis: 0 or 1 */
    size_t row;           /* pixels of a row */
    bool takes_turns;     /* networks that are alike share a plan, in which their weights are packed anew every time */
    size_t network_bytes; /* plans of all networks: packed weights, and the tensors in the room that they share */
    size_t band_bytes;    /* the blended rows, and the tiles on their way in and out */
} og__tiling;

/* What a caller needs beside the engine, in bytes: in any case, for each row of the swept axis that a tile has, and for
 * each pixel of a tile. */
typedef struct og__beside {
    size_t fixed, row, pixel;
} og__beside;

/* The networks must outlive the engine; they must agree in channels and classes, and be one at least. */
og_status og__engine_new(const og_model *const *models, size_t count, const og_predict_options *options,
                         og__engine **engine);
void og__engine_free(og__engine *engine);

/* Tell the engine that the networks' weights changed. */
void og__engine_refresh(og__engine *engine);

/* Lend room for the networks' tensors, which whoever lends it leaves alone while the engine plans and runs. The engine
 * takes room of its own where it needs more. */
void og__engine_lend(og__engine *engine, void *room, size_t bytes);

/* What the engine has taken so far. */
size_t og__engine_bytes(const og__engine *engine);

/* Plans of how many sizes are kept at once, and whether one of so many bytes is. */
size_t og__engine_sizes_kept(void);
bool og__engine_keeps(const og__engine *engine, size_t bytes);

/**
 * Plan for a size of image: the tile that was asked for, or the whole image or else the largest tile that fits the
 * memory beside the caller's. Plans are kept for a few sizes.
 *
 * @param beside   NULL: nothing
 * @param layout   written; lent until the next call; may be NULL
 *
 * @return OG_OK, OG_ERR_MEMORY when the bound is too small, or what og_plan_new() finds
 */
og_status og__engine_plan(og__engine *engine, const int size[OG_AXES], bool has_gaps, const og__beside *beside,
                          const og__tiling **layout);

/**
 * Take the networks' scaling factors for the next runs from an image (for those that scale image by image).
 *
 * Reads the whole image twice when needed, a few rows at a time.
 */
og_status og__engine_measure(og__engine *engine, const og__pixels *src);

/* Return false to stop; og__engine_run() then returns OG_ERR_STOPPED. */
typedef bool (*og__engine_report)(void *context, double done);

/**
 * Probabilities (or logits, as the options say) of an image of the size planned last.
 *
 *   value[k, p] = mean over networks and mirrored copies of the sum over tiles of share[tile, p] * value[tile, k, p]
 *
 * @param report   may be NULL
 *
 * Result: the same bits for the same layout and number of threads.
 */
og_status og__engine_run(og__engine *engine, const og__pixels *src, const og__rows *dst, og__engine_report report,
                         void *context);

#endif

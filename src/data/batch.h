/* Making the batch of one step, from nothing but the data set, the settings and the step's number. */
#ifndef OG_DATA_BATCH_H
#define OG_DATA_BATCH_H

#include "data/loader.h"
#include "data/place.h"
#include "data/store.h"

/* What all batches of a run have in common; read-only once made, and shared by the threads. */
typedef struct og__recipe {
    const og_dataset *data;
    og__loader_options options;
    size_t count;       /* training samples */
    og_sample *samples; /* (count) of the data set, or shrunk ones in `store` */
    og__store store;    /* of shrunk samples */
    bool *mapped;       /* (count) the sample is in a store's file */
    size_t steps_per_epoch;
    int channels, d, h, w; /* of a patch */
    float *scale, *shift;  /* (count, channels): scaled = value * scale + shift */
    float *zero;           /* (count, channels) the value that is scaled to 0 */
    og__places places;     /* counted where patches are cut about objects */
} og__recipe;

/* OG_ERR_DATA when there are no training samples, OG_ERR_ARGUMENT for a batch or patch that makes no sense. */
og_status og__recipe_make(const og_dataset *data, const og__loader_options *options, og__recipe *recipe);
void og__recipe_deinit(og__recipe *recipe);

/* What whoever makes batches keeps from one to the next: the order of one epoch, and room to work in. */
typedef struct og__order {
    bool known;
    uint64_t epoch;
    uint32_t *items; /* (count) a permutation of the training samples */
    float *scratch;  /* (d, h, w) of a patch */
} og__order;

og_status og__order_make(const og__recipe *recipe, og__order *order);
void og__order_deinit(og__order *order);

/*
 * Make the batch of a step.
 *
 * @param images   f32[batch, channels, d, h, w]; written
 * @param labels   u8[batch, d, h, w]; written
 *
 * Allocates: nothing.  Threads: several at once, each with its own order.
 */
void og__batch_make(const og__recipe *recipe, uint64_t step, og__order *order, float *images, uint8_t *labels);

#endif

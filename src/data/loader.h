/* Training batches: shuffled, cut to patches, augmented, scaled, prefetched in threads.
 * A batch depends on (seed, step) only: not on threads, and not on the batches before it. */
#ifndef OG_DATA_LOADER_H
#define OG_DATA_LOADER_H

#include <ogive/data.h>

#include "data/augment.h"
#include "data/resolution.h"

typedef struct og__loader_options {
    int batch;
    int patch_d, patch_h, patch_w; /* 0: the largest training image and the margins, rounded up */
    int multiple;                  /* patch sides are rounded up to multiples of this, >= 1, */
    int least;                     /*   or by multiples from this on, the smallest side; 0 is `multiple` */
    int margin; /* pixels at each side of a patch, in height and width, that only show surroundings: patches may reach
                   over the image by them */
    int slice_multiple;        /* slices are rounded up likewise; 0 is 1 */
    size_t steps_per_epoch;    /* 0: one pass; else passes follow each other without regard to epochs */
    og__resolution resolution; /* patches and augmentation see images at this one */
    double foreground;         /* share of the patches that are cut about an object, 0 to 1 */
    bool balance;              /* choose those by class: every class as often, whichever images hold it */
    uint64_t seed;
    og_augment_options augment;
    int threads;         /* >= 0; 0 prepares batches in the calling thread */
    uint64_t first_step; /* where to begin, for resumption */
} og__loader_options;

typedef struct og__batch {
    int n, c, d, h, w;
    const float *images;   /* (N, C, D, H, W), scaled */
    const uint8_t *labels; /* (N, D, H, W); outside the image OG_LABEL_IGNORE */
} og__batch;

typedef struct og__loader og__loader;

/* The data set must outlive the loader. OG_ERR_DATA when its training part is empty. */
og_status og__loader_open(const og_dataset *data, const og__loader_options *options, og__loader **loader);
void og__loader_close(og__loader *loader);

/* Steps of an epoch; of a pass over the training part, ceil(count / batch): a short last batch goes on in the next
 * epoch's order. */
size_t og__loader_steps_per_epoch(const og__loader *loader);
size_t og__loader_batch_bytes(const og__loader *loader); /* of a batch's images and labels */
void og__loader_patch(const og__loader *loader, int *d, int *h, int *w);

/* Wait for the next batch; valid until the next call. */
og_status og__loader_next(og__loader *loader, og__batch *batch);

/* Seconds spent waiting in og__loader_next() so far. */
double og__loader_waited_s(const og__loader *loader);

#endif

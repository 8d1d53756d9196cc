/* Augmentation of training patches: random flips, rotation and zoom as one resampling, then changes of values. */
#ifndef OG_DATA_AUGMENT_H
#define OG_DATA_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <ogive/data.h>

/* Strength of each augmentation; 0 or false turns it off. */
typedef struct og_augment_options {
#define OG_AUGMENT_FLAG(id, field, initial, help) bool field;
#define OG_AUGMENT_REAL(id, field, initial, min, max, unit, help) double field;
#include "data/augment.def"
#undef OG_AUGMENT_FLAG
#undef OG_AUGMENT_REAL
} og_augment_options;

/* Where a patch lies in its image; it may reach over the edges. */
typedef struct og__window {
    int y, x, h, w;
} og__window;

/*
 * Cut one patch out of a sample and augment it.
 *
 *   outside the image: the image is mirrored about its edge pixels (as numpy's "reflect"), labels are OG_LABEL_IGNORE;
 *   images are resampled bilinearly, labels take the nearest pixel
 *
 * @param seed, item   choose the random numbers; item is the running number of the patch
 * @param images       f32[C, window.h, window.w], raw values; written
 * @param labels       u8[window.h, window.w]; written
 */
void og__augment(const og_augment_options *options, const og_sample *sample, og__window window, uint64_t seed,
                 uint64_t item, float *images, uint8_t *labels);

#endif

/* A pair's mask as one channel of mask values: numbers, or colours as the number 0xRRGGBB. */
#ifndef OG_DATA_MASK_H
#define OG_DATA_MASK_H

#include <ogive/image.h>

#include "data/layout.h"

typedef enum og__mask_style {
    OG_MASK_NUMBERS, /* pixel values, and indices of a palette */
    OG_MASK_LEVELS,  /* pixel values, and grey levels of a palette */
    OG_MASK_COLOURS, /* 0xRRGGBB, of palettes and grey pixels too */
} og__mask_style;

/*
 * Load the mask of a pair; several files are united: where a file is bright, the mask has that file's mark,
 * or the sum of them where the pair's files overlap.
 *
 * @param mask       written: one channel of whole numbers up to 2^24; with OG_MASK_NUMBERS, as many channels as the
 *                   file has when they differ, which only OG_MASK_COLOURS can read
 * @param overlap    counts pixels that several files mark differently; the last file wins
 *
 * @return OG_OK, or OG_ERR_DATA for a file that cannot be a mask
 */
og_status og__mask_load(const og__pair *pair, og__mask_style style, og_image *mask, uint64_t *overlap);

/* Load the files of one image; their channels follow one another. */
og_status og__images_load(const char *const *paths, size_t count, og_image *image);

#endif

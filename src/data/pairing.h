/* Which mask belongs to which image, by the customs of naming them. */
#ifndef OG_DATA_PAIRING_H
#define OG_DATA_PAIRING_H

#include "data/entries.h"
#include "data/layout.h"

/* A custom: image PREFIX + CORE + SUFFIX, mask PREFIX + CORE + SUFFIX; endings aside. */
typedef struct og__custom {
    const char *image_prefix, *image_suffix, *mask_prefix, *mask_suffix;
} og__custom;

/*
 * Pair the images with the masks by the custom that fits most of them, and add them to the listing in the order of
 * their names. A mask without image is left out with a warning.
 *
 * @param part   og_part or OG_PART_OPEN
 *
 * @return OG_OK, or OG_ERR_DATA naming images without mask, or files of the same stem
 */
og_status og__pair_up(const og__entries *images, const og__entries *masks, int part, og__listing *listing);

/* Write the stem of the mask that a custom gives the image; false when the image's stem does not follow it. */
bool og__custom_apply(const og__custom *custom, const char *image, og__text *mask);

#endif

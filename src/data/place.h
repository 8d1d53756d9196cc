/* Where training patches are cut out: anywhere, or about a pixel of a chosen class. */
#ifndef OG_DATA_PLACE_H
#define OG_DATA_PLACE_H

#include "base/random.h"
#include "data/augment.h"

/* How many pixels of which class the training samples hold. Zero-initialised: not counted. */
typedef struct og__places {
    size_t count; /* samples */
    int classes;
    uint32_t *pixels;  /* (count, classes) */
    uint32_t **slices; /* (count) of each volume (d, classes), so that looking for a voxel reads one slice; NULL for
                          pictures */
    size_t *images;    /* (classes) samples with the class */
} og__places;

og_status og__places_make(size_t count, int classes, og__places *places);
og_status og__places_count(og__places *places, size_t index, const og_sample *sample);
void og__places_deinit(og__places *places);

/*
 * Whether the patch in a place of a batch is cut about an object: the last ones are, `share` of the batch, rounded
 * (nnU-Net's rule); where that leaves none, each with probability `share`.
 */
bool og__place_is_forced(double share, int place, int batch, og__random *random);

/* Anywhere inside a larger image, centred about a smaller one; along the slices of a larger volume up to half beyond
 * its ends, so that the slices there, which only a patch at the very end would show, are seen as often as the others.
 */
og__window og__place_anywhere(const og_sample *sample, int d, int h, int w, og__random *random);

/* A class other than the background, then a sample that holds it; every class, every such sample as likely. False when
 * there is none. */
bool og__place_choose_sample(const og__places *places, og__random *random, size_t *index, int *class_index);

/* A class that occurs in a sample, other than the background, every one as likely; -1 when there is none. */
int og__place_choose_class(const og__places *places, size_t index, og__random *random);

/* About a pixel of the class, every one as likely, as far as the image reaches. */
og__window og__place_about(const og__places *places, const og_sample *sample, size_t index, int class_index, int d,
                           int h, int w, og__random *random);

#endif

/* Which values the masks of a data set hold, and how often: looked at before anything is read for good. */
#ifndef OG_DATA_SURVEY_H
#define OG_DATA_SURVEY_H

#include "data/mask.h"

typedef struct og__mask_value {
    int64_t value;
    uint64_t pixels;
    size_t files; /* masks that hold it */
    size_t first; /* the first pair whose mask does */
    size_t last;  /* the last one so far */
} og__mask_value;

/* A mask that was decoded for the survey, in bytes, so that it need not be again. */
typedef struct og__kept_mask {
    int depth, height, width;
    uint8_t *values; /* (depth, height, width); NULL where it was not kept */
} og__kept_mask;

typedef struct og__survey {
    og__mask_style style; /* how the masks are to be read */
    size_t count, capacity;
    og__mask_value *values; /* (count), by value */
    uint64_t pixels;
    uint64_t overlap; /* pixels that several files of one mask mark differently */
    size_t kept_count, kept_bytes, kept_most;
    og__kept_mask *kept; /* (kept_count) by pair */
} og__survey;

/*
 * Look at every mask of the listing. Masks in colour are read as colours, all of them; so are masks whose palettes give
 * one index different colours in different files. A palette of black and white alone is read as black and white.
 *
 * @param kept_most   bytes of masks that may be kept
 *
 * @return OG_OK, or what og__mask_load() says, or OG_ERR_DATA for more different values than masks have
 */
og_status og__survey_run(const og__listing *listing, size_t kept_most, og__survey *survey);
void og__survey_deinit(og__survey *survey);

/* A pair's mask in the survey's style, as og__mask_load() has it but for its palette. */
og_status og__survey_mask(const og__survey *survey, size_t index, const og__pair *pair, og_image *mask);

/* Forget the masks, and keep what is known of them. */
void og__survey_drop_masks(og__survey *survey);

#endif

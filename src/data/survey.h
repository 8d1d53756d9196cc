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

typedef struct og__survey {
    og__mask_style style; /* how the masks are to be read */
    size_t count, capacity;
    og__mask_value *values; /* (count), by value */
    uint64_t pixels;
    uint64_t overlap; /* pixels that several files of one mask mark differently */
} og__survey;

/*
 * Look at every mask of the listing. Masks in colour are read as colours, all of them; so are masks whose palettes give
 * one index different colours in different files. A palette of black and white alone is read as black and white.
 *
 * @return OG_OK, or what og__mask_load() says, or OG_ERR_DATA for more different values than masks have
 */
og_status og__survey_run(const og__listing *listing, og__survey *survey);
void og__survey_deinit(og__survey *survey);

#endif

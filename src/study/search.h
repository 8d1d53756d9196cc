/* A search for new activation functions as a study: its formulas, its course, and its runs.
 *
 *   STUDY/search.json   every formula that was come across, what the screening made of it, and the rounds of runs so
 * far; written by the process that proposes, before the runs of a round are asked for
 *
 * Runs are named by formula, level and seed: f12-l0-s0, f12-full-s500. */
#ifndef OG_STUDY_SEARCH_H
#define OG_STUDY_SEARCH_H

#include <ogive/study.h>

#include "study/campaign.h"
#include "study/kind.h"
#include "study/work.h"

/* What a run on a small level has in the place of the question's settings. */
typedef struct og__rung {
    const char *name; /* "l0" */
    int64_t epochs, width;
} og__rung;

typedef struct og__search {
    og__pool pool;
    og__campaign campaign;
    og__rung levels[OG_LEVELS];
    int64_t candidates; /* to be screened before the first run */
    og__run ***runs;    /* [round][formula * seeds + seed] */
    og__dimension dimensions[3];
} og__search;

/* The search that a study of its kind is. */
og__search *og__search_of(const og__study *study);

/* Add what makes a formula's network: "act", and "act-bottleneck" and "act-decoder" of one by places. */
og_status og__search_settings(const og__search *search, int formula, json_t *settings);

/* Read STUDY/search.json into the pool and the campaign; nothing is read where there is none. */
og_status og__search_read(const char *folder, og__search *search);
og_status og__search_write(const char *folder, const og__search *search);

/**
 * Fill an empty pool: what was asked for, the catalogue, and the formulas of the start; and write it down.
 *
 * @param tell   NULL, or told how many are screened; false stops with OG_ERR_STOPPED
 */
og_status og__search_screen(const og__study *study, bool (*tell)(void *context, int64_t screened, int64_t candidates),
                            void *context);

/**
 * The confirmation as if it were a comparison: its functions are the arms, the best known one last, and its complete
 * seeds the blocks, so that what is said of comparisons can be said of it.
 *
 * @param view   borrows from `study`; released with og__search_view_deinit()
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_DATA with how far the search is when no seed is complete
 */
og_status og__search_view(const og__study *study, og__study *view);
void og__search_view_deinit(og__study *view);

#endif

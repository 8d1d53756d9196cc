/* Each activation's own learning rate, found before a comparison by short runs on seeds that the comparison never sees.
 *
 * Rates are START * 2^e. First e = -2, 0 and 2; then both neighbours of the best; then, while the best is the outermost
 * one, one further. The best has the highest mean Dice over the seeds, a failed run counting as 0; of equals the lower
 * rate. All of this follows from the results, so that every process that works on the study knows the same. */
#ifndef OG_STUDY_RATES_H
#define OG_STUDY_RATES_H

#include <stdbool.h>

#include "study/study.h"

enum { OG_RATE_REACH = 8 }; /* the largest |e| */

/* What a question says of it, "learning_rates"; `epochs` is of a run of the comparison. */
og_status og__rates_describe(double start, int64_t epochs, int64_t first_seed, json_t *question);

/* Whether a study's rates are found before it begins. */
bool og__rates_are_tuned(const og__study *study);

/**
 * Add the runs that are wanted by now, and read their results.
 *
 * @param chosen    (arms) the rates; written when settled
 * @param settled   whether every activation has its rate
 */
og_status og__rates_ask(og__study *study, double *chosen, bool *settled);

/* The evidence: [{"act": ID, "rate": chosen or null, "shared_dice": at START, "own_dice": at the chosen one, "tried":
 * [{"rate", "dice": mean or null, "failed": runs}]}]. */
og_status og__rates_report(const og__study *study, json_t *rates);

#endif

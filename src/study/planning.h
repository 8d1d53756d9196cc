/* Which runs of a study are to be done now, between its kind, its folder and its store. */
#ifndef OG_STUDY_PLANNING_H
#define OG_STUDY_PLANNING_H

#include "study/watcher.h"

/* The runs that were proposed, by whatever process, which of them were pruned, and the results of the others. */
og_status og__planning_read(og__study *study, og__store *store, int64_t stored);

/**
 * Read what other workers have done meanwhile, and let wait what now is to be run.
 *
 * @param again   also what has ended in the store without a result: it is gone, or was given up
 */
og_status og__planning_renew(og__watcher *watcher, bool again);

/* Begin: what was done before, and what is to be done. */
og_status og__planning_begin(og__watcher *watcher);

/* End: other workers hear that nothing more is coming. */
og_status og__planning_end(og__watcher *watcher);

/* Nothing waits for this process: renew, and ask for more, or say in the store that there is nothing to do here. */
og_status og__planning_ask(og__watcher *watcher, bool again);

/* While a run trains in this process: renew where another one is idle, or where it is time. */
og_status og__planning_look(og__watcher *watcher, bool due);

#endif

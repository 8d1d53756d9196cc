/* A process that works on a study: what it does now, and what it tells of that. */
#ifndef OG_STUDY_WATCHER_H
#define OG_STUDY_WATCHER_H

#include "study/budget.h"
#include "study/kind.h"
#include "study/work.h"
#include "study/worker.h"

/* How long a store that is locked, full or out of reach is tried. A worker whose heart tries in vain trains on for
 * OG_ALONE_S, until the run may soon be someone else's. */
enum { OG_STORE_PATIENCE_S = 90, OG_ALONE_S = 150 };

typedef struct og__watcher {
    const og__job *job;
    og__desk desk;
    const char *url; /* of the store */
    og__store *patient,
        *quick; /* connections to it: desk.store is the second while a run trains, which waits for none */
    bool ended; /* the study is at its end */
    og__budget budget;
    bool late; /* the budget was spent while the run trained */
    size_t done_count, wanted_count;
    double planned_s; /* when the kind was last asked, */
    double look_at_s; /* and not before which to look whether it has to be */

    og_dataset
        *fold_data; /* the data set with `fold` held out, where a run asked for another than job->data holds out */
    int64_t fold;

    og__run *run;  /* NULL while none is claimed */
    int64_t trial; /* of the run, in the store */
    og__heart *heart;
    bool forsaken; /* the store did not answer for so long that the run may be someone else's */
    bool prune;    /* the run is to be stopped early */
    og_train_progress last;
    int64_t reported; /* epochs whose Dice the store has */
} og__watcher;

/* Seconds by a clock that never goes back. */
double og__watcher_clock_s(void);

/* Tell the caller how far the run is, or that it ended. Return false when the caller wants to stop. */
bool og__watcher_report(const og__watcher *watcher, const og_train_progress *train, bool finished, bool kept);

/* An og_train_report of the run at work. */
bool og__watcher_step(void *context, const og_train_progress *progress);

#endif

/* Kinds of studies: a comparison, a tuning, a search. They differ in which runs they ask for, and when they end; runs
 * are claimed, trained and recorded alike (study/work.h).
 *
 * A new kind is a table of functions in a file of its own and a row in kind.c. */
#ifndef OG_STUDY_KIND_H
#define OG_STUDY_KIND_H

#include "study/store.h"
#include "study/study.h"

/* What a study is asked of while it is worked on. */
typedef struct og__desk {
    og__study *study;
    og__store *store;
    int64_t stored;         /* the study in the store */
    bool idle;              /* a process looks for work and finds none: the time to propose */
    double left_s, spent_s; /* of the budget; INFINITY and 0 without one */
} og__desk;

struct og__kind {
    const char *name; /* "kind" in study.json; of a record without one "compare" */
    /* What is to be run follows from the results alone: every process that works on the study may ask for it. Otherwise
     * only the one that proposes may, and runs are read back from the store. */
    bool follows;
    /* Read what is the kind's own in study->record, and make study->space. */
    og_status (*load)(og__study *study);
    void (*unload)(og__study *study);
    /* Ask for runs by og__study_add_run() or by `wanted` of those there are, and say whether the study is at its end.
     * Called again after every result, and every few seconds. */
    og_status (*plan)(const og__desk *desk, bool *ended);
    /* NULL, or tell the store what came of it all; called at the end by the process that proposes. */
    og_status (*conclude)(const og__desk *desk);
    /* NULL, or whether to stop a run that has just scored an epoch (1 for the first), which the store knows of already.
     * Called by the process that trains it. */
    og_status (*prune)(const og__desk *desk, const og__run *run, int64_t epoch, double dice, bool *stop);
};

/* The kind that a record is of. OG_ERR_FORMAT for one that this version does not know. */
og_status og__kind_find(const json_t *record, const og__kind **kind);

extern const og__kind og__kind_compare; /* grid.c */
extern const og__kind og__kind_search;  /* search.c */

#endif

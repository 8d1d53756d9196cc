/* The tree-structured Parzen estimator: proposes the next point of a space from what was tried.
 *
 * Finished and pruned trials are ordered, the best ceil(n / 10), at most 25, called good; both groups get a density,
 * and of 24 points drawn from that of the good ones the one is proposed at which it is largest relative to the other.
 * Dimensions that exist together are drawn together: first those that always exist, then those below the choices made,
 * of which only trials that made the same choice tell. Where fewer than ten trials have a group of dimensions, the
 * order over all trials decides which of them are good; where fewer than two do, it is drawn at random. Running trials
 * count as not good, so that workers do not all propose the same (a constant liar).
 *
 * Source: Bergstra et al., NIPS 2011; Watanabe, arXiv:2304.11127; defaults of Optuna 5. Groups by condition are ours.
 */
#ifndef OG_STUDY_TPE_H
#define OG_STUDY_TPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "study/space.h"

typedef enum og__tried_state { OG_TRIED_COMPLETE, OG_TRIED_PRUNED, OG_TRIED_RUNNING } og__tried_state;

typedef struct og__tried {
    int64_t number; /* of the trial: its age */
    og__tried_state state;
    double value;        /* COMPLETE: the result; PRUNED: the last reported one, NaN is worst; larger is better */
    int64_t last_step;   /* PRUNED: of that value; -1: none was reported */
    const double *point; /* (dimensions) */
} og__tried;

typedef struct og__tpe_options {
    size_t startup;    /* so many finished trials are drawn at random first */
    size_t candidates; /* drawn for each proposal */
    bool balanced;     /* the random ones go through the choices of the first dimension in turn, if it is a choice */
} og__tpe_options;

og__tpe_options og__tpe_options_default(void); /* 10, 24, true */

/* min(ceil(n / 10), 25): how many of n finished trials are good. */
size_t og__tpe_good(size_t n);

/**
 * Propose the point of trial `number`.
 *
 * @param tried   (count) in order of number
 * @param point   (space->count) written
 *
 * Result: depends on the arguments alone.
 */
og_status og__tpe_propose(const og__space *space, const og__tpe_options *options, size_t count, const og__tried *tried,
                          uint64_t seed, int64_t number, double *point);

/* The same without a model: evenly over the space. */
void og__space_draw(const og__space *space, bool balanced, uint64_t seed, int64_t number, double *point);

#endif

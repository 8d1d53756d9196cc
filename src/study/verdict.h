/* What a set of paired runs says about the best activation, and in which words. */
#ifndef OG_STUDY_VERDICT_H
#define OG_STUDY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "study/posterior.h"
#include "study/statistics.h"

/* P(within the margin) that makes two activations equivalent. */
#define OG_VERDICT_EQUIVALENCE 0.95

typedef enum og__verdict_kind {
    OG_VERDICT_WINNER,    /* the best is ahead of every other */
    OG_VERDICT_TIE,       /* some are within the margin of the best, the rest is behind */
    OG_VERDICT_UNDECIDED, /* the runs do not tell */
} og__verdict_kind;

typedef enum og__standing {
    OG_STANDING_BEST,       /* highest mean; chosen after looking */
    OG_STANDING_BEHIND,     /* lower by a test at the study's level */
    OG_STANDING_EQUIVALENT, /* within the margin of the best */
    OG_STANDING_OPEN,       /* neither can be said */
} og__standing;

/* What a verdict rests on. */
typedef struct og__evidence {
    size_t blocks, arms;
    const double *scores; /* (blocks, arms) mean Dice, 0 for a failed run */
    double confidence;    /* of the intervals, 0.5 to 0.999 */
    double margin;        /* smaller differences are of no practical interest */
    size_t folds;         /* that each seed was run on: blocks = seeds x folds; 0: a block is a seed */
    double overlap;       /* images tested on over images trained on, where training sets of blocks overlap; else 0 */
} og__evidence;

/* A two-sided p-value, and the same adjusted by Holm's method for all comparisons. NaN with fewer than OG_TEST_BLOCKS
 * blocks, and for the best itself. */
typedef struct og__tested {
    double p, adjusted;
} og__tested;

/* One activation against the best: d[b] = best's score - its score in block b. */
typedef struct og__rival {
    og__standing standing;
    og__interval lead;    /* mean(d) with the interval of this comparison alone */
    double deviation;     /* sd(d) */
    og__interval wins;    /* P(best > this) over blocks, with Wilson's interval */
    og__tested test;      /* sign-flip test; where training sets overlap, the corrected t test */
    og__tested rank_test; /* Wilcoxon's signed-rank test; NaN where training sets overlap */
    bool lower_every_block;
} og__rival;

typedef struct og__verdict {
    og__verdict_kind kind;
    size_t best; /* index of the activation with the highest mean; the first of equals */
    size_t blocks, arms;
    double alpha; /* 1 - confidence, for the whole family of comparisons */
    double margin;
    size_t folds;
    double overlap;
    int blocks_least;  /* fewest blocks with which a test can succeed at all */
    int blocks_needed; /* for a decision, estimated, in whole seeds; 0 where it cannot be estimated, is beyond
                          OG_BLOCKS_MAX, or never comes because training sets overlap */
    og__rival *rivals; /* (arms) */
} og__verdict;

/**
 * Judge scores of several activations on paired blocks.
 *
 * Behind the best is who is lower by a test at the level alpha, adjusted by Holm's method, with an interval above 0;
 * equivalent to it who is within the margin with a probability of OG_VERDICT_EQUIVALENCE, even if surely lower.
 */
og_status og__verdict_reach(const og__evidence *evidence, og__verdict *verdict);
void og__verdict_deinit(og__verdict *verdict);

/**
 * One sentence or two, in English, that claim no more than the runs support. Released with free().
 *
 * @param names   (arms)
 */
og_status og__verdict_text(const og__verdict *verdict, const og__evidence *evidence, const char *const *names,
                           char **text);

/* The interval, the two-sided p-value and the posterior of a mean difference by the methods of a verdict: of
 * independent blocks, or of blocks whose training sets overlap. */
og__interval og__evidence_interval(const og__evidence *evidence, size_t n, const double *d, double confidence);
og_status og__evidence_posterior(const og__evidence *evidence, size_t n, const double *d, og__rope *result);

/* Seeds that are still to be run of so many blocks. */
int og__verdict_more_seeds(const og__verdict *verdict, int blocks);

const char *og__verdict_kind_name(og__verdict_kind kind); /* "winner", "tie", "undecided" */
const char *og__standing_name(og__standing standing);     /* "best", "behind", "equivalent", "open" */

#endif

/* What a set of paired runs says about the best activation, and in which words. */
#ifndef OG_STUDY_VERDICT_H
#define OG_STUDY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "study/statistics.h"

/* Smaller differences of the mean Dice are of no practical interest. */
#define OG_VERDICT_MARGIN 0.005

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

/* One activation against the best: d[b] = best's score - its score in block b. */
typedef struct og__rival {
    og__standing standing;
    og__interval lead;    /* mean(d) with the interval of this comparison alone */
    og__interval family;  /* ... with the interval that holds for all comparisons together (Bonferroni) */
    double deviation;     /* sd(d) */
    double win_share;     /* P(best > this), over blocks */
    double p, p_adjusted; /* NaN with fewer than OG_TEST_BLOCKS blocks, and for the best itself */
    bool lower_every_block;
} og__rival;

typedef struct og__verdict {
    og__verdict_kind kind;
    size_t best; /* index of the activation with the highest mean; the first of equals */
    size_t blocks, arms;
    double alpha;      /* 1 - confidence, for the whole family of comparisons */
    int blocks_least;  /* fewest blocks with which a test can succeed at all */
    int blocks_needed; /* for a decision, estimated; 0 where it cannot be estimated or is beyond OG_BLOCKS_MAX */
    og__rival *rivals; /* (arms) */
} og__verdict;

/**
 * Judge scores of `arms` activations on `blocks` blocks.
 *
 * @param scores       scores[b * arms + a], a failed run counts 0
 * @param confidence   of the intervals, 0.5 to 0.999
 */
og_status og__verdict_reach(size_t blocks, size_t arms, const double *scores, double confidence, og__verdict *verdict);
void og__verdict_deinit(og__verdict *verdict);

/* One sentence or two, in English, that claim no more than the runs support. Released with free(). */
og_status og__verdict_text(const og__verdict *verdict, const double *scores, const char *const *names, char **text);

const char *og__verdict_kind_name(og__verdict_kind kind); /* "winner", "tie", "undecided" */
const char *og__standing_name(og__standing standing);     /* "best", "behind", "equivalent", "open" */

#endif

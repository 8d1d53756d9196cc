/* Racing: clear losers stop early, and what is left is confirmed on fresh blocks.
 *
 * The race adds one block at a time to the arms that are still in it. From `first_look` blocks on each complete block
 * is followed by a look: Friedman's test at `look_alpha`, and, if it rejects, every arm whose rank sum is more than
 * Conover's difference behind the best one's leaves (an F-race). The race ends when as few as `finalists` are in it,
 * when all that are in it are practically alike, or at `race_blocks`. Finalists then meet on blocks that nobody has
 * looked at, because who leads a race does so partly by luck: only their results count for the verdict. At
 * confirm_looks[0] and, where that leaves it open, confirm_looks[1] of these blocks, half of alpha is spent.
 *
 * Everything follows from the scores: who works on a study asks what the scores so far imply, and runs what is missing.
 *
 * Source: Birattari, Stuetzle, Paquete, Varrentrapp, GECCO 2002 (F-race); Lopez-Ibanez et al., irace, ORP 3 (2016). */
#ifndef OG_STUDY_RACING_H
#define OG_STUDY_RACING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { OG_CONFIRM_LOOKS = 2 };

typedef struct og__race_rules {
    size_t first_look;                      /* blocks before the first look, >= 2 */
    size_t race_blocks;                     /* the most blocks of the race */
    double look_alpha;                      /* of one look: looks repeat, so that it is well below alpha */
    size_t finalists;                       /* >= 2 */
    size_t confirm_looks[OG_CONFIRM_LOOKS]; /* fresh blocks, rising */
    double alpha;                           /* of the verdict */
    double margin;                          /* smaller differences do not matter */
    double tie_probability;                 /* P(within the margin) that makes two arms alike */
} og__race_rules;

/* 5 blocks, then looks at 1 % up to 20 blocks; two finalists, confirmed on 8 or 12 fresh blocks at 2.5 % each; a margin
 * of 0.005 with probability 0.95. */
og__race_rules og__race_rules_default(void);

typedef enum og__race_phase {
    OG_RACE_RUNNING,    /* `missing` blocks of the race are to be run for the arms that are in it */
    OG_RACE_CONFIRMING, /* ... fresh blocks for the finalists */
    OG_RACE_WON,        /* `winner` is ahead of the other finalists on fresh blocks; the rest left the race */
    OG_RACE_TIED,       /* those still in it are alike within the margin */
    OG_RACE_OPEN,       /* the blocks are spent, and more than one arm may be the best */
} og__race_phase;

typedef struct og__race_state {
    og__race_phase phase;
    size_t arms;
    bool *in;            /* (arms) still in the race */
    size_t *left_after;  /* (arms) blocks after which an arm left; 0: it did not */
    bool *finalist;      /* (arms) */
    size_t blocks;       /* complete blocks of the race */
    size_t looks;        /* at the race so far */
    size_t fresh_blocks; /* complete blocks of the confirmation */
    size_t missing;      /* blocks up to the next look or end, of the race or the confirmation */
    size_t winner;
    double p; /* the largest adjusted p of the winner against a finalist; NaN unless won or open after confirmation */
} og__race_state;

/**
 * Say what scores imply: scores[b * arms + a] of the race's blocks, fresh[c * arms + a] of the confirmation's; NaN is
 * not (yet) run. An arm that has left may have scores in later blocks, which are not looked at.
 */
og_status og__race_state_init(const og__race_rules *rules, size_t arms, size_t blocks, const double *scores,
                              size_t fresh_blocks, const double *fresh, og__race_state *state);
void og__race_state_deinit(og__race_state *state);

const char *og__race_phase_name(og__race_phase phase); /* "running", "confirming", "won", "tied", "open" */

#endif

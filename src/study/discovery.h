/* Whether a new function is better than the best known one, on seeds that nothing was chosen by. */
#ifndef OG_STUDY_DISCOVERY_H
#define OG_STUDY_DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text.h"
#include "study/posterior.h"
#include "study/statistics.h"

typedef enum og__discovery_kind {
    OG_DISCOVERY_FOUND,     /* a new function is ahead */
    OG_DISCOVERY_NOTHING,   /* every new one is behind the known one, or practically the same */
    OG_DISCOVERY_UNDECIDED, /* the seeds do not tell */
} og__discovery_kind;

const char *og__discovery_kind_name(og__discovery_kind kind); /* "found", "nothing", "undecided" */

/* One new function against the known one: d[b] = new - known. */
typedef struct og__contender {
    og__interval lead;    /* mean(d), with the interval at 1 - level of this comparison alone */
    double p, p_adjusted; /* sign-flip test, Holm; NaN with fewer than OG_TEST_BLOCKS blocks */
    og__rope rope;        /* practically better, the same, worse */
    bool ahead, behind, same;
} og__contender;

enum { OG_CONTENDERS_MAX = 8 };

typedef struct og__discovery {
    og__discovery_kind kind;
    size_t blocks, count; /* of new functions */
    size_t best;          /* the new one with the highest mean */
    double level;         /* of the tests at this look */
    int blocks_needed;    /* for a decision about the best, estimated; 0 where it cannot be */
    og__contender contenders[OG_CONTENDERS_MAX];
} og__discovery;

/**
 * Judge scores (blocks, count + 1), the known function last.
 *
 * @param alpha   of the whole confirmation
 * @param looks   how often the scores are judged in it; a look spends alpha / looks
 */
og_status og__discovery_judge(size_t blocks, size_t count, const double *scores, double alpha, int looks, double margin,
                              og__discovery *discovery);

/* Add "0.0123 mean Dice ahead of silu on 8 fresh seeds (97.5 % interval +0.0050 to +0.0196)"; `where` stands behind the
 * known one's name: "", or " everywhere". */
void og__discovery_lead(og__text *text, const og__discovery *discovery, size_t arm, const char *known,
                        const char *where);

/**
 * The conclusion in words that claim no more than the seeds support. Released with free().
 *
 * @param names   (count + 1) the known one last
 */
og_status og__discovery_text(const og__discovery *discovery, double margin, const char *const *names, char **text);

#endif

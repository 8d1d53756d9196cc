/* The course of a search: which formulas are trained next, how long, and on which seeds.
 *
 *   references     the functions that were asked for, on the smallest level, and one full run of the best of them: what
 *                  runs take is known then, and the budget is divided
 *   halving        formulas that passed the screening, on level 0; the best third of them goes on to level 1
 *   generations    children of the best of the last ones (the oldest leave), on level 0; their best third on level 1
 *   promotion      the best, and the best known functions, on level 2 with two seeds
 *   places         where that is asked for: the best new and the best known function, each at some places of the
 *                  network, and the better one everywhere with other heads, like the promotion; and the best of these,
 * if it is ahead of both, behind the confirmation and on its seeds confirmation   the two best new ones and the best
 * known one, with the network's full settings on seeds that nothing was chosen by
 *
 * A round is a set of runs; the next one follows from the results of those before it, their times among them. Within a
 * level all formulas see the same seeds, and are compared on it only. A formula's worth is its Dice less a price for
 * each doubling of what it costs, so that a function that costs more must be better.
 *
 * Source: Jamieson, Talwalkar, AISTATS 2016 (halving); Real, Aggarwal, Huang, Le, AAAI 2019 (the oldest leave). */
#ifndef OG_STUDY_CAMPAIGN_H
#define OG_STUDY_CAMPAIGN_H

#include "search/pool.h"

enum {
    OG_LEVEL_FULL = 3, /* behind the small ones 0, 1, 2 */
    OG_LEVELS,
    OG_HALVING = 3,          /* one in so many goes on */
    OG_CONFIRM_SEEDS = 8,    /* before the first look at the confirmation */
    OG_CONFIRM_MORE = 4,     /* before the second */
    OG_FRESH_SEEDS_AT = 500, /* behind the search's first seed: those of the confirmation */
    OG_FINALISTS = 2,        /* new ones; beside them the best known one */
};

typedef enum og__stage {
    OG_STAGE_REFERENCES,
    OG_STAGE_HALVING,
    OG_STAGE_GENERATION,
    OG_STAGE_PROMOTION,
    OG_STAGE_PLACES,
    OG_STAGE_CONFIRMATION,
    OG_STAGE_COUNT,
} og__stage;

const char *og__stage_name(og__stage stage); /* "halving" */
int og__stage_find(const char *name);        /* -1 for none */

typedef struct og__campaign_rules {
    double budget_s;       /* of computing, of all workers together */
    double level_share[3]; /* of level 2's time that a run on a small level takes: 1/9, 1/3, 1 */
    double price;          /* Dice that a doubling of the cost must bring */
    double alpha, margin;  /* of the verdict */
    int64_t seed;          /* of the search's draws, and the first of the runs' */
    int generation;        /* children in one */
    bool places;           /* whether places are tried apart, */
    char head[64];         /* and heads other than this one */
    int most;              /* formulas that may be trained; 0: as many as the budget allows */
} og__campaign_rules;

/* Runs of the same level: each formula on each seed. */
typedef struct og__round {
    og__stage stage;
    int level, generation;
    int seed, seeds; /* counted from rules.seed */
    int count;
    int *formulas; /* (count) places in the pool */
} og__round;

typedef struct og__outcome {
    bool done, failed;
    double dice;      /* 0 for a failed run */
    double elapsed_s; /* NaN where unknown */
} og__outcome;

typedef struct og__campaign {
    og__campaign_rules rules;
    og__pool *pool;
    int references; /* the first so many of the pool */
    int round_count;
    og__round *rounds;
    og__outcome **outcomes; /* [round][formula * seeds + seed] */
    int64_t bred;           /* children drawn so far, also those that came to nothing */
    bool ended;
} og__campaign;

void og__campaign_deinit(og__campaign *campaign);

/* Put a round behind the others; `formulas` is copied. */
og_status og__campaign_add_round(og__campaign *campaign, const og__round *round);

/* The last round of a stage; NULL for none. */
const og__round *og__campaign_last(const og__campaign *campaign, og__stage stage);

/* Whether every run of the last round is done (true without any round). */
bool og__campaign_is_due(const og__campaign *campaign);

/**
 * Decide what follows the last round, whose runs are all done: append a round, or set `ended`. Children that a
 * generation needs are added to the pool and screened.
 */
og_status og__campaign_next(og__campaign *campaign);

/* Mean Dice of a formula over the done runs of a level, of the full one over the confirmation's seeds; NaN where there
 * is none; *seeds is set to their number. */
double og__campaign_dice(const og__campaign *campaign, int formula, int level, int *seeds);

/* Dice less the price of the cost. */
double og__campaign_worth(const og__campaign *campaign, int formula, double dice);

/* Seconds of all done runs, and of the last look at what a run of a level takes (median; NaN without any). */
double og__campaign_spent_s(const og__campaign *campaign);
double og__campaign_level_s(const og__campaign *campaign, int level);

/**
 * Scores of the confirmation's complete seeds, so that its best known function is the last arm.
 *
 * @param formulas   OG_FINALISTS + 1 places in the pool, *arms of them
 * @param scores     (*blocks, *arms); released with free(); NULL where there is no confirmation yet
 */
og_status og__campaign_confirmation(const og__campaign *campaign, int formulas[OG_FINALISTS + 1], size_t *arms,
                                    size_t *blocks, double **scores);

#endif

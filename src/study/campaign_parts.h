/* What the parts of a campaign share: its rounds (campaign.c), its time (campaign_budget.c), its stages
 * (campaign_stages.c), and activations by place (places.c). */
#ifndef OG_STUDY_CAMPAIGN_PARTS_H
#define OG_STUDY_CAMPAIGN_PARTS_H

#include "study/campaign.h"

enum {
    OG_PROMOTION_SEEDS = 2,
    OG_PLACES_TRIED = (1 << OG_PLACE_COUNT) - 2, /* ways to use two functions, both of them */
    OG_HEADS_TRIED = 8,                          /* at most */
};

/* Runs of a round. */
int og__round_runs(const og__round *round);

/* Seconds of a round's runs that are done; those of unknown time count for nothing. */
double og__campaign_round_s(const og__campaign *campaign, int round);

/* Median time of a run in the first `rounds` rounds; NaN without any. */
double og__campaign_level_within_s(const og__campaign *campaign, int level, int rounds);

/* Sizes of all stages. They follow from the first two rounds, so that they stay as they are. */
typedef struct og__shares {
    double run_s[3]; /* of a run on a small level */
    int halving;     /* formulas on level 0 */
    int promoted;    /* new formulas on level 2; half as many known ones come along */
    int seeds;       /* of the confirmation's first look */
    double evolve_s; /* for the generations */
} og__shares;

og__shares og__campaign_divide(const og__campaign *campaign);

/* Formulas in the order of their worth on a level. */
typedef struct og__ranked {
    int formula;
    double worth;
} og__ranked;

/* (pool->count) list; the best first. Released with free(). */
og_status og__campaign_rank(const og__campaign *campaign, int level, og__ranked **list, int *count);

/* Append a round of the campaign's next generation, or of another stage. */
og_status og__campaign_ask(og__campaign *campaign, og__stage stage, int level, int seed, int seeds, int count,
                           int *formulas);

#endif

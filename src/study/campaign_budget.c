/* How a search divides its time. */
#include <math.h>

#include "study/campaign_parts.h"
#include "study/places.h"

static const double confirm_share = 0.5;   /* the most of it that the confirmation may take */
static const double promotion_share = 0.2; /* of what is left for the search: */
static const double halving_share = 0.35;

static int whole(double count, int least, int most)
{
    if (!(count > least))
        return least;
    return count < most ? (int)count : most;
}

og__shares og__campaign_divide(const og__campaign *campaign)
{
    const og__campaign_rules *rules = &campaign->rules;
    const double a_run = 1; /* s, where no time is known: runs that failed at once */
    double first = og__campaign_level_within_s(campaign, 0, 2),
           full = og__campaign_level_within_s(campaign, OG_LEVEL_FULL, 2), spent = 0;
    og__shares s = {.halving = 0};
    for (int r = 0; r < 2; r++)
        spent += og__campaign_round_s(campaign, r);
    first = isfinite(first) ? first : a_run;
    full = isfinite(full) ? full : first * rules->level_share[2] / rules->level_share[0];
    for (int l = 0; l < 3; l++)
        s.run_s[l] = first * rules->level_share[l] / rules->level_share[0];
    double left = fmax(0, rules->budget_s - spent);
    double look_s = (OG_FINALISTS + 1 + (rules->places ? 1 : 0)) * full;
    s.seeds = whole(confirm_share * left / look_s, 2, OG_CONFIRM_SEEDS);
    double search_s = fmax(0, left - s.seeds * look_s);
    if (rules->places)
        search_s = fmax(0, search_s - og__places_tried(campaign) * OG_PROMOTION_SEEDS * s.run_s[2]);
    s.promoted = whole(promotion_share * search_s / (1.5 * OG_PROMOTION_SEEDS * s.run_s[2]), OG_FINALISTS + 1, 10);
    search_s = fmax(0, search_s - 1.5 * OG_PROMOTION_SEEDS * s.promoted * s.run_s[2]);
    double per_formula = s.run_s[0] + s.run_s[1] / OG_HALVING;
    s.halving = whole(halving_share * search_s / per_formula, 2 * OG_HALVING, campaign->pool->count);
    if (rules->most > 0 && s.halving > (rules->most + 1) / 2)
        s.halving = (rules->most + 1) / 2;
    s.evolve_s = search_s - s.halving * per_formula;
    return s;
}

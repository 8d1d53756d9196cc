#include "study/campaign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/campaign_parts.h"
#include "study/statistics.h"

const char *og__stage_name(og__stage stage)
{
    static const char *const names[] = {"references", "halving", "generation", "promotion", "places", "confirmation"};
    return names[stage];
}

int og__stage_find(const char *name)
{
    for (int s = 0; s < OG_STAGE_COUNT; s++)
        if (strcmp(og__stage_name((og__stage)s), name) == 0)
            return s;
    return -1;
}

/* --- rounds and outcomes ------------------------------------------------------------------------------------------ */

void og__campaign_deinit(og__campaign *campaign)
{
    for (int r = 0; r < campaign->round_count; r++) {
        free(campaign->rounds[r].formulas);
        free(campaign->outcomes[r]);
    }
    free(campaign->rounds);
    free(campaign->outcomes);
    *campaign = (og__campaign){0};
}

static og_status make_room(og__campaign *campaign)
{
    size_t count = (size_t)campaign->round_count + 1;
    og__round *rounds = realloc(campaign->rounds, count * sizeof *rounds);
    if (rounds)
        campaign->rounds = rounds;
    og__outcome **outcomes = realloc(campaign->outcomes, count * sizeof *outcomes);
    if (outcomes)
        campaign->outcomes = outcomes;
    return rounds && outcomes ? OG_OK : og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu rounds", count);
}

og_status og__campaign_add_round(og__campaign *campaign, const og__round *round)
{
    int *formulas;
    og__outcome *outcomes;
    OG_TRY(make_room(campaign));
    OG_TRY(og__alloc((size_t)round->count, sizeof *formulas, &formulas));
    og_status status = og__alloc((size_t)(round->count * round->seeds), sizeof *outcomes, &outcomes);
    if (status != OG_OK) {
        free(formulas);
        return status;
    }
    memcpy(formulas, round->formulas, (size_t)round->count * sizeof *formulas);
    campaign->rounds[campaign->round_count] = *round;
    campaign->rounds[campaign->round_count].formulas = formulas;
    campaign->outcomes[campaign->round_count++] = outcomes;
    return OG_OK;
}

int og__round_runs(const og__round *round)
{
    return round->count * round->seeds;
}

const og__round *og__campaign_last(const og__campaign *campaign, og__stage stage)
{
    for (int r = campaign->round_count - 1; r >= 0; r--)
        if (campaign->rounds[r].stage == stage)
            return &campaign->rounds[r];
    return NULL;
}

bool og__campaign_is_due(const og__campaign *campaign)
{
    int last = campaign->round_count - 1;
    for (int i = 0; last >= 0 && i < og__round_runs(&campaign->rounds[last]); i++)
        if (!campaign->outcomes[last][i].done)
            return false;
    return true;
}

double og__campaign_dice(const og__campaign *campaign, int formula, int level, int *seeds)
{
    double sum = 0;
    *seeds = 0;
    for (int r = 0; r < campaign->round_count; r++) {
        const og__round *round = &campaign->rounds[r];
        if (level == OG_LEVEL_FULL && round->stage != OG_STAGE_CONFIRMATION && round->stage != OG_STAGE_PLACES)
            continue; /* the full run of the start is one of these again, or of no use */
        for (int i = 0; i < og__round_runs(round); i++) {
            const og__outcome *outcome = &campaign->outcomes[r][i];
            if (round->level != level || round->formulas[i / round->seeds] != formula || !outcome->done)
                continue;
            sum += outcome->dice;
            ++*seeds;
        }
    }
    return *seeds > 0 ? sum / *seeds : NAN;
}

double og__campaign_worth(const og__campaign *campaign, int formula, double dice)
{
    double cost = campaign->pool->items[formula].prospect.cost;
    return dice - (isfinite(cost) && cost > 0 ? campaign->rules.price * log2(cost) : 0);
}

double og__campaign_round_s(const og__campaign *campaign, int round)
{
    double sum = 0;
    for (int i = 0; i < og__round_runs(&campaign->rounds[round]); i++)
        if (campaign->outcomes[round][i].done && isfinite(campaign->outcomes[round][i].elapsed_s))
            sum += campaign->outcomes[round][i].elapsed_s;
    return sum;
}

double og__campaign_spent_s(const og__campaign *campaign)
{
    double sum = 0;
    for (int r = 0; r < campaign->round_count; r++)
        sum += og__campaign_round_s(campaign, r);
    return sum;
}

double og__campaign_level_within_s(const og__campaign *campaign, int level, int rounds)
{
    size_t count = 0, room = 0;
    double *times, result;
    for (int r = 0; r < rounds; r++)
        room += (size_t)og__round_runs(&campaign->rounds[r]);
    if (og__alloc(room, sizeof *times, &times) != OG_OK)
        return NAN;
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < og__round_runs(&campaign->rounds[r]); i++)
            if (campaign->rounds[r].level == level && isfinite(campaign->outcomes[r][i].elapsed_s) &&
                campaign->outcomes[r][i].done && !campaign->outcomes[r][i].failed)
                times[count++] = campaign->outcomes[r][i].elapsed_s;
    result = count > 0 ? og__median(count, times) : NAN;
    free(times);
    return result;
}

double og__campaign_level_s(const og__campaign *campaign, int level)
{
    return og__campaign_level_within_s(campaign, level, campaign->round_count);
}

og_status og__campaign_confirmation(const og__campaign *campaign, int formulas[OG_FINALISTS + 1], size_t *arms,
                                    size_t *blocks, double **scores)
{
    size_t room = 0;
    *arms = *blocks = 0;
    *scores = NULL;
    for (int r = 0; r < campaign->round_count; r++)
        if (campaign->rounds[r].stage == OG_STAGE_CONFIRMATION)
            room += (size_t)og__round_runs(&campaign->rounds[r]);
    if (room == 0)
        return OG_OK;
    OG_TRY(og__alloc(room, sizeof **scores, scores));
    for (int r = 0; r < campaign->round_count; r++) {
        const og__round *round = &campaign->rounds[r];
        if (round->stage != OG_STAGE_CONFIRMATION)
            continue;
        *arms = (size_t)round->count;
        memcpy(formulas, round->formulas, *arms * sizeof *formulas);
        for (int s = 0; s < round->seeds; s++) {
            bool complete = true;
            for (int f = 0; f < round->count; f++) {
                const og__outcome *outcome = &campaign->outcomes[r][f * round->seeds + s];
                complete &= outcome->done;
                (*scores)[*blocks * *arms + (size_t)f] = outcome->dice;
            }
            *blocks += complete;
        }
    }
    return OG_OK;
}

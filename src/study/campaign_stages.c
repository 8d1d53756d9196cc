/* What a search trains next, stage by stage. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/campaign_parts.h"
#include "study/discovery.h"
#include "study/places.h"

enum { TOURNAMENT = 3, POPULATION_LEAST = 12, KNOWN_LEAST = 3, DRAWS_PER_CHILD = 20 };

/* --- choosing ----------------------------------------------------------------------------------------------------- */

static int compare_ranked(const void *a, const void *b)
{
    const og__ranked *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth < y->worth ? 1 : -1;
    return x->formula - y->formula;
}

og_status og__campaign_rank(const og__campaign *campaign, int level, og__ranked **list, int *count)
{
    size_t formulas = (size_t)campaign->pool->count;
    double *sums = NULL;
    int *seeds = NULL;
    og_status status = OG_OK;
    *count = 0;
    *list = NULL;
    OG_GO(og__alloc(formulas, sizeof *sums, &sums));
    OG_GO(og__alloc(formulas, sizeof *seeds, &seeds));
    OG_GO(og__alloc(formulas, sizeof **list, list));
    for (int r = 0; r < campaign->round_count; r++) {
        const og__round *round = &campaign->rounds[r];
        for (int i = 0; i < og__round_runs(round) && round->level == level; i++) {
            if (!campaign->outcomes[r][i].done)
                continue;
            sums[round->formulas[i / round->seeds]] += campaign->outcomes[r][i].dice;
            seeds[round->formulas[i / round->seeds]]++;
        }
    }
    for (int f = 0; f < (int)formulas; f++)
        if (seeds[f] > 0)
            (*list)[(*count)++] = (og__ranked){f, og__campaign_worth(campaign, f, sums[f] / seeds[f])};
    qsort(*list, (size_t)*count, sizeof **list, compare_ranked);
done:
    free(sums);
    free(seeds);
    return status;
}

/* Take the best `news` new and `knowns` known ones of a ranked list, in its order. */
static int take(const og__campaign *campaign, const og__ranked *list, int count, int news, int knowns, int *formulas)
{
    int taken = 0;
    for (int i = 0; i < count; i++) {
        int *left = campaign->pool->items[list[i].formula].known ? &knowns : &news;
        if (*left > 0) {
            --*left;
            formulas[taken++] = list[i].formula;
        }
    }
    return taken;
}

og_status og__campaign_ask(og__campaign *campaign, og__stage stage, int level, int seed, int seeds, int count,
                           int *formulas)
{
    int generation = 0;
    for (int r = 0; r < campaign->round_count; r++)
        generation += campaign->rounds[r].stage == OG_STAGE_GENERATION && campaign->rounds[r].level == 0;
    if (stage == OG_STAGE_GENERATION && level > 0)
        generation--;
    return og__campaign_add_round(campaign, &(og__round){.stage = stage,
                                                         .level = level,
                                                         .generation = stage == OG_STAGE_GENERATION ? generation : 0,
                                                         .seed = seed,
                                                         .seeds = seeds,
                                                         .count = count,
                                                         .formulas = formulas});
}

/* --- the stages --------------------------------------------------------------------------------------------------- */

static og_status start_references(og__campaign *campaign)
{
    int *formulas;
    OG_TRY(og__alloc((size_t)campaign->references, sizeof *formulas, &formulas));
    for (int f = 0; f < campaign->references; f++)
        formulas[f] = f;
    og_status status = og__campaign_ask(campaign, OG_STAGE_REFERENCES, 0, 0, 1, campaign->references, formulas);
    free(formulas);
    return status;
}

static og_status start_pilot(og__campaign *campaign)
{
    og__ranked *list;
    int count;
    OG_TRY(og__campaign_rank(campaign, 0, &list, &count));
    int best = count > 0 ? list[0].formula : 0;
    free(list);
    return og__campaign_ask(campaign, OG_STAGE_REFERENCES, OG_LEVEL_FULL, OG_FRESH_SEEDS_AT, 1, 1, &best);
}

/* Bring `wanted` of the list to its front: in its order, but known functions for a third of the places at most. */
static int limit_known(const og__pool *pool, int *list, int count, int wanted)
{
    int known = 0, kept = 0;
    for (int i = 0; i < count && kept < wanted; i++) {
        if (pool->items[list[i]].known && ++known > wanted / 3)
            continue;
        list[kept++] = list[i];
    }
    return kept;
}

/* So many of those that may be trained, at random. */
static og_status start_halving(og__campaign *campaign)
{
    og_status status = OG_OK;
    const og__pool *pool = campaign->pool;
    int *all = NULL, count = 0, wanted = og__campaign_divide(campaign).halving;
    og__random random = og__random_at((uint64_t)campaign->rules.seed, OG_STREAM_ORDER, 0);
    OG_GO(og__alloc((size_t)pool->count, sizeof *all, &all));
    for (int f = campaign->references; f < pool->count; f++)
        if (og__pool_may_train(pool, f))
            all[count++] = f;
    if (count == 0) {
        status = og__fail(OG_ERR_NUMERIC, "no formula passed the screening; allow more of them, or a higher cost");
        goto done;
    }
    for (int i = 0; i < count - 1; i++) {
        int j = i + (int)og__random_below(&random, (uint32_t)(count - i)), kept = all[i];
        all[i] = all[j];
        all[j] = kept;
    }
    count = limit_known(pool, all, count, wanted);
    status = og__campaign_ask(campaign, OG_STAGE_HALVING, 0, 0, 1, count, all);
done:
    free(all);
    return status;
}

/* The best third of all on level 0 that are not on level 1; of the known ones a few in any case. */
static og_status go_on(og__campaign *campaign, og__stage stage, const og__round *from, int knowns)
{
    og_status status = OG_OK;
    og__ranked *list = NULL;
    int count, *formulas = NULL, kept = 0, taken = 0;
    OG_GO(og__campaign_rank(campaign, 0, &list, &count));
    OG_GO(og__alloc((size_t)count + 1, sizeof *formulas, &formulas));
    for (int i = 0; i < count; i++) {
        bool within = knowns > 0;
        for (int k = 0; k < from->count; k++)
            within |= from->formulas[k] == list[i].formula;
        if (within)
            list[kept++] = list[i];
    }
    taken = take(campaign, list, kept, (from->count + OG_HALVING - 1) / OG_HALVING, knowns, formulas);
    status = og__campaign_ask(campaign, stage, 1, 1, 1, taken, formulas);
done:
    free(list);
    free(formulas);
    return status;
}

/* Parents: the last ones that came to level 1, with what they are worth. Released with free(). */
static og_status list_population(const og__campaign *campaign, og__ranked **population, int *count)
{
    int room = 0, seeds;
    *count = 0;
    for (int r = 0; r < campaign->round_count; r++)
        room += campaign->rounds[r].level == 1 ? campaign->rounds[r].count : 0;
    OG_TRY(og__alloc((size_t)room, sizeof **population, population));
    int most = POPULATION_LEAST > 2 * campaign->rules.generation ? POPULATION_LEAST : 2 * campaign->rules.generation;
    for (int r = campaign->round_count - 1; r >= 0; r--)
        for (int i = campaign->rounds[r].count - 1; i >= 0 && campaign->rounds[r].level == 1 && *count < most; i--) {
            int f = campaign->rounds[r].formulas[i];
            if (campaign->pool->items[f].parent)
                (*population)[(*count)++] =
                    (og__ranked){f, og__campaign_worth(campaign, f, og__campaign_dice(campaign, f, 1, &seeds))};
        }
    return OG_OK;
}

/* The best of a few drawn ones. */
static int tournament(og__random *random, const og__ranked *population, int count)
{
    og__ranked best = population[og__random_below(random, (uint32_t)count)];
    for (int t = 1; t < TOURNAMENT; t++) {
        og__ranked other = population[og__random_below(random, (uint32_t)count)];
        best = other.worth > best.worth ? other : best;
    }
    return best.formula;
}

/* Draw children until there are enough that are new and pass the screening. */
static og_status breed(og__campaign *campaign, const og__ranked *population, int count, int *children, int *child_count)
{
    int wanted = campaign->rules.generation;
    *child_count = 0;
    for (int draw = 0; draw < wanted * DRAWS_PER_CHILD && *child_count < wanted; draw++) {
        og__random random =
            og__random_at((uint64_t)campaign->rules.seed, OG_STREAM_ORDER, (uint64_t)(campaign->bred + 1));
        int mother = tournament(&random, population, count), father = tournament(&random, population, count);
        int index, before = campaign->pool->count;
        OG_TRY(og__pool_breed(campaign->pool, campaign->rules.seed, campaign->bred++, mother, father, &index));
        OG_TRY(og__pool_screen(campaign->pool, before));
        if (index >= 0 && og__pool_may_train(campaign->pool, index))
            children[(*child_count)++] = index;
    }
    return OG_OK;
}

static int trained_count(const og__campaign *campaign)
{
    int count = 0;
    for (int r = 0; r < campaign->round_count; r++)
        if (campaign->rounds[r].level == 0 && campaign->rounds[r].stage != OG_STAGE_REFERENCES)
            count += campaign->rounds[r].count;
    return count;
}

/* *added is false where there is no time, or nothing new, for another generation. */
static og_status start_generation(og__campaign *campaign, bool *added)
{
    og_status status = OG_OK;
    og__shares s = og__campaign_divide(campaign);
    og__ranked *population = NULL;
    int *children = NULL, count, child_count, size = campaign->rules.generation;
    double spent = 0, next = size * (s.run_s[0] + s.run_s[1] / OG_HALVING);
    *added = false;
    for (int r = 0; r < campaign->round_count; r++)
        if (campaign->rounds[r].stage == OG_STAGE_GENERATION)
            spent += og__campaign_round_s(campaign, r);
    bool full = campaign->rules.most > 0 && trained_count(campaign) + size > campaign->rules.most;
    if (spent + next > s.evolve_s || full)
        return OG_OK;
    OG_GO(list_population(campaign, &population, &count));
    OG_GO(og__alloc((size_t)size, sizeof *children, &children));
    if (count > 0)
        OG_GO(breed(campaign, population, count, children, &child_count));
    if (count > 0 && child_count > 0) {
        OG_GO(og__campaign_ask(campaign, OG_STAGE_GENERATION, 0, 0, 1, child_count, children));
        *added = true;
    }
done:
    free(population);
    free(children);
    return status;
}

static og_status start_promotion(og__campaign *campaign)
{
    og_status status = OG_OK;
    og__ranked *list = NULL;
    int count, *formulas = NULL, promoted = og__campaign_divide(campaign).promoted;
    OG_GO(og__campaign_rank(campaign, 1, &list, &count));
    OG_GO(og__alloc((size_t)count + 1, sizeof *formulas, &formulas));
    int taken = take(campaign, list, count, promoted, (promoted + 1) / 2, formulas);
    status = og__campaign_ask(campaign, OG_STAGE_PROMOTION, 2, 2, OG_PROMOTION_SEEDS, taken, formulas);
done:
    free(list);
    free(formulas);
    return status;
}

/* The best new ones, of which no two are nearly alike: a formula and its child with one more number tell no more than
 * one of them. */
static int take_finalists(const og__campaign *campaign, const og__ranked *list, int count, int *formulas)
{
    const double apart_least = 0.03; /* of the root mean square */
    int taken = 0;
    for (int i = 0; i < count && taken < OG_FINALISTS; i++) {
        const og__candidate *c = &campaign->pool->items[list[i].formula];
        bool apart = !c->known && c->origin != OG_ORIGIN_PLACES;
        for (int k = 0; k < taken && apart; k++) {
            const og__signature *other = campaign->pool->items[formulas[k]].signature;
            apart = !c->signature || !other || og__signature_distance(c->signature, other) >= apart_least;
        }
        if (apart)
            formulas[taken++] = list[i].formula;
    }
    return taken;
}

/* The known function comes last. */
static og_status start_confirmation(og__campaign *campaign)
{
    og_status status = OG_OK;
    og__ranked *list = NULL;
    int count, formulas[OG_FINALISTS + 1], seeds = og__campaign_divide(campaign).seeds;
    OG_GO(og__campaign_rank(campaign, 2, &list, &count));
    int taken = take_finalists(campaign, list, count, formulas);
    if (taken == 0) {
        campaign->ended = true;
        goto done;
    }
    taken += take(campaign, list, count, 0, 1, formulas + taken);
    status =
        og__campaign_ask(campaign, OG_STAGE_CONFIRMATION, OG_LEVEL_FULL, OG_FRESH_SEEDS_AT, seeds, taken, formulas);
done:
    free(list);
    return status;
}

static int count_stage(const og__campaign *campaign, og__stage stage)
{
    int count = 0;
    for (int r = 0; r < campaign->round_count; r++)
        count += campaign->rounds[r].stage == stage;
    return count;
}

/* A second look, where the first one told nothing and there is time for a few more seeds. */
static og_status look_again(og__campaign *campaign)
{
    int formulas[OG_FINALISTS + 1];
    size_t arms, blocks;
    double *scores;
    og__discovery discovery;
    const og__round *last = og__campaign_last(campaign, OG_STAGE_CONFIRMATION);
    campaign->ended = true;
    if (!last)
        return OG_OK;
    double next = (double)OG_CONFIRM_MORE * last->count * og__campaign_level_s(campaign, OG_LEVEL_FULL);
    bool time = og__campaign_spent_s(campaign) + next <= 1.1 * campaign->rules.budget_s;
    if (count_stage(campaign, OG_STAGE_CONFIRMATION) > 1 || last->seeds < OG_CONFIRM_SEEDS || !time || last->count < 2)
        return OG_OK;
    OG_TRY(og__campaign_confirmation(campaign, formulas, &arms, &blocks, &scores));
    og_status status =
        og__discovery_judge(blocks, arms - 1, scores, campaign->rules.alpha, 2, campaign->rules.margin, &discovery);
    free(scores);
    OG_TRY(status);
    if (discovery.kind != OG_DISCOVERY_UNDECIDED)
        return OG_OK;
    campaign->ended = false;
    return og__campaign_ask(campaign, OG_STAGE_CONFIRMATION, OG_LEVEL_FULL, last->seed + last->seeds, OG_CONFIRM_MORE,
                            last->count, formulas);
}

og_status og__campaign_next(og__campaign *campaign)
{
    bool added;
    if (campaign->round_count == 0)
        return start_references(campaign);
    if (campaign->round_count == 1)
        return start_pilot(campaign);
    const og__round last = campaign->rounds[campaign->round_count - 1];
    switch (last.stage) {
    case OG_STAGE_REFERENCES:
        return start_halving(campaign);
    case OG_STAGE_HALVING:
        if (last.level == 0)
            return go_on(campaign, OG_STAGE_HALVING, &last, KNOWN_LEAST);
        break;
    case OG_STAGE_GENERATION:
        if (last.level == 0)
            return go_on(campaign, OG_STAGE_GENERATION, &last, 0);
        break;
    case OG_STAGE_PROMOTION:
        added = false;
        if (campaign->rules.places)
            OG_TRY(og__places_try(campaign, &added));
        return added ? OG_OK : start_confirmation(campaign);
    case OG_STAGE_PLACES:
        return last.level == OG_LEVEL_FULL ? look_again(campaign) : start_confirmation(campaign);
    default:
        OG_TRY(og__places_confirm(campaign, &added));
        return added ? OG_OK : look_again(campaign);
    }
    OG_TRY(start_generation(campaign, &added));
    return added ? OG_OK : start_promotion(campaign);
}

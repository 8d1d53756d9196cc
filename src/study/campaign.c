#include "study/campaign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/discovery.h"
#include "study/statistics.h"

/* How the budget is divided. */
static const double confirm_share = 0.5;   /* the most of it that the confirmation may take */
static const double promotion_share = 0.2; /* of what is left for the search: */
static const double halving_share = 0.35;
enum { TOURNAMENT = 3, POPULATION_LEAST = 12, KNOWN_LEAST = 3, PROMOTION_SEEDS = 2, DRAWS_PER_CHILD = 20 };

const char *og__stage_name(og__stage stage)
{
    static const char *const names[] = {"references", "halving", "generation", "promotion", "confirmation"};
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

static int run_count(const og__round *round)
{
    return round->count * round->seeds;
}

bool og__campaign_is_due(const og__campaign *campaign)
{
    int last = campaign->round_count - 1;
    for (int i = 0; last >= 0 && i < run_count(&campaign->rounds[last]); i++)
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
        if (level == OG_LEVEL_FULL && round->stage != OG_STAGE_CONFIRMATION)
            continue; /* the full run of the start is one of these again, or of no use */
        for (int i = 0; i < run_count(round); i++) {
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

double og__campaign_spent_s(const og__campaign *campaign)
{
    double sum = 0;
    for (int r = 0; r < campaign->round_count; r++)
        for (int i = 0; i < run_count(&campaign->rounds[r]); i++)
            if (campaign->outcomes[r][i].done && isfinite(campaign->outcomes[r][i].elapsed_s))
                sum += campaign->outcomes[r][i].elapsed_s;
    return sum;
}

/* Median time of a run in the first `rounds` rounds. */
static double level_s(const og__campaign *campaign, int level, int rounds)
{
    size_t count = 0, room = 0;
    double *times, result;
    for (int r = 0; r < rounds; r++)
        room += (size_t)run_count(&campaign->rounds[r]);
    if (og__alloc(room, sizeof *times, &times) != OG_OK)
        return NAN;
    for (int r = 0; r < rounds; r++)
        for (int i = 0; i < run_count(&campaign->rounds[r]); i++)
            if (campaign->rounds[r].level == level && isfinite(campaign->outcomes[r][i].elapsed_s) &&
                campaign->outcomes[r][i].done && !campaign->outcomes[r][i].failed)
                times[count++] = campaign->outcomes[r][i].elapsed_s;
    result = count > 0 ? og__median(count, times) : NAN;
    free(times);
    return result;
}

double og__campaign_level_s(const og__campaign *campaign, int level)
{
    return level_s(campaign, level, campaign->round_count);
}

/* --- the budget --------------------------------------------------------------------------------------------------- */

/* Sizes of all stages. They follow from the first two rounds, so that they stay as they are. */
typedef struct shares {
    double run_s[3]; /* of a run on a small level */
    int halving;     /* formulas on level 0 */
    int promoted;    /* new formulas on level 2; half as many known ones come along */
    int seeds;       /* of the confirmation's first look */
    double evolve_s; /* for the generations */
} shares;

static int whole(double count, int least, int most)
{
    if (!(count > least))
        return least;
    return count < most ? (int)count : most;
}

static shares divide(const og__campaign *campaign)
{
    const og__campaign_rules *rules = &campaign->rules;
    const double a_run = 1; /* s, where no time is known: runs that failed at once */
    double first = level_s(campaign, 0, 2), full = level_s(campaign, OG_LEVEL_FULL, 2), spent = 0;
    shares s = {.halving = 0};
    for (int r = 0; r < 2; r++)
        for (int i = 0; i < run_count(&campaign->rounds[r]); i++)
            spent += isfinite(campaign->outcomes[r][i].elapsed_s) ? campaign->outcomes[r][i].elapsed_s : 0;
    first = isfinite(first) ? first : a_run;
    full = isfinite(full) ? full : first * rules->level_share[2] / rules->level_share[0];
    for (int l = 0; l < 3; l++)
        s.run_s[l] = first * rules->level_share[l] / rules->level_share[0];
    double left = fmax(0, rules->budget_s - spent);
    double look_s = (OG_FINALISTS + 1) * full;
    s.seeds = whole(confirm_share * left / look_s, 2, OG_CONFIRM_SEEDS);
    double search_s = fmax(0, left - s.seeds * look_s);
    s.promoted = whole(promotion_share * search_s / (1.5 * PROMOTION_SEEDS * s.run_s[2]), OG_FINALISTS + 1, 10);
    search_s = fmax(0, search_s - 1.5 * PROMOTION_SEEDS * s.promoted * s.run_s[2]);
    double per_formula = s.run_s[0] + s.run_s[1] / OG_HALVING;
    s.halving = whole(halving_share * search_s / per_formula, 2 * OG_HALVING, campaign->pool->count);
    if (rules->most > 0 && s.halving > (rules->most + 1) / 2)
        s.halving = (rules->most + 1) / 2;
    s.evolve_s = search_s - s.halving * per_formula;
    return s;
}

/* --- choosing ----------------------------------------------------------------------------------------------------- */

/* Formulas in the order of their worth on a level. */
typedef struct ranked {
    int formula;
    double worth;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth < y->worth ? 1 : -1;
    return x->formula - y->formula;
}

/* (pool->count) list; the best first. Released with free(). */
static og_status rank(const og__campaign *campaign, int level, ranked **list, int *count)
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
        for (int i = 0; i < run_count(round) && round->level == level; i++) {
            if (!campaign->outcomes[r][i].done)
                continue;
            sums[round->formulas[i / round->seeds]] += campaign->outcomes[r][i].dice;
            seeds[round->formulas[i / round->seeds]]++;
        }
    }
    for (int f = 0; f < (int)formulas; f++)
        if (seeds[f] > 0)
            (*list)[(*count)++] = (ranked){f, og__campaign_worth(campaign, f, sums[f] / seeds[f])};
    qsort(*list, (size_t)*count, sizeof **list, compare_ranked);
done:
    free(sums);
    free(seeds);
    return status;
}

/* Take the best `news` new and `knowns` known ones of a ranked list, in its order. */
static int take(const og__campaign *campaign, const ranked *list, int count, int news, int knowns, int *formulas)
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

static og_status add(og__campaign *campaign, og__stage stage, int level, int seed, int seeds, int count, int *formulas)
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
    og_status status = add(campaign, OG_STAGE_REFERENCES, 0, 0, 1, campaign->references, formulas);
    free(formulas);
    return status;
}

static og_status start_pilot(og__campaign *campaign)
{
    ranked *list;
    int count;
    OG_TRY(rank(campaign, 0, &list, &count));
    int best = count > 0 ? list[0].formula : 0;
    free(list);
    return add(campaign, OG_STAGE_REFERENCES, OG_LEVEL_FULL, OG_FRESH_SEEDS_AT, 1, 1, &best);
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
    int *all = NULL, count = 0, wanted = divide(campaign).halving;
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
    status = add(campaign, OG_STAGE_HALVING, 0, 0, 1, count, all);
done:
    free(all);
    return status;
}

/* The best third of all on level 0 that are not on level 1; of the known ones a few in any case. */
static og_status go_on(og__campaign *campaign, og__stage stage, const og__round *from, int knowns)
{
    og_status status = OG_OK;
    ranked *list = NULL;
    int count, *formulas = NULL, kept = 0, taken = 0;
    OG_GO(rank(campaign, 0, &list, &count));
    OG_GO(og__alloc((size_t)count + 1, sizeof *formulas, &formulas));
    for (int i = 0; i < count; i++) {
        bool within = knowns > 0;
        for (int k = 0; k < from->count; k++)
            within |= from->formulas[k] == list[i].formula;
        if (within)
            list[kept++] = list[i];
    }
    taken = take(campaign, list, kept, (from->count + OG_HALVING - 1) / OG_HALVING, knowns, formulas);
    status = add(campaign, stage, 1, 1, 1, taken, formulas);
done:
    free(list);
    free(formulas);
    return status;
}

/* Parents: the last ones that came to level 1, with what they are worth. Released with free(). */
static og_status list_population(const og__campaign *campaign, ranked **population, int *count)
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
                    (ranked){f, og__campaign_worth(campaign, f, og__campaign_dice(campaign, f, 1, &seeds))};
        }
    return OG_OK;
}

/* The best of a few drawn ones. */
static int tournament(og__random *random, const ranked *population, int count)
{
    ranked best = population[og__random_below(random, (uint32_t)count)];
    for (int t = 1; t < TOURNAMENT; t++) {
        ranked other = population[og__random_below(random, (uint32_t)count)];
        best = other.worth > best.worth ? other : best;
    }
    return best.formula;
}

/* Draw children until there are enough that are new and pass the screening. */
static og_status breed(og__campaign *campaign, const ranked *population, int count, int *children, int *child_count)
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
    shares s = divide(campaign);
    ranked *population = NULL;
    int *children = NULL, count, child_count, size = campaign->rules.generation;
    double spent = 0, next = size * (s.run_s[0] + s.run_s[1] / OG_HALVING);
    *added = false;
    for (int r = 0; r < campaign->round_count; r++)
        if (campaign->rounds[r].stage == OG_STAGE_GENERATION)
            for (int i = 0; i < run_count(&campaign->rounds[r]); i++)
                spent += isfinite(campaign->outcomes[r][i].elapsed_s) ? campaign->outcomes[r][i].elapsed_s : 0;
    bool full = campaign->rules.most > 0 && trained_count(campaign) + size > campaign->rules.most;
    if (spent + next > s.evolve_s || full)
        return OG_OK;
    OG_GO(list_population(campaign, &population, &count));
    OG_GO(og__alloc((size_t)size, sizeof *children, &children));
    if (count > 0)
        OG_GO(breed(campaign, population, count, children, &child_count));
    if (count > 0 && child_count > 0) {
        OG_GO(add(campaign, OG_STAGE_GENERATION, 0, 0, 1, child_count, children));
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
    ranked *list = NULL;
    int count, *formulas = NULL, promoted = divide(campaign).promoted;
    OG_GO(rank(campaign, 1, &list, &count));
    OG_GO(og__alloc((size_t)count + 1, sizeof *formulas, &formulas));
    int taken = take(campaign, list, count, promoted, (promoted + 1) / 2, formulas);
    status = add(campaign, OG_STAGE_PROMOTION, 2, 2, PROMOTION_SEEDS, taken, formulas);
done:
    free(list);
    free(formulas);
    return status;
}

/* The best new ones, of which no two are nearly alike: a formula and its child with one more number tell no more than
 * one of them. */
static int take_finalists(const og__campaign *campaign, const ranked *list, int count, int *formulas)
{
    const double apart_least = 0.03; /* of the root mean square */
    int taken = 0;
    for (int i = 0; i < count && taken < OG_FINALISTS; i++) {
        const og__candidate *c = &campaign->pool->items[list[i].formula];
        bool apart = !c->known;
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
    ranked *list = NULL;
    int count, formulas[OG_FINALISTS + 1], seeds = divide(campaign).seeds;
    OG_GO(rank(campaign, 2, &list, &count));
    int taken = take_finalists(campaign, list, count, formulas);
    if (taken == 0) {
        campaign->ended = true;
        goto done;
    }
    taken += take(campaign, list, count, 0, 1, formulas + taken);
    status = add(campaign, OG_STAGE_CONFIRMATION, OG_LEVEL_FULL, OG_FRESH_SEEDS_AT, seeds, taken, formulas);
done:
    free(list);
    return status;
}

og_status og__campaign_confirmation(const og__campaign *campaign, int formulas[OG_FINALISTS + 1], size_t *arms,
                                    size_t *blocks, double **scores)
{
    size_t room = 0;
    *arms = *blocks = 0;
    *scores = NULL;
    for (int r = 0; r < campaign->round_count; r++)
        if (campaign->rounds[r].stage == OG_STAGE_CONFIRMATION)
            room += (size_t)run_count(&campaign->rounds[r]);
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
    const og__round *last = &campaign->rounds[campaign->round_count - 1];
    campaign->ended = true;
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
    return add(campaign, OG_STAGE_CONFIRMATION, OG_LEVEL_FULL, last->seed + last->seeds, OG_CONFIRM_MORE, last->count,
               formulas);
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
        return start_confirmation(campaign);
    default:
        return look_again(campaign);
    }
    OG_TRY(start_generation(campaign, &added));
    return added ? OG_OK : start_promotion(campaign);
}

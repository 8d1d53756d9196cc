#include "search/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "base/memory.h"
#include "search/draft.h"

/* Formulas of the start, and children, draw from one stream at different items. */
enum { CHILDREN_AT = 1 << 24, SIZE_MAX_DRAWN = 4 };

const char *og__origin_name(int origin)
{
    switch (origin) {
    case OG_ORIGIN_RANDOM:
        return "random";
    case OG_ORIGIN_CATALOGUE:
        return "catalogue";
    case OG_ORIGIN_ASKED:
        return "asked";
    case OG_ORIGIN_PLACES:
        return "places";
    default:
        return og__variation_name((og__variation)origin);
    }
}

int og__origin_find(const char *name)
{
    for (int i = 0; i < OG_ORIGIN_COUNT; i++)
        if (strcmp(og__origin_name(i), name) == 0)
            return i;
    return -1;
}

static bool is_known(int origin)
{
    return origin == OG_ORIGIN_CATALOGUE || origin == OG_ORIGIN_ASKED;
}

void og__pool_deinit(og__pool *pool)
{
    for (int i = 0; i < pool->count; i++) {
        og_act_free(pool->items[i].act);
        free(pool->items[i].signature);
    }
    free(pool->items);
    *pool = (og__pool){0};
}

static og_status append(og__pool *pool, og__candidate candidate)
{
    if (pool->count == pool->room) {
        int room = pool->room ? 2 * pool->room : 256;
        og__candidate *items = realloc(pool->items, (size_t)room * sizeof *items);
        if (!items) {
            og_act_free(candidate.act);
            free(candidate.signature);
            return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %d formulas", room);
        }
        pool->items = items;
        pool->room = room;
    }
    pool->items[pool->count++] = candidate;
    return OG_OK;
}

/* The formula with its fixed numbers written into it, as it is computed; NULL for one that the search cannot read. */
static og_status fold(const og_act *act, og_act **folded)
{
    og__draft draft;
    *folded = NULL;
    og_status status = og__draft_read(act, &draft);
    if (status == OG_OK) {
        status = og__draft_act(&draft, folded);
        og__draft_deinit(&draft);
    }
    return status == OG_ERR_MEMORY ? status : OG_OK;
}

static int find_same(const og__pool *pool, const og__signature *signature)
{
    for (int i = 0; i < pool->count; i++)
        if (pool->items[i].signature && og__signature_equal(pool->items[i].signature, signature))
            return i;
    return -1;
}

/* What the candidate's values say: none, others that are equal, or something new. */
static og_status compare_values(og__pool *pool, og__candidate *candidate)
{
    og__signature *signature;
    OG_TRY(og__alloc(1, sizeof *signature, &signature));
    og_status status = og__signature_take(candidate->act, signature);
    candidate->same_as = status == OG_OK ? find_same(pool, signature) : -1;
    if (status == OG_OK && candidate->same_as < 0) {
        candidate->signature = signature;
        return OG_OK;
    }
    free(signature);
    if (status == OG_ERR_MEMORY)
        return status;
    og__prospect *p = &candidate->prospect;
    if (candidate->same_as >= 0) {
        p->rejection = OG_REJECTION_SAME;
        snprintf(p->why, sizeof p->why, "the same function as %.120s",
                 og_act_text(pool->items[candidate->same_as].act));
    } else if (status == OG_ERR_NUMERIC) {
        p->rejection = OG_REJECTION_FINITE;
        snprintf(p->why, sizeof p->why, "not finite, or 0, for all of |x| <= 8");
    }
    return OG_OK;
}

og_status og__pool_add(og__pool *pool, og_act *act, int origin, int mother, int father, int *index)
{
    og__candidate candidate = {.act = act,
                               .origin = origin,
                               .parents = {mother, father},
                               .same_as = -1,
                               .known = is_known(origin),
                               .prospect = {.chi = NAN, .nonlinearity = NAN, .signal = NAN, .cost = NAN}};
    og_act *folded;
    *index = -1;
    og_status status = fold(act, &folded);
    candidate.parent = folded != NULL;
    og_act_free(folded);
    if (status == OG_OK)
        status = compare_values(pool, &candidate);
    if (status != OG_OK) {
        og_act_free(act);
        return status;
    }
    *index = pool->count;
    return append(pool, candidate);
}

static og_status screen_one(const og__pool *pool, og__candidate *candidate)
{
    og_act *folded;
    if (candidate->prospect.rejection != OG_REJECTION_NONE)
        return OG_OK;
    OG_TRY(fold(candidate->act, &folded));
    og_status status = OG_OK;
    if (folded)
        status = og__screen(folded, &pool->rules, &candidate->prospect);
    /* one that reads more than x costs convolutions, which its code does not tell of */
    og_act_free(folded);
    return status;
}

og_status og__pool_screen(og__pool *pool, int first)
{
    og_status worst = OG_OK;
    og_act *relu; /* the catalogue is made by the first parse, not by two at once */
    OG_TRY(og_act_parse("relu", &relu));
    og_act_free(relu);
#pragma omp parallel for schedule(dynamic) if (pool->count - first > 4)
    for (int i = first; i < pool->count; i++) {
        og_status status = screen_one(pool, &pool->items[i]);
        if (status != OG_OK)
#pragma omp atomic write
            worst = status;
    }
    return worst == OG_OK ? OG_OK : og__fail(worst, "there is no memory to analyse formulas with");
}

og_status og__pool_add_known(og__pool *pool, size_t count, const char *const *asked)
{
    int index;
    og_act *act, *folded;
    for (size_t i = 0; i < count; i++) {
        OG_TRY(og_act_parse(asked[i], &act));
        OG_TRY(og__pool_add(pool, act, OG_ORIGIN_ASKED, -1, -1, &index));
    }
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        OG_TRY(og_act_parse(og_act_entry_at(i)->id, &act));
        og_status status = fold(act, &folded);
        if (status != OG_OK || !folded) {
            og_act_free(act);
            OG_TRY(status);
            continue;
        }
        og_act_free(folded);
        OG_TRY(og__pool_add(pool, act, OG_ORIGIN_CATALOGUE, -1, -1, &index));
    }
    return OG_OK;
}

/* One of the known functions that formulas can be made of; -1 where there is none. */
static int draw_known_parent(const og__pool *pool, og__random *random)
{
    int known = 0;
    for (int i = 0; i < pool->count; i++)
        known += pool->items[i].known && pool->items[i].parent;
    if (known == 0)
        return -1;
    int wanted = (int)og__random_below(random, (uint32_t)known);
    for (int i = 0; i < pool->count; i++)
        if (pool->items[i].known && pool->items[i].parent && wanted-- == 0)
            return i;
    return -1;
}

/* What is no formula is thrown away; only a lack of memory ends the search. */
static og_status add_made(og__pool *pool, og_status status, og_act *act, int origin, int mother, int father, int *index)
{
    *index = -1;
    if (status != OG_OK) {
        pool->formless += status != OG_ERR_MEMORY;
        return status == OG_ERR_MEMORY ? status : OG_OK;
    }
    return og__pool_add(pool, act, origin, mother, father, index);
}

og_status og__pool_draw(og__pool *pool, int64_t seed, int64_t number)
{
    og__random random = og__random_at((uint64_t)seed, OG_STREAM_PROPOSE, (uint64_t)number);
    og_act *act;
    int index, mother = draw_known_parent(pool, &random), father = draw_known_parent(pool, &random);
    if (mother < 0 || og__random_uniform(&random) < 0.5f) {
        int size = 1 + (int)og__random_below(&random, SIZE_MAX_DRAWN);
        og_status status = og__formula_draw(&random, size, &act);
        return add_made(pool, status, act, OG_ORIGIN_RANDOM, -1, -1, &index);
    }
    og__variation variation = (og__variation)og__random_below(&random, OG_VARIATION_COUNT);
    bool crossed = variation == OG_VARIATION_CROSS;
    og_status status = og__formula_vary(&random, variation, pool->items[mother].act, pool->items[father].act, &act);
    return add_made(pool, status, act, (int)variation, mother, crossed ? father : -1, &index);
}

og_status og__pool_breed(og__pool *pool, int64_t seed, int64_t number, int mother, int father, int *index)
{
    og__random random = og__random_at((uint64_t)seed, OG_STREAM_PROPOSE, (uint64_t)(CHILDREN_AT + number));
    og_act *act;
    og__variation variation = (og__variation)og__random_below(&random, OG_VARIATION_COUNT);
    bool crossed = variation == OG_VARIATION_CROSS;
    og_status status = og__formula_vary(&random, variation, pool->items[mother].act, pool->items[father].act, &act);
    return add_made(pool, status, act, (int)variation, mother, crossed ? father : -1, index);
}

bool og__pool_may_train(const og__pool *pool, int index)
{
    const og__candidate *candidate = &pool->items[index];
    return candidate->origin == OG_ORIGIN_ASKED || candidate->prospect.rejection == OG_REJECTION_NONE;
}

og_status og__pool_add_places(og__pool *pool, const int places[OG_PLACE_COUNT], const char *head, int *index)
{
    og__candidate candidate = {.origin = OG_ORIGIN_PLACES, .parents = {-1, -1}, .same_as = -1, .head = head};
    const og__prospect *encoder = &pool->items[places[OG_PLACE_ENCODER]].prospect;
    const og__prospect *decoder = &pool->items[places[OG_PLACE_DECODER]].prospect;
    candidate.prospect =
        (og__prospect){.chi = NAN, .nonlinearity = NAN, .signal = NAN, .cost = (encoder->cost + decoder->cost) / 2};
    memcpy(candidate.places, places, sizeof candidate.places);
    OG_TRY(og_act_parse(og_act_text(pool->items[places[OG_PLACE_ENCODER]].act), &candidate.act));
    *index = pool->count;
    return append(pool, candidate);
}

og_status og__pool_restore(og__pool *pool, og__candidate candidate)
{
    og_act *folded;
    candidate.signature = NULL;
    candidate.known = is_known(candidate.origin);
    if (candidate.origin == OG_ORIGIN_PLACES)
        return append(pool, candidate);
    og_status readable = fold(candidate.act, &folded);
    candidate.parent = folded != NULL;
    og_act_free(folded);
    if (readable != OG_OK) {
        og_act_free(candidate.act);
        return readable;
    }
    if (candidate.same_as < 0) {
        og_status status = og__alloc(1, sizeof *candidate.signature, &candidate.signature);
        if (status == OG_OK && og__signature_take(candidate.act, candidate.signature) != OG_OK) {
            free(candidate.signature);
            candidate.signature = NULL;
        }
        if (status != OG_OK) {
            og_act_free(candidate.act);
            return status;
        }
    }
    return append(pool, candidate);
}

void og__pool_count(const og__pool *pool, int counts[OG_REJECTION_COUNT])
{
    memset(counts, 0, OG_REJECTION_COUNT * sizeof *counts);
    for (int i = 0; i < pool->count; i++)
        counts[pool->items[i].prospect.rejection] += !pool->items[i].known && pool->items[i].origin != OG_ORIGIN_PLACES;
    counts[OG_REJECTION_FORM] = pool->formless;
}

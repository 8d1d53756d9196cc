/* search.json */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/head.h>

#include "base/file.h"
#include "base/text.h"
#include "format/json.h"
#include "study/search.h"

/* --- writing ------------------------------------------------------------------------------------------------------ */

static og_status set_real(json_t *object, const char *key, double value)
{
    return isfinite(value) ? og__json_set(object, key, og__json_real(value)) : OG_OK;
}

static og_status add_candidate(const og__candidate *from, json_t *formulas)
{
    const og__prospect *p = &from->prospect;
    json_t *formula = json_object();
    OG_TRY(og__json_append(formulas, formula));
    OG_TRY(og__json_set(formula, "act", og__json_string(og_act_text(from->act))));
    OG_TRY(og__json_set(formula, "from", json_string(og__origin_name(from->origin))));
    if (from->parents[0] >= 0)
        OG_TRY(og__json_set(formula, "mother", json_integer(from->parents[0])));
    if (from->parents[1] >= 0)
        OG_TRY(og__json_set(formula, "father", json_integer(from->parents[1])));
    if (from->origin == OG_ORIGIN_PLACES)
        OG_TRY(
            og__json_set(formula, "places", json_pack("[i, i, i]", from->places[0], from->places[1], from->places[2])));
    if (from->head)
        OG_TRY(og__json_set(formula, "head", json_string(from->head)));
    OG_TRY(set_real(formula, "cost", p->cost));
    OG_TRY(set_real(formula, "chi", p->chi));
    OG_TRY(set_real(formula, "nonlinearity", p->nonlinearity));
    OG_TRY(set_real(formula, "signal", p->signal));
    if (from->same_as >= 0)
        OG_TRY(og__json_set(formula, "same_as", json_integer(from->same_as)));
    if (p->rejection == OG_REJECTION_NONE)
        return OG_OK;
    OG_TRY(og__json_set(formula, "rejected", json_string(og__rejection_name(p->rejection))));
    return og__json_set(formula, "why", og__json_string(p->why));
}

static og_status add_round(const og__round *from, json_t *rounds)
{
    json_t *round = json_object(), *formulas = json_array();
    OG_TRY(og__json_append(rounds, round));
    OG_TRY(og__json_set(round, "formulas", formulas));
    OG_TRY(og__json_set(round, "stage", json_string(og__stage_name(from->stage))));
    OG_TRY(og__json_set(round, "level", json_integer(from->level)));
    OG_TRY(og__json_set(round, "generation", json_integer(from->generation)));
    OG_TRY(og__json_set(round, "seed", json_integer(from->seed)));
    OG_TRY(og__json_set(round, "seeds", json_integer(from->seeds)));
    for (int f = 0; f < from->count; f++)
        OG_TRY(og__json_append(formulas, json_integer(from->formulas[f])));
    return OG_OK;
}

static og_status fill(const og__search *search, json_t *document)
{
    json_t *formulas = json_array(), *rounds = json_array();
    OG_TRY(og__json_set(document, "format", json_string("ogive-search")));
    OG_TRY(og__json_set(document, "format_version", json_integer(1)));
    OG_TRY(og__json_set(document, "formulas", formulas));
    OG_TRY(og__json_set(document, "rounds", rounds));
    OG_TRY(og__json_set(document, "formless", json_integer(search->pool.formless)));
    OG_TRY(og__json_set(document, "bred", json_integer(search->campaign.bred)));
    OG_TRY(og__json_set(document, "ended", json_boolean(search->campaign.ended)));
    for (int i = 0; i < search->pool.count; i++)
        OG_TRY(add_candidate(&search->pool.items[i], formulas));
    for (int r = 0; r < search->campaign.round_count; r++)
        OG_TRY(add_round(&search->campaign.rounds[r], rounds));
    return OG_OK;
}

/* In one line: indented it would be ten times as long. */
og_status og__search_write(const char *folder, const og__search *search)
{
    og_status status = OG_OK;
    json_t *document = json_object();
    char *path = NULL, *text = NULL;
    OG_GO(fill(search, document));
    OG_GO(og__path_join(folder, "search.json", &path));
    OG_GO(og__json_line(document, &text));
    OG_GO(og__file_write(path, text, strlen(text)));
done:
    json_decref(document);
    free(path);
    free(text);
    return status;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static int index_at(const json_t *object, const char *key, int otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? (int)json_integer_value(value) : otherwise;
}

static double real_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static og__rejection rejection_at(const json_t *formula)
{
    const char *name = json_string_value(json_object_get(formula, "rejected"));
    for (og__rejection r = OG_REJECTION_NONE + 1; name && r < OG_REJECTION_COUNT; r++)
        if (strcmp(og__rejection_name(r), name) == 0)
            return r;
    return OG_REJECTION_NONE;
}

static og_status read_places(const json_t *formula, const og__pool *pool, og__candidate *candidate)
{
    const json_t *places = json_object_get(formula, "places");
    for (size_t i = 0; i < OG_PLACE_COUNT; i++) {
        const json_t *place = json_array_get(places, i);
        candidate->places[i] = json_is_integer(place) ? (int)json_integer_value(place) : -1;
        if (candidate->places[i] < 0 || candidate->places[i] >= pool->count)
            return og__fail(OG_ERR_FORMAT, "formula %d is of places, whose formulas there are not", pool->count);
    }
    const char *head = json_string_value(json_object_get(formula, "head"));
    for (size_t i = 0; head && i < og_head_count(); i++)
        if (strcmp(og_head_at(i)->id, head) == 0)
            candidate->head = og_head_at(i)->id;
    if (head && !candidate->head)
        return og__fail(OG_ERR_FORMAT, "formula %d has the head '%s', which is not known", pool->count, head);
    return OG_OK;
}

static og_status read_candidate(const json_t *formula, og__pool *pool)
{
    const char *text, *from, *why = json_string_value(json_object_get(formula, "why"));
    og__candidate candidate = {.parents = {index_at(formula, "mother", -1), index_at(formula, "father", -1)},
                               .same_as = index_at(formula, "same_as", -1)};
    OG_TRY(og__json_get_text(formula, "act", &text));
    OG_TRY(og__json_get_text(formula, "from", &from));
    candidate.origin = og__origin_find(from);
    if (candidate.origin < 0)
        return og__fail(OG_ERR_FORMAT, "formula %d comes from '%s', which is not known", pool->count, from);
    if (candidate.parents[0] >= pool->count || candidate.parents[1] >= pool->count || candidate.same_as >= pool->count)
        return og__fail(OG_ERR_FORMAT, "formula %d names one that comes later", pool->count);
    if (candidate.origin == OG_ORIGIN_PLACES)
        OG_TRY(read_places(formula, pool, &candidate));
    candidate.prospect = (og__prospect){.chi = real_at(formula, "chi"),
                                        .nonlinearity = real_at(formula, "nonlinearity"),
                                        .signal = real_at(formula, "signal"),
                                        .cost = real_at(formula, "cost"),
                                        .rejection = rejection_at(formula)};
    snprintf(candidate.prospect.why, sizeof candidate.prospect.why, "%s", why ? why : "");
    OG_TRY(og_act_parse(text, &candidate.act));
    return og__pool_restore(pool, candidate);
}

static og_status read_round(const json_t *from, const og__pool *pool, og__campaign *campaign)
{
    og_status status = OG_OK;
    const char *stage;
    json_t *formulas;
    OG_TRY(og__json_get_text(from, "stage", &stage));
    OG_TRY(og__json_get(from, "formulas", JSON_ARRAY, &formulas));
    og__round round = {.stage = (og__stage)og__stage_find(stage),
                       .level = index_at(from, "level", -1),
                       .generation = index_at(from, "generation", 0),
                       .seed = index_at(from, "seed", -1),
                       .seeds = index_at(from, "seeds", 0),
                       .count = (int)json_array_size(formulas)};
    if ((int)round.stage < 0 || round.level < 0 || round.level >= OG_LEVELS || round.seed < 0 || round.seeds < 1)
        return og__fail(OG_ERR_FORMAT, "round %d is damaged", campaign->round_count);
    round.formulas = calloc((size_t)round.count + 1, sizeof *round.formulas);
    if (!round.formulas)
        return og__fail(OG_ERR_MEMORY, "no memory for a round of %d formulas", round.count);
    for (int f = 0; f < round.count && status == OG_OK; f++) {
        round.formulas[f] = (int)json_integer_value(json_array_get(formulas, (size_t)f));
        if (round.formulas[f] < 0 || round.formulas[f] >= pool->count)
            status = og__fail(OG_ERR_FORMAT, "round %d has a formula that there is not", campaign->round_count);
    }
    if (status == OG_OK)
        status = og__campaign_add_round(campaign, &round);
    free(round.formulas);
    return status;
}

static og_status read_document(const json_t *document, og__search *search)
{
    json_t *formulas, *rounds, *each;
    size_t index;
    OG_TRY(og__json_get(document, "formulas", JSON_ARRAY, &formulas));
    OG_TRY(og__json_get(document, "rounds", JSON_ARRAY, &rounds));
    json_array_foreach(formulas, index, each)
        OG_TRY(read_candidate(each, &search->pool));
    json_array_foreach(rounds, index, each)
        OG_TRY(read_round(each, &search->pool, &search->campaign));
    search->pool.formless = index_at(document, "formless", 0);
    search->campaign.bred = index_at(document, "bred", 0);
    search->campaign.ended = json_is_true(json_object_get(document, "ended"));
    return OG_OK;
}

og_status og__search_read(const char *folder, og__search *search)
{
    og_status status = OG_OK;
    json_t *document = NULL;
    char *path;
    OG_TRY(og__path_join(folder, "search.json", &path));
    if (!og__file_exists(path))
        goto done;
    OG_GO(og__json_load(path, &document));
    status = read_document(document, search);
    if (status != OG_OK)
        og__fail_in(status, "%s", path);
done:
    json_decref(document);
    free(path);
    return status;
}

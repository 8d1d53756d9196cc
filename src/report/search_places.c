/* What a search found by putting different functions into encoder, bottleneck and decoder. */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "format/json.h"
#include "report/command_line.h"
#include "report/parts.h"
#include "study/places.h"
#include "study/search.h"

og_status og__report_formula(const og__search *search, int formula, const char *key, json_t *owner)
{
    char *text;
    OG_TRY(og__places_describe(&search->pool, formula, &text));
    og_status status = og__json_set(owner, key, og__json_string(text));
    free(text);
    return status;
}

static og_status add_row(const og__search *search, int formula, json_t *rows)
{
    int seeds;
    json_t *row = json_object();
    OG_TRY(og__json_append(rows, row));
    OG_TRY(og__json_set(row, "number", json_integer(formula)));
    OG_TRY(og__report_formula(search, formula, "text", row));
    OG_TRY(og__json_set(row, "cost", og__json_real(search->pool.items[formula].prospect.cost)));
    return og__json_set(row, "dice", og__json_real(og__campaign_dice(&search->campaign, formula, 2, &seeds)));
}

/* The assignments, behind the two functions everywhere that they are made of. */
static og_status add_tried(const og__search *search, json_t *places)
{
    json_t *everywhere = json_array(), *tried = json_array();
    OG_TRY(og__json_set(places, "everywhere", everywhere));
    OG_TRY(og__json_set(places, "tried", tried));
    for (int f = 0; f < search->pool.count; f++) {
        const og__candidate *c = &search->pool.items[f];
        if (c->origin != OG_ORIGIN_PLACES)
            continue;
        for (int k = 0; json_array_size(everywhere) == 0 && k < OG_PLACE_COUNT; k++)
            if (c->places[k] != c->places[0]) {
                OG_TRY(add_row(search, c->places[0], everywhere));
                OG_TRY(add_row(search, c->places[k], everywhere));
            }
        OG_TRY(add_row(search, f, tried));
    }
    return OG_OK;
}

/* In words that claim no more than the seeds support; a question of its own, beside that of the best function. */
static void conclude(const og__places_verdict *verdict, const char *chosen, const char *everywhere, double margin,
                     og__text *text)
{
    const og__discovery *d = &verdict->discovery;
    if (verdict->chosen < 0) {
        og__text_add(text,
                     "By place: on the promotion's seeds no assignment was ahead of the better function everywhere.");
        return;
    }
    og__text_format(text, "By place: %s, ", chosen);
    if (d->blocks == 0) {
        og__text_add(text, "was ahead on the promotion's seeds, and has no fresh ones.");
        return;
    }
    og__text_add(text, "is ");
    og__discovery_lead(text, d, 0, everywhere, " everywhere");
    if (d->kind == OG_DISCOVERY_FOUND)
        og__text_format(text, ", p %.2g at a level of %.2g: places are worth it.", d->contenders[0].p_adjusted,
                        d->level);
    else if (d->kind == OG_DISCOVERY_UNDECIDED)
        og__text_add(text, ", which is no proof.");
    else if (d->contenders[0].same)
        og__text_format(text, ", and within %.3g of it with a probability of %.2f: one function everywhere will do.",
                        margin, d->contenders[0].rope.inside);
    else
        og__text_add(text, ": one function everywhere is better.");
}

static og_status add_words(const og__search *search, const og__places_verdict *verdict, double margin, json_t *places)
{
    og_status status = OG_OK;
    og__text text = {0};
    char *chosen = NULL, *everywhere = NULL;
    if (verdict->chosen >= 0)
        OG_GO(og__places_describe(&search->pool, verdict->chosen, &chosen));
    if (verdict->everywhere >= 0)
        OG_GO(og__places_describe(&search->pool, verdict->everywhere, &everywhere));
    conclude(verdict, chosen, everywhere, margin, &text);
    OG_GO(og__text_status(&text));
    status = og__json_set(places, "text", og__json_string(text.data));
done:
    free(chosen);
    free(everywhere);
    og__text_deinit(&text);
    return status;
}

static og_status add_command(const og__study *study, int formula, json_t *places)
{
    char *line = NULL;
    json_t *settings = json_object();
    og_status status = og__search_settings(og__search_of(study), formula, settings);
    if (status == OG_OK)
        status = og__command_line(study, settings, "by-place", &line);
    if (status == OG_OK)
        status = og__json_set(places, "command", og__json_string(line));
    free(line);
    json_decref(settings);
    return status;
}

og_status og__report_search_places(const og__report *report, json_t *owner)
{
    const og__search *search = og__search_of(report->study);
    const og__contender *c;
    og__places_verdict verdict;
    if (!og__campaign_last(&search->campaign, OG_STAGE_PLACES))
        return og__json_set(owner, "places", json_null());
    json_t *places = json_object();
    OG_TRY(og__json_set(owner, "places", places));
    OG_TRY(add_tried(search, places));
    OG_TRY(og__places_judge(&search->campaign, 1 - report->study->confidence, report->study->margin, &verdict));
    OG_TRY(og__json_set(places, "chosen", verdict.chosen >= 0 ? json_integer(verdict.chosen) : json_null()));
    OG_TRY(add_words(search, &verdict, report->study->margin, places));
    if (verdict.chosen < 0 || verdict.discovery.blocks == 0)
        return OG_OK;
    c = &verdict.discovery.contenders[0];
    OG_TRY(og__json_set(places, "kind", json_string(og__discovery_kind_name(verdict.discovery.kind))));
    OG_TRY(og__json_set(places, "seeds", json_integer((json_int_t)verdict.discovery.blocks)));
    OG_TRY(og__json_set(places, "gain", og__json_real(c->lead.mean)));
    OG_TRY(og__json_set(places, "low", og__json_real(c->lead.low)));
    OG_TRY(og__json_set(places, "high", og__json_real(c->lead.high)));
    OG_TRY(og__json_set(places, "p", og__json_real(c->p_adjusted)));
    return add_command(report->study, verdict.chosen, places);
}

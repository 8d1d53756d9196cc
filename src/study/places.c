#include "study/places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/head.h>

#include "base/memory.h"
#include "base/text.h"
#include "study/campaign_parts.h"
#include "train/placement.h"

/* The best new formula and the best known one behind the promotion; -1 for none. */
static og_status find_pair(const og__campaign *campaign, int pair[2])
{
    og__ranked *list;
    int count;
    pair[0] = pair[1] = -1;
    OG_TRY(og__campaign_rank(campaign, 2, &list, &count));
    for (int i = count - 1; i >= 0; i--) {
        const og__candidate *c = &campaign->pool->items[list[i].formula];
        if (c->origin != OG_ORIGIN_PLACES)
            pair[c->known ? 1 : 0] = list[i].formula;
    }
    free(list);
    return OG_OK;
}

static bool is_tried(const og__campaign *campaign, size_t head)
{
    return strcmp(og_head_at(head)->id, campaign->rules.head) != 0;
}

int og__places_tried(const og__campaign *campaign)
{
    int count = OG_PLACES_TRIED;
    for (size_t h = 0; h < og_head_count() && h < OG_HEADS_TRIED; h++)
        count += is_tried(campaign, h);
    return count;
}

static double worth_of(const og__campaign *campaign, int formula)
{
    int seeds;
    return og__campaign_worth(campaign, formula, og__campaign_dice(campaign, formula, 2, &seeds));
}

og_status og__places_try(og__campaign *campaign, bool *added)
{
    int pair[2], tried[OG_PLACES_TRIED + OG_HEADS_TRIED], count = OG_PLACES_TRIED;
    const og__round *promotion = og__campaign_last(campaign, OG_STAGE_PROMOTION);
    *added = false;
    OG_TRY(find_pair(campaign, pair));
    if (pair[0] < 0 || pair[1] < 0)
        return OG_OK;
    for (int way = 0; way < OG_PLACES_TRIED; way++) {
        int places[OG_PLACE_COUNT];
        for (int place = 0; place < OG_PLACE_COUNT; place++)
            places[place] = pair[(way + 1) >> place & 1];
        OG_TRY(og__pool_add_places(campaign->pool, places, NULL, &tried[way]));
    }
    int better = pair[worth_of(campaign, pair[1]) > worth_of(campaign, pair[0])];
    for (size_t h = 0; h < og_head_count() && h < OG_HEADS_TRIED; h++)
        if (is_tried(campaign, h))
            OG_TRY(og__pool_add_places(campaign->pool, (int[]){better, better, better}, og_head_at(h)->id,
                                       &tried[count++]));
    *added = true;
    return og__campaign_ask(campaign, OG_STAGE_PLACES, 2, promotion->seed, promotion->seeds, count, tried);
}

og_status og__places_chosen(const og__campaign *campaign, int *chosen)
{
    int pair[2];
    *chosen = -1;
    OG_TRY(find_pair(campaign, pair));
    if (pair[0] < 0 || pair[1] < 0)
        return OG_OK;
    double best = fmax(worth_of(campaign, pair[0]), worth_of(campaign, pair[1]));
    for (int r = 0; r < campaign->round_count; r++) {
        const og__round *round = &campaign->rounds[r];
        for (int i = 0; i < round->count && round->stage == OG_STAGE_PLACES && round->level == 2; i++) {
            double worth = worth_of(campaign, round->formulas[i]);
            if (!(worth > best))
                continue;
            best = worth;
            *chosen = round->formulas[i];
        }
    }
    return OG_OK;
}

og_status og__places_confirm(og__campaign *campaign, bool *added)
{
    int chosen;
    const og__round *last = &campaign->rounds[campaign->round_count - 1];
    *added = false;
    if (!campaign->rules.places || last->stage != OG_STAGE_CONFIRMATION)
        return OG_OK;
    OG_TRY(og__places_chosen(campaign, &chosen));
    if (chosen < 0)
        return OG_OK;
    *added = true;
    return og__campaign_ask(campaign, OG_STAGE_PLACES, OG_LEVEL_FULL, last->seed, last->seeds, 1, &chosen);
}

/* --- in words ----------------------------------------------------------------------------------------------------- */

/* Places that have the formula of `place`, where that is the first of them. */
static bool is_first_of(const og__candidate *c, int place)
{
    for (int before = 0; before < place; before++)
        if (c->places[before] == c->places[place])
            return false;
    return true;
}

static void add_places_of(const og__candidate *c, int place, og__text *text)
{
    const char *gap = " in the ";
    if (c->places[0] == c->places[1] && c->places[1] == c->places[2])
        return; /* everywhere */
    for (int other = place; other < OG_PLACE_COUNT; other++) {
        if (c->places[other] != c->places[place])
            continue;
        og__text_add(text, gap);
        og__text_add(text, og__place_name((og_place)other));
        gap = " and ";
    }
}

og_status og__places_describe(const og__pool *pool, int index, char **description)
{
    const og__candidate *c = &pool->items[index];
    og__text text = {0};
    if (c->origin != OG_ORIGIN_PLACES)
        og__text_add(&text, og_act_text(c->act));
    for (int place = 0; place < OG_PLACE_COUNT && c->origin == OG_ORIGIN_PLACES; place++) {
        if (!is_first_of(c, place))
            continue;
        og__text_add(&text, place > 0 ? ", " : "");
        og__text_add(&text, og_act_text(pool->items[c->places[place]].act));
        add_places_of(c, place, &text);
    }
    if (c->head)
        og__text_format(&text, " with the head %s", c->head);
    *description = text.data;
    return og__text_status(&text);
}

/* --- what came of it ---------------------------------------------------------------------------------------------- */

/* Dice of a formula with the full settings on a seed; false where that is not there. */
static bool find_dice(const og__campaign *campaign, int formula, int seed, double *dice)
{
    for (int r = 0; r < campaign->round_count; r++) {
        const og__round *round = &campaign->rounds[r];
        if (round->level != OG_LEVEL_FULL || round->stage == OG_STAGE_REFERENCES)
            continue;
        for (int i = 0; i < og__round_runs(round); i++) {
            const og__outcome *outcome = &campaign->outcomes[r][i];
            if (round->formulas[i / round->seeds] != formula || round->seed + i % round->seeds != seed ||
                !outcome->done)
                continue;
            *dice = outcome->dice;
            return true;
        }
    }
    return false;
}

og_status og__places_judge(const og__campaign *campaign, double alpha, double margin, og__places_verdict *verdict)
{
    enum { ALL = OG_CONFIRM_SEEDS + OG_CONFIRM_MORE };
    const og__round *confirmation = og__campaign_last(campaign, OG_STAGE_CONFIRMATION);
    double dice[ALL][3], sums[3] = {0}, scores[2 * ALL];
    size_t blocks = 0;
    int pair[2];
    *verdict = (og__places_verdict){.chosen = -1, .everywhere = -1};
    OG_TRY(og__places_chosen(campaign, &verdict->chosen));
    OG_TRY(find_pair(campaign, pair));
    if (verdict->chosen < 0 || !confirmation)
        return OG_OK;
    for (int seed = OG_FRESH_SEEDS_AT; seed < OG_FRESH_SEEDS_AT + ALL; seed++) {
        double *row = dice[blocks];
        if (!find_dice(campaign, verdict->chosen, seed, &row[0]) || !find_dice(campaign, pair[0], seed, &row[1]) ||
            !find_dice(campaign, pair[1], seed, &row[2]))
            continue;
        for (int k = 0; k < 3; k++)
            sums[k] += row[k];
        blocks++;
    }
    int better = sums[1] > sums[2] ? 1 : 2;
    verdict->everywhere = pair[better - 1];
    if (blocks == 0)
        return OG_OK;
    for (size_t b = 0; b < blocks; b++) {
        scores[2 * b] = dice[b][0];
        scores[2 * b + 1] = dice[b][better];
    }
    int looks = blocks < OG_CONFIRM_SEEDS ? 1 : 2;
    return og__discovery_judge(blocks, 1, scores, alpha, looks, margin, &verdict->discovery);
}

/* What a search did: how many formulas were screened out and why, which were trained and where they come from, what
 * they cost, and what the confirmation says in words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "report/parts.h"
#include "search/operators.h"
#include "study/discovery.h"
#include "study/search.h"

/* --- the screening ------------------------------------------------------------------------------------------------ */

static og_status add_rejection(const og__pool *pool, og__rejection rejection, int count, json_t *rejected)
{
    json_t *row = json_object();
    OG_TRY(og__json_append(rejected, row));
    OG_TRY(og__json_set(row, "name", json_string(og__rejection_name(rejection))));
    OG_TRY(og__json_set(row, "words", json_string(og__rejection_words(rejection))));
    OG_TRY(og__json_set(row, "count", json_integer(count)));
    for (int i = 0; i < pool->count; i++) { /* the shortest one, for it is understood at once */
        const og__candidate *c = &pool->items[i];
        const json_t *before = json_object_get(row, "example");
        if (c->known || c->prospect.rejection != rejection ||
            (before && strlen(og_act_text(c->act)) >= strlen(json_string_value(before))))
            continue;
        OG_TRY(og__json_set(row, "example", og__json_string(og_act_text(c->act))));
        OG_TRY(og__json_set(row, "why", og__json_string(c->prospect.why)));
    }
    return OG_OK;
}

static og_status add_screening(const og__search *search, json_t *owner)
{
    int counts[OG_REJECTION_COUNT], drawn = 0;
    json_t *screening = json_object(), *rejected = json_array();
    og__pool_count(&search->pool, counts);
    for (int r = 0; r < OG_REJECTION_COUNT; r++)
        drawn += counts[r];
    OG_TRY(og__json_set(owner, "screening", screening));
    OG_TRY(og__json_set(screening, "rejected", rejected));
    OG_TRY(og__json_set(screening, "drawn", json_integer(drawn)));
    OG_TRY(og__json_set(screening, "passed", json_integer(counts[OG_REJECTION_NONE])));
    OG_TRY(og__json_set(screening, "layers", json_integer(search->pool.rules.layers)));
    OG_TRY(og__json_set(screening, "cost_most", og__json_real(search->pool.rules.cost_most)));
    for (og__rejection r = OG_REJECTION_NONE + 1; r < OG_REJECTION_COUNT; r++)
        if (counts[r] > 0)
            OG_TRY(add_rejection(&search->pool, r, counts[r], rejected));
    return OG_OK;
}

static og_status add_operators(json_t *owner)
{
    json_t *operators = json_object(), *unary = json_array(), *binary = json_array(), *unsafe = json_array();
    OG_TRY(og__json_set(owner, "operators", operators));
    OG_TRY(og__json_set(operators, "unary", unary));
    OG_TRY(og__json_set(operators, "binary", binary));
    OG_TRY(og__json_set(operators, "left_out", unsafe));
    for (size_t i = 0; i < og__unary_count(); i++)
        OG_TRY(og__json_append(unary, json_string(og__unary_name(i))));
    for (size_t i = 0; i < og__binary_count(); i++)
        OG_TRY(og__json_append(binary, json_string(og__binary_name(i))));
    for (size_t i = 0; i < og__unsafe_count(); i++) {
        json_t *row = json_object();
        OG_TRY(og__json_append(unsafe, row));
        OG_TRY(og__json_set(row, "operators", json_string(og__unsafe_at(i)->operators)));
        OG_TRY(og__json_set(row, "why", json_string(og__unsafe_at(i)->why)));
    }
    return OG_OK;
}

/* --- the course --------------------------------------------------------------------------------------------------- */

static og_status add_rounds(const og__search *search, json_t *owner)
{
    json_t *rounds = json_array();
    OG_TRY(og__json_set(owner, "rounds", rounds));
    for (int r = 0; r < search->campaign.round_count; r++) {
        const og__round *from = &search->campaign.rounds[r];
        int best = -1;
        for (int i = 0; i < from->count * from->seeds; i++)
            if (search->campaign.outcomes[r][i].done &&
                (best < 0 || search->campaign.outcomes[r][i].dice > search->campaign.outcomes[r][best].dice))
                best = i;
        json_t *round = json_object();
        OG_TRY(og__json_append(rounds, round));
        OG_TRY(og__json_set(round, "stage", json_string(og__stage_name(from->stage))));
        OG_TRY(og__json_set(round, "generation", json_integer(from->generation)));
        OG_TRY(og__json_set(round, "epochs", json_integer(search->levels[from->level].epochs)));
        OG_TRY(og__json_set(round, "width", json_integer(search->levels[from->level].width)));
        OG_TRY(og__json_set(round, "formulas", json_integer(from->count)));
        OG_TRY(og__json_set(round, "seeds", json_integer(from->seeds)));
        OG_TRY(og__json_set(round, "best", best < 0 ? json_null() : json_integer(from->formulas[best / from->seeds])));
        OG_TRY(og__json_set(round, "dice",
                            best < 0 ? json_null() : og__json_real(search->campaign.outcomes[r][best].dice)));
    }
    return OG_OK;
}

/* The longest training that a formula had: its level, and its mean Dice there. */
static int find_level(const og__campaign *campaign, int formula, double *dice, int *seeds)
{
    for (int level = OG_LEVELS - 1; level >= 0; level--) {
        *dice = og__campaign_dice(campaign, formula, level, seeds);
        if (*seeds > 0)
            return level;
    }
    return -1;
}

/* No other formula of the same level is at least as good and at most as costly. */
static bool is_on_front(const og__campaign *campaign, int formula, int level)
{
    int seeds;
    double dice = og__campaign_dice(campaign, formula, level, &seeds);
    double cost = campaign->pool->items[formula].prospect.cost;
    if (!isfinite(cost))
        return false;
    for (int r = 0; r < campaign->round_count; r++) {
        bool counts = campaign->rounds[r].level == level && campaign->rounds[r].stage != OG_STAGE_PLACES;
        for (int i = 0; i < campaign->rounds[r].count && counts; i++) {
            int other = campaign->rounds[r].formulas[i];
            double other_dice = og__campaign_dice(campaign, other, level, &seeds);
            double other_cost = campaign->pool->items[other].prospect.cost;
            if (seeds > 0 && other_dice >= dice && other_cost <= cost && (other_dice > dice || other_cost < cost))
                return false;
        }
    }
    return true;
}

static og_status add_formula(const og__search *search, int formula, json_t *formulas)
{
    const og__candidate *c = &search->pool.items[formula];
    double dice;
    int seeds, level = find_level(&search->campaign, formula, &dice, &seeds);
    if (level < 0)
        return OG_OK;
    json_t *row = json_object(), *parents = json_array(), *levels = json_array();
    OG_TRY(og__json_append(formulas, row));
    OG_TRY(og__json_set(row, "parents", parents));
    OG_TRY(og__json_set(row, "dice", levels));
    OG_TRY(og__json_set(row, "number", json_integer(formula)));
    OG_TRY(og__json_set(row, "text", og__json_string(og_act_text(c->act))));
    OG_TRY(og__json_set(row, "known", json_boolean(c->known)));
    OG_TRY(og__json_set(row, "from", json_string(og__origin_name(c->origin))));
    for (int p = 0; p < 2; p++)
        if (c->parents[p] >= 0)
            OG_TRY(og__json_append(parents, og__json_string(og_act_text(search->pool.items[c->parents[p]].act))));
    OG_TRY(og__json_set(row, "cost", og__json_real(c->prospect.cost)));
    OG_TRY(og__json_set(row, "level", json_integer(level)));
    OG_TRY(og__json_set(row, "on_front", json_boolean(is_on_front(&search->campaign, formula, level))));
    for (int l = 0; l < OG_LEVELS; l++)
        OG_TRY(og__json_append(levels, og__json_real(og__campaign_dice(&search->campaign, formula, l, &seeds))));
    return OG_OK;
}

/* "f12 = cross of f3 and f7, f3 = change of silu, ...": each formula of the confirmation with all that it comes from.
 */
static og_status add_line(const og__pool *pool, int formula, json_t *line)
{
    const og__candidate *c = &pool->items[formula];
    json_t *row = json_object();
    OG_TRY(og__json_append(line, row));
    OG_TRY(og__json_set(row, "number", json_integer(formula)));
    OG_TRY(og__json_set(row, "text", og__json_string(og_act_text(c->act))));
    OG_TRY(og__json_set(row, "from", json_string(og__origin_name(c->origin))));
    OG_TRY(og__json_set(row, "mother", c->parents[0] >= 0 ? json_integer(c->parents[0]) : json_null()));
    OG_TRY(og__json_set(row, "father", c->parents[1] >= 0 ? json_integer(c->parents[1]) : json_null()));
    return OG_OK;
}

static og_status add_ancestry(const og__pool *pool, int formula, bool *seen, json_t *line)
{
    if (formula < 0 || seen[formula])
        return OG_OK;
    seen[formula] = true;
    OG_TRY(add_line(pool, formula, line));
    OG_TRY(add_ancestry(pool, pool->items[formula].parents[0], seen, line)); /* parents come before their children, */
    return add_ancestry(pool, pool->items[formula].parents[1], seen, line);  /* so that this ends */
}

static og_status add_formulas(const og__search *search, json_t *owner)
{
    og_status status = OG_OK;
    json_t *formulas = json_array(), *ancestry = json_array();
    bool *seen = NULL;
    OG_GO(og__json_set(owner, "formulas", formulas));
    OG_GO(og__json_set(owner, "ancestry", ancestry));
    for (int f = 0; f < search->pool.count; f++)
        if (search->pool.items[f].origin != OG_ORIGIN_PLACES)
            OG_GO(add_formula(search, f, formulas));
    OG_GO(og__alloc((size_t)search->pool.count + 1, sizeof *seen, &seen));
    for (int r = 0; r < search->campaign.round_count; r++)
        for (int i = 0;
             i < search->campaign.rounds[r].count && search->campaign.rounds[r].stage == OG_STAGE_CONFIRMATION; i++)
            OG_GO(add_ancestry(&search->pool, search->campaign.rounds[r].formulas[i], seen, ancestry));
done:
    free(seen);
    return status;
}

/* --- the conclusion ----------------------------------------------------------------------------------------------- */

static og_status add_contender(const og__report *report, const og__discovery *discovery, size_t arm, json_t *contenders)
{
    const og__contender *c = &discovery->contenders[arm];
    json_t *row = json_object();
    OG_TRY(og__json_append(contenders, row));
    OG_TRY(og__json_set(row, "id", og__json_string(report->study->arms.items[arm].id)));
    OG_TRY(og__json_set(row, "lead", og__json_real(c->lead.mean)));
    OG_TRY(og__json_set(row, "low", og__json_real(c->lead.low)));
    OG_TRY(og__json_set(row, "high", og__json_real(c->lead.high)));
    OG_TRY(og__json_set(row, "p", og__json_real(c->p)));
    OG_TRY(og__json_set(row, "p_adjusted", og__json_real(c->p_adjusted)));
    OG_TRY(og__json_set(row, "better", og__json_real(c->rope.above)));
    OG_TRY(og__json_set(row, "same", og__json_real(c->rope.inside)));
    return og__json_set(row, "worse", og__json_real(c->rope.below));
}

static og_status add_command(json_t *commands, const char *before, const char *act, const char *after)
{
    og__text line = {0};
    og__text_add(&line, before);
    og__text_format(&line, strpbrk(act, " *()+-/^;=<>") ? "'%s'" : "%s", act);
    og__text_add(&line, after);
    og_status status = og__text_status(&line);
    if (status == OG_OK)
        status = og__json_append(commands, og__json_string(line.data));
    og__text_deinit(&line);
    return status;
}

static og_status add_commands(const og__report *report, const char *act, json_t *owner)
{
    json_t *commands = json_array();
    const char *data = json_string_value(json_object_get(report->study->record, "data_path"));
    og__text train = {0};
    OG_TRY(og__json_set(owner, "commands", commands));
    og__text_format(&train, "ogive train %s -o run --act ", data ? data : "DATA");
    og_status status = og__text_status(&train);
    if (status == OG_OK)
        status = add_command(commands, train.data, act, "");
    og__text_deinit(&train);
    OG_TRY(status);
    OG_TRY(add_command(commands, "ogive act emit ", act, " --to pytorch"));
    return add_command(commands, "ogive act show ", act, "");
}

static og_status add_conclusion(const og__report *report, const og__discovery *discovery, json_t *owner)
{
    json_t *contenders = json_array();
    const og__arms *arms = &report->study->arms;
    bool found = discovery->kind == OG_DISCOVERY_FOUND;
    OG_TRY(og__json_set(owner, "kind", json_string(og__discovery_kind_name(discovery->kind))));
    OG_TRY(og__json_set(owner, "known", og__json_string(arms->items[discovery->count].id)));
    OG_TRY(og__json_set(owner, "best_new", og__json_string(arms->items[discovery->best].id)));
    OG_TRY(og__json_set(owner, "level", og__json_real(discovery->level)));
    OG_TRY(og__json_set(owner, "contenders", contenders));
    for (size_t a = 0; a < discovery->count; a++)
        OG_TRY(add_contender(report, discovery, a, contenders));
    return add_commands(report, og_act_text(arms->items[found ? discovery->best : discovery->count].act), owner);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static og_status judge(const og__report *report, og__discovery *discovery)
{
    const og__study *study = report->study;
    int looks = study->complete_blocks < OG_CONFIRM_SEEDS ? 1 : 2; /* with fewer seeds there is no second one */
    return og__discovery_judge(study->complete_blocks, study->arms.count - 1, report->scores, 1 - study->confidence,
                               looks, study->margin, discovery);
}

/* Nothing better: the known one leads alone, or others are as good. */
static og__verdict_kind kind_of_nothing(const og__verdict *verdict)
{
    for (size_t a = 0; a < verdict->arms; a++)
        if (a != verdict->best && verdict->rivals[a].standing != OG_STANDING_BEHIND)
            return OG_VERDICT_TIE;
    return verdict->best == verdict->arms - 1 ? OG_VERDICT_WINNER : OG_VERDICT_TIE;
}

og_status og__report_search_kind(const og__report *report, og__verdict *verdict)
{
    og__discovery discovery;
    OG_TRY(judge(report, &discovery));
    switch (discovery.kind) {
    case OG_DISCOVERY_FOUND:
        verdict->kind = OG_VERDICT_WINNER;
        verdict->best = discovery.best;
        break;
    case OG_DISCOVERY_NOTHING:
        verdict->kind = kind_of_nothing(verdict);
        break;
    case OG_DISCOVERY_UNDECIDED:
        verdict->kind = OG_VERDICT_UNDECIDED;
        break;
    }
    verdict->blocks_needed = discovery.blocks_needed > (int)discovery.blocks ? discovery.blocks_needed : 0;
    return OG_OK;
}

og_status og__report_search_text(const og__report *report, const char *const *names, char **text)
{
    og__discovery discovery;
    OG_TRY(judge(report, &discovery));
    return og__discovery_text(&discovery, report->study->margin, names, text);
}

og_status og__report_search(const og__report *report, json_t *results)
{
    const og__search *search = og__search_of(report->study);
    json_t *owner;
    og__discovery discovery;
    if (!search)
        return OG_OK;
    owner = json_object();
    OG_TRY(og__json_set(results, "search", owner));
    OG_TRY(judge(report, &discovery));
    OG_TRY(add_conclusion(report, &discovery, owner));
    OG_TRY(add_screening(search, owner));
    OG_TRY(add_rounds(search, owner));
    OG_TRY(add_formulas(search, owner));
    OG_TRY(og__report_search_places(report, owner));
    return add_operators(owner);
}

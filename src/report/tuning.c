#include "report/tuning.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "report/command_line.h"
#include "study/importance.h"
#include "study/planning.h"
#include "study/tuning.h"
#include "study/verdict.h"

static const double patience_s = 10;
enum { IMPORTANCE_LEAST = 10 }; /* configurations: of fewer the best tenth is none */

/* What the parts of the report are made from. */
typedef struct tuned {
    const og__study *study;
    const og__tuning *tuning;
    size_t finalists[OG_TUNE_FINALISTS + 1], count; /* the last is the activation as it is */
    size_t blocks;                                  /* fresh seeds on which all of them ran */
    double *scores;                                 /* (blocks, count) */
    og__evidence evidence;
    og__verdict verdict;
    size_t chosen; /* configuration */
} tuned;

static const og__configuration *finalist(const tuned *t, size_t index)
{
    return &t->tuning->configurations[t->finalists[index]];
}

/* --- the confirmation --------------------------------------------------------------------------------------------- */

static bool is_complete(const tuned *t, size_t seed)
{
    for (size_t f = 0; f < t->count; f++)
        if (!finalist(t, f)->runs[seed] || !og__run_is_done(finalist(t, f)->runs[seed]))
            return false;
    return true;
}

static og_status judge(tuned *t)
{
    const og__tuning *tuning = t->tuning;
    t->count = og__tuning_finalists(tuning, t->finalists);
    if (t->count == 0)
        return og__fail(OG_ERR_DATA,
                        "the study '%s' has no configuration yet that ran to its end; the same command goes on",
                        t->study->folder);
    OG_TRY(og__alloc(t->count * (tuning->confirm + 1), sizeof *t->scores, &t->scores));
    for (size_t s = tuning->seeds; s < tuning->seeds + tuning->confirm; s++) {
        if (!is_complete(t, s))
            continue;
        for (size_t f = 0; f < t->count; f++)
            t->scores[t->blocks * t->count + f] = finalist(t, f)->runs[s]->trial.dice;
        t->blocks++;
    }
    t->chosen = t->finalists[t->count - 1];
    t->evidence = (og__evidence){.blocks = t->blocks,
                                 .arms = t->count,
                                 .scores = t->scores,
                                 .confidence = t->study->confidence,
                                 .margin = t->study->margin};
    return t->blocks > 0 && t->count > 1 ? og__verdict_reach(&t->evidence, &t->verdict) : OG_OK;
}

typedef enum outcome { NOT_CONFIRMED, HELPED, NO_DIFFERENCE, NOT_HELPED, UNDECIDED } outcome;
static const char *const outcomes[] = {"unconfirmed", "helped", "no difference", "did not help", "undecided"};

static outcome outcome_of(const tuned *t)
{
    size_t usual = t->count - 1;
    if (t->blocks == 0 || t->count < 2)
        return NOT_CONFIRMED;
    if (t->verdict.best == usual)
        return NOT_HELPED;
    og__standing standing = t->verdict.rivals[usual].standing;
    return standing == OG_STANDING_BEHIND ? HELPED : standing == OG_STANDING_EQUIVALENT ? NO_DIFFERENCE : UNDECIDED;
}

static void write_lead(const tuned *t, og__text *text)
{
    size_t usual = t->count - 1;
    const og__rival *rival = &t->verdict.rivals[usual];
    og__text_format(text, "%s is %+.4f mean Dice from %s as it is", finalist(t, t->verdict.best)->name,
                    rival->lead.mean, og_act_text(t->study->arms.items[t->finalists[usual]].act));
    if (isfinite(rival->lead.low) && isfinite(rival->lead.high))
        og__text_format(text, " (%.3g %% interval %+.4f to %+.4f)", 100 * t->study->confidence, rival->lead.low,
                        rival->lead.high);
    if (isfinite(rival->test.adjusted))
        og__text_format(text, ", adjusted p %.2g", rival->test.adjusted);
    og__text_format(text, ", over %zu fresh seed%s", t->blocks, t->blocks == 1 ? "" : "s");
}

static void write_verdict(const tuned *t, og__text *text)
{
    const char *usual = og_act_text(t->study->arms.items[t->finalists[t->count - 1]].act);
    switch (outcome_of(t)) {
    case NOT_CONFIRMED:
        og__text_format(text,
                        "Not confirmed: no fresh seeds were run, and the best scores of a search are partly luck. "
                        "The best configuration is %s.",
                        finalist(t, 0)->name);
        return;
    case HELPED:
        og__text_add(text, "Tuning helped: ");
        write_lead(t, text);
        og__text_add(text, ".");
        return;
    case NO_DIFFERENCE:
        og__text_format(text, "Tuning made no difference that matters (%.3g mean Dice): ", t->evidence.margin);
        write_lead(t, text);
        og__text_add(text, ".");
        return;
    case NOT_HELPED:
        og__text_format(text, "Tuning did not help: over %zu fresh seed%s nothing scored higher than %s as it is.",
                        t->blocks, t->blocks == 1 ? "" : "s", usual);
        return;
    case UNDECIDED:
        og__text_add(text, "Undecided whether tuning helped: ");
        write_lead(t, text);
        og__text_add(text, ".");
        if (t->verdict.blocks_needed > (int)t->blocks)
            og__text_format(text, " --confirm %d should decide it if the differences stay as they are.",
                            t->verdict.blocks_needed);
        return;
    }
}

static og_status add_verdict(tuned *t, json_t *results)
{
    outcome found = outcome_of(t);
    json_t *verdict = json_object();
    og__text text = {0};
    if (found == HELPED)
        t->chosen = t->finalists[t->verdict.best];
    OG_TRY(og__json_set(results, "verdict", verdict));
    OG_TRY(og__json_set(verdict, "kind", json_string(outcomes[found])));
    write_verdict(t, &text);
    og_status status = og__text_status(&text);
    if (status == OG_OK)
        status = og__json_set(verdict, "text", og__json_string(text.data));
    og__text_deinit(&text);
    OG_TRY(status);
    OG_TRY(og__json_set(verdict, "configuration", json_string(t->tuning->configurations[t->chosen].name)));
    OG_TRY(og__json_set(verdict, "best", json_string(finalist(t, t->blocks > 0 ? t->verdict.best : 0)->name)));
    OG_TRY(og__json_set(verdict, "margin", og__json_real(t->evidence.margin)));
    return og__json_set(verdict, "seeds", json_integer((json_int_t)t->blocks));
}

/* --- configurations ------------------------------------------------------------------------------------------------
 */

static og_status settings_of(const tuned *t, size_t configuration, json_t **settings)
{
    const og__tuning *tuning = t->tuning;
    OG_TRY(og__tune_space_settings(&tuning->space, tuning->configurations[configuration].point,
                                   configuration < t->study->arms.count, t->study->first_seed, settings));
    json_object_del(*settings, "seed");
    return OG_OK;
}

static og_status add_settings(const tuned *t, size_t configuration, json_t *owner)
{
    json_t *settings;
    OG_TRY(settings_of(t, configuration, &settings));
    return og__json_set(owner, "settings", settings);
}

static og_status add_command(const tuned *t, size_t configuration, json_t *owner)
{
    char *line = NULL;
    json_t *settings;
    OG_TRY(settings_of(t, configuration, &settings));
    og_status status = og__command_line(t->study, settings, "trained", &line);
    if (status == OG_OK)
        status = og__json_set(owner, "command", og__json_string(line));
    free(line);
    json_decref(settings);
    return status;
}

static og_status add_params(const tuned *t, const og__configuration *c, json_t *owner)
{
    json_t *params = json_object();
    OG_TRY(og__json_set(owner, "params", params));
    for (size_t d = 0; d < t->tuning->space.space.count; d++) {
        const og__dimension *dimension = &t->tuning->space.space.dimensions[d];
        if (isnan(c->point[d]))
            continue;
        OG_TRY(og__json_set(params, dimension->name,
                            dimension->kind == OG_DIMENSION_CHOICE
                                ? og__json_string(dimension->choices[(size_t)c->point[d]])
                                : og__json_real(c->point[d])));
    }
    return OG_OK;
}

static og_status add_runs(const tuned *t, const og__configuration *c, size_t from, size_t to, const char *key,
                          json_t *owner)
{
    json_t *dice = json_array();
    OG_TRY(og__json_set(owner, key, dice));
    for (size_t s = from; s < to; s++) {
        const og__run *run = c->runs[s];
        (void)t;
        OG_TRY(og__json_append(dice, run && run->trial.result ? og__json_real(run->trial.dice) : json_null()));
    }
    return OG_OK;
}

/* Why runs of the search failed, of the last one that did; NULL where one was finished, or none was begun. */
static const char *why_failed(const tuned *t, const og__configuration *c)
{
    const char *why = NULL;
    for (size_t s = 0; s < t->tuning->seeds; s++) {
        if (c->runs[s] && og__run_is_done(c->runs[s]) && !c->runs[s]->trial.failed)
            return NULL;
        why = c->runs[s] && c->runs[s]->trial.failed ? c->runs[s]->trial.error : why;
    }
    return why;
}

/* One without any score counted with a Dice of 0 in the search, so that it was not proposed again. */
static og_status add_trial(const tuned *t, size_t index, json_t *trials)
{
    static const char *const states[] = {"running", "complete", "pruned", "failed", "waiting"};
    const og__configuration *c = &t->tuning->configurations[index];
    const char *why = why_failed(t, c);
    og__trial_state state = why ? OG_TRIAL_FAIL : c->state;
    json_t *trial = json_object();
    OG_TRY(og__json_append(trials, trial));
    OG_TRY(og__json_set(trial, "name", json_string(c->name)));
    OG_TRY(og__json_set(trial, "state", json_string(states[state])));
    OG_TRY(og__json_set(trial, "error", why ? og__json_string(why) : json_null()));
    OG_TRY(og__json_set(trial, "dice", og__json_real(c->value)));
    OG_TRY(og__json_set(trial, "epochs", c->last_step >= 0 ? json_integer(c->last_step) : json_null()));
    OG_TRY(og__json_set(trial, "as_it_is", json_boolean(index < t->study->arms.count)));
    OG_TRY(add_params(t, c, trial));
    OG_TRY(add_settings(t, index, trial));
    return add_runs(t, c, 0, t->tuning->seeds, "runs", trial);
}

static og_status add_trials(const tuned *t, json_t *results)
{
    json_t *trials = json_array();
    OG_TRY(og__json_set(results, "trials", trials));
    for (size_t i = 0; i < t->tuning->count; i++)
        OG_TRY(add_trial(t, i, trials));
    return OG_OK;
}

/* The best mean so far, trial by trial. */
static og_status add_history(const tuned *t, json_t *results)
{
    json_t *history = json_array();
    double best = NAN;
    OG_TRY(og__json_set(results, "history", history));
    for (size_t i = 0; i < t->tuning->count; i++) {
        const og__configuration *c = &t->tuning->configurations[i];
        if (c->state == OG_TRIAL_COMPLETE)
            best = fmax(best, c->value);
        OG_TRY(og__json_append(history, og__json_real(best)));
    }
    return OG_OK;
}

static og_status add_finalist(const tuned *t, size_t index, json_t *finalists)
{
    const og__configuration *c = finalist(t, index);
    json_t *item = json_object();
    double sum = 0;
    OG_TRY(og__json_append(finalists, item));
    OG_TRY(og__json_set(item, "name", json_string(c->name)));
    OG_TRY(og__json_set(item, "as_it_is", json_boolean(index + 1 == t->count)));
    OG_TRY(add_settings(t, t->finalists[index], item));
    OG_TRY(og__json_set(item, "search_dice", og__json_real(c->value)));
    OG_TRY(add_runs(t, c, t->tuning->seeds, t->tuning->seeds + t->tuning->confirm, "fresh_runs", item));
    for (size_t b = 0; b < t->blocks; b++)
        sum += t->scores[b * t->count + index] / (double)t->blocks;
    OG_TRY(og__json_set(item, "fresh_dice", t->blocks > 0 ? og__json_real(sum) : json_null()));
    if (t->verdict.rivals && index != t->verdict.best) {
        const og__rival *rival = &t->verdict.rivals[index];
        OG_TRY(og__json_set(item, "standing", json_string(og__standing_name(rival->standing))));
        OG_TRY(og__json_set(item, "behind", og__json_real(rival->lead.mean)));
        OG_TRY(og__json_set(item, "behind_low", og__json_real(rival->lead.low)));
        OG_TRY(og__json_set(item, "behind_high", og__json_real(rival->lead.high)));
        OG_TRY(og__json_set(item, "p", og__json_real(rival->test.adjusted)));
    } else if (t->verdict.rivals) {
        OG_TRY(og__json_set(item, "standing", json_string("best")));
    }
    return add_command(t, t->finalists[index], item);
}

static og_status add_finalists(const tuned *t, json_t *results)
{
    json_t *finalists = json_array();
    OG_TRY(og__json_set(results, "finalists", finalists));
    for (size_t f = 0; f < t->count; f++)
        OG_TRY(add_finalist(t, f, finalists));
    return OG_OK;
}

/* The activations of the finalists, as a comparison lists its own. */
static og_status add_acts(const tuned *t, json_t *results)
{
    json_t *acts = json_array();
    OG_TRY(og__json_set(results, "acts", acts));
    for (size_t f = 0; f < t->count; f++) {
        json_t *settings, *act = json_object();
        OG_TRY(og__json_append(acts, act));
        OG_TRY(settings_of(t, t->finalists[f], &settings));
        og_status status = og__json_set(act, "text", json_incref(json_object_get(settings, "act")));
        json_decref(settings);
        OG_TRY(status);
        OG_TRY(og__json_set(act, "id", json_string(finalist(t, f)->name)));
    }
    return OG_OK;
}

/* --- what mattered -------------------------------------------------------------------------------------------------
 */

static og_status measure_importance(const tuned *t, const double **points, double *values, double *importance)
{
    size_t count = 0;
    for (size_t i = 0; i < t->tuning->count; i++) {
        const og__configuration *c = &t->tuning->configurations[i];
        if (c->state != OG_TRIAL_COMPLETE)
            continue;
        points[count] = c->point;
        values[count++] = c->value;
    }
    if (count < IMPORTANCE_LEAST)
        count = 0;
    return og__importance(&t->tuning->space.space, count, points, values, importance);
}

/* Shares that sum to 1, the largest first; empty where nothing can be told. */
static og_status list_importance(const tuned *t, const double *importance, json_t *list)
{
    const og__space *space = &t->tuning->space.space;
    double sum = 0, above = INFINITY;
    for (size_t d = 0; d < space->count; d++)
        sum += importance[d];
    for (size_t listed = 0; listed < space->count && sum > 0;) {
        double next = -1;
        for (size_t d = 0; d < space->count; d++)
            next = importance[d] < above ? fmax(next, importance[d]) : next;
        for (size_t d = 0; d < space->count; d++) {
            if (importance[d] != next)
                continue;
            OG_TRY(og__json_append(
                list, json_pack("{s:s,s:f}", "name", space->dimensions[d].name, "share", importance[d] / sum)));
            listed++;
        }
        above = next;
    }
    return OG_OK;
}

static og_status add_importance(const tuned *t, json_t *results)
{
    og_status status = OG_OK;
    size_t count = t->tuning->count;
    const double **points = NULL;
    double *values = NULL, *importance = NULL;
    json_t *list = json_array();
    OG_TRY(og__json_set(results, "importance", list));
    OG_GO(og__alloc(count, sizeof *points, &points));
    OG_GO(og__alloc(count, sizeof *values, &values));
    OG_GO(og__alloc(t->tuning->space.space.count, sizeof *importance, &importance));
    OG_GO(measure_importance(t, points, values, importance));
    OG_GO(list_importance(t, importance, list));
done:
    free(points);
    free(values);
    free(importance);
    return status;
}

/* The best configuration with one function everywhere, and the best with places apart. */
static og_status add_places(const tuned *t, json_t *results)
{
    size_t best[2] = {SIZE_MAX, SIZE_MAX};
    bool asked = false;
    for (size_t i = 0; i < t->tuning->count; i++) {
        const og__configuration *c = &t->tuning->configurations[i];
        bool apart = og__tune_space_is_apart(&t->tuning->space, c->point, &asked);
        if (c->state == OG_TRIAL_COMPLETE &&
            (best[apart] == SIZE_MAX || c->value > t->tuning->configurations[best[apart]].value))
            best[apart] = i;
    }
    if (!asked || best[0] == SIZE_MAX || best[1] == SIZE_MAX)
        return og__json_set(results, "places", json_null());
    const og__configuration *one = &t->tuning->configurations[best[0]], *apart = &t->tuning->configurations[best[1]];
    og__text text = {0};
    json_t *places = json_object();
    OG_TRY(og__json_set(results, "places", places));
    OG_TRY(og__json_set(places, "one", json_string(one->name)));
    OG_TRY(og__json_set(places, "apart", json_string(apart->name)));
    OG_TRY(og__json_set(places, "gain", og__json_real(apart->value - one->value)));
    og__text_format(&text,
                    "With bottleneck and decoder apart the best configuration of the search, %s, has %+.4f mean Dice "
                    "beside the best one with one function everywhere, %s; their fresh seeds say whether that holds.",
                    apart->name, apart->value - one->value, one->name);
    og_status status = og__text_status(&text);
    if (status == OG_OK)
        status = og__json_set(places, "text", og__json_string(text.data));
    og__text_deinit(&text);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------------------------------
 */

static og_status fill(tuned *t, json_t *results)
{
    OG_TRY(og__json_set(results, "kind", json_string("tune")));
    OG_TRY(og__json_set(results, "question", json_incref(json_object_get(t->study->record, "question"))));
    OG_TRY(og__json_set(results, "data_path", json_incref(json_object_get(t->study->record, "data_path"))));
    OG_TRY(og__json_set(results, "confidence", og__json_real(t->study->confidence)));
    OG_TRY(judge(t));
    OG_TRY(add_verdict(t, results));
    OG_TRY(add_command(t, t->chosen, results));
    OG_TRY(add_finalists(t, results));
    OG_TRY(add_acts(t, results));
    OG_TRY(add_importance(t, results));
    OG_TRY(add_places(t, results));
    OG_TRY(add_history(t, results));
    return add_trials(t, results);
}

og_status og__report_read_tuning(og__study *study)
{
    og_status status = OG_OK;
    og__store *store = NULL;
    char *url = NULL;
    int64_t stored;
    OG_GO(og__study_store(study, &url));
    OG_GO(og__store_connect(url, patience_s, &store));
    OG_GO(og__store_study(store, study->name, "dice", &stored));
    OG_GO(og__planning_read(study, store, stored));
    OG_GO(og__tuning_open(study, store, stored));
done:
    og__store_close(store);
    free(url);
    return status;
}

og_status og__report_tuning(og__study *study, json_t *results)
{
    tuned t = {.study = study, .tuning = study->own};
    OG_TRY(og__report_read_tuning(study));
    og_status status = fill(&t, results);
    og__verdict_deinit(&t.verdict);
    free(t.scores);
    return status;
}

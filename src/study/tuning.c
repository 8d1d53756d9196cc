/* The kind "tune": configurations are proposed from what the earlier ones scored, run on a few seeds each, and the best
 * confirmed on fresh ones. */
#include "study/tuning.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "study/grid_points.h"
#include "study/question.h"

const char *const og__tune_samplers[] = {"tpe", "random", "grid", NULL};
enum { SAMPLER_TPE, SAMPLER_RANDOM, SAMPLER_GRID };

/* Of a budget, at most this share is kept for the confirmation. */
static const double confirm_share = 0.4;
static const char *const closed_key = "ogive:closed";

/* --- loading -------------------------------------------------------------------------------------------------------
 */

static og_status read_choice(const json_t *object, const char *key, const char *const *names, int *index)
{
    const char *text;
    OG_TRY(og__json_get_text(object, key, &text));
    for (*index = 0; names[*index]; ++*index)
        if (strcmp(names[*index], text) == 0)
            return OG_OK;
    return og__fail(OG_ERR_FORMAT, "%s is '%s', which this version of ogive does not know", key, text);
}

static og_status read_question(og__study *study, og__tuning *t)
{
    json_t *question, *tune;
    const char *vary, *pruner;
    int64_t seeds;
    OG_TRY(og__json_get(study->record, "question", JSON_OBJECT, &question));
    OG_TRY(og__arms_read(question, &study->arms));
    OG_TRY(og__json_get_int(question, "first_seed", &study->first_seed));
    OG_TRY(og__question_train(question, &t->train));
    OG_TRY(og__json_get(question, "tune", JSON_OBJECT, &tune));
    OG_TRY(og__json_get_text(tune, "vary", &vary));
    OG_TRY(og__json_get_text(tune, "pruner", &pruner));
    OG_TRY(og__json_get_int(tune, "seeds", &seeds));
    OG_TRY(og__json_get_int(tune, "proposal_seed", &t->proposal_seed));
    OG_TRY(read_choice(tune, "sampler", og__tune_samplers, &t->sampler));
    t->pruner = og__pruner_find(pruner);
    if (!t->pruner || seeds < 1 || seeds > 100)
        return og__fail(OG_ERR_FORMAT, "pruner is '%s' and seeds is %" PRId64, pruner, seeds);
    t->seeds = (size_t)seeds;
    return og__tune_space_init(&study->arms, &t->train, vary, &t->space);
}

static og_status read_record(og__study *study, og__tuning *t)
{
    int64_t confirm;
    OG_TRY(read_question(study, t));
    OG_TRY(og__json_get_int(study->record, "trials", &t->trials));
    OG_TRY(og__json_get_real(study->record, "budget_s", &study->budget_s));
    OG_TRY(og__json_get_real(study->record, "confidence", &study->confidence));
    OG_TRY(og__json_get_real(study->record, "margin", &study->margin));
    OG_TRY(og__json_get_int(study->record, "confirm", &confirm));
    if (confirm < 0 || confirm > 1000)
        return og__fail(OG_ERR_FORMAT, "confirm is %" PRId64, confirm);
    t->confirm = (size_t)confirm;
    return OG_OK;
}

static og_status load(og__study *study)
{
    og__tuning *t;
    og__text name = {0};
    OG_TRY(og__alloc(1, sizeof *t, &t));
    study->own = t;
    t->stored = -1;
    OG_TRY(read_record(study, t));
    og__text_format(&name, "%s-configurations", study->name);
    t->name = name.data;
    OG_TRY(og__text_status(&name));
    t->rules = og__pruner_rules_default(t->train.epochs, t->name);
    study->space = t->space.space;
    return og__alloc((size_t)t->train.epochs, sizeof *t->pending, &t->pending);
}

static void unload(og__study *study)
{
    og__tuning *t = study->own;
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++) {
        free(t->configurations[i].point);
        free(t->configurations[i].runs);
    }
    free(t->configurations);
    free(t->pending);
    free(t->name);
    og__tune_space_deinit(&t->space);
    og_options_deinit(og_train_option_table(), &t->train);
    free(t);
}

/* --- configurations -------------------------------------------------------------------------------------------------
 */

static og_status add_configuration(og__tuning *t, const double *point, og__configuration **added)
{
    og__configuration *all = realloc(t->configurations, (t->count + 1) * sizeof *all);
    if (!all)
        return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu configurations", t->count + 1);
    t->configurations = all;
    og__configuration *c = &all[t->count];
    *c = (og__configuration){.state = OG_TRIAL_RUNNING, .value = NAN, .last_step = -1};
    snprintf(c->name, sizeof c->name, "c%04zu", t->count);
    OG_TRY(og__alloc(t->space.space.count, sizeof *c->point, &c->point));
    og_status status = og__alloc(t->seeds + t->confirm, sizeof *c->runs, &c->runs);
    if (status != OG_OK) {
        free(c->point);
        return status;
    }
    memcpy(c->point, point, t->space.space.count * sizeof *point);
    t->count++;
    *added = c;
    return OG_OK;
}

static og__configuration *find(const og__study *study, const og__run *run, size_t *seed)
{
    const og__tuning *t = study->own;
    size_t number;
    int64_t offset = og__run_seed(run) - study->first_seed;
    if (sscanf(run->name, "c%zu-s", &number) != 1 || number >= t->count || offset < 0 ||
        (size_t)offset >= t->seeds + t->confirm)
        return NULL;
    *seed = (size_t)offset;
    return &t->configurations[number];
}

const og__configuration *og__tuning_find(const og__study *study, const og__run *run, size_t *seed)
{
    return find(study, run, seed);
}

static double run_value(const og__run *run)
{
    return run->trial.failed ? 0 : run->trial.dice;
}

/* What the runs of the search say of a configuration. A closed search waits for no further seeds. */
static void settle(const og__tuning *t, og__configuration *c)
{
    double sum = 0;
    size_t asked = 0, done = 0;
    if (c->state != OG_TRIAL_RUNNING)
        return;
    for (size_t s = 0; s < t->seeds; s++) {
        const og__run *run = c->runs[s];
        if (!run)
            continue;
        asked++;
        if (run->pruned) {
            c->state = OG_TRIAL_PRUNED;
            c->value = run->trial.dice;
            return;
        }
        done += og__run_is_done(run);
        sum += og__run_is_done(run) ? run_value(run) : 0;
    }
    if (done > 0)
        c->value = sum / (double)done;
    if (done == t->seeds || (t->closed && done > 0 && done == asked))
        c->state = OG_TRIAL_COMPLETE;
    else if (t->closed && asked == 0)
        c->state = OG_TRIAL_FAIL;
}

/* --- what the store has ---------------------------------------------------------------------------------------------
 */

static og_status read_configurations(og__study *study, og__store *store)
{
    og__tuning *t = study->own;
    og_status status = OG_OK;
    og__stored_trials trials;
    double *point = NULL;
    OG_TRY(og__store_list(store, t->stored, &trials));
    OG_GO(og__alloc(t->space.space.count, sizeof *point, &point));
    for (size_t i = t->count; i < trials.count; i++) {
        og__configuration *c;
        if (!trials.items[i].run)
            continue; /* someone else's, by Optuna */
        OG_GO(og__store_point(store, trials.items[i].id, &t->space.space, point));
        OG_GO(add_configuration(t, point, &c));
        c->told = trials.items[i].state != OG_TRIAL_RUNNING;
        if (trials.items[i].state == OG_TRIAL_PRUNED) {
            c->state = OG_TRIAL_PRUNED;
            c->value = trials.items[i].value;
        }
    }
done:
    free(point);
    og__stored_trials_deinit(&trials);
    return status;
}

/* {"trials", "budget_s"} of the search that was closed: one that is now asked for more goes on. */
static json_t *closing(const og__study *study)
{
    const og__tuning *t = study->own;
    return json_pack("{s:I,s:f}", "trials", (json_int_t)t->trials, "budget_s", study->budget_s);
}

static og_status read_closed(const og__study *study, og__store *store, int64_t stored)
{
    og__tuning *t = study->own;
    json_t *was, *now = closing(study);
    og_status status = og__store_get_attribute(store, stored, false, closed_key, &was);
    t->closed = status == OG_OK && was && json_equal(was, now);
    json_decref(was);
    json_decref(now);
    return status;
}

/* The last epoch of pruned configurations, which orders them. */
static og_status read_last_steps(og__study *study, og__store *store, int64_t stored)
{
    og__tuning *t = study->own;
    og_status status = OG_OK;
    og__stored_trials trials;
    og__stored_step *steps = NULL;
    size_t count, i = 0, seed;
    bool missing = false;
    for (size_t c = 0; c < t->count; c++)
        missing |= t->configurations[c].state == OG_TRIAL_PRUNED && t->configurations[c].last_step < 0;
    if (!missing)
        return OG_OK;
    OG_TRY(og__store_list(store, stored, &trials));
    OG_GO(og__store_steps(store, stored, &steps, &count));
    for (size_t k = 0; k < trials.count; k++) {
        const og__run *run = trials.items[k].run ? og__study_find_run(study, trials.items[k].run) : NULL;
        og__configuration *c = run ? find(study, run, &seed) : NULL;
        for (; i < count && steps[i].trial == trials.items[k].id; i++)
            if (c && c->state == OG_TRIAL_PRUNED && run->pruned)
                c->last_step = steps[i].step > c->last_step ? steps[i].step : c->last_step;
    }
done:
    free(steps);
    og__stored_trials_deinit(&trials);
    return status;
}

static void attach_runs(og__study *study)
{
    og__tuning *t = study->own;
    size_t seed;
    for (size_t i = 0; i < study->run_count; i++) {
        og__configuration *c = find(study, study->runs[i], &seed);
        if (c)
            c->runs[seed] = study->runs[i];
    }
    for (size_t i = 0; i < t->count; i++)
        settle(t, &t->configurations[i]);
}

og_status og__tuning_open(og__study *study, og__store *store, int64_t stored)
{
    og__tuning *t = study->own;
    if (t->stored < 0)
        OG_TRY(og__store_study(store, t->name, "dice", &t->stored));
    OG_TRY(read_closed(study, store, stored));
    OG_TRY(read_configurations(study, store));
    attach_runs(study);
    return read_last_steps(study, store, stored);
}

/* --- proposing ------------------------------------------------------------------------------------------------------
 */

static og_status ask_run(const og__desk *desk, og__configuration *c, size_t seed)
{
    og__study *study = desk->study;
    og__tuning *t = study->own;
    json_t *settings = NULL;
    og__text name = {0};
    og_status status = OG_OK;
    int64_t number = study->first_seed + (int64_t)seed;
    bool usual = (size_t)(c - t->configurations) < study->arms.count;
    og__text_format(&name, "%s-s%" PRId64, c->name, number);
    OG_GO(og__text_status(&name));
    OG_GO(og__tune_space_settings(&t->space, c->point, usual, number, &settings));
    OG_GO(og__study_add_run(study, name.data, settings, c->point, &c->runs[seed]));
    c->runs[seed]->wanted = true;
done:
    json_decref(settings);
    og__text_deinit(&name);
    return status;
}

static og_status propose_by_tpe(const og__tuning *t, double *point)
{
    og__tried *tried;
    size_t count = 0;
    OG_TRY(og__alloc(t->count, sizeof *tried, &tried));
    for (size_t i = 0; i < t->count; i++) {
        const og__configuration *c = &t->configurations[i];
        if (c->state == OG_TRIAL_FAIL)
            continue;
        tried[count++] = (og__tried){.number = (int64_t)i,
                                     .state = c->state == OG_TRIAL_COMPLETE ? OG_TRIED_COMPLETE
                                              : c->state == OG_TRIAL_PRUNED ? OG_TRIED_PRUNED
                                                                            : OG_TRIED_RUNNING,
                                     .value = c->value,
                                     .last_step = c->last_step,
                                     .point = c->point};
    }
    og__tpe_options options = og__tpe_options_default();
    og_status status =
        og__tpe_propose(&t->space.space, &options, count, tried, (uint64_t)t->proposal_seed, (int64_t)t->count, point);
    free(tried);
    return status;
}

/* *found is false at the end of a grid. */
static og_status propose(const og__study *study, double *point, bool *found)
{
    const og__tuning *t = study->own;
    *found = true;
    if (t->count < study->arms.count) {
        og__tune_space_usual(&t->space, t->count, point);
        return OG_OK;
    }
    if (t->sampler == SAMPLER_GRID)
        *found = og__grid_point(&t->space.space, t->count - study->arms.count, point);
    else if (t->sampler == SAMPLER_RANDOM)
        og__space_draw(&t->space.space, true, (uint64_t)t->proposal_seed, (int64_t)t->count, point);
    else
        OG_TRY(propose_by_tpe(t, point));
    og__tune_space_round(&t->space, point);
    return OG_OK;
}

static og_status tell_configuration(const og__desk *desk, og__configuration *c)
{
    const og__tuning *t = desk->study->own;
    if (c->told)
        return OG_OK;
    OG_TRY(og__store_configure(desk->store, t->stored, c->name, NULL, &t->space.space, c->point, c->state, c->value));
    c->told = c->state != OG_TRIAL_RUNNING;
    return OG_OK;
}

/* The configuration is in the store before any of its runs. */
static og_status ask_configuration(const og__desk *desk, bool *asked)
{
    og__tuning *t = desk->study->own;
    og__configuration *c;
    double *point;
    OG_TRY(og__alloc(t->space.space.count, sizeof *point, &point));
    og_status status = propose(desk->study, point, asked);
    if (status == OG_OK && *asked)
        status = add_configuration(t, point, &c);
    free(point);
    if (status != OG_OK || !*asked)
        return status;
    OG_TRY(tell_configuration(desk, c));
    return ask_run(desk, c, 0);
}

/* The next seed of a configuration whose last one is done, unless it is given up. */
static og_status ask_seed(const og__desk *desk, bool *asked)
{
    og__tuning *t = desk->study->own;
    for (size_t i = 0; i < t->count; i++) {
        og__configuration *c = &t->configurations[i];
        size_t seed = 0;
        while (seed < t->seeds && c->runs[seed] && og__run_is_done(c->runs[seed]))
            seed++;
        if (c->state != OG_TRIAL_RUNNING || seed == t->seeds || c->runs[seed])
            continue;
        if (seed > 0 && og__tuning_gives_up(t, i)) {
            c->state = OG_TRIAL_PRUNED;
            c->last_step = (int64_t)seed;
            OG_TRY(tell_configuration(desk, c));
            continue;
        }
        *asked = true;
        return ask_run(desk, c, seed);
    }
    return OG_OK;
}

/* --- the end --------------------------------------------------------------------------------------------------------
 */

/* The best complete configuration but those that are chosen already, of one kind: with one function everywhere, or
 * with places apart; NULL for both. t->count where there is none. */
static size_t find_best(const og__tuning *t, size_t chosen, const size_t *finalists, const bool *apart)
{
    size_t best = t->count;
    bool asked;
    for (size_t i = 0; i < t->count; i++) {
        const og__configuration *c = &t->configurations[i];
        bool out =
            c->state != OG_TRIAL_COMPLETE || (apart && og__tune_space_is_apart(&t->space, c->point, &asked) != *apart);
        for (size_t f = 0; f < chosen; f++)
            out |= finalists[f] == i;
        if (!out && (best == t->count || c->value > t->configurations[best].value))
            best = i;
    }
    return best;
}

size_t og__tuning_finalists(const og__tuning *t, size_t finalists[OG_TUNE_FINALISTS + 1])
{
    size_t count = 0, kept = 0, best = find_best(t, 0, NULL, NULL);
    bool asked, other;
    if (best == t->count)
        return 0;
    finalists[count++] = best;
    other = !og__tune_space_is_apart(&t->space, t->configurations[best].point, &asked);
    size_t second = find_best(t, 1, finalists, asked ? &other : NULL);
    if (second < t->count)
        finalists[count++] = second;
    size_t usual = (size_t)t->configurations[best].point[0];
    for (size_t f = 0; f < count; f++)
        if (finalists[f] != usual)
            finalists[kept++] = finalists[f];
    finalists[kept] = usual;
    return kept + 1;
}

/* Seconds that the confirmation will take, from the runs done so far, in as many processes as were seen to work. */
static double confirmation_s(const og__desk *desk)
{
    const og__study *study = desk->study;
    const og__tuning *t = study->own;
    double sum = 0;
    size_t count = 0, at_work = 0;
    for (size_t i = 0; i < study->run_count; i++) {
        const og__run *run = study->runs[i];
        at_work += !og__run_is_done(run);
        if (!run->trial.result || !isfinite(run->trial.elapsed_s))
            continue;
        sum += run->trial.elapsed_s;
        count++;
    }
    double whole = count ? sum / (double)count * (double)(t->confirm * (OG_TUNE_FINALISTS + 1)) : 0;
    return fmin(whole / (double)(at_work > 1 ? at_work : 1), confirm_share * study->budget_s);
}

static og_status close_search(const og__desk *desk)
{
    og__tuning *t = desk->study->own;
    json_t *mark = closing(desk->study);
    og_status status = og__store_set_attribute(desk->store, desk->stored, false, closed_key, mark);
    json_decref(mark);
    t->closed = status == OG_OK;
    return status;
}

static og_status search_on(const og__desk *desk)
{
    og__tuning *t = desk->study->own;
    bool asked = false, waits = false, enough = t->trials > 0 && (int64_t)t->count >= t->trials;
    for (size_t i = 0; i < desk->study->run_count; i++)
        waits |= desk->study->runs[i]->waiting && !og__run_is_done(desk->study->runs[i]);
    if (desk->left_s <= confirmation_s(desk) && t->count >= desk->study->arms.count)
        return close_search(desk);
    if (!desk->idle || waits)
        return OG_OK;
    OG_TRY(ask_seed(desk, &asked));
    if (!asked && !enough)
        OG_TRY(ask_configuration(desk, &asked));
    bool open = false;
    for (size_t i = 0; i < t->count; i++)
        open |= t->configurations[i].state == OG_TRIAL_RUNNING;
    return !asked && !open ? close_search(desk) : OG_OK;
}

static og_status confirm(const og__desk *desk, bool *ended)
{
    og__tuning *t = desk->study->own;
    size_t finalists[OG_TUNE_FINALISTS + 1], count = og__tuning_finalists(t, finalists);
    for (size_t i = 0; i < t->count; i++)
        if (t->configurations[i].state == OG_TRIAL_RUNNING)
            return OG_OK;
    *ended = true;
    for (size_t s = t->seeds; s < t->seeds + t->confirm; s++) {
        for (size_t f = 0; f < count && count > 1; f++) {
            og__configuration *c = &t->configurations[finalists[f]];
            if (!c->runs[s])
                OG_TRY(ask_run(desk, c, s));
            *ended &= og__run_is_done(c->runs[s]);
        }
    }
    return OG_OK;
}

static og_status plan(const og__desk *desk, bool *ended)
{
    og__tuning *t = desk->study->own;
    *ended = false;
    OG_TRY(og__tuning_open(desk->study, desk->store, desk->stored));
    if (!t->closed)
        OG_TRY(search_on(desk));
    for (size_t i = 0; i < t->count; i++) {
        settle(t, &t->configurations[i]);
        OG_TRY(tell_configuration(desk, &t->configurations[i]));
    }
    return t->closed ? confirm(desk, ended) : OG_OK;
}

const og__kind og__kind_tune = {
    .name = "tune",
    .load = load,
    .unload = unload,
    .plan = plan,
    .prune = og__tuning_prune,
};

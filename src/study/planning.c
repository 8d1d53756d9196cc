#include "study/planning.h"

#include <math.h>

#include "study/store.h"

/* Attributes of a study whose runs only one process proposes: nothing more is coming; a worker has nothing to do. */
static const char *const ended_key = "ogive:ended", *const idle_key = "ogive:idle";

static bool may_ask(const og__watcher *w)
{
    return w->job->proposes || w->desk.study->kind->follows;
}

static og_status set_flag(og__watcher *w, const char *key, bool value)
{
    json_t *flag = json_boolean(value);
    return og__store_set_attribute(w->desk.store, w->desk.stored, false, key, flag);
}

static og_status get_flag(og__watcher *w, const char *key, bool *value)
{
    json_t *flag;
    OG_TRY(og__store_get_attribute(w->desk.store, w->desk.stored, false, key, &flag));
    *value = json_is_true(flag);
    json_decref(flag);
    return OG_OK;
}

/* --- the store's side ------------------------------------------------------------------------------------------- */

static og_status take_over(og__study *study, const og__stored_trial *stored)
{
    og__run *run;
    if (!stored->run || !stored->settings)
        return OG_OK;
    OG_TRY(og__study_add_run(study, stored->run, stored->settings, NULL, &run));
    run->stored = run->wanted = true;
    run->waiting = stored->state == OG_TRIAL_WAITING;
    run->pruned = stored->state == OG_TRIAL_PRUNED;
    if (run->pruned)
        run->trial.dice = isnan(stored->value) ? 0 : stored->value;
    return OG_OK;
}

static og_status read_results(const og__study *study)
{
    for (size_t i = 0; i < study->run_count; i++)
        if (!og__run_is_done(study->runs[i]) && study->runs[i]->wanted)
            OG_TRY(og__study_read_run(study, study->runs[i]));
    return OG_OK;
}

og_status og__planning_read(og__study *study, og__store *store, int64_t stored)
{
    og__stored_trials trials;
    OG_TRY(og__store_list(store, stored, &trials));
    og_status status = OG_OK;
    for (size_t i = 0; i < trials.count && status == OG_OK; i++)
        status = take_over(study, &trials.items[i]);
    og__stored_trials_deinit(&trials);
    return status == OG_OK ? read_results(study) : status;
}

/* Only if a trial that was seen to have ended has no result even then: a worker writes that before it ends the trial.
 */
static og_status ask_again(og__watcher *w, og__run *run)
{
    int64_t last;
    bool ended;
    OG_TRY(og__store_last(w->desk.store, w->desk.stored, run->name, &last, &ended));
    if (!ended)
        return OG_OK;
    OG_TRY(og__study_read_run(w->desk.study, run));
    return og__run_is_done(run) ? OG_OK : og__store_again(w->desk.store, w->desk.stored, run->name, last);
}

static og_status add_runs(og__watcher *w, bool again)
{
    const og__study *study = w->desk.study;
    for (size_t i = 0; i < study->run_count; i++) {
        og__run *run = study->runs[i];
        if (run->wanted && !run->stored && run->point)
            OG_TRY(og__store_add(w->desk.store, w->desk.stored, run->name, run->settings, &study->space, run->point));
        run->stored |= run->wanted;
        if (again && run->wanted && !og__run_is_done(run))
            OG_TRY(ask_again(w, run));
    }
    return OG_OK;
}

/* --- renewing --------------------------------------------------------------------------------------------------- */

static void count_runs(og__watcher *w)
{
    const og__study *study = w->desk.study;
    w->done_count = w->wanted_count = 0;
    for (size_t i = 0; i < study->run_count; i++) {
        w->wanted_count += study->runs[i]->wanted;
        w->done_count += og__run_is_done(study->runs[i]);
    }
}

og_status og__planning_renew(og__watcher *w, bool again)
{
    og__study *study = w->desk.study;
    w->planned_s = og__watcher_clock_s();
    OG_TRY(study->kind->follows ? read_results(study) : og__planning_read(study, w->desk.store, w->desk.stored));
    w->desk.left_s = og__budget_left_s(&w->budget);
    w->desk.spent_s = og__budget_spent_s(&w->budget);
    OG_TRY(og__budget_keep(&w->budget, w->desk.store, w->desk.stored, false));
    if (may_ask(w)) {
        OG_TRY(study->kind->plan(&w->desk, &w->ended));
        OG_TRY(add_runs(w, again));
    } else {
        OG_TRY(get_flag(w, ended_key, &w->ended));
    }
    count_runs(w);
    return OG_OK;
}

og_status og__planning_begin(og__watcher *w)
{
    OG_TRY(og__budget_begin(w->desk.study->budget_s, w->job->proposes, w->desk.store, w->desk.stored, &w->budget));
    if (w->job->proposes && !w->desk.study->kind->follows)
        OG_TRY(set_flag(w, ended_key, false));
    return og__planning_renew(w, w->job->proposes);
}

og_status og__planning_end(og__watcher *w)
{
    return w->job->proposes && !w->desk.study->kind->follows ? set_flag(w, ended_key, true) : OG_OK;
}

/* The processes that are idle are others than this one, or it is this one that asks. */
static og_status renew_idle(og__watcher *w, bool again)
{
    w->desk.idle = true;
    og_status status = og__planning_renew(w, again);
    w->desk.idle = false;
    return status;
}

og_status og__planning_ask(og__watcher *w, bool again)
{
    bool known = true;
    if (!may_ask(w))
        OG_TRY(get_flag(w, idle_key, &known));
    if (!known)
        OG_TRY(set_flag(w, idle_key, true));
    return renew_idle(w, again);
}

og_status og__planning_look(og__watcher *w, bool due)
{
    bool idle;
    OG_TRY(get_flag(w, idle_key, &idle));
    if (!idle && !due)
        return OG_OK;
    if (!idle)
        return og__planning_renew(w, false);
    OG_TRY(set_flag(w, idle_key, false));
    return renew_idle(w, false);
}

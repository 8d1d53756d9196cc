#include "study/work.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "study/lock.h"
#include "study/planning.h"
#include "study/source.h"
#include "study/store.h"
#include "study/watcher.h"
#include "study/worker.h"

/* How long a store that is locked, full or out of reach is tried; how often a heart beats; and how long it may be
 * silent before its run is given to someone else, which is longer than that patience. */
static const double patience_s = OG_STORE_PATIENCE_S, beat_s = 10, quick_s = 0.5, first_s = 5;
static const og__lease_rules lease = {.grace_s = 180, .attempts_max = 3, .is_gone = og__worker_is_gone};
/* A worker without a run looks again after this time; every 5 s for runs that were given up, every 90 s for runs that
 * ended in the store without a result that comes. */
enum { IDLE_US = 200000, LOST_TURNS = 25, GONE_TURNS = 450 };

/* --- one run ---------------------------------------------------------------------------------------------------- */

static og_status read_result(const og__watcher *w, const char *folder)
{
    OG_TRY(og__study_read_run(w->desk.study, w->run));
    return w->run->trial.result ? OG_OK : og__fail(OG_ERR_FILE, "the run '%s' ended without a result.json", folder);
}

/* Why a run stopped before its end. */
static og_status settle_stop(const og__watcher *w, og_status outcome)
{
    if (w->forsaken)
        return og__fail(
            OG_ERR_FILE,
            "the store '%s' was out of reach for more than %g s; the same command goes on from a checkpoint", w->url,
            OG_ALONE_S + patience_s);
    return w->prune ? OG_OK : outcome;
}

/* The data set with the run's fold held out: the job's own, or one that is opened when a run first asks for its fold.
 */
static og_status find_data(og__watcher *w, const og_dataset **data)
{
    int64_t fold = og__run_fold(w->run);
    *data = w->job->data;
    if (fold <= 0)
        return OG_OK;
    if (!w->fold_data || w->fold != fold) {
        og_dataset_free(w->fold_data);
        w->fold_data = NULL;
        w->fold = fold;
        OG_TRY(og__source_open(w->job->study, fold, &w->fold_data));
    }
    *data = w->fold_data;
    return OG_OK;
}

/* Whether a failure is of the run's own settings: no network can be made of them here, and others of the study's can.
 */
static bool is_of_settings(const og__watcher *w, og_status outcome)
{
    const og__study *study = w->desk.study;
    if (outcome != OG_ERR_ARGUMENT && outcome != OG_ERR_SHAPE && outcome != OG_ERR_UNSUPPORTED &&
        outcome != OG_ERR_MEMORY)
        return false;
    for (size_t i = 0; i < study->run_count; i++)
        if (study->runs[i]->trial.result && !study->runs[i]->trial.failed)
            return true;
    return false;
}

static og_status record_failure(const og__watcher *w, const char *folder)
{
    char *error;
    OG_TRY(og__copy_text(og_error_text(), &error));
    og_status status = og__trial_fail(folder, og__run_act(w->run), og__run_seed(w->run), error);
    free(error);
    return status;
}

/* A run that came to its end, or failed for good: numbers that became non-finite are a result that the run itself has
 * recorded. */
static og_status settle_end(og__watcher *w, const char *folder, const og_train_options *options, og_status outcome)
{
    if (outcome == OG_OK || outcome == OG_ERR_NUMERIC)
        return read_result(w, folder);
    if (!is_of_settings(w, outcome))
        return og__fail_in(outcome, "%s with seed %" PRId64, options->act, options->seed);
    OG_TRY(record_failure(w, folder));
    return read_result(w, folder);
}

static og_status run_trial(og__watcher *w)
{
    og_status status = OG_OK;
    const og__job *job = w->job;
    char *folder = NULL;
    const og_dataset *data;
    og_train_options options = {0};
    OG_GO(og__study_run_folder(job->study, w->run, &folder));
    OG_GO(find_data(w, &data));
    OG_GO(og__run_options(w->run, job->train, &options));
    og_status outcome = job->run(data, &options, folder, true, og__watcher_step, w);
    status = outcome == OG_ERR_STOPPED ? settle_stop(w, outcome) : settle_end(w, folder, &options, outcome);
done:
    og_options_deinit(og_train_option_table(), &options);
    free(folder);
    return status;
}

/* Give the run back, keeping the error text of what went wrong. */
static og_status return_run(og__watcher *w, og_status status)
{
    og__text text = {0};
    bool held;
    og__text_add(&text, og_error_text());
    og__store_return(w->desk.store, w->trial, &held);
    og__fail_copy(status, og__text_get(&text));
    og__text_deinit(&text);
    return status;
}

/* Nobody will go on with a run that was pruned; its checkpoint is most of what it takes on disk. */
static void remove_checkpoint(const og__watcher *w)
{
    char *folder, *path;
    if (og__study_run_folder(w->desk.study, w->run, &folder) != OG_OK)
        return;
    if (og__path_join(folder, "checkpoint.safetensors", &path) == OG_OK) {
        unlink(path);
        free(path);
    }
    free(folder);
}

static og_status finish_pruned(og__watcher *w)
{
    bool held;
    OG_TRY(og__store_prune(w->desk.store, w->trial, w->last.dice, &held));
    if (!held)
        return OG_OK;
    w->run->pruned = true;
    w->run->trial.dice = w->last.dice;
    remove_checkpoint(w);
    return OG_OK;
}

static og_status finish(og__watcher *w, const og__trial *trial)
{
    bool held;
    int64_t epochs = w->job->train->epochs;
    const json_t *own = json_object_get(w->run->settings, "epochs");
    if (!trial->failed)
        OG_TRY(og__store_report(w->desk.store, w->trial,
                                &(og__trial_step){own ? json_integer_value(own) : epochs, trial->dice}, 1, &held));
    return og__store_finish(w->desk.store, w->trial, trial->dice, trial->error, &held);
}

/* Train it, unless it has a result: of an earlier version of the study, or of a worker that died behind its last line.
 * *ours is false where someone else has it, who ends with the same bits. */
static og_status train_claimed(og__watcher *w, bool *ours)
{
    *ours = true;
    OG_TRY(og__heart_start(w->url, beat_s, w->trial, &w->heart));
    og_status status = run_trial(w);
    *ours = !og__heart_is_broken(w->heart);
    og__heart_stop(w->heart, w->forsaken ? NULL : w->desk.store);
    w->heart = NULL;
    return *ours ? status : OG_OK;
}

static og_status run_claimed(og__watcher *w)
{
    bool ours = true;
    OG_TRY(og__study_read_run(w->desk.study, w->run));
    const og__trial *trial = &w->run->trial;
    bool kept = trial->result != NULL;
    og_status status = kept ? OG_OK : train_claimed(w, &ours);
    if (status != OG_OK)
        return return_run(w, status);
    if (!ours)
        return OG_OK;
    OG_TRY(trial->result ? finish(w, trial) : finish_pruned(w));
    OG_TRY(og__planning_renew(w, false));
    w->last.dice = trial->dice;
    w->last.eta_s = 0;
    return !kept && !og__watcher_report(w, &w->last, true, false) && !w->ended ? OG_ERR_STOPPED : OG_OK;
}

/* --- all runs --------------------------------------------------------------------------------------------------- */

/* Runs that were done before this call. */
static og_status report_kept(og__watcher *w)
{
    const og__study *study = w->desk.study;
    size_t done = w->done_count;
    bool go_on = true;
    w->done_count = 0;
    for (size_t i = 0; i < study->run_count && go_on; i++) {
        w->run = study->runs[i];
        if (!og__run_is_done(w->run))
            continue;
        w->done_count++;
        w->last.dice = w->run->trial.dice;
        w->last.eta_s = 0;
        go_on = og__watcher_report(w, &w->last, true, true);
    }
    w->run = NULL;
    w->done_count = done;
    return go_on ? OG_OK : OG_ERR_STOPPED;
}

static bool has_successor(const og__stored_trials *trials, size_t index)
{
    for (size_t i = index + 1; i < trials->count; i++)
        if (trials->items[i].run && strcmp(trials->items[i].run, trials->items[index].run) == 0)
            return true;
    return false;
}

/* A run that nobody will do any more is a reason to stop: its process was killed again and again. */
static og_status check_given_up(const og__watcher *w)
{
    og_status status = OG_OK;
    const og__study *study = w->desk.study;
    og__stored_trials trials;
    OG_TRY(og__store_list(w->desk.store, w->desk.stored, &trials));
    for (size_t i = 0; i < trials.count && status == OG_OK; i++) {
        const og__stored_trial *trial = &trials.items[i];
        if (trial->state != OG_TRIAL_FAIL || trial->attempt < lease.attempts_max || !trial->run ||
            has_successor(&trials, i))
            continue;
        const og__run *run = og__study_find_run(study, trial->run);
        if (run && !og__run_is_done(run))
            status =
                og__fail(OG_ERR_FILE,
                         "the run %s of '%s' was lost %" PRId64 " times with the process that worked on it (killed for "
                         "memory?); the same command tries again, with fewer --workers if it is that",
                         trial->run, study->folder, trial->attempt);
    }
    og__stored_trials_deinit(&trials);
    return status;
}

/* Only the process that proposes knows whether more is to come, and there is none. */
static bool is_left_alone(const og__watcher *w)
{
    const og__study *study = w->desk.study;
    return !w->job->proposes && !study->kind->follows && w->done_count == w->wanted_count &&
           !og__lock_is_held(study->folder);
}

/* Nothing waits: others work on what is left, or it is lost, or it is time to propose. */
static og_status idle(og__watcher *w, int turn)
{
    size_t wanted = w->wanted_count;
    OG_TRY(og__planning_ask(w, turn % GONE_TURNS == GONE_TURNS - 1));
    if (w->ended || w->wanted_count > wanted)
        return OG_OK;
    if (turn % LOST_TURNS == 0)
        OG_TRY(check_given_up(w));
    if (turn % LOST_TURNS == LOST_TURNS - 1)
        w->ended = is_left_alone(w);
    w->run = NULL;
    if (!og__watcher_report(w, &w->last, false, false))
        return OG_ERR_STOPPED;
    usleep(IDLE_US);
    return OG_OK;
}

/* Whether a run is here as it is in the store; old stores do not have its settings. */
static bool is_known(const og__run *run, const og__stored_trial *claimed)
{
    return run && (!claimed->settings || json_equal(run->settings, claimed->settings));
}

/* A run that another process has asked for since this one last looked follows from results that are there by now. */
static og_status find_claimed(og__watcher *w, const og__stored_trial *claimed, og__run **run)
{
    og__study *study = w->desk.study;
    *run = og__study_find_run(study, claimed->run);
    if (!is_known(*run, claimed) && study->kind->follows) {
        OG_TRY(og__planning_renew(w, false));
        *run = og__study_find_run(study, claimed->run);
    }
    if (is_known(*run, claimed))
        return OG_OK;
    if (study->kind->follows || !claimed->settings)
        return og__fail(OG_ERR_FORMAT, "the store of '%s' has a run '%s', which the study does not ask for",
                        study->folder, claimed->run);
    return og__study_add_run(study, claimed->run, claimed->settings, NULL, run);
}

static og_status run_next(og__watcher *w, og__stored_trial *claimed)
{
    w->trial = claimed->id;
    w->forsaken = w->prune = w->late = false;
    w->reported = 0;
    w->last = (og_train_progress){.dice = NAN, .loss = NAN};
    og_status status = find_claimed(w, claimed, &w->run);
    og__stored_trial_deinit(claimed);
    return status == OG_OK ? run_claimed(w) : return_run(w, status);
}

/* A worker may die between the result of its run and the word of it; the last result of a study has nobody behind it
 * who would find that. */
static og_status conclude_runs(const og__watcher *w)
{
    og_status status = OG_OK;
    og__stored_trials trials;
    OG_TRY(og__store_list(w->desk.store, w->desk.stored, &trials));
    for (size_t i = 0; i < trials.count && status == OG_OK; i++) {
        const og__stored_trial *trial = &trials.items[i];
        if (!trial->run || trial->state == OG_TRIAL_COMPLETE || trial->state == OG_TRIAL_PRUNED)
            continue;
        const og__run *run = og__study_find_run(w->desk.study, trial->run);
        if (run && run->trial.result && !has_successor(&trials, i))
            status =
                og__store_conclude(w->desk.store, w->desk.stored, run->name, run->trial.dice, run->trial.error, &lease);
    }
    og__stored_trials_deinit(&trials);
    return status;
}

static og_status work(og__watcher *w)
{
    char name[OG_WORKER_NAME_BYTES];
    og__worker_name(name);
    OG_TRY(og__planning_begin(w));
    OG_TRY(report_kept(w));
    int idle_turns = 0;
    while (!w->ended && og__budget_left_s(&w->budget) > 0) {
        og__stored_trial claimed;
        bool found;
        OG_TRY(og__store_claim(w->desk.store, w->desk.stored, name, &lease, &claimed, &found));
        OG_TRY(found ? run_next(w, &claimed) : idle(w, idle_turns));
        idle_turns = found ? 0 : idle_turns + 1;
    }
    if (w->job->proposes)
        OG_TRY(conclude_runs(w));
    if (w->job->proposes && w->desk.study->kind->conclude)
        OG_TRY(w->desk.study->kind->conclude(&w->desk));
    return og__planning_end(w);
}

static og_status settle_stopped(og_status status, og__watcher *w)
{
    (void)og__budget_keep(&w->budget, w->desk.store, w->desk.stored, true);
    if (status == OG_ERR_STOPPED && w->late) /* what ran is checkpointed, and waits for a larger budget */
        return OG_OK;
    if (status != OG_ERR_STOPPED)
        return status;
    return og__fail(status, "stopped after %zu of %zu runs; the same command goes on", w->done_count, w->wanted_count);
}

/* Two studies in folders of the same name may not share one in a database. */
static og_status check_identity(const og__watcher *w)
{
    const og__study *study = w->desk.study;
    json_t *own = json_object_get(study->record, "id"), *found; /* absent in old studies */
    OG_TRY(og__store_get_attribute(w->desk.store, w->desk.stored, false, "ogive:id", &found));
    og_status status = OG_OK;
    if (!found && own)
        status = og__store_set_attribute(w->desk.store, w->desk.stored, false, "ogive:id", own);
    else if (found && own && !json_equal(found, own))
        status =
            og__fail(OG_ERR_ARGUMENT,
                     "'%s' holds another study of the name '%s'; give the folder '%s' another name, or another --store",
                     w->url, study->name, study->folder);
    json_decref(found);
    return status;
}

/* A store that was never reached is more likely misspelt than away: somebody waits for the error. */
static og_status try_store(const og__job *job, const char *url)
{
    og__store *store;
    for (size_t i = 0; i < job->study->run_count; i++)
        if (og__run_is_done(job->study->runs[i]))
            return OG_OK;
    if (!job->proposes)
        return OG_OK;
    OG_TRY(og__store_open(url, first_s, &store));
    og__store_close(store);
    return OG_OK;
}

og_status og__work(const og__job *job)
{
    og_status status = OG_OK;
    og__watcher w = {.job = job,
                     .budget = {.deadline_s = INFINITY, .total_s = INFINITY},
                     .desk = {.study = job->study},
                     .trial = -1,
                     .last = {.dice = NAN, .loss = NAN}};
    char *url = NULL;
    OG_GO(og__study_store(job->study, &url));
    w.url = url;
    OG_GO(try_store(job, url));
    OG_GO(og__store_open(url, patience_s, &w.patient));
    OG_GO(og__store_connect(url, quick_s, &w.quick));
    w.desk.store = w.patient;
    OG_GO(og__store_study(w.desk.store, job->study->name, "dice", &w.desk.stored));
    OG_GO(check_identity(&w));
    status = settle_stopped(work(&w), &w);
done:
    og_dataset_free(w.fold_data);
    og__store_close(w.quick);
    og__store_close(w.patient);
    free(url);
    return status;
}

#include "study/work.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "study/agenda.h"
#include "study/store.h"
#include "study/worker.h"

/* How long a store that is locked, full or out of reach is tried; how often a heart beats; and how long it may be
 * silent before its run is given to someone else, which is longer than that patience. */
static const double patience_s = 90, beat_s = 10;
static const og__lease_rules lease = {.grace_s = 180, .attempts_max = 3, .is_gone = og__worker_is_gone};
/* A worker whose heart did not even try for `frozen_s` was stopped itself, and waits for the store's word that the run
 * is still its own before it writes anything. One whose heart tries in vain trains on, until the run may soon be
 * someone else's. */
static const double frozen_s = 30, alone_s = 150;
/* A worker without a run looks again after this time; every 5 s for runs that were given up, every 90 s for runs that
 * ended in the store without a result that comes. */
enum { IDLE_US = 200000, LOST_TURNS = 25, GONE_TURNS = 450 };

/* --- progress ------------------------------------------------------------------------------------------------ */

/* What the progress of one trial is reported with. */
typedef struct watcher {
    const og__job *job;
    og__store *store;
    const char *url; /* of the store */
    int64_t study;   /* in the store */
    int64_t trial;   /* in the store; -1 while none is claimed */
    og__heart *heart;
    bool forsaken; /* the store did not answer for so long that the trial may be someone else's */
    og__agenda agenda;
    size_t block, arm;
    og_train_progress last;
    int64_t reported; /* epochs whose Dice the store has */
} watcher;

/* Seconds that a run of an activation takes, from the runs done; `fallback` before there are any. */
static double typical_s(const og__study *study, size_t arm, double fallback)
{
    double own = 0, all = 0;
    int own_count = 0, all_count = 0;
    for (size_t i = 0; i < study->blocks * study->arms.count; i++) {
        double elapsed = study->trials[i].elapsed_s;
        if (!study->trials[i].result || study->trials[i].failed || !isfinite(elapsed))
            continue;
        all += elapsed;
        all_count++;
        if (i % study->arms.count == arm) {
            own += elapsed;
            own_count++;
        }
    }
    return own_count ? own / own_count : all_count ? all / all_count : fallback;
}

/* The rest of the running trial, and every trial behind it at the time that its activation took so far. */
static double estimate_s(const watcher *watch, const og_train_progress *now)
{
    const og__study *study = watch->job->study;
    double whole = now ? now->elapsed_s + now->eta_s : NAN;
    double rest = 0;
    for (size_t i = watch->block * study->arms.count + watch->arm; i < study->blocks * study->arms.count; i++) {
        if (study->trials[i].result || !watch->agenda.wanted[i])
            continue;
        bool running = i == watch->block * study->arms.count + watch->arm;
        double typical = typical_s(study, i % study->arms.count, whole);
        rest += running && now && isfinite(now->eta_s) ? now->eta_s : typical;
    }
    return rest;
}

static bool report(watcher *watch, const og_train_progress *train, bool finished, bool kept)
{
    const og__job *job = watch->job;
    const og__study *study = job->study;
    if (!job->report)
        return true;
    og_compare_progress progress = {
        .trial = (int64_t)watch->agenda.done_count + !finished,
        .trials = (int64_t)watch->agenda.wanted_count,
        .act = og_act_text(study->arms.items[watch->arm].act),
        .seed = study->first_seed + (int64_t)watch->block,
        .train = *train,
        .eta_s = estimate_s(watch, finished ? NULL : train),
        .finished = finished,
        .failed = finished && og__study_trial(study, watch->block, watch->arm)->failed,
        .kept = kept,
    };
    return job->report(job->context, &progress);
}

/* Tell the store an epoch's Dice, once. */
static void tell_store(watcher *watch, const og_train_progress *progress)
{
    if (isnan(progress->dice) || progress->epoch - 1 <= watch->reported)
        return;
    watch->reported = progress->epoch - 1;
    og__heart_tell(watch->heart, watch->reported, progress->dice);
}

static bool may_be_taken(const og__heart *heart)
{
    return og__heart_idle_s(heart) > frozen_s || og__heart_silence_s(heart) > alone_s;
}

/* Wait for the store's word where the run may be someone else's. */
static bool is_still_ours(watcher *watch, const og_train_progress *progress)
{
    const og__heart *heart = watch->heart;
    while (may_be_taken(heart) && !og__heart_is_broken(heart)) {
        watch->forsaken = og__heart_idle_s(heart) <= frozen_s && og__heart_silence_s(heart) > alone_s + patience_s;
        if (watch->forsaken || !report(watch, progress, false, false))
            return false;
        usleep(IDLE_US);
    }
    return !og__heart_is_broken(heart);
}

static bool watch_step(void *context, const og_train_progress *progress)
{
    watcher *watch = context;
    watch->last = *progress;
    watch->last.warnings = NULL; /* gone after this call */
    watch->last.warning_count = 0;
    tell_store(watch, progress);
    return is_still_ours(watch, progress) && report(watch, progress, false, false);
}

/* --- which runs ---------------------------------------------------------------------------------------------- */

/* "silu-s3": the folder of the run, by which the store knows it. */
static og_status name_run(const og__study *study, size_t block, size_t arm, char **name)
{
    char *folder;
    OG_TRY(og__study_trial_folder(study, block, arm, &folder));
    og_status status = og__copy_text(strrchr(folder, '/') + 1, name);
    free(folder);
    return status;
}

static og_status find_run(const og__study *study, const char *run, size_t *block, size_t *arm)
{
    for (*block = 0; *block < study->blocks; ++*block) {
        for (*arm = 0; *arm < study->arms.count; ++*arm) {
            char *name;
            OG_TRY(name_run(study, *block, *arm, &name));
            bool same = strcmp(name, run) == 0;
            free(name);
            if (same)
                return OG_OK;
        }
    }
    return og__fail(OG_ERR_FORMAT, "the store of '%s' has a run '%s', which the study does not ask for", study->folder,
                    run);
}

/* The parameters of a run as dimensions: the activation out of the study's, and the seed. */
static og_status add_runs(const watcher *watch, bool again)
{
    og_status status = OG_OK;
    const og__study *study = watch->job->study;
    const char **acts = NULL;
    OG_GO(og__alloc(study->arms.count, sizeof *acts, &acts));
    for (size_t a = 0; a < study->arms.count; a++)
        acts[a] = og_act_text(study->arms.items[a].act);
    const og__dimension dimensions[] = {
        {"act", OG_DIMENSION_CHOICE, 0, (double)study->arms.count - 1, 1, false, OG_NO_PARENT, 0, acts},
        {"seed", OG_DIMENSION_INT, 0, 9e15, 1, false, OG_NO_PARENT, 0, NULL},
    };
    const og__space space = {2, dimensions};
    for (size_t b = 0; b < study->blocks; b++) {
        for (size_t a = 0; a < study->arms.count; a++) {
            char *run;
            if (!watch->agenda.wanted[b * study->arms.count + a])
                continue;
            OG_GO(name_run(study, b, a, &run));
            status = og__store_add(watch->store, watch->study, run, &space,
                                   (double[]){(double)a, (double)(study->first_seed + (int64_t)b)},
                                   again && !og__study_trial(study, b, a)->result);
            free(run);
            if (status != OG_OK)
                goto done;
        }
    }
done:
    free(acts);
    return status;
}

/* Read what other workers have done meanwhile, and let wait what now is to be run; with `again` also what has ended
 * without a result. */
static og_status renew_agenda(watcher *watch, bool again)
{
    og__study *study = watch->job->study;
    size_t wanted = watch->agenda.wanted_count;
    for (size_t i = 0; i < study->blocks * study->arms.count; i++)
        if (!study->trials[i].result && (!watch->agenda.wanted || watch->agenda.wanted[i]))
            OG_TRY(og__study_read_trial(study, i / study->arms.count, i % study->arms.count));
    og__agenda_deinit(&watch->agenda);
    OG_TRY(og__agenda_init(study, &watch->agenda));
    return again || watch->agenda.wanted_count != wanted ? add_runs(watch, again) : OG_OK;
}

/* --- one run ------------------------------------------------------------------------------------------------ */

/* Numbers that became non-finite are an outcome, which the run itself has recorded. */
static og_status run_trial(watcher *watch)
{
    og_status status = OG_OK;
    const og__job *job = watch->job;
    og__study *study = job->study;
    char *folder = NULL, *act = NULL;
    og_train_options options = *job->train;
    OG_GO(og__study_trial_folder(study, watch->block, watch->arm, &folder));
    OG_GO(og__copy_text(og_act_text(study->arms.items[watch->arm].act), &act));
    options.act = act;
    options.seed = study->first_seed + (int64_t)watch->block;
    og_status outcome = job->run(job->data, &options, folder, true, watch_step, watch);
    if (outcome == OG_ERR_STOPPED) {
        status = !watch->forsaken ? outcome
                                  : og__fail(OG_ERR_FILE,
                                             "the store '%s' was out of reach for more than %g s; the same command "
                                             "goes on from a checkpoint",
                                             watch->url, alone_s + patience_s);
        goto done;
    }
    if (outcome != OG_OK && outcome != OG_ERR_NUMERIC) {
        status = og__fail_in(outcome, "%s with seed %" PRId64, act, options.seed);
        goto done;
    }
    OG_GO(og__study_read_trial(study, watch->block, watch->arm));
    if (!og__study_trial(study, watch->block, watch->arm)->result)
        status = og__fail(OG_ERR_FILE, "the run '%s' ended without a result.json", folder);
done:
    free(folder);
    free(act);
    return status;
}

/* Give the trial back, keeping the error text of what went wrong. */
static og_status return_trial(watcher *watch, og_status status)
{
    og__text text = {0};
    bool held;
    og__text_add(&text, og_error_text());
    og__store_return(watch->store, watch->trial, &held);
    og__fail_copy(status, og__text_get(&text));
    og__text_deinit(&text);
    return status;
}

static og_status run_claimed(watcher *watch)
{
    og__study *study = watch->job->study;
    const og__trial *trial = og__study_trial(study, watch->block, watch->arm);
    bool held,
        kept = trial->result != NULL; /* an earlier version of the study, or a worker that died behind its last line */
    if (!kept) {
        og_status status = og__heart_start(watch->url, beat_s, watch->trial, &watch->heart);
        if (status != OG_OK)
            return return_trial(watch, status);
        status = run_trial(watch);
        bool broken = og__heart_is_broken(watch->heart);
        og__heart_stop(watch->heart, watch->forsaken ? NULL : watch->store);
        watch->heart = NULL;
        if (broken)
            return OG_OK; /* someone else has it, and ends with the same bits */
        if (status != OG_OK)
            return return_trial(watch, status);
    }
    if (!trial->failed)
        OG_TRY(og__store_report(watch->store, watch->trial, &(og__trial_step){watch->job->train->epochs, trial->dice},
                                1, &held));
    OG_TRY(og__store_finish(watch->store, watch->trial, trial->dice,
                            trial->failed ? "its numbers became non-finite" : NULL, &held));
    OG_TRY(renew_agenda(watch, false));
    watch->last.dice = trial->dice;
    watch->last.eta_s = 0;
    bool last = watch->agenda.done_count == watch->agenda.wanted_count;
    if (!kept && !report(watch, &watch->last, true, false) && !last)
        return OG_ERR_STOPPED;
    return OG_OK;
}

/* --- all runs ------------------------------------------------------------------------------------------------ */

/* Runs that were done before this call. */
static og_status report_kept(watcher *watch)
{
    const og__study *study = watch->job->study;
    size_t done = watch->agenda.done_count;
    watch->agenda.done_count = 0;
    for (size_t i = 0; i < study->blocks * study->arms.count; i++) {
        watch->block = i / study->arms.count;
        watch->arm = i % study->arms.count;
        const og__trial *trial = og__study_trial(study, watch->block, watch->arm);
        if (!trial->result)
            continue;
        watch->agenda.done_count++;
        watch->last.dice = trial->dice;
        watch->last.eta_s = 0;
        if (!report(watch, &watch->last, true, true))
            return OG_ERR_STOPPED;
    }
    watch->agenda.done_count = done;
    return OG_OK;
}

static bool has_successor(const og__stored_trials *trials, size_t index)
{
    for (size_t i = index + 1; i < trials->count; i++)
        if (trials->items[i].run && strcmp(trials->items[i].run, trials->items[index].run) == 0)
            return true;
    return false;
}

/* A run that nobody will do any more is a reason to stop: its process was killed again and again. */
static og_status check_given_up(const watcher *watch)
{
    og_status status = OG_OK;
    const og__study *study = watch->job->study;
    og__stored_trials trials;
    OG_TRY(og__store_list(watch->store, watch->study, &trials));
    for (size_t i = 0; i < trials.count && status == OG_OK; i++) {
        const og__stored_trial *trial = &trials.items[i];
        size_t block, arm;
        if (trial->state != OG_TRIAL_FAIL || trial->attempt < lease.attempts_max || !trial->run ||
            has_successor(&trials, i))
            continue;
        status = find_run(study, trial->run, &block, &arm);
        if (status == OG_OK && !og__study_trial(study, block, arm)->result)
            status =
                og__fail(OG_ERR_FILE,
                         "the run %s of '%s' was lost %" PRId64 " times with the process that worked on it (killed for "
                         "memory?); the same command tries again, with fewer --workers if it is that",
                         trial->run, study->folder, trial->attempt);
    }
    og__stored_trials_deinit(&trials);
    return status;
}

/* Nothing waits: others work on what is left, or it is lost. */
static og_status idle(watcher *watch, int turn)
{
    if (turn % LOST_TURNS == 0)
        OG_TRY(check_given_up(watch));
    if (watch->job->report && !report(watch, &watch->last, false, false))
        return OG_ERR_STOPPED;
    usleep(IDLE_US);
    return renew_agenda(watch, turn % GONE_TURNS == GONE_TURNS - 1);
}

static og_status run_next(watcher *watch, og__stored_trial *claimed)
{
    watch->trial = claimed->id;
    watch->forsaken = false;
    watch->reported = 0;
    watch->last = (og_train_progress){.dice = NAN, .loss = NAN};
    og_status status = find_run(watch->job->study, claimed->run, &watch->block, &watch->arm);
    og__stored_trial_deinit(claimed);
    status = status == OG_OK ? run_claimed(watch) : return_trial(watch, status);
    watch->trial = -1;
    return status;
}

static og_status work(watcher *watch)
{
    char name[OG_WORKER_NAME_BYTES];
    og__worker_name(name);
    OG_TRY(renew_agenda(watch, watch->job->proposes)); /* again: results that are gone, and runs that were given up */
    OG_TRY(report_kept(watch));
    int idle_turns = 0;
    while (watch->agenda.done_count < watch->agenda.wanted_count) {
        og__stored_trial claimed;
        bool found;
        OG_TRY(og__store_claim(watch->store, watch->study, name, &lease, &claimed, &found));
        OG_TRY(found ? run_next(watch, &claimed) : idle(watch, idle_turns));
        idle_turns = found ? 0 : idle_turns + 1;
    }
    return OG_OK;
}

static og_status settle_stopped(og_status status, const og__agenda *agenda)
{
    if (status != OG_ERR_STOPPED)
        return status;
    return og__fail(status, "stopped after %zu of %zu runs; the same command goes on", agenda->done_count,
                    agenda->wanted_count);
}

/* Two studies in folders of the same name may not share one in a database. */
static og_status check_identity(const watcher *watch)
{
    const og__study *study = watch->job->study;
    json_t *own = json_object_get(study->record, "id"), *found; /* absent in old studies */
    OG_TRY(og__store_get_attribute(watch->store, watch->study, false, "ogive:id", &found));
    og_status status = OG_OK;
    if (!found && own)
        status = og__store_set_attribute(watch->store, watch->study, false, "ogive:id", own);
    else if (found && own && !json_equal(found, own))
        status =
            og__fail(OG_ERR_ARGUMENT,
                     "'%s' holds another study of the name '%s'; give the folder '%s' another name, or another --store",
                     watch->url, study->name, study->folder);
    json_decref(found);
    return status;
}

og_status og__work(const og__job *job)
{
    og_status status = OG_OK;
    watcher watch = {.job = job, .trial = -1, .last = {.dice = NAN, .loss = NAN}};
    char *url = NULL;
    OG_GO(og__study_store(job->study, &url));
    watch.url = url;
    OG_GO(og__store_open(url, patience_s, &watch.store));
    OG_GO(og__store_study(watch.store, job->study->name, "dice", &watch.study));
    OG_GO(check_identity(&watch));
    status = settle_stopped(work(&watch), &watch.agenda);
done:
    og__agenda_deinit(&watch.agenda);
    og__store_close(watch.store);
    free(url);
    og__study_count_blocks(job->study);
    return status;
}

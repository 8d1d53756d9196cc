#include "study/watcher.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "study/planning.h"

/* A worker whose heart did not even try for so long was stopped itself, and waits for the store's word that the run is
 * still its own before it writes anything. */
static const double frozen_s = 30;
/* How often a process that proposes looks while it trains: whether another one is idle; what others have finished. */
static const double idle_look_s = 0.5, look_s = 5;
enum { WAIT_US = 200000 };

double og__watcher_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- progress --------------------------------------------------------------------------------------------------- */

/* Seconds that a run of an activation takes, from the runs done; `fallback` before there are any. */
static double typical_s(const og__study *study, const char *act, double fallback)
{
    double own = 0, all = 0;
    int own_count = 0, all_count = 0;
    for (size_t i = 0; i < study->run_count; i++) {
        const og__run *run = study->runs[i];
        if (!run->trial.result || run->trial.failed || !isfinite(run->trial.elapsed_s))
            continue;
        all += run->trial.elapsed_s;
        all_count++;
        if (strcmp(og__run_act(run), act) == 0) {
            own += run->trial.elapsed_s;
            own_count++;
        }
    }
    return own_count ? own / own_count : all_count ? all / all_count : fallback;
}

/* The rest of the running trial, and every run behind it at the time that its activation took so far. */
static double estimate_s(const og__watcher *w, const og_train_progress *now)
{
    const og__study *study = w->desk.study;
    double whole = now ? now->elapsed_s + now->eta_s : NAN;
    double rest = 0;
    for (size_t i = w->run ? w->run->index : 0; i < study->run_count; i++) {
        const og__run *run = study->runs[i];
        if (og__run_is_done(run) || !run->wanted)
            continue;
        bool running = run == w->run && now && isfinite(now->eta_s);
        rest += running ? now->eta_s : typical_s(study, og__run_act(run), whole);
    }
    return rest;
}

bool og__watcher_report(const og__watcher *w, const og_train_progress *train, bool finished, bool kept)
{
    const og__job *job = w->job;
    if (!job->report)
        return true;
    og_study_progress progress = {
        .trial = (int64_t)w->done_count + !finished,
        .trials = (int64_t)w->wanted_count,
        .waiting = !w->run,
        .act = w->run ? og__run_act(w->run) : "",
        .seed = w->run ? og__run_seed(w->run) : 0,
        .fold = w->run ? og__run_fold(w->run) : OG_NO_FOLD,
        .train = *train,
        .eta_s = estimate_s(w, finished ? NULL : train),
        .finished = finished,
        .error = finished && w->run ? w->run->trial.error : NULL,
        .pruned = finished && w->run && w->run->pruned,
        .kept = kept,
    };
    return job->report(job->context, &progress);
}

/* --- each step -------------------------------------------------------------------------------------------------- */

/* Tell the store an epoch's Dice, once, and ask the kind whether to go on. */
static void tell_epoch(og__watcher *w, const og_train_progress *progress)
{
    const og__kind *kind = w->desk.study->kind;
    if (isnan(progress->dice) || progress->epoch - 1 <= w->reported)
        return;
    w->reported = progress->epoch - 1;
    og__heart_tell(w->heart, w->reported, progress->dice);
    w->desk.store = w->quick;
    if (kind->prune && kind->prune(&w->desk, w->run, w->reported, progress->dice, &w->prune) != OG_OK)
        w->prune = false; /* no reason to stop a run */
    w->desk.store = w->patient;
}

/* A process that proposes does so for the others while it trains. What fails now is tried again after a while, since
 * every try at a store that is away is time that training does not have. */
static void look_around(og__watcher *w)
{
    if (!w->job->proposes || w->desk.study->kind->follows)
        return;
    double now = og__watcher_clock_s();
    if (now < w->look_at_s || now < w->planned_s + idle_look_s)
        return;
    w->desk.store = w->quick;
    og_status status = og__planning_look(w, now > w->planned_s + look_s);
    w->desk.store = w->patient;
    w->look_at_s = og__watcher_clock_s() + (status == OG_OK ? idle_look_s : look_s);
}

static bool may_be_taken(const og__heart *heart)
{
    return og__heart_idle_s(heart) > frozen_s || og__heart_silence_s(heart) > OG_ALONE_S;
}

/* Wait for the store's word where the run may be someone else's. */
static bool is_still_ours(og__watcher *w, const og_train_progress *progress)
{
    const og__heart *heart = w->heart;
    while (may_be_taken(heart) && !og__heart_is_broken(heart)) {
        w->forsaken =
            og__heart_idle_s(heart) <= frozen_s && og__heart_silence_s(heart) > OG_ALONE_S + OG_STORE_PATIENCE_S;
        if (w->forsaken || !og__watcher_report(w, progress, false, false))
            return false;
        usleep(WAIT_US);
    }
    return !og__heart_is_broken(heart);
}

bool og__watcher_step(void *context, const og_train_progress *progress)
{
    og__watcher *w = context;
    w->last = *progress;
    w->last.warnings = NULL; /* gone after this call */
    w->last.warning_count = 0;
    tell_epoch(w, progress);
    look_around(w);
    w->late = og__budget_left_s(&w->budget) <= 0;
    return !w->prune && !w->late && is_still_ours(w, progress) && og__watcher_report(w, progress, false, false);
}

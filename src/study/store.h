/* The store: studies and their trials in a database, in the form that Optuna's tools read.
 *
 * A trial waits, is claimed by a worker, and then belongs to it for as long as the worker's heart beats: it ends
 * COMPLETE with a value or FAIL. When the heart stops, the trial FAILs and a new one waits in its place, the next
 * attempt at the same run: whoever comes back from the dead finds that the trial is no longer running, and that nothing
 * it says counts. All times are UTC by the database's clock. */
#ifndef OG_STUDY_STORE_H
#define OG_STUDY_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "study/space.h"

typedef struct og__store og__store;

/* Open, and make the tables where there are none; the URLs of study/database.h. */
og_status og__store_open(const char *url, double patience_s, og__store **store);

/* A further connection to a store that was opened already, made at its first use. */
og_status og__store_connect(const char *url, double patience_s, og__store **store);
void og__store_close(og__store *store);

/* Find a study by name, or make it: one objective, which is maximised, of that name. */
og_status og__store_study(og__store *store, const char *name, const char *metric, int64_t *study);

/* An attribute of a study; `system` ones have meanings that Optuna and its dashboard know. *value is NULL where absent,
 * and released with json_decref(). */
og_status og__store_set_attribute(og__store *store, int64_t study, bool system, const char *key, const json_t *value);
og_status og__store_get_attribute(og__store *store, int64_t study, bool system, const char *key, json_t **value);

typedef enum og__trial_state {
    OG_TRIAL_RUNNING,
    OG_TRIAL_COMPLETE,
    OG_TRIAL_PRUNED,
    OG_TRIAL_FAIL,
    OG_TRIAL_WAITING,
} og__trial_state;

typedef struct og__stored_trial {
    int64_t id, number;
    og__trial_state state;
    char *run;        /* what it is a run of: the name given to og__store_add(); owned */
    json_t *settings; /* likewise; owned; NULL for none */
    int64_t attempt;  /* counting from 1 */
    double value;     /* NaN unless COMPLETE or PRUNED */
    char *reason;     /* FAIL: why; owned; else NULL */
} og__stored_trial;

typedef struct og__stored_trials {
    size_t count;
    og__stored_trial *items; /* (count) in order of number */
} og__stored_trials;

/* All trials of a study. */
og_status og__store_list(og__store *store, int64_t study, og__stored_trials *trials);
void og__stored_trials_deinit(og__stored_trials *trials);

/**
 * Let a run wait for a worker, unless the study has a trial of that name already.
 *
 * @param run        names the run within its study
 * @param settings   what a worker needs to do it, kept with it; may be NULL
 * @param point      (space->count) its parameters
 */
og_status og__store_add(og__store *store, int64_t study, const char *run, const json_t *settings,
                        const og__space *space, const double *point);

/* The last trial of a run, and whether it has ended; -1 where there is none. */
og_status og__store_last(og__store *store, int64_t study, const char *run, int64_t *trial, bool *ended);

/* Let a run wait again whose last trial has ended without a result that stayed, with the parameters and attributes of
 * that; unless there is a later one by now. */
og_status og__store_again(og__store *store, int64_t study, const char *run, int64_t last);

typedef struct og__stored_step {
    int64_t trial; /* id */
    int64_t step;
    double value; /* NaN where it was not a number */
} og__stored_step;

/* All intermediate values of a study, trial by trial with rising steps. Released with free(). */
og_status og__store_steps(og__store *store, int64_t study, og__stored_step **steps, size_t *count);

/**
 * Keep a configuration, of which runs in another study are made, as a trial of its own: add it, or change its state and
 * value. No worker claims it. One that has ended stays as it is.
 *
 * @param name    of the configuration, as og__stored_trial.run
 * @param value   of COMPLETE and PRUNED; NaN for none
 */
og_status og__store_configure(og__store *store, int64_t study, const char *name, const json_t *settings,
                              const og__space *space, const double *point, og__trial_state state, double value);

/* The parameters of a trial as a point of a space: NaN where it has none of that name. */
og_status og__store_point(og__store *store, int64_t trial, const og__space *space, double *point);

typedef struct og__lease_rules {
    double grace_s;                      /* a trial whose heart has not beaten for so long is lost */
    int64_t attempts_max;                /* a run that was lost so often stays FAIL */
    bool (*is_gone)(const char *worker); /* NULL, or whether a worker is known to be dead: its trial is lost at once */
} og__lease_rules;

/**
 * Claim the first waiting trial, after putting lost ones back.
 *
 * A worker has one trial at a time: what it holds already is what it gets, since the answer to its claim was lost.
 *
 * @param worker    names this process among all of them; said in the trial's attribute "ogive:worker"
 * @param trial     released with og__stored_trial_deinit()
 * @param claimed   false when none waits
 */
og_status og__store_claim(og__store *store, int64_t study, const char *worker, const og__lease_rules *rules,
                          og__stored_trial *trial, bool *claimed);
void og__stored_trial_deinit(og__stored_trial *trial);

/* *held says whether the trial still belongs to its worker; if not, nothing is written. */
og_status og__store_beat(og__store *store, int64_t trial, bool *held);

typedef struct og__trial_step {
    int64_t step;
    double value;
} og__trial_step;

/* Beat, and set intermediate values. */
og_status og__store_report(og__store *store, int64_t trial, const og__trial_step *steps, size_t count, bool *held);

/* COMPLETE with a finite value, or FAIL with a reason (and value NaN), which ends it. A failed run is a result: it is
 * not tried again. */
og_status og__store_finish(og__store *store, int64_t trial, double value, const char *reason, bool *held);

/* A run has a result, but the worker that made it died before it said so: end its last trial with it, by a copy where
 * that was given up. A trial that ended by itself, or whose worker may live, is left alone.
 *
 * @param reason   why the run failed, which then has no value; else NULL */
og_status og__store_conclude(og__store *store, int64_t study, const char *run, double value, const char *reason,
                             const og__lease_rules *rules);

/* PRUNED: stopped early, with the last value that was reported; NaN for none. A result as well. */
og_status og__store_prune(og__store *store, int64_t trial, double value, bool *held);

/* Give a trial back unfinished, as after Ctrl-C: it waits again, for whoever claims it first. */
og_status og__store_return(og__store *store, int64_t trial, bool *held);

#endif

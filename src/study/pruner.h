/* Pruners: which runs are stopped early, for what they have reported promises little.
 *
 * Larger values are better; a value that is not a number is worse than any. Steps count epochs; of "wilcoxon" they are
 * the seeds of a configuration. Definitions and defaults are Optuna's (optuna/pruners, version 5), but for the rungs,
 * which follow from the number of epochs where Optuna waits for the first run to end. */
#ifndef OG_STUDY_PRUNER_H
#define OG_STUDY_PRUNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "study/store.h"

/* What a trial has reported. */
typedef struct og__curve {
    int64_t number;
    og__trial_state state;
    double value; /* the result of a COMPLETE one */
    size_t count;
    int64_t *steps; /* (count) rising */
    double *values; /* (count) */
} og__curve;

typedef struct og__pruner_rules {
    /* median: at a step, after so many COMPLETE trials, from that step on, at the first report in each interval, where
     * so many of them have a value at the step: stop below that percentile of theirs */
    size_t startup_trials;
    int64_t warmup, interval;
    size_t trials_least;
    double percentile; /* of the best first: 50 is the median, 25 keeps the best quarter */
    /* patient */
    int64_t patience; /* reports without a value that is better by more than `margin` */
    double margin;
    /* asha and hyperband: rungs at resource_least * reduction^(bracket + 0, 1, ...) */
    int64_t resource_least, resource_most; /* steps; the second for hyperband alone */
    int64_t reduction;
    const char *study; /* hyperband: the study's name, from which and the trial's number its bracket follows */
    /* wilcoxon */
    double p;
    size_t startup_steps;
} og__pruner_rules;

typedef struct og__pruner {
    const char *name, *help;
    bool by_seed; /* its steps are seeds */
    bool (*stop)(const og__pruner_rules *rules, size_t count, const og__curve *curves, size_t own);
} og__pruner;

/* Optuna's defaults: 5, 0, 1, 1, 50; 8 reports, 0; reduction 3 (asha: 4 in Optuna); p 0.1, 2. Rungs for so many epochs:
 * the least is a 27th, at least 1. */
og__pruner_rules og__pruner_rules_default(int64_t epochs, const char *study);

/* "none", "median", "patient", "asha", "hyperband", "wilcoxon"; NULL for other names. */
const og__pruner *og__pruner_find(const char *name);
const og__pruner *og__pruner_at(size_t index); /* NULL behind the last */

/**
 * Whether trial `own`, which has just reported its last value, is to be stopped.
 *
 * @param curves   (count) all trials of the study, `own` among them
 */
bool og__pruner_stops(const og__pruner *pruner, const og__pruner_rules *rules, size_t count, const og__curve *curves,
                      size_t own);

/* The bracket of a trial, 0 for the one that stops earliest; hyperband's. */
int64_t og__pruner_bracket(const og__pruner_rules *rules, int64_t number);

#endif

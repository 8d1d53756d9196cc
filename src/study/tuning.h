/* A tuning in memory: its configurations, and what their runs say. */
#ifndef OG_STUDY_TUNING_H
#define OG_STUDY_TUNING_H

#include "study/kind.h"
#include "study/pruner.h"
#include "study/tpe.h"
#include "study/tune_space.h"

/* One point of the space, run on the same seeds as the others; the first `arms` are the activations as they are. */
typedef struct og__configuration {
    char name[16]; /* "c0012", of which "c0012-s3" is the run on seed 3 */
    double *point;
    og__run *
        *runs; /* (seeds + confirm) NULL where none was asked for: first the seeds of the search, then fresh ones */
    og__trial_state state;
    double value;      /* COMPLETE: mean Dice over the seeds of the search, 0 for failed runs; PRUNED: the last Dice */
    int64_t last_step; /* PRUNED: the epoch of that */
    bool told;         /* the store has its end */
} og__configuration;

typedef struct og__tuning {
    og__tune_space space;
    og_train_options train;
    size_t seeds, confirm;
    int64_t trials; /* configurations; 0: as many as there is time for */
    int sampler;    /* index into og__tune_samplers */
    const og__pruner *pruner;
    og__pruner_rules rules;
    int64_t proposal_seed;
    char *name; /* of the study of configurations */
    /* after og__tuning_open(): */
    int64_t stored; /* that study in the store; -1 before */
    size_t count;
    og__configuration *configurations;
    bool closed;     /* no further configuration is proposed */
    double *pending; /* (epochs) what the run at work here has reported, */
    const og__run *pending_of;
} og__tuning;

extern const char *const og__tune_samplers[]; /* "tpe", "random", "grid"; ends in NULL */

/* The kind "tune"; its `own` is an og__tuning. */
extern const og__kind og__kind_tune;

/* Read what the store has of the study. */
og_status og__tuning_open(og__study *study, og__store *store, int64_t stored);

/* Configurations that go on to fresh seeds: the best two of the search (where places are varied, the best with them
 * apart and the best without), and the activation of the best one as it is, which comes last. Return their number. */
enum { OG_TUNE_FINALISTS = 2 };
size_t og__tuning_finalists(const og__tuning *tuning, size_t finalists[OG_TUNE_FINALISTS + 1]);

/* The run's configuration, and the place of its seed in the configuration's runs. */
const og__configuration *og__tuning_find(const og__study *study, const og__run *run, size_t *seed);

/* tune_prune.c: whether to stop a run, or a configuration between its seeds. */
og_status og__tuning_prune(const og__desk *desk, const og__run *run, int64_t epoch, double dice, bool *stop);
bool og__tuning_gives_up(const og__tuning *tuning, size_t configuration);

#endif

/* A study's folder in memory: its question, and its runs with what came of them. */
#ifndef OG_STUDY_STUDY_H
#define OG_STUDY_STUDY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "study/arms.h"
#include "study/run.h"
#include "study/space.h"
#include "study/trial.h"

typedef struct og__kind og__kind;

typedef struct og__study {
    char *folder;
    char *name;     /* in the store: the folder's own name */
    json_t *record; /* study.json */
    const og__kind *kind;
    void *own;       /* what the kind keeps */
    og__space space; /* of the runs' points; the kind's */
    size_t run_count, run_room;
    og__run **runs;  /* (run_count) in the order in which they are asked for; a run stays where it is */
    void *run_names; /* a search tree of the runs */
    og__arms arms;
    int64_t first_seed;
    size_t folds; /* of a comparison: block = seed x folds + fold; 0: block = seed */
    double confidence;
    double budget_s; /* wall time of a comparison; 0: any */
    /* of a comparison, whose runs are (blocks, arms.count) */
    size_t blocks; /* asked for; of a race the most of both parts */
    bool race;
    size_t race_blocks;     /* the first part of a race; the confirmation's blocks follow */
    double target_dice;     /* as asked; 0 is automatic */
    double margin;          /* differences of the mean Dice below it do not matter */
    size_t complete_blocks; /* leading blocks of which every run has a result */
} og__study;

/**
 * Load STUDY/study.json and every result in STUDY/trials of the runs that it asks for.
 *
 * @return OG_OK, OG_ERR_FILE when the folder holds no study, OG_ERR_FORMAT for damaged files
 */
og_status og__study_load(const char *folder, og__study *study);
void og__study_deinit(og__study *study);

/**
 * Add a run, or find the one of that name.
 *
 * @param settings   borrowed; has "act" and "seed"
 * @param point      (study->space.count) copied; may be NULL
 * @param run        owned by the study
 *
 * @return OG_OK, or OG_ERR_FORMAT for settings without an activation or a seed, or a name that is no file's
 */
og_status og__study_add_run(og__study *study, const char *name, const json_t *settings, const double *point,
                            og__run **run);

/* NULL where there is none of that name. */
og__run *og__study_find_run(const og__study *study, const char *name);

/* STUDY/trials/NAME. Released with free(). */
og_status og__study_run_folder(const og__study *study, const og__run *run, char **folder);

/* Read one run's result again. */
og_status og__study_read_run(const og__study *study, og__run *run);

/* The URL of the store: the one that was asked for, or STUDY/study.db. Released with free(). */
og_status og__study_store(const og__study *study, char **url);

/* The name of its configurations in the store, beside that of its runs: "NAME-configurations". Released with free(). */
og_status og__study_configurations(const og__study *study, char **name);

/* --- comparisons: grid.c ---------------------------------------------------------------------------------------- */

/* What the runs of a block share. */
typedef struct og__block {
    int64_t seed, fold; /* OG_NO_FOLD where the study has none */
} og__block;
og__block og__study_block(const og__study *study, size_t block);

og__trial *og__study_trial(const og__study *study, size_t block, size_t arm);

/* STUDY/trials/ID-sSEED or ID-sSEED-fFOLD. Released with free(). */
og_status og__study_trial_folder(const og__study *study, size_t block, size_t arm, char **folder);

/* scores[b * arms + a] = mean Dice of the complete blocks' trials, 0 for failed ones. Released with free(). */
og_status og__study_scores(const og__study *study, double **scores);

#endif

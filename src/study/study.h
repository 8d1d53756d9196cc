/* A study's folder in memory: its question, its activations, and the trials that are done. */
#ifndef OG_STUDY_STUDY_H
#define OG_STUDY_STUDY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "study/arms.h"
#include "study/trial.h"

typedef struct og__study {
    char *folder;
    char *name;     /* in the store: the folder's own name */
    json_t *record; /* study.json: "question", "seeds", "target_dice", "confidence", "data_path" */
    og__arms arms;
    int64_t first_seed;
    size_t blocks; /* asked for; of a race the most of both parts */
    bool race;
    size_t race_blocks; /* the first part of a race; the confirmation's blocks follow */
    double target_dice; /* as asked; 0 is automatic */
    double confidence;
    og__trial *trials;      /* (blocks, arms.count) */
    size_t complete_blocks; /* leading blocks of which every trial is done */
} og__study;

/**
 * Load STUDY/study.json and every result in STUDY/trials.
 *
 * @return OG_OK, OG_ERR_FILE when the folder holds no study, OG_ERR_FORMAT for damaged files
 */
og_status og__study_load(const char *folder, og__study *study);
void og__study_deinit(og__study *study);

og__trial *og__study_trial(const og__study *study, size_t block, size_t arm);

/* STUDY/trials/ID-sSEED. Released with free(). */
og_status og__study_trial_folder(const og__study *study, size_t block, size_t arm, char **folder);

/* Read one trial's result again. */
og_status og__study_read_trial(og__study *study, size_t block, size_t arm);

/* The URL of the store: the one that was asked for, or STUDY/study.db. Released with free(). */
og_status og__study_store(const og__study *study, char **url);

/* Set complete_blocks again, after results were read. */
void og__study_count_blocks(og__study *study);

/* scores[b * arms + a] = mean Dice of the complete blocks' trials, 0 for failed ones. Released with free(). */
og_status og__study_scores(const og__study *study, double **scores);

#endif

/* The parts of report.json (docs/report.md), each made by one file of this folder. */
#ifndef OG_REPORT_PARTS_H
#define OG_REPORT_PARTS_H

#include <jansson.h>
#include <stdbool.h>

#include <ogive/data.h>

#include "study/agenda.h"
#include "study/search.h"
#include "study/study.h"
#include "study/verdict.h"

/* What the parts are made from. */
typedef struct og__report {
    const og__study *study;
    og__evidence evidence; /* of the complete blocks; the scores are owned */
    og__verdict verdict;   /* of a race: on the blocks that every activation ran, but for `kind` */
    og__agenda agenda;     /* of a race */
    double *scores;        /* the evidence's */
    double *best_shares;   /* (verdict.arms) P(best); NULL with fewer than OG_TEST_BLOCKS blocks */
    double target;         /* Dice whose first reaching is timed */
    bool target_automatic;
} og__report;

/* A member that is a number, else NaN. */
double og__report_number(const json_t *object, const char *key);

/* A number of one trial: a score of the mean (class_index 0) or of a class, or a time. NaN where there is none. */
typedef double (*og__measure)(const og__report *report, const og__trial *trial, int class_index);
double og__measure_dice(const og__report *report, const og__trial *trial, int class_index);
double og__measure_iou(const og__report *report, const og__trial *trial, int class_index);
double og__measure_epochs_to_target(const og__report *report, const og__trial *trial, int class_index);
double og__measure_seconds_to_target(const og__report *report, const og__trial *trial, int class_index);
double og__measure_ms_per_step(const og__report *report, const og__trial *trial, int class_index);
double og__measure_peak_bytes(const og__report *report, const og__trial *trial, int class_index);
double og__measure_train_s(const og__report *report, const og__trial *trial, int class_index);

/* The measures of one activation, those that are known, block by block. Released with free(). */
og_status og__measure_all(const og__report *report, size_t arm, og__measure measure, int class_index, double **values,
                          size_t *count);

/* {"median", "reached", "runs"} of a time to the target; null when the median run did not reach it. */
og_status og__report_reach(const og__report *report, size_t arm, og__measure measure, json_t *owner, const char *key);

/* A learned parameter after training, over the layers of the activation, their channels, and the runs. */
typedef struct og__learned {
    double initial, mean, low, high;
    int count; /* layers of runs */
} og__learned;
og__learned og__report_learned(const og__report *report, size_t arm, const char *name); /* health.c */

/* Add "seed", and "fold" where there are folds. */
og_status og__report_block(og__block block, json_t *owner); /* study.c */

/* Each adds its members to `owner`. */
og_status og__report_scores(const og__report *report, size_t arm, json_t *owner);   /* scores.c */
og_status og__report_function(const og__report *report, size_t arm, json_t *owner); /* function.c */
og_status og__report_health(const og__report *report, size_t arm, json_t *owner);   /* health.c */
og_status og__report_runs(const og__report *report, json_t *results);               /* runs.c */
og_status og__report_timing(const og__report *report, json_t *timing);              /* timing.c */
og_status og__report_ranking(const og__report *report, json_t *results);            /* ranking.c */
og_status og__report_race(const og__report *report, json_t *results);               /* race.c */
og_status og__report_method(const og__report *report, json_t *results);             /* method.c */

og_status og__report_advice(const og__report *report, json_t *document); /* advice.c */

/* "colours" and "examples"; empty without data. */
og_status og__report_pictures(const og__report *report, const og_dataset *data, json_t *results); /* pictures.c */

/* "search" of a search, whose confirmation the other parts speak of; nothing otherwise: search.c */
og_status og__report_search(const og__report *report, json_t *results);
og_status og__report_search_places(const og__report *report, json_t *owner); /* "places": search_places.c */

/* Add a formula of a search in words, with its places and its head. */
og_status og__report_formula(const og__search *search, int formula, const char *key, json_t *owner);

/* The conclusion of a search: put into a comparison's verdict, and in words, which are released with free(). */
og_status og__report_search_kind(const og__report *report, og__verdict *verdict);
og_status og__report_search_text(const og__report *report, const char *const *names, char **text);

#endif

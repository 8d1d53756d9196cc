/* One training run while it lasts: what it works with, how far it is, and the files in its folder. */
#ifndef OG_TRAIN_SESSION_H
#define OG_TRAIN_SESSION_H

#include <jansson.h>

#include <ogive/train.h>

#include "data/loader.h"
#include "train/average.h"
#include "train/validation.h"
#include "train/optimizer.h"
#include "train/rate.h"
#include "train/watch.h"

/* Why a run ends. */
typedef enum og__ending { OG_ENDING_EPOCHS, OG_ENDING_PATIENCE, OG_ENDING_TIME } og__ending;

/* How far a run is: what a checkpoint holds beside model and optimiser. */
typedef struct og__progress {
    int64_t step;                          /* optimiser steps taken */
    int64_t epoch;                         /* epochs finished: trained, scored and in the curve */
    double loss, terms[OG_LOSS_TERMS_MAX]; /* sums over the steps of the epoch that is not finished */
    int64_t counted;                       /* steps in these sums: all of the epoch but those that were skipped */
    int64_t epochs;                        /* of the whole run: as the options say, or fewer when it ends early */
    int64_t ending;                        /* og__ending */
    int64_t updates;                       /* of the weights */
    double rate_scale; /* that the schedule's rate is multiplied with: below 1 after skipped steps and on plateaus */
    int64_t skipped, skipped_in_row;   /* steps whose values were not finite */
    double plateau_dice, best_dice;    /* best so far, as the schedule and as the run counts it; NaN before */
    int64_t best_epoch;                /* counting from 1; 0 before the first */
    int64_t plateau_waits, best_waits; /* scorings since */
    double train_s;                    /* spent on steps: waiting for data, passes, updates */
    double elapsed_s;                  /* spent on everything, in sessions before this one */
    double wait_s;                     /* spent waiting for data */
    double health_s;                   /* spent on watching the activations' health */
    double last_dice;                  /* mean_dice of the last scoring; NaN before the first */
    int64_t peak_bytes;                /* of sessions before this one */
    int64_t threads; /* of the training passes: oneDNN adds weight gradients up by thread, so that another number
                        gives other last bits; a resumed run keeps the number it began with */
    json_t *curve;   /* array, one row per finished epoch */
    json_t *samples; /* array, of the activations' health, in the epoch that is not finished */
    json_t *events;  /* array, the warnings that began or ended in it; the caller was told of the first `told` */
    size_t told;
    json_t *health_first; /* array; NULL before the first step */
    float *step_ms;       /* (steps of the run) time of each step without waiting; `step` of them are known */
} og__progress;

typedef struct og__run_files {
    char *model, *best, *last, *checkpoint, *log, *result;
} og__run_files;

typedef struct og__session {
    const og_dataset *data;
    char digest[17]; /* of the data, hexadecimal */
    const char *run; /* the folder */
    og__run_files files;
    og_model model;
    og_loss *loss;
    int threads;                    /* of everything but the training passes, where the number changes no bit */
    int64_t steps_per_epoch, steps; /* of the whole run */
    og__optimizer *optimizer;
    og__gradient_sum gradients;
    og__ema ema;
    float *kept_state; /* (state_size) running statistics before the step that is being taken */
    double budget_s;   /* 0: none */
    og__rate rate;
    og__progress progress;
    og__loader *loader;
    og_plan *plan;
    og__validation *validation;
    og__watch watch;
    double started_s;      /* og__now_s() when this session began */
    int64_t planned_bytes; /* of the process at its peak; 0 before the plan */
    og_scores scores;      /* of the last epoch; classes is NULL before */
    json_t *health;        /* at the end; NULL before */
} og__session;

og_status og__run_files_init(const char *run, og__run_files *files);
void og__run_files_deinit(og__run_files *files);

/* Make the model and everything whose size does not depend on progress. Then load a checkpoint or not, then start. */
og_status og__session_open(const og_dataset *data, const og_train_options *options, const char *run,
                           og__session *session);

/* Open the loader at the step that the progress names, and make the plan. */
og_status og__session_start(og__session *session);
void og__session_close(og__session *session);

/* Plan the validation's memory, and with it the process's: what is held now, and what is yet to come. */
og_status og__session_plan_memory(og__session *session);

/* A loader of the run's batches from `first_step` on. */
og_status og__session_open_loader(const og__session *session, int threads, uint64_t first_step, og__loader **loader);

/* Change the number of epochs, and the schedule with it. */
void og__session_set_epochs(og__session *session, int64_t epochs);

double og__session_elapsed_s(const og__session *session);
int64_t og__session_peak_bytes(const og__session *session);

/* --- step.c --- */

/* Take a batch, and update the weights when there are enough. A step whose values are not finite is skipped at half the
 * learning rate; OG_ERR_NUMERIC after three in a row, or 20 in all. */
og_status og__step_run(og__session *session);

/* Tell the user something, with an event like those of the health. */
og_status og__step_tell(og__session *session, const char *name, bool serious, const char *text);

/* --- course.c --- */

/* Read a time such as "90s", "10m" or "1h30m"; OG_ERR_ARGUMENT for what is none. "" is 0. The option is named. */
og_status og__duration_parse(const char *option, const char *text, double *seconds);

/* Measure passes and a scoring, and lower the number of epochs to what the time budget has room for. */
og_status og__course_fit(og__session *session);

/* Score the validation part with the averaged weights; a best one is saved. */
og_status og__course_score(og__session *session);

/* After a scored epoch: lower the rate on a plateau, stop the run when its patience ends. */
void og__course_judge(og__session *session);

/* Whether the network that the run ends with is the best one, and another than the last; and whether it may be. */
bool og__course_takes_best(const og__session *session);
bool og__course_may_take_best(const og__session *session);

/* --- checkpoint.c --- */

og_status og__checkpoint_save(og__session *session);

/* OG_ERR_ARGUMENT when the checkpoint belongs to a run with other settings or data. */
og_status og__checkpoint_load(og__session *session);

/* Compare the settings of a run's file (model or checkpoint) with those of the session; OG_ERR_ARGUMENT names the first
 * that differs. */
og_status og__checkpoint_compare(const og__session *session, const char *path);

/* --- record.c --- */

/* Make the curve's row of the epoch that has just been trained and, with scores, scored; NULL without memory. */
json_t *og__record_row(const og__session *session, const og_scores *scores);

/* Write the whole log from the curve, or append the curve's last row to it. */
og_status og__record_log(const og__session *session);
og_status og__record_log_append(const og__session *session);

/* Write result.json of a finished run, or of a failed one with its error text. */
og_status og__record_result(const og__session *session, const char *error);

#endif

/* One training run that a study asks for: what is its own beside the study's question, and what came of it. */
#ifndef OG_STUDY_RUN_H
#define OG_STUDY_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <ogive/train.h>

#include "base/status.h"
#include "study/trial.h"

typedef struct og__run {
    size_t index;     /* its place in study->runs */
    char *name;       /* of its folder in STUDY/trials, and in the store */
    json_t *settings; /* training options that differ from the question's, by name; "act" and "seed" are always there,
                         and "fold" of a study that runs several */
    double *point;    /* in the study's space; NULL of a run that was read from the store */
    og__trial trial;  /* what came of it */
    bool wanted;      /* it is done, or to be done now */
    bool stored;      /* the store has it */
    bool waiting;     /* ... and nobody has claimed it yet */
    bool pruned;      /* it was stopped early: trial.dice is its last Dice */
} og__run;

/* settings and point (count; or NULL) are copied. */
og_status og__run_new(const char *name, const json_t *settings, size_t count, const double *point, og__run **run);
void og__run_free(og__run *run);

/* Nothing is left to do: it has a result, or was pruned. */
bool og__run_is_done(const og__run *run);

/* The fold that is held out, of a study that runs several; else OG_NO_FOLD. */
enum { OG_NO_FOLD = -1 };
int64_t og__run_fold(const og__run *run);

const char *og__run_act(const og__run *run); /* canonical text */
int64_t og__run_seed(const og__run *run);

/**
 * The options of a run: the question's, with the run's own in their place.
 *
 * @param own   released with og_options_deinit(og_train_option_table(), own)
 *
 * @return OG_OK, or OG_ERR_FORMAT naming a setting that is no option of training or not one of its values
 */
og_status og__run_options(const og__run *run, const og_train_options *question, og_train_options *own);

#endif

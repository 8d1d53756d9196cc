/* What is behind og_tune(). */
#ifndef OG_STUDY_TUNE_H
#define OG_STUDY_TUNE_H

#include <ogive/study.h>

#include "study/work.h"

typedef struct og__tune_call {
    const og_dataset *data;
    const char *data_path;
    const og_data_options *data_options; /* what `data` was opened with; NULL: the defaults */
    const og_train_options *train;
    const og_tune_options *options;
    const char *study;
    og_study_watch report; /* may be NULL */
    void *context;
    og__trial_runner run;
} og__tune_call;

/* og_tune() with the runner given. */
og_status og__tune_run(const og__tune_call *call);

#endif

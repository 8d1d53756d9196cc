/* What is behind og_compare(): the study's record, and the work on it. */
#ifndef OG_STUDY_RUNNER_H
#define OG_STUDY_RUNNER_H

#include <ogive/study.h>

#include "study/work.h"

typedef struct og__comparison {
    const og_dataset *data;
    const char *data_path;
    const og_data_options *data_options; /* what `data` was opened with; NULL: the defaults */
    const og_train_options *train;
    const og_compare_options *options;
    const char *study;
    og_study_watch report; /* may be NULL */
    void *context;
    og__trial_runner run;
} og__comparison;

/* og_compare() with the runner given. */
og_status og__comparison_run(const og__comparison *comparison);

#endif

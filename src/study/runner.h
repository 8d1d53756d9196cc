/* The loop behind og_compare(): which trial runs next, and what is done with its outcome. */
#ifndef OG_STUDY_RUNNER_H
#define OG_STUDY_RUNNER_H

#include <ogive/study.h>

/* Runs one trial; og_train() in earnest, something quick in the tests of the loop. */
typedef og_status (*og__trial_runner)(const og_dataset *data, const og_train_options *options, const char *run,
                                      bool resume, og_train_report report, void *context);

typedef struct og__comparison {
    const og_dataset *data;
    const char *data_path;
    const og_train_options *train;
    const og_compare_options *options;
    const char *study;
    og_compare_report report; /* may be NULL */
    void *context;
    og__trial_runner run;
} og__comparison;

/* og_compare() with the runner given. */
og_status og__comparison_run(const og__comparison *comparison);

#endif

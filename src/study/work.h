/* The work on a study: runs are claimed from its store one after the other, by as many processes as there are. What is
 * to be run is the business of the study's kind (study/kind.h). */
#ifndef OG_STUDY_WORK_H
#define OG_STUDY_WORK_H

#include <ogive/study.h>

#include "study/study.h"

/* Runs one trial; og_train() in earnest, something quick in the tests of the loop. */
typedef og_status (*og__trial_runner)(const og_dataset *data, const og_train_options *options, const char *run,
                                      bool resume, og_train_report report, void *context);

typedef struct og__job {
    const og_dataset *data;
    const og_train_options *train; /* the question's; runs have settings of their own beside it */
    og__study *study;              /* loaded; results are read into it as they come */
    bool proposes;         /* it asks for runs, and again for those whose results are gone or that were given up */
    og_study_watch report; /* may be NULL */
    void *context;
    og__trial_runner run;
} og__job;

/**
 * Let the runs that the study needs wait in its store, and run what can be claimed, until the study is at its end.
 *
 * @return OG_OK, OG_ERR_STOPPED, or the failure of a run, which then waits again
 */
og_status og__work(const og__job *job);

#endif

/* What is behind og_compare(): the study's record, and the work on it. */
#ifndef OG_STUDY_RUNNER_H
#define OG_STUDY_RUNNER_H

#include "study/begin.h"

/* og_compare() with the runner given. */
og_status og__comparison_run(const og__call *call, const og_compare_options *options);

#endif

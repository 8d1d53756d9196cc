/* What is behind og_tune(). */
#ifndef OG_STUDY_TUNE_H
#define OG_STUDY_TUNE_H

#include "study/begin.h"

/* og_tune() with the runner given. */
og_status og__tune_run(const og__call *call, const og_tune_options *options);

#endif

/* How far a study is, on the terminal. */
#ifndef CLI_RUNS_H
#define CLI_RUNS_H

#include <stdbool.h>

#include <ogive/study.h>

/* Show the running run, or note one that ended. Return false after an interrupt: an og_study_watch stops then. */
bool runs_show(const og_study_progress *progress);

#endif

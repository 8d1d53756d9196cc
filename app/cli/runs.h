/* How far a study is, on the terminal. */
#ifndef CLI_RUNS_H
#define CLI_RUNS_H

#include <stdbool.h>

#include <ogive/study.h>

/* Show the running run, or note one that ended. Return false after an interrupt: an og_compare_report stops then. */
bool runs_show(const og_compare_progress *progress);

#endif

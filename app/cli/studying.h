/* What the commands that work on a study have around their call of the library: compare, tune, search, study resume. */
#ifndef CLI_STUDYING_H
#define CLI_STUDYING_H

#include <jansson.h>
#include <stdbool.h>

#include <ogive/study.h>

#include "workers.h"

/* Catch interrupts and show progress from here on. */
void studying_begin(bool quiet);

/* An og_study_watch, whose context are the workers: they begin when there are runs to be claimed. */
bool studying_show(void *others, const og_study_progress *progress);

/**
 * Wait for the workers, and write and publish the report of a study that was done.
 *
 * @param worked   the status of the work
 *
 * @return that status, or what went wrong behind it
 */
og_status studying_end(og_status worked, workers *others, const og_dataset *data);

/* Print STUDY/report.json, or in words what it says; `more` (may be NULL) says what the command has to add. */
og_status studying_print(const char *study, bool json, void (*more)(const json_t *report, const void *context),
                         const void *context);

#endif

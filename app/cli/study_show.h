/* What the runs of a study say by now, on the terminal. */
#ifndef CLI_STUDY_SHOW_H
#define CLI_STUDY_SHOW_H

#include <jansson.h>
#include <stdbool.h>

#include <ogive/status.h>

/* Print in words what a report says, whatever kind of study it is of. */
void study_print(const json_t *report);

/* Print the verdict, or with `json` the whole report. */
og_status study_show(const char *study, bool json);

#endif

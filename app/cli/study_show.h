/* What the runs of a study say by now, on the terminal. */
#ifndef CLI_STUDY_SHOW_H
#define CLI_STUDY_SHOW_H

#include <stdbool.h>

#include <ogive/status.h>

/* Print the verdict, or with `json` the whole report. */
og_status study_show(const char *study, bool json);

#endif

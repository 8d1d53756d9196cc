/* The result of a study on the terminal. */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include <jansson.h>

/* Print the table of activations and the verdict of a report (docs/report.md). */
void verdict_print(const json_t *report);

#endif

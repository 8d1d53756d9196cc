/* The report of a tuning, on the terminal. */
#ifndef CLI_TUNED_H
#define CLI_TUNED_H

#include <jansson.h>
#include <stdbool.h>

/* Whether a report.json is of a tuning. */
bool tuned_is(const json_t *report);

/* Print its verdict, the finalists, what mattered, and the command that trains the winner. */
void tuned_print(const json_t *report);

#endif

/* What a search found, in the terminal. */
#ifndef CLI_SEARCH_PRINT_H
#define CLI_SEARCH_PRINT_H

#include <jansson.h>
#include <stdbool.h>

/* Whether a report.json is that of a search. */
bool is_search(const json_t *report);

/* The number by which a search's runs name a formula; -1 where the report is no search's, or has no such formula. */
long long search_number(const json_t *report, const char *text);

/* Counts of the screening, the table of the confirmation, the verdict, and the commands that use its winner. */
void search_print(const json_t *report);

#endif

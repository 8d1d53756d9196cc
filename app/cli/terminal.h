/* What the terminal can show. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Whether the locale takes characters beyond ASCII. */
bool terminal_has_unicode(void);

/* Whether `file` is a terminal that shows colours, and nobody asked for none (NO_COLOR, TERM=dumb). */
bool terminal_has_colour(FILE *file);

/* Columns of `file`: the terminal's, else COLUMNS, else 80; at least 40 and at most 120. */
int terminal_width(FILE *file);

/* Print UTF-8 words from column `at` on, going on at `indent` in new lines; ends the line. A word that is too long is
 * cut anywhere. Where the locale has ASCII only, these print the few signs that ogive uses in ASCII. */
void print_folded(FILE *file, const char *text, int at, int indent);

/* Print UTF-8 text, and spaces up to a number of columns. */
void print_padded(FILE *file, const char *text, int columns);
void print_plain(FILE *file, const char *text);

#endif

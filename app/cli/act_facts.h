/* The facts about an activation function in words and as JSON, for every command that tells them. */
#ifndef CLI_ACT_FACTS_H
#define CLI_ACT_FACTS_H

#include <stddef.h>

#include <jansson.h>

#include <ogive/facts.h>

enum { FACT_ROWS_MAX = 12, FACT_TEXT_BYTES = 640, MOMENT_ROWS = 11 };

/* A fact of the shape: "range", "[-0.3088, \u221e), lowest at x = -1.192". UTF-8. */
typedef struct fact_row {
    const char *label;
    char text[FACT_TEXT_BYTES];
} fact_row;

/* A number for normal inputs, and what it is. */
typedef struct moment_row {
    const char *symbol; /* "E f" */
    double value;
    const char *meaning;
} moment_row;

/* The one of two texts that is in the language. */
const char *in_language(og_language language, const char *english, const char *chinese);

/* The name of a family of the catalogue in a language. */
const char *family_name(og_language language, const char *family);

/* Describe the shape; returns the number of rows. */
size_t facts_describe(const og_act_facts *facts, og_language language, fact_row rows[FACT_ROWS_MAX]);

/* Where the shape holds when it is not that of the function as it stands: "gate = 1, funnel = 0, noise = 1/2", "p = 1";
 * empty otherwise. */
void format_place(const og_act *act, const og_act_facts *facts, size_t size, char text[size]);

/* Write "df/dx, x in [-2, -1]: 1.5e-07 absolute; the derivative crosses zero at -1.5". */
void format_inexact(const og_act_inexact *range, og_language language, size_t size, char text[size]);

/* List the moments: MOMENT_ROWS of them. */
void moments_list(const og_act_moments *moments, og_language language, moment_row rows[MOMENT_ROWS]);

/* Write "[-0.3088, \u221e)", with four digits. */
void format_range(const og_act_facts *facts, size_t size, char text[size]);

/* Write a number with four digits; what is only rounding's remainder as 0, an infinity as a sign. */
void format_fact(double value, size_t size, char text[size]);

/* All of it for programs: the keys of `ogive act show --json` from "moments" on. NULL when memory ran out. */
json_t *facts_document(const og_act_facts *facts);

#endif

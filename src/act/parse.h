/* Text to expressions: the grammar of ogive/act.h. */
#ifndef OG_ACT_PARSE_H
#define OG_ACT_PARSE_H

#include <stdbool.h>

#include <ogive/act.h>

#include "act/catalogue.h"
#include "act/expression.h"
#include "act/lexer.h"

enum { OG_FORMULA_DEPTH_MAX = 200 };

typedef struct og__parsed_param {
    char name[OG_NAME_BYTES_MAX + 1];
    og_act_param is; /* without its name */
} og__parsed_param;

typedef struct og__parsed {
    const og__catalogue_row *row;     /* what a use names, else NULL */
    char name[OG_NAME_BYTES_MAX + 1]; /* what a definition names, else "" */
    int formula_start;                /* byte where a definition's expression begins */
    og__exprs graph;                  /* of a formula or definition; a use has its row's */
    og__expr value;
    bool uses[OG_INPUT_COUNT]; /* of a formula or definition */
    int param_count;
    og__parsed_param params[OG_ACT_PARAMS_MAX]; /* a use: all of the row's, with the given values */
} og__parsed;

/**
 * Parse a use, formula or definition, whose names are looked up in `catalogue`.
 *
 * @param parsed   written; released with og__parsed_deinit() when OG_OK
 *
 * @return OG_OK, OG_ERR_SYNTAX, OG_ERR_NAME, OG_ERR_ARGUMENT, OG_ERR_UNSUPPORTED (too large), OG_ERR_MEMORY
 */
og_status og__parse(const char *text, const og__catalogue *catalogue, og__parsed *parsed);
void og__parsed_deinit(og__parsed *parsed);

/* Parse a derivative rule of primitives.def, an expression in `u`, into an existing graph. */
og_status og__parse_rule(og__exprs *graph, const char *rule, og__expr u, og__expr *value);

#endif

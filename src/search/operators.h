/* The operators that formulas of the search are made of (operators.def). */
#ifndef OG_SEARCH_OPERATORS_H
#define OG_SEARCH_OPERATORS_H

#include <stddef.h>

#include "act/expression.h"

size_t og__unary_count(void);
const char *og__unary_name(size_t index);
size_t og__binary_count(void);
const char *og__binary_name(size_t index);

/* Apply an operator within a graph. OG_ERR_MEMORY, or what a rule's text fails with. */
og_status og__unary_apply(og__exprs *graph, size_t index, og__expr u, og__expr *value);
og_status og__binary_apply(og__exprs *graph, size_t index, og__expr u, og__expr v, og__expr *value);

/* Operators of published searches that are left out, and why. */
typedef struct og__unsafe_operator {
    const char *operators, *why;
} og__unsafe_operator;

size_t og__unsafe_count(void);
const og__unsafe_operator *og__unsafe_at(size_t index);

#endif

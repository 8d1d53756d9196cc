/* Expressions to text that parses back to the same expression. */
#ifndef OG_ACT_PRINT_H
#define OG_ACT_PRINT_H

#include "act/expression.h"
#include "base/text.h"

/**
 * Append an expression's text. A subexpression that is used twice is written twice.
 *
 * @param names       names[k] of the k-th parameter
 * @param bytes_max   the longest text wanted
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_UNSUPPORTED when the text is longer
 */
og_status og__print(const og__exprs *graph, og__expr expr, const char *const *names, size_t bytes_max, og__text *text);

#endif

/* Expressions to text that parses back to the same expression. */
#ifndef OG_ACT_PRINT_H
#define OG_ACT_PRINT_H

#include "act/expression.h"
#include "base/text.h"

enum { OG_PRINT_BYTES_MAX = 1 << 16 };

/**
 * Append an expression's text. A subexpression that is used twice is written twice.
 *
 * @param names   names[k] of the k-th parameter
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_UNSUPPORTED when the text exceeds OG_PRINT_BYTES_MAX
 */
og_status og__print(const og__exprs *graph, og__expr expr, const char *const *names, og__text *text);

#endif

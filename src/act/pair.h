/* Arithmetic in two floats, written into an expression graph: what og__lower() makes of an argument whose rounding
 * error a function would multiply. */
#ifndef OG_ACT_PAIR_H
#define OG_ACT_PAIR_H

#include "act/expression.h"

/* The unevaluated sum of two floats, the second a few roundings of the first; low is 0 for none. */
typedef struct og__pair {
    og__expr high, low;
} og__pair;

og__pair og__pair_number(og__exprs *graph, double number);
og__pair og__pair_negative(og__exprs *graph, og__pair u);
og__pair og__pair_sum(og__exprs *graph, og__pair u, og__pair v);
og__pair og__pair_product(og__exprs *graph, og__pair u, og__pair v);
og__pair og__pair_quotient(og__exprs *graph, og__pair u, og__pair v);
og__pair og__pair_where(og__exprs *graph, og__expr condition, og__pair u, og__pair v);

/* Whether a product with this node is exact. */
bool og__is_power_of_two(const og__expr_node *node);

#endif

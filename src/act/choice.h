/* Choices of lowered expressions. */
#ifndef OG_ACT_CHOICE_H
#define OG_ACT_CHOICE_H

#include "act/expression.h"

/* where(condition, yes, no), in which a function that both branches call with arguments of their own is called once:
 * where(c, F(u) + 1, 2*F(v)) becomes where(c, w + 1, 2*w), w = F(where(c, u, v)). Vector code computes both branches.
 */
og__expr og__choice(og__exprs *graph, og__expr condition, og__expr yes, og__expr no);

#endif

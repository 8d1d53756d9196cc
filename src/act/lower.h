/* From an expression to what float32 code should compute. The result has the OG_LOWERED operations of primitives.def,
 * which only emit_c.c and the interpreter know. */
#ifndef OG_ACT_LOWER_H
#define OG_ACT_LOWER_H

#include "act/expression.h"

/**
 * Rebuild expressions of `source` in the empty `graph` such that
 *
 *   - a product with an exponentially small function is one operation, which does not lose the digits of a factor that
 *     is a denormal while the product is none:      x*sigmoid(x)
 *   - an argument computed from inputs, parameters and numbers is not rounded to float before a function that would
 *     multiply the rounding error by its size:      sigmoid(1.702*x), sin(a*x)
 *
 * @param lowered   what has become of each root; graph to be released by the caller in any case
 */
og_status og__lower(const og__exprs *source, int root_count, const og__expr *roots, og__exprs *graph,
                    og__expr *lowered);

#endif

/* Expressions as lines of C, PyTorch or JAX. */
#ifndef OG_ACT_EMIT_CODE_H
#define OG_ACT_EMIT_CODE_H

#include "act/expression.h"
#include "base/text.h"

typedef enum og__language {
    OG_LANGUAGE_C, /* C99 with <tgmath.h>, and CUDA */
    OG_LANGUAGE_TORCH,
    OG_LANGUAGE_JAX,
    OG_LANGUAGE_LATEX,
    OG_LANGUAGE_COUNT
} og__language;

/* How an operation is written in a language, with u, v and w for its operands. */
const char *og__code_template(og__op op, og__language language);

/* Whether a template's character is an operand: a u, v or w that is no part of a word. */
bool og__code_is_operand(const char *code, const char *at);

/* How tightly an operation binds in the languages' infix notation, and how tightly its operands must. */
enum { OG_BIND_CHOICE, OG_BIND_COMPARISON, OG_BIND_SUM, OG_BIND_TERM, OG_BIND_UNARY, OG_BIND_ATOM };
int og__code_bind(og__op op);
int og__code_operand_bind(og__op op, int index);

/**
 * Append what computes an expression: assignments for what is used more than once or nested deeply, then
 * "return EXPRESSION", each line after `indent`.
 *
 * @param params   params[k] of the k-th parameter
 */
og_status og__code_body(const og__exprs *graph, og__expr root, og__language language, const char *const *params,
                        const char *indent, og__text *text);

/* Append the helper functions that `code` calls, and those that they call. */
og_status og__code_helpers(const char *code, og__language language, const char *qualifier, og__text *text);

/**
 * Rewrite a formula so that automatic differentiation gives no NaN from a branch that is not taken: where(c, f(x),
 * g(x)) becomes where(c, f(where(c, x, s)), ...) wherever f may be infinite, with s a number at which it is not.
 *
 * @param safe   initialised; the result's graph
 */
og_status og__code_guard(const og__exprs *graph, og__expr root, size_t param_count, const double *params,
                         og__exprs *safe, og__expr *result);

#endif

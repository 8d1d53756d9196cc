/* An activation function from the inside. Public side: ogive/act.h. */
#ifndef OG_ACT_ACT_H
#define OG_ACT_ACT_H

#include <ogive/act.h>

#include "act/expression.h"

struct og_act {
    const char *id; /* the catalogue's, or NULL */
    char *text;     /* canonical */
    char *note;     /* how it was found by a library's name, or NULL */
    char *formula;  /* the expression's text */
    char *key;      /* `formula` with parameters named p0, p1, ...: equal for equal functions */
    og__exprs graph;
    og__expr value;                       /* f */
    og__expr slope;                       /* df/dx, or by mirror where that stands in for x */
    og__expr by_input[OG_INPUT_COUNT];    /* df by each input; 0 for what it does not use */
    og__expr by_param[OG_ACT_PARAMS_MAX]; /* df/dp_k */
    bool uses[OG_INPUT_COUNT];
    size_t param_count;
    og_act_param params[OG_ACT_PARAMS_MAX];
};

/* List the operands of an activation, which is how kernels are given the inputs that it uses: x or mirror first, then
 * gates, funnel and noise. Returns their number. */
int og__act_operands(const og_act *act, og_input operands[OG_INPUT_COUNT]);

/* What an input is where no network makes it: 1 for gates, 0 for funnel (and x), 1/2 for noise. */
float og__input_default(og_input input);

enum { OG_ACT_ROOTS_MAX = 1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX };

/* List what a kernel computes: f, its derivative by each operand, by each parameter. Returns how many. */
int og__act_roots(const og_act *act, og__expr roots[OG_ACT_ROOTS_MAX]);

#endif

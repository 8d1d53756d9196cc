/* An activation function from the inside. Public side: ogive/act.h. */
#ifndef OG_ACT_ACT_H
#define OG_ACT_ACT_H

#include <ogive/act.h>

#include "act/expression.h"

struct og_act {
    const char *id; /* the catalogue's, or NULL */
    char *text;     /* canonical */
    char *formula;  /* the expression's text */
    char *key;      /* `formula` with parameters named p0, p1, ...: equal for equal functions */
    og__exprs graph;
    og__expr value;                       /* f */
    og__expr slope;                       /* df/dx */
    og__expr by_param[OG_ACT_PARAMS_MAX]; /* df/dp_k */
    size_t param_count;
    og_act_param params[OG_ACT_PARAMS_MAX];
};

#endif

/* Expressions of the formula language as a graph: equal subexpressions are one node, and arguments come before their
 * users, so that a walk over the nodes in order needs no recursion. */
#ifndef OG_ACT_EXPRESSION_H
#define OG_ACT_EXPRESSION_H

#include <stdbool.h>

#include <ogive/act.h>

#include "base/status.h"

typedef enum og__op {
    OG_OP_NUMBER, /* node.number */
    OG_OP_INPUT,  /* node.input */
    OG_OP_PARAM,  /* node.param-th parameter */
#define OG_FUNCTION(op, name, derivative, reference) OG_OP_##op,
#define OG_OPERATOR(op, arity, reference, code) OG_OP_##op,
#define OG_LOWERED(op, arity, code) OG_OP_##op,
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
    OG_OP_COUNT,
} og__op;

/* Index of a node in its graph. */
typedef int og__expr;

enum { OG_EXPR_ARGS_MAX = 3, OG_GRAPH_NODES_MAX = 1 << 16 };

typedef struct og__expr_node {
    og__op op;
    og__expr args[OG_EXPR_ARGS_MAX]; /* unused ones are 0 */
    og_input input;
    int param;
    double number;
    int height;             /* set by og__exprs_intern(): 0 for leaves */
    unsigned long long key; /* the same for equal expressions of all graphs */
} og__expr_node;

/* A growing set of expressions. Failure (memory, more than OG_GRAPH_NODES_MAX nodes) is remembered: further calls
 * return some valid node, and og__exprs_status() reports it, so that callers check once. */
typedef struct og__exprs {
    og__expr_node *nodes;
    int count, capacity;
    og__expr *slots; /* hash table of nodes, -1 where free */
    int slot_count;
    og_status status;
} og__exprs;

og_status og__exprs_init(og__exprs *graph);
void og__exprs_deinit(og__exprs *graph);
og_status og__exprs_status(const og__exprs *graph);

/* Arguments of an operation; the name of a function ("tanh"), or NULL for leaves and operators. */
int og__op_arity(og__op op);
const char *og__op_name(og__op op);
bool og__op_find(const char *name, og__op *op);
bool og__op_is_comparison(og__op op);

/* The value of an operation in double, by libm: the reference for everything else. */
double og__op_evaluate(og__op op, double u, double v, double w);

/* Make expressions. Each is simplified on the way in (simplify.c). */
og__expr og__expr_number(og__exprs *graph, double number);
og__expr og__expr_input(og__exprs *graph, og_input input);
og__expr og__expr_param(og__exprs *graph, int param);
og__expr og__expr_1(og__exprs *graph, og__op op, og__expr u);
og__expr og__expr_2(og__exprs *graph, og__op op, og__expr u, og__expr v);
og__expr og__expr_where(og__exprs *graph, og__expr condition, og__expr yes, og__expr no);

/* Put a node into the graph as it is: for simplify.c. */
og__expr og__exprs_intern(og__exprs *graph, og__expr_node node);

/* Replace x by `u` (and the params by `params`, unless NULL) in an expression of `source`, rebuilding it in `graph`. */
og__expr og__expr_substitute(og__exprs *graph, const og__exprs *source, og__expr expr, og__expr u,
                             const og__expr *params);

/* Mark in needed[source->count] what the roots depend on. */
void og__exprs_mark(const og__exprs *graph, int root_count, const og__expr *roots, bool *needed);

/* Derivative by a leaf: og__expr_input() or og__expr_param(). */
og_status og__derive(og__exprs *graph, og__expr expr, og__expr leaf, og__expr *derivative);

/* Values of `root_count` expressions in double: values[r], at inputs[og_input]. `work` holds graph->count doubles. */
void og__evaluate(const og__exprs *graph, int root_count, const og__expr *roots, const double *inputs,
                  const double *params, double *work, double *values);

#endif

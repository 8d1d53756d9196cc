#include "act/choice.h"

enum { CALLS_MAX = 8, STEPS_MAX = 256 };

static const bool functions[OG_OP_COUNT] = {
#define OG_FUNCTION(op, name, derivative, reference) [OG_OP_##op] = true,
#define OG_OPERATOR(op, arity, reference, code)
#define OG_LOWERED(op, arity, code) [OG_OP_##op] = true,
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};

/* Whether it costs more than the choice of its arguments. */
static bool is_costly(og__op op)
{
    switch (op) {
    case OG_OP_ABS:
    case OG_OP_SIGN:
    case OG_OP_LOW:
    case OG_OP_PRODUCT_LOW:
    case OG_OP_SUM_LOW:
    case OG_OP_SUM_LOW_OF_NUMBER:
        return false;
    default:
        return functions[op];
    }
}

/* The costly calls of a branch; `steps` bounds the walk, which meets what is shared again and again. */
typedef struct calls {
    og__expr exprs[CALLS_MAX];
    int count, steps;
} calls;

static bool has(const calls *c, og__expr expr)
{
    for (int i = 0; i < c->count; i++)
        if (c->exprs[i] == expr)
            return true;
    return false;
}

/* Returns whether the expression changes with the element: what does not is computed once for all as it is. */
static bool collect(const og__exprs *graph, og__expr expr, calls *c)
{
    const og__expr_node *node = &graph->nodes[expr];
    bool changes = node->op == OG_OP_INPUT;
    if (c->steps++ > STEPS_MAX)
        return changes;
    for (int k = 0; k < og__op_arity(node->op); k++)
        changes |= collect(graph, node->args[k], c);
    if (changes && is_costly(node->op) && !has(c, expr) && c->count < CALLS_MAX)
        c->exprs[c->count++] = expr;
    return changes;
}

/* A call of either branch alone, of the same function. */
static bool find_pair(const og__exprs *graph, og__expr yes, og__expr no, og__expr *u, og__expr *v)
{
    calls a = {0}, b = {0};
    collect(graph, yes, &a);
    collect(graph, no, &b);
    if (a.steps > STEPS_MAX || b.steps > STEPS_MAX)
        return false;
    for (int i = 0; i < a.count; i++)
        for (int k = 0; k < b.count; k++) {
            *u = a.exprs[i];
            *v = b.exprs[k];
            if (graph->nodes[*u].op == graph->nodes[*v].op && !has(&b, *u) && !has(&a, *v))
                return true;
        }
    return false;
}

/* `expr` with `to` in the place of `from`; what was made before `from` does not contain it. */
static og__expr replaced(og__exprs *graph, og__expr expr, og__expr from, og__expr to)
{
    if (expr <= from)
        return expr == from ? to : expr;
    og__expr_node node = graph->nodes[expr]; /* a copy: the graph moves as it grows */
    for (int k = 0; k < og__op_arity(node.op); k++)
        node.args[k] = replaced(graph, node.args[k], from, to);
    return og__exprs_intern(graph, node);
}

static og__expr where(og__exprs *graph, og__expr condition, og__expr yes, og__expr no)
{
    if (yes == no)
        return yes;
    return og__exprs_intern(graph, (og__expr_node){.op = OG_OP_WHERE, .args = {condition, yes, no}});
}

og__expr og__choice(og__exprs *graph, og__expr condition, og__expr yes, og__expr no)
{
    og__expr u, v;
    for (int i = 0; i < CALLS_MAX && find_pair(graph, yes, no, &u, &v); i++) {
        og__expr_node call = graph->nodes[u], other = graph->nodes[v];
        for (int k = 0; k < og__op_arity(call.op); k++)
            call.args[k] = where(graph, condition, call.args[k], other.args[k]);
        og__expr once = og__exprs_intern(graph, call);
        yes = replaced(graph, yes, u, once);
        no = replaced(graph, no, v, once);
    }
    return where(graph, condition, yes, no);
}

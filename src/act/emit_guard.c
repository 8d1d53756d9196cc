/* Automatic differentiation multiplies the derivative of a branch that was not taken by 0, which is NaN where that
 * derivative is infinite. Such a branch gets a harmless argument instead wherever it is not taken. */
#include "act/emit_code.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

typedef struct guard {
    og__exprs *graph;
    size_t param_count;
    const double *params;
} guard;

/* Whether a leaf is guarded: any input, and parameters where the condition asks for one, as in where(a == 0, x, x/a).
 */
static bool is_guarded(const og__expr_node *node, bool with_params)
{
    return node->op == OG_OP_INPUT || (with_params && node->op == OG_OP_PARAM);
}

static og_status reads_params(const og__exprs *graph, og__expr expr, bool *reads)
{
    bool *needed;
    *reads = false;
    OG_TRY(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    og__exprs_mark(graph, 1, &expr, needed);
    for (og__expr i = 0; i <= expr; i++)
        *reads |= needed[i] && graph->nodes[i].op == OG_OP_PARAM;
    free(needed);
    return OG_OK;
}

/* Operations whose value or slope may be infinite for a finite operand. */
static bool may_overflow(const og__expr_node *node, const bool *varies)
{
    switch (node->op) {
    case OG_OP_EXP:
    case OG_OP_EXPM1:
    case OG_OP_LOG:
    case OG_OP_LOG1P:
    case OG_OP_SQRT:
    case OG_OP_RSQRT:
        return varies[node->args[0]];
    case OG_OP_POW:
        return varies[node->args[0]] || varies[node->args[1]];
    case OG_OP_DIV:
        return varies[node->args[1]];
    default:
        return false;
    }
}

/* Whether anything in an expression may be infinite for some values of what is guarded. */
static og_status is_risky(const og__exprs *graph, og__expr expr, bool with_params, bool *risky)
{
    og_status status = OG_OK;
    bool *needed = NULL, *varies = NULL;
    *risky = false;
    OG_GO(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    OG_GO(og__alloc((size_t)graph->count, sizeof *varies, &varies));
    og__exprs_mark(graph, 1, &expr, needed);
    for (og__expr i = 0; i <= expr; i++) {
        const og__expr_node *node = &graph->nodes[i];
        varies[i] = is_guarded(node, with_params);
        for (int k = 0; k < og__op_arity(node->op); k++)
            varies[i] |= varies[node->args[k]];
        *risky |= needed[i] && may_overflow(node, varies);
    }
done:
    free(needed);
    free(varies);
    return status;
}

/* Whether an expression and its derivatives are finite with all that is guarded at `at`. */
static og_status is_finite_at(const guard *g, og__expr expr, bool with_params, double at, bool *finite)
{
    og__expr roots[1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX] = {expr};
    double inputs[OG_INPUT_COUNT], params[OG_ACT_PARAMS_MAX], values[1 + OG_INPUT_COUNT + OG_ACT_PARAMS_MAX], *work;
    int count = 1;
    for (og_input i = 0; i < OG_INPUT_COUNT; i++) {
        inputs[i] = at;
        OG_TRY(og__derive(g->graph, expr, og__expr_input(g->graph, i), &roots[count++]));
    }
    for (size_t k = 0; k < g->param_count; k++) {
        params[k] = with_params ? at : g->params[k];
        OG_TRY(og__derive(g->graph, expr, og__expr_param(g->graph, (int)k), &roots[count++]));
    }
    OG_TRY(og__exprs_status(g->graph));
    OG_TRY(og__alloc((size_t)g->graph->count, sizeof *work, &work));
    og__evaluate(g->graph, count, roots, inputs, params, work, values);
    *finite = true;
    for (int i = 0; i < count; i++)
        *finite &= isfinite(values[i]) != 0;
    free(work);
    return OG_OK;
}

static og__expr rebuild(og__exprs *graph, og__expr expr, const og__expr *copies)
{
    const og__expr_node node = graph->nodes[expr]; /* a copy: the graph moves as it grows */
    og__expr u = copies[node.args[0]], v = copies[node.args[1]], w = copies[node.args[2]];
    switch (og__op_arity(node.op)) {
    case 1:
        return og__expr_1(graph, node.op, u);
    case 2:
        return og__expr_2(graph, node.op, u, v);
    case 3:
        return og__expr_where(graph, u, v, w);
    default:
        return expr;
    }
}

/* A branch of a choice, and when it is taken. */
typedef struct branch {
    og__expr expr, condition;
    bool yes, with_params;
} branch;

/* The branch with every guarded leaf i replaced by where(condition, i, at), or where(condition, at, i). */
static og_status replace_leaves(og__exprs *graph, const branch *of, double at, og__expr *result)
{
    og_status status = OG_OK;
    og__expr *copies = NULL, number = og__expr_number(graph, at);
    bool *needed = NULL;
    OG_GO(og__alloc((size_t)of->expr + 1, sizeof *copies, &copies));
    OG_GO(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    og__exprs_mark(graph, 1, &of->expr, needed);
    for (og__expr i = 0; i <= of->expr; i++)
        if (needed[i] && is_guarded(&graph->nodes[i], of->with_params))
            copies[i] = og__expr_where(graph, of->condition, of->yes ? i : number, of->yes ? number : i);
        else if (needed[i])
            copies[i] = rebuild(graph, i, copies);
    *result = copies[of->expr];
    status = og__exprs_status(graph);
done:
    free(copies);
    free(needed);
    return status;
}

static og_status guard_branch(const guard *g, og__expr condition, bool yes, og__expr *expr)
{
    static const double places[] = {0, 1, -1, 0.5, -0.5, 2, -2, 4, -4};
    branch of = {.expr = *expr, .condition = condition, .yes = yes};
    bool risky, finite = false;
    OG_TRY(reads_params(g->graph, condition, &of.with_params));
    OG_TRY(is_risky(g->graph, of.expr, of.with_params, &risky));
    for (size_t i = 0; risky && !finite && i < sizeof places / sizeof places[0]; i++) {
        OG_TRY(is_finite_at(g, of.expr, of.with_params, places[i], &finite));
        if (finite)
            OG_TRY(replace_leaves(g->graph, &of, places[i], expr));
    }
    return OG_OK;
}

/* A choice with guarded branches; min and max become one when an operand needs it. */
static og_status guard_node(const guard *g, og__expr expr, og__expr *result)
{
    og__expr_node node = g->graph->nodes[expr];
    bool extreme = node.op == OG_OP_MIN || node.op == OG_OP_MAX, risky = false, risky_too = false;
    *result = expr;
    if (extreme) {
        OG_TRY(is_risky(g->graph, node.args[0], false, &risky));
        OG_TRY(is_risky(g->graph, node.args[1], false, &risky_too));
        if (!risky && !risky_too)
            return OG_OK;
        og__op op = node.op == OG_OP_MIN ? OG_OP_GE : OG_OP_LE; /* a tie takes the second: derive.c */
        og__expr first = node.args[0];
        node.args[0] = og__expr_2(g->graph, op, node.args[0], node.args[1]);
        node.args[2] = first;
    } else if (node.op != OG_OP_WHERE) {
        return OG_OK;
    }
    OG_TRY(guard_branch(g, node.args[0], true, &node.args[1]));
    OG_TRY(guard_branch(g, node.args[0], false, &node.args[2]));
    *result = og__expr_where(g->graph, node.args[0], node.args[1], node.args[2]);
    return og__exprs_status(g->graph);
}

og_status og__code_guard(const og__exprs *graph, og__expr root, size_t param_count, const double *params,
                         og__exprs *safe, og__expr *result)
{
    guard g = {.graph = safe, .param_count = param_count, .params = params};
    og_status status = OG_OK;
    og__expr *copies = NULL, last;
    *result = og__expr_substitute(safe, graph, root, og__expr_input(safe, OG_INPUT_X), NULL);
    OG_TRY(og__exprs_status(safe));
    last = *result;
    OG_GO(og__alloc((size_t)last + 1, sizeof *copies, &copies));
    for (og__expr i = 0; i <= last; i++) {
        copies[i] = rebuild(safe, i, copies);
        OG_GO(guard_node(&g, copies[i], &copies[i]));
    }
    *result = copies[last];
    status = og__exprs_status(safe);
done:
    free(copies);
    return status;
}

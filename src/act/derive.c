/* Derivatives as expressions. Each node is differentiated once, in order, so that the cost and the size stay linear in
 * the size of the formula. */
#include "act/expression.h"

#include <stdlib.h>

#include "act/parse.h"
#include "base/memory.h"

static const char *const rules[OG_OP_COUNT] = {
#define OG_FUNCTION(op, name, derivative, reference) [OG_OP_##op] = derivative,
#define OG_OPERATOR(op, arity, reference, code)
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};

static bool is_zero(const og__exprs *graph, og__expr expr)
{
    return graph->nodes[expr].op == OG_OP_NUMBER && graph->nodes[expr].number == 0;
}

static og__expr sum(og__exprs *graph, og__expr u, og__expr v)
{
    return og__expr_2(graph, OG_OP_ADD, u, v);
}

static og__expr product(og__exprs *graph, og__expr u, og__expr v)
{
    return og__expr_2(graph, OG_OP_MUL, u, v);
}

static og__expr quotient(og__exprs *graph, og__expr u, og__expr v)
{
    return og__expr_2(graph, OG_OP_DIV, u, v);
}

/* f(u): f'(u) u', by the table. */
static og__expr derive_function(og__exprs *graph, og__op op, og__expr u, og__expr du)
{
    if (is_zero(graph, du))
        return du;
    og__expr slope = 0;
    og_status status = og__parse_rule(graph, rules[op], u, &slope);
    if (status != OG_OK && graph->status == OG_OK)
        graph->status = status;
    return product(graph, slope, du);
}

static bool is_sum(const og__exprs *graph, og__expr expr)
{
    og__op op = graph->nodes[expr].op;
    return op == OG_OP_ADD || op == OG_OP_SUB;
}

/* u / v: (u' v - u v') / v^2 where the difference can be written without one, as for x / (1 + |x|); else
 * (u' - (u/v) v') / v, which overflows later. */
static og__expr derive_quotient(og__exprs *graph, og__expr self, og__expr u, og__expr v, og__expr du, og__expr dv)
{
    if (is_zero(graph, dv))
        return quotient(graph, du, v);
    if (is_zero(graph, du) && graph->nodes[u].op != OG_OP_NUMBER)
        return og__expr_1(graph, OG_OP_NEG, product(graph, self, quotient(graph, dv, v)));
    og__expr above = og__expr_2(graph, OG_OP_SUB, product(graph, du, v), product(graph, u, dv));
    if (graph->nodes[above].op == OG_OP_NUMBER) { /* v^2 would overflow before its reciprocal is a denormal */
        og__expr reciprocal = quotient(graph, og__expr_number(graph, 1), v);
        return product(graph, above, product(graph, reciprocal, reciprocal));
    }
    if (!is_sum(graph, above))
        return quotient(graph, above, product(graph, v, v));
    return quotient(graph, og__expr_2(graph, OG_OP_SUB, du, product(graph, self, dv)), v);
}

/* u v: u' v + u v'; but u v^(-1/2): (u' v - u v'/2) v^(-3/2) where the difference can be written without one, as for
 * x rsqrt(1 + x^2). */
static og__expr derive_product(og__exprs *graph, og__expr u, og__expr v, og__expr du, og__expr dv, og__expr d_base)
{
    if (u == v)
        return product(graph, og__expr_number(graph, 2), product(graph, u, du));
    if (graph->nodes[v].op == OG_OP_RSQRT && !is_zero(graph, d_base)) {
        og__expr base = graph->nodes[v].args[0];
        og__expr half = product(graph, og__expr_number(graph, 0.5), d_base);
        og__expr above = og__expr_2(graph, OG_OP_SUB, product(graph, du, base), product(graph, u, half));
        if (!is_sum(graph, above))
            return product(graph, above, quotient(graph, v, base));
    }
    return sum(graph, product(graph, du, v), product(graph, u, dv));
}

/* u^v: v u^(v-1) u' + u^v ln(u) v', where 0^v counts as constant in v, as in PyTorch. */
static og__expr derive_power(og__exprs *graph, og__expr self, og__expr u, og__expr v, og__expr du, og__expr dv)
{
    og__expr zero = og__expr_number(graph, 0), slope = zero;
    if (!is_zero(graph, du)) {
        og__expr less = og__expr_2(graph, OG_OP_SUB, v, og__expr_number(graph, 1));
        slope = product(graph, product(graph, v, og__expr_2(graph, OG_OP_POW, u, less)), du);
    }
    if (!is_zero(graph, dv)) {
        og__expr by_exponent = product(graph, product(graph, self, og__expr_1(graph, OG_OP_LOG, u)), dv);
        og__expr at_zero = og__expr_2(graph, OG_OP_EQ, u, zero);
        slope = sum(graph, slope, og__expr_where(graph, at_zero, zero, by_exponent));
    }
    return slope;
}

/* At a tie the second operand's derivative counts: 0 for max(x, 0) at 0, and 0 at both ends of a clamp. */
static og__expr derive_extreme(og__exprs *graph, const og__expr_node *node, og__expr du, og__expr dv)
{
    og__op comparison = node->op == OG_OP_MAX ? OG_OP_GT : OG_OP_LT;
    return og__expr_where(graph, og__expr_2(graph, comparison, node->args[0], node->args[1]), du, dv);
}

static og__expr derive_node(og__exprs *graph, og__expr self, og__expr leaf, const og__expr *slopes)
{
    const og__expr_node node = graph->nodes[self]; /* a copy: the graph moves as it grows */
    og__expr u = node.args[0], v = node.args[1];
    og__expr du = slopes[u], dv = slopes[v], dw = slopes[node.args[2]];
    switch (node.op) {
    case OG_OP_NUMBER:
        return og__expr_number(graph, 0);
    case OG_OP_INPUT:
    case OG_OP_PARAM:
        return og__expr_number(graph, self == leaf);
    case OG_OP_ADD:
        return sum(graph, du, dv);
    case OG_OP_SUB:
        return og__expr_2(graph, OG_OP_SUB, du, dv);
    case OG_OP_NEG:
        return og__expr_1(graph, OG_OP_NEG, du);
    case OG_OP_MUL:
        return graph->nodes[u].op == OG_OP_RSQRT ? derive_product(graph, v, u, dv, du, slopes[graph->nodes[u].args[0]])
                                                 : derive_product(graph, u, v, du, dv, slopes[graph->nodes[v].args[0]]);
    case OG_OP_DIV:
        return derive_quotient(graph, self, u, v, du, dv);
    case OG_OP_POW:
        return derive_power(graph, self, u, v, du, dv);
    case OG_OP_MIN:
    case OG_OP_MAX:
        return derive_extreme(graph, &node, du, dv);
    case OG_OP_WHERE:
        return og__expr_where(graph, u, dv, dw);
    default:
        return og__op_is_comparison(node.op) ? og__expr_number(graph, 0) : derive_function(graph, node.op, u, du);
    }
}

og_status og__derive(og__exprs *graph, og__expr expr, og__expr leaf, og__expr *derivative)
{
    og_status status = OG_OK;
    og__expr *slopes = NULL;
    bool *needed = NULL;
    *derivative = 0;
    OG_GO(og__alloc((size_t)expr + 1, sizeof *slopes, &slopes));
    OG_GO(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    og__exprs_mark(graph, 1, &expr, needed);
    for (og__expr i = 0; i <= expr; i++)
        if (needed[i])
            slopes[i] = derive_node(graph, i, leaf, slopes);
    *derivative = slopes[expr];
    status = og__exprs_status(graph);
done:
    free(slopes);
    free(needed);
    return status;
}

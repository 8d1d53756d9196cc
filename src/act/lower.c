#include "act/lower.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

static const og__type types[OG_OP_COUNT] = {
#define OG_FUNCTION(op, name, derivative, reference)
#define OG_OPERATOR(op, arity, reference, code)
#define OG_LOWERED(op, result, arity, U, V, W, code) [OG_OP_##op] = OG_TYPE_##result,
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};

og__type og__op_type(og__op op)
{
    return types[op];
}

/* What a function becomes: v F(u) and v F(u + low); or F(u) of a double. */
typedef struct fused {
    og__op times, wide;
} fused;

#define PAIR(op) [OG_OP_##op] = {OG_OP_##op##_TIMES, OG_OP_##op##_WIDE}
static const fused fusions[OG_OP_COUNT] = {
    PAIR(EXP),           PAIR(EXPM1),          PAIR(SIGMOID), PAIR(LOG_SIGMOID), PAIR(SOFTPLUS),   PAIR(SECH2),
    PAIR(TANH_SOFTPLUS), PAIR(SECH2_SOFTPLUS), PAIR(ERFC),    PAIR(GAUSSIAN),    PAIR(NORMAL_CDF), PAIR(NORMAL_PDF),
};
static const og__op wide_operators[OG_OP_COUNT] = {
    [OG_OP_ADD] = OG_OP_WIDE_ADD, [OG_OP_SUB] = OG_OP_WIDE_SUB, [OG_OP_MUL] = OG_OP_WIDE_MUL,
    [OG_OP_DIV] = OG_OP_WIDE_DIV, [OG_OP_NEG] = OG_OP_WIDE_NEG,
};

typedef struct lowering {
    const og__exprs *source;
    og__exprs *graph;
    og__expr *copies; /* copies[node of source]: its float */
    og__expr *wides;  /* its double, 0 where not made yet */
    bool *arithmetic; /* made of leaves and wide_operators alone */
} lowering;

static const og__expr_node *node_at(const lowering *l, og__expr expr)
{
    return &l->source->nodes[expr];
}

static og__expr intern(const lowering *l, og__op op, og__expr u, og__expr v, og__expr w)
{
    return og__exprs_intern(l->graph, (og__expr_node){.op = op, .args = {u, v, w}});
}

static bool is_leaf(const og__expr_node *node)
{
    return og__op_arity(node->op) == 0;
}

/* Whether a node's float has no rounding error: choosing, a change of sign and a product with a power of two make none.
 * A number that is chosen from counts as the float that it becomes. */
static bool is_exact(const lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    int exponent;
    switch (node->op) {
    case OG_OP_NUMBER:
        return (double)(float)node->number == node->number;
    case OG_OP_NEG:
    case OG_OP_ABS:
        return is_exact(l, node->args[0]);
    case OG_OP_MIN:
    case OG_OP_MAX:
        return is_exact(l, node->args[0]) &&
               (node_at(l, node->args[1])->op == OG_OP_NUMBER || is_exact(l, node->args[1]));
    case OG_OP_MUL:
        return node_at(l, node->args[0])->op == OG_OP_NUMBER &&
               fabs(frexp(node_at(l, node->args[0])->number, &exponent)) == 0.5 && is_exact(l, node->args[1]);
    default:
        return is_leaf(node);
    }
}

static bool is_arithmetic(const lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    if (!wide_operators[node->op])
        return is_leaf(node) || is_exact(l, expr);
    for (int k = 0; k < og__op_arity(node->op); k++)
        if (!l->arithmetic[node->args[k]])
            return false;
    return true;
}

/* The arguments come first in the graph, so that the depth of this is that of the formula, which the parser bounds. */
static og__expr widen(lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    if (node->op == OG_OP_NUMBER)
        return og__exprs_intern(l->graph, (og__expr_node){.op = OG_OP_WIDE_NUMBER, .number = node->number});
    if (!wide_operators[node->op])
        return intern(l, OG_OP_WIDE_FLOAT, l->copies[expr], 0, 0);
    if (!l->wides[expr]) {
        og__expr u = widen(l, node->args[0]), v = og__op_arity(node->op) > 1 ? widen(l, node->args[1]) : 0;
        l->wides[expr] = intern(l, wide_operators[node->op], u, v, 0);
    }
    return l->wides[expr];
}

/* v F(u), v = 0 standing for none. */
static og__expr fuse(lowering *l, og__op op, og__expr v, og__expr u)
{
    if (l->arithmetic[u] && !is_exact(l, u)) {
        og__expr wide = widen(l, u), one = og__expr_number(l->graph, 1);
        og__expr high = intern(l, OG_OP_WIDE_HIGH, wide, 0, 0), low = intern(l, OG_OP_WIDE_LOW, wide, 0, 0);
        return intern(l, fusions[op].wide, v ? v : one, high, low);
    }
    return v ? intern(l, fusions[op].times, v, l->copies[u], 0) : intern(l, op, l->copies[u], 0, 0);
}

enum { FACTORS_MAX = 8 };

/* The functions in a product of nothing else, such as sigmoid(x)*sigmoid(-x). */
typedef struct product {
    og__expr functions[FACTORS_MAX];
    int count;
} product;

static bool add_functions(const lowering *l, og__expr expr, product *p)
{
    const og__expr_node *node = node_at(l, expr);
    if (node->op == OG_OP_MUL)
        return add_functions(l, node->args[0], p) && add_functions(l, node->args[1], p);
    if (!fusions[node->op].times || p->count == FACTORS_MAX)
        return false;
    p->functions[p->count++] = expr;
    return true;
}

/* functions, or c times functions for a number or parameter c. */
static bool find_functions(const lowering *l, og__expr expr, product *p, og__expr *c)
{
    const og__expr_node *node = node_at(l, expr);
    *p = (product){0};
    *c = 0;
    if (add_functions(l, expr, p))
        return true;
    *p = (product){0};
    if (node->op != OG_OP_MUL)
        return false;
    *c = node->args[0]; /* where simplify.c puts it */
    og__op op = node_at(l, *c)->op;
    return (op == OG_OP_NUMBER || op == OG_OP_PARAM) && add_functions(l, node->args[1], p);
}

/* v times functions: each takes in the product so far, so that none is a denormal before the end. Other products stay
 * grouped as they are, lest they overflow. */
static og__expr lower_product(lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    for (int k = 0; k < 2; k++) {
        product p;
        og__expr c;
        if (!find_functions(l, node->args[k], &p, &c))
            continue;
        og__expr v = l->copies[node->args[1 - k]];
        if (c)
            v = intern(l, OG_OP_MUL, l->copies[c], v, 0);
        for (int i = 0; i < p.count; i++)
            v = fuse(l, node_at(l, p.functions[i])->op, v, node_at(l, p.functions[i])->args[0]);
        return v;
    }
    return intern(l, OG_OP_MUL, l->copies[node->args[0]], l->copies[node->args[1]], 0);
}

static og__expr lower_node(lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    og__expr u = node->args[0];
    if (is_leaf(node))
        return og__exprs_intern(l->graph, (og__expr_node){
                                              .op = node->op,
                                              .input = node->input,
                                              .param = node->param,
                                              .number = node->number,
                                          });
    if (node->op == OG_OP_MUL)
        return lower_product(l, expr);
    if (fusions[node->op].times)
        return fuse(l, node->op, 0, u);
    if ((node->op == OG_OP_SIN || node->op == OG_OP_COS) && l->arithmetic[u] && !is_exact(l, u))
        return intern(l, node->op == OG_OP_SIN ? OG_OP_SIN_WIDE : OG_OP_COS_WIDE, widen(l, u), 0, 0);
    og__expr args[OG_EXPR_ARGS_MAX] = {0};
    for (int k = 0; k < og__op_arity(node->op); k++)
        args[k] = l->copies[node->args[k]];
    return intern(l, node->op, args[0], args[1], args[2]);
}

og_status og__lower(const og__exprs *source, int root_count, const og__expr *roots, og__exprs *graph, og__expr *lowered)
{
    lowering l = {.source = source, .graph = graph};
    og_status status = OG_OK;
    bool *needed = NULL;
    size_t count = (size_t)source->count;
    OG_GO(og__exprs_init(graph));
    OG_GO(og__alloc(count, sizeof *needed, &needed));
    OG_GO(og__alloc(count, sizeof *l.copies, &l.copies));
    OG_GO(og__alloc(count, sizeof *l.wides, &l.wides));
    OG_GO(og__alloc(count, sizeof *l.arithmetic, &l.arithmetic));
    og__exprs_mark(source, root_count, roots, needed);
    for (og__expr i = 0; i < source->count; i++)
        if (needed[i]) {
            l.arithmetic[i] = is_arithmetic(&l, i);
            l.copies[i] = lower_node(&l, i);
        }
    for (int r = 0; r < root_count; r++)
        lowered[r] = l.copies[roots[r]];
    status = og__exprs_status(graph);
done:
    free(needed);
    free(l.copies);
    free(l.wides);
    free(l.arithmetic);
    return status;
}

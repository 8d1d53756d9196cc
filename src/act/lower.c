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

/* A product with a power of two, or a change of sign, does not round. */
static bool is_exact(const lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    int exponent;
    if (node->op == OG_OP_NUMBER)
        return (double)(float)node->number == node->number;
    if (is_leaf(node))
        return true;
    if (node->op == OG_OP_NEG)
        return is_exact(l, node->args[0]);
    return node->op == OG_OP_MUL && node_at(l, node->args[0])->op == OG_OP_NUMBER &&
           fabs(frexp(node_at(l, node->args[0])->number, &exponent)) == 0.5 && is_exact(l, node->args[1]);
}

static bool is_arithmetic(const lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    bool all = is_leaf(node) || wide_operators[node->op] != 0;
    for (int k = 0; k < og__op_arity(node->op); k++)
        all = all && l->arithmetic[node->args[k]];
    return all;
}

/* The arguments come first in the graph, so that the depth of this is that of the formula, which the parser bounds. */
static og__expr widen(lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    if (node->op == OG_OP_NUMBER)
        return og__exprs_intern(l->graph, (og__expr_node){.op = OG_OP_WIDE_NUMBER, .number = node->number});
    if (is_leaf(node))
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

/* The fusible functions among the factors of a product, and what is left as one product (0: nothing). */
typedef struct product {
    og__expr functions[FACTORS_MAX];
    int count;
    og__expr rest;
} product;

static void split(lowering *l, og__expr expr, int depth, product *p)
{
    const og__expr_node *node = node_at(l, expr);
    if (node->op == OG_OP_MUL && depth < 3 && node->args[0] != node->args[1]) {
        split(l, node->args[0], depth + 1, p);
        split(l, node->args[1], depth + 1, p);
    } else if (fusions[node->op].times && p->count < FACTORS_MAX)
        p->functions[p->count++] = expr;
    else
        p->rest = p->rest ? intern(l, OG_OP_MUL, p->rest, l->copies[expr], 0) : l->copies[expr];
}

static og__expr lower_product(lowering *l, og__expr expr)
{
    product p = {0};
    const og__expr_node *node = node_at(l, expr);
    split(l, expr, 0, &p);
    if (p.count == 0)
        return intern(l, OG_OP_MUL, l->copies[node->args[0]], l->copies[node->args[1]], 0);
    for (int i = 0; i < p.count; i++)
        p.rest = fuse(l, node_at(l, p.functions[i])->op, p.rest, node_at(l, p.functions[i])->args[0]);
    return p.rest;
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

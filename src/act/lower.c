#include "act/lower.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* What a function becomes: v F(u) and v F(u + low). */
typedef struct fused {
    og__op times, wide;
} fused;

#define PAIR(op) [OG_OP_##op] = {OG_OP_##op##_TIMES, OG_OP_##op##_WIDE}
static const fused fusions[OG_OP_COUNT] = {
    PAIR(EXP),           PAIR(EXPM1),          PAIR(SIGMOID), PAIR(LOG_SIGMOID), PAIR(SOFTPLUS),   PAIR(SECH2),
    PAIR(TANH_SOFTPLUS), PAIR(SECH2_SOFTPLUS), PAIR(ERFC),    PAIR(GAUSSIAN),    PAIR(NORMAL_CDF), PAIR(NORMAL_PDF),
};

/* The unevaluated sum of two floats, the second a few roundings of the first; 0 for none. */
typedef struct pair {
    og__expr high, low;
} pair;

typedef struct lowering {
    const og__exprs *source;
    og__exprs *graph;
    og__expr *copies; /* copies[node of source]: its float */
    pair *wides;      /* its pair, 0 where not made yet */
    bool *arithmetic; /* made of leaves and + - * / alone */
    bool *constant;   /* the same for all elements of a channel */
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

static bool is_power_of_two(const og__expr_node *node)
{
    int exponent;
    return node->op == OG_OP_NUMBER && fabs(frexp(node->number, &exponent)) == 0.5;
}

/* Whether a node's float has no rounding error: choosing, a change of sign and a product with a power of two make none.
 * A number that is chosen from counts as the float that it becomes. */
static bool is_exact(const lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
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
        return is_power_of_two(node_at(l, node->args[0])) && is_exact(l, node->args[1]);
    default:
        return is_leaf(node);
    }
}

static bool is_arithmetic(const lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    switch (node->op) {
    case OG_OP_ADD:
    case OG_OP_SUB:
    case OG_OP_MUL:
    case OG_OP_DIV:
        return l->arithmetic[node->args[0]] && l->arithmetic[node->args[1]];
    case OG_OP_NEG:
        return l->arithmetic[node->args[0]];
    default:
        return is_leaf(node) || is_exact(l, expr);
    }
}

static bool is_constant(const lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    bool constant = node->op != OG_OP_INPUT;
    for (int k = 0; k < og__op_arity(node->op); k++)
        constant &= l->constant[node->args[k]];
    return constant;
}

/* --- pairs -------------------------------------------------------------------------------------------------------- */

static og__expr negative(const lowering *l, og__expr u)
{
    return u ? intern(l, OG_OP_NEG, u, 0, 0) : 0;
}

static og__expr product(const lowering *l, og__expr u, og__expr v)
{
    return u && v ? intern(l, OG_OP_MUL, u, v, 0) : 0;
}

static og__expr sum(const lowering *l, og__expr u, og__expr v)
{
    return u && v ? intern(l, OG_OP_ADD, u, v, 0) : u ? u : v;
}

static pair pair_negative(const lowering *l, pair u)
{
    return (pair){negative(l, u.high), negative(l, u.low)};
}

static pair pair_product(const lowering *l, pair u, pair v)
{
    const og__expr_node *factor = &l->graph->nodes[u.high];
    if (factor->op == OG_OP_NUMBER && factor->number == 1)
        return v;
    bool exact = is_power_of_two(factor) || is_power_of_two(&l->graph->nodes[v.high]);
    pair result = {.high = product(l, u.high, v.high)};
    if (!exact)
        result.low = intern(l, OG_OP_PRODUCT_LOW, u.high, v.high, result.high);
    result.low = sum(l, result.low, product(l, u.high, v.low));
    result.low = sum(l, result.low, product(l, u.low, v.high));
    return result;
}

static pair pair_sum(const lowering *l, pair u, pair v)
{
    pair result = {.high = sum(l, u.high, v.high)};
    result.low = intern(l, OG_OP_SUM_LOW, u.high, v.high, result.high);
    result.low = sum(l, result.low, sum(l, u.low, v.low));
    return result;
}

/* u / v = q + (u - q v) / v */
static pair pair_quotient(const lowering *l, pair u, pair v)
{
    pair result = {.high = intern(l, OG_OP_DIV, u.high, v.high, 0)};
    og__expr excess = intern(l, OG_OP_PRODUCT_LOW, result.high, v.high, u.high);
    excess = sum(l, excess, product(l, result.high, v.low));
    excess = sum(l, excess, negative(l, u.low));
    result.low = negative(l, intern(l, OG_OP_DIV, excess, v.high, 0));
    return result;
}

static pair pair_number(const lowering *l, double number)
{
    double rest = number - (double)(float)number;
    pair result = {.high = og__expr_number(l->graph, number)};
    if (rest != 0)
        result.low = og__expr_number(l->graph, rest);
    return result;
}

static pair widen(lowering *l, og__expr expr);

/* c u for a product or quotient, c being what is the same for all elements: computed once for all of them. */
static pair widen_product(lowering *l, og__expr expr)
{
    pair one = pair_number(l, 1), c = one;
    const og__expr_node *node = node_at(l, expr);
    for (; node->op == OG_OP_MUL || node->op == OG_OP_DIV; node = node_at(l, expr)) {
        og__expr u = node->args[0], v = node->args[1];
        if (l->constant[v]) {
            pair factor = widen(l, v);
            c = pair_product(l, c, node->op == OG_OP_DIV ? pair_quotient(l, one, factor) : factor);
            expr = u;
        } else if (l->constant[u] && node->op == OG_OP_MUL) {
            c = pair_product(l, c, widen(l, u));
            expr = v;
        } else {
            break;
        }
    }
    if (node->op != OG_OP_MUL && node->op != OG_OP_DIV)
        return pair_product(l, c, widen(l, expr));
    pair u = widen(l, node->args[0]), v = widen(l, node->args[1]);
    return pair_product(l, c, node->op == OG_OP_MUL ? pair_product(l, u, v) : pair_quotient(l, u, v));
}

/* The arguments come first in the graph, so that the depth of this is that of the formula, which the parser bounds. */
static pair widen(lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    pair *wide = &l->wides[expr];
    if (wide->high)
        return *wide;
    switch (node->op) {
    case OG_OP_NUMBER:
        *wide = pair_number(l, node->number);
        break;
    case OG_OP_ADD:
        *wide = pair_sum(l, widen(l, node->args[0]), widen(l, node->args[1]));
        break;
    case OG_OP_SUB:
        *wide = pair_sum(l, widen(l, node->args[0]), pair_negative(l, widen(l, node->args[1])));
        break;
    case OG_OP_NEG:
        *wide = pair_negative(l, widen(l, node->args[0]));
        break;
    case OG_OP_MUL:
    case OG_OP_DIV:
        *wide = widen_product(l, expr);
        break;
    default:
        *wide = (pair){.high = l->copies[expr]};
    }
    return *wide;
}

/* v F(u), v = 0 standing for none. */
static og__expr fuse(lowering *l, og__op op, og__expr v, og__expr u)
{
    pair wide = {0};
    if (l->arithmetic[u])
        wide = widen(l, u);
    if (wide.low) {
        og__expr one = og__expr_number(l->graph, 1);
        return intern(l, fusions[op].wide, v ? v : one, wide.high, intern(l, OG_OP_LOW, wide.low, 0, 0));
    }
    return v ? intern(l, fusions[op].times, v, l->copies[u], 0) : intern(l, op, l->copies[u], 0, 0);
}

/* --- products ----------------------------------------------------------------------------------------------------- */

enum { FACTORS_MAX = 8 };

/* The functions in a product of nothing else, such as sigmoid(x)*sigmoid(-x). */
typedef struct factors {
    og__expr functions[FACTORS_MAX];
    int count;
} factors;

static bool add_functions(const lowering *l, og__expr expr, factors *p)
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
static bool find_functions(const lowering *l, og__expr expr, factors *p, og__expr *c)
{
    const og__expr_node *node = node_at(l, expr);
    *p = (factors){0};
    *c = 0;
    if (add_functions(l, expr, p))
        return true;
    *p = (factors){0};
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
        factors p;
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
    if ((node->op == OG_OP_SIN || node->op == OG_OP_COS) && l->arithmetic[u]) {
        pair wide = widen(l, u);
        return intern(l, node->op == OG_OP_SIN ? OG_OP_SIN_WIDE : OG_OP_COS_WIDE, wide.high, wide.low, 0);
    }
    if (node->op == OG_OP_DIV && l->constant[node->args[1]] && !l->constant[u]) {
        og__expr one = og__expr_number(l->graph, 1);
        return product(l, l->copies[u], intern(l, OG_OP_DIV, one, l->copies[node->args[1]], 0));
    }
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
    OG_GO(og__alloc(count, sizeof *l.constant, &l.constant));
    og__exprs_mark(source, root_count, roots, needed);
    for (og__expr i = 0; i < source->count; i++)
        if (needed[i]) {
            l.arithmetic[i] = is_arithmetic(&l, i);
            l.constant[i] = is_constant(&l, i);
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
    free(l.constant);
    return status;
}

#include "act/lower.h"

#include <stdlib.h>

#include "act/choice.h"
#include "act/pair.h"
#include "base/memory.h"

/* What a function becomes: F(u), v F(u) and v F(u + low). */
typedef struct fused {
    og__op plain, times, wide;
} fused;

#define PAIR(op) [OG_OP_##op] = {OG_OP_##op, OG_OP_##op##_TIMES, OG_OP_##op##_WIDE}
static const fused fusions[OG_OP_COUNT] = {
    PAIR(EXP),           PAIR(EXPM1),          PAIR(SIGMOID), PAIR(LOG_SIGMOID), PAIR(SOFTPLUS),   PAIR(SECH2),
    PAIR(TANH_SOFTPLUS), PAIR(SECH2_SOFTPLUS), PAIR(ERFC),    PAIR(GAUSSIAN),    PAIR(NORMAL_CDF), PAIR(NORMAL_PDF),
};
static const fused sigmoid_slope = {OG_OP_SIGMOID_SLOPE, OG_OP_SIGMOID_SLOPE_TIMES, OG_OP_SIGMOID_SLOPE_WIDE};
static const fused tanh_softplus_slope = {OG_OP_TANH_SOFTPLUS_SLOPE, OG_OP_TANH_SOFTPLUS_SLOPE_TIMES,
                                          OG_OP_TANH_SOFTPLUS_SLOPE_WIDE};

typedef struct lowering {
    const og__exprs *source;
    og__exprs *graph;
    og__expr *copies; /* copies[node of source]: its float */
    og__pair *wides;  /* its pair, 0 where not made yet */
    bool *arithmetic; /* made of leaves and + - * / alone */
    bool *constant;   /* the same for all elements of a channel */
    og__expr *seen;   /* a quotient of the root being looked at that has it for its denominator */
    bool *shared;     /* some root has several such quotients */
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
        return og__is_power_of_two(node_at(l, node->args[0])) && is_exact(l, node->args[1]);
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
    case OG_OP_WHERE:
        return l->arithmetic[node->args[1]] && l->arithmetic[node->args[2]];
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

static og__pair widen(lowering *l, og__expr expr);

/* c u for a product or quotient, c being what is the same for all elements: computed once for all of them. A sign goes
 * in front, so that F(u) and G(-u) share the product. */
static og__pair widen_product(lowering *l, og__expr expr)
{
    og__pair one = og__pair_number(l->graph, 1), c = one;
    bool negated = false;
    const og__expr_node *node = node_at(l, expr);
    for (; node->op == OG_OP_MUL || node->op == OG_OP_DIV; node = node_at(l, expr)) {
        og__expr u = node->args[0], v = node->args[1];
        if (l->constant[v]) {
            og__pair factor = widen(l, v);
            c = og__pair_product(l->graph, c,
                                 node->op == OG_OP_DIV ? og__pair_quotient(l->graph, one, factor) : factor);
            expr = u;
        } else if (l->constant[u] && node->op == OG_OP_MUL) {
            const og__expr_node *number = node_at(l, u);
            bool negate = number->op == OG_OP_NUMBER && number->number < 0;
            c = og__pair_product(l->graph, c, negate ? og__pair_number(l->graph, -number->number) : widen(l, u));
            negated ^= negate;
            expr = v;
        } else {
            break;
        }
    }
    og__pair rest;
    if (node->op == OG_OP_MUL)
        rest = og__pair_product(l->graph, widen(l, node->args[0]), widen(l, node->args[1]));
    else if (node->op == OG_OP_DIV)
        rest = og__pair_quotient(l->graph, widen(l, node->args[0]), widen(l, node->args[1]));
    else
        rest = widen(l, expr);
    og__pair result = og__pair_product(l->graph, c, rest);
    return negated ? og__pair_negative(l->graph, result) : result;
}

/* The arguments come first in the graph, so that the depth of this is that of the formula, which the parser bounds. */
static og__pair widen(lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    og__pair *wide = &l->wides[expr];
    if (wide->high)
        return *wide;
    switch (node->op) {
    case OG_OP_NUMBER:
        *wide = og__pair_number(l->graph, node->number);
        break;
    case OG_OP_ADD:
        *wide = og__pair_sum(l->graph, widen(l, node->args[0]), widen(l, node->args[1]));
        break;
    case OG_OP_SUB:
        *wide = og__pair_sum(l->graph, widen(l, node->args[0]), og__pair_negative(l->graph, widen(l, node->args[1])));
        break;
    case OG_OP_NEG:
        *wide = og__pair_negative(l->graph, widen(l, node->args[0]));
        break;
    case OG_OP_MUL:
    case OG_OP_DIV:
        *wide = widen_product(l, expr);
        break;
    case OG_OP_WHERE:
        *wide = og__pair_where(l->graph, l->copies[node->args[0]], widen(l, node->args[1]), widen(l, node->args[2]));
        break;
    default:
        *wide = (og__pair){.high = l->copies[expr]};
    }
    return *wide;
}

static bool is_even(og__op op)
{
    return op == OG_OP_SIGMOID_SLOPE || op == OG_OP_SECH2 || op == OG_OP_GAUSSIAN || op == OG_OP_NORMAL_PDF;
}

/* u or -u, whichever is there without a sign, so that F(u) and G(-u) share what they compute. */
static og__pair without_sign(const lowering *l, og__pair u)
{
    const og__expr_node *high = &l->graph->nodes[u.high], *low = &l->graph->nodes[u.low];
    bool negated = high->op == OG_OP_NEG && (!u.low || low->op == OG_OP_NEG);
    return negated ? (og__pair){high->args[0], low->args[0]} : u;
}

/* v F(u), v = 0 standing for none. */
static og__expr fuse(lowering *l, fused f, og__expr v, og__expr u)
{
    og__expr one = og__expr_number(l->graph, 1);
    og__pair at = l->arithmetic[u] ? widen(l, u) : (og__pair){.high = l->copies[u]};
    if (is_even(f.plain))
        at = without_sign(l, at);
    if (at.low)
        return intern(l, f.wide, v ? v : one, at.high, intern(l, OG_OP_LOW, at.low, 0, 0));
    return v ? intern(l, f.times, v, at.high, 0) : intern(l, f.plain, at.high, 0, 0);
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

/* functions, or c times functions for a number or parameter c; none that are the same for all elements, for these are
 * computed once. */
static bool find_functions(const lowering *l, og__expr expr, factors *p, og__expr *c)
{
    const og__expr_node *node = node_at(l, expr);
    *p = (factors){0};
    *c = 0;
    if (l->constant[expr])
        return false;
    if (add_functions(l, expr, p))
        return true;
    *p = (factors){0};
    if (node->op != OG_OP_MUL)
        return false;
    *c = node->args[0]; /* where simplify.c puts it */
    og__op op = node_at(l, *c)->op;
    return (op == OG_OP_NUMBER || op == OG_OP_PARAM) && add_functions(l, node->args[1], p);
}

/* Whether u = -v, as simplify.c writes it. */
static bool is_opposite(const lowering *l, og__expr u, og__expr v)
{
    const og__expr_node *a = node_at(l, u), *b = node_at(l, v);
    if (a->op == OG_OP_NEG || b->op == OG_OP_NEG)
        return a->op == OG_OP_NEG ? a->args[0] == v : b->args[0] == u;
    if (a->op == OG_OP_SUB && b->op == OG_OP_SUB)
        return a->args[0] == b->args[1] && a->args[1] == b->args[0];
    if (a->op != OG_OP_MUL || b->op != OG_OP_MUL || a->args[1] != b->args[1])
        return false;
    const og__expr_node *c = node_at(l, a->args[0]), *d = node_at(l, b->args[0]);
    return c->op == OG_OP_NUMBER && d->op == OG_OP_NUMBER && c->number == -d->number;
}

/* What two functions make together, or NULL: the derivative of sigmoid, sigmoid(u)*sigmoid(-u), or that of
 * tanh_softplus, sech2_softplus(u)*sigmoid(u). */
static const fused *find_joined(const lowering *l, og__expr u, og__expr v)
{
    const og__expr_node *a = node_at(l, u), *b = node_at(l, v);
    bool sigmoids = a->op == OG_OP_SIGMOID && b->op == OG_OP_SIGMOID;
    bool mixed = (a->op == OG_OP_SIGMOID && b->op == OG_OP_SECH2_SOFTPLUS) ||
                 (a->op == OG_OP_SECH2_SOFTPLUS && b->op == OG_OP_SIGMOID);
    if (sigmoids && is_opposite(l, a->args[0], b->args[0]))
        return &sigmoid_slope;
    return mixed && a->args[0] == b->args[0] ? &tanh_softplus_slope : NULL;
}

/* The i-th function of a product, or what it makes with a later one, which is taken out then. */
static fused take_function(const lowering *l, factors *p, int i)
{
    for (int k = i + 1; k < p->count; k++) {
        const fused *joined = find_joined(l, p->functions[i], p->functions[k]);
        if (!joined)
            continue;
        p->functions[k] = p->functions[--p->count];
        return *joined;
    }
    return fusions[node_at(l, p->functions[i])->op];
}

/* v times functions, v = 0 standing for none: each takes in the product so far, so that none is a denormal before the
 * end. */
static og__expr fuse_functions(lowering *l, og__expr v, factors *p)
{
    for (int i = 0; i < p->count; i++)
        v = fuse(l, take_function(l, p, i), v, node_at(l, p->functions[i])->args[0]);
    return v;
}

/* Products without functions stay grouped as they are, lest they overflow. */
static og__expr lower_product(lowering *l, og__expr expr)
{
    const og__expr_node *node = node_at(l, expr);
    factors p = {0};
    og__expr c;
    if (!l->constant[expr] && add_functions(l, expr, &p))
        return fuse_functions(l, 0, &p);
    for (int k = 0; k < 2; k++)
        if (find_functions(l, node->args[k], &p, &c)) {
            og__expr v = l->copies[node->args[1 - k]];
            return fuse_functions(l, c ? intern(l, OG_OP_MUL, l->copies[c], v, 0) : v, &p);
        }
    return intern(l, OG_OP_MUL, l->copies[node->args[0]], l->copies[node->args[1]], 0);
}

/* u / v as a product with 1 / v, which is computed once for all elements or for several quotients. It may be 1.5 units
 * in the last place off instead of 0.5, and counts on 1 / v not being a denormal. */
static og__expr lower_quotient(lowering *l, const og__expr_node *node)
{
    og__expr u = node->args[0], v = node->args[1];
    og__expr one = og__expr_number(l->graph, 1), below = l->copies[v];
    bool once = l->constant[v] && !l->constant[u];
    if (once || l->shared[v])
        return intern(l, OG_OP_MUL, l->copies[u], intern(l, OG_OP_DIV, one, below, 0), 0);
    return intern(l, OG_OP_DIV, l->copies[u], below, 0);
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
    if (node->op == OG_OP_DIV)
        return lower_quotient(l, node);
    if (fusions[node->op].times)
        return fuse(l, fusions[node->op], 0, u);
    if ((node->op == OG_OP_SIN || node->op == OG_OP_COS) && l->arithmetic[u]) {
        og__pair wide = widen(l, u);
        return intern(l, node->op == OG_OP_SIN ? OG_OP_SIN_WIDE : OG_OP_COS_WIDE, wide.high, wide.low, 0);
    }
    og__expr args[OG_EXPR_ARGS_MAX] = {0};
    for (int k = 0; k < og__op_arity(node->op); k++)
        args[k] = l->copies[node->args[k]];
    if (node->op == OG_OP_WHERE)
        return og__choice(l->graph, args[0], args[1], args[2]);
    return intern(l, node->op, args[0], args[1], args[2]);
}

/* Mark the denominators that quotients of one root share. */
static void find_shared(lowering *l, og__expr root, bool *needed)
{
    og__exprs_mark(l->source, 1, &root, needed);
    for (og__expr i = 0; i < l->source->count; i++)
        l->seen[i] = 0;
    for (og__expr i = 0; i <= root; i++) {
        const og__expr_node *node = node_at(l, i);
        if (!needed[i] || node->op != OG_OP_DIV)
            continue;
        l->shared[node->args[1]] |= l->seen[node->args[1]] > 0;
        l->seen[node->args[1]] = i;
    }
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
    OG_GO(og__alloc(count, sizeof *l.seen, &l.seen));
    OG_GO(og__alloc(count, sizeof *l.shared, &l.shared));
    for (int r = 0; r < root_count; r++)
        find_shared(&l, roots[r], needed);
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
    free(l.seen);
    free(l.shared);
    return status;
}

/* Expressions are simplified as they are made. A rule is taken only when the new form has at least the digits of the
 * old one for every finite x: it is exact, or it removes a cancellation (1 + erf(u) becomes erfc(-u)), or it moves a
 * constant factor, which costs half a unit in the last place at most. Three liberties: 0*u is 0 although u may be
 * infinite; the sign of a zero result may change; what cancels in a quotient may be 0 or infinite. */
#include "act/expression.h"

#include <float.h>
#include <math.h>

static bool is_op(const og__exprs *graph, og__expr expr, og__op op)
{
    return graph->nodes[expr].op == op;
}

static bool is_number(const og__exprs *graph, og__expr expr)
{
    return is_op(graph, expr, OG_OP_NUMBER);
}

static double number_of(const og__exprs *graph, og__expr expr)
{
    return graph->nodes[expr].number;
}

static bool is_exactly(const og__exprs *graph, og__expr expr, double number)
{
    return is_number(graph, expr) && number_of(graph, expr) == number;
}

static og__expr arg(const og__exprs *graph, og__expr expr, int index)
{
    return graph->nodes[expr].args[index];
}

static og__expr node_1(og__exprs *graph, og__op op, og__expr u)
{
    return og__exprs_intern(graph, (og__expr_node){.op = op, .args = {u}});
}

static og__expr node_2(og__exprs *graph, og__op op, og__expr u, og__expr v)
{
    return og__exprs_intern(graph, (og__expr_node){.op = op, .args = {u, v}});
}

static og__expr negative(og__exprs *graph, og__expr u)
{
    return og__expr_1(graph, OG_OP_NEG, u);
}

static og__expr product(og__exprs *graph, double factor, og__expr u)
{
    return og__expr_2(graph, OG_OP_MUL, og__expr_number(graph, factor), u);
}

/* Whether float32 code can use this number: neither lost in denormals nor infinite. */
static bool is_ordinary(double number)
{
    return number == 0 || (fabs(number) >= FLT_MIN && fabs(number) <= FLT_MAX);
}

/* u = factor * rest, with factor 1 when there is no constant in front. */
static double split_factor(const og__exprs *graph, og__expr u, og__expr *rest)
{
    *rest = u;
    if (is_op(graph, u, OG_OP_NEG)) {
        *rest = arg(graph, u, 0);
        return -1;
    }
    if (is_op(graph, u, OG_OP_MUL) && is_number(graph, arg(graph, u, 0))) {
        *rest = arg(graph, u, 1);
        return number_of(graph, arg(graph, u, 0));
    }
    return 1;
}

/* Fold operations on numbers, unless float32 could not hold the result. */
static bool fold(og__exprs *graph, og__op op, int arity, const og__expr *args, og__expr *result)
{
    double values[OG_EXPR_ARGS_MAX] = {0};
    for (int k = 0; k < arity; k++) {
        if (!is_number(graph, args[k]))
            return false;
        values[k] = number_of(graph, args[k]);
    }
    double value = og__op_evaluate(op, values[0], values[1], values[2]);
    if (!is_ordinary(value))
        return false;
    *result = og__expr_number(graph, value);
    return true;
}

/* --- one argument ------------------------------------------------------------------------------------------------- */

static og__expr make_negative(og__exprs *graph, og__expr u)
{
    if (is_op(graph, u, OG_OP_NEG))
        return arg(graph, u, 0);
    if (is_op(graph, u, OG_OP_SUB))
        return og__expr_2(graph, OG_OP_SUB, arg(graph, u, 1), arg(graph, u, 0));
    if (is_op(graph, u, OG_OP_MUL) && is_number(graph, arg(graph, u, 0)))
        return product(graph, -number_of(graph, arg(graph, u, 0)), arg(graph, u, 1));
    if (is_op(graph, u, OG_OP_DIV) && is_number(graph, arg(graph, u, 0)))
        return og__expr_2(graph, OG_OP_DIV, negative(graph, arg(graph, u, 0)), arg(graph, u, 1));
    return node_1(graph, OG_OP_NEG, u);
}

/* e^(c u^2) by the primitives that square without rounding. */
static og__expr make_exp(og__exprs *graph, og__expr u)
{
    og__expr rest;
    double factor = split_factor(graph, u, &rest);
    if (is_op(graph, rest, OG_OP_MUL) && arg(graph, rest, 0) == arg(graph, rest, 1)) {
        if (factor == -1)
            return og__expr_1(graph, OG_OP_GAUSSIAN, arg(graph, rest, 0));
        if (factor == -0.5)
            return product(graph, 2.5066282746310002, og__expr_1(graph, OG_OP_NORMAL_PDF, arg(graph, rest, 0)));
    }
    return node_1(graph, OG_OP_EXP, u);
}

/* ln(1 + v) and its relatives without the rounding of 1 + v. */
static og__expr make_log(og__exprs *graph, og__expr u)
{
    if (is_op(graph, u, OG_OP_SIGMOID))
        return og__expr_1(graph, OG_OP_LOG_SIGMOID, arg(graph, u, 0));
    if (is_op(graph, u, OG_OP_ADD) && is_exactly(graph, arg(graph, u, 1), 1))
        return og__expr_1(graph, OG_OP_LOG1P, arg(graph, u, 0));
    return node_1(graph, OG_OP_LOG, u);
}

/* erfc(+-u / sqrt 2) is the normal distribution, whose primitive does not round the quotient. */
static og__expr make_erfc(og__exprs *graph, og__expr u)
{
    og__expr rest;
    double factor = split_factor(graph, u, &rest);
    if (fabs(fabs(factor) - 0.70710678118654752440) < 1e-15)
        return product(graph, 2, og__expr_1(graph, OG_OP_NORMAL_CDF, factor < 0 ? rest : negative(graph, rest)));
    if (is_op(graph, rest, OG_OP_DIV) && fabs(factor) == 1 &&
        is_exactly(graph, arg(graph, rest, 1), 1.4142135623730951)) {
        og__expr z = arg(graph, rest, 0);
        return product(graph, 2, og__expr_1(graph, OG_OP_NORMAL_CDF, factor < 0 ? z : negative(graph, z)));
    }
    return node_1(graph, OG_OP_ERFC, u);
}

og__expr og__expr_1(og__exprs *graph, og__op op, og__expr u)
{
    og__expr result;
    if (fold(graph, op, 1, &u, &result))
        return result;
    switch (op) {
    case OG_OP_NEG:
        return make_negative(graph, u);
    case OG_OP_ABS:
        if (is_op(graph, u, OG_OP_NEG) || is_op(graph, u, OG_OP_ABS))
            return og__expr_1(graph, OG_OP_ABS, arg(graph, u, 0));
        break;
    case OG_OP_EXP:
        return make_exp(graph, u);
    case OG_OP_LOG:
        return make_log(graph, u);
    case OG_OP_LOG1P:
        if (is_op(graph, u, OG_OP_EXP))
            return og__expr_1(graph, OG_OP_SOFTPLUS, arg(graph, u, 0));
        break;
    case OG_OP_ERFC:
        return make_erfc(graph, u);
    case OG_OP_TANH:
        if (is_op(graph, u, OG_OP_SOFTPLUS))
            return og__expr_1(graph, OG_OP_TANH_SOFTPLUS, arg(graph, u, 0));
        break;
    case OG_OP_SECH2:
        if (is_op(graph, u, OG_OP_SOFTPLUS))
            return og__expr_1(graph, OG_OP_SECH2_SOFTPLUS, arg(graph, u, 0));
        break;
    default:
        break;
    }
    return node_1(graph, op, u);
}

/* --- sums --------------------------------------------------------------------------------------------------------- */

/* 1 + sign * v without cancellation, where v is a saturating function. */
static bool one_plus(og__exprs *graph, int sign, og__expr v, og__expr *result)
{
    og__expr u = arg(graph, v, 0);
    og__expr flipped = u;
    switch (graph->nodes[v].op) {
    case OG_OP_ERF: /* 1 + erf(u) = erfc(-u) */
        flipped = sign < 0 ? u : negative(graph, u);
        *result = og__expr_1(graph, OG_OP_ERFC, flipped);
        return true;
    case OG_OP_TANH: /* 1 + tanh(u) = 2 sigmoid(2 u) */
        flipped = sign < 0 ? negative(graph, u) : u;
        *result = product(graph, 2, og__expr_1(graph, OG_OP_SIGMOID, product(graph, 2, flipped)));
        return true;
    case OG_OP_SIGMOID:
        if (sign > 0)
            return false;
        *result = og__expr_1(graph, OG_OP_SIGMOID, negative(graph, u));
        return true;
    case OG_OP_NORMAL_CDF:
        if (sign > 0)
            return false;
        *result = og__expr_1(graph, OG_OP_NORMAL_CDF, negative(graph, u));
        return true;
    case OG_OP_ERFC:
        if (sign > 0)
            return false;
        *result = og__expr_1(graph, OG_OP_ERF, u);
        return true;
    case OG_OP_MUL: /* 1 - tanh(t)^2 */
        if (sign > 0 || u != arg(graph, v, 1) || !is_op(graph, u, OG_OP_TANH))
            return false;
        *result = og__expr_1(graph, OG_OP_SECH2, arg(graph, u, 0));
        return true;
    default:
        return false;
    }
}

/* Order of commuting operands: numbers first in a product and last in a sum, parameters before other factors and after
 * other terms, then the simpler one first. It depends on nothing else, so that the text of a formula is canonical. */
static int rank(const og__exprs *graph, og__expr expr)
{
    return is_number(graph, expr) ? 0 : is_op(graph, expr, OG_OP_PARAM) ? 1 : 2;
}

static bool is_simpler(const og__exprs *graph, og__expr u, og__expr v)
{
    const og__expr_node *a = &graph->nodes[u], *b = &graph->nodes[v];
    return a->height != b->height ? a->height < b->height : a->key < b->key;
}

static void sort_pair(og__expr *u, og__expr *v, bool in_order)
{
    og__expr first = *u;
    if (!in_order) {
        *u = *v;
        *v = first;
    }
}

static void sort_terms(const og__exprs *graph, og__expr *u, og__expr *v)
{
    int a = rank(graph, *u), b = rank(graph, *v);
    sort_pair(u, v, a != b ? a > b : is_simpler(graph, *u, *v));
}

static void sort_factors(const og__exprs *graph, og__expr *u, og__expr *v)
{
    int a = rank(graph, *u), b = rank(graph, *v);
    sort_pair(u, v, a != b ? a < b : is_simpler(graph, *u, *v));
}

typedef struct factors {
    og__expr bases[16];
    int powers[16];
    int count;
    bool complete; /* all fitted */
} factors;

/* Count the factors of a product or quotient, once `by` each; signs are the number -1. */
static void count_factors(og__exprs *graph, og__expr u, int by, factors *f)
{
    if (is_op(graph, u, OG_OP_MUL) || is_op(graph, u, OG_OP_DIV)) {
        count_factors(graph, arg(graph, u, 0), by, f);
        count_factors(graph, arg(graph, u, 1), is_op(graph, u, OG_OP_MUL) ? by : -by, f);
        return;
    }
    if (is_op(graph, u, OG_OP_NEG)) {
        count_factors(graph, arg(graph, u, 0), by, f);
        u = og__expr_number(graph, -1);
    }
    if (is_exactly(graph, u, 1))
        return;
    int i = 0;
    while (i < f->count && f->bases[i] != u)
        i++;
    f->complete = f->complete && i < 16;
    if (i == f->count && f->complete)
        f->bases[f->count++] = u;
    if (f->complete)
        f->powers[i] += by;
}

static bool is_one(const og__exprs *graph, const factors *f)
{
    for (int i = 0; i < f->count; i++) {
        bool is_sign = is_exactly(graph, f->bases[i], -1);
        if (f->powers[i] != 0 && !(is_sign && f->powers[i] % 2 == 0))
            return false;
    }
    return f->complete;
}

/* Whether u = v but for the order of multiplication. */
static bool is_same_product(og__exprs *graph, og__expr u, og__expr v)
{
    factors f = {.complete = true};
    count_factors(graph, u, 1, &f);
    count_factors(graph, v, -1, &f);
    return is_one(graph, &f);
}

/* Whether w = z e^z. */
static bool is_times_exp(og__exprs *graph, og__expr w, og__expr z)
{
    factors f = {.complete = true};
    count_factors(graph, w, 1, &f);
    count_factors(graph, z, -1, &f);
    count_factors(graph, og__expr_1(graph, OG_OP_EXP, z), -1, &f);
    return is_one(graph, &f);
}

static og__expr make_sum(og__exprs *graph, og__expr u, og__expr v)
{
    og__expr result;
    sort_terms(graph, &u, &v);
    if (is_exactly(graph, v, 0))
        return u;
    if (is_number(graph, v)) {
        if (is_op(graph, u, OG_OP_ADD) && is_number(graph, arg(graph, u, 1))) /* (w + c1) + c2 */
            return og__expr_2(graph, OG_OP_ADD, arg(graph, u, 0), og__expr_2(graph, OG_OP_ADD, arg(graph, u, 1), v));
        if (number_of(graph, v) == 1 && one_plus(graph, 1, u, &result))
            return result;
        if (number_of(graph, v) == -1 && is_op(graph, u, OG_OP_EXP))
            return og__expr_1(graph, OG_OP_EXPM1, arg(graph, u, 0));
        if (is_op(graph, u, OG_OP_EXPM1) && number_of(graph, v) == 1)
            return og__expr_1(graph, OG_OP_EXP, arg(graph, u, 0));
    }
    if (is_op(graph, u, OG_OP_EXP_REST) && arg(graph, u, 0) == v)
        return og__expr_1(graph, OG_OP_EXPM1, v);
    if (is_op(graph, v, OG_OP_EXP_REST) && arg(graph, v, 0) == u)
        return og__expr_1(graph, OG_OP_EXPM1, u);
    og__expr rest_u, rest_v;
    double factor_u = split_factor(graph, u, &rest_u), factor_v = split_factor(graph, v, &rest_v);
    if (rest_u == rest_v && factor_u * factor_v > 0 && is_ordinary(factor_u + factor_v))
        return product(graph, factor_u + factor_v, rest_u); /* of one sign, so nothing cancels */
    if (factor_v < 0)
        return og__expr_2(graph, OG_OP_SUB, u, product(graph, -factor_v, rest_v));
    if (factor_u < 0)
        return og__expr_2(graph, OG_OP_SUB, v, product(graph, -factor_u, rest_u));
    return node_2(graph, OG_OP_ADD, u, v);
}

/* u - v for functions whose difference cancels near 0. */
static bool without_cancellation(og__exprs *graph, og__expr u, og__expr v, og__expr *result)
{
    if (is_op(graph, v, OG_OP_TANH) && arg(graph, v, 0) == u)
        *result = og__expr_1(graph, OG_OP_TANHSHRINK, u);
    else if (is_op(graph, u, OG_OP_EXPM1) && arg(graph, u, 0) == v)
        *result = og__expr_1(graph, OG_OP_EXP_REST, v);
    else if (is_op(graph, u, OG_OP_EXPM1) && is_times_exp(graph, v, arg(graph, u, 0)))
        *result = og__expr_1(graph, OG_OP_EXP_TURN, arg(graph, u, 0));
    else
        return false;
    return true;
}

static og__expr make_difference(og__exprs *graph, og__expr u, og__expr v)
{
    og__expr result;
    if (without_cancellation(graph, u, v, &result))
        return result;
    if (without_cancellation(graph, v, u, &result))
        return negative(graph, result);
    if (u == v)
        return og__expr_number(graph, 0);
    if (is_number(graph, v))
        return og__expr_2(graph, OG_OP_ADD, u, og__expr_number(graph, -number_of(graph, v)));
    if (is_op(graph, u, OG_OP_ADD) && (arg(graph, u, 0) == v || arg(graph, u, 1) == v)) /* (v + w) - v */
        return arg(graph, u, arg(graph, u, 0) == v);
    if (is_op(graph, u, OG_OP_ADD) && is_same_product(graph, arg(graph, u, 0), v))
        return arg(graph, u, 1);
    if (is_exactly(graph, u, 0))
        return negative(graph, v);
    if (is_exactly(graph, u, 1) && one_plus(graph, -1, v, &result))
        return result;
    og__expr rest;
    double factor = split_factor(graph, v, &rest);
    if (factor < 0)
        return og__expr_2(graph, OG_OP_ADD, u, product(graph, -factor, rest));
    return node_2(graph, OG_OP_SUB, u, v);
}

/* --- products ----------------------------------------------------------------------------------------------------- */

/* u (w / u) = w, u (1 / v) = u / v, |u| for u sign(u): one rounding less or none. */
static bool cancel(og__exprs *graph, og__expr u, og__expr v, og__expr *result)
{
    if (is_op(graph, v, OG_OP_SIGN) && arg(graph, v, 0) == u) {
        *result = og__expr_1(graph, OG_OP_ABS, u);
        return true;
    }
    if (!is_op(graph, v, OG_OP_DIV))
        return false;
    og__expr above = arg(graph, v, 0), below = arg(graph, v, 1);
    if (below == u)
        *result = above;
    else if (is_exactly(graph, above, 1))
        *result = og__expr_2(graph, OG_OP_DIV, u, below);
    else
        return false;
    return true;
}

/* (c1 u) (c2 v): signs go in front and constants become one; it goes in front too unless it is small, for the product
 * u v may overflow where (c u) v does not. */
static og__expr combine_factors(og__exprs *graph, og__expr u, og__expr v)
{
    og__expr rest_u, rest_v;
    double factor_u = split_factor(graph, u, &rest_u), factor_v = split_factor(graph, v, &rest_v);
    double factor = fabs(factor_u * factor_v);
    if (factor_u < 0 || factor_v < 0) {
        og__expr magnitude =
            og__expr_2(graph, OG_OP_MUL, factor_u < 0 ? negative(graph, u) : u, factor_v < 0 ? negative(graph, v) : v);
        return (factor_u < 0) != (factor_v < 0) ? negative(graph, magnitude) : magnitude;
    }
    if ((factor_u == 1 && factor_v == 1) || !is_ordinary(factor) || factor == 0)
        return node_2(graph, OG_OP_MUL, u, v);
    if (factor >= 1)
        return product(graph, factor, og__expr_2(graph, OG_OP_MUL, rest_u, rest_v));
    if (factor_u == 1 || factor_v == 1)
        return node_2(graph, OG_OP_MUL, u, v);
    return og__expr_2(graph, OG_OP_MUL, product(graph, factor, rest_u), rest_v);
}

static og__expr make_product(og__exprs *graph, og__expr u, og__expr v)
{
    og__expr result;
    sort_factors(graph, &u, &v);
    if (is_exactly(graph, u, 0))
        return u;
    if (is_exactly(graph, u, 1))
        return v;
    if (is_exactly(graph, u, -1))
        return negative(graph, v);
    if (is_number(graph, u)) { /* c1 (c2 w) = (c1 c2) w */
        og__expr rest_v;
        double factor_v = split_factor(graph, v, &rest_v);
        double factor = number_of(graph, u) * factor_v;
        return factor_v != 1 && is_ordinary(factor) ? product(graph, factor, rest_v) : node_2(graph, OG_OP_MUL, u, v);
    }
    if (cancel(graph, u, v, &result) || cancel(graph, v, u, &result))
        return result;
    return combine_factors(graph, u, v);
}

static og__expr make_quotient(og__exprs *graph, og__expr u, og__expr v)
{
    og__expr rest_u, rest_v;
    if (is_exactly(graph, v, 1))
        return u;
    if (is_op(graph, u, OG_OP_MUL) && arg(graph, u, 0) == v) /* v w / v */
        return arg(graph, u, 1);
    if (is_op(graph, u, OG_OP_MUL) && arg(graph, u, 1) == v)
        return arg(graph, u, 0);
    if (is_exactly(graph, u, 0) && !is_exactly(graph, v, 0))
        return u;
    double factor_u = split_factor(graph, u, &rest_u), factor_v = split_factor(graph, v, &rest_v);
    if (is_number(graph, v) && is_ordinary(factor_u / number_of(graph, v)) && factor_u / number_of(graph, v) != 0)
        return product(graph, factor_u / number_of(graph, v), rest_u);
    if (factor_u == -1 || factor_v == -1) {
        og__expr quotient = og__expr_2(graph, OG_OP_DIV, factor_u == -1 ? rest_u : u, factor_v == -1 ? rest_v : v);
        return factor_u == -1 && factor_v == -1 ? quotient : negative(graph, quotient);
    }
    if (is_op(graph, v, OG_OP_ADD) && is_exactly(graph, arg(graph, v, 1), 1) &&
        is_op(graph, arg(graph, v, 0), OG_OP_EXP)) { /* u / (1 + e^w) = u sigmoid(-w) */
        og__expr w = arg(graph, arg(graph, v, 0), 0);
        return og__expr_2(graph, OG_OP_MUL, u, og__expr_1(graph, OG_OP_SIGMOID, negative(graph, w)));
    }
    return node_2(graph, OG_OP_DIV, u, v);
}

/* --- powers, choices ---------------------------------------------------------------------------------------------- */

enum { POWER_MAX = 64 }; /* whole exponents up to this become products */

static og__expr whole_power(og__exprs *graph, og__expr u, int exponent)
{
    if (exponent == 1)
        return u;
    og__expr half = whole_power(graph, u, exponent / 2), square = og__expr_2(graph, OG_OP_MUL, half, half);
    return exponent % 2 ? og__expr_2(graph, OG_OP_MUL, square, u) : square;
}

static og__expr make_power(og__exprs *graph, og__expr u, og__expr v)
{
    if (is_number(graph, v)) {
        double exponent = number_of(graph, v);
        if (exponent == 0)
            return og__expr_number(graph, 1);
        if (exponent == rint(exponent) && fabs(exponent) <= POWER_MAX) {
            og__expr power = whole_power(graph, u, (int)fabs(exponent));
            return exponent > 0 ? power : og__expr_2(graph, OG_OP_DIV, og__expr_number(graph, 1), power);
        }
        if (exponent == 0.5)
            return og__expr_1(graph, OG_OP_SQRT, u);
        if (exponent == -0.5)
            return og__expr_1(graph, OG_OP_RSQRT, u);
    }
    return node_2(graph, OG_OP_POW, u, v);
}

/* The smaller or larger of two; a number goes second. Otherwise the order is the user's: it decides ties (derive.c). */
static og__expr make_extreme(og__exprs *graph, og__op op, og__expr u, og__expr v)
{
    if (u == v)
        return u;
    if (is_number(graph, u))
        return make_extreme(graph, op, v, u);
    if (is_number(graph, v) && is_op(graph, u, op) && is_number(graph, arg(graph, u, 1)))
        return node_2(graph, op, arg(graph, u, 0), og__expr_2(graph, op, arg(graph, u, 1), v));
    return node_2(graph, op, u, v);
}

og__expr og__expr_2(og__exprs *graph, og__op op, og__expr u, og__expr v)
{
    og__expr result, args[] = {u, v};
    if (fold(graph, op, 2, args, &result))
        return result;
    switch (op) {
    case OG_OP_ADD:
        return make_sum(graph, u, v);
    case OG_OP_SUB:
        return make_difference(graph, u, v);
    case OG_OP_MUL:
        return make_product(graph, u, v);
    case OG_OP_DIV:
        return make_quotient(graph, u, v);
    case OG_OP_POW:
        return make_power(graph, u, v);
    case OG_OP_MIN:
    case OG_OP_MAX:
        return make_extreme(graph, op, u, v);
    default:
        return node_2(graph, op, u, v);
    }
}

og__expr og__expr_where(og__exprs *graph, og__expr condition, og__expr yes, og__expr no)
{
    if (is_number(graph, condition))
        return number_of(graph, condition) != 0 ? yes : no;
    if (is_op(graph, yes, OG_OP_WHERE) && arg(graph, yes, 0) == condition)
        yes = arg(graph, yes, 1);
    if (is_op(graph, no, OG_OP_WHERE) && arg(graph, no, 0) == condition)
        no = arg(graph, no, 2);
    if (yes == no)
        return yes;
    return og__exprs_intern(graph, (og__expr_node){.op = OG_OP_WHERE, .args = {condition, yes, no}});
}

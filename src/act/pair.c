#include "act/pair.h"

#include <math.h>

bool og__is_power_of_two(const og__expr_node *node)
{
    int exponent;
    return node->op == OG_OP_NUMBER && fabs(frexp(node->number, &exponent)) == 0.5;
}

static og__expr intern(og__exprs *graph, og__op op, og__expr u, og__expr v, og__expr w)
{
    return og__exprs_intern(graph, (og__expr_node){.op = op, .args = {u, v, w}});
}

/* Node 0 is the number 0, so that these do right with what is not there. */

static og__expr negative(og__exprs *graph, og__expr u)
{
    return u ? intern(graph, OG_OP_NEG, u, 0, 0) : 0;
}

static og__expr product(og__exprs *graph, og__expr u, og__expr v)
{
    return u && v ? intern(graph, OG_OP_MUL, u, v, 0) : 0;
}

static og__expr sum(og__exprs *graph, og__expr u, og__expr v)
{
    return u && v ? intern(graph, OG_OP_ADD, u, v, 0) : u ? u : v;
}

og__pair og__pair_negative(og__exprs *graph, og__pair u)
{
    return (og__pair){negative(graph, u.high), negative(graph, u.low)};
}

og__pair og__pair_product(og__exprs *graph, og__pair u, og__pair v)
{
    const og__expr_node *factor = &graph->nodes[u.high];
    if (factor->op == OG_OP_NUMBER && factor->number == 1)
        return v;
    bool exact = og__is_power_of_two(factor) || og__is_power_of_two(&graph->nodes[v.high]);
    og__pair result = {.high = product(graph, u.high, v.high)};
    if (!exact)
        result.low = intern(graph, OG_OP_PRODUCT_LOW, u.high, v.high, result.high);
    result.low = sum(graph, result.low, product(graph, u.high, v.low));
    result.low = sum(graph, result.low, product(graph, u.low, v.high));
    return result;
}

/* Whether a number has no more than four bits: the difference of a sum below 2^20 times it, and it, is exact. */
static bool is_coarse(const og__expr_node *node)
{
    int exponent;
    double bits = 16 * frexp(node->number, &exponent);
    return node->op == OG_OP_NUMBER && bits == rint(bits);
}

og__pair og__pair_sum(og__exprs *graph, og__pair u, og__pair v)
{
    og__pair result = {.high = sum(graph, u.high, v.high)};
    if (is_coarse(&graph->nodes[u.high]))
        result.low = intern(graph, OG_OP_SUM_LOW_OF_NUMBER, u.high, v.high, result.high);
    else if (is_coarse(&graph->nodes[v.high]))
        result.low = intern(graph, OG_OP_SUM_LOW_OF_NUMBER, v.high, u.high, result.high);
    else
        result.low = intern(graph, OG_OP_SUM_LOW, u.high, v.high, result.high);
    result.low = sum(graph, result.low, sum(graph, u.low, v.low));
    return result;
}

/* u / v = q + (u - q v) / v */
og__pair og__pair_quotient(og__exprs *graph, og__pair u, og__pair v)
{
    og__pair result = {.high = intern(graph, OG_OP_DIV, u.high, v.high, 0)};
    og__expr excess = intern(graph, OG_OP_PRODUCT_LOW, result.high, v.high, u.high);
    excess = sum(graph, excess, product(graph, result.high, v.low));
    excess = sum(graph, excess, negative(graph, u.low));
    result.low = negative(graph, intern(graph, OG_OP_DIV, excess, v.high, 0));
    return result;
}

og__pair og__pair_number(og__exprs *graph, double number)
{
    double rest = number - (double)(float)number;
    og__pair result = {.high = og__expr_number(graph, number)};
    if (rest != 0)
        result.low = og__expr_number(graph, rest);
    return result;
}

og__pair og__pair_where(og__exprs *graph, og__expr condition, og__pair u, og__pair v)
{
    og__pair result = {.high = intern(graph, OG_OP_WHERE, condition, u.high, v.high)};
    if (u.low || v.low)
        result.low = intern(graph, OG_OP_WHERE, condition, u.low, v.low);
    return result;
}

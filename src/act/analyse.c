/* Facts about an activation from its formula alone, by evaluating it in double. */
#include "act/analyse.h"

#include <math.h>
#include <stdlib.h>

#include "act/moments.h"
#include "base/memory.h"

/* Monotonic, odd and even up to the rounding of double. */
static void find_symmetry(const og__function *f, og_act_facts *facts)
{
    int count = og__function_scan_count(f, 4001);
    bool rises = false, falls = false, odd = true, even = true;
    double before = NAN;
    for (int i = 0; i < count; i++) {
        double x = og__function_scan_point(i, count);
        double value = og__function_value(f, x), mirrored = og__function_value(f, -x);
        double rounding = isinf(value) ? 0 : 1e-13 * fmax(fabs(value), fabs(before));
        rises |= value > before + rounding;
        falls |= value < before - rounding;
        odd &= fabs(value + mirrored) <= 1e-12 * fabs(value);
        even &= fabs(value - mirrored) <= 1e-12 * fabs(value);
        before = value;
    }
    facts->monotonic = !(rises && falls);
    facts->odd = odd;
    facts->even = even;
}

/* A line through two points goes through all; a homogeneous function is two lines that meet at 0. */
static void find_lines(const og__function *f, og_act_facts *facts)
{
    double at_0 = og__function_value(f, 0), slope = og__function_value(f, 1) - at_0;
    double left = og__function_value(f, -1), right = og__function_value(f, 1);
    facts->affine = facts->homogeneous = true;
    for (int i = 0; i < 201; i++) {
        double x = (i - 100) * 0.173, value = og__function_value(f, x);
        double rounding = 1e-12 * fmax(1e-3, fabs(value)), ray = x < 0 ? -x * left : x * right;
        facts->affine &= fabs(value - at_0 - slope * x) <= rounding;
        facts->homogeneous &= fabs(value - ray) <= rounding;
    }
}

/* x^2, x^3, ... and their reciprocals are multiplications. */
static bool is_whole_power(const og__exprs *graph, const og__expr_node *node)
{
    const og__expr_node *exponent = &graph->nodes[node->args[1]];
    return exponent->op == OG_OP_NUMBER && exponent->number == rint(exponent->number);
}

/* Evaluations of what costs more than arithmetic: functions of the C library, and powers. */
static og_status find_cost(const og_act *act, og_act_facts *facts)
{
    const og__exprs *graph = &act->graph;
    bool *needed;
    OG_TRY(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    og__exprs_mark(graph, 1, &act->value, needed);
    for (og__expr i = 0; i <= act->value; i++) {
        const og__expr_node *node = &graph->nodes[i];
        og__op op = node->op;
        bool plain = op == OG_OP_ABS || op == OG_OP_SIGN || (op == OG_OP_POW && is_whole_power(graph, node));
        facts->cost += needed[i] && !plain && (og__op_name(op) || op == OG_OP_POW);
    }
    free(needed);
    return OG_OK;
}

og_status og_act_analyse_at(const og_act *act, const double *params, og_act_facts *facts)
{
    og_status status = OG_OK;
    og__function f = {0};
    *facts = (og_act_facts){.is_section = og__function_is_section(act), .shifted_param = -1};
    OG_GO(og__function_init(&f, act, params));
    OG_GO(og__function_find_splits(&f));
    OG_GO(find_cost(act, facts));
    find_symmetry(&f, facts);
    find_lines(&f, facts);
    og__find_kinks(&f, facts);
    og__find_tails(&f, facts);
    og__find_flats(&f, facts);
    OG_GO(og__find_pieces(&f, facts));
    og__find_range(&f, facts);
    OG_GO(og__find_smoothness(&f, facts));
    OG_GO(og__moments_find(&f, 0, 1, &facts->moments));
    OG_GO(og__moments_check(&f, 0, 1, &facts->moments));
done:
    og__function_deinit(&f);
    return status;
}

/* One standard deviation or half the width above the middle. */
static double above_middle(const og_act_param *param)
{
    return param->source == OG_PARAM_NORMAL ? (double)param->value + (double)param->second : (double)param->second;
}

/* At the means of what acon_c draws it is 0 everywhere, which no channel of a network is: take the first of them
 * higher. */
static og_status analyse_shifted(const og_act *act, og_act_facts *facts)
{
    double params[OG_ACT_PARAMS_MAX];
    og_act_facts shifted;
    size_t drawn = act->param_count;
    for (size_t k = act->param_count; k-- > 0;) {
        params[k] = (double)act->params[k].value;
        if (act->params[k].source == OG_PARAM_NORMAL || act->params[k].source == OG_PARAM_UNIFORM)
            drawn = k;
    }
    if (drawn == act->param_count)
        return OG_OK;
    params[drawn] = above_middle(&act->params[drawn]);
    OG_TRY(og_act_analyse_at(act, params, &shifted));
    shifted.moments = facts->moments; /* these are averages over the draws already */
    shifted.shifted_param = (int)drawn;
    *facts = shifted;
    return OG_OK;
}

og_status og_act_analyse(const og_act *act, og_act_facts *facts)
{
    OG_TRY(og_act_analyse_at(act, NULL, facts));
    return facts->min == facts->max ? analyse_shifted(act, facts) : OG_OK;
}

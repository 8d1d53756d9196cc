#include "act/function.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { WORK_MAX = 100000000 }; /* node evaluations: about a second for the largest formulas */

og_status og__function_init(og__function *f, const og_act *act, const double *params)
{
    *f = (og__function){.act = act, .is_own = !params, .budget = WORK_MAX / 50 / act->graph.count};
    if (f->budget < 101)
        f->budget = 101;
    for (size_t k = 0; k < act->param_count; k++)
        f->params[k] = params ? params[k] : (double)act->params[k].value;
    f->inputs[OG_INPUT_GATE] = f->inputs[OG_INPUT_GATE2] = f->inputs[OG_INPUT_GATE3] = 1;
    f->inputs[OG_INPUT_NOISE] = 0.5;
    return og__alloc((size_t)act->graph.count, sizeof *f->work, &f->work);
}

void og__function_deinit(og__function *f)
{
    free(f->work);
    f->work = NULL;
}

bool og__function_is_section(const og_act *act)
{
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (act->uses[i] && i != OG_INPUT_X && i != OG_INPUT_MIRROR)
            return true;
    return false;
}

static void evaluate(const og__function *f, int count, const og__expr *roots, double x, double *values)
{
    double inputs[OG_INPUT_COUNT];
    memcpy(inputs, f->inputs, sizeof inputs);
    inputs[OG_INPUT_X] = inputs[OG_INPUT_MIRROR] = x;
    og__evaluate(&f->act->graph, count, roots, inputs, f->params, f->work, values);
}

double og__function_value(const og__function *f, double x)
{
    double value;
    evaluate(f, 1, &f->act->value, x, &value);
    return value;
}

double og__function_slope(const og__function *f, double x)
{
    double value, slope;
    og__function_both(f, x, &value, &slope);
    return slope;
}

void og__function_both(const og__function *f, double x, double *value, double *slope)
{
    const og__expr roots[] = {f->act->value, f->act->slope};
    double values[2];
    evaluate(f, 2, roots, x, values);
    *value = values[0];
    *slope = isnan(values[0]) ? NAN : values[1]; /* the formula of log' goes on where log does not exist */
}

double og__function_scan_point(int i, int count)
{
    double t = (2.0 * i - (count - 1)) / (count - 1); /* 0 in the middle */
    return 12 * t + copysign(1e6 * pow(fabs(t), 24), t);
}

int og__function_scan_count(const og__function *f, int most)
{
    return f->budget < most ? (int)f->budget | 1 : most;
}

/* --- splits ------------------------------------------------------------------------------------------------------- */

static bool is_whole_power(const og__expr_node *exponent)
{
    return exponent->op == OG_OP_NUMBER && exponent->number >= 0 && exponent->number == rint(exponent->number);
}

/* For a node that chooses, or that is singular somewhere, the number whose zero is the place; NaN otherwise. Uses the
 * values of the last evaluation. */
static double decider(const og__function *f, const og__expr_node *node)
{
    const double *w = f->work;
    switch (node->op) {
    case OG_OP_ABS:
    case OG_OP_SIGN:
    case OG_OP_SQRT:
    case OG_OP_RSQRT:
    case OG_OP_LOG:
        return w[node->args[0]];
    case OG_OP_LOG1P:
        return 1 + w[node->args[0]];
    case OG_OP_DIV:
        return w[node->args[1]];
    case OG_OP_POW:
        return is_whole_power(&f->act->graph.nodes[node->args[1]]) ? NAN : w[node->args[0]];
    case OG_OP_MIN:
    case OG_OP_MAX:
    case OG_OP_LT:
    case OG_OP_LE:
    case OG_OP_GT:
    case OG_OP_GE:
    case OG_OP_EQ:
    case OG_OP_NE:
        return w[node->args[0]] - w[node->args[1]];
    default:
        return NAN;
    }
}

static double decider_at(const og__function *f, const og__expr_node *node, double x)
{
    og__function_value(f, x);
    return decider(f, node);
}

/* A zero between two points of different sign, or at one of them. */
static double bisect(const og__function *f, const og__expr_node *node, double from, double to, double close)
{
    double left = decider_at(f, node, from);
    for (int i = 0; i < 80 && fabs(to - from) > close; i++) {
        double middle = 0.5 * (from + to), value = decider_at(f, node, middle);
        if (value == 0)
            return middle;
        if ((value < 0) == (left < 0))
            from = middle;
        else
            to = middle;
    }
    double near = rint(to * 0x1p+24) * 0x1p-24; /* a zero on a round number is found exactly */
    return decider_at(f, node, near) == 0 ? near : to;
}

static void add_split(og__function *f, double x)
{
    int at = f->split_count;
    for (int i = 0; i < f->split_count; i++)
        if (fabs(f->splits[i] - x) <= 1e-14 * fabs(x))
            return;
    if (at == OG_SPLITS_MAX)
        return;
    for (; at > 0 && f->splits[at - 1] > x; at--)
        f->splits[at] = f->splits[at - 1];
    f->splits[at] = x + 0.0; /* no -0 */
    f->split_count++;
}

typedef double (*scan)(int i, int count);

/* Walk from the middle outwards, so that the splits nearest to 0 are found where there are too many. */
static void scan_side(og__function *f, scan point, int count, int step, int split_max, double close, double *before)
{
    const og__exprs *graph = &f->act->graph;
    int middle = count / 2;
    for (int i = middle; i >= 0 && i < count; i += step) {
        double x = point(i, count);
        og__function_value(f, x);
        for (og__expr n = 0; n <= f->act->value && f->split_count < split_max; n++) {
            const og__expr_node *node = &graph->nodes[n];
            double value = decider(f, node);
            if (value == 0)
                add_split(f, x);
            else if (i != middle && value * before[n] < 0) {
                add_split(f, bisect(f, node, point(i - step, count), x, close));
                og__function_value(f, x);
            }
            before[n] = value;
        }
    }
}

bool og__function_pole(const og__function *f, og__curve g, double split, double side)
{
    double unit = side * fmax(1, fabs(split));
    double far = fabs(g(f, split + 1e-6 * unit)), near = fabs(g(f, split + 1e-9 * unit));
    return near > 1e3 && near > 30 * far;
}

static og_status scan_line(og__function *f, scan point, int count, double close)
{
    double *before;
    f->split_count = 0;
    OG_TRY(og__alloc((size_t)f->act->graph.count, sizeof *before, &before));
    scan_side(f, point, count, 1, OG_SPLITS_MAX / 2, close, before);
    scan_side(f, point, count, -1, OG_SPLITS_MAX, close, before);
    free(before);
    return OG_OK;
}

og_status og__function_find_splits(og__function *f)
{
    return scan_line(f, og__function_scan_point, og__function_scan_count(f, 2001), 0);
}

static double common_point(int i, int count)
{
    return 8 * (2.0 * i / (count - 1) - 1);
}

og_status og__function_find_common_splits(og__function *f)
{
    return scan_line(f, common_point, 33, 1e-7);
}

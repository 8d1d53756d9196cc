/* Facts about an activation from its formula alone, by evaluating it in double. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>

#include "act/act.h"
#include "act/quadrature.h"
#include "base/memory.h"

enum {
    SPLITS_MAX = 64,
    KINKS_MAX = OG_FACT_ITEMS_MAX,
    WORK_MAX = 100000000, /* node evaluations: about a second for the largest formulas */
};

/* The formula, ready to be evaluated. */
typedef struct function {
    const og_act *act;
    double params[OG_ACT_PARAMS_MAX];
    double *work;              /* one per node */
    long budget;               /* evaluations that each step may spend */
    double splits[SPLITS_MAX]; /* where a comparison, an absolute value, ... changes sides, ascending */
    int split_count;
} function;

static double value_at(const function *f, double x)
{
    double value;
    og__evaluate(&f->act->graph, 1, &f->act->value, (const double[OG_INPUT_COUNT]){x}, f->params, f->work, &value);
    return value;
}

static double slope_at(const function *f, double x)
{
    double slope;
    og__evaluate(&f->act->graph, 1, &f->act->slope, (const double[OG_INPUT_COUNT]){x}, f->params, f->work, &slope);
    return slope;
}

/* --- where the formula changes from one piece to the next --------------------------------------------------------- */

/* For a node that chooses, the number whose sign decides; NaN otherwise. Uses the values of the last evaluation. */
static double decider(const function *f, const og__expr_node *node)
{
    const double *w = f->work;
    switch (node->op) {
    case OG_OP_ABS:
    case OG_OP_SIGN:
        return w[node->args[0]];
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

static double decider_at(const function *f, const og__expr_node *node, double x)
{
    value_at(f, x);
    return decider(f, node);
}

/* A zero between two points of different sign, or at one of them. */
static double bisect(const function *f, const og__expr_node *node, double from, double to)
{
    double left = decider_at(f, node, from);
    for (int i = 0; i < 80; i++) {
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

static void add_split(function *f, double x)
{
    int at = f->split_count;
    for (int i = 0; i < f->split_count; i++)
        if (f->splits[i] == x)
            return;
    if (at == SPLITS_MAX)
        return;
    for (; at > 0 && f->splits[at - 1] > x; at--)
        f->splits[at] = f->splits[at - 1];
    f->splits[at] = x;
    f->split_count++;
}

/* The i-th of `count` points that cover the line: every 1/32 near 0, in growing steps further out. */
static double scan_point(int i, int count)
{
    double t = 2.0 * i / (count - 1) - 1;
    return 12 * t + copysign(1e6 * pow(fabs(t), 24), t);
}

static og_status find_splits(function *f)
{
    const og__exprs *graph = &f->act->graph;
    int count = f->budget < 2001 ? (int)f->budget : 2001;
    double *before;
    OG_TRY(og__alloc((size_t)graph->count, sizeof *before, &before));
    for (int i = 0; i < count; i++) {
        double x = scan_point(i, count);
        for (og__expr n = 0; n <= f->act->value && f->split_count < SPLITS_MAX; n++) {
            const og__expr_node *node = &graph->nodes[n];
            double value = n == 0 ? decider_at(f, node, x) : decider(f, node);
            if (value == 0)
                add_split(f, x);
            else if (i > 0 && value * before[n] < 0) {
                add_split(f, bisect(f, node, scan_point(i - 1, count), x));
                value_at(f, x);
            }
            before[n] = value;
        }
    }
    free(before);
    return OG_OK;
}

/* Splits where f or f' jumps: elu's pieces, for one, join smoothly when a = 1. */
static void find_kinks(const function *f, og_act_facts *facts)
{
    for (int i = 0; i < f->split_count && facts->kink_count < KINKS_MAX; i++) {
        double x = f->splits[i], step = 1e-6 * fmax(1, fabs(x));
        double slope_left = slope_at(f, x - step), slope_right = slope_at(f, x + step);
        double jump = value_at(f, x + step) - value_at(f, x - step) - step * (slope_left + slope_right);
        if (fabs(slope_right - slope_left) > 1e-4 * fmax(1, fabs(slope_left)) || fabs(jump) > 1e-4)
            facts->kinks[facts->kink_count++].x = x;
    }
}

/* --- moments ------------------------------------------------------------------------------------------------------ */

static void gaussian_integrands(void *context, double x, double *values)
{
    const function *f = context;
    const og__expr roots[] = {f->act->value, f->act->slope};
    double y[2], density = 0.39894228040143267794 * exp(-0.5 * x * x);
    og__evaluate(&f->act->graph, 2, roots, (const double[OG_INPUT_COUNT]){x}, f->params, f->work, y);
    values[0] = density * y[0];
    values[1] = density * y[0] * y[0];
    values[2] = density * y[1] * y[1];
}

/* Beyond 14 the normal density is below 1e-43; what still matters there grows so fast that the integral is infinite, or
 * of no use. */
static void find_moments(function *f, og_act_facts *facts)
{
    enum { REACH = 14 };
    double sums[OG_INTEGRALS] = {0}, from = -REACH;
    long budget = f->budget * 8;
    for (int i = 0, piece = -REACH + 1; from < REACH;) {
        while (i < f->split_count && f->splits[i] <= from)
            i++;
        double to = piece;
        if (i < f->split_count && f->splits[i] < to)
            to = f->splits[i];
        else
            piece++;
        og__integrate(gaussian_integrands, f, from, to, &budget, sums);
        from = to;
    }
    for (int side = -REACH; side <= REACH; side += 2 * REACH) {
        double edge[OG_INTEGRALS];
        gaussian_integrands(f, side, edge);
        for (int k = 0; k < OG_INTEGRALS; k++)
            if (fabs(edge[k]) > 1e-6 * fabs(sums[k]) && fabs(edge[k]) > 1e-6)
                sums[k] = INFINITY;
    }
    facts->moments.mean = fabs(sums[0]) < 1e-12 ? 0 : sums[0];
    facts->moments.second_moment = sums[1];
    facts->moments.variance = sums[1] - sums[0] * sums[0];
    facts->moments.slope_moment = sums[2];
    facts->moments.gain = 1 / sqrt(facts->moments.second_moment);
    facts->moments.gain_variance = 1 / sqrt(facts->moments.variance);
    facts->moments.gain_backward = 1 / sqrt(facts->moments.slope_moment);
    facts->moments.chi = facts->moments.slope_moment / facts->moments.second_moment;
    facts->moments.chi_norm = facts->moments.slope_moment / facts->moments.variance;
}

/* --- the whole line ----------------------------------------------------------------------------------------------- */

/* The limit at +-infinity: a number where the values settle, an infinity where they grow, else NaN. */
static double limit_at(const function *f, double sign)
{
    enum { COUNT = 24 };
    double values[COUNT];
    int rises = 0, falls = 0;
    for (int i = 0; i < COUNT; i++) {
        values[i] = value_at(f, sign * pow(10, 3 + 1.5 * i)); /* up to 10^37.5, nearly all of float32 */
        rises += i > 0 && values[i] > values[i - 1];
        falls += i > 0 && values[i] < values[i - 1];
    }
    double last = values[COUNT - 1];
    if (fabs(last - values[COUNT / 2]) <= 1e-9 * fmax(1, fabs(last)))
        return last + 0.0; /* no -0 */
    if (rises > 0 && falls == 0 && !isnan(last))
        return INFINITY;
    if (falls > 0 && rises == 0 && !isnan(last))
        return -INFINITY;
    return NAN;
}

/* Sharpen a maximum of sign * g between two points by golden sections. */
static double peak(const function *f, double (*g)(const function *, double), double sign, double from, double to)
{
    const double ratio = 0.61803398874989484820;
    double a = to - ratio * (to - from), b = from + ratio * (to - from);
    double at_a = sign * g(f, a), at_b = sign * g(f, b), best = fmax(at_a, at_b);
    for (int i = 0; i < 60; i++) {
        if (at_a > at_b) {
            to = b;
            b = a;
            at_b = at_a;
            a = to - ratio * (to - from);
            at_a = sign * g(f, a);
        } else {
            from = a;
            a = b;
            at_a = at_b;
            b = from + ratio * (to - from);
            at_b = sign * g(f, b);
        }
        best = fmax(best, fmax(at_a, at_b));
    }
    return sign * best;
}

static double magnitude_of_slope(const function *f, double x)
{
    return fabs(slope_at(f, x));
}

/* The largest sign * g over the scanned points, sharpened around the best one. */
static double extreme(const function *f, double (*g)(const function *, double), double sign)
{
    int count = f->budget < 4001 ? (int)f->budget : 4001, best = -1;
    double largest = -INFINITY;
    for (int i = 0; i < count; i++) {
        double value = sign * g(f, scan_point(i, count));
        if (value > largest) {
            largest = value;
            best = i;
        }
    }
    if (best < 0)
        return NAN;
    if (best == 0 || best == count - 1)
        return sign * largest;
    double sharp = sign * peak(f, g, sign, scan_point(best - 1, count), scan_point(best + 1, count));
    return sign * fmax(largest, sharp);
}

static void find_range(const function *f, og_act_facts *facts)
{
    facts->left.limit = limit_at(f, -1);
    facts->right.limit = limit_at(f, 1);
    facts->min = fmin(extreme(f, value_at, -1), fmin(facts->left.limit, facts->right.limit));
    facts->max = fmax(extreme(f, value_at, 1), fmax(facts->left.limit, facts->right.limit));
    facts->slope_max = extreme(f, magnitude_of_slope, 1);
    double far = fmax(magnitude_of_slope(f, -1e12), magnitude_of_slope(f, 1e12));
    if (far > 1e3 && far > facts->slope_max)
        facts->slope_max = INFINITY;
}

/* Monotonic, odd and even up to the rounding of double. */
static void find_shape(const function *f, og_act_facts *facts)
{
    int count = f->budget < 4001 ? (int)f->budget | 1 : 4001;
    bool rises = false, falls = false, odd = true, even = true;
    double before = NAN;
    for (int i = 0; i < count; i++) {
        double x = scan_point(i, count), value = value_at(f, x), mirrored = value_at(f, -x);
        double rounding = 1e-13 * fmax(fabs(value), fabs(before));
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

static og_status check_moments(const function *f, const og_act_facts *facts)
{
    if (isfinite(facts->moments.mean) && isfinite(facts->moments.second_moment))
        return OG_OK;
    for (double distance = 0; distance <= 14; distance += 0.125)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x = sign * distance + 0.0, value = value_at(f, x); /* no -0 */
            if (!isfinite(value))
                return og__fail(OG_ERR_NUMERIC,
                                "'%s' is %g at x = %g, where inputs are common; restrict it with where() "
                                "or clamp()",
                                f->act->text, isnan(value) ? NAN : value, x); /* no -nan */
        }
    return og__fail(OG_ERR_NUMERIC, "'%s' has no finite mean or variance for normal inputs: it grows too fast",
                    f->act->text);
}

og_status og_act_analyse(const og_act *act, og_act_facts *facts)
{
    og_status status = OG_OK;
    function f = {.act = act, .budget = WORK_MAX / 50 / act->graph.count};
    *facts = (og_act_facts){0};
    OG_TRY(og__act_check_only_x(act));
    if (f.budget < 101)
        f.budget = 101;
    for (size_t k = 0; k < act->param_count; k++)
        f.params[k] = (double)act->params[k].value;
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *f.work, &f.work));
    OG_GO(find_splits(&f));
    find_kinks(&f, facts);
    find_moments(&f, facts);
    find_range(&f, facts);
    find_shape(&f, facts);
    status = check_moments(&f, facts);
done:
    free(f.work);
    return status;
}

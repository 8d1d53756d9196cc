/* Points where f or one of its derivatives jumps. */
#include <math.h>
#include <stdlib.h>

#include "act/analyse.h"

/* The limit at distance 0 of what is g1 at distance h and g2 at 2h. */
static double to_edge(double g1, double g2)
{
    return 2 * g1 - g2;
}

/* Half the way to the nearest other split, at most `most`. */
static double room(const og__function *f, int split, double most)
{
    double x = f->splits[split], step = most * fmax(1, fabs(x));
    if (split > 0)
        step = fmin(step, 0.25 * (x - f->splits[split - 1]));
    if (split + 1 < f->split_count)
        step = fmin(step, 0.25 * (f->splits[split + 1] - x));
    return step;
}

/* f and f' on one side of a split. */
static void one_side(const og__function *f, double x, double step, double *value, double *slope)
{
    double value_1, value_2, slope_1, slope_2;
    og__function_both(f, x + step, &value_1, &slope_1);
    og__function_both(f, x + 2 * step, &value_2, &slope_2);
    *slope = to_edge(slope_1, slope_2);
    *value = to_edge(value_1, value_2);
    if (fabs(*slope - slope_1) > 0.01 * fabs(slope_1) + 1e-3) /* not smooth on this side: a root, a pole */
        og__function_both(f, x + step * 1e-6, value, slope);
    if (og__function_pole(f, og__function_value, x, step))
        *value = copysign(INFINITY, *value);
    if (og__function_pole(f, og__function_slope, x, step))
        *slope = copysign(INFINITY, *slope);
    double own = og__function_value(f, x);
    if (fabs(*value - own) < 1e-5 * fmax(1, fabs(own))) /* of a root, for one */
        *value = own;
    if (fabs(*slope) < 1e-12)
        *slope = 0;
    if (fabs(*value) < 1e-11)
        *value = 0;
}

static bool differ(double a, double b)
{
    if (isinf(a) || isinf(b))
        return a != b;
    return !(fabs(b - a) <= 1e-4 * fmax(1, fmax(fabs(a), fabs(b))));
}

/* Of 16 kinks and more, those nearest to 0 are kept. */
static void keep(og_act_facts *facts, og_act_kink kink)
{
    int last = OG_FACT_ITEMS_MAX - 1;
    if (facts->kink_count <= last)
        facts->kinks[facts->kink_count] = kink;
    else if (fabs(kink.x) < fabs(facts->kinks[0].x)) {
        for (int i = 0; i < last; i++)
            facts->kinks[i] = facts->kinks[i + 1];
        facts->kinks[last] = kink;
    }
    facts->kink_count++;
}

void og__find_kinks(const og__function *f, og_act_facts *facts)
{
    for (int i = 0; i < f->split_count; i++) {
        og_act_kink kink = {.x = f->splits[i]};
        double step = room(f, i, 1e-6);
        one_side(f, kink.x, -step, &kink.left, &kink.slope_left);
        one_side(f, kink.x, step, &kink.right, &kink.slope_right);
        kink.jump = differ(kink.left, kink.right);
        if (isnan(kink.left) || isnan(kink.right))
            continue; /* an end of the domain */
        if (kink.jump || differ(kink.slope_left, kink.slope_right))
            keep(facts, kink);
    }
}

/* --- higher derivatives ------------------------------------------------------------------------------------------- */

enum { ORDER_MAX = 4, NODES_MAX = 20000 };

typedef struct derivatives {
    og__exprs graph;
    og__expr of[ORDER_MAX + 1];
    int order; /* the highest that is small enough to be looked at */
    double *work;
} derivatives;

static double derivative_at(const og__function *f, const derivatives *d, int order, double x)
{
    double inputs[OG_INPUT_COUNT], value;
    for (int i = 0; i < OG_INPUT_COUNT; i++)
        inputs[i] = f->inputs[i];
    inputs[OG_INPUT_X] = inputs[OG_INPUT_MIRROR] = x;
    og__evaluate(&d->graph, 1, &d->of[order], inputs, f->params, d->work, &value);
    return value;
}

static og_status derive(const og__function *f, derivatives *d)
{
    const og_act *act = f->act;
    OG_TRY(og__exprs_init(&d->graph));
    og__exprs *graph = &d->graph;
    og__expr x = og__expr_input(graph, OG_INPUT_X);
    og__expr by = act->uses[OG_INPUT_MIRROR] ? og__expr_input(graph, OG_INPUT_MIRROR) : x;
    d->of[0] = og__expr_substitute(graph, &act->graph, act->value, x, NULL);
    for (d->order = 0; d->order < ORDER_MAX && graph->count < NODES_MAX; d->order++)
        OG_TRY(og__derive(graph, d->of[d->order], by, &d->of[d->order + 1]));
    OG_TRY(og__exprs_status(graph));
    d->work = malloc((size_t)graph->count * sizeof *d->work);
    return d->work ? OG_OK : og__fail(OG_ERR_MEMORY, "cannot allocate %d numbers", graph->count);
}

/* Whether the derivative of an order is the same on both sides: a step of 1e-3 keeps cancellation away, and the
 * extrapolation keeps the next derivative from counting. */
static bool is_continuous(const og__function *f, const derivatives *d, int order, int split)
{
    double x = f->splits[split], step = room(f, split, 1e-3), side[2], size = 1;
    for (int s = 0; s < 2; s++) {
        double h = s ? step : -step, one = derivative_at(f, d, order, x + h),
               three = derivative_at(f, d, order, x + 3 * h), two = derivative_at(f, d, order, x + 2 * h);
        side[s] = 3 * one - 3 * two + three;
        size = fmax(size, fmax(fabs(one), fabs(three)));
        double near = fabs(derivative_at(f, d, order, x + h / 16)), far = fabs(derivative_at(f, d, order, x + 4 * h));
        if (isnan(one) || (near > 1.2 * fabs(one) && fabs(one) > 1.1 * far)) /* it has no limit */
            return false;
    }
    return fabs(side[1] - side[0]) <= 1e-3 * size;
}

static bool exists_around(const og__function *f, double x)
{
    return isfinite(og__function_value(f, x - 1e-6)) && isfinite(og__function_value(f, x + 1e-6));
}

og_status og__find_smoothness(const og__function *f, og_act_facts *facts)
{
    derivatives d = {0};
    facts->smoothness = OG_SMOOTH_WITHOUT_END;
    for (int i = 0; i < facts->kink_count && i < OG_FACT_ITEMS_MAX; i++)
        facts->smoothness = facts->kinks[i].jump ? -1 : facts->smoothness < 0 ? -1 : 0;
    if (facts->kink_count > 0 || f->split_count == 0)
        return OG_OK;
    og_status status = derive(f, &d);
    if (status == OG_ERR_UNSUPPORTED) { /* too large: judged by f and f' */
        facts->smoothness = 1;
        status = OG_OK;
        goto done;
    }
    if (status != OG_OK)
        goto done;
    for (int order = d.order; order > 1; order--)
        for (int i = 0; i < f->split_count; i++)
            if (exists_around(f, f->splits[i]) && !is_continuous(f, &d, order, i))
                facts->smoothness = order - 1;
done:
    free(d.work);
    og__exprs_deinit(&d.graph);
    return status;
}

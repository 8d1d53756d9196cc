#include "act/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "act/function.h"
#include "base/memory.h"

enum { CHECKS = 160, LEAD_MAX = 3, POINTS_MAX = CHECKS + OG_SPLITS_MAX * 3 + 32 };

static const double ulps_max = 2.9;

/* One of the two functions of a formula, value or slope, in one interval, of u rather than x. */
typedef struct subject {
    const og__function *f;
    og__curve h;
    double low, high, center;
    int lead; /* h has t^lead for a factor: how often it is 0 at the centre */
} subject;

bool og__table_serves(const og_act *act)
{
    og_input operands[OG_INPUT_COUNT];
    if (og__act_operands(act, operands) != 1 || operands[0] != OG_INPUT_X)
        return false;
    for (size_t k = 0; k < act->param_count; k++)
        if (act->params[k].learn != OG_LEARN_NO || act->params[k].source != OG_PARAM_NUMBER)
            return false;
    return true;
}

float og__table_at(const og__table *table, float x)
{
    float u = x * (1 / OG_TABLE_STEP);
    int part = (int)ceilf(u) & (OG_TABLE_PARTS - 1);
    float t = u - table->centers[part], y = table->terms[table->degree][part];
    for (int k = table->degree - 1; k >= 0; k--)
        y = fmaf(y, t, table->terms[k][part]);
    return y;
}

static double at(const subject *s, double u)
{
    return s->h(s->f, OG_TABLE_STEP * u);
}

/* How often h is 0 at the centre, seen from inside. */
static int find_lead(const subject *s)
{
    double side = s->center < s->high ? 0x1p-11 : -0x1p-11, near = at(s, s->center + side);
    if (at(s, s->center) != 0 || near == 0)
        return 0;
    double order = log2(at(s, s->center + 2 * side) / near);
    return isfinite(order) && order > 0 && order < LEAD_MAX + 0.5 ? (int)lround(order) : 0;
}

/* The polynomial in t through as many Chebyshev points, by divided differences, then multiplied out. */
static void interpolate(const subject *s, int degree, double *terms)
{
    int count = degree + 1 - s->lead;
    double t[OG_TABLE_DEGREES], d[OG_TABLE_DEGREES];
    for (int i = 0; i < count; i++) {
        double u = s->low + (s->high - s->low) * (0.5 - 0.5 * cos(M_PI * (i + 0.5) / count));
        t[i] = u - s->center;
        d[i] = at(s, u) / pow(t[i], s->lead);
    }
    for (int order = 1; order < count; order++)
        for (int i = count - 1; i >= order; i--)
            d[i] = (d[i] - d[i - 1]) / (t[i] - t[i - order]);
    double *p = terms + s->lead;
    memset(terms, 0, OG_TABLE_DEGREES * sizeof *terms);
    for (int i = count - 1; i >= 0; i--) { /* p = p (t - t_i) + d_i */
        for (int k = count - 1; k > 0; k--)
            p[k] = p[k - 1] - t[i] * p[k];
        p[0] = d[i] - t[i] * p[0];
    }
}

static void add_point(const subject *s, float x, float *points, int *count)
{
    double u = (double)x / OG_TABLE_STEP;
    if (u > s->low && u <= s->high && *count < POINTS_MAX)
        points[(*count)++] = x;
}

static void add_points_about(const subject *s, float x, float *points, int *count)
{
    add_point(s, x, points, count);
    add_point(s, nextafterf(x, INFINITY), points, count);
    add_point(s, nextafterf(x, -INFINITY), points, count);
}

/* Evenly over the interval, at both ends, and about each place where the formula changes. */
static int list_points(const subject *s, float *points)
{
    int count = 0;
    for (int i = 0; i < CHECKS; i++)
        add_point(s, (float)(OG_TABLE_STEP * (s->low + (i + 0.37) / CHECKS)), points, &count);
    add_points_about(s, (float)(OG_TABLE_STEP * s->low), points, &count);
    add_points_about(s, (float)(OG_TABLE_STEP * s->high), points, &count);
    for (int i = 0; i < s->f->split_count; i++)
        add_points_about(s, (float)s->f->splits[i], points, &count);
    for (float near = 1e-30f; near < 0.1f; near *= 1e4f) {
        add_point(s, near, points, &count);
        add_point(s, -near, points, &count);
    }
    add_point(s, -0.0f, points, &count);
    return count;
}

static double ulp_of(double value)
{
    int exponent;
    frexp(value, &exponent);
    return ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

/* Half a unit of the largest |h| of an interval and the steps beside it, if h changes its sign there; else 0. */
static double slack_of(const subject *s)
{
    double largest = 0, least = INFINITY, most = -INFINITY;
    for (int i = 0; i <= CHECKS; i++) {
        double y = at(s, s->low - 1 + 3.0 * i / CHECKS);
        largest = fmax(largest, fabs(y));
        least = fmin(least, y);
        most = fmax(most, y);
    }
    return least < 0 && most > 0 ? 0.5 * ulp_of(largest) : 0;
}

/* Whether a table is exact enough in one interval. */
static bool is_exact(const subject *s, const og__table *table)
{
    float points[POINTS_MAX];
    int count = list_points(s, points);
    bool begins_at_0 = (s->low == 0 || s->high == 0) && at(s, 0) == 0; /* where digits count, however small h is */
    double slack = begins_at_0 ? 0 : slack_of(s);
    for (int i = 0; i < count; i++) {
        double truth = s->h(s->f, (double)points[i]);
        double error = fabs((double)og__table_at(table, points[i]) - truth);
        if (!(error <= fmax(ulps_max * ulp_of(truth), slack)))
            return false;
    }
    return true;
}

/* A coefficient that is no number float32 has makes the check fail. */
static bool fill_part(subject *s, double center, og__table *table)
{
    double terms[OG_TABLE_DEGREES];
    int part = (int)s->high & (OG_TABLE_PARTS - 1);
    s->center = center;
    s->lead = find_lead(s);
    interpolate(s, table->degree, terms);
    for (int k = 0; k <= table->degree; k++)
        table->terms[k][part] = (float)terms[k];
    if (s->lead > 0)
        table->terms[0][part] = -0.0f; /* t + -0 keeps the sign of a zero t */
    table->centers[part] = (float)center;
    return is_exact(s, table);
}

/* About the end that is nearer to 0, where t has no rounding next to 0; about the middle, where all terms are smallest;
 * or about the other end, where h may be 0. */
static bool choose_part(const og__function *f, og__curve h, int low, og__table *table)
{
    int high = low + 1, near = low >= 0 ? low : high, far = low >= 0 ? high : low;
    subject s = {.f = f, .h = h, .low = low, .high = high};
    return fill_part(&s, low + 0.5, table) || fill_part(&s, near, table) || fill_part(&s, far, table);
}

/* From 0 to both sides, as far as the degree does. */
static void fill(const og__function *f, og__curve h, og__table *table)
{
    table->reach = 0;
    while (table->reach < OG_TABLE_PARTS / 2 && choose_part(f, h, table->reach, table) &&
           choose_part(f, h, -1 - table->reach, table))
        table->reach++;
}

/* Whether a formula has functions that cost more than a look-up; but not the circular ones, which keep their digits at
 * zeros between which no interval fits. */
static bool pays(const og_act *act, og__expr root, bool *needed)
{
    bool found = false, circular = false;
    og__exprs_mark(&act->graph, 1, &root, needed);
    for (og__expr i = 0; i <= root; i++) {
        og__op op = act->graph.nodes[i].op;
        bool plain = op == OG_OP_ABS || op == OG_OP_SIGN || op == OG_OP_SQRT;
        found |= needed[i] && !plain && (og__op_name(op) || op == OG_OP_POW);
        circular |= needed[i] && (op == OG_OP_SIN || op == OG_OP_COS);
    }
    return found && !circular;
}

static void fit(const og__function *f, og__curve h, og__table *table)
{
    for (int degree = OG_TABLE_DEGREE_MIN; degree < OG_TABLE_DEGREES; degree++) {
        og__table tried = {.degree = degree};
        fill(f, h, &tried);
        if (tried.reach >= OG_TABLE_REACH_MIN && tried.reach > table->reach)
            *table = tried;
        if (table->reach == OG_TABLE_PARTS / 2)
            return;
    }
}

og_status og__table_fit(const og_act *act, og__table *value, og__table *slope)
{
    og__function f = {0};
    og_status status = OG_OK;
    bool *needed = NULL;
    *value = *slope = (og__table){0};
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *needed, &needed));
    OG_GO(og__function_init(&f, act, NULL));
    OG_GO(og__function_find_common_splits(&f));
    if (pays(act, act->value, needed))
        fit(&f, og__function_value, value);
    if (pays(act, act->slope, needed))
        fit(&f, og__function_slope, slope);
done:
    free(needed);
    og__function_deinit(&f);
    return status;
}

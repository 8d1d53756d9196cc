#include "act/moments.h"

#include <math.h>
#include <string.h>

#include "act/quadrature.h"

enum {
    SUM_MEAN,
    SUM_SECOND,
    SUM_SLOPE_SECOND,
    SUM_SLOPE,
    SUM_PRODUCT,  /* f(z) z */
    SUM_MIRRORED, /* f(z) f(-z) */
    SUM_COUNT,
};

static const double normal_density = 0.39894228040143267794;

typedef struct integration {
    const og__function *f;
    double mean, sd;
    long budget;
    double sums[SUM_COUNT];
} integration;

static double density(double z)
{
    return normal_density * exp(-0.5 * z * z);
}

static void evaluate(const integration *in, double z, double *value, double *slope)
{
    og__function_both(in->f, in->mean + in->sd * z, value, slope);
    if (fabs(z) > OG_MOMENTS_COMMON && !(isfinite(*value) && isfinite(*slope)))
        *value = *slope = 0;
}

/* Both sides at once: the integral runs over z > 0, and what is odd cancels exactly. */
static void integrands(void *context, double z, double *values)
{
    const integration *in = context;
    double weight = density(z), here, there, slope_here, slope_there;
    evaluate(in, z, &here, &slope_here);
    evaluate(in, -z, &there, &slope_there);
    values[SUM_MEAN] = weight * (here + there);
    values[SUM_SECOND] = weight * (here * here + there * there);
    values[SUM_SLOPE_SECOND] = weight * (slope_here * slope_here + slope_there * slope_there);
    values[SUM_SLOPE] = weight * (slope_here + slope_there);
    values[SUM_PRODUCT] = weight * z * (here - there);
    values[SUM_MIRRORED] = weight * 2 * here * there;
}

/* The next place above `from` where a piece ends, as |z|. */
static double next_end(const integration *in, double from, double step)
{
    double end = step * (floor(from / step + 1e-9) + 1);
    for (int i = 0; i < in->f->split_count; i++) {
        double z = fabs(in->f->splits[i] - in->mean) / in->sd;
        if (z > from + 1e-12 && z < end)
            end = z;
    }
    return end;
}

/* Near a pole: whether h g(h) does not vanish with h, so that the integral of g is infinite. */
static bool diverges(double far, double near, double ratio)
{
    return !(near * ratio <= 0.6 * far) && !(near <= 1e3);
}

static void find_poles(integration *in)
{
    const double far = 1e-6, near = 1e-9;
    for (int i = 0; i < in->f->split_count; i++) {
        double s = in->f->splits[i], unit = fmax(1, fabs(s));
        if (fabs(s - in->mean) > OG_MOMENTS_COMMON * in->sd)
            continue;
        for (int side = -1; side <= 1; side += 2) {
            double at_far, at_near, slope_far, slope_near;
            og__function_both(in->f, s + side * far * unit, &at_far, &slope_far);
            og__function_both(in->f, s + side * near * unit, &at_near, &slope_near);
            if (diverges(at_far * at_far, at_near * at_near, near / far))
                in->sums[SUM_SECOND] = INFINITY;
            if (diverges(slope_far * slope_far, slope_near * slope_near, near / far))
                in->sums[SUM_SLOPE_SECOND] = INFINITY;
        }
    }
}

static void find_growth(integration *in)
{
    double edge[SUM_COUNT];
    integrands(in, OG_MOMENTS_REACH, edge);
    for (int k = 0; k < SUM_COUNT; k++)
        if (fabs(edge[k]) > 1e-6 * fabs(in->sums[k]) && fabs(edge[k]) > 1e-6)
            in->sums[k] = INFINITY;
}

static void integrate(integration *in, double step)
{
    for (double from = 0, to; from < OG_MOMENTS_REACH; from = to) {
        to = fmin(next_end(in, from, step), OG_MOMENTS_REACH);
        og__integrate(integrands, in, SUM_COUNT, from, to, &in->budget, in->sums);
    }
}

/* --- further inputs ----------------------------------------------------------------------------------------------- */

/* Gates and funnel are independent normal numbers, noise is uniform. Outside, points over these; inside, the integral
 * over x at each. */
typedef struct outer {
    og__function *f;
    double mean, sd;
    double sums[SUM_COUNT];
} outer;

static og_status add_point(outer *o, double weight)
{
    integration in = {.f = o->f, .mean = o->mean, .sd = o->sd, .budget = 4000};
    OG_TRY(og__function_find_common_splits(o->f));
    integrate(&in, 3.5);
    for (int k = 0; k < SUM_COUNT; k++)
        o->sums[k] += weight * in.sums[k];
    return OG_OK;
}

static og_status sum_over(outer *o, int count, const og_input *inputs, const double *steps, double weight);

/* Gauss-Legendre of 5 points on [0, 1]. */
static og_status sum_over_noise(outer *o, int count, const og_input *inputs, const double *steps, double weight)
{
    static const double places[] = {0.046910077030668, 0.230765344947158, 0.5, 0.769234655052842, 0.953089922969332};
    static const double weights[] = {0.118463442528095, 0.239314335249683, 0.284444444444444, 0.239314335249683,
                                     0.118463442528095};
    for (int i = 0; i < 5; i++) {
        o->f->inputs[inputs[0]] = places[i];
        OG_TRY(sum_over(o, count - 1, inputs + 1, steps, weight * weights[i]));
    }
    return OG_OK;
}

/* The trapezoid rule, which converges exponentially: the integral over x is smooth in the next input. Where that has
 * kinks, because two gates are compared, steps without a common multiple keep the grid from lying along them: then the
 * relative error is about 1e-4. */
static og_status sum_over(outer *o, int count, const og_input *inputs, const double *steps, double weight)
{
    const double reach = 6.5, least = 1e-11;
    if (count == 0)
        return weight < least ? OG_OK : add_point(o, weight);
    if (inputs[0] == OG_INPUT_NOISE)
        return sum_over_noise(o, count, inputs, steps, weight);
    int half = (int)(reach / steps[0]);
    for (int i = -half; i < half; i++) {
        double value = (i + 0.5) * steps[0];
        o->f->inputs[inputs[0]] = value;
        OG_TRY(sum_over(o, count - 1, inputs + 1, steps + 1, weight * steps[0] * density(value)));
    }
    return OG_OK;
}

static og_status integrate_all(const og__function *f, double mean, double sd, double *sums)
{
    static const double steps[][4] = {{0.25}, {0.25, 0.19}, {0.6, 0.5, 0.4}, {0.9, 0.75, 0.6, 0.5}};
    og__function own = *f; /* its inputs and splits change */
    outer o = {.f = &own, .mean = mean, .sd = sd};
    og_input inputs[OG_INPUT_COUNT];
    int count = 0, normal = 0;
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (f->act->uses[i] && i != OG_INPUT_X && i != OG_INPUT_MIRROR) {
            inputs[count++] = i;
            normal += i != OG_INPUT_NOISE;
        }
    og_status status = sum_over(&o, count, inputs, steps[normal > 0 ? normal - 1 : 0], 1);
    memcpy(sums, o.sums, sizeof o.sums);
    return status;
}

/* --- from sums to facts ------------------------------------------------------------------------------------------- */

static double clip_share(double share)
{
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static void set_moments(const double *sums, og_act_moments *m)
{
    double second = sums[SUM_SECOND], mean = fabs(sums[SUM_MEAN]) < 1e-12 * sqrt(second) ? 0 : sums[SUM_MEAN];
    *m = (og_act_moments){.mean = mean, .second_moment = second, .variance = second - mean * mean};
    if (m->variance < 1e-13 * second)
        m->variance = 0;
    m->slope_moment = sums[SUM_SLOPE_SECOND];
    m->slope_mean = sums[SUM_SLOPE];
    m->gain = 1 / sqrt(m->second_moment);
    m->gain_variance = 1 / sqrt(m->variance);
    m->gain_backward = 1 / sqrt(m->slope_moment);
    m->chi = m->slope_moment / m->second_moment;
    m->chi_norm = m->slope_moment / m->variance;
    m->nonlinearity = clip_share(1 - sums[SUM_PRODUCT] * sums[SUM_PRODUCT] / m->variance);
    if (m->nonlinearity < 1e-12)
        m->nonlinearity = 0;
    m->odd_share = clip_share(0.5 * (1 - sums[SUM_MIRRORED] / second));
}

static og_status find_sums(og__function *f, double mean, double sd, double *sums)
{
    integration in = {.f = f, .mean = mean, .sd = sd, .budget = f->budget * 4};
    if (og__function_is_section(f->act)) {
        OG_TRY(integrate_all(f, mean, sd, in.sums));
    } else {
        integrate(&in, 1);
        find_growth(&in);
        find_poles(&in);
    }
    memcpy(sums, in.sums, sizeof in.sums);
    return OG_OK;
}

static double deviation_of(const og_act_param *param)
{
    if (param->source == OG_PARAM_NORMAL)
        return (double)param->second;
    return param->source == OG_PARAM_UNIFORM ? ((double)param->second - (double)param->first) / sqrt(12) : 0;
}

/* Parameters that are drawn: the rule of two points, mean +- deviation, for each, exact for what is quadratic in it. Of
 * more than four, the fifth moves with the first, and so on. */
static og_status find_drawn(const og__function *f, double mean, double sd, double *sums)
{
    enum { FREE_MAX = 4 };
    og__function own = *f;
    int drawn = 0;
    for (size_t k = 0; k < f->act->param_count; k++)
        drawn += deviation_of(&f->act->params[k]) > 0;
    int points = 1 << (drawn < FREE_MAX ? drawn : FREE_MAX);
    for (int p = 0; p < points; p++) {
        double part[SUM_COUNT];
        for (size_t k = 0, n = 0; k < f->act->param_count; k++) {
            double deviation = deviation_of(&f->act->params[k]);
            own.params[k] = f->params[k] + (p >> n % FREE_MAX & 1 ? deviation : -deviation);
            n += deviation > 0;
        }
        OG_TRY(og__function_find_splits(&own));
        OG_TRY(find_sums(&own, mean, sd, part));
        for (int k = 0; k < SUM_COUNT; k++)
            sums[k] += part[k] / points;
    }
    return OG_OK;
}

og_status og__moments_find(og__function *f, double mean, double sd, og_act_moments *moments)
{
    double sums[SUM_COUNT] = {0};
    bool is_drawn = false;
    for (size_t k = 0; k < f->act->param_count; k++)
        is_drawn |= f->is_own && deviation_of(&f->act->params[k]) > 0;
    OG_TRY(is_drawn ? find_drawn(f, mean, sd, sums) : find_sums(f, mean, sd, sums));
    set_moments(sums, moments);
    return OG_OK;
}

static const char advice[] = "where inputs are common; restrict it with where() or clamp()";

/* "log(x)' is not a number for x < 0": find the place between an input that is fine and one that is not. */
static og_status fail_side(const og__function *f, double fine, double wrong, const char *relation)
{
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (fine + wrong);
        if (isnan(og__function_value(f, middle)))
            wrong = middle;
        else
            fine = middle;
    }
    return og__fail(OG_ERR_NUMERIC, "'%s' is not a number for x %s %.4g, %s", f->act->text, relation,
                    fabs(fine) < 1e-9 ? 0 : fine, advice);
}

og_status og__moments_check(const og__function *f, double mean, double sd, const og_act_moments *moments)
{
    const char *text = f->act->text;
    if (isfinite(moments->mean) && isfinite(moments->second_moment))
        return OG_OK;
    double low = mean - OG_MOMENTS_COMMON * sd, high = mean + OG_MOMENTS_COMMON * sd;
    if (isnan(og__function_value(f, low)) && isfinite(og__function_value(f, high)))
        return fail_side(f, high, low, "<");
    if (isnan(og__function_value(f, high)) && isfinite(og__function_value(f, low)))
        return fail_side(f, low, high, ">");
    for (double distance = 0; distance <= OG_MOMENTS_COMMON; distance += 0.125)
        for (int sign = -1; sign <= 1; sign += 2) {
            double x = mean + sign * distance * sd + 0.0, value = og__function_value(f, x); /* no -0 */
            if (!isfinite(value))
                return og__fail(OG_ERR_NUMERIC, "'%s' is %s at x = %g, %s", text,
                                isnan(value) ? "not a number" : "infinite", x, advice);
        }
    return og__fail(OG_ERR_NUMERIC, "'%s' has no finite mean or variance for normal inputs: it grows too fast", text);
}

og_status og_act_moments_at(const og_act *act, double mean, double sd, const double *params, og_act_moments *moments)
{
    og__function f = {0};
    og_status status = OG_OK;
    *moments = (og_act_moments){0};
    if (!isfinite(mean) || !(sd > 0) || !isfinite(sd))
        return og__fail(OG_ERR_ARGUMENT,
                        "moments of '%s' are asked for at mean %g and standard deviation %g; these must be finite, and "
                        "the latter above 0",
                        act->text, mean, sd);
    OG_GO(og__function_init(&f, act, params));
    OG_GO(og__function_find_splits(&f));
    OG_GO(og__moments_find(&f, mean, sd, moments));
    OG_GO(og__moments_check(&f, mean, sd, moments));
done:
    og__function_deinit(&f);
    return status;
}

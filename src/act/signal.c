/* A signal through depth: variance, correlation and gradient of wide random layers. */
#include <math.h>

#include "act/moments.h"
#include "act/quadrature.h"

enum { LAYERS_MAX = 1000, MAP_NODES = 24, SPLITS_MOST = 16 }; /* with more, the adaptive rule must do */

static const double normal_density = 0.39894228040143267794, pi = 3.14159265358979323846;

/* The network's layer as maps of variance and correlation. */
typedef struct layer_map {
    og__function *f;
    const og_act_depth *depth;
    double variance; /* of h, for which what follows was found */
    og_act_moments moments;
    double nodes[MAP_NODES]; /* E f(u) f(v) at Chebyshev points of the angle between u and v */
    bool has_nodes;
} layer_map;

/* --- the mean of f(u) f(v) ---------------------------------------------------------------------------------------- */

/* u, v = sd (a y +- b z): along y the pieces of f end where u or v is at a split, and what is left is smooth in z. */
typedef struct pair {
    const og__function *f;
    double sd, a, b, z;
    long budget;
} pair;

static void inner(void *context, double y, double *values)
{
    const pair *p = context;
    double u = p->sd * (p->a * y + p->b * p->z), v = p->sd * (p->a * y - p->b * p->z);
    double product = og__function_value(p->f, u) * og__function_value(p->f, v);
    values[0] = isfinite(product) ? normal_density * exp(-0.5 * y * y) * product : 0;
}

static double next_end(const pair *p, double from)
{
    double end = floor(from / 2 + 1e-9) * 2 + 2;
    for (int i = 0; i < p->f->split_count && p->f->split_count <= SPLITS_MOST && p->a > 0; i++)
        for (int sign = -1; sign <= 1; sign += 2) {
            double y = (p->f->splits[i] / p->sd + sign * p->b * p->z) / p->a;
            if (y > from + 1e-9 && y < end)
                end = y;
        }
    return end;
}

static void outer(void *context, double z, double *values)
{
    pair *p = context;
    double sum = 0;
    p->z = z;
    for (double from = -OG_MOMENTS_COMMON, to; from < OG_MOMENTS_COMMON; from = to) {
        to = next_end(p, from);
        og__integrate(inner, p, 1, from, to, &p->budget, &sum);
    }
    values[0] = 2 * normal_density * exp(-0.5 * z * z) * sum;
}

static double mean_product(const layer_map *map, double angle)
{
    static const double ends[] = {0, 1, 2.5, 5, OG_MOMENTS_COMMON};
    pair p = {.f = map->f,
              .sd = sqrt(map->variance),
              .a = fabs(cos(angle / 2)),
              .b = sin(angle / 2),
              .budget = map->f->budget};
    double sum = 0;
    if (p.a < 1e-12)
        p.a = 0;
    long outer_budget = 400;
    for (int i = 0; i + 1 < (int)(sizeof ends / sizeof ends[0]); i++)
        og__integrate(outer, &p, 1, ends[i], ends[i + 1], &outer_budget, &sum);
    return sum;
}

/* Smooth in the angle also where f has kinks, so that few points carry the whole map: the arc-cosine kernels are. */
static double node_angle(int i)
{
    return 0.5 * pi * (1 - cos(pi * (i + 0.5) / MAP_NODES));
}

static double interpolate(const layer_map *map, double angle)
{
    double above = 0, below = 0;
    for (int i = 0; i < MAP_NODES; i++) {
        double distance = angle - node_angle(i);
        if (fabs(distance) < 1e-14)
            return map->nodes[i];
        double weight = (i % 2 ? -1 : 1) * sin(pi * (i + 0.5) / MAP_NODES) / distance;
        above += weight * map->nodes[i];
        below += weight;
    }
    return above / below;
}

/* --- one layer ---------------------------------------------------------------------------------------------------- */

/* Bring the map to a variance; under a norm it is 1. */
static og_status set_variance(layer_map *map, double variance)
{
    if (map->depth->normalised)
        variance = 1;
    if (fabs(variance - map->variance) <= 1e-13 * variance)
        return OG_OK;
    map->variance = variance;
    map->has_nodes = false;
    return og__moments_find(map->f, 0, sqrt(variance), &map->moments);
}

static double next_variance(const layer_map *map)
{
    double square = map->depth->gain * map->depth->gain;
    if (map->depth->normalised)
        return square * map->moments.variance;
    return square * map->moments.second_moment + map->depth->bias_variance;
}

/* Correlation of the next layer from the mean product of f. */
static double next_correlation(const layer_map *map, double product)
{
    double square = map->depth->gain * map->depth->gain;
    double mean = map->moments.mean;
    double c = map->depth->normalised ? (product - mean * mean) / map->moments.variance
                                      : (square * product + map->depth->bias_variance) / next_variance(map);
    return c > 1 ? 1 : c < -1 ? -1 : c;
}

static void set_nodes(layer_map *map)
{
    for (int i = 0; i < MAP_NODES && !map->has_nodes; i++)
        map->nodes[i] = mean_product(map, node_angle(i));
    map->has_nodes = true;
}

/* `again`: the map will be used for further layers. */
static double map_correlation(layer_map *map, double c, bool again)
{
    if (c >= 1)
        return 1;
    if (again)
        set_nodes(map);
    double angle = acos(c);
    return next_correlation(map, map->has_nodes ? interpolate(map, angle) : mean_product(map, angle));
}

/* Growth of the squared gradient through a layer: chi, or chi_norm. */
static double gradient_growth(const layer_map *map, double variance)
{
    double square = map->depth->gain * map->depth->gain;
    return square * map->moments.slope_moment / (map->depth->normalised ? variance : 1);
}

static og_status run_layers(layer_map *map, og_act_signal *signals)
{
    const og_act_depth *depth = map->depth;
    signals[0] = (og_act_signal){.variance = depth->variance, .correlation = depth->correlation};
    for (int l = 0; l < depth->layers; l++) {
        OG_TRY(set_variance(map, signals[l].variance));
        double variance = next_variance(map);
        bool again = depth->normalised || fabs(variance - map->variance) <= 1e-12 * variance;
        signals[l].gradient = gradient_growth(map, signals[l].variance); /* replaced below */
        signals[l + 1].variance = variance;
        signals[l + 1].correlation =
            variance > 0 && isfinite(variance) ? map_correlation(map, signals[l].correlation, again) : NAN;
    }
    signals[depth->layers].gradient = 1;
    for (int l = depth->layers - 1; l >= 0; l--)
        signals[l].gradient = signals[l + 1].gradient * sqrt(signals[l].gradient);
    return OG_OK;
}

/* --- without end -------------------------------------------------------------------------------------------------- */

static og_status trend(layer_map *map, double variance, double *direction)
{
    OG_TRY(set_variance(map, variance));
    *direction = log(next_variance(map) / variance);
    if (fabs(*direction) < 1e-10)
        *direction = 0;
    return OG_OK;
}

/* The variance that is reached: the map rises, so it is the first fixed point on the way that the first step takes. */
static og_status fixed_variance(layer_map *map, double *fixed)
{
    const double least = 1e-12, most = 1e12;
    double from = map->depth->variance, direction, next, at_next = NAN;
    *fixed = from;
    OG_TRY(trend(map, from, &direction));
    if (direction == 0)
        return OG_OK;
    for (next = from; next > least && next < most; from = next) {
        next = from * (direction > 0 ? 2 : 0.5);
        OG_TRY(trend(map, next, &at_next));
        if (at_next == 0 || (at_next > 0) != (direction > 0))
            break;
    }
    if (!(next > least && next < most) || isnan(at_next)) {
        *fixed = direction > 0 ? INFINITY : 0;
        return OG_OK;
    }
    for (int i = 0; i < 60; i++) {
        double middle = sqrt(from * next), at_middle;
        OG_TRY(trend(map, middle, &at_middle));
        if (at_middle != 0 && (at_middle > 0) == (direction > 0))
            from = middle;
        else
            next = middle;
    }
    *fixed = next;
    return OG_OK;
}

/* The map of correlations is a power series with positive coefficients, so it crosses the diagonal once below 1 where
 * its slope at 1 is above 1, and never where it is not. */
static double fixed_correlation(layer_map *map, double slope_at_1)
{
    double low = 0, high = 1 - 1e-9;
    if (slope_at_1 <= 1 + 1e-9)
        return 1;
    if (map_correlation(map, 0, true) <= 1e-9)
        return 0;
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (low + high);
        if (map_correlation(map, middle, true) > middle)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static og_status find_limit(layer_map *map, og_act_limit *limit)
{
    *limit = (og_act_limit){.correlation = NAN, .depth_scale = NAN};
    if (map->depth->normalised) {
        OG_TRY(set_variance(map, 1));
        limit->variance = next_variance(map);
    } else {
        OG_TRY(fixed_variance(map, &limit->variance));
        if (!(limit->variance > 0) || isinf(limit->variance)) {
            limit->chi = gradient_growth(map, map->variance);
            return OG_OK;
        }
        OG_TRY(set_variance(map, limit->variance));
    }
    limit->chi = gradient_growth(map, limit->variance);
    if (map->moments.nonlinearity == 0 && map->depth->normalised) { /* every correlation stays */
        limit->correlation = map->depth->correlation;
        limit->depth_scale = INFINITY;
        return OG_OK;
    }
    const double step = 1e-4;
    double at_1 = (1 - map_correlation(map, 1 - step, true)) / step; /* a jump of f shows here, not in f' */
    double slope = at_1 > 1.5 * limit->chi + 0.1 ? at_1 : limit->chi;
    limit->correlation = fixed_correlation(map, slope);
    double c = limit->correlation;
    if (c < 1)
        slope = (map_correlation(map, c + step, true) - map_correlation(map, c - step, true)) / (2 * step);
    limit->depth_scale = fabs(slope - 1) < 1e-8 ? INFINITY : slope <= 0 ? 0 : -1 / log(slope);
    return OG_OK;
}

static og_status check_depth(const og_act *act, const og_act_depth *depth)
{
    const char *text = og_act_text(act);
    if (og__function_is_section(act))
        return og__fail(OG_ERR_UNSUPPORTED,
                        "'%s' reads more than x; a signal's way is predicted for functions of x alone", text);
    if (!(depth->gain > 0) || isinf(depth->gain) || !(depth->bias_variance >= 0) || isinf(depth->bias_variance) ||
        !(depth->variance > 0) || isinf(depth->variance))
        return og__fail(OG_ERR_ARGUMENT,
                        "depth of '%s': gain is %g, bias variance %g, variance %g; gain and variance must be above 0, "
                        "bias variance not below",
                        text, depth->gain, depth->bias_variance, depth->variance);
    if (!(fabs(depth->correlation) <= 1))
        return og__fail(OG_ERR_ARGUMENT, "depth of '%s': correlation is %g; it must be from -1 to 1", text,
                        depth->correlation);
    if (depth->layers < 1 || depth->layers > LAYERS_MAX)
        return og__fail(OG_ERR_ARGUMENT, "depth of '%s': %d layers; there must be from 1 to %d", text, depth->layers,
                        LAYERS_MAX);
    return OG_OK;
}

og_status og_act_propagate(const og_act *act, const double *params, const og_act_depth *depth, og_act_signal *signals,
                           og_act_limit *limit)
{
    og_status status = OG_OK;
    og__function f = {0};
    layer_map map = {.f = &f, .depth = depth};
    OG_TRY(check_depth(act, depth));
    OG_GO(og__function_init(&f, act, params));
    OG_GO(og__function_find_splits(&f));
    f.budget = f.budget / 32 + 101; /* moments are taken a hundred times over */
    OG_GO(set_variance(&map, depth->variance));
    OG_GO(og__moments_check(&f, 0, sqrt(map.variance), &map.moments));
    if (signals)
        OG_GO(run_layers(&map, signals));
    if (limit)
        OG_GO(find_limit(&map, limit));
done:
    og__function_deinit(&f);
    return status;
}

/* Extremes of f and of |f'| over the line. */
#include <math.h>

#include "act/analyse.h"

typedef struct extreme {
    double value, at;
} extreme;

/* Sharpen a maximum of sign * g between two points by golden sections. */
static extreme peak(const og__function *f, og__curve g, double sign, double from, double to)
{
    const double ratio = 0.61803398874989484820;
    double a = to - ratio * (to - from), b = from + ratio * (to - from);
    double at_a = sign * g(f, a), at_b = sign * g(f, b);
    for (int i = 0; i < 70; i++) {
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
    }
    return at_a > at_b ? (extreme){at_a, a} : (extreme){at_b, b};
}

static void consider(const og__function *f, og__curve g, double sign, double x, extreme *best)
{
    double value = sign * g(f, x);
    if (value > best->value || (value == best->value && fabs(x) < fabs(best->at)))
        *best = (extreme){value, x};
}

/* The largest sign * g over the scanned points and beside the splits, sharpened around the best one; of equals, the one
 * nearest to 0. */
static extreme find_extreme(const og__function *f, og__curve g, double sign)
{
    int count = og__function_scan_count(f, 4001), best_i = 0;
    extreme best = {-INFINITY, NAN};
    for (int i = 0; i < count; i++) {
        double at = best.at;
        consider(f, g, sign, og__function_scan_point(i, count), &best);
        best_i = best.at == at ? best_i : i;
    }
    if (best_i > 0 && best_i < count - 1) {
        extreme sharp =
            peak(f, g, sign, og__function_scan_point(best_i - 1, count), og__function_scan_point(best_i + 1, count));
        if (sharp.value > best.value + 1e-15 * fabs(best.value))
            best = sharp;
    }
    for (int i = 0; i < f->split_count; i++) {
        double x = f->splits[i], step = 1e-9 * fmax(1, fabs(x));
        consider(f, g, sign, x, &best);
        consider(f, g, sign, x - step, &best);
        consider(f, g, sign, x + step, &best);
        for (int side = -1; side <= 1; side += 2)
            if (og__function_pole(f, g, x, side) && sign * g(f, x + side * step) > 0)
                best = (extreme){INFINITY, x};
    }
    for (int i = 0; i < f->split_count; i++) /* a kink's own place rather than its neighbourhood */
        if (fabs(best.at - f->splits[i]) <= 2e-9 * fmax(1, fabs(best.at)))
            best.at = f->splits[i];
    best.value *= sign;
    return best;
}

/* --- range -------------------------------------------------------------------------------------------------------- */

static bool is_constant_at(const og_act_facts *facts, double x)
{
    for (int i = 0; i < facts->piece_count && i < OG_FACT_ITEMS_MAX; i++)
        if (facts->pieces[i].direction == 0 && x >= facts->pieces[i].from - 1e-6 && x <= facts->pieces[i].to + 1e-6)
            return true;
    return false;
}

static bool is_turn(const og_act_facts *facts, double x)
{
    for (int i = 0; i < facts->piece_count && i < OG_FACT_ITEMS_MAX; i++) {
        double to = facts->pieces[i].to;
        if (isfinite(to) && fabs(x - to) <= 1e-4 * fmax(1, fabs(to)))
            return true;
    }
    return false;
}

/* A value is attained where f turns or is constant; elsewhere it is only what a tail approaches to the last digit. */
static bool is_attained(const og_act_facts *facts, extreme e)
{
    if (!isfinite(e.value) || isnan(e.at))
        return false;
    if (is_turn(facts, e.at) || is_constant_at(facts, e.at))
        return true;
    for (int side = 0; side < 2; side++) {
        const og_act_tail *tail = side ? &facts->right : &facts->left;
        if (fabs(tail->limit - e.value) <= 1e-9 * fmax(1e-3, fabs(e.value)))
            return false;
    }
    return true;
}

/* Of a function that oscillates, the turn nearest to 0 that reaches the extreme. */
static void prefer_turn(const og__function *f, const og_act_facts *facts, extreme *e)
{
    for (int i = 0; i + 1 < facts->piece_count && i + 1 < OG_FACT_ITEMS_MAX; i++) {
        double turn = facts->pieces[i].to, value = og__function_value(f, turn);
        if (fabs(turn) < fabs(e->at) && fabs(value - e->value) <= 1e-9 * fabs(value))
            *e = (extreme){value, turn};
    }
}

/* Whether a tail swings ever wider: the largest |f| of two stretches. */
static bool swings_wider(const og__function *f, const og_act_tail *tail, double side)
{
    double near = 0, far = 0;
    for (int i = 0; i < 64 && tail->kind == OG_TAIL_OSCILLATES; i++) {
        near = fmax(near, fabs(og__function_value(f, side * (1e3 + 0.7 * i))));
        far = fmax(far, fabs(og__function_value(f, side * (1e6 + 0.7 * i))));
    }
    return far > 10 * near;
}

static void set_range(const og__function *f, og_act_facts *facts, double sign)
{
    extreme e = find_extreme(f, og__function_value, sign);
    prefer_turn(f, facts, &e);
    if (swings_wider(f, &facts->left, -1) || swings_wider(f, &facts->right, 1))
        e.value = sign * INFINITY;
    bool attained = is_attained(facts, e);
    double left = facts->left.limit, right = facts->right.limit, value = e.value;
    if (!isnan(left) && sign * left > sign * value && fabs(left - value) > 1e-9 * fabs(value)) {
        value = left;
        attained = false;
    }
    if (!isnan(right) && sign * right > sign * value && fabs(right - value) > 1e-9 * fabs(value)) {
        value = right;
        attained = false;
    }
    if (fabs(value) < 1e-12)
        value = 0;
    if (sign < 0) {
        facts->min = value;
        facts->min_attained = attained;
        facts->min_at = attained ? e.at + 0.0 : NAN;
    } else {
        facts->max = value;
        facts->max_attained = attained;
        facts->max_at = attained ? e.at + 0.0 : NAN;
    }
}

/* --- slope -------------------------------------------------------------------------------------------------------- */

static double steepness(const og__function *f, double x)
{
    return fabs(og__function_slope(f, x));
}

/* A tail's own slope is approached, not attained, unless it begins at a kink or f is a line. */
static bool is_approached(const og__function *f, const og_act_facts *facts, extreme e)
{
    double side = copysign(1, e.at);
    const og_act_tail *tail = e.at < 0 ? &facts->left : &facts->right;
    if (tail->kind != OG_TAIL_LINE || fabs(fabs(tail->slope) - e.value) > 1e-9 * e.value || facts->affine)
        return false;
    for (int i = 0; i < f->split_count; i++)
        if (fabs(steepness(f, f->splits[i] + side * 1e-7 * fmax(1, fabs(f->splits[i]))) - e.value) <= 1e-14 * e.value)
            return false;
    return true;
}

static bool is_split(const og__function *f, double x)
{
    for (int i = 0; i < f->split_count; i++)
        if (f->splits[i] == x)
            return true;
    return false;
}

static void find_steepest(const og__function *f, og_act_facts *facts)
{
    extreme e = find_extreme(f, steepness, 1);
    double far_left = steepness(f, -1e12), far_right = steepness(f, 1e12), far = fmax(far_left, far_right);
    facts->slope_max = e.value;
    facts->slope_max_at = e.at;
    if (far > 1e3 && far > e.value)
        e.value = INFINITY;
    if (!(e.value < 1e30)) {
        facts->slope_max = INFINITY;
        facts->slope_max_at = is_split(f, e.at) ? e.at : copysign(INFINITY, far_left > far_right ? -1 : e.at);
    } else if (is_approached(f, facts, e)) {
        facts->slope_max_at = copysign(INFINITY, e.at);
    }
    facts->lipschitz = facts->slope_max;
    for (int i = 0; i < facts->kink_count && i < OG_FACT_ITEMS_MAX; i++)
        if (facts->kinks[i].jump)
            facts->lipschitz = INFINITY;
}

void og__find_range(const og__function *f, og_act_facts *facts)
{
    set_range(f, facts, -1);
    set_range(f, facts, 1);
    find_steepest(f, facts);
}

/* What f does far out: limits, lines, growth, saturation. */
#include <math.h>

#include "act/analyse.h"

/* The limit at +-infinity: a number where the values settle, an infinity where they grow, else NaN. */
static double limit_at(const og__function *f, double sign)
{
    enum { COUNT = 24 };
    double values[COUNT];
    int rises = 0, falls = 0;
    for (int i = 0; i < COUNT; i++) {
        values[i] = og__function_value(f, sign * pow(10, 3 + 1.5 * i)); /* up to 10^37.5, nearly all of float32 */
        rises += i > 0 && values[i] > values[i - 1];
        falls += i > 0 && values[i] < values[i - 1];
    }
    double last = values[COUNT - 1];
    if (isinf(last) || fabs(last - values[COUNT / 2]) <= 1e-9 * fmax(1, fabs(last)))
        return fabs(last) < 1e-12 ? 0 : last;
    if (rises > 0 && falls == 0 && !isnan(last))
        return INFINITY;
    if (falls > 0 && rises == 0 && !isnan(last))
        return -INFINITY;
    return NAN;
}

/* p of |x|^p from two places far out. */
static double power_at(const og__function *f, double sign)
{
    double near = fabs(og__function_value(f, sign * 1e18)), far = fabs(og__function_value(f, sign * 1e36));
    if (isinf(near))
        return INFINITY;
    if (isinf(far)) /* a power above 8, or an exponential that begins late */
        return near > 1e300 ? INFINITY : rint(log10(near) / 18);
    double power = log(far / near) / log(1e18);
    return power < 0.03 ? 0 : rint(power * 1000) / 1000;
}

static double snap(double value)
{
    double near = rint(value * 1e6) / 1e6;
    return fabs(value - near) <= 1e-9 * fmax(1, fabs(value)) ? near + 0.0 : value;
}

/* f(x) - slope x settles. What is left of it falls about as 1/x, which two places take away. */
static bool find_line(const og__function *f, double sign, og_act_tail *tail)
{
    double far = sign * 1e12, near = sign * 1e10, x1 = sign * 1e3, x2 = sign * 1e5;
    double slope = (og__function_value(f, far) - og__function_value(f, near)) / (far - near);
    double b1 = og__function_value(f, x1) - slope * x1, b2 = og__function_value(f, x2) - slope * x2;
    double b3 = og__function_value(f, sign * 1e7) - slope * sign * 1e7;
    double intercept = (x2 * b2 - x1 * b1) / (x2 - x1);
    if (!(fabs(b3 - intercept) <= 1e-4 * fmax(1, fabs(intercept))))
        return false;
    tail->slope = snap(slope);
    tail->intercept = snap(intercept);
    return true;
}

static og_act_tail find_tail(const og__function *f, double sign)
{
    og_act_tail tail = {.limit = limit_at(f, sign), .slope = NAN, .intercept = NAN, .power = NAN, .flat_from = NAN};
    if (isnan(tail.limit)) {
        tail.kind = isnan(og__function_value(f, sign * 1e30)) ? OG_TAIL_NONE : OG_TAIL_OSCILLATES;
        return tail;
    }
    if (isfinite(tail.limit)) {
        tail.kind = OG_TAIL_LIMIT;
        tail.intercept = tail.limit = snap(tail.limit);
        tail.slope = tail.power = 0;
        tail.saturates = true;
        return tail;
    }
    tail.power = power_at(f, sign);
    tail.kind = fabs(tail.power - 1) < 0.01 && find_line(f, sign, &tail) ? OG_TAIL_LINE : OG_TAIL_GROWTH;
    tail.saturates = tail.power < 0.999 && fabs(og__function_slope(f, sign * 1e12)) < 1e-3;
    return tail;
}

void og__find_tails(const og__function *f, og_act_facts *facts)
{
    facts->left = find_tail(f, -1);
    facts->right = find_tail(f, 1);
}

/* --- where the slope is small ------------------------------------------------------------------------------------- */

static const double reach = 8, small_slope = 0.05, no_slope = 1e-3;

double og__normal_share(double from, double to)
{
    return 0.5 *
           (from > 0 ? erfc(from * M_SQRT1_2) - erfc(to * M_SQRT1_2) : erfc(-to * M_SQRT1_2) - erfc(-from * M_SQRT1_2));
}

/* Where |f'| passes a level between two points on different sides of it. */
static double crossing(const og__function *f, double below, double above, double level)
{
    for (int i = 0; i < 50 && fabs(above - below) > 1e-12 * fabs(above); i++) {
        double middle = 0.5 * (below + above);
        if (fabs(og__function_slope(f, middle)) < level)
            below = middle;
        else
            above = middle;
    }
    return 0.5 * (below + above);
}

/* P(|f'(z)| < level, from < z < to), with the ends of each flat part found exactly. */
static double share_below(const og__function *f, double level, double from, double to)
{
    int count = og__function_scan_count(f, 1601);
    double share = 0, before = from, start = from;
    bool below = false;
    for (int i = 0; i < count; i++) {
        double x = from + (to - from) * i / (count - 1);
        double probe = i == 0 ? x + 1e-9 : i == count - 1 ? x - 1e-9 : x; /* inside: the ends may be kinks */
        bool is_below = fabs(og__function_slope(f, probe)) < level;
        if (i > 0 && is_below != below) {
            double at = is_below ? crossing(f, x, before, level) : crossing(f, before, x, level);
            if (!is_below)
                share += og__normal_share(start, at);
            start = at;
        }
        below = is_below;
        before = x;
    }
    return below ? share + og__normal_share(start, to) : share;
}

/* From which distance on |f'| stays below a level on one side; NaN where it does not. */
static double flat_from(const og__function *f, double sign, double level)
{
    int count = og__function_scan_count(f, 1601);
    double outside = NAN;
    for (int i = 0; i <= count / 2; i++) {
        double x = -sign * og__function_scan_point(i, count);
        double slope = fabs(og__function_slope(f, x));
        if (slope >= level)
            return isnan(outside) || fabs(outside) > 1e5 ? NAN : crossing(f, outside, x, level);
        if (slope < level)
            outside = x;
    }
    return isnan(outside) ? NAN : 0;
}

void og__find_flats(const og__function *f, og_act_facts *facts)
{
    int count = og__function_scan_count(f, 1601);
    double steepest = 0;
    for (int i = 0; i < count; i++) {
        double slope = fabs(og__function_slope(f, reach * (2.0 * i / (count - 1) - 1)));
        if (isfinite(slope))
            steepest = fmax(steepest, slope);
    }
    double level = fmax(small_slope * steepest, 1e-300); /* 0 counts as flat where nothing is steep */
    facts->left.flat_from = flat_from(f, -1, level);
    facts->right.flat_from = flat_from(f, 1, level);
    facts->left.flat_share = share_below(f, level, -reach, 0);
    facts->right.flat_share = share_below(f, level, 0, reach);
    facts->flat_share = share_below(f, no_slope, -reach, 0) + share_below(f, no_slope, 0, reach);
}

/* The line in pieces: where f exists, rises, falls, is constant, and is 0. */
#include <math.h>
#include <stdlib.h>

#include "act/analyse.h"
#include "base/memory.h"

enum { POINTS_MAX = 4001, FEW = 17, FOUND_MAX = POINTS_MAX + 2 * OG_SPLITS_MAX };

/* What has been found so far, from left to right. */
typedef struct walk {
    const og__function *f;
    double low, high; /* where the walk begins and ends; infinite ones stand for the scanned line's ends */
    double *points;   /* of the interval between two splits that is looked at */
    int point_count;
    og_act_piece *pieces; /* [FOUND_MAX], as are the others */
    og_interval *zeros, *domain;
    int piece_count, zero_count, domain_count;
    bool inside; /* the last domain interval is still open */
} walk;

static int sign_of(double value)
{
    return (value > 0) - (value < 0);
}

/* --- collecting --------------------------------------------------------------------------------------------------- */

static bool nearly(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-9 * fmax(1, fabs(a));
}

/* Join what goes on in the same direction, past a jump only where that goes the same way. */
static void add_piece(walk *w, double from, double to, int direction)
{
    const og__function *f = w->f;
    if (w->piece_count > 0) {
        og_act_piece *last = &w->pieces[w->piece_count - 1];
        double step = 1e-6 * fmax(1, fabs(from));
        double jump = og__function_value(f, from + step) - og__function_value(f, from - step);
        bool jumps = !(fabs(jump) <= 1e-4 * fmax(1, fabs(og__function_value(f, from + step))));
        bool same_way = !jumps || (isfinite(jump) && sign_of(jump) == direction);
        if (last->direction == direction && nearly(last->to, from) && same_way) {
            last->to = to;
            return;
        }
    }
    if (w->piece_count < FOUND_MAX)
        w->pieces[w->piece_count++] = (og_act_piece){from, to, direction};
}

static void add_zero(walk *w, double from, double to)
{
    if (w->zero_count > 0 && from <= w->zeros[w->zero_count - 1].to + 1e-9 * fmax(1, fabs(from))) {
        w->zeros[w->zero_count - 1].to = fmax(to, w->zeros[w->zero_count - 1].to);
        if (from == to &&
            w->zeros[w->zero_count - 1].from + 1e-9 * fmax(1, fabs(from)) >= to) /* one point, found twice */
            w->zeros[w->zero_count - 1].to = w->zeros[w->zero_count - 1].from;
        return;
    }
    if (w->zero_count < FOUND_MAX)
        w->zeros[w->zero_count++] = (og_interval){from + 0.0, to + 0.0};
}

/* f exists from here on, or no longer does. */
static void set_inside(walk *w, double x, bool inside)
{
    if (inside && !w->inside && w->domain_count < FOUND_MAX)
        w->domain[w->domain_count++] = (og_interval){x, x};
    if (!inside && w->inside)
        w->domain[w->domain_count - 1].to = x;
    w->inside = inside;
}

/* --- one interval between two splits ------------------------------------------------------------------------------ */

static double bisect(const walk *w, double (*g)(const og__function *, double), double from, double to)
{
    int left = sign_of(g(w->f, from));
    for (int i = 0; i < 100 && fabs(to - from) > 1e-15 * fabs(to); i++) {
        double middle = 0.5 * (from + to);
        int side = sign_of(g(w->f, middle));
        if (side == 0)
            return middle;
        if (side == left)
            from = middle;
        else
            to = middle;
    }
    double near = rint(to * 0x1p+20) * 0x1p-20;
    return g(w->f, near) == 0 ? near : to;
}

/* Where f ceases to exist between two points. */
static double edge_of_domain(const walk *w, double inside, double outside)
{
    for (int i = 0; i < 100; i++) {
        double middle = 0.5 * (inside + outside);
        if (isnan(og__function_value(w->f, middle)))
            outside = middle;
        else
            inside = middle;
    }
    return inside;
}

static void set_points(walk *w, double from, double to)
{
    int count = og__function_scan_count(w->f, POINTS_MAX - 2), n = 0;
    double margin = fmin(1e-9 * fmax(1, fmax(fabs(from), fabs(to))), (to - from) / 64);
    w->points[n++] = from + margin;
    for (int i = 0; i < count; i++) {
        double x = og__function_scan_point(i, count);
        if (x > from + 2 * margin && x < to - 2 * margin)
            w->points[n++] = x;
    }
    w->points[n++] = to - margin;
    if (n < FEW) {
        n = FEW;
        for (int i = 0; i < n; i++)
            w->points[i] = from + margin + (to - from - 2 * margin) * i / (n - 1);
    }
    w->point_count = n;
}

/* A slope that is 0 throughout: not one that has only become too small for a double further out. */
static bool is_constant(const walk *w)
{
    for (int i = 0; i < w->point_count; i++)
        if (og__function_slope(w->f, w->points[i]) != 0)
            return false;
    return true;
}

/* Pieces of a difference that rounding explains are noise. */
static bool is_noise(const walk *w, double from, double to)
{
    double a = og__function_value(w->f, from), b = og__function_value(w->f, to);
    return fabs(a - b) <= 1e-13 * fmax(fabs(a), fabs(b));
}

static void find_directions(walk *w, double from, double to)
{
    double start = from, before = w->points[0];
    int direction = 0;
    for (int i = 0; i < w->point_count; i++) {
        double x = w->points[i];
        int now = sign_of(og__function_slope(w->f, x));
        if (now == 0)
            continue;
        if (direction != 0 && now != direction) {
            double turn = bisect(w, og__function_slope, before, x);
            if (!is_noise(w, fmax(start, w->points[0]), turn)) {
                add_piece(w, start, turn, direction);
                start = turn;
            }
        }
        direction = now;
        before = x;
    }
    if (direction != 0)
        add_piece(w, start, to, direction);
}

static void find_crossings(walk *w)
{
    double before = NAN;
    int sign = 0;
    for (int i = 0; i < w->point_count; i++) {
        int now = sign_of(og__function_value(w->f, w->points[i]));
        if (now == 0)
            continue;
        if (sign != 0 && now != sign) {
            double zero = bisect(w, og__function_value, before, w->points[i]);
            add_zero(w, zero, zero);
        }
        sign = now;
        before = w->points[i];
    }
}

static void find_domain(walk *w, double from, double to)
{
    for (int i = 0; i < w->point_count; i++) {
        double x = w->points[i];
        bool exists = !isnan(og__function_value(w->f, x));
        if (exists == w->inside)
            continue;
        double edge = i == 0   ? from
                      : exists ? edge_of_domain(w, x, w->points[i - 1])
                               : edge_of_domain(w, w->points[i - 1], x);
        set_inside(w, edge, exists);
    }
    if (!isfinite(og__function_value(w->f, to))) /* a pole, or a hole */
        set_inside(w, to, false);
}

/* A zero that f touches at a turn or a split: f is far smaller there than beside it. */
static void touch(walk *w, double x)
{
    double beside = fmax(fabs(og__function_value(w->f, x - 1e-3)), fabs(og__function_value(w->f, x + 1e-3)));
    if (fabs(og__function_value(w->f, x)) <= 1e-9 * beside)
        add_zero(w, x, x);
}

static void find_interval(walk *w, double from, double to)
{
    set_points(w, from, to);
    find_domain(w, from, to);
    if (isnan(og__function_value(w->f, w->points[w->point_count / 2])))
        return;
    if (is_constant(w)) {
        add_piece(w, from, to, 0);
        if (og__function_value(w->f, w->points[w->point_count / 2]) == 0)
            add_zero(w, from, to);
        return;
    }
    int first = w->piece_count;
    find_crossings(w);
    find_directions(w, from, to);
    for (int i = first; i + 1 < w->piece_count; i++)
        touch(w, w->pieces[i].to);
}

static int compare_zeros(const void *a, const void *b)
{
    double x = ((const og_interval *)a)->from, y = ((const og_interval *)b)->from;
    return (x > y) - (x < y);
}

static void walk_line(walk *w)
{
    const og__function *f = w->f;
    double from = w->low;
    for (int i = 0; i < f->split_count; i++) {
        double split = f->splits[i];
        if (split <= w->low || split >= w->high)
            continue;
        find_interval(w, from, split);
        touch(w, split);
        from = split;
    }
    find_interval(w, from, w->high);
    if (w->inside)
        set_inside(w, w->high, false);
}

/* Touching zeros are found after those beyond them: bring them into order, and each point once. */
static void tidy_zeros(walk *w)
{
    int count = w->zero_count;
    qsort(w->zeros, (size_t)count, sizeof *w->zeros, compare_zeros);
    w->zero_count = 0;
    for (int i = 0; i < count; i++)
        add_zero(w, w->zeros[i].from, w->zeros[i].to);
}

/* --- handing over ------------------------------------------------------------------------------------------------- */

/* The ends of the scanned line stand for infinity. */
static double outward(const walk *w, double x)
{
    double end = fabs(og__function_scan_point(0, 3));
    if (fabs(x) < end * (1 - 1e-9))
        return x;
    return (x == w->low || x == w->high) ? copysign(INFINITY, x) : x;
}

/* The first of at most OG_FACT_ITEMS_MAX neighbours around the one at 0. */
static int window(int count, int middle)
{
    int first = middle - OG_FACT_ITEMS_MAX / 2;
    if (first > count - OG_FACT_ITEMS_MAX)
        first = count - OG_FACT_ITEMS_MAX;
    return first < 0 ? 0 : first;
}

static int keep_intervals(const walk *w, const og_interval *found, int count, og_interval *kept)
{
    int middle = 0;
    while (middle < count && found[middle].to < 0)
        middle++;
    int first = window(count, middle);
    for (int i = 0; i < OG_FACT_ITEMS_MAX && first + i < count; i++)
        kept[i] = (og_interval){outward(w, found[first + i].from), outward(w, found[first + i].to)};
    return count;
}

/* Where f oscillates only a part of the line is walked, yet its domain goes on. */
static void extend_domain(const walk *w, og_act_facts *facts)
{
    double end = fabs(og__function_scan_point(0, 3));
    for (int i = 0; i < facts->domain_count && i < OG_FACT_ITEMS_MAX; i++) {
        og_interval *interval = &facts->domain[i];
        if (interval->from == w->low && isfinite(og__function_value(w->f, -end)))
            interval->from = -INFINITY;
        if (interval->to == w->high && isfinite(og__function_value(w->f, end)))
            interval->to = INFINITY;
    }
}

static void hand_over(const walk *w, og_act_facts *facts)
{
    int middle = 0;
    while (middle < w->piece_count && w->pieces[middle].to < 0)
        middle++;
    int first = window(w->piece_count, middle);
    facts->piece_count = w->piece_count;
    for (int i = 0; i < OG_FACT_ITEMS_MAX && first + i < w->piece_count; i++) {
        const og_act_piece *p = &w->pieces[first + i];
        facts->pieces[i] = (og_act_piece){outward(w, p->from), outward(w, p->to), p->direction};
    }
    facts->zero_count = keep_intervals(w, w->zeros, w->zero_count, facts->zeros);
    facts->domain_count = keep_intervals(w, w->domain, w->domain_count, facts->domain);
    extend_domain(w, facts);
    for (int i = 0; i < w->zero_count; i++)
        facts->zero_share += og__normal_share(w->zeros[i].from, w->zeros[i].to);
}

og_status og__find_pieces(const og__function *f, og_act_facts *facts)
{
    const double oscillates = 10, end = og__function_scan_point(2, 3);
    walk w = {.f = f, .low = -end, .high = end};
    og_status status = OG_OK;
    if (facts->left.kind == OG_TAIL_OSCILLATES)
        w.low = -oscillates;
    if (facts->right.kind == OG_TAIL_OSCILLATES)
        w.high = oscillates;
    OG_GO(og__alloc(POINTS_MAX + FEW, sizeof *w.points, &w.points));
    OG_GO(og__alloc(FOUND_MAX, sizeof *w.pieces, &w.pieces));
    OG_GO(og__alloc(FOUND_MAX, sizeof *w.zeros, &w.zeros));
    OG_GO(og__alloc(FOUND_MAX, sizeof *w.domain, &w.domain));
    walk_line(&w);
    tidy_zeros(&w);
    hand_over(&w, facts);
done:
    free(w.points);
    free(w.pieces);
    free(w.zeros);
    free(w.domain);
    return status;
}

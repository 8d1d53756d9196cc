#include "report/panel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const og__colour grid_colour = 0xe8e8e8, axis_colour = 0x8a8a8a, number_colour = 0x666666,
                        name_colour = 0x222222, asymptote_colour = 0x9a9a9a, paper = 0xffffff;

static double to_x(const og__panel *panel, double x)
{
    return panel->left + (x - panel->x_min) / (panel->x_max - panel->x_min) * panel->width;
}

static double to_y(const og__panel *panel, double y)
{
    return panel->top + (panel->y_max - y) / (panel->y_max - panel->y_min) * panel->height;
}

/* --- axes --------------------------------------------------------------------------------------------------------- */

/* 1, 2 or 5 times a power of ten, for about `count` steps. */
static double tick_step(double range, double count)
{
    double power = pow(10, floor(log10(range / count))), steps = range / count / power;
    return power * (steps < 1.5 ? 1 : steps < 3.5 ? 2 : steps < 7.5 ? 5 : 10);
}

/* "\u22120.5": with a minus sign as long as a plus. */
static void format_tick(double value, double step, size_t size, char text[size])
{
    int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    if (fabs(value) >= 1e5 || step < 1e-4)
        snprintf(text, size, "%s%g", value < 0 ? "\xe2\x88\x92" : "", fabs(value));
    else
        snprintf(text, size, "%s%.*f", value < 0 ? "\xe2\x88\x92" : "", digits, fabs(value));
}

static void draw_line(const og__panel *panel, double x0, double y0, double x1, double y1, og__pen pen)
{
    panel->canvas->line(panel->canvas, 2, (double[]){x0, y0, x1, y1}, pen);
}

static void draw_x_tick(const og__panel *panel, double value, double step)
{
    char text[32];
    double x = to_x(panel, value), bottom = panel->top + panel->height;
    og__pen grid = {grid_colour, 1, false}, axis = {axis_colour, 1, false};
    og__font font = {number_colour, 11, false, OG_ANCHOR_MIDDLE};
    draw_line(panel, x, panel->top, x, bottom, value == 0 ? axis : grid);
    format_tick(value, step, sizeof text, text);
    panel->canvas->text(panel->canvas, x, bottom + 15, font, text);
}

static void draw_y_tick(const og__panel *panel, double value, double step)
{
    char text[32];
    double y = to_y(panel, value);
    og__pen grid = {grid_colour, 1, false}, axis = {axis_colour, 1, false};
    og__font font = {number_colour, 11, false, OG_ANCHOR_END};
    draw_line(panel, panel->left, y, panel->left + panel->width, y, value == 0 ? axis : grid);
    format_tick(value, step, sizeof text, text);
    panel->canvas->text(panel->canvas, panel->left - 6, y + 4, font, text);
}

/* All ticks, those of the axes last so that they lie above the grid. */
void og__panel_frame(const og__panel *panel)
{
    double x_step = tick_step(panel->x_max - panel->x_min, panel->width / 52);
    double y_step = tick_step(panel->y_max - panel->y_min, panel->height / 36);
    for (int axes = 0; axes <= 1; axes++) {
        for (double i = ceil(panel->x_min / x_step - 1e-9); i * x_step <= panel->x_max * (1 + 1e-12); i++)
            if ((i == 0) == axes)
                draw_x_tick(panel, i * x_step + 0.0, x_step);
        for (double i = ceil(panel->y_min / y_step); i * y_step <= panel->y_max; i++)
            if ((i == 0) == axes)
                draw_y_tick(panel, i * y_step + 0.0, y_step);
    }
    og__font font = {name_colour, 12, true, OG_ANCHOR_START};
    panel->canvas->text(panel->canvas, panel->left, panel->top - 8, font, panel->slope ? "f\xe2\x80\xb2(x)" : "f(x)");
}

/* --- lines through points ----------------------------------------------------------------------------------------- */

/* A line under construction, in pixels. */
typedef struct pencil {
    const og__panel *panel;
    og__pen pen;
    size_t count, capacity;
    double *points;
    double last_x, last_y; /* the point before, which may lie outside the axes */
    bool begun;
} pencil;

static double distance_to_chord(const double *from, const double *to, const double *point)
{
    double dx = to[0] - from[0], dy = to[1] - from[1], length = hypot(dx, dy);
    if (length == 0)
        return hypot(point[0] - from[0], point[1] - from[1]);
    return fabs(dx * (point[1] - from[1]) - dy * (point[0] - from[0])) / length;
}

/* Keep the points that a straight line between others would miss by more than a twentieth of a pixel (Douglas and
 * Peucker's method). */
static void mark_needed(const double *points, size_t from, size_t to, bool *needed)
{
    double most = 0.05;
    size_t worst = 0;
    for (size_t i = from + 1; i < to; i++) {
        double off = distance_to_chord(&points[2 * from], &points[2 * to], &points[2 * i]);
        if (off > most) {
            most = off;
            worst = i;
        }
    }
    if (worst == 0)
        return;
    needed[worst] = true;
    mark_needed(points, from, worst, needed);
    mark_needed(points, worst, to, needed);
}

static void finish_line(pencil *at)
{
    size_t kept = 0;
    bool *needed;
    if (at->count >= 2 && og__alloc(at->count, sizeof *needed, &needed) == OG_OK) {
        needed[0] = needed[at->count - 1] = true;
        mark_needed(at->points, 0, at->count - 1, needed);
        for (size_t i = 0; i < at->count; i++)
            if (needed[i]) {
                at->points[2 * kept] = at->points[2 * i];
                at->points[2 * kept++ + 1] = at->points[2 * i + 1];
            }
        at->panel->canvas->line(at->panel->canvas, kept, at->points, at->pen);
        free(needed);
    }
    at->count = 0;
}

static void add_point(pencil *at, double x, double y)
{
    if (at->count == at->capacity) { /* go on where the full line ends */
        double last[] = {at->points[2 * at->count - 2], at->points[2 * at->count - 1]};
        finish_line(at);
        memcpy(at->points, last, sizeof last);
        at->count = 1;
    }
    at->points[2 * at->count] = x;
    at->points[2 * at->count++ + 1] = y;
}

/* The share of the way from y0 to y1 at which `edge` is crossed. */
static double crossing(double y0, double y1, double edge)
{
    return (edge - y0) / (y1 - y0);
}

/* Go to a point, in the curve's own units; only what lies between the lower and the upper edge is drawn. */
static void go_to(pencil *at, double x, double y)
{
    const og__panel *panel = at->panel;
    double x0 = at->last_x, y0 = at->last_y, from = 0, to = 1;
    bool begun = at->begun;
    at->last_x = x;
    at->last_y = y;
    at->begun = true;
    if (!begun) {
        if (y >= panel->y_min && y <= panel->y_max)
            add_point(at, to_x(panel, x), to_y(panel, y));
        return;
    }
    for (int upper = 0; upper <= 1; upper++) {
        double edge = upper ? panel->y_max : panel->y_min;
        bool out0 = upper ? y0 > edge : y0 < edge, out1 = upper ? y > edge : y < edge;
        if (out0 && out1)
            return;
        if (out0)
            from = fmax(from, crossing(y0, y, edge));
        if (out1)
            to = fmin(to, crossing(y0, y, edge));
    }
    if (from > to)
        return;
    if (from > 0)
        add_point(at, to_x(panel, x0 + from * (x - x0)), to_y(panel, y0 + from * (y - y0)));
    add_point(at, to_x(panel, x0 + to * (x - x0)), to_y(panel, y0 + to * (y - y0)));
    if (to < 1)
        finish_line(at);
}

static void lift(pencil *at)
{
    finish_line(at);
    at->begun = false;
}

/* --- curves ------------------------------------------------------------------------------------------------------- */

/* Values beside a break, or far beyond the axes, as numbers that can be drawn. */
static double drawable(const og__panel *panel, double y)
{
    double range = panel->y_max - panel->y_min;
    return fmax(panel->y_min - 1e3 * range, fmin(panel->y_max + 1e3 * range, y));
}

static bool jumps(const og__panel *panel, double left, double right)
{
    return fabs(right - left) / (panel->y_max - panel->y_min) * panel->height > 0.5;
}

/* Trace from one break to the next. */
static void trace_piece(pencil *at, const og__tracer *tracer, double from, double to)
{
    const og__panel *panel = at->panel;
    int steps = 2 + (int)ceil(4 * panel->width * (to - from) / (panel->x_max - panel->x_min));
    for (int i = 0; i <= steps; i++) {
        double x = i == steps ? to : from + (to - from) * i / steps, y = og__trace(tracer, panel->slope, x);
        if (isnan(y))
            lift(at);
        else
            go_to(at, x, drawable(panel, y));
    }
}

static void mark(const og__panel *panel, double x, double y, bool filled, og__pen pen)
{
    if (y >= panel->y_min && y <= panel->y_max)
        panel->canvas->circle(panel->canvas, to_x(panel, x), to_y(panel, y), 2.8, filled ? pen.colour : paper,
                              (og__pen){pen.colour, 1.3, false});
}

/* At a jump the end that belongs to the curve is a full dot, the other a ring; at a kink there is one ring. */
static void mark_break(const og__panel *panel, const og__tracer *tracer, double x, og__pen pen)
{
    double left = og__trace(tracer, panel->slope, x - og__beside(x));
    double right = og__trace(tracer, panel->slope, x + og__beside(x)), at = og__trace(tracer, panel->slope, x);
    if (!isfinite(left) || !isfinite(right))
        return;
    if (!jumps(panel, left, right)) {
        if (!panel->slope)
            mark(panel, x, at, false, pen);
        return;
    }
    bool same_left = !jumps(panel, left, at), same_right = !jumps(panel, right, at);
    mark(panel, x, left, same_left, pen);
    mark(panel, x, right, same_right, pen);
    if (!same_left && !same_right)
        mark(panel, x, at, true, pen);
}

og_status og__panel_curve(const og__panel *panel, const og__tracer *tracer, const og__breaks *breaks, og__pen pen)
{
    pencil at = {.panel = panel, .pen = pen, .capacity = 16384};
    double from = panel->x_min;
    OG_TRY(og__alloc(2 * at.capacity, sizeof(double), &at.points));
    for (int i = 0; i <= breaks->count; i++) {
        double x = i < breaks->count ? breaks->x[i] : panel->x_max;
        if (x <= from || x > panel->x_max)
            continue;
        bool last = x >= panel->x_max;
        trace_piece(&at, tracer, from, last ? x : x - og__beside(x));
        if (!last && jumps(panel, og__trace(tracer, panel->slope, x - og__beside(x)),
                           og__trace(tracer, panel->slope, x + og__beside(x))))
            lift(&at);
        from = x + og__beside(x);
    }
    lift(&at);
    free(at.points);
    for (int i = 0; i < breaks->count; i++)
        if (breaks->x[i] > panel->x_min && breaks->x[i] < panel->x_max)
            mark_break(panel, tracer, breaks->x[i], pen);
    return OG_OK;
}

/* --- asymptotes --------------------------------------------------------------------------------------------------- */

/* Find slope and height of the line that f approaches on one side (sign = -1, 1). */
static bool find_asymptote(const og__tracer *tracer, double sign, double *slope, double *height)
{
    const double far = sign * 1e6, near = sign * 1e4;
    *slope = rint(og__trace(tracer, true, far) * 1e6) / 1e6;
    *height = og__trace(tracer, false, far) - *slope * far;
    double before = og__trace(tracer, false, near) - *slope * near;
    *height = rint(*height * 1e4) / 1e4;
    return isfinite(*slope) && isfinite(*height) && fabs(*height - before) < 1e-3;
}

void og__panel_asymptotes(const og__panel *panel, const og__tracer *tracer)
{
    pencil at = {.panel = panel, .pen = {asymptote_colour, 1, true}, .capacity = 8};
    double points[16];
    at.points = points;
    for (double sign = -1; sign <= 1; sign += 2) {
        double slope, height;
        if (!find_asymptote(tracer, sign, &slope, &height))
            continue;
        double end = sign < 0 ? panel->x_min : panel->x_max;
        double at_0 = panel->slope ? slope : height, at_end = panel->slope ? slope : height + slope * end;
        if (at_0 == 0 && at_end == 0)
            continue; /* the axis is there already */
        go_to(&at, 0, drawable(panel, at_0));
        go_to(&at, end, drawable(panel, at_end));
        lift(&at);
    }
}

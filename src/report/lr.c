/* Curves of the learning-rate range test as a picture. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ogive/lr.h>

#include "report/canvas.h"

static const double width = 720, height = 400, left = 64, right = 16, top = 56, bottom = 48;
static const og__colour grid_colour = 0xe8e8e8, number_colour = 0x666666, text_colour = 0x222222;

typedef struct chart {
    og__canvas *canvas;
    size_t count;
    const og_lr_curve *curves;
    double x_min, x_max, y_min, y_max; /* x: decimal logarithm of the rate */
} chart;

/* As in the pictures of activations: the colour-blind tell them apart. */
static og__pen pen_of(size_t curve)
{
    static const unsigned char table[][3] = {
#define OG_COLOUR(red, green, blue) {red, green, blue},
#include "image/colours.def"
#undef OG_COLOUR
    };
    static const size_t order[] = {6, 5, 2, 3, 0, 1, 7};
    enum { COLOURS = sizeof order / sizeof order[0] };
    const unsigned char *rgb = table[order[curve % COLOURS]];
    return (og__pen){(og__colour)rgb[0] << 16 | (og__colour)rgb[1] << 8 | rgb[2], 2.2, curve >= COLOURS};
}

static double to_x(const chart *c, double rate)
{
    return left + (log10(rate) - c->x_min) / (c->x_max - c->x_min) * (width - left - right);
}

/* What is above the window lies on its edge. */
static double to_y(const chart *c, double loss)
{
    double share = (c->y_max - fmin(loss, c->y_max)) / (c->y_max - c->y_min);
    return top + share * (height - top - bottom);
}

/* All rates; losses up to a little above the first, so that what diverges does not flatten the rest. */
static void find_window(chart *c)
{
    double first = -INFINITY, most = -INFINITY, room;
    c->x_min = c->y_min = INFINITY;
    c->x_max = -INFINITY;
    for (size_t k = 0; k < c->count; k++)
        for (size_t i = 0; i < c->curves[k].count; i++) {
            const og_lr_point *p = &c->curves[k].points[i];
            c->x_min = fmin(c->x_min, log10(p->rate));
            c->x_max = fmax(c->x_max, log10(p->rate));
            c->y_min = fmin(c->y_min, p->smooth);
            most = fmax(most, p->smooth);
            first = i == 0 ? fmax(first, p->smooth) : first;
        }
    if (!(c->x_max > c->x_min)) { /* no curve has two points */
        c->x_min = -6;
        c->x_max = 1;
        c->y_min = first = most = 0;
    }
    room = fmax(first - c->y_min, 1e-3 * (1 + fabs(c->y_min)));
    c->y_max = fmin(most, first + 0.6 * room) + 0.04 * room;
    c->y_min -= 0.08 * room;
}

static double tick_step(double range)
{
    double power = pow(10, floor(log10(range / 6))), steps = range / 6 / power;
    return power * (steps < 1.5 ? 1 : steps < 3.5 ? 2 : steps < 7.5 ? 5 : 10);
}

static void draw_axes(const chart *c)
{
    const og__pen pen = {grid_colour, 1, false};
    char text[32];
    for (int power = (int)ceil(c->x_min - 1e-9); power <= (int)floor(c->x_max + 1e-9); power++) {
        double x = to_x(c, pow(10, power));
        c->canvas->line(c->canvas, 2, (double[]){x, top, x, height - bottom}, pen);
        snprintf(text, sizeof text, "1e%d", power);
        c->canvas->text(c->canvas, x, height - bottom + 16, (og__font){number_colour, 11, false, OG_ANCHOR_MIDDLE},
                        text);
    }
    double step = tick_step(c->y_max - c->y_min);
    for (double i = ceil(c->y_min / step); i * step <= c->y_max; i++) {
        double y = to_y(c, i * step);
        c->canvas->line(c->canvas, 2, (double[]){left, y, width - right, y}, pen);
        snprintf(text, sizeof text, "%.4g", i * step + 0.0);
        c->canvas->text(c->canvas, left - 6, y + 4, (og__font){number_colour, 11, false, OG_ANCHOR_END}, text);
    }
    c->canvas->text(c->canvas, (left + width - right) / 2, height - 12,
                    (og__font){text_colour, 12, false, OG_ANCHOR_MIDDLE}, "learning rate");
}

static void draw_curve(const chart *c, size_t k)
{
    const og_lr_curve *curve = &c->curves[k];
    og__pen pen = pen_of(k);
    for (size_t i = 1; i < curve->count; i++) {
        const og_lr_point *p = &curve->points[i - 1], *q = &curve->points[i];
        if (p->smooth <= c->y_max || q->smooth <= c->y_max)
            c->canvas->line(c->canvas, 2,
                            (double[]){to_x(c, p->rate), to_y(c, p->smooth), to_x(c, q->rate), to_y(c, q->smooth)},
                            pen);
        if (p->rate == curve->suggestion)
            c->canvas->circle(c->canvas, to_x(c, p->rate), to_y(c, p->smooth), 5, 0xffffff, pen);
    }
}

static void draw_legend(const chart *c)
{
    double x = 16, y = 44;
    c->canvas->text(c->canvas, 16, 22, (og__font){text_colour, 14, true, OG_ANCHOR_START},
                    "Loss while the learning rate rises; circles: suggestions");
    for (size_t k = 0; k < c->count; k++) {
        const og_lr_curve *curve = &c->curves[k];
        char label[128];
        snprintf(label, sizeof label, isnan(curve->suggestion) ? "%s: none" : "%s: %.1e", curve->act,
                 curve->suggestion);
        double room = 34 + og__text_width(12, label);
        if (x > 16 && x + room > width) /* what does not fit is in the table beside the picture */
            return;
        c->canvas->line(c->canvas, 2, (double[]){x, y - 4, x + 22, y - 4}, pen_of(k));
        c->canvas->text(c->canvas, x + 28, y, (og__font){text_colour, 12, false, OG_ANCHOR_START}, label);
        x += room + 8;
    }
}

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

og_status og_lr_save(size_t count, const og_lr_curve *curves, const char *path)
{
    chart c = {.count = count, .curves = curves};
    if (count == 0 || count > OG_LR_CURVES_MAX)
        return og__fail(OG_ERR_ARGUMENT, "a picture has 1 to %d curves, not %zu", OG_LR_CURVES_MAX, count);
    if (!ends_in(path, ".svg") && !ends_in(path, ".png"))
        return og__fail(OG_ERR_ARGUMENT, "'%s': a picture is an .svg or a .png file, by the ending of its name", path);
    if (ends_in(path, ".svg"))
        OG_TRY(og__canvas_svg(width, height, "Loss while the learning rate rises", &c.canvas));
    else
        OG_TRY(og__canvas_png(width, height, &c.canvas));
    find_window(&c);
    draw_axes(&c);
    for (size_t k = 0; k < count; k++)
        draw_curve(&c, k);
    draw_legend(&c);
    og_status status = c.canvas->save(c.canvas, path);
    c.canvas->free(c.canvas);
    return status;
}

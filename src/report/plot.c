/* Pictures of activation functions: title, legend, one or two pairs of axes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ogive/plot.h>

#include "report/panel.h"

enum { MARGIN = 16, AXIS_ROOM = 42, GAP = 22, LEGEND_ROW = 18, SWATCH = 22, TITLE_MOST = 80 };

static const og__colour text_colour = 0x222222, formula_colour = 0x666666;

typedef struct chart {
    size_t count;
    const og_plot_curve *curves;
    const char *title, *formula; /* either may be NULL */
    double width, height, top;
    og_plot_window window;
    og_plot_panels panels;
    og__canvas *canvas;
} chart;

/* Curves take colours that the colour-blind tell apart, in this order, on white. */
static og__colour colour_of(size_t curve)
{
    static const unsigned char table[][3] = {
#define OG_COLOUR(red, green, blue) {red, green, blue},
#include "image/colours.def"
#undef OG_COLOUR
    };
    static const size_t order[] = {6, 5, 2, 3, 0, 1, 7}; /* all but the yellow, which white paper swallows */
    const unsigned char *rgb = table[order[curve % (sizeof order / sizeof order[0])]];
    return (og__colour)rgb[0] << 16 | (og__colour)rgb[1] << 8 | rgb[2];
}

/* Further rounds of the colours are dashed, and later curves a little thinner, so that both of two equal ones show. */
static og__pen pen_of(const chart *picture, size_t curve, bool slope)
{
    enum { COLOURS = 7 };
    if (picture->count == 1)
        return (og__pen){colour_of(slope ? 1 : 0), 2.2, false};
    return (og__pen){colour_of(curve), curve == 0 ? 2.8 : fmax(1.3, 2.4 - 0.4 * (double)curve), curve >= COLOURS};
}

/* Write the names of the curves into rows, or only find out how many rows they take. */
static int legend(const chart *picture, double top, bool draw)
{
    double x = MARGIN;
    int row = 0;
    for (size_t i = 0; i < picture->count; i++) {
        const char *label = picture->curves[i].label;
        double width = SWATCH + 6 + og__text_width(12, label) + 16;
        if (x > MARGIN && x + width > picture->width) {
            x = MARGIN;
            row++;
        }
        double y = top + row * LEGEND_ROW;
        if (draw) {
            picture->canvas->line(picture->canvas, 2, (double[]){x, y - 4, x + SWATCH, y - 4},
                                  pen_of(picture, i, false));
            picture->canvas->text(picture->canvas, x + SWATCH + 6, y, (og__font){text_colour, 12, false, 0}, label);
        }
        x += width;
    }
    return row + 1;
}

/* The title and, where there is room, the formula behind it. */
static void draw_title(const chart *picture, double y)
{
    double room = picture->width - 2 * MARGIN, wanted = 1.15 * og__text_width(14, picture->title);
    og__font font = {text_colour, 14 * fmin(1, room / wanted), true, OG_ANCHOR_START};
    picture->canvas->text(picture->canvas, MARGIN, y, font, picture->title);
    if (picture->formula && wanted + 14 + og__text_width(12, picture->formula) <= room)
        picture->canvas->text(picture->canvas, MARGIN + wanted + 14, y,
                              (og__font){formula_colour, 12, false, OG_ANCHOR_START}, picture->formula);
}

static void draw_head(chart *picture)
{
    picture->top = 8;
    if (picture->title) {
        picture->top += 16;
        draw_title(picture, picture->top);
        picture->top += 4;
    }
    if (picture->count > 1) {
        picture->top += LEGEND_ROW - 4;
        picture->top += (legend(picture, picture->top, true) - 1) * LEGEND_ROW;
        picture->top += 4;
    }
}

static og_status draw_panel(const chart *picture, bool slope, int place, int places)
{
    const og_plot_window *window = &picture->window;
    double column = (picture->width - MARGIN + GAP) / places;
    og__panel panel = {
        .canvas = picture->canvas,
        .left = AXIS_ROOM + place * column,
        .top = picture->top + 24,
        .width = column - GAP - AXIS_ROOM,
        .height = picture->height - picture->top - 24 - 28,
        .x_min = window->x_min,
        .x_max = window->x_max,
        .y_min = slope ? window->slope_min : window->y_min,
        .y_max = slope ? window->slope_max : window->y_max,
        .slope = slope,
    };
    og__panel_frame(&panel);
    for (size_t i = 0; i < picture->count; i++) {
        og__tracer tracer;
        og__breaks breaks;
        OG_TRY(og__tracer_init(&picture->curves[i], &tracer));
        og__find_breaks(&tracer, panel.x_min, panel.x_max, &breaks);
        if (picture->count == 1)
            og__panel_asymptotes(&panel, &tracer);
        og_status status = og__panel_curve(&panel, &tracer, &breaks, pen_of(picture, i, slope));
        og__tracer_deinit(&tracer);
        OG_TRY(status);
    }
    return OG_OK;
}

static og_status draw(chart *picture)
{
    int place = 0, places = picture->panels == OG_PLOT_BOTH ? 2 : 1;
    draw_head(picture);
    if (picture->panels != OG_PLOT_SLOPE)
        OG_TRY(draw_panel(picture, false, place++, places));
    if (picture->panels != OG_PLOT_VALUE)
        OG_TRY(draw_panel(picture, true, place, places));
    return OG_OK;
}

static bool ends_in(const char *path, const char *ending)
{
    size_t length = strlen(path), tail = strlen(ending);
    return length > tail && strcasecmp(path + length - tail, ending) == 0;
}

static og_status check(size_t count, const og_plot_options *options, const char *path)
{
    if (count == 0 || count > OG_PLOT_CURVES_MAX)
        return og__fail(OG_ERR_ARGUMENT, "a picture has 1 to %d curves, not %zu", OG_PLOT_CURVES_MAX, count);
    if (!ends_in(path, ".svg") && !ends_in(path, ".png"))
        return og__fail(OG_ERR_ARGUMENT, "'%s': a picture is an .svg or a .png file, by the ending of its name", path);
    if ((options->width != 0 && !(options->width >= 200 && options->width <= 8000)) ||
        (options->height != 0 && !(options->height >= 120 && options->height <= 8000)))
        return og__fail(OG_ERR_ARGUMENT, "a picture of %g x %g; it can be 200 to 8000 wide and 120 to 8000 high",
                        options->width, options->height);
    if ((options->x_min != 0 || options->x_max != 0) &&
        !(isfinite(options->x_min) && isfinite(options->x_max) && options->x_min < options->x_max))
        return og__fail(OG_ERR_ARGUMENT, "no range of x from %g to %g can be drawn", options->x_min, options->x_max);
    return OG_OK;
}

static og_status find_window(const og_plot_options *options, chart *picture)
{
    if (options->x_min == options->x_max)
        return og_plot_window_find(picture->count, picture->curves, &picture->window);
    picture->window.x_min = options->x_min;
    picture->window.x_max = options->x_max;
    return og__window_fill(picture->count, picture->curves, &picture->window);
}

/* The activation that all curves are of, or NULL. */
static const og_act *common_act(size_t count, const og_plot_curve *curves)
{
    for (size_t i = 1; i < count; i++)
        if (curves[i].act != curves[0].act)
            return NULL;
    return curves[0].act;
}

og_status og_plot_save(size_t count, const og_plot_curve *curves, const char *title, const og_plot_options *options,
                       const char *path)
{
    og_status status = OG_OK;
    char *formula = NULL;
    OG_TRY(check(count, options, path));
    const og_act *act = common_act(count, curves);
    const char *text = act ? og_act_text(act) : "";
    og_plot_curve own = {0};
    if (act && strlen(text) > TITLE_MOST)
        own = og_plot_curve_of(act);
    const char *own_title = own.act ? own.label : text;
    chart picture = {
        .count = count,
        .curves = curves,
        .title = title ? title
                 : act ? own_title
                       : NULL,
        .width = options->width != 0 ? options->width : 720,
        .height = options->height != 0 ? options->height : 300,
        .panels = options->panels,
    };
    const char *name = picture.title ? picture.title : "activation functions";
    OG_GO(find_window(options, &picture));
    if (act && og_act_id(act))
        OG_GO(og_act_formula(act, &formula));
    picture.formula = formula;
    if (ends_in(path, ".svg"))
        OG_GO(og__canvas_svg(picture.width, picture.height, name, &picture.canvas));
    else
        OG_GO(og__canvas_png(picture.width, picture.height, &picture.canvas));
    OG_GO(draw(&picture));
    OG_GO(picture.canvas->save(picture.canvas, path));
done:
    if (picture.canvas)
        picture.canvas->free(picture.canvas);
    free(formula);
    return status;
}

#include "plot.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "terminal.h"

enum {
    COLUMNS_MAX = 60,
    ROWS = 13,
    LABEL = 6,     /* columns of the numbers beside the y axis */
    SUBSTEPS = 16, /* points per column of dots */
};

/* How a picture is made. */
typedef struct dot_style {
    bool braille;     /* 2 x 4 dots to a cell, else one */
    bool colour;      /* cells have the colour of their curve */
    bool letters;     /* cells have the letter of their curve */
    int across, down; /* dots per cell */
} dot_style;

typedef struct canvas {
    const dot_style *style;
    const char *title;
    bool slope;
    int columns;
    double x_min, x_max, low, high;
    unsigned char marks[ROWS][COLUMNS_MAX];  /* braille dots, or a character */
    unsigned char owners[ROWS][COLUMNS_MAX]; /* 1 + curve, 0 for the axes */
} canvas;

/* --- dots --------------------------------------------------------------------------------------------------------- */

static void set_dot(canvas *c, int column, int row, int owner, char mark)
{
    static const unsigned char dots[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (row < 0 || row >= ROWS * c->style->down || column < 0 || column >= c->columns * c->style->across)
        return;
    unsigned char *cell = &c->marks[row / c->style->down][column / c->style->across];
    unsigned char *owned = &c->owners[row / c->style->down][column / c->style->across];
    if (!c->style->braille)
        *cell = (unsigned char)mark;
    else if (owner && !*owned)
        *cell = dots[row % 4][column % 2]; /* a curve takes the axis' dots away, so that it stays a thin line */
    else if (owner || !*owned)
        *cell |= dots[row % 4][column % 2];
    if (owner)
        *owned = (unsigned char)owner;
}

static double row_of(const canvas *c, double y)
{
    return (c->high - y) / (c->high - c->low) * (ROWS * c->style->down) - 0.5;
}

static double column_of(const canvas *c, double x)
{
    return (x - c->x_min) / (c->x_max - c->x_min) * (c->columns * c->style->across) - 0.5;
}

static void draw_axes(canvas *c)
{
    int gap = c->style->braille ? 2 : 1;
    if (c->low < 0 && c->high > 0)
        for (int column = 0; column < c->columns * c->style->across; column += gap)
            set_dot(c, column, (int)lround(row_of(c, 0)), 0, '-');
    if (c->x_min < 0 && c->x_max > 0)
        for (int row = 0; row < ROWS * c->style->down; row += gap)
            set_dot(c, (int)lround(column_of(c, 0)), row, 0, '|');
}

/* Points so dense that neighbours touch, unless f jumps or there is a pole. */
static og_status draw_curve(canvas *c, const og_plot_curve *curve, int owner)
{
    enum { POINTS = COLUMNS_MAX * 2 * SUBSTEPS };
    double x[POINTS], y[POINTS];
    int count = c->columns * c->style->across * SUBSTEPS;
    char mark = c->style->letters ? (char)('a' + owner - 1) : '*';
    for (int i = 0; i < count; i++)
        x[i] = c->x_min + (c->x_max - c->x_min) * (i + 0.5) / count;
    TRY(og_plot_values(curve, (size_t)count, x, c->slope ? NULL : y, c->slope ? y : NULL));
    int before = -1;
    for (int i = 0; i < count; i++) {
        double place = row_of(c, y[i]);
        int row = isfinite(place) && fabs(place) < 1e6 ? (int)lround(place) : -1, column = i / SUBSTEPS;
        bool touches = row >= 0 && before >= 0 && abs(row - before) <= 2 * c->style->down;
        for (int at = touches ? before : row; at != row; at += before < row ? 1 : -1)
            set_dot(c, column, at, owner, mark);
        set_dot(c, column, row, owner, mark);
        before = row;
    }
    return OG_OK;
}

/* --- printing ----------------------------------------------------------------------------------------------------- */

/* The 256-colour codes nearest to those of og_plot_save(). */
static int colour_code(int owner)
{
    static const int codes[] = {32, 202, 36, 175, 81, 214, 246};
    return codes[(owner - 1) % (int)(sizeof codes / sizeof codes[0])];
}

static void print_cell(FILE *file, const canvas *c, int row, int column)
{
    unsigned char mark = c->marks[row][column], owner = c->owners[row][column];
    bool paint = c->style->colour && mark && owner;
    if (paint)
        fprintf(file, "\033[38;5;%dm", colour_code(owner));
    if (!mark)
        fputc(' ', file);
    else if (c->style->braille) /* U+2800 + dots, in UTF-8 */
        fprintf(file, "%c%c%c", 0xe2, 0xa0 | mark >> 6, 0x80 | (mark & 0x3f));
    else
        fputc(mark, file);
    if (paint)
        fputs("\033[0m", file);
}

/* 1, 2 or 5 times a power of ten, for about `count` steps. */
static double tick_step(double range, double count)
{
    double power = pow(10, floor(log10(range / count))), steps = range / count / power;
    return power * (steps < 1.5 ? 1 : steps < 3.5 ? 2 : steps < 7.5 ? 5 : 10);
}

/* The number at a row's tick; false where there is none. Of a row's ticks, the one nearest to its middle. */
static bool tick_of(const canvas *c, int row, double *value)
{
    double step = tick_step(c->high - c->low, ROWS / 3.0), height = (c->high - c->low) / ROWS;
    double middle = c->high - (row + 0.5) * height;
    *value = rint(middle / step) * step + 0.0;
    return fabs(*value - middle) <= 0.5 * height && *value < middle + 0.4999999 * height;
}

static void print_row(FILE *file, const canvas *c, int row)
{
    double value;
    bool tick = tick_of(c, row, &value), unicode = terminal_has_unicode();
    if (tick)
        fprintf(file, "%*.4g %s", LABEL, value, unicode ? "┤" : "+");
    else
        fprintf(file, "%*s %s", LABEL, "", unicode ? "│" : "|");
    for (int column = 0; column < c->columns; column++)
        print_cell(file, c, row, column);
}

static double x_step(const canvas *c)
{
    return tick_step(c->x_max - c->x_min, c->columns / 7.0);
}

/* Whether an x tick falls into a column of cells. */
static bool x_tick_of(const canvas *c, int column, double *value)
{
    double width = (c->x_max - c->x_min) / c->columns, middle = c->x_min + (column + 0.5) * width;
    *value = rint(middle / x_step(c)) * x_step(c) + 0.0;
    return fabs(*value - middle) <= 0.5 * width && *value < middle + 0.4999999 * width;
}

static void print_floor(FILE *file, const canvas *c)
{
    bool unicode = terminal_has_unicode();
    double value;
    fprintf(file, "%*s %s", LABEL, "", unicode ? "└" : "+");
    for (int column = 0; column < c->columns; column++)
        fputs(x_tick_of(c, column, &value) ? (unicode ? "┬" : "+") : (unicode ? "─" : "-"), file);
}

static void print_x_numbers(FILE *file, const canvas *c)
{
    enum { BEFORE = LABEL + 2 };
    char line[BEFORE + COLUMNS_MAX + 1];
    double value;
    int width = BEFORE + c->columns, end = 0;
    memset(line, ' ', sizeof line);
    for (int column = 0; column < c->columns; column++) {
        char number[16];
        if (!x_tick_of(c, column, &value))
            continue;
        int length = snprintf(number, sizeof number, "%g", value);
        int minus = value < 0, at = BEFORE + column - (length - minus) / 2 - minus;
        if (at > end && at + length <= width) {
            memcpy(line + at, number, (size_t)length);
            end = at + length;
        }
    }
    fprintf(file, "%.*s", width, line);
}

static void print_panels(FILE *file, const canvas *panels, int count)
{
    for (int i = 0; i < count; i++)
        fprintf(file, "%*s%-*s", LABEL + 2, "", i + 1 < count ? panels[i].columns : 0, panels[i].title);
    fputc('\n', file);
    for (int row = 0; row < ROWS; row++) {
        for (int i = 0; i < count; i++)
            print_row(file, &panels[i], row);
        fputc('\n', file);
    }
    for (int i = 0; i < count; i++)
        print_floor(file, &panels[i]);
    fputc('\n', file);
    for (int i = 0; i < count; i++)
        print_x_numbers(file, &panels[i]);
    fputc('\n', file);
}

/* The labels have characters beyond ASCII, a minus sign and an ellipsis, that some terminals lack. */
static void print_label(FILE *file, const char *label)
{
    for (const char *at = label; *at; at++)
        if (terminal_has_unicode() || !(*at & 0x80))
            fputc(*at, file);
        else if (strncmp(at, "\xe2\x88\x92", 3) == 0)
            fputc('-', file), at += 2;
        else if (strncmp(at, "\xe2\x80\xa6", 3) == 0)
            fputs("...", file), at += 2;
}

static void print_legend(FILE *file, const dot_style *style, size_t count, const og_plot_curve *curves)
{
    int width = terminal_width(file), at = 0;
    for (size_t i = 0; i < count; i++) {
        int length = (int)strlen(curves[i].label) + 6;
        if (at > 0 && at + length > width) {
            fputc('\n', file);
            at = 0;
        }
        at += length;
        if (style->colour)
            fprintf(file, "  \033[38;5;%dm%s\033[0m ", colour_code((int)i + 1), terminal_has_unicode() ? "━━" : "--");
        else
            fprintf(file, "  %c  ", 'a' + (int)i);
        print_label(file, curves[i].label);
    }
    fputs("\n\n", file);
}

og_status plot_print(FILE *file, size_t count, const og_plot_curve *curves)
{
    dot_style style = {.colour = terminal_has_colour(file)};
    style.letters = count > 1 && !style.colour;
    style.braille = terminal_has_unicode() && !style.letters;
    style.across = style.braille ? 2 : 1;
    style.down = style.braille ? 4 : 1;
    og_plot_window window;
    TRY(og_plot_window_find(count, curves, &window));
    int width = terminal_width(file), places = width >= 72 ? 2 : 1, columns = width / places - LABEL - 3;
    canvas panels[2];
    for (int i = 0; i < 2; i++) {
        panels[i] = (canvas){.style = &style,
                             .title = i ? "f'(x)" : "f(x)",
                             .slope = i,
                             .columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX,
                             .x_min = window.x_min,
                             .x_max = window.x_max,
                             .low = i ? window.slope_min : window.y_min,
                             .high = i ? window.slope_max : window.y_max};
        draw_axes(&panels[i]);
        for (size_t k = count; k-- > 0;) /* the first lies on top */
            TRY(draw_curve(&panels[i], &curves[k], (int)k + 1));
    }
    if (count > 1)
        print_legend(file, &style, count, curves);
    for (int i = 0; i < 2; i += places)
        print_panels(file, panels + i, places);
    return OG_OK;
}

og_status plot_print_family(FILE *file, const og_act *act)
{
    og_plot_curve curves[OG_PLOT_FAMILY_MAX];
    size_t count = og_plot_family(act, curves);
    return plot_print(file, count, curves);
}

og_status plot_save_acts(size_t count, og_act *const *acts, const char *path)
{
    og_plot_curve curves[OG_PLOT_CURVES_MAX];
    size_t curve_count = count;
    if (count == 1)
        curve_count = og_plot_family(acts[0], curves);
    else
        for (size_t i = 0; i < count && i < OG_PLOT_CURVES_MAX; i++)
            curves[i] = og_plot_curve_of(acts[i]);
    return og_plot_save(curve_count, curves, NULL, &(og_plot_options){0}, path);
}

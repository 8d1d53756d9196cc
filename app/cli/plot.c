#include "plot.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "progress.h"

/* A canvas of dots, 2 x 4 to a character cell where the terminal has braille, else one to a cell. */
typedef struct dot_canvas {
    bool braille;
    int across, down;                             /* dots per cell */
    double low, high;                             /* range of y */
    unsigned char cells[PLOT_ROWS][PLOT_COLUMNS]; /* braille dot masks, or the ASCII character */
} dot_canvas;

static void set_dot(dot_canvas *canvas, int column, int row, char ascii)
{
    static const unsigned char masks[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (row < 0 || row >= PLOT_ROWS * canvas->down)
        return;
    unsigned char *cell = &canvas->cells[row / canvas->down][column / canvas->across];
    if (canvas->braille)
        *cell |= masks[row % 4][column % 2];
    else
        *cell = (unsigned char)ascii;
}

static int row_of(const dot_canvas *canvas, double y)
{
    int last = PLOT_ROWS * canvas->down - 1;
    return (int)lround((canvas->high - y) / (canvas->high - canvas->low) * last);
}

/* The range of the finite values, with zero in it and never empty. */
static void find_range(dot_canvas *canvas, size_t count, const float *y)
{
    canvas->low = 0;
    canvas->high = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(y[i])) {
            canvas->low = fmin(canvas->low, y[i]);
            canvas->high = fmax(canvas->high, y[i]);
        }
    if (canvas->low == canvas->high)
        canvas->high = canvas->low + 1;
}

static void draw_axes(dot_canvas *canvas, double x_min, double x_max)
{
    int columns = PLOT_COLUMNS * canvas->across, rows = PLOT_ROWS * canvas->down;
    int origin = (int)lround(-x_min / (x_max - x_min) * (columns - 1));
    for (int column = 0; column < columns; column += canvas->braille ? 3 : 1)
        set_dot(canvas, column, row_of(canvas, 0), '-');
    for (int row = 0; row < rows && origin >= 0 && origin < columns; row += canvas->braille ? 3 : 1)
        set_dot(canvas, origin, row, '|');
}

/* One dot per column, joined upwards or downwards to the one before so that steep parts stay a line. */
static void draw_curve(dot_canvas *canvas, size_t count, const float *y)
{
    int columns = PLOT_COLUMNS * canvas->across, before = -1;
    for (int column = 0; column < columns; column++) {
        float value = y[(size_t)column * (count - 1) / (size_t)(columns - 1)];
        if (!isfinite(value)) {
            before = -1;
            continue;
        }
        int row = row_of(canvas, value), step = before < row ? 1 : -1;
        for (int at = before < 0 ? row : before; at != row; at += step)
            set_dot(canvas, column, at, '*');
        set_dot(canvas, column, row, '*');
        before = row;
    }
}

static void print_row(FILE *file, const dot_canvas *canvas, int row)
{
    for (int column = 0; column < PLOT_COLUMNS; column++) {
        unsigned char cell = canvas->cells[row][column];
        if (!canvas->braille)
            fputc(cell ? cell : ' ', file);
        else /* U+2800 + mask, in UTF-8 */
            fprintf(file, "%c%c%c", 0xe2, 0xa0 | cell >> 6, 0x80 | (cell & 0x3f));
    }
}

/* "-0.28" beside the lowest row, "5" beside the highest, "0" beside the axis, spaces elsewhere. */
static void print_label(FILE *file, const dot_canvas *canvas, int row)
{
    if (row == 0)
        fprintf(file, "%9.4g ", canvas->high);
    else if (row == PLOT_ROWS - 1)
        fprintf(file, "%9.4g ", canvas->low);
    else if (row == row_of(canvas, 0) / canvas->down)
        fprintf(file, "%9d ", 0);
    else
        fprintf(file, "%10s", "");
}

void plot_print(FILE *file, size_t panel_count, const plot_panel *panels, size_t count, double x_min, double x_max)
{
    dot_canvas canvases[PLOT_PANELS_MAX];
    for (size_t i = 0; i < panel_count; i++) {
        bool braille = terminal_has_unicode();
        canvases[i] = (dot_canvas){.braille = braille, .across = braille ? 2 : 1, .down = braille ? 4 : 1};
        find_range(&canvases[i], count, panels[i].y);
        draw_axes(&canvases[i], x_min, x_max);
        draw_curve(&canvases[i], count, panels[i].y);
        fprintf(file, "%10s%-*s", "", PLOT_COLUMNS, panels[i].title);
    }
    fputc('\n', file);
    for (int row = 0; row < PLOT_ROWS; row++) {
        for (size_t i = 0; i < panel_count; i++) {
            print_label(file, &canvases[i], row);
            print_row(file, &canvases[i], row);
        }
        fputc('\n', file);
    }
    for (size_t i = 0; i < panel_count; i++)
        fprintf(file, "%10s%-*g%*g", "", PLOT_COLUMNS / 2, x_min, PLOT_COLUMNS / 2, x_max);
    fputc('\n', file);
}

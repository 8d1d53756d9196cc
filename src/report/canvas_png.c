/* Pictures as PNG, drawn by Cairo with two pixels to a unit. */
#include <cairo.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/writer.h"
#include "report/canvas.h"

enum { PIXELS_PER_UNIT = 2 };

typedef struct png_canvas {
    og__canvas base;
    cairo_surface_t *surface;
    cairo_t *cairo;
} png_canvas;

static cairo_t *cairo_of(og__canvas *canvas)
{
    return ((png_canvas *)canvas)->cairo;
}

static void set_colour(cairo_t *cairo, og__colour colour)
{
    cairo_set_source_rgb(cairo, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0);
}

static void stroke(cairo_t *cairo, og__pen pen)
{
    const double dashes[] = {5, 4};
    set_colour(cairo, pen.colour);
    cairo_set_line_width(cairo, pen.width);
    cairo_set_dash(cairo, dashes, pen.dashed ? 2 : 0, 0);
    cairo_stroke(cairo);
}

static void png_line(og__canvas *canvas, size_t count, const double *points, og__pen pen)
{
    cairo_t *cairo = cairo_of(canvas);
    for (size_t i = 0; i < count; i++)
        cairo_line_to(cairo, points[2 * i], points[2 * i + 1]);
    stroke(cairo, pen);
}

static void png_circle(og__canvas *canvas, double x, double y, double radius, og__colour fill, og__pen pen)
{
    const double turn = 6.28318530717958647693;
    cairo_t *cairo = cairo_of(canvas);
    cairo_arc(cairo, x, y, radius, 0, turn);
    set_colour(cairo, fill);
    cairo_fill_preserve(cairo);
    stroke(cairo, pen);
}

static void png_text(og__canvas *canvas, double x, double y, og__font font, const char *text)
{
    cairo_t *cairo = cairo_of(canvas);
    cairo_text_extents_t extents;
    cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           font.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, font.size);
    cairo_text_extents(cairo, text, &extents);
    double before = font.anchor == OG_ANCHOR_START ? 0 : font.anchor == OG_ANCHOR_END ? 1 : 0.5;
    cairo_move_to(cairo, x - before * extents.x_advance, y);
    set_colour(cairo, font.colour);
    cairo_show_text(cairo, text);
    cairo_new_path(cairo);
}

void og__canvas_png_image(og__canvas *canvas, double x, double y, int h, int w, const uint8_t *rgb)
{
    cairo_t *cairo = cairo_of(canvas);
    cairo_surface_t *picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    unsigned char *rows =
        cairo_image_surface_get_data(picture); /* NULL when there is no memory: then nothing is drawn */
    int stride = cairo_image_surface_get_stride(picture);
    for (int row = 0; rows && row < h; row++)
        for (int column = 0; column < w; column++) {
            const uint8_t *from = rgb + 3 * ((size_t)row * (size_t)w + (size_t)column);
            uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(rows + (size_t)row * (size_t)stride + 4 * (size_t)column, &pixel, sizeof pixel);
        }
    cairo_surface_mark_dirty(picture);
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    cairo_scale(cairo, 1.0 / PIXELS_PER_UNIT, 1.0 / PIXELS_PER_UNIT);
    cairo_set_source_surface(cairo, picture, 0, 0); /* a failed surface makes the context fail: save() reports it */
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
    cairo_paint(cairo);
    cairo_restore(cairo);
    cairo_surface_destroy(picture);
}

static cairo_status_t add_bytes(void *writer, const unsigned char *data, unsigned count)
{
    return og__writer_add(writer, data, count) == OG_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static og_status check(cairo_status_t found)
{
    if (found == CAIRO_STATUS_SUCCESS)
        return OG_OK;
    if (found == CAIRO_STATUS_NO_MEMORY)
        return og__fail(OG_ERR_MEMORY, "out of memory for the picture");
    return og__fail(OG_ERR_FILE, "cannot draw the picture: %s", cairo_status_to_string(found));
}

static og_status png_save(og__canvas *canvas, const char *path)
{
    png_canvas *png = (png_canvas *)canvas;
    og_status status = OG_OK;
    og__writer *writer = NULL;
    OG_GO(check(cairo_status(png->cairo)));
    OG_GO(og__writer_open(path, &writer));
    cairo_status_t written = cairo_surface_write_to_png_stream(png->surface, add_bytes, writer);
    if (written == CAIRO_STATUS_WRITE_ERROR) {
        status = OG_ERR_FILE; /* the writer said why */
        goto done;
    }
    OG_GO(check(written));
    OG_GO(og__writer_commit(writer));
done:
    og__writer_close(writer);
    return status;
}

static void png_free(og__canvas *canvas)
{
    png_canvas *png = (png_canvas *)canvas;
    cairo_destroy(png->cairo);
    cairo_surface_destroy(png->surface);
    free(png);
}

/* Letters without hinting, which differs between machines and is of no use at two pixels to a unit. */
static void set_fonts(cairo_t *cairo)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
}

og_status og__canvas_png(double width, double height, og__canvas **canvas)
{
    png_canvas *png;
    *canvas = NULL;
    OG_TRY(og__alloc(1, sizeof *png, &png));
    png->base = (og__canvas){png_line, png_circle, png_text, png_save, png_free};
    png->surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * PIXELS_PER_UNIT), (int)(height * PIXELS_PER_UNIT));
    png->cairo = cairo_create(png->surface);
    cairo_scale(png->cairo, PIXELS_PER_UNIT, PIXELS_PER_UNIT);
    cairo_set_line_join(png->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(png->cairo, CAIRO_LINE_CAP_ROUND);
    set_fonts(png->cairo);
    set_colour(png->cairo, 0xffffff);
    cairo_paint(png->cairo);
    *canvas = &png->base;
    return OG_OK;
}

/* Something to draw a picture on: an SVG or a PNG. Lengths are pixels of an SVG, y grows downwards. */
#ifndef OG_REPORT_CANVAS_H
#define OG_REPORT_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Each kind of file begins its struct with this one. A failed call is remembered; save() reports it. */
typedef struct og__canvas og__canvas;

typedef unsigned og__colour; /* 0xRRGGBB */

typedef struct og__pen {
    og__colour colour;
    double width;
    bool dashed;
} og__pen;

typedef enum og__anchor { OG_ANCHOR_START, OG_ANCHOR_MIDDLE, OG_ANCHOR_END } og__anchor;

typedef struct og__font {
    og__colour colour;
    double size;
    bool bold;
    og__anchor anchor;
} og__font;

struct og__canvas {
    /* A line through `count` points, points[2 i] and points[2 i + 1]. */
    void (*line)(og__canvas *canvas, size_t count, const double *points, og__pen pen);
    void (*circle)(og__canvas *canvas, double x, double y, double radius, og__colour fill, og__pen pen);
    void (*text)(og__canvas *canvas, double x, double y, og__font font, const char *text);
    og_status (*save)(og__canvas *canvas, const char *path);
    void (*free)(og__canvas *canvas);
};

/* A white canvas. `title` is what a reader who cannot see it is told. Released with canvas->free(). */
og_status og__canvas_svg(double width, double height, const char *title, og__canvas **canvas);
og_status og__canvas_png(double width, double height, og__canvas **canvas);

/* Draw u8[h, w, 3] on a canvas made by og__canvas_png(), its upper left corner at (x, y), a pixel of it on a pixel of
 * the file (two to a unit). */
void og__canvas_png_image(og__canvas *canvas, double x, double y, int h, int w, const uint8_t *rgb);

/* About how wide a text is, for room beside it: the fonts of a reader differ, so this is that of a wide one. */
double og__text_width(double size, const char *text);

#endif

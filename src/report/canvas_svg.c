/* Pictures as SVG, written as text: small, the same bytes everywhere, and their words can be searched and read aloud.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/canvas.h"

typedef struct svg_canvas {
    og__canvas base;
    og__text text;
} svg_canvas;

/* Two decimals without trailing zeros: "12.5", "3". */
static void add_number(og__text *text, double value)
{
    double hundredths = rint(value * 100);
    if (fmod(hundredths, 100) == 0)
        og__text_format(text, "%.0f", hundredths / 100 + 0.0);
    else if (fmod(hundredths, 10) == 0)
        og__text_format(text, "%.1f", hundredths / 100);
    else
        og__text_format(text, "%.2f", hundredths / 100);
}

static void add_attribute(og__text *text, const char *name, double value)
{
    og__text_format(text, " %s=\"", name);
    add_number(text, value);
    og__text_add(text, "\"");
}

static void add_pen(og__text *text, og__pen pen)
{
    og__text_format(text, " stroke=\"#%06x\"", pen.colour);
    add_attribute(text, "stroke-width", pen.width);
    if (pen.dashed)
        og__text_add(text, " stroke-dasharray=\"5 4\"");
}

static void svg_line(og__canvas *canvas, size_t count, const double *points, og__pen pen)
{
    og__text *text = &((svg_canvas *)canvas)->text;
    og__text_add(text, "<path d=\"M");
    for (size_t i = 0; i < 2 * count; i++) {
        og__text_add(text, i == 0 ? "" : " ");
        add_number(text, points[i]);
    }
    og__text_add(text, "\"");
    add_pen(text, pen);
    og__text_add(text, "/>\n");
}

static void svg_circle(og__canvas *canvas, double x, double y, double radius, og__colour fill, og__pen pen)
{
    og__text *text = &((svg_canvas *)canvas)->text;
    og__text_add(text, "<circle");
    add_attribute(text, "cx", x);
    add_attribute(text, "cy", y);
    add_attribute(text, "r", radius);
    og__text_format(text, " fill=\"#%06x\"", fill);
    add_pen(text, pen);
    og__text_add(text, "/>\n");
}

static void svg_text(og__canvas *canvas, double x, double y, og__font font, const char *words)
{
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    og__text *text = &((svg_canvas *)canvas)->text;
    og__text_add(text, "<text stroke=\"none\"");
    add_attribute(text, "x", x);
    add_attribute(text, "y", y);
    og__text_format(text, " fill=\"#%06x\"", font.colour);
    add_attribute(text, "font-size", font.size);
    og__text_format(text, "%s%s>", font.bold ? " font-weight=\"bold\"" : "", anchors[font.anchor]);
    og__text_add_xml(text, words);
    og__text_add(text, "</text>\n");
}

static og_status svg_save(og__canvas *canvas, const char *path)
{
    og__text *text = &((svg_canvas *)canvas)->text;
    og__text_add(text, "</g>\n</svg>\n");
    OG_TRY(og__text_status(text));
    return og__file_write(path, og__text_get(text), text->length);
}

static void svg_free(og__canvas *canvas)
{
    og__text_deinit(&((svg_canvas *)canvas)->text);
    free(canvas);
}

og_status og__canvas_svg(double width, double height, const char *title, og__canvas **canvas)
{
    svg_canvas *svg;
    *canvas = NULL;
    OG_TRY(og__alloc(1, sizeof *svg, &svg));
    svg->base = (og__canvas){svg_line, svg_circle, svg_text, svg_save, svg_free};
    og__text_format(&svg->text,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                    "viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
                    width, height, width, height);
    og__text_add_xml(&svg->text, title);
    og__text_format(&svg->text,
                    "</title>\n<rect width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n"
                    "<g fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\" "
                    "font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\">\n",
                    width, height);
    *canvas = &svg->base;
    return OG_OK;
}

/* The advance of a character of DejaVu Sans, in hundredths of the font's size. */
static int advance(unsigned char c)
{
    if (strchr("ijl'|.,:;!I ", c))
        return 33;
    if (strchr("ftr()[]{}-/\"", c))
        return 41;
    if (strchr("mwMW@%", c))
        return 95;
    if (strchr("+=<>~^_", c))
        return 84;
    if (c >= 'A' && c <= 'Z')
        return 71;
    return c >= 0xc0 ? 90 : c >= 0x80 ? 0 : 62; /* the first byte of a character counts for the others */
}

double og__text_width(double size, const char *text)
{
    int hundredths = 0;
    for (; *text; text++)
        hundredths += advance((unsigned char)*text);
    return size * hundredths / 100;
}

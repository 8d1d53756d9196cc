/* src/report/plot.c: what a picture shows, found in the SVG's elements and the PNG's pixels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/image.h>
#include <ogive/plot.h>

#include "data/scratch.h"
#include "near.h"

static og_act *parse(const char *text)
{
    og_act *act;
    assert_int_equal(og_act_parse(text, &act), OG_OK);
    return act;
}

/* The picture of one formula as text. Released with free(). */
static char *svg_of(const char *formula)
{
    char *data;
    size_t bytes;
    og_act *act = parse(formula);
    og_plot_curve curves[OG_PLOT_FAMILY_MAX];
    size_t count = og_plot_family(act, curves);
    const char *path = scratch("picture.svg");
    assert_int_equal(og_plot_save(count, curves, NULL, &(og_plot_options){0}, path), OG_OK);
    assert_int_equal(og__file_read(path, &data, &bytes), OG_OK);
    og_act_free(act);
    return data;
}

static int occurrences(const char *text, const char *piece)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, piece)) != NULL; at += strlen(piece))
        count++;
    return count;
}

static void an_svg_has_the_same_bytes_every_time(void **state)
{
    (void)state;
    char *first = svg_of("mish"), *second = svg_of("mish");
    assert_string_equal(first, second);
    assert_int_equal(strncmp(first, "<svg ", 5), 0);
    assert_string_equal(first + strlen(first) - 7, "</svg>\n");
    assert_non_null(strstr(first, "<title>mish</title>"));
    assert_true(strlen(first) < 20000);
    free(first);
    free(second);
}

static void words_are_escaped(void **state)
{
    (void)state;
    char *svg = svg_of("where(x < 1, x, 2)");
    assert_non_null(strstr(svg, "where(x &lt; 1, x, 2)"));
    assert_null(strstr(svg, "(x < 1"));
    free(svg);
}

/* Rings are circles filled with paper, dots those filled with their own colour. */
static void kinks_are_rings_and_jumps_have_two_ends(void **state)
{
    (void)state;
    const char *ring = "fill=\"#ffffff\" stroke=\"#", *circle = "<circle";
    char *smooth = svg_of("tanh(x)"), *kink = svg_of("max(x, 0)"), *jump = svg_of("where(x > 1, x, 0)");
    assert_int_equal(occurrences(smooth, circle), 0);
    /* f: a ring at 0; f': 0 up to and with 0, 1 behind it */
    assert_int_equal(occurrences(kink, circle), 3);
    assert_int_equal(occurrences(kink, ring), 2);
    /* f: 0 up to and with 1, then 1; f' likewise */
    assert_int_equal(occurrences(jump, circle), 4);
    assert_int_equal(occurrences(jump, ring), 2);
    free(smooth);
    free(kink);
    free(jump);
}

static void a_function_of_a_gate_is_drawn_at_several(void **state)
{
    (void)state;
    char *svg = svg_of("x*sigmoid(gate)");
    assert_non_null(strstr(svg, ">gate = \xe2\x88\x92"
                                "1<"));
    assert_non_null(strstr(svg, ">gate = 2<"));
    free(svg);

    og_act *act = parse("x*sigmoid(gate)");
    og_plot_curve curves[OG_PLOT_FAMILY_MAX];
    assert_int_equal(og_plot_family(act, curves), 4);
    for (int i = 0; i < 4; i++) {
        double x = 1.5, y, dy, gate = i - 1;
        assert_int_equal(og_plot_values(&curves[i], 1, &x, &y, &dy), OG_OK);
        assert_near(y, 1.5 / (1 + exp(-gate)), 1e-15);
        assert_near(dy, 1 / (1 + exp(-gate)), 1e-15);
    }
    og_act_free(act);
}

/* crelu's second half of channels is max(-x, 0): its slope by x is -1 where x < 0. */
static void a_mirror_is_drawn_by_x(void **state)
{
    (void)state;
    og_act *act = parse("max(mirror, 0)");
    og_plot_curve curves[OG_PLOT_FAMILY_MAX];
    const double x[] = {-2, 2};
    double y[2], dy[2];
    assert_int_equal(og_plot_family(act, curves), 2);
    assert_int_equal(og_plot_values(&curves[1], 2, x, y, dy), OG_OK);
    assert_near(y[0], 2, 0);
    assert_near(y[1], 0, 0);
    assert_near(dy[0], -1, 0);
    assert_near(dy[1], 0, 0);
    og_act_free(act);
}

static og_plot_window window_of(const char *formula)
{
    og_act *act = parse(formula);
    og_plot_curve curve = og_plot_curve_of(act);
    og_plot_window window;
    assert_int_equal(og_plot_window_find(1, &curve, &window), OG_OK);
    og_act_free(act);
    return window;
}

static void the_window_shows_what_matters(void **state)
{
    (void)state;
    og_plot_window bounded = window_of("tanh(x)");
    assert_near(bounded.x_min, -5, 0);
    assert_near(bounded.x_max, 5, 0);
    assert_near(bounded.y_max, 1.12, 0.01); /* 1 and the margin */
    assert_near(bounded.y_min, -1.12, 0.01);
    assert_true(window_of("clamp(x, 0, 6)").x_max > 6); /* behind the last kink */
    assert_true(window_of("exp(x)").y_max < exp(3));    /* exp(5) = 148 would make a corner of it */
    assert_true(window_of("exp(x)").y_max > exp(2));
    assert_true(window_of("1/x").y_max < 100);
    assert_near(window_of("max(x, 0)").y_max, 5, 0.5);
    assert_true(window_of("where(x > 0, log(x), 0/0)").y_max < 3); /* NaN left of 0 */
}

/* The straight line y = x is drawn through the middle of its axes, whose outside is paper. */
static void a_png_has_the_curve_where_it_belongs(void **state)
{
    (void)state;
    og_image image;
    og_act *act = parse("identity");
    og_plot_curve curve = og_plot_curve_of(act);
    og_plot_options options = {.width = 400, .height = 300, .x_min = -1, .x_max = 1, .panels = OG_PLOT_VALUE};
    const char *path = scratch("picture.png");
    assert_int_equal(og_plot_save(1, &curve, "", &options, path), OG_OK);
    assert_int_equal(og_image_load(path, &image), OG_OK);
    assert_int_equal(image.width, 800);
    assert_int_equal(image.height, 600);
    size_t plane = (size_t)image.height * (size_t)image.width;
    double x_sum = 0, y_sum = 0;
    int blue = 0;
    for (int y = 0; y < 600; y++)
        for (int x = 0; x < 800; x++) {
            const float *pixel = image.data + (size_t)y * 800 + (size_t)x;
            if (pixel[0] == 0 && pixel[plane] == 114 && pixel[2 * plane] == 178) {
                x_sum += x;
                y_sum += y;
                blue++;
            }
        }
    assert_true(blue > 1000);
    /* axes from 42 to 400 - 16 and from 52 to 300 - 28, in pixels of half the size */
    assert_near(x_sum / blue, 42 + 384, 3);
    assert_near(y_sum / blue, 52 + 272, 3);
    og_image_deinit(&image);
    og_act_free(act);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    (void)state;
    og_act *act = parse("relu");
    og_plot_curve curve = og_plot_curve_of(act);
    og_plot_options none = {0}, small = {.width = 10}, backwards = {.x_min = 1, .x_max = -1};
    assert_int_equal(og_plot_save(1, &curve, NULL, &none, scratch("a.jpg")), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), ".svg"));
    assert_int_equal(og_plot_save(0, &curve, NULL, &none, scratch("a.svg")), OG_ERR_ARGUMENT);
    assert_int_equal(og_plot_save(1, &curve, NULL, &small, scratch("a.svg")), OG_ERR_ARGUMENT);
    assert_int_equal(og_plot_save(1, &curve, NULL, &backwards, scratch("a.svg")), OG_ERR_ARGUMENT);
    assert_int_equal(og_plot_save(1, &curve, NULL, &none, "/nowhere/a.svg"), OG_ERR_FILE);
    assert_int_equal(og_plot_save(1, &curve, NULL, &none, "/nowhere/a.png"), OG_ERR_FILE);
    assert_false(og__file_exists(scratch("a.svg")));
    og_act_free(act);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_svg_has_the_same_bytes_every_time),
        cmocka_unit_test(words_are_escaped),
        cmocka_unit_test(kinks_are_rings_and_jumps_have_two_ends),
        cmocka_unit_test(a_function_of_a_gate_is_drawn_at_several),
        cmocka_unit_test(a_mirror_is_drawn_by_x),
        cmocka_unit_test(the_window_shows_what_matters),
        cmocka_unit_test(a_png_has_the_curve_where_it_belongs),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

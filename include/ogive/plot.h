/* Curves of activation functions: their values, the part of the plane that shows them, and pictures as SVG or PNG. */
#ifndef OGIVE_PLOT_H
#define OGIVE_PLOT_H

#include <stddef.h>

#include <ogive/act.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OG_PLOT_CURVES_MAX = 16, OG_PLOT_FAMILY_MAX = 4, OG_PLOT_LABEL_BYTES = 64 };

/** A function of x alone: an activation with values for everything else that it reads. */
typedef struct og_plot_curve {
    const og_act *act;             /* borrowed */
    double inputs[OG_INPUT_COUNT]; /* by og_input; that of x is not read, that of mirror is the factor 1 or -1 of x */
    double params[OG_ACT_PARAMS_MAX];
    char label[OG_PLOT_LABEL_BYTES]; /* "silu", or "gate = 1" within a family; UTF-8, shortened where it is long */
} og_plot_curve;

/** What a plot shows: x, and f and f' over it. */
typedef struct og_plot_window {
    double x_min, x_max;
    double y_min, y_max;
    double slope_min, slope_max;
} og_plot_window;

typedef enum og_plot_panels {
    OG_PLOT_BOTH, /* f on the left, f' on the right */
    OG_PLOT_VALUE,
    OG_PLOT_SLOPE,
} og_plot_panels;

/** Zero-initialised, it asks for the usual picture. */
typedef struct og_plot_options {
    double width, height; /* 0 for 720 x 300; a PNG has twice as many pixels each way */
    double x_min, x_max;  /* both 0: chosen by og_plot_window_find() */
    og_plot_panels panels;
} og_plot_options;

/** Return the curve of an activation: gates 1, funnel 0, noise 1/2, and the parameters' own values. */
OG_API og_plot_curve og_plot_curve_of(const og_act *act);

/**
 * Write the curves that show what an activation does: one, or one for each of a few values of the first input or
 * parameter that is not known before (gate = -1, 0, 1, 2; noise = 0, 0.5, 1; mirror = x, -x; a normal parameter's mean
 * and one standard deviation on either side; ...).
 *
 * @return how many, at most OG_PLOT_FAMILY_MAX
 */
OG_API size_t og_plot_family(const og_act *act, og_plot_curve curves[OG_PLOT_FAMILY_MAX]);

/** Evaluate in double, without a compiler: y[i] = f(x[i]), dy[i] = f'(x[i]); either may be NULL. */
OG_API og_status og_plot_values(const og_plot_curve *curve, size_t count, const double *x, double *y, double *dy);

/**
 * Choose a window: x from -5 to 5, or further where there are kinks, y as far as the curves go, but not so far that
 * what grows fast hides what happens near 0.
 */
OG_API og_status og_plot_window_find(size_t count, const og_plot_curve *curves, og_plot_window *window);

/**
 * Draw curves into an SVG or PNG file, by the ending of its name; kinks, jumps and (of a single curve) asymptotes are
 * marked.
 *
 * @param title   above the picture, or NULL: the text of the activation that all curves are of, else none
 *
 * @return OG_OK, or
 *         OG_ERR_ARGUMENT  no curve or more than OG_PLOT_CURVES_MAX, another ending, or a size or range that cannot be
 *         OG_ERR_FILE      the file cannot be written; nothing is left of it
 *
 * Result: same bytes for an SVG everywhere; for a PNG where the same fonts and version of Cairo are installed.
 */
OG_API og_status og_plot_save(size_t count, const og_plot_curve *curves, const char *title,
                              const og_plot_options *options, const char *path);

#ifdef __cplusplus
}
#endif
#endif

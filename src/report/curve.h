/* Curves from the inside: evaluation one point at a time, and where they bend or jump. Public side: ogive/plot.h. */
#ifndef OG_REPORT_CURVE_H
#define OG_REPORT_CURVE_H

#include <stdbool.h>

#include <ogive/plot.h>

/* A curve ready to be evaluated. */
typedef struct og__tracer {
    const og_plot_curve *curve;
    double *work; /* one per node of the formula */
} og__tracer;

og_status og__tracer_init(const og_plot_curve *curve, og__tracer *tracer);
void og__tracer_deinit(og__tracer *tracer);

/* f(x), or f'(x). */
double og__trace(const og__tracer *tracer, bool slope, double x);

enum { OG_BREAKS_MAX = 64 };

/* Where f or f' jumps, ascending. */
typedef struct og__breaks {
    int count;
    double x[OG_BREAKS_MAX];
} og__breaks;

/* Find the breaks in [x_min, x_max]; of two that are nearer than a two-thousandth of that, one may be missed. */
void og__find_breaks(const og__tracer *tracer, double x_min, double x_max, og__breaks *breaks);

/* The distance at which one stands beside a break. */
double og__beside(double x);

/* Choose y_min to slope_max of a window whose x_min and x_max are given. */
og_status og__window_fill(size_t count, const og_plot_curve *curves, og_plot_window *window);

#endif

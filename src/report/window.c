/* Which part of the plane shows a function. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/curve.h"

enum {
    SAMPLES = 1001,
    REACH = 5,      /* where most activations are close to their limits */
    REACH_MAX = 10, /* as far as kinks are looked for */
};

/* Half the width of the window: kinks, and the part behind the last of them, are to be seen. */
static double reach_of(const og__breaks *breaks)
{
    double reach = REACH;
    for (int i = 0; i < breaks->count; i++)
        if (fabs(breaks->x[i]) < 0.9 * REACH_MAX)
            reach = fmax(reach, ceil(1.25 * fabs(breaks->x[i])));
    return fmin(reach, REACH_MAX);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How far from 0 values may go: the largest for inputs that are common, |x| < 2.5, without the last few percent, which
 * a pole may hold; some room; and at least `least`. */
static double limit_of(const og__tracer *tracer, bool slope, double least)
{
    double values[SAMPLES];
    int count = 0;
    for (int i = 0; i < SAMPLES; i++) {
        double value = fabs(og__trace(tracer, slope, 5.0 * (i + 0.5) / SAMPLES - 2.5));
        if (isfinite(value))
            values[count++] = value;
    }
    if (count == 0)
        return least;
    qsort(values, (size_t)count, sizeof values[0], compare);
    return fmax(least, 1.2 * values[(count - 1) * 97 / 100]);
}

static void widen(const og__tracer *tracer, bool slope, double limit, const og_plot_window *window, double *low,
                  double *high)
{
    for (int i = 0; i < SAMPLES; i++) {
        double value = og__trace(tracer, slope, window->x_min + (window->x_max - window->x_min) * i / (SAMPLES - 1));
        if (!isnan(value)) {
            *low = fmin(*low, fmax(value, -limit));
            *high = fmax(*high, fmin(value, limit));
        }
    }
}

/* Never empty, and with air above and below. */
static void add_margin(double *low, double *high)
{
    if (*high - *low < 1e-9)
        *high = *low + 1;
    double margin = 0.06 * (*high - *low);
    *low -= margin;
    *high += margin;
}

og_status og__window_fill(size_t count, const og_plot_curve *curves, og_plot_window *window)
{
    window->y_min = window->y_max = window->slope_min = window->slope_max = 0;
    for (size_t i = 0; i < count; i++) {
        og__tracer tracer;
        OG_TRY(og__tracer_init(&curves[i], &tracer));
        widen(&tracer, false, limit_of(&tracer, false, 6), window, &window->y_min, &window->y_max);
        widen(&tracer, true, limit_of(&tracer, true, 3), window, &window->slope_min, &window->slope_max);
        og__tracer_deinit(&tracer);
    }
    add_margin(&window->y_min, &window->y_max);
    add_margin(&window->slope_min, &window->slope_max);
    return OG_OK;
}

og_status og_plot_window_find(size_t count, const og_plot_curve *curves, og_plot_window *window)
{
    double reach = REACH;
    for (size_t i = 0; i < count; i++) {
        og__tracer tracer;
        og__breaks breaks;
        OG_TRY(og__tracer_init(&curves[i], &tracer));
        og__find_breaks(&tracer, -REACH_MAX, REACH_MAX, &breaks);
        reach = fmax(reach, reach_of(&breaks));
        og__tracer_deinit(&tracer);
    }
    *window = (og_plot_window){.x_min = -reach, .x_max = reach};
    return og__window_fill(count, curves, window);
}

#include "act_distance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/plot.h>

#include "failure.h"

enum { STEPS = 65536 }; /* midpoints, 1/4096 apart: kinks on round numbers lie between them */

typedef struct samples {
    double x[STEPS], y[STEPS], dy[STEPS], other_y[STEPS], other_dy[STEPS];
} samples;

/* Sums over midpoints: where f and g are smooth the error is that of the normal density's own integral, next to
 * nothing; at a kink it is of the order of the step squared. */
static void sum(const samples *s, act_distance *d)
{
    const double step = 2 * DISTANCE_REACH / STEPS, density = 0.39894228040143267794;
    *d = (act_distance){.at = NAN};
    for (int i = 0; i < STEPS; i++) {
        double weight = step * density * exp(-0.5 * s->x[i] * s->x[i]);
        double off = s->y[i] - s->other_y[i], slope_off = s->dy[i] - s->other_dy[i];
        d->mean_square += weight * off * off;
        d->slope_mean_square += weight * slope_off * slope_off;
        if (fabs(off) > d->most || isnan(off)) {
            d->most = fabs(off);
            d->at = s->x[i];
        }
        if (isnan(off))
            return;
    }
}

og_status act_distance_find(const og_act *f, const og_act *g, act_distance *distance)
{
    og_status status = OG_OK;
    og_plot_curve first = og_plot_curve_of(f), second = og_plot_curve_of(g);
    samples *s = malloc(sizeof *s);
    if (!s)
        return fail(OG_ERR_MEMORY, "out of memory");
    for (int i = 0; i < STEPS; i++)
        s->x[i] = 2 * DISTANCE_REACH * (i + 0.5) / STEPS - DISTANCE_REACH;
    GO(og_plot_values(&first, STEPS, s->x, s->y, s->dy));
    GO(og_plot_values(&second, STEPS, s->x, s->other_y, s->other_dy));
    sum(s, distance);
    distance->equal = memcmp(s->y, s->other_y, sizeof s->y) == 0 && memcmp(s->dy, s->other_dy, sizeof s->dy) == 0;
done:
    free(s);
    return status;
}

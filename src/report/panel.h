/* A pair of axes, and curves in it. */
#ifndef OG_REPORT_PANEL_H
#define OG_REPORT_PANEL_H

#include "report/canvas.h"
#include "report/curve.h"

typedef struct og__panel {
    og__canvas *canvas;
    double left, top, width, height; /* of the axes, on the canvas */
    double x_min, x_max, y_min, y_max;
    bool slope; /* shows f', not f */
} og__panel;

/* Grid, axes, numbers, and the name of what is shown. */
void og__panel_frame(const og__panel *panel);

/* The curve with its kinks (f) or jumps (f, f') marked. */
og_status og__panel_curve(const og__panel *panel, const og__tracer *tracer, const og__breaks *breaks, og__pen pen);

/* The straight lines that the curve approaches on either side, where there are any. */
void og__panel_asymptotes(const og__panel *panel, const og__tracer *tracer);

#endif

/* Curves on the terminal. */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include <stddef.h>
#include <stdio.h>

enum { PLOT_COLUMNS = 36, PLOT_ROWS = 12, PLOT_PANELS_MAX = 2 };

typedef struct plot_panel {
    const char *title;
    const float *y; /* (count), at equal steps of x; what is not finite is left out */
} plot_panel;

/* Print panels side by side over the same x axis, [x_min, x_max], with their y ranges. */
void plot_print(FILE *file, size_t panel_count, const plot_panel *panels, size_t count, double x_min, double x_max);

#endif

/* Curves on the terminal. */
#ifndef CLI_PLOT_H
#define CLI_PLOT_H

#include <stddef.h>
#include <stdio.h>

#include <ogive/plot.h>

/*
 * Draw f and f' of up to OG_PLOT_CURVES_MAX curves, side by side where the terminal is wide enough.
 *
 * One curve is drawn in braille dots, or in '*' where the locale has ASCII only. Several have colours where there are
 * any, and else letters; above them stands which is which.
 */
og_status plot_print(FILE *file, size_t count, const og_plot_curve *curves);

/* Draw the family of one activation (og_plot_family()). */
og_status plot_print_family(FILE *file, const og_act *act);

/* Draw an activation's family, or several activations, into a file by og_plot_save(). */
og_status plot_save_acts(size_t count, og_act *const *acts, const char *path);

#endif

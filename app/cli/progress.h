/* One line at the bottom of the terminal that shows how far the work is, and lines above it that stay. Without a
 * terminal at standard error only what a log should have is printed. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <ogive/train.h>

/* Show progress from here on, unless `quiet`. */
void progress_begin(bool quiet);

/*
 * Redraw the line: bar, time left, text. Draws at most ten times per second.
 *
 * @param share  done, 0 to 1
 * @param eta_s  seconds left; negative or NaN when unknown
 */
void progress_show(double share, double eta_s, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Print a line that stays, above the moving one. */
void progress_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same without a terminal too, unless quiet. */
void progress_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Such a line: what the process will hold at its peak. `prefix` as below. */
void progress_plan(const char *prefix, size_t bytes);

/* Print what the user should know about a training run, above the moving line; without a terminal too, unless quiet.
 * At most four lines: the rest is counted, and stands in the run's log. `prefix` tells which run, or is "". */
void progress_warn(const char *prefix, const og_train_warning *warnings, size_t count);

/* Take the moving line away. Anything else that is printed comes after this. */
void progress_end(void);

/* Write a duration: "0:07", "12:30", "3:05:00", or "-" when it is unknown. */
void format_duration(double seconds, size_t size, char text[size]);

#endif

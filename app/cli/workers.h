/* Further processes of this program that work on a study: ogive compare --workers N. */
#ifndef CLI_WORKERS_H
#define CLI_WORKERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <ogive/status.h>

enum { WORKERS_MAX = 256 };

typedef struct workers {
    const char *study;
    int64_t count, threads; /* processes beside this one, and the cores of each */
    int64_t started;
    pid_t processes[WORKERS_MAX];
} workers;

/* Share the cores among `count` processes, this one among them: *threads (0: all cores) becomes the share of each. */
og_status workers_plan(int64_t count, int64_t *threads, workers *others);

/* Start them, once. A process that does not start is missed, not mourned: its runs are done by the others. */
void workers_start(workers *others);

/* Wait until they have ended, which they do when nothing is left to run, or when told to `stop`. */
void workers_wait(workers *others, bool stop);

#endif

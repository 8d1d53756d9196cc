/* Time activation functions on demand: bench_act BYTES THREADS
 *
 * Lines on standard input are answered one by one, so that bench/act.py can let ogive's functions and PyTorch's take
 * turns within one run:
 *
 *   add EXECUTOR TEXT   -> its index, or "no REASON"      EXECUTOR: auto, built-in, compiled, interpreter
 *   turn INDEX          -> forward, backward and norm in nanoseconds per element (kernel/race.h) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/act.h>

#include "kernel/race.h"

static og__executor find_executor(const char *name)
{
    og__executor executor = OG_EXECUTOR_AUTO;
    while (executor < OG_EXECUTOR_INTERPRETER && strcmp(og__executor_name(executor), name) != 0)
        executor++;
    return executor;
}

/* The functions live as long as the process. */
static void add(og__race *race, const char *executor, const char *text, size_t *count)
{
    og_act *act;
    size_t index;
    if (og_act_parse(text, &act) != OG_OK || og__race_add(race, act, find_executor(executor), &index) != OG_OK) {
        const char *reason = og_error_text();
        printf("no %.*s\n", (int)strcspn(reason, "\n"), reason);
        return;
    }
    *count = index + 1;
    printf("%zu\n", index);
}

int main(int argc, char **argv)
{
    char line[65536], executor[32];
    size_t index, count = 0;
    int text;
    og__race *race;
    if (argc != 3) {
        fprintf(stderr, "usage: bench_act BYTES THREADS\n");
        return 2;
    }
    if (og__race_new(strtoull(argv[1], NULL, 10), atoi(argv[2]), &race) != OG_OK) {
        fprintf(stderr, "bench_act: %s\n", og_error_text());
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "add %31s %n", executor, &text) == 1) {
            add(race, executor, line + text, &count);
        } else if (sscanf(line, "turn %zu", &index) == 1 && index < count) {
            og__race_times times = og__race_turn(race, index);
            printf("%.9g %.9g %.9g\n", times.forward, times.backward, times.norm);
        } else {
            printf("no such request\n");
        }
        fflush(stdout);
    }
    og__race_free(race);
    return 0;
}

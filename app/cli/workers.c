#include "workers.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failure.h"

extern char **environ;

og_status workers_plan(int64_t count, int64_t *threads, workers *others)
{
    int64_t cores = *threads > 0 ? *threads : sysconf(_SC_NPROCESSORS_ONLN);
    if (count > cores)
        return fail(OG_ERR_ARGUMENT, "workers: %lld processes are to share %lld cores; give each at least one",
                    (long long)count, (long long)cores);
    others->count = count - 1;
    others->threads = cores / count;
    if (count > 1)
        *threads = cores - others->count * others->threads; /* this one takes what does not divide */
    return OG_OK;
}

void workers_start(workers *others)
{
    char threads[24], program[4096] = "";
    if (others->started > 0 || readlink("/proc/self/exe", program, sizeof program - 1) < 0)
        return;
    snprintf(threads, sizeof threads, "%lld", (long long)others->threads);
    char *arguments[] = {"ogive", "worker", (char *)others->study, "--quiet", "--threads", threads, NULL};
    /* In a process group of its own, so that an interrupt from the keyboard comes once, through workers_wait(): a
     * second one would end a worker that is writing its checkpoint. */
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    while (others->started < others->count) {
        pid_t *process = &others->processes[others->started++];
        if (posix_spawn(process, program, NULL, &attributes, arguments, environ) != 0)
            *process = 0;
    }
    posix_spawnattr_destroy(&attributes);
}

void workers_wait(workers *others, bool stop)
{
    for (int64_t i = 0; i < others->started && stop; i++)
        if (others->processes[i] > 0)
            kill(others->processes[i], SIGINT);
    for (int64_t i = 0; i < others->started; i++)
        if (others->processes[i] > 0)
            waitpid(others->processes[i], NULL, 0);
}

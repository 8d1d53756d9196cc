#include "kernel/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { OUTPUT_BYTES_MAX = 1 << 16 };

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Start argv with its output in a pipe, of which *output is the end to read. */
static og_status spawn(const char *const *argv, pid_t *child, int *output)
{
    int ends[2], error;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return og__fail(OG_ERR_UNSUPPORTED, "cannot run '%s': %s", argv[0], strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); /* a compiler starts others: all can be stopped */
    error = posix_spawnp(child, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (error == 0) {
        *output = ends[0];
        return OG_OK;
    }
    close(ends[0]);
    return og__fail(OG_ERR_UNSUPPORTED, "cannot run '%s': %s", argv[0], strerror(error));
}

/* Read until the program closes its output; false when time is up. */
static bool drain(int handle, double deadline, og__text *output)
{
    char buffer[4096];
    for (;;) {
        double left = deadline - now_s();
        struct pollfd poll_for = {.fd = handle, .events = POLLIN};
        if (left <= 0 || (poll(&poll_for, 1, (int)(left * 1000) + 1) < 0 && errno != EINTR))
            return false;
        if (!poll_for.revents)
            continue;
        ssize_t got = read(handle, buffer, sizeof buffer);
        if (got == 0)
            return true;
        if (got > 0 && output->length < OUTPUT_BYTES_MAX)
            og__text_add_bytes(output, buffer, (size_t)got);
        else if (got < 0 && errno != EINTR)
            return true;
    }
}

/* Wait for the child; it has closed its output, so it is about to end, or else it is ended. */
static bool reap(pid_t child, double deadline, int *state)
{
    for (;;) {
        pid_t done = waitpid(child, state, WNOHANG);
        if (done == child)
            return true;
        if (done < 0 && errno != EINTR)
            return false;
        if (now_s() > deadline) {
            kill(-child, SIGKILL);
            deadline += 1e9;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

og_status og__process_run(const char *const *argv, int limit_s, og__text *output)
{
    pid_t child;
    int handle = -1, state = 0;
    double deadline = now_s() + limit_s;
    OG_TRY(spawn(argv, &child, &handle));
    bool in_time = drain(handle, deadline, output);
    close(handle);
    bool known = reap(child, in_time ? deadline : now_s(), &state);
    if (!in_time)
        return og__fail(OG_ERR_UNSUPPORTED, "'%s' did not finish within %d seconds", argv[0], limit_s);
    if (known && WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return og__text_status(output);
    if (known && WIFEXITED(state))
        return og__fail(OG_ERR_UNSUPPORTED, "'%s' exited with status %d", argv[0], WEXITSTATUS(state));
    return og__fail(OG_ERR_UNSUPPORTED, "'%s' was stopped by a signal", argv[0]);
}

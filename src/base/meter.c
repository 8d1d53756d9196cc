#include "base/meter.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

double og__now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void og__peak_reset(void)
{
#if defined(__GLIBC__)
    malloc_trim(0); /* what an earlier run freed is not this run's */
#endif
    int handle = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (handle < 0)
        return;
    ssize_t written = write(handle, "5", 1); /* "5" resets VmHWM: proc(5) */
    (void)written;
    close(handle);
}

int64_t og__peak_bytes(void)
{
    long long kilobytes = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %lld kB", &kilobytes) == 1)
            break;
    fclose(file);
    return kilobytes * 1024;
}

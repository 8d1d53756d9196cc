#include "study/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "study/store.h"

/* --- names
 * ---------------------------------------------------------------------------------------------------------------- */

/* When a process began, in ticks since the machine did: field 22 of /proc/PID/stat, behind the name in parentheses. 0
 * where there is no such process. */
static uint64_t start_of(long process)
{
    char path[40], line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    const char *at = strrchr(line, ')');
    if (at && (at[1] == '\0' || strchr("ZX", at[2])))
        return 0;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

static void host_name(char host[65])
{
    if (gethostname(host, 65) != 0)
        snprintf(host, 65, "unknown");
    host[64] = '\0';
}

void og__worker_name(char name[OG_WORKER_NAME_BYTES])
{
    char host[65];
    host_name(host);
    snprintf(name, OG_WORKER_NAME_BYTES, "%s:%ld:%" PRIu64, host, (long)getpid(), start_of(getpid()));
}

bool og__worker_is_gone(const char *name)
{
    char host[65];
    long process;
    uint64_t start;
    host_name(host);
    size_t length = strlen(host);
    if (strncmp(name, host, length) != 0 || sscanf(name + length, ":%ld:%" SCNu64, &process, &start) != 2)
        return false;
    return (kill((pid_t)process, 0) != 0 && errno == ESRCH) || start_of(process) != start;
}

/* --- the heart
 * ------------------------------------------------------------------------------------------------------------ */

struct og__heart {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stopping; /* under the mutex */
    atomic_bool broken;
    char *url;
    double every_s;
    int64_t trial;
};

/* Sleep until the next beat. Return false when there is to be none. */
static bool rest(og__heart *heart)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)heart->every_s;
    until.tv_nsec += (long)((heart->every_s - (double)(time_t)heart->every_s) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&heart->mutex);
    int code = 0;
    while (!heart->stopping && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&heart->wake, &heart->mutex, &until);
    bool stopping = heart->stopping;
    pthread_mutex_unlock(&heart->mutex);
    return !stopping;
}

static void *beat(void *context)
{
    og__heart *heart = context;
    og__store *store = NULL;
    while (rest(heart)) {
        bool held = true;
        if (!store && og__store_open(heart->url, 0, &store) != OG_OK)
            continue;
        if (og__store_beat(store, heart->trial, &held) == OG_OK && !held) {
            atomic_store(&heart->broken, true);
            break;
        }
    }
    og__store_close(store);
    return NULL;
}

og_status og__heart_start(const char *url, double every_s, int64_t trial, og__heart **heart)
{
    og_status status = OG_OK;
    og__heart *made;
    *heart = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->every_s = every_s;
    made->trial = trial;
    atomic_init(&made->broken, false);
    OG_GO(og__copy_text(url, &made->url));
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->wake, NULL);
    int code = pthread_create(&made->thread, NULL, beat, made);
    if (code != 0) {
        status = og__fail(OG_ERR_MEMORY, "cannot start a thread for the heartbeat: %s", strerror(code));
        goto done;
    }
    *heart = made;
done:
    if (status != OG_OK) {
        free(made->url);
        free(made);
    }
    return status;
}

bool og__heart_is_broken(const og__heart *heart)
{
    return heart && atomic_load(&heart->broken);
}

void og__heart_stop(og__heart *heart)
{
    if (!heart)
        return;
    pthread_mutex_lock(&heart->mutex);
    heart->stopping = true;
    pthread_cond_signal(&heart->wake);
    pthread_mutex_unlock(&heart->mutex);
    pthread_join(heart->thread, NULL);
    pthread_cond_destroy(&heart->wake);
    pthread_mutex_destroy(&heart->mutex);
    free(heart->url);
    free(heart);
}

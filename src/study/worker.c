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

/* --- names -------------------------------------------------------------------------------------------------- */

/* When a process began, in ticks since the machine did: field 22 of /proc/PID/stat, behind the name in parentheses; 0
 * where that cannot be read. *dead: the process has ended and was only not yet waited for. */
static uint64_t start_of(long process, bool *dead)
{
    char path[40], line[1024];
    *dead = false;
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    const char *at = strrchr(line, ')');
    *dead = at && at[1] && (at[2] == 'Z' || at[2] == 'X');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

/* The host's name alone may be that of several machines or containers; with the kernel's boot and the space of process
 * numbers it is one place. */
static void place_name(char place[120])
{
    char host[65] = "unknown", boot[9] = "", space[40] = "";
    if (gethostname(host, sizeof host) == 0)
        host[sizeof host - 1] = '\0';
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (file) {
        size_t length = fread(boot, 1, sizeof boot - 1, file);
        boot[length] = '\0';
        fclose(file);
    }
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[length > 0 ? length : 0] = '\0';
    const char *number = space + strcspn(space, "0123456789");
    snprintf(place, 120, "%s/%s/%.*s", host, boot, (int)strspn(number, "0123456789"), number);
}

void og__worker_name(char name[OG_WORKER_NAME_BYTES])
{
    char place[120];
    bool dead;
    place_name(place);
    snprintf(name, OG_WORKER_NAME_BYTES, "%s:%ld:%" PRIu64, place, (long)getpid(), start_of(getpid(), &dead));
}

bool og__worker_is_gone(const char *name)
{
    char place[120];
    long process;
    uint64_t start;
    bool dead;
    place_name(place);
    size_t length = strlen(place);
    if (strncmp(name, place, length) != 0 || sscanf(name + length, ":%ld:%" SCNu64, &process, &start) != 2)
        return false;
    if (kill((pid_t)process, 0) != 0 && errno == ESRCH)
        return true;
    uint64_t now = start_of(process, &dead);
    return dead || (now != 0 && now != start);
}

/* --- the heart ---------------------------------------------------------------------------------------------- */

struct og__heart {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    /* under the mutex: */
    bool stopping;
    og__trial_step *told; /* (told_count) not yet in the store */
    size_t told_count, told_room;
    /* by a clock that goes on while the machine sleeps: */
    atomic_llong heard_s, tried_s;
    atomic_bool broken;
    og__store *store;
    double every_s;
    int64_t trial;
};

/* Sleep until the next beat or, unless `failing`, until something was told. Return false when there is to be none. */
static bool rest(og__heart *heart, bool failing)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)heart->every_s;
    until.tv_nsec += (long)((heart->every_s - (double)(time_t)heart->every_s) * 1e9);
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&heart->mutex);
    int code = 0;
    while (!heart->stopping && code != ETIMEDOUT && (failing || heart->told_count == 0))
        code = pthread_cond_timedwait(&heart->wake, &heart->mutex, &until);
    bool stopping = heart->stopping;
    pthread_mutex_unlock(&heart->mutex);
    return !stopping;
}

static long long seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (long long)now.tv_sec;
}

/* A copy of what is to be told; without memory for it, the beat is told alone. */
static og__trial_step *copy_told(og__heart *heart, size_t *count)
{
    pthread_mutex_lock(&heart->mutex);
    og__trial_step *copy = heart->told_count > 0 ? malloc(heart->told_count * sizeof *copy) : NULL;
    *count = copy ? heart->told_count : 0;
    for (size_t i = 0; i < *count; i++)
        copy[i] = heart->told[i];
    pthread_mutex_unlock(&heart->mutex);
    return copy;
}

static void forget_told(og__heart *heart, size_t count)
{
    pthread_mutex_lock(&heart->mutex);
    heart->told_count -= count;
    for (size_t i = 0; i < heart->told_count; i++)
        heart->told[i] = heart->told[count + i];
    pthread_mutex_unlock(&heart->mutex);
}

static og_status beat_once(og__heart *heart, bool *held)
{
    size_t count;
    og__trial_step *steps = copy_told(heart, &count);
    og_status status = og__store_report(heart->store, heart->trial, steps, count, held);
    if (status == OG_OK)
        forget_told(heart, count);
    free(steps);
    return status;
}

static void *beat(void *context)
{
    og__heart *heart = context;
    og_status status = OG_OK;
    while (rest(heart, status != OG_OK)) {
        bool held;
        status = beat_once(heart, &held);
        if (status == OG_OK && !held) {
            atomic_store(&heart->broken, true);
            break;
        }
        if (status == OG_OK)
            atomic_store(&heart->heard_s, seconds());
        atomic_store(&heart->tried_s, seconds());
    }
    return NULL;
}

void og__heart_tell(og__heart *heart, int64_t step, double value)
{
    pthread_mutex_lock(&heart->mutex);
    if (heart->told_count == heart->told_room) {
        size_t room = 2 * heart->told_room + 16;
        og__trial_step *grown = realloc(heart->told, room * sizeof *grown);
        if (grown) {
            heart->told = grown;
            heart->told_room = room;
        }
    }
    if (heart->told_count < heart->told_room) /* else it is not told: the run's result says it all again */
        heart->told[heart->told_count++] = (og__trial_step){step, value};
    pthread_cond_signal(&heart->wake);
    pthread_mutex_unlock(&heart->mutex);
}

double og__heart_silence_s(const og__heart *heart)
{
    return (double)(seconds() - atomic_load(&heart->heard_s));
}

double og__heart_idle_s(const og__heart *heart)
{
    return (double)(seconds() - atomic_load(&heart->tried_s));
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
    atomic_init(&made->heard_s, seconds());
    atomic_init(&made->tried_s, seconds());
    OG_GO(og__store_connect(url, 0, &made->store));
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->wake, &clock);
    pthread_condattr_destroy(&clock);
    int code = pthread_create(&made->thread, NULL, beat, made);
    if (code != 0) {
        status = og__fail(OG_ERR_MEMORY, "cannot start a thread for the heartbeat: %s", strerror(code));
        goto done;
    }
    *heart = made;
done:
    if (status != OG_OK) {
        og__store_close(made->store);
        free(made);
    }
    return status;
}

bool og__heart_is_broken(const og__heart *heart)
{
    return atomic_load(&heart->broken);
}

void og__heart_stop(og__heart *heart, og__store *store)
{
    bool held;
    if (!heart)
        return;
    pthread_mutex_lock(&heart->mutex);
    heart->stopping = true;
    pthread_cond_signal(&heart->wake);
    pthread_mutex_unlock(&heart->mutex);
    pthread_join(heart->thread, NULL);
    if (store && heart->told_count > 0 && !og__heart_is_broken(heart))
        og__store_report(store, heart->trial, heart->told, heart->told_count, &held);
    free(heart->told);
    pthread_cond_destroy(&heart->wake);
    pthread_mutex_destroy(&heart->mutex);
    og__store_close(heart->store);
    free(heart);
}

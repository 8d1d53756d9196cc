#include "study/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/writer.h"

/* The holder writes its process id into the lock file, so that the refused one can name it. */
static og_status refuse(int handle, const char *folder)
{
    char holder[32] = "";
    ssize_t count = pread(handle, holder, sizeof holder - 1, 0);
    holder[count > 0 ? strspn(holder, "0123456789") : 0] = '\0';
    return og__fail(OG_ERR_FILE,
                    "another process%s%s works in the study '%s'; wait for it to end or name another folder",
                    holder[0] ? " with id " : "", holder, folder);
}

/* Remove what an earlier holder was writing when it was killed. */
static void sweep(const char *folder)
{
    static const char *const names[] = {"study.json", "report.json", "report.html"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path;
        if (og__path_join(folder, names[i], &path) == OG_OK) {
            og__writer_sweep(path);
            free(path);
        }
    }
}

og_status og__lock_take(const char *folder, int *lock)
{
    og_status status = OG_OK;
    char *path = NULL;
    int handle = -1;
    *lock = -1;
    OG_GO(og__path_join(folder, "lock", &path));
    handle = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (handle < 0) {
        status = og__fail_file("write", path);
        goto done;
    }
    int refused = flock(handle, LOCK_EX | LOCK_NB);
    if (refused && errno == EWOULDBLOCK) { /* perhaps someone only looked whether it is held */
        usleep(50000);
        refused = flock(handle, LOCK_EX | LOCK_NB);
    }
    if (refused) {
        status = errno == EWOULDBLOCK ? refuse(handle, folder) : og__fail_file("lock", path);
        goto done;
    }
    char id[32];
    int length = snprintf(id, sizeof id, "%ld\n", (long)getpid());
    if (ftruncate(handle, 0) != 0 || pwrite(handle, id, (size_t)length, 0) != length) {
        status = og__fail_file("write", path);
        goto done;
    }
    *lock = handle;
    handle = -1;
    sweep(folder);
done:
    if (handle >= 0)
        close(handle);
    free(path);
    return status;
}

bool og__lock_is_held(const char *folder)
{
    char *path;
    if (og__path_join(folder, "lock", &path) != OG_OK)
        return true;
    int handle = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    if (handle < 0)
        return errno != ENOENT;
    bool held = flock(handle, LOCK_SH | LOCK_NB) != 0;
    close(handle);
    return held;
}

void og__lock_release(int lock)
{
    if (lock >= 0)
        close(lock);
}

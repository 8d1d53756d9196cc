/* A folder of its own for each test program, and files in it made on the spot. */
#ifndef OG_TESTS_DATA_SCRATCH_H
#define OG_TESTS_DATA_SCRATCH_H

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ogive/image.h>

#include "base/file.h"

static char scratch_folder[] = "/tmp/ogive-test-XXXXXX";

static inline int scratch_open(void **state)
{
    (void)state;
    return mkdtemp(scratch_folder) ? 0 : -1;
}

static inline int scratch_close(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "chmod -R u+rwx %s && rm -r %s", scratch_folder, scratch_folder);
    return system(command);
}

/* The path of a name in the scratch folder, with its folders made; one of sixteen buffers in turn. */
static inline const char *scratch(const char *name)
{
    static char paths[16][256];
    static int next;
    char *path = paths[next++ % 16], *folder;
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder, name);
    int failed = og__path_folder(path, &folder) != OG_OK || og__folder_make(folder) != OG_OK;
    assert(!failed);
    (void)failed;
    free(folder);
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    const char *path = scratch(name);
    int failed = og__file_write(path, text, strlen(text)) != OG_OK;
    assert(!failed);
    (void)failed;
    return path;
}

/* Run a program that may be missing: 0 when it ran and succeeded. */
static inline int scratch_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline int scratch_run(const char *format, ...)
{
    char command[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    strncat(command, " >/dev/null 2>&1", sizeof command - strlen(command) - 1);
    return system(command);
}

#endif

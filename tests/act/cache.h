/* A cache of compiled formulas of the test's own, so that tests neither use nor fill the user's. */
#ifndef OG_TESTS_ACT_CACHE_H
#define OG_TESTS_ACT_CACHE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

static char cache_folder[64];

static inline int make_cache(void **state)
{
    (void)state;
    snprintf(cache_folder, sizeof cache_folder, "/tmp/ogive-test-XXXXXX");
    return mkdtemp(cache_folder) && setenv("OGIVE_CACHE", cache_folder, 1) == 0 ? 0 : -1;
}

static inline void empty_folder(const char *folder)
{
    char **names;
    size_t count;
    if (og__folder_list(folder, &names, &count) != OG_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    og__names_free(names, count);
}

static inline int remove_cache(void **state)
{
    (void)state;
    empty_folder(cache_folder);
    remove(cache_folder);
    return 0;
}

static inline size_t count_files(const char *folder)
{
    char **names;
    size_t count = 0;
    if (og__folder_list(folder, &names, &count) == OG_OK)
        og__names_free(names, count);
    return count;
}

#endif

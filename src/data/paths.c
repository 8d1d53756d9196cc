#include "data/paths.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"

og_status og__paths_add(og__paths *paths, const char *folder, const char *name)
{
    if (paths->count == paths->capacity) {
        size_t capacity = paths->capacity ? 2 * paths->capacity : 1;
        char **larger = realloc(paths->items, capacity * sizeof *larger);
        if (!larger)
            return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu paths", capacity);
        paths->items = larger;
        paths->capacity = capacity;
    }
    char **item = &paths->items[paths->count];
    OG_TRY(*folder ? og__path_join(folder, name, item) : og__copy_text(name, item));
    paths->count++;
    return OG_OK;
}

void og__paths_deinit(og__paths *paths)
{
    og__names_free(paths->items, paths->count);
    *paths = (og__paths){0};
}

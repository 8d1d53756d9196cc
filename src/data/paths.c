#include "data/paths.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"

og_status og__paths_add(og__paths *paths, const char *folder, const char *name)
{
    OG_TRY(og__list_grow(&paths->items, paths->count, &paths->capacity, sizeof *paths->items, "paths"));
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

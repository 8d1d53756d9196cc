/* Lists of paths. */
#ifndef OG_DATA_PATHS_H
#define OG_DATA_PATHS_H

#include <stddef.h>

#include "base/status.h"

/* Zero-initialised is empty. */
typedef struct og__paths {
    size_t count, capacity;
    char **items; /* (count) */
} og__paths;

/* Append a copy of FOLDER/NAME, or of NAME alone when it is absolute or the folder is "". */
og_status og__paths_add(og__paths *paths, const char *folder, const char *name);
void og__paths_deinit(og__paths *paths);

#endif

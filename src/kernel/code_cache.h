/* A private folder of shared libraries that ogive compiled itself. Names follow from the content, a file carries its
 * own digest, and nothing that fails a check is ever loaded. Any number of processes may use the folder at once. */
#ifndef OG_KERNEL_CODE_CACHE_H
#define OG_KERNEL_CODE_CACHE_H

#include <stdbool.h>

#include "base/status.h"

/**
 * Find or make the folder: $OGIVE_CACHE, else $XDG_CACHE_HOME/ogive, else ~/.cache/ogive.
 *
 * @param folder   released with free()
 *
 * @return OG_OK, or OG_ERR_FILE when it cannot be made, belongs to someone else, or others may enter it
 */
og_status og__code_cache_folder(char **folder);

/**
 * Load a library of the cache.
 *
 * @param library   a handle for dlsym(), open for the rest of the process; NULL when the cache has no such library, or
 *                  only a damaged or foreign file of its name
 */
og_status og__code_cache_load(const char *folder, const char *name, void **library);

/* Seal a freshly compiled file with its digest and give it its name in the cache, replacing what has it. */
og_status og__code_cache_store(const char *folder, const char *name, const char *fresh_path);

#endif

/* Files and folders: reading, and writing that leaves either the old or the new content, never half of it. */
#ifndef OG_BASE_FILE_H
#define OG_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Read a whole file. *data gets one extra NUL byte; released with free(). */
og_status og__file_read(const char *path, char **data, size_t *count);

/* Write a whole file: to a temporary name in the same folder, flushed to disk, then renamed over `path`. */
og_status og__file_write(const char *path, const void *data, size_t count);

/* Make a folder and its parents; fine when it exists. */
og_status og__folder_make(const char *path);

/* List a folder's entries without "." and "..", sorted by bytes. Names released with og__names_free(). */
og_status og__folder_list(const char *path, char ***names, size_t *count);
void og__names_free(char **names, size_t count);

bool og__file_exists(const char *path);
bool og__is_folder(const char *path);

/* Join two paths with '/'; `name` alone when it is absolute. Released with free(). */
og_status og__path_join(const char *folder, const char *name, char **path);

/* The part after the last '/'. Points into `path`. */
const char *og__path_name(const char *path);

/* The folder of a path, "." when it names none. Released with free(). */
og_status og__path_folder(const char *path, char **folder);

#endif

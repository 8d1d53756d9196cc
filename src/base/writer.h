/* Writing a file piece by piece so that `path` names either the old or the whole new content, never half of it:
 * the pieces go to a temporary name in the same folder, which is flushed to disk and renamed at the end. */
#ifndef OG_BASE_WRITER_H
#define OG_BASE_WRITER_H

#include <stddef.h>

#include "base/status.h"

typedef struct og__writer og__writer;

/* Start to write `path`. Nothing is at `path` before og__writer_commit(). */
og_status og__writer_open(const char *path, og__writer **writer);

/* Delete what a process that was killed while it wrote `path` has left. No other process may be writing it. */
void og__writer_sweep(const char *path);

/* Append bytes. */
og_status og__writer_add(og__writer *writer, const void *data, size_t count);

/* Flush to disk and rename to the final name. Further bytes are refused. */
og_status og__writer_commit(og__writer *writer);

/* Release; what was not committed is deleted. NULL is fine. */
void og__writer_close(og__writer *writer);

/* The same for files that a library writes: the temporary name for `path`, released with free(); and flushing what was
 * written under it to disk, and renaming it. */
og_status og__part_name(const char *path, char **part);
og_status og__part_commit(const char *part, const char *path);

#endif

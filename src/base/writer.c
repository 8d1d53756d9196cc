#include "base/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

struct og__writer {
    char *path; /* the final name */
    char *part; /* the temporary name; NULL once renamed */
    int handle; /* -1 once closed */
};

/* "NAME.123.part" of a file's NAME, or what a library puts beside it: "NAME.123.part-journal". */
static bool is_part(const char *entry, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(entry, name, length) != 0 || entry[length] != '.')
        return false;
    const char *digits = entry + length + 1;
    size_t count = strspn(digits, "0123456789");
    return count > 0 && strncmp(digits + count, ".part", strlen(".part")) == 0;
}

void og__writer_sweep(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    og__text folder = {0};
    og__text_format(&folder, "%.*s", (int)(slash ? slash - path + 1 : 2), slash ? path : "./");
    DIR *handle = og__text_status(&folder) == OG_OK ? opendir(folder.data) : NULL;
    for (const struct dirent *entry; handle && (entry = readdir(handle));)
        if (is_part(entry->d_name, name))
            unlinkat(dirfd(handle), entry->d_name, 0);
    if (handle)
        closedir(handle);
    og__text_deinit(&folder);
}

og_status og__part_name(const char *path, char **part)
{
    og__text name = {0};
    og__text_format(&name, "%s.%ld.part", path, (long)getpid());
    *part = name.data;
    return og__text_status(&name);
}

og_status og__writer_open(const char *path, og__writer **writer)
{
    og_status status = OG_OK;
    og__writer *made;
    *writer = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->handle = -1;
    OG_GO(og__copy_text(path, &made->path));
    OG_GO(og__part_name(path, &made->part));
    made->handle = open(made->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (made->handle < 0) {
        status = og__fail_file("write", path);
        free(made->part); /* not ours to delete */
        made->part = NULL;
        goto done;
    }
    *writer = made;
    made = NULL;
done:
    og__writer_close(made);
    return status;
}

og_status og__writer_add(og__writer *writer, const void *data, size_t count)
{
    const char *at = data;
    while (count > 0) {
        ssize_t written = write(writer->handle, at, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return og__fail_file("write", writer->path);
        at += written;
        count -= (size_t)written;
    }
    return OG_OK;
}

/* A rename is only on disk once its folder is. Not every file system can flush a folder, so a refusal is no failure. */
static void flush_folder(const char *path)
{
    char *folder;
    if (og__path_folder(path, &folder) != OG_OK)
        return;
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        fsync(handle);
        close(handle);
    }
    free(folder);
}

og_status og__part_commit(const char *part, const char *path)
{
    int handle = open(part, O_RDONLY | O_CLOEXEC);
    if (handle < 0)
        return og__fail_file("write", path);
    int failed = fsync(handle), reason = errno;
    close(handle);
    errno = reason;
    if (failed != 0 || rename(part, path) != 0)
        return og__fail_file("write", path);
    flush_folder(path);
    return OG_OK;
}

og_status og__writer_commit(og__writer *writer)
{
    if (fsync(writer->handle) != 0)
        return og__fail_file("write", writer->path);
    int closed = close(writer->handle);
    writer->handle = -1;
    if (closed != 0 || rename(writer->part, writer->path) != 0)
        return og__fail_file("write", writer->path);
    free(writer->part);
    writer->part = NULL;
    flush_folder(writer->path);
    return OG_OK;
}

void og__writer_close(og__writer *writer)
{
    if (!writer)
        return;
    if (writer->handle >= 0)
        close(writer->handle);
    if (writer->part)
        unlink(writer->part);
    free(writer->part);
    free(writer->path);
    free(writer);
}

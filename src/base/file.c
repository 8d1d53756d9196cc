#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/writer.h"

og_status og__file_read(const char *path, char **data, size_t *count)
{
    og_status status = OG_OK;
    *data = NULL;
    *count = 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return og__fail_file("open", path);
    og__text content = {0};
    char buffer[1 << 16];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0)
        og__text_add_bytes(&content, buffer, got);
    if (ferror(file)) {
        status = og__fail_file("read", path);
        goto done;
    }
    OG_GO(og__text_status(&content));
    if (!content.data)
        OG_GO(og__alloc(1, 1, &content.data));
    *data = content.data;
    *count = content.length;
    content = (og__text){0};
done:
    og__text_deinit(&content);
    fclose(file);
    return status;
}

og_status og__file_write(const char *path, const void *data, size_t count)
{
    og_status status = OG_OK;
    og__writer *writer;
    OG_TRY(og__writer_open(path, &writer));
    OG_GO(og__writer_add(writer, data, count));
    OG_GO(og__writer_commit(writer));
done:
    og__writer_close(writer);
    return status;
}

og_status og__folder_make(const char *path)
{
    og_status status = OG_OK;
    char *copy;
    OG_TRY(og__copy_text(path, &copy));
    for (char *at = copy + 1; copy[0] && *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            status = og__fail_file("create folder", copy);
            goto done;
        }
        *at = '/';
    }
    if (mkdir(copy, 0777) != 0 && errno != EEXIST)
        status = og__fail_file("create folder", copy);
    else if (!og__is_folder(copy))
        status = og__fail(OG_ERR_FILE, "cannot create folder '%s': a file of that name is in the way", copy);
done:
    free(copy);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

og_status og__folder_list(const char *path, char ***names, size_t *count)
{
    og_status status = OG_OK;
    char **list = NULL;
    size_t used = 0, capacity = 0;
    *names = NULL;
    *count = 0;
    DIR *folder = opendir(path);
    if (!folder)
        return og__fail_file("read folder", path);
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(folder);
        if (!entry && errno != 0) {
            status = og__fail_file("read folder", path);
            goto done;
        }
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (used == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            char **larger = realloc(list, capacity * sizeof *list);
            if (!larger) {
                status = og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu names", capacity);
                goto done;
            }
            list = larger;
        }
        OG_GO(og__copy_text(entry->d_name, &list[used]));
        used++;
    }
    if (used > 0)
        qsort(list, used, sizeof *list, compare_names);
    *names = list;
    *count = used;
    list = NULL;
done:
    og__names_free(list, used);
    closedir(folder);
    return status;
}

void og__names_free(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}

bool og__file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool og__is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

og_status og__path_join(const char *folder, const char *name, char **path)
{
    og__text text = {0};
    if (name[0] == '/')
        return og__copy_text(name, path);
    size_t length = strlen(folder);
    og__text_format(&text, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
    *path = text.data;
    return og__text_status(&text);
}

const char *og__path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

og_status og__path_folder(const char *path, char **folder)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return og__copy_text(".", folder);
    OG_TRY(og__copy_text(path, folder));
    (*folder)[slash == path ? 1 : slash - path] = '\0';
    return OG_OK;
}

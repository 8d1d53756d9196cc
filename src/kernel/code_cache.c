#include "kernel/code_cache.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

enum { LIBRARY_BYTES_MAX = 1 << 26 };

/* What stands behind the library in its file; the loader ignores it. */
typedef struct seal {
    char mark[16];
    unsigned char digest[OG_DIGEST_BYTES]; /* of the library and its name */
} seal;

static const char seal_mark[16] = "ogive library 1";

static og_status folder_path(char **path)
{
    const char *own = getenv("OGIVE_CACHE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && own[0])
        return og__copy_text(own, path);
    if (cache && cache[0] == '/')
        return og__path_join(cache, "ogive", path);
    if (home && home[0] == '/')
        return og__path_join(home, ".cache/ogive", path);
    *path = NULL;
    return og__fail(OG_ERR_FILE,
                    "no folder for compiled formulas: HOME is not set; set OGIVE_CACHE to a folder of your own");
}

static og_status make_private(const char *path)
{
    og_status status = OG_OK;
    char *parent;
    struct stat info;
    OG_TRY(og__path_folder(path, &parent));
    OG_GO(og__folder_make(parent));
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        status = og__fail_file("create folder", path);
    else if (lstat(path, &info) != 0)
        status = og__fail_file("read folder", path);
    else if (!S_ISDIR(info.st_mode))
        status = og__fail(OG_ERR_FILE, "'%s', the folder for compiled formulas, is not a folder", path);
    else if (info.st_uid != geteuid())
        status = og__fail(OG_ERR_FILE, "'%s', the folder for compiled formulas, belongs to another user", path);
    else if (info.st_mode & 077)
        status =
            og__fail(OG_ERR_FILE, "'%s', the folder for compiled formulas, is open to others (mode %03o); make it 700",
                     path, (unsigned)info.st_mode & 0777u);
done:
    free(parent);
    return status;
}

og_status og__code_cache_folder(char **folder)
{
    OG_TRY(folder_path(folder));
    og_status status = make_private(*folder);
    if (status != OG_OK) {
        free(*folder);
        *folder = NULL;
    }
    return status;
}

static seal make_seal(const char *name, const void *data, size_t count)
{
    seal made;
    memcpy(made.mark, seal_mark, sizeof made.mark);
    og__digest digest = og__digest_start();
    og__digest_add(&digest, name, strlen(name));
    og__digest_add(&digest, data, count);
    og__digest_end(&digest, made.digest);
    return made;
}

/* Whether the open file is ours alone and its content what was stored under this name. */
static bool is_sound(int handle, const char *name)
{
    struct stat info;
    if (fstat(handle, &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 022) ||
        info.st_size <= (off_t)sizeof(seal) || info.st_size > LIBRARY_BYTES_MAX)
        return false;
    size_t size = (size_t)info.st_size, got = 0;
    char *data = malloc(size);
    bool sound = false;
    while (data && got < size) {
        ssize_t part = read(handle, data + got, size - got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            break;
        got += (size_t)part;
    }
    if (data && got == size) {
        seal expected = make_seal(name, data, size - sizeof(seal));
        sound = memcmp(data + size - sizeof(seal), &expected, sizeof expected) == 0;
    }
    free(data);
    return sound;
}

og_status og__code_cache_load(const char *folder, const char *name, void **library)
{
    og_status status = OG_OK;
    char *path;
    *library = NULL;
    OG_TRY(og__path_join(folder, name, &path));
    int handle = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (handle >= 0 && is_sound(handle, name)) {
        *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!*library) {
            const char *reason = dlerror();
            status = og__fail(OG_ERR_FILE, "cannot load '%s': %s", path, reason ? reason : "unknown reason");
        }
    }
    if (handle >= 0)
        close(handle);
    free(path);
    return status;
}

og_status og__code_cache_store(const char *folder, const char *name, const char *fresh_path)
{
    og_status status = OG_OK;
    char *path = NULL, *data = NULL;
    size_t count;
    og__text content = {0};
    OG_GO(og__path_join(folder, name, &path));
    OG_GO(og__file_read(fresh_path, &data, &count));
    seal made = make_seal(name, data, count);
    og__text_add_bytes(&content, data, count);
    og__text_add_bytes(&content, (const char *)&made, sizeof made);
    OG_GO(og__text_status(&content));
    OG_GO(og__file_write(path, content.data, content.length));
    if (chmod(path, 0700) != 0)
        status = og__fail_file("set the mode of", path);
done:
    og__text_deinit(&content);
    free(data);
    free(path);
    return status;
}

#include "data/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static const size_t segment_bytes = (size_t)64 << 20; /* the system allows some 65,000 mappings, so not one a sample */

/* --- memory ------------------------------------------------------------------------------------------------------- */

static og_status take_memory(og__store *store, size_t bytes, void **room)
{
    if (store->memory_bytes + bytes > og__memory_limit())
        return og__fail(
            OG_ERR_MEMORY,
            "the data set needs more than %zu MB of this machine's memory; keep it on disk with --cache disk",
            og__memory_limit() >> 20);
    OG_TRY(og__list_grow(&store->blocks, store->block_count, &store->block_capacity, sizeof *store->blocks, "samples"));
    OG_TRY(og__alloc(bytes, 1, room));
    store->blocks[store->block_count++] = *room;
    store->memory_bytes += bytes;
    return OG_OK;
}

/* --- the file ----------------------------------------------------------------------------------------------------- */

static const char *folder_of(const og__store *store)
{
    const char *named = store->options.folder, *temporary = getenv("TMPDIR");
    return named && named[0] ? named : temporary && temporary[0] ? temporary : "/var/tmp";
}

static og_status open_file(og__store *store)
{
    char *path;
    OG_TRY(og__path_join(folder_of(store), "ogive-pixels-XXXXXX", &path));
    store->file = mkostemp(path, O_CLOEXEC);
    store->has_file = store->file >= 0;
    og_status status = store->has_file ? OG_OK : og__fail_file("keep pixels in", path);
    if (store->has_file)
        unlink(path);
    free(path);
    return status;
}

/* Room on the disk is taken before it is mapped: a full disk would otherwise kill the process when it writes. */
static og_status add_segment(og__store *store, size_t least)
{
    size_t bytes = least > segment_bytes ? least : segment_bytes;
    if (!store->has_file)
        OG_TRY(open_file(store));
    OG_TRY(og__list_grow(&store->segments, store->segment_count, &store->segment_capacity, sizeof *store->segments,
                         "parts of a file"));
    errno = posix_fallocate(store->file, (off_t)store->file_bytes, (off_t)bytes);
    if (errno != 0) {
        og__fail_file("keep pixels in", folder_of(store));
        return og__fail_in(OG_ERR_FILE, "%zu MB of pixels are there already; --cache-folder names another folder",
                           store->file_bytes >> 20);
    }
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, store->file, (off_t)store->file_bytes);
    if (base == MAP_FAILED)
        return og__fail(OG_ERR_MEMORY, "cannot map %zu MB of pixels: %s", bytes >> 20, strerror(errno));
    store->segments[store->segment_count++] = (og__segment){base, bytes, 0};
    store->file_bytes += bytes;
    return OG_OK;
}

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Whole pages, so that releasing one room does not touch another. */
static og_status take_mapped(og__store *store, size_t bytes, void **room)
{
    size_t page = page_bytes(), whole = (bytes + page - 1) / page * page;
    og__segment *last = store->segment_count ? &store->segments[store->segment_count - 1] : NULL;
    if (!last || last->bytes - last->used < whole)
        OG_TRY(add_segment(store, whole));
    last = &store->segments[store->segment_count - 1];
    *room = last->base + last->used;
    last->used += whole;
    return OG_OK;
}

/* --- either ------------------------------------------------------------------------------------------------------- */

og_status og__store_take(og__store *store, size_t bytes, void **room, bool *mapped)
{
    const og__store_options *options = &store->options;
    *room = NULL;
    *mapped = options->cache == OG_CACHE_DISK ||
              (options->cache == OG_CACHE_AUTO && store->memory_bytes + bytes > options->bound_bytes);
    return *mapped ? take_mapped(store, bytes, room) : take_memory(store, bytes, room);
}

og__store_options og__store_rest(const og__store *store)
{
    og__store_options options = store->options;
    options.bound_bytes -= store->memory_bytes < options.bound_bytes ? store->memory_bytes : options.bound_bytes;
    return options;
}

void og__store_release(const void *room, size_t bytes)
{
    madvise((void *)(uintptr_t)room, bytes, MADV_DONTNEED); /* advice: nothing is lost when it is not taken */
}

void og__store_deinit(og__store *store)
{
    for (size_t i = 0; i < store->block_count; i++)
        free(store->blocks[i]);
    for (size_t i = 0; i < store->segment_count; i++)
        munmap(store->segments[i].base, store->segments[i].bytes);
    if (store->has_file)
        close(store->file);
    free(store->blocks);
    free(store->segments);
    *store = (og__store){0};
}

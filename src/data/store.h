/* Where a data set's pixels are kept: in memory as far as a bound lets them, the rest in a file that is mapped. What is
 * mapped looks like memory, but the system may take it away and read it again, so that a data set may be larger than
 * the machine's memory. The file has no name and is gone with the process, however that ends. */
#ifndef OG_DATA_STORE_H
#define OG_DATA_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef enum og__cache {
    OG_CACHE_AUTO,   /* memory up to the bound, the rest on disk */
    OG_CACHE_MEMORY, /* memory alone; more than the machine can give is refused */
    OG_CACHE_DISK,
} og__cache;

typedef struct og__store_options {
    og__cache cache;
    size_t bound_bytes; /* of memory, with OG_CACHE_AUTO */
    const char *folder; /* of the file; NULL or "": $TMPDIR, or /var/tmp; borrowed */
} og__store_options;

typedef struct og__segment {
    char *base;
    size_t bytes, used;
} og__segment;

/* Zero-initialised with options: empty. */
typedef struct og__store {
    og__store_options options;
    size_t memory_bytes; /* in memory so far */
    size_t block_count, block_capacity;
    void **blocks; /* (block_count) in memory */
    bool has_file;
    int file;
    size_t file_bytes;
    size_t segment_count, segment_capacity;
    og__segment *segments; /* (segment_count) pieces of the file, mapped */
} og__store;

/*
 * Take room for `bytes`, zeroed and aligned to OG_ALIGN_BYTES; it lasts as long as the store.
 *
 * @param mapped   whether the room is in the file; then og__store_release() may be called for it
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_FILE when the disk is full or the folder cannot be written to
 */
og_status og__store_take(og__store *store, size_t bytes, void **room, bool *mapped);
void og__store_deinit(og__store *store);

/* The options of a store beside another: what the other has left of the bound. */
og__store_options og__store_rest(const og__store *store);

/* Tell that mapped room is not needed for now: its pages leave this process's memory, and come back when they are
 * touched. Safe while other threads read it. */
void og__store_release(const void *room, size_t bytes);

#endif

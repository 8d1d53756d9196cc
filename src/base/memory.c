#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <omp.h>

enum { LARGE_BYTES = 1 << 26, CLEAR_BYTES = 1 << 22, CLEAR_THREADS_MAX = 4 };

/* The limit of the control group (a container's), or SIZE_MAX. */
static size_t group_limit(void)
{
    unsigned long long bytes = 0;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "r");
    if (!file)
        return SIZE_MAX;
    int got = fscanf(file, "%llu", &bytes); /* "max" when there is none */
    fclose(file);
    return got == 1 ? (size_t)bytes : SIZE_MAX;
}

/* A row of /proc/meminfo in bytes; 0 where there is none. */
static size_t row_of_meminfo(const char *name)
{
    char line[128];
    size_t bytes = 0, length = strlen(name);
    FILE *file = fopen("/proc/meminfo", "r");
    while (file && bytes == 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, length) == 0)
            bytes = (size_t)strtoull(line + length, NULL, 10) << 10;
    if (file)
        fclose(file);
    return bytes;
}

size_t og__held_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    int got = file ? fscanf(file, "%*u %llu", &pages) : 0;
    if (file)
        fclose(file);
    return got == 1 ? (size_t)pages * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

size_t og__settled_bytes(void)
{
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
    return og__held_bytes();
}

/* What this process can still take of the machine's memory and of its control group's, or SIZE_MAX where unknown. */
static size_t memory_left(void)
{
    size_t available = row_of_meminfo("MemAvailable:"), group = group_limit(), held = og__held_bytes();
    size_t machine = available > 0 ? available + row_of_meminfo("SwapFree:") : SIZE_MAX;
    if (group == SIZE_MAX)
        return machine;
    group = group > held ? group - held : 0;
    return machine < group ? machine : group;
}

/* The kernel promises more memory than there is and ends the process that takes it; a large block is refused before. */
static og_status check_left(size_t bytes)
{
    if (bytes < LARGE_BYTES)
        return OG_OK;
    size_t left = memory_left();
    if (bytes <= left)
        return OG_OK;
    return og__fail(OG_ERR_MEMORY,
                    "cannot allocate %zu MB of memory, %zu MB are free; use a smaller batch, patch or network",
                    (bytes >> 20) + 1, left >> 20);
}

/* A large block's pages come from the kernel when they are first written, which takes longer than the writing: some
 * threads share that. */
static void clear(char *memory, size_t bytes)
{
    int most = omp_get_max_threads(), threads = most < CLEAR_THREADS_MAX ? most : CLEAR_THREADS_MAX;
#pragma omp parallel for num_threads(threads) schedule(static) if (bytes >= LARGE_BYTES && !omp_in_parallel())
    for (size_t at = 0; at < bytes; at += CLEAR_BYTES)
        memset(memory + at, 0, bytes - at < CLEAR_BYTES ? bytes - at : CLEAR_BYTES);
}

og_status og__alloc(size_t count, size_t size, void *block)
{
    size_t bytes;
    void *memory = NULL;
    memcpy(block, &memory, sizeof memory);
    OG_TRY(og__product(&bytes, 2, (size_t[]){count, size}));
    if (bytes == 0)
        bytes = 1;
    if (bytes > SIZE_MAX - OG_ALIGN_BYTES)
        return og__fail(OG_ERR_MEMORY, "cannot allocate %zu bytes: larger than the address space", bytes);
    size_t rounded = (bytes + OG_ALIGN_BYTES - 1) / OG_ALIGN_BYTES * OG_ALIGN_BYTES;
    OG_TRY(check_left(rounded));
    memory = aligned_alloc(OG_ALIGN_BYTES, rounded);
    if (!memory)
        return og__fail(OG_ERR_MEMORY, "cannot allocate %zu MB of memory; use a smaller batch, patch or network",
                        (bytes >> 20) + 1);
    clear(memory, rounded);
    memcpy(block, &memory, sizeof memory);
    return OG_OK;
}

og_status og__list_grow(void *list, size_t count, size_t *capacity, size_t size, const char *what)
{
    enum { FIRST = 16 };
    void *items;
    if (count < *capacity)
        return OG_OK;
    size_t larger = *capacity ? 2 * *capacity : FIRST;
    memcpy(&items, list, sizeof items);
    items = reallocarray(items, larger, size);
    if (!items)
        return og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu %s", larger, what);
    memcpy(list, &items, sizeof items);
    *capacity = larger;
    return OG_OK;
}

og_status og__product(size_t *product, size_t count, const size_t *factors)
{
    size_t result = 1;
    *product = 0;
    for (size_t i = 0; i < count; i++)
        if (__builtin_mul_overflow(result, factors[i], &result))
            return og__fail(OG_ERR_MEMORY, "a size of %zu factors overflows the address space", count);
    *product = result;
    return OG_OK;
}

size_t og__memory_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    size_t machine = pages > 0 && page_bytes > 0 ? (size_t)pages * (size_t)page_bytes : SIZE_MAX, group = group_limit();
    return (machine < group ? machine : group) / 4 * 3;
}

og_status og__copy_text(const char *text, char **copy)
{
    *copy = NULL;
    if (!text)
        return OG_OK;
    *copy = strdup(text);
    return *copy ? OG_OK : og__fail(OG_ERR_MEMORY, "cannot allocate %zu bytes for a text", strlen(text));
}

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    memory = aligned_alloc(OG_ALIGN_BYTES, rounded);
    if (!memory)
        return og__fail(OG_ERR_MEMORY, "cannot allocate %zu MB of memory; use a smaller batch, patch or network",
                        (bytes >> 20) + 1);
    memset(memory, 0, rounded);
    memcpy(block, &memory, sizeof memory);
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

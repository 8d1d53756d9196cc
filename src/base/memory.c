#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

og_status og__copy_text(const char *text, char **copy)
{
    *copy = NULL;
    if (!text)
        return OG_OK;
    *copy = strdup(text);
    return *copy ? OG_OK : og__fail(OG_ERR_MEMORY, "cannot allocate %zu bytes for a text", strlen(text));
}

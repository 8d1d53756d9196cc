#include "train/bundle.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void og__bundle_deinit(og__bundle *bundle)
{
    for (size_t i = 0; i < bundle->tensor_count; i++)
        free((char *)bundle->tensors[i].name);
    for (size_t i = 0; i < bundle->text_count; i++) {
        free((char *)bundle->texts[i].key);
        free((char *)bundle->texts[i].value);
    }
    free(bundle->tensors);
    free(bundle->texts);
    *bundle = (og__bundle){0};
}

/* Make room for one more element of an array that grows by doubling whenever its count is a power of two. */
static bool grow(og__bundle *bundle, size_t count, size_t size, void **array)
{
    if (bundle->status != OG_OK)
        return false;
    if ((count & (count - 1)) != 0)
        return true;
    size_t capacity = count == 0 ? 1 : 2 * count;
    void *larger = reallocarray(*array, capacity, size);
    if (!larger) {
        bundle->status = og__fail(OG_ERR_MEMORY, "cannot allocate a list of %zu tensors or texts", capacity);
        return false;
    }
    *array = larger;
    return true;
}

void og__bundle_add(og__bundle *bundle, const char *name, og__dtype dtype, int rank, const int64_t *shape,
                    const void *data)
{
    char *copy;
    if (!grow(bundle, bundle->tensor_count, sizeof *bundle->tensors, (void **)&bundle->tensors))
        return;
    bundle->status = og__copy_text(name, &copy);
    if (bundle->status != OG_OK)
        return;
    og__tensor *tensor = &bundle->tensors[bundle->tensor_count++];
    *tensor = (og__tensor){.name = copy, .dtype = dtype, .rank = rank, .data = data};
    memcpy(tensor->shape, shape, (size_t)rank * sizeof *shape);
}

void og__bundle_add_text(og__bundle *bundle, const char *prefix, const char *key, const char *value)
{
    og__text name = {0};
    char *copy;
    if (!grow(bundle, bundle->text_count, sizeof *bundle->texts, (void **)&bundle->texts))
        return;
    og__text_format(&name, "%s%s", prefix, key);
    bundle->status = og__text_status(&name);
    if (bundle->status == OG_OK)
        bundle->status = og__copy_text(value, &copy);
    if (bundle->status != OG_OK) {
        og__text_deinit(&name);
        return;
    }
    bundle->texts[bundle->text_count++] = (og__metadata){name.data, copy};
}

const char *og__bundle_text(const og__bundle *bundle, const char *key)
{
    for (size_t i = 0; i < bundle->text_count; i++)
        if (strcmp(bundle->texts[i].key, key) == 0)
            return bundle->texts[i].value;
    return NULL;
}

og_status og__bundle_save(const og__bundle *bundle, const char *path)
{
    if (bundle->status != OG_OK)
        return bundle->status;
    return og__safetensors_save(path, bundle->tensors, bundle->tensor_count, bundle->texts, bundle->text_count);
}

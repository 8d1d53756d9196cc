/* The content of a safetensors file that is about to be written: borrowed tensors, owned names and texts. */
#ifndef OG_TRAIN_BUNDLE_H
#define OG_TRAIN_BUNDLE_H

#include "format/safetensors.h"

/* Zero-initialised is empty. A failed addition is remembered and reported by og__bundle_save(). */
typedef struct og__bundle {
    og__tensor *tensors;
    size_t tensor_count;
    og__metadata *texts;
    size_t text_count;
    og_status status;
} og__bundle;

void og__bundle_deinit(og__bundle *bundle);

/* Add a tensor; the data is borrowed until the bundle is saved. */
void og__bundle_add(og__bundle *bundle, const char *name, og__dtype dtype, int rank, const int64_t *shape,
                    const void *data);

/* Add a text under the key prefix + key. */
void og__bundle_add_text(og__bundle *bundle, const char *prefix, const char *key, const char *value);

/* The value of a key; NULL when there is none. */
const char *og__bundle_text(const og__bundle *bundle, const char *key);

og_status og__bundle_save(const og__bundle *bundle, const char *path);

#endif

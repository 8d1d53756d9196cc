/* Tensors in a file that PyTorch, JAX and others read: safetensors.
 *
 *   u64 N | N bytes of JSON, padded with spaces to a multiple of 8 | raw little-endian row-major data
 *   JSON: {"__metadata__": {text: text}, name: {"dtype": "F32", "shape": [..], "data_offsets": [begin, end]}, ...}
 *
 * Source: huggingface/safetensors, safetensors/src/tensor.rs. */
#ifndef OG_FORMAT_SAFETENSORS_H
#define OG_FORMAT_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Every element type of the format with its size in bytes; widest last. */
/* clang-format off */
#define OG_DTYPES(ROW)                                                                                           \
    ROW(BOOL, 1) ROW(U8, 1) ROW(I8, 1) ROW(F8_E5M2, 1) ROW(F8_E4M3, 1) ROW(I16, 2) ROW(U16, 2) ROW(F16, 2)       \
    ROW(BF16, 2) ROW(I32, 4) ROW(U32, 4) ROW(F32, 4) ROW(F64, 8) ROW(I64, 8) ROW(U64, 8)

typedef enum og__dtype {
#define OG_DTYPE_ROW(name, bytes) OG_DTYPE_##name,
    OG_DTYPES(OG_DTYPE_ROW)
#undef OG_DTYPE_ROW
    OG_DTYPE_COUNT,
} og__dtype;
/* clang-format on */

/* "F32" */
const char *og__dtype_name(og__dtype dtype);

enum { OG_TENSOR_RANK_MAX = 8 };

typedef struct og__tensor {
    const char *name;
    og__dtype dtype;
    int rank;
    int64_t shape[OG_TENSOR_RANK_MAX];
    const void *data; /* in a loaded file it may not be aligned: read it with og__safetensors_read() */
} og__tensor;

typedef struct og__metadata {
    const char *key, *value;
} og__metadata;

/**
 * Write tensors to a file that is replaced as a whole or not at all. Data is streamed, widest element type first, then
 * by name, so that equal content gives equal bytes.
 *
 * @return OG_OK, OG_ERR_FILE, or OG_ERR_ARGUMENT when a name occurs twice or is reserved
 */
og_status og__safetensors_save(const char *path, const og__tensor *tensors, size_t count, const og__metadata *metadata,
                               size_t metadata_count);

typedef struct og__safetensors og__safetensors;

/**
 * Read a file and check all of it: header, types, shapes, and that the tensors cover the data without hole or overlap.
 *
 * @return OG_OK, OG_ERR_FILE, or OG_ERR_FORMAT saying what is wrong with which tensor
 */
og_status og__safetensors_load(const char *path, og__safetensors **file);
void og__safetensors_free(og__safetensors *file);

const char *og__safetensors_path(const og__safetensors *file);
size_t og__safetensors_count(const og__safetensors *file);
const og__tensor *og__safetensors_at(const og__safetensors *file, size_t index);       /* in file order */
const og__tensor *og__safetensors_find(const og__safetensors *file, const char *name); /* NULL when there is none */

/* The metadata of a key, NULL when there is none. */
const char *og__safetensors_metadata(const og__safetensors *file, const char *key);

/* Find a tensor that must be there with this type and shape; OG_ERR_FORMAT as below. */
og_status og__safetensors_expect(const og__safetensors *file, const char *name, og__dtype dtype, int rank,
                                 const int64_t *shape, const og__tensor **found);

/**
 * Copy a tensor that must be there with this type and shape.
 *
 * @return OG_OK, or OG_ERR_FORMAT naming the file, the tensor, and both shapes; dst untouched
 */
og_status og__safetensors_read(const og__safetensors *file, const char *name, og__dtype dtype, int rank,
                               const int64_t *shape, void *dst);

/* --- safetensors_reals.c --- */

/* The same for a tensor of real numbers: F32, F16, BF16 or F64, which become float32, F64 rounded to it. */
og_status og__safetensors_expect_reals(const og__safetensors *file, const char *name, int rank, const int64_t *shape,
                                       const og__tensor **found);
og_status og__safetensors_read_reals(const og__safetensors *file, const char *name, int rank, const int64_t *shape,
                                     float *dst);

#endif

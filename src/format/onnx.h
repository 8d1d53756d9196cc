/* ONNX models: one graph of operators on float32 tensors, built piece by piece and packed into the bytes of a .onnx
 * file. The messages are those of ONNX's own schema, compiled by protobuf-c (docs/adr). */
#ifndef OG_FORMAT_ONNX_H
#define OG_FORMAT_ONNX_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Failure (memory) is remembered: further calls do nothing and og__onnx_pack() reports it, so that callers check once.
 */
typedef struct og__onnx og__onnx;

/**
 * Start an empty model.
 *
 * @param name   of the graph
 * @param doc    what it computes, for people
 * @param opset  version of the operator set that its nodes mean
 */
og_status og__onnx_new(const char *name, const char *doc, const char *version, int opset, og__onnx **model);
void og__onnx_free(og__onnx *model);

/* A key and a text about the model. */
void og__onnx_add_metadata(og__onnx *model, const char *key, const char *value);

enum { OG_ONNX_RANK_MAX = 4, OG_ONNX_PORTS_MAX = 6 };

/* A size is a number, or a name where it is left open. */
typedef struct og__onnx_size {
    int64_t count; /* of a named size 0 */
    const char *name;
} og__onnx_size;

/* Declare a float32 input or output of the graph. */
void og__onnx_add_input(og__onnx *model, const char *name, int rank, const og__onnx_size *sizes);
void og__onnx_add_output(og__onnx *model, const char *name, int rank, const og__onnx_size *sizes);

/* Add a constant tensor; rank 0 is a number. */
void og__onnx_add_floats(og__onnx *model, const char *name, int rank, const int64_t *sizes, const float *values);
void og__onnx_add_ints(og__onnx *model, const char *name, int64_t count, const int64_t *values);

typedef enum og__onnx_kind {
    OG_ONNX_END, /* closes a list of attributes */
    OG_ONNX_FLOAT,
    OG_ONNX_INT,
    OG_ONNX_INTS,
    OG_ONNX_STRING,
} og__onnx_kind;

typedef struct og__onnx_attribute {
    og__onnx_kind kind;
    const char *name;
    float number;     /* OG_ONNX_FLOAT */
    int64_t ints[4];  /* OG_ONNX_INT takes the first */
    size_t int_count; /* OG_ONNX_INTS */
    const char *text; /* OG_ONNX_STRING */
} og__onnx_attribute;

/**
 * Add a node; nodes stand in an order in which each comes after what it reads.
 *
 * @param inputs, outputs   names of values, up to OG_ONNX_PORTS_MAX, NULL after the last
 * @param attributes        up to one of kind OG_ONNX_END, or NULL
 */
void og__onnx_add_node(og__onnx *model, const char *op, const char *const *inputs, const char *const *outputs,
                       const og__onnx_attribute *attributes);

/* Give the bytes of the file, released with free(). */
og_status og__onnx_pack(og__onnx *model, char **bytes, size_t *count);

#endif

/* An activation as ONNX operators, while they are being chosen. */
#ifndef OG_ACT_EMIT_ONNX_H
#define OG_ACT_EMIT_ONNX_H

#include "act/emit.h"
#include "format/onnx.h"

/* A tensor of the graph, by its index. */
typedef int og__onnx_value;

enum { OG_ONNX_NAME_BYTES = 80, OG_ONNX_ARGS_MAX = 3 };

typedef struct og__onnx_row {
    char name[OG_ONNX_NAME_BYTES];
    char op[24]; /* "" for what is no node's result */
    og__onnx_value args[OG_ONNX_ARGS_MAX];
    float number; /* of a constant */
    bool constant;
} og__onnx_row;

/* Equal nodes are one. Failure is remembered in `status`. */
typedef struct og__onnx_builder {
    const og__emission *emission;
    og__onnx *model;
    og__onnx_row *rows;
    int count, capacity;
    og__onnx_value inputs[OG_INPUT_COUNT];
    og__onnx_value params[OG_ACT_PARAMS_MAX];
    og_status status;
} og__onnx_builder;

/* A named tensor that something else made. */
og__onnx_value og__onnx_named(og__onnx_builder *b, const char *name);

/* A number as a tensor of rank 0. */
og__onnx_value og__onnx_number(og__onnx_builder *b, double number);

/* The result of an elementary operator; unused arguments are -1. */
og__onnx_value og__onnx_apply(og__onnx_builder *b, const char *op, const og__onnx_value *args);

/* The activation's value from elementary operators (emit_onnx_lower.c). */
og_status og__onnx_lower(og__onnx_builder *b, og__onnx_value *value);

/* Add the nodes for the formula's inputs and parameters, and declare the model's input and output
 * (emit_onnx_inputs.c). */
og_status og__onnx_add_inputs(og__onnx_builder *b);

/* The one operator that is this activation (emit_onnx_native.c); OG_ERR_UNSUPPORTED where there is none. */
typedef struct og__onnx_native {
    const char *op, *how;
    int opset;
    const og_act *like; /* the catalogue's function; released by the caller */
} og__onnx_native;
og_status og__onnx_find_native(const og_act *act, og__onnx_native *native);
og_status og__onnx_add_native(og__onnx_builder *b, const og__onnx_native *native);

#endif

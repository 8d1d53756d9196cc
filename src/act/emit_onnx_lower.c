/* Operations to elementary ONNX operators, by emit_onnx.def. */
#include "act/emit_onnx.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/number.h"
#include "base/memory.h"

static const char *const lowered[OG_OP_COUNT] = {
#define OG_LOWER(op, code) [OG_OP_##op] = code,
#define OG_MACRO(name, code)
#define OG_NATIVE(id, op, opset, how)
#include "act/emit_onnx.def"
#undef OG_LOWER
#undef OG_MACRO
};

/* Every operation of the formula language has its row. */
enum {
    LOWERED = 0
#define OG_LOWER(op, code) +1
#define OG_MACRO(name, code)
#include "act/emit_onnx.def"
#undef OG_LOWER
#undef OG_MACRO
    ,
    OPERATIONS = 0
#define OG_FUNCTION(op, name, derivative, reference) +1
#define OG_OPERATOR(op, arity, reference, code) +1
#define OG_LOWERED(...)
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};
_Static_assert(LOWERED == OPERATIONS, "an operation of primitives.def has no row in emit_onnx.def");

static const struct macro {
    const char *name, *code;
} macros[] = {
#define OG_LOWER(op, code)
#define OG_MACRO(name, code) {#name, code},
#include "act/emit_onnx.def"
#undef OG_LOWER
#undef OG_MACRO
#undef OG_NATIVE
};

static og__onnx_row *add_row(og__onnx_builder *b)
{
    if (b->status != OG_OK)
        return NULL;
    if (b->count == b->capacity) {
        int capacity = b->capacity ? 2 * b->capacity : 64;
        og__onnx_row *rows = realloc(b->rows, (size_t)capacity * sizeof *rows);
        if (!rows) {
            b->status = og__fail(OG_ERR_MEMORY, "cannot allocate an ONNX graph of %d values", capacity);
            return NULL;
        }
        b->rows = rows;
        b->capacity = capacity;
    }
    og__onnx_row *row = &b->rows[b->count++];
    *row = (og__onnx_row){.args = {-1, -1, -1}};
    return row;
}

og__onnx_value og__onnx_named(og__onnx_builder *b, const char *name)
{
    og__onnx_row *row = add_row(b);
    if (!row)
        return 0;
    snprintf(row->name, sizeof row->name, "%s", name);
    return b->count - 1;
}

og__onnx_value og__onnx_number(og__onnx_builder *b, double number)
{
    float value = (float)number;
    for (int i = 0; i < b->count; i++)
        if (b->rows[i].constant && memcmp(&b->rows[i].number, &value, sizeof value) == 0)
            return i;
    og__onnx_row *row = add_row(b);
    if (!row)
        return 0;
    snprintf(row->name, sizeof row->name, "number_%d", b->count - 1);
    row->number = value;
    row->constant = true;
    og__onnx_add_floats(b->model, row->name, 0, NULL, &value);
    return b->count - 1;
}

og__onnx_value og__onnx_apply(og__onnx_builder *b, const char *op, const og__onnx_value *args)
{
    const char *inputs[OG_ONNX_PORTS_MAX] = {0}, *outputs[OG_ONNX_PORTS_MAX] = {0};
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->rows[i].op, op) == 0 && memcmp(b->rows[i].args, args, sizeof b->rows[i].args) == 0)
            return i;
    og__onnx_row *row = add_row(b);
    if (!row)
        return 0;
    snprintf(row->name, sizeof row->name, "t%d", b->count - 1);
    snprintf(row->op, sizeof row->op, "%s", op);
    memcpy(row->args, args, sizeof row->args);
    outputs[0] = row->name;
    for (int k = 0; k < OG_ONNX_ARGS_MAX && args[k] >= 0; k++)
        inputs[k] = b->rows[args[k]].name;
    og__onnx_add_node(b->model, op, inputs, outputs, NULL);
    return b->count - 1;
}

/* --- nested calls ------------------------------------------------------------------------------------------------- */

static og__onnx_value expand(og__onnx_builder *b, const char *code, const og__onnx_value *operands);

static og__onnx_value call(og__onnx_builder *b, const char *name, const og__onnx_value *args)
{
    if (name[0] != '@')
        return og__onnx_apply(b, name, args);
    for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++)
        if (strcmp(macros[i].name, name + 1) == 0)
            return expand(b, macros[i].code, args);
    b->status = og__fail(OG_ERR_UNSUPPORTED, "there is no macro '%s' for ONNX", name);
    return 0;
}

/* Read one operand, number or call and step behind it. */
static og__onnx_value read_term(og__onnx_builder *b, const char **at, const og__onnx_value *operands)
{
    char name[64];
    size_t length = strcspn(*at, "(),");
    snprintf(name, sizeof name, "%.*s", (int)length, *at);
    *at += length;
    if (length == 1 && name[0] >= 'u' && name[0] <= 'w')
        return operands[name[0] - 'u'];
    if (**at != '(')
        return og__onnx_number(b, og__number_read(name));
    og__onnx_value args[OG_ONNX_ARGS_MAX] = {-1, -1, -1};
    for (int k = 0; **at != ')' && k < OG_ONNX_ARGS_MAX; k++) {
        ++*at; /* the bracket or comma */
        args[k] = read_term(b, at, operands);
    }
    ++*at;
    return call(b, name, args);
}

static og__onnx_value expand(og__onnx_builder *b, const char *code, const og__onnx_value *operands)
{
    return b->status == OG_OK ? read_term(b, &code, operands) : 0;
}

/* --- the formula -------------------------------------------------------------------------------------------------- */

/* Conditions are booleans; as numbers they are 0 or 1. */
static og__onnx_value operand(og__onnx_builder *b, const og__expr_node *node, int index, const og__onnx_value *values)
{
    const og__exprs *graph = &b->emission->act->graph;
    og__onnx_value value = values[node->args[index]];
    bool truth = og__op_is_comparison(graph->nodes[node->args[index]].op);
    bool condition = node->op == OG_OP_WHERE && index == 0;
    if (truth && !condition)
        return og__onnx_apply(b, "Where", (og__onnx_value[]){value, og__onnx_number(b, 1), og__onnx_number(b, 0)});
    if (condition && !truth)
        return og__onnx_apply(
            b, "Not",
            (og__onnx_value[]){og__onnx_apply(b, "Equal", (og__onnx_value[]){value, og__onnx_number(b, 0), -1}), -1,
                               -1});
    return value;
}

static og__onnx_value lower_node(og__onnx_builder *b, og__expr expr, const og__onnx_value *values)
{
    const og__expr_node *node = &b->emission->act->graph.nodes[expr];
    og__onnx_value operands[OG_ONNX_ARGS_MAX] = {-1, -1, -1};
    if (node->op == OG_OP_NUMBER)
        return og__onnx_number(b, node->number);
    if (node->op == OG_OP_INPUT)
        return b->inputs[node->input];
    if (node->op == OG_OP_PARAM)
        return b->params[node->param];
    for (int k = 0; k < og__op_arity(node->op); k++)
        operands[k] = operand(b, node, k, values);
    return expand(b, lowered[node->op], operands);
}

og_status og__onnx_lower(og__onnx_builder *b, og__onnx_value *value)
{
    const og_act *act = b->emission->act;
    og__onnx_value *values = NULL;
    bool *needed = NULL;
    og_status status = OG_OK;
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *values, &values));
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *needed, &needed));
    og__exprs_mark(&act->graph, 1, &act->value, needed);
    for (og__expr i = 0; i <= act->value; i++)
        if (needed[i])
            values[i] = lower_node(b, i, values);
    *value = values[act->value];
    if (og__op_is_comparison(act->graph.nodes[act->value].op))
        *value = og__onnx_apply(b, "Where", (og__onnx_value[]){*value, og__onnx_number(b, 1), og__onnx_number(b, 0)});
    status = b->status;
done:
    free(values);
    free(needed);
    return status;
}

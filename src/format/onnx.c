#include "format/onnx.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "onnx.pb-c.h"

/* A growing list of pointers, as protobuf-c has repeated fields. */
typedef struct list {
    void **items;
    size_t count, capacity;
} list;

struct og__onnx {
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset;
    Onnx__OperatorSetIdProto *opsets[1];
    list nodes, constants, inputs, outputs, metadata;
    list blocks; /* everything allocated for the messages */
    og_status status;
};

static void push(og__onnx *model, list *to, void *item)
{
    if (to->count == to->capacity) {
        size_t capacity = to->capacity ? 2 * to->capacity : 16;
        void **items = realloc(to->items, capacity * sizeof *items);
        if (!items) {
            model->status = og__fail(OG_ERR_MEMORY, "cannot allocate an ONNX model of %zu parts", capacity);
            if (to == &model->blocks)
                free(item);
            return;
        }
        to->items = items;
        to->capacity = capacity;
    }
    to->items[to->count++] = item;
}

/* Memory that lives as long as the model; NULL after a failure. */
static void *take(og__onnx *model, size_t count, size_t size)
{
    void *block = NULL;
    if (model->status == OG_OK)
        model->status = og__alloc(count ? count : 1, size, &block);
    if (block)
        push(model, &model->blocks, block);
    return model->status == OG_OK ? block : NULL;
}

static char *take_text(og__onnx *model, const char *text)
{
    char *copy = take(model, strlen(text) + 1, 1);
    if (copy)
        memcpy(copy, text, strlen(text) + 1);
    return copy;
}

/* A new message of a protobuf-c type, or leave the function after a failure. */
#define TAKE_MESSAGE(variable, Type, prefix)                                                                           \
    Type *variable = take(model, 1, sizeof(Type));                                                                     \
    if (!(variable))                                                                                                   \
        return;                                                                                                        \
    prefix##__init(variable)

/* The version of the file format that came with a version of the operator set. */
static int64_t format_version(int opset)
{
    return opset <= 18 ? 8 : opset <= 20 ? 9 : 10;
}

og_status og__onnx_new(const char *name, const char *doc, const char *version, int opset, og__onnx **model)
{
    OG_TRY(og__alloc(1, sizeof **model, model));
    og__onnx *made = *model;
    onnx__model_proto__init(&made->model);
    onnx__graph_proto__init(&made->graph);
    onnx__operator_set_id_proto__init(&made->opset);
    made->opset.has_version = 1;
    made->opset.version = opset;
    made->opset.domain = take_text(made, "");
    made->opsets[0] = &made->opset;
    made->model.opset_import = made->opsets;
    made->model.n_opset_import = 1;
    made->model.has_ir_version = 1;
    made->model.ir_version = format_version(opset);
    made->model.producer_name = take_text(made, "ogive");
    made->model.producer_version = take_text(made, version);
    made->model.doc_string = take_text(made, doc);
    made->model.graph = &made->graph;
    made->graph.name = take_text(made, name);
    made->graph.doc_string = take_text(made, doc);
    return OG_OK;
}

void og__onnx_free(og__onnx *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->blocks.count; i++)
        free(model->blocks.items[i]);
    list *lists[] = {&model->nodes,   &model->constants, &model->inputs,
                     &model->outputs, &model->metadata,  &model->blocks};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        free(lists[i]->items);
    free(model);
}

void og__onnx_add_metadata(og__onnx *model, const char *key, const char *value)
{
    TAKE_MESSAGE(entry, Onnx__StringStringEntryProto, onnx__string_string_entry_proto);
    entry->key = take_text(model, key);
    entry->value = take_text(model, value);
    push(model, &model->metadata, entry);
}

/* --- inputs and outputs ------------------------------------------------------------------------------------------- */

static Onnx__TensorShapeProto *make_shape(og__onnx *model, int rank, const og__onnx_size *sizes)
{
    Onnx__TensorShapeProto *shape = take(model, 1, sizeof *shape);
    Onnx__TensorShapeProto__Dimension *all = take(model, (size_t)rank, sizeof *all);
    Onnx__TensorShapeProto__Dimension **pointers = take(model, (size_t)rank, sizeof(void *));
    if (!shape || !all || !pointers)
        return NULL;
    onnx__tensor_shape_proto__init(shape);
    for (int i = 0; i < rank; i++) {
        onnx__tensor_shape_proto__dimension__init(&all[i]);
        all[i].value_case = sizes[i].name ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
                                          : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        if (sizes[i].name)
            all[i].dim_param = take_text(model, sizes[i].name);
        else
            all[i].dim_value = sizes[i].count;
        pointers[i] = &all[i];
    }
    shape->n_dim = (size_t)rank;
    shape->dim = pointers;
    return shape;
}

static void add_value(og__onnx *model, list *to, const char *name, int rank, const og__onnx_size *sizes)
{
    TAKE_MESSAGE(value, Onnx__ValueInfoProto, onnx__value_info_proto);
    TAKE_MESSAGE(type, Onnx__TypeProto, onnx__type_proto);
    TAKE_MESSAGE(tensor, Onnx__TypeProto__Tensor, onnx__type_proto__tensor);
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = make_shape(model, rank, sizes);
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    value->name = take_text(model, name);
    value->type = type;
    push(model, to, value);
}

void og__onnx_add_input(og__onnx *model, const char *name, int rank, const og__onnx_size *sizes)
{
    add_value(model, &model->inputs, name, rank, sizes);
}

void og__onnx_add_output(og__onnx *model, const char *name, int rank, const og__onnx_size *sizes)
{
    add_value(model, &model->outputs, name, rank, sizes);
}

/* --- constants ---------------------------------------------------------------------------------------------------- */

static void add_tensor(og__onnx *model, const char *name, int type, int rank, const int64_t *sizes, size_t size,
                       const void *values)
{
    size_t count = 1;
    TAKE_MESSAGE(tensor, Onnx__TensorProto, onnx__tensor_proto);
    tensor->name = take_text(model, name);
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->n_dims = (size_t)rank;
    tensor->dims = take(model, (size_t)rank, sizeof *tensor->dims);
    for (int i = 0; i < rank && tensor->dims; i++) {
        tensor->dims[i] = sizes[i];
        count *= (size_t)sizes[i];
    }
    tensor->has_raw_data = 1;
    tensor->raw_data.len = count * size;
    tensor->raw_data.data = take(model, count, size);
    if (tensor->raw_data.data)
        memcpy(tensor->raw_data.data, values, count * size); /* little-endian, as ogive's machines are */
    push(model, &model->constants, tensor);
}

void og__onnx_add_floats(og__onnx *model, const char *name, int rank, const int64_t *sizes, const float *values)
{
    add_tensor(model, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, sizes, sizeof *values, values);
}

void og__onnx_add_ints(og__onnx *model, const char *name, int64_t count, const int64_t *values)
{
    add_tensor(model, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &count, sizeof *values, values);
}

/* --- nodes -------------------------------------------------------------------------------------------------------- */

static void fill_attribute(og__onnx *model, Onnx__AttributeProto *to, const og__onnx_attribute *from)
{
    onnx__attribute_proto__init(to);
    to->name = take_text(model, from->name);
    to->has_type = 1;
    switch (from->kind) {
    case OG_ONNX_FLOAT:
        to->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
        to->has_f = 1;
        to->f = from->number;
        break;
    case OG_ONNX_INT:
        to->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
        to->has_i = 1;
        to->i = from->ints[0];
        break;
    case OG_ONNX_INTS:
        to->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        to->ints = take(model, from->int_count, sizeof *to->ints);
        to->n_ints = to->ints ? from->int_count : 0;
        for (size_t i = 0; i < to->n_ints; i++)
            to->ints[i] = from->ints[i];
        break;
    default:
        to->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING;
        to->has_s = 1;
        to->s.data = (uint8_t *)take_text(model, from->text);
        to->s.len = to->s.data ? strlen(from->text) : 0;
        break;
    }
}

static char **copy_names(og__onnx *model, const char *const *names, size_t *count)
{
    *count = 0;
    while (*count < OG_ONNX_PORTS_MAX && names[*count])
        ++*count;
    char **copies = take(model, *count, sizeof *copies);
    for (size_t i = 0; copies && i < *count; i++)
        copies[i] = take_text(model, names[i]);
    return copies;
}

void og__onnx_add_node(og__onnx *model, const char *op, const char *const *inputs, const char *const *outputs,
                       const og__onnx_attribute *attributes)
{
    size_t count = 0;
    TAKE_MESSAGE(node, Onnx__NodeProto, onnx__node_proto);
    node->op_type = take_text(model, op);
    node->name = take_text(model, outputs[0]);
    node->input = copy_names(model, inputs, &node->n_input);
    node->output = copy_names(model, outputs, &node->n_output);
    while (attributes && attributes[count].kind != OG_ONNX_END)
        count++;
    Onnx__AttributeProto *all = take(model, count, sizeof *all);
    node->attribute = take(model, count, sizeof *node->attribute);
    for (size_t i = 0; all && node->attribute && i < count; i++) {
        fill_attribute(model, &all[i], &attributes[i]);
        node->attribute[i] = &all[i];
    }
    node->n_attribute = count;
    push(model, &model->nodes, node);
}

og_status og__onnx_pack(og__onnx *model, char **bytes, size_t *count)
{
    Onnx__GraphProto *graph = &model->graph;
    OG_TRY(model->status);
    graph->n_node = model->nodes.count;
    graph->node = (Onnx__NodeProto **)model->nodes.items;
    graph->n_initializer = model->constants.count;
    graph->initializer = (Onnx__TensorProto **)model->constants.items;
    graph->n_input = model->inputs.count;
    graph->input = (Onnx__ValueInfoProto **)model->inputs.items;
    graph->n_output = model->outputs.count;
    graph->output = (Onnx__ValueInfoProto **)model->outputs.items;
    model->model.n_metadata_props = model->metadata.count;
    model->model.metadata_props = (Onnx__StringStringEntryProto **)model->metadata.items;
    size_t size = onnx__model_proto__get_packed_size(&model->model);
    OG_TRY(og__alloc(size, 1, bytes));
    *count = onnx__model_proto__pack(&model->model, (uint8_t *)*bytes);
    return OG_OK;
}

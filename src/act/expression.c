#include "act/expression.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct op_row {
    const char *name;
    int arity;
} op_row;

static const op_row rows[OG_OP_COUNT] = {
#define OG_FUNCTION(op, name, derivative, reference) [OG_OP_##op] = {#name, 1},
#define OG_OPERATOR(op, arity, reference, code) [OG_OP_##op] = {NULL, arity},
#define OG_LOWERED(op, arity, code) [OG_OP_##op] = {NULL, arity},
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};

int og__op_arity(og__op op)
{
    return rows[op].arity;
}

const char *og__op_name(og__op op)
{
    return rows[op].name;
}

bool og__op_find(const char *name, og__op *op)
{
    for (og__op i = 0; i < OG_OP_COUNT; i++)
        if (rows[i].name && strcmp(rows[i].name, name) == 0) {
            *op = i;
            return true;
        }
    return false;
}

bool og__op_is_comparison(og__op op)
{
    return op >= OG_OP_LT && op <= OG_OP_NE;
}

double og__op_evaluate(og__op op, double u, double v, double w)
{
    switch (op) {
#define OG_FUNCTION(op, name, derivative, reference)                                                                   \
    case OG_OP_##op:                                                                                                   \
        return reference;
#define OG_OPERATOR(op, arity, reference, code)                                                                        \
    case OG_OP_##op:                                                                                                   \
        return reference;
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
    default:
        return NAN;
    }
}

og_status og__exprs_init(og__exprs *graph)
{
    *graph = (og__exprs){.capacity = 64, .slot_count = 256};
    og_status status = OG_OK;
    OG_GO(og__alloc((size_t)graph->capacity, sizeof *graph->nodes, &graph->nodes));
    OG_GO(og__alloc((size_t)graph->slot_count, sizeof *graph->slots, &graph->slots));
    memset(graph->slots, 0xff, (size_t)graph->slot_count * sizeof *graph->slots);
    og__expr_number(graph, 0); /* node 0, which a failed call returns */
done:
    if (status != OG_OK)
        og__exprs_deinit(graph);
    return status;
}

void og__exprs_deinit(og__exprs *graph)
{
    free(graph->nodes);
    free(graph->slots);
    *graph = (og__exprs){0};
}

og_status og__exprs_status(const og__exprs *graph)
{
    return graph->status;
}

/* The key of a node from the keys of its arguments, so that it does not depend on the order in which a graph grew. */
static void set_key(const og__exprs *graph, og__expr_node *node)
{
    uint64_t bits, key = (uint64_t)node->op + 1;
    memcpy(&bits, &node->number, sizeof bits);
    uint64_t parts[OG_EXPR_ARGS_MAX + 2] = {(uint64_t)node->param + (uint64_t)node->input, bits};
    node->height = 0;
    for (int k = 0; k < og__op_arity(node->op); k++) {
        const og__expr_node *arg = &graph->nodes[node->args[k]];
        parts[2 + k] = arg->key;
        if (arg->height >= node->height)
            node->height = arg->height + 1;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        key = (key ^ parts[i]) * 0x9e3779b97f4a7c15u;
        key ^= key >> 29;
    }
    node->key = key;
}

static bool equal(const og__expr_node *a, const og__expr_node *b)
{
    return a->op == b->op && memcmp(a->args, b->args, sizeof a->args) == 0 && a->input == b->input &&
           a->param == b->param && memcmp(&a->number, &b->number, sizeof a->number) == 0; /* bits: -0 is not 0 */
}

static void fill_slot(og__exprs *graph, og__expr expr)
{
    size_t mask = (size_t)graph->slot_count - 1, at = graph->nodes[expr].key & mask;
    while (graph->slots[at] >= 0)
        at = (at + 1) & mask;
    graph->slots[at] = expr;
}

static og_status grow(og__exprs *graph)
{
    if (graph->capacity >= OG_GRAPH_NODES_MAX)
        return og__fail(OG_ERR_UNSUPPORTED, "the formula is too large: it or its derivative has more than %d parts",
                        OG_GRAPH_NODES_MAX);
    size_t capacity = (size_t)graph->capacity * 2, slot_count = (size_t)graph->slot_count * 2;
    og__expr *slots;
    og__expr_node *nodes = realloc(graph->nodes, capacity * sizeof *nodes);
    if (!nodes)
        return og__fail(OG_ERR_MEMORY, "cannot allocate a formula of %zu parts", capacity);
    graph->nodes = nodes;
    graph->capacity = (int)capacity;
    OG_TRY(og__alloc(slot_count, sizeof *slots, &slots));
    memset(slots, 0xff, slot_count * sizeof *slots);
    free(graph->slots);
    graph->slots = slots;
    graph->slot_count = (int)slot_count;
    for (og__expr i = 0; i < graph->count; i++)
        fill_slot(graph, i);
    return OG_OK;
}

og__expr og__exprs_intern(og__exprs *graph, og__expr_node node)
{
    if (graph->status != OG_OK)
        return 0;
    set_key(graph, &node);
    size_t mask = (size_t)graph->slot_count - 1;
    for (size_t at = node.key & mask; graph->slots[at] >= 0; at = (at + 1) & mask)
        if (equal(&graph->nodes[graph->slots[at]], &node))
            return graph->slots[at];
    if (graph->count == graph->capacity) {
        graph->status = grow(graph);
        if (graph->status != OG_OK)
            return 0;
    }
    graph->nodes[graph->count] = node;
    fill_slot(graph, graph->count);
    return graph->count++;
}

og__expr og__expr_number(og__exprs *graph, double number)
{
    return og__exprs_intern(graph, (og__expr_node){.op = OG_OP_NUMBER, .number = number == 0 ? 0 : number});
}

og__expr og__expr_input(og__exprs *graph, og_input input)
{
    return og__exprs_intern(graph, (og__expr_node){.op = OG_OP_INPUT, .input = input});
}

og__expr og__expr_param(og__exprs *graph, int param)
{
    return og__exprs_intern(graph, (og__expr_node){.op = OG_OP_PARAM, .param = param});
}

void og__exprs_mark(const og__exprs *graph, int root_count, const og__expr *roots, bool *needed)
{
    memset(needed, 0, (size_t)graph->count * sizeof *needed);
    for (int r = 0; r < root_count; r++)
        needed[roots[r]] = true;
    for (og__expr i = graph->count - 1; i >= 0; i--)
        for (int k = 0; needed[i] && k < og__op_arity(graph->nodes[i].op); k++)
            needed[graph->nodes[i].args[k]] = true;
}

/* Rebuild one node of `source` from the copies of its arguments. */
static og__expr copy_node(og__exprs *graph, const og__expr_node *node, const og__expr *copies, og__expr u,
                          const og__expr *params)
{
    switch (og__op_arity(node->op)) {
    case 1:
        return og__expr_1(graph, node->op, copies[node->args[0]]);
    case 2:
        return og__expr_2(graph, node->op, copies[node->args[0]], copies[node->args[1]]);
    case 3:
        return og__expr_where(graph, copies[node->args[0]], copies[node->args[1]], copies[node->args[2]]);
    default:
        break;
    }
    if (node->op == OG_OP_INPUT)
        return node->input == OG_INPUT_X ? u : og__expr_input(graph, node->input);
    if (node->op == OG_OP_NUMBER)
        return og__expr_number(graph, node->number);
    return params ? params[node->param] : og__expr_param(graph, node->param);
}

og__expr og__expr_substitute(og__exprs *graph, const og__exprs *source, og__expr expr, og__expr u,
                             const og__expr *params)
{
    og__expr result = 0, *copies = NULL;
    bool *needed = NULL;
    og_status status = OG_OK;
    OG_GO(og__alloc((size_t)expr + 1, sizeof *copies, &copies));
    OG_GO(og__alloc((size_t)source->count, sizeof *needed, &needed));
    og__exprs_mark(source, 1, &expr, needed);
    for (og__expr i = 0; i <= expr; i++)
        if (needed[i])
            copies[i] = copy_node(graph, &source->nodes[i], copies, u, params);
    result = copies[expr];
done:
    free(copies);
    free(needed);
    if (status != OG_OK)
        graph->status = status;
    return result;
}

void og__evaluate(const og__exprs *graph, int root_count, const og__expr *roots, const double *inputs,
                  const double *params, double *work, double *values)
{
    og__expr last = 0;
    for (int r = 0; r < root_count; r++)
        last = roots[r] > last ? roots[r] : last;
    for (og__expr i = 0; i <= last; i++) {
        const og__expr_node *node = &graph->nodes[i];
        if (node->op == OG_OP_NUMBER)
            work[i] = node->number;
        else if (node->op == OG_OP_INPUT)
            work[i] = inputs[node->input];
        else if (node->op == OG_OP_PARAM)
            work[i] = params[node->param];
        else
            work[i] = og__op_evaluate(node->op, work[node->args[0]], work[node->args[1]], work[node->args[2]]);
    }
    for (int r = 0; r < root_count; r++)
        values[r] = work[roots[r]];
}

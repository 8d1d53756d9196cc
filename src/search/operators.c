#include "search/operators.h"

#include "act/parse.h"

typedef struct unary {
    const char *name, *rule;
} unary;

static const unary unaries[] = {
#define OG_UNARY(name, rule) {name, rule},
#include "search/operators.def"
};

typedef struct binary {
    const char *name, *before, *after;
    og__op op;
} binary;

static const binary binaries[] = {
#define OG_BINARY(name, before, op, after) {name, before, after, OG_OP_##op},
#include "search/operators.def"
};

static const og__unsafe_operator unsafe[] = {
#define OG_UNSAFE(operators, why) {operators, why},
#include "search/operators.def"
};

size_t og__unary_count(void)
{
    return sizeof unaries / sizeof unaries[0];
}

const char *og__unary_name(size_t index)
{
    return unaries[index].name;
}

size_t og__binary_count(void)
{
    return sizeof binaries / sizeof binaries[0];
}

const char *og__binary_name(size_t index)
{
    return binaries[index].name;
}

size_t og__unsafe_count(void)
{
    return sizeof unsafe / sizeof unsafe[0];
}

const og__unsafe_operator *og__unsafe_at(size_t index)
{
    return &unsafe[index];
}

og_status og__unary_apply(og__exprs *graph, size_t index, og__expr u, og__expr *value)
{
    return og__parse_rule(graph, unaries[index].rule, u, value);
}

og_status og__binary_apply(og__exprs *graph, size_t index, og__expr u, og__expr v, og__expr *value)
{
    const binary *row = &binaries[index];
    if (row->before)
        OG_TRY(og__parse_rule(graph, row->before, u, &u));
    *value = og__expr_2(graph, row->op, u, v);
    return row->after ? og__parse_rule(graph, row->after, *value, value) : OG_OK;
}

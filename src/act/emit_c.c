#include "act/emit_c.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "act/number.h"
#include "base/memory.h"

typedef struct emitter {
    const og_act *act;
    og__text *text;
    bool *needed; /* nodes of the function being written */
    int *numbers; /* numbers[node] of its variable there */
} emitter;

static const og__expr_node *node_at(const emitter *e, og__expr expr)
{
    return &e->act->graph.nodes[expr];
}

/* The right side of each operation, in which u, v and w stand for the operands. */
static const char *const templates[OG_OP_COUNT] = {
#define OG_FUNCTION(op, name, derivative, reference) [OG_OP_##op] = "f32_" #name "(u)",
#define OG_OPERATOR(op, arity, reference, code) [OG_OP_##op] = #code,
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};

/* An operand: a constant, a parameter, x, or the variable of an earlier line. Comparisons are variables of type int;
 * where() takes them as they are, arithmetic as 0 or 1. */
static void operand(const emitter *e, og__expr expr, bool as_condition)
{
    const og__expr_node *node = node_at(e, expr);
    char number[OG_NUMBER_BYTES];
    if (node->op == OG_OP_NUMBER) {
        og__number_format_c(node->number, number);
        og__text_format(e->text, node->number < 0 ? "(%s)" : "%s", number);
    } else if (node->op == OG_OP_INPUT)
        og__text_add(e->text, "x");
    else if (node->op == OG_OP_PARAM)
        og__text_format(e->text, "params[%d][lane]", node->param);
    else
        og__text_format(e->text, og__op_is_comparison(node->op) && !as_condition ? "(float)t%d" : "t%d",
                        e->numbers[expr]);
}

static bool is_operand(const char *code, const char *at)
{
    bool starts = at == code || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
    bool ends = !(isalnum((unsigned char)at[1]) || at[1] == '_');
    return starts && ends && at[0] >= 'u' && at[0] <= 'w';
}

static void right_side(const emitter *e, const og__expr_node *node)
{
    const char *code = templates[node->op];
    for (const char *at = code; *at; at++)
        if (is_operand(code, at))
            operand(e, node->args[at[0] - 'u'], node->op == OG_OP_WHERE && at[0] == 'u');
        else
            og__text_add_bytes(e->text, at, 1);
}

static void body(const emitter *e, og__expr root)
{
    const og__exprs *graph = &e->act->graph;
    int count = 0;
    og__exprs_mark(graph, 1, &root, e->needed);
    for (og__expr i = 0; i < graph->count; i++) {
        if (!e->needed[i] || og__op_arity(graph->nodes[i].op) == 0)
            continue;
        e->numbers[i] = count++;
        bool truth = og__op_is_comparison(graph->nodes[i].op);
        og__text_format(e->text, "    const %s t%d = ", truth ? "int" : "float", e->numbers[i]);
        right_side(e, &graph->nodes[i]);
        og__text_add(e->text, ";\n");
    }
}

static void function(const emitter *e, const char *name, const char *suffix, og__expr root)
{
    og__text_format(e->text,
                    "static inline float %s_%s(float x, float (*params)[OG_LANES], int lane)\n{\n"
                    "    (void)x, (void)params, (void)lane;\n",
                    name, suffix);
    body(e, root);
    og__text_add(e->text, "    return ");
    operand(e, root, false);
    og__text_add(e->text, ";\n}\n\n");
}

og_status og__emit_c(const og_act *act, const char *name, og__text *text)
{
    emitter e = {.act = act, .text = text};
    og_status status = OG_OK;
    OG_GO(og__act_check_only_x(act));
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *e.needed, &e.needed));
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *e.numbers, &e.numbers));
    og__text_format(text, "/* f = %s */\n", act->key);
    function(&e, name, "value", act->value);
    function(&e, name, "slope", act->slope);
    for (size_t k = 0; k < act->param_count; k++) {
        char suffix[24];
        snprintf(suffix, sizeof suffix, "by_param_%zu", k);
        function(&e, name, suffix, act->by_param[k]);
    }
    og__text_format(text, "#define OG_ACT %s\n#define OG_ACT_PARAMS %zu\n#define OG_ACT_EACH_PARAM(DO)", name,
                    act->param_count);
    for (size_t k = 0; k < act->param_count; k++)
        og__text_format(text, " DO(%zu)", k);
    og__text_add(text, "\n");
    status = og__text_status(text);
done:
    free(e.needed);
    free(e.numbers);
    return status;
}

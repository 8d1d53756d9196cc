#include "act/emit_c.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "act/lower.h"
#include "act/number.h"
#include "base/memory.h"

typedef struct emitter {
    const og_act *act;
    og__exprs graph;                  /* lowered */
    og__expr roots[OG_ACT_ROOTS_MAX]; /* there: value, by operand, by parameter */
    og__text *text;
    og_input operands[OG_INPUT_COUNT];
    int operand_count;
    int operand_of[OG_INPUT_COUNT]; /* the inverse of `operands` */
    bool *needed;                   /* nodes of the function being written */
    int *numbers;                   /* numbers[node] of its variable there */
} emitter;

static const og__expr_node *node_at(const emitter *e, og__expr expr)
{
    return &e->graph.nodes[expr];
}

/* The right side of each operation, in which u, v and w stand for the arguments. */
static const char *const templates[OG_OP_COUNT] = {
#define OG_FUNCTION(op, name, derivative, reference) [OG_OP_##op] = "f32_" #name "(u)",
#define OG_OPERATOR(op, arity, reference, code) [OG_OP_##op] = #code,
#define OG_LOWERED(op, arity, code) [OG_OP_##op] = #code,
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};

/* An argument: a constant, a parameter, an input, or the variable of an earlier line. Comparisons are variables of type
 * int; where() takes them as they are, arithmetic as 0 or 1. */
static void argument(const emitter *e, og__expr expr, bool as_condition)
{
    const og__expr_node *node = node_at(e, expr);
    char number[OG_NUMBER_BYTES];
    if (node->op == OG_OP_NUMBER) {
        og__number_format_c(node->number, number);
        og__text_format(e->text, node->number < 0 ? "(%s)" : "%s", number);
    } else if (node->op == OG_OP_INPUT)
        og__text_format(e->text, "z%d", e->operand_of[node->input]);
    else if (node->op == OG_OP_PARAM)
        og__text_format(e->text, "p%d", node->param);
    else
        og__text_format(e->text, og__op_is_comparison(node->op) && !as_condition ? "(float)t%d" : "t%d",
                        e->numbers[expr]);
}

static bool is_argument(const char *code, const char *at)
{
    bool starts = at == code || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
    bool ends = !(isalnum((unsigned char)at[1]) || at[1] == '_');
    return starts && ends && at[0] >= 'u' && at[0] <= 'w';
}

static void right_side(const emitter *e, const og__expr_node *node)
{
    const char *code = templates[node->op];
    for (const char *at = code; *at; at++)
        if (is_argument(code, at))
            argument(e, node->args[at[0] - 'u'], node->op == OG_OP_WHERE && at[0] == 'u');
        else
            og__text_add_bytes(e->text, at, 1);
}

/* Parameters are read whether a choice needs them or not: a compiler makes a masked load of one that only one branch
 * reads, and keeps the sums of a loop with such loads in memory. */
static void body(const emitter *e, og__expr root)
{
    const og__exprs *graph = &e->graph;
    int count = 0;
    og__exprs_mark(graph, 1, &root, e->needed);
    for (og__expr i = 0; i < graph->count; i++)
        if (e->needed[i] && graph->nodes[i].op == OG_OP_PARAM)
            og__text_format(e->text, "    const float p%d = params[%d][lane];\n", graph->nodes[i].param,
                            graph->nodes[i].param);
    for (og__expr i = 0; i < graph->count; i++) {
        if (!e->needed[i] || og__op_arity(graph->nodes[i].op) == 0)
            continue;
        e->numbers[i] = count++;
        const char *type = og__op_is_comparison(graph->nodes[i].op) ? "int" : "float";
        og__text_format(e->text, "    const %s t%d = ", type, e->numbers[i]);
        right_side(e, &graph->nodes[i]);
        og__text_add(e->text, ";\n");
    }
}

/* "float z0, float z1, " with "float " before each, or "z0, z1" in a macro. */
static void list_operands(const emitter *e, const char *before, const char *between)
{
    for (int i = 0; i < e->operand_count; i++)
        og__text_format(e->text, "%s%sz%d", i > 0 ? between : "", before, i);
}

static void function(const emitter *e, const char *name, const char *suffix, og__expr root)
{
    og__text_format(e->text, "F32_INLINE float %s_%s(", name, suffix);
    list_operands(e, "float ", ", ");
    og__text_add(e->text, ", float (*params)[OG_LANES], int lane)\n{\n    ");
    list_operands(e, "(void)", ", ");
    og__text_add(e->text, ", (void)params, (void)lane;\n");
    body(e, root);
    og__text_add(e->text, "    return ");
    argument(e, root, false);
    og__text_add(e->text, ";\n}\n\n");
}

static void functions(const emitter *e, const char *name)
{
    char suffix[32];
    function(e, name, "value", e->roots[0]);
    for (int i = 0; i < e->operand_count; i++) {
        snprintf(suffix, sizeof suffix, "by_operand_%d", i);
        function(e, name, suffix, e->roots[1 + i]);
    }
    for (size_t k = 0; k < e->act->param_count; k++) {
        snprintf(suffix, sizeof suffix, "by_param_%zu", k);
        function(e, name, suffix, e->roots[1 + e->operand_count + (int)k]);
    }
}

/* What frames.h is told; gradients go to all operands but noise. */
static void macros(const emitter *e, const char *name)
{
    og__text_format(e->text, "#define OG_ACT %s\n#define OG_ACT_OPERANDS %d\n#define OG_ACT_Z ", name,
                    e->operand_count);
    list_operands(e, "", ", ");
    og__text_add(e->text, "\n#define OG_ACT_EACH_OPERAND(DO)");
    for (int i = 0; i < e->operand_count; i++)
        og__text_format(e->text, " DO(%d)", i);
    og__text_add(e->text, "\n#define OG_ACT_EACH_GRADIENT(DO)");
    for (int i = 0; i < e->operand_count; i++)
        if (e->operands[i] != OG_INPUT_NOISE)
            og__text_format(e->text, " DO(%d)", i);
    og__text_format(e->text, "\n#define OG_ACT_PARAMS %zu\n#define OG_ACT_EACH_PARAM(DO)", e->act->param_count);
    for (size_t k = 0; k < e->act->param_count; k++)
        og__text_format(e->text, " DO(%zu)", k);
    og__text_add(e->text, "\n");
}

og_status og__emit_c(const og_act *act, const char *name, og__text *text)
{
    emitter e = {.act = act, .text = text};
    og_status status = OG_OK;
    e.operand_count = og__act_operands(act, e.operands);
    for (int i = 0; i < e.operand_count; i++)
        e.operand_of[e.operands[i]] = i;
    int count = og__act_roots(act, e.roots);
    OG_GO(og__lower(&act->graph, count, e.roots, &e.graph, e.roots));
    OG_GO(og__alloc((size_t)e.graph.count, sizeof *e.needed, &e.needed));
    OG_GO(og__alloc((size_t)e.graph.count, sizeof *e.numbers, &e.numbers));
    og__text_format(text, "/* f = %s */\n", act->key);
    functions(&e, name);
    macros(&e, name);
    status = og__text_status(text);
done:
    free(e.needed);
    free(e.numbers);
    og__exprs_deinit(&e.graph);
    return status;
}

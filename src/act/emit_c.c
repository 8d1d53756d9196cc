#include "act/emit_c.h"

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

/* An operand: a constant, a parameter, x, or the variable of an earlier line. */
static void operand(const emitter *e, og__expr expr)
{
    const og__expr_node *node = node_at(e, expr);
    char number[OG_NUMBER_BYTES];
    if (node->op == OG_OP_NUMBER) {
        og__number_format_c(node->number, number);
        og__text_format(e->text, node->number < 0 ? "(%s)" : "%s", number);
    } else if (node->op == OG_OP_X)
        og__text_add(e->text, "x");
    else if (node->op == OG_OP_PARAM)
        og__text_format(e->text, "params[%d][lane]", node->param);
    else
        og__text_format(e->text, og__op_is_comparison(node->op) ? "(float)t%d" : "t%d", e->numbers[expr]);
}

static const char *const signs[OG_OP_COUNT] = {
    [OG_OP_ADD] = "+", [OG_OP_SUB] = "-", [OG_OP_MUL] = "*",  [OG_OP_DIV] = "/",  [OG_OP_LT] = "<",
    [OG_OP_LE] = "<=", [OG_OP_GT] = ">",  [OG_OP_GE] = ">=", [OG_OP_EQ] = "==", [OG_OP_NE] = "!=",
};

static void infix(const emitter *e, const og__expr_node *node)
{
    operand(e, node->args[0]);
    og__text_format(e->text, " %s ", signs[node->op]);
    operand(e, node->args[1]);
}

static void call(const emitter *e, const char *function, const og__expr_node *node)
{
    og__text_format(e->text, "f32_%s(", function);
    for (int k = 0; k < og__op_arity(node->op); k++) {
        og__text_add(e->text, k > 0 ? ", " : "");
        operand(e, node->args[k]);
    }
    og__text_add(e->text, ")");
}

static void condition(const emitter *e, og__expr expr)
{
    if (og__op_is_comparison(node_at(e, expr)->op)) {
        og__text_format(e->text, "t%d", e->numbers[expr]);
        return;
    }
    operand(e, expr);
    og__text_add(e->text, " != 0.0f");
}

static void right_side(const emitter *e, const og__expr_node *node)
{
    switch (node->op) {
    case OG_OP_NEG:
        og__text_add(e->text, "-");
        operand(e, node->args[0]);
        break;
    case OG_OP_POW:
        call(e, "pow", node);
        break;
    case OG_OP_MIN:
        call(e, "min", node);
        break;
    case OG_OP_MAX:
        call(e, "max", node);
        break;
    case OG_OP_WHERE:
        condition(e, node->args[0]);
        og__text_add(e->text, " ? ");
        operand(e, node->args[1]);
        og__text_add(e->text, " : ");
        operand(e, node->args[2]);
        break;
    default:
        if (signs[node->op])
            infix(e, node);
        else
            call(e, og__op_name(node->op), node);
    }
}

static void body(const emitter *e, int root_count, const og__expr *roots)
{
    const og__exprs *graph = &e->act->graph;
    int count = 0;
    og__exprs_mark(graph, root_count, roots, e->needed);
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

#define ARGUMENTS "float x, float (*params)[OG_LANES], int lane"

static void value_function(const emitter *e, const char *name)
{
    og__text_format(e->text, "static inline float %s_value(" ARGUMENTS ")\n{\n    (void)x, (void)params, (void)lane;\n",
                    name);
    body(e, 1, &e->act->value);
    og__text_add(e->text, "    return ");
    operand(e, e->act->value);
    og__text_add(e->text, ";\n}\n\n");
}

static void gradient_function(const emitter *e, const char *name)
{
    const og_act *act = e->act;
    og__expr roots[OG_ACT_PARAMS_MAX + 1] = {act->slope};
    for (size_t k = 0; k < act->param_count; k++)
        roots[k + 1] = act->by_param[k];
    og__text_format(e->text,
                    "static inline float %s_gradient(" ARGUMENTS ", float *by_param)\n{\n"
                    "    (void)x, (void)params, (void)lane, (void)by_param;\n",
                    name);
    body(e, (int)act->param_count + 1, roots);
    for (size_t k = 0; k < act->param_count; k++) {
        og__text_format(e->text, "    by_param[%zu] = ", k);
        operand(e, act->by_param[k]);
        og__text_add(e->text, ";\n");
    }
    og__text_add(e->text, "    return ");
    operand(e, act->slope);
    og__text_add(e->text, ";\n}\n\n");
}

og_status og__emit_c(const og_act *act, const char *name, og__text *text)
{
    emitter e = {.act = act, .text = text};
    og_status status = OG_OK;
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *e.needed, &e.needed));
    OG_GO(og__alloc((size_t)act->graph.count, sizeof *e.numbers, &e.numbers));
    og__text_format(text, "/* f = %s */\n", act->key);
    value_function(&e, name);
    gradient_function(&e, name);
    status = og__text_status(text);
done:
    free(e.needed);
    free(e.numbers);
    return status;
}

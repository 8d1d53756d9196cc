#include "act/emit_code.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "act/number.h"
#include "base/memory.h"

static const char *const templates[OG_LANGUAGE_COUNT][OG_OP_COUNT] = {
#define OG_CODE(op, c, torch, jax, latex) [OG_LANGUAGE_C][OG_OP_##op] = c, [OG_LANGUAGE_TORCH][OG_OP_##op] = torch,
#include "act/emit_code.def"
#undef OG_CODE
#define OG_CODE(op, c, torch, jax, latex) [OG_LANGUAGE_JAX][OG_OP_##op] = jax, [OG_LANGUAGE_LATEX][OG_OP_##op] = latex,
#include "act/emit_code.def"
#undef OG_CODE
};

/* Every operation of the formula language has its row. */
enum {
    WRITTEN = 0
#define OG_CODE(op, c, torch, jax, latex) +1
#include "act/emit_code.def"
#undef OG_CODE
    ,
    OPERATIONS = 0
#define OG_FUNCTION(op, name, derivative, reference) +1
#define OG_OPERATOR(op, arity, reference, code) +1
#define OG_LOWERED(...)
#include "act/primitives.def"
#undef OG_FUNCTION
#undef OG_OPERATOR
};
_Static_assert(WRITTEN == OPERATIONS, "an operation of primitives.def has no row in emit_code.def");

const char *og__code_template(og__op op, og__language language)
{
    return templates[language][op];
}

bool og__code_is_operand(const char *code, const char *at)
{
    bool starts = at == code || !(isalnum((unsigned char)at[-1]) || at[-1] == '_' || at[-1] == '\\');
    bool ends = !(isalnum((unsigned char)at[1]) || at[1] == '_');
    return starts && ends && at[0] >= 'u' && at[0] <= 'w';
}

int og__code_bind(og__op op)
{
    switch (op) {
    case OG_OP_WHERE:
        return OG_BIND_CHOICE;
    case OG_OP_ADD:
    case OG_OP_SUB:
        return OG_BIND_SUM;
    case OG_OP_MUL:
    case OG_OP_DIV:
        return OG_BIND_TERM;
    case OG_OP_NEG:
        return OG_BIND_UNARY;
    default:
        return og__op_is_comparison(op) ? OG_BIND_COMPARISON : OG_BIND_ATOM;
    }
}

/* A right operand binds tighter: floating-point sums and products do not associate. */
int og__code_operand_bind(og__op op, int index)
{
    int bind = og__code_bind(op);
    if (op == OG_OP_WHERE)
        return index == 0 ? OG_BIND_COMPARISON : OG_BIND_SUM;
    return bind == OG_BIND_ATOM ? OG_BIND_CHOICE : bind + (index > 0 || op == OG_OP_NEG || bind == OG_BIND_COMPARISON);
}

/* --- one function's body ------------------------------------------------------------------------------------------ */

enum { NESTED_MAX = 6 }; /* operations within one line's brackets */

typedef struct writer {
    const og__exprs *graph;
    og__language language;
    const char *const *params;
    og__text *text;
    const char *input; /* one that the formula reads */
    int *variables;    /* number of the variable that holds a node, from 1, or 0 */
} writer;

static void write_expr(const writer *w, og__expr expr, int bind);

/* "f(u)" rather than "u + v" or "-u". */
static bool is_call(const char *code)
{
    return (isalpha((unsigned char)code[0]) || code[0] == '_') && code[1] != ' ';
}

static void write_number(const writer *w, double number, int bind)
{
    char digits[OG_NUMBER_BYTES];
    og__number_format(number, digits);
    bool brackets = number < 0 && bind > OG_BIND_SUM && w->language != OG_LANGUAGE_C;
    bool whole = !strpbrk(digits, ".eni"); /* as it is for 1, not for 1.5, 1e30, nan or inf */
    if (w->language == OG_LANGUAGE_C)
        og__text_format(w->text, "REAL(%s)", digits);
    else
        og__text_format(w->text, "%s%s%s%s", brackets ? "(" : "", digits, whole ? ".0" : "", brackets ? ")" : "");
}

/* A comparison where a number is wanted, or a number where where() wants a condition. */
static void write_as(const writer *w, og__expr expr, bool condition)
{
    bool truth = og__op_is_comparison(w->graph->nodes[expr].op);
    if (condition && truth) {
        write_expr(w, expr, w->language == OG_LANGUAGE_C ? OG_BIND_COMPARISON : OG_BIND_CHOICE);
    } else if (condition) {
        write_expr(w, expr, OG_BIND_SUM);
        og__text_add(w->text, w->language == OG_LANGUAGE_C ? " != 0" : " != 0.0");
    } else {
        static const char *const before[] = {"(real)(", "(", "("};
        static const char *const after[] = {")", ").to(%s.dtype)", ").astype(%s.dtype)"};
        og__text_add(w->text, before[w->language]);
        write_expr(w, expr, OG_BIND_CHOICE);
        og__text_format(w->text, after[w->language], w->input);
    }
}

static void write_operand(const writer *w, const og__expr_node *node, int index, bool call)
{
    og__expr expr = node->args[index];
    if (node->op == OG_OP_WHERE && index == 0)
        write_as(w, expr, true);
    else if (og__op_is_comparison(w->graph->nodes[expr].op))
        write_as(w, expr, false);
    else
        write_expr(w, expr, call ? OG_BIND_CHOICE : og__code_operand_bind(node->op, index));
}

static const og__expr_node *number_arg(const writer *w, const og__expr_node *node, og__op op)
{
    const og__expr_node *bound = &w->graph->nodes[node->args[1]];
    return node->op == op && bound->op == OG_OP_NUMBER ? bound : NULL;
}

/* PyTorch's own clamps by numbers, whose derivatives at the bounds are 0 like ours. */
static const char *torch_clamp(const writer *w, const og__expr_node *node)
{
    const og__expr_node *inner = &w->graph->nodes[node->args[0]];
    if (number_arg(w, node, OG_OP_MIN))
        return number_arg(w, inner, OG_OP_MAX) && !w->variables[node->args[0]] ? "F.hardtanh(u, w, v)"
                                                                               : "_at_most(u, v)";
    if (number_arg(w, node, OG_OP_MAX))
        return number_arg(w, node, OG_OP_MAX)->number == 0 ? "F.relu(u)" : "F.threshold(u, v, v)";
    return NULL;
}

/* The code for a node, and the node that its u, v and w stand for. */
static const char *code_of(const writer *w, og__expr expr, og__expr_node *shown)
{
    *shown = w->graph->nodes[expr];
    const char *code = templates[w->language][shown->op];
    if (w->language == OG_LANGUAGE_TORCH && torch_clamp(w, shown)) {
        code = torch_clamp(w, shown);
        if (strncmp(code, "F.hardtanh", 10) == 0) {
            const og__expr_node *inner = &w->graph->nodes[shown->args[0]];
            shown->args[2] = inner->args[1];
            shown->args[0] = inner->args[0];
        }
    } else if (w->language == OG_LANGUAGE_JAX && number_arg(w, shown, OG_OP_MAX) &&
               number_arg(w, shown, OG_OP_MAX)->number == 0) {
        code = "jax.nn.relu(u)";
    }
    return code;
}

static void write_expr(const writer *w, og__expr expr, int bind)
{
    const og__expr_node *node = &w->graph->nodes[expr];
    if (node->op == OG_OP_NUMBER)
        write_number(w, node->number, bind);
    else if (node->op == OG_OP_INPUT)
        og__text_add(w->text, og_input_name(node->input));
    else if (node->op == OG_OP_PARAM)
        og__text_add(w->text, w->params[node->param]);
    else if (w->variables[expr])
        og__text_format(w->text, "t%d", w->variables[expr]);
    else {
        og__expr_node shown;
        const char *code = code_of(w, expr, &shown);
        bool call = is_call(code);
        int own = call ? OG_BIND_ATOM : og__code_bind(node->op);
        if (own < bind)
            og__text_add(w->text, "(");
        for (const char *at = code; *at; at++)
            if (og__code_is_operand(code, at))
                write_operand(w, &shown, at[0] - 'u', call);
            else
                og__text_add_bytes(w->text, at, 1);
        if (own < bind)
            og__text_add(w->text, ")");
    }
}

static void count_uses(const og__exprs *graph, const bool *needed, int *uses)
{
    for (og__expr i = 0; i < graph->count; i++)
        for (int k = 0; needed[i] && k < og__op_arity(graph->nodes[i].op); k++)
            uses[graph->nodes[i].args[k]]++;
}

static int depth_of(const writer *w, const og__expr_node *node, const int *depths)
{
    int depth = 0;
    for (int k = 0; k < og__op_arity(node->op); k++) {
        og__expr arg = node->args[k];
        if (!w->variables[arg] && depths[arg] > depth)
            depth = depths[arg];
    }
    return depth + 1;
}

static void assign(const writer *w, og__expr expr, int variable, const char *indent)
{
    bool truth = og__op_is_comparison(w->graph->nodes[expr].op);
    const char *type = w->language != OG_LANGUAGE_C ? "" : truth ? "const int " : "const real ";
    og__text_format(w->text, "%s%st%d = ", indent, type, variable);
    write_expr(w, expr, OG_BIND_CHOICE);
    og__text_add(w->text, w->language == OG_LANGUAGE_C ? ";\n" : "\n");
}

og_status og__code_body(const og__exprs *graph, og__expr root, og__language language, const char *const *params,
                        const char *indent, og__text *text)
{
    writer w = {.graph = graph, .language = language, .params = params, .text = text, .input = "x"};
    og_status status = OG_OK;
    bool *needed = NULL;
    int *uses = NULL, *depths = NULL, count = 0;
    OG_GO(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    OG_GO(og__alloc((size_t)graph->count, sizeof *uses, &uses));
    OG_GO(og__alloc((size_t)graph->count, sizeof *depths, &depths));
    OG_GO(og__alloc((size_t)graph->count, sizeof *w.variables, &w.variables));
    og__exprs_mark(graph, 1, &root, needed);
    count_uses(graph, needed, uses);
    for (og__expr i = 0; i <= root; i++)
        if (needed[i] && graph->nodes[i].op == OG_OP_INPUT)
            w.input = og_input_name(graph->nodes[i].input);
    for (og__expr i = 0; i < root; i++) {
        if (!needed[i] || og__op_arity(graph->nodes[i].op) == 0)
            continue;
        depths[i] = depth_of(&w, &graph->nodes[i], depths);
        if (uses[i] == 1 && depths[i] <= NESTED_MAX)
            continue;
        assign(&w, i, ++count, indent);
        w.variables[i] = count;
    }
    og__text_format(text, "%sreturn ", indent);
    if (og__op_is_comparison(graph->nodes[root].op))
        write_as(&w, root, false);
    else
        write_expr(&w, root, OG_BIND_CHOICE);
    og__text_add(text, language == OG_LANGUAGE_C ? ";\n" : "\n");
    status = og__text_status(text);
done:
    free(needed);
    free(uses);
    free(depths);
    free(w.variables);
    return status;
}

/* --- helpers ------------------------------------------------------------------------------------------------------ */

static const struct helper {
    og__language language;
    const char *name, *arguments, *text;
} helpers[] = {
#define OG_HELPER(language, name, arguments, text) {OG_LANGUAGE_##language, name, arguments, text},
#include "act/emit_helpers.def"
#undef OG_HELPER
};

enum { HELPER_COUNT = sizeof helpers / sizeof helpers[0] };

static bool calls(const char *code, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(code, name); at; at = strstr(at + 1, name))
        if (at[length] == '(' && (at == code || !(isalnum((unsigned char)at[-1]) || at[-1] == '_')))
            return true;
    return false;
}

og_status og__code_helpers(const char *code, og__language language, const char *qualifier, og__text *text)
{
    bool wanted[HELPER_COUNT] = {false};
    for (int i = HELPER_COUNT - 1; i >= 0; i--) {
        wanted[i] = helpers[i].language == language && calls(code, helpers[i].name);
        for (int k = i + 1; k < HELPER_COUNT; k++)
            wanted[i] |= helpers[i].language == language && wanted[k] && calls(helpers[k].text, helpers[i].name);
    }
    for (int i = 0; i < HELPER_COUNT; i++)
        if (wanted[i] && language == OG_LANGUAGE_C)
            og__text_format(text, "%s%s(%s)\n{\n%s\n}\n\n", qualifier, helpers[i].name, helpers[i].arguments,
                            helpers[i].text);
        else if (wanted[i])
            og__text_format(text, "def %s(%s)%s:\n%s\n\n\n", helpers[i].name, helpers[i].arguments, qualifier,
                            helpers[i].text);
    return og__text_status(text);
}

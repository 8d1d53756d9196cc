/* LaTeX: the formula and its derivatives, for amsmath's align*. */
#include "act/emit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "act/emit_code.h"
#include "act/number.h"

enum { LATEX_BYTES_MAX = 1 << 16 };

typedef struct printer {
    const og__emission *emission;
    const og__exprs *graph;
    og__text *text;
} printer;

static void print(const printer *p, og__expr expr, int bind);

/* 0.5 stays, 1e-30 becomes 10^{-30}, 0.3333333333333333 becomes \frac{1}{3}. */
static void print_number(const printer *p, double number)
{
    char digits[OG_NUMBER_BYTES];
    og__number_format(number, digits);
    for (int below = 3; strlen(digits) > 12 && below < 100; below++)
        for (int above = 1; above < 10; above++)
            if ((double)above / below == number) {
                og__text_format(p->text, "\\frac{%d}{%d}", above, below);
                return;
            }
    char *exponent = strchr(digits, 'e');
    if (exponent) {
        *exponent = '\0';
        if (strcmp(digits, "1") != 0)
            og__text_format(p->text, "%s \\cdot ", digits);
        og__text_format(p->text, "10^{%d}", atoi(exponent + 1));
    } else {
        og__text_add(p->text, digits);
    }
}

/* a, \alpha, a_{1}, \mathit{slope}_{1} */
static void print_name(og__text *text, const char *name)
{
    static const char *const greek[] = {"alpha", "beta",  "gamma",  "delta", "epsilon", "zeta", "eta",
                                        "theta", "kappa", "lambda", "mu",    "nu",      "xi",   "pi",
                                        "rho",   "sigma", "tau",    "phi",   "chi",     "psi",  "omega"};
    size_t letters = 0;
    while (isalpha((unsigned char)name[letters]))
        letters++;
    bool known = false;
    for (size_t i = 0; i < sizeof greek / sizeof greek[0]; i++)
        known |= strlen(greek[i]) == letters && strncmp(greek[i], name, letters) == 0;
    og__text_format(text, known ? "\\%.*s" : letters > 1 ? "\\mathit{%.*s}" : "%.*s", (int)letters, name);
    if (!name[letters])
        return;
    og__text_add(text, "_{");
    for (const char *at = name + letters + (name[letters] == '_'); *at; at++)
        og__text_format(text, *at == '_' ? "\\%c" : "%c", *at);
    og__text_add(text, "}");
}

/* x (x x) is x^3. */
static int power_of(const og__exprs *graph, og__expr expr, og__expr *base)
{
    const og__expr_node *node = &graph->nodes[expr];
    *base = expr;
    if (node->op != OG_OP_MUL)
        return 1;
    og__expr left, right;
    int above = power_of(graph, node->args[0], &left), more = power_of(graph, node->args[1], &right);
    if (left != right)
        return 1;
    *base = left;
    return above + more;
}

/* In brackets unless it is one symbol. */
static void print_base(const printer *p, og__expr expr)
{
    og__op op = p->graph->nodes[expr].op;
    bool symbol = op == OG_OP_INPUT || op == OG_OP_PARAM || (op == OG_OP_NUMBER && p->graph->nodes[expr].number >= 0);
    og__text_add(p->text, symbol ? "{" : "\\left(");
    print(p, expr, OG_BIND_CHOICE);
    og__text_add(p->text, symbol ? "}" : "\\right)");
}

static void print_power(const printer *p, og__expr base, int exponent)
{
    print_base(p, base);
    og__text_format(p->text, "^{%d}", exponent);
}

/* A comparison is a number only in brackets, after Iverson. */
static void print_operand(const printer *p, const og__expr_node *node, int index)
{
    og__expr expr = node->args[index];
    bool truth = og__op_is_comparison(p->graph->nodes[expr].op), condition = node->op == OG_OP_WHERE && index == 0;
    bool product = node->op == OG_OP_MUL || node->op == OG_OP_ADD || node->op == OG_OP_SUB || node->op == OG_OP_NEG ||
                   og__op_is_comparison(node->op);
    if (truth && !condition) {
        og__text_add(p->text, "\\left[");
        print(p, expr, OG_BIND_CHOICE);
        og__text_add(p->text, "\\right]");
    } else {
        print(p, expr, product ? og__code_operand_bind(node->op, index) : OG_BIND_CHOICE);
        if (condition && !truth)
            og__text_add(p->text, " \\ne 0");
    }
}

/* What a number follows needs a dot: 2 \cdot 3. */
static const char *product_sign(const printer *p, const og__expr_node *node)
{
    const og__expr_node *right = &p->graph->nodes[node->args[1]];
    bool digit = right->op == OG_OP_NUMBER || right->op == OG_OP_MUL;
    og__expr base;
    if (right->op == OG_OP_MUL && power_of(p->graph, node->args[1], &base) > 1)
        digit = false;
    return digit ? "u \\cdot v" : "u \\, v";
}

static void print(const printer *p, og__expr expr, int bind)
{
    const og__expr_node *node = &p->graph->nodes[expr];
    og__expr base;
    if (p->text->length > LATEX_BYTES_MAX)
        return; /* a shared subexpression doubles the text at every level */
    if (node->op == OG_OP_INPUT) {
        print_name(p->text, og_input_name(node->input));
        return;
    }
    if (node->op == OG_OP_PARAM) {
        print_name(p->text, p->emission->act->params[node->param].name);
        return;
    }
    bool number = node->op == OG_OP_NUMBER;
    int power = power_of(p->graph, expr, &base);
    int own = number      ? (node->number < 0 ? OG_BIND_SUM : OG_BIND_ATOM)
              : power > 1 ? OG_BIND_ATOM
                          : og__code_bind(node->op);
    if (node->op == OG_OP_DIV)
        own = OG_BIND_ATOM;
    if (own < bind)
        og__text_add(p->text, "\\left(");
    const char *code = node->op == OG_OP_MUL ? product_sign(p, node) : og__code_template(node->op, OG_LANGUAGE_LATEX);
    if (number)
        print_number(p, node->number);
    else if (power > 1)
        print_power(p, base, power);
    else
        for (const char *at = code; *at; at++)
            if (og__code_is_operand(code, at))
                print_operand(p, node, at[0] - 'u');
            else
                og__text_add_bytes(p->text, at, 1);
    if (own < bind)
        og__text_add(p->text, "\\right)");
}

static void print_line(const printer *p, const char *wrt, og__expr root, bool last)
{
    if (wrt) {
        og__text_add(p->text, "  \\frac{\\partial f}{\\partial ");
        print_name(p->text, wrt);
        og__text_add(p->text, "} &= ");
    } else {
        og__text_add(p->text, "  f &= ");
    }
    print(p, root, OG_BIND_CHOICE);
    og__text_add(p->text, last ? "\n" : " \\\\\n");
}

static void define(const og__emission *emission, const char *code, const char *symbol, const char *meaning)
{
    if (strstr(code, symbol))
        og__text_format(emission->text, "%% %s\n", meaning);
}

static og_status print_lines(const printer *p)
{
    const og_act *act = p->emission->act;
    og__text_add(p->text, "\\begin{align*}\n");
    print_line(p, NULL, act->value, false);
    size_t left = act->param_count;
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        left += act->uses[i];
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (act->uses[i])
            print_line(p, og_input_name(i), act->by_input[i], --left == 0);
    for (size_t k = 0; k < act->param_count; k++)
        print_line(p, act->params[k].name, act->by_param[k], --left == 0);
    og__text_add(p->text, "\\end{align*}\n");
    if (p->text->length > LATEX_BYTES_MAX)
        return og__fail(OG_ERR_UNSUPPORTED,
                        "the formula is too large: written out it and its derivatives exceed %d characters",
                        LATEX_BYTES_MAX);
    return og__text_status(p->text);
}

og_status og__emit_latex(const og__emission *emission)
{
    og__text lines = {0};
    printer p = {.emission = emission, .graph = &emission->act->graph, .text = &lines};
    og_status status = print_lines(&p);
    if (status == OG_OK)
        status = og__emit_header(emission, "% ");
    if (status == OG_OK) {
        og__text_add(emission->text, "% Needs \\usepackage{amsmath}.\n");
        define(emission, lines.data, "\\sigma", "\\sigma(u) = 1 / (1 + \\exp(-u))");
        define(emission, lines.data, "softplus", "softplus(u) = \\ln(1 + \\exp(u))");
        define(emission, lines.data, "\\Phi", "\\Phi and \\varphi: distribution and density of the standard normal");
        define(emission, lines.data, "\\left[", "[c] is 1 where c holds and 0 elsewhere");
        og__text_add(emission->text, lines.data);
    }
    og__text_deinit(&lines);
    return status;
}

#include "act/print.h"

#include <math.h>
#include <string.h>

#include "act/number.h"

/* How tightly an operation binds; an operand that binds less is bracketed. */
enum { BIND_COMPARISON = 1, BIND_SUM, BIND_TERM, BIND_UNARY, BIND_POWER, BIND_ATOM };

typedef struct printer {
    const og__exprs *graph;
    const char *const *names;
    size_t bytes_max;
    og__text *text;
} printer;

static void print(const printer *p, og__expr expr, int bind);

/* A number without a short decimal but with a short quotient is written as that: 1/6. */
static bool print_quotient(const printer *p, double number)
{
    char decimal[OG_NUMBER_BYTES];
    og__number_format(number, decimal);
    if (strlen(decimal) < 12)
        return false;
    for (int divisor = 3; divisor < 100; divisor++)
        for (int dividend = 1; dividend < 10; dividend++)
            if ((double)dividend / divisor == fabs(number)) {
                og__text_format(p->text, "(%s%d/%d)", number < 0 ? "-" : "", dividend, divisor);
                return true;
            }
    return false;
}

static void print_number(const printer *p, double number, int bind)
{
    char text[OG_NUMBER_BYTES];
    og__number_format(number, text);
    if (print_quotient(p, number))
        return;
    bool bracket = number < 0 && bind > BIND_TERM;
    og__text_format(p->text, bracket ? "(%s)" : "%s", text);
}

static void print_operator(const printer *p, const og__expr_node *node, const char *sign, int left, int right, int own,
                           int bind)
{
    if (own < bind)
        og__text_add(p->text, "(");
    print(p, node->args[0], left);
    og__text_add(p->text, sign);
    print(p, node->args[1], right);
    if (own < bind)
        og__text_add(p->text, ")");
}

static void print_call(const printer *p, const char *name, int count, const og__expr *args)
{
    og__text_format(p->text, "%s(", name);
    for (int k = 0; k < count; k++) {
        if (k > 0)
            og__text_add(p->text, ", ");
        print(p, args[k], BIND_COMPARISON);
    }
    og__text_add(p->text, ")");
}

/* u + number, with a negative number as a difference. */
static void print_sum(const printer *p, const og__expr_node *node, int bind)
{
    const og__expr_node *right = &p->graph->nodes[node->args[1]];
    if (right->op != OG_OP_NUMBER || right->number >= 0) {
        print_operator(p, node, " + ", BIND_SUM, BIND_TERM, BIND_SUM, bind);
        return;
    }
    if (BIND_SUM < bind)
        og__text_add(p->text, "(");
    print(p, node->args[0], BIND_SUM);
    og__text_add(p->text, " - ");
    print_number(p, -right->number, BIND_TERM);
    if (BIND_SUM < bind)
        og__text_add(p->text, ")");
}

static void print_min(const printer *p, const og__expr_node *node)
{
    const og__expr_node *inner = &p->graph->nodes[node->args[0]];
    if (inner->op == OG_OP_MAX)
        print_call(p, "clamp", 3, (og__expr[]){inner->args[0], inner->args[1], node->args[1]});
    else
        print_call(p, "min", 2, node->args);
}

/* u u as u^2, u (u u) as u^3, (u u) (u u) as u^4: simplify.c makes the same products of these. */
static bool print_whole_power(const printer *p, const og__expr_node *node, int bind)
{
    const og__expr_node *nodes = p->graph->nodes;
    og__expr u = node->args[0], v = node->args[1];
    bool square = nodes[v].op == OG_OP_MUL && nodes[v].args[0] == nodes[v].args[1];
    int exponent = u != v && square && nodes[v].args[0] == u ? 3 : u != v ? 0 : square ? 4 : 2;
    if (exponent == 0)
        return false;
    og__text_add(p->text, bind > BIND_POWER ? "(" : "");
    print(p, exponent == 4 ? nodes[v].args[0] : u, BIND_ATOM);
    og__text_format(p->text, bind > BIND_POWER ? "^%d)" : "^%d", exponent);
    return true;
}

static void print_operation(const printer *p, const og__expr_node *node, int bind)
{
    static const char *const comparisons[OG_OP_COUNT] = {
        [OG_OP_LT] = " < ",  [OG_OP_LE] = " <= ", [OG_OP_GT] = " > ",
        [OG_OP_GE] = " >= ", [OG_OP_EQ] = " == ", [OG_OP_NE] = " != ",
    };
    switch (node->op) {
    case OG_OP_ADD:
        print_sum(p, node, bind);
        break;
    case OG_OP_SUB:
        print_operator(p, node, " - ", BIND_SUM, BIND_TERM, BIND_SUM, bind);
        break;
    case OG_OP_MUL:
        if (print_whole_power(p, node, bind))
            break;
        print_operator(p, node, "*", BIND_TERM, BIND_UNARY, BIND_TERM, bind);
        break;
    case OG_OP_DIV:
        print_operator(p, node, "/", BIND_TERM, BIND_UNARY, BIND_TERM, bind);
        break;
    case OG_OP_POW:
        print_operator(p, node, "^", BIND_ATOM, BIND_POWER, BIND_POWER, bind);
        break;
    case OG_OP_NEG:
        og__text_add(p->text, bind > BIND_SUM ? "(-" : "-");
        print(p, node->args[0], BIND_TERM); /* (-u)*v is -(u*v) */
        og__text_add(p->text, bind > BIND_SUM ? ")" : "");
        break;
    case OG_OP_MIN:
        print_min(p, node);
        break;
    case OG_OP_MAX:
        print_call(p, "max", 2, node->args);
        break;
    case OG_OP_WHERE:
        print_call(p, "where", 3, node->args);
        break;
    default:
        if (comparisons[node->op])
            print_operator(p, node, comparisons[node->op], BIND_SUM, BIND_SUM, BIND_COMPARISON, bind);
        else
            print_call(p, og__op_name(node->op), 1, node->args);
    }
}

static void print(const printer *p, og__expr expr, int bind)
{
    if (p->text->length > p->bytes_max)
        return; /* a shared subexpression doubles the text at every level: stop before it explodes */
    const og__expr_node *node = &p->graph->nodes[expr];
    if (node->op == OG_OP_NUMBER)
        print_number(p, node->number, bind);
    else if (node->op == OG_OP_INPUT)
        og__text_add(p->text, og_input_name(node->input));
    else if (node->op == OG_OP_PARAM)
        og__text_add(p->text, p->names[node->param]);
    else
        print_operation(p, node, bind);
}

og_status og__print(const og__exprs *graph, og__expr expr, const char *const *names, size_t bytes_max, og__text *text)
{
    printer p = {.graph = graph, .names = names, .bytes_max = bytes_max, .text = text};
    print(&p, expr, BIND_COMPARISON);
    OG_TRY(og__text_status(text));
    if (text->length > bytes_max)
        return og__fail(OG_ERR_UNSUPPORTED, "the formula is too large: written out it exceeds %zu characters",
                        bytes_max);
    return OG_OK;
}

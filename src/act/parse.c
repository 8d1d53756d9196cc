/* Recursive descent, one function per level:
 *
 *   comparison := sum [ < | <= | > | >= | == | != sum ]
 *   sum        := term { + | - term }
 *   term       := unary { * | / unary }
 *   unary      := { + | - } power
 *   power      := atom [ ^ unary ]
 *   atom       := number | name | name ( arguments ) | ( comparison ) */
#include "act/parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/number.h"
#include "base/memory.h"
#include "base/text.h"

typedef struct parser {
    og__tokens tokens;
    int at, depth;
    const og__catalogue *catalogue;
    og__exprs *graph;
    const char *variable; /* the name of the input, or NULL where only constants may stand */
    og__expr input;
    int param_count;
    const og__parsed_param *params;
} parser;

static og_status parse_expression(parser *p, og__expr *expr);

static const og__token *token_at(const parser *p)
{
    return &p->tokens.items[p->at];
}

static bool is_sign(const og__token *token, char sign)
{
    return token->kind == OG_TOKEN_SIGN && token->sign == sign;
}

static bool accept(parser *p, char sign)
{
    if (!is_sign(token_at(p), sign))
        return false;
    p->at++;
    return true;
}

#define FAIL_AT(p, token, status, ...)                                                                                 \
    og__tokens_fail(status, (p)->tokens.text, (token)->start, (token)->length, __VA_ARGS__)

static og_status fail_expected(const parser *p, const char *expected)
{
    char found[64];
    const og__token *token = token_at(p);
    return FAIL_AT(p, token, OG_ERR_SYNTAX, "found %s, expected %s", og__token_text(&p->tokens, token, found),
                   expected);
}

static og_status expect(parser *p, char sign, const char *expected)
{
    return accept(p, sign) ? OG_OK : fail_expected(p, expected);
}

/* --- names -------------------------------------------------------------------------------------------------------- */

/* Functions that are not a primitive of one argument. */
typedef struct builtin {
    const char *name;
    int arity;
    og__op op; /* OG_OP_COUNT: clamp, which is a min of a max */
} builtin;

static const builtin builtins[] = {
    {"min", 2, OG_OP_MIN},     {"max", 2, OG_OP_MAX},     {"pow", 2, OG_OP_POW},
    {"clamp", 3, OG_OP_COUNT}, {"where", 3, OG_OP_WHERE},
};
static const char *const reserved[] = {"x", "pi", "learn", "channel"};

enum { BUILTINS = sizeof builtins / sizeof builtins[0], RESERVED = sizeof reserved / sizeof reserved[0] };

static const builtin *find_builtin(const char *name)
{
    for (int i = 0; i < BUILTINS; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    return NULL;
}

static bool is_reserved(const char *name)
{
    for (int i = 0; i < RESERVED; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return false;
}

static bool is_function(const parser *p, const char *name)
{
    og__op op;
    return og__op_find(name, &op) || find_builtin(name) || og__catalogue_find(p->catalogue, name);
}

enum { NAMES_MAX = 512 };

/* "; did you mean 'tanh'?" out of the functions, or of the parameters and constants; "" when nothing is near. */
static void suggest(const parser *p, const char *name, bool functions, bool values, char *text, size_t size)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (og__op op = 0; functions && op < OG_OP_COUNT; op++)
        if (og__op_name(op))
            names[count++] = og__op_name(op);
    for (int i = 0; functions && i < BUILTINS; i++)
        names[count++] = builtins[i].name;
    for (size_t i = 0; functions && i < p->catalogue->count && count < NAMES_MAX - OG_ACT_PARAMS_MAX - RESERVED; i++)
        names[count++] = p->catalogue->rows[i].entry.id;
    for (int i = 0; values && i < p->param_count; i++)
        names[count++] = p->params[i].name;
    if (values) {
        names[count++] = "x";
        names[count++] = "pi";
    }
    const char *nearest = og__nearest_name(name, names, count);
    text[0] = '\0';
    if (nearest)
        snprintf(text, size, "; did you mean '%s'?", nearest);
}

static og_status fail_unknown_value(const parser *p, const og__token *token)
{
    char hint[96];
    suggest(p, token->name, p->tokens.count == 2, true, hint, sizeof hint);
    if (p->tokens.count == 2) /* the whole text is one name */
        return FAIL_AT(p, token, OG_ERR_NAME, "unknown activation '%s'%s", token->name,
                       hint[0] ? hint : "; 'ogive act list' shows those there are");
    if (!p->variable)
        return FAIL_AT(p, token, OG_ERR_SYNTAX, "found '%s', expected a number", token->name);
    return FAIL_AT(p, token, OG_ERR_NAME, "unknown name '%s'; a parameter is declared behind the formula: '; %s = 1'%s",
                   token->name, token->name, token->length > 2 ? hint : "");
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

static og_status parse_arguments(parser *p, const og__token *name, int arity, og__expr *args)
{
    for (int k = 0; k < arity; k++) {
        if (is_sign(token_at(p), ')'))
            return FAIL_AT(p, token_at(p), OG_ERR_SYNTAX, "'%s' takes %d argument%s, found %d", name->name, arity,
                           arity == 1 ? "" : "s", k);
        OG_TRY(parse_expression(p, &args[k]));
        if (k + 1 < arity && !is_sign(token_at(p), ')'))
            OG_TRY(expect(p, ',', "',' or an operator"));
    }
    if (is_sign(token_at(p), ','))
        return FAIL_AT(p, token_at(p), OG_ERR_SYNTAX, "'%s' takes %d argument%s, found more", name->name, arity,
                       arity == 1 ? "" : "s");
    return expect(p, ')', "')' or an operator");
}

static og_status find_row_param(const parser *p, const og__catalogue_row *row, const og__token *token, size_t *index)
{
    const og_act_entry *entry = &row->entry;
    const char *names[OG_ACT_PARAMS_MAX];
    for (*index = 0; *index < entry->param_count; ++*index) {
        names[*index] = entry->params[*index].name;
        if (strcmp(names[*index], token->name) == 0)
            return OG_OK;
    }
    const char *nearest = og__nearest_name(token->name, names, entry->param_count);
    if (entry->param_count == 0)
        return FAIL_AT(p, token, OG_ERR_NAME, "'%s' has no parameters", entry->id);
    return FAIL_AT(p, token, OG_ERR_NAME, "'%s' has no parameter '%s'; %s '%s'", entry->id, token->name,
                   entry->param_count == 1 ? "its only one is"
                   : nearest               ? "did you mean"
                                           : "its first is",
                   nearest ? nearest : names[0]);
}

/* name(expression, p = expression, ...): a row of the catalogue as a function. Where a primitive has the same name, it
 * is meant when no parameter is given. */
static og_status parse_row_call(parser *p, const og__token *name, const og__catalogue_row *row, og__expr *expr)
{
    og__op primitive;
    og__expr input, params[OG_ACT_PARAMS_MAX];
    bool given[OG_ACT_PARAMS_MAX] = {0};
    for (size_t k = 0; k < row->entry.param_count; k++)
        params[k] = og__expr_number(p->graph, og__number_of_float(row->entry.params[k].value));
    const og__token *first = token_at(p);
    if (first->kind == OG_TOKEN_NAME && is_sign(first + 1, '='))
        return FAIL_AT(p, name, OG_ERR_SYNTAX, "inside a formula '%s' needs its input first: %s(x, %s = ...)",
                       name->name, name->name, first->name);
    if (is_sign(first, ')'))
        return fail_expected(p, "the function's input");
    OG_TRY(parse_expression(p, &input));
    if (og__op_find(name->name, &primitive) && accept(p, ')')) {
        *expr = og__expr_1(p->graph, primitive, input);
        return OG_OK;
    }
    while (accept(p, ',')) {
        const og__token *token = token_at(p);
        size_t index;
        if (token->kind != OG_TOKEN_NAME || !is_sign(token + 1, '='))
            return fail_expected(p, "a parameter as in 'a = 0.1'");
        OG_TRY(find_row_param(p, row, token, &index));
        if (given[index])
            return FAIL_AT(p, token, OG_ERR_SYNTAX, "'%s' is given twice", token->name);
        given[index] = true;
        p->at += 2;
        OG_TRY(parse_expression(p, &params[index]));
    }
    OG_TRY(expect(p, ')', "',', ')' or an operator"));
    *expr = og__expr_substitute(p->graph, &row->graph, row->value, input, params);
    return OG_OK;
}

static og_status parse_call(parser *p, const og__token *name, og__expr *expr)
{
    og__op op;
    og__expr args[OG_EXPR_ARGS_MAX];
    const builtin *function = find_builtin(name->name);
    const og__catalogue_row *row = og__catalogue_find(p->catalogue, name->name);
    if (og__op_find(name->name, &op) && !(row && row->entry.param_count > 0)) {
        OG_TRY(parse_arguments(p, name, 1, args));
        *expr = og__expr_1(p->graph, op, args[0]);
        return OG_OK;
    }
    if (row)
        return parse_row_call(p, name, row, expr);
    if (!function) {
        char hint[96];
        suggest(p, name->name, true, false, hint, sizeof hint);
        return FAIL_AT(p, name, OG_ERR_NAME, "unknown function '%s'%s", name->name, hint);
    }
    OG_TRY(parse_arguments(p, name, function->arity, args));
    if (function->op == OG_OP_WHERE)
        *expr = og__expr_where(p->graph, args[0], args[1], args[2]);
    else if (function->op == OG_OP_COUNT)
        *expr = og__expr_2(p->graph, OG_OP_MIN, og__expr_2(p->graph, OG_OP_MAX, args[0], args[1]), args[2]);
    else
        *expr = og__expr_2(p->graph, function->op, args[0], args[1]);
    return OG_OK;
}

/* --- expressions -------------------------------------------------------------------------------------------------- */

static og_status parse_name(parser *p, const og__token *name, og__expr *expr)
{
    if (accept(p, '('))
        return is_function(p, name->name) || !(p->variable && strcmp(name->name, p->variable) == 0)
                   ? parse_call(p, name, expr)
                   : FAIL_AT(p, name, OG_ERR_SYNTAX, "'%s' is not a function; write '%s*(' for a product", name->name,
                             name->name);
    for (int i = 0; i < p->param_count; i++)
        if (strcmp(p->params[i].name, name->name) == 0) {
            *expr = og__expr_param(p->graph, i);
            return OG_OK;
        }
    if (p->variable && strcmp(name->name, p->variable) == 0)
        *expr = p->input;
    else if (strcmp(name->name, "pi") == 0)
        *expr = og__expr_number(p->graph, M_PI);
    else if (is_function(p, name->name))
        return FAIL_AT(p, name, OG_ERR_SYNTAX, "'%s' is a function: expected '(' and its arguments", name->name);
    else
        return fail_unknown_value(p, name);
    return OG_OK;
}

static og_status parse_atom(parser *p, og__expr *expr)
{
    const og__token *token = token_at(p);
    if (token->kind == OG_TOKEN_NUMBER) {
        p->at++;
        *expr = og__expr_number(p->graph, token->number);
        return OG_OK;
    }
    if (token->kind == OG_TOKEN_NAME) {
        p->at++;
        return parse_name(p, token, expr);
    }
    if (!accept(p, '('))
        return fail_expected(p, p->variable ? "a number, x, a parameter, a function or '('" : "a number");
    OG_TRY(parse_expression(p, expr));
    return expect(p, ')', "')' or an operator");
}

static og_status parse_unary(parser *p, og__expr *expr);

static og_status parse_power(parser *p, og__expr *expr)
{
    OG_TRY(parse_atom(p, expr));
    if (accept(p, '^')) {
        og__expr exponent;
        OG_TRY(parse_unary(p, &exponent));
        *expr = og__expr_2(p->graph, OG_OP_POW, *expr, exponent);
    }
    return OG_OK;
}

/* Every way around the grammar's circle passes here, so this is where the depth is counted. */
static og_status parse_unary(parser *p, og__expr *expr)
{
    bool negate = false;
    while (is_sign(token_at(p), '+') || is_sign(token_at(p), '-'))
        negate ^= is_sign(&p->tokens.items[p->at++], '-');
    if (p->depth == OG_FORMULA_DEPTH_MAX)
        return FAIL_AT(p, token_at(p), OG_ERR_SYNTAX, "brackets and powers are nested more than %d deep",
                       OG_FORMULA_DEPTH_MAX);
    p->depth++;
    OG_TRY(parse_power(p, expr));
    p->depth--;
    if (negate)
        *expr = og__expr_1(p->graph, OG_OP_NEG, *expr);
    return OG_OK;
}

static og_status parse_term(parser *p, og__expr *expr)
{
    OG_TRY(parse_unary(p, expr));
    while (is_sign(token_at(p), '*') || is_sign(token_at(p), '/')) {
        og__op op = accept(p, '*') ? OG_OP_MUL : (p->at++, OG_OP_DIV);
        og__expr right;
        OG_TRY(parse_unary(p, &right));
        *expr = og__expr_2(p->graph, op, *expr, right);
    }
    return OG_OK;
}

static og_status parse_sum(parser *p, og__expr *expr)
{
    OG_TRY(parse_term(p, expr));
    while (is_sign(token_at(p), '+') || is_sign(token_at(p), '-')) {
        og__op op = accept(p, '+') ? OG_OP_ADD : (p->at++, OG_OP_SUB);
        og__expr right;
        OG_TRY(parse_term(p, &right));
        *expr = og__expr_2(p->graph, op, *expr, right);
    }
    return OG_OK;
}

static bool comparison_op(const og__token *token, og__op *op)
{
    static const char signs[] = {'<', 'L', '>', 'G', 'E', 'N'};
    static const og__op ops[] = {OG_OP_LT, OG_OP_LE, OG_OP_GT, OG_OP_GE, OG_OP_EQ, OG_OP_NE};
    for (size_t i = 0; i < sizeof signs; i++)
        if (is_sign(token, signs[i])) {
            *op = ops[i];
            return true;
        }
    return false;
}

static og_status parse_expression(parser *p, og__expr *expr)
{
    og__op op;
    OG_TRY(parse_sum(p, expr));
    if (!comparison_op(token_at(p), &op))
        return OG_OK;
    p->at++;
    og__expr right;
    OG_TRY(parse_sum(p, &right));
    *expr = og__expr_2(p->graph, op, *expr, right);
    if (comparison_op(token_at(p), &op))
        return FAIL_AT(p, token_at(p), OG_ERR_SYNTAX, "comparisons do not chain; write (a < b)*(b < c)");
    return OG_OK;
}

og_status og__parse_rule(og__exprs *graph, const char *rule, og__expr u, og__expr *value)
{
    static const og__catalogue none;
    parser p = {.catalogue = &none, .graph = graph, .variable = "u", .input = u};
    OG_TRY(og__tokens_init(&p.tokens, rule));
    og_status status = parse_expression(&p, value);
    og__tokens_deinit(&p.tokens);
    return status;
}

/* --- parameters --------------------------------------------------------------------------------------------------- */

/* A constant expression: numbers and pi. */
static og_status parse_constant(parser *p, float *value)
{
    og_status status = OG_OK;
    og__exprs graph;
    const og__token *first = token_at(p);
    parser inner = *p;
    OG_TRY(og__exprs_init(&graph));
    inner.graph = &graph;
    inner.variable = NULL;
    inner.param_count = 0;
    og__expr expr;
    OG_GO(parse_expression(&inner, &expr));
    OG_GO(og__exprs_status(&graph));
    p->at = inner.at;
    if (graph.nodes[expr].op != OG_OP_NUMBER)
        status = FAIL_AT(p, first, OG_ERR_ARGUMENT, "the value is not a finite number of float32");
    *value = (float)graph.nodes[expr].number;
done:
    og__exprs_deinit(&graph);
    return status;
}

/* number | learn(number) | learn(number, channel) */
static og_status parse_value(parser *p, og__parsed_param *param)
{
    const og__token *token = token_at(p);
    param->learn = OG_LEARN_NO;
    if (token->kind != OG_TOKEN_NAME || strcmp(token->name, "learn") != 0)
        return parse_constant(p, &param->value);
    p->at++;
    param->learn = OG_LEARN_LAYER;
    OG_TRY(expect(p, '(', "'(' as in learn(0.25)"));
    OG_TRY(parse_constant(p, &param->value));
    if (accept(p, ',')) {
        if (token_at(p)->kind != OG_TOKEN_NAME || strcmp(token_at(p)->name, "channel") != 0)
            return fail_expected(p, "'channel'");
        p->at++;
        param->learn = OG_LEARN_CHANNEL;
    }
    return expect(p, ')', param->learn == OG_LEARN_CHANNEL ? "')'" : "')' or ', channel'");
}

static og_status check_new_name(const parser *p, const og__token *token, const og__parsed *parsed)
{
    if (is_reserved(token->name))
        return FAIL_AT(p, token, OG_ERR_NAME, "'%s' has a meaning of its own and cannot be a parameter", token->name);
    if (is_function(p, token->name))
        return FAIL_AT(p, token, OG_ERR_NAME, "'%s' is a function and cannot be a parameter", token->name);
    for (int i = 0; i < parsed->param_count; i++)
        if (strcmp(parsed->params[i].name, token->name) == 0)
            return FAIL_AT(p, token, OG_ERR_SYNTAX, "'%s' is given twice", token->name);
    if (parsed->param_count == OG_ACT_PARAMS_MAX)
        return FAIL_AT(p, token, OG_ERR_SYNTAX, "more than %d parameters", OG_ACT_PARAMS_MAX);
    return OG_OK;
}

/* { name = value , } up to, not including, the closing token. */
static og_status parse_new_params(parser *p, og__parsed *parsed)
{
    do {
        const og__token *token = token_at(p);
        if (token->kind != OG_TOKEN_NAME)
            return fail_expected(p, "a parameter as in 'a = 0.1'");
        OG_TRY(check_new_name(p, token, parsed));
        og__parsed_param *param = &parsed->params[parsed->param_count];
        memcpy(param->name, token->name, sizeof param->name);
        p->at++;
        OG_TRY(expect(p, '=', "'=' and the parameter's value"));
        OG_TRY(parse_value(p, param));
        parsed->param_count++;
    } while (accept(p, ','));
    return OG_OK;
}

/* --- whole texts -------------------------------------------------------------------------------------------------- */

static og_status expect_end(const parser *p)
{
    const og__token *token = token_at(p), *before = token - 1;
    if (token->kind == OG_TOKEN_END)
        return OG_OK;
    if (token->kind == OG_TOKEN_NAME && before->kind == OG_TOKEN_NUMBER)
        return fail_expected(p, "an operator or the end ('*' is not left out)");
    if (is_sign(token, '='))
        return fail_expected(p, "'==' to compare, or ';' before the parameters");
    return fail_expected(p, "an operator or the end");
}

/* name | name(p = value, ...) */
static og_status parse_use(parser *p, const og__catalogue_row *row, og__parsed *parsed)
{
    bool given[OG_ACT_PARAMS_MAX] = {0};
    parsed->row = row;
    parsed->param_count = (int)row->entry.param_count;
    for (int i = 0; i < parsed->param_count; i++) {
        const og_act_param *param = &row->entry.params[i];
        parsed->params[i] = (og__parsed_param){.value = param->value, .learn = param->learn};
        snprintf(parsed->params[i].name, sizeof parsed->params[i].name, "%s", param->name);
    }
    p->at++;
    if (!accept(p, '('))
        return OG_OK;
    if (accept(p, ')'))
        return expect_end(p);
    do {
        const og__token *token = token_at(p);
        size_t index;
        if (token->kind != OG_TOKEN_NAME)
            return fail_expected(p, "a parameter as in 'a = 0.1'");
        OG_TRY(find_row_param(p, row, token, &index));
        if (given[index])
            return FAIL_AT(p, token, OG_ERR_SYNTAX, "'%s' is given twice", token->name);
        given[index] = true;
        p->at++;
        OG_TRY(expect(p, '=', "'=' and the parameter's value"));
        OG_TRY(parse_value(p, &parsed->params[index]));
    } while (accept(p, ','));
    OG_TRY(expect(p, ')', "',' or ')'"));
    if (token_at(p)->kind != OG_TOKEN_END)
        return FAIL_AT(p, token_at(p), OG_ERR_SYNTAX,
                       "expected the end behind the values; inside a formula write %s(x, ...)", row->entry.id);
    return OG_OK;
}

static og_status parse_body(parser *p, og__parsed *parsed)
{
    p->graph = &parsed->graph;
    p->variable = "x";
    p->param_count = parsed->param_count;
    p->params = parsed->params;
    p->input = og__expr_x(p->graph);
    OG_TRY(parse_expression(p, &parsed->value));
    return og__exprs_status(p->graph);
}

/* What is parsed must depend on x and on all of its parameters. */
static og_status check_dependence(const parser *p, const og__parsed *parsed)
{
    bool *needed, has_x = false, has[OG_ACT_PARAMS_MAX] = {0};
    const og__exprs *graph = &parsed->graph;
    OG_TRY(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    og__exprs_mark(graph, 1, &parsed->value, needed);
    for (og__expr i = 0; i < graph->count; i++) {
        has_x |= needed[i] && graph->nodes[i].op == OG_OP_X;
        if (needed[i] && graph->nodes[i].op == OG_OP_PARAM)
            has[graph->nodes[i].param] = true;
    }
    free(needed);
    const og__token *first = &p->tokens.items[0];
    if (!has_x)
        return FAIL_AT(p, first, OG_ERR_ARGUMENT, "the formula does not depend on x%s",
                       first->kind == OG_TOKEN_NAME && is_sign(first + 1, '(')
                           ? "; a parameter is set as in 'name(a = 0.1)'"
                           : "");
    for (int i = 0; i < parsed->param_count; i++)
        if (!has[i])
            return FAIL_AT(p, first, OG_ERR_ARGUMENT, "the formula does not depend on its parameter '%s'",
                           parsed->params[i].name);
    return OG_OK;
}

/* expression [ ; p = value , ... ]; the parameters are read first, since the expression needs their names. */
static og_status parse_formula(parser *p, og__parsed *parsed)
{
    int start = p->at, end = start;
    while (p->tokens.items[end].kind != OG_TOKEN_END && !is_sign(&p->tokens.items[end], ';'))
        end++;
    int after = end;
    if (p->tokens.items[end].kind != OG_TOKEN_END) {
        p->at = end + 1;
        OG_TRY(parse_new_params(p, parsed));
        OG_TRY(expect_end(p));
        after = p->at;
    }
    p->at = start;
    OG_TRY(parse_body(p, parsed));
    if (p->at != end)
        return expect_end(p);
    p->at = after;
    return check_dependence(p, parsed);
}

/* name(p = default, ...) = expression */
static og_status parse_definition(parser *p, og__parsed *parsed)
{
    const og__token *name = token_at(p);
    if (is_reserved(name->name))
        return FAIL_AT(p, name, OG_ERR_NAME, "'%s' cannot be defined; '==' compares", name->name);
    if (is_function(p, name->name) && !og__op_find(name->name, &(og__op){0}))
        return FAIL_AT(p, name, OG_ERR_NAME, "'%s' is defined already; a formula needs no name", name->name);
    memcpy(parsed->name, name->name, sizeof parsed->name);
    p->at++;
    if (accept(p, '(') && !accept(p, ')')) {
        OG_TRY(parse_new_params(p, parsed));
        OG_TRY(expect(p, ')', "',' or ')'"));
    }
    OG_TRY(expect(p, '=', "'='"));
    parsed->formula_start = token_at(p)->start;
    OG_TRY(parse_body(p, parsed));
    OG_TRY(expect_end(p));
    return check_dependence(p, parsed);
}

/* A definition has '=' right behind its name or behind the bracket that follows it. */
static bool is_definition(const og__tokens *tokens)
{
    const og__token *token = tokens->items;
    if (token->kind != OG_TOKEN_NAME)
        return false;
    token++;
    if (is_sign(token, '(')) {
        int open = 1;
        for (token++; open > 0 && token->kind != OG_TOKEN_END; token++)
            open += is_sign(token, '(') - is_sign(token, ')');
    }
    return is_sign(token, '=');
}

static bool is_use(const og__tokens *tokens)
{
    const og__token *items = tokens->items;
    return items[1].kind == OG_TOKEN_END ||
           (is_sign(&items[1], '(') &&
            (is_sign(&items[2], ')') || (items[2].kind == OG_TOKEN_NAME && is_sign(&items[3], '='))));
}

og_status og__parse(const char *text, const og__catalogue *catalogue, og__parsed *parsed)
{
    og_status status = OG_OK;
    parser p = {.catalogue = catalogue};
    *parsed = (og__parsed){0};
    OG_TRY(og__tokens_init(&p.tokens, text));
    const og__token *first = p.tokens.items;
    const og__catalogue_row *row = first->kind == OG_TOKEN_NAME ? og__catalogue_find(catalogue, first->name) : NULL;
    OG_GO(og__exprs_init(&parsed->graph));
    if (first->kind == OG_TOKEN_END)
        status = og__fail(OG_ERR_SYNTAX, "the formula is empty; expected a name such as 'relu' or an expression in x");
    else if (is_definition(&p.tokens))
        status = parse_definition(&p, parsed);
    else if (row && is_use(&p.tokens))
        status = parse_use(&p, row, parsed);
    else
        status = parse_formula(&p, parsed);
done:
    og__tokens_deinit(&p.tokens);
    if (status != OG_OK)
        og__parsed_deinit(parsed);
    return status;
}

void og__parsed_deinit(og__parsed *parsed)
{
    og__exprs_deinit(&parsed->graph);
}

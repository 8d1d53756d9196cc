/* Recursive descent, one function per level:
 *
 *   comparison := sum [ < | <= | > | >= | == | != sum ]
 *   sum        := term { + | - term }
 *   term       := unary { * | / unary }
 *   unary      := { + | - } power
 *   power      := atom [ ^ unary ]
 *   atom       := number | name | name ( arguments ) | ( comparison ) */
#include "act/parser.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "act/alias.h"
#include "act/input.h"
#include "act/number.h"
#include "base/text.h"

og_status og__parser_fail(const og__parser *p, const char *expected)
{
    char found[64];
    const og__token *token = og__parser_token(p);
    return OG_FAIL_AT(p, token, OG_ERR_SYNTAX, "found %s, expected %s", og__token_text(&p->tokens, token, found),
                      expected);
}

og_status og__parser_expect(og__parser *p, char sign, const char *expected)
{
    return og__parser_accept(p, sign) ? OG_OK : og__parser_fail(p, expected);
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
static const char *const reserved[] = {"pi", "learn", "channel", "layer", "uniform", "normal", "alternate", "excite"};

enum { BUILTINS = sizeof builtins / sizeof builtins[0], RESERVED = sizeof reserved / sizeof reserved[0] };

static const builtin *find_builtin(const char *name)
{
    for (int i = 0; i < BUILTINS; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    return NULL;
}

bool og__parser_is_reserved(const char *name)
{
    og_input input;
    if (og__input_find(name, &input))
        return true;
    for (int i = 0; i < RESERVED; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return false;
}

bool og__parser_is_function(const og__parser *p, const char *name)
{
    og__op op;
    return og__op_find(name, &op) || find_builtin(name) || og__catalogue_find(p->catalogue, name);
}

enum { NAMES_MAX = 512 };

/* "; did you mean 'tanh'?" out of the functions, or of the parameters and constants; "" when nothing is near. */
static void suggest(const og__parser *p, const char *name, bool functions, bool values, char *text, size_t size)
{
    const char *names[NAMES_MAX], *known = functions ? og__alias_hint(name) : NULL;
    size_t count = 0;
    if (known) {
        snprintf(text, size, "; ogive calls it '%s'", known);
        return;
    }
    for (og__op op = 0; functions && op < OG_OP_COUNT; op++)
        if (og__op_name(op))
            names[count++] = og__op_name(op);
    for (int i = 0; functions && i < BUILTINS; i++)
        names[count++] = builtins[i].name;
    for (size_t i = 0;
         functions && i < p->catalogue->count && count < NAMES_MAX - OG_ACT_PARAMS_MAX - OG_INPUT_COUNT - 1; i++)
        names[count++] = p->catalogue->rows[i].entry.id;
    for (int i = 0; values && i < p->param_count; i++)
        names[count++] = p->params[i].name;
    if (values) {
        for (og_input i = 0; i < OG_INPUT_COUNT; i++)
            names[count++] = og_input_name(i);
        names[count++] = "pi";
    }
    char found[OG_ALIAS_WORD_BYTES];
    bool whole = functions && values; /* a whole text, in which a library's name may stand */
    const char *nearest = whole ? og__alias_nearest(name, count, names, found) : og__nearest_name(name, names, count);
    text[0] = '\0';
    if (nearest)
        snprintf(text, size, "; did you mean '%s'?", nearest);
}

static og_status fail_unknown_value(const og__parser *p, const og__token *token)
{
    char hint[96];
    suggest(p, token->name, p->tokens.count == 2, true, hint, sizeof hint);
    if (p->tokens.count == 2) /* the whole text is one name */
        return OG_FAIL_AT(p, token, OG_ERR_NAME, "unknown activation '%s'%s", token->name,
                          hint[0] ? hint : "; 'ogive act list' shows those there are");
    if (!p->variable)
        return OG_FAIL_AT(p, token, OG_ERR_SYNTAX, "found '%s', expected a number", token->name);
    return OG_FAIL_AT(p, token, OG_ERR_NAME,
                      "unknown name '%s'; a parameter is declared behind the formula: '; %s = 1'%s", token->name,
                      token->name, token->length > 2 ? hint : "");
}

/* --- calls -------------------------------------------------------------------------------------------------------- */

static og_status parse_arguments(og__parser *p, const og__token *name, int arity, og__expr *args)
{
    for (int k = 0; k < arity; k++) {
        if (og__token_is(og__parser_token(p), ')'))
            return OG_FAIL_AT(p, og__parser_token(p), OG_ERR_SYNTAX, "'%s' takes %d argument%s, found %d", name->name,
                              arity, arity == 1 ? "" : "s", k);
        OG_TRY(og__parser_expression(p, &args[k]));
        if (k + 1 < arity && !og__token_is(og__parser_token(p), ')'))
            OG_TRY(og__parser_expect(p, ',', "',' or an operator"));
    }
    if (og__token_is(og__parser_token(p), ','))
        return OG_FAIL_AT(p, og__parser_token(p), OG_ERR_SYNTAX, "'%s' takes %d argument%s, found more", name->name,
                          arity, arity == 1 ? "" : "s");
    return og__parser_expect(p, ')', "')' or an operator");
}

og_status og__parser_row_param(const og__parser *p, const og__catalogue_row *row, const og__token *token, size_t *index)
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
        return OG_FAIL_AT(p, token, OG_ERR_NAME, "'%s' has no parameters", entry->id);
    return OG_FAIL_AT(p, token, OG_ERR_NAME, "'%s' has no parameter '%s'; %s '%s'", entry->id, token->name,
                      entry->param_count == 1 ? "its only one is"
                      : nearest               ? "did you mean"
                                              : "its first is",
                      nearest ? nearest : names[0]);
}

/* Inside a formula a parameter that is left out is the row's number; what varies over channels has none. */
static og_status check_left_out(const og__parser *p, const og__token *name, const og__catalogue_row *row,
                                const bool *given)
{
    for (size_t k = 0; k < row->entry.param_count; k++) {
        og_param_source source = row->entry.params[k].source;
        if (!given[k] && (source == OG_PARAM_ALTERNATE || source == OG_PARAM_EXCITE))
            return OG_FAIL_AT(p, name, OG_ERR_SYNTAX,
                              "inside a formula '%s' needs its '%s': write %s(x, %s = p) and declare p behind ';'",
                              name->name, row->entry.params[k].name, name->name, row->entry.params[k].name);
    }
    return OG_OK;
}

/* name(expression, p = expression, ...): a row of the catalogue as a function. Where a primitive has the same name, it
 * is meant when no parameter is given. */
static og_status parse_row_call(og__parser *p, const og__token *name, const og__catalogue_row *row, og__expr *expr)
{
    og__op primitive;
    og__expr input, params[OG_ACT_PARAMS_MAX];
    bool given[OG_ACT_PARAMS_MAX] = {0};
    for (size_t k = 0; k < row->entry.param_count; k++)
        params[k] = og__expr_number(p->graph, og__number_of_float(row->entry.params[k].value));
    const og__token *first = og__parser_token(p);
    if (row->entry.uses[OG_INPUT_MIRROR])
        return OG_FAIL_AT(p, name, OG_ERR_SYNTAX, "'%s' reads mirror, not x, and cannot be part of a formula",
                          name->name);
    if (first->kind == OG_TOKEN_NAME && og__token_is(first + 1, '='))
        return OG_FAIL_AT(p, name, OG_ERR_SYNTAX, "inside a formula '%s' needs its input first: %s(x, %s = ...)",
                          name->name, name->name, first->name);
    if (og__token_is(first, ')'))
        return og__parser_fail(p, "the function's input");
    OG_TRY(og__parser_expression(p, &input));
    if (og__op_find(name->name, &primitive) && og__parser_accept(p, ')')) {
        *expr = og__expr_1(p->graph, primitive, input);
        return OG_OK;
    }
    while (og__parser_accept(p, ',')) {
        const og__token *token = og__parser_token(p);
        size_t index;
        if (token->kind != OG_TOKEN_NAME || !og__token_is(token + 1, '='))
            return og__parser_fail(p, "a parameter as in 'a = 0.1'");
        OG_TRY(og__parser_row_param(p, row, token, &index));
        if (given[index])
            return OG_FAIL_AT(p, token, OG_ERR_SYNTAX, "'%s' is given twice", token->name);
        given[index] = true;
        p->at += 2;
        OG_TRY(og__parser_expression(p, &params[index]));
    }
    OG_TRY(og__parser_expect(p, ')', "',', ')' or an operator"));
    OG_TRY(check_left_out(p, name, row, given));
    *expr = og__expr_substitute(p->graph, &row->graph, row->value, input, params);
    return OG_OK;
}

static og_status parse_call(og__parser *p, const og__token *name, og__expr *expr)
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
    if (!function && og__parser_is_reserved(name->name))
        return OG_FAIL_AT(
            p, name, OG_ERR_SYNTAX, "'%s' is not a function%s", name->name,
            og__input_find(name->name, &(og_input){0})
                ? ""
                : "; where a parameter's value comes from is said behind the formula: '; a = learn(0.1)'");
    if (!function) {
        char hint[96];
        suggest(p, name->name, true, false, hint, sizeof hint);
        return OG_FAIL_AT(p, name, OG_ERR_NAME, "unknown function '%s'%s", name->name, hint);
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

static og_status parse_name(og__parser *p, const og__token *name, og__expr *expr)
{
    og_input input;
    if (og__parser_accept(p, '('))
        return og__parser_is_function(p, name->name) || !(p->variable && strcmp(name->name, p->variable) == 0)
                   ? parse_call(p, name, expr)
                   : OG_FAIL_AT(p, name, OG_ERR_SYNTAX, "'%s' is not a function; write '%s*(' for a product",
                                name->name, name->name);
    for (int i = 0; i < p->param_count; i++)
        if (strcmp(p->params[i].name, name->name) == 0) {
            *expr = og__expr_param(p->graph, i);
            return OG_OK;
        }
    if (p->variable && strcmp(name->name, p->variable) == 0)
        *expr = p->input;
    else if (p->reads_inputs && og__input_find(name->name, &input))
        *expr = og__expr_input(p->graph, input);
    else if (strcmp(name->name, "pi") == 0)
        *expr = og__expr_number(p->graph, M_PI);
    else if (og__parser_is_function(p, name->name))
        return OG_FAIL_AT(p, name, OG_ERR_SYNTAX, "'%s' is a function: expected '(' and its arguments", name->name);
    else
        return fail_unknown_value(p, name);
    return OG_OK;
}

static og_status parse_atom(og__parser *p, og__expr *expr)
{
    const og__token *token = og__parser_token(p);
    if (token->kind == OG_TOKEN_NUMBER) {
        p->at++;
        *expr = og__expr_number(p->graph, token->number);
        return OG_OK;
    }
    if (token->kind == OG_TOKEN_NAME) {
        p->at++;
        return parse_name(p, token, expr);
    }
    if (!og__parser_accept(p, '('))
        return og__parser_fail(p, p->variable ? "a number, x, a parameter, a function or '('" : "a number");
    OG_TRY(og__parser_expression(p, expr));
    return og__parser_expect(p, ')', "')' or an operator");
}

static og_status parse_unary(og__parser *p, og__expr *expr);

static og_status parse_power(og__parser *p, og__expr *expr)
{
    OG_TRY(parse_atom(p, expr));
    if (og__parser_accept(p, '^')) {
        og__expr exponent;
        OG_TRY(parse_unary(p, &exponent));
        *expr = og__expr_2(p->graph, OG_OP_POW, *expr, exponent);
    }
    return OG_OK;
}

/* Every way around the grammar's circle passes here, so this is where the depth is counted. */
static og_status parse_unary(og__parser *p, og__expr *expr)
{
    bool negate = false;
    while (og__token_is(og__parser_token(p), '+') || og__token_is(og__parser_token(p), '-'))
        negate ^= og__token_is(&p->tokens.items[p->at++], '-');
    if (p->depth == OG_FORMULA_DEPTH_MAX)
        return OG_FAIL_AT(p, og__parser_token(p), OG_ERR_SYNTAX, "brackets and powers are nested more than %d deep",
                          OG_FORMULA_DEPTH_MAX);
    p->depth++;
    OG_TRY(parse_power(p, expr));
    p->depth--;
    if (negate)
        *expr = og__expr_1(p->graph, OG_OP_NEG, *expr);
    return OG_OK;
}

static og_status parse_term(og__parser *p, og__expr *expr)
{
    OG_TRY(parse_unary(p, expr));
    while (og__token_is(og__parser_token(p), '*') || og__token_is(og__parser_token(p), '/')) {
        og__op op = og__parser_accept(p, '*') ? OG_OP_MUL : (p->at++, OG_OP_DIV);
        og__expr right;
        OG_TRY(parse_unary(p, &right));
        *expr = og__expr_2(p->graph, op, *expr, right);
    }
    return OG_OK;
}

static og_status parse_sum(og__parser *p, og__expr *expr)
{
    OG_TRY(parse_term(p, expr));
    while (og__token_is(og__parser_token(p), '+') || og__token_is(og__parser_token(p), '-')) {
        og__op op = og__parser_accept(p, '+') ? OG_OP_ADD : (p->at++, OG_OP_SUB);
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
        if (og__token_is(token, signs[i])) {
            *op = ops[i];
            return true;
        }
    return false;
}

og_status og__parser_expression(og__parser *p, og__expr *expr)
{
    og__op op;
    OG_TRY(parse_sum(p, expr));
    if (!comparison_op(og__parser_token(p), &op))
        return OG_OK;
    p->at++;
    og__expr right;
    OG_TRY(parse_sum(p, &right));
    *expr = og__expr_2(p->graph, op, *expr, right);
    if (comparison_op(og__parser_token(p), &op))
        return OG_FAIL_AT(p, og__parser_token(p), OG_ERR_SYNTAX, "comparisons do not chain; write (a < b)*(b < c)");
    return OG_OK;
}

og_status og__parse_rule(og__exprs *graph, const char *rule, og__expr u, og__expr *value)
{
    static const og__catalogue none;
    og__parser p = {.catalogue = &none, .graph = graph, .variable = "u", .input = u};
    OG_TRY(og__tokens_init(&p.tokens, rule));
    og_status status = og__parser_expression(&p, value);
    og__tokens_deinit(&p.tokens);
    return status;
}

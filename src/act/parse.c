#include "act/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/parser.h"
#include "base/memory.h"

/* --- parameters --------------------------------------------------------------------------------------------------- */

static og_status check_new_name(const og__parser *p, const og__token *token, const og__parsed *parsed)
{
    if (og__parser_is_reserved(token->name))
        return OG_FAIL_AT(p, token, OG_ERR_NAME, "'%s' has a meaning of its own and cannot be a parameter",
                          token->name);
    if (og__parser_is_function(p, token->name))
        return OG_FAIL_AT(p, token, OG_ERR_NAME, "'%s' is a function and cannot be a parameter", token->name);
    for (int i = 0; i < parsed->param_count; i++)
        if (strcmp(parsed->params[i].name, token->name) == 0)
            return OG_FAIL_AT(p, token, OG_ERR_SYNTAX, "'%s' is given twice", token->name);
    if (parsed->param_count == OG_ACT_PARAMS_MAX)
        return OG_FAIL_AT(p, token, OG_ERR_SYNTAX, "more than %d parameters", OG_ACT_PARAMS_MAX);
    return OG_OK;
}

/* { name = value , } up to, not including, the closing token. */
static og_status parse_new_params(og__parser *p, og__parsed *parsed)
{
    do {
        const og__token *token = og__parser_token(p);
        if (token->kind != OG_TOKEN_NAME)
            return og__parser_fail(p, "a parameter as in 'a = 0.1'");
        OG_TRY(check_new_name(p, token, parsed));
        og__parsed_param *param = &parsed->params[parsed->param_count];
        memcpy(param->name, token->name, sizeof param->name);
        p->at++;
        OG_TRY(og__parser_expect(p, '=', "'=' and the parameter's value"));
        OG_TRY(og__parser_value(p, &param->is));
        parsed->param_count++;
    } while (og__parser_accept(p, ','));
    return OG_OK;
}

/* --- whole texts -------------------------------------------------------------------------------------------------- */

static og_status expect_end(const og__parser *p)
{
    const og__token *token = og__parser_token(p), *before = token - 1;
    if (token->kind == OG_TOKEN_END)
        return OG_OK;
    if (token->kind == OG_TOKEN_NAME && before->kind == OG_TOKEN_NUMBER)
        return og__parser_fail(p, "an operator or the end ('*' is not left out)");
    if (og__token_is(token, '='))
        return og__parser_fail(p, "'==' to compare, or ';' before the parameters");
    return og__parser_fail(p, "an operator or the end");
}

/* The place of a name in the text, or of the whole where the name is inside a row of the catalogue. */
static const og__token *place_of(const og__parser *p, const char *name)
{
    for (int i = 0; i < p->tokens.count; i++)
        if (p->tokens.items[i].kind == OG_TOKEN_NAME && strcmp(p->tokens.items[i].name, name) == 0)
            return &p->tokens.items[i];
    return &p->tokens.items[0];
}

/* One pair of small matrix products predicts all excited values of a formula. */
static og_status check_excited(const og__parser *p, const og__parsed *parsed)
{
    const og_act_param *before = NULL;
    for (int i = 0; i < parsed->param_count; i++) {
        const og_act_param *param = &parsed->params[i].is;
        if (param->source != OG_PARAM_EXCITE)
            continue;
        if (before && (before->first != param->first || before->second != param->second))
            return OG_FAIL_AT(p, place_of(p, parsed->params[i].name), OG_ERR_ARGUMENT,
                              "excite() of '%s' has another reduction, or relu, than that before it; one hidden layer "
                              "predicts all excited parameters of a formula",
                              parsed->params[i].name);
        before = param;
    }
    return OG_OK;
}

/* name | name(p = value, ...) */
static og_status parse_use(og__parser *p, const og__catalogue_row *row, og__parsed *parsed)
{
    bool given[OG_ACT_PARAMS_MAX] = {0};
    parsed->row = row;
    parsed->param_count = (int)row->entry.param_count;
    for (int i = 0; i < parsed->param_count; i++) {
        parsed->params[i].is = row->entry.params[i];
        snprintf(parsed->params[i].name, sizeof parsed->params[i].name, "%s", row->entry.params[i].name);
    }
    p->at++;
    if (!og__parser_accept(p, '('))
        return OG_OK;
    if (og__parser_accept(p, ')'))
        return expect_end(p);
    do {
        const og__token *token = og__parser_token(p);
        size_t index;
        if (token->kind != OG_TOKEN_NAME)
            return og__parser_fail(p, "a parameter as in 'a = 0.1'");
        OG_TRY(og__parser_row_param(p, row, token, &index));
        if (given[index])
            return OG_FAIL_AT(p, token, OG_ERR_SYNTAX, "'%s' is given twice", token->name);
        given[index] = true;
        p->at++;
        OG_TRY(og__parser_expect(p, '=', "'=' and the parameter's value"));
        OG_TRY(og__parser_value(p, &parsed->params[index].is));
    } while (og__parser_accept(p, ','));
    OG_TRY(og__parser_expect(p, ')', "',' or ')'"));
    OG_TRY(check_excited(p, parsed));
    if (og__parser_token(p)->kind != OG_TOKEN_END)
        return OG_FAIL_AT(p, og__parser_token(p), OG_ERR_SYNTAX,
                          "expected the end behind the values; inside a formula write %s(x, ...)", row->entry.id);
    return OG_OK;
}

static og_status parse_body(og__parser *p, og__parsed *parsed)
{
    p->graph = &parsed->graph;
    p->variable = "x";
    p->param_count = parsed->param_count;
    p->params = parsed->params;
    p->input = og__expr_input(p->graph, OG_INPUT_X);
    p->reads_inputs = true;
    OG_TRY(og__parser_expression(p, &parsed->value));
    return og__exprs_status(p->graph);
}

static og_status check_inputs(const og__parser *p, const bool *uses)
{
    const og__token *first = &p->tokens.items[0];
    if (!uses[OG_INPUT_X] && !uses[OG_INPUT_MIRROR])
        return OG_FAIL_AT(p, first, OG_ERR_ARGUMENT, "the formula does not depend on x%s",
                          first->kind == OG_TOKEN_NAME && og__token_is(first + 1, '(')
                              ? "; a parameter is set as in 'name(a = 0.1)'"
                              : "");
    if (uses[OG_INPUT_X] && uses[OG_INPUT_MIRROR])
        return OG_FAIL_AT(p, place_of(p, "mirror"), OG_ERR_ARGUMENT,
                          "the formula reads both x and mirror, which stands in for x");
    for (og_input i = OG_INPUT_GATE2; i <= OG_INPUT_GATE3; i++)
        if (uses[i] && !uses[i - 1])
            return OG_FAIL_AT(p, place_of(p, og_input_name(i)), OG_ERR_ARGUMENT,
                              "the formula reads %s without %s; gates are used in order", og_input_name(i),
                              og_input_name(i - 1));
    return OG_OK;
}

/* What is parsed must depend on x and on all of its parameters. */
static og_status check_dependence(const og__parser *p, og__parsed *parsed)
{
    bool *needed, has[OG_ACT_PARAMS_MAX] = {0};
    const og__exprs *graph = &parsed->graph;
    OG_TRY(og__alloc((size_t)graph->count, sizeof *needed, &needed));
    og__exprs_mark(graph, 1, &parsed->value, needed);
    for (og__expr i = 0; i < graph->count; i++) {
        if (needed[i] && graph->nodes[i].op == OG_OP_INPUT)
            parsed->uses[graph->nodes[i].input] = true;
        if (needed[i] && graph->nodes[i].op == OG_OP_PARAM)
            has[graph->nodes[i].param] = true;
    }
    free(needed);
    OG_TRY(check_inputs(p, parsed->uses));
    for (int i = 0; i < parsed->param_count; i++)
        if (!has[i])
            return OG_FAIL_AT(p, &p->tokens.items[0], OG_ERR_ARGUMENT,
                              "the formula does not depend on its parameter '%s'", parsed->params[i].name);
    return check_excited(p, parsed);
}

/* expression [ ; p = value , ... ]; the parameters are read first, since the expression needs their names. */
static og_status parse_formula(og__parser *p, og__parsed *parsed)
{
    int start = p->at, end = start;
    while (p->tokens.items[end].kind != OG_TOKEN_END && !og__token_is(&p->tokens.items[end], ';'))
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
static og_status parse_definition(og__parser *p, og__parsed *parsed)
{
    const og__token *name = og__parser_token(p);
    if (og__parser_is_reserved(name->name))
        return OG_FAIL_AT(p, name, OG_ERR_NAME, "'%s' cannot be defined; '==' compares", name->name);
    if (og__parser_is_function(p, name->name) && !og__op_find(name->name, &(og__op){0}))
        return OG_FAIL_AT(p, name, OG_ERR_NAME, "'%s' is defined already; a formula needs no name", name->name);
    memcpy(parsed->name, name->name, sizeof parsed->name);
    p->at++;
    if (og__parser_accept(p, '(') && !og__parser_accept(p, ')')) {
        OG_TRY(parse_new_params(p, parsed));
        OG_TRY(og__parser_expect(p, ')', "',' or ')'"));
    }
    OG_TRY(og__parser_expect(p, '=', "'='"));
    parsed->formula_start = og__parser_token(p)->start;
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
    if (og__token_is(token, '(')) {
        int open = 1;
        for (token++; open > 0 && token->kind != OG_TOKEN_END; token++)
            open += og__token_is(token, '(') - og__token_is(token, ')');
    }
    return og__token_is(token, '=');
}

static bool is_use(const og__tokens *tokens)
{
    const og__token *items = tokens->items;
    return items[1].kind == OG_TOKEN_END ||
           (og__token_is(&items[1], '(') &&
            (og__token_is(&items[2], ')') || (items[2].kind == OG_TOKEN_NAME && og__token_is(&items[3], '='))));
}

og_status og__parse(const char *text, const og__catalogue *catalogue, og__parsed *parsed)
{
    og_status status = OG_OK;
    og__parser p = {.catalogue = catalogue};
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

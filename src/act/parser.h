/* The state of a parse, shared by parse.c (whole texts) and parse_expression.c (the grammar of expressions). */
#ifndef OG_ACT_PARSER_H
#define OG_ACT_PARSER_H

#include "act/parse.h"

typedef struct og__parser {
    og__tokens tokens;
    int at, depth;
    const og__catalogue *catalogue;
    og__exprs *graph;
    const char *variable; /* the name of the input, or NULL where only constants may stand */
    og__expr input;
    bool reads_inputs; /* whether gate, funnel, ... may stand beside the variable */
    int param_count;
    const og__parsed_param *params;
} og__parser;

static inline const og__token *og__parser_token(const og__parser *p)
{
    return &p->tokens.items[p->at];
}

static inline bool og__token_is(const og__token *token, char sign)
{
    return token->kind == OG_TOKEN_SIGN && token->sign == sign;
}

static inline bool og__parser_accept(og__parser *p, char sign)
{
    if (!og__token_is(og__parser_token(p), sign))
        return false;
    p->at++;
    return true;
}

/* Fail at a token, with a message in printf's manner. */
#define OG_FAIL_AT(p, token, status, ...)                                                                              \
    og__tokens_fail(status, (p)->tokens.text, (token)->start, (token)->length, __VA_ARGS__)

/* Fail with "found TOKEN, expected WORDS". */
og_status og__parser_fail(const og__parser *p, const char *expected);

/* Step over a sign, or fail as above. */
og_status og__parser_expect(og__parser *p, char sign, const char *expected);

og_status og__parser_expression(og__parser *p, og__expr *expr);

/* Parse where a parameter's value comes from: `value` of the grammar in ogive/act.h. The name stays as it is. */
og_status og__parser_value(og__parser *p, og_act_param *param);

/* Whether a name is taken by the language ("x"), or by a function or a row of the catalogue. */
bool og__parser_is_reserved(const char *name);
bool og__parser_is_function(const og__parser *p, const char *name);

/* Find the parameter of a row that a token names. */
og_status og__parser_row_param(const og__parser *p, const og__catalogue_row *row, const og__token *token,
                               size_t *index);

#endif

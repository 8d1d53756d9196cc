/* Where a parameter's value comes from:
 *
 *   value := number | learn(init [, channel]) | alternate(number) | excite(reduction [, relu] [, layer])
 *   init  := number | uniform(lo, hi) | normal(mean, sd) */
#include <math.h>
#include <string.h>

#include "act/parser.h"

/* A constant expression: numbers and pi. */
static og_status parse_constant(og__parser *p, float *value)
{
    og_status status = OG_OK;
    og__exprs graph;
    const og__token *first = og__parser_token(p);
    og__parser inner = *p;
    OG_TRY(og__exprs_init(&graph));
    inner.graph = &graph;
    inner.variable = NULL;
    inner.reads_inputs = false;
    inner.param_count = 0;
    og__expr expr;
    OG_GO(og__parser_expression(&inner, &expr));
    OG_GO(og__exprs_status(&graph));
    p->at = inner.at;
    if (graph.nodes[expr].op != OG_OP_NUMBER)
        status = OG_FAIL_AT(p, first, OG_ERR_ARGUMENT, "the value is not a finite number of float32");
    *value = (float)graph.nodes[expr].number;
done:
    og__exprs_deinit(&graph);
    return status;
}

static bool accept_name(og__parser *p, const char *name)
{
    const og__token *token = og__parser_token(p);
    if (token->kind != OG_TOKEN_NAME || strcmp(token->name, name) != 0)
        return false;
    p->at++;
    return true;
}

/* ( first, second ) */
static og_status parse_pair(og__parser *p, const char *example, og_act_param *param)
{
    OG_TRY(og__parser_expect(p, '(', example));
    OG_TRY(parse_constant(p, &param->first));
    OG_TRY(og__parser_expect(p, ',', example));
    OG_TRY(parse_constant(p, &param->second));
    return og__parser_expect(p, ')', "')' or an operator");
}

static og_status parse_init(og__parser *p, og_act_param *param)
{
    const og__token *token = og__parser_token(p);
    if (accept_name(p, "uniform")) {
        OG_TRY(parse_pair(p, "two numbers as in uniform(0, 1)", param));
        if (param->first > param->second)
            return OG_FAIL_AT(p, token, OG_ERR_ARGUMENT, "uniform(%g, %g) ends below its start", (double)param->first,
                              (double)param->second);
        param->source = OG_PARAM_UNIFORM;
        param->value = param->first + (param->second - param->first) / 2;
        if (isfinite(param->value))
            return OG_OK;
        return OG_FAIL_AT(p, token, OG_ERR_ARGUMENT, "the range of uniform() is too wide for float32");
    }
    if (accept_name(p, "normal")) {
        OG_TRY(parse_pair(p, "two numbers as in normal(0, 1)", param));
        if (!(param->second > 0))
            return OG_FAIL_AT(p, token, OG_ERR_ARGUMENT, "the standard deviation of normal() is %g; it must be above 0",
                              (double)param->second);
        param->source = OG_PARAM_NORMAL;
        param->value = param->first;
        return OG_OK;
    }
    return parse_constant(p, &param->value);
}

/* ( init [ , channel ] ) */
static og_status parse_learn(og__parser *p, og_act_param *param)
{
    param->learn = OG_LEARN_LAYER;
    OG_TRY(og__parser_expect(p, '(', "'(' as in learn(0.25)"));
    OG_TRY(parse_init(p, param));
    if (og__parser_accept(p, ',')) {
        if (!accept_name(p, "channel"))
            return og__parser_fail(p, "'channel'");
        param->learn = OG_LEARN_CHANNEL;
    }
    return og__parser_expect(p, ')', param->learn == OG_LEARN_CHANNEL ? "')'" : "')' or ', channel'");
}

/* ( reduction [ , relu ] [ , layer ] ) */
static og_status parse_excite(og__parser *p, og_act_param *param)
{
    param->source = OG_PARAM_EXCITE;
    param->learn = OG_LEARN_CHANNEL;
    param->value = 0.5f;
    OG_TRY(og__parser_expect(p, '(', "'(' as in excite(4)"));
    const og__token *token = og__parser_token(p);
    OG_TRY(parse_constant(p, &param->first));
    if (param->first < 1 || param->first != truncf(param->first) || param->first > 65536)
        return OG_FAIL_AT(p, token, OG_ERR_ARGUMENT,
                          "the reduction of excite() is %g; it must be a whole number from 1", (double)param->first);
    bool more = og__parser_accept(p, ',');
    if (more && accept_name(p, "relu")) {
        param->second = 1;
        more = og__parser_accept(p, ',');
    }
    if (more) {
        if (!accept_name(p, "layer"))
            return og__parser_fail(p, param->second != 0 ? "'layer'" : "'relu' or 'layer'");
        param->learn = OG_LEARN_LAYER;
    }
    return og__parser_expect(p, ')', "')'");
}

og_status og__parser_value(og__parser *p, og_act_param *param)
{
    const og__token *token = og__parser_token(p);
    *param = (og_act_param){.name = param->name};
    if (accept_name(p, "learn"))
        return parse_learn(p, param);
    if (accept_name(p, "excite"))
        return parse_excite(p, param);
    if (accept_name(p, "uniform") || accept_name(p, "normal"))
        return OG_FAIL_AT(p, token, OG_ERR_SYNTAX, "'%s' draws what is learned; write learn(%s(...))", token->name,
                          token->name);
    if (!accept_name(p, "alternate"))
        return parse_constant(p, &param->value);
    param->source = OG_PARAM_ALTERNATE;
    OG_TRY(og__parser_expect(p, '(', "'(' as in alternate(1)"));
    OG_TRY(parse_constant(p, &param->value));
    return og__parser_expect(p, ')', "')' or an operator");
}

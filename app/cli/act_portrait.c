#include "act_portrait.h"

#include <stdlib.h>
#include <string.h>

#include "act_json.h"
#include "failure.h"

void portrait_deinit(portrait *p)
{
    maybe_text *const texts[] = {&p->formula, &p->slope};
    for (size_t i = 0; i < 2; i++) {
        free(texts[i]->text);
        free(texts[i]->reason);
    }
    for (size_t k = 0; k < OG_ACT_PARAMS_MAX; k++) {
        free(p->by_param[k].text);
        free(p->by_param[k].reason);
    }
    for (size_t k = 0; k < OG_INPUT_COUNT; k++) {
        free(p->by_input[k].text);
        free(p->by_input[k].reason);
    }
    og_act_remarks_free(p->remarks, p->remark_count);
    free(p->trouble);
    free(p->doubts);
    free(p->no_costs);
    og_act_free(p->act);
}

/* Keep a failure of one of the kinds that are part of the answer; pass on the others. */
static og_status tolerate(og_status status, og_status fine, char **reason)
{
    if (status != fine)
        return status;
    *reason = strdup(og_error_text());
    return *reason ? OG_OK : fail(OG_ERR_MEMORY, "out of memory");
}

static og_status find_texts(portrait *p)
{
    TRY(tolerate(og_act_formula(p->act, &p->formula.text), OG_ERR_UNSUPPORTED, &p->formula.reason));
    TRY(tolerate(og_act_derivative(p->act, NULL, &p->slope.text), OG_ERR_UNSUPPORTED, &p->slope.reason));
    for (size_t k = 0; k < og_act_param_count(p->act); k++)
        TRY(tolerate(og_act_derivative(p->act, og_act_param_at(p->act, k).name, &p->by_param[k].text),
                     OG_ERR_UNSUPPORTED, &p->by_param[k].reason));
    for (og_input input = OG_INPUT_GATE; input < OG_INPUT_COUNT; input++)
        if (og_act_uses(p->act, input) && input != OG_INPUT_MIRROR && input != OG_INPUT_NOISE)
            TRY(tolerate(og_act_derivative(p->act, og_input_name(input), &p->by_input[input].text), OG_ERR_UNSUPPORTED,
                         &p->by_input[input].reason));
    return OG_OK;
}

static og_status find_facts(portrait *p, double sigma)
{
    TRY(tolerate(og_act_analyse(p->act, &p->facts), OG_ERR_NUMERIC, &p->trouble));
    p->moments = p->facts.moments;
    if (sigma != 1 && !p->trouble)
        TRY(tolerate(og_act_moments_at(p->act, 0, sigma, NULL, &p->moments), OG_ERR_NUMERIC, &p->trouble));
    if (!p->trouble)
        TRY(tolerate(og_act_check(p->act, &p->doubts), OG_ERR_NUMERIC, &p->trouble));
    return OG_OK;
}

static og_status find_depth(portrait *p, int layers)
{
    if (p->trouble)
        return OG_OK;
    og_status status = depth_predict(p->act, p->facts.moments.gain, layers, &p->depth);
    p->has_depth = status == OG_OK;
    return status == OG_ERR_UNSUPPORTED || status == OG_ERR_NUMERIC ? OG_OK : status;
}

static og_status find_costs(portrait *p)
{
    TRY(tolerate(costs_measure(1, &p->act, &p->costs), OG_ERR_UNSUPPORTED, &p->no_costs));
    p->has_costs = !p->no_costs;
    return OG_OK;
}

og_status portrait_init(const char *expression, const portrait_options *options, portrait *p)
{
    *p = (portrait){0};
    TRY(og_act_parse(expression, &p->act));
    TRY(find_same(p->act, &p->same));
    TRY(find_texts(p));
    TRY(find_facts(p, options->sigma));
    TRY(find_depth(p, options->layers));
    og_status status = og_act_remarks(p->act, options->language, &p->remarks, &p->remark_count);
    if (status != OG_OK && status != OG_ERR_NUMERIC) /* the trouble is told already */
        return status;
    return options->cost ? find_costs(p) : OG_OK;
}

#include "search/draft.h"

#include <stdlib.h>

#include "act/act.h"
#include "act/number.h"
#include "act/print.h"
#include "base/memory.h"
#include "base/text.h"

/* The longest formula, in bytes: what fits a line. */
enum { TEXT_BYTES_MAX = 240 };

og_status og__draft_init(og__draft *draft)
{
    *draft = (og__draft){0};
    OG_TRY(og__exprs_init(&draft->graph));
    draft->value = og__expr_input(&draft->graph, OG_INPUT_X);
    return OG_OK;
}

void og__draft_deinit(og__draft *draft)
{
    og__exprs_deinit(&draft->graph);
}

og__expr og__draft_param(og__draft *draft, float initial)
{
    if (draft->param_count == OG_DRAFT_PARAMS_MAX)
        return og__expr_number(&draft->graph, og__number_of_float(initial));
    draft->params[draft->param_count] = initial;
    return og__expr_param(&draft->graph, draft->param_count++);
}

/* --- to and from activations ------------------------------------------------------------------------------------ */

static og_status check_readable(const og_act *act)
{
    const char *text = og_act_text(act);
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (i != OG_INPUT_X && act->uses[i])
            return og__fail(OG_ERR_UNSUPPORTED, "'%s' reads %s; the search makes formulas of x alone", text,
                            og_input_name(i));
    int learned = 0;
    for (size_t k = 0; k < act->param_count; k++) {
        if (act->params[k].source != OG_PARAM_NUMBER)
            return og__fail(OG_ERR_UNSUPPORTED,
                            "parameter '%s' of '%s' is no number; the search makes formulas whose parameters are "
                            "numbers, fixed or learned",
                            act->params[k].name, text);
        learned += act->params[k].learn != OG_LEARN_NO;
    }
    if (learned > OG_DRAFT_PARAMS_MAX)
        return og__fail(OG_ERR_UNSUPPORTED, "'%s' learns %d parameters; the search makes formulas with %d at most",
                        text, learned, OG_DRAFT_PARAMS_MAX);
    return OG_OK;
}

og_status og__draft_read(const og_act *act, og__draft *draft)
{
    og__expr params[OG_ACT_PARAMS_MAX];
    OG_TRY(check_readable(act));
    OG_TRY(og__draft_init(draft));
    for (size_t k = 0; k < act->param_count; k++) {
        float value = act->params[k].value;
        params[k] = act->params[k].learn == OG_LEARN_NO ? og__expr_number(&draft->graph, og__number_of_float(value))
                                                        : og__draft_param(draft, value);
    }
    draft->value = og__expr_substitute(&draft->graph, &act->graph, act->value, draft->value, params);
    og_status status = og__exprs_status(&draft->graph);
    if (status != OG_OK)
        og__draft_deinit(draft);
    return status;
}

/* names[k]: "a" for the parameter that is written first, NULL for one that the formula does not have. */
static void name_params(const og__draft *draft, const char *names[OG_DRAFT_PARAMS_MAX], int order[OG_DRAFT_PARAMS_MAX],
                        int *count)
{
    static const char *const letters[OG_DRAFT_PARAMS_MAX] = {"a", "b", "c"};
    og__expr places[OG_DRAFT_PLACES_MAX];
    int place_count = og__draft_places(draft, places, NULL);
    *count = 0;
    for (int i = 0; i < place_count; i++) {
        const og__expr_node *node = &draft->graph.nodes[places[i]];
        if (node->op != OG_OP_PARAM || names[node->param])
            continue;
        names[node->param] = letters[*count];
        order[(*count)++] = node->param;
    }
}

og_status og__draft_act(const og__draft *draft, og_act **act)
{
    const char *names[OG_DRAFT_PARAMS_MAX] = {0};
    int order[OG_DRAFT_PARAMS_MAX], count;
    og__expr places[OG_DRAFT_PLACES_MAX];
    og__text text = {0};
    bool fits;
    *act = NULL;
    OG_TRY(og__exprs_status(&draft->graph));
    og__draft_places(draft, places, &fits);
    if (!fits)
        return og__fail(OG_ERR_UNSUPPORTED, "the formula is too large: it has more than %d parts", OG_DRAFT_PLACES_MAX);
    name_params(draft, names, order, &count);
    og_status status = og__print(&draft->graph, draft->value, names, TEXT_BYTES_MAX, &text);
    for (int i = 0; i < count; i++) {
        char value[OG_NUMBER_BYTES];
        og__number_format_float(draft->params[order[i]], value);
        og__text_format(&text, "%s%s = learn(%s)", i == 0 ? "; " : ", ", names[order[i]], value);
    }
    if (status == OG_OK)
        status = og__text_status(&text);
    if (status == OG_OK)
        status = og_act_parse(text.data, act);
    og__text_deinit(&text);
    return status;
}

og__expr og__draft_import(og__draft *draft, const og__draft *source, og__expr expr)
{
    og__expr params[OG_DRAFT_PARAMS_MAX], result = 0;
    bool *needed;
    og_status status = og__alloc((size_t)source->graph.count, sizeof *needed, &needed);
    if (status != OG_OK) {
        draft->graph.status = status;
        return 0;
    }
    og__exprs_mark(&source->graph, 1, &expr, needed);
    for (og__expr i = 0; i < source->graph.count; i++)
        if (needed[i] && source->graph.nodes[i].op == OG_OP_PARAM)
            params[source->graph.nodes[i].param] = og__draft_param(draft, source->params[source->graph.nodes[i].param]);
    result =
        og__expr_substitute(&draft->graph, &source->graph, expr, og__expr_input(&draft->graph, OG_INPUT_X), params);
    free(needed);
    return result;
}

/* --- places ------------------------------------------------------------------------------------------------------- */

static void list_places(const og__exprs *graph, og__expr expr, og__expr *places, int *count, bool *fits)
{
    if (*count == OG_DRAFT_PLACES_MAX) {
        *fits = false;
        return;
    }
    places[(*count)++] = expr;
    const og__expr_node *node = &graph->nodes[expr];
    for (int k = 0; k < og__op_arity(node->op) && *fits; k++)
        list_places(graph, node->args[k], places, count, fits);
}

int og__draft_places(const og__draft *draft, og__expr places[OG_DRAFT_PLACES_MAX], bool *fits)
{
    int count = 0;
    bool all = true;
    list_places(&draft->graph, draft->value, places, &count, &all);
    if (fits)
        *fits = all;
    return count;
}

/* The tree from `expr` on, with the replacement where *at has come to `place`. */
static og__expr rebuild(og__exprs *graph, og__expr expr, int *at, int place, og__expr replacement)
{
    if (*at > place)
        return expr;
    if ((*at)++ == place)
        return replacement;
    og__expr_node node = graph->nodes[expr]; /* a copy: the nodes move as the graph grows */
    og__expr args[OG_EXPR_ARGS_MAX];
    int arity = og__op_arity(node.op);
    for (int k = 0; k < arity; k++)
        args[k] = rebuild(graph, node.args[k], at, place, replacement);
    switch (arity) {
    case 1:
        return og__expr_1(graph, node.op, args[0]);
    case 2:
        return og__expr_2(graph, node.op, args[0], args[1]);
    case 3:
        return og__expr_where(graph, args[0], args[1], args[2]);
    default:
        return expr;
    }
}

void og__draft_replace(og__draft *draft, int place, og__expr replacement)
{
    int at = 0;
    draft->value = rebuild(&draft->graph, draft->value, &at, place, replacement);
}

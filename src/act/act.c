#include "act/act.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/alias.h"
#include "act/input.h"
#include "act/number.h"
#include "act/parse.h"
#include "act/print.h"
#include "base/memory.h"
#include "base/text.h"

void og_act_free(og_act *act)
{
    if (!act)
        return;
    for (size_t k = 0; k < act->param_count; k++)
        free((char *)act->params[k].name);
    free(act->text);
    free(act->note);
    free(act->formula);
    free(act->key);
    og__exprs_deinit(&act->graph);
    free(act);
}

/* Hand a finished text over as a string of its own. */
static og_status take(og__text *text, char **string)
{
    OG_TRY(og__text_status(text));
    *string = text->data;
    *text = (og__text){0};
    return OG_OK;
}

static void format_init(const og_act_param *param, size_t size, char *text)
{
    char first[OG_NUMBER_BYTES], second[OG_NUMBER_BYTES];
    og__number_format_float(param->first, first);
    og__number_format_float(param->second, second);
    if (param->source == OG_PARAM_UNIFORM)
        snprintf(text, size, "uniform(%s, %s)", first, second);
    else if (param->source == OG_PARAM_NORMAL)
        snprintf(text, size, "normal(%s, %s)", first, second);
    else
        og__number_format_float(param->value, text);
}

void og_act_param_format(const og_act_param *param, char *text)
{
    char init[OG_ACT_PARAM_BYTES - 24];
    if (param->source == OG_PARAM_EXCITE) {
        og__number_format_float(param->first, init);
        snprintf(text, OG_ACT_PARAM_BYTES, "excite(%s%s%s)", init, param->second != 0 ? ", relu" : "",
                 param->learn == OG_LEARN_LAYER ? ", layer" : "");
        return;
    }
    format_init(param, sizeof init, init);
    if (param->source == OG_PARAM_ALTERNATE)
        snprintf(text, OG_ACT_PARAM_BYTES, "alternate(%s)", init);
    else if (param->learn == OG_LEARN_NO)
        snprintf(text, OG_ACT_PARAM_BYTES, "%s", init);
    else
        snprintf(text, OG_ACT_PARAM_BYTES, "learn(%s%s)", init, param->learn == OG_LEARN_CHANNEL ? ", channel" : "");
}

static void add_value(og__text *text, const og_act_param *param)
{
    char value[OG_ACT_PARAM_BYTES];
    og_act_param_format(param, value);
    og__text_format(text, "%s = %s", param->name, value);
}

static bool is_default(const og_act_param *param, const og_act_param *row)
{
    return param->value == row->value && param->learn == row->learn && param->source == row->source &&
           param->first == row->first && param->second == row->second;
}

/* "leaky_relu(a = 0.2)": a name with the values that differ from the row's. */
static void add_use(og__text *text, const og_act *act, const og_act_entry *entry)
{
    og__text_add(text, entry->id);
    const char *before = "(";
    for (size_t k = 0; k < act->param_count; k++)
        if (!is_default(&act->params[k], &entry->params[k])) {
            og__text_add(text, before);
            add_value(text, &act->params[k]);
            before = ", ";
        }
    if (before[0] == ',')
        og__text_add(text, ")");
}

/* "where(x > 0, x, a*x); a = 0.1": a formula with all its values. */
static void add_formula(og__text *text, const og_act *act)
{
    og__text_add(text, act->formula);
    for (size_t k = 0; k < act->param_count; k++) {
        og__text_add(text, k == 0 ? "; " : ", ");
        add_value(text, &act->params[k]);
    }
}

static og_status set_text(og_act *act, const og_act_entry *entry)
{
    og__text text = {0};
    if (entry)
        add_use(&text, act, entry);
    else
        add_formula(&text, act);
    og_status status = take(&text, &act->text);
    og__text_deinit(&text);
    return status;
}

enum { DERIVATIVE_BYTES_MAX = 1 << 16 };

/* A formula's text must be one that parses; a derivative is only read. */
static og_status print(const og_act *act, const og__exprs *graph, og__expr expr, bool numbered, char **string)
{
    static const char *const numbers[OG_ACT_PARAMS_MAX] = {"p0", "p1", "p2",  "p3",  "p4",  "p5",  "p6",  "p7",
                                                           "p8", "p9", "p10", "p11", "p12", "p13", "p14", "p15"};
    const char *names[OG_ACT_PARAMS_MAX] = {0};
    og__text text = {0};
    for (size_t k = 0; k < act->param_count; k++)
        names[k] = numbered ? numbers[k] : act->params[k].name;
    size_t bytes_max = graph == &act->graph ? DERIVATIVE_BYTES_MAX : OG_FORMULA_BYTES_MAX;
    og_status status = og__print(graph, expr, names, bytes_max, &text);
    if (status == OG_OK)
        status = take(&text, string);
    og__text_deinit(&text);
    return status;
}

static og_status set_params(og_act *act, const og__parsed *parsed)
{
    for (int k = 0; k < parsed->param_count; k++) {
        char *name;
        OG_TRY(og__copy_text(parsed->params[k].name, &name));
        act->params[act->param_count] = parsed->params[k].is;
        act->params[act->param_count++].name = name;
    }
    return OG_OK;
}

static og_status set_derivatives(og_act *act)
{
    og__exprs *graph = &act->graph;
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (act->uses[i])
            OG_TRY(og__derive(graph, act->value, og__expr_input(graph, i), &act->by_input[i]));
    act->slope = act->by_input[act->uses[OG_INPUT_MIRROR] ? OG_INPUT_MIRROR : OG_INPUT_X];
    for (size_t k = 0; k < act->param_count; k++)
        OG_TRY(og__derive(graph, act->value, og__expr_param(graph, (int)k), &act->by_param[k]));
    return og__exprs_status(graph);
}

static og_status read_back(og_act *act, const og__catalogue *catalogue)
{
    og__text text = {0};
    og__parsed parsed;
    add_formula(&text, act);
    og_status status = og__text_status(&text);
    if (status == OG_OK && og__parse(text.data, catalogue, &parsed) != OG_OK)
        status = og__fail_in(OG_ERR_UNSUPPORTED, "the formula is too large in its canonical form");
    og__text_deinit(&text);
    OG_TRY(status);
    act->graph = parsed.graph;
    act->value = parsed.value;
    memcpy(act->uses, parsed.uses, sizeof act->uses);
    return OG_OK;
}

/* Print the formula and build the graph anew from that text, until the text stays as it is: equal formulas then have
 * equal texts and graphs, down to the order of the nodes, and give the same code and the same bits whatever they were
 * typed as. Simplification sees more in a text that is simpler, so one round is not always enough. */
static og_status set_graph(og_act *act, const og__catalogue *catalogue, const og__exprs *graph, og__expr value)
{
    enum { ROUNDS_MAX = 8 };
    char *text;
    OG_TRY(print(act, graph, value, false, &act->formula));
    for (int round = 0; round < ROUNDS_MAX; round++) {
        OG_TRY(read_back(act, catalogue));
        OG_TRY(print(act, &act->graph, act->value, false, &text));
        if (strcmp(text, act->formula) == 0) {
            free(text);
            return OG_OK;
        }
        free(act->formula);
        act->formula = text;
        og__exprs_deinit(&act->graph);
        act->graph = (og__exprs){0};
    }
    return og__fail(OG_ERR_UNSUPPORTED, "the formula has no canonical form; write it more simply");
}

static og_status fill(og_act *act, const og__catalogue *catalogue, const og__parsed *parsed)
{
    const og__catalogue_row *row = parsed->row;
    const og__exprs *graph = row ? &row->graph : &parsed->graph;
    og__expr value = row ? row->value : parsed->value;
    act->id = row ? row->entry.id : NULL;
    OG_TRY(set_params(act, parsed));
    OG_TRY(set_graph(act, catalogue, graph, value));
    OG_TRY(print(act, &act->graph, act->value, true, &act->key));
    OG_TRY(set_text(act, row ? &row->entry : NULL));
    return set_derivatives(act);
}

static og_status parse_use(const char *text, const og__catalogue *catalogue, og_act **act)
{
    og_status status = OG_OK;
    og__parsed parsed;
    OG_TRY(og__parse(text, catalogue, &parsed));
    og_act *made;
    OG_GO(og__alloc(1, sizeof *made, &made));
    status = fill(made, catalogue, &parsed);
    if (status == OG_OK)
        *act = made;
    else
        og_act_free(made);
done:
    og__parsed_deinit(&parsed);
    return status;
}

og_status og_act_parse(const char *text, og_act **act)
{
    char *use, *note;
    *act = NULL;
    if (!text)
        return og__fail(OG_ERR_ARGUMENT, "no formula is given");
    const og__catalogue *catalogue = og__catalogue_get();
    if (catalogue->count == 0)
        return og__fail(OG_ERR_MEMORY, "cannot allocate the catalogue of activations");
    OG_TRY(og__alias_resolve(text, catalogue, &use, &note));
    og_status status = parse_use(use ? use : text, catalogue, act);
    free(use);
    if (status == OG_OK)
        (*act)->note = note;
    else
        free(note);
    return status;
}

const char *og_act_note(const og_act *act)
{
    return act->note ? act->note : "";
}

const char *og_act_text(const og_act *act)
{
    return act->text;
}

const char *og_act_id(const og_act *act)
{
    return act->id;
}

size_t og_act_param_count(const og_act *act)
{
    return act->param_count;
}

og_act_param og_act_param_at(const og_act *act, size_t index)
{
    return index < act->param_count ? act->params[index] : (og_act_param){0};
}

bool og_act_uses(const og_act *act, og_input input)
{
    return (unsigned)input < OG_INPUT_COUNT && act->uses[input];
}

og_status og_act_formula(const og_act *act, char **text)
{
    return og__copy_text(act->formula, text);
}

og_status og_act_derivative(const og_act *act, const char *wrt, char **text)
{
    const char *names[OG_ACT_PARAMS_MAX] = {0};
    *text = NULL;
    if (!wrt)
        return print(act, &act->graph, act->slope, false, text);
    og_input input;
    if (og__input_find(wrt, &input))
        return print(act, &act->graph, act->by_input[input], false, text);
    for (size_t k = 0; k < act->param_count; k++) {
        names[k] = act->params[k].name;
        if (strcmp(wrt, names[k]) == 0)
            return print(act, &act->graph, act->by_param[k], false, text);
    }
    const char *nearest = og__nearest_name(wrt, names, act->param_count);
    return og__fail(OG_ERR_NAME, "'%s' has no parameter '%s'%s%s%s", act->text, wrt, nearest ? "; did you mean '" : "",
                    nearest ? nearest : "", nearest ? "'?" : "");
}

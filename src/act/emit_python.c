#include "act/emit_python.h"

#include <string.h>

#include "act/number.h"

og_status og__python_body(const og__emission *emission, og__language language, og__text *text)
{
    const og_act *act = emission->act;
    double params[OG_ACT_PARAMS_MAX];
    og__expr value;
    og__exprs safe;
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
    OG_TRY(og__exprs_init(&safe));
    og_status status = og__code_guard(&act->graph, act->value, act->param_count, params, &safe, &value);
    if (status == OG_OK)
        status = og__code_body(&safe, value, language, emission->param_names, "    ", text);
    og__exprs_deinit(&safe);
    return status;
}

void og__python_arguments(const og__emission *emission, const char *type, og__text *text)
{
    const og_act *act = emission->act;
    const char *comma = "";
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (act->uses[i]) {
            og__text_format(text, "%s%s%s", comma, og_input_name(i), type);
            comma = ", ";
        }
    for (size_t k = 0; k < act->param_count; k++) {
        og__text_format(text, "%s%s%s", comma, emission->param_names[k], type);
        comma = ", ";
    }
}

void og__python_number(float number, char *text)
{
    og__number_format_float(number, text);
    if (!strpbrk(text, ".eni"))
        strcat(text, ".0");
}

int og__python_gate_count(const og_act *act)
{
    for (int gate = OG_INPUT_GATE3; gate >= OG_INPUT_GATE; gate--)
        if (act->uses[gate])
            return gate - OG_INPUT_GATE + 1;
    return 0;
}

bool og__python_is_per_channel(const og_act_param *param)
{
    return param->source == OG_PARAM_ALTERNATE ||
           (param->source != OG_PARAM_EXCITE && param->learn == OG_LEARN_CHANNEL);
}

bool og__python_wants_channels(const og_act *act)
{
    bool wanted = act->uses[OG_INPUT_FUNNEL];
    for (size_t k = 0; k < act->param_count; k++)
        wanted |= og__python_is_per_channel(&act->params[k]) || act->params[k].source == OG_PARAM_EXCITE;
    return wanted;
}

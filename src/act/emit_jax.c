/* JAX: a function of x, further inputs and a dict of parameters. */
#include "act/emit.h"

#include "act/emit_python.h"
#include "act/number.h"

static void add_values(const og__emission *emission)
{
    const og_act *act = emission->act;
    og__text_add(emission->text, "PARAMS = {");
    for (size_t k = 0; k < act->param_count; k++) {
        char value[OG_NUMBER_BYTES];
        og__python_number(act->params[k].value, value);
        og__text_format(emission->text, "%s\"%s\": %s", k ? ", " : "", emission->param_names[k], value);
    }
    og__text_add(emission->text, "}\n\n\n");
}

static void add_initial(const og__emission *emission, size_t k)
{
    const og_act_param *param = &emission->act->params[k];
    og__text *text = emission->text;
    char value[OG_NUMBER_BYTES], first[OG_NUMBER_BYTES], second[OG_NUMBER_BYTES];
    const char *shape = og__python_is_per_channel(param) ? "(channels, 1, 1)" : "()";
    og__python_number(param->value, value);
    og__python_number(param->first, first);
    og__python_number(param->second, second);
    og__text_format(text, "        \"%s\": ", emission->param_names[k]);
    if (param->source == OG_PARAM_UNIFORM)
        og__text_format(text, "jax.random.uniform(keys[%zu], %s, minval=%s, maxval=%s),\n", k, shape, first, second);
    else if (param->source == OG_PARAM_NORMAL)
        og__text_format(text, "%s + %s * jax.random.normal(keys[%zu], %s),\n", first, second, k, shape);
    else if (param->source == OG_PARAM_ALTERNATE)
        og__text_format(text, "%s * (1.0 - 2.0 * (jnp.arange(channels) %% 2)).reshape(%s),\n", value, shape);
    else
        og__text_format(text, "jnp.full(%s, %s),\n", shape, value);
}

/* Only where PARAMS alone would not do: values that are drawn or differ from channel to channel. */
static void add_init(const og__emission *emission)
{
    const og_act *act = emission->act;
    bool wanted = false, drawn = false;
    for (size_t k = 0; k < act->param_count; k++) {
        og_param_source source = act->params[k].source;
        drawn |= source == OG_PARAM_UNIFORM || source == OG_PARAM_NORMAL;
        wanted |= drawn || og__python_is_per_channel(&act->params[k]);
    }
    if (!wanted)
        return;
    og__text_add(emission->text, "def init(key, channels):\n"
                                 "    \"\"\"Parameters for inputs of shape (N, channels, H, W).\"\"\"\n");
    if (drawn)
        og__text_format(emission->text, "    keys = jax.random.split(key, %zu)\n", act->param_count);
    og__text_add(emission->text, "    return {\n");
    for (size_t k = 0; k < act->param_count; k++)
        add_initial(emission, k);
    og__text_add(emission->text, "    }\n\n\n");
}

static void add_function(const og__emission *emission, const char *body)
{
    const og_act *act = emission->act;
    og__text *text = emission->text;
    og__text_format(text, "def %s(", emission->options.name);
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (act->uses[i])
            og__text_format(text, "%s, ", og_input_name(i));
    og__text_format(text, "params=PARAMS):\n    \"\"\"f = %s", act->formula);
    bool more = false;
    for (og_input i = OG_INPUT_X + 1; i < OG_INPUT_COUNT; i++)
        if (act->uses[i]) {
            og__text_format(text, "%s\n    %s: %s", more ? "" : "\n", og_input_name(i), og_input_meaning(i));
            more = true;
        }
    og__text_add(text, more ? "\n    \"\"\"\n" : "\"\"\"\n");
    for (size_t k = 0; k < act->param_count; k++)
        og__text_format(text, "    %s = params[\"%s\"]\n", emission->param_names[k], emission->param_names[k]);
    og__text_add(text, body);
}

og_status og__emit_jax(const og__emission *emission)
{
    og_status status = OG_OK;
    og__text *text = emission->text, body = {0};
    OG_GO(og__python_body(emission, OG_LANGUAGE_JAX, &body));
    og__text_add(text, "\"\"\"");
    OG_GO(og__emit_header(emission, ""));
    og__text_add(text, "\"\"\"\n\nimport jax\nimport jax.numpy as jnp\n\n");
    add_values(emission);
    OG_GO(og__code_helpers(body.data, OG_LANGUAGE_JAX, "", text));
    add_init(emission);
    add_function(emission, body.data);
done:
    og__text_deinit(&body);
    return status;
}

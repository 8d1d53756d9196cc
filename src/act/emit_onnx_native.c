/* The ONNX operator that is a function of the catalogue. */
#include "act/emit_onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/emit_python.h"
#include "act/number.h"

static const struct native {
    const char *id, *op, *how;
    int opset;
} natives[] = {
#define OG_LOWER(op, code)
#define OG_MACRO(name, code)
#define OG_NATIVE(id, op, opset, how) {id, op, how, opset},
#include "act/emit_onnx.def"
#undef OG_LOWER
#undef OG_MACRO
#undef OG_NATIVE
};

enum { COUNT = sizeof natives / sizeof natives[0] };

static og_status fail_native(const og_act *act)
{
    og__text ids = {0};
    for (size_t i = 0; i < COUNT; i++)
        og__text_format(&ids, "%s%s", i == 0 ? "" : i + 1 < COUNT ? ", " : " and ", natives[i].id);
    og_status status = og__fail(OG_ERR_UNSUPPORTED, "ONNX has no operator that is '%s'; it has one for %s", act->text,
                                og__text_get(&ids));
    og__text_deinit(&ids);
    return status;
}

/* An attribute is one number, an input may be an array over the channels. */
static bool can_hold(const struct native *row, const og_act *act)
{
    bool per_channel = false;
    for (size_t k = 0; k < act->param_count; k++)
        per_channel |= og__python_is_per_channel(&act->params[k]);
    return !per_channel || strchr(row->how, '+');
}

/* A formula is the function whose key it has, whatever it was typed as. */
og_status og__onnx_find_native(const og_act *act, og__onnx_native *native)
{
    for (size_t i = 0; i < COUNT; i++) {
        og_act *like;
        OG_TRY(og_act_parse(natives[i].id, &like));
        if (strcmp(like->key, act->key) == 0 && can_hold(&natives[i], act)) {
            *native = (og__onnx_native){natives[i].op, natives[i].how, natives[i].opset, like};
            return OG_OK;
        }
        og_act_free(like);
    }
    return fail_native(act);
}

/* The parameter that the catalogue calls `name`, or -1. */
static int find_param(const og_act *like, const char *name)
{
    for (size_t k = 0; k < like->param_count; k++)
        if (strcmp(like->params[k].name, name) == 0)
            return (int)k;
    return -1;
}

static og_status check_value(const og_act *act, int param, double wanted)
{
    if ((double)act->params[param].value == wanted)
        return OG_OK;
    return og__fail(OG_ERR_UNSUPPORTED, "ONNX's operator for this function has %s = %g, not the %g of '%s'",
                    act->params[param].name, wanted, (double)act->params[param].value, act->text);
}

/* One word "name=value" of a row's `how`. */
static void read_attribute(const og_act *act, const og_act *like, const char *name, const char *value,
                           og__onnx_attribute *attribute)
{
    int param = find_param(like, value);
    *attribute = (og__onnx_attribute){.kind = OG_ONNX_FLOAT, .name = name};
    if (param >= 0) {
        attribute->number = act->params[param].value;
    } else if (strchr("0123456789-", value[0])) {
        attribute->number = (float)og__number_read(value);
    } else {
        attribute->kind = OG_ONNX_STRING;
        attribute->text = value;
    }
}

og_status og__onnx_add_native(og__onnx_builder *b, const og__onnx_native *native)
{
    const og_act *act = b->emission->act;
    char words[128], *next;
    og__onnx_attribute attributes[5] = {{.kind = OG_ONNX_END}};
    char names[OG_ONNX_PORTS_MAX][OG_ONNX_NAME_BYTES] = {"x"};
    const char *inputs[OG_ONNX_PORTS_MAX] = {names[0]};
    int input_count = 1, attribute_count = 0;
    snprintf(words, sizeof words, "%s", native->how);
    for (char *word = strtok_r(words, " ", &next); word; word = strtok_r(NULL, " ", &next)) {
        char *value = strchr(word, '=');
        if (word[0] == '+') {
            int param = find_param(native->like, word + 1);
            og__onnx_value from = param >= 0 ? b->params[param] : og__onnx_number(b, og__number_read(word + 1));
            OG_TRY(b->status);
            snprintf(names[input_count], sizeof names[0], "%s", b->rows[from].name);
            inputs[input_count] = names[input_count];
            input_count++;
            continue;
        }
        *value++ = '\0';
        if (word[0] == '?')
            OG_TRY(check_value(act, find_param(native->like, word + 1), og__number_read(value)));
        else
            read_attribute(act, native->like, word, value, &attributes[attribute_count++]);
        attributes[attribute_count] = (og__onnx_attribute){.kind = OG_ONNX_END};
    }
    og__onnx_add_node(b->model, native->op, inputs, (const char *const[OG_ONNX_PORTS_MAX]){"y"}, attributes);
    return OG_OK;
}

/* An activation's name in a library: aliases.def read backwards. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "act/alias.h"
#include "act/number.h"
#include "base/memory.h"
#include "base/text.h"

/* The value of a parameter in a target, "init" in "prelu(a = learn(init, channel))"; false when the target leaves it at
 * the row's default. */
static bool target_value(const char *target, const char *name, size_t size, char word[size], og_learn *learn)
{
    size_t length = strlen(name);
    const char *at = strchr(target, '(');
    for (; at && !(strncmp(at + 1, name, length) == 0 && strncmp(at + 1 + length, " = ", 3) == 0);)
        at = strchr(at + 1, ',') ? strchr(at + 1, ',') + 1 : NULL; /* "name, name": a blank follows */
    if (!at)
        return false;
    at += length + 4;
    *learn = OG_LEARN_NO;
    if (strncmp(at, "learn(", 6) == 0) {
        at += 6;
        *learn = strncmp(at + strcspn(at, ",)"), ", channel", 9) == 0 ? OG_LEARN_CHANNEL : OG_LEARN_LAYER;
    }
    length = strcspn(at, ",)");
    memcpy(word, at, length < size ? length : size - 1);
    word[length < size ? length : size - 1] = '\0';
    return true;
}

/* Whether an activation has what a row's target says; what is free there is written to values[argument]. */
static bool unify(const og_act *act, const og_act *row_act, const og__alias *row, const og__alias_call *signature,
                  const og_act_param **values)
{
    for (size_t k = 0; k < act->param_count; k++) {
        char word[OG_ALIAS_WORD_BYTES];
        og_learn learn;
        const og_act_param *own = &act->params[k], *other = &row_act->params[k];
        if (!target_value(row->target, other->name, sizeof word, word, &learn)) {
            if (own->value != other->value || own->learn != other->learn || own->source != other->source ||
                own->first != other->first || own->second != other->second)
                return false;
            continue;
        }
        if (own->learn != learn || own->source != OG_PARAM_NUMBER)
            return false;
        if (og__alias_is_number(word)) {
            if (own->value != (float)og__number_read(word))
                return false;
            continue;
        }
        for (int i = 0; i < signature->count; i++) {
            const og__alias_arg *arg = &signature->args[i];
            if (strcmp(arg->name[0] ? arg->name : arg->value, word) == 0)
                values[i] = own;
        }
    }
    return true;
}

static void add_argument(og__text *text, const og__alias_arg *arg, const og_act_param *value, const char **before)
{
    char number[OG_NUMBER_BYTES];
    bool is_number = og__alias_is_number(arg->value), is_word = isupper((unsigned char)arg->value[0]);
    if (value) {
        og__number_format_float(value->value, number);
        og__text_format(text, "%s%s=%s", *before, arg->name[0] ? arg->name : arg->value, number);
    } else if (strcmp(arg->value, "channels") == 0)
        og__text_format(text, "%s%s=C", *before, arg->name);
    else if (strcmp(arg->value, "any") == 0 || (is_number && !arg->is_exact))
        return;
    else
        og__text_format(text, is_number || is_word ? "%s%s=%s" : "%s%s='%s'", *before, arg->name, arg->value);
    *before = ", ";
}

static void write_call(og__text *text, const og__alias *row, const og__alias_call *signature,
                       const og_act_param *const *values)
{
    const char *before = "";
    og__text_format(text, "%s%s%s(", signature->path, signature->path[0] ? "." : "", signature->name);
    for (int i = 0; i < signature->count; i++)
        add_argument(text, &signature->args[i], values[i], &before);
    og__text_add(text, ")");
    if (row->library == OG_LIBRARY_ONNX)
        og__text_format(text, " (%.*s)", (int)strcspn(row->note, ";"), row->note);
}

/* Write the call when the row is a name for the activation. */
static og_status try_row(const og_act *act, const og__alias *row, og__text *text)
{
    og_act *row_act;
    char id[OG_ALIAS_WORD_BYTES];
    og__alias_call signature;
    const og_act_param *values[OG_ALIAS_ARGS_MAX] = {0};
    size_t length = strcspn(row->target, "(");
    if (length >= sizeof id || !og__alias_read(row->signature, &signature))
        return OG_OK;
    memcpy(id, row->target, length);
    id[length] = '\0';
    if (!og__catalogue_find(og__catalogue_get(), id))
        return OG_OK; /* a formula: what it stands for has no name of its own here */
    OG_TRY(og_act_parse(id, &row_act));
    if (strcmp(act->key, row_act->key) == 0 && unify(act, row_act, row, &signature, values))
        write_call(text, row, &signature, values);
    og_act_free(row_act);
    return OG_OK;
}

og_status og_act_spelling(const og_act *act, og_library library, char **text)
{
    og__text call = {0};
    og_status status = OG_OK;
    *text = NULL;
    for (size_t i = 0; i < og__alias_count() && call.length == 0; i++)
        if (og__alias_at(i)->library == library)
            OG_GO(try_row(act, og__alias_at(i), &call));
    OG_GO(og__text_status(&call));
    *text = call.data;
    call.data = NULL;
done:
    og__text_deinit(&call);
    return status;
}

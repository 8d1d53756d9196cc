/* From the name of a target to its emitter. */
#include "act/emit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/version.h>

#include "act/number.h"

static const struct {
    og_emit_target target;
    og_status (*emit)(const og__emission *emission);
} rows[] = {
#define OG_TARGET(function, name, extension, binary, summary) {{name, extension, binary, summary}, function},
#include "act/emit.def"
#undef OG_TARGET
};

enum { COUNT = sizeof rows / sizeof rows[0] };

size_t og_emit_target_count(void)
{
    return COUNT;
}

const og_emit_target *og_emit_target_at(size_t index)
{
    return index < COUNT ? &rows[index].target : NULL;
}

/* Words that a parameter cannot be called in some target: keywords, and what the emitted code itself calls so. */
static const char *const reserved[] = {
    "and",       "as",       "asm",     "assert",    "auto",   "bool",     "break",   "case",     "catch",
    "char",      "class",    "const",   "continue",  "count",  "def",      "default", "del",      "delete",
    "do",        "double",   "elif",    "else",      "enum",   "except",   "excite",  "explicit", "export",
    "extern",    "false",    "finally", "float",     "for",    "forward",  "friend",  "from",     "gate",
    "gate2",     "gate3",    "funnel",  "global",    "goto",   "i",        "if",      "import",   "in",
    "inline",    "int",      "is",      "jax",       "jnp",    "lambda",   "long",    "mirror",   "mutable",
    "namespace", "new",      "noise",   "nn",        "None",   "nonlocal", "not",     "operator", "or",
    "params",    "pass",     "private", "protected", "public", "raise",    "real",    "register", "restrict",
    "return",    "self",     "short",   "signed",    "size_t", "sizeof",   "state",   "static",   "struct",
    "switch",    "template", "this",    "throw",     "torch",  "training", "true",    "try",      "typedef",
    "typeid",    "typename", "union",   "unsigned",  "using",  "virtual",  "void",    "volatile", "while",
    "with",      "x",        "xor",     "y",         "yield",  "F",        "C",       "D",
};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    og__op op;
    bool local = (name[0] == 't' || name[0] == 'd') && (isdigit((unsigned char)name[1]) || name[1] == '_');
    return local || name[0] == '_' || strncmp(name, "og_", 3) == 0 || og__op_find(name, &op);
}

static void name_params(og__emission *emission)
{
    for (size_t k = 0; k < emission->act->param_count; k++) {
        char *name = emission->params[k];
        const char *given = emission->act->params[k].name;
        if (is_reserved(given))
            snprintf(name, OG_EMIT_NAME_BYTES_MAX, "p%zu_%s", k, given);
        else
            snprintf(name, OG_EMIT_NAME_BYTES_MAX, "%s", given);
        emission->param_names[k] = name;
    }
}

static og_status check_name(const char *name)
{
    size_t length = strlen(name);
    bool fine = length > 0 && length < OG_EMIT_NAME_BYTES_MAX && !isdigit((unsigned char)name[0]) && name[0] != '_';
    for (size_t i = 0; i < length; i++)
        fine &= (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
                isdigit((unsigned char)name[i]) || name[i] == '_';
    if (!fine || is_reserved(name))
        return og__fail(OG_ERR_ARGUMENT,
                        "'%.80s' cannot name the emitted function; give a name of letters, digits and '_' that starts "
                        "with a letter, is no longer than %d and is no word of a target's language",
                        name, OG_EMIT_NAME_BYTES_MAX - 1);
    return OG_OK;
}

static og_status fail_target(const char *target)
{
    og__text names = {0};
    for (size_t i = 0; i < COUNT; i++)
        og__text_format(&names, "%s%s", i == 0 ? "" : i + 1 < COUNT ? ", " : " and ", rows[i].target.name);
    og_status status =
        og__fail(OG_ERR_NAME, "there is no target '%.40s'; the targets are %s", target, og__text_get(&names));
    og__text_deinit(&names);
    return status;
}

static og_status run(size_t row, og__emission *emission)
{
    bool onnx = strcmp(rows[row].target.name, "onnx") == 0;
    if (!onnx && (emission->options.native || emission->options.opset || emission->options.channels))
        return og__fail(OG_ERR_ARGUMENT,
                        "a native operator, an opset and a number of channels are for onnx only, not for %s",
                        rows[row].target.name);
    OG_TRY(rows[row].emit(emission));
    return og__text_status(emission->text);
}

og_status og_act_emit(const og_act *act, const char *target, const og_emit_options *options, char **bytes,
                      size_t *count)
{
    og__text text = {0};
    og__emission emission = {.act = act, .text = &text};
    size_t row = 0;
    *bytes = NULL;
    *count = 0;
    while (row < COUNT && strcmp(rows[row].target.name, target) != 0)
        row++;
    if (row == COUNT)
        return fail_target(target);
    if (options)
        emission.options = *options;
    if (emission.options.name)
        OG_TRY(check_name(emission.options.name));
    else
        emission.options.name = "activation";
    char named[OG_EMIT_NAME_BYTES_MAX];
    if ((!options || !options->name) && act->id) {
        /* tanh() would hide the library's own */
        snprintf(named, sizeof named, is_reserved(act->id) ? "%s_activation" : "%s", act->id);
        emission.options.name = named;
    }
    name_params(&emission);
    og_status status = run(row, &emission);
    if (status == OG_OK) {
        *bytes = text.data;
        *count = text.length;
        text = (og__text){0};
    }
    og__text_deinit(&text);
    return status;
}

static void describe_param(og__text *text, const og_act_param *param)
{
    static const char *const learned[] = {[OG_LEARN_NO] = "fixed",
                                          [OG_LEARN_LAYER] = "learned, one per layer",
                                          [OG_LEARN_CHANNEL] = "learned, one per channel"};
    char value[OG_NUMBER_BYTES], first[OG_NUMBER_BYTES], second[OG_NUMBER_BYTES];
    og__number_format_float(param->value, value);
    og__number_format_float(param->first, first);
    og__number_format_float(param->second, second);
    switch (param->source) {
    case OG_PARAM_UNIFORM:
        og__text_format(text, "%s, drawn from [%s, %s] at the start", learned[param->learn], first, second);
        break;
    case OG_PARAM_NORMAL:
        og__text_format(text, "%s, drawn with mean %s and standard deviation %s at the start", learned[param->learn],
                        first, second);
        break;
    case OG_PARAM_ALTERNATE:
        og__text_format(text, "%s, %s for even channels and the negative for odd ones", learned[param->learn], value);
        break;
    case OG_PARAM_EXCITE:
        og__text_format(text, "predicted per image from the channel means of x, one %s; 1/2 at the start",
                        param->learn == OG_LEARN_LAYER ? "value" : "per channel");
        break;
    default:
        og__text_format(text, "%s%s, %s", param->learn ? "starts at " : "", value, learned[param->learn]);
        break;
    }
}

static void add_line(og__text *text, const char *prefix, const char *line)
{
    size_t length = strlen(prefix);
    if (!line[0] && length && prefix[length - 1] == ' ')
        length--;
    og__text_add_bytes(text, prefix, length);
    og__text_format(text, "%s\n", line);
}

og_status og__emit_header(const og__emission *emission, const char *prefix)
{
    const og_act *act = emission->act;
    og__text *text = emission->text;
    add_line(text, prefix, emission->options.name);
    add_line(text, prefix, "");
    og__text_format(text, "%s  f = %s\n", prefix, act->formula);
    if (act->param_count)
        add_line(text, prefix, "");
    for (size_t k = 0; k < act->param_count; k++) {
        og__text_format(text, "%s  %s: ", prefix, emission->params[k]);
        describe_param(text, &act->params[k]);
        og__text_add(text, "\n");
    }
    add_line(text, prefix, "");
    og__text_format(text, "%sWritten by ogive %s from '%s'.\n", prefix, og_version(), act->text);
    add_line(text, prefix, "ogive puts no licence on what it writes: use this file as you like.");
    return og__text_status(text);
}

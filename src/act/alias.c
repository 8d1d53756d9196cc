#include "act/alias.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/number.h"
#include "act/parser.h"
#include "base/memory.h"
#include "base/text.h"

static const og__alias rows[] = {
#define OG_ALIAS(library, signature, target, note) {OG_LIBRARY_##library, signature, target, note},
#include "act/aliases.def"
#undef OG_ALIAS
};

static const struct {
    const char *name, *prefixes;
} libraries[OG_LIBRARY_COUNT] = {
#define OG_LIBRARY_ROW(library, name, prefixes) [OG_LIBRARY_##library] = {name, prefixes},
#include "act/libraries.def"
#undef OG_LIBRARY_ROW
};

enum { ROWS = sizeof rows / sizeof rows[0] };

size_t og__alias_count(void)
{
    return ROWS;
}

const og__alias *og__alias_at(size_t index)
{
    return index < ROWS ? &rows[index] : NULL;
}

const char *og_library_name(og_library library)
{
    return (unsigned)library < OG_LIBRARY_COUNT ? libraries[library].name : NULL;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static const char *skip(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* Copy [from, to) without blanks at its ends; false when it is too long. */
static bool copy_word(const char *from, const char *to, char *word)
{
    from = skip(from);
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    if (to < from || to - from >= OG_ALIAS_WORD_BYTES)
        return false;
    memcpy(word, from, (size_t)(to - from));
    word[to - from] = '\0';
    return true;
}

static const char *name_end(const char *at)
{
    while (isalnum((unsigned char)*at) || *at == '_')
        at++;
    return at;
}

static void strip_quotes(og__alias_arg *arg)
{
    char *value = arg->value;
    size_t length = strlen(value);
    if (length < 2 || (value[0] != '\'' && value[0] != '"') || value[length - 1] != value[0])
        return;
    memmove(value, value + 1, length - 2);
    value[length - 2] = '\0';
    arg->is_quoted = true;
}

/* [name [| name] = | ==] value, or a name alone, which is kept as the value. */
static bool read_arg(const char *from, const char *to, og__alias_arg *arg)
{
    const char *sign = memchr(from, '=', (size_t)(to - from));
    *arg = (og__alias_arg){0};
    if (!sign)
        return copy_word(from, to, arg->value) && (strip_quotes(arg), arg->value[0]);
    const char *bar = memchr(from, '|', (size_t)(sign - from));
    if (!copy_word(from, bar ? bar : sign, arg->name) || (bar && !copy_word(bar + 1, sign, arg->other_name)))
        return false;
    arg->is_exact = sign[1] == '=';
    if (!copy_word(sign + 1 + arg->is_exact, to, arg->value) || *name_end(arg->name))
        return false;
    strip_quotes(arg);
    return arg->name[0] && arg->value[0];
}

static bool read_args(const char *at, og__alias_call *call)
{
    while (*(at = skip(at)) != ')') {
        const char *end = at + strcspn(at, ",()");
        if (*end != ',' && *end != ')')
            return false;
        if (call->count == OG_ALIAS_ARGS_MAX || !read_arg(at, end, &call->args[call->count]))
            return false;
        call->count++;
        at = *end == ',' ? end + 1 : end;
    }
    return !*skip(at + 1);
}

bool og__alias_read(const char *text, og__alias_call *call)
{
    const char *start = skip(text), *at = start, *name = start;
    *call = (og__alias_call){0};
    for (;;) {
        const char *end = name_end(at);
        if (end == at || isdigit((unsigned char)*at))
            return false;
        name = at;
        at = end;
        if (*at != '.')
            break;
        at++;
    }
    if (!copy_word(start, name > start ? name - 1 : start, call->path) || !copy_word(name, at, call->name))
        return false;
    at = skip(at);
    return *at == '(' ? read_args(at + 1, call) : !*at;
}

/* Digits, signs and brackets of a constant; what they are worth is for the formula's parser to say. */
bool og__alias_is_number(const char *value)
{
    return value[0] && strspn(value, "0123456789.eE+-*/ ") == strlen(value) && strpbrk(value, "0123456789");
}

/* --- matching ----------------------------------------------------------------------------------------------------- */

/* The same but for case and underscores. */
static bool is_alike(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == '_')
            a++;
        while (*b == '_')
            b++;
        if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        if (!*a)
            return true;
    }
}

static bool has_prefix(og_library library, const char *path)
{
    size_t length = strlen(path);
    for (const char *at = libraries[library].prefixes; *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == length && strncmp(at, path, length) == 0)
            return true;
    return false;
}

static bool same_value(const char *a, const char *b)
{
    if (!og__alias_is_number(a) || !og__alias_is_number(b))
        return strcmp(a, b) == 0;
    double u = og__number_read(a), v = og__number_read(b);
    return fabs(u - v) <= 1e-6 * fabs(v); /* as close as a float32 constant of a library */
}

/* Whether a word of the target is the argument's name. */
static const char *find_word(const char *target, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(target, word); at; at = strstr(at + 1, word)) {
        bool starts = at == target || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        bool ends = !(isalnum((unsigned char)at[length]) || at[length] == '_');
        if (starts && ends && *skip(at + length) != '=') /* b = b: the second */
            return at;
    }
    return NULL;
}

/* The name of an argument of a signature; one that must be given has been read as a value. */
static const char *arg_name(const og__alias_arg *arg)
{
    return arg->name[0] ? arg->name : arg->value;
}

static bool is_named(const og__alias_arg *arg, const char *name)
{
    return strcmp(arg_name(arg), name) == 0 || strcmp(arg->other_name, name) == 0;
}

/* What was typed for each argument of the signature; false when something typed is none of them. */
static bool assign(const og__alias_call *typed, const og__alias_call *signature, const char **values)
{
    for (int i = 0; i < typed->count; i++) {
        int k = i;
        if (typed->args[i].name[0])
            for (k = 0; k < signature->count && !is_named(&signature->args[k], typed->args[i].name);)
                k++;
        if (k >= signature->count || values[k])
            return false;
        values[k] = typed->args[i].value;
    }
    return true;
}

static bool fits(const og__alias_arg *arg, const char *value, const char *target)
{
    bool is_free = strcmp(arg->value, "any") == 0;
    if (!arg->name[0]) /* must be given */
        return value && og__alias_is_number(value);
    if (strcmp(arg->value, "channels") == 0)
        return value && og__alias_is_number(value);
    if (!value)
        return !arg->is_exact;
    if (is_free)
        return true;
    if (!arg->is_exact && og__alias_is_number(arg->value) && find_word(target, arg->name))
        return og__alias_is_number(value);
    return same_value(value, arg->value);
}

static bool matches(const og__alias *row, const og__alias_call *signature, const og__alias_call *typed,
                    const char **values)
{
    memset(values, 0, OG_ALIAS_ARGS_MAX * sizeof *values);
    if (!assign(typed, signature, values))
        return false;
    for (int k = 0; k < signature->count; k++) {
        if (!fits(&signature->args[k], values[k], row->target))
            return false;
        if (!values[k])
            values[k] = signature->args[k].value;
    }
    return true;
}

/* Write the target with the arguments' values for their names. */
static void substitute(const og__alias *row, const og__alias_call *signature, const char *const *values, og__text *text)
{
    for (const char *at = row->target; *at;) {
        const char *end = name_end(at);
        int k = end > at && !strchr("=(", *skip(end)) ? 0 : signature->count;
        while (k < signature->count && !(strlen(arg_name(&signature->args[k])) == (size_t)(end - at) &&
                                         strncmp(arg_name(&signature->args[k]), at, (size_t)(end - at)) == 0))
            k++;
        if (k < signature->count)
            og__text_add(text, values[k]);
        else
            og__text_add_bytes(text, at, end > at ? (size_t)(end - at) : 1);
        at = end > at ? end : at + 1;
    }
}

/* The first row of a library that fits what was typed: of those spelt exactly so, then of those alike. `known` tells
 * whether there is such a name at all. */
static const og__alias *find_in(og_library library, const og__alias_call *typed, og__text *use, const og__alias **known)
{
    for (int exact = 1; exact >= 0; exact--)
        for (size_t i = 0; i < ROWS; i++) {
            og__alias_call signature;
            const char *values[OG_ALIAS_ARGS_MAX];
            if (rows[i].library != library || !og__alias_read(rows[i].signature, &signature))
                continue;
            if (exact ? strcmp(signature.name, typed->name) != 0 : !is_alike(signature.name, typed->name))
                continue;
            if (!*known)
                *known = &rows[i];
            if (matches(&rows[i], &signature, typed, values)) {
                substitute(&rows[i], &signature, values, use);
                return &rows[i];
            }
        }
    return NULL;
}

/* --- whole texts -------------------------------------------------------------------------------------------------- */

static og_status fail_arguments(const og__alias *known, const og__alias_call *typed)
{
    return og__fail(OG_ERR_NAME, "%s has no activation '%s' with these arguments that ogive knows; it knows %s",
                    libraries[known->library].name, typed->name, known->signature);
}

static og_status fail_name(og_library library, const og__alias_call *typed)
{
    char names[ROWS][OG_ALIAS_WORD_BYTES];
    const char *list[ROWS];
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        og__alias_call signature;
        if (rows[i].library != library || !og__alias_read(rows[i].signature, &signature))
            continue;
        memcpy(names[count], signature.name, sizeof names[count]);
        list[count] = names[count];
        count++;
    }
    const char *nearest = og__nearest_name(typed->name, list, count);
    return og__fail(OG_ERR_NAME, "ogive knows no activation '%s' of %s%s%s%s", typed->name, libraries[library].name,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* Say what else the bare name means: "; in Keras it is leaky_relu(a = 0.2)". */
static void add_others(og_library chosen, const og__alias_call *typed, const char *use, og__text *note)
{
    for (og_library library = 0; library < OG_LIBRARY_COUNT; library++) {
        og__text other = {0};
        const og__alias *known = NULL;
        if (library != chosen && find_in(library, typed, &other, &known) && strcmp(og__text_get(&other), use) != 0)
            og__text_format(note, "; in %s it is %s", libraries[library].name, og__text_get(&other));
        og__text_deinit(&other);
    }
}

static og_status take(og__text *text, char **string)
{
    og_status status = og__text_status(text);
    if (status == OG_OK) {
        *string = text->data;
        *text = (og__text){0};
    }
    og__text_deinit(text);
    return status;
}

/* With a prefix the library is known, and so are errors. */
static og_status resolve_with_prefix(const og__alias_call *typed, char **use, char **note)
{
    og_library library = OG_LIBRARY_PYTORCH;
    while (library < OG_LIBRARY_COUNT && !has_prefix(library, typed->path))
        library++;
    if (library == OG_LIBRARY_COUNT)
        return og__fail(OG_ERR_NAME,
                        "'%s' is no library whose names ogive knows; it knows nn., torch., keras., jax.nn., "
                        "flax., onnx., timm., monai., mmcv., xformers. and darknet.",
                        typed->path);
    og__text text = {0}, words = {0};
    const og__alias *known = NULL, *row = find_in(library, typed, &text, &known);
    if (!row) {
        og__text_deinit(&text);
        return known ? fail_arguments(known, typed) : fail_name(library, typed);
    }
    og__text_format(&words, "%s.%s is %s%s%s", typed->path, typed->name, og__text_get(&text), row->note[0] ? "; " : "",
                    row->note);
    og_status status = take(&text, use);
    return status == OG_OK ? take(&words, note) : (og__text_deinit(&words), status);
}

/* A row of the catalogue in another case or without underscores: "HardSwish". */
static const og__catalogue_row *find_alike(const og__catalogue *catalogue, const char *name)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (is_alike(catalogue->rows[i].entry.id, name))
            return &catalogue->rows[i];
    return NULL;
}

static og_status resolve_bare(const char *whole, const og__alias_call *typed, const og__catalogue *catalogue,
                              char **use, char **note)
{
    og__text text = {0}, words = {0};
    const og__alias *known = NULL;
    for (og_library library = 0; library < OG_LIBRARY_COUNT; library++) {
        const og__alias *row = find_in(library, typed, &text, &known);
        if (!row)
            continue;
        og__text_format(&words, "%s is %s as in %s", typed->name, og__text_get(&text), libraries[library].name);
        add_others(library, typed, og__text_get(&text), &words);
        og__text_format(&words, "%s%s", row->note[0] ? "; " : "", row->note);
        break;
    }
    const og__catalogue_row *alike = text.length > 0 ? NULL : find_alike(catalogue, typed->name);
    if (alike) { /* its arguments, if any, are the row's own */
        const char *open = strchr(whole, '(');
        og__text_format(&text, "%s%s", alike->entry.id, open ? open : "");
        og__text_format(&words, "%s is %s", typed->name, alike->entry.id);
    }
    if (text.length == 0)
        return known ? fail_arguments(known, typed) : OG_OK;
    og_status status = take(&text, use);
    return status == OG_OK ? take(&words, note) : (og__text_deinit(&words), status);
}

static bool is_expression(const og__alias_arg *arg)
{
    bool is_word =
        strcmp(arg->value, "True") == 0 || strcmp(arg->value, "False") == 0 || strcmp(arg->value, "None") == 0;
    return !arg->name[0] && !arg->is_quoted && !is_word && !og__alias_is_number(arg->value);
}

og_status og__alias_resolve(const char *text, const og__catalogue *catalogue, char **use, char **note)
{
    og__alias_call typed;
    *use = *note = NULL;
    if (!og__alias_read(text, &typed))
        return OG_OK;
    if (typed.path[0])
        return resolve_with_prefix(&typed, use, note);
    if (og__parser_is_function(&(og__parser){.catalogue = catalogue}, typed.name) || og__parser_is_reserved(typed.name))
        return OG_OK;
    for (int i = 0; i < typed.count; i++)
        if (is_expression(&typed.args[i]))
            return OG_OK; /* swish(x) is a formula */
    return resolve_bare(text, &typed, catalogue, use, note);
}

const char *og__alias_nearest(const char *name, size_t count, const char *const *names, char *nearest)
{
    enum { NAMES_MAX = 512 };
    char own[ROWS][OG_ALIAS_WORD_BYTES];
    const char *list[NAMES_MAX + ROWS];
    size_t total = 0;
    for (; total < count && total < NAMES_MAX; total++)
        list[total] = names[total];
    for (size_t i = 0; i < ROWS; i++) {
        og__alias_call signature;
        if (!og__alias_read(rows[i].signature, &signature))
            continue;
        memcpy(own[i], signature.name, sizeof own[i]);
        list[total++] = own[i];
    }
    const char *found = og__nearest_name(name, list, total);
    if (found)
        snprintf(nearest, OG_ALIAS_WORD_BYTES, "%s", found);
    return found ? nearest : NULL;
}

const char *og__alias_hint(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        og__alias_call signature;
        if (og__alias_read(rows[i].signature, &signature) && is_alike(signature.name, name) &&
            *name_end(rows[i].target) == '\0')
            return rows[i].target;
    }
    return NULL;
}

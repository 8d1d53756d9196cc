#include "format/json.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

og_status og__json_parse(const char *text, size_t count, const char *source, json_t **root)
{
    json_error_t error;
    *root = json_loadb(text, count, JSON_REJECT_DUPLICATES, &error);
    if (*root)
        return OG_OK;
    if (json_error_code(&error) == json_error_out_of_memory)
        return og__fail(OG_ERR_MEMORY, "cannot allocate memory for the JSON document '%s'", source);
    return og__fail(OG_ERR_FORMAT, "%s:%d:%d: not valid JSON: %s", source, error.line, error.column, error.text);
}

og_status og__json_load(const char *path, json_t **root)
{
    char *text;
    size_t count;
    *root = NULL;
    OG_TRY(og__file_read(path, &text, &count));
    og_status status = og__json_parse(text, count, path, root);
    free(text);
    return status;
}

/* --- writing --- */

enum { LINE = -1 }; /* a depth: no indentation, all on one line */

/* The shortest of 15 to 17 digits that reads back as the same double. A point or exponent keeps it a real. */
static void write_real(og__text *text, double value)
{
    char digits[40];
    if (!isfinite(value)) {
        og__text_add(text, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    for (char *at = digits; *at; at++) /* the C library writes the locale's decimal point */
        if (!strchr("+-0123456789e", *at))
            *at = '.';
    og__text_add(text, digits);
    if (!strpbrk(digits, ".e"))
        og__text_add(text, ".0");
}

static int write_bytes(const char *bytes, size_t count, void *text)
{
    og__text_add_bytes(text, bytes, count);
    return 0;
}

static void write_string(og__text *text, const char *string)
{
    json_t *value = json_string_nocheck(string);
    if (!value || json_dump_callback(value, write_bytes, text, JSON_ENCODE_ANY) != 0)
        text->status = og__fail(OG_ERR_MEMORY, "cannot allocate memory for a JSON text");
    json_decref(value);
}

static void new_line(og__text *text, int depth)
{
    if (depth != LINE)
        og__text_format(text, "\n%*s", 2 * depth, "");
}

static bool is_flat(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (json_is_object(json_array_get(array, i)) || json_is_array(json_array_get(array, i)))
            return false;
    return true;
}

static void write_value(og__text *text, const json_t *value, int depth);

static void write_array(og__text *text, const json_t *array, int depth)
{
    bool flat = depth == LINE || is_flat(array);
    int inside = flat ? LINE : depth + 1;
    og__text_add(text, "[");
    for (size_t i = 0; i < json_array_size(array); i++) {
        og__text_add(text, i == 0 ? "" : flat ? ", " : ",");
        new_line(text, inside);
        write_value(text, json_array_get(array, i), inside);
    }
    if (!flat)
        new_line(text, depth);
    og__text_add(text, "]");
}

static void write_object(og__text *text, const json_t *object, int depth)
{
    int inside = depth == LINE ? LINE : depth + 1;
    const char *separator = "";
    og__text_add(text, "{");
    for (void *at = json_object_iter((json_t *)object); at; at = json_object_iter_next((json_t *)object, at)) {
        og__text_add(text, separator);
        new_line(text, inside);
        write_string(text, json_object_iter_key(at));
        og__text_add(text, ": ");
        write_value(text, json_object_iter_value(at), inside);
        separator = depth == LINE ? ", " : ",";
    }
    if (json_object_size(object) > 0)
        new_line(text, depth);
    og__text_add(text, "}");
}

static void write_value(og__text *text, const json_t *value, int depth)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(text, value, depth);
        break;
    case JSON_ARRAY:
        write_array(text, value, depth);
        break;
    case JSON_STRING:
        write_string(text, json_string_value(value));
        break;
    case JSON_INTEGER:
        og__text_format(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(text, json_real_value(value));
        break;
    default:
        og__text_add(text, json_is_null(value) ? "null" : json_is_true(value) ? "true" : "false");
    }
}

static og_status write_document(const json_t *root, int depth, char **result)
{
    og__text text = {0};
    *result = NULL;
    write_value(&text, root, depth);
    if (depth != LINE)
        og__text_add(&text, "\n");
    og_status status = og__text_status(&text);
    if (status == OG_OK)
        *result = text.data;
    else
        og__text_deinit(&text);
    return status;
}

og_status og__json_line(const json_t *root, char **text)
{
    return write_document(root, LINE, text);
}

og_status og__json_pretty(const json_t *root, char **text)
{
    return write_document(root, 0, text);
}

og_status og__json_save(const char *path, const json_t *root)
{
    char *text;
    OG_TRY(og__json_pretty(root, &text));
    og_status status = og__file_write(path, text, strlen(text));
    free(text);
    return status;
}

/* --- building --- */

json_t *og__json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Length of the UTF-8 character at `at`, 0 when it is none (as surrogates, overlong forms, beyond U+10FFFF). */
static int character_length(const unsigned char *at)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
    unsigned code = length == 1 ? at[0] : at[0] & (0x7Fu >> length);
    for (int i = 1; i < length; i++) {
        if (at[i] >> 6 != 2) /* also the final NUL */
            return 0;
        code = code << 6 | (at[i] & 0x3Fu);
    }
    bool bad = length > 1 && (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000));
    return bad ? 0 : length;
}

json_t *og__json_string(const char *string)
{
    og__text text = {0};
    for (const char *at = string; *at;) {
        int length = character_length((const unsigned char *)at);
        if (length > 0)
            og__text_add_bytes(&text, at, (size_t)length);
        else
            og__text_add(&text, "\xEF\xBF\xBD"); /* U+FFFD, the replacement character */
        at += length > 0 ? length : 1;
    }
    json_t *value = og__text_status(&text) == OG_OK ? json_string(og__text_get(&text)) : NULL;
    og__text_deinit(&text);
    return value;
}

og_status og__json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) == 0)
        return OG_OK;
    return og__fail(OG_ERR_MEMORY, "cannot allocate memory for the JSON member \"%s\"", key);
}

og_status og__json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return OG_OK;
    return og__fail(OG_ERR_MEMORY, "cannot allocate memory for a JSON array");
}

/* --- reading --- */

static const char *const type_names[] = {
    [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a text", [JSON_INTEGER] = "an integer",
    [JSON_REAL] = "a number",    [JSON_TRUE] = "true",      [JSON_FALSE] = "false",   [JSON_NULL] = "null",
};

static og_status fail_member(const json_t *object, const char *key, const char *expected)
{
    const json_t *member = json_object_get(object, key);
    return og__fail(OG_ERR_FORMAT, "\"%s\" is %s; %s is expected", key,
                    !json_is_object(object) ? "looked for in something that is no object"
                    : member                ? type_names[json_typeof(member)]
                                            : "missing",
                    expected);
}

og_status og__json_get(const json_t *object, const char *key, json_type type, json_t **member)
{
    *member = json_object_get(object, key);
    if (*member && json_typeof(*member) == type)
        return OG_OK;
    *member = NULL;
    return fail_member(object, key, type_names[type]);
}

og_status og__json_get_real(const json_t *object, const char *key, double *value)
{
    const json_t *member = json_object_get(object, key);
    *value = NAN;
    if (!json_is_number(member) && !json_is_null(member))
        return fail_member(object, key, "a number");
    if (json_is_number(member))
        *value = json_number_value(member);
    return OG_OK;
}

og_status og__json_get_int(const json_t *object, const char *key, int64_t *value)
{
    const json_t *member = json_object_get(object, key);
    *value = json_integer_value(member);
    return json_is_integer(member) ? OG_OK : fail_member(object, key, "an integer");
}

og_status og__json_get_text(const json_t *object, const char *key, const char **value)
{
    const json_t *member = json_object_get(object, key);
    *value = json_string_value(member);
    return *value ? OG_OK : fail_member(object, key, "a text");
}

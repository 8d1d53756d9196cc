#include "study/settings.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "format/json.h"

static og_status describe_option(const og_option *option, const void *settings, json_t *object)
{
    const void *field = (const char *)settings + option->offset;
    char *text;
    switch (option->type) {
    case OG_OPTION_INT:
        return og__json_set(object, option->name, json_integer(*(const int64_t *)field));
    case OG_OPTION_REAL:
        return og__json_set(object, option->name, og__json_real(*(const double *)field));
    case OG_OPTION_FLAG:
        return og__json_set(object, option->name, json_boolean(*(const bool *)field));
    case OG_OPTION_TEXT:
    case OG_OPTION_LIST:
    case OG_OPTION_CHOICE:
        break;
    }
    OG_TRY(og_option_get(option, settings, &text));
    json_t *value = og__json_string(text);
    free(text);
    return og__json_set(object, option->name, value);
}

og_status og__settings_describe(og_option_table table, const void *settings, bool (*wanted)(const og_option *option),
                                json_t *object)
{
    for (size_t i = 0; i < table.count; i++)
        if (!wanted || wanted(&table.options[i]))
            OG_TRY(describe_option(&table.options[i], settings, object));
    return OG_OK;
}

static og_status restore_option(const og_option *option, const json_t *value, void *settings)
{
    char number[40];
    if (!value) /* the record is older than the option, or the option was not wanted */
        return OG_OK;
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(number, sizeof number, "%.17g", json_real_value(value));
    if (json_is_boolean(value))
        return og_option_set(option, settings, json_is_true(value) ? "true" : "false");
    return og_option_set(option, settings, json_is_string(value) ? json_string_value(value) : number);
}

og_status og__settings_restore(og_option_table table, const json_t *object, void *settings)
{
    OG_TRY(og_options_init(table, settings));
    for (size_t i = 0; i < table.count; i++) {
        const og_option *option = &table.options[i];
        og_status status = restore_option(option, json_object_get(object, option->name), settings);
        if (status != OG_OK) {
            og_options_deinit(table, settings);
            return status;
        }
    }
    return OG_OK;
}

og_status og__settings_apply(og_option_table table, const json_t *object, void *settings)
{
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        const og_option *option = og_option_find(table, name);
        if (!option)
            return og__fail(OG_ERR_ARGUMENT, "there is no option '%s'", name);
        OG_TRY(restore_option(option, value, settings));
    }
    return OG_OK;
}

#include <ogive/option.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"

static void *field_of(const og_option *option, void *settings)
{
    return (char *)settings + option->offset;
}

/* A bound that lies beyond this is written as "no bound": nobody types it. */
static const double unbounded = 9e15;

/* "from 1 to 8", "at least 0", "at most 1", or "". */
static void format_range(const og_option *option, size_t size, char text[size])
{
    bool low = option->min > -unbounded, high = option->max < unbounded;
    if (low && high)
        snprintf(text, size, " from %.15g to %.15g", option->min, option->max);
    else if (low)
        snprintf(text, size, " of at least %.15g", option->min);
    else if (high)
        snprintf(text, size, " of at most %.15g", option->max);
    else
        text[0] = '\0';
}

static og_status fail_number(const og_option *option, const char *value, const char *problem)
{
    char range[96];
    format_range(option, sizeof range, range);
    return og__fail(OG_ERR_ARGUMENT, "option '%s': '%s' %s; give a %s%s%s%s%s", option->name, value, problem,
                    option->type == OG_OPTION_INT ? "whole number" : "number", range, option->unit ? " (" : "",
                    option->unit ? option->unit : "", option->unit ? ")" : "");
}

static og_status set_int(const og_option *option, void *settings, const char *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end != '\0')
        return fail_number(option, value, "is not a whole number");
    if (errno == ERANGE || (double)number < option->min || (double)number > option->max)
        return fail_number(option, value, "is out of range");
    *(int64_t *)field_of(option, settings) = number;
    return OG_OK;
}

static og_status set_real(const og_option *option, void *settings, const char *value)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end != '\0' || isnan(number))
        return fail_number(option, value, "is not a number");
    if (number < option->min || number > option->max)
        return fail_number(option, value, "is out of range");
    *(double *)field_of(option, settings) = number;
    return OG_OK;
}

static og_status set_text(const og_option *option, void *settings, const char *value)
{
    char *copy;
    OG_TRY(og__copy_text(value, &copy));
    char **field = field_of(option, settings);
    free(*field);
    *field = copy;
    return OG_OK;
}

og_status og_option_add(const og_option *option, void *settings, const char *item)
{
    if (option->type != OG_OPTION_LIST)
        return og_option_set(option, settings, item);
    if (item[strspn(item, " \t")] == '\0' || strchr(item, '\n'))
        return og__fail(OG_ERR_ARGUMENT, "option '%s': an item of the list %s", option->name,
                        strchr(item, '\n') ? "has more than one line" : "is empty");
    og__text text = {0};
    char **field = field_of(option, settings);
    og__text_format(&text, "%s%s%s", *field, (*field)[0] ? "\n" : "", item);
    OG_TRY(og__text_status(&text));
    free(*field);
    *field = text.data;
    return OG_OK;
}

static bool holds_text(const og_option *option)
{
    return option->type == OG_OPTION_TEXT || option->type == OG_OPTION_LIST;
}

static og_status set_flag(const og_option *option, void *settings, const char *value)
{
    static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (int truth = 0; truth < 2; truth++)
            if (strcasecmp(value, words[i][truth]) == 0) {
                *(bool *)field_of(option, settings) = truth;
                return OG_OK;
            }
    return og__fail(OG_ERR_ARGUMENT, "option '%s': '%s' is neither true nor false", option->name, value);
}

enum { CHOICES_MAX = 32 };

/* Cut "a|b|c" into names. `copy` is written over; the names point into it. */
static size_t split_choices(char *copy, const char *names[CHOICES_MAX])
{
    size_t count = 0;
    char *rest = copy;
    for (char *name; count < CHOICES_MAX && (name = strsep(&rest, "|")) != NULL;)
        names[count++] = name;
    return count;
}

static og_status set_choice(const og_option *option, void *settings, const char *value)
{
    og_status status = OG_OK;
    const char *names[CHOICES_MAX];
    char *copy;
    OG_TRY(og__copy_text(option->choices, &copy));
    size_t count = split_choices(copy, names);
    for (size_t i = 0; i < count; i++)
        if (strcmp(value, names[i]) == 0) {
            *(int *)field_of(option, settings) = (int)i;
            goto done;
        }
    const char *near = og__nearest_name(value, names, count);
    status = og__fail(OG_ERR_ARGUMENT, "option '%s': '%s' is not one of %s%s%s%s", option->name, value, option->choices,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
done:
    free(copy);
    return status;
}

og_status og_option_set(const og_option *option, void *settings, const char *value)
{
    switch (option->type) {
    case OG_OPTION_INT:
        return set_int(option, settings, value);
    case OG_OPTION_REAL:
        return set_real(option, settings, value);
    case OG_OPTION_TEXT:
    case OG_OPTION_LIST:
        return set_text(option, settings, value);
    case OG_OPTION_FLAG:
        return set_flag(option, settings, value);
    case OG_OPTION_CHOICE:
        return set_choice(option, settings, value);
    }
    return og__fail(OG_ERR_ARGUMENT, "option '%s' has no type", option->name);
}

/* The shortest decimal that reads back as the same number. */
static void format_real(double number, size_t size, char text[size])
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            return;
    }
}

static og_status get_choice(const og_option *option, int index, char **value)
{
    og_status status = OG_OK;
    const char *names[CHOICES_MAX];
    char *copy;
    OG_TRY(og__copy_text(option->choices, &copy));
    size_t count = split_choices(copy, names);
    if (index < 0 || (size_t)index >= count)
        status =
            og__fail(OG_ERR_ARGUMENT, "option '%s' has no choice number %d (%s)", option->name, index, option->choices);
    else
        status = og__copy_text(names[index], value);
    free(copy);
    return status;
}

og_status og_option_get(const og_option *option, const void *settings, char **value)
{
    const void *field = (const char *)settings + option->offset;
    char number[64];
    *value = NULL;
    switch (option->type) {
    case OG_OPTION_INT:
        snprintf(number, sizeof number, "%lld", (long long)*(const int64_t *)field);
        return og__copy_text(number, value);
    case OG_OPTION_REAL:
        format_real(*(const double *)field, sizeof number, number);
        return og__copy_text(number, value);
    case OG_OPTION_TEXT:
    case OG_OPTION_LIST: {
        const char *text = *(char *const *)field;
        return og__copy_text(text ? text : "", value);
    }
    case OG_OPTION_FLAG:
        return og__copy_text(*(const bool *)field ? "true" : "false", value);
    case OG_OPTION_CHOICE:
        return get_choice(option, *(const int *)field, value);
    }
    return og__fail(OG_ERR_ARGUMENT, "option '%s' has no type", option->name);
}

og_status og_options_init(og_option_table table, void *settings)
{
    /* Every text is NULL before any is set, so that a failure can release what there is. */
    for (size_t i = 0; i < table.count; i++)
        if (holds_text(&table.options[i]))
            *(char **)field_of(&table.options[i], settings) = NULL;
    og_status status = OG_OK;
    for (size_t i = 0; i < table.count && status == OG_OK; i++)
        status = og_option_set(&table.options[i], settings, table.options[i].initial);
    if (status != OG_OK)
        og_options_deinit(table, settings);
    return status;
}

void og_options_deinit(og_option_table table, void *settings)
{
    for (size_t i = 0; i < table.count; i++)
        if (holds_text(&table.options[i])) {
            char **field = field_of(&table.options[i], settings);
            free(*field);
            *field = NULL;
        }
}

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
            return false;
    return *a == *b;
}

const og_option *og_option_find(og_option_table table, const char *name)
{
    for (size_t i = 0; i < table.count; i++) {
        const og_option *option = &table.options[i];
        if (same_name(option->name, name) || (option->alias && same_name(option->alias, name)))
            return option;
    }
    return NULL;
}

const char *og_name_nearest(const char *name, const char *const *names, size_t count)
{
    return og__nearest_name(name, names, count);
}

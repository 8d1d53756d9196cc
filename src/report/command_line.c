#include "report/command_line.h"

#include <stdlib.h>
#include <string.h>

#include <ogive/train.h>

#include "base/text.h"
#include "format/json.h"
#include "study/question.h"
#include "study/settings.h"

static void add_word(og__text *line, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=+@%";
    og__text_add(line, " ");
    if (word[0] && word[strspn(word, plain)] == '\0') {
        og__text_add(line, word);
        return;
    }
    og__text_add(line, "'");
    for (const char *at = word; *at; at++)
        if (*at == '\'')
            og__text_add(line, "'\\''");
        else
            og__text_add_bytes(line, at, 1);
    og__text_add(line, "'");
}

static void add_flag(og__text *line, const char *prefix, const char *name)
{
    og__text_format(line, " --%s%s", prefix, name);
}

/* A list is given once per item. */
static void add_option(og__text *line, const og_option *option, char *value)
{
    if (option->type == OG_OPTION_FLAG) {
        add_flag(line, strcmp(value, "true") == 0 ? "" : "no-", option->name);
        return;
    }
    char *rest = NULL, *first = option->type == OG_OPTION_LIST ? strtok_r(value, "\n", &rest) : value;
    for (char *item = first; item; item = option->type == OG_OPTION_LIST ? strtok_r(NULL, "\n", &rest) : NULL) {
        add_flag(line, "", option->name);
        add_word(line, item);
    }
}

static bool is_running(const og_option *option) /* how to run is the user's own business */
{
    return strcmp(option->name, "threads") == 0 || strcmp(option->name, "data-threads") == 0;
}

static og_status add_changed(og__text *line, og_option_table table, const void *settings, const void *usual)
{
    for (size_t i = 0; i < table.count; i++) {
        char *own = NULL, *other = NULL;
        og_status status = og_option_get(&table.options[i], settings, &own);
        if (status == OG_OK)
            status = og_option_get(&table.options[i], usual, &other);
        if (status == OG_OK && strcmp(own, other) != 0 && !is_running(&table.options[i]))
            add_option(line, &table.options[i], own);
        free(own);
        free(other);
        OG_TRY(status);
    }
    return OG_OK;
}

static og_status add_data(og__text *line, const json_t *object)
{
    og_data_options own, usual;
    OG_TRY(og__settings_restore(og_data_option_table(), object, &own));
    og_status status = og_options_init(og_data_option_table(), &usual);
    if (status == OG_OK) {
        own.volumes = usual.volumes; /* which --dims says */
        status = add_changed(line, og_data_option_table(), &own, &usual);
        og_options_deinit(og_data_option_table(), &usual);
    }
    og_options_deinit(og_data_option_table(), &own);
    return status;
}

static og_status add_train(og__text *line, const json_t *question, const json_t *settings)
{
    og_train_options own, usual;
    OG_TRY(og__question_train(question, &own));
    og_status status = og__settings_apply(og_train_option_table(), settings, &own);
    if (status == OG_OK)
        status = og_options_init(og_train_option_table(), &usual);
    if (status == OG_OK) {
        status = add_changed(line, og_train_option_table(), &own, &usual);
        og_options_deinit(og_train_option_table(), &usual);
    }
    og_options_deinit(og_train_option_table(), &own);
    return status;
}

og_status og__command_line(const og__study *study, const json_t *settings, const char *name, char **line)
{
    og__text text = {0};
    const char *data = json_string_value(json_object_get(study->record, "data_path"));
    og__text_add(&text, "ogive train");
    add_word(&text, data ? data : "DATA");
    og__text_add(&text, " -o");
    add_word(&text, name);
    og_status status = add_train(&text, json_object_get(study->record, "question"), settings);
    if (status == OG_OK)
        status = add_data(&text, json_object_get(study->record, "data_options"));
    if (status == OG_OK)
        status = og__text_status(&text);
    *line = status == OG_OK ? text.data : NULL;
    if (status != OG_OK)
        og__text_deinit(&text);
    return status;
}

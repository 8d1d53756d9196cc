/* ogive act list: the catalogue. */
#include <stdio.h>

#include <ogive/act.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "table.h"

typedef struct own_settings {
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {OPTION_JSON(own_settings)};
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static json_t *entry_document(const og_act_entry *entry)
{
    json_t *params = json_array();
    for (size_t i = 0; i < entry->param_count; i++) {
        const og_act_param *param = &entry->params[i];
        json_array_append_new(params, json_pack("{s:s, s:o, s:o}", "name", param->name, "default",
                                                json_float(param->value), "learn", json_learn(param->learn)));
    }
    return json_pack("{s:s, s:s, s:o, s:s}", "id", entry->id, "formula", entry->formula, "params", params, "reference",
                     entry->reference);
}

static og_status list_json(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < og_act_entry_count(); i++)
        json_array_append_new(list, entry_document(og_act_entry_at(i)));
    return print_json(list, 9);
}

/* "a=0.01, b=learn(1, channel)" */
static void format_params(const og_act_entry *entry, size_t size, char text[size])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < entry->param_count && length < size; i++) {
        const og_act_param *param = &entry->params[i];
        const char *open = param->learn == OG_LEARN_NO ? "" : "learn(";
        const char *close = param->learn == OG_LEARN_NO ? "" : param->learn == OG_LEARN_LAYER ? ")" : ", channel)";
        length += (size_t)snprintf(text + length, size - length, "%s%s=%s%g%s", i ? ", " : "", param->name, open,
                                   (double)param->value, close);
    }
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    (void)positionals;
    if (settings->json)
        return list_json();
    text_table table = {.align = "lll"};
    table_cell(&table, "NAME");
    table_cell(&table, "FORMULA");
    table_cell(&table, "PARAMETERS");
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        char params[256];
        const og_act_entry *entry = og_act_entry_at(i);
        format_params(entry, sizeof params, params);
        table_cell(&table, "%s", entry->id);
        table_cell(&table, "%s", entry->formula);
        table_cell(&table, "%s", params);
    }
    table_print(&table, stdout);
    printf("\nAnything else can be written as a formula: ogive act show 'x*tanh(softplus(x))'\n");
    return OG_OK;
}

const cli_command act_list_command = {
    .name = "act list",
    .summary = "list the built-in activation functions",
    .groups = {{own_options, 0, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Lists name, formula and parameters of every built-in activation function. With --json: an array of "
        "{\"id\", \"formula\", \"params\": [{\"name\", \"default\", \"learn\"}], \"reference\"}, where \"learn\" "
        "is null for a fixed parameter, \"layer\" or \"channel\" for one that is trained.",
    .examples = "  ogive act list\n"
                "  ogive act list --json | jq -r '.[].id'\n",
    .run = run,
};

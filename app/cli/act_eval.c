/* ogive act eval EXPR --x LIST: values and derivatives from the kernels that training uses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/act.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "table.h"

typedef struct own_settings {
    bool json;
    char *x;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"x", NULL, OG_OPTION_TEXT, offsetof(own_settings, x), "", 0, 0, NULL, "list", "Input",
         "Where to evaluate: numbers, separated by commas"},
        OPTION_JSON(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* f32 values at every x: y, dy, and one row per parameter; one block, released with free(). */
typedef struct evaluation {
    size_t count;
    size_t param_count;
    float *x, *y, *dy;                 /* (count) each */
    float *dparams[OG_ACT_PARAMS_MAX]; /* (count) each */
} evaluation;

static og_status parse_numbers(const char *text, float *numbers, size_t *count)
{
    *count = 0;
    for (const char *at = text;;) {
        char *end;
        float number = strtof(at, &end);
        while (*end == ' ')
            end++;
        if (end == at || (*end != ',' && *end != '\0'))
            return fail(OG_ERR_ARGUMENT, "option '--x': '%.*s' is not a number; give numbers separated by commas",
                        (int)strcspn(at, ","), at);
        numbers[(*count)++] = number;
        if (*end == '\0')
            return OG_OK;
        at = end + 1;
    }
}

static og_status values_init(const char *list, const og_act *act, evaluation *values)
{
    size_t most = 1; /* numbers in the list */
    for (const char *at = list; *at; at++)
        most += *at == ',';
    values->param_count = og_act_param_count(act);
    values->x = calloc(most * (3 + values->param_count), sizeof(float));
    if (!values->x)
        return fail(OG_ERR_MEMORY, "out of memory for %zu numbers", most);
    values->y = values->x + most;
    values->dy = values->y + most;
    for (size_t i = 0; i < values->param_count; i++)
        values->dparams[i] = values->dy + (i + 1) * most;
    return parse_numbers(list, values->x, &values->count);
}

static json_t *numbers_document(size_t count, const float *numbers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_float(numbers[i]));
    return list;
}

static og_status print_document(const evaluation *values, const og_act *act)
{
    json_t *dparams = json_object();
    for (size_t i = 0; i < values->param_count; i++)
        json_object_set_new(dparams, og_act_param_at(act, i).name, numbers_document(values->count, values->dparams[i]));
    json_t *document = json_pack("{s:o, s:o, s:o}", "y", numbers_document(values->count, values->y), "dy",
                                 numbers_document(values->count, values->dy), "dparams", dparams);
    return print_json(document, 9); /* nine digits give a float32 back exactly */
}

static void print_values(const evaluation *values, const og_act *act)
{
    char align[4 + OG_ACT_PARAMS_MAX] = "rrr";
    memset(align + 3, 'r', values->param_count);
    text_table table = {.align = align};
    table_cell(&table, "x");
    table_cell(&table, "f(x)");
    table_cell(&table, "df/dx");
    for (size_t i = 0; i < values->param_count; i++)
        table_cell(&table, "df/d%s", og_act_param_at(act, i).name);
    for (size_t i = 0; i < values->count; i++) {
        table_cell(&table, "%.7g", (double)values->x[i]);
        table_cell(&table, "%.7g", (double)values->y[i]);
        table_cell(&table, "%.7g", (double)values->dy[i]);
        for (size_t j = 0; j < values->param_count; j++)
            table_cell(&table, "%.7g", (double)values->dparams[j][i]);
    }
    table_print(&table, stdout);
}

static og_status run(const void *given, const char *const *positionals)
{
    const own_settings *settings = given;
    og_status status = OG_OK;
    og_act *act = NULL;
    evaluation values = {0};
    GO(og_act_parse(positionals[0], &act));
    GO(values_init(settings->x, act, &values));
    GO(og_act_eval(act, values.count, values.x, values.y, values.dy, values.dparams));
    if (settings->json)
        GO(print_document(&values, act));
    else
        print_values(&values, act);
done:
    free(values.x);
    og_act_free(act);
    return status;
}

const cli_command act_eval_command = {
    .name = "act eval",
    .summary = "evaluate an activation function and its derivatives",
    .positionals = {{"EXPR", "a name, a name with values, or a formula in x"}},
    .required = "x",
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Evaluates f, df/dx and df/dp for each parameter p with the kernels that training uses, in float32. "
        "With --json: {\"y\": [...], \"dy\": [...], \"dparams\": {\"a\": [...]}}; a value that is not finite "
        "is null.",
    .examples = "  ogive act eval silu --x -1,0,0.5\n"
                "  ogive act eval 'where(x>0, x, a*x); a=0.2' --x -1,1 --json\n",
    .run = run,
};

/* ogive bench act: what activation functions cost, as ratios to relu. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/cost.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "table.h"

typedef struct own_settings {
    bool json;
    char *config, *mb;
    int executor;
    int64_t threads;
    double seconds;
} own_settings;

#define EXECUTORS "auto|built-in|compiled|interpreter|all"
static const char *const executors[] = {NULL, "built-in", "compiled", "interpreter"};
enum { ALL_EXECUTORS = 4, SIZES_MAX = 8 };

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"mb", NULL, OG_OPTION_TEXT, offsetof(own_settings, mb), "1,16,64", 0, 0, NULL, "MB", "Measuring",
         "Sizes of the tensors, separated by commas: in a core's cache, in the shared cache, in memory"},
        {"executor", NULL, OG_OPTION_CHOICE, offsetof(own_settings, executor), "auto", 0, 0, EXECUTORS, NULL,
         "Measuring", "What runs the functions; auto is what training takes, all is each that can"},
        {"seconds", NULL, OG_OPTION_REAL, offsetof(own_settings, seconds), "1", 0, 1e4, NULL, "s", "Measuring",
         "For each size and executor; there are at least three turns"},
        {"threads", "j", OG_OPTION_INT, offsetof(own_settings, threads), "1", 1, 1024, NULL, NULL, "Running",
         "Cores to compute on"},
        OPTION_JSON(own_settings),
        OPTION_CONFIG(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* What is to be measured. */
typedef struct contest {
    const own_settings *settings;
    size_t count, size_count;
    og_act **acts; /* (count) owned */
    og_act **able; /* (count) those that one executor runs; borrowed */
    og_act_cost *costs;
    size_t bytes[SIZES_MAX];
    json_t *rows;
} contest;

static og_status read_sizes(const char *text, contest *c)
{
    while (*text) {
        char *end;
        double mb = strtod(text, &end);
        if (end == text || !(mb > 0 && mb <= 4096) || (*end && *end != ',') || c->size_count == SIZES_MAX)
            return fail(OG_ERR_ARGUMENT,
                        "option 'mb': '%s' is not a list of up to %d sizes from 0 to 4096, as in 1,16,64",
                        c->settings->mb, SIZES_MAX);
        c->bytes[c->size_count++] = (size_t)(mb * 1048576);
        text = *end ? end + 1 : end;
    }
    return c->size_count > 0 ? OG_OK : fail(OG_ERR_ARGUMENT, "option 'mb' names no size");
}

static og_status read_acts(const char *const *texts, contest *c)
{
    size_t given = 0;
    while (texts[given])
        given++;
    size_t count = given > 0 ? given : og_act_entry_count();
    c->acts = calloc(count, sizeof *c->acts);
    c->able = calloc(count, sizeof *c->able);
    c->costs = calloc(count, sizeof *c->costs);
    c->rows = json_array();
    if (!c->acts || !c->able || !c->costs || !c->rows)
        return fail(OG_ERR_MEMORY, "out of memory");
    for (; c->count < count; c->count++) {
        const char *text = given > 0 ? texts[c->count] : og_act_entry_at(c->count)->id;
        og_status status = og_act_parse(text, &c->acts[c->count]);
        if (status != OG_OK)
            return fail_in(status, "'%.200s'", text);
    }
    return OG_OK;
}

/* Those that an executor can run: all of them, unless "all" asks for each executor in turn. */
static size_t select_able(const contest *c, const char *executor)
{
    size_t able = 0;
    for (size_t i = 0; i < c->count; i++) {
        const og_act *act = c->acts[i];
        og_act_cost_options nothing = {.executor = executor};
        og_act_cost cost;
        if (c->settings->executor != ALL_EXECUTORS || og_act_measure(1, &act, &nothing, &cost) == OG_OK)
            c->able[able++] = c->acts[i];
    }
    return able;
}

static og_status measure(const contest *c, const char *executor, size_t bytes)
{
    size_t count = select_able(c, executor);
    og_act_cost_options options = {bytes, c->settings->seconds, (int)c->settings->threads, executor};
    if (count == 0)
        return OG_OK;
    TRY(og_act_measure(count, (const og_act *const *)c->able, &options, c->costs));
    for (size_t i = 0; i < count; i++) {
        const og_act_cost *cost = &c->costs[i];
        const char *text = og_act_text(c->able[i]), *id = og_act_id(c->able[i]);
        json_t *row =
            json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "act", id ? id : text, "text", text, "executor", cost->executor,
                      "isa", cost->isa, "threads", (json_int_t)c->settings->threads, "bytes", (json_int_t)bytes);
        json_t *figures =
            json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "forward_ns", cost->forward_ns, "backward_ns",
                      cost->backward_ns, "normalised_ns", cost->normalised_ns, "forward_ratio", cost->forward_ratio,
                      "backward_ratio", cost->backward_ratio, "normalised_ratio", cost->normalised_ratio);
        int failed = !row || !figures || json_object_update(row, figures) != 0;
        json_decref(figures);
        if (failed || json_array_append_new(c->rows, row) != 0)
            return fail(OG_ERR_MEMORY, "out of memory");
    }
    return OG_OK;
}

static og_status measure_all(const contest *c)
{
    int chosen = c->settings->executor;
    for (size_t size = 0; size < c->size_count; size++)
        for (int e = chosen == ALL_EXECUTORS ? 1 : chosen; e <= (chosen == ALL_EXECUTORS ? ALL_EXECUTORS - 1 : chosen);
             e++)
            TRY(measure(c, executors[e], c->bytes[size]));
    return OG_OK;
}

static void print_rows(const json_t *rows)
{
    static const char *const heading[] = {"MB",          "executor", "activation",   "forward ns", "x relu",
                                          "backward ns", "x relu",   "with norm ns", "x relu"};
    static const char *const figures[] = {"forward_ns",     "forward_ratio", "backward_ns",
                                          "backward_ratio", "normalised_ns", "normalised_ratio"};
    text_table table = {.align = "rllrrrrrr"};
    size_t i;
    json_t *row;
    for (size_t k = 0; k < sizeof heading / sizeof heading[0]; k++)
        table_cell(&table, "%s", heading[k]);
    json_array_foreach(rows, i, row) {
        table_cell(&table, "%g", json_number_value(json_object_get(row, "bytes")) / 1048576);
        table_cell(&table, "%s", json_string_value(json_object_get(row, "executor")));
        table_cell(&table, "%.40s", json_string_value(json_object_get(row, "act")));
        for (size_t k = 0; k < sizeof figures / sizeof figures[0]; k++)
            table_number(&table, json_number_value(json_object_get(row, figures[k])), k % 2 == 0 ? 3 : 2);
    }
    table_print(&table, stdout);
}

static og_status run(const void *values, const char *const *positionals)
{
    og_status status = OG_OK;
    contest c = {.settings = values};
    GO(read_sizes(c.settings->mb, &c));
    GO(read_acts(positionals, &c));
    GO(measure_all(&c));
    if (c.settings->json)
        status = print_json(json_incref(c.rows), 6);
    else
        print_rows(c.rows);
done:
    json_decref(c.rows);
    for (size_t i = 0; i < c.count; i++)
        og_act_free(c.acts[i]);
    free(c.acts);
    free(c.able);
    free(c.costs);
    return status;
}

const cli_command bench_act_command = {
    .name = "bench act",
    .summary = "time activation functions, as ratios to relu",
    .positionals = {{"EXPR", "a name, a name with values, or a formula; up to 16 of them, or none for the catalogue"}},
    .optional = 1,
    .repeated = true,
    .parallel = true,
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Measures the loops that training runs: forward is normalisation and function, backward the derivative and the "
        "sums of the gradients of the norm and of learned parameters; 'with norm' is both and the passes for batch norm's "
        "statistics and for the gradient by its input. The functions and relu take turns, and lower quartiles are "
        "compared, in nanoseconds per element of the result.\n\n"
        "With --json: [{\"act\", \"text\", \"executor\", \"isa\", \"threads\", \"bytes\", \"forward_ns\", \"backward_ns\", "
        "\"normalised_ns\", \"forward_ratio\", \"backward_ratio\", \"normalised_ratio\"}].",
    .examples = "  ogive bench act silu mish 'x*tanh(exp(x))'\n"
                "  ogive bench act --mb 64 --json | jq -c '.[] | [.act, .normalised_ratio]'\n",
    .run = run,
};

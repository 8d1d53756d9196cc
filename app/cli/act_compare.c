/* ogive act compare A B ...: the facts of several activations side by side, and how far apart they are. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/act.h>
#include <ogive/facts.h>

#include "act_cost.h"
#include "act_distance.h"
#include "act_facts.h"
#include "act_json.h"
#include "command.h"
#include "failure.h"
#include "output.h"
#include "plot.h"
#include "table.h"
#include "terminal.h"

typedef struct own_settings {
    char *plot;
    bool cost;
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"plot", NULL, OG_OPTION_TEXT, offsetof(own_settings, plot), "", 0, 0, NULL, "file", "Output",
         "Draw them together into an .svg or .png file"},
        {"cost", NULL, OG_OPTION_FLAG, offsetof(own_settings, cost), "true", 0, 0, NULL, NULL, "Analysis",
         "Measure the time per element on this machine"},
        OPTION_JSON(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

typedef struct comparison {
    size_t count;
    og_act *acts[ARGUMENTS_MAX];
    og_act_facts facts[ARGUMENTS_MAX];
    bool trainable[ARGUMENTS_MAX];
    act_distance distances[ARGUMENTS_MAX][ARGUMENTS_MAX]; /* above the diagonal */
    bool has_costs;
    act_costs costs;
} comparison;

static og_status find_facts(comparison *c)
{
    for (size_t i = 0; i < c->count; i++) {
        og_status found = og_act_analyse(c->acts[i], &c->facts[i]);
        if (found != OG_OK && found != OG_ERR_NUMERIC)
            return found;
        c->trainable[i] = found == OG_OK;
    }
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = i + 1; j < c->count; j++)
            TRY(act_distance_find(c->acts[i], c->acts[j], &c->distances[i][j]));
    return OG_OK;
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *acts_document(const comparison *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->count; i++) {
        json_t *row =
            json_pack("{s:s, s:s?, s:b, s:o}", "text", og_act_text(c->acts[i]), "id", og_act_id(c->acts[i]),
                      "trainable", c->trainable[i], "cost", c->has_costs ? costs_document(&c->costs, i) : json_null());
        json_t *facts = facts_document(&c->facts[i]);
        json_object_update(row, facts);
        json_decref(facts);
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *distances_document(const comparison *c)
{
    json_t *list = json_array();
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = i + 1; j < c->count; j++) {
            const act_distance *d = &c->distances[i][j];
            json_array_append_new(list,
                                  json_pack("{s:[s, s], s:b, s:o, s:o, s:o, s:o}", "acts", og_act_text(c->acts[i]),
                                            og_act_text(c->acts[j]), "equal", d->equal, "max_abs", json_number(d->most),
                                            "at", json_number(d->at), "mean_square", json_number(d->mean_square),
                                            "slope_mean_square", json_number(d->slope_mean_square)));
        }
    return list;
}

static og_status print_document(const comparison *c)
{
    return print_json(json_pack("{s:o, s:[f, f], s:o}", "acts", acts_document(c), "interval", -DISTANCE_REACH,
                                DISTANCE_REACH, "distances", distances_document(c)),
                      12);
}

/* --- for people --------------------------------------------------------------------------------------------------- */

enum { NAME = 16 }; /* columns */

/* A name that fits into a table: the text, cut. */
static void short_name(const og_act *act, size_t most, size_t size, char text[size])
{
    const char *full = og_act_text(act);
    if (strlen(full) <= most)
        snprintf(text, size, "%s", full);
    else
        snprintf(text, size, "%.*s...", (int)most - 3, full);
}

static void number_cell(text_table *table, double value)
{
    if (isinf(value))
        table_cell(table, value < 0 ? "-inf" : "inf");
    else if (isnan(value))
        table_cell(table, "-");
    else
        table_cell(table, "%.4g", fabs(value) < 1e-9 ? 0 : value);
}

static void range_cell(text_table *table, const og_act_facts *facts)
{
    char text[80];
    format_range(facts, sizeof text, text);
    char *infinity;
    while (!terminal_has_unicode() && (infinity = strstr(text, "∞")) != NULL)
        memcpy(infinity, "inf", 3);
    table_cell(table, "%s", text);
}

static void shape_cells(text_table *table, const og_act_facts *facts)
{
    table_cell(table, facts->monotonic ? "M" : "-");
    if (facts->smoothness >= OG_SMOOTH_WITHOUT_END)
        table_cell(table, "S");
    else if (facts->smoothness < 0)
        table_cell(table, "j");
    else
        table_cell(table, "%d", facts->smoothness);
}

static void print_facts(const comparison *c)
{
    text_table table = {.align = "llrrrrrlr"};
    static const char *const heads[] = {"", "range", "E f", "gain", "chi", "chi n", "max f'", "M", "S"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        table_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < c->count; i++) {
        char name[64];
        const og_act_facts *facts = &c->facts[i];
        short_name(c->acts[i], NAME, sizeof name, name);
        table_cell(&table, "%s", name);
        range_cell(&table, facts);
        number_cell(&table, facts->moments.mean);
        number_cell(&table, facts->moments.gain);
        number_cell(&table, facts->moments.chi);
        number_cell(&table, facts->moments.chi_norm);
        number_cell(&table, facts->slope_max);
        shape_cells(&table, facts);
    }
    table_print(&table, stdout);
    printf("\n");
    print_folded(stdout,
                 "chi n: chi behind a norm; M: monotonic; S: the number of continuous derivatives, S without end, j "
                 "where f jumps.",
                 0, 0);
    for (size_t i = 0; i < c->count; i++)
        if (!c->trainable[i]) {
            printf("\n");
            print_folded(stdout, og_act_text(c->acts[i]), 0, 2);
            printf("  cannot be trained with: no finite mean and variance for normal inputs\n");
        }
}

static void print_costs(const comparison *c)
{
    text_table table = {.align = "lrrrr"};
    printf("\nCost, ns per element (and ratio to relu), %s, one thread\n", c->costs.at[0][0].isa);
    table_cell(&table, "%s", "");
    for (size_t size = 0; size < COST_SIZES; size++) {
        table_cell(&table, "%zu MB forward", cost_sizes[size] >> 20);
        table_cell(&table, "backward");
    }
    for (size_t i = 0; i < c->count; i++) {
        char name[64];
        short_name(c->acts[i], NAME, sizeof name, name);
        table_cell(&table, "%s", name);
        for (size_t size = 0; size < COST_SIZES; size++) {
            const og_act_cost *cost = &c->costs.at[size][i];
            table_cell(&table, "%.2f (%.2f)", cost->forward_ns, cost->forward_ratio);
            table_cell(&table, "%.2f (%.2f)", cost->backward_ns, cost->backward_ratio);
        }
    }
    table_print(&table, stdout);
}

static void print_distances(const comparison *c)
{
    text_table table = {.align = "lrrrr"};
    if (c->count < 2)
        return;
    printf("\nDistances, |x| <= %g\n", DISTANCE_REACH);
    table_cell(&table, "%s", "");
    table_cell(&table, "max |f - g|");
    table_cell(&table, "at x");
    table_cell(&table, "E (f - g)^2");
    table_cell(&table, "E (f' - g')^2");
    for (size_t i = 0; i < c->count; i++)
        for (size_t j = i + 1; j < c->count; j++) {
            char first[64], second[64];
            const act_distance *d = &c->distances[i][j];
            short_name(c->acts[i], NAME, sizeof first, first);
            short_name(c->acts[j], NAME, sizeof second, second);
            table_cell(&table, "%s, %s", first, second);
            if (d->equal)
                table_cell(&table, "equal");
            else
                number_cell(&table, d->most);
            number_cell(&table, d->equal || isnan(d->most) ? (double)NAN : d->at);
            number_cell(&table, d->mean_square);
            number_cell(&table, d->slope_mean_square);
        }
    table_print(&table, stdout);
}

static og_status print_plot(const comparison *c)
{
    og_plot_curve curves[ARGUMENTS_MAX];
    for (size_t i = 0; i < c->count; i++)
        curves[i] = og_plot_curve_of(c->acts[i]);
    printf("\n");
    return plot_print(stdout, c->count, curves);
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    comparison *c = calloc(1, sizeof *c);
    if (!c)
        return fail(OG_ERR_MEMORY, "out of memory");
    for (; positionals[c->count]; c->count++) {
        status = og_act_parse(positionals[c->count], &c->acts[c->count]);
        if (status != OG_OK) {
            fail_in(status, "'%.200s'", positionals[c->count]);
            goto done;
        }
    }
    GO(find_facts(c));
    if (settings->cost) {
        og_status measured = costs_measure(c->count, c->acts, &c->costs);
        c->has_costs = measured == OG_OK;
        if (measured != OG_ERR_UNSUPPORTED)
            GO(measured);
    }
    if (settings->plot[0])
        GO(plot_save_acts(c->count, c->acts, settings->plot));
    if (settings->json) {
        GO(print_document(c));
        goto done;
    }
    print_facts(c);
    GO(print_plot(c));
    print_distances(c);
    if (c->has_costs)
        print_costs(c);
done:
    for (size_t i = 0; i < c->count; i++)
        og_act_free(c->acts[i]);
    free(c);
    return status;
}

const cli_command act_compare_command = {
    .name = "act compare",
    .summary = "show activation functions side by side, and how far apart they are",
    .positionals = {{"EXPR", "a name, a name with values, or a formula in x; up to 16 of them"}},
    .repeated = true,
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Prints a table of the facts, draws f and f' of all in one plot, and tells for every pair the largest difference, "
        "where it is, and the mean squares of the differences of f and of f' for normal inputs, then the cost on this "
        "machine, measured in turns. Functions that read more than x are taken at gate = 1, funnel = 0 and noise = 1/2. "
        "It trains nothing: 'ogive compare' does.\n\n"
        "With --json: {\"acts\": [{\"text\", \"id\", \"trainable\", \"cost\", and the facts as in 'act show'}], "
        "\"interval\": [from, to], \"distances\": [{\"acts\": [a, b], \"equal\", \"max_abs\", \"at\", \"mean_square\", "
        "\"slope_mean_square\"}]}.",
    .examples = "  ogive act compare relu silu mish\n"
                "  ogive act compare gelu gelu_tanh 'x*sigmoid(1.702*x)' --plot gelus.png\n",
    .run = run,
};

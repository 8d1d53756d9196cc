/* ogive act show EXPR: all that follows from a formula. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/act.h>
#include <ogive/facts.h>

#include "command.h"
#include "failure.h"
#include "output.h"
#include "plot.h"
#include "table.h"

typedef struct own_settings {
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {OPTION_JSON(own_settings)};
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static const char *reference_of(const og_act *act)
{
    const char *id = og_act_id(act);
    for (size_t i = 0; id && i < og_act_entry_count(); i++)
        if (strcmp(og_act_entry_at(i)->id, id) == 0)
            return og_act_entry_at(i)->reference;
    return NULL;
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *kinks_document(const og_act_facts *facts)
{
    json_t *kinks = json_array();
    int most = sizeof facts->kinks / sizeof facts->kinks[0];
    for (int i = 0; i < facts->kink_count && i < most; i++)
        json_array_append_new(kinks, json_real(facts->kinks[i].x));
    return kinks;
}

static json_t *facts_document(const og_act_facts *facts)
{
    return json_pack(
        "{s:{s:o, s:o, s:o, s:o}, s:{s:o, s:o, s:o}, s:o, s:o, s:[o, o], s:[o, o], s:o, s:b, s:b, s:b, s:i, s:o}",
        "moments", "mean", json_number(facts->moments.mean), "second_moment", json_number(facts->moments.second_moment),
        "variance", json_number(facts->moments.variance), "slope_moment", json_number(facts->moments.slope_moment),
        "gains", "forward", json_number(facts->moments.gain), "variance", json_number(facts->moments.gain_variance),
        "backward", json_number(facts->moments.gain_backward), "chi", json_number(facts->moments.chi), "chi_norm",
        json_number(facts->moments.chi_norm), "range", json_number(facts->min), json_number(facts->max), "limits",
        json_number(facts->left.limit), json_number(facts->right.limit), "slope_max", json_number(facts->slope_max),
        "monotonic", facts->monotonic, "odd", facts->odd, "even", facts->even, "kink_count", facts->kink_count, "kinks",
        kinks_document(facts));
}

static og_status params_document(const og_act *act, json_t **params)
{
    *params = json_array();
    for (size_t i = 0; i < og_act_param_count(act); i++) {
        char *derivative;
        og_act_param param = og_act_param_at(act, i);
        TRY(og_act_derivative(act, param.name, &derivative));
        json_array_append_new(*params,
                              json_pack("{s:s, s:o, s:o, s:s}", "name", param.name, "value", json_float(param.value),
                                        "learn", json_learn(param.learn), "derivative", derivative));
        free(derivative);
    }
    return OG_OK;
}

static og_status show_json(const og_act *act, const og_act_facts *facts, const char *formula, const char *derivative)
{
    json_t *params;
    TRY(params_document(act, &params));
    json_t *document =
        json_pack("{s:s, s:s?, s:s, s:s, s:o, s:s?}", "text", og_act_text(act), "id", og_act_id(act), "formula",
                  formula, "derivative", derivative, "params", params, "reference", reference_of(act));
    json_t *more = facts_document(facts);
    if (json_object_update(document, more) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(more);
    return print_json(document, 12);
}

/* --- for people --------------------------------------------------------------------------------------------------- */

static void add_row(text_table *table, const char *name, double value, const char *meaning)
{
    table_cell(table, "%s", name);
    table_cell(table, "%.6g", value);
    table_cell(table, "%s", meaning);
}

static void print_facts(const og_act_facts *facts)
{
    text_table table = {.align = "lrl"};
    add_row(&table, "E f(z)", facts->moments.mean, "mean of the output for z ~ N(0, 1)");
    add_row(&table, "E f(z)^2", facts->moments.second_moment, "second moment");
    add_row(&table, "Var f(z)", facts->moments.variance, "variance");
    add_row(&table, "E f'(z)^2", facts->moments.slope_moment, "mean squared slope");
    add_row(&table, "gain", facts->moments.gain, "1/sqrt(E f^2): initial weights that keep the signal's size");
    add_row(&table, "chi", facts->moments.chi, "E f'^2 / E f^2: growth of gradients per layer without a norm");
    add_row(&table, "chi, norm", facts->moments.chi_norm, "E f'^2 / Var f: the same with a norm before f");
    add_row(&table, "max |f'|", facts->slope_max, "steepest slope");
    add_row(&table, "min f", facts->min, "lowest value");
    add_row(&table, "max f", facts->max, "highest value");
    add_row(&table, "f(-inf)", facts->left.limit, "limit on the left");
    add_row(&table, "f(+inf)", facts->right.limit, "limit on the right");
    table_print(&table, stdout);
    printf("\n  %s", facts->monotonic ? "monotonic" : "not monotonic");
    printf("%s%s", facts->odd ? ", odd" : "", facts->even ? ", even" : "");
    if (facts->kink_count == 0)
        printf(", smooth");
    int most = sizeof facts->kinks / sizeof facts->kinks[0];
    for (int i = 0; i < facts->kink_count && i < most; i++)
        printf("%s%g", i ? ", " : ", kinks at x = ", facts->kinks[i].x);
    printf("\n");
}

/* A catalogue entry may keep its parameters by name; the values are then said beside the formula. */
static og_status print_formulas(const og_act *act, const char *formula, const char *derivative)
{
    printf("%s\n\n  f(x)  = %s\n  f'(x) = %s\n", og_act_text(act), formula, derivative);
    for (size_t i = 0; i < og_act_param_count(act); i++) {
        char *slope;
        og_act_param param = og_act_param_at(act, i);
        TRY(og_act_derivative(act, param.name, &slope));
        printf("  df/d%s = %s    at %s = %g%s\n", param.name, slope, param.name, (double)param.value,
               param.learn == OG_LEARN_NO      ? ""
               : param.learn == OG_LEARN_LAYER ? ", then learned per layer"
                                               : ", then learned per channel");
        free(slope);
    }
    if (reference_of(act))
        printf("\n  %s\n", reference_of(act));
    printf("\n");
    return OG_OK;
}

static og_status plot(const og_act *act)
{
    enum { COUNT = 8 * PLOT_COLUMNS + 1 }; /* odd, so that 0 is among them */
    const double reach = 5;                /* where activations differ from their limits */
    float x[COUNT], y[COUNT], dy[COUNT];
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)(reach * (2.0 * i / (COUNT - 1) - 1));
    TRY(og_act_eval(act, COUNT, x, y, dy, NULL));
    plot_panel panels[] = {{"f(x)", y}, {"f'(x)", dy}};
    printf("\n");
    plot_print(stdout, 2, panels, COUNT, -reach, reach);
    return OG_OK;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_act *act = NULL;
    char *formula = NULL, *derivative = NULL;
    og_act_facts facts;
    GO(og_act_parse(positionals[0], &act));
    GO(og_act_analyse(act, &facts));
    GO(og_act_formula(act, &formula));
    GO(og_act_derivative(act, NULL, &derivative));
    if (settings->json) {
        GO(show_json(act, &facts, formula, derivative));
    } else {
        GO(print_formulas(act, formula, derivative));
        print_facts(&facts);
        GO(plot(act));
    }
done:
    free(formula);
    free(derivative);
    og_act_free(act);
    return status;
}

const cli_command act_show_command = {
    .name = "act show",
    .summary = "show all that follows from an activation's formula",
    .positionals = {{"EXPR", "a name, a name with values, or a formula in x"}},
    .groups = {{own_options, 0, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Shows the formula, its derivatives by x and by each parameter, moments under a normal input, the gain for weight "
        "initialisation, range, limits, kinks, and a plot.\n\n"
        "With --json: \"text\", \"id\", \"formula\", \"derivative\", \"params\" (\"name\", \"value\", \"learn\", "
        "\"derivative\"), \"reference\", \"moments\" (\"mean\", \"second_moment\", \"variance\", \"slope_moment\"), \"gains\" "
        "(\"forward\", \"variance\", \"backward\"), \"chi\", \"chi_norm\", \"range\" [lowest, highest], \"limits\" [left, "
        "right], \"slope_max\", \"monotonic\", \"odd\", \"even\", \"kink_count\", \"kinks\"; a value that is not finite is "
        "null.",
    .examples = "  ogive act show mish\n"
                "  ogive act show 'leaky_relu(a=0.2)' --json\n"
                "  ogive act show -- '-x*sigmoid(-x)'\n",
    .run = run,
};

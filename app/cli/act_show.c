/* ogive act show EXPR: all that follows from a formula. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/act.h>
#include <ogive/facts.h>

#include "act_facts.h"
#include "act_json.h"
#include "act_names.h"
#include "act_portrait.h"
#include "chinese.h"
#include "command.h"
#include "failure.h"
#include "output.h"
#include "plot.h"
#include "table.h"
#include "terminal.h"

typedef struct own_settings {
    char *plot;
    double sigma;
    int64_t layers;
    int language;
    bool cost;
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"plot", NULL, OG_OPTION_TEXT, offsetof(own_settings, plot), "", 0, 0, NULL, "file", "Output",
         "Draw f and f' into an .svg or .png file"},
        {"sigma", NULL, OG_OPTION_REAL, offsetof(own_settings, sigma), "1", 1e-6, 1e6, NULL, NULL, "Analysis",
         "Standard deviation of the normal inputs for which moments and gains are told"},
        {"layers", NULL, OG_OPTION_INT, offsetof(own_settings, layers), "20", 1, DEPTH_LAYERS_MAX, NULL, NULL,
         "Analysis",
         "Layers to follow a signal and its gradient through, without and with a norm before the activation"},
        {"cost", NULL, OG_OPTION_FLAG, offsetof(own_settings, cost), "true", 0, 0, NULL, NULL, "Analysis",
         "Measure the time per element on this machine, about half a second"},
        {"language", NULL, OG_OPTION_CHOICE, offsetof(own_settings, language), "en", 0, 0, "en|zh", NULL, "Output",
         "Language of the facts and remarks"},
        OPTION_JSON(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static json_t *text_or_null(const maybe_text *text)
{
    return text->text ? json_string(text->text) : json_null();
}

static json_t *params_document(const portrait *p)
{
    json_t *list = json_array();
    for (size_t k = 0; k < og_act_param_count(p->act); k++) {
        og_act_param param = og_act_param_at(p->act, k);
        json_t *row = param_document(&param);
        json_object_set_new(row, "derivative", text_or_null(&p->by_param[k]));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *own_inputs_document(const portrait *p)
{
    json_t *list = inputs_document(p->act), *row;
    size_t i;
    json_array_foreach(list, i, row) {
        for (og_input input = OG_INPUT_GATE; input < OG_INPUT_COUNT; input++)
            if (strcmp(json_string_value(json_object_get(row, "name")), og_input_name(input)) == 0)
                json_object_set_new(row, "derivative", text_or_null(&p->by_input[input]));
    }
    return list;
}

static json_t *remarks_document(const portrait *p)
{
    static const char *const kinds[] = {"strength", "weakness", "advice"};
    json_t *list = json_array();
    for (size_t i = 0; i < p->remark_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "kind", kinds[p->remarks[i].kind], "rule",
                                              p->remarks[i].rule, "text", p->remarks[i].text));
    return list;
}

static og_status show_json(const portrait *p, double sigma)
{
    const og_act_entry *entry = entry_of(p->act);
    og_act_facts told = p->facts;
    told.moments = p->moments;
    json_t *document = json_pack(
        "{s:s, s:s?, s:s, s:s?, s:s?, s:o, s:o, s:s?, s:o, s:o, s:s?, s:s?, s:f, s:s?, s:s?, s:o, s:o, s:o, s:o}",
        "text", og_act_text(p->act), "id", og_act_id(p->act), "spelled", og_act_note(p->act), "same_as",
        p->same ? p->same->id : NULL, "family", entry ? entry->family : NULL, "formula", text_or_null(&p->formula),
        "derivative", text_or_null(&p->slope), "derivative_missing", p->slope.reason, "params", params_document(p),
        "inputs", own_inputs_document(p), "reference", entry ? entry->reference : NULL, "note",
        entry && entry->note[0] ? entry->note : NULL, "sigma", sigma, "untrainable", p->trouble, "doubts", p->doubts,
        "remarks", remarks_document(p), "cost", p->has_costs ? costs_document(&p->costs, 0) : json_null(), "depth",
        p->has_depth ? depth_document(&p->depth) : json_null(), "inexact", inexact_document(entry));
    json_t *facts = facts_document(&told), *names = NULL;
    og_status status = names_document(p->act, &names);
    if (!document || !facts || !names || json_object_update(document, facts) != 0 ||
        json_object_update(document, names) != 0) {
        json_decref(document);
        document = NULL;
    }
    json_decref(facts);
    json_decref(names);
    TRY(status);
    return print_json(document, 12);
}

/* --- for people --------------------------------------------------------------------------------------------------- */

/* "  f'(x)  = 1 - tanh(x)^2", folded; a very long one only begins. */
static void print_formula(const char *label, int columns, const maybe_text *formula)
{
    enum { SHOWN = 1500 };
    int at = printf("  %-*s = ", columns, label);
    if (!formula->text)
        print_folded(stdout, formula->reason, at, at);
    else if (strlen(formula->text) <= SHOWN)
        print_folded(stdout, formula->text, at, at);
    else {
        char start[SHOWN + 100];
        snprintf(start, sizeof start, "%.*s ... (%zu characters; --json has all of them)", SHOWN, formula->text,
                 strlen(formula->text));
        print_folded(stdout, start, at, at);
    }
}

static void print_params(const portrait *p, og_language language)
{
    size_t count = og_act_param_count(p->act);
    text_table table = {.align = "lll"};
    if (count == 0)
        return;
    printf("\n%s\n", in_language(language, "Parameters", "参数"));
    for (size_t k = 0; k < count; k++) {
        char text[OG_ACT_PARAM_BYTES];
        og_act_param param = og_act_param_at(p->act, k);
        og_act_param_format(&param, text);
        table_cell(&table, "%s", param.name);
        table_cell(&table, "%s", text);
        table_cell(&table, "%s",
                   param.source == OG_PARAM_EXCITE
                       ? in_language(language, "predicted from the image's channel means", "由图像的通道均值预测")
                   : param.learn == OG_LEARN_LAYER
                       ? in_language(language, "learned, one value per layer", "学习，每层一个值")
                   : param.learn == OG_LEARN_CHANNEL
                       ? in_language(language, "learned, one value per channel", "学习，每通道一个值")
                       : in_language(language, "fixed", "固定"));
    }
    table_print(&table, stdout);
}

static void print_inputs(const og_act *act, og_language language)
{
    bool first = true;
    for (og_input input = OG_INPUT_GATE; input < OG_INPUT_COUNT; input++)
        if (og_act_uses(act, input)) {
            printf("%s", first ? in_language(language, "\nFurther inputs\n", "\n其他输入\n") : "");
            char meaning[TRANSLATION_BYTES];
            int at = printf("  %-8s", og_input_name(input));
            print_folded(stdout, translate(language, og_input_meaning(input), meaning), at, at);
            first = false;
        }
}

/* Columns that the longest of "f'(x)", "df/dgate", "df/da" takes. */
static int label_columns(const portrait *p)
{
    size_t most = strlen("f'(x)");
    for (og_input input = OG_INPUT_GATE; input < OG_INPUT_COUNT; input++)
        if (p->by_input[input].text || p->by_input[input].reason)
            most = most > 4 + strlen(og_input_name(input)) ? most : 4 + strlen(og_input_name(input));
    for (size_t k = 0; k < og_act_param_count(p->act); k++) {
        size_t length = 4 + strlen(og_act_param_at(p->act, k).name);
        most = most > length ? most : length;
    }
    return (int)most;
}

static void print_head(const portrait *p, og_language language)
{
    int columns = label_columns(p);
    const og_act_entry *entry = entry_of(p->act);
    print_folded(stdout, og_act_text(p->act), 0, 2);
    if (entry)
        printf("%s\n", family_name(language, entry->family));
    if (og_act_note(p->act)[0])
        print_folded(stdout, og_act_note(p->act), 0, 0);
    if (p->same)
        printf(in_language(language, "the same function as %s, whose code it runs\n",
                           "与 %s 是同一个函数，运行同样的代码\n"),
               p->same->id);
    printf("\n");
    print_formula("f(x)", columns, &p->formula);
    print_formula("f'(x)", columns, &p->slope);
    for (og_input input = OG_INPUT_GATE; input < OG_INPUT_COUNT; input++)
        if (p->by_input[input].text || p->by_input[input].reason) {
            char label[16];
            snprintf(label, sizeof label, "df/d%s", og_input_name(input));
            print_formula(label, columns, &p->by_input[input]);
        }
    for (size_t k = 0; k < og_act_param_count(p->act); k++) {
        char label[48];
        snprintf(label, sizeof label, "df/d%s", og_act_param_at(p->act, k).name);
        print_formula(label, columns, &p->by_param[k]);
    }
    print_params(p, language);
    print_inputs(p->act, language);
}

/* Rows of a label and words that may need several lines. */
static void print_row(const char *label, int label_columns, const char *text)
{
    fputs("  ", stdout);
    print_padded(stdout, label, label_columns);
    print_folded(stdout, text, 2 + label_columns, 2 + label_columns);
}

static void print_facts(const portrait *p, og_language language)
{
    fact_row rows[FACT_ROWS_MAX];
    char place[160];
    size_t count = facts_describe(&p->facts, language, rows);
    format_place(p->act, &p->facts, sizeof place, place);
    printf("\n%s%s%s%s\n", in_language(language, "Shape", "形状"), !place[0] ? "" : in_language(language, " at ", "（"),
           place, !place[0] ? "" : in_language(language, "", "）"));
    for (size_t i = 0; i < count; i++)
        print_row(rows[i].label, 16, rows[i].text);
}

static void print_moments(const portrait *p, og_language language, double sigma)
{
    moment_row rows[MOMENT_ROWS];
    moments_list(&p->moments, language, rows);
    printf("\n%s z ~ N(0, %g)\n", in_language(language, "For normal inputs,", "正态输入"), sigma * sigma);
    for (size_t i = 0; i < MOMENT_ROWS; i++) {
        char number[32];
        format_fact(rows[i].value, sizeof number, number);
        fputs("  ", stdout);
        print_padded(stdout, rows[i].symbol, 16);
        print_padded(stdout, number, 10);
        print_folded(stdout, rows[i].meaning, 28, 28);
    }
}

static void print_remarks(const portrait *p, og_language language)
{
    static const char *const english[] = {"Strengths", "Weaknesses", "Advice"};
    static const char *const chinese[] = {"长处", "短处", "建议"};
    for (int kind = OG_REMARK_STRENGTH; kind <= OG_REMARK_ADVICE; kind++) {
        bool first = true;
        for (size_t i = 0; i < p->remark_count; i++)
            if ((int)p->remarks[i].kind == kind) {
                if (first)
                    printf("\n%s\n", in_language(language, english[kind], chinese[kind]));
                fputs("  - ", stdout);
                print_folded(stdout, p->remarks[i].text, 4, 4);
                first = false;
            }
    }
}

/* Where float32 results are further than 4 units in the last place from the formula. */
static void print_exactness(const portrait *p, og_language language)
{
    const og_act_entry *entry = entry_of(p->act);
    const og_act_inexact *range;
    for (size_t i = 0; entry && (range = og_act_inexact_at(entry->id, i)); i++) {
        char text[400];
        format_inexact(range, language, sizeof text, text);
        print_row(i > 0 ? "" : in_language(language, "inexact", "误差"), 10, text);
    }
}

static og_status print_sources(const portrait *p, og_language language)
{
    char note[TRANSLATION_BYTES];
    const og_act_entry *entry = entry_of(p->act);
    TRY(names_print(p->act, language));
    if (!entry)
        return OG_OK;
    printf("\n");
    print_row(in_language(language, "source", "来源"), 10, entry->reference);
    if (entry->note[0])
        print_row(in_language(language, "note", "说明"), 10, translate(language, entry->note, note));
    print_exactness(p, language);
    return OG_OK;
}

/* Why no network can be trained with it, or what speaks against it, a line each. */
static void print_warnings(const portrait *p, og_language language)
{
    const char *lines = p->trouble ? p->trouble : p->doubts;
    if (!lines)
        return;
    printf("\n");
    print_folded(stdout,
                 p->trouble ? in_language(language, "No network can be trained with it:", "无法用它训练网络：")
                            : in_language(language, "Before training with it:", "用它训练之前请注意："),
                 0, 2);
    while (*lines) {
        char line[512];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(lines, "\n"), lines);
        fputs("  ", stdout);
        print_folded(stdout, line, 2, 2);
        lines += strcspn(lines, "\n");
        lines += *lines == '\n';
    }
}

static og_status show(const portrait *p, og_language language, double sigma)
{
    print_head(p, language);
    printf("\n");
    TRY(plot_print_family(stdout, p->act));
    print_warnings(p, language);
    print_facts(p, language);
    if (isfinite(p->moments.second_moment))
        print_moments(p, language, sigma);
    if (p->has_depth)
        depth_print(&p->depth, language);
    if (p->has_costs)
        costs_print(&p->costs, language);
    else if (p->no_costs) {
        printf("\n");
        print_row(in_language(language, "No cost: ", "无法测量开销："), 0, p->no_costs);
    }
    TRY(print_sources(p, language));
    print_remarks(p, language);
    return OG_OK;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    og_status status = OG_OK;
    og_language language = settings->language == 1 ? OG_LANGUAGE_CHINESE : OG_LANGUAGE_ENGLISH;
    portrait p = {0};
    GO(portrait_init(positionals[0],
                     &(portrait_options){settings->sigma, (int)settings->layers, settings->cost, language}, &p));
    if (settings->plot[0])
        GO(plot_save_acts(1, &p.act, settings->plot));
    GO(settings->json ? show_json(&p, settings->sigma) : show(&p, language, settings->sigma));
done:
    portrait_deinit(&p);
    return status;
}

const cli_command act_show_command = {
    .name = "act show",
    .summary = "show all that follows from an activation's formula",
    .positionals = {{"EXPR", "a name, a name with values, or a formula in x"}},
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Shows the formula, its derivatives by x, by further inputs and by each parameter, draws f and f', and tells range, "
        "direction, zeros, smoothness, tails, symmetry, moments and gains for normal inputs, what becomes of signal and gradient through many layers, the cost on this machine, the "
        "names in other libraries, the source, and strengths and weaknesses in words. A formula that was typed is treated "
        "like a built-in one.\n\n"
        "With --json: \"text\", \"id\", \"spelled\" (what a library's name was taken for), \"names\" (by library), \"same_as\" (the built-in that a typed formula is), \"family\", \"formula\", \"derivative\", \"params\" (\"name\", \"value\", "
        "\"learn\", \"text\", \"derivative\"), \"inputs\" (\"name\", \"meaning\", \"derivative\"), \"reference\", \"note\", "
        "\"sigma\", \"untrainable\" (why no network can be trained with it, or null), \"doubts\", \"remarks\" (\"kind\", "
        "\"rule\", \"text\"), \"cost\" (\"executor\", \"isa\", \"sizes\": \"bytes\", \"forward_ns\", \"backward_ns\", "
        "\"forward_ratio\", \"backward_ratio\", the ratios to relu), \"depth\" (\"layers\", \"plain\" "
        "and \"norm\": \"gain\", \"signals\": \"variance\", \"correlation\" and \"gradient\" from the input on, \"limit\"), "
        "\"inexact\" (ranges where float32 results are further than 4 units in the last place from the formula: \"of\", \"from\", \"to\", \"ulp\", \"absolute\", \"why\"), \"moments\", \"gains\" (\"forward\", \"variance\", "
        "\"backward\"), \"chi\", \"chi_norm\", \"nonlinearity\", \"range\" [lowest, highest], \"limits\" [left, right], "
        "\"tails\", \"slope_max\", \"lipschitz\", \"smoothness\" (a number, or \"infinite\"), \"monotonic\", \"odd\", "
        "\"even\", \"kinks\" (\"x\", \"jump\", \"f\" and \"slope\" on either side), \"zeros\", \"pieces\", \"domain\" and "
        "others; a value that is not finite is null. docs/analysis.md explains the numbers.",
    .examples = "  ogive act show mish\n"
                "  ogive act show 'leaky_relu(a=0.2)' --json\n"
                "  ogive act show 'x*tanh(exp(x))' --plot tanhexp.svg\n"
                "  ogive act show -- '-x*sigmoid(-x)'\n",
    .run = run,
};

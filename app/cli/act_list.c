/* ogive act list: the catalogue and its facts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ogive/act.h>
#include <ogive/facts.h>
#include <ogive/head.h>

#include "act_facts.h"
#include "act_json.h"
#include "act_names.h"
#include "command.h"
#include "failure.h"
#include "output.h"
#include "terminal.h"

typedef struct own_settings {
    char *family;
    char *search;
    bool learned;
    bool json;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"family", NULL, OG_OPTION_TEXT, offsetof(own_settings, family), "", 0, 0, NULL, "name", "Selection",
         "Only this family, or 'head'; a part of the name is enough"},
        {"search", NULL, OG_OPTION_TEXT, offsetof(own_settings, search), "", 0, 0, NULL, "text", "Selection",
         "Only entries with this text in id, formula, source, note or a name in another library"},
        {"learned", NULL, OG_OPTION_FLAG, offsetof(own_settings, learned), "false", 0, 0, NULL, NULL, "Selection",
         "Only functions with parameters that are learned"},
        OPTION_JSON(own_settings),
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

/* --- selection ---------------------------------------------------------------------------------------------------- */

static bool contains(const char *text, const char *piece)
{
    return strcasestr(text, piece) != NULL;
}

static bool is_learned(const og_act_entry *entry)
{
    for (size_t k = 0; k < entry->param_count; k++)
        if (entry->params[k].learn != OG_LEARN_NO)
            return true;
    return false;
}

static og_status find_wanted(const own_settings *settings, const og_act_entry *entry, bool *wanted)
{
    og_status status = OG_OK;
    og_act *act = NULL;
    const char *search = settings->search;
    *wanted = false;
    if (!contains(entry->family, settings->family) || (settings->learned && !is_learned(entry)))
        return OG_OK;
    *wanted = contains(entry->id, search) || contains(entry->formula, search) || contains(entry->reference, search) ||
              contains(entry->note, search);
    if (*wanted)
        return OG_OK;
    GO(og_act_parse(entry->id, &act));
    GO(names_contain(act, search, wanted));
done:
    og_act_free(act);
    return status;
}

static bool is_head_wanted(const own_settings *settings, const og_head_entry *head)
{
    const char *search = settings->search;
    if (settings->learned || !contains("head", settings->family))
        return false;
    return contains(head->id, search) || contains(head->formula, search) || contains(head->reference, search) ||
           contains(head->aliases, search);
}

/* An unknown family is an error that lists the known ones. */
static og_status check_family(const char *family)
{
    char known[1024] = "";
    size_t length = 0;
    const char *before = "";
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        const char *name = og_act_entry_at(i)->family;
        if (contains(name, family))
            return OG_OK;
        if (strcmp(name, before) != 0 && length < sizeof known)
            length += (size_t)snprintf(known + length, sizeof known - length, "%s, ", name);
        before = name;
    }
    return contains("head", family) ? OG_OK
                                    : fail(OG_ERR_NAME, "there is no family '%s'; there are: %shead", family, known);
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static og_status analyse(const og_act_entry *entry, og_act **act, og_act_facts *facts)
{
    TRY(og_act_parse(entry->id, act));
    og_status status = og_act_analyse(*act, facts);
    return status == OG_ERR_NUMERIC ? OG_OK : status;
}

static og_status entry_document(const og_act_entry *entry, json_t **document)
{
    og_status status = OG_OK;
    og_act *act = NULL;
    og_act_facts facts;
    json_t *more = NULL, *names = NULL;
    *document = NULL;
    GO(analyse(entry, &act, &facts));
    json_t *params = json_array();
    for (size_t k = 0; k < entry->param_count; k++)
        json_array_append_new(params, param_document(&entry->params[k]));
    *document = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s?, s:o}", "kind", "activation", "id", entry->id,
                          "family", entry->family, "definition", entry->definition, "formula", entry->formula, "params",
                          params, "inputs", inputs_document(act), "reference", entry->reference, "note",
                          entry->note[0] ? entry->note : NULL, "inexact", inexact_document(entry));
    more = facts_document(&facts);
    GO(names_document(act, &names));
    if (!*document || !more || json_object_update(*document, more) != 0 || json_object_update(*document, names) != 0)
        status = fail(OG_ERR_MEMORY, "out of memory");
done:
    json_decref(more);
    json_decref(names);
    og_act_free(act);
    return status;
}

static json_t *head_document(const og_head_entry *head)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "head", "id", head->id, "family", "head", "formula",
                     head->formula, "aliases", head->aliases, "loss", head->loss, "reference", head->reference);
}

static og_status list_json(const own_settings *settings)
{
    json_t *list = json_array();
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        json_t *document = NULL;
        bool wanted;
        og_status status = find_wanted(settings, og_act_entry_at(i), &wanted);
        if (status == OG_OK && !wanted)
            continue;
        if (status == OG_OK)
            status = entry_document(og_act_entry_at(i), &document);
        if (status != OG_OK) {
            json_decref(document);
            json_decref(list);
            return status;
        }
        json_array_append_new(list, document);
    }
    for (size_t i = 0; i < og_head_count(); i++)
        if (is_head_wanted(settings, og_head_at(i)))
            json_array_append_new(list, head_document(og_head_at(i)));
    return print_json(list, 9);
}

/* --- for people --------------------------------------------------------------------------------------------------- */

enum { NAME = 19, FLAGS = 8, NUMBER = 7, LEARNED = 9, ELSEWHERE = 14, HEAD_LOSS = 36 };

/* What remains of the line for the formula. */
static int formula_columns(void)
{
    int left = terminal_width(stdout) - NAME - FLAGS - 2 * NUMBER - LEARNED - ELSEWHERE - 1;
    return left > 12 ? left : 12;
}

static void print_cut(const char *text, int columns)
{
    if ((int)strlen(text) < columns)
        printf("%-*s", columns, text);
    else
        printf("%.*s.. ", columns - 3, text);
}

/* "M-l2": monotonic, zero mean, bounded, smooth. */
static void format_flags(const og_act_facts *facts, char flags[8])
{
    bool below = isfinite(facts->min), above = isfinite(facts->max);
    char bounded = below && above ? 'b' : below ? 'l' : above ? 'u' : '-';
    char smooth = facts->smoothness >= OG_SMOOTH_WITHOUT_END ? 'S'
                  : facts->smoothness < 0                    ? 'j'
                                          : (char)('0' + (facts->smoothness < 9 ? facts->smoothness : 9));
    snprintf(flags, 8, "%c%c%c%c", facts->monotonic ? 'M' : '-', fabs(facts->moments.mean) < 1e-5 ? 'Z' : '-', bounded,
             smooth);
}

static void format_learned(const og_act_entry *entry, size_t size, char text[size])
{
    size_t length = 0, learned = 0;
    text[0] = '\0';
    for (size_t k = 0; k < entry->param_count; k++)
        if (entry->params[k].learn != OG_LEARN_NO) {
            learned++;
            if (length < size)
                length +=
                    (size_t)snprintf(text + length, size - length, "%s%s", length ? "," : "", entry->params[k].name);
        }
    if (length >= LEARNED - 1)
        snprintf(text, size, "%zu of %zu", learned, entry->param_count);
}

static void print_number(double value, int columns)
{
    if (isfinite(value))
        printf("%*.4g", columns, value);
    else
        printf("%*s", columns, "-");
}

static og_status print_entry(const og_act_entry *entry)
{
    og_status status = OG_OK;
    og_act *act = NULL;
    og_act_facts facts;
    char flags[8], learned[64], elsewhere[128];
    GO(analyse(entry, &act, &facts));
    format_flags(&facts, flags);
    format_learned(entry, sizeof learned, learned);
    GO(names_short(act, sizeof elsewhere, elsewhere));
    printf("  %-*s", NAME - 2, entry->id);
    print_cut(entry->formula, formula_columns());
    printf("%-*s", FLAGS, flags);
    print_number(facts.moments.gain, NUMBER - 1);
    print_number(facts.moments.chi_norm, NUMBER);
    printf("  ");
    print_cut(learned, LEARNED);
    if (strlen(elsewhere) > ELSEWHERE)
        snprintf(elsewhere + ELSEWHERE - 2, 3, "..");
    printf("%s\n", elsewhere);
done:
    og_act_free(act);
    return status;
}

static void print_header(void)
{
    printf("  %-*s%-*s%-*s%*s%*s  %-*s%s\n", NAME - 2, "name", formula_columns(), "formula", FLAGS, "MZBS", NUMBER - 1,
           "gain", NUMBER, "chi", LEARNED, "learned", "elsewhere");
}

static void print_heads(const own_settings *settings, size_t *count)
{
    bool first = true;
    for (size_t i = 0; i < og_head_count(); i++) {
        const og_head_entry *head = og_head_at(i);
        if (!is_head_wanted(settings, head))
            continue;
        if (first)
            printf("\nhead (--act-head)\n");
        first = false;
        printf("  %-*s", NAME - 2, head->id);
        print_cut(head->formula, terminal_width(stdout) - NAME - HEAD_LOSS);
        printf("%s\n", head->loss);
        ++*count;
    }
}

static void print_legend(size_t count)
{
    printf("\n%zu entries. ", count);
    print_folded(
        stdout,
        "M monotonic; Z mean 0 for normal inputs; B bounded below (l), above (u) or both (b); S smooth: the "
        "number of continuous derivatives, S without end, j where f jumps. gain: 1/sqrt(E f²), for initial "
        "weights. chi: growth of squared gradients per layer behind a norm. 'ogive act show NAME' explains one.",
        14, 0);
    printf("\nAnything else can be written as a formula: ogive act show 'x*tanh(softplus(x))'\n");
}

static og_status list(const own_settings *settings)
{
    const char *family = "";
    size_t count = 0;
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        const og_act_entry *entry = og_act_entry_at(i);
        bool wanted;
        TRY(find_wanted(settings, entry, &wanted));
        if (!wanted)
            continue;
        if (count == 0)
            print_header();
        if (strcmp(family, entry->family) != 0)
            printf("\n%s\n", entry->family);
        family = entry->family;
        TRY(print_entry(entry));
        count++;
    }
    print_heads(settings, &count);
    if (count > 0)
        print_legend(count);
    else
        printf("No entry is like that.\n");
    return OG_OK;
}

static og_status run(const void *values, const char *const *positionals)
{
    const own_settings *settings = values;
    (void)positionals;
    TRY(check_family(settings->family));
    return settings->json ? list_json(settings) : list(settings);
}

const cli_command act_list_command = {
    .name = "act list",
    .summary = "list the built-in activation functions and heads with their facts",
    .groups = {{own_options, 0, NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Lists every built-in activation function by family: name, formula, properties, gain, learned parameters and the "
        "name in PyTorch or ONNX; then the heads, the functions that make probabilities of a network's output.\n\n"
        "With --json: an array of {\"kind\": \"activation\", \"id\", \"family\", \"definition\", \"formula\", \"params\", \"inputs\", "
        "\"reference\", \"note\", and the facts and names of 'ogive act show --json'}, and of {\"kind\": \"head\", \"id\", "
        "\"formula\", \"aliases\", \"loss\", \"reference\"}.",
    .examples = "  ogive act list\n"
                "  ogive act list --family self-gated\n"
                "  ogive act list --search keras --learned\n"
                "  ogive act list --json | jq -r '.[].id'\n",
    .run = run,
};

/* ogive emit STUDY --best --to TARGET: the activation that a study found, for another world. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ogive/act.h>
#include <ogive/report.h>

#include "command.h"
#include "emission.h"
#include "failure.h"
#include "output.h"
#include "search_print.h"

typedef struct own_settings {
    bool best, highest_mean;
    emission emission;
} own_settings;

static og_option_table own_options(void)
{
    static const og_option rows[] = {
        {"best", NULL, OG_OPTION_FLAG, offsetof(own_settings, best), "false", 0, 0, NULL, NULL, "Choice",
         "The winner; of a tie its cheapest activation. Nothing where the study is undecided (this is the default)"},
        {"highest-mean", NULL, OG_OPTION_FLAG, offsetof(own_settings, highest_mean), "false", 0, 0, NULL, NULL,
         "Choice", "The activation with the highest mean Dice, whatever the verdict is"},
    };
    return (og_option_table){rows, sizeof rows / sizeof rows[0]};
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static const json_t *find_act(const json_t *acts, const char *id)
{
    size_t i;
    json_t *act;
    json_array_foreach(acts, i, act) {
        if (strcmp(text_of(act, "id"), id) == 0)
            return act;
    }
    return NULL;
}

static bool is_tied(const json_t *act)
{
    const char *standing = text_of(act, "standing");
    return strcmp(standing, "best") == 0 || strcmp(standing, "equivalent") == 0;
}

/* The cheapest per training step of those that are as good as the best. */
static const json_t *find_cheapest(const json_t *report, const json_t *acts)
{
    size_t i;
    json_t *timing;
    const json_t *found = NULL;
    double least = INFINITY;
    json_array_foreach(json_object_get(json_object_get(report, "timing"), "acts"), i, timing) {
        const json_t *act = find_act(acts, text_of(timing, "id"));
        double ms = json_number_value(json_object_get(timing, "ms_per_step"));
        if (act && is_tied(act) && ms < least) {
            found = act;
            least = ms;
        }
    }
    return found;
}

static og_status choose(const json_t *report, bool highest_mean, const json_t **chosen)
{
    const json_t *results = json_object_get(report, "results"), *verdict = json_object_get(results, "verdict");
    const json_t *acts = json_object_get(results, "acts");
    const char *kind = text_of(verdict, "kind");
    *chosen = find_act(acts, text_of(verdict, "best"));
    if (!highest_mean && strcmp(kind, "undecided") == 0)
        return fail(
            OG_ERR_DATA,
            "the study names no winner. %s Run more seeds, or take the activation with the highest mean Dice as it "
            "is, by --highest-mean",
            text_of(verdict, "text"));
    if (!highest_mean && strcmp(kind, "tie") == 0)
        *chosen = find_cheapest(report, acts);
    return *chosen ? OG_OK : fail(OG_ERR_FORMAT, "the study's report names no activation");
}

/* On standard error, since the function itself may go to standard output. */
static void explain(const char *study, const json_t *report, const json_t *act)
{
    const json_t *results = json_object_get(report, "results");
    char runs[32];
    long long number = search_number(report, text_of(act, "text"));
    snprintf(runs, sizeof runs, "f%lld-full", number);
    fprintf(stderr, "%s: %s\nIts networks: %s/trials/%s-s* (ogive predict, ogive export)\n", text_of(act, "text"),
            text_of(json_object_get(results, "verdict"), "text"), study, number >= 0 ? runs : text_of(act, "id"));
}

static og_status run(const void *given, const char *const *positionals)
{
    const own_settings *settings = given;
    og_status status = OG_OK;
    og_act *act = NULL;
    char *text;
    json_t *report = NULL;
    const json_t *chosen;
    if (settings->best && settings->highest_mean)
        return fail(OG_ERR_ARGUMENT, "--best asks for the winner, --highest-mean for whoever leads: give one of them");
    GO(emission_check(&settings->emission));
    GO(og_report_text(positionals[0], &text));
    GO(read_json(text, &report));
    GO(choose(report, settings->highest_mean, &chosen));
    GO(og_act_parse(text_of(chosen, "text"), &act));
    GO(emission_write(&settings->emission, act));
    explain(positionals[0], report, chosen);
done:
    og_act_free(act);
    json_decref(report);
    return status;
}

const cli_command emit_command = {
    .name = "emit",
    .summary = "write the activation that a study found for another world",
    .positionals = {{"STUDY", "the folder of a study that 'ogive compare' began"}},
    .required = "to",
    .groups = {{own_options, 0, NULL, NULL}, {emission_options, offsetof(own_settings, emission), NULL, NULL}},
    .settings_bytes = sizeof(own_settings),
    .description =
        "Judges the study's runs as they stand now, and writes the winner as 'ogive act emit' does: as C99 or CUDA with its "
        "derivatives, as an ONNX model, as a PyTorch module, as a JAX function, or as LaTeX. Of a tie the activation that costs "
        "least per training step is taken. Where the study is undecided nothing is written, since the data do not support a "
        "choice; --highest-mean takes the leader all the same.\n\n"
        "The trained networks are in STUDY/trials: 'ogive predict' uses them, and 'ogive export' writes their weights.",
    .examples = "  ogive emit study --best --to pytorch -o best.py\n"
                "  ogive emit study --highest-mean --to onnx -o leader.onnx\n",
    .run = run,
};

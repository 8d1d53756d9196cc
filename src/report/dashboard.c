/* What optuna-dashboard shows of a study: the verdict as its note, figures, and predictions as files of the best run.
 */
#include <ogive/report.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "format/json.h"
#include "report/figures.h"
#include "report/parts.h"
#include "study/kind.h"
#include "study/store_notes.h"
#include "study/study.h"

static const double patience_s = 30;

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* --- the note, in Markdown ----------------------------------------------------------------------------------- */

static void add_number(og__text *note, const char *format, double value)
{
    og__text_add(note, " | ");
    if (isnan(value))
        og__text_add(note, "–");
    else
        og__text_format(note, format, value);
}

static void add_row(og__text *note, const json_t *act, const json_t *timing)
{
    const json_t *dice = json_object_get(act, "dice");
    const json_t *difference = json_object_get(json_object_get(act, "difference"), "dice");
    const char *standing = text_of(act, "standing");
    bool best = strcmp(standing, "best") == 0;
    og__text_format(note, "\n| `%s`", text_of(act, "text"));
    add_number(note, "%.4f", og__report_number(dice, "mean"));
    add_number(note, "%.4f", og__report_number(dice, "sd"));
    add_number(note, "%+.4f", best ? (double)NAN : og__report_number(difference, "mean"));
    add_number(note, "%+.4f", best ? (double)NAN : og__report_number(difference, "low"));
    add_number(note, "%+.4f", best ? (double)NAN : og__report_number(difference, "high"));
    add_number(note, "%.2g", og__report_number(act, "p_adjusted"));
    add_number(note, "%.2f", og__report_number(act, "mean_rank"));
    add_number(note, "%.3g", og__report_number(timing, "ms_per_step"));
    og__text_format(note, " | %s |", standing);
}

static void add_table(og__text *note, const json_t *report, const json_t *results)
{
    size_t a;
    json_t *act;
    const json_t *timings = json_object_get(json_object_get(report, "timing"), "acts");
    og__text_add(note,
                 "\n\n| activation | mean Dice | sd | difference to the best | from | to | adjusted p | mean rank | "
                 "ms per step | standing |\n|---|---|---|---|---|---|---|---|---|---|");
    json_array_foreach(json_object_get(results, "acts"), a, act)
        add_row(note, act, json_array_get(timings, a));
}

/* Only its runs are blocks and activations; other kinds have their verdict in words. */
static bool is_comparison(const og__study *study)
{
    return study->kind == &og__kind_compare;
}

static void describe_comparison(og__text *note, const json_t *report, const json_t *results)
{
    add_table(note, report, results);
    og__text_format(note, "\n\n%s\n\n", text_of(json_object_get(report, "timing"), "text"));
    og__text_format(
        note,
        "Mean Dice over %zu complete blocks; differences are paired, with their %g %% interval. The figures "
        "stand below the study's history; the first trial of `%s` has its predictions as files.",
        json_array_size(json_object_get(results, "seeds")), 100 * og__report_number(results, "confidence"),
        text_of(json_object_get(results, "verdict"), "best"));
}

static og_status write_note(const json_t *report, const og__study *study, og__text *note)
{
    static const struct {
        const char *kind, *heading;
    } headings[] = {{"winner", "A winner"}, {"tie", "A tie"}, {"undecided", "Undecided"}};
    const json_t *results = json_object_get(report, "results"), *verdict = json_object_get(results, "verdict");
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
        if (strcmp(text_of(verdict, "kind"), headings[i].kind) == 0)
            og__text_format(note, "## %s\n\n", headings[i].heading);
    og__text_add(note, text_of(verdict, "text"));
    if (is_comparison(study))
        describe_comparison(note, report, results);
    og__text_format(note, "\n\nThe whole report: `%s/report.html`, by ogive %s.\n", study->folder,
                    text_of(report, "ogive"));
    return og__text_status(note);
}

/* --- figures --------------------------------------------------------------------------------------------------- */

static og_status publish_figure(og__store *store, int64_t stored, const og__figure *figure, const json_t *report)
{
    og_status status = OG_OK;
    json_t *made;
    char *text = NULL, prefix[100];
    OG_GO(og__figure_make(figure, report, &made));
    OG_GO(og__json_line(made, &text));
    snprintf(prefix, sizeof prefix, "dashboard:plot_data:%s:", figure->id);
    OG_GO(og__store_set_text(store, stored, prefix, text));
done:
    json_decref(made);
    free(text);
    return status;
}

/* --- predictions ------------------------------------------------------------------------------------------------ */

/* An image, what is true of it, what was predicted, and where that is wrong: one picture of four panels. */
static og_status draw_example(const json_t *example, const json_t *prediction, const char *act, og__text *svg)
{
    enum { SIDE = 256, GAP = 8, LINE = 24 };
    double w = og__report_number(example, "width"), h = og__report_number(example, "height");
    double scale = SIDE / fmax(w, h), panel_w = w * scale, panel_h = h * scale;
    const struct {
        const char *title, *picture;
    } panels[] = {{"image", text_of(example, "image")},
                  {"truth", text_of(example, "truth")},
                  {act, text_of(prediction, "labels")},
                  {"errors", text_of(prediction, "errors")}};
    enum { PANELS = sizeof panels / sizeof panels[0] };
    og__text_format(svg,
                    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                    "font-family=\"sans-serif\" font-size=\"14\">\n"
                    "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                    PANELS * (panel_w + GAP) + GAP, panel_h + LINE + GAP);
    for (int i = 0; i < PANELS; i++) {
        double x = GAP + i * (panel_w + GAP);
        og__text_format(svg, "<text x=\"%.0f\" y=\"17\">", x);
        og__text_add_xml(svg, panels[i].title);
        if (i == 2 && !isnan(og__report_number(prediction, "dice")))
            og__text_format(svg, ", Dice %.3f", og__report_number(prediction, "dice"));
        og__text_format(svg,
                        "</text>\n<image x=\"%.0f\" y=\"%d\" width=\"%.0f\" height=\"%.0f\" "
                        "style=\"image-rendering:pixelated\" href=\"%s\"/>\n",
                        x, LINE, panel_w, panel_h, panels[i].picture);
    }
    og__text_add(svg, "</svg>\n");
    return og__text_status(svg);
}

/* In the form of a UUID, and always the same for the same picture of the same trial. */
static void name_file(int64_t trial, const char *study, const char *example, char id[37])
{
    char whole[512], digits[OG_DIGEST_TEXT_BYTES];
    unsigned char bytes[OG_DIGEST_BYTES];
    og__digest digest = og__digest_start();
    int length = snprintf(whole, sizeof whole, "%s/%" PRId64 "/%s", study, trial, example);
    og__digest_add(&digest, whole, (size_t)length < sizeof whole ? (size_t)length : sizeof whole - 1);
    og__digest_end(&digest, bytes);
    og__digest_text(bytes, digits);
    snprintf(id, 37, "%.8s-%.4s-8%.3s-a%.3s-%.12s", digits, digits + 8, digits + 12, digits + 15, digits + 18);
}

typedef struct gallery {
    og__store *store;
    const og__study *study;
    int64_t trial; /* of the best activation's first run */
    const char *act;
    char *folder;
} gallery;

static og_status publish_example(const gallery *g, const json_t *example, const json_t *prediction)
{
    og_status status = OG_OK;
    og__text svg = {0}, name = {0};
    char *path = NULL, id[37];
    OG_GO(draw_example(example, prediction, g->act, &svg));
    og__text_format(&name, "%s.svg", text_of(example, "name"));
    OG_GO(og__text_status(&name));
    name_file(g->trial, g->study->name, name.data, id);
    OG_GO(og__path_join(g->folder, id, &path));
    OG_GO(og__file_write(path, svg.data, svg.length));
    OG_GO(og__store_attach(g->store, g->trial, id, name.data, "image/svg+xml"));
done:
    og__text_deinit(&svg);
    og__text_deinit(&name);
    free(path);
    return status;
}

static og_status publish_examples(gallery *g, const json_t *results, const char *best)
{
    og_status status = OG_OK;
    size_t e, p;
    json_t *example, *prediction;
    OG_TRY(og__path_join(g->study->folder, "artifacts", &g->folder));
    OG_GO(og__folder_make(g->folder));
    json_array_foreach(json_object_get(results, "examples"), e, example) {
        json_array_foreach(json_object_get(example, "predictions"), p, prediction) {
            if (strcmp(text_of(prediction, "act"), best) == 0 && text_of(prediction, "labels")[0])
                OG_GO(publish_example(g, example, prediction));
        }
    }
done:
    free(g->folder);
    return status;
}

/* The trial that completed a run; -1 where there is none. */
static og_status find_trial(og__store *store, int64_t stored, const char *run, int64_t *trial)
{
    og__stored_trials trials;
    *trial = -1;
    OG_TRY(og__store_list(store, stored, &trials));
    for (size_t i = 0; i < trials.count; i++)
        if (trials.items[i].state == OG_TRIAL_COMPLETE && trials.items[i].run && strcmp(trials.items[i].run, run) == 0)
            *trial = trials.items[i].id;
    og__stored_trials_deinit(&trials);
    return OG_OK;
}

static og_status publish_predictions(og__store *store, int64_t stored, const og__study *study, const json_t *results)
{
    const char *best = text_of(json_object_get(results, "verdict"), "best");
    gallery g = {.store = store, .study = study, .trial = -1};
    for (size_t a = 0; a < study->arms.count; a++) {
        if (strcmp(study->arms.items[a].id, best) != 0)
            continue;
        g.act = og_act_text(study->arms.items[a].act);
        OG_TRY(find_trial(store, stored, study->runs[a]->name, &g.trial));
    }
    return g.trial < 0 ? OG_OK : publish_examples(&g, results, best);
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* On the study of runs, and on that of configurations. */
static og_status publish_note(og__store *store, int64_t stored, const og__study *study, const json_t *report)
{
    og_status status = OG_OK;
    og__text note = {0};
    char *name = NULL;
    int64_t configurations;
    bool written;
    OG_GO(write_note(report, study, &note));
    OG_GO(og__store_set_note(store, stored, note.data, &written));
    if (!is_comparison(study))
        goto done;
    OG_GO(og__study_configurations(study, &name));
    OG_GO(og__store_study(store, name, "dice", &configurations));
    OG_GO(og__store_set_note(store, configurations, note.data, &written));
done:
    og__text_deinit(&note);
    free(name);
    return status;
}

static og_status publish(og__store *store, const og__study *study, const json_t *report)
{
    int64_t stored;
    OG_TRY(og__store_study(store, study->name, "dice", &stored));
    OG_TRY(publish_note(store, stored, study, report));
    if (!is_comparison(study))
        return OG_OK;
    for (size_t i = 0; i < og__figure_count; i++)
        OG_TRY(publish_figure(store, stored, &og__figures[i], report));
    return publish_predictions(store, stored, study, json_object_get(report, "results"));
}

og_status og_report_publish(const char *folder)
{
    og_status status = OG_OK;
    og__study study = {0};
    og__store *store = NULL;
    json_t *report = NULL;
    char *path = NULL, *url = NULL;
    OG_GO(og__study_load(folder, &study));
    OG_GO(og__path_join(folder, "report.json", &path));
    OG_GO(og__json_load(path, &report));
    OG_GO(og__study_store(&study, &url));
    OG_GO(og__store_connect(url, patience_s, &store));
    status = publish(store, &study, report);
    if (status != OG_OK)
        og__fail_in(status, "the report is written, but the store of '%s' could not be told of it", folder);
done:
    og__store_close(store);
    json_decref(report);
    free(path);
    free(url);
    og__study_deinit(&study);
    return status;
}

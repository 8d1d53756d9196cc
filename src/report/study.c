/* report.json of a study: results, which identical studies share bit for bit, and timing. */
#include <ogive/report.h>
#include <ogive/version.h>

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "format/json.h"
#include "report/parts.h"
#include "report/tuning.h"
#include "study/rates.h"
#include "study/tuning.h"
#include "study/posterior.h"
#include "study/search.h"

static const double target_share = 0.95; /* of the best final mean, where no target Dice is asked for */

/* The outcome of a race takes the place of the verdict on the blocks that all activations ran. */
static og_status settle_race(og__report *report)
{
    static const og__verdict_kind kinds[] = {
        [OG_RACE_RUNNING] = OG_VERDICT_UNDECIDED, [OG_RACE_CONFIRMING] = OG_VERDICT_UNDECIDED,
        [OG_RACE_WON] = OG_VERDICT_WINNER,        [OG_RACE_TIED] = OG_VERDICT_TIE,
        [OG_RACE_OPEN] = OG_VERDICT_UNDECIDED,
    };
    OG_TRY(og__agenda_init(report->study, &report->agenda));
    report->verdict.kind = kinds[report->agenda.race.phase];
    report->verdict.blocks_needed = 0;
    return OG_OK;
}

static og_status judge(const og__study *study, og__report *report)
{
    *report = (og__report){.study = study, .target = study->target_dice};
    if (study->complete_blocks == 0)
        return og__fail(
            OG_ERR_DATA,
            "the study '%s' has no seed yet on which every activation was run; run 'ogive compare' again to go on",
            study->folder);
    OG_TRY(og__study_scores(study, &report->scores));
    report->evidence = (og__evidence){.blocks = study->complete_blocks,
                                      .arms = study->arms.count,
                                      .scores = report->scores,
                                      .confidence = study->confidence,
                                      .margin = study->margin,
                                      .folds = study->folds,
                                      .overlap = study->folds > 0 ? 1 / (double)(study->folds - 1) : 0};
    OG_TRY(og__verdict_reach(&report->evidence, &report->verdict));
    if (report->verdict.blocks >= OG_TEST_BLOCKS) {
        OG_TRY(og__alloc(report->verdict.arms, sizeof *report->best_shares, &report->best_shares));
        OG_TRY(og__best_shares(report->verdict.blocks, report->verdict.arms, report->scores, report->best_shares));
    }
    if (study->race)
        OG_TRY(settle_race(report));
    if (og__search_of(study))
        OG_TRY(og__report_search_kind(report, &report->verdict));
    report->target_automatic = !(study->target_dice > 0);
    if (report->target_automatic) {
        double sum = 0;
        for (size_t b = 0; b < study->complete_blocks; b++)
            sum += report->scores[b * study->arms.count + report->verdict.best];
        report->target = target_share * sum / (double)study->complete_blocks;
    }
    return OG_OK;
}

static void report_deinit(og__report *report)
{
    free(report->scores);
    free(report->best_shares);
    og__verdict_deinit(&report->verdict);
    og__agenda_deinit(&report->agenda);
}

static og_status verdict_words(const og__report *report, json_t *verdict)
{
    size_t arms = report->verdict.arms;
    char *text = NULL;
    const char **names = calloc(arms, sizeof *names);
    if (!names)
        return og__fail(OG_ERR_MEMORY, "cannot allocate %zu names", arms);
    for (size_t a = 0; a < arms; a++)
        names[a] = og_act_text(report->study->arms.items[a].act);
    og_status status = og__search_of(report->study) ? og__report_search_text(report, names, &text)
                       : report->study->race        ? og__race_text(&report->agenda, names, &text)
                                             : og__verdict_text(&report->verdict, &report->evidence, names, &text);
    free(names);
    if (status == OG_OK)
        status = og__json_set(verdict, "text", og__json_string(text));
    free(text);
    return status;
}

static og_status add_verdict(const og__report *report, json_t *results)
{
    const og__verdict *from = &report->verdict;
    bool raced = report->study->race && report->agenda.race.phase == OG_RACE_WON;
    size_t winner = raced ? report->agenda.race.winner : from->best;
    json_t *verdict = json_object();
    OG_TRY(og__json_set(results, "verdict", verdict));
    OG_TRY(og__json_set(verdict, "kind", json_string(og__verdict_kind_name(from->kind))));
    OG_TRY(verdict_words(report, verdict));
    OG_TRY(og__json_set(verdict, "best", og__json_string(report->study->arms.items[winner].id)));
    OG_TRY(og__json_set(verdict, "margin", og__json_real(from->margin)));
    OG_TRY(og__json_set(verdict, "alpha", og__json_real(round(1e6 * from->alpha) / 1e6)));
    OG_TRY(og__json_set(verdict, "tested", json_boolean(from->blocks >= OG_TEST_BLOCKS)));
    OG_TRY(og__json_set(verdict, "blocks", json_integer((json_int_t)from->blocks)));
    OG_TRY(og__json_set(verdict, "blocks_least", json_integer(from->blocks_least)));
    return og__json_set(verdict, "blocks_needed",
                        from->blocks_needed > 0 ? json_integer(from->blocks_needed) : json_null());
}

static og_status add_target(const og__report *report, json_t *results)
{
    json_t *target = json_object();
    OG_TRY(og__json_set(results, "target_dice", target));
    OG_TRY(og__json_set(target, "value", og__json_real(report->target)));
    return og__json_set(target, "automatic", json_boolean(report->target_automatic));
}

og_status og__report_block(og__block block, json_t *owner)
{
    OG_TRY(og__json_set(owner, "seed", json_integer(block.seed)));
    return block.fold == OG_NO_FOLD ? OG_OK : og__json_set(owner, "fold", json_integer(block.fold));
}

static og_status add_question(const og__report *report, json_t *results)
{
    const og__study *study = report->study;
    json_t *seeds = json_array(), *blocks = json_array();
    OG_TRY(og__json_set(results, "question", json_incref(json_object_get(study->record, "question"))));
    OG_TRY(og__json_set(results, "data_path", json_incref(json_object_get(study->record, "data_path"))));
    OG_TRY(og__json_set(results, "confidence", og__json_real(study->confidence)));
    OG_TRY(og__json_set(results, "seeds", seeds));
    OG_TRY(og__json_set(results, "blocks", blocks));
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        og__block of = og__study_block(study, b);
        json_t *block = json_object();
        OG_TRY(og__json_append(blocks, block));
        OG_TRY(og__report_block(of, block));
        if (of.fold == OG_NO_FOLD || of.fold == (int64_t)study->folds - 1)
            OG_TRY(og__json_append(seeds, json_integer(of.seed)));
    }
    OG_TRY(og__json_set(results, "folds", study->folds > 0 ? json_integer((json_int_t)study->folds) : json_null()));
    size_t seeds_asked = study->blocks / (study->folds > 0 ? study->folds : 1);
    return og__json_set(results, "seeds_asked", json_integer((json_int_t)seeds_asked));
}

static og_status add_acts(const og__report *report, json_t *results)
{
    json_t *acts = json_array();
    OG_TRY(og__json_set(results, "acts", acts));
    for (size_t a = 0; a < report->verdict.arms; a++) {
        json_t *act = json_object();
        OG_TRY(og__json_append(acts, act));
        OG_TRY(og__report_function(report, a, act));
        OG_TRY(og__report_scores(report, a, act));
        OG_TRY(og__report_health(report, a, act));
    }
    return OG_OK;
}

static og_status add_rates(const og__report *report, json_t *results)
{
    bool tuned = og__rates_are_tuned(report->study);
    json_t *rates = tuned ? json_array() : json_null();
    OG_TRY(og__json_set(results, "learning_rates", rates));
    return tuned ? og__rates_report(report->study, rates) : OG_OK;
}

static og_status fill_document(const og__report *report, const og_dataset *data, json_t *document)
{
    json_t *results = json_object(), *timing = json_object();
    OG_TRY(og__json_set(document, "format", json_string("ogive-report")));
    OG_TRY(og__json_set(document, "format_version", json_integer(1)));
    OG_TRY(og__json_set(document, "ogive", json_string(og_version())));
    OG_TRY(og__json_set(document, "results", results));
    OG_TRY(og__json_set(document, "timing", timing));
    OG_TRY(add_question(report, results));
    OG_TRY(add_verdict(report, results));
    OG_TRY(og__report_ranking(report, results));
    OG_TRY(og__report_race(report, results));
    OG_TRY(add_rates(report, results));
    OG_TRY(og__report_search(report, results));
    OG_TRY(add_target(report, results));
    OG_TRY(add_acts(report, results));
    OG_TRY(og__report_runs(report, results));
    OG_TRY(og__report_pictures(report, data, results));
    OG_TRY(og__report_method(report, results));
    OG_TRY(og__report_timing(report, timing));
    return og__report_advice(report, document);
}

static og_status fill_tuning(og__study *study, json_t *document)
{
    json_t *results = json_object();
    OG_TRY(og__json_set(document, "format", json_string("ogive-report")));
    OG_TRY(og__json_set(document, "format_version", json_integer(1)));
    OG_TRY(og__json_set(document, "ogive", json_string(og_version())));
    OG_TRY(og__json_set(document, "results", results));
    return og__report_tuning(study, results);
}

static og_status write_files(const char *folder, const json_t *document)
{
    og_status status = OG_OK;
    char *json_path = NULL, *html_path = NULL;
    OG_GO(og__path_join(folder, "report.json", &json_path));
    OG_GO(og__path_join(folder, "report.html", &html_path));
    OG_GO(og__json_save(json_path, document));
#ifdef OG_PAGE
    OG_GO(og_report_html(json_path, html_path));
#endif
done:
    free(json_path);
    free(html_path);
    return status;
}

/* The document of a study's folder; released with json_decref(). */
static og_status make_document(const og_dataset *data, const char *folder, json_t **document)
{
    og_status status = OG_OK;
    og__study study = {0}, view = {0};
    og__report report = {0};
    *document = json_object();
    OG_GO(og__study_load(folder, &study));
    if (study.kind == &og__kind_tune) {
        OG_GO(fill_tuning(&study, *document));
        goto done;
    }
    if (og__search_of(&study))
        OG_GO(og__search_view(&study, &view));
    OG_GO(judge(og__search_of(&study) ? &view : &study, &report));
    OG_GO(fill_document(&report, data, *document));
done:
    report_deinit(&report);
    og__search_view_deinit(&view);
    og__study_deinit(&study);
    if (status != OG_OK) {
        json_decref(*document);
        *document = NULL;
    }
    return status;
}

og_status og_report_study(const og_dataset *data, const char *folder)
{
    json_t *document;
    OG_TRY(make_document(data, folder, &document));
    og_status status = write_files(folder, document);
    json_decref(document);
    return status;
}

og_status og_report_text(const char *folder, char **json)
{
    json_t *document;
    *json = NULL;
    OG_TRY(make_document(NULL, folder, &document));
    og_status status = og__json_pretty(document, json);
    json_decref(document);
    return status;
}

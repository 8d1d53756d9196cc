/* Every run of a study that is done, as one flat row: for spreadsheets and data frames. */
#include <ogive/report.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "format/json.h"
#include "report/parts.h"
#include "report/tuning.h"
#include "study/search.h"
#include "study/tuning.h"

/* "dice_NAME" and "iou_NAME" of every class but the background. */
static og_status add_classes(const og__study *study, const og__trial *trial, json_t *row)
{
    static const struct {
        const char *name;
        og__measure measure;
    } scores[] = {{"dice", og__measure_dice}, {"iou", og__measure_iou}};
    const json_t *question = json_object_get(study->record, "question");
    const json_t *classes = json_object_get(json_object_get(question, "data"), "classes");
    for (size_t i = 0; i < sizeof scores / sizeof scores[0]; i++) {
        for (size_t k = 1; k < json_array_size(classes); k++) {
            og__text key = {0};
            og__text_format(&key, "%s_%s", scores[i].name, json_string_value(json_array_get(classes, k)));
            og_status status = og__text_status(&key);
            if (status == OG_OK)
                status = og__json_set(row, og__text_get(&key), og__json_real(scores[i].measure(NULL, trial, (int)k)));
            og__text_deinit(&key);
            OG_TRY(status);
        }
    }
    return OG_OK;
}

/* What every kind of study says of a run behind what tells it from others. */
static og_status add_outcome(const og__study *study, const og__trial *trial, json_t *row)
{
    static const struct {
        const char *name;
        og__measure measure;
    } costs[] = {{"ms_per_step", og__measure_ms_per_step},
                 {"peak_bytes", og__measure_peak_bytes},
                 {"train_s", og__measure_train_s}};
    OG_TRY(og__json_set(row, "status", json_string(trial->failed ? "failed" : "finished")));
    OG_TRY(og__json_set(row, "dice", og__json_real(og__measure_dice(NULL, trial, 0))));
    OG_TRY(og__json_set(row, "iou", og__json_real(og__measure_iou(NULL, trial, 0))));
    OG_TRY(add_classes(study, trial, row));
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++)
        OG_TRY(og__json_set(row, costs[i].name, og__json_real(costs[i].measure(NULL, trial, 0))));
    return og__json_set(row, "elapsed_s", og__json_real(trial->elapsed_s));
}

static og_status add_row(const og__study *study, size_t block, size_t arm, json_t *rows)
{
    json_t *row = json_object();
    OG_TRY(og__json_append(rows, row));
    OG_TRY(og__json_set(row, "act", og__json_string(og_act_text(study->arms.items[arm].act))));
    OG_TRY(og__json_set(row, "id", og__json_string(study->arms.items[arm].id)));
    OG_TRY(og__report_block(og__study_block(study, block), row));
    return add_outcome(study, og__study_trial(study, block, arm), row);
}

static og_status add_grid(const og__study *study, json_t *rows)
{
    for (size_t b = 0; b < study->blocks; b++)
        for (size_t a = 0; a < study->arms.count; a++)
            if (og__study_trial(study, b, a)->result)
                OG_TRY(add_row(study, b, a, rows));
    return OG_OK;
}

/* Which functions the places of a run have; null where there is one everywhere. */
static og_status add_places(const og__search *search, int formula, json_t *row)
{
    return search->pool.items[formula].origin == OG_ORIGIN_PLACES ? og__report_formula(search, formula, "places", row)
                                                                  : og__json_set(row, "places", json_null());
}

/* Runs of a search are of several levels: epochs and width tell them. */
static og_status add_search(const og__study *study, json_t *rows)
{
    const og__search *search = og__search_of(study);
    for (int r = 0; r < search->campaign.round_count; r++) {
        const og__round *round = &search->campaign.rounds[r];
        for (int i = 0; i < round->count * round->seeds; i++) {
            const og__run *run = search->runs[r][i];
            if (!run->trial.result || (r > 1 && run == search->runs[1][0])) /* the first full run is there already */
                continue;
            json_t *row = json_object();
            OG_TRY(og__json_append(rows, row));
            OG_TRY(og__json_set(row, "act", og__json_string(og__run_act(run))));
            OG_TRY(og__json_set(row, "id", og__json_string(run->name)));
            OG_TRY(og__json_set(row, "stage", json_string(og__stage_name(round->stage))));
            OG_TRY(add_places(search, round->formulas[i / round->seeds], row));
            OG_TRY(og__json_set(row, "epochs", json_integer(search->levels[round->level].epochs)));
            OG_TRY(og__json_set(row, "width", json_integer(search->levels[round->level].width)));
            OG_TRY(og__json_set(row, "seed", json_integer(og__run_seed(run))));
            OG_TRY(add_outcome(study, &run->trial, row));
        }
    }
    return OG_OK;
}

/* Runs of a tuning: the configuration, and whether its seed was of the search or fresh. */
static og_status add_tuning(og__study *study, json_t *rows)
{
    const og__tuning *tuning = study->own;
    OG_TRY(og__report_read_tuning(study));
    for (size_t i = 0; i < study->run_count; i++) {
        const og__run *run = study->runs[i];
        size_t seed;
        const og__configuration *configuration = og__tuning_find(study, run, &seed);
        if (!run->trial.result || !configuration)
            continue;
        json_t *row = json_object();
        OG_TRY(og__json_append(rows, row));
        OG_TRY(og__json_set(row, "act", og__json_string(og__run_act(run))));
        OG_TRY(og__json_set(row, "id", json_string(configuration->name)));
        OG_TRY(og__json_set(row, "stage", json_string(seed < tuning->seeds ? "search" : "fresh")));
        OG_TRY(og__json_set(row, "seed", json_integer(og__run_seed(run))));
        OG_TRY(add_outcome(study, &run->trial, row));
    }
    return OG_OK;
}

static og_status add_runs(og__study *study, json_t *rows)
{
    if (study->kind == &og__kind_tune)
        return add_tuning(study, rows);
    return og__search_of(study) ? add_search(study, rows) : add_grid(study, rows);
}

og_status og_report_rows(const char *folder, char **json)
{
    og_status status = OG_OK;
    og__study study = {0};
    json_t *rows = json_array();
    *json = NULL;
    OG_GO(og__study_load(folder, &study));
    OG_GO(add_runs(&study, rows));
    status = og__json_pretty(rows, json);
done:
    json_decref(rows);
    og__study_deinit(&study);
    return status;
}

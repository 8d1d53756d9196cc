/* Every run of the complete blocks, without what a clock or the system's memory decides. */
#include <math.h>
#include <string.h>

#include "format/json.h"
#include "report/parts.h"

/* Times; and what the health and the warnings have a place of their own for. */
static bool is_elsewhere(const char *key)
{
    static const char *const keys[] = {"train_s", "elapsed_s", "wait_s", "health", "warnings"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static og_status add_curve(const og__trial *trial, json_t *run)
{
    json_t *curve = json_array();
    OG_TRY(og__json_set(run, "curve", curve));
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(trial->result, "curve"), i, row) {
        json_t *copy = json_object();
        OG_TRY(og__json_append(curve, copy));
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)row, key, value)
            if (!is_elsewhere(key))
                OG_TRY(og__json_set(copy, key, json_incref(value)));
    }
    return OG_OK;
}

/* A member of the result as it is; null where the run did not get so far. */
static og_status copy_member(const json_t *from, const char *key, json_t *run)
{
    json_t *value = json_object_get(from, key);
    return og__json_set(run, key, value ? json_incref(value) : json_null());
}

static og_status add_run(const og__report *report, size_t block, size_t arm, json_t *runs)
{
    const og__study *study = report->study;
    const og__trial *trial = og__study_trial(study, block, arm);
    json_t *run = json_object();
    OG_TRY(og__json_append(runs, run));
    OG_TRY(og__json_set(run, "act", og__json_string(study->arms.items[arm].id)));
    OG_TRY(og__report_block(og__study_block(study, block), run));
    OG_TRY(copy_member(trial->result, "status", run));
    OG_TRY(copy_member(trial->result, "error", run));
    OG_TRY(og__json_set(run, "dice", og__json_real(og__measure_dice(report, trial, 0))));
    OG_TRY(og__json_set(run, "iou", og__json_real(og__measure_iou(report, trial, 0))));
    OG_TRY(copy_member(trial->result, "weight_count", run));
    OG_TRY(og__json_set(run, "epochs_to_target", og__json_real(og__measure_epochs_to_target(report, trial, 0))));
    OG_TRY(copy_member(trial->result, "scores", run));
    OG_TRY(copy_member(trial->result, "warnings", run));
    return add_curve(trial, run);
}

og_status og__report_runs(const og__report *report, json_t *results)
{
    json_t *runs = json_array();
    OG_TRY(og__json_set(results, "runs", runs));
    for (size_t b = 0; b < report->verdict.blocks; b++)
        for (size_t a = 0; a < report->verdict.arms; a++)
            OG_TRY(add_run(report, b, a, runs));
    return OG_OK;
}

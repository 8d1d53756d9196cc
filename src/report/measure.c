/* Single numbers out of a run's result.json. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/json.h"
#include "report/parts.h"
#include "study/statistics.h"

double og__report_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* A failed run scores 0 everywhere; so it ranks last and is never dropped. */
static double score(const og__trial *trial, int class_index, const char *class_key, double mean)
{
    if (trial->failed || class_index == 0)
        return trial->failed ? 0 : mean;
    const json_t *rows = json_object_get(json_object_get(trial->result, "scores"), "per_class");
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row)
        if (og__report_number(row, "index") == class_index)
            return og__report_number(row, class_key);
    return NAN;
}

double og__measure_dice(const og__report *report, const og__trial *trial, int class_index)
{
    (void)report;
    return score(trial, class_index, "dice", trial->dice);
}

double og__measure_iou(const og__report *report, const og__trial *trial, int class_index)
{
    (void)report;
    return score(trial, class_index, "iou", trial->iou);
}

/* A member of the first row of the learning curve whose Dice reaches the target. */
static double when_reached(const og__report *report, const og__trial *trial, const char *key)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(trial->result, "curve"), i, row)
        if (og__report_number(row, "dice") >= report->target)
            return og__report_number(row, key);
    return NAN;
}

double og__measure_epochs_to_target(const og__report *report, const og__trial *trial, int class_index)
{
    (void)class_index;
    return when_reached(report, trial, "epoch");
}

double og__measure_seconds_to_target(const og__report *report, const og__trial *trial, int class_index)
{
    (void)class_index;
    return when_reached(report, trial, "train_s");
}

static double cost(const og__trial *trial, const char *key)
{
    return og__report_number(json_object_get(trial->result, "cost"), key);
}

double og__measure_ms_per_step(const og__report *report, const og__trial *trial, int class_index)
{
    (void)report, (void)class_index;
    return cost(trial, "ms_per_step");
}

double og__measure_peak_bytes(const og__report *report, const og__trial *trial, int class_index)
{
    (void)report, (void)class_index;
    return cost(trial, "peak_bytes");
}

double og__measure_train_s(const og__report *report, const og__trial *trial, int class_index)
{
    (void)report, (void)class_index;
    return cost(trial, "train_s");
}

og_status og__measure_all(const og__report *report, size_t arm, og__measure measure, int class_index, double **values,
                          size_t *count)
{
    *count = 0;
    OG_TRY(og__alloc(report->verdict.blocks, sizeof **values, values));
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        double value = measure(report, og__study_trial(report->study, b, arm), class_index);
        if (isfinite(value))
            (*values)[(*count)++] = value;
    }
    return OG_OK;
}

og_status og__report_reach(const og__report *report, size_t arm, og__measure measure, json_t *owner, const char *key)
{
    og_status status = OG_OK;
    double *values;
    size_t reached, blocks = report->verdict.blocks;
    json_t *object = json_object();
    OG_TRY(og__json_set(owner, key, object));
    OG_TRY(og__measure_all(report, arm, measure, 0, &values, &reached));
    for (size_t b = reached; b < blocks; b++)
        values[b] = INFINITY; /* runs that ended too early are later than all others */
    OG_GO(og__json_set(object, "median", og__json_real(og__median(blocks, values))));
    OG_GO(og__json_set(object, "reached", json_integer((json_int_t)reached)));
    OG_GO(og__json_set(object, "runs", json_integer((json_int_t)blocks)));
done:
    free(values);
    return status;
}

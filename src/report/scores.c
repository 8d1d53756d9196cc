/* Scores of one activation over the blocks, and their paired differences to the best. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/json.h"
#include "report/parts.h"
#include "study/posterior.h"
#include "study/statistics.h"

/* From so many blocks on intervals from resampling cover what they claim. */
enum { RESAMPLED_BLOCKS = 15 };

static const struct {
    const char *name;
    og__measure measure;
} scores[] = {{"dice", og__measure_dice}, {"iou", og__measure_iou}};

enum { SCORE_COUNT = sizeof scores / sizeof scores[0] };

static og_status add_spread(const og__report *report, size_t arm, og__measure measure, int class_index, json_t *owner,
                            const char *key)
{
    og_status status = OG_OK;
    double *values, low = INFINITY, high = -INFINITY;
    size_t count;
    json_t *object = json_object();
    OG_TRY(og__json_set(owner, key, object));
    OG_TRY(og__measure_all(report, arm, measure, class_index, &values, &count));
    for (size_t i = 0; i < count; i++) {
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    OG_GO(og__json_set(object, "mean", og__json_real(og__mean(count, values))));
    OG_GO(og__json_set(object, "sd", og__json_real(og__deviation(count, values))));
    OG_GO(og__json_set(object, "min", og__json_real(low)));
    OG_GO(og__json_set(object, "max", og__json_real(high)));
    OG_GO(og__json_set(object, "runs", json_integer((json_int_t)count)));
done:
    free(values);
    return status;
}

/* This activation minus the best, over the blocks in which both have the score. */
static og_status add_difference(const og__report *report, size_t arm, og__measure measure, int class_index,
                                json_t *owner, const char *key)
{
    og_status status = OG_OK;
    double *d;
    size_t count = 0;
    json_t *object = json_object();
    OG_TRY(og__json_set(owner, key, object));
    OG_TRY(og__alloc(report->verdict.blocks, sizeof *d, &d));
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        double own = measure(report, og__study_trial(report->study, b, arm), class_index);
        double best = measure(report, og__study_trial(report->study, b, report->verdict.best), class_index);
        if (isfinite(own - best))
            d[count++] = own - best;
    }
    og__interval interval = og__evidence_interval(&report->evidence, count, d, report->study->confidence);
    OG_GO(og__json_set(object, "mean", og__json_real(interval.mean)));
    OG_GO(og__json_set(object, "low", og__json_real(interval.low)));
    OG_GO(og__json_set(object, "high", og__json_real(interval.high)));
    if (count >= RESAMPLED_BLOCKS && !(report->evidence.overlap > 0)) {
        OG_GO(og__bca_interval(count, d, report->study->confidence, &interval));
        OG_GO(og__json_set(object, "bca_low", og__json_real(interval.low)));
        OG_GO(og__json_set(object, "bca_high", og__json_real(interval.high)));
    }
done:
    free(d);
    return status;
}

static og_status add_both(const og__report *report, size_t arm, int class_index, json_t *owner)
{
    json_t *difference = json_object();
    for (size_t i = 0; i < SCORE_COUNT; i++)
        OG_TRY(add_spread(report, arm, scores[i].measure, class_index, owner, scores[i].name));
    OG_TRY(og__json_set(owner, "difference", difference));
    for (size_t i = 0; i < SCORE_COUNT; i++)
        OG_TRY(add_difference(report, arm, scores[i].measure, class_index, difference, scores[i].name));
    return OG_OK;
}

static og_status add_classes(const og__report *report, size_t arm, json_t *owner)
{
    json_t *rows = json_array(), *question, *data, *classes;
    OG_TRY(og__json_set(owner, "per_class", rows));
    OG_TRY(og__json_get(report->study->record, "question", JSON_OBJECT, &question));
    OG_TRY(og__json_get(question, "data", JSON_OBJECT, &data));
    OG_TRY(og__json_get(data, "classes", JSON_ARRAY, &classes));
    for (size_t k = 1; k < json_array_size(classes); k++) {
        json_t *row = json_object();
        OG_TRY(og__json_append(rows, row));
        OG_TRY(og__json_set(row, "index", json_integer((json_int_t)k)));
        OG_TRY(og__json_set(row, "name", json_incref(json_array_get(classes, k))));
        OG_TRY(add_both(report, arm, (int)k, row));
    }
    return OG_OK;
}

static og_status add_standing(const og__report *report, size_t arm, json_t *owner)
{
    const og__rival *rival = &report->verdict.rivals[arm];
    bool best = arm == report->verdict.best;
    OG_TRY(og__json_set(owner, "standing", json_string(og__standing_name(rival->standing))));
    OG_TRY(og__json_set(owner, "win_share", og__json_real(best ? NAN : rival->wins.mean)));
    OG_TRY(og__json_set(owner, "win_low", og__json_real(best ? NAN : rival->wins.low)));
    OG_TRY(og__json_set(owner, "win_high", og__json_real(best ? NAN : rival->wins.high)));
    OG_TRY(og__json_set(owner, "p", og__json_real(rival->test.p)));
    OG_TRY(og__json_set(owner, "p_adjusted", og__json_real(rival->test.adjusted)));
    OG_TRY(og__json_set(owner, "wilcoxon_p", og__json_real(rival->rank_test.p)));
    OG_TRY(og__json_set(owner, "wilcoxon_p_adjusted", og__json_real(rival->rank_test.adjusted)));
    return og__json_set(owner, "best_share", og__json_real(report->best_shares ? report->best_shares[arm] : NAN));
}

static og_status add_rank(const og__report *report, size_t arm, json_t *owner)
{
    double *ranks;
    OG_TRY(og__alloc(report->verdict.arms, sizeof *ranks, &ranks));
    og__mean_ranks(report->verdict.blocks, report->verdict.arms, report->scores, ranks);
    double rank = ranks[arm];
    free(ranks);
    return og__json_set(owner, "mean_rank", og__json_real(rank));
}

og_status og__report_scores(const og__report *report, size_t arm, json_t *owner)
{
    int failures = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++)
        failures += og__study_trial(report->study, b, arm)->failed;
    OG_TRY(og__json_set(owner, "runs", json_integer((json_int_t)report->verdict.blocks)));
    OG_TRY(og__json_set(owner, "failures", json_integer(failures)));
    OG_TRY(add_both(report, arm, 0, owner));
    OG_TRY(add_standing(report, arm, owner));
    OG_TRY(add_rank(report, arm, owner));
    OG_TRY(og__report_reach(report, arm, og__measure_epochs_to_target, owner, "epochs_to_target"));
    return add_classes(report, arm, owner);
}

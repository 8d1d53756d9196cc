#include "study/pruner.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/rank_test.h"

og__pruner_rules og__pruner_rules_default(int64_t epochs, const char *study)
{
    return (og__pruner_rules){
        .startup_trials = 5,
        .interval = 1,
        .trials_least = 1,
        .percentile = 50,
        .patience = 8,
        .resource_least = epochs >= 27 ? epochs / 27 : 1,
        .resource_most = epochs,
        .reduction = 3,
        .study = study,
        .p = 0.1,
        .startup_steps = 2,
    };
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double best_of(size_t count, const double *values)
{
    double best = NAN;
    for (size_t i = 0; i < count; i++)
        best = fmax(best, values[i]); /* which ignores NaN */
    return best;
}

/* --- median ------------------------------------------------------------------------------------------------------ */

/* Whether no report before the last fell into the same interval. */
static bool is_first_in_interval(const og__pruner_rules *r, const og__curve *own)
{
    int64_t step = own->steps[own->count - 1], before = own->count > 1 ? own->steps[own->count - 2] : -1;
    return before < (step - r->warmup) / r->interval * r->interval + r->warmup;
}

static double value_at(const og__curve *curve, int64_t step)
{
    for (size_t i = 0; i < curve->count; i++)
        if (curve->steps[i] == step)
            return curve->values[i];
    return NAN;
}

/* Linear between the order statistics, as numpy has it. */
static double percentile_of(size_t count, double *values, double percentile)
{
    qsort(values, count, sizeof *values, by_value);
    double place = percentile / 100 * (double)(count - 1);
    size_t below = (size_t)place;
    double share = place - (double)below;
    return below + 1 < count ? values[below] + share * (values[below + 1] - values[below]) : values[below];
}

static bool median(const og__pruner_rules *r, size_t count, const og__curve *curves, size_t own)
{
    const og__curve *mine = &curves[own];
    int64_t step = mine->steps[mine->count - 1];
    size_t complete = 0, known = 0;
    for (size_t i = 0; i < count; i++)
        complete += curves[i].state == OG_TRIAL_COMPLETE;
    if (complete == 0 || complete < r->startup_trials || step < r->warmup || !is_first_in_interval(r, mine))
        return false;
    double best = best_of(mine->count, mine->values), *values;
    if (isnan(best))
        return true;
    if (og__alloc(complete, sizeof *values, &values) != OG_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        double value = curves[i].state == OG_TRIAL_COMPLETE ? value_at(&curves[i], step) : NAN;
        if (!isnan(value))
            values[known++] = value;
    }
    bool stop = known > 0 && known >= r->trials_least && best < percentile_of(known, values, 100 - r->percentile);
    free(values);
    return stop;
}

/* --- patient ----------------------------------------------------------------------------------------------------- */

static bool patient(const og__pruner_rules *r, size_t count, const og__curve *curves, size_t own)
{
    (void)count;
    const og__curve *mine = &curves[own];
    size_t recent = (size_t)r->patience + 1;
    if (mine->count <= recent)
        return false;
    return best_of(mine->count - recent, mine->values) - r->margin >
           best_of(recent, mine->values + mine->count - recent);
}

/* --- asha, hyperband --------------------------------------------------------------------------------------------- */

/* The value with which a trial reached a step, which is that of its first report from there on; *reached is false for
 * one that has not. */
static double value_reaching(const og__curve *curve, int64_t step, bool *reached)
{
    for (size_t i = 0; i < curve->count; i++) {
        if (curve->steps[i] >= step) {
            *reached = !isnan(curve->values[i]); /* such a trial is stopped without a place on the rung */
            return curve->values[i];
        }
    }
    *reached = false;
    return NAN;
}

/* Whether `value` is among the best 1 / reduction of what reached the rung, or the best of a few. */
static bool is_promoted(const og__pruner_rules *r, size_t count, const og__curve *curves, int64_t step,
                        const bool *rivals, double value)
{
    size_t reached = 0, better = 0;
    for (size_t i = 0; i < count; i++) {
        bool there;
        double other = value_reaching(&curves[i], step, &there);
        there = there && (!rivals || rivals[i]);
        reached += there;
        better += there && other > value;
    }
    size_t kept = reached / (size_t)r->reduction;
    return better < (kept > 0 ? kept : 1);
}

/* The rungs up to the last report were climbed at the reports that reached them; the last one decides about those that
 * it reaches. */
static bool climb(const og__pruner_rules *r, size_t count, const og__curve *curves, size_t own, int64_t bracket,
                  const bool *rivals)
{
    const og__curve *mine = &curves[own];
    int64_t step = mine->steps[mine->count - 1], before = mine->count > 1 ? mine->steps[mine->count - 2] : -1;
    double value = mine->values[mine->count - 1];
    int64_t rung = r->resource_least;
    for (int64_t i = 0; i < bracket && rung <= step; i++)
        rung *= r->reduction;
    for (; rung <= step; rung *= r->reduction) {
        if (rung <= before)
            continue;
        if (isnan(value) || !is_promoted(r, count, curves, rung, rivals, value))
            return true;
    }
    return false;
}

static bool asha(const og__pruner_rules *r, size_t count, const og__curve *curves, size_t own)
{
    return climb(r, count, curves, own, 0, NULL);
}

/* CRC-32 as in zlib, by which Optuna spreads trials over the brackets. */
static uint32_t crc32_of(const char *text)
{
    uint32_t crc = 0xffffffff;
    for (; *text; text++) {
        crc ^= (unsigned char)*text;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static int64_t brackets_of(const og__pruner_rules *r)
{
    int64_t count = 1;
    for (int64_t resource = r->resource_least * r->reduction; resource <= r->resource_most; resource *= r->reduction)
        count++;
    return count;
}

/* Share of bracket b of n: ceil(n reduction^k / (k + 1)), k = n - 1 - b. */
static int64_t share_of(const og__pruner_rules *r, int64_t brackets, int64_t bracket)
{
    int64_t k = brackets - 1 - bracket, power = brackets;
    for (int64_t i = 0; i < k; i++)
        power *= r->reduction;
    return (power + k) / (k + 1);
}

int64_t og__pruner_bracket(const og__pruner_rules *r, int64_t number)
{
    char text[640];
    int64_t brackets = brackets_of(r), total = 0, bracket = 0;
    for (int64_t b = 0; b < brackets; b++)
        total += share_of(r, brackets, b);
    snprintf(text, sizeof text, "%s_%" PRId64, r->study, number);
    int64_t place = (int64_t)crc32_of(text) % total;
    for (; (place -= share_of(r, brackets, bracket)) >= 0;)
        bracket++;
    return bracket;
}

static bool hyperband(const og__pruner_rules *r, size_t count, const og__curve *curves, size_t own)
{
    bool *rivals;
    int64_t bracket = og__pruner_bracket(r, curves[own].number);
    if (og__alloc(count, sizeof *rivals, &rivals) != OG_OK)
        return false;
    for (size_t i = 0; i < count; i++)
        rivals[i] = og__pruner_bracket(r, curves[i].number) == bracket;
    bool stop = climb(r, count, curves, own, bracket, rivals);
    free(rivals);
    return stop;
}

/* --- wilcoxon ---------------------------------------------------------------------------------------------------- */

static double mean_of(size_t count, const double *values)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static bool all_finite(const og__curve *curve)
{
    for (size_t i = 0; i < curve->count; i++)
        if (!isfinite(curve->values[i]))
            return false;
    return curve->count > 0;
}

static const og__curve *best_trial(size_t count, const og__curve *curves)
{
    const og__curve *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (curves[i].state == OG_TRIAL_COMPLETE && (!best || curves[i].value > best->value))
            best = &curves[i];
    return best;
}

/* Worse than the best trial on the steps that both have, by a one-sided signed-rank test; unless its mean is as good.
 */
static bool wilcoxon(const og__pruner_rules *r, size_t count, const og__curve *curves, size_t own)
{
    const og__curve *mine = &curves[own], *best = best_trial(count, curves);
    size_t shared = 0;
    double *d, p;
    if (!best || !all_finite(mine) || !all_finite(best))
        return false;
    if (og__alloc(mine->count, sizeof *d, &d) != OG_OK)
        return false;
    for (size_t i = 0; i < mine->count; i++) {
        double other = value_at(best, mine->steps[i]);
        if (!isnan(other))
            d[shared++] = mine->values[i] - other;
    }
    bool stop = shared >= r->startup_steps && og__signed_rank_less_p(shared, d, &p) == OG_OK && p < r->p &&
                mean_of(best->count, best->values) > mean_of(mine->count, mine->values);
    free(d);
    return stop;
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static const og__pruner pruners[] = {
    {"none", "every run goes to its end", false, NULL},
    {"median", "stops what is below the median of the finished runs at the same epoch", false, median},
    {"patient", "stops what has not become better for 8 scores", false, patient},
    {"asha", "lets the best third go on at each rung, 1/27, 1/9 and 1/3 of the epochs", false, asha},
    {"hyperband", "the same in brackets, some of which begin at a later rung", false, hyperband},
    {"wilcoxon", "stops a configuration whose seeds are behind those of the best one", true, wilcoxon},
};

const og__pruner *og__pruner_at(size_t index)
{
    return index < sizeof pruners / sizeof pruners[0] ? &pruners[index] : NULL;
}

const og__pruner *og__pruner_find(const char *name)
{
    for (size_t i = 0; i < sizeof pruners / sizeof pruners[0]; i++)
        if (strcmp(pruners[i].name, name) == 0)
            return &pruners[i];
    return NULL;
}

bool og__pruner_stops(const og__pruner *pruner, const og__pruner_rules *rules, size_t count, const og__curve *curves,
                      size_t own)
{
    return pruner->stop && curves[own].count > 0 && pruner->stop(rules, count, curves, own);
}

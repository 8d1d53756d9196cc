/* What clocks and the system's memory decide: apart from the results, which are the same bits in identical studies. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/text.h"
#include "format/json.h"
#include "report/parts.h"
#include "study/statistics.h"

static const struct {
    const char *name;
    og__measure measure;
} costs[] = {
    {"ms_per_step", og__measure_ms_per_step},
    {"peak_bytes", og__measure_peak_bytes},
    {"train_s", og__measure_train_s},
};

enum { COST_COUNT = sizeof costs / sizeof costs[0] };

static double mean_cost(const og__report *report, size_t arm, og__measure measure)
{
    double *values, mean = NAN;
    size_t count;
    if (og__measure_all(report, arm, measure, 0, &values, &count) == OG_OK) {
        mean = og__mean(count, values);
        free(values);
    }
    return mean;
}

static double mean_dice(const og__report *report, size_t arm)
{
    double sum = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++)
        sum += report->scores[b * report->verdict.arms + arm];
    return sum / (double)report->verdict.blocks;
}

/* Whether no other activation has as high a mean Dice at as low a cost per step, and is better in one of them. */
static bool is_on_front(const og__report *report, size_t arm)
{
    double dice = mean_dice(report, arm), cost = mean_cost(report, arm, og__measure_ms_per_step);
    for (size_t a = 0; a < report->verdict.arms; a++) {
        double other_dice = mean_dice(report, a), other_cost = mean_cost(report, a, og__measure_ms_per_step);
        if (other_dice >= dice && other_cost <= cost && (other_dice > dice || other_cost < cost))
            return false;
    }
    return isfinite(cost);
}

static og_status add_act(const og__report *report, size_t arm, json_t *acts)
{
    json_t *act = json_object();
    OG_TRY(og__json_append(acts, act));
    OG_TRY(og__json_set(act, "id", og__json_string(report->study->arms.items[arm].id)));
    for (size_t i = 0; i < COST_COUNT; i++)
        OG_TRY(og__json_set(act, costs[i].name, og__json_real(mean_cost(report, arm, costs[i].measure))));
    OG_TRY(og__json_set(act, "pareto", json_boolean(is_on_front(report, arm))));
    return og__report_reach(report, arm, og__measure_seconds_to_target, act, "seconds_to_target");
}

static og_status add_run(const og__report *report, size_t block, size_t arm, json_t *runs)
{
    const og__study *study = report->study;
    const og__trial *trial = og__study_trial(study, block, arm);
    json_t *run = json_object(), *seconds = json_array();
    OG_TRY(og__json_append(runs, run));
    OG_TRY(og__json_set(run, "act", og__json_string(study->arms.items[arm].id)));
    OG_TRY(og__report_block(og__study_block(study, block), run));
    for (size_t i = 0; i < COST_COUNT; i++)
        OG_TRY(og__json_set(run, costs[i].name, og__json_real(costs[i].measure(report, trial, 0))));
    OG_TRY(og__json_set(run, "elapsed_s", og__json_real(trial->elapsed_s)));
    OG_TRY(og__json_set(run, "seconds_to_target", og__json_real(og__measure_seconds_to_target(report, trial, 0))));
    OG_TRY(og__json_set(run, "curve_s", seconds));
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(trial->result, "curve"), i, row) {
        OG_TRY(og__json_append(seconds, og__json_real(og__report_number(row, "train_s"))));
    }
    return OG_OK;
}

/* Wall time of one block: every activation once. */
static double block_s(const og__report *report)
{
    double sum = 0;
    for (size_t a = 0; a < report->verdict.arms; a++) {
        double elapsed = 0;
        int count = 0;
        for (size_t b = 0; b < report->verdict.blocks; b++) {
            const og__trial *trial = og__study_trial(report->study, b, a);
            if (trial->failed || !isfinite(trial->elapsed_s))
                continue;
            elapsed += trial->elapsed_s;
            count++;
        }
        sum += count > 0 ? elapsed / count : 0;
    }
    return sum;
}

static void add_duration(og__text *text, double seconds)
{
    if (seconds < 100)
        og__text_format(text, "%.0f s", seconds);
    else if (seconds < 5400)
        og__text_format(text, "%.0f min", seconds / 60);
    else
        og__text_format(text, "%.1f h", seconds / 3600);
}

/* The cheapest and the dearest by time per step of those that a verdict leaves to choose from. */
typedef struct price_range {
    size_t cheapest, dearest; /* both the number of arms where no time is known */
    double low, high;         /* ms per step */
} price_range;

static price_range find_prices(const og__report *report)
{
    const og__verdict *verdict = &report->verdict;
    price_range prices = {verdict->arms, verdict->arms, INFINITY, 0};
    for (size_t a = 0; a < verdict->arms; a++) {
        double cost = mean_cost(report, a, og__measure_ms_per_step);
        bool in_question = verdict->kind != OG_VERDICT_TIE || verdict->rivals[a].standing != OG_STANDING_BEHIND;
        if (in_question && cost < prices.low) {
            prices.cheapest = a;
            prices.low = cost;
        }
        if (in_question && cost > prices.high) {
            prices.dearest = a;
            prices.high = cost;
        }
    }
    return prices;
}

static void add_prices(const og__report *report, og__text *text)
{
    price_range prices = find_prices(report);
    bool tie = report->verdict.kind == OG_VERDICT_TIE;
    if (prices.high > 0 && prices.high < 1.05 * prices.low)
        og__text_format(text, "%s take nearly the same time per training step, %.1f to %.1f ms.",
                        tie ? "The equivalent ones" : "All", prices.low, prices.high);
    else if (prices.cheapest != prices.dearest)
        og__text_format(
            text, "%s %s is the cheapest per training step (%.1f ms), %.2f times as fast as the dearest, %s (%.1f ms).",
            tie ? "Of the equivalent ones," : "Of all,", og_act_text(report->study->arms.items[prices.cheapest].act),
            prices.low, prices.high / prices.low, og_act_text(report->study->arms.items[prices.dearest].act),
            prices.high);
}

/* What going on takes: the seeds that would decide it, or one more. */
static void add_seeds(const og__report *report, og__text *text)
{
    const og__verdict *verdict = &report->verdict;
    double seconds = block_s(report);
    if (!(seconds > 0))
        return;
    int more = og__verdict_more_seeds(verdict, verdict->blocks_needed);
    seconds *= verdict->folds > 0 ? (double)verdict->folds : 1;
    if (more > 1)
        og__text_format(text, "%sThe %d more seeds of all %zu take about ", text->length > 0 ? " " : "", more,
                        verdict->arms);
    else
        og__text_format(text, "%sOne more seed of all %zu takes about ", text->length > 0 ? " " : "", verdict->arms);
    add_duration(text, more > 1 ? more * seconds : seconds);
    og__text_add(text, " at the times measured here.");
}

static og_status add_sentence(const og__report *report, json_t *timing)
{
    og__text text = {0};
    add_prices(report, &text);
    add_seeds(report, &text);
    json_t *value = og__json_string(og__text_get(&text));
    og_status status = og__text_status(&text);
    og__text_deinit(&text);
    OG_TRY(og__json_set(timing, "text", value));
    OG_TRY(status);
    int more = report->verdict.blocks_needed - (int)report->verdict.blocks;
    return og__json_set(timing, "needed_s",
                        og__json_real(report->verdict.blocks_needed > 0 ? more * block_s(report) : NAN));
}

og_status og__report_timing(const og__report *report, json_t *timing)
{
    json_t *machine = json_object_get(report->study->record, "machine");
    json_t *acts = json_array(), *runs = json_array();
    OG_TRY(add_sentence(report, timing));
    OG_TRY(og__json_set(timing, "machine", machine ? json_incref(machine) : json_null()));
    OG_TRY(og__json_set(timing, "acts", acts));
    for (size_t a = 0; a < report->verdict.arms; a++)
        OG_TRY(add_act(report, a, acts));
    OG_TRY(og__json_set(timing, "runs", runs));
    for (size_t b = 0; b < report->verdict.blocks; b++)
        for (size_t a = 0; a < report->verdict.arms; a++)
            OG_TRY(add_run(report, b, a, runs));
    return OG_OK;
}

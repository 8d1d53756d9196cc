/* "advice": what the results and the health of the networks suggest, each with the numbers that it rests on.
 *
 * A rule looks at the study or at one activation, and says nothing or one thing. The rules are the rows of a table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "format/json.h"
#include "report/parts.h"
#include "study/statistics.h"

/* Nothing where `what` stays empty. */
typedef struct counsel {
    og__text what, why;
} counsel;

static const char *name_of(const og__report *report, size_t arm)
{
    return og_act_text(report->study->arms.items[arm].act);
}

static const og__trial *trial_of(const og__report *report, size_t block, size_t arm)
{
    return og__study_trial(report->study, block, arm);
}

static size_t count_failures(const og__report *report, size_t arm)
{
    size_t failures = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++)
        failures += trial_of(report, b, arm)->failed;
    return failures;
}

static og_status mean_over_runs(const og__report *report, size_t arm, og__measure measure, int class_index,
                                double *mean)
{
    double *values;
    size_t count;
    OG_TRY(og__measure_all(report, arm, measure, class_index, &values, &count));
    *mean = og__mean(count, values);
    free(values);
    return OG_OK;
}

/* Epochs that a setting of the study asks for; NaN where it is not a number. */
static double epochs_of(const og__report *report)
{
    const json_t *question = json_object_get(report->study->record, "question");
    return og__report_number(json_object_get(question, "train"), "epochs");
}

/* Of the learning curve of a run: the Dice of the last epoch that was scored up to `epoch`; or the highest. */
static double dice_until(const og__trial *trial, double epoch, bool highest)
{
    double dice = NAN;
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(trial->result, "curve"), i, row) {
        double value = og__report_number(row, "dice");
        if (isfinite(value) && og__report_number(row, "epoch") <= epoch)
            dice = highest && dice > value ? dice : value;
    }
    return dice;
}

/* The mean over finished runs of what their Dice gained from an epoch on; or lost since its highest. */
static double mean_gain(const og__report *report, size_t arm, double epoch, bool since_highest)
{
    double sum = 0, count = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        const og__trial *trial = trial_of(report, b, arm);
        double before = since_highest ? dice_until(trial, INFINITY, true) : dice_until(trial, epoch, false);
        double gain = dice_until(trial, INFINITY, false) - before;
        if (trial->failed || !isfinite(gain))
            continue;
        sum += gain;
        count++;
    }
    return count > 0 ? sum / count : NAN;
}

/* --- rules on an activation ------------------------------------------------------------------------------------- */

static og_status find_failures(const og__report *report, size_t arm, counsel *say)
{
    size_t failures = count_failures(report, arm);
    if (failures == 0)
        return OG_OK;
    og__text_format(&say->what, "%s needs a lower --learning-rate or a smaller --clip here, or is better left out.",
                    name_of(report, arm));
    og__text_format(&say->why,
                    "%zu of its %zu runs ended because their numbers became infinite or undefined; each counts as 0.",
                    failures, report->verdict.blocks);
    return OG_OK;
}

/* A run that ended without failing at less than half of what the others reached. */
static og_status find_collapse(const og__report *report, size_t arm, counsel *say)
{
    double *values, lowest = INFINITY;
    size_t count;
    OG_TRY(og__measure_all(report, arm, og__measure_dice, 0, &values, &count));
    double median = og__median(count, values);
    for (size_t i = 0; i < count; i++)
        if (values[i] > 0)
            lowest = fmin(lowest, values[i]);
    free(values);
    if (count < 3 || !(lowest < 0.5 * median))
        return OG_OK;
    og__text_format(&say->what,
                    "%s does not train reliably with these settings: try a lower --learning-rate or a longer --warmup.",
                    name_of(report, arm));
    og__text_format(&say->why, "Its worst run reached a Dice of %.3f, half of its runs %.3f or more.", lowest, median);
    return OG_OK;
}

/* The last serious thing that a run was warned of, where it was so to the end; NULL for none of that kind. */
static const json_t *open_warning(const og__trial *trial, const char *kind)
{
    const json_t *found = NULL, *row;
    size_t i;
    json_array_foreach(json_object_get(trial->result, "warnings"), i, row) {
        const char *name = json_string_value(json_object_get(row, "warning"));
        const char *state = json_string_value(json_object_get(row, "state"));
        if (!name || !state || (kind && strcmp(name, kind) != 0) || !json_is_true(json_object_get(row, "serious")))
            continue;
        if (strcmp(state, "begins") == 0)
            found = row;
        else if (found && json_equal(json_object_get(row, "where"), json_object_get(found, "where")))
            found = NULL;
    }
    return found;
}

/* A serious warning of the health in at least half of the runs. It ends in what would help. */
static og_status find_warnings(const og__report *report, size_t arm, counsel *say)
{
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        const json_t *first = open_warning(trial_of(report, b, arm), NULL);
        const char *kind = json_string_value(json_object_get(first, "warning"));
        const char *text = json_string_value(json_object_get(first, "text"));
        const char *help = text ? strrchr(text, ';') : NULL;
        size_t runs = 0;
        for (size_t other = 0; kind && other < report->verdict.blocks; other++)
            runs += open_warning(trial_of(report, other, arm), kind) != NULL;
        if (!help || 2 * runs < report->verdict.blocks)
            continue;
        og__text_format(&say->what, "%s:%s.", name_of(report, arm), help + 1);
        og__text_format(&say->why, "In %zu of %zu runs, as in that of seed %lld: %.*s.", runs, report->verdict.blocks,
                        (long long)og__study_block(report->study, b).seed, (int)(help - text), text);
        return OG_OK;
    }
    return OG_OK;
}

/* As likely the best as the best, but dearer than something that is as good. */
static og_status find_dear(const og__report *report, size_t arm, counsel *say)
{
    enum { CHEAPER_PERCENT = 10 };
    const og__verdict *verdict = &report->verdict;
    double own, best;
    OG_TRY(mean_over_runs(report, arm, og__measure_ms_per_step, 0, &own));
    OG_TRY(mean_over_runs(report, verdict->best, og__measure_ms_per_step, 0, &best));
    const og__rival *rival = &verdict->rivals[arm];
    if (rival->standing != OG_STANDING_EQUIVALENT || !(own < best * (1 - CHEAPER_PERCENT / 100.0)))
        return OG_OK;
    og__text_format(&say->what, "Take %s rather than %s: as good, and cheaper.", name_of(report, arm),
                    name_of(report, verdict->best));
    og__text_format(
        &say->why,
        "Its mean Dice is %.4f lower, within %.3g with a probability of %.3g or more; a training step takes "
        "%.1f ms instead of %.1f.",
        rival->lead.mean, verdict->margin, OG_VERDICT_EQUIVALENCE, own, best);
    return OG_OK;
}

/* A learned parameter that ends at much the same value in all layers, channels and seeds. */
static og_status find_settled(const og__report *report, size_t arm, counsel *say)
{
    const og_act *act = report->study->arms.items[arm].act;
    for (size_t i = 0; i < og_act_param_count(act); i++) {
        og_act_param param = og_act_param_at(act, i);
        og__learned learned;
        if (param.learn == OG_LEARN_NO)
            continue;
        learned = og__report_learned(report, arm, param.name);
        double width = learned.high - learned.low;
        if (learned.count < 2 || report->verdict.blocks < 2 || !(width < 0.1 * fabs(learned.mean)))
            continue;
        og__text_format(&say->what, "Fix %s of %s at %.3g: what it learns is the same everywhere.", param.name,
                        name_of(report, arm), learned.mean);
        og__text_format(&say->why, "After training it is %.3g to %.3g over all layers and seeds, from %.3g at first.",
                        learned.low, learned.high, learned.initial);
        return OG_OK;
    }
    return OG_OK;
}

/* --- rules on the study ------------------------------------------------------------------------------------------ */

/* Scores that still rise leave the order open. */
static og_status find_short(const og__report *report, size_t arm, counsel *say)
{
    double epochs = epochs_of(report), gain = mean_gain(report, arm, floor(epochs * 2 / 3), false);
    if (!(epochs >= 6) || !(gain > 2 * report->verdict.margin))
        return OG_OK;
    og__text_format(&say->what, "Train longer (--epochs): the scores still rise, and the order may change.");
    og__text_format(&say->why, "In the last third of the %.0f epochs the Dice of %s rose by %.3f, mean over the seeds.",
                    epochs, name_of(report, arm), gain);
    return OG_OK;
}

static og_status find_long(const og__report *report, size_t arm, counsel *say)
{
    double loss = -mean_gain(report, arm, 0, true);
    if (!(epochs_of(report) >= 6) || !(loss > 4 * report->verdict.margin))
        return OG_OK;
    og__text_format(&say->what, "Stop earlier (--epochs, --patience) or augment more (--augment): the networks "
                                "end below what they had reached.");
    og__text_format(
        &say->why,
        "The last Dice of %s is %.3f below the highest of its run, mean over the seeds; some of that is the "
        "luck of the highest.",
        name_of(report, arm), loss);
    return OG_OK;
}

/* A class far below the others. */
static og_status find_weak_class(const og__report *report, size_t arm, counsel *say)
{
    const json_t *question = json_object_get(report->study->record, "question");
    const json_t *classes = json_object_get(json_object_get(question, "data"), "classes");
    size_t count = json_array_size(classes), weakest = 0;
    double low = INFINITY, sum = 0;
    for (size_t k = 1; k < count; k++) {
        double dice;
        OG_TRY(mean_over_runs(report, arm, og__measure_dice, (int)k, &dice));
        if (!isfinite(dice))
            return OG_OK;
        sum += dice;
        if (dice < low) {
            low = dice;
            weakest = k;
        }
    }
    double others = count > 2 ? (sum - low) / (double)(count - 2) : NAN;
    if (!(low < 0.6 * others))
        return OG_OK;
    const char *name = json_string_value(json_array_get(classes, weakest));
    og__text_format(&say->what,
                    "Work on the class %s before the activation: other class weights (--class-weights), more "
                    "patches about objects (--foreground), or more examples.",
                    name ? name : "?");
    og__text_format(&say->why, "With %s its Dice is %.3f; the mean of the other classes is %.3f.", name_of(report, arm),
                    low, others);
    return OG_OK;
}

/* What activations do is less than what chance does to a run. */
static og_status find_noise(const og__report *report, size_t arm, counsel *say)
{
    (void)arm;
    const og__evidence *evidence = &report->evidence;
    for (size_t a = 0; a < evidence->arms; a++)
        if (count_failures(report, a) > 0)
            return OG_OK;
    og__variance_split split = og__split_variance(evidence->blocks, evidence->arms, evidence->scores);
    if (report->verdict.kind == OG_VERDICT_WINNER || !(split.rest > 0) || !(split.fold < split.rest))
        return OG_OK;
    og__text_format(&say->what,
                    "Do not expect much of the choice of activation here: a run's own luck moves the score more.");
    og__text_format(&say->why,
                    "Between activations the Dice varies by %.4f (standard deviation), between runs of one activation, "
                    "apart from what a seed does to all, by %.4f.",
                    sqrt(split.fold), sqrt(split.rest));
    return OG_OK;
}

static og_status find_undecided(const og__report *report, size_t arm, counsel *say)
{
    (void)arm;
    const og__verdict *verdict = &report->verdict;
    if (verdict->kind != OG_VERDICT_UNDECIDED || report->study->race || verdict->blocks_needed == 0)
        return OG_OK;
    int seeds = verdict->blocks_needed / (verdict->folds > 0 ? (int)verdict->folds : 1);
    og__text_format(&say->what, "Ask for %d seeds (--seeds %d): the same command keeps the runs there are.", seeds,
                    seeds);
    og__text_format(&say->why,
                    "At the differences seen, as many are needed to tell those apart that are not, or to find them "
                    "equivalent, with a chance of 80 %%; there are %zu.",
                    verdict->blocks / (verdict->folds > 0 ? verdict->folds : 1));
    return OG_OK;
}

static og_status find_unconfirmed(const og__report *report, size_t arm, counsel *say)
{
    (void)arm;
    const og__verdict *verdict = &report->verdict;
    if (verdict->kind != OG_VERDICT_WINNER || report->study->race)
        return OG_OK;
    og__text_format(&say->what,
                    "Before you rely on the size of the lead, run %s and the next best on fresh seeds (--first-seed "
                    "%lld, another folder).",
                    name_of(report, verdict->best),
                    (long long)og__study_block(report->study, report->study->blocks).seed);
    og__text_format(&say->why,
                    "It was chosen as the highest of %zu means over these same %zu %s, and is high by luck in part.",
                    verdict->arms, verdict->blocks, verdict->folds > 0 ? "seeds and folds" : "seeds");
    return OG_OK;
}

/* --- the table ---------------------------------------------------------------------------------------------------- */

typedef enum subject { EVERY_ACT, BEST_ACT, STUDY } subject;

static const struct {
    const char *name;
    subject subject;
    og_status (*find)(const og__report *report, size_t arm, counsel *say);
} rules[] = {
    {"undecided", STUDY, find_undecided},      {"unconfirmed", STUDY, find_unconfirmed},
    {"cheaper", EVERY_ACT, find_dear},         {"failed", EVERY_ACT, find_failures},
    {"unreliable", EVERY_ACT, find_collapse},  {"health", EVERY_ACT, find_warnings},
    {"short", BEST_ACT, find_short},           {"long", BEST_ACT, find_long},
    {"weak-class", BEST_ACT, find_weak_class}, {"noise", STUDY, find_noise},
    {"settled", EVERY_ACT, find_settled},
};

static og_status add_counsel(const og__report *report, size_t rule, size_t arm, json_t *advice)
{
    counsel say = {0};
    json_t *row = NULL;
    og_status status = rules[rule].find(report, arm, &say);
    if (status != OG_OK || say.what.length == 0)
        goto done;
    row = json_object();
    OG_GO(og__text_status(&say.what));
    OG_GO(og__text_status(&say.why));
    OG_GO(og__json_append(advice, row));
    OG_GO(og__json_set(row, "rule", json_string(rules[rule].name)));
    OG_GO(og__json_set(
        row, "act", rules[rule].subject == STUDY ? json_null() : og__json_string(report->study->arms.items[arm].id)));
    OG_GO(og__json_set(row, "text", og__json_string(say.what.data)));
    OG_GO(og__json_set(row, "evidence", og__json_string(say.why.data)));
done:
    og__text_deinit(&say.what);
    og__text_deinit(&say.why);
    return status;
}

og_status og__report_advice(const og__report *report, json_t *document)
{
    json_t *advice = json_array();
    OG_TRY(og__json_set(document, "advice", advice));
    for (size_t rule = 0; rule < sizeof rules / sizeof rules[0]; rule++) {
        bool every = rules[rule].subject == EVERY_ACT;
        for (size_t a = 0; a < report->verdict.arms; a++)
            if (every || a == report->verdict.best)
                OG_TRY(add_counsel(report, rule, a, advice));
    }
    return OG_OK;
}

/* How the comparison was made and what it cannot say, in words. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "format/json.h"
#include "report/parts.h"
#include "train/placement.h"

static og_status add_paragraph(json_t *method, og__text *text)
{
    json_t *value = og__json_string(og__text_get(text));
    og_status status = og__text_status(text);
    og__text_deinit(text);
    OG_TRY(og__json_append(method, value));
    return status;
}

static og_status add_fixed(json_t *method, const char *words)
{
    og__text text = {0};
    og__text_add(&text, words);
    return add_paragraph(method, &text);
}

static og_status add_race(const og__report *report, json_t *method)
{
    const og__race_rules *rules = &report->agenda.rules;
    og__text text = {0};
    og__text_format(
        &text,
        "This was a race: from seed %zu on each seed was followed by a look, Friedman's test at a level of %.2g, and "
        "activations whose rank sum was more than Conover's difference behind the best left. The last %zu, whoever "
        "led, met on fresh seeds, %zu of them or %zu, on which the verdict rests: a sign-flip test at a level of "
        "%.3g at each of these two looks. The table below is of the first %zu seeds alone, which every activation "
        "ran.",
        rules->first_look, rules->look_alpha, rules->finalists, rules->confirm_looks[0], rules->confirm_looks[1],
        rules->alpha / OG_CONFIRM_LOOKS, report->verdict.blocks);
    return add_paragraph(method, &text);
}

static og_status add_folds(size_t folds, json_t *method)
{
    og__text text = {0};
    og__text_format(
        &text,
        "Each seed was run on each of %zu folds, of which one was held out and the others trained on, as by "
        "'ogive cv'; a block is a seed and a fold. Training sets of different folds share images, so that the "
        "blocks are not independent: intervals and p-values are those of the corrected t test of Nadeau and "
        "Bengio (2003), which adds 1/(%zu - 1) to 1/(number of blocks).",
        folds, folds);
    return add_paragraph(method, &text);
}

/* Of blocks whose training sets overlap. */
static og_status add_corrected_tests(const og__verdict *verdict, json_t *method)
{
    og__text text = {0};
    og__text_format(
        &text,
        "Each activation is compared with the one of the highest mean Dice, with intervals of %.3g %% each. "
        "P-values are two-sided, corrected by Holm's method for %zu comparison%s at a common level of %.3g; none "
        "below %d blocks. The probability that two differ by less than %.3g mean Dice (--margin) is that of the "
        "Bayesian correlated t test (Corani and Benavoli 2015); equivalent to the best is what is within the "
        "margin with a probability of %.3g or more. P(best) is the share of %d resamplings of the blocks in which "
        "an activation has the highest mean, P(A > B) the share of blocks on which A is better: both take blocks "
        "as independent, and only describe.",
        100 * (1 - verdict->alpha), verdict->arms - 1, verdict->arms == 2 ? "" : "s", verdict->alpha, OG_TEST_BLOCKS,
        verdict->margin, OG_VERDICT_EQUIVALENCE, OG_RESAMPLES);
    return add_paragraph(method, &text);
}

static og_status add_tests(const og__verdict *verdict, json_t *method)
{
    og__text text = {0};
    if (verdict->overlap > 0)
        return add_corrected_tests(verdict, method);
    og__text_format(&text,
                    "Each activation is compared with the one of the highest mean Dice. Intervals are Student's t "
                    "intervals of the paired differences, %.3g %% each, and take the differences as normal. ",
                    100 * (1 - verdict->alpha));
    if (verdict->blocks >= OG_TEST_BLOCKS)
        og__text_format(
            &text,
            "P-values are of two-sided sign-flip permutation tests, and beside them of Wilcoxon's signed-rank "
            "test, corrected by Holm's method for %zu comparison%s at a common level of %.3g. Behind the best is "
            "what is lower by that test, with an interval above 0.",
            verdict->arms - 1, verdict->arms == 2 ? "" : "s", verdict->alpha);
    else
        og__text_format(
            &text,
            "With fewer than %d seeds no test is made and no winner is named: with %zu seed%s even runs that "
            "all agree would give a permutation test no p-value below %.3g.",
            OG_TEST_BLOCKS, verdict->blocks, verdict->blocks == 1 ? "" : "s", exp2(1 - (double)verdict->blocks));
    return add_paragraph(method, &text);
}

/* What is not said by tests. */
static og_status add_probabilities(const og__verdict *verdict, json_t *method)
{
    og__text text = {0};
    if (verdict->blocks < OG_TEST_BLOCKS || verdict->overlap > 0)
        return OG_OK;
    og__text_format(
        &text,
        "Differences below %.3g mean Dice do not matter here (--margin). The probability that two activations "
        "differ by less is that of the Bayesian signed-rank test (Benavoli et al. 2017); equivalent to the best "
        "is what is within the margin with a probability of %.3g or more. P(best) is the share of %d resamplings "
        "of the seeds in which an activation has the highest mean, P(A > B) the share of seeds on which A is "
        "better. Ranks are compared by Friedman's test; mean ranks that differ by less than Nemenyi's critical "
        "difference are not told apart. That difference grows with the number of activations, so that no verdict "
        "rests on it.",
        verdict->margin, OG_VERDICT_EQUIVALENCE, OG_RESAMPLES);
    return add_paragraph(method, &text);
}

static og_status add_selection(const og__report *report, json_t *method)
{
    og__text text = {0};
    og__text_format(
        &text,
        "Beware: the best was chosen after looking at these same runs, and the highest of several means is "
        "high by luck in part. Its lead will likely shrink on other seeds; a new study with fresh seeds "
        "(--first-seed %" PRId64
        ") shows by how much. Each look at a growing study is a chance to err, too: of simulated "
        "studies of two equal activations 5 %% name a winner at a number of seeds chosen before, 6 %% where "
        "seeds are added as the verdict asks for them.",
        og__study_block(report->study, report->study->blocks).seed);
    return add_paragraph(method, &text);
}

static og_status add_failures(const og__report *report, json_t *method)
{
    og__text text = {0};
    size_t failures = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++)
        for (size_t a = 0; a < report->verdict.arms; a++)
            failures += og__study_trial(report->study, b, a)->failed;
    og__text_add(&text,
                 "A run whose numbers became infinite or undefined is a result: it counts as a Dice of 0 and is shown "
                 "as failed. ");
    if (failures == 0)
        og__text_add(&text, "No run failed here.");
    else
        og__text_format(&text, "%zu of %zu runs failed here.", failures, report->verdict.blocks * report->verdict.arms);
    return add_paragraph(method, &text);
}

static const char *setting(const json_t *train, const char *name)
{
    const char *text = json_string_value(json_object_get(train, name));
    return text ? text : "";
}

/* "act-stage" holds one STAGE=ACT per line. */
static void add_stages(const char *lines, og__text *text)
{
    for (size_t length; *lines; lines += length + (lines[length] == '\n')) {
        length = strcspn(lines, "\n");
        og__text_format(text, "%sstage %.*s", text->length ? ", " : "", (int)length, lines);
    }
}

/* What stands in the networks beside the activations that are compared. */
static og_status add_common(const og__report *report, json_t *method)
{
    const json_t *train = json_object_get(json_object_get(report->study->record, "question"), "train");
    og__text fixed = {0}, text = {0};
    for (og_place place = 0; place < OG_PLACE_COUNT; place++) {
        char name[32];
        snprintf(name, sizeof name, "act-%s", og__place_name(place));
        if (setting(train, name)[0])
            og__text_format(&fixed, "%s%s=%s", fixed.length ? ", " : "", og__place_name(place), setting(train, name));
    }
    add_stages(setting(train, "act-stage"), &fixed);
    if (fixed.length)
        og__text_format(&text,
                        "Some layers have the same activation in every run (%s; of two that fit a layer the more "
                        "specific holds); the activations that are compared stand in all others, and growth of the "
                        "gradient and learned parameters are theirs alone. ",
                        og__text_get(&fixed));
    const char *head = setting(train, "act-head");
    if (head[0] && strcmp(head, "softmax") != 0)
        og__text_format(&text, "The output function of every network is %s.", head);
    og_status status = og__text_status(&fixed);
    og__text_deinit(&fixed);
    if (status == OG_OK && text.length)
        status = add_paragraph(method, &text);
    og__text_deinit(&text);
    return status;
}

/* Where each activation has its own learning rate. */
static og_status add_rates(const json_t *results, json_t *method)
{
    size_t i;
    json_t *row;
    og__text text = {0};
    const json_t *rates = json_object_get(results, "learning_rates");
    const json_t *how = json_object_get(json_object_get(results, "question"), "learning_rates");
    if (!json_is_array(rates))
        return OG_OK;
    og__text_format(&text,
                    "Each activation has its own learning rate, found before the comparison by runs of %lld epochs on "
                    "%zu seeds that the comparison does not have, but on the same held-out images: a quarter of the "
                    "rate asked for, that rate and four times it; both neighbours of the best at a factor of two; and "
                    "on from there while the best was the outermost. Their mean Dice decided:",
                    (long long)json_integer_value(json_object_get(how, "epochs")),
                    json_array_size(json_object_get(how, "seeds")));
    json_array_foreach(rates, i, row)
        og__text_format(&text, "%s %s %.3g", i > 0 ? "," : "", json_string_value(json_object_get(row, "act")),
                        og__report_number(row, "rate"));
    og__text_add(&text, ".");
    return add_paragraph(method, &text);
}

static og_status add_limits(const og__report *report, const json_t *results, json_t *method)
{
    bool own = json_is_array(json_object_get(results, "learning_rates"));
    og__text text = {0};
    og__text_format(&text,
                    "Limits: %s. All activations were trained with the same settings%s. The verdict is about this data "
                    "set, this network and these settings.",
                    report->study->folds > 0
                        ? "every image was held out once with each seed, so that intervals tell how results vary with "
                          "the seed and with the choice of images of this data set"
                        : "the held-out images are the same in all blocks, so that intervals tell how results vary "
                          "with the seed, not with the choice of images",
                    own ? " but for the learning rate" : "; another learning rate may suit some of them better");
    return add_paragraph(method, &text);
}

og_status og__report_method(const og__report *report, json_t *results)
{
    json_t *method = json_array();
    OG_TRY(og__json_set(results, "method", method));
    OG_TRY(add_fixed(method,
                     "Every activation was trained on every seed. A seed fixes the initial weights (up to the gain "
                     "that follows from each activation's own formula), the order of the images and their "
                     "augmentation. The runs of one seed form a block and are compared in pairs, so that what a "
                     "seed does to all activations alike cancels."));
    if (report->study->folds > 0)
        OG_TRY(add_folds(report->study->folds, method));
    OG_TRY(add_common(report, method));
    OG_TRY(add_fixed(method,
                     "Scores are of the last epoch, on images that were held out: no run and no epoch is chosen by "
                     "its score. Dice and IoU of a class are pooled over the pixels of all held-out images; means "
                     "leave the background out."));
    if (report->study->race)
        OG_TRY(add_race(report, method));
    OG_TRY(add_tests(&report->verdict, method));
    OG_TRY(add_probabilities(&report->verdict, method));
    if (!report->study->race)
        OG_TRY(add_selection(report, method));
    OG_TRY(add_failures(report, method));
    OG_TRY(add_rates(results, method));
    OG_TRY(add_limits(report, results, method));
    return add_fixed(method,
                     "Time per step is the mean over runs of each run's median, without scoring; peak memory is of the "
                     "whole process. Both depend on the machine and on what else it did.");
}

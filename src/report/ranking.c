/* "statistics": what concerns all activations together: ranks, every pair, and where the scores' variance comes from.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/json.h"
#include "report/parts.h"
#include "study/posterior.h"
#include "study/rank_test.h"
#include "study/statistics.h"

static bool is_tested(const og__report *report)
{
    return report->verdict.blocks >= OG_TEST_BLOCKS;
}

/* Friedman's test and Nemenyi's critical difference; the p-values take blocks as independent. */
static og_status add_ranks(const og__report *report, json_t *statistics)
{
    const og__evidence *evidence = &report->evidence;
    bool tested = is_tested(report) && !(evidence->overlap > 0);
    double critical = NAN;
    og__friedman friedman = {0};
    json_t *ranks = json_object();
    OG_TRY(og__json_set(statistics, "ranks", ranks));
    if (tested) {
        OG_TRY(og__nemenyi_difference(evidence->blocks, evidence->arms, report->verdict.alpha, &critical));
        OG_TRY(og__friedman_init(evidence->blocks, evidence->arms, evidence->scores, &friedman));
    }
    og_status status = OG_OK;
    OG_GO(og__json_set(ranks, "friedman", og__json_real(tested ? friedman.chi2 : NAN)));
    OG_GO(og__json_set(ranks, "friedman_p", og__json_real(tested ? friedman.p : NAN)));
    OG_GO(og__json_set(ranks, "iman_davenport", og__json_real(tested ? friedman.f : NAN)));
    OG_GO(og__json_set(ranks, "iman_davenport_p", og__json_real(tested ? friedman.f_p : NAN)));
    OG_GO(og__json_set(ranks, "critical_difference", og__json_real(critical)));
done:
    og__friedman_deinit(&friedman);
    return status;
}

/* --- pairs ------------------------------------------------------------------------------------------------------- */

/* The row's activation minus the column's. */
static og_status add_pair(const og__report *report, size_t row, size_t column, double *d, json_t *cells)
{
    const og__evidence *evidence = &report->evidence;
    size_t n = evidence->blocks;
    og__rope rope = {NAN, NAN, NAN};
    json_t *cell = json_object();
    OG_TRY(og__json_append(cells, cell));
    for (size_t b = 0; b < n; b++)
        d[b] = evidence->scores[b * evidence->arms + row] - evidence->scores[b * evidence->arms + column];
    og__interval difference = og__evidence_interval(evidence, n, d, evidence->confidence);
    og__interval wins = og__wilson_interval(og__win_share(n, d), n, evidence->confidence);
    if (is_tested(report))
        OG_TRY(og__evidence_posterior(evidence, n, d, &rope));
    OG_TRY(og__json_set(cell, "mean", og__json_real(difference.mean)));
    OG_TRY(og__json_set(cell, "low", og__json_real(difference.low)));
    OG_TRY(og__json_set(cell, "high", og__json_real(difference.high)));
    OG_TRY(og__json_set(cell, "win_share", og__json_real(wins.mean)));
    OG_TRY(og__json_set(cell, "win_low", og__json_real(wins.low)));
    OG_TRY(og__json_set(cell, "win_high", og__json_real(wins.high)));
    OG_TRY(og__json_set(cell, "above", og__json_real(rope.above)));
    OG_TRY(og__json_set(cell, "inside", og__json_real(rope.inside)));
    return og__json_set(cell, "below", og__json_real(rope.below));
}

/* The lower triangle is made of the upper one: the same pair, seen from the other side. */
static og_status mirror_pair(const json_t *cell, json_t *cells)
{
    static const struct {
        const char *to, *from;
        double sign, offset;
    } members[] = {{"mean", "mean", -1, 0},           {"low", "high", -1, 0},         {"high", "low", -1, 0},
                   {"win_share", "win_share", -1, 1}, {"win_low", "win_high", -1, 1}, {"win_high", "win_low", -1, 1},
                   {"above", "below", 1, 0},          {"inside", "inside", 1, 0},     {"below", "above", 1, 0}};
    json_t *other = json_object();
    OG_TRY(og__json_append(cells, other));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        OG_TRY(og__json_set(
            other, members[i].to,
            og__json_real(members[i].offset + members[i].sign * og__report_number(cell, members[i].from))));
    return OG_OK;
}

static og_status add_pairs(const og__report *report, json_t *statistics)
{
    og_status status = OG_OK;
    double *d = NULL;
    json_t *rows = json_array();
    OG_TRY(og__json_set(statistics, "pairs", rows));
    OG_GO(og__alloc(report->evidence.blocks, sizeof *d, &d));
    for (size_t row = 0; row < report->evidence.arms; row++) {
        json_t *cells = json_array();
        OG_GO(og__json_append(rows, cells));
        for (size_t column = 0; column < report->evidence.arms; column++) {
            if (column > row)
                OG_GO(add_pair(report, row, column, d, cells));
            else if (column < row)
                OG_GO(mirror_pair(json_array_get(json_array_get(rows, column), row), cells));
            else
                OG_GO(og__json_append(cells, json_null()));
        }
    }
done:
    free(d);
    return status;
}

/* --- variance ---------------------------------------------------------------------------------------------------- */

/* Blocks × activations: what a block does to all alike, what the activation does, and what is left to a single run.
 * Failed runs, whose 0 says nothing about spread, leave it unknown. */
static og_status add_variance(const og__report *report, json_t *statistics)
{
    const og__evidence *evidence = &report->evidence;
    og__variance_split split = {NAN, NAN, NAN};
    bool failed = false;
    for (size_t b = 0; b < evidence->blocks; b++)
        for (size_t a = 0; a < evidence->arms; a++)
            failed |= og__study_trial(report->study, b, a)->failed;
    if (!failed)
        split = og__split_variance(evidence->blocks, evidence->arms, evidence->scores);
    json_t *variance = json_object();
    OG_TRY(og__json_set(statistics, "variance", variance));
    OG_TRY(og__json_set(variance, "block", og__json_real(split.seed)));
    OG_TRY(og__json_set(variance, "act", og__json_real(split.fold)));
    return og__json_set(variance, "run", og__json_real(split.rest));
}

/* Of one activation's scores, mean over the activations: what seeds do, what folds do, and the rest. */
static og_status add_fold_variance(const og__report *report, json_t *statistics)
{
    og_status status = OG_OK;
    const og__evidence *evidence = &report->evidence;
    size_t folds = evidence->folds, seeds = folds > 0 ? evidence->blocks / folds : 0;
    og__variance_split sum = {0, 0, 0};
    double *y = NULL;
    if (folds == 0)
        return og__json_set(statistics, "fold_variance", json_null());
    json_t *variance = json_object();
    OG_TRY(og__json_set(statistics, "fold_variance", variance));
    OG_GO(og__alloc(seeds * folds, sizeof *y, &y));
    for (size_t a = 0; a < evidence->arms; a++) {
        for (size_t b = 0; b < seeds * folds; b++)
            y[b] = evidence->scores[b * evidence->arms + a];
        og__variance_split split = og__split_variance(seeds, folds, y);
        sum.seed += split.seed / (double)evidence->arms;
        sum.fold += split.fold / (double)evidence->arms;
        sum.rest += split.rest / (double)evidence->arms;
    }
    OG_GO(og__json_set(variance, "seed", og__json_real(sum.seed)));
    OG_GO(og__json_set(variance, "fold", og__json_real(sum.fold)));
    OG_GO(og__json_set(variance, "run", og__json_real(sum.rest)));
done:
    free(y);
    return status;
}

og_status og__report_ranking(const og__report *report, json_t *results)
{
    const og__evidence *evidence = &report->evidence;
    json_t *statistics = json_object();
    OG_TRY(og__json_set(results, "statistics", statistics));
    OG_TRY(og__json_set(statistics, "t", og__json_real(og__t_factor(evidence->blocks, evidence->confidence))));
    OG_TRY(add_ranks(report, statistics));
    OG_TRY(add_variance(report, statistics));
    OG_TRY(add_fold_variance(report, statistics));
    return add_pairs(report, statistics);
}

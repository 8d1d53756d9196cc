#include "study/verdict.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "base/memory.h"
#include "study/rank_test.h"

/* Chance to find a difference of the observed size, for the estimate of needed blocks. */
static const double power = 0.8;

/* Fewer blocks say too little about the spread of the differences for such an estimate. */
enum { SPREAD_BLOCKS = 3 };

const char *og__verdict_kind_name(og__verdict_kind kind)
{
    static const char *const names[] = {"winner", "tie", "undecided"};
    return names[kind];
}

const char *og__standing_name(og__standing standing)
{
    static const char *const names[] = {"best", "behind", "equivalent", "open"};
    return names[standing];
}

static size_t find_best(size_t blocks, size_t arms, const double *scores)
{
    size_t best = 0;
    double best_sum = -INFINITY;
    for (size_t a = 0; a < arms; a++) {
        double sum = 0;
        for (size_t b = 0; b < blocks; b++)
            sum += scores[b * arms + a];
        if (sum > best_sum) {
            best = a;
            best_sum = sum;
        }
    }
    return best;
}

/* The level of one comparison such that all of them together keep alpha (Bonferroni). */
static double level(const og__verdict *verdict)
{
    return verdict->alpha / (double)(verdict->arms > 1 ? verdict->arms - 1 : 1);
}

og__interval og__evidence_interval(const og__evidence *evidence, size_t n, const double *d, double confidence)
{
    return evidence->overlap > 0 ? og__overlap_interval(n, d, evidence->overlap, confidence)
                                 : og__t_interval(n, d, confidence);
}

og_status og__evidence_posterior(const og__evidence *evidence, size_t n, const double *d, og__rope *result)
{
    if (!(evidence->overlap > 0))
        return og__signed_rank_posterior(n, d, evidence->margin, result);
    *result = og__overlap_posterior(n, d, evidence->overlap, evidence->margin);
    return OG_OK;
}

static og_status is_equivalent(const og__evidence *evidence, const double *d, bool *equivalent)
{
    if (!(evidence->overlap > 0))
        return og__signed_rank_is_inside(evidence->blocks, d, evidence->margin, OG_VERDICT_EQUIVALENCE, equivalent);
    og__rope rope = og__overlap_posterior(evidence->blocks, d, evidence->overlap, evidence->margin);
    *equivalent = rope.inside >= OG_VERDICT_EQUIVALENCE;
    return OG_OK;
}

static og_status test(const og__evidence *evidence, const double *d, og__rival *rival)
{
    if (evidence->overlap > 0) {
        rival->test.p = og__overlap_p(evidence->blocks, d, evidence->overlap);
        return OG_OK;
    }
    rival->test.p = og__sign_flip_p(evidence->blocks, d);
    return og__signed_rank_p(evidence->blocks, d, &rival->rank_test.p);
}

static og_status compare_with_best(const og__evidence *evidence, og__verdict *verdict, size_t arm, double *d)
{
    size_t blocks = evidence->blocks, arms = evidence->arms;
    og__rival *rival = &verdict->rivals[arm];
    bool other = arm != verdict->best;
    *rival = (og__rival){.standing = other ? OG_STANDING_OPEN : OG_STANDING_BEST,
                         .test = {NAN, NAN},
                         .rank_test = {NAN, NAN},
                         .lower_every_block = other && blocks > 0};
    for (size_t b = 0; b < blocks; b++) {
        d[b] = evidence->scores[b * arms + verdict->best] - evidence->scores[b * arms + arm];
        rival->lower_every_block &= d[b] > 0;
    }
    rival->lead = og__evidence_interval(evidence, blocks, d, evidence->confidence);
    rival->deviation = og__deviation(blocks, d);
    rival->wins = og__wilson_interval(og__win_share(blocks, d), blocks, evidence->confidence);
    if (!other || blocks < OG_TEST_BLOCKS)
        return OG_OK;
    bool equivalent = false;
    if (fabs(rival->lead.mean) < evidence->margin) /* costs nothing: looked at first */
        OG_TRY(is_equivalent(evidence, d, &equivalent));
    rival->standing = equivalent ? OG_STANDING_EQUIVALENT : OG_STANDING_OPEN;
    return test(evidence, d, rival);
}

static og__tested *test_of(og__rival *rival)
{
    return &rival->test;
}

static og__tested *rank_test_of(og__rival *rival)
{
    return &rival->rank_test;
}

static og_status adjust(og__verdict *verdict, og__tested *(*tested)(og__rival *))
{
    og_status status = OG_OK;
    double *p = NULL, *adjusted = NULL;
    size_t m = 0;
    OG_GO(og__alloc(verdict->arms, sizeof *p, &p));
    OG_GO(og__alloc(verdict->arms, sizeof *adjusted, &adjusted));
    for (size_t a = 0; a < verdict->arms; a++)
        if (a != verdict->best)
            p[m++] = tested(&verdict->rivals[a])->p;
    og__holm(m, p, adjusted);
    m = 0;
    for (size_t a = 0; a < verdict->arms; a++)
        if (a != verdict->best)
            tested(&verdict->rivals[a])->adjusted = adjusted[m++];
done:
    free(p);
    free(adjusted);
    return status;
}

static og_status find_those_behind(og__verdict *verdict)
{
    OG_TRY(adjust(verdict, test_of));
    if (!(verdict->overlap > 0))
        OG_TRY(adjust(verdict, rank_test_of));
    for (size_t a = 0; a < verdict->arms; a++) {
        og__rival *rival = &verdict->rivals[a];
        if (rival->standing == OG_STANDING_OPEN && rival->test.adjusted <= verdict->alpha && rival->lead.low > 0)
            rival->standing = OG_STANDING_BEHIND;
    }
    return OG_OK;
}

/* --- how many blocks it would take ------------------------------------------------------------------------------- */

/* The largest lead with which two arms can be found equivalent, however many blocks there are; 0 where none can. With
 * many independent blocks the signed-rank posterior goes by the share of pairs of blocks whose mean difference is
 * within the margin, which must be the largest share, for normal differences. */
static double largest_equivalent_lead(const og__verdict *verdict, double deviation)
{
    if (verdict->overlap > 0)
        return verdict->margin;
    double low = -1, high = verdict->margin, spread = deviation / sqrt(2); /* of the mean of a pair */
    for (int i = 0; i < 50; i++) {
        double lead = (low + high) / 2;
        double above = gsl_cdf_gaussian_Q(verdict->margin - lead, spread);
        double inside = 1 - above - gsl_cdf_gaussian_P(-verdict->margin - lead, spread);
        if (inside > above)
            low = lead;
        else
            high = lead;
    }
    return fmax(low, 0);
}

/* Blocks that settle one open comparison if it stays as it looks: either by telling the two apart or by
 * showing that they are within the margin, whichever is sooner. */
static int blocks_to_settle(const og__verdict *verdict, const og__rival *rival)
{
    if (verdict->blocks < SPREAD_BLOCKS)
        return 0;
    double lead = fabs(rival->lead.mean), room = rival->deviation > 0
                                                     ? largest_equivalent_lead(verdict, rival->deviation) - lead
                                                     : verdict->margin - lead;
    int apart = og__blocks_needed(rival->deviation, lead, level(verdict), power, verdict->overlap);
    int same = og__blocks_needed(rival->deviation, room, 2 * (1 - OG_VERDICT_EQUIVALENCE), power, verdict->overlap);
    if (apart == 0 || same == 0)
        return apart + same;
    return apart < same ? apart : same;
}

static int estimate_blocks(const og__verdict *verdict)
{
    int needed = verdict->blocks_least;
    for (size_t a = 0; a < verdict->arms; a++) {
        if (verdict->rivals[a].standing != OG_STANDING_OPEN)
            continue;
        int blocks = blocks_to_settle(verdict, &verdict->rivals[a]);
        if (blocks == 0)
            return 0;
        needed = blocks > needed ? blocks : needed;
    }
    needed = needed > (int)verdict->blocks ? needed : (int)verdict->blocks + 1;
    int folds = verdict->folds > 0 ? (int)verdict->folds : 1;
    return (needed + folds - 1) / folds * folds;
}

int og__verdict_more_seeds(const og__verdict *verdict, int blocks)
{
    int folds = verdict->folds > 0 ? (int)verdict->folds : 1, more = blocks - (int)verdict->blocks;
    return more > 0 ? (more + folds - 1) / folds : 0;
}

/* --- the verdict ------------------------------------------------------------------------------------------------- */

static size_t count_standing(const og__verdict *verdict, og__standing standing)
{
    size_t count = 0;
    for (size_t a = 0; a < verdict->arms; a++)
        count += verdict->rivals[a].standing == standing;
    return count;
}

og_status og__verdict_reach(const og__evidence *evidence, og__verdict *verdict)
{
    og_status status = OG_OK;
    double *d = NULL;
    size_t blocks = evidence->blocks, arms = evidence->arms;
    *verdict = (og__verdict){.blocks = blocks,
                             .arms = arms,
                             .alpha = 1 - evidence->confidence,
                             .margin = evidence->margin,
                             .folds = evidence->folds,
                             .overlap = evidence->overlap};
    OG_GO(og__alloc(arms, sizeof *verdict->rivals, &verdict->rivals));
    OG_GO(og__alloc(blocks, sizeof *d, &d));
    verdict->best = find_best(blocks, arms, evidence->scores);
    verdict->blocks_least = evidence->overlap > 0 ? OG_TEST_BLOCKS : og__blocks_least(arms - 1, verdict->alpha);
    for (size_t a = 0; a < arms; a++)
        OG_GO(compare_with_best(evidence, verdict, a, d));
    if (blocks >= OG_TEST_BLOCKS)
        OG_GO(find_those_behind(verdict));
    if (count_standing(verdict, OG_STANDING_OPEN) > 0) {
        verdict->kind = OG_VERDICT_UNDECIDED;
        verdict->blocks_needed = estimate_blocks(verdict);
    } else {
        verdict->kind = count_standing(verdict, OG_STANDING_EQUIVALENT) > 0 ? OG_VERDICT_TIE : OG_VERDICT_WINNER;
    }
done:
    free(d);
    if (status != OG_OK)
        og__verdict_deinit(verdict);
    return status;
}

void og__verdict_deinit(og__verdict *verdict)
{
    free(verdict->rivals);
    *verdict = (og__verdict){0};
}

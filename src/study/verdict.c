#include "study/verdict.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

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

static void compare_with_best(og__verdict *verdict, size_t arm, const double *scores, double *d)
{
    size_t blocks = verdict->blocks, arms = verdict->arms;
    og__rival *rival = &verdict->rivals[arm];
    rival->lower_every_block = blocks > 0 && arm != verdict->best;
    for (size_t b = 0; b < blocks; b++) {
        d[b] = scores[b * arms + verdict->best] - scores[b * arms + arm];
        rival->lower_every_block &= d[b] > 0;
    }
    rival->lead = og__t_interval(blocks, d, 1 - verdict->alpha);
    rival->family = og__t_interval(blocks, d, 1 - level(verdict));
    rival->deviation = og__deviation(blocks, d);
    rival->win_share = og__win_share(blocks, d);
    rival->p = blocks >= OG_TEST_BLOCKS && arm != verdict->best ? og__sign_flip_p(blocks, d) : NAN;
    rival->p_adjusted = NAN;
}

static og_status adjust(og__verdict *verdict)
{
    og_status status = OG_OK;
    double *p = NULL, *adjusted = NULL;
    size_t m = 0;
    OG_GO(og__alloc(verdict->arms, sizeof *p, &p));
    OG_GO(og__alloc(verdict->arms, sizeof *adjusted, &adjusted));
    for (size_t a = 0; a < verdict->arms; a++)
        if (a != verdict->best)
            p[m++] = verdict->rivals[a].p;
    og__holm(m, p, adjusted);
    m = 0;
    for (size_t a = 0; a < verdict->arms; a++)
        if (a != verdict->best)
            verdict->rivals[a].p_adjusted = adjusted[m++];
done:
    free(p);
    free(adjusted);
    return status;
}

static og__standing judge(const og__verdict *verdict, size_t arm)
{
    const og__rival *rival = &verdict->rivals[arm];
    if (arm == verdict->best)
        return OG_STANDING_BEST;
    if (verdict->blocks < OG_TEST_BLOCKS)
        return OG_STANDING_OPEN;
    if (rival->family.low > -OG_VERDICT_MARGIN && rival->family.high < OG_VERDICT_MARGIN)
        return OG_STANDING_EQUIVALENT; /* even if it is surely lower: by too little to matter */
    bool lower = rival->p_adjusted <= verdict->alpha && rival->lead.mean > 0;
    return lower ? OG_STANDING_BEHIND : OG_STANDING_OPEN;
}

/* Blocks that settle one open comparison if it stays as it looks: either by telling the two apart or by
 * showing that they are within the margin, whichever is sooner. */
static int blocks_to_settle(const og__verdict *verdict, const og__rival *rival)
{
    if (verdict->blocks < SPREAD_BLOCKS)
        return 0;
    double lead = fabs(rival->lead.mean);
    int apart = og__blocks_needed(rival->deviation, lead, level(verdict), power);
    int same = og__blocks_needed(rival->deviation, OG_VERDICT_MARGIN - lead, level(verdict), power);
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
    return needed > (int)verdict->blocks ? needed : (int)verdict->blocks + 1;
}

static size_t count_standing(const og__verdict *verdict, og__standing standing)
{
    size_t count = 0;
    for (size_t a = 0; a < verdict->arms; a++)
        count += verdict->rivals[a].standing == standing;
    return count;
}

og_status og__verdict_reach(size_t blocks, size_t arms, const double *scores, double confidence, og__verdict *verdict)
{
    og_status status = OG_OK;
    double *d = NULL;
    *verdict = (og__verdict){.blocks = blocks, .arms = arms, .alpha = 1 - confidence};
    OG_GO(og__alloc(arms, sizeof *verdict->rivals, &verdict->rivals));
    OG_GO(og__alloc(blocks, sizeof *d, &d));
    verdict->best = find_best(blocks, arms, scores);
    verdict->blocks_least = og__blocks_least(arms - 1, verdict->alpha);
    for (size_t a = 0; a < arms; a++)
        compare_with_best(verdict, a, scores, d);
    if (blocks >= OG_TEST_BLOCKS)
        OG_GO(adjust(verdict));
    for (size_t a = 0; a < arms; a++)
        verdict->rivals[a].standing = judge(verdict, a);
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

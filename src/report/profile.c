/* Several studies side by side: how activations do over data sets. */
#include <ogive/report.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "format/json.h"
#include "report/parts.h"
#include "study/rank_test.h"
#include "study/statistics.h"

enum { LEVELS = 101, RESAMPLES = 2000 }; /* Dice 0, 0.01, ..., 1 */
static const double factors[] = {1, 1.05, 1.1, 1.25, 1.5, 2, 3, 5};
enum { FACTORS = sizeof factors / sizeof factors[0] };
static const double confidence = 0.95;

/* The activations that all studies have in common, and their scores in each: scores[s][b * acts + a]. */
typedef struct profile {
    size_t studies, acts;
    og__study *study;
    size_t *arm; /* (studies, acts of the first) index of each among the study's own */
    double **scores;
    double *pool; /* room for the scores of one activation in all studies */
} profile;

/* --- loading ----------------------------------------------------------------------------------------------------- */

static bool find_arm(const og__study *study, const char *text, size_t *arm)
{
    for (*arm = 0; *arm < study->arms.count; ++*arm)
        if (strcmp(og_act_text(study->arms.items[*arm].act), text) == 0)
            return true;
    return false;
}

static og_status find_common(profile *p)
{
    const og__study *first = &p->study[0];
    OG_TRY(og__alloc(p->studies * first->arms.count, sizeof *p->arm, &p->arm)); /* rows as wide as the first study */
    for (size_t a = 0; a < first->arms.count; a++) {
        bool common = true;
        size_t arms[OG_PROFILE_STUDIES];
        for (size_t s = 0; s < p->studies; s++)
            common &= find_arm(&p->study[s], og_act_text(first->arms.items[a].act), &arms[s]);
        for (size_t s = 0; s < p->studies && common; s++)
            p->arm[s * first->arms.count + p->acts] = arms[s];
        p->acts += common;
    }
    return p->acts >= 2 ? OG_OK
                        : og__fail(OG_ERR_ARGUMENT, "the studies have %zu activation%s in common; it takes two or more",
                                   p->acts, p->acts == 1 ? "" : "s");
}

static og_status load_scores(profile *p)
{
    size_t runs = 0;
    OG_TRY(og__alloc(p->studies, sizeof *p->scores, &p->scores));
    for (size_t s = 0; s < p->studies; s++) {
        const og__study *study = &p->study[s];
        if (study->complete_blocks == 0)
            return og__fail(OG_ERR_DATA, "the study '%s' has no seed yet on which every activation was run",
                            study->folder);
        OG_TRY(og__alloc(study->complete_blocks * p->acts, sizeof **p->scores, &p->scores[s]));
        for (size_t b = 0; b < study->complete_blocks; b++)
            for (size_t a = 0; a < p->acts; a++)
                p->scores[s][b * p->acts + a] = og__study_trial(study, b, p->arm[s * p->study[0].arms.count + a])->dice;
        runs += study->complete_blocks;
    }
    return og__alloc(runs, sizeof *p->pool, &p->pool);
}

static void profile_deinit(profile *p)
{
    for (size_t s = 0; s < p->studies && p->study; s++)
        og__study_deinit(&p->study[s]);
    for (size_t s = 0; s < p->studies && p->scores; s++)
        free(p->scores[s]);
    free(p->study);
    free(p->arm);
    free(p->scores);
    free(p->pool);
}

/* --- numbers ----------------------------------------------------------------------------------------------------- */

/* The block that stands in the place of one: itself, or one drawn with replacement. */
static size_t block_at(og__random *random, size_t count, size_t block)
{
    return random ? og__random_below(random, (uint32_t)count) : block;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean of the middle half of the scores of one activation on all data sets, a quarter cut off at each end; and the
 * share of its scores above each level, mean over the data sets. */
static double summarise(profile *p, size_t act, og__random *random, double shares[LEVELS])
{
    size_t count = 0;
    memset(shares, 0, LEVELS * sizeof *shares);
    for (size_t s = 0; s < p->studies; s++) {
        size_t n = p->study[s].complete_blocks;
        for (size_t b = 0; b < n; b++) {
            double score = p->scores[s][block_at(random, n, b) * p->acts + act];
            p->pool[count++] = score;
            for (int level = 0; level < LEVELS && score > level / (double)(LEVELS - 1); level++)
                shares[level] += 1 / (double)(n * p->studies);
        }
    }
    qsort(p->pool, count, sizeof *p->pool, by_value);
    size_t cut = count / 4;
    return og__mean(count - 2 * cut, p->pool + cut);
}

static double mean_score(const profile *p, size_t study, size_t act)
{
    size_t n = p->study[study].complete_blocks;
    double sum = 0;
    for (size_t b = 0; b < n; b++)
        sum += p->scores[study][b * p->acts + act];
    return sum / (double)n;
}

/* Dolan and More's performance profile: the share of the data sets on which an activation's error, 1 - mean Dice, is at
 * most `factor` times the least one. */
static double share_within(const profile *p, size_t act, double factor)
{
    double within = 0;
    for (size_t s = 0; s < p->studies; s++) {
        double least = INFINITY;
        for (size_t a = 0; a < p->acts; a++)
            least = fmin(least, 1 - mean_score(p, s, a));
        within += 1 - mean_score(p, s, act) <= factor * least * (1 + 1e-12);
    }
    return within / (double)p->studies;
}

/* --- the document ------------------------------------------------------------------------------------------------- */

static og_status add_numbers(json_t *owner, const char *key, size_t count, const double *values)
{
    json_t *array = json_array();
    OG_TRY(og__json_set(owner, key, array));
    for (size_t i = 0; i < count; i++)
        OG_TRY(og__json_append(array, og__json_real(values[i])));
    return OG_OK;
}

/* Percentile intervals from resampling blocks within each study (stratified bootstrap). */
static og_status add_resampled(profile *p, size_t act, json_t *row)
{
    og_status status = OG_OK;
    double *draws = NULL, low[LEVELS], high[LEVELS], shares[LEVELS];
    size_t tail = (size_t)((1 - confidence) / 2 * RESAMPLES);
    OG_GO(og__alloc((LEVELS + 1) * RESAMPLES, sizeof *draws, &draws));
    og__random random =
        og__random_at(2, OG_STREAM_RESAMPLE, 0); /* the same draws for each activation: blocks are paired */
    for (int draw = 0; draw < RESAMPLES; draw++) {
        draws[LEVELS * RESAMPLES + draw] = summarise(p, act, &random, shares);
        for (int level = 0; level < LEVELS; level++)
            draws[level * RESAMPLES + draw] = shares[level];
    }
    for (int level = 0; level <= LEVELS; level++)
        qsort(draws + level * RESAMPLES, RESAMPLES, sizeof *draws, by_value);
    for (int level = 0; level < LEVELS; level++) {
        low[level] = draws[level * RESAMPLES + tail];
        high[level] = draws[level * RESAMPLES + RESAMPLES - 1 - tail];
    }
    OG_GO(og__json_set(row, "iqm_low", og__json_real(draws[LEVELS * RESAMPLES + tail])));
    OG_GO(og__json_set(row, "iqm_high", og__json_real(draws[LEVELS * RESAMPLES + RESAMPLES - 1 - tail])));
    OG_GO(add_numbers(row, "above_low", LEVELS, low));
    OG_GO(add_numbers(row, "above_high", LEVELS, high));
done:
    free(draws);
    return status;
}

static og_status add_act(profile *p, size_t act, double rank, json_t *acts)
{
    double shares[LEVELS], within[FACTORS], means[OG_PROFILE_STUDIES];
    json_t *row = json_object();
    OG_TRY(og__json_append(acts, row));
    double iqm = summarise(p, act, NULL, shares);
    for (int i = 0; i < FACTORS; i++)
        within[i] = share_within(p, act, factors[i]);
    for (size_t s = 0; s < p->studies; s++)
        means[s] = mean_score(p, s, act);
    OG_TRY(og__json_set(row, "act", og__json_string(og_act_text(p->study[0].arms.items[p->arm[act]].act))));
    OG_TRY(add_numbers(row, "dice", p->studies, means));
    OG_TRY(og__json_set(row, "mean_rank", og__json_real(rank)));
    OG_TRY(og__json_set(row, "iqm", og__json_real(iqm)));
    OG_TRY(add_numbers(row, "above", LEVELS, shares));
    OG_TRY(add_numbers(row, "within", FACTORS, within));
    return add_resampled(p, act, row);
}

/* Demsar's comparison: a data set is a block, and an activation's score its mean there. */
static og_status add_ranks(const profile *p, double *table, double *ranks, json_t *document)
{
    double critical = NAN;
    og__friedman friedman = {0};
    bool tested = p->studies >= OG_TEST_BLOCKS;
    for (size_t s = 0; s < p->studies; s++)
        for (size_t a = 0; a < p->acts; a++)
            table[s * p->acts + a] = mean_score(p, s, a);
    og__mean_ranks(p->studies, p->acts, table, ranks);
    if (tested) {
        OG_TRY(og__nemenyi_difference(p->studies, p->acts, 1 - confidence, &critical));
        OG_TRY(og__friedman_init(p->studies, p->acts, table, &friedman));
    }
    og_status status = og__json_set(document, "friedman_p", og__json_real(tested ? friedman.f_p : NAN));
    og__friedman_deinit(&friedman);
    return status == OG_OK ? og__json_set(document, "critical_difference", og__json_real(critical)) : status;
}

static og_status fill(profile *p, json_t *document)
{
    og_status status = OG_OK;
    double *table = NULL, *ranks = NULL, levels[LEVELS];
    json_t *studies = json_array(), *acts = json_array();
    OG_GO(og__json_set(document, "studies", studies));
    OG_GO(og__alloc(p->studies * p->acts, sizeof *table, &table));
    OG_GO(og__alloc(p->acts, sizeof *ranks, &ranks));
    for (size_t s = 0; s < p->studies; s++)
        OG_GO(og__json_append(studies, og__json_string(p->study[s].folder)));
    for (int level = 0; level < LEVELS; level++)
        levels[level] = level / (double)(LEVELS - 1);
    OG_GO(add_numbers(document, "levels", LEVELS, levels));
    OG_GO(add_numbers(document, "factors", FACTORS, factors));
    OG_GO(add_ranks(p, table, ranks, document));
    OG_GO(og__json_set(document, "acts", acts));
    for (size_t a = 0; a < p->acts; a++)
        OG_GO(add_act(p, a, ranks[a], acts));
done:
    free(table);
    free(ranks);
    return status;
}

og_status og_report_profile(const char *const *folders, size_t count, char **json)
{
    og_status status = OG_OK;
    profile p = {.studies = count};
    json_t *document = json_object();
    *json = NULL;
    if (count < 2 || count > OG_PROFILE_STUDIES) {
        status =
            og__fail(OG_ERR_ARGUMENT, "a profile is made of 2 to %d studies, not of %zu", OG_PROFILE_STUDIES, count);
        goto done;
    }
    OG_GO(og__alloc(count, sizeof *p.study, &p.study));
    for (size_t s = 0; s < count; s++)
        OG_GO(og__study_load(folders[s], &p.study[s]));
    OG_GO(find_common(&p));
    OG_GO(load_scores(&p));
    OG_GO(fill(&p, document));
    status = og__json_pretty(document, json);
done:
    json_decref(document);
    profile_deinit(&p);
    return status;
}

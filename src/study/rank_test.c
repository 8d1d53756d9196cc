#include "study/rank_test.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <gsl/gsl_randist.h>

#include "base/memory.h"
#include "study/statistics.h"

/* --- Wilcoxon's signed ranks ----------------------------------------------------------------------------------- */

/* Twice the mid-rank of |d[i]| among all of them: a whole number. */
static size_t twice_rank(size_t n, const double *d, size_t i)
{
    size_t below = 0, equal = 0;
    for (size_t j = 0; j < n; j++) {
        below += fabs(d[j]) < fabs(d[i]);
        equal += fabs(d[j]) == fabs(d[i]);
    }
    return 2 * below + equal + 1;
}

/* Share of the 2^m assignments of signs to the m ranks whose positive sum is at most `sum`, or at least what lies as
 * far above the middle; by adding one rank after the other to the distribution of the sum. */
static og_status count_exactly(size_t m, const size_t *ranks, size_t total, size_t sum, double *p)
{
    double *share = NULL; /* (total + 1) of each positive sum */
    OG_TRY(og__alloc(total + 1, sizeof *share, &share));
    share[0] = 1;
    size_t largest = 0;
    for (size_t i = 0; i < m; i++) {
        largest += ranks[i];
        for (size_t s = largest + 1; s-- > 0;)
            share[s] = (share[s] + (s >= ranks[i] ? share[s - ranks[i]] : 0)) / 2;
    }
    size_t low = sum < total - sum ? sum : total - sum;
    double tail = 0;
    for (size_t s = 0; s <= low; s++)
        tail += share[s];
    *p = fmin(1, 2 * tail);
    free(share);
    return OG_OK;
}

og_status og__signed_rank_p(size_t n, const double *d, double *p)
{
    *p = NAN;
    if (n == 0)
        return OG_OK;
    og_status status = OG_OK;
    size_t *ranks = NULL, m = 0, total = 0, positive = 0;
    double squares = 0;
    OG_GO(og__alloc(n, sizeof *ranks, &ranks));
    for (size_t i = 0; i < n; i++) {
        if (d[i] == 0)
            continue;
        ranks[m] = twice_rank(n, d, i);
        total += ranks[m];
        positive += d[i] > 0 ? ranks[m] : 0;
        squares += (double)ranks[m] * (double)ranks[m];
        m++;
    }
    if (m == 0)
        *p = 1;
    else if (n <= OG_SIGNED_RANK_EXACT_MAX)
        OG_GO(count_exactly(m, ranks, total, positive, p));
    else
        *p = 2 * gsl_cdf_ugaussian_Q(fabs((double)positive - (double)total / 2) / sqrt(squares / 4));
done:
    free(ranks);
    return status;
}

og_status og__signed_rank_less_p(size_t n, const double *d, double *p)
{
    double balance = 0; /* of the ranks' signs */
    for (size_t i = 0; i < n; i++)
        balance += d[i] == 0 ? 0 : copysign((double)twice_rank(n, d, i), d[i]);
    OG_TRY(og__signed_rank_p(n, d, p));
    *p = balance < 0 ? *p / 2 : 1 - *p / 2;
    return OG_OK;
}

/* --- Friedman and what follows ----------------------------------------------------------------------------------- */

og_status og__friedman_init(size_t n, size_t k, const double *scores, og__friedman *friedman)
{
    og_status status = OG_OK;
    double *ranks = NULL;
    *friedman = (og__friedman){.p = 1, .f_p = 1};
    OG_GO(og__alloc(k, sizeof *friedman->rank_sum, &friedman->rank_sum));
    OG_GO(og__alloc(k, sizeof *ranks, &ranks));
    for (size_t b = 0; b < n; b++) {
        og__mean_ranks(1, k, scores + b * k, ranks);
        for (size_t a = 0; a < k; a++) {
            friedman->rank_sum[a] += ranks[a];
            friedman->squares += ranks[a] * ranks[a];
        }
    }
    double blocks = (double)n, arms = (double)k, middle = blocks * (arms + 1) / 2, between = 0;
    for (size_t a = 0; a < k; a++)
        between += (friedman->rank_sum[a] - middle) * (friedman->rank_sum[a] - middle);
    double within = friedman->squares - blocks * arms * (arms + 1) * (arms + 1) / 4;
    if (within > 0) {
        friedman->chi2 = (arms - 1) * between / within;
        friedman->p = gsl_cdf_chisq_Q(friedman->chi2, arms - 1);
        double rest = blocks * (arms - 1) - friedman->chi2;
        bool same_order = rest <= 1e-9 * blocks * arms; /* every block has the same ranks */
        friedman->f = same_order ? INFINITY : (blocks - 1) * friedman->chi2 / rest;
        friedman->f_p = n < 2 ? 1 : same_order ? 0 : gsl_cdf_fdist_Q(friedman->f, arms - 1, (arms - 1) * (blocks - 1));
    }
done:
    free(ranks);
    if (status != OG_OK)
        og__friedman_deinit(friedman);
    return status;
}

void og__friedman_deinit(og__friedman *friedman)
{
    free(friedman->rank_sum);
    *friedman = (og__friedman){0};
}

double og__conover_difference(const og__friedman *friedman, size_t n, size_t k, double alpha)
{
    double degrees = (double)(n - 1) * (double)(k - 1), sums = 0;
    if (degrees <= 0)
        return INFINITY;
    for (size_t a = 0; a < k; a++)
        sums += friedman->rank_sum[a] * friedman->rank_sum[a];
    double spread = fmax(0, (double)n * friedman->squares - sums); /* 0 but for rounding when all blocks agree */
    return gsl_cdf_tdist_Pinv(1 - alpha / 2, degrees) * sqrt(2 * spread / degrees);
}

/* P(range of k standard normals <= q) = k * integral of phi(z) (Phi(z) - Phi(z - q))^(k - 1). */
typedef struct range_law {
    double q, k;
} range_law;

static double range_density(double z, void *context)
{
    const range_law *law = context;
    return law->k * gsl_ran_ugaussian_pdf(z) *
           pow(gsl_cdf_ugaussian_P(z) - gsl_cdf_ugaussian_P(z - law->q), law->k - 1);
}

static double range_probability(double q, size_t k, const gsl_integration_glfixed_table *nodes)
{
    enum { FAR = 9 }; /* the normal density beyond is below 1e-18 */
    range_law law = {q, (double)k};
    gsl_function density = {range_density, &law};
    return gsl_integration_glfixed(&density, -FAR, 0, nodes) + gsl_integration_glfixed(&density, 0, FAR, nodes);
}

og_status og__nemenyi_difference(size_t n, size_t k, double alpha, double *difference)
{
    enum { NODES = 64, HALVINGS = 50 };
    *difference = NAN;
    gsl_integration_glfixed_table *nodes = gsl_integration_glfixed_table_alloc(NODES);
    if (!nodes)
        return og__fail(OG_ERR_MEMORY, "no memory for %d nodes of an integral", NODES);
    double low = 0, high = 40; /* the probability rises with q */
    for (int i = 0; i < HALVINGS; i++) {
        double q = (low + high) / 2;
        if (range_probability(q, k, nodes) < 1 - alpha)
            low = q;
        else
            high = q;
    }
    gsl_integration_glfixed_table_free(nodes);
    *difference = low / sqrt(2) * sqrt((double)k * (double)(k + 1) / (6 * (double)n));
    return OG_OK;
}

#include "study/posterior.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "base/memory.h"
#include "base/random.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* --- the Bayesian signed-rank test ----------------------------------------------------------------------------------
 */

/* Weights of one draw, not normalised: Gamma(1) for each difference, Gamma(1/2) for the prior's 0 at `zero`. */
static double draw_weights(og__random *random, size_t count, size_t zero, double *w)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double normal = i == zero ? og__random_normal(random) : 0;
        w[i] = i == zero ? normal * normal / 2 : -log1p(-(double)og__random_uniform(random));
        sum += w[i];
    }
    return sum;
}

/* sum_ij w_i w_j [z_i + z_j > limit], equality half, of z in rising order: the partners of z_i begin ever lower. */
static double pairs_above(size_t count, const double *z, const double *w, double total, double limit)
{
    size_t above = count, from = count; /* z[above...] is above, z[from...] above or equal */
    double above_weight = 0, from_weight = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        while (above > 0 && z[i] + z[above - 1] > limit)
            above_weight += w[--above];
        while (from > 0 && z[i] + z[from - 1] >= limit)
            from_weight += w[--from];
        sum += w[i] * (above_weight + from_weight) / 2;
    }
    return sum / (total * total);
}

/* Draw until `misses` draws were not inside. Wins of above, inside, below: a tie for the largest is shared. */
static og_status draw_posterior(size_t n, const double *d, double rope, double misses, double wins[3])
{
    og_status status = OG_OK;
    size_t count = n + 1, zero = 0;
    double *z = NULL, *w = NULL;
    OG_GO(og__alloc(count, sizeof *z, &z));
    OG_GO(og__alloc(count, sizeof *w, &w));
    for (size_t i = 0; i < n; i++)
        z[i] = d[i];
    qsort(z, count, sizeof *z, by_value);
    while (z[zero] != 0)
        zero++;
    og__random random = og__random_at(0, OG_STREAM_POSTERIOR, n);
    for (int draw = 0; draw < OG_POSTERIOR_DRAWS && wins[0] + wins[2] <= misses; draw++) {
        double total = draw_weights(&random, count, zero, w);
        double above = pairs_above(count, z, w, total, 2 * rope);
        double below = 1 - pairs_above(count, z, w, total, -2 * rope);
        double inside = 1 - above - below;
        double largest = fmax(inside, fmax(above, below));
        int equal = (above == largest) + (inside == largest) + (below == largest);
        wins[0] += (above == largest) / (double)equal;
        wins[1] += (inside == largest) / (double)equal;
        wins[2] += (below == largest) / (double)equal;
    }
done:
    free(z);
    free(w);
    return status;
}

og_status og__signed_rank_posterior(size_t n, const double *d, double rope, og__rope *result)
{
    double wins[3] = {0};
    *result = (og__rope){NAN, NAN, NAN};
    OG_TRY(draw_posterior(n, d, rope, OG_POSTERIOR_DRAWS, wins));
    *result = (og__rope){wins[0] / OG_POSTERIOR_DRAWS, wins[1] / OG_POSTERIOR_DRAWS, wins[2] / OG_POSTERIOR_DRAWS};
    return OG_OK;
}

og_status og__signed_rank_is_inside(size_t n, const double *d, double rope, double least, bool *inside)
{
    double wins[3] = {0};
    *inside = false;
    OG_TRY(draw_posterior(n, d, rope, (1 - least) * OG_POSTERIOR_DRAWS, wins));
    *inside = wins[1] >= least * OG_POSTERIOR_DRAWS;
    return OG_OK;
}

/* --- the Bayesian correlated t test ---------------------------------------------------------------------------- */

og__rope og__overlap_posterior(size_t n, const double *d, double tested_to_trained, double rope)
{
    double mean = og__mean(n, d), deviation = og__deviation(n, d);
    if (n < 2)
        return (og__rope){NAN, NAN, NAN};
    double scale = deviation * sqrt(1 / (double)n + tested_to_trained), degrees = (double)(n - 1);
    if (scale == 0)
        return (og__rope){mean > rope, fabs(mean) <= rope, mean < -rope};
    double above = gsl_cdf_tdist_Q((rope - mean) / scale, degrees);
    double below = gsl_cdf_tdist_P((-rope - mean) / scale, degrees);
    return (og__rope){above, 1 - above - below, below};
}

/* --- resampling of blocks ----------------------------------------------------------------------------------- */

og_status og__best_shares(size_t n, size_t k, const double *scores, double *shares)
{
    double *sums = NULL;
    OG_TRY(og__alloc(k, sizeof *sums, &sums));
    for (size_t a = 0; a < k; a++)
        shares[a] = 0;
    og__random random = og__random_at(0, OG_STREAM_RESAMPLE, n);
    for (int draw = 0; draw < OG_RESAMPLES; draw++) {
        for (size_t a = 0; a < k; a++)
            sums[a] = 0;
        for (size_t b = 0; b < n; b++) {
            const double *row = scores + (size_t)og__random_below(&random, (uint32_t)n) * k;
            for (size_t a = 0; a < k; a++)
                sums[a] += row[a];
        }
        double highest = -INFINITY, holders = 0;
        for (size_t a = 0; a < k; a++) {
            holders = sums[a] > highest ? 1 : holders + (sums[a] == highest);
            highest = fmax(highest, sums[a]);
        }
        for (size_t a = 0; a < k; a++)
            shares[a] += sums[a] == highest ? 1 / (holders * OG_RESAMPLES) : 0;
    }
    free(sums);
    return OG_OK;
}

/* The acceleration: skewness of the mean by leaving out one value at a time. */
static double acceleration(size_t n, const double *d, double mean)
{
    double cubes = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        double u = (d[i] - mean) / (double)(n - 1); /* mean of all left-out means less this one */
        cubes += u * u * u;
        squares += u * u;
    }
    return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* Of sorted values, between neighbours in proportion. */
static double quantile(size_t count, const double *sorted, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    return below + 1 < count ? sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below])
                             : sorted[below];
}

og_status og__bca_interval(size_t n, const double *d, double confidence, og__interval *interval)
{
    double mean = og__mean(n, d);
    *interval = (og__interval){mean, NAN, NAN};
    if (n < 2)
        return OG_OK;
    double *means = NULL;
    OG_TRY(og__alloc(OG_RESAMPLES, sizeof *means, &means));
    og__random random = og__random_at(1, OG_STREAM_RESAMPLE, n);
    double below = 0;
    for (int draw = 0; draw < OG_RESAMPLES; draw++) {
        double sum = 0;
        for (size_t b = 0; b < n; b++)
            sum += d[og__random_below(&random, (uint32_t)n)];
        means[draw] = sum / (double)n;
        below += means[draw] < mean ? 1 : means[draw] == mean ? 0.5 : 0;
    }
    qsort(means, OG_RESAMPLES, sizeof *means, by_value);
    double bias = gsl_cdf_ugaussian_Pinv(fmin(fmax(below / OG_RESAMPLES, 1e-6), 1 - 1e-6));
    double a = acceleration(n, d, mean), ends[2];
    for (int side = 0; side < 2; side++) {
        double z = bias + gsl_cdf_ugaussian_Pinv(side == 0 ? (1 - confidence) / 2 : (1 + confidence) / 2);
        ends[side] = quantile(OG_RESAMPLES, means, gsl_cdf_ugaussian_P(bias + z / (1 - a * z)));
    }
    *interval = (og__interval){mean, ends[0], ends[1]};
    free(means);
    return OG_OK;
}

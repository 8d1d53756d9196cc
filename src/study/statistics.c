#include "study/statistics.h"

#include <math.h>
#include <stdint.h>

#include <gsl/gsl_cdf.h>

#include "base/random.h"

double og__mean(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : NAN;
}

double og__deviation(size_t n, const double *x)
{
    if (n < 2)
        return NAN;
    double mean = og__mean(n, x), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sqrt(sum / (double)(n - 1));
}

double og__t_factor(size_t n, double confidence)
{
    return n < 2 ? NAN : gsl_cdf_tdist_Pinv(1 - (1 - confidence) / 2, (double)(n - 1));
}

og__interval og__t_interval(size_t n, const double *d, double confidence)
{
    double mean = og__mean(n, d);
    double half = og__t_factor(n, confidence) * og__deviation(n, d) / sqrt((double)n);
    return (og__interval){mean, mean - half, mean + half};
}

/* |sum of d with the signs of the pattern's bits| reaches the observed sum, up to rounding of the additions. */
static int reaches(size_t n, const double *d, uint32_t pattern, double observed)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pattern >> i & 1 ? -d[i] : d[i];
    return fabs(sum) >= observed;
}

static double sign_flip_sampled(size_t n, const double *d, double observed)
{
    enum { PATTERNS = 100000 };
    og__random random = og__random_at(0, OG_STREAM_FLIP, n);
    int count = 1; /* the observed pattern */
    for (int i = 1; i < PATTERNS; i++) {
        double sum = 0;
        uint32_t bits = 0;
        for (size_t b = 0; b < n; b++) {
            if (b % 32 == 0)
                bits = og__random_u32(&random);
            sum += bits >> b % 32 & 1 ? -d[b] : d[b];
        }
        count += fabs(sum) >= observed;
    }
    return count / (double)PATTERNS;
}

double og__sign_flip_p(size_t n, const double *d)
{
    double sum = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        sum += d[i];
        size += fabs(d[i]);
    }
    double observed = fabs(sum) - 1e-12 * size;
    if (n > OG_FLIP_EXACT_MAX)
        return sign_flip_sampled(n, d, observed);
    /* A pattern and its opposite have the same |sum|: the first sign can stay. */
    uint32_t patterns = n > 0 ? (uint32_t)1 << (n - 1) : 1, count = 0;
    for (uint32_t pattern = 0; pattern < patterns; pattern++)
        count += (uint32_t)reaches(n, d, pattern << 1, observed);
    return count / (double)patterns;
}

void og__holm(size_t m, const double *p, double *adjusted)
{
    /* The adjusted value of p[i] is the largest (m - rank) p over everything that is not above p[i]; m is small. */
    for (size_t i = 0; i < m; i++) {
        double largest = 0;
        for (size_t j = 0; j < m; j++) {
            if (p[j] > p[i])
                continue;
            size_t below = 0;
            for (size_t k = 0; k < m; k++)
                below += p[k] < p[j];
            largest = fmax(largest, fmin(1, (double)(m - below) * p[j]));
        }
        adjusted[i] = largest;
    }
}

double og__win_share(size_t n, const double *d)
{
    double wins = 0;
    for (size_t i = 0; i < n; i++)
        wins += d[i] > 0 ? 1 : d[i] == 0 ? 0.5 : 0;
    return n > 0 ? wins / (double)n : NAN;
}

og__interval og__wilson_interval(double share, size_t n, double confidence)
{
    if (n == 0)
        return (og__interval){NAN, NAN, NAN};
    double z = gsl_cdf_ugaussian_Pinv(1 - (1 - confidence) / 2), count = (double)n;
    double middle = (share + z * z / (2 * count)) / (1 + z * z / count);
    double half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count);
    return (og__interval){share, fmax(0, middle - half), fmin(1, middle + half)};
}

og__interval og__overlap_interval(size_t n, const double *d, double tested_to_trained, double confidence)
{
    og__interval interval = og__t_interval(n, d, confidence);
    double widening = sqrt(1 + (double)n * tested_to_trained);
    interval.low = interval.mean - widening * (interval.mean - interval.low);
    interval.high = interval.mean + widening * (interval.high - interval.mean);
    return interval;
}

double og__overlap_p(size_t n, const double *d, double tested_to_trained)
{
    double mean = og__mean(n, d), deviation = og__deviation(n, d);
    if (n < 2)
        return NAN;
    if (deviation == 0)
        return mean == 0 ? 1 : 0;
    return 2 * gsl_cdf_tdist_Q(fabs(mean) / (deviation * sqrt(1 / (double)n + tested_to_trained)), (double)(n - 1));
}

og__variance_split og__split_variance(size_t seeds, size_t folds, const double *y)
{
    if (seeds < 2 || folds < 2)
        return (og__variance_split){NAN, NAN, NAN};
    double s = (double)seeds, f = (double)folds, mean = og__mean(seeds * folds, y);
    double by_seed = 0, by_fold = 0, all = 0; /* sums of squares */
    for (size_t i = 0; i < seeds; i++) {
        double difference = og__mean(folds, y + i * folds) - mean;
        by_seed += f * difference * difference;
    }
    for (size_t j = 0; j < folds; j++) {
        double sum = 0;
        for (size_t i = 0; i < seeds; i++)
            sum += y[i * folds + j];
        by_fold += s * (sum / s - mean) * (sum / s - mean);
    }
    for (size_t i = 0; i < seeds * folds; i++)
        all += (y[i] - mean) * (y[i] - mean);
    double rest = fmax(0, all - by_seed - by_fold) / ((s - 1) * (f - 1));
    return (og__variance_split){fmax(0, (by_seed / (s - 1) - rest) / f), fmax(0, (by_fold / (f - 1) - rest) / s), rest};
}

void og__mean_ranks(size_t n, size_t k_count, const double *scores, double *ranks)
{
    for (size_t k = 0; k < k_count; k++) {
        double sum = 0;
        for (size_t b = 0; b < n; b++) {
            const double *row = scores + b * k_count;
            double above = 0, equal = 0; /* equal counts itself */
            for (size_t j = 0; j < k_count; j++) {
                above += row[j] > row[k];
                equal += row[j] == row[k];
            }
            sum += above + (equal + 1) / 2;
        }
        ranks[k] = sum / (double)n;
    }
}

double og__median(size_t n, const double *x)
{
    if (n == 0)
        return NAN;
    double middle[2] = {NAN, NAN}; /* the values of rank (n - 1) / 2 and n / 2, counting from 0 */
    for (size_t i = 0; i < n; i++) {
        size_t below = 0, equal = 0;
        for (size_t j = 0; j < n; j++) {
            below += x[j] < x[i];
            equal += x[j] == x[i];
        }
        for (int side = 0; side < 2; side++) {
            size_t rank = (n - 1 + (size_t)side) / 2;
            if (below <= rank && rank < below + equal)
                middle[side] = x[i];
        }
    }
    return middle[0] == middle[1] ? middle[0] : (middle[0] + middle[1]) / 2;
}

int og__blocks_needed(double sd, double delta, double alpha, double power, double overlap)
{
    for (int n = 2; n <= OG_BLOCKS_MAX; n++) {
        double t = gsl_cdf_tdist_Pinv(1 - alpha / 2, n - 1) + gsl_cdf_tdist_Pinv(power, n - 1);
        if (delta >= t * sd * sqrt(1.0 / n + overlap))
            return n;
    }
    return 0;
}

int og__blocks_least(size_t comparisons, double alpha)
{
    int n = OG_TEST_BLOCKS;
    while (n < OG_BLOCKS_MAX && (double)comparisons * exp2(1 - n) > alpha)
        n++;
    return n;
}

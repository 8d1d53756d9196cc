/* Paired statistics over blocks: plain numbers in, plain numbers out.
 *
 * A block is one seed on which every activation was run; d[b] is a difference of two activations' scores in block b.
 * Where a number cannot be had (an interval from one block) it is NaN. */
#ifndef OG_STUDY_STATISTICS_H
#define OG_STUDY_STATISTICS_H

#include <stddef.h>

enum {
    OG_TEST_BLOCKS = 5,     /* fewer blocks give no p-value: see og__sign_flip_p() */
    OG_FLIP_EXACT_MAX = 20, /* up to so many blocks all sign patterns are counted */
    OG_BLOCKS_MAX = 199,    /* estimates of needed blocks end here */
};

double og__mean(size_t n, const double *x);

/* Sample standard deviation (n - 1 in the denominator). */
double og__deviation(size_t n, const double *x);

typedef struct og__interval {
    double mean, low, high;
} og__interval;

/* t(1 - (1 - confidence) / 2; n - 1): half of Student's interval for a mean of n values in standard errors. NaN below n
 * = 2. */
double og__t_factor(size_t n, double confidence);

/* mean(d) +- t(1 - (1 - confidence) / 2; n - 1) sd(d) / sqrt(n): Student's interval for a mean. */
og__interval og__t_interval(size_t n, const double *d, double confidence);

/**
 * Two-sided p-value of the sign-flip permutation test of "the differences are symmetric about 0".
 *
 *   p = share of the 2^n sign patterns s with |sum_b s[b] d[b]| >= |sum_b d[b]|
 *
 * Exact up to OG_FLIP_EXACT_MAX blocks; above, 100 000 patterns of a fixed random stream, with the observed one counted
 * in. The smallest possible value is 2^(1 - n): 0.25 with 3 blocks, which no run of 3 can ever make significant.
 */
double og__sign_flip_p(size_t n, const double *d);

/* Holm's step-down adjustment of m p-values: adjusted_(i) = max_{j <= i} min(1, (m - j + 1) p_(j)), ordered by p. */
void og__holm(size_t m, const double *p, double *adjusted);

/* P(A > B) = (wins + ties / 2) / n, d = A - B. */
double og__win_share(size_t n, const double *d);

/* Wilson's score interval of a share of n trials: does not leave [0, 1], and is no point at 0 or 1. */
og__interval og__wilson_interval(double share, size_t n, double confidence);

/**
 * Interval for a mean difference over J blocks whose training sets overlap, as in cross-validation: Student's, with the
 * variance s^2 / J enlarged to s^2 (1 / J + tested / trained).
 *
 * @param tested_to_trained   images in a fold over images that it was trained on: 1 / (folds - 1)
 *
 * Source: Nadeau and Bengio, Machine Learning 52 (2003), 239-281.
 */
og__interval og__overlap_interval(size_t n, const double *d, double tested_to_trained, double confidence);

/* Two-sided p-value of "the mean difference is 0" over such blocks: Student's t with that variance. NaN below n = 2; 0
 * where all d are equal and not 0. */
double og__overlap_p(size_t n, const double *d, double tested_to_trained);

/* What the variance of one arm's scores comes from: y[s * folds + f] = seed effect + fold effect + rest, by the mean
 * squares of the two-way layout; negative estimates are 0. NaN where seeds or folds are fewer than 2. */
typedef struct og__variance_split {
    double seed, fold, rest;
} og__variance_split;
og__variance_split og__split_variance(size_t seeds, size_t folds, const double *y);

/* ranks[k] = mean over blocks of the rank of scores[b * k_count + k] in its block; 1 is the highest, ties share. */
void og__mean_ranks(size_t n, size_t k_count, const double *scores, double *ranks);

/* The middle value; of an even number the mean of the two middle ones. Infinite values count as large. */
double og__median(size_t n, const double *x);

/**
 * Blocks after which a two-sided paired t test at level alpha finds a true difference `delta` with probability `power`:
 * the smallest n with (t(1 - alpha / 2; n - 1) + t(power; n - 1)) sd sqrt(1 / n + overlap) <= delta; 0 when beyond
 * OG_BLOCKS_MAX, or never.
 *
 * @param overlap   as `tested_to_trained` above; 0 for independent blocks
 */
int og__blocks_needed(double sd, double delta, double alpha, double power, double overlap);

/* The fewest blocks with which the strongest of `comparisons` sign-flip tests can pass Holm's correction at alpha:
 * comparisons * 2^(1 - n) <= alpha; at least OG_TEST_BLOCKS. */
int og__blocks_least(size_t comparisons, double alpha);

#endif

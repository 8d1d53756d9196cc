/* Tests on ranks: Wilcoxon's for two arms, Friedman's with its critical differences for several.
 *
 * Scores are (n blocks, k arms), scores[b * k + a]; a higher score has the lower rank, ties share theirs. */
#ifndef OG_STUDY_RANK_TEST_H
#define OG_STUDY_RANK_TEST_H

#include <stddef.h>

#include "base/status.h"

/* Up to so many differences the null distribution of the signed ranks is counted exactly. */
enum { OG_SIGNED_RANK_EXACT_MAX = 50 };

/**
 * Two-sided p-value of Wilcoxon's signed-rank test on differences d, zeros by Pratt's rule: they are ranked with the
 * others, and their ranks dropped.
 *
 * Exact for the ranks at hand, ties included, up to OG_SIGNED_RANK_EXACT_MAX differences; above by the normal
 * approximation with the variance of these ranks. 1 where all differences are 0, NaN without any.
 * Source: Pratt, JASA 54 (1959).
 */
og_status og__signed_rank_p(size_t n, const double *d, double *p);

/* One-sided: small where the differences tend to be below 0. At least 1/2 where they do not. */
og_status og__signed_rank_less_p(size_t n, const double *d, double *p);

typedef struct og__friedman {
    double chi2, p; /* Friedman's statistic with the correction for ties, against chi-square with k - 1 degrees */
    double f, f_p;  /* Iman and Davenport's F = (n - 1) chi2 / (n (k - 1) - chi2), less conservative; may be infinite */
    double squares; /* the sum of all squared ranks */
    double *rank_sum; /* (k) */
} og__friedman;

/**
 * Friedman's test of "all arms are alike"; n >= 1, k >= 2. Where all ranks are tied, the statistics are 0 and p is 1.
 *
 * Source: Conover, Practical Nonparametric Statistics, 3rd ed. (1999), 5.8; Iman and Davenport (1980).
 */
og_status og__friedman_init(size_t n, size_t k, const double *scores, og__friedman *friedman);
void og__friedman_deinit(og__friedman *friedman);

/**
 * Conover's least difference of two rank sums that is significant at `alpha`, for use after Friedman's test.
 *
 *   t(1 - alpha / 2; (n - 1)(k - 1)) sqrt(2 (n A - sum_j R_j^2) / ((n - 1)(k - 1))), A the sum of all squared ranks
 *
 * Source: Conover (1999), 5.8; as irace uses it in its F-race.
 */
double og__conover_difference(const og__friedman *friedman, size_t n, size_t k, double alpha);

/**
 * Nemenyi's critical difference of two MEAN ranks: q sqrt(k (k + 1) / (6 n)), q the upper alpha point of the
 * studentized range of k means with infinite degrees of freedom, over sqrt 2.
 *
 * Source: Demsar, JMLR 7 (2006), 3.2.2.
 */
og_status og__nemenyi_difference(size_t n, size_t k, double alpha, double *difference);

#endif

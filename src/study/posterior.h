/* How probable it is that one arm is better, and by enough to matter: posteriors and resampling over paired blocks. */
#ifndef OG_STUDY_POSTERIOR_H
#define OG_STUDY_POSTERIOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "study/statistics.h"

enum { OG_POSTERIOR_DRAWS = 50000, OG_RESAMPLES = 10000 };

typedef struct og__rope {
    double above, inside, below; /* sum to 1 */
} og__rope;

/**
 * Probabilities that the difference d is practically above 0, none, or below, by the Bayesian signed-rank test with a
 * region of practical equivalence of +-`rope`.
 *
 *   z = (0, d_1, ..., d_n), w ~ Dirichlet(1/2, 1, ..., 1);
 *   above = sum_ij w_i w_j [z_i + z_j > 2 rope], below likewise, inside the rest; equality counts half;
 *   each result is the share of OG_POSTERIOR_DRAWS draws of w in which its sum is the largest of the three
 *
 * Result: the same for the same d, drawn from a fixed random stream; its standard error is at most 0.0023.
 * Source: Benavoli, Mangili, Corani, Zaffalon, Ruggeri, ICML 2014; Benavoli et al., JMLR 18 (2017), 4.2.
 */
og_status og__signed_rank_posterior(size_t n, const double *d, double rope, og__rope *result);

/* Whether `inside` of that result is at least `least`: the same answer, but sooner where it is no. */
og_status og__signed_rank_is_inside(size_t n, const double *d, double rope, double least, bool *inside);

/**
 * The same for blocks of cross-validation, whose training sets overlap: the Bayesian correlated t test. The mean
 * difference is Student's t with n - 1 degrees about mean(d), with the variance sd^2 (1 / n + tested / trained).
 *
 * Source: Corani, Benavoli, Machine Learning 100 (2015), 285-304.
 */
og__rope og__overlap_posterior(size_t n, const double *d, double tested_to_trained, double rope);

/* shares[a] = share of OG_RESAMPLES resamplings of the n blocks, with replacement, in which arm a has the highest mean;
 * arms with the same highest mean share it. scores (n, k). */
og_status og__best_shares(size_t n, size_t k, const double *scores, double *shares);

/**
 * Bias-corrected and accelerated bootstrap interval of the mean of d, from OG_RESAMPLES resamplings; NaN below n = 2
 * and where all d are equal a point. Percentile intervals of few blocks cover too little: use og__t_interval()
 * below 15.
 *
 * Source: Efron, JASA 82 (1987), 171-185.
 */
og_status og__bca_interval(size_t n, const double *d, double confidence, og__interval *interval);

#endif

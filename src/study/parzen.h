/* A density over some dimensions of a space, made of kernels around observed points: TPE's estimator.
 *
 *   density(x) = sum_i w_i product_d k_i,d(x_d),  one kernel per observation, and last one for the prior
 *
 * A number has a normal kernel truncated to the dimension's box, in the logarithm where the dimension is logarithmic
 * (the density is then that of the logarithm); a stepped one the kernel's mass around the step. Its width is the larger
 * gap to the neighbouring observations, between 1 / min(100, n + 2) of the box and the whole box. A choice has 1 / (n +
 * 1) for each possibility and 1 more for the observed one, normalised.
 *
 * Source: Watanabe, arXiv:2304.11127; the definition is that of Optuna 5 (TPESampler, multivariate). */
#ifndef OG_STUDY_PARZEN_H
#define OG_STUDY_PARZEN_H

#include <stddef.h>

#include "study/space.h"

typedef struct og__parzen {
    size_t count;                   /* dimensions */
    size_t kernels;                 /* observations + 1 */
    const og__dimension **modelled; /* (count) */
    double *weight;                 /* (kernels) sum to 1 */
    double *mean, *sigma;           /* (count, kernels) of numbers, in the box */
    double **choice;                /* (count) (kernels, choices) of choices */
} og__parzen;

/* Weights of n observations, oldest first: all 1 below 25; beyond, the last 25 have 1 and the others rise from 1 / n.
 */
void og__parzen_weights(size_t n, double *weights);

/**
 * @param dimensions   (count) indices of the space's
 * @param points       (n) whole points of the space, oldest first; all have the dimensions
 */
og_status og__parzen_init(const og__space *space, size_t count, const size_t *dimensions, size_t n,
                          const double *const *points, og__parzen *parzen);
void og__parzen_deinit(og__parzen *parzen);

/* Log density at values[d] of the modelled dimensions. */
double og__parzen_log_density(const og__parzen *parzen, const double *values);

/* Draw one kernel by weight, and every dimension from it. */
void og__parzen_draw(const og__parzen *parzen, og__random *random, double *values);

#endif

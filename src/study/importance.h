/* How much each dimension of a space mattered for being among the best: PED-ANOVA.
 *
 * For each dimension the densities of the best tenth of the trials and of all trials that have it are estimated on a
 * grid (50 places of a number, the choices of a choice), and set against each other by Pearson's divergence
 *
 *   importance = (gamma a)^2 / b sum_x all(x) (best(x) / all(x) - 1)^2
 *
 * with gamma the share of the best, a the share of the best that have the dimension and b that of all.
 *
 * Source: Watanabe, Bansal, Hutter, IJCAI 2023 (arXiv:2304.10255), and its form for conditions (arXiv:2601.20800), with
 * the bandwidths and defaults of Optuna 5's PedAnovaImportanceEvaluator. */
#ifndef OG_STUDY_IMPORTANCE_H
#define OG_STUDY_IMPORTANCE_H

#include "study/space.h"

/**
 * @param points       (count) of finished trials
 * @param values       (count) larger is better
 * @param importance   (space->count) not normalised; 0 everywhere for fewer than two trials
 */
og_status og__importance(const og__space *space, size_t count, const double *const *points, const double *values,
                         double *importance);

#endif

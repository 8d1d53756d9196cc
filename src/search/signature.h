/* When two formulas are one function to a network: by their values on a fixed sample of inputs.
 *
 *   c f(x), c > 0   the weights that read f make up for the factor: what the network can compute is the same, and so is
 *                   what it computes at its start, whose weights are scaled by the gain of f. Max pooling commutes with
 *                   it. Not so for -f, nor for f + c at padded borders.
 *   f(-x)           weights and norms are as likely with the other sign, and training keeps that.
 *
 * With a norm before it, f(c x) is what the norm's scale would learn; where training starts is another point, so that
 * it stays a function of its own. Learned parameters are moved, too: a*x with a learned is not x. */
#ifndef OG_SEARCH_SIGNATURE_H
#define OG_SEARCH_SIGNATURE_H

#include <stdbool.h>

#include <ogive/act.h>

#include "search/draft.h"

enum { OG_SIGNATURE_POINTS = 132, OG_SIGNATURE_ROWS = 1 + OG_DRAFT_PARAMS_MAX };

typedef struct og__signature {
    int rows;                                              /* 1 + learned parameters */
    double values[OG_SIGNATURE_ROWS][OG_SIGNATURE_POINTS]; /* f as it begins, then with each parameter moved */
} og__signature;

/**
 * Take the signature of a function of x; rows are brought to E f^2 = 1 over the sample as it begins.
 *
 * @return OG_OK, OG_ERR_MEMORY, or
 *         OG_ERR_NUMERIC      f is not finite on the sample (|x| <= 8), or 0 on all of it
 *         OG_ERR_UNSUPPORTED  it reads more than x, or learns more than OG_DRAFT_PARAMS_MAX parameters
 */
og_status og__signature_take(const og_act *act, og__signature *signature);

/* Whether two are one function to a network: no value differs by more than 1e-4 of the root mean square. */
bool og__signature_equal(const og__signature *a, const og__signature *b);

/* Root mean square difference of the two as they begin, the nearer of both mirrorings; both have E f^2 = 1. */
double og__signature_distance(const og__signature *a, const og__signature *b);

#endif

/* Losses that are functions of each class's sums: the Dice and Tversky families. */
#include "net/loss_mix.h"

#include <math.h>

double og__loss_dice(const double *params, const og__loss_sums *sums, double factor, double *d_both,
                     double *d_predicted)
{
    int first = params[0] != 0 ? 0 : 1;
    double share = 1.0 / (sums->classes - first), smooth = params[1], loss = 0;
    for (int k = first; k < sums->classes; k++) {
        double above = 2 * sums->both[k] + smooth, below = sums->predicted[k] + sums->truth[k] + smooth;
        if (below <= 0) /* smooth = 0, and the class is nowhere */
            continue;
        loss += share * (1 - above / below);
        d_both[k] += -factor * share * 2 / below;
        d_predicted[k] += factor * share * above / (below * below);
    }
    return loss;
}

/* 1/(sum g)^2; absent classes get the largest of the others, or 1 when there are none. */
static double generalised_weight(const og__loss_sums *sums, int first, int k)
{
    double least = INFINITY, truth = sums->truth[k];
    for (int j = first; j < sums->classes && truth <= 0; j++)
        least = sums->truth[j] > 0 && sums->truth[j] < least ? sums->truth[j] : least;
    truth = truth > 0 ? truth : isfinite(least) ? least : 1;
    return 1 / (truth * truth);
}

double og__loss_generalised_dice(const double *params, const og__loss_sums *sums, double factor, double *d_both,
                                 double *d_predicted)
{
    int first = params[0] != 0 ? 0 : 1;
    double above = params[1], below = params[1];
    for (int k = first; k < sums->classes; k++) {
        double weight = generalised_weight(sums, first, k);
        above += 2 * weight * sums->both[k];
        below += weight * (sums->predicted[k] + sums->truth[k]);
    }
    if (below <= 0)
        return 0;
    for (int k = first; k < sums->classes; k++) {
        double weight = generalised_weight(sums, first, k);
        d_both[k] -= factor * 2 * weight / below;
        d_predicted[k] += factor * above * weight / (below * below);
    }
    return 1 - above / below;
}

/* 1 - T of one class, and its slopes by `both` and `predicted`. */
static double tversky(double alpha, double beta, const og__loss_sums *sums, int k, double *by_both,
                      double *by_predicted)
{
    const double smooth = 1e-5;
    double both = sums->both[k], above = both + smooth;
    double below = both + alpha * (sums->predicted[k] - both) + beta * (sums->truth[k] - both) + smooth;
    *by_both = -1 / below + above * (1 - alpha - beta) / (below * below);
    *by_predicted = above * alpha / (below * below);
    return 1 - above / below;
}

double og__loss_tversky(const double *params, const og__loss_sums *sums, double factor, double *d_both,
                        double *d_predicted)
{
    int first = params[2] != 0 ? 0 : 1;
    double share = 1.0 / (sums->classes - first), loss = 0;
    for (int k = first; k < sums->classes; k++) {
        double by_both, by_predicted;
        loss += share * tversky(params[0], params[1], sums, k, &by_both, &by_predicted);
        d_both[k] += factor * share * by_both;
        d_predicted[k] += factor * share * by_predicted;
    }
    return loss;
}

/* The power's slope is infinite at 0: below 1e-6 it is held. */
double og__loss_focal_tversky(const double *params, const og__loss_sums *sums, double factor, double *d_both,
                              double *d_predicted)
{
    double share = 1.0 / (sums->classes - 1), power = 1 / params[2], loss = 0;
    for (int k = 1; k < sums->classes; k++) {
        double by_both, by_predicted, rest = tversky(params[0], params[1], sums, k, &by_both, &by_predicted);
        double slope = factor * share * power * pow(rest > 1e-6 ? rest : 1e-6, power - 1);
        loss += share * (rest > 0 ? pow(rest, power) : rest); /* NaN passes */
        d_both[k] += slope * by_both;
        d_predicted[k] += slope * by_predicted;
    }
    return loss;
}

/* The focal loss. */
#include "net/loss_mix.h"

#include <math.h>

static float power(float base, float exponent)
{
    return exponent == 2 ? base * base : exponent == 1 ? base : powf(base, exponent);
}

/* With u = log p: -(1 - p)^gamma u, and by -u: (1 - p)^gamma - gamma (1 - p)^(gamma - 1) p u, which tends to 0 with
 * 1 - p. */
void og__loss_focal(const double *params, int count, const float *logs, float *losses, float *slopes)
{
    float gamma = (float)params[0];
    for (int i = 0; i < count; i++) {
        float rest = -expm1f(logs[i]), most = power(rest, gamma);
        if (losses)
            losses[i] = -most * logs[i];
        if (slopes)
            slopes[i] = gamma == 0 ? 1 : rest <= 0 ? 0 : most - gamma * (most / rest) * (1 - rest) * logs[i];
    }
}

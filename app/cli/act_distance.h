/* How far apart two activation functions are. */
#ifndef CLI_ACT_DISTANCE_H
#define CLI_ACT_DISTANCE_H

#include <stdbool.h>

#include <ogive/act.h>

#define DISTANCE_REACH 8.0 /* |x| up to which they are compared; normal inputs beyond it are rarer than 1e-14 */

typedef struct act_distance {
    bool equal;               /* same values and slopes at every point that was looked at */
    double most, at;          /* max |f - g|, and where */
    double mean_square;       /* E (f(z) - g(z))^2, z ~ N(0, 1) */
    double slope_mean_square; /* E (f'(z) - g'(z))^2 */
} act_distance;

og_status act_distance_find(const og_act *f, const og_act *g, act_distance *distance);

#endif

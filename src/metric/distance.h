/* Euclidean distances on grids. */
#ifndef OG_METRIC_DISTANCE_H
#define OG_METRIC_DISTANCE_H

#include <stdint.h>

#include <ogive/status.h>

/**
 * Square of the distance from each grid point to the nearest point that is set.
 *
 *   squared[z, y, x] = min over set (z', y', x') of ((x - x') sx)^2 + ((y - y') sy)^2 + ((z - z') sz)^2
 *
 * @param spacing   sx, sy, sz > 0
 * @param set       u8[D, H, W], 0 or not
 * @param squared   f32[D, H, W], written; INFINITY everywhere where nothing is set
 *
 * Source: Felzenszwalb, Huttenlocher: Distance Transforms of Sampled Functions, Theory of Computing 8 (2012).
 */
og_status og__distance_squared(int d, int h, int w, const double spacing[3], const uint8_t *set, float *squared);

#endif

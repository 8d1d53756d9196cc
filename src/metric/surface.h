/* Distances between the borders of two masks. */
#ifndef OG_METRIC_SURFACE_H
#define OG_METRIC_SURFACE_H

#include <stdint.h>

#include <ogive/status.h>

/* NaN each where one of the masks is empty. */
typedef struct og__surface {
    double hd95, assd;      /* in the unit of the spacing */
    double nsd, boundary_f; /* shares */
} og__surface;

/**
 * Compare two masks by their borders: pixels of a mask with a face neighbour outside of it; outside the grid is outside
 * of both. A distance belongs to a border pixel of one mask and is that to the nearest border pixel of the other.
 *
 *   hd95        95th percentile of all distances, linear between two of them
 *   assd        mean of all distances
 *   nsd         share of all distances <= tolerance
 *   boundary_f  2 P R / (P + R), P and R the shares <= tolerance of those from the prediction, from the truth
 *
 * @param spacing       x, y, z
 * @param truth, guess  u8[D, H, W], 0 or 1
 *
 * Source: medpy.metric (hd95, assd); Nikolov et al. 2018, arXiv:1809.04430, with pixels for surface elements as in
 * MONAI (nsd); Csurka et al., BMVC 2013 (boundary_f).
 */
og_status og__surface_compare(int d, int h, int w, const double spacing[3], double tolerance, const uint8_t *truth,
                              const uint8_t *guess, og__surface *surface);

#endif

/* Connected components. */
#ifndef OG_METRIC_COMPONENTS_H
#define OG_METRIC_COMPONENTS_H

#include <stdbool.h>
#include <stdint.h>

#include <ogive/status.h>

/**
 * Number the connected components of a mask, in the order of their first pixels.
 *
 * @param full_neighbours   pixels are connected across edges and corners too (8 or 26 neighbours), not faces only
 * @param smallest          components of fewer pixels become background
 * @param mask              u8[D, H, W], 0 or not
 * @param numbers           u32[D, H, W], written: 1 and up, 0 where the mask is 0
 * @param count             written: components
 */
og_status og__components_find(int d, int h, int w, bool full_neighbours, int64_t smallest, const uint8_t *mask,
                              uint32_t *numbers, uint32_t *count);

#endif

/* Images at another size: for training and predicting at a share of the full resolution. */
#ifndef OG_DATA_RESAMPLE_H
#define OG_DATA_RESAMPLE_H

#include <stdint.h>

/* Length of a side at `scale`, at least 1. */
int og__scaled_size(int size, double scale);

/*
 * Shrink one channel: each pixel of dst is the mean of src over the area that it covers, edges shared by fraction.
 *
 * @param src   f32[h, w]
 * @param dst   f32[dst_h, dst_w], dst_h <= h and dst_w <= w; written
 */
void og__shrink(int h, int w, const float *src, int dst_h, int dst_w, float *dst);

/* Shrink labels: the commonest class among the pixels that a pixel of dst touches, the lowest where equal. */
void og__shrink_labels(int h, int w, const uint8_t *src, int dst_h, int dst_w, uint8_t *dst);

/*
 * Enlarge one channel bilinearly between pixel centres, edges repeated (PyTorch's align_corners=False).
 *
 * @param src   f32[h, w]
 * @param dst   f32[dst_h, dst_w], dst_h >= h and dst_w >= w; written
 */
void og__enlarge(int h, int w, const float *src, int dst_h, int dst_w, float *dst);

#endif

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

/* Positions of a line. */
typedef struct og__stretch {
    int first, count;
} og__stretch;

/* The positions of a line of `count` that a stretch of the line shrunk to `dst_count` is made of. */
og__stretch og__shrink_source(og__stretch dst, int dst_count, int count);

/*
 * Shrink a part of one channel, to the values that og__shrink() gives there.
 *
 * @param h, w   of the whole channel, and dst_h, dst_w of the whole when shrunk
 * @param src    f32: the window of it that og__shrink_source() names for rows and columns
 * @param dst    f32[dst_rows.count, dst_columns.count]; written
 */
void og__shrink_part(int h, int w, const float *src, int dst_h, int dst_w, og__stretch dst_rows,
                     og__stretch dst_columns, float *dst);

/* Shrink labels: the commonest class among the pixels that a pixel of dst touches, the lowest where equal. */
void og__shrink_labels(int h, int w, const uint8_t *src, int dst_h, int dst_w, uint8_t *dst);

/*
 * Enlarge one channel bilinearly between pixel centres, edges repeated (PyTorch's align_corners=False).
 *
 * @param src   f32[h, w]
 * @param dst   f32[dst_h, dst_w], dst_h >= h and dst_w >= w; written
 */
void og__enlarge(int h, int w, const float *src, int dst_h, int dst_w, float *dst);

/* Between which two pixels of a line of `count` the centre of position `i` of a line of `dst_count` lies. */
typedef struct og__between {
    int low, high;
    float part; /* of high */
} og__between;
og__between og__between_of(int i, int dst_count, int count);

/* One row of og__enlarge(), from the rows above and below: f32[w] each. */
void og__enlarge_row(int w, const float *top, const float *bottom, float part, int dst_w, float *dst);

#endif

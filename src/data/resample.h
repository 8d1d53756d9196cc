/* Images and volumes at another size: for training and predicting at another resolution. Sizes are D, H, W; a picture
 * has D = 1. */
#ifndef OG_DATA_RESAMPLE_H
#define OG_DATA_RESAMPLE_H

#include <stdint.h>

#include "base/status.h"

/* Length of a side at `scale`, at least 1. */
int og__scaled_size(int size, double scale);

/* An index mirrored about the first and the last position, which are not repeated (numpy's "reflect"): -1 is 1. */
int og__reflect(int i, int count);

/* Positions of a line. */
typedef struct og__stretch {
    int first, count;
} og__stretch;

/* The positions of a line of `count` that a stretch of the line resampled to `dst_count` is made of. */
og__stretch og__resample_source(og__stretch dst, int dst_count, int count);

/*
 * Resample one channel, axis by axis: where a line gets shorter, each pixel of dst is the mean of src over the stretch
 * that it covers, ends shared by fraction; where it gets longer, linearly between pixel centres, ends repeated.
 *
 * @param src   f32[size]
 * @param dst   f32[dst_size]; written
 *
 * Allocates: two copies of what is between.
 */
og_status og__resample(const int size[3], const float *src, const int dst_size[3], float *dst);

/*
 * Resample a part of one channel, to the values that og__resample() gives there.
 *
 * @param size, dst_size   of the whole channel, before and after
 * @param src              f32: the window of it that og__resample_source() names for each axis
 * @param dst              f32[part counts]; written
 */
og_status og__resample_part(const int size[3], const float *src, const int dst_size[3], const og__stretch part[3],
                            float *dst);

/* Resample labels: the commonest class in the box that a pixel of dst covers, the lowest where equal. */
void og__resample_labels(const int size[3], const uint8_t *src, const int dst_size[3], uint8_t *dst);

/* As og__resample(), but linearly between pixel centres in either direction (PyTorch's align_corners=False): for values
 * that are on their way back to the size they came from. */
og_status og__interpolate(const int size[3], const float *src, const int dst_size[3], float *dst);

/*
 * One channel of a picture, bilinearly between pixel centres, edges repeated (PyTorch's align_corners=False).
 *
 * @param src   f32[h, w]
 * @param dst   f32[dst_h, dst_w]; written
 *
 * Allocates: nothing.
 */
void og__enlarge(int h, int w, const float *src, int dst_h, int dst_w, float *dst);

/* Between which two pixels of a line of `count` the centre of position `i` of a line of `dst_count` lies. */
typedef struct og__between {
    int low, high;
    float part; /* of high */
} og__between;
og__between og__between_of(int i, int dst_count, int count);

#endif

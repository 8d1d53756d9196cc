/* The 3 x 3 convolutions that the engine computes itself (kernel/winograd.h); of a volume one tap along the slices,
 * which conv_taps.c adds up. Same meaning as in net/conv.h. Results do not depend on the number of threads. */
#ifndef OG_NET_CONV_WINOGRAD_H
#define OG_NET_CONV_WINOGRAD_H

#include "net/conv.h"

typedef struct og__conv_winograd og__conv_winograd;

/* Whether it pays: by the shape alone, so that a run gives the same bits each time
 * (docs/adr/0008-winograd-by-shape.md). Of images d is 1, not 0. */
bool og__conv_winograd_serves(const og__conv_shape *shape);

/* Tap `tap` of shape->slice_kernel; at least one pair of slices must lie so far apart. */
og_status og__conv_winograd_new(const og__conv_shape *shape, int tap, og__conv_winograd **conv);
void og__conv_winograd_free(og__conv_winograd *conv);

size_t og__conv_winograd_bytes(const og__conv_winograd *conv);
size_t og__conv_winograd_scratch_bytes(const og__conv_winograd *conv);

/* Weights are borrowed until the next call: in training they change with every step and are transformed when they are
 * used, and large ones are so always. */
void og__conv_winograd_pack(og__conv_winograd *conv, const float *weights);

/* Only slices that the tap relates are written, or added to. What is fused is called with images of the tensors;
 * `before` and `after` are for the middle tap, which relates each slice with itself. */
void og__conv_winograd_forward(const og__conv_winograd *conv, const float *src, const float *bias, bool accumulate,
                               float *dst, const og__conv_fused *fused, float *scratch);
void og__conv_winograd_backward_data(const og__conv_winograd *conv, const float *d_dst, bool accumulate, float *d_src,
                                     const og__conv_fused *fused, float *scratch);
void og__conv_winograd_backward_weights(const og__conv_winograd *conv, const float *src, const float *d_dst,
                                        float *d_weights, float *d_bias, const og__conv_fused *fused, float *scratch);

#endif

/* The 3 x 3 and 3 x 3 x 3 convolutions that the engine computes itself. A volume's is the sum of a plane's over three
 * taps: each slice, and its neighbours on either side.
 *
 *   dst[z] = conv(src[z - 1], weights[0]) + conv(src[z], weights[1]) + conv(src[z + 1], weights[2])
 *
 * Same meaning as in net/conv.h. */
#ifndef OG_NET_CONV_TAPS_H
#define OG_NET_CONV_TAPS_H

#include "net/conv.h"

typedef struct og__conv_taps og__conv_taps;

bool og__conv_taps_serves(const og__conv_shape *shape);

og_status og__conv_taps_new(const og__conv_shape *shape, og__conv_taps **conv);
void og__conv_taps_free(og__conv_taps *conv);

size_t og__conv_taps_bytes(const og__conv_taps *conv);
size_t og__conv_taps_scratch_bytes(const og__conv_taps *conv);

/* Weights are borrowed until the next call. */
void og__conv_taps_pack(og__conv_taps *conv, const float *weights);

void og__conv_taps_forward(const og__conv_taps *conv, const float *src, const float *bias, float *dst,
                           const og__conv_fused *fused, float *scratch);
void og__conv_taps_backward_data(const og__conv_taps *conv, const float *d_dst, float *d_src,
                                 const og__conv_fused *fused, float *scratch);
void og__conv_taps_backward_weights(const og__conv_taps *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, const og__conv_fused *fused, float *scratch);

#endif

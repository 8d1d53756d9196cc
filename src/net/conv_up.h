/* The 2 x 2 transposed convolutions that the engine computes itself (kernel/up.h). Same meaning as in net/conv.h, which
 * decides who serves a convolution. Results do not depend on the number of threads. */
#ifndef OG_NET_CONV_UP_H
#define OG_NET_CONV_UP_H

#include "net/conv.h"

typedef struct og__conv_up og__conv_up;

bool og__conv_up_serves(const og__conv_shape *shape);

og_status og__conv_up_new(const og__conv_shape *shape, og__conv_up **conv);
void og__conv_up_free(og__conv_up *conv);

size_t og__conv_up_bytes(const og__conv_up *conv);
size_t og__conv_up_scratch_bytes(const og__conv_up *conv);

void og__conv_up_pack(og__conv_up *conv, const float *weights);
void og__conv_up_forward(const og__conv_up *conv, const float *src, const float *bias, float *dst, float *scratch);
void og__conv_up_backward_data(const og__conv_up *conv, const float *d_dst, float *d_src, float *scratch);
void og__conv_up_backward_weights(const og__conv_up *conv, const float *src, const float *d_dst, float *d_weights,
                                  float *d_bias, float *scratch);

#endif

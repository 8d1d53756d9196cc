/* The head's 1 x 1 convolution, from blocked features to planar logits (net/conv.h). It has few channels to make, so
 * that it is bound by memory and lanes would be padding for the most part. Results do not depend on the number of
 * threads. */
#ifndef OG_NET_CONV_HEAD_H
#define OG_NET_CONV_HEAD_H

#include "net/conv.h"

typedef struct og__conv_head og__conv_head;

bool og__conv_head_serves(const og__conv_shape *shape);

og_status og__conv_head_new(const og__conv_shape *shape, og__conv_head **conv);
void og__conv_head_free(og__conv_head *conv);

size_t og__conv_head_bytes(const og__conv_head *conv);
size_t og__conv_head_scratch_bytes(const og__conv_head *conv);

void og__conv_head_pack(og__conv_head *conv, const float *weights);
void og__conv_head_forward(const og__conv_head *conv, const float *src, const float *bias, float *dst, float *scratch);
void og__conv_head_backward_data(const og__conv_head *conv, const float *d_dst, float *d_src, float *scratch);
void og__conv_head_backward_weights(const og__conv_head *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, float *scratch);

#endif

/* The first 3 x 3 convolution, from a planar image with fewer channels than a block (net/conv.h): no channels are
 * padded. Results do not depend on the number of threads. */
#ifndef OG_NET_CONV_STEM_H
#define OG_NET_CONV_STEM_H

#include "net/conv.h"

typedef struct og__conv_stem og__conv_stem;

bool og__conv_stem_serves(const og__conv_shape *shape);

og_status og__conv_stem_new(const og__conv_shape *shape, og__conv_stem **conv);
void og__conv_stem_free(og__conv_stem *conv);

size_t og__conv_stem_bytes(const og__conv_stem *conv);
size_t og__conv_stem_scratch_bytes(const og__conv_stem *conv);

void og__conv_stem_pack(og__conv_stem *conv, const float *weights);
void og__conv_stem_forward(const og__conv_stem *conv, const float *src, const float *bias, float *dst, float *scratch);
void og__conv_stem_backward_weights(const og__conv_stem *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, float *scratch);

#endif

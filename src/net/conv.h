/* Convolutions by oneDNN. conv.c is the only file that includes it.
 *
 * Tensors are blocked, nChw<lanes>c, padding lanes zero; a source with 1 or 3 channels may be planar (nchw).
 * Weights are given in PyTorch's plain layout and packed once per change. */
#ifndef OG_NET_CONV_H
#define OG_NET_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"
#include "base/status.h"

typedef struct og__conv_shape {
    int n, ic, oc;
    int h, w;   /* of src */
    int kernel; /* 1 or 3 (padded to keep the size), or 2 when transposed (stride 2, doubles the size) */
    bool transposed;
    bool depthwise; /* each channel by itself: ic = oc, weights f32[oc, 1, k, k] */
    bool planar;    /* src is nchw */
    bool bias;
    int ic_first;    /* this convolution reads channels [ic_first, ic_first + ic) of weights made for ic_all: */
    int ic_all;      /*   a concatenated source is two convolutions, the second one accumulating */
    bool accumulate; /* forward adds to dst */
    bool training;   /* the two backward passes are wanted */
    bool data_grad;  /* and the gradient by src */
    bool exact;      /* direct algorithms only */
    int threads;
    og__isa isa;
} og__conv_shape;

typedef struct og__conv og__conv;

og_status og__conv_new(const og__conv_shape *shape, og__conv **conv);
void og__conv_free(og__conv *conv);

/* Bytes of packed weights that the convolution holds, and of scratch memory that each run needs. */
size_t og__conv_bytes(const og__conv *conv);
size_t og__conv_scratch_bytes(const og__conv *conv);

/* Pack weights f32[oc, ic_all, k, k], or f32[ic_all, oc, 2, 2] when transposed. */
og_status og__conv_pack(og__conv *conv, const float *weights);

/* dst (+)= src * weights + bias. bias f32[oc], NULL without bias. `scratch` is aligned to OG_ALIGN_BYTES. */
og_status og__conv_forward(og__conv *conv, const float *src, const float *bias, float *dst, void *scratch);
og_status og__conv_backward_data(og__conv *conv, const float *d_dst, float *d_src, void *scratch);

/* d_weights (all of this convolution's channels of it) and d_bias are overwritten. */
og_status og__conv_backward_weights(og__conv *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, void *scratch);

#endif

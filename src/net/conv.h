/* Convolutions: the engine's own, and oneDNN's where those do not serve (net/conv_kind.h). conv.c is the only file that
 * includes it.
 *
 * Tensors are blocked, nChw<lanes>c, padding lanes zero; a source with 1 or 3 channels may be planar (nchw), and so
 * are the head's logits.
 * A volume is stored slice by slice, (N, D, blocks, H, W, lanes), so that all that works on images works on slices
 * (docs/adr/0022-volumes-by-slices.md); a planar volume is as PyTorch has it, (N, C, D, H, W).
 * Weights are given in PyTorch's plain layout and packed once per change. */
#ifndef OG_NET_CONV_H
#define OG_NET_CONV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"
#include "base/status.h"

typedef struct og__conv_shape {
    int n, ic, oc;
    int d, h, w;      /* of src; d slices of a volume are stored as n * d images, 0 is 1 */
    int kernel;       /* odd (padded to keep the size), or 2 when transposed (stride 2, doubles the size) */
    int dilation;     /* pixels from one tap to the next, 1 or more; volumes: 1 */
    int slice_kernel; /* along d: 1 or 3 likewise, transposed 1 or 2 with that stride; 0 is 1 */
    int slice_stride; /* along d: 1, or 2 with `strided`; 0 is 1 */
    bool transposed;
    bool depthwise;  /* each channel by itself: ic = oc, weights f32[oc, 1, k, k] */
    bool valid;      /* not padded: the result is smaller by what the window reaches over borders; d is 1 */
    bool strided;    /* stride 2: halves the size, which is even */
    bool planar;     /* src is nchw */
    bool planar_dst; /* dst is nchw, of volumes ncdhw: the head's; kernel 1 only */
    bool bias;
    int ic_first;    /* this convolution reads channels [ic_first, ic_first + ic) of weights made for ic_all: */
    int ic_all;      /*   a concatenated source is two convolutions, the second one accumulating */
    bool accumulate; /* forward adds to dst */
    bool training;   /* the two backward passes are wanted */
    bool data_grad;  /* and the gradient by src */
    bool exact;      /* direct algorithms only */
    bool dry;        /* sizes only: there is no room for packed weights, and it cannot run */
    int threads;
    og__isa isa;
} og__conv_shape;

/* What a convolution calls while rows of a tensor are in the cache, so that its neighbours need no pass of their own.
 * Each member may be NULL. Calls come from several threads, in any order. */
enum { OG_CHUNK_ROWS = 4 }; /* chunk i of an image: rows [4 i, 4 i + 4), or up to its end */

/* Make rows of the source's channel block, from those that src has there, in `dst`, (rows, w, lanes). */
typedef struct og__row_load {
    void (*run)(const void *context, int image, int block, int row, int rows, float *dst);
    const void *context;
} og__row_load;

/* Work on a chunk of a channel block. */
typedef struct og__row_touch {
    void (*run)(const void *context, int image, int block, int chunk);
    const void *context;
    const float *reads; /* another tensor of that shape whose chunk is read, or NULL; it may be fetched ahead of it */
} og__row_touch;

typedef struct og__conv_fused {
    const og__row_load *load;    /* forward, backward by weights: instead of reading src */
    const og__row_touch *before; /* backward by weights: once for each chunk of d_dst, before it is read */
    const og__row_touch *after;  /* forward, backward by data: once for each chunk of the result that is complete */
} og__conv_fused;

typedef struct og__conv og__conv;

og_status og__conv_new(const og__conv_shape *shape, og__conv **conv);
void og__conv_free(og__conv *conv);

/* Whether it takes an og__conv_fused with members that are not NULL. */
bool og__conv_fuses(const og__conv *conv);

/* Bytes of packed weights that the convolution holds, and of scratch memory that each run needs. */
size_t og__conv_bytes(const og__conv *conv);
size_t og__conv_scratch_bytes(const og__conv *conv);

/* Pack weights f32[oc, ic_all, slice_kernel, k, k], or f32[ic_all, oc, slice_kernel, 2, 2] when transposed. */
og_status og__conv_pack(og__conv *conv, const float *weights);

/* dst (+)= src * weights + bias. bias f32[oc], NULL without bias. `scratch` is aligned to OG_ALIGN_BYTES. */
og_status og__conv_forward(og__conv *conv, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                           void *scratch);
og_status og__conv_backward_data(og__conv *conv, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                 void *scratch);

/* d_weights (all of this convolution's channels of it) and d_bias are overwritten. */
og_status og__conv_backward_weights(og__conv *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, const og__conv_fused *fused, void *scratch);

#endif

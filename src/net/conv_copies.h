/* Copies of src and dst at the start of a convolution's scratch memory, where oneDNN has another layout than this
 * library, slice by slice, (N, D, blocks, H, W, lanes): of volumes (N, blocks, D, H, W, lanes); without AVX2 planar,
 * (N, C, D, H, W), since for blocks it then has nothing but a reference loop. */
#ifndef OG_NET_CONV_COPIES_H
#define OG_NET_CONV_COPIES_H

#include "kernel/ops.h"
#include "net/conv.h"

typedef enum og__side { OG_SIDE_SRC, OG_SIDE_DST, OG_SIDE_COUNT } og__side;

/* A tensor's channels, slices, channel blocks, and pixels of a slice; `floats` of its copy, 0 where there is none. */
typedef struct og__conv_copy {
    int channels;
    size_t d, blocks, pixels, floats;
} og__conv_copy;

typedef struct og__conv_copies {
    const og__ops *ops;
    int n, lanes, threads;
    bool planar;
    og__conv_copy sides[OG_SIDE_COUNT];
} og__conv_copies;

/* Whether oneDNN shall have planar tensors. */
bool og__conv_copies_planar(og__isa isa);

/* `ic` and `oc`: channels as oneDNN sees them. */
og__conv_copies og__conv_copies_of(const og__conv_shape *shape, int ic, int oc);

/* By how much the rest of scratch lies behind its start. */
size_t og__conv_copies_bytes(const og__conv_copies *copies);

/* Where oneDNN finds a tensor: in place, or in its copy, which is filled if `read`. */
float *og__conv_copies_lend(const og__conv_copies *copies, og__side side, bool read, const float *tensor,
                            void *scratch);

/* Bring what oneDNN wrote to `lent` to the tensor. */
void og__conv_copies_take_back(const og__conv_copies *copies, og__side side, const float *lent, float *tensor);

#endif

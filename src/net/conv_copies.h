/* Volumes as oneDNN has them, (N, blocks, D, H, W, lanes), where that differs from this library's slice by slice,
 * (N, D, blocks, H, W, lanes): copies of src and dst, at the start of a convolution's scratch memory. */
#ifndef OG_NET_CONV_COPIES_H
#define OG_NET_CONV_COPIES_H

#include "net/conv.h"

typedef enum og__side { OG_SIDE_SRC, OG_SIDE_DST, OG_SIDE_COUNT } og__side;

/* A tensor's slices, channel blocks, and floats of a block of a slice; `floats` of its copy, 0 where there is none. */
typedef struct og__conv_copy {
    size_t d, blocks, run, floats;
} og__conv_copy;

typedef struct og__conv_copies {
    int n, threads;
    og__conv_copy sides[OG_SIDE_COUNT];
} og__conv_copies;

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

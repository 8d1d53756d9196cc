/* What the files of a Winograd convolution share: the convolution itself, and where its scratch memory's parts are. */
#ifndef OG_NET_CONV_WINOGRAD_SCRATCH_H
#define OG_NET_CONV_WINOGRAD_SCRATCH_H

#include "kernel/ops.h"
#include "net/conv_winograd.h"
#include "net/winograd_tiles.h"

struct og__conv_winograd {
    og__conv_shape shape;       /* n: pairs of slices that the tap relates */
    og__tap slices;             /* which these are; backward by data the shift is the other way */
    int tap;                    /* of slice_kernel ones */
    og__winograd forward, data; /* data: with the roles of input and output channels exchanged */
    const og__ops *ops;
    const float *weights; /* f32[oc, ic_all, 3, 3], borrowed */
    float *packed;        /* transformed once, without training and unless they are streamed; else NULL */
};

/* Room of all threads, and of the calling one. */
typedef struct og__conv_winograd_scratch {
    float *weights; /* transformed, or sums of their gradient */
    float *bias;    /* padded */
    float *shared;  /* transformed tiles that threads share */
    float *sums;    /* the thread's: of a group of output channels */
    float *values;  /*   its transformed tiles, and behind them strips of all channel blocks (winograd_tiles.h) */
    float *strips;
    float *strip,
        *piece; /* or, with shared tiles, one strip; then a piece of the weights, or of their gradient's sums */
} og__conv_winograd_scratch;

og__conv_winograd_scratch og__conv_winograd_scratch_of(const og__conv_winograd *conv, float *scratch);

/* Of streamed weights some input channels of a group; of their gradient two blocks of outputs and one of inputs. */
og__winograd_piece og__conv_winograd_piece(const og__winograd *shape, int group, int first);
og__winograd_piece og__conv_winograd_gradient_piece(const og__winograd *shape, int pair, int first);

/* Floats of the weights from one output to one input, and where this tap's begin. */
static inline size_t og__conv_winograd_kernel_floats(const og__conv_shape *s)
{
    return 9 * (size_t)s->slice_kernel;
}

static inline size_t og__conv_winograd_weights_at(const og__conv_winograd *conv)
{
    return (size_t)conv->shape.ic_first * og__conv_winograd_kernel_floats(&conv->shape) + 9 * (size_t)conv->tap;
}

#endif

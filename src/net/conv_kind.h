/* The ways to compute a convolution, one row each; conv_kind.c takes the first that serves a shape. Private to
 * conv*.c. */
#ifndef OG_NET_CONV_KIND_H
#define OG_NET_CONV_KIND_H

#include "net/conv.h"

/* The functions of net/conv.h, with the same meaning; `self` is what `new` made. */
typedef struct og__conv_kind {
    bool fuses;
    bool (*serves)(const og__conv_shape *shape); /* NULL: serves every shape */
    og_status (*new)(const og__conv_shape *shape, void **self);
    void (*free)(void *self);
    size_t (*bytes)(const void *self);
    size_t (*scratch_bytes)(const void *self);
    og_status (*pack)(void *self, const float *weights); /* which may be borrowed until the next call */
    og_status (*forward)(void *self, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                         void *scratch);
    og_status (*backward_data)(void *self, const float *d_dst, float *d_src, const og__conv_fused *fused,
                               void *scratch); /* NULL: serves no shape with `data_grad` */
    og_status (*backward_weights)(void *self, const float *src, const float *d_dst, float *d_weights, float *d_bias,
                                  const og__conv_fused *fused, void *scratch);
} og__conv_kind;

extern const og__conv_kind og__conv_taps;   /* 3 x 3 and 3 x 3 x 3, by Winograd's transform */
extern const og__conv_kind og__conv_valid;  /* 3 x 3 without padding, by those with it */
extern const og__conv_kind og__conv_up;     /* 2 x 2 transposed */
extern const og__conv_kind og__conv_head;   /* the head's */
extern const og__conv_kind og__conv_stem;   /* the first one */
extern const og__conv_kind og__conv_onednn; /* what none of these serves */

#endif

/* What a loop frame is given: the part of src/kernel/activate.h that formulas compiled at run time need too, and so
 * self-contained. */
#ifndef OG_KERNEL_ACT_TYPES_H
#define OG_KERNEL_ACT_TYPES_H

#include <stddef.h>

/* What normalisation and learned parameters put before the function in one channel block:
 * z = src * scale + shift, f(z; params). */
typedef struct og__act_block {
    const float *scale;         /* (lanes) */
    const float *shift;         /* (lanes) */
    const float *const *params; /* params[k]: (lanes), the k-th parameter of each channel */
} og__act_block;

/* Sums over the pixels of one call, one float per lane, ADDED to what is there. */
typedef struct og__act_sums {
    float *dz;            /* (lanes) sum of dz,           dz = d_dst * f'(z) */
    float *dz_src;        /* (lanes) sum of dz * (src - center) */
    const float *center;  /* (lanes) usually the mean of src */
    float *const *params; /* params[k]: (lanes) sum of d_dst * df/dp_k (z); NULL when no parameter is learned */
} og__act_sums;

typedef struct og__act_frames {
    /* dst = f(z); dst may be src. */
    void (*forward)(const void *self, size_t pixels, const float *src, float *dst, const og__act_block *block);

    /* Accumulate the sums; d_dst is replaced by dz. */
    void (*backward_reduce)(const void *self, size_t pixels, const float *src, float *d_dst, const og__act_block *block,
                            const og__act_sums *sums);

    /* y, dy, dparams of n numbers at the parameters' own values `params` (one float each); outputs may be NULL. */
    void (*eval)(const void *self, size_t count, const float *x, const float *params, float *y, float *dy,
                 float *const *dparams);
} og__act_frames;

#endif

/* What a loop frame is given: the part of src/kernel/activate.h that formulas compiled at run time need too, and so
 * self-contained.
 *
 * A function reads one operand or several: x or mirror first, then its other inputs in the order of og_input
 * (og__act_operands()). Each comes as a tensor of its own, with a scale and a shift of its own. */
#ifndef OG_KERNEL_ACT_TYPES_H
#define OG_KERNEL_ACT_TYPES_H

#include <stddef.h>

/* What normalisation and learned parameters put before the function in one channel block:
 * z_i = src_i * scale_i + shift_i for each operand i, f(z_0, z_1, ...; params). */
typedef struct og__act_block {
    const float *const *scale;  /* scale[i]: (lanes) */
    const float *const *shift;  /* shift[i]: (lanes) */
    const float *const *params; /* params[k]: (lanes), the k-th parameter of each channel */
} og__act_block;

/* Sums over the pixels of one call, one float per lane, ADDED to what is there. Those of noise are left alone. */
typedef struct og__act_sums {
    float *const *dz;           /* dz[i]: (lanes) sum of dz_i,  dz_i = d_dst * df/dz_i */
    float *const *dz_src;       /* dz_src[i]: (lanes) sum of dz_i * (src_i - center_i) */
    const float *const *center; /* center[i]: (lanes) usually the mean of src_i */
    float *const *params;       /* params[k]: (lanes) sum of d_dst * df/dp_k; NULL when no parameter is learned */
} og__act_sums;

typedef struct og__act_frames {
    /* dst = f(z); dst may be src[0]. */
    void (*forward)(const void *self, size_t pixels, const float *const *src, float *dst, const og__act_block *block);

    /* Accumulate the sums. d[0] holds d_dst and is replaced by dz_0; d[i], i > 0, gets dz_i (noise has none). */
    void (*backward_reduce)(const void *self, size_t pixels, const float *const *src, float *const *d,
                            const og__act_block *block, const og__act_sums *sums);

    /* y, df/dz_i and df/dp_k at `count` points, z[i]: (count), parameters' values `params` (one float each).
     * y, dz, dparams and their elements may be NULL. */
    void (*eval)(const void *self, size_t count, const float *const *z, const float *params, float *y, float *const *dz,
                 float *const *dparams);
} og__act_frames;

#endif

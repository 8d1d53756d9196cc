/* The seam between an activation function and the network: a table of loop frames in which it runs.
 *
 * Tensors are in the blocked layout nChw<lanes>c (og__isa_lanes): for one image and one block of `lanes`
 * channels, `pixels` x `lanes` floats are contiguous, lanes fastest. Each function below works on a run
 * of pixels of one such block. It allocates nothing, runs in the calling thread, and gives the same bits
 * for the same arguments. Buffers are aligned to lanes floats. */
#ifndef OG_KERNEL_ACTIVATE_H
#define OG_KERNEL_ACTIVATE_H

#include <stddef.h>

#include <ogive/act.h>

#include "base/cpu.h"

/* What normalisation and learned parameters put before the function in one channel block:
 * z = src * scale + shift, f(z; params). */
typedef struct og__act_block {
    const float *scale;         /* (lanes) */
    const float *shift;         /* (lanes) */
    const float *const *params; /* params[k]: (lanes), the k-th parameter of each channel */
} og__act_block;

/* Sums over the pixels of one call, one float per lane, ADDED to what is there. */
typedef struct og__act_sums {
    float *dz;           /* (lanes) sum of dz,           dz = d_dst * f'(z) */
    float *dz_src;       /* (lanes) sum of dz * (src - center) */
    const float *center; /* (lanes) usually the mean of src */
    float *const *params;/* params[k]: (lanes) sum of d_dst * df/dp_k (z); NULL when no parameter is learned */
} og__act_sums;

typedef struct og__act_frames {
    /* dst = f(z); dst may be src. */
    void (*forward)(const void *self, size_t pixels, const float *src, float *dst, const og__act_block *block);

    /* Accumulate the sums; d_dst is replaced by dz. */
    void (*backward_reduce)(const void *self, size_t pixels, const float *src, float *d_dst,
                            const og__act_block *block, const og__act_sums *sums);

    /* y, dy, dparams of n numbers at the parameters' own values `params` (one float each); outputs may be NULL. */
    void (*eval)(const void *self, size_t count, const float *x, const float *params, float *y, float *dy,
                 float *const *dparams);
} og__act_frames;

/* An activation ready to run on this CPU. */
typedef struct og__act_kernel og__act_kernel;

typedef enum og__executor {
    OG_EXECUTOR_AUTO,        /* built-in if in the catalogue, else compiled, else interpreted */
    OG_EXECUTOR_BUILT_IN,    /* emitted and compiled at build time */
    OG_EXECUTOR_COMPILED,    /* emitted and compiled now by the system's C compiler */
    OG_EXECUTOR_INTERPRETER, /* the expression walked in blocks */
} og__executor;

/* Make `act` runnable. Calls for the same formula are cheap after the first (the compiled code is cached). */
og_status og__act_kernel_open(const og_act *act, og__executor executor, og__isa isa, og__act_kernel **kernel);
void og__act_kernel_close(og__act_kernel *kernel);

const og__act_frames *og__act_kernel_frames(const og__act_kernel *kernel, const void **self);
og__executor og__act_kernel_executor(const og__act_kernel *kernel); /* which one it became, never AUTO */

#endif

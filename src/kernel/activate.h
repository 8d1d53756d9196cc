/* The seam between an activation function and the network: a table of loop frames in which it runs.
 *
 * Tensors are in the blocked layout nChw<lanes>c (og__isa_lanes): for one image and one block of `lanes`
 * channels, `pixels` x `lanes` floats are contiguous, lanes fastest. Each function of og__act_frames works on a run
 * of pixels of one such block. It allocates nothing, runs in the calling thread, and gives the same bits
 * for the same arguments. Buffers are aligned to lanes floats. */
#ifndef OG_KERNEL_ACTIVATE_H
#define OG_KERNEL_ACTIVATE_H

#include <stddef.h>

#include <ogive/act.h>

#include "base/cpu.h"
#include "kernel/act_types.h"

/* An activation ready to run on this CPU. */
typedef struct og__act_kernel og__act_kernel;

typedef enum og__executor {
    OG_EXECUTOR_AUTO,        /* built-in if in the catalogue, else compiled, else interpreted */
    OG_EXECUTOR_BUILT_IN,    /* emitted and compiled at build time */
    OG_EXECUTOR_COMPILED,    /* emitted and compiled now by the system's C compiler */
    OG_EXECUTOR_INTERPRETER, /* the expression walked in blocks */
} og__executor;

/**
 * Make `act` runnable. Calls for the same formula are cheap after the first (the compiled code is cached).
 *
 * @param executor   the environment variable OGIVE_EXECUTOR (built-in, compiled, interpreter) replaces OG_EXECUTOR_AUTO
 *
 * @return OG_OK, or
 *         OG_ERR_UNSUPPORTED  when the executor that was demanded cannot run it: a formula that is not in the
 *                             catalogue, no C compiler, a formula too large for the interpreter
 *
 * Threads: any number at once.
 */
og_status og__act_kernel_open(const og_act *act, og__executor executor, og__isa isa, og__act_kernel **kernel);
void og__act_kernel_close(og__act_kernel *kernel);

/**
 * Let a kernel look the function and its derivative up (src/act/table.h) where that costs less than computing them:
 * on CPUs with AVX-512, and for a function of x with fixed parameters. It keeps the promise of src/act/exactness.def,
 * but not the same bits. `act` is the kernel's.
 *
 * Threads: any number at once.
 */
og_status og__act_kernel_tabulate(const og_act *act, og__isa isa, og__act_kernel *kernel);

const og__act_frames *og__act_kernel_frames(const og__act_kernel *kernel, const void **self);
og__executor og__act_kernel_executor(const og__act_kernel *kernel); /* which one it became, never AUTO */
const char *og__executor_name(og__executor executor);               /* "auto", "built-in", "compiled", "interpreter" */

/* Why AUTO took the interpreter ("no C compiler found ..."); "" otherwise. */
const char *og__act_kernel_reason(const og__act_kernel *kernel);

#endif

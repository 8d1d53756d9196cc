/* Formulas compiled at run time by the system's C compiler. */
#ifndef OG_KERNEL_COMPILE_H
#define OG_KERNEL_COMPILE_H

#include "act/act.h"
#include "base/cpu.h"
#include "base/text.h"
#include "kernel/act_types.h"

/**
 * Compile a formula, or find it compiled in the cache, and load it.
 *
 * The compiler is the program that the environment variable OGIVE_CC names, else the first of cc, gcc, clang on PATH.
 * It runs without a shell, with the flags that the catalogue's kernels were built with, so that the same formula gives
 * the same bits either way.
 *
 * @param frames   written; valid for the rest of the process
 *
 * @return OG_OK, or
 *         OG_ERR_UNSUPPORTED  there is no compiler, or it failed (its first message is quoted)
 *         OG_ERR_FILE         the cache cannot be used (code_cache.h)
 */
og_status og__compile_act(const og_act *act, og__isa isa, const og__act_frames **frames);

/* Append the C file that og__compile_act() compiles. */
og_status og__compile_source(const og_act *act, og__isa isa, og__text *source);

#endif

/* The catalogue's kernels, one list of tables per instruction set, ending with NULL (tools/emit_catalogue.c writes
 * them). */
#ifndef OG_KERNEL_BUILTIN_H
#define OG_KERNEL_BUILTIN_H

#include "kernel/act_types.h"

typedef struct og__builtin_act {
    const char *key; /* of og_act; NULL ends the table */
    const og__act_frames *frames;
} og__builtin_act;

extern const og__builtin_act *const og__builtin_acts_baseline[];
#if defined(__x86_64__)
extern const og__builtin_act *const og__builtin_acts_avx2[];
extern const og__builtin_act *const og__builtin_acts_avx512[];
#endif

#endif

/* An activation that looks itself up (src/act/table.h), and where its tables do not reach, what computes it. */
#ifndef OG_KERNEL_TABULATED_H
#define OG_KERNEL_TABULATED_H

#include "act/table.h"
#include "kernel/act_types.h"

/* The `self` of the frames below. */
typedef struct og__tabulated {
    og__table value, slope; /* of degree 0: computed everywhere */
    const og__act_frames *plain;
    const void *plain_self;
} og__tabulated;

/* Each element comes from a table or from `plain` by its own value alone. */
#if defined(__x86_64__)
extern const og__act_frames og__tabulated_avx512;
#endif

#endif

/* What an activation function costs on this machine. */
#ifndef OGIVE_COST_H
#define OGIVE_COST_H

#include <stddef.h>

#include <ogive/act.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_act_cost {
    char executor[16];  /* "built-in", "compiled", "interpreter" */
    char isa[16];       /* "avx512", "avx2", "baseline" */
    double forward_ns;  /* per element: normalise and f, one thread */
    double backward_ns; /* per element: d_dst * f' and the sums of the norm's and the parameters' gradients */
    double forward_ratio, backward_ratio; /* to relu, in the same run */
} og_act_cost;

/**
 * Measure the kernels that training runs, on tensors of normal numbers. Functions and relu take turns, so that a slow
 * moment hits all of them; lower quartiles are compared.
 *
 * @param bytes     of each tensor: of what is read (one per input of the formula) and of what is written
 * @param seconds   after so long no further turn begins; there are 3 to 31
 * @param costs     [count]
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_UNSUPPORTED when there is no kernel for one of them: the text says why
 *
 * Result: differs from run to run, more on a busy machine.
 */
OG_API og_status og_act_measure(size_t count, const og_act *const *acts, size_t bytes, double seconds,
                                og_act_cost *costs);

#ifdef __cplusplus
}
#endif
#endif

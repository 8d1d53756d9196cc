/* Timing activation functions against one another: each is run for one turn when it is asked to, on tensors that all
 * share, so that the caller can interleave them with each other and with other programs. */
#ifndef OG_KERNEL_RACE_H
#define OG_KERNEL_RACE_H

#include "kernel/activate.h"

typedef struct og__race og__race;

/* Nanoseconds per element of the result. */
typedef struct og__race_times {
    double forward;  /* z = src * scale + shift and f(z) */
    double backward; /* d_dst * f', and the sums of the norm's and the parameters' gradients */
    double norm;     /* what batch normalisation adds to both: statistics, and the gradient by src */
} og__race_times;

/**
 * @param bytes   of each tensor: what is read (one per input of a function) and what is written; rounded to whole runs
 *                of 1024 pixels
 */
og_status og__race_new(size_t bytes, int threads, og__race **race);
void og__race_free(og__race *race);

/* Add a function (borrowed), and write its index. OG_ERR_UNSUPPORTED when that executor cannot run it. */
og_status og__race_add(og__race *race, const og_act *act, og__executor executor, size_t *index);

/* Which executor it became. */
og__executor og__race_executor(const og__race *race, size_t index);

/* Run one turn. */
og__race_times og__race_turn(og__race *race, size_t index);

#endif

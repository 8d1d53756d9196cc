/* Formulas to C. */
#ifndef OG_ACT_EMIT_C_H
#define OG_ACT_EMIT_C_H

#include "act/act.h"
#include "base/text.h"

/**
 * Append the C functions of an activation, which src/kernel/frames.h builds the kernels around:
 *
 *   static inline float NAME_value(float x, float (*params)[OG_LANES], int lane)
 *   static inline float NAME_gradient(same, float *by_param)    returns df/dx, sets by_param[k] = df/dp_k
 *
 * The text depends on act->key only, not on names and values of parameters.
 *
 * @param name   an identifier of C
 */
og_status og__emit_c(const og_act *act, const char *name, og__text *text);

#endif

/* Formulas to C. */
#ifndef OG_ACT_EMIT_C_H
#define OG_ACT_EMIT_C_H

#include "act/act.h"
#include "base/text.h"

/**
 * Append the C functions of an activation and what src/kernel/frames.h builds kernels of them with:
 *
 *   static inline float NAME_value(float z0, float z1, ..., float (*params)[OG_LANES], int lane)
 *                                      f at the operands' values (og__act_operands()) and params[k][lane]
 *   static inline float NAME_by_operand_I(...)     df/dz_I
 *   static inline float NAME_by_param_K(...)       df/dp_K
 *
 * Each returns one number, so that no array stands in the way of the compiler's vectoriser; what they have in common
 * is computed once after inlining. The text depends on act->key only, not on names and values of parameters.
 *
 * @param name   an identifier of C
 */
og_status og__emit_c(const og_act *act, const char *name, og__text *text);

#endif

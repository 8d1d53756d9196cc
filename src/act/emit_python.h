/* What the PyTorch and the JAX emitter share. */
#ifndef OG_ACT_EMIT_PYTHON_H
#define OG_ACT_EMIT_PYTHON_H

#include "act/emit.h"
#include "act/emit_code.h"

/* Append the formula's body, guarded for automatic differentiation and indented by four spaces. */
og_status og__python_body(const og__emission *emission, og__language language, og__text *text);

/* Append "x, gate, a": the inputs and the parameters, each followed by `type`. */
void og__python_arguments(const og__emission *emission, const char *type, og__text *text);

/* A float that Python takes for one: "0.1", "1.0". Writes at most OG_NUMBER_BYTES. */
void og__python_number(float number, char *text);

/* How many gates the formula reads, up to the last one. */
int og__python_gate_count(const og_act *act);

/* Whether a parameter is an array over the channels. */
bool og__python_is_per_channel(const og_act_param *param);

/* Whether the number of channels must be known. */
bool og__python_wants_channels(const og_act *act);

#endif

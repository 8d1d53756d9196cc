/* Prototypes of this compilation's operations, so that a definition that differs from ops.def does not compile. */
#ifndef OG_KERNEL_OPS_ISA_H
#define OG_KERNEL_OPS_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/isa.h"
#include "kernel/optimizer.h"
#include "kernel/slopes.h"
#include "kernel/up.h"
#include "kernel/winograd.h"

#define OG_OP(name, arguments) void OG_ISA_FN(name) arguments;
#include "kernel/ops.def"
#undef OG_OP

#endif

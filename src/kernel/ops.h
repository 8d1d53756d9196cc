/* The table of CPU operations, chosen per instruction set. A later backend implements the same table. */
#ifndef OG_KERNEL_OPS_H
#define OG_KERNEL_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "kernel/optimizer.h"
#include "kernel/slopes.h"
#include "kernel/up.h"
#include "kernel/winograd.h"

typedef struct og__ops {
#define OG_OP(name, arguments) void(*name) arguments;
#include "kernel/ops.def"
#undef OG_OP
} og__ops;

const og__ops *og__ops_for(og__isa isa);

#endif

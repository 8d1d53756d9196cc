/* A formula as a list of steps over blocks of numbers, for the interpreter (interpret.isa.c). */
#ifndef OG_KERNEL_PROGRAM_H
#define OG_KERNEL_PROGRAM_H

#include "act/act.h"
#include "kernel/act_types.h"

/* Registers hold a block of floats each: operands, parameters, constants, then intermediate results. */
enum { OG_PROGRAM_FLOATS = 16384, OG_PROGRAM_BLOCK_MAX = 1024, OG_PROGRAM_BLOCK_MIN = 16 };

typedef struct og__step {
    og__op op;
    int dst, args[OG_EXPR_ARGS_MAX];
} og__step;

typedef struct og__steps {
    og__step *items;
    int count;
    int results[OG_INPUT_COUNT + OG_ACT_PARAMS_MAX]; /* registers of f, or of df/dz_i and then df/dp_k */
} og__steps;

typedef struct og__constant {
    double value;
    int dst;
} og__constant;

typedef struct og__program {
    int operand_count, gradient_count; /* gradients go to all operands but noise, which is the last */
    int param_count, constant_count;
    int leaf_count, register_count; /* registers of all that is no step's result; of everything */
    int block;                      /* floats per register: all registers fit OG_PROGRAM_FLOATS */
    og__constant *constants;
    og__steps value, gradient;
} og__program;

/**
 * Make a program of an activation.
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_UNSUPPORTED when it needs more than
 *         OG_PROGRAM_FLOATS / OG_PROGRAM_BLOCK_MIN registers
 */
og_status og__program_new(const og_act *act, og__program **program);
void og__program_free(og__program *program);

/* The interpreter's frames, one per instruction set; `self` is the og__program. */
extern const og__act_frames og__interpreter_baseline;
#if defined(__x86_64__)
extern const og__act_frames og__interpreter_avx2;
extern const og__act_frames og__interpreter_avx512;
#endif

#endif

/* For files *.isa.c, which are compiled once per instruction set: names that carry the set, and its vector. */
#ifndef OG_KERNEL_ISA_H
#define OG_KERNEL_ISA_H

#include <stddef.h>

#if !defined(OG_ISA) || !defined(OG_LANES)
#error "only files *.isa.c include this header; cmake/kernels.cmake defines OG_ISA and OG_LANES"
#endif

#define OG_ISA_PASTE_(name, isa) og__##name##_##isa
#define OG_ISA_PASTE(name, isa) OG_ISA_PASTE_(name, isa)
/* OG_ISA_FN(pool_forward) is og__pool_forward_avx2 in the AVX2 compilation. */
#define OG_ISA_FN(name) OG_ISA_PASTE(name, OG_ISA)

/* The channels of one pixel in a block; memory is aligned to it. */
typedef float og__lanes __attribute__((vector_size(OG_LANES * sizeof(float)), may_alias));

static inline og__lanes og__load(const float *at)
{
    return *(const og__lanes *)at;
}

static inline void og__store(float *at, og__lanes value)
{
    *(og__lanes *)at = value;
}

static inline og__lanes og__max_lanes(og__lanes a, og__lanes b)
{
    og__lanes result;
    for (int l = 0; l < OG_LANES; l++)
        result[l] = a[l] > b[l] ? a[l] : b[l];
    return result;
}

#endif

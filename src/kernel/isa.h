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

/* Exchange rows and columns of OG_LANES vectors: step by step, lanes whose number has bit s with those that have not,
 * between vectors s apart. */
#define OG_LOW(s, l) (l) & (s) ? OG_LANES + (l) - (s) : (l)
#define OG_HIGH(s, l) (l) & (s) ? OG_LANES + (l) : (l) + (s)
#define OG_4(f, s, l) f(s, l), f(s, l + 1), f(s, l + 2), f(s, l + 3)
#if OG_LANES == 8
#define OG_EACH(f, s) OG_4(f, s, 0), OG_4(f, s, 4)
#else
#define OG_EACH(f, s) OG_4(f, s, 0), OG_4(f, s, 4), OG_4(f, s, 8), OG_4(f, s, 12)
#endif
#define OG_EXCHANGE(s)                                                                                                 \
    _Pragma("GCC unroll 16") for (int r = 0; r < OG_LANES; r++) if (!(r & (s)))                                        \
    {                                                                                                                  \
        og__lanes low = rows[r], high = rows[r + (s)];                                                                 \
        rows[r] = __builtin_shufflevector(low, high, OG_EACH(OG_LOW, s));                                              \
        rows[r + (s)] = __builtin_shufflevector(low, high, OG_EACH(OG_HIGH, s));                                       \
    }

static inline void og__transpose(og__lanes *to)
{
    og__lanes rows[OG_LANES];
    for (int r = 0; r < OG_LANES; r++)
        rows[r] = to[r];
    OG_EXCHANGE(1)
    OG_EXCHANGE(2)
    OG_EXCHANGE(4)
#if OG_LANES > 8
    OG_EXCHANGE(8)
#endif
    for (int r = 0; r < OG_LANES; r++)
        to[r] = rows[r];
}

#endif

/* Philox4x32-10 (base/random.h) for all lanes at once. For files *.isa.c. */
#ifndef OG_KERNEL_PHILOX_H
#define OG_KERNEL_PHILOX_H

#include <stdint.h>

#include "kernel/isa.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

enum { OG_PHILOX_ROUNDS = 10, OG_PHILOX_BLOCK = 4 };

/* One word of every lane; and every second lane's, in the low half of 64 bits, over whatever the high half has. */
typedef uint32_t og__words __attribute__((vector_size(OG_LANES * sizeof(uint32_t)), may_alias));
typedef uint64_t og__every_second __attribute__((vector_size(OG_LANES * sizeof(uint32_t)), may_alias));

/* The whole product of the low halves: an instruction that GCC does not find by itself. */
static inline og__every_second og__low_product(og__every_second a, uint32_t b)
{
#if defined(__AVX512F__)
    return (og__every_second)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(b));
#elif defined(__AVX2__)
    return (og__every_second)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(b));
#else
    return (a & 0xffffffffu) * b;
#endif
}

static inline void og__philox_half(uint32_t k0, uint32_t k1, og__every_second c[OG_PHILOX_BLOCK])
{
    for (int round = 0; round < OG_PHILOX_ROUNDS; round++) {
        og__every_second p0 = og__low_product(c[0], 0xD2511F53u), p1 = og__low_product(c[2], 0xCD9E8D57u);
        c[0] = (p1 >> 32) ^ c[1] ^ k0;
        c[2] = (p0 >> 32) ^ c[3] ^ k1;
        c[1] = p1;
        c[3] = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* One block for every lane: counters become random numbers. */
static inline void og__philox_lanes(uint32_t k0, uint32_t k1, og__words c[OG_PHILOX_BLOCK])
{
    og__every_second even[OG_PHILOX_BLOCK], odd[OG_PHILOX_BLOCK];
    for (int i = 0; i < OG_PHILOX_BLOCK; i++) {
        even[i] = (og__every_second)c[i];
        odd[i] = (og__every_second)c[i] >> 32;
    }
    og__philox_half(k0, k1, even);
    og__philox_half(k0, k1, odd);
    for (int i = 0; i < OG_PHILOX_BLOCK; i++)
        c[i] = (og__words)((even[i] & 0xffffffffu) | odd[i] << 32);
}

#endif

/* Philox4x32-10 (base/random.h) for all lanes at once. For files *.isa.c. */
#ifndef OG_KERNEL_PHILOX_H
#define OG_KERNEL_PHILOX_H

#include <stdint.h>

#include "kernel/isa.h"

enum { OG_PHILOX_ROUNDS = 10, OG_PHILOX_BLOCK = 4 };

/* One block for every lane: counters become random numbers. */
static inline void og__philox_lanes(uint32_t k0, uint32_t k1, uint32_t c[OG_PHILOX_BLOCK][OG_LANES])
{
    for (int round = 0; round < OG_PHILOX_ROUNDS; round++) {
#pragma omp simd
        for (int lane = 0; lane < OG_LANES; lane++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c[0][lane], p1 = (uint64_t)0xCD9E8D57u * c[2][lane];
            uint32_t n0 = (uint32_t)(p1 >> 32) ^ c[1][lane] ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c[3][lane] ^ k1;
            c[1][lane] = (uint32_t)p1;
            c[3][lane] = (uint32_t)p0;
            c[0][lane] = n0;
            c[2][lane] = n2;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

#endif

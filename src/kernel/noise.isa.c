/* Uniform random numbers for a block, one stream's item per lane (base/random.h), all lanes at once. */
#include "kernel/ops_isa.h"

enum { ROUNDS = 10, PER_BLOCK = 4 };

/* One block of Philox4x32-10 for every lane. */
static void philox(uint32_t k0, uint32_t k1, uint32_t c[PER_BLOCK][OG_LANES])
{
    for (int round = 0; round < ROUNDS; round++) {
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

void OG_ISA_FN(uniform)(size_t pixels, size_t first, uint64_t seed, uint32_t stream, uint64_t item, float *dst)
{
    for (size_t done = 0; done < pixels; done += PER_BLOCK) {
        uint32_t c[PER_BLOCK][OG_LANES];
        for (int lane = 0; lane < OG_LANES; lane++) {
            uint64_t own = item + (uint64_t)lane;
            c[0][lane] = (uint32_t)((first + done) / PER_BLOCK);
            c[1][lane] = stream;
            c[2][lane] = (uint32_t)own;
            c[3][lane] = (uint32_t)(own >> 32);
        }
        philox((uint32_t)seed, (uint32_t)(seed >> 32), c);
        for (size_t k = 0; k < PER_BLOCK && done + k < pixels; k++)
            for (int lane = 0; lane < OG_LANES; lane++)
                dst[(done + k) * OG_LANES + (size_t)lane] = (float)(int32_t)(c[k][lane] >> 8) * 0x1p-24f;
    }
}

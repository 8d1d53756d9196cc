/* Uniform random numbers for a block, one stream's item per lane (base/random.h), all lanes at once. */
#include "kernel/ops_isa.h"
#include "kernel/philox.h"

enum { PER_BLOCK = OG_PHILOX_BLOCK };

/* From 24 of the bits. */
static inline og__lanes uniform_of(og__words bits)
{
    typedef int32_t numbers __attribute__((vector_size(sizeof bits)));
    return __builtin_convertvector((numbers)(bits >> 8), og__lanes) * 0x1p-24f;
}

void OG_ISA_FN(uniform)(size_t pixels, size_t first, uint64_t seed, uint32_t stream, uint64_t item, float *dst)
{
    og__words low, high;
    for (int lane = 0; lane < OG_LANES; lane++) {
        uint64_t own = item + (uint64_t)lane;
        low[lane] = (uint32_t)own;
        high[lane] = (uint32_t)(own >> 32);
    }
    for (size_t done = 0; done < pixels; done += PER_BLOCK) {
        const og__words zero = {0};
        og__words c[PER_BLOCK] = {zero + (uint32_t)((first + done) / PER_BLOCK), zero + stream, low, high};
        og__philox_lanes((uint32_t)seed, (uint32_t)(seed >> 32), c);
        for (size_t k = 0; k < PER_BLOCK && done + k < pixels; k++)
            og__store(dst + (done + k) * OG_LANES, uniform_of(c[k]));
    }
}

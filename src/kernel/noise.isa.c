/* Uniform random numbers for a block, one stream's item per lane (base/random.h), all lanes at once. */
#include "kernel/ops_isa.h"
#include "kernel/philox.h"

enum { PER_BLOCK = OG_PHILOX_BLOCK };

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
        og__philox_lanes((uint32_t)seed, (uint32_t)(seed >> 32), c);
        for (size_t k = 0; k < PER_BLOCK && done + k < pixels; k++)
            for (int lane = 0; lane < OG_LANES; lane++)
                dst[(done + k) * OG_LANES + (size_t)lane] = (float)(int32_t)(c[k][lane] >> 8) * 0x1p-24f;
    }
}

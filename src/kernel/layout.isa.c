/* Between planar channels, as images come, and blocks of lanes. */
#include "kernel/ops_isa.h"

void OG_ISA_FN(pack)(size_t pixels, size_t stride, int count, const float *planar, float *block)
{
    for (size_t i = 0; i < pixels; i++) {
        og__lanes value = {0};
        for (int c = 0; c < count; c++)
            value[c] = planar[(size_t)c * stride + i];
        og__store(block + i * OG_LANES, value);
    }
}

void OG_ISA_FN(unpack)(size_t pixels, size_t stride, int count, const float *block, float *planar)
{
    for (size_t i = 0; i < pixels; i++)
        for (int c = 0; c < count; c++)
            planar[(size_t)c * stride + i] = block[i * OG_LANES + (size_t)c];
}

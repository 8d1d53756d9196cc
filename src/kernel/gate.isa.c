/* Factors: of a pixel, by which an attention gate weighs all channels; of a channel, by which dropout does all pixels.
 */
#include "kernel/ops_isa.h"

void OG_ISA_FN(gate_forward)(size_t pixels, int blocks, size_t stride, const float *src, const float *gate, float *dst)
{
    for (size_t b = 0; b < (size_t)blocks; b++)
        for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES)
            og__store(dst + b * stride + i, og__load(src + b * stride + i) * gate[i]);
}

static inline float sum_of(og__lanes v)
{
    float sum = 0;
    for (int l = 0; l < OG_LANES; l++)
        sum += v[l];
    return sum;
}

void OG_ISA_FN(gate_backward)(size_t pixels, int blocks, size_t stride, const float *src, const float *gate,
                              const float *d_dst, float *d_src, float *d_gate)
{
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES) {
        og__lanes sum = {0}, only = {0};
        for (size_t b = 0; b < (size_t)blocks; b++) {
            og__lanes d = og__load(d_dst + b * stride + i);
            sum += d * og__load(src + b * stride + i);
            og__store(d_src + b * stride + i, d * gate[i]);
        }
        only[0] = sum_of(sum);
        og__store(d_gate + i, only);
    }
}

void OG_ISA_FN(scale_lanes)(size_t pixels, const float *factors, float *block)
{
    og__lanes by = og__load(factors);
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES)
        og__store(block + i, by * og__load(block + i));
}

/* The fastest arithmetic that this instruction set has: what percentages of peak refer to. */
#include "kernel/ops_isa.h"

/* Enough independent chains to hide the latency of two units, few enough to stay in registers. */
#if defined(__AVX__)
enum { CHAINS = OG_LANES == 16 ? 12 : 10 };
#else
enum { CHAINS = 6 };
#endif

void OG_ISA_FN(arithmetic)(size_t turns, float factor, float *x, double *flops)
{
    og__lanes chains[CHAINS], sum = {0};
    for (int c = 0; c < CHAINS; c++)
        chains[c] = og__load(x) + (float)c;
    for (size_t turn = 0; turn < turns; turn++)
        for (int c = 0; c < CHAINS; c++)
            chains[c] = chains[c] * factor + 1.0f;
    for (int c = 0; c < CHAINS; c++)
        sum += chains[c];
    og__store(x, sum);
    *flops = 2.0 * (double)turns * CHAINS * OG_LANES;
}

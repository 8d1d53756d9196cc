#include "base/cpu.h"

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[OG_ISA_COUNT] = {
    [OG_ISA_BASELINE] = "baseline",
    [OG_ISA_AVX2] = "avx2",
    [OG_ISA_AVX512] = "avx512",
};

static bool has(og__isa isa)
{
#if defined(__x86_64__)
    switch (isa) {
    case OG_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case OG_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default:
        return true;
    }
#else
    return isa == OG_ISA_BASELINE;
#endif
}

og__isa og__cpu_isa(void)
{
    const char *wish = getenv("OGIVE_ISA");
    og__isa best = OG_ISA_BASELINE;
    for (og__isa isa = OG_ISA_BASELINE; isa < OG_ISA_COUNT; isa++) {
        if (!has(isa))
            continue;
        best = isa;
        if (wish && strcmp(wish, names[isa]) == 0)
            break;
    }
    return best;
}

const char *og__isa_name(og__isa isa)
{
    return names[isa];
}

int og__isa_lanes(og__isa isa)
{
    return isa == OG_ISA_AVX512 ? 16 : 8;
}

int og__isa_blocks(og__isa isa, int channels)
{
    int lanes = og__isa_lanes(isa);
    return (channels + lanes - 1) / lanes;
}

int og__isa_padded(og__isa isa, int channels)
{
    return og__isa_blocks(isa, channels) * og__isa_lanes(isa);
}

int og__cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return CPU_COUNT(&set);
}

#include "kernel/ops.h"

#if defined(__x86_64__)
#define OG_OP(name, arguments)                                                                                         \
    void og__##name##_baseline arguments;                                                                              \
    void og__##name##_avx2 arguments;                                                                                  \
    void og__##name##_avx512 arguments;
#else
#define OG_OP(name, arguments) void og__##name##_baseline arguments;
#endif
#include "kernel/ops.def"
#undef OG_OP

static const og__ops tables[OG_ISA_COUNT] = {
#define OG_OP(name, arguments) .name = og__##name##_baseline,
    [OG_ISA_BASELINE] =
        {
#include "kernel/ops.def"
        },
#undef OG_OP
#if defined(__x86_64__)
#define OG_OP(name, arguments) .name = og__##name##_avx2,
    [OG_ISA_AVX2] =
        {
#include "kernel/ops.def"
        },
#undef OG_OP
#define OG_OP(name, arguments) .name = og__##name##_avx512,
    [OG_ISA_AVX512] =
        {
#include "kernel/ops.def"
        },
#undef OG_OP
#endif
};

const og__ops *og__ops_for(og__isa isa)
{
    return &tables[isa];
}

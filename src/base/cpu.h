/* Which instruction set the kernels use, and how many threads. */
#ifndef OG_BASE_CPU_H
#define OG_BASE_CPU_H

typedef enum og__isa {
    OG_ISA_BASELINE, /* what the compiler may assume: x86-64 with SSE2, or another architecture */
    OG_ISA_AVX2,     /* AVX2 and FMA */
    OG_ISA_AVX512,   /* AVX-512 F, BW, DQ, VL */
    OG_ISA_COUNT,
} og__isa;

/* The best set that this CPU has, or the one that the environment variable OGIVE_ISA
 * (baseline, avx2, avx512) names if the CPU has it. Constant during a process. */
og__isa og__cpu_isa(void);

/* "baseline", "avx2", "avx512". */
const char *og__isa_name(og__isa isa);

/* Channels in a block of the blocked layout nChw<lanes>c: 16 with AVX-512, else 8. */
int og__isa_lanes(og__isa isa);
enum { OG_LANES_MAX = 16 };

/* Blocks that hold so many channels, and the channels that these have with padding. */
int og__isa_blocks(og__isa isa, int channels);
int og__isa_padded(og__isa isa, int channels);

/* Cores that this process may use. */
int og__cpu_count(void);

#endif

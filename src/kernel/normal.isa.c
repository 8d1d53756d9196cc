/* Normal random numbers of one stream's item (base/random.h), from any position on. Compiled without fused
 * multiply-add, so that all instruction sets give the same bits. */
#include "kernel/ops_isa.h"
#include "kernel/philox.h"

enum { BATCH = 2 * OG_LANES }; /* numbers from OG_LANES blocks, which hold two each */

static inline uint64_t bits_of(double x)
{
    union {
        double number;
        uint64_t bits;
    } u = {.number = x};
    return u.bits;
}

static inline double from_bits(uint64_t bits)
{
    union {
        uint64_t bits;
        double number;
    } u = {.bits = bits};
    return u.number;
}

/* An unsigned number as double, by instructions that every set has. */
static inline double as_double(uint32_t x)
{
    return (double)(int32_t)(x ^ 0x80000000u) + 0x1p31;
}

/* log u for normal u: u = m 2^e with m from sqrt(1/2) to sqrt(2), and log m = 2 artanh((m - 1) / (m + 1)) as a series.
 */
static inline double log_of(double u)
{
    uint64_t bits = bits_of(u);
    double m = from_bits((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
    int32_t e = (int32_t)(bits >> 52) - 1023;
    int32_t large = m > 0x1.6a09e667f3bcdp0;
    m = large ? 0.5 * m : m;
    double s = (m - 1) / (m + 1), s2 = s * s;
    double p = 1.0 / 17;
    p = p * s2 + 1.0 / 15;
    p = p * s2 + 1.0 / 13;
    p = p * s2 + 1.0 / 11;
    p = p * s2 + 1.0 / 9;
    p = p * s2 + 1.0 / 7;
    p = p * s2 + 1.0 / 5;
    p = p * s2 + 1.0 / 3;
    p = p * s2 + 1;
    return (double)(e + large) * 0x1.62e42fefa39efp-1 + 2 * s * p;
}

/* cos(2 pi v / 2^32): the nearest quarter turn, and Taylor's series for what is left, at most an eighth. */
static inline double cos_of_turn(uint32_t v)
{
    uint32_t quarter = (v + 0x20000000u) >> 30;
    double x = (double)(int32_t)(v - (quarter << 30)) * 0x1.921fb54442d18p-30, x2 = x * x;
    double s = -1.0 / 1307674368000;
    s = s * x2 + 1.0 / 6227020800;
    s = s * x2 - 1.0 / 39916800;
    s = s * x2 + 1.0 / 362880;
    s = s * x2 - 1.0 / 5040;
    s = s * x2 + 1.0 / 120;
    s = s * x2 - 1.0 / 6;
    s = x + x * (s * x2);
    double c = -1.0 / 87178291200;
    c = c * x2 + 1.0 / 479001600;
    c = c * x2 - 1.0 / 3628800;
    c = c * x2 + 1.0 / 40320;
    c = c * x2 - 1.0 / 720;
    c = c * x2 + 1.0 / 24;
    c = c * x2 - 0.5;
    c = c * x2 + 1;
    double value = quarter & 1 ? s : c;
    return (quarter + 1) & 2 ? -value : value;
}

/* Numbers 2 * block and up. */
static void draw_batch(uint64_t seed, uint32_t stream, uint64_t item, uint64_t block, double factor, float *to)
{
    og__words c[OG_PHILOX_BLOCK];
    for (uint32_t lane = 0; lane < OG_LANES; lane++) {
        c[0][lane] = (uint32_t)block + lane;
        c[1][lane] = stream;
        c[2][lane] = (uint32_t)item;
        c[3][lane] = (uint32_t)(item >> 32);
    }
    og__philox_lanes((uint32_t)seed, (uint32_t)(seed >> 32), c);
    for (int half = 0; half < 2; half++) {
        float normals[OG_LANES];
#pragma omp simd
        for (int lane = 0; lane < OG_LANES; lane++) {
            double u = (as_double(c[2 * half][lane]) + 0.5) * 0x1p-32;
            float normal = (float)(__builtin_sqrt(-2 * log_of(u)) * cos_of_turn(c[2 * half + 1][lane]));
            normals[lane] = (float)(factor * (double)normal);
        }
        for (int lane = 0; lane < OG_LANES; lane++)
            to[2 * lane + half] = normals[lane];
    }
}

void OG_ISA_FN(normals)(size_t count, uint64_t first, uint64_t seed, uint32_t stream, uint64_t item, double factor,
                        float *dst)
{
    for (size_t done = 0; done < count;) {
        float batch[BATCH];
        size_t skip = (first + done) % 2, left = count - done;
        size_t taken = left < BATCH - skip ? left : BATCH - skip;
        draw_batch(seed, stream, item, (first + done) / 2, factor, batch);
        for (size_t i = 0; i < taken; i++)
            dst[done + i] = batch[skip + i];
        done += taken;
    }
}

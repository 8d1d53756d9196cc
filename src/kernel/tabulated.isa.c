/* Loop frames that look a function up. Only AVX-512 has room for a table in its registers: 32 numbers are two of them,
 * and one instruction picks 16 by their index. */
#include "kernel/isa.h"

#include <string.h>

#include "kernel/tabulated.h"

#ifdef __AVX512F__
#include <immintrin.h>

#define OG_INLINE static inline __attribute__((always_inline))

enum {
    RUN_PIXELS = 64,   /* as in frames.h */
    AHEAD_PIXELS = 24, /* likewise */
    ALL_LANES = 0xffff,
};

typedef struct registers {
    __m512 low[OG_TABLE_DEGREES + 1], high[OG_TABLE_DEGREES + 1]; /* terms, then centers */
    __m512 reach;
} registers;

OG_INLINE registers load(const og__table *table, const int degree)
{
    registers r;
#pragma GCC unroll 10
    for (int k = 0; k <= degree + 1; k++) {
        const float *from = k <= degree ? table->terms[k] : table->centers;
        r.low[k] = _mm512_load_ps(from);
        r.high[k] = _mm512_load_ps(from + OG_LANES);
    }
    r.reach = _mm512_set1_ps((float)table->reach);
    return r;
}

/* h at u steps, and the lanes for which it is right. */
OG_INLINE __m512 look_up(const registers *r, const int degree, __m512 u, __mmask16 *inside)
{
    *inside = _mm512_cmp_ps_mask(_mm512_abs_ps(u), r->reach, _CMP_LT_OQ);
    __m512i part = _mm512_cvt_roundps_epi32(u, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
    __m512 t = _mm512_sub_ps(u, _mm512_permutex2var_ps(r->low[degree + 1], part, r->high[degree + 1]));
    __m512 y = _mm512_permutex2var_ps(r->low[degree], part, r->high[degree]);
#pragma GCC unroll 10
    for (int k = degree - 1; k >= 0; k--)
        y = _mm512_fmadd_ps(y, t, _mm512_permutex2var_ps(r->low[k], part, r->high[k]));
    return y;
}

static __attribute__((noinline)) __m512 plain_value(const og__tabulated *a, const float *src,
                                                    const og__act_block *block, __m512 y, __mmask16 inside)
{
    _Alignas(64) float values[OG_LANES];
    a->plain->forward(a->plain_self, 1, &src, values, block);
    return _mm512_mask_mov_ps(_mm512_load_ps(values), inside, y);
}

/* The slope is the gradient for 1. */
static __attribute__((noinline)) __m512 plain_slope(const og__tabulated *a, const float *src,
                                                    const og__act_block *block, __m512 y, __mmask16 inside)
{
    _Alignas(64) float slopes[OG_LANES], sums[2][OG_LANES] = {{0}}, center[OG_LANES] = {0};
    float *d = slopes, *dz = sums[0], *dz_src = sums[1];
    const float *centers = center;
    og__act_sums unused = {&dz, &dz_src, &centers, NULL};
    for (int lane = 0; lane < OG_LANES; lane++)
        slopes[lane] = 1;
    a->plain->backward_reduce(a->plain_self, 1, &src, &d, block, &unused);
    return _mm512_mask_mov_ps(_mm512_load_ps(slopes), inside, y);
}

/* Steps rather than x: scaled by a power of two, so that nothing is rounded otherwise. */
OG_INLINE __m512 in_steps(const float *lanes)
{
    return _mm512_mul_ps(_mm512_load_ps(lanes), _mm512_set1_ps(1 / OG_TABLE_STEP));
}

OG_INLINE void forward(const og__tabulated *a, const int degree, size_t pixels, const float *src, float *dst,
                       const og__act_block *block)
{
    const registers r = load(&a->value, degree);
    const __m512 scale = in_steps(block->scale[0]), shift = in_steps(block->shift[0]);
    for (size_t pixel = 0; pixel < pixels; pixel++, src += OG_LANES, dst += OG_LANES) {
        __mmask16 inside;
        __builtin_prefetch(src + AHEAD_PIXELS * OG_LANES);
        __m512 y = look_up(&r, degree, _mm512_fmadd_ps(_mm512_load_ps(src), scale, shift), &inside);
        if (__builtin_expect(inside != ALL_LANES, 0))
            y = plain_value(a, src, block, y, inside);
        _mm512_store_ps(dst, y);
    }
}

/* Lanes of float to two halves of double, added. */
OG_INLINE void add_wide(__m512 sum, __m512d total[2])
{
    total[0] = _mm512_add_pd(total[0], _mm512_cvtps_pd(_mm512_castps512_ps256(sum)));
    total[1] = _mm512_add_pd(total[1], _mm512_cvtps_pd(_mm512_extractf32x8_ps(sum, 1)));
}

OG_INLINE void add_to(float *lanes, const __m512d total[2])
{
    __m512 sum = _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(total[0])), _mm512_cvtpd_ps(total[1]), 1);
    _mm512_store_ps(lanes, _mm512_add_ps(_mm512_load_ps(lanes), sum));
}

OG_INLINE void backward(const og__tabulated *a, const int degree, size_t pixels, const float *src, float *d,
                        const og__act_block *block, const og__act_sums *sums)
{
    const registers r = load(&a->slope, degree);
    const __m512 scale = in_steps(block->scale[0]), shift = in_steps(block->shift[0]);
    const __m512 center = _mm512_load_ps(sums->center[0]);
    __m512d total_dz[2] = {_mm512_setzero_pd(), _mm512_setzero_pd()};
    __m512d total_dz_src[2] = {_mm512_setzero_pd(), _mm512_setzero_pd()};
    for (size_t done = 0; done < pixels;) {
        size_t run = pixels - done < RUN_PIXELS ? pixels - done : RUN_PIXELS;
        __m512 sum_dz = _mm512_setzero_ps(), sum_dz_src = _mm512_setzero_ps();
        for (size_t pixel = 0; pixel < run; pixel++, src += OG_LANES, d += OG_LANES) {
            __mmask16 inside;
            __builtin_prefetch(src + AHEAD_PIXELS * OG_LANES);
            __builtin_prefetch(d + AHEAD_PIXELS * OG_LANES, 1);
            __m512 x = _mm512_load_ps(src);
            __m512 slope = look_up(&r, degree, _mm512_fmadd_ps(x, scale, shift), &inside);
            if (__builtin_expect(inside != ALL_LANES, 0))
                slope = plain_slope(a, src, block, slope, inside);
            __m512 dz = _mm512_mul_ps(_mm512_load_ps(d), slope);
            _mm512_store_ps(d, dz);
            sum_dz = _mm512_add_ps(sum_dz, dz);
            sum_dz_src = _mm512_fmadd_ps(dz, _mm512_sub_ps(x, center), sum_dz_src);
        }
        add_wide(sum_dz, total_dz);
        add_wide(sum_dz_src, total_dz_src);
        done += run;
    }
    add_to(sums->dz[0], total_dz);
    add_to(sums->dz_src[0], total_dz_src);
}

/* A loop for each degree: its coefficients stay in registers. */
#define OG_EACH_DEGREE(DO) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8)

#define OG_DEGREE(k)                                                                                                   \
    static __attribute__((noinline)) void forward_##k(const og__tabulated *a, size_t pixels, const float *src,         \
                                                      float *dst, const og__act_block *block)                          \
    {                                                                                                                  \
        forward(a, k, pixels, src, dst, block);                                                                        \
    }                                                                                                                  \
    static __attribute__((noinline)) void backward_##k(const og__tabulated *a, size_t pixels, const float *src,        \
                                                       float *d, const og__act_block *block, const og__act_sums *sums) \
    {                                                                                                                  \
        backward(a, k, pixels, src, d, block, sums);                                                                   \
    }
OG_EACH_DEGREE(OG_DEGREE)
#undef OG_DEGREE

static void run_forward(const void *self, size_t pixels, const float *const *src, float *dst,
                        const og__act_block *block)
{
    const og__tabulated *a = self;
    switch (a->value.degree) {
#define OG_DEGREE(k)                                                                                                   \
    case k:                                                                                                            \
        forward_##k(a, pixels, src[0], dst, block);                                                                    \
        break;
        OG_EACH_DEGREE(OG_DEGREE)
#undef OG_DEGREE
    default:
        a->plain->forward(a->plain_self, pixels, src, dst, block);
    }
}

static void run_backward(const void *self, size_t pixels, const float *const *src, float *const *d,
                         const og__act_block *block, const og__act_sums *sums)
{
    const og__tabulated *a = self;
    switch (a->slope.degree) {
#define OG_DEGREE(k)                                                                                                   \
    case k:                                                                                                            \
        backward_##k(a, pixels, src[0], d[0], block, sums);                                                            \
        break;
        OG_EACH_DEGREE(OG_DEGREE)
#undef OG_DEGREE
    default:
        a->plain->backward_reduce(a->plain_self, pixels, src, d, block, sums);
    }
}

static void look_points_up(const og__table *table, size_t count, const float *x, float *y)
{
    for (size_t i = 0; table->degree > 0 && y && i < count; i++)
        if (__builtin_fabsf(x[i]) < OG_TABLE_STEP * (float)table->reach)
            y[i] = og__table_at(table, x[i]);
}

static void eval(const void *self, size_t count, const float *const *z, const float *params, float *y, float *const *dz,
                 float *const *dparams)
{
    const og__tabulated *a = self;
    a->plain->eval(a->plain_self, count, z, params, y, dz, dparams);
    look_points_up(&a->value, count, z[0], y);
    look_points_up(&a->slope, count, z[0], dz ? dz[0] : NULL);
}

const og__act_frames og__tabulated_avx512 = {.forward = run_forward, .backward_reduce = run_backward, .eval = eval};
#else
typedef int og__no_tables; /* an empty file is no C */
#endif

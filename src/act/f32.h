/* The primitives of the formula language in float32: straight code without branches or calls, so that a compiler
 * turns a loop over them into vector code. Self-contained: this text is also compiled at run time with a user's
 * formula (src/kernel/compile.c).
 *
 * Promise (tests/unit/act/test_f32.c measures it against libm in double): at most 4 ulp wherever the result is a
 * normal number; the tails, the signs of zero, infinities and NaN come out as IEEE arithmetic has them. f32_sin and
 * f32_cos keep it for |x| < 2^22.
 *
 * Nothing here needs fused multiply-add, and nothing breaks when the compiler fuses: where a product must be exact,
 * its factors are cut short first, or the code says fma, or double where there is none.
 * Polynomials: tools/fit_primitives.py. */
#ifndef OG_ACT_F32_H
#define OG_ACT_F32_H

#define F32_INLINE static inline __attribute__((always_inline, unused))

#if defined(__FMA__) || defined(__FP_FAST_FMAF)
#define F32_FUSED
#endif

/* --- bits --------------------------------------------------------------------------------------------------------- */

F32_INLINE unsigned f32_bits(float x)
{
    union {
        float number;
        unsigned bits;
    } u = {.number = x};
    return u.bits;
}

F32_INLINE float f32_from_bits(unsigned bits)
{
    union {
        unsigned bits;
        float number;
    } u = {.bits = bits};
    return u.number;
}

/* |magnitude| with the sign of `sign`. */
F32_INLINE float f32_with_sign(float magnitude, float sign)
{
    return f32_from_bits((f32_bits(magnitude) & 0x7fffffffu) | (f32_bits(sign) & 0x80000000u));
}

/* 2^n for -126 <= n <= 127. */
F32_INLINE float f32_power_of_two(int n)
{
    return f32_from_bits((unsigned)(n + 127) << 23);
}

/* --- piecewise ---------------------------------------------------------------------------------------------------- */

F32_INLINE float f32_abs(float x)
{
    return __builtin_fabsf(x);
}

F32_INLINE float f32_sign(float x)
{
    return x > 0 ? 1.0f : x < 0 ? -1.0f : x; /* keeps zeros and NaN */
}

/* NaN when either is NaN, as in PyTorch: a network must not hide one. */
F32_INLINE float f32_max(float a, float b)
{
    float larger = b > a ? b : a;
    return b != b ? b : larger;
}

F32_INLINE float f32_min(float a, float b)
{
    float smaller = b < a ? b : a;
    return b != b ? b : smaller;
}

F32_INLINE float f32_sqrt(float x)
{
    return __builtin_sqrtf(x);
}

/* Newton's iteration for y^-2 = x from a guess of the exponent and two bits: a third of the time of a root and a
 * division. What has no root or an infinite one follows from the bits too. */
F32_INLINE float f32_rsqrt(float x)
{
    int tiny = x < 0x1p-126f;
    float scaled = tiny ? x * 0x1p+24f : x, half = 0.5f * scaled;
    float y = f32_from_bits(0x5f3759dfu - (f32_bits(scaled) >> 1));
    y = y * (1.5f - half * y * y);
    y = y * (1.5f - half * y * y);
    y = y + y * (0.5f - half * y * y);
    float result = tiny ? y * 0x1p+12f : y;
    float special = f32_from_bits(0x7f800000u - f32_bits(x)); /* infinity, 0 or NaN for 0, infinity and NaN */
    result = f32_bits(x) - 1 < 0x7f7fffffu ? result : special;
    return x < 0 ? __builtin_nanf("") : result;
}

/* --- exponential family ------------------------------------------------------------------------------------------- */

/* x + low = n ln 2 + r, |r| <= ln 2 / 2, for |low| much smaller than 1. Adding 1.5 * 2^23 rounds to an integer and
 * leaves it in the low bits. */
typedef struct f32_reduced {
    float r;
    int n;
} f32_reduced;

F32_INLINE f32_reduced f32_reduce(float x, float low)
{
    float shifted = (x + low) * 0x1.715476p+0f + 0x1.8p+23f;
    float n = shifted - 0x1.8p+23f;
    f32_reduced reduced;
    reduced.n = (int)(f32_bits(shifted) - 0x4b400000u);
    reduced.r = (x - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f + low; /* n times the first, 15-bit part is exact */
    return reduced;
}

/* (e^r - 1 - r) / r^2 */
F32_INLINE float f32_exp_tail(float r)
{
    return 0.5f + r * (0x1.5554dcp-3f + r * (0x1.55551ap-5f + r * (0x1.120b9p-7f + r * 0x1.6d112cp-10f)));
}

/* A number m s, s a power of two: e^x with all its digits although e^x itself may be a denormal or 0. */
typedef struct f32_power {
    float m, s;
} f32_power;

/* e^(x + low), m = 0 for x < -174, so that the product of any float and m s is 0 there. */
F32_INLINE f32_power f32_exp_parts(float x, float low)
{
    float bounded = x < -174.0f ? -174.0f : x;
    f32_reduced at = f32_reduce(bounded > 175.0f ? 175.0f : bounded, low);
    float p = 1.0f + (at.r + at.r * at.r * f32_exp_tail(at.r));
    int half = at.n >> 1;
    f32_power power;
    power.m = (x < -174.0f ? 0.0f : p) * f32_power_of_two(half);
    power.s = f32_power_of_two(at.n - half);
    return power;
}

/* In what follows f32_NAME_of(v, x, low) is v NAME(x + low), |low| being at most a few roundings of x: it does not lose
 * the digits of a product whose second factor is a denormal, nor those that the rounding of a computed argument costs
 * (e^x has |x| times the relative error of x). -0.0f is the `low` that adds nothing, and costs no instruction. */

/* v m, but 0 for an infinite v and m = 0: what has grown beyond float32 times what has died away exponentially. */
F32_INLINE float f32_times_small(float v, float m)
{
    float product = v * m;
    if (__builtin_constant_p(v))
        return product;
    return product != product && !__builtin_isunordered(v, m) ? 0.0f : product;
}

/* `low` with the sign that it has for |x|. */
F32_INLINE float f32_low_of_abs(float x, float low)
{
    return __builtin_constant_p(low) && low == 0 ? -0.0f : x < 0 ? -low : low;
}

/* e^-|x + low|, for what would overflow on one side. */
F32_INLINE f32_power f32_exp_decay(float x, float low)
{
    return f32_exp_parts(-__builtin_fabsf(x), __builtin_constant_p(low) && low == 0 ? -0.0f : -f32_low_of_abs(x, low));
}

F32_INLINE float f32_exp_of(float v, float x, float low)
{
    f32_power power = f32_exp_parts(x, low);
    return f32_times_small(v, power.m) * power.s;
}

F32_INLINE float f32_exp(float x)
{
    return f32_exp_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_expm1_of(float v, float x, float low)
{
    float bounded = x < -20.0f ? -20.0f : x;
    bounded = bounded > 89.0f ? 89.0f : bounded;
    f32_reduced at = f32_reduce(bounded, low);
    float p = at.r + at.r * at.r * f32_exp_tail(at.r);
    float half = f32_power_of_two(at.n - 1); /* half of 2^n, which overflows for n = 128 */
    float result = 2.0f * (half * p + (half - 0.5f));
    return v * f32_with_sign(result, x);
}

F32_INLINE float f32_expm1(float x)
{
    return f32_expm1_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_sigmoid_of(float v, float x, float low)
{
    f32_power power = f32_exp_decay(x, low);
    float above = x >= 0 ? v : f32_times_small(v, power.m);
    return above / (1.0f + power.m * power.s) * (x >= 0 ? 1.0f : power.s);
}

F32_INLINE float f32_sigmoid(float x)
{
    return f32_sigmoid_of(1.0f, x, -0.0f);
}

/* v sigmoid'(x + low) = v s (1 - s), s = sigmoid(-|x + low|), whose error nearly cancels where s is near 1/2. */
F32_INLINE float f32_sigmoid_slope_of(float v, float x, float low)
{
    f32_power power = f32_exp_decay(x, low);
    float t = power.m * power.s, w = 1.0f / (1.0f + t);
    return f32_times_small(v, power.m) * w * (1.0f - t * w) * power.s;
}

F32_INLINE float f32_tanh(float x)
{
    float m = f32_expm1(-2.0f * __builtin_fabsf(x));
    return f32_with_sign(-m / (2.0f + m), x);
}

/* u - tanh(u) */
F32_INLINE float f32_tanhshrink(float x)
{
    int inner = __builtin_fabsf(x) < 1.5f;
    float t = inner ? x * x : 0.0f;
    float p =
        0x1.44b496p-10f + t * (-0x1.87fdb6p-12f + t * (0x1.6088a4p-14f + t * (-0x1.93564cp-17f + t * 0x1.adff92p-21f)));
    p = -0x1.1110fep-3f +
        t * (0x1.ba1646p-5f + t * (-0x1.660354p-6f + t * (0x1.203a16p-7f + t * (-0x1.c32efap-9f + t * p))));
    p = 0x1.555556p-2f + t * p;
    return inner ? x * t * p : x - f32_tanh(x);
}

/* e^x - 1 - x */
F32_INLINE float f32_exp_rest(float x)
{
    int inner = __builtin_fabsf(x) < 1.0f;
    float u = inner ? x : 0.0f;
    float p = 0x1.6bfe5cp-10f + u * (0x1.a0084ep-13f + u * (0x1.a9a292p-16f + u * 0x1.78ca48p-19f));
    p = 0x1.0p-1f + u * (0x1.555556p-3f + u * (0x1.55557ep-5f + u * (0x1.11112p-7f + u * p)));
    return inner ? u * u * p : f32_expm1(x) - x;
}

/* e^x (1 - x) - 1 */
F32_INLINE float f32_exp_turn(float x)
{
    int inner = x > -1.5f && x < 1.0f;
    float u = inner ? x : 0.0f;
    float p = -0x1.c70f9ep-8f +
              u * (-0x1.380d1p-10f + u * (-0x1.6e4954p-13f + u * (-0x1.785a5cp-16f + u * -0x1.1249aap-19f)));
    p = -0x1.0p-1f + u * (-0x1.555556p-2f + u * (-0x1.000018p-3f + u * (-0x1.1110f8p-5f + u * p)));
    return inner ? u * u * p : f32_exp_of(1.0f - x, x, -0.0f) - 1.0f;
}

/* 1 / cosh(x)^2 = 1 - tanh(x)^2, with all its digits. */
F32_INLINE float f32_sech2_of(float v, float x, float low)
{
    f32_power power = f32_exp_decay(2.0f * x, 2.0f * low);
    float t = power.m * power.s;
    return 4.0f * f32_times_small(v, power.m) / (1.0f + t * (2.0f + t)) * power.s;
}

F32_INLINE float f32_sech2(float x)
{
    return f32_sech2_of(1.0f, x, -0.0f);
}

/* tanh(softplus(x)) = n / (n + 2), n = e^x (e^x + 2); for x > 0 both divided by e^2x, against overflow. */
F32_INLINE float f32_tanh_softplus_of(float v, float x, float low)
{
    f32_power power = f32_exp_decay(x, low);
    float t = power.m * power.s, square = t * t, twice = 2.0f * t;
    float above = x > 0 ? v * (1.0f + twice) : f32_times_small(v, power.m) * (t + 2.0f);
    float below = x > 0 ? 1.0f + (twice + 2.0f * square) : 2.0f + (twice + square);
    return above / below * (x > 0 ? 1.0f : power.s);
}

F32_INLINE float f32_tanh_softplus(float x)
{
    return f32_tanh_softplus_of(1.0f, x, -0.0f);
}

/* sech2(softplus(x)) = 1 - tanh(softplus(x))^2 = 4 (1 + e^x)^2 / (1 + (1 + e^x)^2)^2. For x > 0, with t = e^-x, it is
 * 4 t^2 g^2, g = (1 + t) / (1 + 2 t + 2 t^2) = 1 - (t + 2 t^2) / (...); for x <= 0 it is
 * g^2, g = 2 (1 + t) / (2 + 2 t + t^2) = 1 - t^2 / (...). */
F32_INLINE float f32_sech2_softplus_of(float v, float x, float low)
{
    f32_power power = f32_exp_decay(x, low);
    float t = power.m * power.s, square = t * t;
    float twice = 2.0f * (t + square);
    float below = x > 0 ? 1.0f + twice : 2.0f + (2.0f * t + square);
    int near = x > 0 && t > 0.3f; /* g cancels: 2 t g = 2 (t + t^2) / (...) instead */
    float ratio = (near ? twice : x > 0 ? t + 2.0f * square : square) / below;
    float g = near ? ratio : 1.0f - ratio;
    float result = g * g;
    return x > 0 && !near ? 4.0f * (f32_times_small(v, power.m) * power.s) * (result * power.m) * power.s : v * result;
}

F32_INLINE float f32_sech2_softplus(float x)
{
    return f32_sech2_softplus_of(1.0f, x, -0.0f);
}

/* --- logarithm family --------------------------------------------------------------------------------------------- */

/* ln(1 + f) for sqrt(1/2) - 1 <= f <= sqrt(2) - 1, plus n ln 2. */
F32_INLINE float f32_log_core(float f, float n)
{
    float q =
        0x1.23cf72p-3f + f * (-0x1.fce37ap-4f + f * (0x1.dec8ccp-4f + f * (-0x1.d6d10ep-4f + f * 0x1.1dedf8p-4f)));
    q = 0x1.555554p-2f + f * (-0x1.fffffcp-3f + f * (0x1.999d6ep-3f + f * (-0x1.555b8ap-3f + f * q)));
    float square = f * f;
    float tail = square * (f * q - 0.5f);
    return (f + (tail + n * 0x1.7f7d1cp-20f)) + n * 0x1.62e4p-1f; /* ln 2 in two parts; n times the second is exact */
}

F32_INLINE float f32_log(float x)
{
    float scaled = x < 0x1p-126f ? x * 0x1p+23f : x;
    unsigned bits = f32_bits(scaled);
    int n = (int)(bits - 0x3f3504f3u) >> 23; /* scaled = m 2^n, sqrt(1/2) <= m < sqrt(2) */
    float m = f32_from_bits(bits - ((unsigned)n << 23));
    float exponent = (float)n - (x < 0x1p-126f ? 23.0f : 0.0f);
    float result = f32_log_core(m - 1.0f, exponent);
    result = x < __builtin_inff() ? result : x; /* infinity and NaN */
    result = x == 0 ? -__builtin_inff() : result;
    return x < 0 ? __builtin_nanf("") : result;
}

F32_INLINE float f32_log1p(float x)
{
    float u = 1.0f + x;
    float lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f); /* u + lost = 1 + x exactly */
    unsigned bits = f32_bits(u);
    int n = (int)(bits - 0x3f3504f3u) >> 23;
    float m = f32_from_bits(bits - ((unsigned)n << 23));
    int clipped = n > 126 ? 126 : n < -126 ? -126 : n; /* outside, `lost` no longer counts */
    float result = f32_log_core((m - 1.0f) + lost * f32_power_of_two(-clipped), (float)n);
    result = u < __builtin_inff() ? result : u;
    result = u == 0 ? -__builtin_inff() : result;
    result = u < 0 ? __builtin_nanf("") : result;
    return x == 0 ? x : result;
}

/* ln(1 + t) for 0 <= t <= 1. */
F32_INLINE float f32_log1p_unit(float t)
{
    int upper = t > 0x1.a8279ap-2f; /* 1 + t > sqrt(2): use (1 + t) / 2 */
    float f = upper ? 0.5f * (t - 1.0f) : t;
    float n = upper ? 1.0f : 0.0f;
    return f32_log_core(f, n);
}

/* ln(1 + t) is t to the last digit for x < -40. */
F32_INLINE float f32_softplus_of(float v, float x, float low)
{
    f32_power power = f32_exp_decay(x, low);
    float t = f32_log1p_unit(power.m * power.s);
    float sum = x > 0 ? x + (t + low) : x != x ? x : t;
    return (x < -40.0f ? f32_times_small(v, power.m) : v * sum) * (x < -40.0f ? power.s : 1.0f);
}

F32_INLINE float f32_softplus(float x)
{
    return f32_softplus_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_log_sigmoid_of(float v, float x, float low)
{
    return f32_softplus_of(-v, -x, -low);
}

F32_INLINE float f32_log_sigmoid(float x)
{
    return f32_softplus_of(-1.0f, -x, -0.0f);
}

F32_INLINE float f32_asinh(float x)
{
    float a = __builtin_fabsf(x);
    int large = a > 0x1p+40f; /* here asinh(a) = ln(2 a) to the last digit, and a^2 may overflow */
    float near = large ? 1.0f : a;
    float shift = near * near / (1.0f + f32_sqrt(1.0f + near * near));
    float result = f32_log1p(large ? a : a + shift);
    return f32_with_sign(large ? result + 0x1.62e43p-1f : result, x);
}

/* --- Gaussian family ---------------------------------------------------------------------------------------------- */

/* e^(-scale (x + low)^2) for scale 1 or 1/2. The square of the leading 12 bits is exact; the rest enters as a
 * correction. */
F32_INLINE f32_power f32_gaussian_parts(float x, float low, float scale)
{
    float a = __builtin_fabsf(x), bounded = a > 20.0f ? 20.0f : a; /* where the result is 0 at last */
    float head = f32_from_bits(f32_bits(bounded) & 0xfffff000u);
    float rest = bounded - head;
    float cross = rest * (bounded + head);
    if (!(__builtin_constant_p(low) && low == 0))
        cross += 2.0f * bounded * f32_low_of_abs(x, low);
    return f32_exp_parts(-scale * (head * head), -scale * cross);
}

F32_INLINE float f32_gaussian_of(float v, float x, float low)
{
    f32_power power = f32_gaussian_parts(x, low, 1.0f);
    return f32_times_small(v, power.m) * power.s;
}

F32_INLINE float f32_gaussian(float x)
{
    return f32_gaussian_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_normal_pdf_of(float v, float x, float low)
{
    f32_power power = f32_gaussian_parts(x, low, 0.5f);
    return 0x1.988454p-2f * f32_times_small(v, power.m) * power.s;
}

F32_INLINE float f32_normal_pdf(float x)
{
    return f32_normal_pdf_of(1.0f, x, -0.0f);
}

/* 1 / (z + k) for 0 <= z, without the rounding of the sum. */
F32_INLINE float f32_reciprocal_sum(float z, float k)
{
    float sum = z + k;
    float lost = z > k ? k - (sum - z) : z - (sum - k);
    float w = 1.0f / sum;
    return w - w * (lost * w);
}

/* S(q) of P(Z > z) = e^(-z^2/2) w S(q) for z >= 0.66, w = 1 / (z + 4), q = (z - 4) w. */
F32_INLINE float f32_normal_upper(float z, float w)
{
    float q = (z - 4.0f) * w;
    float s =
        -0x1.edf32cp-8f + q * (-0x1.c7ce4ap-9f + q * (0x1.a72de2p-10f + q * (0x1.1014a8p-13f + q * -0x1.93fe82p-13f)));
    s = -0x1.373e3ap-1f + q * (0x1.8c6dc2p-2f + q * (-0x1.7dff4cp-3f + q * (0x1.eec3c8p-5f + q * s)));
    return 0x1.82b4bcp-1f + q * s;
}

F32_INLINE float f32_normal_cdf_of(float v, float x, float low)
{
    float a = __builtin_fabsf(x), bounded = a > 20.0f ? 20.0f : a;
    f32_power power = f32_gaussian_parts(x, low, 0.5f);
    float w = f32_reciprocal_sum(bounded, 4.0f);
    float upper = w * f32_normal_upper(bounded, w);
    float t = a < 0.67f ? x * x : 0.0f;
    float p =
        0x1.988454p-2f + t * (-0x1.10582ep-4f + t * (0x1.46ca98p-7f + t * (-0x1.362ba6p-10f + t * 0x1.b8b5d6p-14f)));
    float inner = 0.5f + (x * p + low * 0x1.988454p-2f);
    float right = a < 0.67f ? inner : 1.0f - upper * power.m * power.s;
    return x > -0.67f || x != x ? v * right : f32_times_small(v, power.m) * upper * power.s;
}

F32_INLINE float f32_normal_cdf(float x)
{
    return f32_normal_cdf_of(1.0f, x, -0.0f);
}

/* S(q) of erfc(a) = e^(-a^2) w S(q) for a >= 0.46, w = 1 / (a + 2), q = (a - 2) w. */
F32_INLINE float f32_erfc_positive(float a, float w)
{
    float q = (a - 2.0f) * w;
    float s =
        0x1.a9e0c8p-8f + q * (0x1.8eeee2p-9f + q * (-0x1.db2192p-11f + q * (-0x1.15d874p-11f + q * 0x1.0bb16ep-13f)));
    s = -0x1.5fd384p-1f + q * (0x1.1e2dd4p-2f + q * (-0x1.2a8d26p-5f + q * (-0x1.60508p-6f + q * s)));
    return 0x1.058672p+0f + q * s;
}

/* erf(x) / x - 1 in x^2, for |x| < 0.92. */
F32_INLINE float f32_erf_tail(float t)
{
    float p = 0x1.ce19c4p-4f + t * (-0x1.b68054p-6f + t * (0x1.46f3f4p-8f - t * 0x1.38dbe4p-11f));
    return 0x1.06eba6p-3f + t * (-0x1.8126e2p-2f + t * p);
}

F32_INLINE float f32_erfc_of(float v, float x, float low)
{
    float a = __builtin_fabsf(x), bounded = a > 20.0f ? 20.0f : a, t = a < 0.47f ? x * x : 0.0f;
    f32_power power = f32_gaussian_parts(x, low, 1.0f);
    float w = f32_reciprocal_sum(bounded, 2.0f);
    float positive = w * f32_erfc_positive(bounded, w);
    float inner = 1.0f - (x + (x * f32_erf_tail(t) + low * 0x1.20dd76p+0f));
    float left = a < 0.47f ? inner : 2.0f - positive * power.m * power.s;
    return x < 0.47f || x != x ? v * left : f32_times_small(v, power.m) * positive * power.s;
}

F32_INLINE float f32_erfc(float x)
{
    return f32_erfc_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_erf(float x)
{
    float a = __builtin_fabsf(x), t = a < 0.92f ? x * x : 0.0f, bounded = a > 20.0f ? 20.0f : a;
    f32_power power = f32_gaussian_parts(x, -0.0f, 1.0f);
    float w = 1.0f / (bounded + 2.0f);
    float outer = f32_with_sign(1.0f - w * f32_erfc_positive(bounded, w) * power.m * power.s, x);
    return a < 0.92f ? x + x * f32_erf_tail(t) : x != x ? x : outer;
}

/* --- circular family ---------------------------------------------------------------------------------------------- */

F32_INLINE float f32_atan(float x)
{
    float a = __builtin_fabsf(x);
    int outer = a > 1.0f;
    float t = outer ? 1.0f / a : a;
    float s = t * t;
    float p =
        -0x1.6295f8p-4f + s * (0x1.0001c6p-4f + s * (-0x1.25dc12p-5f + s * (0x1.ba9f66p-7f - s * 0x1.38de56p-9f)));
    p = -0x1.555554p-2f + s * (0x1.99983cp-3f + s * (-0x1.246cd2p-3f + s * (0x1.c3f168p-4f + s * p)));
    float inner = t + t * s * p;
    return f32_with_sign(outer ? 0x1.921fb6p+0f - (inner + 0x1.777a5cp-25f) : inner, x);
}

/* sin(y) for |y| < 2. */
F32_INLINE float f32_sin_core(float y)
{
    float s = y * y;
    float p =
        -0x1.555556p-3f + s * (0x1.11112ep-7f + s * (-0x1.a01f44p-13f + s * (0x1.720becp-19f + s * -0x1.a2818p-26f)));
    return f32_with_sign(y + y * s * p, y); /* which keeps that of 0 */
}

/* sin(x + low), or the cosine, as the sine of what is left of n pi, n whole for the sine and odd halves for the cosine:
 * half turns rather than quarters, so that one polynomial does, and roughly the nearest, which suffices for it. pi has
 * three parts. From 2^22 on, where floats are 1/2 and more apart, x counts as 0; infinity becomes NaN. */
F32_INLINE float f32_sin_turned(float x, float low, int is_cosine)
{
    int inside = __builtin_fabsf(x) < 0x1p+22f;
    float bounded = inside ? x : x - x, rest = inside ? low : -0.0f, half = is_cosine ? 0.5f : 0.0f;
    float shifted = (bounded * 0x1.45f306p-2f - half) + 0x1.8p+23f;
    float n = (shifted - 0x1.8p+23f) + half;
#ifdef F32_FUSED
    float y = __builtin_fmaf(-n, 0x1.921fb6p+1f, bounded); /* exact where the result is small */
    y = __builtin_fmaf(-n, -0x1.777a5cp-24f, y) + rest;
    y = __builtin_fmaf(-n, -0x1.ee59dap-49f, y);
#else
    double wide = ((double)bounded - (double)n * 0x1.921fb5p+1) - (double)n * 0x1.110b4611a6263p-25;
    float y = (float)(wide + (double)rest);
#endif
    unsigned sign = (f32_bits(shifted) + (unsigned)is_cosine) << 31;
    return f32_from_bits(f32_bits(f32_sin_core(y)) ^ sign);
}

F32_INLINE float f32_sin_of(float x, float low)
{
    return f32_sin_turned(x, low, 0);
}

F32_INLINE float f32_sin(float x)
{
    return f32_sin_of(x, -0.0f);
}

F32_INLINE float f32_cos_of(float x, float low)
{
    return f32_sin_turned(x, low, 1);
}

F32_INLINE float f32_cos(float x)
{
    return f32_cos_of(x, -0.0f);
}

/* --- arguments in two parts, whose sum has twice the digits --------------------------------------------------------
 *
 * The lost parts stay exact under -ffp-contract: a sum whose term is a product counts on that product being rounded,
 * and so it is, because the same number is also the argument of f32_product_low(), which cannot be fused. */

/* u v - product, where product = u v rounded. */
F32_INLINE float f32_product_low(float u, float v, float product)
{
#ifdef F32_FUSED
    return __builtin_fmaf(u, v, -product);
#else
    return (float)((double)u * (double)v - (double)product);
#endif
}

/* u + v - sum, where sum = u + v rounded. */
F32_INLINE float f32_sum_low(float u, float v, float sum)
{
    float part = sum - u;
    return (u - (sum - part)) + (v - part);
}

/* The low part of an argument x. Where |x| < 2^20 it is no larger than this bound; beyond, no function needs it any
 * more, and an infinite x has NaN for it. */
F32_INLINE float f32_low(float low)
{
    float bounded = low < 0x1p-4f ? low : 0x1p-4f;
    return bounded > -0x1p-4f ? bounded : -0x1p-4f;
}

/* --- general power, in double because the error of the logarithm is multiplied by y ------------------------------- */

F32_INLINE unsigned long long f64_bits(double x)
{
    union {
        double number;
        unsigned long long bits;
    } u = {.number = x};
    return u.bits;
}

F32_INLINE double f64_from_bits(unsigned long long bits)
{
    union {
        unsigned long long bits;
        double number;
    } u = {.bits = bits};
    return u.number;
}

/* The nearest integer, for |x| < 2^51. */
F32_INLINE double f64_round(double x)
{
    return (x + 0x1.8p+52) - 0x1.8p+52;
}

/* log2(d) for a positive float widened to double: d = m 2^k, s = (m - 1) / (m + 1), log2 m = 2/ln 2 (s + s^3/3 + ...).
 */
F32_INLINE double f64_log2(double d)
{
    unsigned long long bits = f64_bits(d);
    unsigned long long k = (bits - 0x3fe6a09e00000000u) >> 52;
    double m = f64_from_bits(bits - (k << 52));
    double exponent = f64_from_bits(0x4330000000000000u | (k & 0xfffu)) - 0x1p+52; /* k as a number, modulo 4096 */
    exponent = exponent >= 2048 ? exponent - 4096 : exponent;
    double s = (m - 1) / (m + 1), q = s * s;
    double series = 1.0 / 9 + q * (1.0 / 11 + q * (1.0 / 13 + q * (1.0 / 15 + q * (1.0 / 17))));
    series = s + s * q * (1.0 / 3 + q * (1.0 / 5 + q * (1.0 / 7 + q * series)));
    return exponent + 0x1.71547652b82fep+1 * series;
}

/* 2^p for |p| <= 1000. */
F32_INLINE double f64_exp2(double p)
{
    double shifted = p + 0x1.8p+52;
    double t = (p - (shifted - 0x1.8p+52)) * 0x1.62e42fefa39efp-1;
    double series = 1.0 / 120 + t * (1.0 / 720 + t * (1.0 / 5040 + t * (1.0 / 40320 + t * (1.0 / 362880))));
    series = 1 + t * (1 + t * (0.5 + t * (1.0 / 6 + t * (1.0 / 24 + t * series))));
    return series * f64_from_bits((f64_bits(shifted) + 1023) << 52);
}

F32_INLINE float f32_pow(float x, float y)
{
    double d = __builtin_fabs((double)x), w = y;
    double logarithm = d == 0 ? -__builtin_inf() : d > 0x1p+128 ? d : f64_log2(d);
    double p = w * logarithm;
    p = p < -200 ? -200 : p > 200 ? 200 : p;
    float result = (float)f64_exp2(p);
    int whole = __builtin_fabs(w) >= 0x1p+51 || f64_round(w) == w;
    int even = __builtin_fabs(w) >= 0x1p+51 || f64_round(w * 0.5) == w * 0.5;
    result = whole && !even ? f32_with_sign(result, x) : result;
    result = !whole && x < 0 && d < 0x1p+128 ? __builtin_nanf("") : result;
    result = x != x ? x : result;
    int unit = y == 0 || x == 1 || (d == 1 && __builtin_fabs(w) > 0x1p+128);
    return unit ? 1.0f : result;
}

#endif

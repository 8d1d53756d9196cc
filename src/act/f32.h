/* The primitives of the formula language in float32: straight code without branches or calls, so that a compiler
 * turns a loop over them into vector code. Self-contained: this text is also compiled at run time with a user's
 * formula (src/kernel/compile.c), which is why it is one long file.
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

/* a for a <= bound, |a| <= bound; NaN stays NaN. */
F32_INLINE float f32_bounded(float a, float bound)
{
    return a > bound ? bound : a;
}

F32_INLINE float f32_within(float a, float bound)
{
    float bounded = f32_bounded(a, bound);
    return bounded < -bound ? -bound : bounded;
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

/* y + low = n ln 2 + r, |r| <= ln 2 / 2, for |low| much smaller than 1. Adding 1.5 * 2^23 rounds to an integer; `bias`
 * comes on top, so that the low bits of `shifted` are n + bias. */
typedef struct f32_reduced {
    float r, shifted;
} f32_reduced;

F32_INLINE f32_reduced f32_reduce(float y, float low, int bias)
{
    const float shift = 0x1.8p+23f + (float)bias;
    f32_reduced reduced;
    reduced.shifted = y * 0x1.715476p+0f + shift;
    float n = reduced.shifted - shift;
    reduced.r = (y - n * 0x1.62e4p-1f) - n * 0x1.7f7d1cp-20f + low; /* n times 15 bits is exact */
    return reduced;
}

/* 2^n = first second, for -252 <= n <= 254 and a bias of F32_TWO_BIASES. */
typedef struct f32_powers {
    float first, second;
} f32_powers;

enum { F32_HALF_BIAS = 126, F32_TWO_BIASES = 254 };

F32_INLINE f32_powers f32_split_power(float shifted)
{
    unsigned bits = f32_bits(shifted), half = bits >> 1;
    f32_powers powers;
    powers.first = f32_from_bits(half << 23);
    powers.second = f32_from_bits((bits - half) << 23);
    return powers;
}

/* (e^r - 1 - r) / r^2. Polynomials are split in two or three, because a long chain of dependent operations keeps a CPU
 * from working on the next numbers meanwhile. */
F32_INLINE float f32_exp_tail(float r, float square)
{
    float low = 0.5f + r * 0x1.5554dcp-3f, high = 0x1.55551ap-5f + r * 0x1.120b9p-7f;
    return low + square * (high + square * 0x1.6d112cp-10f);
}

/* e^r - 1 */
F32_INLINE float f32_expm1_near(float r)
{
    float square = r * r;
    return r + square * f32_exp_tail(r, square);
}

/* In what follows f32_NAME_of(v, x, low) is v NAME(x + low), |low| being at most a few roundings of x: it does not lose
 * the digits of a product whose second factor is a denormal, nor those that the rounding of a computed argument costs
 * (e^x has |x| times the relative error of x). -0.0f is the `low` that adds nothing, and costs no instruction. */

/* `low` with the sign that it has for |x|. */
F32_INLINE float f32_low_of_abs(float x, float low)
{
    return __builtin_constant_p(low) && low == 0 ? -0.0f : f32_from_bits(f32_bits(low) ^ (f32_bits(x) & 0x80000000u));
}

/* e^-(y + low) = first second for 0 <= y <= 174. Neither is a denormal, and so v first second has
 * all its digits where their product m has not; m + 1 = 1 there. The functions below take their exponentials from here,
 * e^-|x| whatever the sign of x, so that the compiler computes once what a function and its derivative share. */
typedef struct f32_decay {
    float first, second, m;
    float near, power; /* m = power + power near */
    float y;
} f32_decay;

F32_INLINE f32_decay f32_decay_of(float y, float low)
{
    float lowered = __builtin_constant_p(low) && low == 0 ? -0.0f : -low;
    f32_reduced at = f32_reduce(-y, lowered, F32_TWO_BIASES);
    f32_powers powers = f32_split_power(at.shifted);
    f32_decay decay;
    decay.near = f32_expm1_near(at.r);
    decay.power = powers.first * powers.second;
    decay.first = powers.first + powers.first * decay.near;
    decay.second = powers.second;
    decay.m = decay.first * decay.second;
    decay.y = y;
    return decay;
}

/* e^-|x + low| */
F32_INLINE f32_decay f32_decay_abs(float x, float low)
{
    return f32_decay_of(f32_bounded(__builtin_fabsf(x), 174.0f), f32_low_of_abs(x, low));
}

/* v first second for a function of x, but 0 for a v that has grown beyond float32 times what has died away; what is no
 * constant may have. It costs least to keep v finite where it is x. */
F32_INLINE float f32_times_decay(float v, float first, f32_decay decay, float x)
{
    if (__builtin_constant_p(v))
        return v * first * decay.second;
    if (__builtin_constant_p(f32_bits(v) ^ f32_bits(x)))
        return f32_within(v, 512.0f) * first * decay.second;
    float product = v * first * decay.second;
    return decay.y > 173.5f ? (v == v ? 0.0f : v) : product;
}

/* e^(x + low) in the same way, for growth too. */
F32_INLINE float f32_exp_of(float v, float x, float low)
{
    f32_reduced at = f32_reduce(f32_within(x, 174.0f), low, F32_TWO_BIASES);
    f32_powers powers = f32_split_power(at.shifted);
    float product = v * (powers.first + powers.first * f32_expm1_near(at.r)) * powers.second;
    if (__builtin_constant_p(v))
        return product;
    return x < -173.5f ? (v == v ? 0.0f : v) : product;
}

F32_INLINE float f32_exp(float x)
{
    return f32_exp_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_expm1_of(float v, float x, float low)
{
    float bounded = x < -20.0f ? -20.0f : x;
    f32_reduced at = f32_reduce(bounded > 89.0f ? 89.0f : bounded, low, F32_HALF_BIAS);
    float half = f32_from_bits(f32_bits(at.shifted) << 23); /* 2^n overflows for n = 128 */
    float result = 2.0f * (half * f32_expm1_near(at.r) + (half - 0.5f));
    return v * f32_with_sign(result, x);
}

F32_INLINE float f32_expm1(float x)
{
    return f32_expm1_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_sigmoid_of(float v, float x, float low)
{
    f32_decay decay = f32_decay_abs(x, low);
    float w = 1.0f / (1.0f + decay.m);
    return (x < 0 ? f32_times_decay(v, decay.first, decay, x) : v) * w;
}

F32_INLINE float f32_sigmoid(float x)
{
    return f32_sigmoid_of(1.0f, x, -0.0f);
}

/* sigmoid(x) sigmoid(-x) = g (1 - g), g the smaller of them. */
F32_INLINE float f32_sigmoid_slope_of(float v, float x, float low)
{
    f32_decay decay = f32_decay_abs(x, low);
    float w = 1.0f / (1.0f + decay.m), g = decay.first * w;
    return f32_times_decay(v, g - g * (decay.m * w), decay, x);
}

F32_INLINE float f32_tanh(float x)
{
    f32_decay decay = f32_decay_abs(2.0f * x, -0.0f);
    float less = (decay.power - 1.0f) + decay.power * decay.near;
    return f32_with_sign(less / (2.0f + less), x);
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
    f32_decay decay = f32_decay_abs(2.0f * x, 2.0f * low);
    float w = 1.0f / (1.0f + decay.m * (2.0f + decay.m));
    return f32_times_decay(4.0f * v, decay.first, decay, x) * w;
}

F32_INLINE float f32_sech2(float x)
{
    return f32_sech2_of(1.0f, x, -0.0f);
}

/* tanh(softplus(x)) = n w, n = e^x (e^x + 2), w = 1 / (n + 2); for x > 0 n and 1 / w are divided by e^2x, against
 * overflow. */
F32_INLINE float f32_softplus_reciprocal(float x, float t)
{
    float constant = x > 0 ? 1.0f : 2.0f, factor = x > 0 ? 2.0f : 1.0f;
    return 1.0f / (factor * (t * t) + (constant + 2.0f * t));
}

F32_INLINE float f32_tanh_softplus_of(float v, float x, float low)
{
    f32_decay decay = f32_decay_abs(x, low);
    float t = decay.m;
    float above = x > 0 ? v * (1.0f + 2.0f * t) : f32_times_decay(v, decay.first * (t + 2.0f), decay, x);
    return above * f32_softplus_reciprocal(x, t);
}

F32_INLINE float f32_tanh_softplus(float x)
{
    return f32_tanh_softplus_of(1.0f, x, -0.0f);
}

/* sech2(softplus(x)) = (1 - tanh)(1 + tanh) = r (2 - r), r = 2 e^-2x w for x > 0, 2 w for x <= 0. */
F32_INLINE float f32_sech2_softplus_of(float v, float x, float low)
{
    f32_decay decay = f32_decay_abs(x, low);
    float w = f32_softplus_reciprocal(x, decay.m);
    float first = decay.first + decay.first * decay.near; /* e^-2x without rounding twice */
    float above = x > 0 ? f32_times_decay(4.0f * v, first, decay, x) * decay.power : 4.0f * v;
    float half = (x > 0 ? decay.m * decay.m : 1.0f) * w;
    return above * (w - half * w);
}

/* sech2(softplus(x)) sigmoid(x) = 4 t (1 + t) w^2 for x <= 0, t = e^-|x|, and t times that for x > 0 */
F32_INLINE float f32_tanh_softplus_slope_of(float v, float x, float low)
{
    f32_decay decay = f32_decay_abs(x, low);
    float w = f32_softplus_reciprocal(x, decay.m), sum = 1.0f + decay.m;
    return f32_times_decay(v, 4.0f * decay.first * (x > 0 ? sum * decay.m : sum) * w * w, decay, x);
}

F32_INLINE float f32_sech2_softplus(float x)
{
    return f32_sech2_softplus_of(1.0f, x, -0.0f);
}

/* --- logarithm family --------------------------------------------------------------------------------------------- */

/* ln(1 + f) for sqrt(1/2) - 1 <= f <= sqrt(2) - 1, plus n ln 2, n given as 2^23 n. */
F32_INLINE float f32_log_core(float f, float n)
{
    float q =
        0x1.23cf72p-3f + f * (-0x1.fce37ap-4f + f * (0x1.dec8ccp-4f + f * (-0x1.d6d10ep-4f + f * 0x1.1dedf8p-4f)));
    q = 0x1.555554p-2f + f * (-0x1.fffffcp-3f + f * (0x1.999d6ep-3f + f * (-0x1.555b8ap-3f + f * q)));
    float tail = f * f * (f * q - 0.5f);
    return (f + (tail + n * 0x1.7f7d1cp-43f)) + n * 0x1.62e4p-24f; /* ln 2 in two parts; n times the second is exact */
}

/* The exponent n of u = m 2^n, sqrt(1/2) <= m < sqrt(2), in the place that it has in a float. */
F32_INLINE unsigned f32_exponent(float u)
{
    return (f32_bits(u) - 0x3f3504f3u) & 0xff800000u;
}

F32_INLINE float f32_log(float x)
{
    int tiny = x < 0x1p-126f;
    float scaled = tiny ? x * 0x1p+23f : x;
    unsigned n = f32_exponent(scaled);
    float m = f32_from_bits(f32_bits(scaled) - n);
    float result = f32_log_core(m - 1.0f, (float)(int)n - (tiny ? 0x1.7p+27f : 0.0f)); /* 23 * 2^23 */
    result = x > 0 ? result : x == 0 ? -__builtin_inff() : __builtin_nanf("");
    return x < __builtin_inff() ? result : x; /* infinity and NaN */
}

/* With u = 1 + x = m 2^n, f = x 2^-n + (2^-n - 1) has one rounding, where m - 1 would have lost what u has lost. */
F32_INLINE float f32_log1p(float x)
{
    float u = 1.0f + x;
    unsigned n = f32_exponent(u);
    float scale = f32_from_bits(0x40800000u - n); /* 4 * 2^-n, which is no denormal */
    float f = 0.25f * x * scale + (0.25f * scale - 1.0f);
    float result = f32_log_core(f, (float)(int)n);
    result = u > 0 ? result : u == 0 ? -__builtin_inff() : __builtin_nanf("");
    result = u < __builtin_inff() ? result : u;
    return __builtin_fabsf(x) < 0x1p-26f ? x : result;
}

/* ln(1 + t) / t - 1 for 0 <= t <= 1. */
F32_INLINE float f32_log1p_rest(float t)
{
    float s = t * t;
    float low = 0x1.92b43p-3f + t * -0x1.38b908p-3f, high = 0x1.afdde8p-4f + t * -0x1.cdd008p-5f;
    float p = low + s * (high + s * (0x1.402f4cp-6f + t * -0x1.a04acap-9f));
    return t * (-0x1.ffffb8p-2f + t * (0x1.554bd6p-2f + t * (-0x1.ff0254p-3f + t * p)));
}

F32_INLINE float f32_softplus_of(float v, float x, float low)
{
    f32_decay decay = f32_decay_abs(x, low);
    float rest = f32_log1p_rest(decay.m);
    return x > 0 ? v * (x + (decay.m + decay.m * rest + low))
                 : f32_times_decay(v, decay.first + decay.first * rest, decay, x);
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

/* From where on e^(-scale x^2) has gone, for scale 1 or 1/2. */
F32_INLINE float f32_gaussian_reach(float scale)
{
    return scale == 1.0f ? 13.19f : 18.65f;
}

/* e^(-scale (x + low)^2) for scale 1 or 1/2. What the square loses enters as a correction; without fused multiply-add,
 * that of the leading 12 bits is exact. */
F32_INLINE f32_decay f32_gaussian_parts(float x, float low, float scale)
{
    float a = f32_bounded(__builtin_fabsf(x), f32_gaussian_reach(scale));
#ifdef F32_FUSED
    float square = a * a;
    float lost = __builtin_fmaf(a, a, -square);
#else
    float head = f32_from_bits(f32_bits(a) & 0xfffff000u);
    float square = head * head;
    float lost = (a - head) * (a + head);
#endif
    if (!(__builtin_constant_p(low) && low == 0))
        lost += 2.0f * a * f32_low_of_abs(x, low);
    return f32_decay_of(scale * square, scale * lost);
}

F32_INLINE float f32_gaussian_of(float v, float x, float low)
{
    f32_decay decay = f32_gaussian_parts(x, low, 1.0f);
    return f32_times_decay(v, decay.first, decay, x);
}

F32_INLINE float f32_gaussian(float x)
{
    return f32_gaussian_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_normal_pdf_of(float v, float x, float low)
{
    f32_decay decay = f32_gaussian_parts(x, low, 0.5f);
    return f32_times_decay(v, 0x1.988454p-2f * decay.first, decay, x);
}

F32_INLINE float f32_normal_pdf(float x)
{
    return f32_normal_pdf_of(1.0f, x, -0.0f);
}

/* 1 / (z + k) for 0 <= z, without the rounding of the sum. */
F32_INLINE float f32_reciprocal_sum(float z, float k)
{
    float sum = z + k;
    float lost = z - (sum - k); /* both differences are exact */
    float w = 1.0f / sum;
    return w - w * (lost * w);
}

/* S(q) of P(Z > z) = e^(-z^2/2) w S(q) for z >= 0, w = 1 / (z + 4), q = (z - 4) w, which 2 z w - 1 gives with fewer
 * errors where S is steep. */
F32_INLINE float f32_normal_upper(float z, float w)
{
    float q = 2.0f * z * w - 1.0f, s = q * q;
    float even =
        0x1.82b4bcp-1f + s * (0x1.8c6d9ap-2f + s * (0x1.eed27ep-5f + s * (-0x1.cb3b6p-9f + s * 0x1.4ee354p-13f)));
    float odd =
        -0x1.373e36p-1f + s * (-0x1.7e00c8p-3f + s * (-0x1.eca54ap-8f + s * (0x1.98cdb2p-10f + s * -0x1.25048cp-13f)));
    return even + q * odd;
}

F32_INLINE float f32_normal_cdf_of(float v, float x, float low)
{
    float z = f32_bounded(__builtin_fabsf(x), f32_gaussian_reach(0.5f));
    f32_decay decay = f32_gaussian_parts(x, low, 0.5f);
    float w = f32_reciprocal_sum(z, 4.0f);
    float upper = w * f32_normal_upper(z, w);
    return x < 0 ? f32_times_decay(v, upper * decay.first, decay, x) : v * (1.0f - upper * decay.m);
}

F32_INLINE float f32_normal_cdf(float x)
{
    return f32_normal_cdf_of(1.0f, x, -0.0f);
}

/* S(q) of erfc(a) = e^(-a^2) w S(q) for a >= 0, w = 1 / (a + 3), q = (a - 3) w. */
F32_INLINE float f32_erfc_positive(float a, float w)
{
    float q = 2.0f * a * w - 1.0f, s = q * q;
    float even =
        0x1.12f21ep+0f + s * (0x1.2e327p-1f + s * (0x1.e9956ep-4f + s * (-0x1.4138d6p-10f + s * -0x1.f2c1e4p-12f)));
    float odd =
        -0x1.c44c4ap-1f + s * (-0x1.3dea96p-2f + s * (-0x1.b7d6a4p-6f + s * (0x1.95356cp-9f + s * -0x1.543f1ep-12f)));
    return even + q * odd;
}

/* erf(x) / x - 1 in x^2, for |x| < 0.92. */
F32_INLINE float f32_erf_tail(float t)
{
    float p = 0x1.ce19c4p-4f + t * (-0x1.b68054p-6f + t * (0x1.46f3f4p-8f - t * 0x1.38dbe4p-11f));
    return 0x1.06eba6p-3f + t * (-0x1.8126e2p-2f + t * p);
}

F32_INLINE float f32_erfc_of(float v, float x, float low)
{
    float a = f32_bounded(__builtin_fabsf(x), f32_gaussian_reach(1.0f));
    f32_decay decay = f32_gaussian_parts(x, low, 1.0f);
    float w = f32_reciprocal_sum(a, 3.0f);
    float upper = w * f32_erfc_positive(a, w);
    return x < 0 ? v * (2.0f - upper * decay.m) : f32_times_decay(v, upper * decay.first, decay, x);
}

F32_INLINE float f32_erfc(float x)
{
    return f32_erfc_of(1.0f, x, -0.0f);
}

F32_INLINE float f32_erf(float x)
{
    float a = f32_bounded(__builtin_fabsf(x), f32_gaussian_reach(1.0f));
    f32_decay decay = f32_gaussian_parts(x, -0.0f, 1.0f);
    float w = 1.0f / (a + 3.0f);
    float outer = f32_with_sign(1.0f - decay.m * (w * f32_erfc_positive(a, w)), x);
    return a < 0.92f ? x + x * f32_erf_tail(x * x) : outer;
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
    float y = __builtin_fmaf(-n, 0x1.921fb4p+1f, bounded); /* exact where the result is small */
    y = __builtin_fmaf(-n, 0x1.4442dp-23f, y) + rest;      /* no part is negative: -0 stays */
    y = __builtin_fmaf(-n, 0x1.846988p-47f, y);
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

/* The same for a number u of a few bits, without regard to which is larger. */
F32_INLINE float f32_sum_low_of_number(float u, float v, float sum)
{
    return v - (sum - u);
}

/* The low part of an argument x. Where |x| < 2^20 it is below this bound; beyond, no function needs it any more, and an
 * infinite x has NaN for it. */
F32_INLINE float f32_low(float low)
{
    return __builtin_fabsf(low) < 0x1p-4f ? low : 0.0f;
}

/* --- general power, whose logarithm has two parts because its error is multiplied by y ------------------------------
 */

/* (log2((1 + s) / (1 - s)) - 2 s / ln 2) / s^3 in t = s^2, for (1 + s) / (1 - s) up to sqrt(2). */
F32_INLINE float f32_log2_tail(float t)
{
    return 0x1.ec709ep-1f + t * (0x1.2776c4p-1f + t * (0x1.a618a4p-2f + t * (0x1.47d53p-2f + t * 0x1.1e261ep-2f)));
}

/* log2(d) = high + low for d > 0. */
typedef struct f32_logarithm {
    float high, low;
} f32_logarithm;

F32_INLINE f32_logarithm f32_log2_pair(float d)
{
    float scaled = d < 0x1p-126f ? d * 0x1p+24f : d;
    unsigned bits = f32_exponent(scaled);
    float n = (float)(int)bits * 0x1p-23f - (d < 0x1p-126f ? 24.0f : 0.0f);
    float f = f32_from_bits(f32_bits(scaled) - bits) - 1.0f;
    float below = 2.0f + f, lost = f - (below - 2.0f), w = 1.0f / below;
    float s = f * w, s_low = -(f32_product_low(s, below, f) + s * lost) * w, t = s * s;
    float first = s * 0x1.715476p+1f;
    float rest = f32_product_low(s, 0x1.715476p+1f, first) + (s * 0x1.4ae0cp-25f + s_low * 0x1.715476p+1f);
    float sum = n + first, sum_low = (first - (sum - n)) + (rest + s * t * f32_log2_tail(t));
    f32_logarithm result;
    result.high = sum + sum_low;
    result.low = sum_low - (result.high - sum);
    return result;
}

/* 2^(p + low) for |p| <= 200. */
F32_INLINE float f32_exp2_pair(float p, float low)
{
    const float shift = 0x1.8p+23f + (float)F32_TWO_BIASES;
    float shifted = p + shift, r = (p - (shifted - shift)) + low;
    f32_powers powers = f32_split_power(shifted);
    return (powers.first + powers.first * f32_expm1_near(r * 0x1.62e43p-1f)) * powers.second;
}

/* The integer nearest to x. */
F32_INLINE float f32_round(float x)
{
    float shift = f32_with_sign(0x1p+23f, x);
    return __builtin_fabsf(x) < 0x1p+23f ? (x + shift) - shift : x;
}

/* Choices one after the other rather than nested, and of numbers: a compiler makes vector code of these. */
F32_INLINE float f32_pow(float x, float y)
{
    float d = __builtin_fabsf(x), exponent = f32_within(y, 0x1.fffffep+127f);
    f32_logarithm logarithm = f32_log2_pair(d);
    float high = d < __builtin_inff() ? logarithm.high : d;
    high = d == 0 ? -__builtin_inff() : high;
    float p = exponent * high;
    float low = f32_product_low(exponent, high, p) + exponent * logarithm.low;
    low = __builtin_fabsf(p) < 200.0f ? low : 0.0f;
    p = y == 0 ? 0.0f : p;
    p = x == 1 ? 0.0f : p;
    float result = f32_exp2_pair(f32_within(p, 200.0f), low);
    float whole = f32_round(y), half = 0.5f * y;
    float mirrored = f32_round(half) == half ? 0.0f : x; /* whose sign the result has */
    mirrored = whole == y ? mirrored : 0.0f;
    float outside = whole == y ? 0.0f : x; /* where there is no result left of 0 */
    outside = outside > -__builtin_inff() ? outside : 0.0f;
    result = f32_from_bits(f32_bits(result) | (f32_bits(mirrored) & 0x80000000u));
    return outside < 0 ? __builtin_nanf("") : result;
}

#endif

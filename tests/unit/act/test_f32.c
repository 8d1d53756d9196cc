/* The float32 primitives against libm in double: every row of primitives.def, so that a new one is tested at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "act/expression.h"
#include "act/f32.h"
#include "act/sample.h"
#include "ulp.h"

typedef float (*function)(float x);

#define OG_FUNCTION(op, name, derivative, reference)                                                                   \
    static float call_##name(float x)                                                                                  \
    {                                                                                                                  \
        return f32_##name(x);                                                                                          \
    }
#define OG_OPERATOR(op, arity, reference, code)
#include "act/primitives.def"
#undef OG_FUNCTION

static double reach(const char *name)
{
    return strcmp(name, "sin") == 0 || strcmp(name, "cos") == 0 ? 0x1p+22 : INFINITY;
}

static float samples[SAMPLE_MAX];
static size_t sample_count;

static void check_function(og__op op, function f)
{
    const char *name = og__op_name(op);
    double worst = 0, worst_tiny = 0;
    float at = 0;
    for (size_t i = 0; i < sample_count; i++) {
        float x = samples[i], y = f(x);
        double truth = og__op_evaluate(op, (double)x, 0, 0);
        if (isfinite(x) && fabs((double)x) > reach(name))
            continue;
        double error = ulp_error(y, truth);
        if (fabs(truth) < (double)FLT_MIN)
            worst_tiny = fmax(worst_tiny, error);
        else if (error > worst) {
            worst = error;
            at = x;
        }
        if (!isnan(truth) && truth != 0 && !signbit(truth) != !signbit(y))
            fail_msg("%s(%.9g) = %g has the wrong sign", name, (double)x, (double)y);
    }
    print_message("# %-15s worst %.2f ulp at %.9g; %.2f of the smallest denormal below\n", name, worst, (double)at,
                  worst_tiny);
    assert_true(worst <= 4);
    assert_true(worst_tiny <= 4);
}

static void test_functions(void **state)
{
    (void)state;
    sample_count = sample_floats(samples);
#define OG_FUNCTION(op, name, derivative, reference) check_function(OG_OP_##op, call_##name);
#include "act/primitives.def"
#undef OG_FUNCTION
}

/* Odd functions keep the sign of zero, and the others are exact there. */
static void test_zeros(void **state)
{
    (void)state;
    static const function odd[] = {call_expm1, call_log1p, call_tanh,  call_erf,
                                   call_sin,   call_atan,  call_asinh, call_sign};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        assert_true(odd[i](0.0f) == 0 && !signbit(odd[i](0.0f)));
        assert_true(odd[i](-0.0f) == 0 && signbit(odd[i](-0.0f)));
    }
    assert_true(f32_exp(0.0f) == 1 && f32_exp(-0.0f) == 1 && f32_sigmoid(-0.0f) == 0.5f && f32_cos(0.0f) == 1);
    assert_true(f32_sech2(0.0f) == 1 && f32_gaussian(0.0f) == 1 && f32_normal_cdf(0.0f) == 0.5f &&
                f32_erfc(-0.0f) == 1);
}

static void test_min_max_pass_nan_on(void **state)
{
    (void)state;
    assert_true(isnan(f32_max(NAN, 1)) && isnan(f32_max(1, NAN)) && isnan(f32_min(NAN, 1)) && isnan(f32_min(1, NAN)));
    assert_true(f32_max(-INFINITY, 3) == 3 && f32_min(INFINITY, 3) == 3);
    assert_true(isnan(f32_sign(NAN)));
}

/* The tolerance: 1/2 unit of the last rounding, and of each of the steps before it rather less. */
static void test_pow(void **state)
{
    static const float bases[] = {0.0f,  -0.0f,  1.0f,  -1.0f,    2.0f,      -2.0f, 0.3f,
                                  -0.3f, 1e-40f, 1e30f, INFINITY, -INFINITY, NAN};
    static const float exponents[] = {0.0f,  1.0f,  -1.0f, 2.0f,        3.0f,     -3.0f, 0.5f,
                                      -0.5f, 7.25f, 1e6f,  16777217.0f, INFINITY, NAN};
    og__random random = og__random_at(3, OG_STREAM_TEST, 0);
    (void)state;
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++)
        for (size_t k = 0; k < sizeof exponents / sizeof exponents[0]; k++) {
            float x = bases[i], y = exponents[k];
            if (ulp_error(f32_pow(x, y), pow((double)x, (double)y)) > 1)
                fail_msg("%g ^ %g = %g, not %g", (double)x, (double)y, (double)f32_pow(x, y),
                         pow((double)x, (double)y));
        }
    for (int i = 0; i < 200000; i++) {
        float x = ldexpf(1 + og__random_uniform(&random), (int)og__random_below(&random, 60) - 30);
        float y = 40 * og__random_uniform(&random) - 20;
        assert_true(ulp_error(f32_pow(x, y), pow((double)x, (double)y)) <= 1.5);
    }
}

/* A product and a sum of floats are the sum of two floats, to the last bit where nothing is a denormal. */
static void test_low_parts(void **state)
{
    og__random random = og__random_at(4, OG_STREAM_TEST, 0);
    (void)state;
    for (int i = 0; i < 200000; i++) {
        float u = ldexpf(2 * og__random_uniform(&random) - 1, (int)og__random_below(&random, 40) - 20);
        float v = ldexpf(2 * og__random_uniform(&random) - 1, (int)og__random_below(&random, 8) - 4);
        float product = u * v, sum = u + v;
        if ((double)product + (double)f32_product_low(u, v, product) != (double)u * (double)v)
            fail_msg("%a * %a", (double)u, (double)v);
        if ((double)sum + (double)f32_sum_low(u, v, sum) != (double)u + (double)v)
            fail_msg("%a + %a", (double)u, (double)v);
    }
    assert_true(f32_low(1e-7f) == 1e-7f && f32_low(-1e-7f) == -1e-7f && f32_low(1e9f) == 0);
    assert_true(f32_low(-1e9f) == 0 && f32_low(NAN) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions), cmocka_unit_test(test_zeros),     cmocka_unit_test(test_min_max_pass_nan_on),
        cmocka_unit_test(test_pow),       cmocka_unit_test(test_low_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The loop frames and the executors: built-in, compiled and interpreted code of every instruction set agree, and the
 * sums of the backward pass are right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/facts.h>

#include "act/act.h"
#include "act/cache.h"
#include "act/sample.h"
#include "kernel/activate.h"
#include "near.h"
#include "ulp.h"

enum { PIXELS = 777, LANES_MAX = 16, FLOATS = PIXELS * LANES_MAX };

/* Formulas beside the catalogue: every operator, parameters, many steps. */
static const char *const formulas[] = {
    "x*sin(x)/(1 + x^2)",
    "where(x > 0, x, a*x) + b*tanh(x); a = learn(0.1, channel), b = learn(0.5)",
    "min(max(x, -1), a) - abs(x)^1.7*0.01 + (x < 0.5)*(x >= -0.5)*(x != 0); a = 2",
    "w*relu(x) + (1 - w)*mish(x) + sign(x)*0.1; w = learn(0.3)",
    "erfc(x)*cos(x) + erf(x)*atan(x) + asinh(x) + gaussian(x) + expm1(-x*x) + log1p(x*x) + rsqrt(1 + x*x) + sqrt(abs(x) + 1)",
    "silu(silu(silu(x))) + (x == 1) + (x <= 0)*0.5",
    "log(x^2 + 1)^2 - abs(x)^a; a = 3",
};

typedef struct arrays {
    float src[FLOATS], dst[FLOATS], d[FLOATS];
    float scale[LANES_MAX], shift[LANES_MAX], center[LANES_MAX];
    float params[OG_ACT_PARAMS_MAX][LANES_MAX], sums[2 + OG_ACT_PARAMS_MAX][LANES_MAX];
} arrays;

static arrays make_arrays(const og_act *act)
{
    static arrays a;
    og__random random = og__random_at(5, OG_STREAM_TEST, 0);
    memset(&a, 0, sizeof a);
    for (int i = 0; i < FLOATS; i++) {
        a.src[i] = og__random_normal(&random);
        a.d[i] = og__random_normal(&random);
    }
    for (int lane = 0; lane < LANES_MAX; lane++) {
        a.scale[lane] = 0.5f + 0.1f * (float)lane;
        a.shift[lane] = 0.3f - 0.05f * (float)lane;
        a.center[lane] = 0.02f * (float)lane;
        for (size_t k = 0; k < act->param_count; k++) /* another value in every channel */
            a.params[k][lane] = act->params[k].value * (1 + 0.05f * (float)lane);
        for (int k = 0; k < 2 + OG_ACT_PARAMS_MAX; k++)
            a.sums[k][lane] = 1; /* sums are added to */
    }
    return a;
}

static void run(const og__act_kernel *kernel, arrays *a, bool learn, bool in_place)
{
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(kernel, &self);
    const float *params[OG_ACT_PARAMS_MAX];
    float *param_sums[OG_ACT_PARAMS_MAX];
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++) {
        params[k] = a->params[k];
        param_sums[k] = a->sums[2 + k];
    }
    og__act_block block = {a->scale, a->shift, params};
    og__act_sums sums = {a->sums[0], a->sums[1], a->center, learn ? param_sums : NULL};
    if (in_place)
        memcpy(a->dst, a->src, sizeof a->src);
    frames->forward(self, PIXELS, in_place ? a->dst : a->src, a->dst, &block);
    frames->backward_reduce(self, PIXELS, a->src, a->d, &block, &sums);
}

static double evaluate(const og_act *act, og__expr root, double z, const arrays *a, int lane)
{
    static double work[4096];
    double params[OG_ACT_PARAMS_MAX], value;
    assert_true(act->graph.count <= 4096);
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)a->params[k][lane];
    og__evaluate(&act->graph, 1, &root, (const double[OG_INPUT_COUNT]){z}, params, work, &value);
    return value;
}

/* Against the definition, in double. Tolerances: a few roundings of terms of size up to 10, of z itself, and in sums
 * of 64 floats. */
static void check_against_definition(const og_act *act, const og__act_kernel *kernel, int lanes, bool learn)
{
    arrays before = make_arrays(act), after = before;
    run(kernel, &after, learn, false);
    double sums[2 + OG_ACT_PARAMS_MAX][LANES_MAX] = {{0}}, sizes[2 + OG_ACT_PARAMS_MAX][LANES_MAX] = {{0}};
    for (int i = 0; i < PIXELS * lanes; i++) {
        int lane = i % lanes;
        double src = (double)before.src[i], d = (double)before.d[i];
        double z = (double)(float)(src * (double)before.scale[lane] + (double)before.shift[lane]);
        double y = evaluate(act, act->value, z, &before, lane), dz = d * evaluate(act, act->slope, z, &before, lane);
        assert_near((double)after.dst[i], y, 2e-6 * fmax(1, fabs(y)));
        assert_near((double)after.d[i], dz, 6e-6 * fmax(1, fabs(dz)));
        double terms[2 + OG_ACT_PARAMS_MAX] = {dz, dz * (src - (double)before.center[lane])};
        for (size_t k = 0; k < act->param_count; k++)
            terms[2 + k] = d * evaluate(act, act->by_param[k], z, &before, lane);
        for (size_t k = 0; k < 2 + act->param_count; k++) {
            sums[k][lane] += terms[k];
            sizes[k][lane] += fabs(terms[k]);
        }
    }
    for (size_t k = 0; k < 2 + act->param_count; k++)
        for (int lane = 0; lane < lanes; lane++)
            if (k < 2 || learn)
                assert_near((double)after.sums[k][lane], 1 + sums[k][lane], 1e-3 + 3e-6 * sizes[k][lane]);
            else
                assert_true(after.sums[k][lane] == 1); /* not asked for */
}

static void assert_same_bits(const char *text, const og__act_kernel *one, const og__act_kernel *other,
                             const og_act *act, int lanes)
{
    size_t bytes = sizeof(float) * PIXELS * (size_t)lanes;
    arrays a = make_arrays(act), b = a;
    run(one, &a, true, false);
    run(other, &b, true, true);
    if (memcmp(a.dst, b.dst, bytes) != 0 || memcmp(a.d, b.d, bytes) != 0 || memcmp(a.sums, b.sums, sizeof a.sums) != 0)
        fail_msg("'%s': bits differ", text);
}

static og__act_kernel *open_kernel(const og_act *act, og__executor executor, og__isa isa)
{
    og__act_kernel *kernel;
    if (og__act_kernel_open(act, executor, isa, &kernel) != OG_OK)
        fail_msg("'%s': %s", og_act_text(act), og_error_text());
    assert_int_equal(og__act_kernel_executor(kernel), executor);
    return kernel;
}

static bool have_compiler(void)
{
    return system("cc --version > /dev/null 2>&1") == 0;
}

static void check_formula(const char *text, bool in_catalogue)
{
    og_act *act;
    assert_int_equal(og_act_parse(text, &act), OG_OK);
    for (og__isa isa = OG_ISA_BASELINE; isa <= og__cpu_isa(); isa++) {
        int lanes = og__isa_lanes(isa);
        og__act_kernel *interpreted = open_kernel(act, OG_EXECUTOR_INTERPRETER, isa);
        check_against_definition(act, interpreted, lanes, true);
        check_against_definition(act, interpreted, lanes, false);
        if (in_catalogue) {
            og__act_kernel *built_in = open_kernel(act, OG_EXECUTOR_BUILT_IN, isa);
            check_against_definition(act, built_in, lanes, true);
            check_against_definition(act, built_in, lanes, false);
            assert_same_bits(text, built_in, built_in, act, lanes); /* in place or not */
            og__act_kernel_close(built_in);
        }
        if (have_compiler() && (!in_catalogue || isa == og__cpu_isa())) {
            og__act_kernel *compiled = open_kernel(act, OG_EXECUTOR_COMPILED, isa);
            check_against_definition(act, compiled, lanes, true);
#if defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
            if (in_catalogue) { /* the same compiler and flags: the same bits */
                og__act_kernel *built_in = open_kernel(act, OG_EXECUTOR_BUILT_IN, isa);
                assert_same_bits(text, built_in, compiled, act, lanes);
                og__act_kernel_close(built_in);
            }
#endif
            og__act_kernel_close(compiled);
        }
        og__act_kernel_close(interpreted);
    }
    og_act_free(act);
}

static void test_catalogue_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < og_act_entry_count(); i++)
        check_formula(og_act_entry_at(i)->id, true);
}

static void test_formula_frames(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++)
        check_formula(formulas[i], false);
}

/* What is typed as a formula but is a row of the catalogue runs built in, with the same bits. */
static void test_typed_catalogue_formula(void **state)
{
    static const char *const pairs[][2] = {
        {"silu", "x/(1 + exp(-x))"},
        {"mish", "x*tanh(log(1 + exp(x)))"},
        {"leaky_relu", "where(x > 0, x, slope*x); slope = 0.01"},
        {"gelu", "0.5*x*(1 + erf(x/sqrt(2)))"},
        {"relu", "max(0, x)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        og_act *named, *typed;
        og__act_kernel *one, *other;
        assert_int_equal(og_act_parse(pairs[i][0], &named), OG_OK);
        assert_int_equal(og_act_parse(pairs[i][1], &typed), OG_OK);
        one = open_kernel(named, OG_EXECUTOR_BUILT_IN, og__cpu_isa());
        assert_int_equal(og__act_kernel_open(typed, OG_EXECUTOR_AUTO, og__cpu_isa(), &other), OG_OK);
        assert_int_equal(og__act_kernel_executor(other), OG_EXECUTOR_BUILT_IN);
        assert_same_bits(pairs[i][1], one, other, named, og__isa_lanes(og__cpu_isa()));
        og__act_kernel_close(one);
        og__act_kernel_close(other);
        og_act_free(named);
        og_act_free(typed);
    }
}

/* Long runs must not lose what a float sum loses: 2^20 equal terms. */
static void test_long_sums(void **state)
{
    enum { LONG = 1 << 20 };
    og_act *act;
    const void *self;
    (void)state;
    assert_int_equal(og_act_parse("prelu", &act), OG_OK);
    int lanes = og__isa_lanes(og__cpu_isa());
    size_t count = (size_t)LONG * (size_t)lanes;
    float *src = NULL, *d = NULL;
    assert_int_equal(posix_memalign((void **)&src, 64, count * sizeof *src), 0);
    assert_int_equal(posix_memalign((void **)&d, 64, count * sizeof *d), 0);
    for (og__executor executor = OG_EXECUTOR_BUILT_IN; executor <= OG_EXECUTOR_INTERPRETER; executor += 2) {
        og__act_kernel *kernel = open_kernel(act, executor, og__cpu_isa());
        float scale[LANES_MAX], shift[LANES_MAX] = {0}, center[LANES_MAX] = {0}, slope[LANES_MAX];
        float dz[LANES_MAX] = {0}, dz_src[LANES_MAX] = {0}, by_slope[LANES_MAX] = {0};
        for (int lane = 0; lane < LANES_MAX; lane++) {
            scale[lane] = 1;
            slope[lane] = 0.25f;
        }
        for (size_t i = 0; i < count; i++) {
            src[i] = -0.1f;
            d[i] = 0.3f;
        }
        og__act_block block = {scale, shift, (const float *const[]){slope}};
        og__act_sums sums = {dz, dz_src, center, (float *const[]){by_slope}};
        og__act_kernel_frames(kernel, &self)->backward_reduce(self, LONG, src, d, &block, &sums);
        for (int lane = 0; lane < lanes; lane++) {
            assert_near((double)dz[lane] / LONG, 0.075, 1e-7);
            assert_near((double)dz_src[lane] / LONG, -0.0075, 1e-8);
            assert_near((double)by_slope[lane] / LONG, -0.03, 5e-8);
        }
        og__act_kernel_close(kernel);
    }
    free(src);
    free(d);
    og_act_free(act);
}

/* NaN from a diverged network must stay visible, and +-infinity must not become one where there is a limit. */
static void test_special_values(void **state)
{
    (void)state;
    const float x[] = {NAN, INFINITY, -INFINITY};
    float y[3], dy[3];
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        og_act *act;
        assert_int_equal(og_act_parse(og_act_entry_at(i)->id, &act), OG_OK);
        assert_int_equal(og_act_eval(act, 3, x, y, dy, NULL), OG_OK);
        if (!isnan(y[0]))
            fail_msg("%s hides a NaN", og_act_id(act));
        og_act_facts facts;
        assert_int_equal(og_act_analyse(act, &facts), OG_OK);
        if (!isnan(y[1]) && !isnan(facts.right.limit))
            assert_true((double)y[1] == facts.right.limit || fabs((double)y[1] - facts.right.limit) < 1e-6);
        og_act_free(act);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue_frames),        cmocka_unit_test(test_formula_frames),
        cmocka_unit_test(test_typed_catalogue_formula), cmocka_unit_test(test_long_sums),
        cmocka_unit_test(test_special_values),
    };
    return cmocka_run_group_tests(tests, make_cache, remove_cache);
}

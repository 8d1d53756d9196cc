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
    "x*sigmoid(gate)",
    "max(x, funnel)*a + tanh(gate2)*gate - gate3*x; a = learn(0.7)",
    "max(mirror, 0) + 0.1*mirror*gate",
    "where(x > 0, x, (0.1 + 0.2*noise)*x*b); b = learn(1, channel)",
};

typedef struct arrays {
    float src[OG_INPUT_COUNT][FLOATS], dst[FLOATS], d[OG_INPUT_COUNT][FLOATS]; /* by operand */
    float scale[OG_INPUT_COUNT][LANES_MAX], shift[OG_INPUT_COUNT][LANES_MAX], center[OG_INPUT_COUNT][LANES_MAX];
    float dz[OG_INPUT_COUNT][LANES_MAX], dz_src[OG_INPUT_COUNT][LANES_MAX];
    float params[OG_ACT_PARAMS_MAX][LANES_MAX], param_sums[OG_ACT_PARAMS_MAX][LANES_MAX];
} arrays;

static void make_arrays(const og_act *act, arrays *a)
{
    og__random random = og__random_at(5, OG_STREAM_TEST, 0);
    memset(a, 0, sizeof *a);
    for (int i = 0; i < FLOATS; i++)
        a->d[0][i] = og__random_normal(&random);
    for (int operand = 0; operand < OG_INPUT_COUNT; operand++) {
        for (int i = 0; i < FLOATS; i++)
            a->src[operand][i] = og__random_normal(&random);
        for (int lane = 0; lane < LANES_MAX; lane++) {
            a->scale[operand][lane] = 0.5f + 0.1f * (float)((lane + operand) % LANES_MAX);
            a->shift[operand][lane] = 0.3f - 0.05f * (float)lane;
            a->center[operand][lane] = 0.02f * (float)(lane - operand);
            a->dz[operand][lane] = a->dz_src[operand][lane] = 1; /* sums are added to */
        }
    }
    og_input operands[OG_INPUT_COUNT];
    int last = og__act_operands(act, operands) - 1;
    for (int lane = 0; operands[last] == OG_INPUT_NOISE && lane < LANES_MAX; lane++) {
        a->scale[last][lane] = 0.1f; /* small enough for what a formula divides by */
        a->shift[last][lane] = 0.5f;
    }
    for (int lane = 0; lane < LANES_MAX; lane++)
        for (size_t k = 0; k < OG_ACT_PARAMS_MAX; k++) { /* another value in every channel */
            a->params[k][lane] = k < act->param_count ? act->params[k].value * (1 + 0.05f * (float)lane) : 0;
            a->param_sums[k][lane] = 1;
        }
}

static void run(const og__act_kernel *kernel, arrays *a, bool learn, bool in_place)
{
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(kernel, &self);
    const float *params[OG_ACT_PARAMS_MAX], *src[OG_INPUT_COUNT], *scale[OG_INPUT_COUNT], *shift[OG_INPUT_COUNT];
    const float *center[OG_INPUT_COUNT];
    float *param_sums[OG_ACT_PARAMS_MAX], *d[OG_INPUT_COUNT], *dz[OG_INPUT_COUNT], *dz_src[OG_INPUT_COUNT];
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++) {
        params[k] = a->params[k];
        param_sums[k] = a->param_sums[k];
    }
    for (int i = 0; i < OG_INPUT_COUNT; i++) {
        src[i] = a->src[i];
        scale[i] = a->scale[i];
        shift[i] = a->shift[i];
        center[i] = a->center[i];
        d[i] = a->d[i];
        dz[i] = a->dz[i];
        dz_src[i] = a->dz_src[i];
    }
    og__act_block block = {scale, shift, params};
    og__act_sums sums = {dz, dz_src, center, learn ? param_sums : NULL};
    if (in_place)
        src[0] = memcpy(a->dst, a->src[0], sizeof a->dst);
    frames->forward(self, PIXELS, src, a->dst, &block);
    src[0] = a->src[0];
    frames->backward_reduce(self, PIXELS, src, d, &block, &sums);
}

static double evaluate(const og_act *act, og__expr root, const double *inputs, const arrays *a, int lane)
{
    static double work[4096];
    double params[OG_ACT_PARAMS_MAX], value;
    assert_true(act->graph.count <= 4096);
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)a->params[k][lane];
    og__evaluate(&act->graph, 1, &root, inputs, params, work, &value);
    return value;
}

/* A sum over the pixels, and of its terms' magnitudes. */
typedef struct summed {
    double sum[LANES_MAX], size[LANES_MAX];
} summed;

static void add_term(summed *to, int lane, double term)
{
    to->sum[lane] += term;
    to->size[lane] += fabs(term);
}

static void assert_summed(const float *found, const summed *want, int lanes, bool asked_for)
{
    for (int lane = 0; lane < lanes; lane++)
        if (asked_for)
            assert_near((double)found[lane], 1 + want->sum[lane], 1e-3 + 3e-6 * want->size[lane]);
        else
            assert_true(found[lane] == 1);
}

/* Against the definition, in double. Tolerances: a few roundings of terms of size up to 10, of z itself, and in sums
 * of 64 floats. */
static void check_against_definition(const og_act *act, const og__act_kernel *kernel, int lanes, bool learn)
{
    static arrays before, after;
    summed dz_sums[OG_INPUT_COUNT] = {0}, src_sums[OG_INPUT_COUNT] = {0}, param_sums[OG_ACT_PARAMS_MAX] = {0};
    og_input operands[OG_INPUT_COUNT];
    int operand_count = og__act_operands(act, operands);
    make_arrays(act, &before);
    after = before;
    run(kernel, &after, learn, false);
    for (int i = 0; i < PIXELS * lanes; i++) {
        int lane = i % lanes;
        double z[OG_INPUT_COUNT] = {0}, d = (double)before.d[0][i];
        for (int o = 0; o < operand_count; o++)
            z[operands[o]] = (double)(float)((double)before.src[o][i] * (double)before.scale[o][lane] +
                                             (double)before.shift[o][lane]);
        double y = evaluate(act, act->value, z, &before, lane);
        assert_near((double)after.dst[i], y, 2e-6 * fmax(1, fabs(y)));
        for (int o = 0; o < operand_count; o++) {
            double dz = d * evaluate(act, act->by_input[operands[o]], z, &before, lane);
            if (operands[o] == OG_INPUT_NOISE) {
                assert_true(after.d[o][i] == 0); /* nothing is written there */
                continue;
            }
            assert_near((double)after.d[o][i], dz, 6e-6 * fmax(1, fabs(dz)));
            add_term(&dz_sums[o], lane, dz);
            add_term(&src_sums[o], lane, dz * ((double)before.src[o][i] - (double)before.center[o][lane]));
        }
        for (size_t k = 0; k < act->param_count; k++)
            add_term(&param_sums[k], lane, d * evaluate(act, act->by_param[k], z, &before, lane));
    }
    for (int o = 0; o < operand_count; o++) {
        assert_summed(after.dz[o], &dz_sums[o], lanes, operands[o] != OG_INPUT_NOISE);
        assert_summed(after.dz_src[o], &src_sums[o], lanes, operands[o] != OG_INPUT_NOISE);
    }
    for (size_t k = 0; k < act->param_count; k++)
        assert_summed(after.param_sums[k], &param_sums[k], lanes, learn);
}

static void assert_same_bits(const char *text, const og__act_kernel *one, const og__act_kernel *other,
                             const og_act *act, int lanes)
{
    static arrays a, b;
    size_t bytes = sizeof(float) * PIXELS * (size_t)lanes;
    make_arrays(act, &a);
    make_arrays(act, &b);
    run(one, &a, true, false);
    run(other, &b, true, true);
    bool same = memcmp(a.dst, b.dst, bytes) == 0 && memcmp(a.dz, b.dz, sizeof a.dz) == 0 &&
                memcmp(a.dz_src, b.dz_src, sizeof a.dz_src) == 0 &&
                memcmp(a.param_sums, b.param_sums, sizeof a.param_sums) == 0;
    for (int i = 0; i < OG_INPUT_COUNT; i++)
        same = same && memcmp(a.d[i], b.d[i], bytes) == 0;
    if (!same)
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
#if defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
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
        og__act_block block = {(const float *const[]){scale}, (const float *const[]){shift},
                               (const float *const[]){slope}};
        og__act_sums sums = {(float *const[]){dz}, (float *const[]){dz_src}, (const float *const[]){center},
                             (float *const[]){by_slope}};
        og__act_kernel_frames(kernel, &self)
            ->backward_reduce(self, LONG, (const float *const[]){src}, (float *const[]){d}, &block, &sums);
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

/* Values and derivatives at given inputs, and what stands for those that are not given; more points than fit one go. */
static void test_inputs(void **state)
{
    enum { COUNT = 1300 };
    static float x[COUNT], gate[COUNT], noise[COUNT], y[COUNT], by[OG_INPUT_COUNT][COUNT], by_a[COUNT];
    og_act *act;
    (void)state;
    assert_int_equal(og_act_parse("a*x*gate + noise*x; a = 2", &act), OG_OK);
    for (int i = 0; i < COUNT; i++) {
        x[i] = 0.25f * (float)(i % 31 - 15);
        gate[i] = (float)(i % 7);
        noise[i] = (float)(i % 4) * 0.25f;
    }
    const float *inputs[OG_INPUT_COUNT] = {[OG_INPUT_X] = x, [OG_INPUT_GATE] = gate, [OG_INPUT_NOISE] = noise};
    float *dinputs[OG_INPUT_COUNT];
    for (int i = 0; i < OG_INPUT_COUNT; i++)
        dinputs[i] = by[i];
    assert_int_equal(og_act_eval_inputs(act, COUNT, inputs, y, dinputs, (float *const[]){by_a}), OG_OK);
    for (int i = 0; i < COUNT; i++) {
        assert_true(y[i] == 2 * x[i] * gate[i] + noise[i] * x[i]);
        assert_true(by[OG_INPUT_X][i] == 2 * gate[i] + noise[i] && by[OG_INPUT_GATE][i] == 2 * x[i]);
        assert_true(by[OG_INPUT_NOISE][i] == x[i] && by[OG_INPUT_FUNNEL][i] == 0 && by_a[i] == x[i] * gate[i]);
    }
    assert_int_equal(og_act_eval(act, COUNT, x, y, by[0], NULL), OG_OK); /* gate 1, noise 1/2 */
    for (int i = 0; i < COUNT; i++)
        assert_true(y[i] == 2.5f * x[i] && by[0][i] == 2.5f);
    og_act_free(act);
    assert_int_equal(og_act_parse("max(mirror, funnel)", &act), OG_OK);
    assert_int_equal(og_act_eval(act, COUNT, x, y, by[0], NULL), OG_OK); /* mirror x, funnel 0 */
    for (int i = 0; i < COUNT; i++)
        assert_true(y[i] == (x[i] > 0 ? x[i] : 0) && by[0][i] == (float)(x[i] > 0));
    og_act_free(act);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue_frames),        cmocka_unit_test(test_formula_frames),
        cmocka_unit_test(test_typed_catalogue_formula), cmocka_unit_test(test_long_sums),
        cmocka_unit_test(test_special_values),          cmocka_unit_test(test_inputs),
    };
    return cmocka_run_group_tests(tests, make_cache, remove_cache);
}

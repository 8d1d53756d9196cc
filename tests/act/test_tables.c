/* Functions that look themselves up: which do, that the loops give what single points give, and that a value depends on
 * nothing beside it. How exact they are: test_exactness.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "act/act.h"
#include "act/cache.h"
#include "act/sample.h"
#include "kernel/activate.h"
#include "kernel/tabulated.h"
#include "near.h"

enum { LANES = 16, PIXELS = 1201, FLOATS = PIXELS * LANES };

/* Of every kind of formula in the catalogue. */
static const char *const names[] = {"elu",  "selu",  "elish", "softplus", "gelu",   "gelu_tanh",  "silu",   "fts",
                                    "mish", "aria2", "serf",  "smish",    "logish", "hard_elish", "arctan", "lisht"};

/* Beside the catalogue: kinks on and off the grid of intervals, a hole, a pole, parameters. */
static const char *const formulas[] = {
    "aria2(a = 1.2, b = 1)",
    "x*tanh(exp(x))",
    "where(x > 0.3, tanh(x), erf(x))",
    "where(x == 0.7, 5, tanh(x))",
    "tanh(1/x)",
    "tanh(x) + sign(x - 2)",
    "exp(x*x*x)",
    "log(x + 3)",
    "tanh(40*x)",
    "abs(x)^1.7",
    "elu(x) + 3*gelu(-x)",
    "x^3*exp(x)",
};

static bool has_tables(void)
{
    return og__cpu_isa() == OG_ISA_AVX512;
}

/* NULL where the function is not looked up. */
static og__act_kernel *open_tabulated(const og_act *act)
{
    og__act_kernel *kernel;
    const void *self, *plain;
    if (og__act_kernel_open(act, OG_EXECUTOR_AUTO, og__cpu_isa(), &kernel) != OG_OK)
        fail_msg("'%s': %s", og_act_text(act), og_error_text());
    og__act_kernel_frames(kernel, &plain);
    assert_int_equal(og__act_kernel_tabulate(act, og__cpu_isa(), kernel), OG_OK);
    og__act_kernel_frames(kernel, &self);
    if (self != plain)
        return kernel;
    og__act_kernel_close(kernel);
    return NULL;
}

static bool is_tabulated(const char *text)
{
    og_act *act;
    const void *self;
    assert_int_equal(og_act_parse(text, &act), OG_OK);
    og__act_kernel *kernel = open_tabulated(act);
    bool tabulated = false;
    if (kernel) {
        og__act_kernel_frames(kernel, &self);
        const og__tabulated *tables = self;
        tabulated = tables->value.degree > 0 && tables->slope.degree > 0;
    }
    og__act_kernel_close(kernel);
    og_act_free(act);
    return tabulated;
}

static void test_choice(void **state)
{
    static const char *const with[] = {"aria2", "smish", "serf", "mish", "gelu",     "silu",
                                       "tanh",  "elu",   "selu", "fts",  "softplus", "x*tanh(exp(x))"};
    static const char *const without[] = {"relu",   "hard_swish", "softsign", "acon_c",   "pelu", "rrelu",
                                          "swiglu", "swish_beta", "brelu",    "dyrelu_a", "sine", "tanh(1/x)"};
    (void)state;
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        if (is_tabulated(with[i]) != has_tables())
            fail_msg("'%s' is %s", with[i], has_tables() ? "computed" : "looked up");
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (is_tabulated(without[i]))
            fail_msg("'%s' is looked up", without[i]);
}

/* A block of channels with its norm, and what comes out. */
typedef struct arrays {
    _Alignas(64) float src[FLOATS], dst[FLOATS], d[FLOATS];
    _Alignas(64) float scale[LANES], shift[LANES], center[LANES], dz[LANES], dz_src[LANES];
    _Alignas(64) float params[OG_ACT_PARAMS_MAX][LANES];
} arrays;

static arrays it, again;

/* Every size of number in turn, so that each pixel has lanes within a table and lanes outside. */
static void fill(const og_act *act, arrays *a)
{
    static float samples[SAMPLE_MAX];
    size_t count = sample_floats(samples), at = 0;
    memset(a, 0, sizeof *a);
    for (size_t i = 0; i < FLOATS; i++) {
        at = (at + 4999) % count;
        a->src[i] = samples[at] + 0.0f; /* no -0, which a shift of 0 takes away */
        a->d[i] = (float)(i % 7) - 3;
    }
    for (int lane = 0; lane < LANES; lane++)
        a->scale[lane] = 1;
    for (size_t k = 0; k < act->param_count; k++)
        for (int lane = 0; lane < LANES; lane++)
            a->params[k][lane] = act->params[k].value;
}

static void run(const og__act_kernel *kernel, arrays *a)
{
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(kernel, &self);
    const float *src = a->src, *scale = a->scale, *shift = a->shift, *center = a->center, *params[OG_ACT_PARAMS_MAX];
    float *d = a->d, *dz = a->dz, *dz_src = a->dz_src;
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++)
        params[k] = a->params[k];
    og__act_block block = {&scale, &shift, params};
    og__act_sums sums = {&dz, &dz_src, &center, NULL};
    frames->forward(self, PIXELS, &src, a->dst, &block);
    frames->backward_reduce(self, PIXELS, &src, &d, &block, &sums);
}

static bool same(float a, float b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* The loops against single points, through tables and beside them. Sums of infinities are left out. */
static void check_loops(const og_act *act, const og__act_kernel *kernel)
{
    static float value[FLOATS], slope[FLOATS];
    float params[OG_ACT_PARAMS_MAX];
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(kernel, &self);
    fill(act, &it);
    fill(act, &again);
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = act->params[k].value;
    frames->eval(self, FLOATS, &(const float *){it.src}, params, value, &(float *){slope}, NULL);
    run(kernel, &it);
    for (size_t i = 0; i < FLOATS; i++)
        if (!same(it.dst[i], value[i]) || !same(it.d[i], again.d[i] * slope[i]))
            fail_msg("'%s' at %.9g: %.9g and %.9g, but %.9g and %.9g alone", og_act_text(act), (double)it.src[i],
                     (double)it.dst[i], (double)it.d[i], (double)value[i], (double)(again.d[i] * slope[i]));
}

static void check_sums(const og_act *act, const og__act_kernel *kernel)
{
    fill(act, &it);
    for (size_t i = 0; i < FLOATS; i++)
        if (!(fabsf(it.src[i]) < 12 && fabsf(it.src[i]) > 1e-3f)) /* some beyond a table, none at a pole */
            it.src[i] = 0.25f;
    for (int lane = 0; lane < LANES; lane++) {
        it.center[lane] = 0.1f * (float)lane;
        it.dz[lane] = it.dz_src[lane] = 1;
    }
    run(kernel, &it);
    for (int lane = 0; lane < LANES; lane++) {
        double dz = 1, dz_src = 1, size = 1, size_src = 1;
        for (size_t i = (size_t)lane; i < FLOATS; i += LANES) {
            double term = (double)it.d[i], off = (double)(it.src[i] - it.center[lane]);
            dz += term;
            dz_src += term * off;
            size += fabs(term);
            size_src += fabs(term * off);
        }
        if (!isfinite(size) || !isfinite(size_src)) /* overflow, or a logarithm of negative numbers */
            continue;
        assert_near((double)it.dz[lane], dz, 1e-6 * size);
        assert_near((double)it.dz_src[lane], dz_src, 1e-6 * size_src);
    }
}

/* The same numbers in other lanes and pixels. */
static void check_neighbours(const og_act *act, const og__act_kernel *kernel)
{
    fill(act, &it);
    fill(act, &again);
    for (size_t i = 0; i < FLOATS; i++) {
        again.src[FLOATS - 1 - i] = it.src[i];
        again.d[FLOATS - 1 - i] = it.d[i];
    }
    run(kernel, &it);
    run(kernel, &again);
    for (size_t i = 0; i < FLOATS; i++)
        if (!same(it.dst[i], again.dst[FLOATS - 1 - i]) || !same(it.d[i], again.d[FLOATS - 1 - i]))
            fail_msg("'%s' at %.9g depends on its neighbours", og_act_text(act), (double)it.src[i]);
}

/* A table against the formula in double where the catalogue's test does not look. */
static void check_values(const og_act *act, const og__act_kernel *kernel)
{
    double inputs[OG_INPUT_COUNT] = {0}, params[OG_ACT_PARAMS_MAX], work[512], truth;
    assert_true(act->graph.count <= 512);
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
    fill(act, &it);
    run(kernel, &it);
    for (size_t i = 0; i < FLOATS; i++) {
        inputs[OG_INPUT_X] = (double)it.src[i];
        og__evaluate(&act->graph, 1, &act->value, inputs, params, work, &truth);
        double close = 1e-44 + 4e-7 * fmax(fabs(truth), fmin(1, fabs(inputs[OG_INPUT_X])));
        if (fabs(inputs[OG_INPUT_X]) < 7 && fabs(truth) < 1e38 && !(fabs((double)it.dst[i] - truth) <= close))
            fail_msg("'%s' at %.9g is %.9g, not %.9g", og_act_text(act), inputs[OG_INPUT_X], (double)it.dst[i], truth);
    }
}

static void check(const char *text, bool in_catalogue)
{
    og_act *act;
    assert_int_equal(og_act_parse(text, &act), OG_OK);
    og__act_kernel *kernel = open_tabulated(act);
    if (kernel) {
        check_loops(act, kernel);
        check_sums(act, kernel);
        check_neighbours(act, kernel);
        if (!in_catalogue)
            check_values(act, kernel);
    }
    og__act_kernel_close(kernel);
    og_act_free(act);
}

static void test_loops(void **state)
{
    (void)state;
    if (!has_tables())
        skip();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check(names[i], true);
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++)
        check(formulas[i], false);
}

/* Formulas that differ in the values of their parameters alone have tables of their own. */
static void test_parameters(void **state)
{
    (void)state;
    og_act *one, *other;
    assert_int_equal(og_act_parse("aria2(a = 1.2, b = 1)", &one), OG_OK);
    assert_int_equal(og_act_parse("aria2(a = 1.2, b = 1.5)", &other), OG_OK);
    og__act_kernel *first = open_tabulated(one), *second = open_tabulated(other), *third = open_tabulated(one);
    const void *a = NULL, *b = NULL, *c = NULL;
    if (first) {
        og__act_kernel_frames(first, &a);
        og__act_kernel_frames(second, &b);
        og__act_kernel_frames(third, &c);
        assert_ptr_not_equal(a, b);
        assert_ptr_equal(a, c);
    }
    og__act_kernel_close(first);
    og__act_kernel_close(second);
    og__act_kernel_close(third);
    og_act_free(one);
    og_act_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_parameters),
    };
    return cmocka_run_group_tests(tests, make_cache, remove_cache);
}

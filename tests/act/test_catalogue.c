/* The commonest activations of the catalogue to the last digits: value and derivatives against formulas written a
 * second time by hand, and the facts. test_definitions has a coarser check of all rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/facts.h>

#include "act/expression.h"
#include "act/sample.h"
#include "base/file.h"
#include "kernel/activate.h"
#include "near.h"
#include "ulp.h"

/* --- the same functions in double, by libm ------------------------------------------------------------------------ */

/* clang-format off */
#define REFERENCE(name) static double name(double x, const double *p)

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double log_one_plus_exp(double x)
{
    return x > 30 ? x + exp(-x) : log1p(exp(x));
}

REFERENCE(identity) { (void)p; return x; }
REFERENCE(identity_slope) { (void)x, (void)p; return 1; }
REFERENCE(sigmoid) { (void)p; return logistic(x); }
REFERENCE(sigmoid_slope) { (void)p; return 1 / (2 + exp(x) + exp(-x)); }
REFERENCE(tanh_) { (void)p; return tanh(x); }
REFERENCE(tanh_slope) { (void)p; return pow(1 / cosh(x), 2); }
REFERENCE(relu) { (void)p; return x != x ? x : fmax(x, 0); }
REFERENCE(relu_slope) { (void)p; return x > 0; }
REFERENCE(leaky) { return x > 0 ? x : p[0] * x; }
REFERENCE(leaky_slope) { return x > 0 ? 1 : p[0]; }
REFERENCE(leaky_by_a) { (void)p; return x > 0 ? 0 : x; }
REFERENCE(relu6) { (void)p; return x != x ? x : fmin(fmax(x, 0), 6); }
REFERENCE(relu6_slope) { (void)p; return x > 0 && x < 6; }
REFERENCE(elu) { return x > 0 ? x : p[0] * expm1(x); }
REFERENCE(elu_slope) { return x > 0 ? 1 : p[0] * exp(x); }
REFERENCE(elu_by_a) { (void)p; return x > 0 ? 0 : expm1(x); }
REFERENCE(celu) { return x > 0 ? x : p[0] * expm1(x / p[0]); }
REFERENCE(celu_slope) { return x > 0 ? 1 : exp(x / p[0]); }
REFERENCE(celu_by_a) { return x > 0 ? 0 : expm1(x / p[0]) - x / p[0] * exp(x / p[0]); }
REFERENCE(selu) { (void)p; return 1.0507009873554804934193349852946 * (x > 0 ? x : 1.6732632423543772848170429916717 * expm1(x)); }
REFERENCE(selu_slope) { (void)p; return 1.0507009873554804934193349852946 * (x > 0 ? 1 : 1.6732632423543772848170429916717 * exp(x)); }
REFERENCE(softplus) { return log_one_plus_exp(p[0] * x) / p[0]; }
REFERENCE(softplus_slope) { return logistic(p[0] * x); }
REFERENCE(softplus_by_b)
{ /* z = b x; for z > 0 written with e^-z, so that the large parts cancel on paper */
    double z = p[0] * x, b = p[0];
    return z > 0 ? -(z / (1 + exp(z)) + log1p(exp(-z))) / (b * b) : (z * logistic(z) - log1p(exp(z))) / (b * b);
}
REFERENCE(softsign) { (void)p; return x / (1 + fabs(x)); }
REFERENCE(softsign_slope) { (void)p; return 1 / pow(1 + fabs(x), 2); }
REFERENCE(gelu) { (void)p; return 0.5 * x * erfc(-x / sqrt(2)); }
REFERENCE(gelu_slope) { (void)p; return 0.5 * erfc(-x / sqrt(2)) + x * exp(-0.5 * x * x) / sqrt(2 * M_PI); }

static double gelu_inner(double x)
{
    return sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
}

REFERENCE(gelu_tanh) { (void)p; return x * logistic(2 * gelu_inner(x)); }
REFERENCE(gelu_tanh_slope)
{
    (void)p;
    double u = gelu_inner(x), du = sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
    return fabs(u) > 350 ? u > 0 : logistic(2 * u) + x * 2 * du / (2 + exp(2 * u) + exp(-2 * u));
}
REFERENCE(silu) { (void)p; return x * logistic(x); }
REFERENCE(silu_slope) { (void)p; return logistic(x) + (fabs(x) > 700 ? 0 : x / (2 + exp(x) + exp(-x))); }
REFERENCE(mish) { (void)p; return x * tanh(log_one_plus_exp(x)); }
REFERENCE(mish_slope)
{
    (void)p;
    double s = log_one_plus_exp(x);
    return tanh(s) + (x > 300 ? 0 : x * logistic(x) / pow(cosh(s), 2));
}
REFERENCE(hard_sigmoid) { (void)p; return x != x ? x : fmin(fmax(x / 6 + 0.5, 0), 1); }
REFERENCE(hard_sigmoid_slope) { (void)p; return x > -3 && x < 3 ? 1.0 / 6 : 0; }
REFERENCE(hard_swish) { (void)p; return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6; }
REFERENCE(hard_swish_slope) { (void)p; return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5; }
REFERENCE(hard_tanh) { return x != x ? x : fmin(fmax(x, p[0]), p[1]); }
REFERENCE(hard_tanh_slope) { return x > p[0] && x < p[1]; }
REFERENCE(hard_tanh_by_lo) { (void)p; return x <= p[0]; }
REFERENCE(hard_tanh_by_hi) { (void)p; return x >= p[1]; }

/* clang-format on */

typedef double (*reference)(double x, const double *p);

/* Errors in ulp; two exceptions. Where a derivative's sum cancels, the rounding of the larger part counts: `absolute`,
 * times |x| when that is larger. Left of -tail the value is tiny and the rounding of an argument or of a denormal
 * factor is amplified: `tail_ulp`. Beyond +-reach a power overflows, as it does in PyTorch. */
typedef struct expectation {
    const char *id, *golden; /* its row in gaussian_stats.tsv */
    reference value, slope, by_param[OG_ACT_PARAMS_MAX];
    double ulp, slope_ulp, absolute, by_param_absolute, tail, tail_ulp, reach;
} expectation;

/* clang-format off */
static const expectation expectations[] = {
    {"identity", "identity", identity, identity_slope, {0}, .ulp = 0},
    {"sigmoid", "sigmoid", sigmoid, sigmoid_slope, {0}, .ulp = 4, .slope_ulp = 6},
    {"tanh", "tanh", tanh_, tanh_slope, {0}, .ulp = 4, .slope_ulp = 4},
    {"relu", "relu", relu, relu_slope, {0}, .ulp = 0},
    {"leaky_relu", "leaky_relu(0.01)", leaky, leaky_slope, {leaky_by_a}, .ulp = 1},
    {"prelu", "leaky_relu(0.25)", leaky, leaky_slope, {leaky_by_a}, .ulp = 1},
    {"relu6", "relu6", relu6, relu6_slope, {0}, .ulp = 0},
    {"elu", "elu(1)", elu, elu_slope, {elu_by_a}, .ulp = 4, .slope_ulp = 4},
    {"celu", "celu(1)", celu, celu_slope, {celu_by_a}, .ulp = 4, .slope_ulp = 4, .by_param_absolute = 1.2e-7},
    {"selu", "selu", selu, selu_slope, {0}, .ulp = 4, .slope_ulp = 4},
    {"softplus", "softplus", softplus, softplus_slope, {softplus_by_b}, .ulp = 4, .slope_ulp = 4, .by_param_absolute = 2e-7},
    {"softsign", "softsign", softsign, softsign_slope, {0}, .ulp = 2, .slope_ulp = 4, .tail = 1e18, .tail_ulp = INFINITY},
    {"gelu", "gelu", gelu, gelu_slope, {0}, .ulp = 6, .slope_ulp = 8, .absolute = 1.5e-7, .tail = 12.5, .tail_ulp = 40},
    {"gelu_tanh", "gelu_tanh", gelu_tanh, gelu_tanh_slope, {0}, .ulp = 5, .slope_ulp = 8, .absolute = 3e-7, .tail = 0.5,
     .tail_ulp = 256, .reach = 1e12},
    {"silu", "silu", silu, silu_slope, {0}, .ulp = 4, .slope_ulp = 8, .absolute = 1.2e-7, .tail = 85, .tail_ulp = 160},
    {"mish", "mish", mish, mish_slope, {0}, .ulp = 4, .slope_ulp = 8, .absolute = 2e-7, .tail = 85, .tail_ulp = 160},
    {"hard_sigmoid", "hard_sigmoid(x/6+.5)", hard_sigmoid, hard_sigmoid_slope, {0}, .ulp = 2, .slope_ulp = 1},
    {"hard_swish", "hard_swish", hard_swish, hard_swish_slope, {0}, .ulp = 3, .slope_ulp = 3, .absolute = 1.2e-7},
    {"hard_tanh", "hard_tanh", hard_tanh, hard_tanh_slope, {hard_tanh_by_lo, hard_tanh_by_hi}, .ulp = 0},
};
/* clang-format on */

enum { EXPECTATIONS = sizeof expectations / sizeof expectations[0] };

static const expectation *find(const char *id)
{
    for (size_t i = 0; i < EXPECTATIONS; i++)
        if (strcmp(expectations[i].id, id) == 0)
            return &expectations[i];
    return NULL;
}

/* docs/formulas.md lists every function of the language and every row. */
static void test_documentation(void **state)
{
    char *text, quoted[64];
    size_t size;
    (void)state;
    assert_int_equal(og__file_read(OGIVE_SOURCE_DIR "/docs/formulas.md", &text, &size), OG_OK);
    for (og__op op = 0; op < OG_OP_COUNT; op++) {
        snprintf(quoted, sizeof quoted, "`%s(u)`", og__op_name(op) ? og__op_name(op) : "");
        if (og__op_name(op) && !strstr(text, quoted))
            fail_msg("docs/formulas.md does not list %s", quoted);
    }
    const char *rows = strstr(text, "## The catalogue");
    assert_non_null(rows);
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        size_t length = strlen(og_act_entry_at(i)->id);
        const char *at = strstr(rows, og_act_entry_at(i)->id);
        while (at && at[length] != ',' && at[length] != '.')
            at = strstr(at + 1, og_act_entry_at(i)->id);
        if (!at)
            fail_msg("docs/formulas.md does not list %s", og_act_entry_at(i)->id);
    }
    free(text);
}

/* --- values and derivatives --------------------------------------------------------------------------------------- */

static float x[SAMPLE_MAX], y[SAMPLE_MAX], dy[SAMPLE_MAX], by_param[OG_ACT_PARAMS_MAX][SAMPLE_MAX];

typedef struct worst {
    double ulp;
    float at;
} worst;

/* What one output is allowed: by row, and whether it is the value, the slope or a parameter's derivative. */
typedef struct allowance {
    double ulp, absolute, tail, tail_ulp, reach;
} allowance;

static bool is_allowed(const allowance *a, float input, float found, double expected, worst *w)
{
    double at = (double)input, difference = fabs((double)found - expected), size = fmax(1, fabs(at));
    if (isinf(input) && (isnan(found) || isnan(expected)))
        return true; /* infinity times zero: NaN as in PyTorch, or the limit */
    if (isnan(input))
        return isnan(found) || !isnan(expected);
    if (a->reach > 0 && fabs(at) > a->reach)
        return true;
    if (fabs(expected) < (double)FLT_MIN && difference <= 4 * 0x1p-149 * size)
        return true;
    if (difference <= a->absolute * size)
        return true;
    double error = ulp_error(found, expected);
    if (a->tail > 0 && at < -a->tail)
        return error <= a->tail_ulp;
    if (error > w->ulp)
        *w = (worst){error, input};
    return error <= a->ulp;
}

static worst check(const char *what, const float *found, size_t count, reference truth, const double *params,
                   allowance a)
{
    worst w = {0};
    for (size_t i = 0; i < count; i++) {
        double expected = truth((double)x[i], params);
        if (!is_allowed(&a, x[i], found[i], expected, &w))
            fail_msg("%s at %.9g: %.9g, not %.9g: %.1f ulp", what, (double)x[i], (double)found[i], expected,
                     ulp_error(found[i], expected));
    }
    return w;
}

static void check_row(const og_act_entry *entry, og__executor executor, og__isa isa)
{
    const expectation *e = find(entry->id);
    og_act *act;
    og__act_kernel *kernel;
    const void *self;
    char what[160];
    float values[OG_ACT_PARAMS_MAX];
    double params[OG_ACT_PARAMS_MAX];
    float *outputs[OG_ACT_PARAMS_MAX];
    assert_int_equal(og_act_parse(entry->id, &act), OG_OK);
    if (og__act_kernel_open(act, executor, isa, &kernel) != OG_OK)
        fail_msg("%s: %s", entry->id, og_error_text());
    assert_int_equal(og__act_kernel_executor(kernel), executor);
    for (size_t k = 0; k < entry->param_count; k++) {
        values[k] = entry->params[k].value;
        params[k] = (double)values[k];
        outputs[k] = by_param[k];
    }
    size_t count = sample_floats(x);
    og__act_kernel_frames(kernel, &self)
        ->eval(self, count, (const float *const[]){x}, values, y, (float *const[]){dy}, outputs);
    snprintf(what, sizeof what, "%s (%s, %s)", entry->id, og__executor_name(executor), og__isa_name(isa));
    worst value = check(what, y, count, e->value, params, (allowance){e->ulp, 0, e->tail, e->tail_ulp, e->reach});
    snprintf(what, sizeof what, "%s' (%s, %s)", entry->id, og__executor_name(executor), og__isa_name(isa));
    worst slope = check(what, dy, count, e->slope, params,
                        (allowance){e->slope_ulp, e->absolute, e->tail, e->tail_ulp, e->reach});
    for (size_t k = 0; k < entry->param_count; k++) {
        snprintf(what, sizeof what, "%s by %s (%s, %s)", entry->id, entry->params[k].name, og__executor_name(executor),
                 og__isa_name(isa));
        check(what, by_param[k], count, e->by_param[k], params,
              (allowance){4, e->by_param_absolute, e->tail, e->tail_ulp, e->reach});
    }
    if (executor == OG_EXECUTOR_BUILT_IN)
        print_message("# %-13s %-9s value %.2f ulp at %.7g, derivative %.2f at %.7g\n", entry->id, og__isa_name(isa),
                      value.ulp, (double)value.at, slope.ulp, (double)slope.at);
    og__act_kernel_close(kernel);
    og_act_free(act);
}

static void test_values_and_derivatives(void **state)
{
    (void)state;
    for (og__isa isa = OG_ISA_BASELINE; isa <= og__cpu_isa(); isa++)
        for (size_t i = 0; i < og_act_entry_count(); i++)
            if (find(og_act_entry_at(i)->id)) {
                check_row(og_act_entry_at(i), OG_EXECUTOR_BUILT_IN, isa);
                check_row(og_act_entry_at(i), OG_EXECUTOR_INTERPRETER, isa);
            }
}

/* Kinks and their neighbours, exactly. */
static void test_kinks(void **state)
{
    static const struct {
        const char *id;
        float kink, left, at, right; /* slopes */
    } cases[] = {
        {"relu", 0, 0, 0, 1},
        {"leaky_relu", 0, 0.01f, 0.01f, 1},
        {"prelu", 0, 0.25f, 0.25f, 1},
        {"relu6", 0, 0, 0, 1},
        {"relu6", 6, 1, 0, 0},
        {"hard_tanh", -1, 0, 0, 1},
        {"hard_tanh", 1, 1, 0, 0},
        {"hard_sigmoid", -3, 0, 0, 1.0f / 6},
        {"hard_sigmoid", 3, 1.0f / 6, 0, 0},
        {"hard_swish", -3, 0, 0, -0.5f},
        {"hard_swish", 3, 1.5f, 1, 1},
        {"elu", 0, 1, 1, 1},
        {"celu", 0, 1, 1, 1},
        {"selu", 0, 1.7580993f, 1.7580993f, 1.050701f},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act;
        float k = cases[i].kink, at[] = {nextafterf(k, -INFINITY), k, nextafterf(k, INFINITY)}, slope[3];
        assert_int_equal(og_act_parse(cases[i].id, &act), OG_OK);
        assert_int_equal(og_act_eval(act, 3, at, NULL, slope, NULL), OG_OK);
        if (fabsf(slope[0] - cases[i].left) > 5e-7f || fabsf(slope[1] - cases[i].at) > 2e-7f ||
            fabsf(slope[2] - cases[i].right) > 5e-7f)
            fail_msg("%s at %g: %.9g %.9g %.9g", cases[i].id, (double)k, (double)slope[0], (double)slope[1],
                     (double)slope[2]);
        og_act_free(act);
    }
}

/* --- facts -------------------------------------------------------------------------------------------------------- */

/* Find a function's row of the golden table and its numbers. */
static bool golden_row(const char *table, const char *name, double *numbers, int count)
{
    for (const char *line = table; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        size_t length = strcspn(line, "\t");
        if (length != strlen(name) || strncmp(line, name, length) != 0)
            continue;
        char *at = (char *)line + length;
        for (int i = 0; i < count; i++)
            numbers[i] = strtod(at, &at);
        return true;
    }
    return false;
}

static void test_moments_and_gains(void **state)
{
    char *table;
    size_t size;
    (void)state;
    assert_int_equal(og__file_read(OGIVE_SOURCE_DIR "/tests/act/gaussian_stats.tsv", &table, &size), OG_OK);
    for (size_t i = 0; i < EXPECTATIONS; i++) {
        og_act *act;
        og_act_facts f;
        double g[9];
        assert_true(golden_row(table, expectations[i].golden, g, 9));
        assert_int_equal(og_act_parse(expectations[i].id, &act), OG_OK);
        assert_int_equal(og_act_analyse(act, &f), OG_OK);
        const double found[9] = {f.moments.mean,          f.moments.second_moment, f.moments.variance,
                                 f.moments.slope_moment,  f.moments.gain,          f.moments.gain_variance,
                                 f.moments.gain_backward, f.moments.chi,           f.moments.chi_norm};
        for (int k = 0; k < 9; k++)
            if (!(fabs(found[k] - g[k]) <= (k < 7 ? 1.1e-6 : 1.1e-4))) /* the table's digits, and a float's 0.01 */
                fail_msg("%s: number %d is %.8f, not %.8f", expectations[i].id, k, found[k], g[k]);
        og_act_free(act);
    }
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documentation),
        cmocka_unit_test(test_values_and_derivatives),
        cmocka_unit_test(test_kinks),
        cmocka_unit_test(test_moments_and_gains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Derivatives against numerical ones, kinks against PyTorch's choices, and forms that must not lose digits. */
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
#include "near.h"
#include "ulp.h"

static og_act *parse(const char *text)
{
    og_act *act;
    if (og_act_parse(text, &act) != OG_OK)
        fail_msg("'%s': %s", text, og_error_text());
    return act;
}

static double evaluate(const og_act *act, og__expr root, double x, const double *params)
{
    double *work = calloc((size_t)act->graph.count, sizeof *work), value;
    og__evaluate(&act->graph, 1, &root, (const double[OG_INPUT_COUNT]){x}, params, work, &value);
    free(work);
    return value;
}

static void default_params(const og_act *act, double *params)
{
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
}

/* Central differences, improved once by Richardson: error about h^4. */
static double numeric(const og_act *act, double x, double *params, int param)
{
    double *at = param < 0 ? &x : &params[param], start = *at, estimates[2];
    for (int i = 0; i < 2; i++) {
        double h = (i ? 0.5 : 1) * 1e-3 * fmax(1, fabs(start));
        *at = start + h;
        double right = evaluate(act, act->value, x, params);
        *at = start - h;
        estimates[i] = (right - evaluate(act, act->value, x, params)) / (2 * h);
    }
    *at = start;
    return (4 * estimates[1] - estimates[0]) / 3;
}

static void assert_derivatives(const char *text, const double *points, size_t count)
{
    og_act *act = parse(text);
    double params[OG_ACT_PARAMS_MAX];
    default_params(act, params);
    for (size_t i = 0; i < count; i++)
        for (int param = -1; param < (int)act->param_count; param++) {
            og__expr root = param < 0 ? act->slope : act->by_param[param];
            double found = evaluate(act, root, points[i], params), expected = numeric(act, points[i], params, param);
            if (!(fabs(found - expected) <= 1e-7 * fmax(1, fabs(expected))))
                fail_msg("'%s' by %s at %g: %.12g, numerically %.12g", text, param < 0 ? "x" : act->params[param].name,
                         points[i], found, expected);
        }
    og_act_free(act);
}

static void test_primitives(void **state)
{
    static const double points[] = {-2.3, -0.7, -0.1, 0.2, 0.9, 1.7, 3.1}, positive[] = {0.3, 0.9, 1.7, 3.1};
    (void)state;
    for (og__op op = 0; op < OG_OP_COUNT; op++) {
        const char *name = og__op_name(op);
        char text[96];
        if (!name)
            continue;
        bool half_line = strstr(name, "log") == name || strstr(name, "sqrt");
        snprintf(text, sizeof text, "%s(x)", name);
        if (op == OG_OP_SIGN)
            continue; /* test_kinks */
        assert_derivatives(text, half_line ? positive : points, half_line ? 4 : 7);
        snprintf(text, sizeof text, "%s(a*x + b); a = 1.3, b = 0.25", name); /* the chain rule, and by parameters */
        assert_derivatives(text, positive, 4);
    }
}

static void test_operators(void **state)
{
    static const double points[] = {-1.9, -0.6, 0.35, 0.8, 2.2};
    static const char *const formulas[] = {
        "x*a + x/a - (x - a); a = 1.5",
        "x/(1 + abs(x))",
        "(x*x + a)/(x^4 + b); a = 2, b = 3",
        "x^3 - 2*x^2 + x^-1 + x^64*1e-20",
        "(x*x + 1)^a; a = 0.7",
        "a^x; a = 2.5",
        "(x*x + 0.1)^x",
        "min(x, a*x*x) + max(sin(x), cos(x)); a = 0.4",
        "clamp(a*x, -1, b); a = 1.1, b = 2",
        "where(x > 0.5, x*a, tanh(b*x)); a = 1.2, b = 0.3",
        "x*(x > a)*2; a = 0.1",
        "exp(-x^2/2) + exp(-(a*x)^2); a = 0.5",
        "elu(x, a = c) + celu(x, a = c) + softplus(x, b = c); c = 0.8",
        "mish(silu(gelu(x)))",
        "x*rsqrt(1 + a*x^2); a = 1.3",
        "0.5*x*(1 + tanh(sqrt(2/pi)*(x + a*x^3))); a = 0.044715",
        "log(1 + sigmoid(b*x))*x; b = 1.1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++)
        assert_derivatives(formulas[i], points, sizeof points / sizeof points[0]);
}

/* By every input; what is not read has derivative 0, and mirror stands in for x. */
static void test_inputs(void **state)
{
    const double inputs[OG_INPUT_COUNT] = {0.7, -1.2, 0.4, 1.9, 0.3, 0, 0.25};
    (void)state;
    og_act *act = parse("x*sigmoid(a*gate) + max(gate2, funnel)*gate3^2 - noise*x; a = 1.5"), *mirror;
    double *work = calloc((size_t)act->graph.count, sizeof *work), a = 1.5, s = 1 / (1 + exp(1.8));
    const double expected[OG_INPUT_COUNT] = {s - 0.25, 0.7 * 1.5 * s * (1 - s), 1.9 * 1.9, 2 * 1.9 * 0.4, 0, 0, -0.7};
    for (og_input i = 0; i < OG_INPUT_COUNT; i++) {
        double found;
        og__evaluate(&act->graph, 1, &act->by_input[i], inputs, &a, work, &found);
        assert_near(found, expected[i], 1e-12);
    }
    assert_int_equal(act->slope, act->by_input[OG_INPUT_X]);
    free(work);
    og_act_free(act);

    char *text;
    mirror = parse("mirror^2");
    assert_int_equal(og_act_derivative(mirror, NULL, &text), OG_OK);
    assert_string_equal(text, "2*mirror");
    free(text);
    assert_int_equal(og_act_derivative(mirror, "x", &text), OG_OK);
    assert_string_equal(text, "0");
    free(text);
    og_act_free(mirror);
}

/* The derivative exactly at a kink. */
static void test_kinks(void **state)
{
    static const struct {
        const char *formula;
        double x, slope;
    } cases[] = {
        {"relu", 0, 0},          {"relu", -0.0, 0},           {"max(0, x)", 0, 0},      {"abs(x)", 0, 0},
        {"leaky_relu", 0, 0.01}, {"prelu", 0, 0.25},          {"relu6", 0, 0},          {"relu6", 6, 0},
        {"hard_tanh", -1, 0},    {"hard_tanh", 1, 0},         {"hard_sigmoid", -3, 0},  {"hard_sigmoid", 3, 0},
        {"hard_swish", -3, 0},   {"hard_swish", 3, 1},        {"elu(a = 2)", 0, 2},     {"selu", 0, 1.7580993408473766},
        {"softsign", 0, 1},      {"sign(x) + x", 0, 1},       {"clamp(x, 0, 1)", 0, 0}, {"min(x, 2)", 2, 0},
        {"softplus", 0, 0.5},    {"softplus(b = 3)", 0, 0.5}, {"celu(a = 2)", 0, 1},    {"where(x >= 0, x, 0)", 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act = parse(cases[i].formula);
        double params[OG_ACT_PARAMS_MAX];
        default_params(act, params);
        assert_near(evaluate(act, act->slope, cases[i].x, params), cases[i].slope, 1e-8); /* 0.01 is a float */
        og_act_free(act);
    }
    og_act *prelu = parse("prelu");
    double a = 0.25;
    assert_near(evaluate(prelu, prelu->by_param[0], 0, &a), 0, 0);
    assert_near(evaluate(prelu, prelu->by_param[0], -2, &a), -2, 0);
    assert_near(evaluate(prelu, prelu->by_param[0], 2, &a), 0, 0);
    og_act_free(prelu);
}

/* What people type, in the forms that lose all digits in float32, must come out right: y and dy against values that
 * were computed with mpmath in 40 digits. */
static void test_naive_forms(void **state)
{
    static const struct {
        const char *formula;
        float x;
        double y, dy;
    } cases[] = {
        {"where(x > 0, x, exp(x) - 1)", -1e-6f, -9.999994974754119e-7, 0.99999900000050252},
        {"log(1 + exp(x))", -40, 4.248354255291589e-18, 4.248354255291589e-18},
        {"log(1 + exp(x))", 100, 100.0, 1.0},
        {"log(1/(1 + exp(-x)))", 40, -4.248354255291589e-18, 4.248354255291589e-18},
        {"0.5*x*(1 + erf(x/sqrt(2)))", -8, -4.9767684594174273e-15, -3.979607261086796e-14},
        {"x*tanh(log(1 + exp(x)))", -30, -2.807286890651921e-12, -2.7137106609633923e-12},
        {"x*tanh(log(1 + exp(x)))", 60, 60.0, 1.0},
        {"1 - tanh(x)^2", 15, 3.7430491875353693e-13, -7.4860983750693376e-13},
        {"1 - 1/(1 + exp(-x))", 30, 9.357622968839299e-14, -9.3576229688384233e-14},
        {"1/(1 + exp(-x))", -80, 1.8048513878454152e-35, 1.8048513878454152e-35},
        {"x/(1 + exp(-x))", 100, 100.0, 1.0},
        {"log(1 + x)", 1e-8f, 9.9999998892252912e-9, 0.99999999000000016},
        {"exp(-x^2/2)", 12, 5.3801861600211384e-32, -6.4562233920253661e-31},
        {"x*sigmoid(x)", -80, -1.4438811102763321e-33, -1.425832596397878e-33},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float y, dy;
        og_act *act = parse(cases[i].formula);
        assert_int_equal(og_act_eval(act, 1, &cases[i].x, &y, &dy, NULL), OG_OK);
        if (ulp_error(y, cases[i].y) > 8 || ulp_error(dy, cases[i].dy) > 8)
            fail_msg("'%s' at %g: %.9g and %.9g, not %.9g and %.9g", cases[i].formula, (double)cases[i].x, (double)y,
                     (double)dy, cases[i].y, cases[i].dy);
        og_act_free(act);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives), cmocka_unit_test(test_operators),   cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_kinks),      cmocka_unit_test(test_naive_forms),
    };
    return cmocka_run_group_tests(tests, make_cache, remove_cache);
}

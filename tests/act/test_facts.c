/* What follows from a formula: moments against tests/act/gaussian_stats.tsv, shape against what is known of each
 * function on paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/facts.h>

#include "base/file.h"
#include "near.h"

static og_act_facts facts_of(const char *text)
{
    og_act *act;
    og_act_facts facts = {0};
    if (og_act_parse(text, &act) != OG_OK || og_act_analyse(act, &facts) != OG_OK)
        fail_msg("'%s': %s", text, og_error_text());
    og_act_free(act);
    return facts;
}

static og_act_moments moments_of(const char *text, double mean, double sd, const double *params)
{
    og_act *act;
    og_act_moments moments = {0};
    if (og_act_parse(text, &act) != OG_OK || og_act_moments_at(act, mean, sd, params, &moments) != OG_OK)
        fail_msg("'%s': %s", text, og_error_text());
    og_act_free(act);
    return moments;
}

/* --- moments ------------------------------------------------------------------------------------------------------ */

/* Every row of the table as a formula, written out so that the catalogue's own spelling is not needed. */
static const struct {
    const char *golden, *formula;
} golden_rows[] = {
    {"identity", "x"},
    {"sigmoid", "1/(1 + exp(-x))"},
    {"tanh", "tanh(x)"},
    {"lecun_tanh", "1.7159*tanh(2*x/3)"},
    {"relu", "max(x, 0)"},
    {"leaky_relu(0.01)", "max(x, 0) + 0.01*min(x, 0)"},
    {"leaky_relu(0.1)", "max(x, 0) + 0.1*min(x, 0)"},
    {"leaky_relu(0.2)", "max(x, 0) + 0.2*min(x, 0)"},
    {"leaky_relu(0.25)", "max(x, 0) + 0.25*min(x, 0)"},
    {"rrelu eval(11/48)", "max(x, 0) + (11/48)*min(x, 0)"},
    {"relu6", "min(max(x, 0), 6)"},
    {"elu(1)", "where(x > 0, x, expm1(x))"},
    {"celu(1)", "max(x, 0) + min(expm1(x), 0)"},
    {"selu", "1.0507009873554805*where(x > 0, x, 1.6732632423543772*expm1(x))"},
    {"gelu", "x*0.5*erfc(-x/sqrt(2))"},
    {"gelu_tanh", "0.5*x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x^3)))"},
    {"quick_gelu(1.702)", "x*sigmoid(1.702*x)"},
    {"silu", "x*sigmoid(x)"},
    {"mish", "x*tanh(softplus(x))"},
    {"hard_sigmoid(x/6+.5)", "clamp(x/6 + 0.5, 0, 1)"},
    {"hard_sigmoid(.2x+.5)", "clamp(0.2*x + 0.5, 0, 1)"},
    {"hard_tanh", "clamp(x, -1, 1)"},
    {"hard_swish", "x*clamp(x/6 + 0.5, 0, 1)"},
    {"hard_mish", "0.5*x*clamp(x + 2, 0, 2)"},
    {"softplus", "softplus(x)"},
    {"softsign", "x/(1 + abs(x))"},
    {"log_sigmoid", "-softplus(-x)"},
    {"softshrink(.5)", "sign(x)*max(abs(x) - 0.5, 0)"},
    {"hardshrink(.5)", "where(abs(x) > 0.5, x, 0)"},
    {"tanhshrink", "x - tanh(x)"},
    {"thresholded_relu(1)", "where(x > 1, x, 0)"},
    {"arctan", "atan(x)"},
    {"arcsinh", "asinh(x)"},
    {"sin", "sin(x)"},
    {"gaussian exp(-x^2)", "exp(-x^2)"},
    {"snake(a=1)", "x + sin(x)^2"},
    {"squareplus(4)", "0.5*(x + sqrt(x^2 + 4))"},
    {"smelu(2)", "clamp(x + 2, 0, 4)^2/8 + max(x - 2, 0)"},
    {"sparse_plus(=smelu 1)", "clamp(x + 1, 0, 2)^2/4 + max(x - 1, 0)"},
    {"squared_relu", "max(x, 0)^2"},
    {"star_relu(.8944,-.4472)", "0.8944*max(x, 0)^2 - 0.4472"},
    {"serf", "x*erf(softplus(x))"},
    {"logish", "x*log1p(sigmoid(x))"},
    {"smish", "x*tanh(log1p(sigmoid(x)))"},
    {"tanhexp", "x*tanh(exp(x))"},
    {"elish", "where(x >= 0, x, expm1(x))*sigmoid(x)"},
    {"hard_elish(Basirat hs=(x+1)/2)", "where(x >= 0, x, expm1(x))*clamp((x + 1)/2, 0, 1)"},
    {"lisht", "x*tanh(x)"},
    {"bent_identity", "(sqrt(x^2 + 1) - 1)/2 + x"},
    {"isru(1)", "x/sqrt(1 + x^2)"},
    {"isrlu(1)", "where(x >= 0, x, x/sqrt(1 + x^2))"},
    {"sqnl", "where(abs(x) > 2, sign(x), x - x*abs(x)/4)"},
    {"swish(b=1.5)", "x*sigmoid(1.5*x)"},
    {"gcu x*cos x", "x*cos(x)"},
    {"med_relu(ReLU+softsign)", "where(x >= 0, x, x/(1 + abs(x)))"},
};

enum { GOLDEN_ROWS = sizeof golden_rows / sizeof golden_rows[0], GOLDEN_NUMBERS = 9 };

static const char *formula_of(const char *golden, size_t length)
{
    for (size_t i = 0; i < GOLDEN_ROWS; i++)
        if (strlen(golden_rows[i].golden) == length && strncmp(golden_rows[i].golden, golden, length) == 0)
            return golden_rows[i].formula;
    fail_msg("tests/act/gaussian_stats.tsv has a row that is not tested: %.*s", (int)length, golden);
    return NULL;
}

/* The table has six decimals, and four for the two ratios; 1e-6 of the value beside. */
static void test_golden_table(void **state)
{
    char *table, *line, *rest;
    size_t size, rows = 0;
    (void)state;
    assert_int_equal(og__file_read(OGIVE_SOURCE_DIR "/tests/act/gaussian_stats.tsv", &table, &size), OG_OK);
    for (line = strtok_r(table, "\n", &rest); (line = strtok_r(NULL, "\n", &rest)); rows++) {
        size_t length = strcspn(line, "\t");
        const char *formula = formula_of(line, length);
        og_act_moments m = moments_of(formula, 0, 1, NULL);
        const double found[GOLDEN_NUMBERS] = {m.mean,          m.second_moment, m.variance, m.slope_moment, m.gain,
                                              m.gain_variance, m.gain_backward, m.chi,      m.chi_norm};
        char *at = line + length;
        for (int k = 0; k < GOLDEN_NUMBERS; k++) {
            double expected = strtod(at, &at), digits = k < 7 ? 0.51e-6 : 0.51e-4;
            if (!(fabs(found[k] - expected) <= digits + 1e-6 * fabs(expected)))
                fail_msg("%s: number %d is %.8f, not %.8f", formula, k, found[k], expected);
        }
    }
    assert_int_equal(rows, GOLDEN_ROWS);
    free(table);
}

/* max(x, 0) for x ~ N(m, s^2): E f = m P(m/s) + s p(m/s), E f^2 = (m^2 + s^2) P(m/s) + m s p(m/s), with the normal
 * distribution P and density p. */
static void test_other_inputs(void **state)
{
    (void)state;
    for (double mean = -3; mean <= 3; mean += 0.75)
        for (double sd = 0.1; sd < 10; sd *= 2.3) {
            double t = mean / sd, below = 0.5 * erfc(-t / sqrt(2)), density = exp(-0.5 * t * t) / sqrt(2 * M_PI);
            og_act_moments m = moments_of("relu", mean, sd, NULL);
            assert_near(m.mean, mean * below + sd * density, 1e-10 * sd);
            assert_near(m.second_moment, (mean * mean + sd * sd) * below + mean * sd * density, 1e-10 * sd * sd);
            assert_near(m.slope_moment, below, 1e-10);
        }
    assert_near(moments_of("exp(x)", 0.3, 0.5, NULL).mean, exp(0.3 + 0.125), 1e-10);
    assert_near(moments_of("x^2", 0, 2, NULL).second_moment, 48, 1e-8);
}

static void test_learned_values(void **state)
{
    (void)state;
    const double slope = 0.2, beta = 1.5;
    og_act_moments leaky = moments_of("leaky_relu", 0, 1, &slope);
    assert_near(leaky.second_moment, 0.52, 1e-12);
    assert_near(moments_of("x*sigmoid(b*x); b = learn(1)", 0, 1, &beta).second_moment, 0.406885, 1e-6);
    og_act *act;
    og_act_facts facts = {0};
    const double one = 1, minus = -0.5;
    assert_int_equal(og_act_parse("leaky_relu", &act), OG_OK);
    assert_int_equal(og_act_analyse_at(act, &one, &facts), OG_OK);
    assert_true(facts.affine && facts.odd && facts.kink_count == 0);
    assert_int_equal(og_act_analyse_at(act, &minus, &facts), OG_OK);
    assert_true(!facts.monotonic && facts.kinks[0].slope_left == -0.5);
    og_act_free(act);
}

/* Known on paper: max of two, three and four normals, and products of independent ones. Comparing gates leaves kinks in
 * the outer integrals: about four digits. */
static void test_further_inputs(void **state)
{
    (void)state;
    og_act_moments two = moments_of("max(x, gate)", 0, 1, NULL);
    assert_near(two.mean, 1 / sqrt(M_PI), 1e-7);
    assert_near(two.second_moment, 1, 1e-7);
    assert_near(two.slope_moment, 0.5, 1e-7);
    assert_near(moments_of("max(max(x, gate), gate2)", 0, 1, NULL).mean, 1.5 / sqrt(M_PI), 1e-4);
    assert_near(moments_of("max(max(x, gate), max(gate2, gate3))", 0, 1, NULL).slope_moment, 0.25, 1e-3);
    assert_near(moments_of("x*gate*gate2*gate3", 0, 1, NULL).second_moment, 1, 1e-5);
    assert_near(moments_of("noise*x", 0, 1, NULL).slope_moment, 1.0 / 3, 1e-10);
    assert_near(moments_of("max(x, funnel)", 0, 1, NULL).mean, 1 / sqrt(M_PI), 1e-7);
    og_act_moments glu = moments_of("x*sigmoid(gate)", 0, 1, NULL);
    assert_near(glu.second_moment, 0.293379, 1e-6); /* the table's E sigmoid^2 */
    assert_near(glu.slope_moment, 0.293379, 1e-6);
    assert_near(moments_of("max(mirror, 0)", 0, 1, NULL).second_moment, 0.5, 1e-10);
    /* slopes uniform in [1/8, 1/3]: E a^2 = (1/3^2 + 1/24 + 1/8^2)/3 */
    og_act_moments rrelu = moments_of("where(x > 0, x, (1/8 + (5/24)*noise)*x)", 0, 1, NULL);
    assert_near(rrelu.second_moment, 0.5 + 0.5 * (1.0 / 9 + 1.0 / 24 + 1.0 / 64) / 3, 1e-10);
}

/* (a - b) x with a, b drawn independently: E f^2 = E (a - b)^2. */
static void test_drawn_values(void **state)
{
    (void)state;
    const char *normal = "(a - b)*x; a = learn(normal(0, 1), channel), b = learn(normal(0, 1), channel)";
    assert_near(moments_of(normal, 0, 1, NULL).second_moment, 2, 1e-9);
    assert_near(moments_of("a*x; a = learn(uniform(0, 1), channel)", 0, 1, NULL).second_moment, 1.0 / 3, 1e-7);
}

static void test_parts(void **state)
{
    (void)state;
    assert_near(moments_of("relu", 0, 1, NULL).odd_share, 0.5, 1e-10);
    assert_near(moments_of("tanh", 0, 1, NULL).odd_share, 1, 1e-12);
    assert_near(moments_of("x^2", 0, 1, NULL).odd_share, 0, 1e-12);
    assert_near(moments_of("identity", 0, 1, NULL).nonlinearity, 0, 1e-12);
    /* corr(relu, z)^2 = (1/2)^2 / (1/2 - 1/(2 pi)) */
    assert_near(moments_of("relu", 0, 1, NULL).nonlinearity, 1 - 0.25 / (0.5 - 0.5 / M_PI), 1e-10);
    assert_near(moments_of("abs(x)", 0, 1, NULL).nonlinearity, 1, 1e-12);
}

/* --- shape -------------------------------------------------------------------------------------------------------- */

static void test_shape(void **state)
{
    (void)state;
    og_act_facts relu = facts_of("relu"), mish = facts_of("mish"), tanh_facts = facts_of("tanh");
    og_act_facts swish = facts_of("hard_swish"), sine = facts_of("sin(x)"), bell = facts_of("exp(-x^2)");
    og_act_facts step = facts_of("where(x > 0.3, 1, 0) + clamp(x, -0.7, 2)");
    assert_true(relu.monotonic && !relu.odd && !relu.even && relu.kink_count == 1 && relu.kinks[0].x == 0);
    assert_true(relu.min == 0 && isinf(relu.max) && relu.slope_max == 1 && relu.min_attained && !relu.max_attained);
    assert_true(relu.homogeneous && !relu.affine && !mish.homogeneous);
    assert_true(!mish.monotonic && mish.kink_count == 0);
    assert_near(mish.min, -0.30884, 1e-5);
    assert_near(mish.min_at, -1.1925, 1e-3);
    assert_near(mish.slope_max, 1.0885, 1e-4);
    assert_true(tanh_facts.odd && tanh_facts.monotonic && tanh_facts.min == -1 && tanh_facts.max == 1);
    assert_true(!tanh_facts.min_attained && !tanh_facts.max_attained);
    assert_true(swish.kink_count == 2 && swish.kinks[0].x == -3 && swish.kinks[1].x == 3);
    assert_near(swish.kinks[0].slope_right, -0.5, 1e-9);
    assert_near(swish.min, -0.375, 1e-12);
    assert_near(swish.slope_max, 1.5, 1e-8);
    assert_true(sine.odd && !sine.monotonic && sine.max_attained);
    assert_near(sine.max, 1, 1e-9);
    assert_near(sine.max_at, M_PI / 2, 1e-6);
    assert_true(bell.even && bell.max == 1 && bell.max_at == 0 && bell.min == 0 && !bell.min_attained);
    assert_int_equal(step.kink_count, 3);
    assert_near(step.kinks[1].x, 0.3, 1e-12);
    assert_true(step.kinks[1].jump && !step.kinks[0].jump && isinf(step.lipschitz) && step.slope_max == 1);
    assert_near(step.kinks[1].right - step.kinks[1].left, 1, 1e-9);
}

static void test_tails(void **state)
{
    static const struct {
        const char *formula;
        og_tail left, right;
        double slope_left, intercept_left, slope_right, intercept_right; /* NaN: none */
        bool saturates_left, saturates_right;
    } cases[] = {
        {"relu", OG_TAIL_LIMIT, OG_TAIL_LINE, 0, 0, 1, 0, true, false},
        {"tanh", OG_TAIL_LIMIT, OG_TAIL_LIMIT, 0, -1, 0, 1, true, true},
        {"atan(x)", OG_TAIL_LIMIT, OG_TAIL_LIMIT, 0, -M_PI / 2, 0, M_PI / 2, true, true},
        {"softplus", OG_TAIL_LIMIT, OG_TAIL_LINE, 0, 0, 1, 0, true, false},
        {"x - tanh(x)", OG_TAIL_LINE, OG_TAIL_LINE, 1, 1, 1, -1, false, false},
        {"(sqrt(x^2 + 1) - 1)/2 + x", OG_TAIL_LINE, OG_TAIL_LINE, 0.5, -0.5, 1.5, -0.5, false, false},
        {"asinh(x)", OG_TAIL_GROWTH, OG_TAIL_GROWTH, NAN, NAN, NAN, NAN, true, true},
        {"x^2", OG_TAIL_GROWTH, OG_TAIL_GROWTH, NAN, NAN, NAN, NAN, false, false},
        {"exp(x)", OG_TAIL_LIMIT, OG_TAIL_GROWTH, 0, 0, NAN, NAN, true, false},
        {"sin(x)", OG_TAIL_OSCILLATES, OG_TAIL_OSCILLATES, NAN, NAN, NAN, NAN, false, false},
        {"log(x + 20)", OG_TAIL_NONE, OG_TAIL_GROWTH, NAN, NAN, NAN, NAN, false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *formula = cases[i].formula;
        og_act_facts f = facts_of(formula);
        if (f.left.kind != cases[i].left || f.right.kind != cases[i].right ||
            f.left.saturates != cases[i].saturates_left || f.right.saturates != cases[i].saturates_right)
            fail_msg("%s: kinds %d %d, saturates %d %d", formula, f.left.kind, f.right.kind, f.left.saturates,
                     f.right.saturates);
        const double found[] = {f.left.slope, f.left.intercept, f.right.slope, f.right.intercept};
        const double expected[] = {cases[i].slope_left, cases[i].intercept_left, cases[i].slope_right,
                                   cases[i].intercept_right};
        for (int k = 0; k < 4; k++)
            if (isnan(expected[k]) ? !isnan(found[k]) : !(fabs(found[k] - expected[k]) < 1e-8))
                fail_msg("%s: line number %d is %.12g, not %g", formula, k, found[k], expected[k]);
    }
    assert_near(facts_of("x^2").left.power, 2, 1e-9);
    assert_true(isinf(facts_of("exp(x)").right.power) && facts_of("asinh(x)").right.power == 0);
    assert_near(facts_of("tanh").right.flat_from, acosh(sqrt(20)), 1e-6); /* 1/cosh^2 = 0.05 */
    assert_near(facts_of("tanh").left.flat_share, 0.5 * erfc(acosh(sqrt(20)) / sqrt(2)), 1e-6);
    assert_near(facts_of("relu").flat_share, 0.5, 1e-9);
    assert_near(facts_of("hard_tanh").flat_share, erfc(1 / sqrt(2)), 1e-6);
}

static void test_smoothness(void **state)
{
    static const struct {
        const char *formula;
        int smoothness;
    } cases[] = {
        {"relu", 0},
        {"elu", 1},
        {"elu(a = 0.5)", 0},
        {"softsign", 1},
        {"where(x > 0, x, x/sqrt(1 + x^2))", 2},
        {"where(x > 0, x^4, 0)", 3},
        {"softplus", OG_SMOOTH_WITHOUT_END},
        {"mish", OG_SMOOTH_WITHOUT_END},
        {"where(x > 1, x, 0)", -1},
        {"abs(x)^2.5", 2},
        {"abs(x)*x", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act_facts f = facts_of(cases[i].formula);
        if (f.smoothness != cases[i].smoothness)
            fail_msg("%s is C^%d, not C^%d", cases[i].formula, f.smoothness, cases[i].smoothness);
    }
}

static void test_pieces_and_zeros(void **state)
{
    (void)state;
    og_act_facts shrink = facts_of("where(abs(x) > 0.5, x, 0)"), wave = facts_of("x*cos(x)"), silu = facts_of("silu");
    assert_true(shrink.piece_count == 3 && shrink.pieces[1].direction == 0 && shrink.pieces[1].from == -0.5);
    assert_true(shrink.zero_count == 1 && shrink.zeros[0].from == -0.5 && shrink.zeros[0].to == 0.5);
    assert_near(shrink.zero_share, erf(0.5 / sqrt(2)), 1e-9);
    assert_true(silu.piece_count == 2 && silu.pieces[0].direction == -1 && isinf(silu.pieces[0].from));
    assert_near(silu.pieces[1].from, -1.278464542761, 1e-9);
    assert_true(silu.zero_count == 1 && silu.zeros[0].from == 0 && silu.zeros[0].to == 0);
    assert_true(wave.zero_count == 7 && isinf(wave.max) && isinf(wave.min));
    assert_near(wave.zeros[4].from, M_PI / 2, 1e-9);
    og_act_facts parabola = facts_of("(x - 1)^2 - 4"), touching = facts_of("(x - 1)^2");
    assert_true(parabola.zero_count == 2 && touching.zero_count == 1);
    assert_near(parabola.zeros[0].from, -1, 1e-9);
    assert_near(parabola.zeros[1].from, 3, 1e-9);
    assert_near(touching.zeros[0].from, 1, 1e-6);
    assert_true(facts_of("exp(-x^2)").zero_count == 0);
    og_act_facts root = facts_of("log(x + 20)"), pole = facts_of("1/(x - 20)");
    assert_true(root.domain_count == 1 && root.domain[0].from == -20 && isinf(root.domain[0].to));
    assert_true(pole.domain_count == 2 && pole.domain[0].to == 20 && pole.domain[1].from == 20 && !pole.monotonic);
}

/* A formula without moments is refused with the reason; nothing hangs. */
static void test_no_moments(void **state)
{
    static const struct {
        const char *formula, *words;
    } cases[] = {
        {"x^x", "not a number at x = "}, {"exp(exp(x))", "infinite at x = "},    {"log(x)", "not a number for x < 0,"},
        {"exp(x^2)", "grows too fast"},  {"sqrt(x)", "not a number for x < 0,"}, {"1/x", "infinite at x = 0"},
        {"sqrt(1 - x)", "for x > 1,"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act;
        og_act_facts facts;
        assert_int_equal(og_act_parse(cases[i].formula, &act), OG_OK);
        og_status status = og_act_analyse(act, &facts);
        if (status != OG_ERR_NUMERIC || !strstr(og_error_text(), cases[i].words))
            fail_msg("'%s': %d %s", cases[i].formula, status, og_error_text());
        og_act_free(act);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_table),   cmocka_unit_test(test_other_inputs),
        cmocka_unit_test(test_learned_values), cmocka_unit_test(test_further_inputs),
        cmocka_unit_test(test_drawn_values),   cmocka_unit_test(test_parts),
        cmocka_unit_test(test_shape),          cmocka_unit_test(test_tails),
        cmocka_unit_test(test_smoothness),     cmocka_unit_test(test_pieces_and_zeros),
        cmocka_unit_test(test_no_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is said about an activation: whether it can be trained, its way through depth, and remarks in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/facts.h>

#include "near.h"

static og_act *parse(const char *text)
{
    og_act *act;
    if (og_act_parse(text, &act) != OG_OK)
        fail_msg("'%s': %s", text, og_error_text());
    return act;
}

/* --- trainability ------------------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    static const struct {
        const char *formula, *words;
    } cases[] = {
        {"sign(x)", "gradient of 0 nearly everywhere"},
        {"where(x > 0, 1, 0)", "gradient of 0 nearly everywhere"},
        {"clamp(x, 20, 21)", "is constant, 20,"},
        {"log(x)", "not a number for x < 0"},
        {"1/x", "infinite at x = 0"},
        {"exp(x^2)", "grows too fast"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act = parse(cases[i].formula);
        char *warnings;
        og_status status = og_act_check(act, &warnings);
        if (status != OG_ERR_NUMERIC || !strstr(og_error_text(), cases[i].words) || warnings)
            fail_msg("'%s': %d %s", cases[i].formula, status, og_error_text());
        og_act_free(act);
    }
}

static void test_warned(void **state)
{
    static const struct {
        const char *formula, *words;
    } cases[] = {
        {"identity", "straight line"},
        {"max(x - 2.6, 0)", "no gradient passes for 99.5 %"},
        {"max(x - 2.6, 0)", "gradients grow by a factor of 2.3"},
        {"where(x > 1, x, 0)", "jumps from 0 to 1 at x = 1"},
        {"1/(x - 20)", "infinite at x = 20"},
        {"log(x + 12)", "not a number for x < -12"},
        {"sqrt(12 - x)", "not a number for x > 12"},
        {"x/expm1(x)", "not a number exactly at x = 0"},
        {"exp(x)", "overflows float32 for x > 88.7"},
        {"x + sqrt(abs(x))", "slope is infinite at x = 0"},
        {"where(x > 9, a*x, tanh(x)); a = learn(1)", "parameter 'a' has no gradient"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act = parse(cases[i].formula);
        char *warnings;
        og_status status = og_act_check(act, &warnings);
        if (status != OG_OK || !warnings || !strstr(warnings, cases[i].words))
            fail_msg("'%s': %d %s", cases[i].formula, status, status == OG_OK ? warnings : og_error_text());
        free(warnings);
        og_act_free(act);
    }
}

/* No row of the catalogue is refused, and the usual ones give no doubt. */
static void test_catalogue_is_trainable(void **state)
{
    static const char *const usual[] = {"relu", "leaky_relu", "elu",     "gelu", "silu",
                                        "mish", "tanh",       "sigmoid", "prelu"};
    (void)state;
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        og_act *act = parse(og_act_entry_at(i)->id);
        if (og_act_check(act, NULL) != OG_OK)
            fail_msg("%s", og_error_text());
        og_act_free(act);
    }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        og_act *act = parse(usual[i]);
        char *warnings;
        assert_int_equal(og_act_check(act, &warnings), OG_OK);
        if (warnings)
            fail_msg("%s: %s", usual[i], warnings);
        og_act_free(act);
    }
}

/* --- depth -------------------------------------------------------------------------------------------------------- */

static void propagate(const char *formula, const og_act_depth *depth, og_act_signal *signals, og_act_limit *limit)
{
    og_act *act = parse(formula);
    if (og_act_propagate(act, NULL, depth, signals, limit) != OG_OK)
        fail_msg("'%s': %s", formula, og_error_text());
    og_act_free(act);
}

/* relu: the arc-cosine kernel of Cho and Saul, c' = (sin t + (pi - t) cos t)/pi with c = cos t; at gain sqrt(2)
 * variance and gradient stay, so that the network is critical. */
static void test_relu_through_depth(void **state)
{
    enum { LAYERS = 30 };
    og_act_signal s[LAYERS + 1];
    og_act_limit limit;
    const og_act_depth depth = {.gain = sqrt(2), .layers = LAYERS, .variance = 1.7, .correlation = -0.3};
    double c = -0.3;
    (void)state;
    propagate("relu", &depth, s, &limit);
    for (int l = 0; l <= LAYERS; l++) {
        assert_near(s[l].variance, 1.7, 1e-9);
        assert_near(s[l].correlation, c, 1e-7);
        assert_near(s[l].gradient, 1, 1e-9);
        double t = acos(c);
        c = (sin(t) + (M_PI - t) * cos(t)) / M_PI;
    }
    assert_near(limit.chi, 1, 1e-9);
    assert_true(limit.correlation == 1 && isinf(limit.depth_scale));
    const og_act_depth weak = {.gain = 1, .layers = 4, .variance = 1, .correlation = 0.5};
    propagate("relu", &weak, s, &limit);
    assert_near(s[4].variance, 1.0 / 16, 1e-12);
    assert_near(s[0].gradient, 0.25, 1e-12);
    assert_near(limit.variance, 0, 0);
}

/* A norm: c' = (E f(u) f(v) - (E f)^2) / Var f, gradient by sqrt(E f'^2 / Var f), which for relu is 1.46694 in the
 * golden table. erf: E erf(u) erf(v) = 2/pi asin(2 c / 3) for unit variance (Williams 1997). */
static void test_norm_and_erf(void **state)
{
    og_act_signal s[6];
    og_act_limit limit;
    (void)state;
    const og_act_depth norm = {.gain = 1, .layers = 5, .normalised = true, .variance = 1, .correlation = 0.4};
    propagate("relu", &norm, s, &limit);
    double t = acos(0.4), variance = 0.5 - 0.5 / M_PI;
    double c = (0.5 * (sin(t) + (M_PI - t) * cos(t)) / M_PI - 0.5 / M_PI) / variance;
    assert_near(s[1].correlation, c, 1e-8);
    assert_near(s[1].variance, variance, 1e-9);
    assert_near(s[3].gradient / s[4].gradient, sqrt(0.5 / variance), 1e-9);
    assert_near(limit.chi, 1.46694, 1e-4);
    assert_near(limit.depth_scale, -1 / log(0.25 / variance), 1e-3);
    double square = 2 / M_PI * asin(2.0 / 3);
    const og_act_depth plain = {.gain = 1 / sqrt(square), .layers = 2, .variance = 1, .correlation = 0.5};
    propagate("erf(x)", &plain, s, &limit);
    assert_near(s[1].correlation, asin(1.0 / 3) / asin(2.0 / 3), 1e-9);
    assert_near(s[2].variance, 1, 1e-9);
}

/* tanh with gain 1.5 and no bias has one stable variance, where iterating the map for long also ends. */
static void test_fixed_point(void **state)
{
    enum { LAYERS = 400 };
    static og_act_signal s[LAYERS + 1];
    og_act_limit limit;
    (void)state;
    const og_act_depth depth = {
        .gain = 1.5, .bias_variance = 0.05, .layers = LAYERS, .variance = 3, .correlation = 0.9};
    propagate("tanh", &depth, s, &limit);
    assert_near(limit.variance, s[LAYERS].variance, 1e-8);
    assert_near(limit.correlation, s[LAYERS].correlation, 1e-5);
    assert_true(limit.chi > 1 && limit.depth_scale > 0);
    double far = s[60].correlation - limit.correlation, near = s[80].correlation - limit.correlation;
    assert_near(-20 / log(near / far), limit.depth_scale, 0.02 * limit.depth_scale);
}

static void test_depth_options(void **state)
{
    static const og_act_depth wrong[] = {
        {.gain = 0, .layers = 2, .variance = 1},
        {.gain = 1, .layers = 0, .variance = 1},
        {.gain = 1, .layers = 2, .variance = 0},
        {.gain = 1, .layers = 2, .variance = 1, .correlation = 1.1},
        {.gain = 1, .layers = 2, .variance = 1, .bias_variance = -1},
    };
    og_act *act = parse("relu"), *gated = parse("x*sigmoid(gate)");
    const og_act_depth fine = {.gain = 1, .layers = 2, .variance = 1};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(og_act_propagate(act, NULL, &wrong[i], NULL, NULL), OG_ERR_ARGUMENT);
    assert_int_equal(og_act_propagate(gated, NULL, &fine, NULL, NULL), OG_ERR_UNSUPPORTED);
    og_act_free(act);
    og_act_free(gated);
}

/* --- words -------------------------------------------------------------------------------------------------------- */

static const char *const rules[] = {
#define OG_REMARK(rule, kind, condition, english, chinese, ...) #rule,
#include "act/remarks.def"
#undef OG_REMARK
};

enum { RULES = sizeof rules / sizeof rules[0] };

/* Every rule is true of some row of the catalogue, in both languages, and leaves no template behind. */
static void test_every_rule_fires(void **state)
{
    int fired[RULES] = {0};
    (void)state;
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        og_act *act = parse(og_act_entry_at(i)->id);
        for (og_language language = OG_LANGUAGE_ENGLISH; language <= OG_LANGUAGE_CHINESE; language++) {
            og_act_remark *remarks;
            size_t count;
            assert_int_equal(og_act_remarks(act, language, &remarks, &count), OG_OK);
            for (size_t k = 0; k < count; k++) {
                for (int r = 0; r < RULES; r++)
                    fired[r] += strcmp(rules[r], remarks[k].rule) == 0;
                assert_true(k == 0 || remarks[k].kind >= remarks[k - 1].kind);
                if (strstr(remarks[k].text, "nan") || strstr(remarks[k].text, "inf ") || strstr(remarks[k].text, "-0 "))
                    fail_msg("%s: %s", og_act_text(act), remarks[k].text);
            }
            og_act_remarks_free(remarks, count);
        }
        og_act_free(act);
    }
    for (int r = 0; r < RULES; r++)
        if (fired[r] == 0)
            fail_msg("no row of the catalogue shows the rule '%s'", rules[r]);
}

static void test_remarks_have_their_numbers(void **state)
{
    static const struct {
        const char *formula, *rule, *words;
    } cases[] = {
        {"relu", "dying", "50 %"},
        {"relu", "shifted", "0.399 for normal inputs, 0.68 standard"},
        {"relu", "gain_known", "1.414"},
        {"tanh", "vanishing", "x < -2.18 and x > 2.18"},
        {"tanh", "gain_differs", "1.593; PyTorch's calculate_gain has 1.667"},
        {"sigmoid", "shallow", "at most 0.25: at unit gain and without a norm, gradients shrink to 0.212"},
        {"mish", "turning", "x = -1.19"},
        {"silu", "gain", "1.677"},
        {"selu", "self_normalising", "second moment 1 "},
        {"hard_tanh", "kink", "(number of such points: 2)"},
        {"leaky_relu(a = 0.2)", "scale_free", "slope 0.2 and 1"},
        {"x^2", "even", "f(1) = 1"},
        {"where(x > 1, x, 0)", "jump", "at x = 1 from 0 to 1"},
        {"x*sigmoid(gate)", "section", "f(1) = 0.7311"},
        {"identity", "linear", "slope 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act = parse(cases[i].formula);
        og_act_remark *remarks;
        size_t count, k = 0;
        assert_int_equal(og_act_remarks(act, OG_LANGUAGE_ENGLISH, &remarks, &count), OG_OK);
        while (k < count && strcmp(remarks[k].rule, cases[i].rule) != 0)
            k++;
        if (k == count || !strstr(remarks[k].text, cases[i].words))
            fail_msg("%s, %s: %s", cases[i].formula, cases[i].rule, k < count ? remarks[k].text : "not said");
        og_act_remarks_free(remarks, count);
        og_act_free(act);
    }
}

/* Formulas that are odd, large or wild: an answer, whatever it is, and no hang. */
static void test_wild_formulas(void **state)
{
    static const char *const formulas[] = {
        "sin(1/x)",
        "x^x^x",
        "tanh(sin(exp(x)))",
        "where(sin(50*x) > 0, x, -x)",
        "exp(-exp(-exp(x)))",
        "x^50",
        "abs(x)^0.01",
        "sin(1e6*x)",
        "1/sin(x)",
        "log(abs(sin(x)))",
        "sqrt(sin(x))",
        "x*1e-30",
        "x*1e30",
        "max(min(x, gate), gate/funnel)",
        "where(noise > x, gate, gate2)",
        "1/(1 - x*x)",
        "rsqrt(x)^3",
    };
    (void)state;
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++) {
        og_act *act = parse(formulas[i]);
        og_act_facts facts;
        og_act_limit limit;
        og_act_remark *remarks;
        size_t count;
        char *warnings;
        const og_act_depth depth = {.gain = 1, .layers = 10, .variance = 1, .correlation = 0.5};
        og_status status = og_act_analyse(act, &facts);
        assert_true(status == OG_OK || status == OG_ERR_NUMERIC);
        status = og_act_check(act, &warnings);
        assert_true(status == OG_OK || status == OG_ERR_NUMERIC);
        free(warnings);
        if (og_act_remarks(act, OG_LANGUAGE_CHINESE, &remarks, &count) == OG_OK)
            og_act_remarks_free(remarks, count);
        (void)og_act_propagate(act, NULL, &depth, NULL, &limit);
        og_act_free(act);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_warned),
        cmocka_unit_test(test_catalogue_is_trainable),
        cmocka_unit_test(test_relu_through_depth),
        cmocka_unit_test(test_norm_and_erf),
        cmocka_unit_test(test_fixed_point),
        cmocka_unit_test(test_depth_options),
        cmocka_unit_test(test_every_rule_fires),
        cmocka_unit_test(test_remarks_have_their_numbers),
        cmocka_unit_test(test_wild_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The formula language: what is accepted, the canonical text, and errors that show the place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/act.h>
#include <ogive/facts.h>

#include "base/random.h"

static void assert_text(const char *formula, const char *canonical)
{
    og_act *act, *again;
    if (og_act_parse(formula, &act) != OG_OK)
        fail_msg("'%s': %s", formula, og_error_text());
    assert_string_equal(og_act_text(act), canonical);
    assert_int_equal(og_act_parse(og_act_text(act), &again), OG_OK);
    assert_string_equal(og_act_text(again), canonical);
    og_act_free(again);
    og_act_free(act);
}

static void test_canonical_text(void **state)
{
    static const struct {
        const char *typed, *canonical;
    } cases[] = {
        {"relu", "relu"},
        {" relu ( ) ", "relu"},
        {"leaky_relu(a=0.2)", "leaky_relu(a = 0.2)"},
        {"leaky_relu(a = 0.01)", "leaky_relu"},
        {"leaky_relu(a = 1/8)", "leaky_relu(a = 0.125)"},
        {"prelu", "prelu"},
        {"prelu(a = 0.25)", "prelu(a = 0.25)"},
        {"prelu(a=learn(.5))", "prelu(a = learn(0.5))"},
        {"elu(a = learn(1, channel))", "elu(a = learn(1, channel))"},
        {"hard_tanh(hi=2,lo=-2)", "hard_tanh(lo = -2, hi = 2)"},
        {"x*tanh(softplus(x))", "x*tanh_softplus(x)"},
        {"x * tanh(log(1 + exp(x)))", "x*tanh_softplus(x)"},
        {"where(x>0, x, a*x); a=learn(0.1, channel)", "where(x > 0, x, a*x); a = learn(0.1, channel)"},
        {"bent(s = 2) = x/s + sqrt(x^2 + 1)", "x/s + sqrt(x^2 + 1); s = 2"},
        {"leaky_relu(x, a = 0.2) + silu(x)", "where(x > 0, x, 0.2*x) + x*sigmoid(x)"},
        {"0.5*x*(1 + erf(x/sqrt(2)))", "x*normal_cdf(x)"},
        {"x/(1 + exp(-x))", "x*sigmoid(x)"},
        {"exp(x) - 1", "expm1(x)"},
        {"1 - tanh(x)^2", "sech2(x)"},
        {"1/(1+exp(-2*x))", "sigmoid(2*x)"},
        {"-x^2", "-x^2"},
        {"(-x)^2", "x^2"},
        {"2^-x", "2^(-x)"},
        {"x^0.5*x^-0.5", "rsqrt(x)*sqrt(x)"},
        {"a - (b - x); a = 1, b = -2", "a - (b - x); a = 1, b = -2"},
        {"x - (x*x - 1)", "x - (x^2 - 1)"},
        {"x/3", "(1/3)*x"},
        {"min(max(x, -1), 1)", "clamp(x, -1, 1)"},
        {"(x < 0)*x", "x*(x < 0)"},
        {"+-+x", "-x"},
        {"sin(pi*x)", "sin(3.141592653589793*x)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_text(cases[i].typed, cases[i].canonical);
}

/* `column` is where the text says that the fault is; 0 for none. */
static void assert_error(const char *formula, og_status status, int column, const char *words)
{
    assert_non_null(words);
    og_act *act = (og_act *)1;
    char place[64], caret[128];
    og_status got = og_act_parse(formula, &act);
    if (got != status || !strstr(og_error_text(), words))
        fail_msg("'%s' gave %d: %s", formula ? formula : "(none)", got, og_error_text());
    assert_null(act);
    if (column == 0)
        return;
    snprintf(place, sizeof place, "character %d of the formula: ", column);
    snprintf(caret, sizeof caret, "\n  %*s^", column - 1, "");
    if (strncmp(og_error_text(), place, strlen(place)) != 0 || !strstr(og_error_text(), caret))
        fail_msg("'%s': not at %d: %s", formula, column, og_error_text());
}

static void test_inputs_and_sources(void **state)
{
    static const struct {
        const char *typed, *canonical;
    } cases[] = {
        {"sigmoid(gate)*x", "x*sigmoid(gate)"},
        {"max( max(x,gate), max(gate2, gate3))", "max(max(x, gate), max(gate2, gate3))"},
        {"max(x, funnel)", "max(x, funnel)"},
        {"max(mirror, 0)", "max(mirror, 0)"},
        {"x*(1 + noise)", "x*(noise + 1)"},
        {"silu(gate)*x", "x*(gate*sigmoid(gate))"},
        {"a*x; a = learn(uniform(0,1))", "a*x; a = learn(uniform(0, 1))"},
        {"a*x; a = learn(uniform(-1/8, 1/8), channel)", "a*x; a = learn(uniform(-0.125, 0.125), channel)"},
        {"a*x; a = learn(uniform(2, 2))", "a*x; a = learn(uniform(2, 2))"},
        {"a*x; a=learn(normal(0.5,.1),channel)", "a*x; a = learn(normal(0.5, 0.1), channel)"},
        {"max(a*x, 0)*a; a = alternate(1)", "a*max(a*x, 0); a = alternate(1)"},
        {"a*x; a = excite(16)", "a*x; a = excite(16)"},
        {"a*x; a = excite(4, relu)", "a*x; a = excite(4, relu)"},
        {"a*x + b; a = excite(4,relu,layer), b = excite(4, relu)",
         "a*x + b; a = excite(4, relu, layer), b = excite(4, relu)"},
        {"a*x; a = excite(4, layer)", "a*x; a = excite(4, layer)"},
        {"prelu(a = learn(uniform(0, 0.5), channel))", "prelu(a = learn(uniform(0, 0.5), channel))"},
        {"leaky_relu(a = alternate(0.1))", "leaky_relu(a = alternate(0.1))"},
        {"leaky_relu(x, a = noise)", "where(x > 0, x, x*noise)"},
    };
    static const struct {
        const char *formula;
        og_status status;
        int column;
        const char *words;
    } errors[] = {
        {"x + mirror", OG_ERR_ARGUMENT, 5, "both x and mirror"},
        {"x*gate2", OG_ERR_ARGUMENT, 3, "gate2 without gate"},
        {"x*gate*gate3", OG_ERR_ARGUMENT, 8, "gate3 without gate2"},
        {"gate", OG_ERR_ARGUMENT, 1, "does not depend on x"},
        {"noise*funnel", OG_ERR_ARGUMENT, 1, "does not depend on x"},
        {"x*gaet", OG_ERR_NAME, 3, "did you mean 'gate'"},
        {"a*x; gate = 1", OG_ERR_NAME, 6, "has a meaning of its own"},
        {"gate(x)", OG_ERR_SYNTAX, 1, "'gate' is not a function"},
        {"a*x; a = learn(uniform(1, 0))", OG_ERR_ARGUMENT, 16, "ends below its start"},
        {"a*x; a = learn(uniform(1))", OG_ERR_SYNTAX, 25, "uniform(0, 1)"},
        {"a*x; a = learn(normal(0, 0))", OG_ERR_ARGUMENT, 16, "above 0"},
        {"a*x; a = learn(normal(0, -1))", OG_ERR_ARGUMENT, 16, "above 0"},
        {"a*x; a = uniform(0, 1)", OG_ERR_SYNTAX, 10, "write learn(uniform(...))"},
        {"a*x; a = alternate(learn(1))", OG_ERR_SYNTAX, 20, "said behind the formula"},
        {"excite(4)*x", OG_ERR_SYNTAX, 1, "said behind the formula"},
        {"a*x; a = alternate(gate)", OG_ERR_SYNTAX, 20, "expected a number"},
        {"a*x; a = excite(0.5)", OG_ERR_ARGUMENT, 17, "a whole number from 1"},
        {"a*x; a = excite(2.5)", OG_ERR_ARGUMENT, 17, "a whole number from 1"},
        {"a*x; a = excite(4, channel)", OG_ERR_SYNTAX, 20, "'relu' or 'layer'"},
        {"a*x; a = excite(4, relu, relu)", OG_ERR_SYNTAX, 26, "'layer'"},
        {"a*x + b; a = excite(4), b = excite(8)", OG_ERR_ARGUMENT, 7, "one hidden layer"},
        {"a*x + b; a = excite(4), b = excite(4, relu)", OG_ERR_ARGUMENT, 7, "one hidden layer"},
        {"hard_tanh(lo = excite(4), hi = excite(2))", OG_ERR_ARGUMENT, 27, "one hidden layer"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_text(cases[i].typed, cases[i].canonical);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        assert_error(errors[i].formula, errors[i].status, errors[i].column, errors[i].words);
}

static void test_what_a_formula_reads(void **state)
{
    og_act *act;
    (void)state;
    assert_int_equal(
        og_act_parse("a*x*gate + b*noise + c*x; a = learn(uniform(-1, 3)), b = alternate(2), c = excite(4, relu)",
                     &act),
        OG_OK);
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        assert_int_equal(og_act_uses(act, i), i == OG_INPUT_X || i == OG_INPUT_GATE || i == OG_INPUT_NOISE);
    og_act_param a = og_act_param_at(act, 0), b = og_act_param_at(act, 1), c = og_act_param_at(act, 2);
    assert_true(a.source == OG_PARAM_UNIFORM && a.first == -1 && a.second == 3 && a.value == 1 &&
                a.learn == OG_LEARN_LAYER);
    assert_true(b.source == OG_PARAM_ALTERNATE && b.value == 2 && b.learn == OG_LEARN_NO);
    assert_true(c.source == OG_PARAM_EXCITE && c.first == 4 && c.second == 1 && c.value == 0.5f &&
                c.learn == OG_LEARN_CHANNEL);
    og_act_free(act);
}

static void test_catalogue_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        const og_act_entry *entry = og_act_entry_at(i);
        og_act *named, *written;
        char *formula;
        assert_text(entry->id, entry->id);
        assert_int_equal(og_act_parse(entry->id, &named), OG_OK);
        assert_string_equal(og_act_id(named), entry->id);
        assert_int_equal(og_act_param_count(named), entry->param_count);
        assert_true(entry->reference[0] != '\0' && entry->formula[0] != '\0');

        char text[512]; /* the row's formula with its parameters is the same function */
        int length = snprintf(text, sizeof text, "%s", entry->formula);
        for (size_t k = 0; k < entry->param_count; k++)
            length += snprintf(text + length, sizeof text - (size_t)length, "%s%s = %.9g", k == 0 ? "; " : ", ",
                               entry->params[k].name, (double)entry->params[k].value);
        assert_int_equal(og_act_parse(text, &written), OG_OK);
        char *again;
        assert_int_equal(og_act_formula(named, &formula), OG_OK);
        assert_int_equal(og_act_formula(written, &again), OG_OK);
        assert_string_equal(formula, again);
        assert_null(og_act_id(written));
        free(formula);
        free(again);
        og_act_free(named);
        og_act_free(written);
    }
    assert_null(og_act_entry_at(og_act_entry_count()));
}

static void test_errors_show_the_place(void **state)
{
    static const struct {
        const char *formula;
        og_status status;
        int column;
        const char *words;
    } cases[] = {
        {"", OG_ERR_SYNTAX, 0, "empty"},
        {"  ", OG_ERR_SYNTAX, 0, "empty"},
        {"x +", OG_ERR_SYNTAX, 4, "found the end, expected a number"},
        {"x*(+)", OG_ERR_SYNTAX, 5, "found ')', expected a number"},
        {"(x", OG_ERR_SYNTAX, 3, "expected ')'"},
        {"x)", OG_ERR_SYNTAX, 2, "found ')', expected an operator or the end"},
        {"2x", OG_ERR_SYNTAX, 2, "'*' is not left out"},
        {"x x", OG_ERR_SYNTAX, 3, "found 'x', expected an operator"},
        {"x ** 2", OG_ERR_SYNTAX, 3, "expected '^'"},
        {"x = 2", OG_ERR_NAME, 1, "'x' cannot be defined; '==' compares"},
        {"x $ 2", OG_ERR_SYNTAX, 3, "'$' has no meaning"},
        {"x \xc2\xb7 2", OG_ERR_SYNTAX, 3, "has no meaning"},
        {"\xc3\xa9 + tahn(x)", OG_ERR_SYNTAX, 1, "has no meaning"},
        {"x\x01", OG_ERR_SYNTAX, 2, "byte 0x01"},
        {"1 < x < 2", OG_ERR_SYNTAX, 7, "comparisons do not chain"},
        {"tahn(x)", OG_ERR_NAME, 1, "did you mean 'tanh'"},
        {"x + sofplus(x)", OG_ERR_NAME, 5, "did you mean 'softplus'"},
        {"rleu", OG_ERR_NAME, 1, "unknown activation 'rleu'; did you mean 'relu'"},
        {"qqqqqq", OG_ERR_NAME, 1, "ogive act list"},
        {"a*x", OG_ERR_NAME, 1, "unknown name 'a'; a parameter is declared behind the formula: '; a = 1'"},
        {"slope*x; slop = 1", OG_ERR_NAME, 1, "did you mean 'slop'"},
        {"leaky_relu(b = 1)", OG_ERR_NAME, 12, "has no parameter 'b'; its only one is 'a'"},
        {"relu(a = 1)", OG_ERR_NAME, 6, "'relu' has no parameters"},
        {"leaky_relu(a = 1, a = 2)", OG_ERR_SYNTAX, 19, "given twice"},
        {"leaky_relu(a = x)", OG_ERR_SYNTAX, 16, "found 'x', expected a number"},
        {"leaky_relu(a = )", OG_ERR_SYNTAX, 16, "found ')', expected a number"},
        {"leaky_relu(a = 1/0)", OG_ERR_ARGUMENT, 16, "not a finite number"},
        {"leaky_relu(a = 1e60)", OG_ERR_SYNTAX, 16, "outside the range of float32"},
        {"leaky_relu(a = learn)", OG_ERR_SYNTAX, 21, "expected '('"},
        {"leaky_relu(a = learn(1, layer))", OG_ERR_SYNTAX, 25, "expected 'channel'"},
        {"leaky_relu(a = 0.2) + 1", OG_ERR_SYNTAX, 21, "inside a formula write leaky_relu(x, ...)"},
        {"1 + leaky_relu(a = 0.2)", OG_ERR_SYNTAX, 5, "needs its input first"},
        {"leaky_relu(0.2)", OG_ERR_ARGUMENT, 1, "does not depend on x"},
        {"3", OG_ERR_ARGUMENT, 1, "does not depend on x"},
        {"0*x", OG_ERR_ARGUMENT, 1, "does not depend on x"},
        {"x; a = 1", OG_ERR_ARGUMENT, 1, "does not depend on its parameter 'a'"},
        {"x*a; a = 1,", OG_ERR_SYNTAX, 12, "expected a parameter"},
        {"x*a;", OG_ERR_SYNTAX, 5, "expected a parameter"},
        {"x*a; x = 1", OG_ERR_NAME, 6, "has a meaning of its own"},
        {"x*a; tanh = 1", OG_ERR_NAME, 6, "is a function"},
        {"x*a; a = 1; b = 2", OG_ERR_SYNTAX, 11, "expected an operator or the end"},
        {"tanh", OG_OK, 0, ""},
        {"x + tanh", OG_ERR_SYNTAX, 5, "'tanh' is a function"},
        {"tanh()", OG_OK, 0, ""},
        {"x + tanh()", OG_ERR_SYNTAX, 10, "takes 1 argument, found 0"},
        {"min(x)", OG_ERR_SYNTAX, 6, "takes 2 arguments, found 1"},
        {"sin(x, x)", OG_ERR_SYNTAX, 6, "takes 1 argument, found more"},
        {"x(2)", OG_ERR_SYNTAX, 1, "'x' is not a function; write 'x*('"},
        {"silu(a = 1) = x*a", OG_ERR_NAME, 1, "is defined already"},
        {"relu(a", OG_ERR_NAME, 6, "unknown name 'a'"},
        {"1e", OG_ERR_SYNTAX, 2, "found 'e'"},
        {"0x10*x", OG_ERR_SYNTAX, 2, "found 'x10'"},
        {"inf*x", OG_ERR_NAME, 1, "unknown name 'inf'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (cases[i].status != OG_OK)
            assert_error(cases[i].formula, cases[i].status, cases[i].column, cases[i].words);
        else
            assert_text(cases[i].formula, "tanh");
    assert_error(NULL, OG_ERR_ARGUMENT, 0, "no formula");
}

static char *repeat(const char *before, const char *middle, const char *after, int count)
{
    size_t size = (strlen(before) + strlen(after)) * (size_t)count + strlen(middle) + 1;
    char *text = calloc(1, size);
    for (int i = 0; i < count; i++)
        strcat(text, before);
    strcat(text, middle);
    for (int i = 0; i < count; i++)
        strcat(text, after);
    return text;
}

/* Neither a crash nor a hang: an answer or a clear refusal. */
static void test_hostile_texts(void **state)
{
    static const struct {
        const char *before, *middle, *after;
        int count;
        og_status status;
    } cases[] = {
        {"(", "x", ")", 199, OG_OK},
        {"(", "x", ")", 200, OG_ERR_SYNTAX},
        {"(", "x", ")", 2000, OG_ERR_SYNTAX},
        {"-", "x", "", 4000, OG_OK},
        {"sin(x)*", "x", "", 100, OG_OK},
        {"tanh(", "x", ")", 198, OG_OK},
        {"x^", "x", "", 1000, OG_ERR_SYNTAX},
        {"silu(", "x", ")", 90, OG_ERR_UNSUPPORTED}, /* small as a graph, 2^90 characters when written out */
        {"mish(silu(gelu(", "x", ")))", 30, OG_ERR_UNSUPPORTED},
        {"x+", "x", "", 2047, OG_OK},
        {"sin(x)*", "x", "", 550, OG_ERR_UNSUPPORTED},
        {"x^64*", "x", "", 80, OG_OK},
        {"(", "", "", 4000, OG_ERR_SYNTAX},
        {"x", "", "", 4096, OG_ERR_SYNTAX},
        {"x+", "x", "", 5000, OG_ERR_SYNTAX},
        {"1", "*x", "", 300, OG_ERR_SYNTAX},
        {"\xff", "", "", 100, OG_ERR_SYNTAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act;
        char *text = repeat(cases[i].before, cases[i].middle, cases[i].after, cases[i].count);
        og_status status = og_act_parse(text, &act);
        if (status != cases[i].status)
            fail_msg("%d times '%s': %d, %s", cases[i].count, cases[i].before, status, og_error_text());
        og_act_facts facts;
        if (status == OG_OK)
            (void)og_act_analyse(act, &facts); /* any answer, but one */
        og_act_free(act);
        free(text);
    }
}

/* A random expression of the grammar, brackets or not. */
static void add_random(og__random *random, char *text, int depth)
{
    static const char *const leaves[] = {"x", "x", "a", "1", "2", "0.5", "3", "pi", "-1", "0"};
    static const char *const operators[] = {" + ", "-", "*", "/", "^", " < ", "+", "*"};
    static const char *const functions[] = {"tanh(", "exp(", "log(",  "softplus(", "elu(",  "erf(",   "abs(",   "sqrt(",
                                            "-(",    "(",    "mish(", "sigmoid(",  "erfc(", "log1p(", "sech2(", "1+("};
    uint32_t kind = og__random_below(random, 8);
    if (depth == 0 || kind < 2) {
        strcat(text, leaves[og__random_below(random, 10)]);
    } else if (kind < 5) {
        strcat(text, functions[og__random_below(random, 16)]);
        add_random(random, text, depth - 1);
        strcat(text, ")");
    } else if (kind == 5) {
        strcat(text, og__random_below(random, 2) ? "where(" : "clamp(");
        for (int k = 0; k < 3; k++) {
            add_random(random, text, depth - 1);
            strcat(text, k < 2 ? ", " : ")");
        }
    } else {
        add_random(random, text, depth - 1);
        strcat(text, operators[og__random_below(random, 8)]);
        add_random(random, text, depth - 1);
    }
}

/* Whatever parses has a canonical text that parses to itself. */
static void test_random_texts(void **state)
{
    og__random random = og__random_at(11, OG_STREAM_TEST, 0);
    int parsed = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[4096] = "";
        og_act *act, *again;
        add_random(&random, text, 4);
        if (strchr(text, 'a') && og_act_parse(text, &act) != OG_OK)
            strcat(text, "; a = 2");
        else if (strchr(text, 'a'))
            og_act_free(act);
        if (og_act_parse(text, &act) != OG_OK)
            continue; /* a chain of comparisons, or no x in it */
        parsed++;
        if (og_act_parse(og_act_text(act), &again) != OG_OK)
            fail_msg("'%s' became '%s': %s", text, og_act_text(act), og_error_text());
        if (strcmp(og_act_text(again), og_act_text(act)) != 0)
            fail_msg("'%s': '%s' became '%s'", text, og_act_text(act), og_act_text(again));
        og_act_free(again);
        og_act_free(act);
    }
    assert_true(parsed > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_text),        cmocka_unit_test(test_inputs_and_sources),
        cmocka_unit_test(test_what_a_formula_reads),  cmocka_unit_test(test_catalogue_text),
        cmocka_unit_test(test_errors_show_the_place), cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_random_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

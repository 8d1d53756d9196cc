/* Libraries' names for activations: what they resolve to, what is told, and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "act/alias.h"

static og_act *parse(const char *text)
{
    og_act *act;
    if (og_act_parse(text, &act) != OG_OK)
        fail_msg("'%s': %s", text, og_error_text());
    return act;
}

/* What the libraries document. */
static void test_resolution(void **state)
{
    static const struct {
        const char *typed, *canonical, *words;
    } cases[] = {
        {"relu", "relu", ""},
        {"leaky_relu(a = 0.2)", "leaky_relu(a = 0.2)", ""},
        {"x*sigmoid(x)", "x*sigmoid(x)", ""},
        {"swish", "silu", "swish is silu as in common usage"},
        {"Swish()", "silu", "swish_beta"},
        {"SiLU", "silu", "SiLU is silu as in PyTorch"},
        {"ReLU", "relu", ""},
        {"LeakyReLU", "leaky_relu",
         "LeakyReLU is leaky_relu(a = 0.01) as in PyTorch; in Keras it is leaky_relu(a = 0.3)"},
        {"LeakyReLU(0.3)", "leaky_relu(a = 0.3)", "as in PyTorch"},
        {"HardSigmoid", "hard_sigmoid", "in ONNX it is clamp(0.2*x + 0.5, 0, 1)"},
        {"GELU('tanh')", "gelu_tanh", "as in PyTorch"},
        {"GELU", "gelu", "in JAX it is gelu_tanh"},
        {"PELU(a = 2)", "pelu(a = 2)", "PELU is pelu"},
        {"nn.LeakyReLU(0.2)", "leaky_relu(a = 0.2)", "nn.LeakyReLU is leaky_relu(a = 0.2)"},
        {"nn.LeakyReLU(negative_slope=0.2, inplace=True)", "leaky_relu(a = 0.2)", ""},
        {"torch.nn.LeakyReLU()", "leaky_relu", "leaky_relu(a = 0.01)"},
        {"F.leaky_relu", "leaky_relu", ""},
        {"F.gelu(approximate='tanh')", "gelu_tanh", ""},
        {"nn.GELU(\"tanh\")", "gelu_tanh", ""},
        {"nn.GELU", "gelu", ""},
        {"nn.PReLU", "prelu(a = learn(0.25))", "one slope for all channels"},
        {"nn.PReLU(num_parameters=1)", "prelu(a = learn(0.25))", ""},
        {"nn.PReLU(64)", "prelu", "one slope per channel"},
        {"nn.PReLU(64, 0.1)", "prelu(a = learn(0.1, channel))", ""},
        {"nn.PReLU(init = 0.1)", "prelu(a = learn(0.1))", ""},
        {"nn.Threshold(0.1, 20)", "threshold(t = 0.1, v = 20)", ""},
        {"nn.Hardtanh(-2, 2)", "hard_tanh(lo = -2, hi = 2)", ""},
        {"nn.RReLU(0.1, 0.3)", "rrelu(lo = 0.1, hi = 0.3)", ""},
        {"nn.RReLU", "rrelu", ""},
        {"nn.Softplus(beta = 2, threshold = 20)", "softplus(b = 2)", ""},
        {"torch.atan", "arctan", ""},
        {"keras.leaky_relu", "leaky_relu(a = 0.2)", "0.3 as its layer"},
        {"tf.keras.layers.LeakyReLU", "leaky_relu(a = 0.3)", ""},
        {"tf.keras.layers.LeakyReLU(alpha=0.1)", "leaky_relu(a = 0.1)", ""},
        {"tf.nn.leaky_relu", "leaky_relu(a = 0.2)", ""},
        {"keras.layers.ReLU(max_value=6)", "relu6", ""},
        {"keras.layers.ReLU(max_value=4)", "bounded_relu(cap = 4)", ""},
        {"keras.layers.ReLU(negative_slope=0.1)", "leaky_relu(a = 0.1)", ""},
        {"keras.activations.hard_silu", "hard_swish", ""},
        {"keras.layers.PReLU", "prelu(a = learn(0, channel))", ""},
        {"jax.nn.gelu", "gelu_tanh", "JAX's default is the tanh approximation"},
        {"jax.nn.gelu(approximate=False)", "gelu", ""},
        {"jax.nn.soft_sign", "softsign", ""},
        {"flax.linen.PReLU", "prelu(a = learn(0.01))", "0.01"},
        {"onnx.LeakyRelu(alpha=0.1)", "leaky_relu(a = 0.1)", ""},
        {"onnx.HardSigmoid", "clamp(0.2*x + 0.5, 0, 1)", "0.2 there"},
        {"onnx.HardSigmoid(alpha=0.16666667)", "hard_sigmoid", ""},
        {"onnx.ThresholdedRelu", "thresholded_relu", ""},
        {"onnx.Clip(0, 6)", "relu6", ""},
        {"onnx.Swish(1.702)", "quick_gelu", ""},
        {"onnx.Selu", "selu", "rounded to float32"},
        {"Act.swish", "swish_beta(b = 1)", ""},
        {"mmcv.HSigmoid(bias=1, divisor=2)", "sparse_sigmoid", ""},
        {"timm.layers.quick_gelu", "quick_gelu", ""},
        {"xformers.smelu", "smelu", ""},
        {"darknet.leaky", "leaky_relu(a = 0.1)", ""},
        {"inplace_abn", "leaky_relu", "in one pass"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act = parse(cases[i].typed);
        assert_string_equal(og_act_text(act), cases[i].canonical);
        if (!strstr(og_act_note(act), cases[i].words))
            fail_msg("'%s' says '%s'", cases[i].typed, og_act_note(act));
        if (i < 3)
            assert_string_equal(og_act_note(act), "");
        og_act_free(act);
    }
}

static void test_errors(void **state)
{
    static const struct {
        const char *typed, *words;
    } cases[] = {
        {"nn.LekyReLU", "no activation 'LekyReLU' of PyTorch; did you mean 'LeakyReLU'?"},
        {"foo.ReLU", "'foo' is no library"},
        {"nn.LeakyReLU(slope=0.1)", "it knows nn.LeakyReLU(negative_slope = 0.01"},
        {"nn.LeakyReLU('a')", "it knows nn.LeakyReLU(negative_slope = 0.01"},
        {"nn.LeakyReLU(0.1, True, 3)", "with these arguments"},
        {"nn.LeakyReLU(0.1, negative_slope=0.2)", "with these arguments"},
        {"nn.Threshold(0.1)", "it knows nn.Threshold(threshold, value"},
        {"nn.GELU('fast')", "with these arguments"},
        {"mmcv.HSigmoid(bias=2)", "with these arguments"},
        {"x*swish(x)", "unknown function 'swish'; ogive calls it 'silu'"},
        {"swihs", "did you mean"},
        {"tahn", "did you mean 'tanh'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_act *act;
        assert_int_equal(og_act_parse(cases[i].typed, &act), OG_ERR_NAME);
        if (!strstr(og_error_text(), cases[i].words))
            fail_msg("'%s': %s", cases[i].typed, og_error_text());
    }
}

static void test_spelling(void **state)
{
    static const struct {
        const char *act;
        og_library library;
        const char *text; /* NULL: it has none there */
    } cases[] = {
        {"relu", OG_LIBRARY_PYTORCH, "nn.ReLU()"},
        {"leaky_relu(a = 0.2)", OG_LIBRARY_PYTORCH, "nn.LeakyReLU(negative_slope=0.2)"},
        {"where(x > 0, x, s*x); s = 0.2", OG_LIBRARY_PYTORCH, "nn.LeakyReLU(negative_slope=0.2)"},
        {"leaky_relu(a = 0.2)", OG_LIBRARY_KERAS, "keras.activations.leaky_relu(negative_slope=0.2)"},
        {"leaky_relu(a = 0.2)", OG_LIBRARY_JAX, "jax.nn.leaky_relu(negative_slope=0.2)"},
        {"leaky_relu(a = 0.2)", OG_LIBRARY_ONNX, "LeakyRelu(alpha=0.2) (opset 6)"},
        {"leaky_relu(a = learn(0.2))", OG_LIBRARY_ONNX, NULL},
        {"prelu", OG_LIBRARY_PYTORCH, "nn.PReLU(num_parameters=C, init=0.25)"},
        {"prelu(a = learn(0.1))", OG_LIBRARY_PYTORCH, "nn.PReLU(num_parameters=1, init=0.1)"},
        {"prelu(a = learn(uniform(0, 1), channel))", OG_LIBRARY_PYTORCH, NULL},
        {"prelu(a = 0.3)", OG_LIBRARY_PYTORCH, "nn.LeakyReLU(negative_slope=0.3)"},
        {"gelu", OG_LIBRARY_PYTORCH, "nn.GELU(approximate='none')"},
        {"gelu_tanh", OG_LIBRARY_PYTORCH, "nn.GELU(approximate='tanh')"},
        {"gelu", OG_LIBRARY_JAX, "jax.nn.gelu(approximate=False)"},
        {"gelu_tanh", OG_LIBRARY_ONNX, "Gelu(approximate='tanh') (opset 20)"},
        {"hard_sigmoid", OG_LIBRARY_ONNX, "HardSigmoid(alpha=0.16666667) (opset 6)"},
        {"selu", OG_LIBRARY_ONNX, "Selu() (opset 6)"},
        {"relu6", OG_LIBRARY_ONNX, "Clip(min=0, max=6) (opset 11)"},
        {"threshold(t = 1, v = 2)", OG_LIBRARY_PYTORCH, "nn.Threshold(threshold=1, value=2)"},
        {"hard_tanh(lo = -2)", OG_LIBRARY_PYTORCH, "nn.Hardtanh(min_val=-2, max_val=1)"},
        {"softplus(b = 2)", OG_LIBRARY_KERAS, NULL},
        {"quick_gelu", OG_LIBRARY_TIMM, "timm.layers.quick_gelu()"},
        {"serf", OG_LIBRARY_PYTORCH, NULL},
        {"x + tanh(x)", OG_LIBRARY_PYTORCH, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text;
        og_act *act = parse(cases[i].act);
        assert_int_equal(og_act_spelling(act, cases[i].library, &text), OG_OK);
        if (cases[i].text ? !text || strcmp(text, cases[i].text) != 0 : text != NULL)
            fail_msg("'%s' in %s: %s", cases[i].act, og_library_name(cases[i].library), text ? text : "none");
        free(text);
        og_act_free(act);
    }
}

/* Type a row's signature with a value for each argument that needs one. */
static void type_row(const og__alias *row, char *text, size_t size)
{
    static const char *const numbers[] = {"0.75", "1.25", "2.5", "3", "4", "5"};
    og__alias_call call;
    assert_true(og__alias_read(row->signature, &call));
    int length = snprintf(text, size, "%s%s%s(",
                          call.path[0]                      ? call.path
                          : row->library == OG_LIBRARY_ONNX ? "onnx"
                                                            : "",
                          call.path[0] || row->library == OG_LIBRARY_ONNX ? "." : "", call.name);
    for (int i = 0; i < call.count; i++) {
        const og__alias_arg *arg = &call.args[i];
        const char *name = arg->name[0] ? arg->name : arg->value;
        bool is_free = !arg->name[0] || strcmp(arg->value, "channels") == 0;
        bool is_named = strstr(row->target, name) && !arg->is_exact; /* then any number will do */
        length += snprintf(text + length, size - (size_t)length, "%s%s=%s", i > 0 ? ", " : "", name,
                           is_free || (is_named && og__alias_is_number(arg->value)) ? numbers[i] : arg->value);
    }
    snprintf(text + length, size - (size_t)length, ")");
}

/* Each row can be reached, means a known activation, and the way back from it, where there is one, leads to the same.
 */
static void test_every_alias(void **state)
{
    (void)state;
    for (size_t i = 0; i < og__alias_count(); i++) {
        const og__alias *row = og__alias_at(i);
        char typed[256], *spelling;
        type_row(row, typed, sizeof typed);
        og_act *act = parse(typed), *again;
        if (og_act_note(act)[0] == '\0' || !strstr(og_act_note(act), row->note))
            fail_msg("'%s' says '%s', not '%s'", typed, og_act_note(act), row->note);
        assert_int_equal(og_act_spelling(act, row->library, &spelling), OG_OK);
        if (!spelling && og_act_id(act))
            fail_msg("'%s' is %s, which has no name in %s", typed, og_act_text(act), og_library_name(row->library));
        char back[256];
        snprintf(back, sizeof back, "%s%.*s", row->library == OG_LIBRARY_ONNX ? "onnx." : "",
                 spelling ? (int)(strchr(spelling, ')') + 1 - spelling) : 0, spelling ? spelling : "");
        if (spelling && !strstr(spelling, "=C")) {
            again = parse(back);
            char *formula, *formula_again;
            assert_int_equal(og_act_formula(act, &formula), OG_OK);
            assert_int_equal(og_act_formula(again, &formula_again), OG_OK);
            assert_string_equal(formula, formula_again);
            for (size_t k = 0; k < og_act_param_count(act); k++)
                assert_true(og_act_param_at(act, k).value == og_act_param_at(again, k).value);
            free(formula);
            free(formula_again);
            og_act_free(again);
        }
        free(spelling);
        og_act_free(act);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolution),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_spelling),
        cmocka_unit_test(test_every_alias),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Plans that work by rows inside of other nodes' passes, against plans under `exact`, which convolve directly and give
 * each node a pass of its own. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/net.h>

#include "net/net.h"
#include "net/plan.h"
#include "tensors.h"

typedef struct example {
    const char *formula; /* smooth: rounding must not switch a gate */
    og_norm norm;
    og_up up;
    int width, n, h, w;
    int d;      /* slices of a volume; 0 for images */
    bool flat;  /* stage 0 does not relate slices */
    bool fixed; /* norms take their running statistics */
    bool valid; /* no padding */
} example;

/* Each stage has the 64 tiles that the engine's own convolution wants, with sizes that are no multiples of a tile. */
static const example examples[] = {
    {"silu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 2, 42, 54, 0, false, false, false},
    {"x*sigmoid(b*x); b = learn(1, channel)", OG_NORM_INSTANCE, OG_UP_TRANSPOSED, 20, 3, 42, 34, 0, false, false,
     false},
    {"mish", OG_NORM_NONE, OG_UP_BILINEAR, 16, 1, 64, 64, 0, false, false, false},
    {"gelu", OG_NORM_BATCH, OG_UP_BILINEAR, 32, 2, 32, 72, 0, false, false, false},
    {"gelu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 2, 42, 54, 0, false, true, false},
    {"silu", OG_NORM_INSTANCE, OG_UP_TRANSPOSED, 20, 2, 20, 36, 6, false, false, false},
    {"gelu", OG_NORM_BATCH, OG_UP_BILINEAR, 32, 1, 36, 20, 8, false, false, false},
    {"mish", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 2, 20, 20, 5, true, false, false},
    {"x*sigmoid(b*x); b = excite(4)", OG_NORM_NONE, OG_UP_TRANSPOSED, 16, 2, 20, 20, 4, false, false, false},
    {"tanh(x + noise/8)", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 1, 24, 24, 4, false, false, false},
    {"x*sigmoid(gate)", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 1, 64, 64, 0, false, false, false},
    {"tanh(x + noise/8)", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 1, 64, 64, 0, false, false, false},
    {"x*sigmoid(b*x); b = excite(4)", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 1, 64, 64, 0, false, false, false},
    {"silu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 16, 2, 42, 54, 0, false, false, true},
    {"mish", OG_NORM_INSTANCE, OG_UP_NEAREST, 20, 1, 54, 42, 0, false, false, true},
    {"tanh(x + noise/8)", OG_NORM_NONE, OG_UP_TRANSPOSED, 16, 1, 58, 58, 0, false, true, true},
};
enum { EXAMPLES = sizeof examples / sizeof examples[0], IN_CHANNELS = 2, CLASSES = 3 };

static og_net *net_of(const example *e)
{
    og_act *act;
    og_net *net;
    if (og_act_parse(e->formula, &act) != OG_OK)
        fail_msg("%s", og_error_text());
    og_net_spec spec = {.in_channels = IN_CHANNELS,
                        .classes = CLASSES,
                        .depth = 1,
                        .width = e->width,
                        .width_cap = 64,
                        .norm = e->norm,
                        .padding = e->valid ? OG_PADDING_VALID : OG_PADDING_SAME,
                        .up = e->up};
    if (e->d > 0)
        spec.dims = 3;
    if (e->flat)
        spec.slice_kernel[0] = spec.slice_stride[0] = 1;
    og_net_spec_fill(&spec, act);
    if (og_net_new(&spec, &net) != OG_OK || og_net_init(net, 3, 1) != OG_OK)
        fail_msg("%s", og_error_text());
    for (size_t i = 0; e->fixed && i < og_net_state_count(net); i++)
        og_net_fix_state(net, i);
    og_act_free(act);
    return net;
}

typedef struct batch {
    float *image;
    uint8_t *labels;
} batch;

static size_t pixels_of(const example *e)
{
    return (size_t)(e->n * (e->d > 0 ? e->d : 1) * e->h * e->w);
}

static batch batch_of(const example *e)
{
    size_t pixels = pixels_of(e);
    batch b = {random_tensor(IN_CHANNELS * pixels, 1), malloc(pixels)};
    assert_non_null(b.labels);
    for (size_t i = 0; i < pixels; i++)
        b.labels[i] = i % 13 == 0 ? OG_LABEL_IGNORE : (uint8_t)(i * 5 / 3 % CLASSES);
    return b;
}

static void batch_free(batch *b)
{
    free(b->image);
    free(b->labels);
}

static og_plan *plan_of(og_net *net, const example *e, bool training, bool exact, int threads)
{
    og_plan *plan;
    og_plan_options o = {
        .n = e->n, .d = e->d, .h = e->h, .w = e->w, .training = training, .exact = exact, .threads = threads};
    if (og_plan_new(net, &o, &plan) != OG_OK)
        fail_msg("%s", og_error_text());
    return plan;
}

/* The gradients of one step. */
static float *gradients_of(og_net *net, const example *e, const batch *b, bool exact, int threads, double *loss)
{
    og_plan *plan = plan_of(net, e, true, exact, threads);
    og_loss_value value;
    if (og_plan_train(plan, b->image, b->labels, &value) != OG_OK)
        fail_msg("%s: %s", e->formula, og_error_text());
    og_plan_free(plan);
    *loss = value.total;
    return copy_tensor(og_net_gradients(net), og_net_weight_count(net));
}

/* Two passes of rounding apart. A pooling window may have two values that rounding turns round, so a layer's gradient
 * is judged as a whole and not by element. */
static void assert_alike(const example *e, const char *what, const float *found, const float *want, size_t count)
{
    double errors = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        errors += ((double)found[i] - (double)want[i]) * ((double)found[i] - (double)want[i]);
        squares += (double)want[i] * (double)want[i];
    }
    if (!(sqrt(errors) <= 2e-3 * sqrt(squares) + 1e-6))
        fail_msg("%s, %s: %g off, of %g", e->formula, what, sqrt(errors), sqrt(squares));
}

static void test_gradients(void **state)
{
    (void)state;
    for (int i = 0; i < EXAMPLES; i++) {
        const example *e = &examples[i];
        og_net *net = net_of(e);
        batch b = batch_of(e);
        double loss, want_loss;
        float *want = gradients_of(net, e, &b, true, 2, &want_loss);
        float *found = gradients_of(net, e, &b, false, 2, &loss);
        assert_true(fabs(loss - want_loss) <= 1e-5);
        for (size_t t = 0; t < og_net_param_count(net); t++) {
            const og_param *p = og_net_param_at(net, t);
            assert_alike(e, p->name, found + p->offset, want + p->offset, p->count);
        }
        free(want);
        free(found);
        batch_free(&b);
        og_net_free(net);
    }
}

/* oneDNN, which has the first convolution and the head, sums their gradients in another order with other threads. */
static bool is_ours(const char *name)
{
    return strncmp(name, "head.", 5) != 0 && strncmp(name, "encoder.0.conv.0.", 17) != 0;
}

static void test_threads(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const example *e = &examples[i];
        batch b = batch_of(e);
        og_net *net = net_of(e), *other = net_of(e);
        double loss, want_loss;
        float *want = gradients_of(net, e, &b, false, 1, &want_loss);
        float *found = gradients_of(other, e, &b, false, 3, &loss);
        assert_true(loss == want_loss);
        for (size_t t = 0; t < og_net_param_count(net); t++) {
            const og_param *p = og_net_param_at(net, t);
            if (is_ours(p->name) && memcmp(found + p->offset, want + p->offset, p->count * sizeof *want) != 0)
                fail_msg("%s, %s: other bits with 3 threads", e->formula, p->name);
        }
        free(want);
        free(found);
        batch_free(&b);
        og_net_free(net);
        og_net_free(other);
    }
}

static void test_inference(void **state)
{
    (void)state;
    for (int i = 0; i < EXAMPLES; i++) {
        const example *e = &examples[i];
        og_net *net = net_of(e);
        batch b = batch_of(e);
        double loss;
        free(gradients_of(net, e, &b, true, 2, &loss)); /* which moves the running statistics */
        size_t lost = 2 * (size_t)og_net_margin(net), count = CLASSES * pixels_of(e); /* a margin is of images */
        if (lost > 0)
            count = (size_t)(CLASSES * e->n) * ((size_t)e->h - lost) * ((size_t)e->w - lost);
        float *probs[2];
        for (int exact = 0; exact < 2; exact++) {
            og_plan *plan = plan_of(net, e, false, exact != 0, 2);
            probs[exact] = floats_new(count);
            assert_int_equal(og_plan_infer(plan, b.image, false, probs[exact]), OG_OK);
            og_plan_free(plan);
        }
        assert_alike(e, "probabilities", probs[0], probs[1], count);
        free(probs[0]);
        free(probs[1]);
        batch_free(&b);
        og_net_free(net);
    }
}

/* A value that only its readers make is still found when it is not finite. */
static void test_blame(void **state)
{
    (void)state;
    example e = examples[0];
    e.formula = "x*exp(x)";
    og_net *net = net_of(&e);
    batch b = batch_of(&e);
    for (size_t t = 0; t < og_net_param_count(net); t++)
        if (strcmp(og_net_param_at(net, t)->name, "bottleneck.norm.0.bias") == 0)
            og_net_weights(net)[og_net_param_at(net, t)->offset] = 100;
    og_plan *plan = plan_of(net, &e, true, false, 2);
    og_loss_value value;
    assert_int_equal(og_plan_train(plan, b.image, b.labels, &value), OG_ERR_NUMERIC);
    assert_non_null(strstr(og_error_text(), "bottleneck.0"));
    og_plan_free(plan);
    batch_free(&b);
    og_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_inference),
        cmocka_unit_test(test_blame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

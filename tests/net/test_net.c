/* The network as a whole: plans, gradients against finite differences, determinism, odd channel counts, failures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/net.h>

#include "net/net.h"
#include "net/plan.h"
#include "net/schedule.h"
#include "nets.h"

static og_net *make_net_with_head(const char *formula, const char *head_text, int dims, og_norm norm, og_up up,
                                  int in_channels, int width, int classes)
{
    og_net_spec spec = {.dims = dims,
                        .in_channels = in_channels,
                        .classes = classes,
                        .depth = 2,
                        .width = width,
                        .width_cap = 64,
                        .norm = norm,
                        .groups = 1,
                        .up = up};
    return net_of(spec, formula, head_text);
}

static og_net *make_net(const char *formula, og_norm norm, og_up up, int in_channels, int width, int classes)
{
    return make_net_with_head(formula, "softmax", 2, norm, up, in_channels, width, classes);
}

static void check_head_gradients(const char *formula, const char *head, int dims, og_norm norm, og_up up)
{
    char about[256];
    og_net *net = make_net_with_head(formula, head, dims, norm, up, 2, 5, 3);
    snprintf(about, sizeof about, "%s, %s, norm %d, up %d", formula, head, (int)norm, (int)up);
    check_net_gradients(about, net);
    og_net_free(net);
}

static void check_gradients(const char *formula, og_norm norm, og_up up)
{
    check_head_gradients(formula, "softmax", 2, norm, up);
}

static void test_heads(void **state)
{
    (void)state;
    check_head_gradients("silu", "sigmoid", 2, OG_NORM_BATCH, OG_UP_TRANSPOSED);
    check_head_gradients("tanh", "arctan", 2, OG_NORM_NONE, OG_UP_BILINEAR);
    check_head_gradients("silu", "0.5 + 0.5*tanh(a*x); a = 0.5", 2, OG_NORM_INSTANCE, OG_UP_TRANSPOSED);
}

static void test_gradients(void **state)
{
    (void)state;
    check_gradients("silu", OG_NORM_BATCH, OG_UP_TRANSPOSED);
    check_gradients("mish", OG_NORM_INSTANCE, OG_UP_BILINEAR);
    check_gradients("tanh", OG_NORM_NONE, OG_UP_TRANSPOSED);
    check_gradients("sigmoid", OG_NORM_BATCH, OG_UP_BILINEAR);
}

static void test_volumes(void **state)
{
    (void)state;
    check_head_gradients("silu", "softmax", 3, OG_NORM_BATCH, OG_UP_TRANSPOSED);
    check_head_gradients("mish", "sigmoid", 3, OG_NORM_INSTANCE, OG_UP_BILINEAR);
    check_head_gradients("max(x, funnel)", "softmax", 3, OG_NORM_BATCH, OG_UP_BILINEAR);
    check_head_gradients("x*sigmoid(b*x); b = excite(4)", "softmax", 3, OG_NORM_NONE, OG_UP_TRANSPOSED);
    static const struct {
        const char *what;
        og_net_spec spec;
    } cases[] = {
        {"strided volumes", {.dims = 3, .down = OG_DOWN_STRIDED, .norm = OG_NORM_INSTANCE}},
        {"strided in a slice only", {.dims = 3, .down = OG_DOWN_STRIDED, .slice_stride = {1, 1}}},
        {"corners of volumes",
         {.dims = 3, .up = OG_UP_BILINEAR_CORNERS, .slice_kernel = {1, 3, 3}, .slice_stride = {1, 2}}},
        {"means and nearest values of volumes", {.dims = 3, .down = OG_DOWN_AVERAGE, .up = OG_UP_NEAREST}},
        {"norms of layers of volumes", {.dims = 3, .norm = OG_NORM_LAYER}},
        {"residual volumes", {.dims = 3, .residual = true, .dropout = 0.3, .down = OG_DOWN_STRIDED, .kernel = 3}},
        {"gated volumes", {.dims = 3, .skip = OG_SKIP_ATTENTION, .order = OG_ORDER_ACT_NORM}},
        {"pixel shuffles of slices",
         {.dims = 3, .up = OG_UP_PIXEL_SHUFFLE, .slice_kernel = {3, 3, 3}, .slice_stride = {1, 1}}},
        {"deep supervision of volumes", {.dims = 3, .deep_supervision = true, .depth = 3, .width_cap = 6}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_net_spec spec = cases[i].spec;
        spec.in_channels = 2;
        spec.classes = 3;
        spec.depth = spec.depth ? spec.depth : 2;
        spec.width = 5;
        spec.width_cap = spec.width_cap ? spec.width_cap : 64;
        og_net *net = net_of(spec, "silu", "softmax");
        check_net_gradients(cases[i].what, net);
        og_net_free(net);
    }
}

/* A volume that a network cannot halve so often, a volume for a network of images, a kernel that there is not. */
static void test_bad_slices(void **state)
{
    (void)state;
    og_net *net = make_net_with_head("relu", "softmax", 3, OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2), *flat;
    og_plan *plan;
    og_plan_options options = {.n = 1, .d = 6, .h = 16, .w = 16, .training = true, .threads = 1};
    assert_int_equal(og_net_slice_multiple(net), 4);
    assert_int_equal(og_plan_new(net, &options, &plan), OG_ERR_SHAPE);
    assert_non_null(strstr(og_error_text(), "6 slices"));
    og_net_spec spec = *og_net_spec_of(net);
    spec.slice_kernel[1] = 2;
    assert_int_equal(og_net_new(&spec, &flat), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "kernel of 2 slices"));
    og_net_free(net);
    net = make_net("relu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2);
    assert_int_equal(og_net_slice_multiple(net), 1);
    assert_int_equal(og_plan_new(net, &options, &plan), OG_ERR_SHAPE);
    og_net_free(net);
}

static void test_learned_parameters(void **state)
{
    (void)state;
    check_gradients("x * sigmoid(b*x); b = learn(1, channel)", OG_NORM_BATCH, OG_UP_TRANSPOSED);
    check_gradients("x * sigmoid(b*x) + c*x; b = learn(1), c = 0.1", OG_NORM_INSTANCE, OG_UP_TRANSPOSED);
    og_net *net = make_net("prelu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2);
    bool found = false;
    for (size_t i = 0; i < og_net_param_count(net); i++) {
        const og_param *p = og_net_param_at(net, i);
        if (strcmp(p->name, "encoder.0.act.0.a") != 0)
            continue;
        found = true;
        assert_int_equal(p->count, 4);
        assert_false(p->decays);
        assert_true(og_net_weights(net)[p->offset] == 0.25f);
    }
    assert_true(found);
    og_net_free(net);
}

/* Every input and every source of a parameter, under every norm, where the values come from other places. */
static void test_inputs_and_sources(void **state)
{
    static const char *const formulas[] = {
        "x*sigmoid(gate)",
        "x*sigmoid(gate) + gate2*tanh(gate3)",
        "x*sigmoid(2*funnel)",
        "mirror*sigmoid(2*mirror)",
        "mirror*sigmoid(funnel + gate)",
        "x*sigmoid(4*noise*x)",
        "x*sigmoid(b*x) + a*x; a = alternate(0.3), b = learn(uniform(0.5, 2), channel)",
        "x*sigmoid(4*p*x) + (q - 0.5)*tanh(x); p = excite(2), q = excite(2, layer)",
        "mirror*sigmoid(4*p*gate); p = excite(2, relu)",
    };
    const og_norm norms[] = {OG_NORM_BATCH, OG_NORM_INSTANCE, OG_NORM_NONE};
    (void)state;
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++)
        for (size_t k = 0; k < sizeof norms / sizeof norms[0]; k++)
            check_gradients(formulas[i], norms[k], i % 2 == 0 ? OG_UP_TRANSPOSED : OG_UP_BILINEAR);
}

/* Seeds pair activations: the same random numbers, scaled by the gain, whatever other parameters there are. */
static void test_initial_weights_are_paired(void **state)
{
    (void)state;
    og_net *a = make_net("relu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2);
    og_net *b = make_net("prelu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2);
    assert_int_equal(og_net_init(a, 7, 2), OG_OK);
    assert_int_equal(og_net_init(b, 7, 2), OG_OK);
    int compared = 0;
    for (size_t i = 0; i < og_net_param_count(a); i++)
        for (size_t j = 0; j < og_net_param_count(b); j++) {
            const og_param *p = og_net_param_at(a, i), *q = og_net_param_at(b, j);
            if (strcmp(p->name, q->name) != 0 || p->rank != 4)
                continue;
            const float *v = og_net_weights(a) + p->offset, *w = og_net_weights(b) + q->offset;
            double ratio = (double)v[0] / (double)w[0];
            for (size_t k = 0; k < p->count && strstr(p->name, "decoder") == NULL; k++)
                assert_true(fabs((double)v[k] - ratio * (double)w[k]) <= 1e-6 * fabs((double)v[k]));
            compared++;
        }
    assert_true(compared > 10);
    double sd = 0;
    const og_param *p = og_net_param_at(a, 3); /* encoder.0.conv.1.weight reads a ReLU: sd = sqrt(2 / fan_in) */
    assert_string_equal(p->name, "encoder.0.conv.1.weight");
    for (size_t k = 0; k < p->count; k++)
        sd += pow((double)og_net_weights(a)[p->offset + k], 2) / (double)p->count;
    assert_true(fabs(sqrt(sd) / sqrt(2.0 / 36) - 1) < 0.15);
    og_net_free(a);
    og_net_free(b);
}

static const og_param *find_param(const og_net *net, const char *name)
{
    for (size_t i = 0; i < og_net_param_count(net); i++)
        if (strcmp(og_net_param_at(net, i)->name, name) == 0)
            return og_net_param_at(net, i);
    return NULL;
}

/* Further convolutions and drawn parameters have streams of their own: what both nets have begins alike. */
/* More weights than a thread draws at a time, in whole tensors and in parts of a concatenation. */
static void test_initial_weights_do_not_depend_on_threads(void **state)
{
    (void)state;
    og_net *a = make_net("relu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 3, 32, 2);
    og_net *b = make_net("relu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 3, 32, 2);
    assert_int_equal(og_net_init(a, 7, 1), OG_OK);
    assert_int_equal(og_net_init(b, 7, 3), OG_OK);
    assert_memory_equal(og_net_weights(a), og_net_weights(b), og_net_weight_count(a) * sizeof(float));
    og_net_free(a);
    og_net_free(b);
}

static void test_inputs_leave_other_weights_alone(void **state)
{
    (void)state;
    og_net *a = make_net("x", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2);
    og_net *b = make_net("x + 0.1*max(gate, funnel) + 0.1*noise + p; p = learn(normal(0, 0.1))", OG_NORM_BATCH,
                         OG_UP_TRANSPOSED, 1, 4, 2);
    assert_int_equal(og_net_init(a, 7, 2), OG_OK);
    assert_int_equal(og_net_init(b, 7, 2), OG_OK);
    assert_non_null(find_param(b, "decoder.0.conv.1.gate.weight"));
    for (size_t i = 0; i < og_net_param_count(a); i++) {
        const og_param *p = og_net_param_at(a, i), *q = find_param(b, p->name);
        assert_non_null(q);
        assert_int_equal(p->count, q->count);
        double ratio = (double)og_net_weights(b)[q->offset] / (double)og_net_weights(a)[p->offset]; /* of the gains */
        for (size_t k = 0; k < p->count && p->rank == 4 && !strstr(p->name, "decoder"); k++)
            assert_true(
                fabs((double)og_net_weights(b)[q->offset + k] - ratio * (double)og_net_weights(a)[p->offset + k]) <=
                1e-6 * fabs((double)og_net_weights(b)[q->offset + k]));
    }
    const og_param *gate = find_param(b, "encoder.1.conv.0.gate.weight"), *x = find_param(b, "encoder.1.conv.0.weight");
    assert_true(og_net_weights(b)[gate->offset] != og_net_weights(b)[x->offset]);
    assert_true(gate->decays && !find_param(b, "encoder.0.act.0.p")->decays);
    og_net_free(a);
    og_net_free(b);
}

static void test_drawn_parameters(void **state)
{
    (void)state;
    og_net *net = make_net("p*x + q*max(x, 0); p = learn(uniform(2, 3), channel), q = learn(normal(5, 0.1), channel)",
                           OG_NORM_NONE, OG_UP_TRANSPOSED, 1, 32, 2);
    double seen[2][2] = {{0}}; /* mean of p and q, of two seeds */
    for (uint64_t seed = 0; seed < 2; seed++) {
        assert_int_equal(og_net_init(net, seed, 2), OG_OK);
        const float *p = og_net_weights(net) + find_param(net, "bottleneck.act.0.p")->offset;
        const float *q = og_net_weights(net) + find_param(net, "bottleneck.act.0.q")->offset;
        for (int i = 0; i < 64; i++) {
            assert_true(p[i] >= 2 && p[i] < 3 && fabsf(q[i] - 5) < 0.6f);
            seen[seed][0] += (double)p[i] / 64;
            seen[seed][1] += (double)q[i] / 64;
        }
        assert_true(fabs(seen[seed][0] - 2.5) < 0.15 && fabs(seen[seed][1] - 5) < 0.05); /* four standard errors */
    }
    assert_true(seen[0][0] != seen[1][0] && seen[0][1] != seen[1][1]);
    og_net_free(net);
}

/* Noise changes with seed and step only: not with threads, nor between a pass and its recomputation (the gradients
 * would show that); evaluation has none. */
static void test_noise(void **state)
{
    (void)state;
    og_net *net = make_net("x + 4*(noise - 0.5)", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 20, 3);
    og_net *plain = make_net("x", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 20, 3);
    float *image = random_tensor(PIXELS, 1);
    uint8_t labels[PIXELS];
    double losses[4][3];
    make_labels(labels, 3);
    for (int threads = 1; threads <= 3; threads++) {
        og_plan *plan = make_plan(net, N, SIDE, SIDE, true, threads);
        const uint64_t draws[4][2] = {{0, 0}, {0, 1}, {1, 0}, {0, 0}};
        for (int i = 0; i < 4; i++) {
            og_plan_set_noise(plan, draws[i][0], draws[i][1]);
            losses[i][threads - 1] = train_once(plan, image, labels);
        }
        og_plan_free(plan);
    }
    for (int i = 0; i < 4; i++)
        assert_true(losses[i][0] == losses[i][1] && losses[i][0] == losses[i][2]);
    assert_true(losses[0][0] == losses[3][0] && losses[0][0] != losses[1][0] && losses[0][0] != losses[2][0]);
    check_same_inference(net, plain, image, 2);
    og_net_free(net);
    og_net_free(plain);
    free(image);
}

/* The same call gives the same bits, and inference does for any number of threads. */
static void test_determinism(void **state)
{
    (void)state;
    og_net *net = make_net("mish", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 20, 3);
    float *image = random_tensor(PIXELS, 1), *first = NULL;
    uint8_t labels[PIXELS];
    make_labels(labels, 3);
    for (int repeat = 0; repeat < 3; repeat++) {
        og_plan *plan = make_plan(net, N, SIDE, SIDE, true, 2);
        train_once(plan, image, labels);
        size_t bytes = og_net_weight_count(net) * sizeof(float);
        if (!first)
            first = copy_tensor(og_net_gradients(net), og_net_weight_count(net));
        assert_memory_equal(first, og_net_gradients(net), bytes);
        og_plan_free(plan);
    }
    float *want = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        og_plan *plan = make_plan(net, N, SIDE, SIDE, false, threads);
        float *probs = floats_new(3 * PIXELS);
        assert_int_equal(og_plan_infer(plan, image, false, probs), OG_OK);
        if (!want)
            want = copy_tensor(probs, 3 * PIXELS);
        assert_memory_equal(want, probs, 3 * PIXELS * sizeof(float));
        for (int i = 0; i < SIDE * SIDE; i++) /* probabilities */
            assert_float_equal(probs[i] + probs[SIDE * SIDE + i] + probs[2 * SIDE * SIDE + i], 1, 1e-5f);
        free(probs);
        og_plan_free(plan);
    }
    free(want);
    free(first);
    free(image);
    og_net_free(net);
}

/* No two buffers that are alive at the same step share memory, and every read follows a write. */
static void test_schedule(void **state)
{
    (void)state;
    og_net *net = make_net("relu", OG_NORM_BATCH, OG_UP_BILINEAR, 2, 8, 3);
    for (int training = 0; training < 2; training++) {
        og_plan *plan = make_plan(net, N, SIDE, SIDE, training != 0, 1);
        const og__schedule *s = &plan->schedule;
        size_t sum = 0;
        for (int i = 0; i < s->buffer_count; i++) {
            const og__buffer *a = &s->buffers[i];
            sum += a->floats;
            assert_true(a->offset + a->floats <= s->floats);
            for (int j = 0; j < i; j++) {
                const og__buffer *b = &s->buffers[j];
                bool together = a->first <= b->last && b->first <= a->last;
                bool apart = a->offset + a->floats <= b->offset || b->offset + b->floats <= a->offset;
                assert_true(!together || apart);
            }
        }
        assert_true(s->floats < sum); /* memory is shared over time */
        for (int i = 0; i < s->step_count; i++)
            for (int j = 0; j < OG_NODE_SRC_MAX; j++)
                if (s->steps[i].src[j] != OG_NO_BUFFER) {
                    const og__buffer *b = &s->buffers[s->steps[i].src[j]];
                    assert_true(b->first < i && i <= b->last);
                }
        og_plan_free(plan);
    }
    og_net_free(net);
}

static void test_numeric_failure_names_the_layer(void **state)
{
    (void)state;
    og_net *net = make_net("relu", OG_NORM_NONE, OG_UP_TRANSPOSED, 1, 4, 2);
    og_plan *plan = make_plan(net, N, SIDE, SIDE, true, 1);
    float *image = random_tensor(PIXELS, 1);
    uint8_t labels[PIXELS];
    og_loss_value value;
    make_labels(labels, 2);
    for (size_t i = 0; i < og_net_param_count(net); i++)
        if (strcmp(og_net_param_at(net, i)->name, "encoder.1.conv.1.bias") == 0)
            og_net_weights(net)[og_net_param_at(net, i)->offset] = INFINITY;
    assert_int_equal(og_plan_train(plan, image, labels, &value), OG_ERR_NUMERIC);
    assert_non_null(strstr(og_error_text(), "encoder.1.conv.1.weight"));
    image[3] = NAN; /* which is then at fault, whether or not the first convolution reads it unpacked */
    assert_int_equal(og_plan_train(plan, image, labels, &value), OG_ERR_NUMERIC);
    assert_non_null(strstr(og_error_text(), "the image is not finite"));
    free(image);
    og_plan_free(plan);
    og_net_free(net);
}

static void test_bad_input(void **state)
{
    (void)state;
    og_net *net = make_net("relu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2);
    og_plan *plan = NULL;
    og_plan_options options = {.n = 1, .h = 18, .w = 16, .training = true, .threads = 1};
    assert_int_equal(og_plan_new(net, &options, &plan), OG_ERR_SHAPE);
    assert_non_null(strstr(og_error_text(), "multiples of 4"));
    options.h = 16;
    options.n = 0;
    assert_int_equal(og_plan_new(net, &options, &plan), OG_ERR_ARGUMENT);
    assert_null(plan);
    plan = make_plan(net, N, SIDE, SIDE, true, 1);
    float *image = random_tensor(PIXELS, 1), *probs = floats_new(2 * PIXELS);
    uint8_t labels[PIXELS] = {0};
    og_loss_value value;
    labels[5] = 2;
    assert_int_equal(og_plan_train(plan, image, labels, &value), OG_ERR_DATA);
    assert_non_null(strstr(og_error_text(), "label 2"));
    assert_int_equal(og_plan_infer(plan, image, false, probs), OG_ERR_ARGUMENT);
    og_plan_free(plan);
    og_net_spec spec = *og_net_spec_of(net);
    og_net *none;
    spec.depth = 9;
    assert_int_equal(og_net_new(&spec, &none), OG_ERR_ARGUMENT);
    assert_null(none);
    free(image);
    free(probs);
    og_net_free(net);
}

/* An infinite slope at 0 must not leak out of padding lanes, where z is 0 for every formula. */
static void test_infinite_slope_in_padding(void **state)
{
    (void)state;
    og_net *net = make_net("sqrt(abs(x)) + x", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 5, 2);
    og_plan *plan = make_plan(net, N, SIDE, SIDE, true, 1);
    float *image = random_tensor(PIXELS, 1);
    uint8_t labels[PIXELS];
    make_labels(labels, 2);
    assert_true(isfinite(train_once(plan, image, labels)));
    free(image);
    og_plan_free(plan);
    og_net_free(net);
}

/* A batch without a single label teaches nothing and breaks nothing. */
static void test_all_ignored(void **state)
{
    (void)state;
    og_net *net = make_net("silu", OG_NORM_BATCH, OG_UP_TRANSPOSED, 1, 4, 2);
    og_plan *plan = make_plan(net, N, SIDE, SIDE, true, 1);
    float *image = random_tensor(PIXELS, 1);
    uint8_t labels[PIXELS];
    memset(labels, OG_LABEL_IGNORE, sizeof labels);
    assert_true(isfinite(train_once(plan, image, labels)));
    for (size_t i = 0; i < og_net_weight_count(net); i++)
        assert_true(og_net_gradients(net)[i] == 0);
    free(image);
    og_plan_free(plan);
    og_net_free(net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_bad_slices),
        cmocka_unit_test(test_learned_parameters),
        cmocka_unit_test(test_inputs_and_sources),
        cmocka_unit_test(test_initial_weights_are_paired),
        cmocka_unit_test(test_initial_weights_do_not_depend_on_threads),
        cmocka_unit_test(test_inputs_leave_other_weights_alone),
        cmocka_unit_test(test_drawn_parameters),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_determinism),
        cmocka_unit_test(test_schedule),
        cmocka_unit_test(test_numeric_failure_names_the_layer),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_infinite_slope_in_padding),
        cmocka_unit_test(test_all_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

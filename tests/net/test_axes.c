/* Every axis of the network's specification: gradients against finite differences, the same bits twice and for any
 * number of threads in inference, and what is refused. Parity with PyTorch is test_parity's. */
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
#include "nets.h"
#include "train/model.h"
#include "train/options.h"

/* Options of the command line that make a network; what is not said is as in `usual`. Every value of every choice of
 * the topic Network occurs. */
static const char *const usual[][2] = {{"depth", "2"}, {"width", "6"}, {"width-cap", "64"}, {"groups", "3"}};
static const struct {
    const char *act;
    const char *options[6][2];
} cases[] = {
    {"silu", {{"convs", "1"}}},
    {"tanh", {{"convs", "3"}, {"norm", "instance"}, {"up", "bilinear"}}},
    {"silu", {{"norm", "group"}, {"down", "average"}}},
    {"mish", {{"norm", "layer"}, {"up", "nearest"}}},
    {"tanh", {{"norm", "none"}, {"up", "pixel-shuffle"}, {"down", "average"}}},
    {"silu", {{"order", "act-norm"}}},
    {"tanh", {{"order", "act-norm"}, {"norm", "group"}, {"convs", "1"}, {"up", "pixel-shuffle"}}},
    {"x*sigmoid(4*p*x); p = excite(2)", {{"norm", "layer"}, {"down", "average"}}},
    {"mirror*sigmoid(funnel + gate)", {{"order", "act-norm"}, {"norm", "layer"}}},
    {"x*sigmoid(b*x); b = learn(1, channel)", {{"norm", "group"}, {"groups", "2"}, {"convs", "3"}}},
    {"silu", {{"kernel", "1"}, {"norm", "instance"}}},
    {"silu", {{"kernel", "5"}, {"skip", "add"}}},
    {"tanh", {{"kernel", "7"}, {"convs", "1"}, {"dilation-bottleneck", "2"}}},
    {"silu", {{"dilation", "2"}, {"skip", "add"}, {"up", "bilinear"}}},
    {"silu", {{"residual", "true"}}},
    {"silu", {{"residual", "true"}, {"width-cap", "6"}, {"convs", "3"}, {"norm", "layer"}, {"skip", "add"}}},
    {"x*sigmoid(gate)", {{"residual", "true"}, {"convs", "1"}, {"width-cap", "6"}, {"norm", "none"}, {"skip", "add"}}},
    {"mirror*sigmoid(mirror)",
     {{"residual", "true"}, {"order", "act-norm"}, {"norm", "instance"}, {"down", "strided"}}},
    {"silu", {{"skip", "attention"}}},
    {"tanh", {{"skip", "attention"}, {"norm", "group"}, {"up", "nearest"}, {"concat", "up-first"}}},
    {"tanh", {{"skip", "attention"}, {"norm", "none"}, {"residual", "true"}, {"up", "pixel-shuffle"}}},
    {"silu", {{"dropout", "0.3"}}},
    {"tanh(x + noise/8)", {{"dropout", "0.5"}, {"norm", "instance"}, {"residual", "true"}}},
    {"silu", {{"padding", "valid"}, {"dropout", "0.4"}, {"dropout-at", "contracted"}}},
    {"mish", {{"padding", "valid"}, {"convs", "1"}, {"up", "bilinear"}, {"skip", "add"}, {"norm", "instance"}}},
    {"silu", {{"padding", "valid"}, {"kernel", "1"}, {"up", "pixel-shuffle"}, {"skip", "attention"}}},
    {"tanh", {{"padding", "valid"}, {"depth", "1"}, {"residual", "true"}, {"deep-supervision", "true"}}},
    {"silu", {{"padding", "valid"}, {"depth", "1"}, {"residual", "true"}, {"width-cap", "6"}, {"head-kernel", "3"}}},
    {"mirror*sigmoid(funnel + gate)", {{"padding", "valid"}, {"depth", "1"}, {"convs", "1"}, {"up", "nearest"}}},
    {"silu", {{"down", "strided"}, {"conv-bias", "true"}, {"norm", "instance"}, {"concat", "up-first"}}},
    {"silu", {{"up", "bilinear-corners"}, {"narrow", "true"}}},
    {"silu", {{"widths", "0,4,3"}, {"decoder-widths", "2,5"}}},
    {"silu", {{"widths", "0,4,3"}, {"decoder-widths", "2,5"}, {"down", "strided"}}},
    {"silu", {{"deep-supervision", "true"}, {"depth", "3"}, {"width-cap", "6"}, {"up", "bilinear"}}},
    {"silu", {{"deep-supervision", "true"}, {"depth", "1"}}},
    {"silu", {{"head-kernel", "3"}}},
    {"silu", {{"head-kernel", "3"}, {"deep-supervision", "true"}, {"depth", "3"}, {"width-cap", "6"}}},
    {"silu", {{"head-kernel", "3"}, {"dims", "3"}}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void set_option(og_train_options *options, const char *name, const char *value)
{
    const og_option *option = og_option_find(og_train_option_table(), name);
    assert_non_null(option);
    if (og_option_set(option, options, value) != OG_OK)
        fail_msg("%s", og_error_text());
}

static og_net *net_of_case(size_t i)
{
    og_train_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &options), OG_OK);
    for (size_t k = 0; k < sizeof usual / sizeof usual[0]; k++)
        set_option(&options, usual[k][0], usual[k][1]);
    for (size_t k = 0; cases[i].options[k][0]; k++)
        set_option(&options, cases[i].options[k][0], cases[i].options[k][1]);
    og_net_spec spec;
    if (og__model_spec(&options, 2, 3, &spec) != OG_OK)
        fail_msg("%s", og_error_text());
    og_net *net = net_of(spec, cases[i].act, "softmax");
    og_options_deinit(og_train_option_table(), &options);
    return net;
}

static void gradients_are_finite_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        char about[256];
        size_t length = (size_t)snprintf(about, sizeof about, "%s", cases[i].act);
        for (size_t k = 0; cases[i].options[k][0]; k++)
            length += (size_t)snprintf(about + length, sizeof about - length, " --%s %s", cases[i].options[k][0],
                                       cases[i].options[k][1]);
        og_net *net = net_of_case(i);
        check_net_gradients(about, net);
        og_net_free(net);
    }
}

/* Blocks that are not full, several threads, passes again and in other plans. */
static void bits_are_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        og_net *net = net_of_case(i);
        size_t weights = og_net_weight_count(net) * sizeof(float);
        size_t pixels = pixels_of(net), results = 3 * result_pixels_of(net);
        float *image = random_tensor(2 * pixels, 1), *first = NULL, *want = NULL;
        uint8_t *labels = malloc(pixels);
        assert_non_null(labels);
        make_many_labels(pixels, labels, 3);
        for (int repeat = 0; repeat < 2; repeat++) {
            og_plan *plan = make_usual_plan(net, true, 2);
            train_once(plan, image, labels);
            if (!first)
                first = copy_tensor(og_net_gradients(net), weights / sizeof(float));
            assert_memory_equal(first, og_net_gradients(net), weights);
            og_plan_free(plan);
        }
        for (int threads = 1; threads <= 2; threads++) {
            og_plan *plan = make_usual_plan(net, false, threads);
            float *probs = floats_new(results);
            assert_int_equal(og_plan_infer(plan, image, false, probs), OG_OK);
            if (!want)
                want = copy_tensor(probs, results);
            assert_memory_equal(want, probs, results * sizeof(float));
            free(probs);
            og_plan_free(plan);
        }
        free(image);
        free(first);
        free(want);
        free(labels);
        og_net_free(net);
    }
}

static og_plan *roomless_plan(og_net *net, bool training, bool exact)
{
    og_plan *plan;
    bool volume = og_net_spec_of(net)->dims == 3;
    int side = volume ? VOLUME_SIDE : og_net_size_from(net, SIDE);
    const og_plan_options options = {.n = volume ? 1 : N,
                                     .d = volume ? VOLUME_SIDE : 1,
                                     .h = side,
                                     .w = side,
                                     .training = training,
                                     .exact = exact,
                                     .threads = 2};
    assert_int_equal(og__plan_new_roomless(net, &options, &plan), OG_OK);
    return plan;
}

/* What two networks make of an image through `plan`, one after the other and again: 2 x f32[3, pixels]. The room holds
 * NaN before every pass. */
static float *infer_in_turn(og_plan *plan, og_net *const nets[2], const float *image)
{
    size_t bytes = og__plan_room_bytes(plan), floats = 3 * result_pixels_of(nets[0]);
    float *probs = floats_new(2 * floats), *again = floats_new(floats), *room = floats_new(bytes / sizeof(float) + 1);
    og__plan_set_room(plan, room);
    for (int turn = 0; turn < 4; turn++) {
        float *dst = turn < 2 ? probs + (size_t)turn * floats : again;
        memset(room, 0xff, bytes);
        og__plan_set_net(plan, nets[turn % 2]);
        assert_int_equal(og_plan_infer(plan, image, false, dst), OG_OK);
        if (turn >= 2)
            assert_memory_equal(again, probs + (size_t)(turn - 2) * floats, floats * sizeof(float));
    }
    free(again);
    free(room);
    return probs;
}

/* Plans may share a room, and networks that are alike a plan: a pass needs nothing that an earlier one left. */
static void rooms_and_plans_are_shared(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * CASES; i++) {
        og_net *nets[2] = {net_of_case(i / 2), net_of_case(i / 2)};
        size_t pixels = pixels_of(nets[0]), results = 3 * result_pixels_of(nets[0]);
        float *image = random_tensor(2 * pixels, 1);
        uint8_t *labels = malloc(pixels);
        bool exact = i % 2 == 0;
        assert_non_null(labels);
        make_many_labels(pixels, labels, 3);
        assert_int_equal(og_net_init(nets[1], 5, 1), OG_OK);
        assert_true(og__net_is_alike(nets[0], nets[1]));
        og_plan *shared = roomless_plan(nets[0], false, exact);
        float *both = infer_in_turn(shared, nets, image);
        for (size_t k = 0; k < 2; k++) {
            og_plan *own = roomless_plan(nets[k], false, exact);
            float *one = infer_in_turn(own, (og_net *[]){nets[k], nets[k]}, image);
            assert_memory_equal(one, both + k * results, results * sizeof(float));
            og_plan_free(own);
            free(one);
        }
        og_plan_free(shared);
        og_plan *training = roomless_plan(nets[0], true, exact);
        size_t room_bytes = og__plan_room_bytes(training), count = og_net_weight_count(nets[0]);
        float *room = floats_new(room_bytes / sizeof(float) + 1), *first = NULL;
        og__plan_set_room(training, room);
        for (int poison = 0; poison < 2; poison++) {
            memset(room, poison ? 0xff : 0, room_bytes);
            assert_true(isfinite(train_once(training, image, labels)));
            first = first ? first : copy_tensor(og_net_gradients(nets[0]), count);
            assert_memory_equal(first, og_net_gradients(nets[0]), count * sizeof(float));
        }
        og_plan_free(training);
        og_net_free(nets[0]);
        og_net_free(nets[1]);
        free(first);
        free(room);
        free(both);
        free(image);
        free(labels);
    }
    og_net *one = net_of_case(0), *other = net_of_case(1);
    assert_false(og__net_is_alike(one, other));
    og_net_free(one);
    og_net_free(other);
}

/* Every value of every choice of the network's options is in a case. */
static void every_choice_is_covered(void **state)
{
    og_option_table table = og_train_option_table();
    (void)state;
    for (size_t o = 0; o < table.count; o++) {
        const og_option *option = &table.options[o];
        if (option->type != OG_OPTION_CHOICE || strcmp(option->topic, "Network") != 0)
            continue;
        for (const char *at = option->choices; at;) {
            const char *end = strchr(at, '|');
            size_t length = end ? (size_t)(end - at) : strlen(at);
            bool found = strlen(option->initial) == length && strncmp(option->initial, at, length) == 0;
            for (size_t i = 0; i < CASES && !found; i++)
                for (size_t k = 0; cases[i].options[k][0] && !found; k++)
                    found = strcmp(cases[i].options[k][0], option->name) == 0 &&
                            strlen(cases[i].options[k][1]) == length &&
                            strncmp(cases[i].options[k][1], at, length) == 0;
            if (!found)
                fail_msg("no case has --%s %.*s", option->name, (int)length, at);
            at = end ? end + 1 : NULL;
        }
    }
}

/* Before a pixel shuffle the four outputs that become one place's pixels begin alike. */
static void a_shuffle_begins_without_a_checkerboard(void **state)
{
    (void)state;
    og_net *net = net_of(
        (og_net_spec){
            .in_channels = 1, .classes = 2, .depth = 1, .width = 3, .width_cap = 6, .up = OG_UP_PIXEL_SHUFFLE},
        "relu", "softmax");
    bool found = false;
    for (size_t i = 0; i < og_net_param_count(net); i++) {
        const og_param *p = og_net_param_at(net, i);
        if (strcmp(p->name, "decoder.0.up.weight") != 0)
            continue;
        const float *w = og_net_weights(net) + p->offset;
        size_t taps = p->count / (size_t)p->shape[0];
        found = true;
        assert_int_equal(p->shape[0], 12);
        for (size_t o = 0; o < 12; o++)
            assert_memory_equal(w + o * taps, w + o / 4 * 4 * taps, taps * sizeof(float));
        assert_true(memcmp(w, w + 4 * taps, taps * sizeof(float)) != 0);
    }
    assert_true(found);
    og_net_free(net);
}

/* A training pass sets whole channels to 0 and enlarges the others; which ones follows from seed and step alone.
 * Inference is as without. */
static void dropout_is_of_channels(void **state)
{
    (void)state;
    og_net_spec spec = {.in_channels = 1, .classes = 2, .depth = 1, .width = 20, .width_cap = 40};
    og_net *plain = net_of(spec, "x", "softmax");
    spec.dropout = 0.4;
    og_net *net = net_of(spec, "x", "softmax");
    float *image = random_tensor(PIXELS, 1);
    uint8_t labels[PIXELS];
    double losses[4];
    make_labels(labels, 2);
    const uint64_t draws[4][2] = {{0, 0}, {0, 1}, {1, 0}, {0, 0}};
    for (int i = 0; i < 4; i++) {
        og_plan *plan = make_plan(net, N, SIDE, SIDE, true, 1 + i % 2);
        og_plan_set_noise(plan, draws[i][0], draws[i][1]);
        losses[i] = train_once(plan, image, labels);
        int kept = 0, dropped = 0;
        for (int k = 0; k < net->graph.node_count; k++) {
            const float *factors = plan->nodes[k].norm_act.kept;
            for (int c = 0; factors && c < N * plan->nodes[k].norm_act.padded; c++) {
                if (c % plan->nodes[k].norm_act.padded >= net->graph.nodes[k].channels)
                    continue;
                kept += fabs((double)factors[c] - 1 / 0.6) < 1e-6;
                dropped += factors[c] == 0;
            }
        }
        assert_int_equal(kept + dropped, N * (4 * 20 + 2 * 40));
        assert_true(fabs((double)dropped / (kept + dropped) - 0.4) < 0.11); /* four standard deviations */
        og_plan_free(plan);
    }
    assert_true(losses[0] == losses[3] && losses[0] != losses[1] && losses[0] != losses[2]);
    check_same_inference(net, plain, image, 1);
    og_net_free(net);
    og_net_free(plain);
    free(image);
}

/* The message names the option. */
static void what_cannot_be_is_refused(void **state)
{
    const og_net_spec good = {.in_channels = 1, .classes = 2, .depth = 1, .width = 4, .width_cap = 8};
    og_net_spec specs[32];
    const char *words[32];
    size_t count = 0;
    (void)state;
#define BAD(field, value, word)                                                                                        \
    do {                                                                                                               \
        specs[count] = good;                                                                                           \
        specs[count].field = value;                                                                                    \
        words[count++] = word;                                                                                         \
    } while (0)
    BAD(convs, 9, "convs");
    BAD(convs, -1, "convs");
    BAD(norm, 7, "norm");
    BAD(groups, -1, "groups");
    BAD(kernel, 4, "kernel is 4");
    BAD(kernel, 9, "kernel");
    BAD(dilation, 65, "dilation");
    BAD(dilation_bottleneck, -1, "dilation-bottleneck");
    BAD(skip, 3, "skip");
    BAD(dropout, 1, "dropout");
    BAD(order, 2, "order");
    BAD(down, 9, "down");
    BAD(up, 9, "up");
    BAD(norm, OG_NORM_GROUP, "groups is 8, which does not divide the 4 channels of encoder.0.norm.0");
    BAD(padding, 2, "padding");
    BAD(dropout_at, 2, "dropout-at");
    size_t supported = count;
    BAD(padding, OG_PADDING_VALID, "padding valid: networks of volumes");
    specs[count - 1].dims = 3;
    BAD(padding, OG_PADDING_VALID, "padding valid: down is strided");
    specs[count - 1].down = OG_DOWN_STRIDED;
    BAD(padding, OG_PADDING_VALID, "padding valid: up is bilinear-corners");
    specs[count - 1].up = OG_UP_BILINEAR_CORNERS;
    for (size_t i = 0; i < count; i++) {
        og_act *act;
        og_net *net;
        assert_int_equal(og_act_parse("relu", &act), OG_OK);
        og_net_spec_fill(&specs[i], act);
        assert_int_equal(og_net_new(&specs[i], &net), i < supported ? OG_ERR_ARGUMENT : OG_ERR_UNSUPPORTED);
        assert_null(net);
        if (!strstr(og_error_text(), words[i]))
            fail_msg("'%s' does not name %s", og_error_text(), words[i]);
        og_act_free(act);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_finite_differences),
        cmocka_unit_test(bits_are_the_same),
        cmocka_unit_test(rooms_and_plans_are_shared),
        cmocka_unit_test(every_choice_is_covered),
        cmocka_unit_test(a_shuffle_begins_without_a_checkerboard),
        cmocka_unit_test(dropout_is_of_channels),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

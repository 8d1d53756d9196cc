/* Networks for tests: made of a specification, trained for a pass, their gradients checked. Include after cmocka.h. */
#ifndef OG_TESTS_NETS_H
#define OG_TESTS_NETS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "tensors.h"

static inline og_net *net_of(og_net_spec spec, const char *formula, const char *head_text)
{
    og_act *act;
    og_head *head = NULL;
    og_net *net;
    if (og_act_parse(formula, &act) != OG_OK || og_head_parse(head_text, &head) != OG_OK)
        fail_msg("%s", og_error_text());
    og_net_spec_fill(&spec, act);
    spec.head = head;
    if (og_net_new(&spec, &net) != OG_OK)
        fail_msg("%s", og_error_text());
    assert_int_equal(og_net_init(net, 0, 1), OG_OK);
    og_act_free(act);
    og_head_free(head);
    return net;
}

static inline og_plan *make_plan(og_net *net, int n, int h, int w, bool training, int threads)
{
    og_plan *plan;
    og_plan_options options = {.n = n, .h = h, .w = w, .training = training, .exact = true, .threads = threads};
    if (og_plan_new(net, &options, &plan) != OG_OK)
        fail_msg("%s", og_error_text());
    return plan;
}

enum { N = 2, SIDE = 16, PIXELS = N * SIDE * SIDE, VOLUME_SIDE = 8 };

/* As many pixels in one cube. */
static inline og_plan *make_volume_plan(og_net *net, bool training, int threads)
{
    og_plan *plan;
    _Static_assert(VOLUME_SIDE * VOLUME_SIDE * VOLUME_SIDE == PIXELS, "a cube");
    og_plan_options options = {.n = 1,
                               .d = VOLUME_SIDE,
                               .h = VOLUME_SIDE,
                               .w = VOLUME_SIDE,
                               .training = training,
                               .exact = true,
                               .threads = threads};
    if (og_plan_new(net, &options, &plan) != OG_OK)
        fail_msg("%s", og_error_text());
    return plan;
}

/* For images or one volume, as the network takes them; without padding they are larger. */
static inline og_plan *make_usual_plan(og_net *net, bool training, int threads)
{
    int side = og_net_size_from(net, SIDE);
    return og_net_spec_of(net)->dims == 3 ? make_volume_plan(net, training, threads)
                                          : make_plan(net, N, side, side, training, threads);
}

/* Of the batch of such a plan, and of what comes of it. */
static inline size_t pixels_of(const og_net *net)
{
    size_t side = (size_t)og_net_size_from(net, SIDE);
    return og_net_spec_of(net)->dims == 3 ? PIXELS : N * side * side;
}

static inline size_t result_pixels_of(const og_net *net)
{
    size_t side = (size_t)(og_net_size_from(net, SIDE) - 2 * og_net_margin(net));
    return og_net_spec_of(net)->dims == 3 ? PIXELS : N * side * side;
}

static inline void make_many_labels(size_t count, uint8_t *labels, int classes)
{
    for (size_t i = 0; i < count; i++)
        labels[i] = i % 13 == 0 ? OG_LABEL_IGNORE : (uint8_t)(i * 5 / 3 % (size_t)classes);
}

static inline void make_labels(uint8_t *labels, int classes)
{
    make_many_labels(PIXELS, labels, classes);
}

static inline double train_once(og_plan *plan, const float *image, const uint8_t *labels)
{
    og_loss_value value;
    og_plan_refresh(plan);
    if (og_plan_train(plan, image, labels, &value) != OG_OK)
        fail_msg("%s", og_error_text());
    return value.total;
}

/* With the weights of `net`, `other` infers the same bits from an image. */
static inline void check_same_inference(og_net *net, og_net *other, const float *image, int threads)
{
    memcpy(og_net_weights(other), og_net_weights(net), og_net_weight_count(net) * sizeof(float));
    memcpy(og_net_state(other), og_net_state(net), og_net_state_size(net) * sizeof(float));
    size_t count = (size_t)og_net_spec_of(net)->classes * PIXELS;
    float *values = floats_new(count), *expected = floats_new(count);
    og_plan *plan = make_plan(net, N, SIDE, SIDE, false, threads);
    og_plan *other_plan = make_plan(other, N, SIDE, SIDE, false, threads);
    assert_int_equal(og_plan_infer(plan, image, true, values), OG_OK);
    assert_int_equal(og_plan_infer(other_plan, image, true, expected), OG_OK);
    assert_memory_equal(values, expected, count * sizeof(float));
    og_plan_free(plan);
    og_plan_free(other_plan);
    free(values);
    free(expected);
}

/* Directional derivative: the loss along a random direction of each tensor, in fp32, so the tolerance is loose; parity
 * with PyTorch is the sharp test. This one needs no golden file and covers every activation and layer kind. */
static inline void check_net_gradients(const char *about, og_net *net)
{
    const og_net_spec *spec = og_net_spec_of(net);
    og_plan *plan = make_usual_plan(net, true, 1);
    float *image = random_tensor((size_t)spec->in_channels * pixels_of(net), 1);
    uint8_t *labels = malloc(pixels_of(net));
    assert_non_null(labels);
    make_many_labels(pixels_of(net), labels, spec->classes);
    train_once(plan, image, labels);
    size_t count = og_net_weight_count(net);
    float *gradients = copy_tensor(og_net_gradients(net), count);
    for (size_t t = 0; t < og_net_param_count(net); t++) {
        const og_param *p = og_net_param_at(net, t);
        float *direction = random_tensor(p->count, t), *weights = og_net_weights(net) + p->offset;
        float *keep = copy_tensor(weights, p->count);
        double slope = 0, size = 0, loss[2];
        for (size_t i = 0; i < p->count; i++) {
            slope += (double)direction[i] * (double)gradients[p->offset + i];
            size += (double)direction[i] * (double)direction[i];
        }
        double numeric = 0, step = 1e-3 / sqrt(size);
        bool agree = false;
        for (int attempt = 0; attempt < 2 && !agree;
             attempt++, step /= 3) { /* a pooling window may change its maximum */
            for (int side = 0; side < 2; side++) {
                for (size_t i = 0; i < p->count; i++)
                    weights[i] = keep[i] + (float)((side ? step : -step) * (double)direction[i]);
                loss[side] = train_once(plan, image, labels);
            }
            numeric = (loss[1] - loss[0]) / (2 * step);
            agree = fabs(numeric - slope) <= 0.03 * fabs(slope) + 2e-6 / step;
        }
        memcpy(weights, keep, p->count * sizeof *keep);
        if (!agree)
            fail_msg("%s, %s: slope %g, finite difference %g", about, p->name, slope, numeric);
        free(direction);
        free(keep);
    }
    free(gradients);
    free(image);
    free(labels);
    og_plan_free(plan);
}

#endif

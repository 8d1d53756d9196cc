/* src/train/health.c on hand-made layers where the answer is known. The functions are written out here, so that nothing
 * is taken from the kernels that the program would use. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "train/health.h"

enum { LANES = 8, PIXELS = 1000, IMAGES = 2, UNITS = PIXELS * IMAGES };

static void relu(const void *self, size_t count, const float *const *z, const float *params, float *y, float *const *dz,
                 float *const *dparams)
{
    const float *x = z[0];
    float *dy = dz[0];
    (void)self, (void)params, (void)dparams;
    for (size_t i = 0; i < count; i++) {
        if (y)
            y[i] = x[i] > 0 ? x[i] : 0;
        if (dy)
            dy[i] = x[i] > 0;
    }
}

static void sigmoid(const void *self, size_t count, const float *const *z, const float *params, float *y,
                    float *const *dz, float *const *dparams)
{
    const float *x = z[0];
    float *dy = dz[0];
    (void)self, (void)params, (void)dparams;
    for (size_t i = 0; i < count; i++) {
        float s = 1 / (1 + expf(-x[i]));
        if (y)
            y[i] = s;
        if (dy)
            dy[i] = s * (1 - s);
    }
}

/* where(x > 0, x, a*x) */
static void prelu(const void *self, size_t count, const float *const *z, const float *params, float *y,
                  float *const *dz, float *const *dparams)
{
    const float *x = z[0];
    float *dy = dz[0];
    (void)self, (void)dparams;
    for (size_t i = 0; i < count; i++) {
        if (y)
            y[i] = x[i] > 0 ? x[i] : params[0] * x[i];
        if (dy)
            dy[i] = x[i] > 0 ? 1 : params[0];
    }
}

/* A layer of up to LANES channels, z = src. */
typedef struct fixture {
    og__health health;
    og__probe_layer layer;
    og_act *act;
    float src[IMAGES * PIXELS * LANES], gradient[IMAGES * PIXELS * LANES];
    float scale[IMAGES * LANES], shift[IMAGES * LANES], slopes[LANES];
} fixture;

static float *unit(float *tensor, int channel, int index)
{
    return &tensor[(size_t)index * LANES + (size_t)channel];
}

static void start(fixture *f, const char *act, int channels)
{
    memset(f, 0, sizeof *f);
    assert_int_equal(og_act_parse(act, &f->act), OG_OK);
    assert_int_equal(og__health_init_for(&f->health, 3, LANES, 2), OG_OK);
    f->layer = (og__probe_layer){
        .layer = 1,
        .act = f->act,
        .n = IMAGES,
        .channels = channels,
        .lanes = LANES,
        .pixels = PIXELS,
        .slices = 1,
        .operand_count = 1,
        .operands = {{.src = f->src, .scale = f->scale, .shift = f->shift}},
        .d_dst = f->gradient,
        .params = {f->slopes},
    };
    for (int i = 0; i < IMAGES * LANES; i++)
        f->scale[i] = 1;
    for (int i = 0; i < UNITS; i++) /* lanes beyond the channels must not count */
        for (int c = channels; c < LANES; c++)
            *unit(f->src, c, i) = *unit(f->gradient, c, i) = NAN;
}

static const og__health_layer *measure(fixture *f, void (*eval)(const void *, size_t, const float *const *,
                                                                const float *, float *, float *const *, float *const *))
{
    const og__act_frames frames = {.eval = eval};
    og__health_measure(&f->health, &f->layer, &frames, NULL);
    return &f->health.layers[1];
}

static void stop(fixture *f)
{
    og__health_deinit(&f->health);
    og_act_free(f->act);
}

static void near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-9 + 1e-6 * fabs(expected)))
        fail_msg("%.12g is not %.12g", found, expected);
}

/* Five channels of a ReLU: always off, always on, off and on, on at 5 of 2000 places, and barely on at one place. */
static void fill_relu_channels(fixture *f)
{
    const float cycle[] = {-2, -1, 1, 2};
    for (int i = 0; i < UNITS; i++) {
        *unit(f->src, 0, i) = -1 - (float)(i % 3);
        *unit(f->src, 1, i) = 1 + (float)(i % 3);
        *unit(f->src, 2, i) = cycle[i % 4];
        *unit(f->src, 3, i) = i % 400 == 0 ? 1 : -1;
        *unit(f->src, 4, i) = i == 1234 ? 0.01f : -1;
    }
}

static void dead_rare_and_linear_channels_are_told_apart(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", 5);
    fill_relu_channels(&f);
    const og__health_layer *found = measure(&f, relu);
    near(found->dead, 2.0 / 5);   /* 0 and 4: its variance is 0.01^2 / 2000 = 5e-8 */
    near(found->rare, 1.0 / 5);   /* 3 */
    near(found->linear, 1.0 / 5); /* 1 */
    near(found->saturated_left, (2000 + 0 + 1000 + 1995 + 1999) / 10000.0);
    near(found->saturated_right, 0);
    stop(&f);
}

static void one_place_that_is_far_out_keeps_a_channel_alive(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", 1);
    for (int i = 0; i < UNITS; i++)
        *unit(f.src, 0, i) = i == 7 ? 1 : -1; /* flat at 99.95 %, but the variance is 5e-4 */
    const og__health_layer *found = measure(&f, relu);
    near(found->dead, 0);
    near(found->rare, 1);
    stop(&f);
}

static void nonlinearity_is_what_an_affine_fit_leaves(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", 5);
    fill_relu_channels(&f);
    f.layer.channels = 3;
    const og__health_layer *found = measure(&f, relu);
    /* channel 0 does not vary; 1 is affine; 2: z = -2 -1 1 2, y = 0 0 1 2, corr^2 = 1.25^2 / (2.5 * 0.6875) = 10/11 */
    near(found->nonlinearity, (0 + 1.0 / 11) / 2);
    stop(&f);

    start(&f, "relu", 1);
    near(isnan(measure(&f, relu)->nonlinearity), 1); /* z = 0 everywhere */
    stop(&f);
}

static void outputs_have_their_mean_and_spread(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", 2);
    for (int i = 0; i < UNITS; i++) {
        *unit(f.src, 0, i) = 1000 + (float)(i % 2); /* far from 0, where naive sums would cancel */
        *unit(f.src, 1, i) = 1002 + (float)(i % 2);
    }
    const og__health_layer *found = measure(&f, relu);
    near(found->mean, 1001.5);
    near(found->sd, sqrt(0.25 + 1));
    near(found->mean_shift, 1001.5 / sqrt(1.25));
    stop(&f);
}

static void both_sides_of_a_sigmoid_saturate(void **state)
{
    (void)state;
    fixture f;
    const float cycle[] = {-6, -6, -1, 0, 1, 6, 0, 0}; /* at 6 the slope is 0.00247, below 0.05 * 0.25 */
    start(&f, "sigmoid", 1);
    for (int i = 0; i < UNITS; i++)
        *unit(f.src, 0, i) = cycle[i % 8];
    const og__health_layer *found = measure(&f, sigmoid);
    near(found->saturated_left, 2.0 / 8);
    near(found->saturated_right, 1.0 / 8);
    near(found->dead, 0);
    near(found->linear, 0);
    stop(&f);
}

static void inputs_are_counted_in_bins(void **state)
{
    (void)state;
    fixture f;
    const float values[] = {-8, -8.001f, -7.76f, 0, 0.2f, 7.9999995f, 8, 100};
    start(&f, "relu", 1);
    f.layer.n = 1;
    f.layer.pixels = sizeof values / sizeof values[0];
    for (int i = 0; i < (int)f.layer.pixels; i++)
        *unit(f.src, 0, i) = values[i];
    const og__health_layer *found = measure(&f, relu);
    assert_int_equal(found->counts[0], 2);
    assert_int_equal(found->counts[32], 2);
    assert_int_equal(found->counts[63], 1);
    assert_int_equal(found->below, 1);
    assert_int_equal(found->above, 2);
    stop(&f);
}

/* Instance norm: scale and shift of each image; z of image 0 is 2 src + 1, of image 1 it is -src. */
static void scale_and_shift_may_differ_by_image(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", 2);
    f.layer.operands[0].stride = LANES;
    for (int c = 0; c < 2; c++) {
        f.scale[c] = 2;
        f.shift[c] = 1;
        f.scale[LANES + c] = -1;
        for (int i = 0; i < UNITS; i++)
            *unit(f.src, c, i) = 1;
    }
    const og__health_layer *found = measure(&f, relu);
    near(found->mean, 1.5); /* relu(3) and relu(-1) */
    near(found->saturated_left, 0.5);
    stop(&f);
}

static void gradients_have_their_root_mean_square(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", 2);
    for (int i = 0; i < UNITS; i++) {
        *unit(f.gradient, 0, i) = i % 2 ? 3e-20f : -3e-20f;
        *unit(f.gradient, 1, i) = 4e-20f;
    }
    near(measure(&f, relu)->gradient_rms * 1e20, sqrt((9 + 16) / 2.0));
    stop(&f);
}

static void learned_parameters_show_whether_they_moved(void **state)
{
    (void)state;
    fixture f;
    start(&f, "where(x > 0, x, a*x); a = learn(0.25, channel)", 3);
    const float slopes[] = {0.25f, 0.5f, 1};
    memcpy(f.slopes, slopes, sizeof slopes);
    for (int i = 0; i < UNITS; i++)
        for (int c = 0; c < 3; c++)
            *unit(f.src, c, i) = i % 2 ? 1 : -1;
    const og__health_layer *found = measure(&f, prelu);
    assert_int_equal(found->param_count, 1);
    assert_string_equal(found->params[0].name, "a");
    near(found->params[0].initial, 0.25);
    near(found->params[0].mean, 1.75 / 3);
    near(found->params[0].min, 0.25);
    near(found->params[0].max, 1);
    near(found->linear, 1.0 / 3); /* slope 1 on both sides: this channel has become the identity */
    stop(&f);

    start(&f, "where(x > 0, x, a*x); a = 0.25", 1);
    assert_int_equal(measure(&f, prelu)->param_count, 0); /* fixed values are not listed */
    stop(&f);
}

/* Channels 0 1 2 3 of z: -1 and 1, 3 and 5, 0, and 0.001 and -1. */
static void outputs_have_their_sparsity_and_variation(void **state)
{
    (void)state;
    fixture f;
    const float low[] = {-1, 3, 0, 0.001f}, high[] = {1, 5, 0, -1};
    start(&f, "relu", 4);
    for (int i = 0; i < UNITS; i++)
        for (int c = 0; c < 4; c++)
            *unit(f.src, c, i) = i % 4 > 1 ? high[c] : low[c]; /* sparsity looks at every second */
    const og__health_layer *found = measure(&f, relu);
    double squares = (1 + 9 + 25 + 1e-6) / 8; /* rms 2.09: 0.001 counts as 0 */
    near(found->sparsity, (1 + 0 + 2 + 2) / 8.0);
    near(found->variation, sqrt((0.25 + 1 + 0 + 0.25e-6) / 4 / squares));
    near(found->variance_ratio, (0.25 + 1 + 0 + 0.25e-6) / (1 + 1 + 0 + 0.5005 * 0.5005));
    stop(&f);
}

/* beta / |gamma| of four channels, and their variances against an epsilon of 1e-5. */
static void norms_tell_early_where_channels_go(void **state)
{
    (void)state;
    fixture f;
    const float weights[] = {1, -1, 0.1f, 1}, biases[] = {-2.9f, -3.1f, 0.4f, 0};
    float rstd[LANES] = {1, 1, 1, 300}; /* 1 / 300^2 = 1.1e-5 = variance + 1e-5 */
    start(&f, "relu", 4);
    f.layer.operands[0].rstd = rstd;
    f.layer.operands[0].norm_weight = weights;
    f.layer.operands[0].norm_bias = biases;
    f.layer.epsilon = 1e-5;
    const og__health_layer *found = measure(&f, relu);
    near(found->norm_low, 0.25);
    near(found->norm_high, 0.25);
    near(found->constant, 0.25);
    stop(&f);
    start(&f, "relu", 4);
    near(isnan(measure(&f, relu)->norm_low), 1); /* no norm */
    stop(&f);
}

/* One from each of 1000 stretches of 2 positions, all alike in pairs: the same answer from half the units. */
static void a_sample_of_the_positions_is_enough(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", 5);
    fill_relu_channels(&f);
    for (int c = 0; c < 5; c++)
        for (int i = 0; i < UNITS; i += 2)
            *unit(f.src, c, i + 1) = *unit(f.src, c, i);
    double whole = measure(&f, relu)->mean;
    f.health.positions = UNITS / 2;
    const og__health_layer *found = measure(&f, relu);
    near(found->mean, whole);
    near(found->linear, 1.0 / 5);
    int64_t counted = found->below + found->above;
    for (int bin = 0; bin < OG_HEALTH_BINS; bin++)
        counted += found->counts[bin];
    assert_int_equal(counted, 5 * UNITS / 2);
    stop(&f);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    og__health_layer first;
    fixture f;
    for (int threads = 1; threads <= 3; threads++) {
        start(&f, "sigmoid", 7);
        f.health.threads = threads;
        for (int i = 0; i < UNITS; i++)
            for (int c = 0; c < 7; c++)
                *unit(f.src, c, i) = *unit(f.gradient, c, i) = sinf((float)(i * 7 + c));
        const og__health_layer *found = measure(&f, sigmoid);
        if (threads == 1)
            first = *found;
        assert_memory_equal(found, &first, sizeof first);
        stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_rare_and_linear_channels_are_told_apart),
        cmocka_unit_test(one_place_that_is_far_out_keeps_a_channel_alive),
        cmocka_unit_test(nonlinearity_is_what_an_affine_fit_leaves),
        cmocka_unit_test(outputs_have_their_mean_and_spread),
        cmocka_unit_test(both_sides_of_a_sigmoid_saturate),
        cmocka_unit_test(inputs_are_counted_in_bins),
        cmocka_unit_test(scale_and_shift_may_differ_by_image),
        cmocka_unit_test(gradients_have_their_root_mean_square),
        cmocka_unit_test(learned_parameters_show_whether_they_moved),
        cmocka_unit_test(outputs_have_their_sparsity_and_variation),
        cmocka_unit_test(norms_tell_early_where_channels_go),
        cmocka_unit_test(a_sample_of_the_positions_is_enough),
        cmocka_unit_test(threads_do_not_change_a_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* src/train/warnings.def on made-up samples: each rule has a case that makes it speak and one, nearly as bad, that does
 * not. A rule without cases fails the test. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/facts.h>

#include "format/json.h"
#include "train/warnings.h"

/* A net of depth 1: two layers each in encoder.0, bottleneck and decoder.0. */
enum { LAYERS = 6 };

static const char *const names[LAYERS] = {"encoder.0.0",  "encoder.0.1", "bottleneck.0",
                                          "bottleneck.1", "decoder.0.0", "decoder.0.1"};
static const char *const numbers[] = {
#define OG_HEALTH_NUMBER(name) #name,
#include "train/health.def"
#undef OG_HEALTH_NUMBER
};

typedef struct fixture {
    og__warnings warnings;
    og_act *act;
    json_t *sample, *events;
    int epoch;
} fixture;

/* What a healthy layer shows, if it stands for any function. */
static double healthy(const char *number)
{
    static const struct {
        const char *name;
        double value;
    } known[] = {{"mean", 0.2},          {"sd", 0.6},    {"mean_shift", 0.33},    {"variation", 0.9},
                 {"nonlinearity", 0.1},  {"chi", 1.2},   {"variance_ratio", 0.3}, {"variance_ratio_normal", 0.3},
                 {"gradient_rms", 1e-5}, {"linear", 0.1}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, number) == 0)
            return known[i].value;
    return 0;
}

static void set(fixture *f, const char *number, int layer, double value)
{
    json_array_set_new(json_object_get(f->sample, number), (size_t)layer, og__json_real(value));
}

static void start(fixture *f, const char *act, og_norm norm)
{
    static const og_place places[LAYERS] = {OG_PLACE_ENCODER,    OG_PLACE_ENCODER, OG_PLACE_BOTTLENECK,
                                            OG_PLACE_BOTTLENECK, OG_PLACE_DECODER, OG_PLACE_DECODER};
    og__watched_layer layers[LAYERS];
    *f = (fixture){.sample = json_object(), .events = json_array()};
    assert_int_equal(og_act_parse(act, &f->act), OG_OK);
    for (int i = 0; i < LAYERS; i++) {
        int stage = places[i] == OG_PLACE_BOTTLENECK ? 1 : 0;
        layers[i] = (og__watched_layer){{names[i], places[i], stage, 8}, f->act};
    }
    assert_int_equal(og__warnings_init(&f->warnings, layers, LAYERS, norm), OG_OK);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_t *row = json_array();
        for (int l = 0; l < LAYERS; l++)
            json_array_append_new(row, json_real(healthy(numbers[i])));
        json_object_set_new(f->sample, numbers[i], row);
    }
    json_object_set_new(f->sample, "params", json_array());
    og_act_facts facts; /* gradients that grow as the function alone lets one expect */
    assert_int_equal(og_act_analyse(f->act, &facts), OG_OK);
    for (int l = 0; l < LAYERS; l += 2)
        set(f, "gradient_rms", l, 1e-5 * sqrt(norm == OG_NORM_NONE ? facts.moments.chi : facts.moments.chi_norm));
}

static void stop(fixture *f)
{
    og__warnings_deinit(&f->warnings);
    og_act_free(f->act);
    json_decref(f->sample);
    json_decref(f->events);
}

static void set_both(fixture *f, const char *number, int layer, double value)
{
    set(f, number, layer, value);
    set(f, number, layer + 1, value);
}

static void set_param(fixture *f, double moved, double gradient)
{
    json_t *params = json_object_get(f->sample, "params");
    json_array_clear(params);
    json_array_append_new(params, json_pack("{s:s, s:s, s:f, s:f, s:f}", "layer", names[2], "name", "a", "mean", 0.25,
                                            "moved", moved, "gradient", gradient));
}

static void hear(fixture *f, int samples)
{
    for (int i = 0; i < samples; i++) {
        f->epoch++;
        json_object_set_new(f->sample, "epoch", json_integer(f->epoch));
        json_object_set_new(f->sample, "step", json_integer(9 + f->epoch));
        if (og__warnings_judge(&f->warnings, f->sample, f->events) != OG_OK)
            fail_msg("%s", og_error_text());
    }
}

/* The last event's text, or "". */
static const char *said(const fixture *f)
{
    size_t count = json_array_size(f->events);
    return count > 0 ? json_string_value(json_object_get(json_array_get(f->events, count - 1), "text")) : "";
}

/* --- the cases ---------------------------------------------------------------------------------------------------- */

/* Makes the bottleneck (layers 2 and 3) or a path bad, or nearly so. */
typedef struct rule_case {
    const char *name, *act;
    og_norm norm;
    void (*spoil)(fixture *f, bool bad);
    const char *text; /* after the second sample */
} rule_case;

static void spoil_unreached(fixture *f, bool bad)
{
    set_param(f, bad ? 0 : 1e-9, 1e-6);
}

static void spoil_unmoved(fixture *f, bool bad)
{
    set_param(f, bad ? 0 : 1e-9, 0);
}

static void spoil_dead(fixture *f, bool bad)
{
    set(f, "dead", 2, bad ? 0.41 : 0.19);
    set(f, "dead", 3, bad ? 0.41 : 0.19);
}

static void spoil_stuck(fixture *f, bool bad)
{
    set_both(f, "saturated_left", 2, 0.3);
    set_both(f, "saturated_right", 2, bad ? 0.25 : 0.19);
}

static void spoil_vanishing(fixture *f, bool bad)
{
    set(f, "gradient_rms", 3, bad ? 9e-9 : 2e-8);
    set(f, "gradient_rms", 2, 2e-8);
}

static void spoil_exploding(fixture *f, bool bad)
{
    set(f, "gradient_rms", 3, 5e-3);
    set(f, "gradient_rms", 2, bad ? 4e-3 : 2e-3);
}

static void spoil_faint(fixture *f, bool bad)
{
    set_both(f, "variation", 2, bad ? 0.04 : 0.06);
}

static void spoil_constant(fixture *f, bool bad)
{
    set_both(f, "constant", 2, bad ? 0.25 : 0.19);
}

static void spoil_rare(fixture *f, bool bad)
{
    set_both(f, "rare", 2, bad ? 0.5 : 0.29);
}

static void spoil_pushed(fixture *f, bool bad)
{
    set_both(f, "norm_low", 2, bad ? 0.25 : 0.19);
    set_both(f, "norm_high", 2, 0.4); /* the right side of relu is not flat */
}

static void spoil_linear(fixture *f, bool bad)
{
    set_both(f, "linear", 2, bad ? 0.625 : 0.49);
}

static void spoil_slope(fixture *f, bool bad)
{
    set(f, "gradient_rms", 4, bad ? 3.2e-6 : 5e-6); /* decoder; 1.21 is predicted */
}

static void spoil_drift(fixture *f, bool bad)
{
    set_both(f, "variance_ratio", 2, bad ? 0.06 : 0.08);
}

static void spoil_sparse(fixture *f, bool bad)
{
    set_both(f, "sparsity", 2, bad ? 0.97 : 0.94);
}

static const rule_case cases[] = {
    {"unreached", "prelu", OG_NORM_BATCH, spoil_unreached,
     "bottleneck: the learned parameter a of prelu has not moved, although it has a gradient; the learning rate is too "
     "small for it, or the optimiser does not see it"},
    {"unmoved", "prelu", OG_NORM_BATCH, spoil_unmoved,
     "bottleneck: the learned parameter a of prelu has no gradient and has not moved; the formula does not depend on it "
     "for the inputs it gets; another initial value may"},
    {"dead", "relu", OG_NORM_BATCH, spoil_dead,
     "bottleneck: 41 % of the channels dead since epoch 1; leaky_relu or a lower learning rate would keep them "
     "trainable"},
    {"dead", "relu", OG_NORM_NONE, spoil_dead,
     "bottleneck: 41 % of the channels dead since epoch 1; leaky_relu, a norm (--norm batch) or a lower learning rate "
     "would keep them trainable"},
    {"dead", "tanh", OG_NORM_INSTANCE, spoil_dead,
     "bottleneck: 41 % of the channels dead since epoch 1; a function with a side that is never flat (leaky_relu, silu) "
     "or a lower learning rate would keep them trainable"},
    {"stuck", "sigmoid", OG_NORM_NONE, spoil_stuck,
     "bottleneck: 55 % of the units on the flat parts of sigmoid since epoch 1; a norm (--norm batch) or a lower "
     "learning rate keeps its inputs near 0, where it has a slope"},
    {"stuck", "tanh", OG_NORM_BATCH, spoil_stuck,
     "bottleneck: 55 % of the units on the flat parts of tanh since epoch 1; a lower learning rate, or a function with a "
     "side that is never flat (leaky_relu, silu), lets the gradient through"},
    {"vanishing", "sigmoid", OG_NORM_NONE, spoil_vanishing,
     "bottleneck: the gradient is 1111 times smaller than at the network's end since epoch 1; these weights hardly "
     "learn; a norm (--norm batch), or a function whose chi is near 1 (ogive act show), carries it further"},
    {"vanishing", "silu", OG_NORM_BATCH, spoil_vanishing,
     "bottleneck: the gradient is 1111 times smaller than at the network's end since epoch 1; these weights hardly "
     "learn; look at the layers between, or lower the learning rate"},
    {"exploding", "relu", OG_NORM_NONE, spoil_exploding,
     "bottleneck: the gradient is 400 times larger than at the network's end since epoch 1; a norm (--norm batch), a "
     "lower learning rate or a smaller --clip holds it"},
    {"exploding", "relu", OG_NORM_BATCH, spoil_exploding,
     "bottleneck: the gradient is 400 times larger than at the network's end since epoch 1; a lower learning rate or a "
     "smaller --clip holds it"},
    {"faint", "sigmoid", OG_NORM_NONE, spoil_faint,
     "bottleneck: the outputs vary by only 4 % of their size since epoch 1: the next layer sees a constant; a norm "
     "(--norm batch), or a function whose outputs have mean 0 for normal inputs (tanh, selu), keeps the signal"},
    {"constant", "relu", OG_NORM_INSTANCE, spoil_constant,
     "bottleneck: 25 % of the channels constant before the norm since epoch 1, which amplifies their noise; a lower "
     "learning rate or some weight decay may keep them alive; batch norm is less prone to it than instance norm"},
    {"rare", "relu", OG_NORM_BATCH, spoil_rare,
     "bottleneck: 50 % of the channels active at fewer than 1 in 100 places since epoch 1; leaky_relu or a lower "
     "learning rate would keep them in use"},
    {"rare", "tanh", OG_NORM_BATCH, spoil_rare,
     "bottleneck: 50 % of the channels active at fewer than 1 in 100 places since epoch 1; a lower learning rate would "
     "keep them in use"},
    {"pushed", "relu", OG_NORM_BATCH, spoil_pushed,
     "bottleneck: the norm's bias holds 25 % of the channels 3 standard deviations on the flat side of relu since epoch "
     "1; they may die next; a lower learning rate or leaky_relu prevents it"},
    {"linear", "relu", OG_NORM_BATCH, spoil_linear,
     "bottleneck: 62 % of the channels always on one straight piece of relu since epoch 1: they add no non-linearity; a "
     "lower learning rate keeps the norm's biases near 0, where relu bends"},
    {"linear", "relu", OG_NORM_NONE, spoil_linear,
     "bottleneck: 62 % of the channels always on one straight piece of relu since epoch 1: they add no non-linearity; a "
     "norm (--norm batch) centres the inputs where relu bends"},
    {"slope", "silu", OG_NORM_BATCH, spoil_slope,
     "decoder: towards the input the gradient changes by × 0.32 per layer since epoch 1; silu alone predicts × 1.1; the "
     "first layers learn less than the last; a lower learning rate evens it out"},
    {"drift", "silu", OG_NORM_BATCH, spoil_drift,
     "bottleneck: the variance of the outputs is 5.0 times off what normal inputs of this mean and spread give, since "
     "epoch 1; few large inputs rule it; a lower learning rate or --clip tames them"},
    {"sparse", "relu", OG_NORM_BATCH, spoil_sparse,
     "bottleneck: 97 % of the outputs are 0 since epoch 1; little of the width is used; leaky_relu would use the rest, "
     "or a smaller --width do as well"},
};

static void every_rule_speaks_when_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f;
        start(&f, cases[i].act, cases[i].norm);
        cases[i].spoil(&f, true);
        hear(&f, 2);
        assert_int_equal(json_array_size(f.events), 1);
        const json_t *event = json_array_get(f.events, 0);
        assert_string_equal(json_string_value(json_object_get(event, "warning")), cases[i].name);
        assert_string_equal(json_string_value(json_object_get(event, "state")), "begins");
        assert_string_equal(said(&f), cases[i].text);
        hear(&f, 5);
        assert_int_equal(json_array_size(f.events), 1); /* once */
        stop(&f);
    }
}

static void every_rule_is_silent_when_it_should_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture f;
        start(&f, cases[i].act, cases[i].norm);
        cases[i].spoil(&f, false);
        hear(&f, 5);
        if (json_array_size(f.events) > 0)
            fail_msg("%s: %s", cases[i].name, said(&f));
        stop(&f);
    }
}

static void every_rule_has_a_case(void **state)
{
    (void)state;
    static const char *const rules[] = {
#define OG_WARNING(name, serious, scope, family, threshold, clear, samples, subject, sentence) #name,
#include "train/warnings.def"
#undef OG_WARNING
    };
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++) {
        bool found = false;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            found = found || strcmp(cases[i].name, rules[r]) == 0;
        if (!found)
            fail_msg("the rule '%s' has no case", rules[r]);
    }
}

/* --- time and place ----------------------------------------------------------------------------------------------- */

static void one_bad_sample_is_no_warning(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", OG_NORM_BATCH);
    for (int i = 0; i < 4; i++) {
        spoil_dead(&f, true);
        hear(&f, 1);
        spoil_dead(&f, false);
        hear(&f, 1);
    }
    assert_int_equal(json_array_size(f.events), 0);
    stop(&f);
}

static void a_warning_ends_well_below_where_it_began(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", OG_NORM_BATCH);
    spoil_dead(&f, true);
    hear(&f, 2);
    set_both(&f, "dead", 2, 0.15); /* between the two thresholds */
    hear(&f, 4);
    assert_int_equal(json_array_size(f.events), 1);
    set_both(&f, "dead", 2, 0.05);
    hear(&f, 1);
    assert_int_equal(json_array_size(f.events), 1);
    hear(&f, 1);
    assert_int_equal(json_array_size(f.events), 2);
    assert_string_equal(said(&f), "bottleneck: dead channels have subsided in epoch 8");
    spoil_dead(&f, true);
    hear(&f, 2);
    assert_string_equal(said(&f), "bottleneck: 41 % of the channels dead since epoch 9; leaky_relu or a lower learning "
                                  "rate would keep them trainable");
    stop(&f);
}

static void places_share_a_line(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", OG_NORM_BATCH);
    spoil_dead(&f, true);
    set_both(&f, "dead", 4, 0.63);
    hear(&f, 2);
    assert_int_equal(json_array_size(f.events), 1);
    assert_string_equal(said(&f), "bottleneck, decoder stage 0: 41 to 63 % of the channels dead since epoch 1; "
                                  "leaky_relu or a lower learning rate would keep them trainable");
    set_both(&f, "dead", 0, 1);
    hear(&f, 2);
    assert_int_equal(json_array_size(f.events), 2);
    assert_non_null(strstr(said(&f), "encoder stage 0: 100 %"));
    assert_non_null(strstr(said(&f), "since epoch 3;"));
    stop(&f);

    start(&f, "relu", OG_NORM_BATCH);
    for (int l = 0; l < LAYERS; l++)
        set(&f, "dead", l, 0.5);
    hear(&f, 2);
    assert_non_null(strstr(said(&f), "every layer: 50 %"));
    stop(&f);
}

/* Dead channels have no outputs that vary, and are pushed there by the norm: one line says it. */
static void the_first_of_a_family_speaks_alone(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", OG_NORM_BATCH);
    spoil_dead(&f, true);
    spoil_pushed(&f, true);
    spoil_sparse(&f, true);
    hear(&f, 2);
    assert_int_equal(json_array_size(f.events), 1);
    assert_non_null(strstr(said(&f), "dead"));
    stop(&f);
}

/* The mean over a place's layers counts channels, and a linear network is meant to be linear. */
static void what_is_meant_to_be_is_no_warning(void **state)
{
    (void)state;
    fixture f;
    start(&f, "x", OG_NORM_BATCH);
    for (int l = 0; l < LAYERS; l++)
        set(&f, "linear", l, 1);
    hear(&f, 3);
    assert_int_equal(json_array_size(f.events), 0);
    stop(&f);

    start(&f, "relu", OG_NORM_BATCH); /* half of its units are off, as they should be */
    for (int l = 0; l < LAYERS; l++)
        set(&f, "saturated_left", l, 0.8);
    hear(&f, 3);
    assert_int_equal(json_array_size(f.events), 0);
    stop(&f);
}

static void parameters_have_ten_steps_to_move(void **state)
{
    (void)state;
    fixture f;
    start(&f, "prelu", OG_NORM_BATCH);
    set_param(&f, 0, 1);
    f.epoch = -9; /* steps 1, 2, ... */
    hear(&f, 9);
    assert_int_equal(json_array_size(f.events), 0);
    hear(&f, 1);
    assert_int_equal(json_array_size(f.events), 1);
    stop(&f);
}

static void numbers_that_are_not_known_change_nothing(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", OG_NORM_NONE);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        for (int l = 0; l < LAYERS; l++)
            set(&f, numbers[i], l, NAN);
    hear(&f, 3);
    assert_int_equal(json_array_size(f.events), 0);
    stop(&f);
}

static void a_sample_of_another_net_is_refused(void **state)
{
    (void)state;
    fixture f;
    start(&f, "relu", OG_NORM_BATCH);
    json_object_set_new(f.sample, "epoch", json_integer(1));
    json_object_set_new(f.sample, "step", json_integer(1));
    json_array_remove(json_object_get(f.sample, "chi"), 0);
    assert_int_equal(og__warnings_judge(&f.warnings, f.sample, f.events), OG_ERR_FORMAT);
    assert_string_equal(og_error_text(), "\"chi\" has 5 numbers for 6 layers");
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_speaks_when_it_should),
        cmocka_unit_test(every_rule_is_silent_when_it_should_be),
        cmocka_unit_test(every_rule_has_a_case),
        cmocka_unit_test(one_bad_sample_is_no_warning),
        cmocka_unit_test(a_warning_ends_well_below_where_it_began),
        cmocka_unit_test(places_share_a_line),
        cmocka_unit_test(the_first_of_a_family_speaks_alone),
        cmocka_unit_test(what_is_meant_to_be_is_no_warning),
        cmocka_unit_test(parameters_have_ten_steps_to_move),
        cmocka_unit_test(numbers_that_are_not_known_change_nothing),
        cmocka_unit_test(a_sample_of_another_net_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

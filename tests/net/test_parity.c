/* The engine against PyTorch: forward, loss, every gradient, running statistics and ten optimiser steps, from the cases
 * that make_golden.py wrote. OGIVE_PARITY_DIR names another folder of cases (make test-peers makes them live). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ogive/net.h>

#include "base/file.h"
#include "base/text.h"
#include "format/json.h"
#include "format/safetensors.h"
#include "tensors.h"
#include "train/freeze.h"
#include "train/model.h"
#include "train/optimizer.h"

/* The promise: 1e-4 relative in fp32, as relative L2 distance of each tensor. */
static const double promise = 1e-4;

typedef struct parity {
    og__safetensors *file;
    json_t *about;
    og_net *net;
    int n, c, d, h, w, classes;
} parity;

static int number(const json_t *about, const char *key)
{
    const json_t *value = json_object_get(about, key);
    assert_true(json_is_integer(value));
    return (int)json_integer_value(value);
}

static double real(const json_t *about, const char *key)
{
    const json_t *value = json_object_get(about, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static const char *text(const json_t *about, const char *key)
{
    const char *value = json_string_value(json_object_get(about, key));
    assert_non_null(value);
    return value;
}

static int index_in(const char *name, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    fail_msg("unknown name %s", name);
    return -1;
}

static void read_floats(const parity *p, const char *name, size_t count, float *data)
{
    const og__tensor *t = og__safetensors_find(p->file, name);
    assert_non_null(t);
    assert_int_equal(og__safetensors_read(p->file, name, OG_DTYPE_F32, t->rank, t->shape, data), OG_OK);
    size_t found = 1;
    for (int i = 0; i < t->rank; i++)
        found *= (size_t)t->shape[i];
    assert_int_equal(found, count);
}

static float *floats_of(const parity *p, const char *name, size_t count)
{
    float *data = floats_new(count);
    read_floats(p, name, count, data);
    return data;
}

static void set_weights(parity *p)
{
    read_floats(p, "weights", og_net_weight_count(p->net), og_net_weights(p->net));
    if (og_net_state_size(p->net) > 0)
        read_floats(p, "state", og_net_state_size(p->net), og_net_state(p->net));
}

/* The parameters' names and order are the same in both worlds. */
static void check_names(const parity *p)
{
    const json_t *names = json_object_get(p->about, "names");
    assert_int_equal(json_array_size(names), og_net_param_count(p->net));
    for (size_t i = 0; i < json_array_size(names); i++)
        assert_string_equal(json_string_value(json_array_get(names, i)), og_net_param_at(p->net, i)->name);
}

static void set_option(og_train_options *options, const char *name, const char *value)
{
    const og_option *option = og_option_find(og_train_option_table(), name);
    assert_non_null(option);
    if (og_option_set(option, options, value) != OG_OK)
        fail_msg("%s", og_error_text());
}

/* Further settings of the network go by the names of the command line. */
static og_net_spec spec_of(const json_t *about)
{
    og_option_table table = og_train_option_table();
    og_train_options options;
    const char *key;
    json_t *value;
    assert_int_equal(og_options_init(table, &options), OG_OK);
    options.depth = number(about, "depth");
    options.width = number(about, "width");
    options.width_cap = number(about, "cap");
    set_option(&options, "norm", text(about, "norm"));
    set_option(&options, "up", text(about, "up"));
    json_object_foreach(json_object_get(about, "options"), key, value)
        set_option(&options, key, json_string_value(value));
    og_net_spec spec;
    if (og__model_spec(&options, number(about, "inputs"), number(about, "classes"), &spec) != OG_OK)
        fail_msg("%s", og_error_text());
    og_options_deinit(table, &options);
    return spec;
}

static void set_slices(parity *p, og_net_spec *spec)
{
    const json_t *kernel = json_object_get(p->about, "slice_kernel"),
                 *stride = json_object_get(p->about, "slice_stride");
    p->d = number(p->about, "d");
    spec->dims = 3;
    for (int stage = 0; stage <= spec->depth; stage++)
        spec->slice_kernel[stage] = (int)json_integer_value(json_array_get(kernel, (size_t)stage));
    for (int stage = 0; stage < spec->depth; stage++)
        spec->slice_stride[stage] = (int)json_integer_value(json_array_get(stride, (size_t)stage));
}

static void open_case(const char *path, parity *p)
{
    if (og__safetensors_load(path, &p->file) != OG_OK)
        fail_msg("%s", og_error_text());
    const char *about = og__safetensors_metadata(p->file, "case");
    assert_non_null(about);
    assert_int_equal(og__json_parse(about, strlen(about), path, &p->about), OG_OK);
    og_act *act;
    og_head *head = NULL;
    const char *name = json_object_get(p->about, "head") ? text(p->about, "head") : "softmax";
    if (og_act_parse(text(p->about, "act"), &act) != OG_OK || og_head_parse(name, &head) != OG_OK)
        fail_msg("%s", og_error_text());
    og_net_spec spec = spec_of(p->about);
    spec.head = head;
    p->d = 1;
    if (json_object_get(p->about, "d"))
        set_slices(p, &spec);
    og_net_spec_fill(&spec, act);
    if (og_net_new(&spec, &p->net) != OG_OK)
        fail_msg("%s", og_error_text());
    og_act_free(act);
    og_head_free(head);
    p->n = number(p->about, "n");
    p->c = spec.in_channels;
    p->h = number(p->about, "h");
    p->w = number(p->about, "w");
    p->classes = spec.classes;
    check_names(p);
    set_weights(p);
    if (json_object_get(p->about, "freeze"))
        og__freeze_norms(text(p->about, "freeze"), p->net);
}

static void close_case(parity *p)
{
    og_net_free(p->net);
    json_decref(p->about);
    og__safetensors_free(p->file);
}

static og_plan *plan_of(const parity *p, bool training)
{
    og_plan *plan;
    og_plan_options options = {
        .n = p->n, .d = p->d, .h = p->h, .w = p->w, .training = training, .exact = true, .threads = 2};
    if (og_plan_new(p->net, &options, &plan) != OG_OK)
        fail_msg("%s", og_error_text());
    return plan;
}

static void check(const char *path, const char *what, const float *got, const float *want, size_t count, double scale)
{
    double off = 0;
    for (size_t i = 0; i < count; i++)
        off += ((double)got[i] - (double)want[i]) * ((double)got[i] - (double)want[i]);
    if (!(sqrt(off) <= promise * scale))
        fail_msg("%s: %s: distance %g exceeds %g of %g", og__path_name(path), what, sqrt(off), promise, scale);
}

static double length(const float *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sqrt(sum);
}

static void check_forward(const char *path, parity *p, const float *image)
{
    int margin = og_net_margin(p->net);
    assert_int_equal(margin, json_integer_value(json_object_get(p->about, "margin")));
    size_t count = (size_t)(p->n * p->classes * p->d * (p->h - 2 * margin) * (p->w - 2 * margin));
    float *want = floats_of(p, "logits", count), *got = floats_new(count);
    og_plan *plan = plan_of(p, false);
    assert_int_equal(og_plan_infer(plan, image, true, got), OG_OK);
    check(path, "logits", got, want, count, length(want, count));
    if (og__safetensors_find(p->file, "probabilities")) {
        read_floats(p, "probabilities", count, want);
        assert_int_equal(og_plan_infer(plan, image, false, got), OG_OK);
        check(path, "probabilities", got, want, count, length(want, count));
    }
    og_plan_free(plan);
    free(want);
    free(got);
}

/* Each tensor's gradient on its own scale. With a norm behind it, a bias or a shift can have a gradient of exactly 0
 * that rounding makes tiny instead: no tensor is held to less than 1e-4 of the whole gradient's size per number. */
static void check_gradients(const char *path, const parity *p)
{
    size_t all = og_net_weight_count(p->net);
    float *want = floats_of(p, "gradients", all);
    double whole = length(want, all) / sqrt((double)all);
    for (size_t i = 0; i < og_net_param_count(p->net); i++) {
        const og_param *param = og_net_param_at(p->net, i);
        double own = length(want + param->offset, param->count), floor = 1e-2 * whole * sqrt((double)param->count);
        check(path, param->name, og_net_gradients(p->net) + param->offset, want + param->offset, param->count,
              own > floor ? own : floor);
    }
    free(want);
}

static void check_training_pass(const char *path, parity *p, og_plan *plan, const float *image, const uint8_t *labels)
{
    og_loss_value value;
    assert_int_equal(og_plan_train(plan, image, labels, &value), OG_OK);
    double want = real(p->about, "loss");
    if (!(fabs(value.total - want) <= promise * want))
        fail_msg("%s: loss %.8f, PyTorch %.8f", og__path_name(path), value.total, want);
    check_gradients(path, p);
    size_t count = og_net_state_size(p->net);
    if (count > 0) {
        float *state = floats_of(p, "state_after", count);
        check(path, "running statistics", og_net_state(p->net), state, count, length(state, count));
        free(state);
    }
}

static void check_steps(const char *path, parity *p, og_plan *plan, const float *image, const uint8_t *labels)
{
    og__optimizer_options options = {
        .kind = (og_optimizer)index_in(text(p->about, "optimizer"),
                                       (const char *[]){"sgd", "adam", "adamw", "rmsprop", NULL}),
        .momentum = real(p->about, "momentum"),
        .weight_decay = real(p->about, "weight_decay"),
        .threads = 2,
    };
    og__optimizer *optimizer;
    size_t count = og_net_weight_count(p->net);
    float *want = floats_of(p, "trained", count), *start = floats_of(p, "weights", count);
    assert_int_equal(og__optimizer_new(&options, og_net_param_at(p->net, 0), og_net_param_count(p->net), &optimizer),
                     OG_OK);
    set_weights(p);
    for (int step = 0; step < number(p->about, "steps"); step++) {
        og_loss_value value;
        og_plan_refresh(plan);
        assert_int_equal(og_plan_train(plan, image, labels, &value), OG_OK);
        og__optimizer_step(optimizer, real(p->about, "learning_rate"), og_net_gradients(p->net),
                           og_net_weights(p->net));
    }
    check(path, "weights after the steps", og_net_weights(p->net), want, count, length(want, count));
    for (size_t i = 0; i < count; i++) /* the steps did something */
        want[i] -= start[i];
    assert_true(length(want, count) > 100 * promise * length(start, count));
    og__optimizer_free(optimizer);
    free(want);
    free(start);
}

static void check_case(const char *path)
{
    parity p = {0};
    open_case(path, &p);
    size_t pixels = (size_t)(p.n * p.d * p.h * p.w);
    float *image = floats_of(&p, "image", pixels * (size_t)p.c);
    uint8_t *labels = malloc(pixels);
    const og__tensor *t = og__safetensors_find(p.file, "labels");
    assert_int_equal(og__safetensors_read(p.file, "labels", OG_DTYPE_U8, t->rank, t->shape, labels), OG_OK);
    check_forward(path, &p, image);
    if (json_is_number(
            json_object_get(p.about, "loss"))) { /* not of a function that draws random numbers in training */
        og_plan *plan = plan_of(&p, true);
        check_training_pass(path, &p, plan, image, labels);
        if (json_object_get(p.about, "optimizer"))
            check_steps(path, &p, plan, image, labels);
        og_plan_free(plan);
    }
    free(labels);
    free(image);
    close_case(&p);
}

static void test_case(void **state)
{
    check_case(*state);
}

static const char *case_folder(void)
{
    const char *folder = getenv("OGIVE_PARITY_DIR");
    return folder ? folder : OGIVE_SOURCE_DIR "/tests/net/golden";
}

enum { CASES = 45 };

int main(void)
{
    char **names;
    size_t count;
    if (og__folder_list(case_folder(), &names, &count) != OG_OK || count < CASES) {
        fprintf(stderr, "%s: %zu cases found, %d or more expected\n", case_folder(), count, (int)CASES);
        return 1;
    }
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    for (size_t i = 0; i < count; i++) {
        char *path;
        if (og__path_join(case_folder(), names[i], &path) != OG_OK)
            return 1;
        tests[i] = (struct CMUnitTest){.name = names[i], .test_func = test_case, .initial_state = path};
    }
    int failed = _cmocka_run_group_tests("parity", tests, count, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        free(tests[i].initial_state);
    free(tests);
    og__names_free(names, count);
    return failed;
}

/* The course of a training run: averages, accumulation, falling rates, patience, skipped steps, time, fine-tuning; each
 * also across an interruption. */
#include "unit/train/tiny_data.h"

#include "format/json.h"
#include "format/safetensors.h"
#include "train/adopt.h"
#include "train/session.h"

static char base[] = "/tmp/ogive-course-XXXXXX";
static og_dataset *data;

static const char *in_base(const char *name)
{
    static char paths[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s", base, name);
    return paths[next];
}

static const char *in_run(const char *run, const char *name)
{
    static char paths[4][512];
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], sizeof paths[next], "%s/%s/%s", base, run, name);
    return paths[next];
}

static int make_data(void **state)
{
    (void)state;
    if (!mkdtemp(base))
        return -1;
    data = tiny_open(in_base("data"));
    return 0;
}

static int remove_data(void **state)
{
    (void)state;
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

/* Tiny settings with some changed, given as name and value up to a NULL. */
static og_train_options with(const char *const *changes)
{
    og_train_options options = tiny_options();
    for (; changes[0]; changes += 2)
        if (og_option_set(og_option_find(og_train_option_table(), changes[0]), &options, changes[1]) != OG_OK)
            fail_msg("%s", og_error_text());
    return options;
}

#define WITH(...) with((const char *const[]){__VA_ARGS__, NULL})

static og_status try(og_train_options options, const char *run, bool resume, og_train_report report, void *context)
{
    og_status status = og_train(data, &options, in_base(run), resume, report, context);
    og_options_deinit(og_train_option_table(), &options);
    return status;
}

static void train(og_train_options options, const char *run)
{
    if (try(options, run, false, NULL, NULL) != OG_OK)
        fail_msg("%s", og_error_text());
}

static json_t *load_result(const char *run)
{
    json_t *root;
    if (og__json_load(in_run(run, "result.json"), &root) != OG_OK)
        fail_msg("%s", og_error_text());
    return root;
}

static void assert_text(const json_t *root, const char *key, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(root, key)), want);
}

static bool stop_after(void *at, const og_train_progress *progress)
{
    (void)progress;
    return --*(int *)at > 0;
}

/* Weights and running statistics of a file of a run. */
static og_model load(const char *run, const char *file)
{
    og_model model;
    if (og_model_load(in_run(run, file), &model) != OG_OK)
        fail_msg("%s", og_error_text());
    return model;
}

static bool same_weights(const og_model *a, const og_model *b)
{
    return og_net_weight_count(a->net) == og_net_weight_count(b->net) &&
           memcmp(og_net_weights(a->net), og_net_weights(b->net), og_net_weight_count(a->net) * sizeof(float)) == 0 &&
           memcmp(og_net_state(a->net), og_net_state(b->net), og_net_state_size(a->net) * sizeof(float)) == 0;
}

static bool same_files(const char *run_a, const char *file_a, const char *run_b, const char *file_b)
{
    og_model a = load(run_a, file_a), b = load(run_b, file_b);
    bool same = same_weights(&a, &b);
    og_model_deinit(&a);
    og_model_deinit(&b);
    return same;
}

/* --- interruptions --- */

/* Stopped in the middle of an accumulation, and of an epoch. */
static void everything_resumes_to_the_same_bits(void **state)
{
    (void)state;
    const char *const changes[] = {"ema",         "0.9",     "accumulate", "3",   "schedule", "plateau",
                                   "lr-patience", "0",       "patience",   "4",   "epochs",   "5",
                                   "optimizer",   "rmsprop", "momentum",   "0.5", "freeze",   "encoder.1",
                                   "lr-factor",   "0.5",     NULL};
    train(with(changes), "whole");
    for (int stop = 2; stop <= 8; stop += 3) {
        int left = stop;
        char run[32];
        snprintf(run, sizeof run, "cut%d", stop);
        assert_int_equal(try(with(changes), run, false, stop_after, &left), OG_ERR_STOPPED);
        if (try(with(changes), run, true, NULL, NULL) != OG_OK)
            fail_msg("%s", og_error_text());
        assert_true(same_files("whole", "", run, ""));
        json_t *one = load_result("whole"), *two = load_result(run);
        for (int i = 0; i < 4; i++) {
            const char *key = (const char *[]){"best", "ended_by", "epochs", "model"}[i];
            assert_true(json_equal(json_object_get(one, key), json_object_get(two, key)));
        }
        json_decref(one);
        json_decref(two);
    }
}

/* --- averages and sums --- */

/* The average of a run of one update: decay (1 + 1) / (10 + 1) of the beginning, the rest of the end. */
static void the_average_follows_its_formula(void **state)
{
    (void)state;
    const char *const one[] = {"epochs", "1", "accumulate", "4", "warmup", "0", NULL};
    og_train_options options = with(one), frozen = WITH("epochs", "1", "accumulate", "4", "learning-rate", "1e-12");
    train(options, "plain");
    train(frozen, "start"); /* its weights are the initial ones to rounding */
    train(WITH("epochs", "1", "accumulate", "4", "warmup", "0", "ema", "0.999"), "averaged");
    og_model start = load("start", ""), end = load("plain", ""), average = load("averaged", "");
    for (size_t i = 0; i < og_net_weight_count(start.net); i++) {
        double want = 2.0 / 11 * (double)og_net_weights(start.net)[i] + 9.0 / 11 * (double)og_net_weights(end.net)[i];
        assert_true(fabs((double)og_net_weights(average.net)[i] - want) < 2e-6);
    }
    og_model_deinit(&start);
    og_model_deinit(&end);
    og_model_deinit(&average);
}

/* Without a norm a pass has no memory and the cross-entropy is a mean: seven batches of 1 are one of 7. */
static void accumulated_batches_are_one_large_batch(void **state)
{
    (void)state;
#define ALIKE                                                                                                          \
    "norm", "none", "loss", "ce", "augment", "none", "warmup", "0", "schedule", "constant", "epochs", "1",             \
        "optimizer", "sgd", "learning-rate", "0.05"
    train(WITH(ALIKE, "batch", "7"), "large");
    train(WITH(ALIKE, "batch", "1", "accumulate", "7"), "small");
    og_model large = load("large", ""), small = load("small", "");
    double off = 0, size = 0;
    for (size_t i = 0; i < og_net_weight_count(large.net); i++) {
        double a = (double)og_net_weights(large.net)[i], b = (double)og_net_weights(small.net)[i];
        off += (a - b) * (a - b);
        size += a * a;
    }
    og_model_deinit(&large);
    og_model_deinit(&small);
    if (!(sqrt(off) < 1e-5 * sqrt(size)))
        fail_msg("off by %g", sqrt(off / size));
}

/* --- the best and the last --- */

static void patience_ends_a_run_with_its_best_network(void **state)
{
    (void)state;
    train(WITH("epochs", "40", "patience", "2", "learning-rate", "0.3", "schedule", "constant"), "patient");
    json_t *root = load_result("patient"), *curve = json_object_get(root, "curve");
    json_int_t best = json_integer_value(json_object_get(json_object_get(root, "best"), "epoch")), last = 0;
    double dice = json_number_value(json_object_get(json_object_get(root, "best"), "dice"));
    assert_text(root, "ended_by", "patience");
    assert_text(root, "model", "best");
    last = (json_int_t)json_array_size(curve);
    assert_int_equal(last, best + 2);
    assert_int_equal(json_integer_value(json_object_get(root, "epochs")), last);
    for (json_int_t i = 0; i < last; i++)
        assert_true(json_number_value(json_object_get(json_array_get(curve, (size_t)i), "dice")) <= dice);
    assert_true(json_number_value(json_object_get(json_object_get(root, "scores"), "mean_dice")) == dice);
    assert_true(og__file_exists(in_run("patient", "last.safetensors")));
    assert_false(og__file_exists(in_run("patient", "best.safetensors")));
    assert_false(same_files("patient", "model.safetensors", "patient", "last.safetensors"));
    json_decref(root);
}

static void without_patience_the_last_network_is_the_runs_own(void **state)
{
    (void)state;
    train(WITH("epochs", "40", "patience", "2", "learning-rate", "0.3", "schedule", "constant", "select", "last"),
          "selected");
    json_t *root = load_result("selected");
    assert_text(root, "model", "last");
    assert_true(json_number_value(json_object_get(json_object_get(root, "scores"), "mean_dice")) <
                json_number_value(json_object_get(json_object_get(root, "best"), "dice")));
    assert_true(same_files("selected", "model.safetensors", "patient", "last.safetensors"));
    assert_true(same_files("selected", "best.safetensors", "patient", "model.safetensors"));
    json_decref(root);
}

/* --- steps that are not finite --- */

static void open_session(og_train_options *options, og__session *session)
{
    if (og__session_open(data, options, in_base("session"), session) != OG_OK || og__session_start(session) != OG_OK)
        fail_msg("%s", og_error_text());
}

static void a_step_that_is_not_finite_leaves_no_trace_but_a_lower_rate(void **state)
{
    (void)state;
    og_train_options options = WITH("act", "x*exp(x)", "ema", "0.9");
    og__session session;
    open_session(&options, &session);
    og_net *net = session.model.net;
    size_t weights = og_net_weight_count(net) * sizeof(float), states = og_net_state_size(net) * sizeof(float);
    assert_int_equal(og__step_run(&session), OG_OK);
    float *bias = NULL, *kept = malloc(weights), *kept_state = malloc(states);
    for (size_t i = 0; i < og_net_param_count(net); i++)
        if (strcmp(og_net_param_at(net, i)->name, "bottleneck.norm.0.bias") == 0)
            bias = og_net_weights(net) + og_net_param_at(net, i)->offset;
    float before = *bias;
    *bias = 1000;
    og_plan_refresh(session.plan);
    memcpy(kept, og_net_weights(net), weights);
    memcpy(kept_state, og_net_state(net), states);
    assert_int_equal(og__step_run(&session), OG_OK);
    assert_int_equal(session.progress.skipped, 1);
    assert_true(session.progress.rate_scale == 0.5);
    assert_memory_equal(kept, og_net_weights(net), weights);
    assert_memory_equal(kept_state, og_net_state(net), states);
    assert_int_equal(og__optimizer_steps(session.optimizer), 1);
    const json_t *event = json_array_get(session.progress.events, 0);
    assert_text(event, "warning", "skipped-step");
    assert_non_null(strstr(json_string_value(json_object_get(event, "text")), "bottleneck.0"));

    *bias = before; /* it goes on, */
    og_plan_refresh(session.plan);
    assert_int_equal(og__step_run(&session), OG_OK);
    assert_int_equal(session.progress.skipped_in_row, 0);
    assert_int_equal(session.progress.counted, 2);
    assert_int_equal(og__optimizer_steps(session.optimizer), 2);
    *bias = 1000; /* or stops with advice */
    og_plan_refresh(session.plan);
    assert_int_equal(og__step_run(&session), OG_OK);
    assert_int_equal(og__step_run(&session), OG_OK);
    assert_int_equal(og__step_run(&session), OG_ERR_NUMERIC);
    assert_non_null(strstr(og_error_text(), "bottleneck.0"));
    assert_non_null(strstr(og_error_text(), "3 in a row"));
    assert_non_null(strstr(og_error_text(), "--lr"));
    free(kept);
    free(kept_state);
    og__session_close(&session);
    og_options_deinit(og_train_option_table(), &options);
}

/* --- time --- */

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        double seconds;
    } good[] = {{"", 0}, {"90s", 90}, {"10m", 600}, {"1h30m", 5400}, {"0.5h", 1800}, {"2d", 172800}};
    static const char *const bad[] = {"10", "m", "10 m", "1w", "-5m", "0s", "1e30h", "nan"};
    double seconds;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(og__duration_parse("time-budget", good[i].text, &seconds), OG_OK);
        assert_true(seconds == good[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (og__duration_parse("time-budget", bad[i], &seconds) != OG_ERR_ARGUMENT)
            fail_msg("'%s' was taken for a time", bad[i]);
        assert_non_null(strstr(og_error_text(), "time-budget"));
    }
}

/* A run that a budget shortens is finished, says so, and has the schedule of as many epochs. */
static void a_budget_shortens_a_run(void **state)
{
    (void)state;
    train(WITH("epochs", "100000", "time-budget", "2s", "eval-every", "100000", "health-every", "0", "schedule",
               "poly-epoch"),
          "short");
    json_t *root = load_result("short"), *curve = json_object_get(root, "curve");
    json_int_t epochs = json_integer_value(json_object_get(root, "epochs"));
    assert_text(root, "ended_by", "time budget");
    assert_true(epochs >= 1 && epochs < 100000);
    assert_int_equal(json_array_size(curve), epochs);
    json_decref(root);

    og_train_options options = WITH("epochs", "100000", "time-budget", "2s");
    og__session session;
    open_session(&options, &session);
    const float *weights = og_net_weights(session.model.net);
    float *kept = malloc(og_net_weight_count(session.model.net) * sizeof *kept);
    memcpy(kept, weights, og_net_weight_count(session.model.net) * sizeof *kept);
    assert_int_equal(og__course_fit(&session), OG_OK);
    assert_true(session.progress.epochs < 100000);
    assert_int_equal(session.rate.steps, session.progress.epochs * session.steps_per_epoch);
    assert_memory_equal(kept, weights, og_net_weight_count(session.model.net) * sizeof *kept);
    free(kept);
    og__session_close(&session);
    og_options_deinit(og_train_option_table(), &options);
}

/* --- fine-tuning --- */

static void frozen_parts_stay_as_they_are(void **state)
{
    (void)state;
    train(WITH("seed", "9"), "teacher");
    train(WITH("from", in_base("teacher"), "freeze", "encoder,bottleneck", "weight-decay", "0.1", "ema", "0.9"),
          "pupil");
    og_model teacher = load("teacher", ""), pupil = load("pupil", "");
    for (int kind = 0; kind < 2; kind++) {
        size_t count = kind ? og_net_state_count(teacher.net) : og_net_param_count(teacher.net);
        for (size_t i = 0; i < count; i++) {
            const og_param *param = kind ? og_net_state_at(teacher.net, i) : og_net_param_at(teacher.net, i);
            const float *a = (kind ? og_net_state(teacher.net) : og_net_weights(teacher.net)) + param->offset;
            const float *b = (kind ? og_net_state(pupil.net) : og_net_weights(pupil.net)) + param->offset;
            bool frozen = strncmp(param->name, "encoder", 7) == 0 || strncmp(param->name, "bottleneck", 10) == 0;
            if ((memcmp(a, b, param->count * sizeof *a) == 0) != frozen)
                fail_msg("%s is %s", param->name, frozen ? "changed" : "as before");
        }
    }
    og_model_deinit(&teacher);
    og_model_deinit(&pupil);
    json_t *root = load_result("pupil");
    const json_t *told = json_array_get(json_object_get(root, "warnings"), 0);
    assert_text(told, "warning", "from");
    assert_non_null(strstr(json_string_value(json_object_get(told, "text")), "tensors are from"));
    json_decref(root);
}

static og_net *net_of(int channels, int classes, int width)
{
    og_net_spec spec = {.in_channels = channels, .classes = classes, .depth = 2, .width = width, .width_cap = 64};
    og_net *net;
    og_act *act;
    assert_int_equal(og_act_parse("relu", &act), OG_OK);
    og_net_spec_fill(&spec, act);
    if (og_net_new(&spec, &net) != OG_OK || og_net_init(net, 3, 1) != OG_OK)
        fail_msg("%s", og_error_text());
    og_act_free(act);
    return net;
}

static const float *tensor(og_net *net, const char *name)
{
    for (size_t i = 0; i < og_net_param_count(net); i++)
        if (strcmp(og_net_param_at(net, i)->name, name) == 0)
            return og_net_weights(net) + og_net_param_at(net, i)->offset;
    fail_msg("no %s", name);
    return NULL;
}

/* The teacher has 1 channel, 3 classes and width 4. */
static void other_channels_and_classes_are_adapted(void **state)
{
    (void)state;
    og_model teacher = load("teacher", "");
    og_net *net = net_of(3, 2, 4);
    char *told;
    float head[8];
    memcpy(head, tensor(net, "head.weight"), sizeof head);
    if (og__adopt(net, in_base("teacher"), &told) != OG_OK)
        fail_msg("%s", og_error_text());
    const float *old = tensor(teacher.net, "encoder.0.conv.0.weight"), *now = tensor(net, "encoder.0.conv.0.weight");
    for (int o = 0; o < 4; o++)
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 9; i++)
                assert_true(fabsf(now[(o * 3 + c) * 9 + i] - old[o * 9 + i] / 3) < 1e-7f);
    assert_memory_equal(tensor(net, "decoder.0.conv.1.weight"), tensor(teacher.net, "decoder.0.conv.1.weight"), 144);
    assert_memory_equal(tensor(net, "head.weight"), head, sizeof head);
    assert_non_null(strstr(told, "encoder.0.conv.0.weight from 1 to 3 channels"));
    assert_non_null(strstr(told, "head.weight"));
    free(told);
    og_net_free(net);
    og_model_deinit(&teacher);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    char *told;
    og_net *net = net_of(1, 3, 5);
    assert_int_equal(og__adopt(net, in_base("teacher"), &told), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "encoder.0.conv.0.weight"));
    assert_null(told);
    assert_int_equal(og__adopt(net, in_base("nothing"), &told), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "nothing"));
    const float number[1] = {1};
    const og__tensor other = {.name = "weight", .dtype = OG_DTYPE_F32, .rank = 1, .shape = {1}, .data = number};
    assert_int_equal(og__safetensors_save(in_base("other.safetensors"), &other, 1, NULL, 0), OG_OK);
    assert_int_equal(og__adopt(net, in_base("other.safetensors"), &told), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "none of this network's tensors"));
    og_net_free(net);
    assert_int_equal(try(WITH("freeze", "encodr"), "frozen", false, NULL, NULL), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "'encodr'"));
    assert_int_equal(try(WITH("freeze", "encoder,bottleneck,decoder,head"), "frozen", false, NULL, NULL),
                     OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "nothing to train"));
    assert_int_equal(try(WITH("from", in_base("nothing")), "frozen", false, NULL, NULL), OG_ERR_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_resumes_to_the_same_bits),
        cmocka_unit_test(the_average_follows_its_formula),
        cmocka_unit_test(accumulated_batches_are_one_large_batch),
        cmocka_unit_test(patience_ends_a_run_with_its_best_network),
        cmocka_unit_test(without_patience_the_last_network_is_the_runs_own),
        cmocka_unit_test(a_step_that_is_not_finite_leaves_no_trace_but_a_lower_rate),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(a_budget_shortens_a_run),
        cmocka_unit_test(frozen_parts_stay_as_they_are),
        cmocka_unit_test(other_channels_and_classes_are_adapted),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}

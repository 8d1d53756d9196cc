/* Every row of the catalogue trains: in a small network its loss on one batch is finite and falls, and the trained
 * model gives the same outputs after its file as before. A row that no network takes fails here. */
#include "unit/train/tiny_data.h"

#include "base/text.h"
#include "train/model.h"
#include "train/optimizer.h"

enum { N = 2, SIDE = 16, PIXELS = N * SIDE * SIDE, CLASSES = 3, STEPS = 12, ROWS_LEAST = 80 };

static char base[] = "/tmp/ogive-catalogue-XXXXXX";
static char path[64];
static og_dataset *data;
static float image[PIXELS];
static uint8_t labels[PIXELS];

static int make_data(void **state)
{
    (void)state;
    char folder[64];
    if (!mkdtemp(base))
        return -1;
    snprintf(path, sizeof path, "%s/m.safetensors", base);
    snprintf(folder, sizeof folder, "%s/data", base);
    data = tiny_open(folder);
    og__random random = og__random_at(1, OG_STREAM_TEST, 0);
    for (int i = 0; i < PIXELS; i++) { /* stripes of three brightnesses, with noise */
        labels[i] = (uint8_t)(i / 3 % SIDE / 2 % CLASSES);
        image[i] = (float)labels[i] - 1 + 0.5f * og__random_normal(&random);
    }
    return 0;
}

static int remove_data(void **state)
{
    (void)state;
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

static void make_model(const char *act, og_model *model)
{
    og_train_options options = tiny_options();
    options.depth = 1;
    options.width = 5; /* odd, and no whole block */
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "act"), &options, act), OG_OK);
    if (og__model_new(data, &options, model) != OG_OK)
        fail_msg("%s: %s", act, og_error_text());
    og_options_deinit(og_train_option_table(), &options);
}

static og_plan *make_plan(const char *act, og_net *net, bool training)
{
    og_plan *plan;
    og_plan_options options = {.n = N, .h = SIDE, .w = SIDE, .training = training, .threads = 1};
    if (og_plan_new(net, &options, &plan) != OG_OK)
        fail_msg("%s: %s", act, og_error_text());
    return plan;
}

/* Adam on one batch; the loss before the first step and after the last. */
static void train(const char *act, og_net *net, double *first, double *last)
{
    og__optimizer *optimizer;
    og__optimizer_options options = {.kind = OG_OPTIMIZER_ADAM, .threads = 1};
    og_plan *plan = make_plan(act, net, true);
    assert_int_equal(og__optimizer_new(&options, og_net_param_at(net, 0), og_net_param_count(net), &optimizer), OG_OK);
    for (int step = 0; step <= STEPS; step++) {
        og_loss_value value;
        og_plan_set_noise(plan, 1, (uint64_t)step);
        if (og_plan_train(plan, image, labels, &value) != OG_OK)
            fail_msg("%s, step %d: %s", act, step, og_error_text());
        *last = value.total;
        if (step == 0)
            *first = value.total;
        og__optimizer_step(optimizer, 0.01, og_net_gradients(net), og_net_weights(net));
        og_plan_refresh(plan);
    }
    og__optimizer_free(optimizer);
    og_plan_free(plan);
}

static void infer(const char *act, og_net *net, float *probabilities)
{
    og_plan *plan = make_plan(act, net, false);
    if (og_plan_infer(plan, image, false, probabilities) != OG_OK)
        fail_msg("%s: %s", act, og_error_text());
    og_plan_free(plan);
}

static void check_row(const char *act)
{
    static float before[CLASSES * PIXELS], after[CLASSES * PIXELS];
    og_model model, loaded;
    double first, last;
    make_model(act, &model);
    train(act, model.net, &first, &last);
    if (!(last < first))
        fail_msg("%s: the loss went from %g to %g in %d steps", act, first, last, STEPS);
    infer(act, model.net, before);
    for (size_t i = 0; i < CLASSES * PIXELS; i++)
        if (!isfinite(before[i]))
            fail_msg("%s: output %zu is %g", act, i, (double)before[i]);
    if (og_model_save(&model, path) != OG_OK || og_model_load(path, &loaded) != OG_OK)
        fail_msg("%s: %s", act, og_error_text());
    infer(act, loaded.net, after);
    assert_memory_equal(before, after, sizeof before);
    og_model_deinit(&model);
    og_model_deinit(&loaded);
}

static void every_row_trains_and_survives_its_file(void **state)
{
    size_t checked = 0;
    (void)state;
    for (const og_act_entry *row; (row = og_act_entry_at(checked)); checked++)
        check_row(row->id);
    assert_int_equal(checked, og_act_entry_count());
    assert_true(checked >= ROWS_LEAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row_trains_and_survives_its_file)};
    return cmocka_run_group_tests(tests, make_data, remove_data);
}

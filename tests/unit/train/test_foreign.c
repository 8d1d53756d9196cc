/* src/train/import.c, export.c: checkpoints of other programs give their logits, and come back under their names.
 *
 * Small ones are made here. OGIVE_FOREIGN_CASE names a folder that tests/interop/test_published_nets made from PyTorch:
 * `checkpoint`, and `case` with an image, its logits and, for deep supervision, labels, the loss and its gradients. */
#include "unit/train/tiny_data.h"

#include <math.h>

#include <ogive/foreign.h>
#include <ogive/preset.h>

#include "format/safetensors.h"
#include "train/bundle.h"
#include "train/foreign.h"
#include "train/model.h"

static char base[] = "/tmp/ogive-foreign-XXXXXX";
static const og_import_options usual = {"", "", OG_IMPORT_SCALING_AUTO};

/* The promise for logits, relative in L2. */
static const double promise = 1e-4;

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(base) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    tiny_remove_tree(base);
    return 0;
}

static const char *in_base(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", base, name);
    return path;
}

/* --- PyTorch's cases --- */

static const og__tensor *load_floats(const og__safetensors *file, const char *name, float **values)
{
    const og__tensor *t = og__safetensors_find(file, name);
    size_t count = 1;
    if (!t)
        fail_msg("the case has no '%s'", name);
    for (int i = 0; i < t->rank; i++)
        count *= (size_t)t->shape[i];
    *values = malloc(count * sizeof **values);
    assert_int_equal(og__safetensors_read(file, name, OG_DTYPE_F32, t->rank, t->shape, *values), OG_OK);
    return t;
}

static void check_near(const char *what, const float *got, const float *want, size_t count, double floor)
{
    double off = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        off += pow((double)got[i] - (double)want[i], 2);
        size += pow((double)want[i], 2);
    }
    size = sqrt(size) > floor ? sqrt(size) : floor;
    if (!(sqrt(off) <= promise * size))
        fail_msg("%s: distance %g of %g", what, sqrt(off), size);
}

static og_plan *plan_for(og_model *model, const og__tensor *image, bool training)
{
    og_plan *plan;
    og_plan_options options = {.n = (int)image->shape[0],
                               .d = image->rank == 5 ? (int)image->shape[2] : 1,
                               .h = (int)image->shape[image->rank - 2],
                               .w = (int)image->shape[image->rank - 1],
                               .training = training,
                               .exact = true,
                               .threads = 2};
    if (og_plan_new(model->net, &options, &plan) != OG_OK)
        fail_msg("%s", og_error_text());
    return plan;
}

static size_t count_of(const og__tensor *t)
{
    size_t count = 1;
    for (int i = 0; i < t->rank; i++)
        count *= (size_t)t->shape[i];
    return count;
}

static void check_logits(og_model *model, const og__safetensors *file)
{
    float *image, *logits;
    const og__tensor *src = load_floats(file, "image", &image), *dst = load_floats(file, "logits", &logits);
    float *got = malloc(count_of(dst) * sizeof *got);
    og_plan *plan = plan_for(model, src, false);
    assert_int_equal(og_plan_infer(plan, image, true, got), OG_OK);
    check_near("logits", got, logits, count_of(dst), 0);
    og_plan_free(plan);
    free(got);
    free(image);
    free(logits);
}

/* Each tensor's gradient on its own scale. That of a bias before a norm is 0, which rounding makes tiny: none is held
 * to less than a fifth of the whole gradient's size per number. */
static void check_gradients(og_model *model, og__foreign foreign, const og__safetensors *file)
{
    size_t all = og_net_weight_count(model->net);
    float *want = calloc(all, sizeof *want);
    double whole = 0;
    for (size_t i = 0; i < og_net_param_count(model->net); i++) {
        const og_param *p = og_net_param_at(model->net, i);
        char name[OG_FOREIGN_NAME_BYTES];
        size_t row = 0;
        assert_true(og__foreign_name(foreign, og_net_spec_of(model->net)->depth, p->name, &row, name));
        if (og__safetensors_read(file, name, OG_DTYPE_F32, p->rank, p->shape, want + p->offset) != OG_OK)
            fail_msg("%s", og_error_text());
    }
    for (size_t i = 0; i < all; i++)
        whole += pow((double)want[i], 2);
    for (size_t i = 0; i < og_net_param_count(model->net); i++) {
        const og_param *p = og_net_param_at(model->net, i);
        check_near(p->name, og_net_gradients(model->net) + p->offset, want + p->offset, p->count,
                   0.2 * sqrt(whole / (double)all * (double)p->count));
    }
    free(want);
}

static void check_training(og_model *model, og__foreign foreign, const og__safetensors *file)
{
    float *image, *loss;
    const og__tensor *src = load_floats(file, "image", &image), *labels = og__safetensors_find(file, "labels");
    load_floats(file, "loss", &loss);
    uint8_t *truth = malloc(count_of(labels));
    assert_int_equal(og__safetensors_read(file, "labels", OG_DTYPE_U8, labels->rank, labels->shape, truth), OG_OK);
    og_plan *plan = plan_for(model, src, true);
    og_loss_value value;
    if (og_plan_train(plan, image, truth, &value) != OG_OK)
        fail_msg("%s", og_error_text());
    if (!(fabs(value.total - (double)loss[0]) <= promise * (double)loss[0]))
        fail_msg("loss %.8f, PyTorch's %.8f", value.total, (double)loss[0]);
    check_gradients(model, foreign, file);
    og_plan_free(plan);
    free(truth);
    free(image);
    free(loss);
}

static void a_checkpoint_of_pytorch(void **state)
{
    (void)state;
    const char *folder = getenv("OGIVE_FOREIGN_CASE"), *keys = getenv("OGIVE_FOREIGN_KEYS");
    char path[256];
    og_model model;
    og__safetensors *file;
    assert_non_null(keys);
    snprintf(path, sizeof path, "%s/checkpoint", folder);
    if (og_model_import(path, &usual, &model) != OG_OK)
        fail_msg("%s", og_error_text());
    snprintf(path, sizeof path, "%s/case", folder);
    assert_int_equal(og__safetensors_load(path, &file), OG_OK);
    check_logits(&model, file);
    snprintf(path, sizeof path, "%s/exported", folder);
    if (og_model_export(&model, keys, path) != OG_OK)
        fail_msg("%s", og_error_text());
    if (og__safetensors_find(file, "labels"))
        check_training(&model, OG_FOREIGN_NNUNET, file);
    og__safetensors_free(file);
    og_model_deinit(&model);
}

/* --- round trips and failures --- */

static void set(og_train_options *options, const char *name, const char *value)
{
    if (og_option_set(og_option_find(og_train_option_table(), name), options, value) != OG_OK)
        fail_msg("%s", og_error_text());
}

/* An untrained model of a preset, three stages deep, with running statistics that are all different. */
static void make_model(const char *preset, og_model *model)
{
    og__placement placement;
    *model = (og_model){.scaling = {.kind = OG_NORMALIZE_IMAGE, .channels = 2}};
    assert_int_equal(og_options_init(og_train_option_table(), &model->options), OG_OK);
    set(&model->options, "preset", preset);
    assert_int_equal(og_preset_apply(&model->options), OG_OK);
    set(&model->options, "depth", "3");
    set(&model->options, "width", "4");
    assert_int_equal(og__placement_init(&model->options, &placement), OG_OK);
    if (og__model_net(&model->options, &placement, 2, 3, &model->net) != OG_OK)
        fail_msg("%s", og_error_text());
    og__placement_deinit(&placement);
    for (size_t i = 0; i < og_net_state_size(model->net); i++)
        og_net_state(model->net)[i] = (float)(i + 1) / 7;
    model->class_count = 3;
    model->class_names = calloc(3, sizeof(char *));
    for (int i = 0; i < 3; i++)
        model->class_names[i] = strdup("class");
}

static void models_survive_other_names(void **state)
{
    static const char *const cases[][2] = {{"milesial", "milesial"},
                                           {"milesial-bilinear", "milesial"},
                                           {"nnunet", "nnunet"},
                                           {"nnunet-bn", "nnunet"},
                                           {"nnunet-3d", "nnunet"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_model there, back;
        make_model(cases[i][0], &there);
        if (og_model_export(&there, cases[i][1], in_base("f")) != OG_OK ||
            og_model_import(in_base("f"), &usual, &back) != OG_OK)
            fail_msg("%s: %s", cases[i][0], og_error_text());
        assert_string_equal(back.options.preset, cases[i][0]);
        assert_string_equal(back.options.act, there.options.act);
        assert_int_equal(og_net_weight_count(back.net), og_net_weight_count(there.net));
        assert_memory_equal(og_net_weights(back.net), og_net_weights(there.net),
                            og_net_weight_count(there.net) * sizeof(float));
        assert_int_equal(og_net_state_size(back.net), og_net_state_size(there.net));
        assert_memory_equal(og_net_state(back.net), og_net_state(there.net),
                            og_net_state_size(there.net) * sizeof(float));
        assert_string_equal(back.class_names[2], "class 2");
        og_model_deinit(&there);
        og_model_deinit(&back);
    }
}

/* Import milesial's names with one tensor left out, renamed or with another shape. */
static og_status import_with(const char *from, const char *to, int64_t first)
{
    og_model model;
    og__safetensors *file;
    og__bundle changed = {0};
    make_model("milesial", &model);
    assert_int_equal(og_model_export(&model, "milesial", in_base("f")), OG_OK);
    og_model_deinit(&model);
    assert_int_equal(og__safetensors_load(in_base("f"), &file), OG_OK);
    for (size_t i = 0; i < og__safetensors_count(file); i++) {
        og__tensor t = *og__safetensors_at(file, i);
        bool meant = strcmp(t.name, from) == 0;
        if (meant && first > 0)
            t.shape[0] = first;
        if (!meant || to)
            og__bundle_add(&changed, meant ? to : t.name, t.dtype, t.rank, t.shape, t.data);
    }
    assert_int_equal(og__bundle_save(&changed, in_base("g")), OG_OK);
    og_status status = og_model_import(in_base("g"), &usual, &model);
    og__bundle_deinit(&changed);
    og__safetensors_free(file);
    og_model_deinit(&model);
    return status;
}

static void check_failure(og_status status, og_status wanted, const char *text)
{
    assert_int_equal(status, wanted);
    if (!strstr(og_error_text(), text))
        fail_msg("'%s' does not say '%s'", og_error_text(), text);
}

static void checkpoints_that_are_none_are_refused(void **state)
{
    (void)state;
    const char *const norm = "down1.maxpool_conv.1.double_conv.4.bias";
    check_failure(import_with(norm, NULL, 0), OG_ERR_FORMAT, norm);
    check_failure(import_with(norm, NULL, 0), OG_ERR_FORMAT, "missing");
    check_failure(import_with(norm, "down1.extra", 0), OG_ERR_FORMAT,
                  "of no layer that ogive's network has: 'down1.extra'");
    check_failure(import_with(norm, norm, 4), OG_ERR_FORMAT, "F32[8] is expected");
    check_failure(import_with("inc.double_conv.0.weight", "stem.weight", 0), OG_ERR_FORMAT,
                  "no network that ogive knows");
    check_failure(import_with("up1.up.weight", "stray", 0), OG_ERR_FORMAT, "missing: 'up1.up.weight'");
    check_failure(import_with("outc.conv.weight", NULL, 0), OG_ERR_FORMAT, "last convolution");
    og_import_options two = usual;
    og_model model;
    two.classes = "one,two";
    check_failure(og_model_import(in_base("f"), &two, &model), OG_ERR_ARGUMENT, "3 classes");
    two.classes = "one,two,three,four";
    check_failure(og_model_import(in_base("f"), &two, &model), OG_ERR_ARGUMENT, "more than");
    check_failure(og_model_import(in_base("gone"), &usual, &model), OG_ERR_FILE, "gone");
}

static void what_a_program_lacks_is_not_exported(void **state)
{
    (void)state;
    og_model model;
    make_model("nnunet", &model);
    check_failure(og_model_export(&model, "milesial", in_base("h")), OG_ERR_UNSUPPORTED, "--norm is 'instance'");
    check_failure(og_model_export(&model, "nnunt", in_base("h")), OG_ERR_NAME, "did you mean 'nnunet'?");
    og_model_deinit(&model);
    make_model("milesial", &model);
    free(model.options.act);
    model.options.act = strdup("silu");
    check_failure(og_model_export(&model, "milesial", in_base("h")), OG_ERR_UNSUPPORTED, "--act is 'silu', not 'relu'");
    og_model_deinit(&model);
}

int main(void)
{
    const struct CMUnitTest pytorch[] = {cmocka_unit_test(a_checkpoint_of_pytorch)},
                            tests[] = {
                                cmocka_unit_test(models_survive_other_names),
                                cmocka_unit_test(checkpoints_that_are_none_are_refused),
                                cmocka_unit_test(what_a_program_lacks_is_not_exported),
                            };
    if (getenv("OGIVE_FOREIGN_CASE"))
        return cmocka_run_group_tests(pytorch, NULL, NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* src/train/options.def: every row is exercised, and does what it is there for. */
#include "unit/train/tiny_data.h"

#include <ctype.h>

#include "base/text.h"
#include "format/json.h"
#include "train/optimizer.h"
#include "train/options.h"

static char base[] = "/tmp/ogive-options-XXXXXX";
static og_dataset *data;

static int make_data(void **state)
{
    (void)state;
    char folder[64];
    if (!mkdtemp(base))
        return -1;
    snprintf(folder, sizeof folder, "%s/data", base);
    data = tiny_open(folder);
    return 0;
}

static int remove_data(void **state)
{
    (void)state;
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

/* --- each option against a run without it --- */

typedef enum effect {
    OTHER_WEIGHTS, /* the option changes what is learned */
    OTHER_CURVE,   /* it changes only what is recorded */
    SAME_RUN,      /* it changes how fast, not what */
    LAST_BITS,     /* it may change the last bits: that is the machine's and oneDNN's affair */
} effect;

/* A value that is not the default, and what both runs have besides. */
static const struct {
    const char *name, *value;
    effect effect;
    const char *also[8]; /* options and their values, to the first NULL */
} cases[] = {
    {"act", "silu", OTHER_WEIGHTS, {0}},
    {"act-encoder", "silu", OTHER_WEIGHTS, {0}},
    {"act-bottleneck", "silu", OTHER_WEIGHTS, {0}},
    {"act-decoder", "silu", OTHER_WEIGHTS, {0}},
    {"act-stage", "decoder.1=silu", OTHER_WEIGHTS, {0}},
    {"act-head", "sigmoid", OTHER_WEIGHTS, {0}},
    {"depth", "1", OTHER_WEIGHTS, {0}},
    {"width", "5", OTHER_WEIGHTS, {0}},
    {"width-cap", "8", OTHER_WEIGHTS, {0}},
    {"widths", "4,9", OTHER_WEIGHTS, {"depth", "1"}},
    {"decoder-widths", "5", OTHER_WEIGHTS, {"depth", "1"}},
    {"head-kernel", "3", OTHER_WEIGHTS, {0}},
    {"preset", "milesial", SAME_RUN, {0}}, /* the command line sets what it names */
    {"narrow", "true", OTHER_WEIGHTS, {"depth", "2"}},
    {"conv-bias", "true", OTHER_WEIGHTS, {0}},
    {"down", "strided", OTHER_WEIGHTS, {0}},
    {"concat", "up-first", OTHER_WEIGHTS, {0}},
    {"deep-supervision", "true", OTHER_WEIGHTS, {"depth", "2"}},
    {"norm", "instance", OTHER_WEIGHTS, {0}},
    {"convs", "1", OTHER_WEIGHTS, {0}},
    {"kernel", "5", OTHER_WEIGHTS, {0}},
    {"dilation", "2", OTHER_WEIGHTS, {0}},
    {"dilation-bottleneck", "2", OTHER_WEIGHTS, {0}},
    {"residual", "true", OTHER_WEIGHTS, {0}},
    {"skip", "attention", OTHER_WEIGHTS, {0}},
    {"padding", "valid", OTHER_WEIGHTS, {"depth", "1"}},
    {"dropout", "0.2", OTHER_WEIGHTS, {0}},
    {"dropout-at", "contracted", OTHER_WEIGHTS, {"dropout", "0.5"}},
    {"groups", "2", OTHER_WEIGHTS, {"norm", "group", "width", "8"}},
    {"order", "act-norm", OTHER_WEIGHTS, {0}},
    {"up", "bilinear", OTHER_WEIGHTS, {0}},
    {"recipe", "fast-cpu", SAME_RUN, {0}}, /* likewise */
    {"epochs", "2", OTHER_WEIGHTS, {0}},
    {"steps-per-epoch", "5", OTHER_WEIGHTS, {0}},
    {"batch", "3", OTHER_WEIGHTS, {0}},
    {"patch", "16x24", OTHER_WEIGHTS, {0}},
    {"class-weights", "inverse", OTHER_WEIGHTS, {0}},
    {"foreground", "0.5", OTHER_WEIGHTS, {"patch", "16"}},
    {"balance", "true", OTHER_WEIGHTS, {"foreground", "0.5"}},
    {"scale", "0.5", OTHER_WEIGHTS, {0}},
    {"spacing", "2", OTHER_WEIGHTS, {0}}, /* the pictures' own is 1 */
    {"seed", "5", OTHER_WEIGHTS, {0}},
    {"optimizer", "sgd", OTHER_WEIGHTS, {0}},
    {"learning-rate", "0.02", OTHER_WEIGHTS, {0}},
    {"schedule", "poly", OTHER_WEIGHTS, {0}},
    {"warmup", "0.5", OTHER_WEIGHTS, {0}},
    {"momentum", "0.5", OTHER_WEIGHTS, {"optimizer", "sgd"}},
    {"weight-decay", "0.1", OTHER_WEIGHTS, {0}},
    {"clip", "0.01", OTHER_WEIGHTS, {0}},
    {"lr-step", "2", OTHER_WEIGHTS, {"schedule", "step", "epochs", "3"}},
    {"lr-factor", "0.5", OTHER_WEIGHTS, {"schedule", "step", "epochs", "3"}},
    {"lr-patience", "0", OTHER_WEIGHTS, {"schedule", "plateau", "epochs", "8", "learning-rate", "1e-9"}},
    {"accumulate", "2", OTHER_WEIGHTS, {0}},
    {"ema", "0.9", OTHER_WEIGHTS, {0}},
    {"patience", "1", OTHER_WEIGHTS, {"epochs", "8", "learning-rate", "1e-9"}},
    {"select", "last", OTHER_WEIGHTS, {"patience", "1", "epochs", "8", "learning-rate", "1e-9"}},
    {"time-budget", "1h", SAME_RUN, {0}},
    {"from", NULL, OTHER_WEIGHTS, {0}}, /* another run, which is made first */
    {"freeze", "encoder, decoder.0", OTHER_WEIGHTS, {0}},
    {"loss", "0.5*focal + tversky", OTHER_WEIGHTS, {0}},
    {"augment", "none", OTHER_WEIGHTS, {0}},
    {"flip-x", "off", OTHER_WEIGHTS, {0}},
    {"flip-y", "off", OTHER_WEIGHTS, {0}},
    {"flip-z", "off", SAME_RUN, {0}}, /* the pictures have one slice */
    {"dims", "3", OTHER_WEIGHTS, {0}},
    {"slice-strides", "2,2", OTHER_WEIGHTS, {"dims", "3"}},
    {"slice-kernels", "1,1,1", OTHER_WEIGHTS, {"dims", "3"}},
    {"rotate", "off", OTHER_WEIGHTS, {0}},
    {"tilt", "off", SAME_RUN, {0}},
    {"zoom", "0", OTHER_WEIGHTS, {0}},
    {"elastic", "5", OTHER_WEIGHTS, {0}},
    {"noise", "0", OTHER_WEIGHTS, {0}},
    {"blur", "1", OTHER_WEIGHTS, {0}},
    {"brightness", "0", OTHER_WEIGHTS, {0}},
    {"intensity", "0.2", OTHER_WEIGHTS, {0}},
    {"contrast", "0", OTHER_WEIGHTS, {0}},
    {"lowres", "0.5", OTHER_WEIGHTS, {0}},
    {"tone-inverted", "0.5", OTHER_WEIGHTS, {0}},
    {"tone", "0.5", OTHER_WEIGHTS, {0}},
    {"gamma", "0", OTHER_WEIGHTS, {0}},
    {"hue", "40", SAME_RUN, {0}}, /* the pictures are grey */
    {"saturation", "0.5", SAME_RUN, {0}},
    {"cutout", "0.5", OTHER_WEIGHTS, {0}},
    {"data-threads", "3", SAME_RUN, {0}},
    {"eval-every", "2", OTHER_CURVE, {"epochs", "3"}},
    {"health-every", "0", OTHER_CURVE, {NULL}},
    {"exact", "true", LAST_BITS, {"width", "32"}},
    {"threads", "1", LAST_BITS, {0}},
};

typedef struct outcome {
    size_t count;
    float *weights; /* (count) */
    int entries;    /* rows of the curve with a score */
} outcome;

static void set(og_train_options *options, const char *name, const char *value)
{
    const og_option *option = og_option_find(og_train_option_table(), name);
    assert_non_null(option);
    if (og_option_set(option, options, value) != OG_OK)
        fail_msg("%s", og_error_text());
}

/* Scorings and looks at the health. */
static int count_entries(const char *run)
{
    char path[256];
    int entries = 0;
    json_t *root;
    snprintf(path, sizeof path, "%s/result.json", run);
    assert_int_equal(og__json_load(path, &root), OG_OK);
    const json_t *curve = json_object_get(root, "curve");
    for (size_t i = 0; i < json_array_size(curve); i++)
        entries += json_is_real(json_object_get(json_array_get(curve, i), "dice")) +
                   100 * (int)json_array_size(json_object_get(json_array_get(curve, i), "health"));
    json_decref(root);
    return entries;
}

/* A run with another seed. */
static const char *other_run(void)
{
    static char path[128];
    og_train_options options = tiny_options();
    options.seed = 77;
    options.epochs = 1;
    snprintf(path, sizeof path, "%s/other", base);
    if (og_train(data, &options, path, false, NULL, NULL) != OG_OK)
        fail_msg("%s", og_error_text());
    og_options_deinit(og_train_option_table(), &options);
    return path;
}

static outcome train(const char *const *also, const char *name, const char *value)
{
    char run[128];
    og_model model;
    outcome result;
    og_train_options options = tiny_options();
    options.epochs = 1;
    snprintf(run, sizeof run, "%s/run", base);
    for (int i = 0; also[i]; i += 2)
        set(&options, also[i], also[i + 1]);
    if (name)
        set(&options, name, value ? value : other_run());
    if (og_train(data, &options, run, false, NULL, NULL) != OG_OK || og_model_load(run, &model) != OG_OK)
        fail_msg("%s = %s: %s", name ? name : "nothing", value ? value : "", og_error_text());
    result.count = og_net_weight_count(model.net);
    result.weights = malloc(result.count * sizeof(float));
    result.entries = count_entries(run);
    memcpy(result.weights, og_net_weights(model.net), result.count * sizeof(float));
    og_model_deinit(&model);
    og_options_deinit(og_train_option_table(), &options);
    tiny_remove_tree(run);
    return result;
}

static void every_option_does_what_it_is_there_for(void **state)
{
    (void)state;
    outcome plain = train((const char *[1]){NULL}, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool alone = !cases[i].also[0];
        outcome without = alone ? plain : train(cases[i].also, NULL, NULL);
        outcome with = train(cases[i].also, cases[i].name, cases[i].value);
        bool same =
            with.count == without.count && memcmp(with.weights, without.weights, with.count * sizeof(float)) == 0;
        effect found = !same ? OTHER_WEIGHTS : with.entries != without.entries ? OTHER_CURVE : SAME_RUN;
        if (cases[i].effect != LAST_BITS && found != cases[i].effect)
            fail_msg("--%s %s has effect %d, not %d", cases[i].name, cases[i].value, found, cases[i].effect);
        free(with.weights);
        if (!alone)
            free(without.weights);
    }
    free(plain.weights);
}

static void every_row_is_in_the_list_above(void **state)
{
    (void)state;
    og_option_table table = og_train_option_table();
    for (size_t i = 0; i < table.count; i++) {
        bool listed = false;
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
            listed = listed || og_option_find(table, cases[k].name) == &table.options[i];
        if (!listed)
            fail_msg("option '%s' is not exercised by this test", table.options[i].name);
    }
    assert_int_equal(table.count, sizeof cases / sizeof cases[0]);
}

/* --- the table itself --- */

static void rows_are_well_formed(void **state)
{
    (void)state;
    og_option_table table = og_train_option_table();
    og_train_options options;
    assert_int_equal(og_options_init(table, &options), OG_OK); /* every default is valid */
    for (size_t i = 0; i < table.count; i++) {
        const og_option *option = &table.options[i];
        assert_ptr_equal(og_option_find(table, option->name), option); /* no name twice */
        if (option->alias)
            assert_ptr_equal(og_option_find(table, option->alias), option);
        assert_true(isupper((unsigned char)option->help[0]) && option->help[strlen(option->help) - 1] != '.');
    }
    og_options_deinit(table, &options);
}

static void choices_are_in_the_order_of_their_enum(void **state)
{
    (void)state;
    const og_option *option = og_option_find(og_train_option_table(), "optimizer");
    og__text names = {0};
    for (og_optimizer kind = 0; kind < OG_OPTIMIZER_COUNT; kind++)
        og__text_format(&names, "%s%s", kind ? "|" : "", og__optimizer_name(kind));
    assert_string_equal(og__text_get(&names), option->choices);
    og__text_deinit(&names);
    assert_string_equal(og_option_find(og_train_option_table(), "norm")->choices, "batch|instance|group|layer|none");
    assert_true(OG_NORM_BATCH == 0 && OG_NORM_INSTANCE == 1 && OG_NORM_GROUP == 2 && OG_NORM_LAYER == 3 &&
                OG_NORM_NONE == 4);
    assert_string_equal(og_option_find(og_train_option_table(), "order")->choices, "norm-act|act-norm");
    assert_true(OG_ORDER_NORM_ACT == 0 && OG_ORDER_ACT_NORM == 1);
    assert_string_equal(og_option_find(og_train_option_table(), "up")->choices,
                        "transposed|bilinear|bilinear-corners|nearest|pixel-shuffle");
    assert_true(OG_UP_TRANSPOSED == 0 && OG_UP_BILINEAR == 1 && OG_UP_BILINEAR_CORNERS == 2 && OG_UP_NEAREST == 3 &&
                OG_UP_PIXEL_SHUFFLE == 4);
    assert_string_equal(og_option_find(og_train_option_table(), "down")->choices, "max|average|strided");
    assert_true(OG_DOWN_MAX == 0 && OG_DOWN_AVERAGE == 1 && OG_DOWN_STRIDED == 2);
    assert_string_equal(og_option_find(og_train_option_table(), "skip")->choices, "concatenate|add|attention");
    assert_true(OG_SKIP_CONCATENATE == 0 && OG_SKIP_ADD == 1 && OG_SKIP_ATTENTION == 2);
    assert_string_equal(og_option_find(og_train_option_table(), "concat")->choices, "skip-first|up-first");
    assert_true(OG_CONCAT_SKIP_FIRST == 0 && OG_CONCAT_UP_FIRST == 1);
}

static void a_copy_is_equal_and_independent(void **state)
{
    (void)state;
    og_option_table table = og_train_option_table();
    og_train_options options = tiny_options(), copy;
    options.learning_rate = 1.0 / 3;
    set(&options, "noise", "0.125@0.5");
    assert_int_equal(og__train_options_copy(&options, &copy), OG_OK);
    for (size_t i = 0; i < table.count; i++) {
        char *a, *b;
        assert_int_equal(og_option_get(&table.options[i], &options, &a), OG_OK);
        assert_int_equal(og_option_get(&table.options[i], &copy, &b), OG_OK);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    assert_ptr_not_equal(copy.act, options.act);
    og_options_deinit(table, &copy);
    options.epochs = 0; /* out of range: a caller of the library may do that */
    assert_int_equal(og__train_options_copy(&options, &copy), OG_ERR_ARGUMENT);
    og_options_deinit(table, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_in_the_list_above),
        cmocka_unit_test(every_option_does_what_it_is_there_for),
        cmocka_unit_test(rows_are_well_formed),
        cmocka_unit_test(choices_are_in_the_order_of_their_enum),
        cmocka_unit_test(a_copy_is_equal_and_independent),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}

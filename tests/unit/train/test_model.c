/* src/train/model.c: models survive their file, and files that are none are refused. */
#include "unit/train/tiny_data.h"

#include "base/text.h"
#include "train/model.h"

static char base[] = "/tmp/ogive-model-XXXXXX";
static char path[64];
static og_dataset *data;

static int make_data(void **state)
{
    (void)state;
    char folder[64];
    if (!mkdtemp(base))
        return -1;
    snprintf(path, sizeof path, "%s/m.safetensors", base);
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

/* A model of the tiny data whose weights and statistics are all different. */
static void make_model(og_model *model, const char *act)
{
    og_train_options options = tiny_options();
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "act"), &options, act), OG_OK);
    if (og__model_new(data, &options, model) != OG_OK)
        fail_msg("%s", og_error_text());
    og_options_deinit(og_train_option_table(), &options);
    for (size_t i = 0; i < og_net_weight_count(model->net); i++)
        og_net_weights(model->net)[i] = (float)i / 3;
    for (size_t i = 0; i < og_net_state_size(model->net); i++)
        og_net_state(model->net)[i] = (float)i / 7;
}

static const char *act_of_layer(const og_net *net, size_t index)
{
    const og_layer *layer = og_net_layer_at(net, index);
    return og_act_text(og_net_spec_of(net)->acts[layer->place][layer->stage]);
}

static void a_model_survives_its_file(void **state)
{
    (void)state;
    const char *const acts[] = {"silu", "leaky_relu(a=0.2)", "where(x > 0, x, a*x); a = learn(0.1, channel)"};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        og_model saved, loaded;
        make_model(&saved, acts[i]);
        saved.options.learning_rate = 1.0 / 3;
        assert_int_equal(og_model_save(&saved, path), OG_OK);
        if (og_model_load(path, &loaded) != OG_OK)
            fail_msg("%s", og_error_text());
        assert_int_equal(loaded.class_count, 3);
        assert_string_equal(loaded.class_names[1], "disc");
        assert_true(loaded.options.learning_rate == saved.options.learning_rate);
        assert_int_equal(loaded.options.width, 4);
        assert_memory_equal(&loaded.scaling, &saved.scaling, sizeof loaded.scaling);
        for (size_t l = 0; l < og_net_layer_count(loaded.net); l++)
            assert_string_equal(act_of_layer(loaded.net, l), act_of_layer(saved.net, l));
        assert_int_equal(og_net_weight_count(loaded.net), og_net_weight_count(saved.net));
        assert_memory_equal(og_net_weights(loaded.net), og_net_weights(saved.net),
                            og_net_weight_count(saved.net) * sizeof(float));
        assert_memory_equal(og_net_state(loaded.net), og_net_state(saved.net),
                            og_net_state_size(saved.net) * sizeof(float));
        og_model_deinit(&saved);
        og_model_deinit(&loaded);
    }
}

/* The file must hold its tensors under the net's names and shapes, in PyTorch's layout, for other tools. */
static void tensors_carry_the_nets_names(void **state)
{
    (void)state;
    og_model model;
    og__safetensors *file;
    make_model(&model, "relu");
    assert_int_equal(og_model_save(&model, path), OG_OK);
    assert_int_equal(og__safetensors_load(path, &file), OG_OK);
    assert_int_equal(og__safetensors_count(file), og_net_param_count(model.net) + og_net_state_count(model.net));
    const og__tensor *first = og__safetensors_find(file, "encoder.0.conv.0.weight");
    assert_non_null(first);
    assert_int_equal(first->rank, 4);
    assert_int_equal(first->shape[0], 4);
    assert_int_equal(first->shape[1], 1);
    assert_string_equal(og__safetensors_metadata(file, "act.decoder.0"), "relu");
    assert_string_equal(og__safetensors_metadata(file, "classes"), "[\"background\", \"disc\", \"square\"]");
    assert_null(og__safetensors_metadata(file, "option.threads")); /* changes nothing about the model */
    og__safetensors_free(file);
    og_model_deinit(&model);
}

/* Save the model with one text replaced (value NULL: left out), and load it. */
static og_status load_with(const char *key, const char *value)
{
    og_model model;
    og__bundle bundle = {0}, changed = {0};
    make_model(&model, "relu");
    og__model_describe(&model, &bundle);
    for (size_t i = 0; i < bundle.tensor_count; i++) {
        const og__tensor *t = &bundle.tensors[i];
        og__bundle_add(&changed, t->name, t->dtype, t->rank, t->shape, t->data);
    }
    for (size_t i = 0; i < bundle.text_count; i++) {
        bool here = strcmp(bundle.texts[i].key, key) == 0;
        if (!here || value)
            og__bundle_add_text(&changed, "", bundle.texts[i].key, here ? value : bundle.texts[i].value);
    }
    assert_int_equal(og__bundle_save(&changed, path), OG_OK);
    og__bundle_deinit(&bundle);
    og__bundle_deinit(&changed);
    og_model_deinit(&model);
    og_status status = og_model_load(path, &model);
    if (status == OG_OK)
        og_model_deinit(&model);
    return status;
}

static void metadata_that_is_wrong_is_refused(void **state)
{
    (void)state;
    const struct {
        const char *key, *value;
        og_status status;
        const char *message;
    } cases[] = {
        {"none", NULL, OG_OK, ""},
        {"channels", NULL, OG_ERR_FORMAT, "no \"channels\""},
        {"channels", "0", OG_ERR_FORMAT, "\"channels\" is \"0\""},
        {"channels", "1e9", OG_ERR_FORMAT, "\"channels\" is \"1e9\""},
        {"channels", "3", OG_ERR_FORMAT, "1 numbers for 3 channels"},
        {"classes", "[\"one\"]", OG_ERR_FORMAT, "has 1 names"},
        {"classes", "[\"one\", 2]", OG_ERR_FORMAT, "no text"},
        {"classes", "[\"a\", \"b\"]", OG_ERR_FORMAT, "head.weight"},
        {"classes", "{", OG_ERR_FORMAT, "classes:1:"},
        {"scaling", "{\"kind\": \"fast\"}", OG_ERR_FORMAT, "\"fast\" is unknown"},
        {"scaling", "{\"kind\": \"dataset\", \"mean\": [], \"sd\": []}", OG_ERR_FORMAT, "0 numbers for 1 channels"},
        {"scaling", "{\"kind\": \"dataset\", \"mean\": [0], \"sd\": [\"1\"]}", OG_ERR_FORMAT, "no number"},
        {"scaling", "{\"kind\": \"dataset\", \"mean\": [0], \"sd\": [0]}", OG_ERR_FORMAT, "above 0"},
        {"act.decoder.0", "relu(", OG_ERR_SYNTAX, ""},
        {"act.decoder.0", "foo", OG_ERR_NAME, "foo"},
        {"option.depth", "99", OG_ERR_ARGUMENT, "depth"},
        {"option.norm", "bach", OG_ERR_ARGUMENT, "batch"},
        {"option.width", "5", OG_ERR_FORMAT, "is expected"},
        {"option.width", "-1", OG_ERR_ARGUMENT, "width"},
        {"option.depth", "8", OG_ERR_FORMAT, "act.encoder.2"},
        {"option.width", "512", OG_ERR_FORMAT, "is expected"}, /* without taking memory for it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_status status = load_with(cases[i].key, cases[i].value);
        if (status != cases[i].status ||
            (status != OG_OK && (!strstr(og_error_text(), cases[i].message) || !strstr(og_error_text(), path))))
            fail_msg("%s = %s: status %d, \"%s\"", cases[i].key, cases[i].value ? cases[i].value : "(gone)", status,
                     og_error_text());
    }
}

static void folders_without_a_model_say_so(void **state)
{
    (void)state;
    og_model model;
    char folder[64], checkpoint[96];
    snprintf(folder, sizeof folder, "%s/run", base);
    assert_int_equal(og_model_load(folder, &model), OG_ERR_FILE); /* no such path */
    assert_int_equal(og__folder_make(folder), OG_OK);
    assert_int_equal(og_model_load(folder, &model), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "holds no trained model"));
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.safetensors", folder);
    assert_int_equal(og__file_write(checkpoint, "", 0), OG_OK);
    assert_int_equal(og_model_load(folder, &model), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "resume it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_survives_its_file),
        cmocka_unit_test(tensors_carry_the_nets_names),
        cmocka_unit_test(metadata_that_is_wrong_is_refused),
        cmocka_unit_test(folders_without_a_model_say_so),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}

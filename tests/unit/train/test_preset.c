/* src/train/preset.c, presets.def: each preset has exactly the parameters of the network that it names. */
#include "unit/train/tiny_data.h"

#include <ogive/cost.h>
#include <ogive/preset.h>

#include "net/graph.h"
#include "train/model.h"
#include "train/options.h"

/* Counted from the published sources, but unet2015's, from the paper; smp's encoder is not published: its layers, its
 * decoder and its head. */
static const struct {
    const char *preset;
    int channels, classes;
    const char *option, *value; /* beside the preset */
    size_t parameters;
} cases[] = {
    {"unet2015", 1, 2, "depth", "4", 31030658},  {"milesial", 3, 2, "depth", "4", 31037698},
    {"milesial", 1, 2, "depth", "4", 31036546},  {"milesial-bilinear", 3, 2, "depth", "4", 17263042},
    {"nnunet", 1, 2, "depth", "7", 46324558},    {"nnunet-bn", 1, 2, "depth", "7", 46324558},
    {"nnunet-3d", 1, 2, "depth", "5", 31195594}, {"smp", 3, 2, "depth", "5", 4761280 + 3151552 + 290},
    {"nnunet", 3, 2, "depth", "7", 46325134},    {"nnunet", 1, 2, "depth", "6", 33471820},
};

static void options_of(const char *preset, og_train_options *options)
{
    assert_int_equal(og_options_init(og_train_option_table(), options), OG_OK);
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "preset"), options, preset), OG_OK);
    if (og_preset_apply(options) != OG_OK)
        fail_msg("%s", og_error_text());
}

static void presets_have_the_published_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        og_train_options options;
        og__placement placement;
        og_net_spec spec;
        og__graph graph;
        options_of(cases[i].preset, &options);
        const og_option *option = og_option_find(og_train_option_table(), cases[i].option);
        assert_int_equal(og_option_set(option, &options, cases[i].value), OG_OK);
        assert_int_equal(og__placement_init(&options, &placement), OG_OK);
        assert_int_equal(og__model_spec(&options, cases[i].channels, cases[i].classes, &spec), OG_OK);
        og__placement_fill(&placement, &spec);
        assert_int_equal(og__graph_init(&spec, &graph), OG_OK);
        if (graph.weight_count != cases[i].parameters)
            fail_msg("%s has %zu parameters, not %zu", cases[i].preset, graph.weight_count, cases[i].parameters);
        og__graph_deinit(&graph);
        og__placement_deinit(&placement);
        og_options_deinit(og_train_option_table(), &options);
    }
}

/* 572 px make 388, and the stages have the sides of the article's figure 1. */
static void the_net_of_2015_has_the_articles_sides(void **state)
{
    (void)state;
    static const struct {
        const char *node;
        int channels, side;
    } figure[] = {
        {"encoder.0.conv.0", 64, 570},
        {"encoder.0.conv.1", 64, 568},
        {"encoder.1.conv.0", 128, 282},
        {"encoder.1.conv.1", 128, 280},
        {"encoder.2.conv.0", 256, 138},
        {"encoder.2.conv.1", 256, 136},
        {"encoder.3.conv.0", 512, 66},
        {"encoder.3.conv.1", 512, 64},
        {"bottleneck.conv.0", 1024, 30},
        {"bottleneck.conv.1", 1024, 28},
        {"decoder.3.up", 512, 56},
        {"decoder.3.conv.0", 512, 54},
        {"decoder.3.conv.1", 512, 52},
        {"decoder.2.up", 256, 104},
        {"decoder.2.conv.0", 256, 102},
        {"decoder.2.conv.1", 256, 100},
        {"decoder.1.up", 128, 200},
        {"decoder.1.conv.0", 128, 198},
        {"decoder.1.conv.1", 128, 196},
        {"decoder.0.up", 64, 392},
        {"decoder.0.conv.0", 64, 390},
        {"decoder.0.conv.1", 64, 388},
        {"head", 2, 388},
    };
    og_train_options options;
    og_net_outline outline;
    options_of("unet2015", &options);
    options.batch = 1;
    if (og_net_sketch(&options, 1, 2, 1, 572, 572, &outline) != OG_OK)
        fail_msg("%s", og_error_text());
    assert_int_equal(outline.h, 572);
    assert_int_equal(outline.margin, 92);
    assert_int_equal(outline.params, 31030658);
    size_t found = 0;
    for (size_t i = 0; i < outline.node_count; i++)
        for (size_t k = 0; k < sizeof figure / sizeof figure[0]; k++)
            if (strcmp(outline.nodes[i].name, figure[k].node) == 0) {
                assert_int_equal(outline.nodes[i].channels, figure[k].channels);
                assert_int_equal(outline.nodes[i].h, figure[k].side);
                assert_int_equal(outline.nodes[i].w, figure[k].side);
                found++;
            }
    assert_int_equal(found, sizeof figure / sizeof figure[0]);
    og_net_outline_deinit(&outline);
    og_options_deinit(og_train_option_table(), &options);
}

static void every_preset_is_in_the_list_above(void **state)
{
    (void)state;
    for (size_t i = 0; i < og_preset_count(); i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
            found = found || strcmp(cases[k].preset, og_preset_at(i)->name) == 0;
        if (!found)
            fail_msg("preset '%s' is not exercised by this test", og_preset_at(i)->name);
    }
}

/* nnU-Net halves while 4 px or more are left. */
static void depth_follows_from_the_patch(void **state)
{
    (void)state;
    og_train_options options;
    options_of("nnunet", &options);
    assert_int_equal(og__train_depth(&options, 512, 512), 7);
    assert_int_equal(og__train_depth(&options, 320, 256), 6);
    assert_int_equal(og__train_depth(&options, 7, 300), 1);
    options.depth = 3;
    assert_int_equal(og__train_depth(&options, 512, 512), 3);
    og_options_deinit(og_train_option_table(), &options);
}

static void unknown_presets_are_refused(void **state)
{
    (void)state;
    og_train_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &options), OG_OK);
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "preset"), &options, "nnunt"), OG_OK);
    assert_int_equal(og_preset_apply(&options), OG_ERR_NAME);
    assert_non_null(strstr(og_error_text(), "did you mean 'nnunet'?"));
    og_options_deinit(og_train_option_table(), &options);
}

/* "name=value" of a row's settings sets `name` in both. */
static bool sets(const og_preset *row, const char *name, size_t length)
{
    for (const char *at = row->settings; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return true;
    return false;
}

/* So that any recipe goes with any network, in whatever order they are set. */
static void recipes_and_networks_set_different_options(void **state)
{
    (void)state;
    for (size_t r = 0; r < og_recipe_count(); r++)
        for (size_t p = 0; p < og_preset_count(); p++)
            for (const char *at = og_recipe_at(r)->settings; at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
                if (sets(og_preset_at(p), at, strcspn(at, "=")))
                    fail_msg("'%s' and '%s' both set %s", og_recipe_at(r)->name, og_preset_at(p)->name, at);
}

static void recipes_set_what_their_sources_have(void **state)
{
    static const struct {
        const char *recipe, *option, *value;
    } wanted[] = {
        {"nnunet", "optimizer", "sgd"},         {"nnunet", "momentum", "0.99"},
        {"nnunet", "learning-rate", "0.01"},    {"nnunet", "weight-decay", "3e-05"},
        {"nnunet", "schedule", "poly-epoch"},   {"nnunet", "clip", "12"},
        {"nnunet", "epochs", "1000"},           {"nnunet", "steps-per-epoch", "250"},
        {"nnunet", "augment", "nnunet"},        {"milesial", "optimizer", "rmsprop"},
        {"milesial", "learning-rate", "1e-05"}, {"milesial", "clip", "1"},
        {"milesial", "schedule", "plateau"},    {"milesial", "batch", "1"},
        {"fast-cpu", "optimizer", "adamw"},     {"fast-cpu", "schedule", "one-cycle"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        og_option_table table = og_train_option_table();
        og_train_options options;
        char *value;
        assert_int_equal(og_options_init(table, &options), OG_OK);
        assert_int_equal(og_option_set(og_option_find(table, "recipe"), &options, wanted[i].recipe), OG_OK);
        if (og_recipe_apply(&options) != OG_OK)
            fail_msg("%s", og_error_text());
        assert_int_equal(og_option_get(og_option_find(table, wanted[i].option), &options, &value), OG_OK);
        if (strtod(value, NULL) != strtod(wanted[i].value, NULL) ||
            (!strtod(value, NULL) && strcmp(value, wanted[i].value) != 0))
            fail_msg("%s: %s = %s, not %s", wanted[i].recipe, wanted[i].option, value, wanted[i].value);
        free(value);
        og_options_deinit(table, &options);
    }
    og_train_options options;
    assert_int_equal(og_options_init(og_train_option_table(), &options), OG_OK);
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "recipe"), &options, "milesia"), OG_OK);
    assert_int_equal(og_recipe_apply(&options), OG_ERR_NAME);
    assert_non_null(strstr(og_error_text(), "option 'recipe'"));
    assert_non_null(strstr(og_error_text(), "did you mean 'milesial'?"));
    og_options_deinit(og_train_option_table(), &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_have_the_published_parameters),
        cmocka_unit_test(the_net_of_2015_has_the_articles_sides),
        cmocka_unit_test(every_preset_is_in_the_list_above),
        cmocka_unit_test(depth_follows_from_the_patch),
        cmocka_unit_test(unknown_presets_are_refused),
        cmocka_unit_test(recipes_and_networks_set_different_options),
        cmocka_unit_test(recipes_set_what_their_sources_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

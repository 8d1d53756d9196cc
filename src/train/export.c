/* Models under the names of other programs. */
#include <ogive/foreign.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/preset.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "train/bundle.h"
#include "train/foreign.h"

static og_status find_foreign(const char *keys, og__foreign *found)
{
    const char *names[OG_FOREIGN_COUNT];
    og__text all = {0};
    for (*found = 0; *found < OG_FOREIGN_COUNT; ++*found)
        if (strcmp(keys, og__foreigns[*found].name) == 0)
            return OG_OK;
    for (*found = 0; *found < OG_FOREIGN_COUNT; ++*found) {
        names[*found] = og__foreigns[*found].name;
        og__text_format(&all, "%s%s", *found ? ", " : "", names[*found]);
    }
    const char *near = og__nearest_name(keys, names, OG_FOREIGN_COUNT);
    og_status status = og__fail(OG_ERR_NAME, "there are no keys '%s', only %s%s%s%s", keys, og__text_get(&all),
                                near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    og__text_deinit(&all);
    return status;
}

/* Whether `name` is a word of a space-separated list. */
static bool has_word(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)) != NULL; at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* Count the options of the network that are not the preset's; the text names them. */
static og_status compare_preset(const og_model *model, og__foreign foreign, const char *preset, int *differences,
                                og__text *text)
{
    og_status status = OG_OK;
    og_option_table table = og_train_option_table();
    og_train_options options;
    *differences = 0;
    OG_TRY(og_options_init(table, &options));
    OG_GO(og_option_set(og_option_find(table, "preset"), &options, preset));
    OG_GO(og_preset_apply(&options));
    for (size_t i = 0; i < table.count; i++) {
        const og_option *option = &table.options[i];
        char *here, *there;
        if (strcmp(option->topic, "Network") != 0 || has_word(og__foreigns[foreign].free, option->name) ||
            strcmp(option->name, "preset") == 0)
            continue;
        OG_GO(og_option_get(option, &model->options, &here));
        status = og_option_get(option, &options, &there);
        if (status == OG_OK && strcmp(here, there) != 0)
            og__text_format(text, "%s--%s is '%s', not '%s'", (*differences)++ ? ", " : "", option->name, here, there);
        free(here);
        free(there);
        OG_GO(status);
    }
    status = og__text_status(text);
done:
    og_options_deinit(table, &options);
    return status;
}

/* The network must be one of the program's, else it would load and compute something else. */
static og_status check_network(const og_model *model, og__foreign foreign)
{
    og_status status = OG_OK;
    og__text least = {0};
    char *copy, *rest;
    int fewest = -1;
    OG_TRY(og__copy_text(og__foreigns[foreign].presets, &copy));
    rest = copy;
    for (char *preset; (preset = strsep(&rest, " ")) != NULL;) {
        int differences;
        og__text text = {0};
        status = compare_preset(model, foreign, preset, &differences, &text);
        if (status == OG_OK && (fewest < 0 || differences < fewest)) {
            og__text_deinit(&least);
            least = text;
            fewest = differences;
        } else {
            og__text_deinit(&text);
        }
        OG_GO(status);
    }
    if (fewest > 0)
        status = og__fail(OG_ERR_UNSUPPORTED, "the network is none of %s's: %s", og__foreigns[foreign].name,
                          og__text_get(&least));
done:
    og__text_deinit(&least);
    free(copy);
    return status;
}

static og_status add_tensor(og__foreign foreign, int depth, const og_param *param, const float *vector,
                            og__bundle *bundle)
{
    static const int64_t batches = 0;
    static const char mean[] = ".running_mean", tracked[] = ".num_batches_tracked";
    char name[OG_FOREIGN_NAME_BYTES];
    size_t row = 0, names = 0;
    while (og__foreign_name(foreign, depth, param->name, &row, name)) {
        og__bundle_add(bundle, name, OG_DTYPE_F32, param->rank, param->shape, vector + param->offset);
        names++;
        size_t stem = strlen(name) - (sizeof mean - 1);
        if (strlen(name) > sizeof mean && strcmp(name + stem, mean) == 0) { /* PyTorch's batch norm counts */
            snprintf(name + stem, sizeof name - stem, "%s", tracked);
            og__bundle_add(bundle, name, OG_DTYPE_I64, 0, (int64_t[]){0}, &batches);
        }
    }
    if (names == 0)
        return og__fail(OG_ERR_UNSUPPORTED, "%s has no name for '%s'", og__foreigns[foreign].name, param->name);
    return OG_OK;
}

/* Milesial's predict.py reads which mask value each class has. */
static og_status add_mask_values(const og_model *model, og__bundle *bundle)
{
    og__text text = {0};
    for (int i = 0; i < model->class_count; i++)
        og__text_format(&text, "%s%d", i ? ", " : "[", i);
    og__text_add(&text, "]");
    OG_TRY(og__text_status(&text));
    og__bundle_add_text(bundle, "", "mask_values", og__text_get(&text));
    og__text_deinit(&text);
    return OG_OK;
}

og_status og_model_export(const og_model *model, const char *keys, const char *path)
{
    og_status status = OG_OK;
    og__foreign foreign;
    og__bundle bundle = {0};
    og_net *net = model->net;
    int depth = og_net_spec_of(net)->depth;
    OG_TRY(find_foreign(keys, &foreign));
    OG_TRY(check_network(model, foreign));
    for (size_t i = 0; i < og_net_param_count(net); i++)
        OG_GO(add_tensor(foreign, depth, og_net_param_at(net, i), og_net_weights(net), &bundle));
    for (size_t i = 0; i < og_net_state_count(net); i++)
        OG_GO(add_tensor(foreign, depth, og_net_state_at(net, i), og_net_state(net), &bundle));
    if (foreign == OG_FOREIGN_MILESIAL)
        OG_GO(add_mask_values(model, &bundle));
    OG_GO(og__bundle_save(&bundle, path));
done:
    og__bundle_deinit(&bundle);
    return status;
}

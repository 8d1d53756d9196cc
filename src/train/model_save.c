/* A model's file: writing. */
#include "train/model.h"

#include <stdio.h>
#include <stdlib.h>

#include <ogive/version.h>

#include "base/status.h"
#include "format/json.h"
#include "train/options.h"

const char *const og__scaling_names[] = {
    [OG_NORMALIZE_DATASET] = "dataset",
    [OG_NORMALIZE_IMAGE] = "image",
    [OG_NORMALIZE_NONE] = "none",
};

static og_status describe_scaling(const og_scaling *scaling, char **text)
{
    og_status status = OG_OK;
    json_t *root = json_object(), *mean = json_array(), *sd = json_array();
    OG_GO(og__json_set(root, "kind", json_string(og__scaling_names[scaling->kind])));
    OG_GO(og__json_set(root, "mean", json_incref(mean)));
    OG_GO(og__json_set(root, "sd", json_incref(sd)));
    bool fixed = scaling->kind == OG_NORMALIZE_DATASET;
    for (int c = 0; fixed && c < scaling->channels; c++) {
        OG_GO(og__json_append(mean, og__json_real(scaling->mean[c])));
        OG_GO(og__json_append(sd, og__json_real(scaling->sd[c])));
    }
    OG_GO(og__json_line(root, text));
done:
    json_decref(sd);
    json_decref(mean);
    json_decref(root);
    return status;
}

static og_status describe_classes(const og_model *model, char **text)
{
    og_status status = OG_OK;
    json_t *root = json_array();
    for (int i = 0; i < model->class_count; i++)
        OG_GO(og__json_append(root, og__json_string(model->class_names[i])));
    OG_GO(og__json_line(root, text));
done:
    json_decref(root);
    return status;
}

/* {"name": [classes]}, in order; nothing without regions, so that other models read as before. */
static og_status describe_regions(const og_model *model, char **text)
{
    og_status status = OG_OK;
    json_t *root = json_array();
    for (int r = 0; r < model->regions.count; r++) {
        json_t *row = json_object(), *classes = json_array();
        OG_GO(og__json_append(root, row));
        OG_GO(og__json_set(row, "name", og__json_string(model->region_names[r])));
        OG_GO(og__json_set(row, "classes", classes));
        OG_GO(og__json_set(row, "writes", json_integer(model->regions.writes[r])));
        for (int c = 0; c < model->class_count; c++)
            if (model->regions.of_class[c] >> r & 1)
                OG_GO(og__json_append(classes, json_integer(c)));
    }
    OG_GO(og__json_line(root, text));
done:
    json_decref(root);
    return status;
}

static void describe_acts(const og_net_spec *spec, og__bundle *bundle)
{
    char key[OG_PLACE_TEXT_BYTES];
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            if (og_place_exists(spec->depth, place, stage)) {
                og__place_text(place, stage, sizeof key, key);
                og__bundle_add_text(bundle, "act.", key, og_act_text(spec->acts[place][stage]));
            }
}

static og_status describe_settings(const og_model *model, og__bundle *bundle)
{
    og_option_table table = og_train_option_table();
    const og_net_spec *spec = og_net_spec_of(model->net);
    char channels[16], *text = NULL;
    snprintf(channels, sizeof channels, "%d", spec->in_channels);
    og__bundle_add_text(bundle, "", "ogive", og_version());
    og__bundle_add_text(bundle, "", "channels", channels);
    OG_TRY(describe_classes(model, &text));
    og__bundle_add_text(bundle, "", "classes", text);
    free(text);
    if (model->regions.count > 0) {
        OG_TRY(describe_regions(model, &text));
        og__bundle_add_text(bundle, "", "regions", text);
        free(text);
    }
    OG_TRY(describe_scaling(&model->scaling, &text));
    og__bundle_add_text(bundle, "", "scaling", text);
    free(text);
    for (size_t i = 0; i < table.count; i++) {
        if (!og__train_option_matters(&table.options[i]))
            continue;
        OG_TRY(og_option_get(&table.options[i], &model->options, &text));
        og__bundle_add_text(bundle, "option.", table.options[i].name, text);
        free(text);
    }
    describe_acts(spec, bundle); /* after the options that they follow from: a resumed run names the first difference */
    og__bundle_add_text(bundle, "act.", "head", og_head_text(spec->head));
    return OG_OK;
}

void og__model_describe(const og_model *model, og__bundle *bundle)
{
    for (size_t i = 0; i < og_net_param_count(model->net); i++) {
        const og_param *param = og_net_param_at(model->net, i);
        og__bundle_add(bundle, param->name, OG_DTYPE_F32, param->rank, param->shape,
                       og_net_weights(model->net) + param->offset);
    }
    for (size_t i = 0; i < og_net_state_count(model->net); i++) {
        const og_param *param = og_net_state_at(model->net, i);
        og__bundle_add(bundle, param->name, OG_DTYPE_F32, param->rank, param->shape,
                       og_net_state(model->net) + param->offset);
    }
    og_status status = describe_settings(model, bundle);
    if (bundle->status == OG_OK)
        bundle->status = status;
}

og_status og_model_save(const og_model *model, const char *path)
{
    og__bundle bundle = {0};
    og__model_describe(model, &bundle);
    og_status status = og__bundle_save(&bundle, path);
    og__bundle_deinit(&bundle);
    return status;
}

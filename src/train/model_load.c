/* A model's file: reading. What it claims is checked before memory is taken for it. */
#include "train/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/version.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"
#include "format/json.h"
#include "net/graph.h"
#include "train/options.h"

static og_status require_text(const og__safetensors *file, const char *prefix, const char *key, const char **text)
{
    char name[128];
    snprintf(name, sizeof name, "%s%s", prefix, key);
    *text = og__safetensors_metadata(file, name);
    if (*text)
        return OG_OK;
    return og__fail(OG_ERR_FORMAT, "%s: not a model of ogive %s: its metadata has no \"%s\"",
                    og__safetensors_path(file), og_version(), name);
}

static og_status read_options(const og__safetensors *file, og_train_options *options)
{
    og_option_table table = og_train_option_table();
    char key[128];
    const char *text;
    for (size_t i = 0; i < table.count; i++) {
        if (!og__train_option_matters(&table.options[i]))
            continue;
        snprintf(key, sizeof key, "option.%s", table.options[i].name);
        text = og__safetensors_metadata(file, key);
        if (text) /* else the option is younger than the file, and its default is what was done before */
            OG_TRY(og_option_set(&table.options[i], options, text));
    }
    return OG_OK;
}

static og_status read_classes(const og__safetensors *file, og_model *model)
{
    og_status status = OG_OK;
    json_t *names = NULL;
    const char *text;
    OG_TRY(require_text(file, "", "classes", &text));
    OG_GO(og__json_parse(text, strlen(text), "classes", &names));
    size_t count = json_array_size(names);
    if (count < 2 || count > OG_CLASSES_MAX) {
        status = og__fail(OG_ERR_FORMAT, "\"classes\" has %zu names; 2 to %d are possible", count, OG_CLASSES_MAX);
        goto done;
    }
    OG_GO(og__alloc(count, sizeof(char *), &model->class_names));
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name) {
            status = og__fail(OG_ERR_FORMAT, "\"classes\" holds something that is no text");
            goto done;
        }
        OG_GO(og__copy_text(name, &model->class_names[i]));
        model->class_count++;
    }
done:
    json_decref(names);
    return status;
}

static og_status read_region(const json_t *row, int region, og_model *model)
{
    json_t *classes;
    const char *name;
    int64_t written;
    OG_TRY(og__json_get_text(row, "name", &name));
    OG_TRY(og__json_get(row, "classes", JSON_ARRAY, &classes));
    OG_TRY(og__json_get_int(row, "writes", &written));
    OG_TRY(og__copy_text(name, &model->region_names[region]));
    for (size_t i = 0; i < json_array_size(classes); i++) {
        json_int_t c = json_integer_value(json_array_get(classes, i));
        if (!json_is_integer(json_array_get(classes, i)) || c < 0 || c >= model->class_count)
            return og__fail(OG_ERR_FORMAT, "\"regions\": '%s' holds something that is no class", name);
        model->regions.of_class[c] |= (uint64_t)1 << region;
    }
    if (written < 0 || written >= model->class_count || !(model->regions.of_class[written] >> region & 1))
        return og__fail(OG_ERR_FORMAT, "\"regions\": '%s' writes a class that it does not hold", name);
    model->regions.writes[region] = (uint8_t)written;
    return OG_OK;
}

static og_status read_regions(const og__safetensors *file, og_model *model)
{
    og_status status = OG_OK;
    json_t *rows = NULL;
    const char *text = og__safetensors_metadata(file, "regions");
    if (!text)
        return OG_OK;
    OG_TRY(og__json_parse(text, strlen(text), "regions", &rows));
    size_t count = json_array_size(rows);
    if (count < 2 || count > OG_REGIONS_MAX) {
        status = og__fail(OG_ERR_FORMAT, "\"regions\" has %zu rows; 2 to %d are possible", count, OG_REGIONS_MAX);
        goto done;
    }
    OG_GO(og__alloc(count, sizeof(char *), &model->region_names));
    model->regions.count = (int)count;
    for (int r = 0; r < (int)count; r++)
        OG_GO(read_region(json_array_get(rows, (size_t)r), r, model));
    while (model->regions.outside + 1 < model->class_count && model->regions.of_class[model->regions.outside] != 0)
        model->regions.outside++;
    if (model->regions.of_class[model->regions.outside] != 0)
        model->regions.outside = 0;
done:
    json_decref(rows);
    return status;
}

static og_status read_numbers(const json_t *root, const char *key, int count, float *numbers)
{
    json_t *array;
    OG_TRY(og__json_get(root, key, JSON_ARRAY, &array));
    if (json_array_size(array) != (size_t)count)
        return og__fail(OG_ERR_FORMAT, "\"%s\" has %zu numbers for %d channels", key, json_array_size(array), count);
    for (int i = 0; i < count; i++) {
        numbers[i] = (float)json_number_value(json_array_get(array, (size_t)i));
        if (!json_is_number(json_array_get(array, (size_t)i)) || !isfinite(numbers[i]))
            return og__fail(OG_ERR_FORMAT, "\"%s\" holds something that is no number", key);
    }
    return OG_OK;
}

static og_status read_scaling(const og__safetensors *file, int channels, og_scaling *scaling)
{
    og_status status = OG_OK;
    json_t *root = NULL;
    const char *text, *kind;
    *scaling = (og_scaling){.channels = channels};
    OG_TRY(require_text(file, "", "scaling", &text));
    OG_GO(og__json_parse(text, strlen(text), "scaling", &root));
    OG_GO(og__json_get_text(root, "kind", &kind));
    while (scaling->kind <= OG_NORMALIZE_NONE && strcmp(kind, og__scaling_names[scaling->kind]) != 0)
        scaling->kind++;
    if (scaling->kind > OG_NORMALIZE_NONE)
        status = og__fail(OG_ERR_FORMAT, "scaling \"%s\" is unknown", kind);
    if (status != OG_OK || scaling->kind != OG_NORMALIZE_DATASET)
        goto done;
    OG_GO(read_numbers(root, "mean", channels, scaling->mean));
    OG_GO(read_numbers(root, "sd", channels, scaling->sd));
    for (int c = 0; c < channels && status == OG_OK; c++)
        if (!(scaling->sd[c] > 0))
            status = og__fail(OG_ERR_FORMAT, "\"sd\" holds %g; a deviation is above 0", (double)scaling->sd[c]);
done:
    json_decref(root);
    return status;
}

/* A small file may claim a network of any size: its tensors are looked at before memory is taken for the network. */
static og_status check_claim(const og__safetensors *file, const og_net_spec *spec)
{
    og_status status = OG_OK;
    og__graph graph;
    const og__tensor *found;
    OG_TRY(og__graph_init(spec, &graph));
    for (size_t i = 0; i < graph.param_count; i++)
        OG_GO(og__safetensors_expect_reals(file, graph.params[i].name, graph.params[i].rank, graph.params[i].shape,
                                           &found));
done:
    og__graph_deinit(&graph);
    return status;
}

/* Activations and head become the specification's and are released by free_functions(). */
static og_status read_functions(const og__safetensors *file, og_net_spec *spec)
{
    og_head *head = NULL;
    char key[OG_PLACE_TEXT_BYTES];
    const char *text;
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++) {
            og_act *act = NULL;
            if (!og_place_exists(spec->depth, place, stage))
                continue;
            og__place_text(place, stage, sizeof key, key);
            OG_TRY(require_text(file, "act.", key, &text));
            OG_TRY(og_act_parse(text, &act));
            spec->acts[place][stage] = act;
        }
    OG_TRY(require_text(file, "act.", "head", &text));
    OG_TRY(og_head_parse(text, &head));
    spec->head = head;
    return OG_OK;
}

static void free_functions(og_net_spec *spec)
{
    og_head_free((og_head *)spec->head);
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            og_act_free((og_act *)spec->acts[place][stage]);
}

static og_status read_net(const og__safetensors *file, int channels, og_model *model)
{
    og_status status = OG_OK;
    og_net_spec spec;
    OG_TRY(og__model_spec(&model->options, channels, og__model_outputs(model), &spec));
    OG_GO(read_functions(file, &spec));
    OG_GO(check_claim(file, &spec));
    OG_GO(og_net_new(&spec, &model->net));
done:
    free_functions(&spec);
    return status;
}

static og_status read_params(const og__safetensors *file, og_net *net, size_t count,
                             const og_param *(*at)(const og_net *net, size_t index), float *vector)
{
    for (size_t i = 0; i < count; i++) {
        const og_param *param = at(net, i);
        OG_TRY(og__safetensors_read_reals(file, param->name, param->rank, param->shape, vector + param->offset));
    }
    return OG_OK;
}

og_status og__model_read_tensors(const og__safetensors *file, og_model *model)
{
    og_net *net = model->net;
    OG_TRY(read_params(file, net, og_net_param_count(net), og_net_param_at, og_net_weights(net)));
    return read_params(file, net, og_net_state_count(net), og_net_state_at, og_net_state(net));
}

static og_status read_settings(const og__safetensors *file, og_model *model)
{
    const char *text;
    char *end;
    OG_TRY(require_text(file, "", "channels", &text));
    long channels = strtol(text, &end, 10);
    if (*end || channels < 1 || channels > OG_CHANNELS_MAX)
        return og__fail(OG_ERR_FORMAT, "\"channels\" is \"%s\"; 1 to %d are possible", text, OG_CHANNELS_MAX);
    OG_TRY(read_options(file, &model->options));
    OG_TRY(read_classes(file, model));
    OG_TRY(read_regions(file, model));
    OG_TRY(og__model_name_scored(model));
    OG_TRY(read_scaling(file, (int)channels, &model->scaling));
    return read_net(file, (int)channels, model);
}

/* Weights that are not finite label every pixel alike, without a word. */
og_status og__model_check_weights(const og_model *model)
{
    og_net *net = model->net;
    for (size_t i = 0; i < og_net_param_count(net); i++) {
        const og_param *param = og_net_param_at(net, i);
        const float *values = og_net_weights(net) + param->offset;
        for (size_t k = 0; k < param->count; k++)
            if (!isfinite(values[k]))
                return og__fail(OG_ERR_FORMAT, "tensor '%s' holds %g; weights are finite numbers", param->name,
                                (double)values[k]);
    }
    return OG_OK;
}

og_status og__model_find(const char *path, char **found)
{
    og_status status = OG_OK;
    char *checkpoint = NULL;
    *found = NULL;
    if (!og__is_folder(path))
        return og__copy_text(path, found);
    OG_GO(og__path_join(path, "model.safetensors", found));
    OG_GO(og__path_join(path, "checkpoint.safetensors", &checkpoint));
    if (!og__file_exists(*found))
        status = og__fail(OG_ERR_FILE, "'%s' holds no trained model%s", path,
                          og__file_exists(checkpoint) ? ": its training is not finished; resume it" : "");
done:
    free(checkpoint);
    if (status != OG_OK) {
        free(*found);
        *found = NULL;
    }
    return status;
}

og_status og_model_load(const char *path, og_model *model)
{
    og_status status = OG_OK;
    og__safetensors *file = NULL;
    char *found;
    *model = (og_model){0};
    OG_TRY(og__model_find(path, &found));
    OG_GO(og_options_init(og_train_option_table(), &model->options));
    OG_GO(og__safetensors_load(found, &file));
    OG_GO(read_settings(file, model));
    OG_GO(og__model_read_tensors(file, model));
    OG_GO(og__model_check_weights(model));
done:
    if (status != OG_OK) {
        og_model_deinit(model);
        if (!strstr(og_error_text(), found))
            status = og__fail_in(status, "%s", found);
    }
    og__safetensors_free(file);
    free(found);
    return status;
}

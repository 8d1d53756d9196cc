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
#include "train/placement.h"
#include "train/slices.h"

enum { WIDTH_MAX = 8192 };

static const char *const scalings[] = {
    [OG_NORMALIZE_DATASET] = "dataset",
    [OG_NORMALIZE_IMAGE] = "image",
    [OG_NORMALIZE_NONE] = "none",
};

/* "64,128,256": one number for each of `count` stages, the first at least `least`; "" leaves zeros. */
static og_status read_widths(const char *option, const char *text, int count, int least, int widths[OG_STAGES_MAX])
{
    const char *at = text;
    for (int stage = 0; stage < count && *text; stage++) {
        char *end;
        long number = strtol(at, &end, 10);
        if (end == at || number < (stage == 0 ? least : 1) || number > WIDTH_MAX ||
            *end != (stage < count - 1 ? ',' : 0))
            return og__fail(
                OG_ERR_ARGUMENT,
                "option '%s': '%s' must be %d numbers of channels from %d to %d, one per stage, separated by "
                "commas",
                option, text, count, stage == 0 ? least : 1, WIDTH_MAX);
        widths[stage] = (int)number;
        at = end + 1;
    }
    return OG_OK;
}

og_status og__model_spec(const og_train_options *options, int channels, int classes, og_net_spec *spec)
{
    *spec = (og_net_spec){
        .dims = options->dims + 2,
        .in_channels = channels,
        .classes = classes,
        .depth = (int)options->depth,
        .width = (int)options->width,
        .width_cap = (int)options->width_cap,
        .narrow = options->narrow,
        .convs = (int)options->convs,
        .kernel = 2 * options->kernel + 1,
        .dilation = (int)options->dilation,
        .dilation_bottleneck = (int)options->dilation_bottleneck,
        .residual = options->residual,
        .norm = (og_norm)options->norm,
        .groups = (int)options->groups,
        .conv_bias = options->conv_bias,
        .order = (og_order)options->order,
        .down = (og_down)options->down,
        .up = (og_up)options->up,
        .skip = (og_skip)options->skip,
        .padding = (og_padding)options->padding,
        .dropout = options->dropout,
        .dropout_at = (og_dropout_at)options->dropout_at,
        .concat = (og_concat)options->concat,
        .head_kernel = 2 * options->head_kernel + 1,
        .deep_supervision = options->deep_supervision,
    };
    OG_TRY(og__slices_read(options, spec));
    OG_TRY(read_widths("widths", options->widths, spec->depth + 1, 0, spec->widths));
    return read_widths("decoder-widths", options->decoder_widths, spec->depth, 1, spec->decoder_widths);
}

og_status og__model_net(const og_train_options *options, const og__placement *placement, int channels, int classes,
                        og_net **net)
{
    og_net_spec spec;
    OG_TRY(og__model_spec(options, channels, classes, &spec));
    og__placement_fill(placement, &spec);
    OG_TRY(og_net_new(&spec, net));
    return og_net_init(*net, (uint64_t)options->seed, og__train_threads(options));
}

/* Put the canonical text in the place of what was typed. */
static og_status store_loss(og_train_options *options)
{
    og_loss *loss;
    OG_TRY(og_loss_parse(options->loss, &loss));
    og_status status = og_option_set(og_option_find(og_train_option_table(), "loss"), options, og_loss_text(loss));
    og_loss_free(loss);
    return status;
}

/* Depth 0 becomes what the patches allow, or where there are none, the images at the training's resolution. */
static og_status settle_depth(const og_dataset *data, og_train_options *options)
{
    int d, h, w, largest_h = 1, largest_w = 1;
    og__resolution resolution;
    OG_TRY(og__train_options_patch(options, &d, &h, &w));
    OG_TRY(og__train_options_resolution(options, &resolution));
    for (size_t i = 0; i < og_dataset_count(data, OG_PART_TRAIN); i++) {
        og_sample sample = og_dataset_sample(data, OG_PART_TRAIN, i);
        OG_TRY(og__resolution_of_sample(&resolution, &sample));
        largest_h = sample.h > largest_h ? sample.h : largest_h;
        largest_w = sample.w > largest_w ? sample.w : largest_w;
    }
    h = h > 0 ? h : largest_h;
    w = w > 0 ? w : largest_w;
    options->depth = og__train_depth(options, h, w);
    return OG_OK;
}

/* What the network tells apart. */
static int output_count(const og_model *model)
{
    return model->regions.count > 0 ? model->regions.count : model->class_count;
}

static og_status copy_regions(const og_dataset *data, og_model *model)
{
    const og_regions *regions = og_dataset_regions(data);
    OG_TRY(og__alloc((size_t)regions->count, sizeof(char *), &model->region_names));
    model->regions = *regions;
    for (int r = 0; r < regions->count; r++)
        OG_TRY(og__copy_text(og_dataset_region_name(data, r), &model->region_names[r]));
    return OG_OK;
}

/* Regions overlap, so that the usual head, whose probabilities add up to 1, gives way to one of single regions. */
static og_status choose_head(og_model *model)
{
    bool usual = strcmp(model->options.act_head, "softmax") == 0;
    return model->regions.count > 0 && usual
               ? og_option_set(og_option_find(og_train_option_table(), "act-head"), &model->options, "sigmoid")
               : OG_OK;
}

static og_status name_scored(og_model *model)
{
    int regions = model->regions.count, count = regions > 0 ? regions + 1 : model->class_count;
    OG_TRY(og__alloc((size_t)count, sizeof(char *), &model->scored_names));
    for (; model->scored_count < count; model->scored_count++) {
        int i = model->scored_count;
        const char *name = regions == 0 ? model->class_names[i] : i == 0 ? "in no region" : model->region_names[i - 1];
        OG_TRY(og__copy_text(name, &model->scored_names[i]));
    }
    return OG_OK;
}

og_status og__model_new(const og_dataset *data, const og_train_options *options, og_model *model)
{
    og_status status = OG_OK;
    og__placement placement = {0};
    int classes = og_dataset_class_count(data);
    *model = (og_model){.scaling = og_dataset_scaling(data)};
    OG_TRY(og__train_options_copy(options, &model->options));
    OG_GO(settle_depth(data, &model->options));
    OG_GO(copy_regions(data, model));
    OG_GO(choose_head(model));
    OG_GO(og__placement_init(&model->options, &placement));
    OG_GO(og__placement_store(&placement, &model->options));
    OG_GO(store_loss(&model->options));
    OG_GO(og__slices_settle(data, &model->options));
    OG_GO(og__alloc((size_t)classes, sizeof(char *), &model->class_names));
    for (model->class_count = 0; model->class_count < classes; model->class_count++)
        OG_GO(og__copy_text(og_dataset_class_name(data, model->class_count), &model->class_names[model->class_count]));
    OG_GO(name_scored(model));
    OG_GO(og__model_net(&model->options, &placement, og_dataset_channels(data), output_count(model), &model->net));
done:
    og__placement_deinit(&placement);
    if (status != OG_OK)
        og_model_deinit(model);
    return status;
}

void og_model_deinit(og_model *model)
{
    og_net_free(model->net);
    for (int i = 0; i < model->class_count; i++)
        free(model->class_names[i]);
    free(model->class_names);
    for (int r = 0; model->region_names && r < model->regions.count; r++)
        free(model->region_names[r]);
    free(model->region_names);
    for (int i = 0; i < model->scored_count; i++)
        free(model->scored_names[i]);
    free(model->scored_names);
    og_options_deinit(og_train_option_table(), &model->options);
    *model = (og_model){0};
}

/* --- writing --- */

static og_status describe_scaling(const og_scaling *scaling, char **text)
{
    og_status status = OG_OK;
    json_t *root = json_object(), *mean = json_array(), *sd = json_array();
    OG_GO(og__json_set(root, "kind", json_string(scalings[scaling->kind])));
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

/* --- reading --- */

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
    while (scaling->kind <= OG_NORMALIZE_NONE && strcmp(kind, scalings[scaling->kind]) != 0)
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
    OG_TRY(og__model_spec(&model->options, channels, output_count(model), &spec));
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
    OG_TRY(name_scored(model));
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

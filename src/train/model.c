#include "train/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "train/options.h"
#include "train/placement.h"
#include "train/slices.h"

enum { WIDTH_MAX = 8192 };

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

int og__model_outputs(const og_model *model)
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

og_status og__model_name_scored(og_model *model)
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
    OG_GO(og__model_name_scored(model));
    OG_GO(og__model_net(&model->options, &placement, og_dataset_channels(data), og__model_outputs(model), &model->net));
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

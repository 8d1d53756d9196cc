/* Models from checkpoints of other programs. */
#include <ogive/foreign.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/preset.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"
#include "format/safetensors.h"
#include "net/graph.h"
#include "net/net.h"
#include "train/foreign.h"
#include "train/model.h"

enum { LISTED = 6 }; /* names that an error lists before it counts the others */

/* A checkpoint while it is read. */
typedef struct checkpoint {
    const og__safetensors *file;
    og__foreign foreign;
    int prefix; /* characters before every name: "module.", "network_weights." */
    const char *prefix_text;
    int depth;
    bool *known; /* per tensor of the file: it is some layer's */
    bool one_output;
} checkpoint;

/* The tensor that ogive calls `ours`, under any of its foreign names; NULL when there is none. All are known then. */
static const og__tensor *find(const checkpoint *c, const char *ours)
{
    const og__tensor *found = NULL;
    char name[OG_FOREIGN_NAME_BYTES], whole[2 * OG_FOREIGN_NAME_BYTES];
    size_t row = 0;
    while (og__foreign_name(c->foreign, c->depth, ours, &row, name)) {
        snprintf(whole, sizeof whole, "%.*s%s", c->prefix, c->prefix_text, name);
        for (size_t i = 0; i < og__safetensors_count(c->file); i++) {
            const og__tensor *t = og__safetensors_at(c->file, i);
            if (strcmp(t->name, whole) != 0)
                continue;
            c->known[i] = true;
            found = found ? found : t;
        }
    }
    return found;
}

static const og__tensor *find_part(const checkpoint *c, const char *format, int stage, const char *part)
{
    char name[64];
    int length = snprintf(name, sizeof name, format, stage);
    snprintf(name + length, sizeof name - (size_t)length, ".%s", part);
    return find(c, name);
}

/* --- which network it is ------------------------------------------------------------------------------------------ */

/* Whose names the file has, and what stands before each: DistributedDataParallel and torch.compile put something there.
 */
static og_status recognise(checkpoint *c)
{
    char name[OG_FOREIGN_NAME_BYTES];
    int shortest = -1;
    for (og__foreign foreign = 0; foreign < OG_FOREIGN_COUNT; foreign++)
        for (size_t row = 0; og__foreign_name(foreign, 0, "encoder.0.conv.0.weight", &row, name);)
            for (size_t i = 0; i < og__safetensors_count(c->file); i++) {
                const char *theirs = og__safetensors_at(c->file, i)->name;
                size_t length = strlen(theirs), own = strlen(name);
                if (length < own || strcmp(theirs + length - own, name) != 0 ||
                    (length > own && theirs[length - own - 1] != '.') ||
                    (shortest >= 0 && (int)(length - own) >= shortest))
                    continue;
                shortest = (int)(length - own);
                c->foreign = foreign;
                c->prefix = shortest;
                c->prefix_text = theirs;
            }
    if (shortest >= 0)
        return OG_OK;
    return og__fail(OG_ERR_FORMAT,
                    "%s: its tensors have the names of no network that ogive knows: milesial's UNet "
                    "('inc.double_conv.0.weight') or nnU-Net's PlainConvUNet "
                    "('encoder.stages.0.0.convs.0.conv.weight'); the first is '%s'",
                    og__safetensors_path(c->file),
                    og__safetensors_count(c->file) ? og__safetensors_at(c->file, 0)->name : "");
}

/* The deepest stage that has layers. */
static og_status find_depth(checkpoint *c)
{
    int deepest = 0;
    for (c->depth = 1; c->depth <= OG_DEPTH_MAX + 1; c->depth++)
        if (find(c, "bottleneck.conv.0.weight"))
            deepest = c->depth;
    c->depth = deepest;
    if (deepest >= 1 && deepest <= OG_DEPTH_MAX)
        return OG_OK;
    return og__fail(OG_ERR_UNSUPPORTED, "%s: the network halves the resolution %s%d times; 1 to %d are possible",
                    og__safetensors_path(c->file), deepest ? "more than " : "", deepest ? OG_DEPTH_MAX : 0,
                    OG_DEPTH_MAX);
}

static og_status set(og_train_options *options, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static og_status set(og_train_options *options, const char *name, const char *format, ...)
{
    char value[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    const og_option *option = og_option_find(og_train_option_table(), name);
    if (!option)
        return og__fail(OG_ERR_UNSUPPORTED, "this network needs the option '%s', which this program does not have",
                        name);
    return og_option_set(option, options, value);
}

static og_status count_channels(const checkpoint *c, int *channels, int *classes)
{
    const og__tensor *first = find(c, "encoder.0.conv.0.weight"), *head = find(c, "head.weight");
    if (!head || head->rank < 4 || first->rank != head->rank)
        return og__fail(OG_ERR_FORMAT, "%s: %s", og__safetensors_path(c->file),
                        head ? "the first and the last convolution do not have the same number of dimensions"
                             : "there is no last convolution, which makes the classes");
    *channels = (int)first->shape[1];
    *classes = (int)head->shape[0];
    if (first->shape[1] < 1 || first->shape[1] > OG_CHANNELS_MAX || head->shape[0] < 1 ||
        head->shape[0] > OG_CLASSES_MAX)
        return og__fail(OG_ERR_UNSUPPORTED, "%s: %lld channels and %lld classes; up to %d and %d are possible",
                        og__safetensors_path(c->file), (long long)first->shape[1], (long long)head->shape[0],
                        OG_CHANNELS_MAX, OG_CLASSES_MAX);
    return OG_OK;
}

/* Along the slices of volumes, each stage's kernel and each halving's factor, which is the transposed convolution's
 * size. */
static og_status read_slices(const checkpoint *c, og_train_options *options)
{
    og_status status = OG_OK;
    og__text kernels = {0}, strides = {0};
    for (int stage = 0; stage <= c->depth; stage++) {
        const og__tensor *conv =
            stage < c->depth ? find_part(c, "encoder.%d.conv", stage, "0.weight") : find(c, "bottleneck.conv.0.weight");
        const og__tensor *up = find_part(c, "decoder.%d", stage, "up.weight");
        og__text_format(&kernels, "%s%lld", stage ? "," : "", conv && conv->rank == 5 ? (long long)conv->shape[2] : 3);
        if (stage < c->depth)
            og__text_format(&strides, "%s%lld", stage ? "," : "", up && up->rank == 5 ? (long long)up->shape[2] : 2);
    }
    OG_GO(og__text_status(&kernels));
    OG_GO(og__text_status(&strides));
    OG_GO(set(options, "slice-kernels", "%s", og__text_get(&kernels)));
    OG_GO(set(options, "slice-strides", "%s", og__text_get(&strides)));
done:
    og__text_deinit(&kernels);
    og__text_deinit(&strides);
    return status;
}

/* Channels by stage as a list. A narrow network's bottleneck makes what the stage above has. */
static og_status read_widths(const checkpoint *c, og_train_options *options)
{
    og_status status = OG_OK;
    og__text list = {0};
    int64_t channels = 0;
    for (int stage = 0; stage < c->depth; stage++) {
        const og__tensor *t = find_part(c, "encoder.%d.conv", stage, "0.weight");
        channels = t ? t->shape[0] : channels;
        og__text_format(&list, "%lld,", (long long)channels);
    }
    const og__tensor *bottleneck = find(c, "bottleneck.conv.0.weight");
    og__text_format(&list, "%lld", (long long)(options->narrow || !bottleneck ? 2 * channels : bottleneck->shape[0]));
    OG_GO(og__text_status(&list));
    OG_GO(set(options, "widths", "%s", og__text_get(&list)));
done:
    og__text_deinit(&list);
    return status;
}

static og_status read_options(checkpoint *c, const og_import_options *how, og_train_options *options)
{
    bool transposed = false;
    for (int stage = 0; stage < c->depth; stage++)
        transposed = transposed || find_part(c, "decoder.%d", stage, "up.weight");
    bool volumes = find(c, "encoder.0.conv.0.weight")->rank == 5;
    bool batch = find(c, "encoder.0.norm.0.running_mean") != NULL;
    if (c->foreign == OG_FOREIGN_MILESIAL)
        OG_TRY(set(options, "preset", transposed ? "milesial" : "milesial-bilinear"));
    else
        OG_TRY(set(options, "preset", volumes ? "nnunet-3d" : batch ? "nnunet-bn" : "nnunet"));
    OG_TRY(og_preset_apply(options));
    if (volumes && batch)
        OG_TRY(set(options, "norm", "batch"));
    OG_TRY(set(options, "depth", "%d", c->depth));
    OG_TRY(set(options, "conv-bias", find(c, "encoder.0.conv.0.bias") ? "true" : "false"));
    if (!find(c, "encoder.0.norm.0.weight"))
        OG_TRY(set(options, "norm", "none"));
    if (c->foreign == OG_FOREIGN_NNUNET && c->depth > 1)
        OG_TRY(set(options, "deep-supervision", find(c, "decoder.1.head.weight") ? "true" : "false"));
    if (volumes)
        OG_TRY(read_slices(c, options));
    int convs = 0;
    while (find_part(c, "encoder.0.conv.%d", convs, "weight"))
        convs++;
    if (convs != 2)
        OG_TRY(set(options, "convs", "%d", convs));
    if (how->act[0])
        OG_TRY(set(options, "act", "%s", how->act));
    return read_widths(c, options);
}

/* --- what else a model has ---------------------------------------------------------------------------------------- */

static og_status name_classes(const char *names, int classes, og_model *model)
{
    og_status status = OG_OK;
    char *copy, *rest;
    OG_TRY(og__copy_text(names, &copy));
    rest = copy;
    OG_GO(og__alloc((size_t)classes, sizeof(char *), &model->class_names));
    for (; model->class_count < classes; model->class_count++) {
        char numbered[32];
        snprintf(numbered, sizeof numbered, "class %d", model->class_count);
        const char *name = names[0] ? strsep(&rest, ",") : model->class_count ? numbered : "background";
        if (!name || !name[0]) {
            status = og__fail(OG_ERR_ARGUMENT, "'%s' must name the network's %d classes, separated by commas", names,
                              classes);
            goto done;
        }
        OG_GO(og__copy_text(name, &model->class_names[model->class_count]));
    }
    if (names[0] && rest)
        status = og__fail(OG_ERR_ARGUMENT, "'%s' names more than the network's %d classes", names, classes);
done:
    free(copy);
    return status;
}

static og_scaling scaling_of(const checkpoint *c, og_import_scaling how, int channels)
{
    og_scaling scaling = {.kind = OG_NORMALIZE_NONE, .channels = channels};
    if (how == OG_IMPORT_SCALING_AUTO)
        how = c->foreign == OG_FOREIGN_MILESIAL ? OG_IMPORT_SCALING_BYTES : OG_IMPORT_SCALING_IMAGE;
    if (how == OG_IMPORT_SCALING_IMAGE)
        scaling.kind = OG_NORMALIZE_IMAGE;
    if (how != OG_IMPORT_SCALING_BYTES)
        return scaling;
    scaling.kind = OG_NORMALIZE_DATASET;
    for (int i = 0; i < channels; i++)
        scaling.sd[i] = 255;
    return scaling;
}

/* --- its tensors -------------------------------------------------------------------------------------------------- */

/* Names for an error, with the number of those that find no place in it. */
typedef struct name_list {
    og__text text;
    int count;
} name_list;

static void add_name(name_list *list, const char *name)
{
    if (list->count++ < LISTED)
        og__text_format(&list->text, "%s'%s'", list->count > 1 ? ", " : "", name);
}

/* "missing: 'a', 'b' and 3 more" */
static void describe_names(const name_list *list, const char *what, og__text *text)
{
    if (list->count == 0)
        return;
    og__text_format(text, "%s%s: %s", text->length ? "; " : "", what, og__text_get(&list->text));
    if (list->count > LISTED)
        og__text_format(text, " and %d more", list->count - LISTED);
}

static bool is_head(const og_param *param)
{
    return strstr(param->name, "head.") != NULL;
}

/* The shape that a tensor has in the file: the head of a network with one output gets a second one, whose logit is 0.
 */
static void shape_in_file(const checkpoint *c, const og_param *param, int64_t shape[OG_TENSOR_RANK_MAX])
{
    memcpy(shape, param->shape, (size_t)param->rank * sizeof *shape);
    if (c->one_output && is_head(param))
        shape[0] = 1;
}

static og_status check_list(const checkpoint *c, const og_param *params, size_t count, name_list *missing)
{
    for (size_t i = 0; i < count; i++) {
        const og__tensor *t = find(c, params[i].name), *same;
        int64_t shape[OG_TENSOR_RANK_MAX];
        char name[OG_FOREIGN_NAME_BYTES];
        size_t row = 0;
        shape_in_file(c, &params[i], shape);
        if (t)
            OG_TRY(og__safetensors_expect_reals(c->file, t->name, params[i].rank, shape, &same));
        else
            add_name(missing,
                     og__foreign_name(c->foreign, c->depth, params[i].name, &row, name) ? name : params[i].name);
    }
    return OG_OK;
}

static og_status copy_list(const checkpoint *c, const og_param *params, size_t count, float *vector)
{
    for (size_t i = 0; i < count; i++) {
        int64_t shape[OG_TENSOR_RANK_MAX];
        shape_in_file(c, &params[i], shape);
        float *dst = vector + params[i].offset + (shape[0] < params[i].shape[0] ? params[i].count / 2 : 0);
        OG_TRY(og__safetensors_read_reals(c->file, find(c, params[i].name)->name, params[i].rank, shape, dst));
    }
    return OG_OK;
}

static void find_strangers(const checkpoint *c, name_list *strangers)
{
    static const char counter[] = ".num_batches_tracked";
    for (size_t i = 0; i < og__safetensors_count(c->file); i++) {
        const char *name = og__safetensors_at(c->file, i)->name;
        size_t length = strlen(name);
        bool counts = length >= sizeof counter && strcmp(name + length - (sizeof counter - 1), counter) == 0;
        if (!c->known[i] && !counts)
            add_name(strangers, name);
    }
}

/* A small file may claim a network of any size: before memory is taken for it, all tensors must be there. */
static og_status check_tensors(const checkpoint *c, const og_net_spec *spec)
{
    og_status status = OG_OK;
    og__graph graph;
    name_list missing = {0}, strangers = {0};
    og__text text = {0};
    OG_TRY(og__graph_init(spec, &graph));
    OG_GO(check_list(c, graph.params, graph.param_count, &missing));
    OG_GO(check_list(c, graph.state, graph.state_count, &missing));
    find_strangers(c, &strangers);
    describe_names(&missing, "missing", &text);
    describe_names(&strangers, "of no layer that ogive's network has", &text);
    if (text.length > 0)
        status =
            og__fail(OG_ERR_FORMAT, "%s: not the tensors of %s's network with %d stages; %s",
                     og__safetensors_path(c->file), og__foreigns[c->foreign].name, c->depth + 1, og__text_get(&text));
done:
    og__graph_deinit(&graph);
    og__text_deinit(&missing.text);
    og__text_deinit(&strangers.text);
    og__text_deinit(&text);
    return status;
}

static og_status make_net(const checkpoint *c, int channels, int classes, og_model *model)
{
    og_status status = OG_OK;
    og__placement placement;
    og_net_spec spec;
    OG_TRY(og__placement_init(&model->options, &placement));
    OG_GO(og__placement_store(&placement, &model->options));
    OG_GO(og__model_spec(&model->options, channels, classes, &spec));
    og__placement_fill(&placement, &spec);
    OG_GO(check_tensors(c, &spec));
    OG_GO(og_net_new(&spec, &model->net));
    const og__graph *g = &model->net->graph;
    OG_GO(copy_list(c, g->params, g->param_count, og_net_weights(model->net)));
    OG_GO(copy_list(c, g->state, g->state_count, og_net_state(model->net)));
done:
    og__placement_deinit(&placement);
    return status;
}

static og_status make_model(checkpoint *c, const og_import_options *how, og_model *model)
{
    int channels = 0, classes = 0;
    OG_TRY(recognise(c));
    OG_TRY(find_depth(c));
    OG_TRY(count_channels(c, &channels, &classes));
    OG_TRY(read_options(c, how, &model->options));
    c->one_output = classes == 1;
    classes += c->one_output;
    OG_TRY(name_classes(how->classes, classes, model));
    model->scaling = scaling_of(c, how->scaling, channels);
    return make_net(c, channels, classes, model);
}

og_status og_model_import(const char *path, const og_import_options *options, og_model *model)
{
    og_status status = OG_OK;
    og__safetensors *file = NULL;
    checkpoint c = {0};
    *model = (og_model){0};
    OG_GO(og_options_init(og_train_option_table(), &model->options));
    OG_GO(og__safetensors_load(path, &file));
    c.file = file;
    if (og__safetensors_count(file) == 0)
        OG_GO(og__fail(OG_ERR_FORMAT, "%s: it holds no tensors", path));
    OG_GO(og__alloc(og__safetensors_count(file), sizeof *c.known, &c.known));
    OG_GO(make_model(&c, options, model));
    OG_GO(og__model_check_weights(model));
done:
    if (status != OG_OK)
        og_model_deinit(model);
    if (status != OG_OK && !strstr(og_error_text(), path))
        status = og__fail_in(status, "%s", path);
    free(c.known);
    og__safetensors_free(file);
    return status;
}

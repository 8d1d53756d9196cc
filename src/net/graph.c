#include "net/graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "act/act.h"
#include "base/status.h"
#include "net/graph_builder.h"
#include "net/spec.h"

enum {
    NAME_BYTES = 96,
    STAGE_HEAD_NUMBER = 1 << 20, /* heads of deep supervision are numbered from here: they shift no other's weights */
};

/* Weights (first, second, [slices,] kernel, kernel). */
static int add_weights(og__builder *b, const char *name, int64_t first, int64_t second, int slices, int kernel)
{
    if (b->spec->dims == 3)
        return og__graph_add_param(b, name, ".weight", 5, (int64_t[]){first, second, slices, kernel, kernel}, true);
    return og__graph_add_param(b, name, ".weight", 4, (int64_t[]){first, second, kernel, kernel}, true);
}

/* The sources of a layer's convolutions: `main`, or that and `skip` concatenated when skip >= 0. */
typedef struct sources {
    int skip, main;
    bool strided;
} sources;

/* A convolution's window. */
typedef struct window {
    int kernel, dilation;
} window;

static const window point = {1, 1};

/* `input` is what the convolution makes for the activation: x (and mirror), or something beside it. */
static int add_conv(og__builder *b, const char *name, og_input input, sources from, int channels, window taps,
                    bool bias)
{
    int kernel = taps.kernel, reach = kernel / 2 * taps.dilation;
    bool valid = b->spec->padding == OG_PADDING_VALID && reach > 0;
    og__node n = {.kind = OG_NODE_CONV,
                  .channels = channels,
                  .stage = og__graph_stage(b, from.main) + from.strided,
                  .inset = og__graph_inset(b, from.main) + (valid ? reach << og__graph_stage(b, from.main) : 0),
                  .kernel = kernel,
                  .dilation = taps.dilation,
                  .strided = from.strided,
                  .valid = valid,
                  .slice_stride = from.strided ? b->spec->slice_stride[og__graph_stage(b, from.main)] : 1,
                  .slice_kernel = kernel > 1 ? b->spec->slice_kernel[og__graph_stage(b, from.main) + from.strided] : 1,
                  .depthwise = input == OG_INPUT_FUNNEL,
                  .input = input,
                  .number = input == OG_INPUT_X ? b->number++ : b->number - 1};
    int64_t in = 0;
    const int up_first[] = {from.main, from.skip}, skip_first[] = {from.skip, from.main};
    for (int i = 0; i < OG_CONV_SRC_MAX; i++) {
        int src = (b->spec->concat == OG_CONCAT_UP_FIRST ? up_first : skip_first)[i];
        if (src >= 0)
            n.src[n.src_count++] = src;
    }
    for (int i = 0; i < n.src_count; i++)
        in += og__graph_channels(b, n.src[i]);
    n.weight = add_weights(b, name, channels, n.depthwise ? 1 : in, n.slice_kernel, kernel);
    n.bias = bias ? og__graph_add_param(b, name, ".bias", 1, (int64_t[]){channels}, false) : OG_NO_PARAM;
    return og__graph_add_node(b, &n);
}

/* The middle of a node's value, as far as another node's reaches; the node itself where that is all of it. */
static int add_crop(og__builder *b, int src, int inset)
{
    if (og__graph_inset(b, src) == inset)
        return src;
    og__node n = og__graph_node_of(b, OG_NODE_CROP, src);
    n.inset = inset;
    return og__graph_add_node(b, &n);
}

static const og__node_norm no_norm = {OG_NO_PARAM, OG_NO_PARAM, OG_NO_PARAM, OG_NO_PARAM};

/* Neighbouring channels that share mean and variance; a group norm of one channel has one group. */
static int channels_together(const og__builder *b, int channels)
{
    if (b->spec->norm == OG_NORM_LAYER)
        return channels;
    return b->spec->norm == OG_NORM_GROUP && channels > 1 ? channels / b->spec->groups : 1;
}

static og__node_norm add_norm(og__builder *b, const char *name, int channels)
{
    og__node_norm norm = no_norm;
    if (b->spec->norm == OG_NORM_NONE)
        return norm;
    if (b->spec->norm == OG_NORM_GROUP && channels > 1 && channels % b->spec->groups != 0 && b->status == OG_OK)
        b->status =
            og__fail(OG_ERR_ARGUMENT,
                     "network groups is %d, which does not divide the %d channels of %s; choose groups, width and "
                     "width cap that fit each other",
                     b->spec->groups, channels, name);
    norm.weight = og__graph_add_param(b, name, ".weight", 1, (int64_t[]){channels}, false);
    norm.bias = og__graph_add_param(b, name, ".bias", 1, (int64_t[]){channels}, false);
    if (b->spec->norm == OG_NORM_BATCH) {
        norm.mean = og__graph_add_state(b, name, ".running_mean", channels);
        norm.variance = og__graph_add_state(b, name, ".running_var", channels);
    }
    return norm;
}

/* --- a layer: convolutions, norms, activation --------------------------------------------------------------------- */

/* One layer while it is built. */
typedef struct layer {
    const char *prefix; /* "encoder.0" */
    int unit;
    og_place place;
    sources from;
    int channels;
    const og_act *act;
    const sources *shortcut; /* what is added before the activation, or NULL */
    og__node node;           /* the NORM_ACT to be */
} layer;

/* "encoder.0.conv.1", and ".gate" behind it for what is not x. */
static void part_name(const layer *l, const char *part, og_input input, char name[NAME_BYTES])
{
    bool plain = input == OG_INPUT_X || input == OG_INPUT_MIRROR;
    snprintf(name, NAME_BYTES, "%s.%s.%d%s%s", l->prefix, part, l->unit, plain ? "" : ".",
             plain ? "" : og_input_name(input));
}

/* Whether a norm stands between a convolution and the activation; where none does, the convolution has a bias. */
static bool norm_comes_first(const og__builder *b)
{
    return b->spec->norm != OG_NORM_NONE && b->spec->order == OG_ORDER_NORM_ACT;
}

/* A convolution of the layer's sources, or of `from`. */
static int add_layer_conv(og__builder *b, const layer *l, og_input input, sources from, int channels)
{
    char name[NAME_BYTES];
    part_name(l, "conv", input, name);
    bool bottom = l->place == OG_PLACE_BOTTLENECK && b->spec->dilation_bottleneck > 0;
    window taps = {b->spec->kernel, bottom ? b->spec->dilation_bottleneck : b->spec->dilation};
    if (input == OG_INPUT_FUNNEL)
        taps = (window){3, 1}; /* which belongs to the function */
    return add_conv(b, name, input, from, channels, taps, !norm_comes_first(b) || b->spec->conv_bias);
}

static og__node_norm add_layer_norm(og__builder *b, const layer *l, og_input input, int channels)
{
    char name[NAME_BYTES];
    if (!norm_comes_first(b))
        return no_norm;
    part_name(l, "norm", input, name);
    return add_norm(b, name, channels);
}

static og__node norm_act_node(const og__builder *b, int src)
{
    og__node n = og__graph_node_of(b, OG_NODE_NORM_ACT, src);
    n.layer = OG_NO_LAYER;
    n.together = channels_together(b, n.channels);
    n.norms[0] = n.norms[1] = no_norm;
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++)
        n.act_params[k] = OG_NO_PARAM;
    return n;
}

static void add_operand(og__node *n, int src, og__node_norm norm)
{
    n->src[n->src_count] = src;
    n->norms[n->src_count++] = norm;
}

/* One of the network's own functions of one value or two, each with its norm. */
static int add_own(og__builder *b, og__own_act own, int first, og__node_norm first_norm, int second,
                   og__node_norm second_norm)
{
    og__node n = norm_act_node(b, first);
    n.own = own;
    n.norms[0] = first_norm;
    if (second >= 0)
        add_operand(&n, second, second_norm);
    return og__graph_add_node(b, &n);
}

/* The block's input as it is, or where it has other channels a 1 x 1 convolution of it. The image's gradient is not
 * wanted, so that it is not added as it is. */
static int add_shortcut(og__builder *b, const layer *l, int conv, og__node_norm norm, int channels)
{
    const sources *from = l->shortcut;
    int inset = og__graph_inset(b, conv);
    char name[NAME_BYTES];
    if (from->skip < 0 && from->main > 0 && !from->strided && og__graph_channels(b, from->main) == channels)
        return add_own(b, OG_OWN_SUM, conv, norm, add_crop(b, from->main, inset), no_norm);
    snprintf(name, sizeof name, "%s.shortcut.conv", l->prefix);
    int at = add_conv(b, name, OG_INPUT_X, *from, channels, point, !norm_comes_first(b) || b->spec->conv_bias);
    at = add_crop(b, at, inset);
    snprintf(name, sizeof name, "%s.shortcut.norm", l->prefix);
    return add_own(b, OG_OWN_SUM, conv, norm, at, norm_comes_first(b) ? add_norm(b, name, channels) : no_norm);
}

/* x or mirror. Where the activation's other nodes read it, too, the normalised values are a node of their own. */
static void add_first_operand(og__builder *b, layer *l, bool mirrored, bool apart)
{
    int channels = mirrored ? (l->channels + 1) / 2 : l->channels;
    int at = add_layer_conv(b, l, OG_INPUT_X, l->from, channels);
    og__node_norm norm = add_layer_norm(b, l, OG_INPUT_X, channels);
    l->node = norm_act_node(b, at);
    l->node.src_count = 0;
    l->node.channels = l->channels;
    l->node.together = channels_together(b, l->channels);
    if (!apart && !l->shortcut) {
        add_operand(&l->node, at, norm);
        return;
    }
    if (l->shortcut)
        at = add_shortcut(b, l, at, norm, channels);
    else if (norm.weight != OG_NO_PARAM)
        at = add_own(b, OG_OWN_IDENTITY, at, norm, -1, no_norm);
    if (mirrored) {
        og__node mirror = og__graph_node_of(b, OG_NODE_MIRROR, at);
        mirror.channels = l->channels;
        at = og__graph_add_node(b, &mirror);
    }
    add_operand(&l->node, at, no_norm);
}

/* A funnel that is not padded covers less than the other operands. */
static void align_operands(og__builder *b, og__node *n)
{
    for (int i = 0; i < n->src_count; i++)
        n->inset = og__graph_inset(b, n->src[i]) > n->inset ? og__graph_inset(b, n->src[i]) : n->inset;
    for (int i = 0; i < n->src_count; i++)
        n->src[i] = add_crop(b, n->src[i], n->inset);
}

static void add_operands(og__builder *b, layer *l)
{
    og_input operands[OG_INPUT_COUNT];
    int count = og__act_operands(l->act, operands);
    bool mirrored = operands[0] == OG_INPUT_MIRROR;
    add_first_operand(b, l, mirrored, mirrored || l->act->uses[OG_INPUT_FUNNEL]);
    for (int i = 1; i < count; i++) {
        if (operands[i] == OG_INPUT_NOISE)
            continue;
        sources from = operands[i] == OG_INPUT_FUNNEL ? (sources){-1, l->node.src[0], false} : l->from;
        int conv = add_layer_conv(b, l, operands[i], from, l->channels);
        add_operand(&l->node, conv, add_layer_norm(b, l, operands[i], l->channels));
    }
    align_operands(b, &l->node);
}

/* Whether dropout follows a layer. */
static bool is_dropped(const og__builder *b, const layer *l)
{
    bool lowest =
        l->place == OG_PLACE_BOTTLENECK || (l->place == OG_PLACE_ENCODER && l->node.stage == b->spec->depth - 1);
    return b->spec->dropout > 0 && (b->spec->dropout_at == OG_DROPOUT_ALL || (lowest && l->unit == b->spec->convs - 1));
}

static void add_act_params(og__builder *b, layer *l)
{
    for (size_t k = 0; k < og_act_param_count(l->act); k++) {
        og_act_param p = og_act_param_at(l->act, k);
        char name[160];
        if (p.learn == OG_LEARN_NO || p.source == OG_PARAM_EXCITE)
            continue;
        snprintf(name, sizeof name, "%s.act.%d.%s", l->prefix, l->unit, p.name);
        int64_t shape[] = {p.learn == OG_LEARN_CHANNEL ? l->channels : 1};
        l->node.act_params[k] = og__graph_add_param(b, name, "", 1, shape, false);
    }
}

/* The small layers of excited parameters; they are not decayed, as no parameter of an activation is. */
static void add_excite(og__builder *b, layer *l)
{
    og__node_excite *e = &l->node.excite;
    char name[NAME_BYTES];
    for (size_t k = 0; k < og_act_param_count(l->act); k++) {
        og_act_param p = og_act_param_at(l->act, k);
        if (p.source != OG_PARAM_EXCITE)
            continue;
        int hidden = (int)((float)l->channels / p.first);
        e->hidden = hidden > (int)p.first ? hidden : (int)p.first;
        e->relu = p.second != 0;
        e->values += p.learn == OG_LEARN_LAYER ? 1 : l->channels;
    }
    if (e->hidden == 0)
        return;
    snprintf(name, sizeof name, "%s.act.%d.excite", l->prefix, l->unit);
    e->fc1_weight = og__graph_add_param(b, name, ".fc1.weight", 2, (int64_t[]){e->hidden, l->channels}, false);
    e->fc1_bias = og__graph_add_param(b, name, ".fc1.bias", 1, (int64_t[]){e->hidden}, false);
    e->fc2_weight = og__graph_add_param(b, name, ".fc2.weight", 2, (int64_t[]){e->values, e->hidden}, false);
    e->fc2_bias = og__graph_add_param(b, name, ".fc2.bias", 1, (int64_t[]){e->values}, false);
}

static int add_layer(og__builder *b, layer *l)
{
    char name[NAME_BYTES];
    add_operands(b, l);
    add_act_params(b, l);
    add_excite(b, l);
    l->node.drops = is_dropped(b, l);
    snprintf(name, sizeof name, ".%d", l->unit);
    l->node.layer = og__graph_add_layer(
        b, l->prefix, name, &(og_layer){.place = l->place, .stage = l->node.stage, .channels = l->channels});
    b->number++;
    int at = og__graph_add_node(b, &l->node);
    if (b->spec->norm == OG_NORM_NONE || norm_comes_first(b))
        return at;
    part_name(l, "norm", OG_INPUT_X, name);
    return add_own(b, OG_OWN_IDENTITY, at, add_norm(b, name, l->channels), -1, no_norm);
}

/* Some times convolution, norm, activation; the last one makes `last` channels. */
static int add_block(og__builder *b, const char *prefix, og_place place, sources from, int channels, int last)
{
    const og_act *act = b->spec->acts[place][og__graph_stage(b, from.main) + from.strided];
    const sources input = from;
    for (int unit = 0; unit < b->spec->convs && b->status == OG_OK; unit++) {
        bool ends = unit == b->spec->convs - 1;
        const sources *shortcut = b->spec->residual && ends ? &input : NULL;
        layer l = {prefix, unit, place, from, ends ? last : channels, act, shortcut, {0}};
        from = (sources){-1, add_layer(b, &l), false};
    }
    return from.main;
}

/* --- between the layers ------------------------------------------------------------------------------------------- */

static int add_pool(og__builder *b, int src)
{
    og__node n = og__graph_node_of(b, OG_NODE_POOL, src);
    n.slice_stride = b->spec->slice_stride[n.stage];
    n.stage++;
    n.average = b->spec->down == OG_DOWN_AVERAGE;
    n.number = b->number++;
    return og__graph_add_node(b, &n);
}

/* Up to the next finer stage: what reads `src` and has its own weights goes to that stage's channels, a resize keeps
 * them. */
static int add_up(og__builder *b, const char *prefix, int src, int channels)
{
    if (b->status != OG_OK) /* there is no stage below that of `src` */
        return 0;
    og__node n = og__graph_node_of(b, OG_NODE_UP, src);
    char name[NAME_BYTES];
    n.stage--;
    n.slice_stride = b->spec->slice_stride[n.stage];
    snprintf(name, sizeof name, "%s.up", prefix);
    switch (b->spec->up) {
    case OG_UP_TRANSPOSED:
        n.kernel = 2;
        n.slice_kernel = n.slice_stride;
        n.channels = channels;
        n.weight = add_weights(b, name, og__graph_channels(b, src), channels, n.slice_kernel, n.kernel);
        n.bias = og__graph_add_param(b, name, ".bias", 1, (int64_t[]){channels}, false);
        break;
    case OG_UP_PIXEL_SHUFFLE:
        n.kind = OG_NODE_SHUFFLE;
        n.channels = channels;
        n.src[0] =
            add_conv(b, name, OG_INPUT_X, (sources){-1, src, false}, OG_SHUFFLE_AREA * channels, (window){3, 1}, true);
        if (b->status == OG_OK)
            b->graph->nodes[n.src[0]].shuffled = true;
        break;
    case OG_UP_BILINEAR:
    case OG_UP_BILINEAR_CORNERS:
    case OG_UP_NEAREST:
        if (b->spec->skip == OG_SKIP_ADD && n.channels != channels) { /* before the resize, where it costs a quarter */
            n.src[0] = add_conv(b, name, OG_INPUT_X, (sources){-1, src, false}, channels, point, true);
            n.channels = channels;
        }
        n.kind = OG_NODE_RESIZE;
        n.corners = b->spec->up == OG_UP_BILINEAR_CORNERS;
        n.nearest = b->spec->up == OG_UP_NEAREST;
        break;
    }
    n.inset = og__graph_inset(b, n.src[0]);
    n.number = b->number++;
    int at = og__graph_add_node(b, &n);
    /* The outermost pixels of what is enlarged bilinearly are made of values beyond the border. */
    bool looks_over = b->spec->padding == OG_PADDING_VALID && b->spec->up == OG_UP_BILINEAR;
    return looks_over ? add_crop(b, at, n.inset + (1 << n.stage)) : at;
}

/* An attention gate (Oktay et al. 2018, section 2), with the values of the finer stage on both sides:
 *
 *   a = sigmoid(norm(W relu(norm(W_skip skip) + norm(W_up up)))), one number per pixel;  result = a * skip
 *
 * W_skip and W_up go to half of the channels. */
static int add_attention(og__builder *b, const char *prefix, int skip, int up)
{
    static const char *const parts[] = {"skip", "up", "map"};
    const int sides[] = {skip, up};
    int inner = (og__graph_channels(b, skip) + 1) / 2, convs[3], at = 0;
    bool bias = b->spec->norm == OG_NORM_NONE || b->spec->conv_bias;
    og__node_norm norms[3];
    for (int i = 0; i < 3; i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s.attention.%s.conv", prefix, parts[i]);
        convs[i] =
            add_conv(b, name, OG_INPUT_X, (sources){-1, i < 2 ? sides[i] : at, false}, i < 2 ? inner : 1, point, bias);
        snprintf(name, sizeof name, "%s.attention.%s.norm", prefix, parts[i]);
        norms[i] = add_norm(b, name, i < 2 ? inner : 1);
        if (i == 1)
            at = add_own(b, OG_OWN_SUM_RELU, convs[0], norms[0], convs[1], norms[1]);
    }
    at = add_own(b, OG_OWN_SIGMOID, convs[2], norms[2], -1, no_norm);
    og__node n = og__graph_node_of(b, OG_NODE_GATE, skip);
    n.src[n.src_count++] = at;
    return og__graph_add_node(b, &n);
}

/* A decoder's stage: enlarge, bring in the encoder's values (skip >= 0), convolve. */
static int add_stage(og__builder *b, const char *prefix, int src, int skip, int channels, int last)
{
    bool adds = skip >= 0 && b->spec->skip == OG_SKIP_ADD;
    int at = add_up(b, prefix, src, adds ? og__graph_channels(b, skip) : channels);
    if (skip >= 0)
        skip = add_crop(b, skip, og__graph_inset(b, at));
    if (skip >= 0 && b->spec->skip == OG_SKIP_ATTENTION)
        skip = add_attention(b, prefix, skip, at);
    if (adds) {
        at = add_own(b, OG_OWN_SUM, at, no_norm, skip, no_norm);
        skip = -1;
    }
    return add_block(b, prefix, OG_PLACE_DECODER, (sources){skip, at, false}, channels, last);
}

/* Share of a stage's head in the loss: halved with each stage, none for the coarsest, in all 1. */
static double head_share(const og_net_spec *spec, int stage)
{
    int heads = spec->deep_supervision && spec->depth > 1 ? spec->depth - 1 : 1;
    double total = 2 - ldexp(1, 1 - heads);
    return stage < heads ? ldexp(1, -stage) / total : 0;
}

static int add_planes(og__builder *b, int src)
{
    og__node n = og__graph_node_of(b, OG_NODE_PLANES, src);
    n.number = b->number++;
    return og__graph_add_node(b, &n);
}

/* Stage 0's makes the result; the others only serve the training. */
static void add_head(og__builder *b, int src, int stage)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, stage > 0 ? "decoder.%d.head" : "head", stage);
    int number = b->number;
    if (stage > 0)
        b->number = STAGE_HEAD_NUMBER + stage;
    window taps = {b->spec->head_kernel == 3 ? 3 : 1, 1};
    int at = add_conv(b, name, OG_INPUT_X, (sources){-1, src, false}, b->spec->classes, taps, true);
    if (taps.kernel > 1) /* only a 1 x 1 convolution makes planes by itself */
        at = add_planes(b, at);
    if (stage > 0)
        b->number = number;
    if (b->status != OG_OK)
        return;
    b->graph->nodes[at].head = true;
    b->graph->nodes[at].loss_share = head_share(b->spec, stage);
}

/* Down to the next stage: pooled, or left to that stage's first convolution. */
static sources add_down(og__builder *b, int src)
{
    if (b->spec->down == OG_DOWN_STRIDED) {
        b->number++; /* so that the layers' weights begin alike */
        return (sources){-1, src, true};
    }
    return (sources){-1, add_pool(b, src), false};
}

static sources add_encoder(og__builder *b, int input, int skips[OG_STAGES_MAX])
{
    const og_net_spec *spec = b->spec;
    char prefix[NAME_BYTES];
    sources from = {-1, input, false};
    for (int stage = 0; stage < spec->depth; stage++) {
        int channels = og__spec_channels(spec, stage), at = input;
        skips[stage] = -1;
        if (channels > 0) {
            snprintf(prefix, sizeof prefix, "encoder.%d", stage);
            skips[stage] = at = add_block(b, prefix, OG_PLACE_ENCODER, from, channels, channels);
        }
        from = add_down(b, at);
    }
    return from;
}

og_status og__graph_init(const og_net_spec *spec, og__graph *graph)
{
    og_net_spec resolved = *spec;
    og__spec_resolve_slices(&resolved);
    og__builder b = {.graph = graph, .spec = &resolved};
    int skips[OG_STAGES_MAX], channels = og__spec_channels(spec, spec->depth);
    char prefix[NAME_BYTES];
    *graph = (og__graph){0};
    int at =
        og__graph_add_node(&b, &(og__node){.kind = OG_NODE_INPUT, .channels = spec->in_channels, .number = b.number++});
    sources from = add_encoder(&b, at, skips);
    int narrow = spec->narrow ? og__spec_decoder_channels(spec, spec->depth - 1) : channels;
    at = add_block(&b, "bottleneck", OG_PLACE_BOTTLENECK, from, narrow, narrow);
    for (int stage = spec->depth - 1; stage >= 0; stage--) {
        snprintf(prefix, sizeof prefix, "decoder.%d", stage);
        channels = og__spec_decoder_channels(spec, stage);
        narrow = spec->narrow && stage > 0 ? og__spec_decoder_channels(spec, stage - 1) : channels;
        at = add_stage(&b, prefix, at, skips[stage], channels, narrow);
        if (stage == 0 || spec->deep_supervision)
            add_head(&b, at, stage);
    }
    if (b.status != OG_OK)
        og__graph_deinit(graph);
    return b.status;
}

void og__graph_deinit(og__graph *graph)
{
    for (size_t i = 0; i < graph->param_count; i++)
        free((char *)graph->params[i].name);
    for (size_t i = 0; i < graph->state_count; i++)
        free((char *)graph->state[i].name);
    for (size_t i = 0; i < graph->layer_count; i++)
        free((char *)graph->layers[i].name);
    free(graph->nodes);
    free(graph->params);
    free(graph->state);
    free(graph->layers);
    *graph = (og__graph){0};
}

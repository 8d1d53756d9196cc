#include "net/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/facts.h>

#include "base/memory.h"
#include "base/random.h"
#include "kernel/ops.h"
#include "net/spec.h"

enum { WIDTH_CAP_MAX = 8192 };

static og_status check_range(const char *what, int value, int min, int max)
{
    if (value >= min && value <= max)
        return OG_OK;
    return og__fail(OG_ERR_ARGUMENT, "network %s is %d; it must be from %d to %d", what, value, min, max);
}

bool og_place_exists(int depth, og_place place, int stage)
{
    if (place == OG_PLACE_BOTTLENECK)
        return stage == depth;
    return stage >= 0 && stage < depth;
}

void og_net_spec_fill(og_net_spec *spec, const og_act *act)
{
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            spec->acts[place][stage] = og_place_exists(spec->depth, place, stage) ? act : NULL;
}

static og_status check_acts(const og_net_spec *spec)
{
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            if (og_place_exists(spec->depth, place, stage) && !spec->acts[place][stage])
                return og__fail(OG_ERR_ARGUMENT, "the network's place %d has no activation in stage %d", (int)place,
                                stage);
    return OG_OK;
}

/* Listed channels: of every stage from `first` on, and of the first stage possibly none. */
static og_status check_widths(const char *what, const int *widths, int first, int stages)
{
    for (int stage = first; stage < stages; stage++)
        OG_TRY(check_range(what, widths[stage], 1, WIDTH_CAP_MAX));
    return OG_OK;
}

/* 0 in a field that has a usual value stands for that. */
static void set_defaults(og_net_spec *spec)
{
    const struct {
        int *field, value;
    } defaults[] = {{&spec->convs, 2}, {&spec->kernel, 3}, {&spec->dilation, 1}, {&spec->groups, 8}};
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (*defaults[i].field == 0)
            *defaults[i].field = defaults[i].value;
}

static og_status check_slices(const og_net_spec *spec)
{
    bool halved = false;
    if (spec->dims != 0 && spec->dims != 2 && spec->dims != 3)
        return og__fail(OG_ERR_ARGUMENT, "a network of %d dimensions; there are 2 and 3", spec->dims);
    for (int stage = 0; stage <= spec->depth && spec->dims == 3; stage++) {
        int kernel = spec->slice_kernel[stage], stride = stage < spec->depth ? spec->slice_stride[stage] : 0;
        if (kernel != 0 && kernel != 1 && kernel != 3)
            return og__fail(OG_ERR_ARGUMENT, "stage %d: a kernel of %d slices; it must be 1 or 3", stage, kernel);
        if (stride < 0 || stride > 2)
            return og__fail(OG_ERR_ARGUMENT, "stage %d: a stride of %d slices; it must be 1 or 2", stage, stride);
        halved = halved || (stage < spec->depth && stride != 1);
    }
    if (spec->dims == 3 && (spec->kernel > 3 || spec->dilation > 1 || spec->dilation_bottleneck > 1))
        return og__fail(OG_ERR_UNSUPPORTED, "kernel and dilation: volumes take kernels of 1 or 3 and no dilation");
    if (halved && spec->up == OG_UP_PIXEL_SHUFFLE)
        return og__fail(OG_ERR_UNSUPPORTED, "up: pixel-shuffle is of images; volumes take transposed, bilinear or "
                                            "nearest, or a stride of 1 along the slices everywhere");
    return OG_OK;
}

/* Without padding every pixel of the result must depend on its surroundings in the same way. */
static og_status check_padding(const og_net_spec *spec)
{
    OG_TRY(check_range("padding", (int)spec->padding, OG_PADDING_SAME, OG_PADDING_VALID));
    if (spec->padding == OG_PADDING_SAME)
        return OG_OK;
    if (spec->dims == 3)
        return og__fail(OG_ERR_UNSUPPORTED, "padding valid: networks of volumes have padding same");
    if (spec->down == OG_DOWN_STRIDED)
        return og__fail(OG_ERR_UNSUPPORTED, "padding valid: down is strided, whose pixels do not lie in the middle of "
                                            "those that they stand for; take max or average");
    if (spec->up == OG_UP_BILINEAR_CORNERS)
        return og__fail(OG_ERR_UNSUPPORTED, "padding valid: up is bilinear-corners, which depends on the size of the "
                                            "image; take transposed, bilinear, nearest or pixel-shuffle");
    return OG_OK;
}

static og_status check_spec(const og_net_spec *spec)
{
    OG_TRY(check_range("input channels", spec->in_channels, 1, 1024));
    OG_TRY(check_range("classes", spec->classes, 2, OG_LABEL_IGNORE));
    OG_TRY(check_range("depth", spec->depth, 1, OG_DEPTH_MAX));
    OG_TRY(check_range("width", spec->width, 1, 4096));
    OG_TRY(check_range("width cap", spec->width_cap, spec->width, WIDTH_CAP_MAX));
    if (spec->head_kernel != 0 && spec->head_kernel != 3)
        OG_TRY(check_range("head's kernel", spec->head_kernel, 1, 1));
    if (spec->widths[spec->depth] > 0)
        OG_TRY(check_widths("width of a listed stage", spec->widths, spec->widths[0] == 0, spec->depth + 1));
    if (spec->decoder_widths[0] > 0)
        OG_TRY(check_widths("width of a listed decoder stage", spec->decoder_widths, 0, spec->depth));
    OG_TRY(check_range("convs (convolutions per stage)", spec->convs, 1, OG_CONVS_MAX));
    OG_TRY(check_range("kernel", spec->kernel, 1, 7));
    if (spec->kernel % 2 == 0)
        return og__fail(OG_ERR_ARGUMENT, "network kernel is %d; it must be 1, 3, 5 or 7", spec->kernel);
    OG_TRY(check_range("dilation", spec->dilation, 1, OG_DILATION_MAX));
    OG_TRY(check_range("dilation-bottleneck", spec->dilation_bottleneck, 0, OG_DILATION_MAX));
    OG_TRY(check_range("norm", (int)spec->norm, OG_NORM_BATCH, OG_NORM_NONE));
    OG_TRY(check_range("groups", spec->groups, 1, WIDTH_CAP_MAX));
    OG_TRY(check_range("order", (int)spec->order, OG_ORDER_NORM_ACT, OG_ORDER_ACT_NORM));
    OG_TRY(check_range("down", (int)spec->down, OG_DOWN_MAX, OG_DOWN_STRIDED));
    OG_TRY(check_range("up", (int)spec->up, OG_UP_TRANSPOSED, OG_UP_PIXEL_SHUFFLE));
    OG_TRY(check_range("skip", (int)spec->skip, OG_SKIP_CONCATENATE, OG_SKIP_ATTENTION));
    if (!(spec->dropout >= 0 && spec->dropout < 1))
        return og__fail(OG_ERR_ARGUMENT, "network dropout is %g; it must be from 0 to below 1", spec->dropout);
    OG_TRY(check_range("dropout-at", (int)spec->dropout_at, OG_DROPOUT_ALL, OG_DROPOUT_CONTRACTED));
    OG_TRY(check_slices(spec));
    OG_TRY(check_padding(spec));
    return check_acts(spec);
}

/* Own copies of the activations and the head. What cannot be trained is refused here, with the reason. */
static og_status copy_functions(const og_net_spec *from, og_net_spec *to)
{
    og_head *head;
    const char *checked = "";
    to->head = NULL;
    og_net_spec_fill(to, NULL);
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++) {
            og_act *act = NULL;
            if (og_place_exists(from->depth, place, stage))
                OG_TRY(og_act_parse(og_act_text(from->acts[place][stage]), &act));
            to->acts[place][stage] = act;
            if (!act || strcmp(og_act_text(act), checked) == 0)
                continue;
            OG_TRY(og_act_check(act, NULL));
            checked = og_act_text(act);
        }
    OG_TRY(og_head_parse(from->head ? og_head_text(from->head) : og_head_at(0)->id, &head));
    to->head = head;
    return OG_OK;
}

static const char *const own_acts[OG_OWN_COUNT] = {
#define OG_OWN_ACT(id, name, formula) formula,
#include "net/own_acts.def"
#undef OG_OWN_ACT
};

og_status og_net_new(const og_net_spec *spec, og_net **net)
{
    og_status status = OG_OK;
    og_net *made = NULL;
    *net = NULL;
    og_net_spec own = *spec;
    set_defaults(&own);
    OG_TRY(check_spec(&own));
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->spec = own;
    og__spec_resolve_slices(&made->spec);
    OG_GO(copy_functions(spec, &made->spec));
    for (og__own_act i = 0; i < OG_OWN_COUNT; i++)
        OG_GO(og_act_parse(own_acts[i], &made->own[i]));
    OG_GO(og__graph_init(&made->spec, &made->graph));
    OG_GO(og__alloc(made->graph.weight_count, sizeof(float), &made->weights));
    OG_GO(og__alloc(made->graph.state_size, sizeof(float), &made->state));
    OG_GO(og__alloc(made->graph.state_count, sizeof *made->fixed, &made->fixed));
    *net = made;
    made = NULL;
done:
    og_net_free(made);
    return status;
}

void og_net_free(og_net *net)
{
    if (!net)
        return;
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++)
            og_act_free((og_act *)net->spec.acts[place][stage]);
    og_head_free((og_head *)net->spec.head);
    for (og__own_act i = 0; i < OG_OWN_COUNT; i++)
        og_act_free(net->own[i]);
    og__graph_deinit(&net->graph);
    free(net->weights);
    free(net->gradients);
    free(net->state);
    free(net->fixed);
    free(net);
}

og_status og__net_open_gradients(og_net *net)
{
    return net->gradients ? OG_OK : og__alloc(net->graph.weight_count, sizeof(float), &net->gradients);
}

/* Nodes hold numbers alone: bytes between them may differ, and make the answer no. */
bool og__net_is_alike(const og_net *net, const og_net *other)
{
    const og__graph *a = &net->graph, *b = &other->graph;
    if (a->node_count != b->node_count || a->param_count != b->param_count || a->weight_count != b->weight_count ||
        a->state_size != b->state_size || a->layer_count != b->layer_count || net->spec.norm != other->spec.norm ||
        net->spec.dims != other->spec.dims || strcmp(og_head_text(net->spec.head), og_head_text(other->spec.head)) != 0)
        return false;
    for (int i = 0; i < a->node_count; i++)
        if (memcmp(&a->nodes[i], &b->nodes[i], sizeof a->nodes[i]) != 0 ||
            (a->nodes[i].kind == OG_NODE_NORM_ACT &&
             strcmp(og_act_text(og__net_act(net, &a->nodes[i])), og_act_text(og__net_act(other, &b->nodes[i]))) != 0))
            return false;
    for (size_t i = 0; i < a->param_count; i++)
        if (a->params[i].offset != b->params[i].offset || a->params[i].count != b->params[i].count)
            return false;
    return true;
}

/* --- initial weights ---------------------------------------------------------------------------------------------- */

static og_status act_gain(og_net *net, const og_act *act, double *gain)
{
    if (!net->gain_act || strcmp(og_act_text(net->gain_act), og_act_text(act)) != 0) {
        og_act_moments moments;
        OG_TRY(og_act_moments_at(act, 0, 1, NULL, &moments));
        net->gain_act = act;
        net->gain = isfinite(moments.gain) && moments.gain > 0 ? moments.gain : 1;
    }
    *gain = net->gain;
    return OG_OK;
}

/* The gain by which weights that read `node` are drawn: that of the activation that made the values. A pooled or
 * enlarged activation keeps it; the image and a transposed convolution's result are about linear. */
static og_status source_gain(og_net *net, int node, double *gain)
{
    const og__node *n = &net->graph.nodes[node];
    while (n->kind == OG_NODE_POOL || n->kind == OG_NODE_RESIZE || n->kind == OG_NODE_MIRROR ||
           n->kind == OG_NODE_GATE || n->kind == OG_NODE_CROP)
        n = &net->graph.nodes[n->src[0]];
    *gain = 1;
    if (n->kind != OG_NODE_NORM_ACT)
        return OG_OK;
    return act_gain(net, og__net_act(net, n), gain);
}

/* Streams are numbered by what the node is for, not by parameter or node: an activation with parameters or inputs of
 * its own must not shift the others. */
static uint64_t stream_item(const og__node *node, int source)
{
    return (uint64_t)node->input << 32 | ((uint64_t)node->number * OG_CONV_SRC_MAX + (uint64_t)source);
}

/* Runs of weights that are drawn together, the unit of parallel work. */
enum { DRAW_RUN = 1 << 14 };

/* Normal numbers of one stream, `inner` at a time, every `stride` weights of a parameter from `first` on. */
static void draw(og_net *net, const og_param *p, size_t first, size_t inner, size_t stride, double sd, uint64_t seed,
                 uint64_t item, int threads)
{
    const og__ops *ops = og__ops_for(og__cpu_isa());
    if (inner == stride)
        inner = stride = p->count;
    size_t runs = (inner + DRAW_RUN - 1) / DRAW_RUN, count = p->count / stride * runs;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < count; i++) {
        size_t outer = i / runs, at = i % runs * DRAW_RUN, length = inner - at < DRAW_RUN ? inner - at : DRAW_RUN;
        ops->normals(length, outer * inner + at, seed, OG_STREAM_WEIGHTS, item, sd,
                     net->weights + p->offset + outer * stride + first + at);
    }
}

/* The four pixels that come of one begin alike: no checkerboard (Aitken et al. 2017). (outputs, taps) */
static void level_pixels(float *weights, size_t taps, size_t outputs)
{
    for (size_t o = 0; o < outputs; o++)
        if (o % OG_SHUFFLE_AREA != 0)
            memcpy(weights + o * taps, weights + o / OG_SHUFFLE_AREA * OG_SHUFFLE_AREA * taps, taps * sizeof *weights);
}

/* He-normal: sd = gain / sqrt(fan_in). A concatenated source has its own gain for each part, and its own random
 * stream, so that seeds pair activations: the same numbers, another factor. */
static og_status init_conv(og_net *net, int node, uint64_t seed, int threads)
{
    const og__node *n = &net->graph.nodes[node];
    const og_param *p = &net->graph.params[n->weight];
    size_t area = (size_t)n->kernel * (size_t)n->kernel * (size_t)n->slice_kernel, first = 0;
    for (int i = 0; i < n->src_count; i++) {
        double gain;
        size_t channels = n->depthwise ? 1 : (size_t)net->graph.nodes[n->src[i]].channels;
        OG_TRY(source_gain(net, n->src[i], &gain));
        double sd = gain / sqrt((double)((size_t)p->shape[1] * area));
        draw(net, p, first, channels * area, (size_t)p->shape[1] * area, sd, seed, stream_item(n, i), threads);
        first += channels * area;
    }
    if (n->shuffled)
        level_pixels(net->weights + p->offset, p->count / (size_t)p->shape[0], (size_t)p->shape[0]);
    return OG_OK;
}

/* Each output pixel of a transposed convolution whose stride is its kernel sums over the input channels once:
 * fan_in = I. */
static og_status init_up(og_net *net, int node, uint64_t seed, int threads)
{
    const og__node *n = &net->graph.nodes[node];
    const og_param *p = &net->graph.params[n->weight];
    double gain;
    OG_TRY(source_gain(net, n->src[0], &gain));
    draw(net, p, 0, p->count, p->count, gain / sqrt((double)p->shape[0]), seed, stream_item(n, 0), threads);
    return OG_OK;
}

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

/* Tensors of a layer that are drawn from OG_STREAM_ACT: the function's parameters, then those of excitation. */
enum { DRAW_FC1 = OG_ACT_PARAMS_MAX, DRAW_FC2, DRAWS_PER_LAYER };

static og__random act_random(const og__node *n, int draw, uint64_t seed)
{
    return og__random_at(seed, OG_STREAM_ACT, (uint64_t)n->layer * DRAWS_PER_LAYER + (uint64_t)draw);
}

static void init_act_param(og_net *net, const og__node *n, int k, uint64_t seed)
{
    og_act_param param = og_act_param_at(og__net_act(net, n), (size_t)k);
    float *values = og__net_weight(net, n->act_params[k]);
    size_t count = net->graph.params[n->act_params[k]].count;
    og__random random = act_random(n, k, seed);
    for (size_t i = 0; i < count; i++)
        switch (param.source) {
        case OG_PARAM_UNIFORM:
            values[i] = param.first + (param.second - param.first) * og__random_uniform(&random);
            break;
        case OG_PARAM_NORMAL:
            values[i] = param.first + param.second * og__random_normal(&random);
            break;
        default:
            values[i] = param.value;
        }
}

/* Excited values begin near 1/2: the second layer's weights are a tenth of those that keep the variance. */
static void init_excite(og_net *net, const og__node *n, uint64_t seed)
{
    const og__node_excite *e = &n->excite;
    double sd = sqrt((e->relu ? 2.0 : 1.0) / n->channels);
    const struct {
        int param, draw;
        double sd;
    } layers[] = {{e->fc1_weight, DRAW_FC1, sd}, {e->fc2_weight, DRAW_FC2, 0.1 / sqrt(e->hidden)}};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        og__random random = act_random(n, layers[i].draw, seed);
        float *weights = og__net_weight(net, layers[i].param);
        for (size_t k = 0; k < net->graph.params[layers[i].param].count; k++)
            weights[k] = (float)(layers[i].sd * (double)og__random_normal(&random));
    }
}

static void init_norm_act(og_net *net, const og__node *n, uint64_t seed)
{
    const og__graph *g = &net->graph;
    for (int i = 0; i < n->src_count; i++) {
        if (n->norms[i].weight != OG_NO_PARAM)
            fill(og__net_weight(net, n->norms[i].weight), g->params[n->norms[i].weight].count, 1);
        if (n->norms[i].variance != OG_NO_PARAM)
            fill(og__net_running(net, n->norms[i].variance), g->state[n->norms[i].variance].count, 1);
    }
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++)
        if (n->act_params[k] != OG_NO_PARAM)
            init_act_param(net, n, k, seed);
    if (n->excite.hidden > 0)
        init_excite(net, n, seed);
}

og_status og_net_init(og_net *net, uint64_t seed, int threads)
{
    fill(net->weights, net->graph.weight_count, 0);
    fill(net->state, net->graph.state_size, 0);
    for (int i = 0; i < net->graph.node_count; i++) {
        const og__node *n = &net->graph.nodes[i];
        if (n->kind == OG_NODE_CONV)
            OG_TRY(init_conv(net, i, seed, threads));
        else if (n->kind == OG_NODE_UP)
            OG_TRY(init_up(net, i, seed, threads));
        else if (n->kind == OG_NODE_NORM_ACT)
            init_norm_act(net, n, seed);
    }
    return OG_OK;
}

/* --- what a net tells about itself -------------------------------------------------------------------------------- */

size_t og_net_param_count(const og_net *net)
{
    return net->graph.param_count;
}

const og_param *og_net_param_at(const og_net *net, size_t index)
{
    return &net->graph.params[index];
}

size_t og_net_weight_count(const og_net *net)
{
    return net->graph.weight_count;
}

float *og_net_weights(og_net *net)
{
    return net->weights;
}

float *og_net_gradients(og_net *net)
{
    return net->gradients;
}

size_t og_net_state_count(const og_net *net)
{
    return net->graph.state_count;
}

const og_param *og_net_state_at(const og_net *net, size_t index)
{
    return &net->graph.state[index];
}

size_t og_net_state_size(const og_net *net)
{
    return net->graph.state_size;
}

float *og_net_state(og_net *net)
{
    return net->state;
}

void og_net_fix_state(og_net *net, size_t index)
{
    net->fixed[index] = true;
}

int og_net_size_multiple(const og_net *net)
{
    return 1 << net->spec.depth;
}

int og_net_margin(const og_net *net)
{
    return net->graph.nodes[net->graph.node_count - 1].inset;
}

static bool takes_side(const og_net *net, int side)
{
    for (int i = 0; i < net->graph.node_count; i++) {
        const og__node *n = &net->graph.nodes[i];
        int covered = side - 2 * n->inset;
        if (covered < 1 << n->stage || covered % (1 << n->stage) != 0)
            return false;
    }
    return true;
}

int og_net_size_from(const og_net *net, int size)
{
    int least = 2 * og_net_margin(net), side = size > least ? size : least;
    while (!takes_side(net, side))
        side++;
    return side;
}

int og_net_slice_multiple(const og_net *net)
{
    return og__spec_slice_factor(&net->spec, net->spec.depth);
}

const og_net_spec *og_net_spec_of(const og_net *net)
{
    return &net->spec;
}

size_t og_net_layer_count(const og_net *net)
{
    return net->graph.layer_count;
}

const og_layer *og_net_layer_at(const og_net *net, size_t index)
{
    return &net->graph.layers[index];
}

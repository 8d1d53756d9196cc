#include "net/net.h"

#include <math.h>
#include <stdlib.h>

#include <ogive/facts.h>

#include "act/act.h"
#include "base/memory.h"
#include "base/random.h"

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

static og_status check_spec(const og_net_spec *spec)
{
    OG_TRY(check_range("input channels", spec->in_channels, 1, 1024));
    OG_TRY(check_range("classes", spec->classes, 2, OG_LABEL_IGNORE));
    OG_TRY(check_range("depth", spec->depth, 1, OG_DEPTH_MAX));
    OG_TRY(check_range("width", spec->width, 1, 4096));
    OG_TRY(check_range("width cap", spec->width_cap, spec->width, WIDTH_CAP_MAX));
    return check_acts(spec);
}

/* Own copies of the activations and the head. */
static og_status copy_functions(const og_net_spec *from, og_net_spec *to)
{
    og_head *head;
    to->head = NULL;
    og_net_spec_fill(to, NULL);
    for (og_place place = 0; place < OG_PLACE_COUNT; place++)
        for (int stage = 0; stage < OG_STAGES_MAX; stage++) {
            og_act *act = NULL;
            if (og_place_exists(from->depth, place, stage))
                OG_TRY(og_act_parse(og_act_text(from->acts[place][stage]), &act));
            to->acts[place][stage] = act;
            if (act)
                OG_TRY(og__act_check_only_x(act));
        }
    OG_TRY(og_head_parse(from->head ? og_head_text(from->head) : og_head_at(0)->id, &head));
    to->head = head;
    return OG_OK;
}

og_status og_net_new(const og_net_spec *spec, og_net **net)
{
    og_status status = OG_OK;
    og_net *made = NULL;
    *net = NULL;
    OG_TRY(check_spec(spec));
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->spec = *spec;
    OG_GO(copy_functions(spec, &made->spec));
    OG_GO(og__graph_init(&made->spec, &made->graph));
    OG_GO(og__alloc(made->graph.weight_count, sizeof(float), &made->weights));
    OG_GO(og__alloc(made->graph.weight_count, sizeof(float), &made->gradients));
    OG_GO(og__alloc(made->graph.state_size, sizeof(float), &made->state));
    OG_GO(og_net_init(made, 0));
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
    og__graph_deinit(&net->graph);
    free(net->weights);
    free(net->gradients);
    free(net->state);
    free(net);
}

/* --- initial weights ---------------------------------------------------------------------------------------------- */

/* The gain by which weights that read `node` are drawn: that of the activation that made the values. A pooled or
 * enlarged activation keeps it; the image and a transposed convolution's result are about linear. */
static og_status source_gain(const og_net *net, int node, double *gain)
{
    const og__node *n = &net->graph.nodes[node];
    while (n->kind == OG_NODE_POOL || n->kind == OG_NODE_RESIZE)
        n = &net->graph.nodes[n->src[0]];
    *gain = 1;
    if (n->kind != OG_NODE_NORM_ACT)
        return OG_OK;
    og_act_facts facts;
    OG_TRY(og_act_analyse(og__net_act(net, n), &facts));
    if (isfinite(facts.moments.gain) && facts.moments.gain > 0)
        *gain = facts.moments.gain;
    return OG_OK;
}

/* Streams are numbered by node, not by parameter: an activation with learned parameters must not shift the others. */
static uint64_t stream_item(int node, int source)
{
    return (uint64_t)node * OG_NODE_SRC_MAX + (uint64_t)source;
}

static void draw(const og_param *p, size_t first, size_t inner, size_t stride, double sd, const uint64_t seed,
                 uint64_t item, float *weights)
{
    og__random random = og__random_at(seed, OG_STREAM_WEIGHTS, item);
    for (size_t outer = 0; outer * stride < p->count; outer++)
        for (size_t i = 0; i < inner; i++)
            weights[p->offset + outer * stride + first + i] = (float)(sd * (double)og__random_normal(&random));
}

/* He-normal: sd = gain / sqrt(fan_in). A concatenated source has its own gain for each part, and its own random
 * stream, so that seeds pair activations: the same numbers, another factor. */
static og_status init_conv(og_net *net, int node, uint64_t seed)
{
    const og__node *n = &net->graph.nodes[node];
    const og_param *p = &net->graph.params[n->weight];
    size_t area = (size_t)n->kernel * (size_t)n->kernel, first = 0;
    for (int i = 0; i < n->src_count; i++) {
        double gain;
        size_t channels = (size_t)net->graph.nodes[n->src[i]].channels;
        OG_TRY(source_gain(net, n->src[i], &gain));
        double sd = gain / sqrt((double)((size_t)p->shape[1] * area));
        draw(p, first, channels * area, (size_t)p->shape[1] * area, sd, seed, stream_item(node, i), net->weights);
        first += channels * area;
    }
    return OG_OK;
}

/* Each output pixel of a 2 x 2, stride 2 transposed convolution sums over the input channels once: fan_in = I. */
static og_status init_up(og_net *net, int node, uint64_t seed)
{
    const og__node *n = &net->graph.nodes[node];
    const og_param *p = &net->graph.params[n->weight];
    double gain;
    OG_TRY(source_gain(net, n->src[0], &gain));
    draw(p, 0, p->count, p->count, gain / sqrt((double)p->shape[0]), seed, stream_item(node, 0), net->weights);
    return OG_OK;
}

static void fill(float *values, size_t count, float value)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

static void init_norm_act(og_net *net, const og__node *n)
{
    const og__graph *g = &net->graph;
    const og_act *act = og__net_act(net, n);
    if (n->weight != OG_NO_PARAM)
        fill(og__net_weight(net, n->weight), g->params[n->weight].count, 1);
    if (n->variance != OG_NO_PARAM)
        fill(og__net_running(net, n->variance), g->state[n->variance].count, 1);
    for (size_t k = 0; k < og_act_param_count(act); k++)
        if (n->act_params[k] != OG_NO_PARAM)
            fill(og__net_weight(net, n->act_params[k]), g->params[n->act_params[k]].count,
                 og_act_param_at(act, k).value);
}

og_status og_net_init(og_net *net, uint64_t seed)
{
    fill(net->weights, net->graph.weight_count, 0);
    fill(net->state, net->graph.state_size, 0);
    for (int i = 0; i < net->graph.node_count; i++) {
        const og__node *n = &net->graph.nodes[i];
        if (n->kind == OG_NODE_CONV)
            OG_TRY(init_conv(net, i, seed));
        else if (n->kind == OG_NODE_UP)
            OG_TRY(init_up(net, i, seed));
        else if (n->kind == OG_NODE_NORM_ACT)
            init_norm_act(net, n);
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

int og_net_size_multiple(const og_net *net)
{
    return 1 << net->spec.depth;
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

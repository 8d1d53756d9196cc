#include "net/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { CONVS_PER_STAGE = 2 };

/* Appends to the graph; the first failure sticks, so that the builders below read straight through. */
typedef struct builder {
    og__graph *graph;
    const og_net_spec *spec;
    size_t node_room, param_room, state_room, layer_room;
    og_status status;
} builder;

int og__spec_channels(const og_net_spec *spec, int stage)
{
    int64_t channels = (int64_t)spec->width << stage;
    return channels < spec->width_cap ? (int)channels : spec->width_cap;
}

/* Make room for one more element of `size` bytes and return it zeroed, or NULL. */
static void *append(builder *b, void *list, size_t *count, size_t *room, size_t size)
{
    void *data;
    memcpy(&data, list, sizeof data);
    if (b->status != OG_OK)
        return NULL;
    if (*count == *room) {
        size_t larger = *room ? 2 * *room : 32;
        data = realloc(data, larger * size);
        if (!data) {
            b->status = og__fail(OG_ERR_MEMORY, "cannot allocate a network graph");
            return NULL;
        }
        memcpy(list, &data, sizeof data);
        *room = larger;
    }
    void *made = (char *)data + (*count)++ * size;
    memset(made, 0, size);
    return made;
}

static void fill_param(og_param *p, char *name, int rank, const int64_t *shape, bool decays, size_t *total)
{
    *p = (og_param){.name = name, .rank = rank, .offset = *total, .count = 1, .decays = decays};
    for (int i = 0; i < rank; i++) {
        p->shape[i] = shape[i];
        p->count *= (size_t)shape[i];
    }
    *total += p->count;
}

/* "encoder.0" + ".conv.1.weight", owned by the parameter. */
static char *join_name(builder *b, const char *prefix, const char *suffix)
{
    og__text text = {0};
    og__text_format(&text, "%s%s", prefix, suffix);
    if (og__text_status(&text) != OG_OK)
        b->status = og__text_status(&text);
    return text.data;
}

static int add_param(builder *b, const char *prefix, const char *suffix, int rank, const int64_t *shape, bool decays)
{
    og__graph *g = b->graph;
    og_param *p = append(b, &g->params, &g->param_count, &b->param_room, sizeof *g->params);
    if (!p)
        return OG_NO_PARAM;
    fill_param(p, join_name(b, prefix, suffix), rank, shape, decays, &g->weight_count);
    return (int)g->param_count - 1;
}

static int add_state(builder *b, const char *prefix, const char *suffix, int channels)
{
    og__graph *g = b->graph;
    og_param *p = append(b, &g->state, &g->state_count, &b->state_room, sizeof *g->state);
    if (!p)
        return OG_NO_PARAM;
    fill_param(p, join_name(b, prefix, suffix), 1, (int64_t[]){channels}, false, &g->state_size);
    return (int)g->state_count - 1;
}

static int add_node(builder *b, const og__node *node)
{
    og__graph *g = b->graph;
    size_t count = (size_t)g->node_count;
    og__node *n = append(b, &g->nodes, &count, &b->node_room, sizeof *g->nodes);
    if (!n)
        return 0;
    *n = *node;
    g->node_count = (int)count;
    return g->node_count - 1;
}

static int channels_of(const builder *b, int node)
{
    return b->status == OG_OK ? b->graph->nodes[node].channels : 1;
}

static int stage_of(const builder *b, int node)
{
    return b->status == OG_OK ? b->graph->nodes[node].stage : 0;
}

/* A convolution of `main`, or of (skip, main) concatenated when skip >= 0. */
static int add_conv(builder *b, const char *name, int skip, int main, int channels, int kernel, bool bias)
{
    og__node n = {.kind = OG_NODE_CONV, .channels = channels, .stage = stage_of(b, main), .kernel = kernel};
    int64_t in = 0;
    if (skip >= 0)
        n.src[n.src_count++] = skip;
    n.src[n.src_count++] = main;
    for (int i = 0; i < n.src_count; i++)
        in += channels_of(b, n.src[i]);
    n.weight = add_param(b, name, ".weight", 4, (int64_t[]){channels, in, kernel, kernel}, true);
    n.bias = bias ? add_param(b, name, ".bias", 1, (int64_t[]){channels}, false) : OG_NO_PARAM;
    return add_node(b, &n);
}

static void add_norm(builder *b, const char *prefix, int unit, og__node *n)
{
    char name[96];
    int64_t shape[] = {n->channels};
    n->weight = n->bias = n->mean = n->variance = OG_NO_PARAM;
    if (b->spec->norm == OG_NORM_NONE)
        return;
    snprintf(name, sizeof name, "%s.norm.%d", prefix, unit);
    n->weight = add_param(b, name, ".weight", 1, shape, false);
    n->bias = add_param(b, name, ".bias", 1, shape, false);
    if (b->spec->norm == OG_NORM_BATCH) {
        n->mean = add_state(b, name, ".running_mean", n->channels);
        n->variance = add_state(b, name, ".running_var", n->channels);
    }
}

static void add_act_params(builder *b, const char *prefix, int unit, const og_act *act, og__node *n)
{
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++)
        n->act_params[k] = OG_NO_PARAM;
    for (size_t k = 0; k < og_act_param_count(act); k++) {
        og_act_param p = og_act_param_at(act, k);
        char name[160];
        if (p.learn == OG_LEARN_NO)
            continue;
        snprintf(name, sizeof name, "%s.act.%d.%s", prefix, unit, p.name);
        int64_t shape[] = {p.learn == OG_LEARN_CHANNEL ? n->channels : 1};
        n->act_params[k] = add_param(b, name, "", 1, shape, false);
    }
}

static int add_norm_act(builder *b, const char *prefix, int unit, og_place place, int src)
{
    og__graph *g = b->graph;
    char name[96];
    og__node n = {.kind = OG_NODE_NORM_ACT,
                  .src_count = 1,
                  .src = {src},
                  .channels = channels_of(b, src),
                  .stage = stage_of(b, src),
                  .layer = (int)g->layer_count};
    add_norm(b, prefix, unit, &n);
    add_act_params(b, prefix, unit, b->spec->acts[place][n.stage], &n);
    og_layer *layer = append(b, &g->layers, &g->layer_count, &b->layer_room, sizeof *g->layers);
    if (layer) {
        snprintf(name, sizeof name, ".%d", unit);
        *layer =
            (og_layer){.name = join_name(b, prefix, name), .place = place, .stage = n.stage, .channels = n.channels};
    }
    return add_node(b, &n);
}

/* Two times convolution, norm, activation. */
static int add_block(builder *b, const char *prefix, og_place place, int skip, int main, int channels)
{
    int at = main;
    for (int unit = 0; unit < CONVS_PER_STAGE; unit++) {
        char name[96];
        snprintf(name, sizeof name, "%s.conv.%d", prefix, unit);
        at = add_conv(b, name, unit == 0 ? skip : -1, at, channels, 3, b->spec->norm == OG_NORM_NONE);
        at = add_norm_act(b, prefix, unit, place, at);
    }
    return at;
}

static int add_pool(builder *b, int src)
{
    og__node n = {.kind = OG_NODE_POOL,
                  .src_count = 1,
                  .src = {src},
                  .channels = channels_of(b, src),
                  .stage = stage_of(b, src) + 1};
    return add_node(b, &n);
}

/* Up to the next finer stage: a transposed convolution to that stage's channels, or a resize that keeps them. */
static int add_up(builder *b, const char *prefix, int src, int channels)
{
    og__node n = {.kind = OG_NODE_RESIZE,
                  .src_count = 1,
                  .src = {src},
                  .channels = channels_of(b, src),
                  .stage = stage_of(b, src) - 1,
                  .weight = OG_NO_PARAM,
                  .bias = OG_NO_PARAM};
    if (b->spec->up == OG_UP_TRANSPOSED) {
        n.kind = OG_NODE_UP;
        n.kernel = 2;
        n.channels = channels;
        char name[96];
        snprintf(name, sizeof name, "%s.up", prefix);
        n.weight = add_param(b, name, ".weight", 4, (int64_t[]){channels_of(b, src), channels, 2, 2}, true);
        n.bias = add_param(b, name, ".bias", 1, (int64_t[]){channels}, false);
    }
    return add_node(b, &n);
}

og_status og__graph_init(const og_net_spec *spec, og__graph *graph)
{
    builder b = {.graph = graph, .spec = spec};
    int skips[16];
    char prefix[64];
    *graph = (og__graph){0};
    int at = add_node(&b, &(og__node){.kind = OG_NODE_INPUT, .channels = spec->in_channels});
    for (int stage = 0; stage < spec->depth; stage++) {
        snprintf(prefix, sizeof prefix, "encoder.%d", stage);
        skips[stage] = add_block(&b, prefix, OG_PLACE_ENCODER, -1, at, og__spec_channels(spec, stage));
        at = add_pool(&b, skips[stage]);
    }
    at = add_block(&b, "bottleneck", OG_PLACE_BOTTLENECK, -1, at, og__spec_channels(spec, spec->depth));
    for (int stage = spec->depth - 1; stage >= 0; stage--) {
        snprintf(prefix, sizeof prefix, "decoder.%d", stage);
        at = add_up(&b, prefix, at, og__spec_channels(spec, stage));
        at = add_block(&b, prefix, OG_PLACE_DECODER, skips[stage], at, og__spec_channels(spec, stage));
    }
    add_conv(&b, "head", -1, at, spec->classes, 1, true);
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

#include "net/graph_builder.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "base/text.h"

/* Make room for one more element of `size` bytes and return it zeroed, or NULL. */
static void *append(og__builder *b, void *list, size_t *count, size_t *room, size_t size)
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
static char *join_name(og__builder *b, const char *prefix, const char *suffix)
{
    og__text text = {0};
    og__text_format(&text, "%s%s", prefix, suffix);
    if (og__text_status(&text) != OG_OK)
        b->status = og__text_status(&text);
    return text.data;
}

int og__graph_add_param(og__builder *b, const char *prefix, const char *suffix, int rank, const int64_t *shape,
                        bool decays)
{
    og__graph *g = b->graph;
    og_param *p = append(b, &g->params, &g->param_count, &b->param_room, sizeof *g->params);
    if (!p)
        return OG_NO_PARAM;
    fill_param(p, join_name(b, prefix, suffix), rank, shape, decays, &g->weight_count);
    return (int)g->param_count - 1;
}

int og__graph_add_state(og__builder *b, const char *prefix, const char *suffix, int channels)
{
    og__graph *g = b->graph;
    og_param *p = append(b, &g->state, &g->state_count, &b->state_room, sizeof *g->state);
    if (!p)
        return OG_NO_PARAM;
    fill_param(p, join_name(b, prefix, suffix), 1, (int64_t[]){channels}, false, &g->state_size);
    return (int)g->state_count - 1;
}

int og__graph_add_node(og__builder *b, const og__node *node)
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

int og__graph_add_layer(og__builder *b, const char *prefix, const char *suffix, const og_layer *layer)
{
    og__graph *g = b->graph;
    og_layer *l = append(b, &g->layers, &g->layer_count, &b->layer_room, sizeof *g->layers);
    if (!l)
        return OG_NO_LAYER;
    *l = *layer;
    l->name = join_name(b, prefix, suffix);
    return (int)g->layer_count - 1;
}

int og__graph_channels(const og__builder *b, int node)
{
    return b->status == OG_OK ? b->graph->nodes[node].channels : 1;
}

int og__graph_stage(const og__builder *b, int node)
{
    return b->status == OG_OK ? b->graph->nodes[node].stage : 0;
}

int og__graph_inset(const og__builder *b, int node)
{
    return b->status == OG_OK ? b->graph->nodes[node].inset : 0;
}

og__node og__graph_node_of(const og__builder *b, og__node_kind kind, int src)
{
    return (og__node){.kind = kind,
                      .src_count = 1,
                      .src = {src},
                      .channels = og__graph_channels(b, src),
                      .stage = og__graph_stage(b, src),
                      .inset = og__graph_inset(b, src),
                      .weight = OG_NO_PARAM,
                      .bias = OG_NO_PARAM};
}

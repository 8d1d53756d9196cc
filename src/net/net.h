/* The model: graph, and one flat vector each for weights, gradients and running statistics. */
#ifndef OG_NET_NET_H
#define OG_NET_NET_H

#include <ogive/net.h>

#include "net/graph.h"

struct og_net {
    og_net_spec spec; /* acts and head are owned copies */
    og_act *own[OG_OWN_COUNT];
    const og_act *gain_act; /* the last whose gain was found, and the gain: most nets have one function throughout */
    double gain;
    og__graph graph;
    float *weights;   /* (graph.weight_count) */
    float *gradients; /* (graph.weight_count); NULL before the first plan of training */
    float *state;     /* (graph.state_size) */
    bool *fixed;      /* (graph.state_count) */
};

/* Make room for gradients, unless it is there. */
og_status og__net_open_gradients(og_net *net);

/* Whether two networks differ in nothing but the numbers of their weights and running statistics. */
bool og__net_is_alike(const og_net *net, const og_net *other);

static inline float *og__net_weight(const og_net *net, int param)
{
    return param == OG_NO_PARAM ? NULL : net->weights + net->graph.params[param].offset;
}

static inline float *og__net_gradient(const og_net *net, int param)
{
    return param == OG_NO_PARAM ? NULL : net->gradients + net->graph.params[param].offset;
}

static inline float *og__net_running(const og_net *net, int state)
{
    return state == OG_NO_PARAM ? NULL : net->state + net->graph.state[state].offset;
}

/* Whether a norm takes its running statistics in training, too. */
static inline bool og__net_is_fixed(const og_net *net, const og__node_norm *norm)
{
    return norm->mean != OG_NO_PARAM && (net->fixed[norm->mean] || net->fixed[norm->variance]);
}

/* The activation of a NORM_ACT node. */
static inline const og_act *og__net_act(const og_net *net, const og__node *node)
{
    if (node->layer == OG_NO_LAYER)
        return net->own[node->own];
    const og_layer *layer = &net->graph.layers[node->layer];
    return net->spec.acts[layer->place][layer->stage];
}

#endif

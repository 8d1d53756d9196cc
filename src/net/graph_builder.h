/* Appends to a graph. The first failure sticks and nothing is added after it, so that what calls these functions reads
 * straight through and looks at `status` once. Private to graph*.c. */
#ifndef OG_NET_GRAPH_BUILDER_H
#define OG_NET_GRAPH_BUILDER_H

#include "net/graph.h"

typedef struct og__builder {
    og__graph *graph;
    const og_net_spec *spec;
    size_t node_room, param_room, state_room, layer_room;
    int number; /* nodes so far, without those that activations bring */
    og_status status;
} og__builder;

/* Each returns the index; prefix and suffix make the name: "encoder.0" + ".conv.1.weight". */
int og__graph_add_param(og__builder *b, const char *prefix, const char *suffix, int rank, const int64_t *shape,
                        bool decays);
int og__graph_add_state(og__builder *b, const char *prefix, const char *suffix, int channels);
int og__graph_add_node(og__builder *b, const og__node *node);

/* `layer` is copied, but for its name. */
int og__graph_add_layer(og__builder *b, const char *prefix, const char *suffix, const og_layer *layer);

/* A node's channels and stage. */
int og__graph_channels(const og__builder *b, int node);
int og__graph_stage(const og__builder *b, int node);

/* Pixels of the image that a node's value does not cover at each side. */
int og__graph_inset(const og__builder *b, int node);

/* A node that reads `src`, with as many channels in the same stage and no weights: what it makes is to be set. */
og__node og__graph_node_of(const og__builder *b, og__node_kind kind, int src);

#endif

/* The network as a list of nodes in forward order, made from a specification. */
#ifndef OG_NET_GRAPH_H
#define OG_NET_GRAPH_H

#include <ogive/net.h>

typedef enum og__node_kind {
    OG_NODE_INPUT,
    OG_NODE_CONV,     /* kernel x kernel convolution of one source, or of two that are thereby concatenated */
    OG_NODE_NORM_ACT, /* normalisation, then activation */
    OG_NODE_POOL,     /* 2 x 2 maximum */
    OG_NODE_UP,       /* 2 x 2 transposed convolution, stride 2 */
    OG_NODE_RESIZE,   /* bilinear enlargement by 2 */
} og__node_kind;

enum { OG_NODE_SRC_MAX = 2, OG_NO_PARAM = -1 };

typedef struct og__node {
    og__node_kind kind;
    int src_count;
    int src[OG_NODE_SRC_MAX];          /* nodes before this one */
    int channels;                      /* of the result */
    int stage;                         /* the result's resolution: (H, W) / 2^stage */
    int kernel;                        /* CONV */
    int weight, bias;                  /* parameters: CONV and UP; of the norm for NORM_ACT; OG_NO_PARAM where absent */
    int mean, variance;                /* running statistics (state tensors) of batch norm, else OG_NO_PARAM */
    int layer;                         /* NORM_ACT: index of the og_layer */
    int act_params[OG_ACT_PARAMS_MAX]; /* NORM_ACT: learned parameters of the activation, OG_NO_PARAM where fixed */
} og__node;

typedef struct og__graph {
    og__node *nodes;
    int node_count;
    og_param *params; /* names owned */
    size_t param_count;
    size_t weight_count; /* floats */
    og_param *state;
    size_t state_count;
    size_t state_size; /* floats */
    og_layer *layers;  /* names owned */
    size_t layer_count;
} og__graph;

/* Build the graph of a checked specification. */
og_status og__graph_init(const og_net_spec *spec, og__graph *graph);
void og__graph_deinit(og__graph *graph);

/* Channels of a stage: width * 2^stage, at most the cap. */
int og__spec_channels(const og_net_spec *spec, int stage);

#endif

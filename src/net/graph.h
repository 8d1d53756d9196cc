/* The network as a list of nodes in forward order, made from a specification. */
#ifndef OG_NET_GRAPH_H
#define OG_NET_GRAPH_H

#include <ogive/net.h>

typedef enum og__node_kind {
    OG_NODE_INPUT,
    OG_NODE_CONV,     /* kernel x kernel convolution of one source, or of two that are thereby concatenated */
    OG_NODE_NORM_ACT, /* normalisation of each operand, then activation */
    OG_NODE_MIRROR,   /* (x, -x) over the channels; of an odd number the last -x is left out */
    OG_NODE_PLANES,   /* the same values, planar: logits */
    OG_NODE_POOL,     /* 2 x 2 maximum or mean, of volumes [2 x] 2 x 2 */
    OG_NODE_UP,       /* 2 x 2 transposed convolution, stride 2; likewise */
    OG_NODE_RESIZE,   /* enlargement by 2, (bi- or tri-)linear or nearest; likewise */
    OG_NODE_GATE,     /* every channel of source 0 times the one channel of source 1 */
    OG_NODE_CROP,     /* the middle of source 0 */
    OG_NODE_SHUFFLE,  /* four channels become 2 x 2 pixels of one: dst[c, 2y + i, 2x + j] = src[4c + 2i + j, y, x] */
} og__node_kind;

enum {
    OG_CONV_SRC_MAX = 2,
    OG_SHUFFLE_AREA = 4,                  /* pixels that a SHUFFLE makes of one */
    OG_NODE_SRC_MAX = OG_INPUT_COUNT - 2, /* operands that are tensors: x or mirror, gates, funnel */
    OG_NO_PARAM = -1,
    OG_NO_LAYER = -1,
};

/* The norm of one operand: parameters, and running statistics (state tensors) of batch norm; OG_NO_PARAM where absent.
 * Without `weight` the operand is taken as it is. */
typedef struct og__node_norm {
    int weight, bias, mean, variance;
} og__node_norm;

/* The two small layers that predict an activation's OG_PARAM_EXCITE parameters; no `hidden` units: none are.
 * Each such parameter has one value per channel or a single one, in their order `values` in all. */
typedef struct og__node_excite {
    int hidden, values;
    bool relu;
    int fc1_weight, fc1_bias; /* (hidden, channels), (hidden) */
    int fc2_weight, fc2_bias; /* (values, hidden), (values) */
} og__node_excite;

/* What a NORM_ACT without a layer computes. */
typedef enum og__own_act {
#define OG_OWN_ACT(id, name, formula) OG_OWN_##id,
#include "net/own_acts.def"
#undef OG_OWN_ACT
    OG_OWN_COUNT
} og__own_act;

typedef struct og__node {
    og__node_kind kind;
    int src_count;
    int src[OG_NODE_SRC_MAX]; /* nodes before this one; NORM_ACT: the operands but noise */
    int channels;             /* of the result */
    int stage;                /* the result's resolution: (H - 2 inset, W - 2 inset) / 2^stage */
    int inset;                /* pixels of the image that the result does not cover, at each of the four sides */
    int kernel, slice_kernel; /* CONV, UP: along height and width, and along the slices */
    int dilation;             /* CONV: along height and width */
    int slice_stride;         /* POOL, UP, RESIZE: factor along the slices, 1 or 2 */
    bool depthwise;           /* CONV: each channel by itself */
    bool strided;             /* CONV: stride 2 */
    bool valid;               /* CONV: not padded */
    bool corners;             /* RESIZE: the corners' centres stay where they are, not the corners */
    bool head;                /* CONV, PLANES: its values are logits, planar */
    double loss_share;        /* of the loss of these logits in the whole; without any it is not computed */
    bool shuffled;            /* CONV: a SHUFFLE reads it */
    bool average;             /* POOL: the mean, not the maximum */
    bool nearest;             /* RESIZE: not bilinear */
    int number;               /* CONV and UP: where the node would be if no activation had nodes of its own, so that */
    og_input input;           /*   initial weights are equal for all; CONV: the input that it makes */
    int weight, bias;         /* CONV and UP: parameters; OG_NO_PARAM where absent */
    og__node_norm norms[OG_NODE_SRC_MAX]; /* NORM_ACT */
    int together;                         /* NORM_ACT: neighbouring channels that share a norm's mean and variance */
    bool drops;                           /* NORM_ACT: dropout follows */
    int layer;                            /* NORM_ACT: index of the og_layer, or OG_NO_LAYER: */
    og__own_act own;                      /*   then one of the network's own functions */
    int act_params[OG_ACT_PARAMS_MAX];    /* NORM_ACT: learned parameters of the activation, OG_NO_PARAM where fixed */
    og__node_excite excite;               /* NORM_ACT */
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

#endif

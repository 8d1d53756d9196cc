/* A plan: the workspace of one input size, and what each node needs to run in it. Private to src/net. */
#ifndef OG_NET_PLAN_H
#define OG_NET_PLAN_H

#include "kernel/activate.h"
#include "kernel/ops.h"
#include "net/conv.h"
#include "net/head.h"
#include "net/net.h"
#include "net/probe.h"
#include "net/schedule.h"

/* Pixels that one unit of parallel work covers in normalisation and activation: its block fits the L2 cache. A fixed
 * number, so that sums are partitioned alike for any number of threads. */
enum { OG_CHUNK_PIXELS = 1024 };

/* A NORM_ACT node's workspace. `groups` sets of statistics: one for batch norm, one per image for instance norm.
 * Arrays are (groups, padded) where not said otherwise; padded = channels rounded up to lanes. */
typedef struct og__norm_act {
    og__act_kernel *kernel;
    int groups, padded;
    float *mean, *rstd;                     /* of the last forward pass */
    float *scale, *shift;                   /* z = src * scale + shift */
    float *k0, *k1, *k2;                    /* d_src = k0 dz + k1 src + k2 */
    float *values;                          /* (params, padded) the activation's parameters per channel */
    const float *params[OG_ACT_PARAMS_MAX]; /* into values */
    int param_count;
    bool learns; /* some parameter is trained */
} og__norm_act;

typedef struct og__plan_node {
    int h, w;                        /* of the node's value */
    size_t pixels;                   /* h * w */
    int blocks;                      /* channel blocks */
    og__conv *conv[OG_NODE_SRC_MAX]; /* CONV: one per source; UP: one */
    og__norm_act norm_act;
} og__plan_node;

struct og_plan {
    og_net *net;
    og_plan_options options;
    og__isa isa;
    int lanes;
    const og__ops *ops;
    bool planar_input; /* the first convolution reads the caller's image without packing: where oneDNN is fast so */
    og__plan_node *nodes;
    og__schedule schedule;
    float *arena;    /* (schedule.floats) */
    void *scratch;   /* for oneDNN */
    float *partials; /* per unit of work: sums over its pixels, combined in fixed order */
    double *loss_partials;
    og__head_run head;
    size_t bytes;
    bool stale;         /* weights changed since they were packed */
    const float *image; /* during a pass: the caller's src */
    og__probe probe;
    void *probe_context;
};

static inline float *og__plan_buffer(const og_plan *plan, int buffer)
{
    return buffer == OG_NO_BUFFER ? NULL : plan->arena + plan->schedule.buffers[buffer].offset;
}

/* Units of work of one node: images x blocks x chunks of pixels. */
static inline int og__chunk_count(size_t pixels)
{
    return (int)((pixels + OG_CHUNK_PIXELS - 1) / OG_CHUNK_PIXELS);
}

/* Floats of partials that a unit needs: mean and m2, or dz and dz_src, and the parameters' sums, each (lanes). */
enum { OG_PARTIALS_PER_UNIT = 2 + OG_ACT_PARAMS_MAX };

/* Forward: from `src` to `dst`, which may be the same. `fresh` computes statistics, else those of the last time serve;
 * without training, running statistics. */
void og__norm_act_forward(og_plan *plan, int node, bool fresh, const float *src, float *dst);

/* Backward: `d` holds the gradient by the node's value and gets the one by its source. Writes parameter gradients. */
void og__norm_act_backward(og_plan *plan, int node, const float *src, float *d);

/* Spread the activation's parameters over channels, after the weights changed. */
void og__norm_act_refresh(og_plan *plan, int node);

/* Probabilities in the place of the logits. */
void og__head_probabilities(og_plan *plan, float *logits);

/* The loss, and its gradient by the logits in their place. */
void og__loss_run(og_plan *plan, float *logits, const uint8_t *labels, const og_loss *loss, og_loss_value *value);
size_t og__loss_partials(const og_plan *plan); /* doubles that it needs */

#endif

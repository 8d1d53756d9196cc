/* A plan: the workspace of one input size, and what each node needs to run in it. Private to src/net. */
#ifndef OG_NET_PLAN_H
#define OG_NET_PLAN_H

#include "kernel/activate.h"
#include "kernel/ops.h"
#include "net/conv.h"
#include "net/head.h"
#include "net/loss.h"
#include "net/net.h"
#include "net/probe.h"
#include "net/schedule.h"
#include "net/trace.h"

/* What a norm puts before an activation, for one operand. Where there is none: mean 0, scale 1, shift 0. */
typedef struct og__operand {
    bool normalised;
    bool running;         /* by the running statistics */
    float *mean, *rstd;   /* (groups, padded) of the last forward pass */
    float *scale, *shift; /* (groups, padded) z = src * scale + shift */
    float *k0, *k1, *k2;  /* (apply_rows, padded) d_src = k0 dz + k1 src + k2 */
} og__operand;

/* The hidden layer behind an activation's excited parameters, for each sample of the last forward pass. */
typedef struct og__excitation {
    float *mean;      /* (n, padded) of operand 0's source */
    float *z_mean;    /* (n, padded) of operand 0 */
    float *hidden;    /* (n, hidden) */
    float *d_z;       /* (n, padded) what every pixel's dz_0 gets from here */
    double *d_hidden; /* (hidden) of one image */
} og__excitation;

/* A NORM_ACT node's workspace. `groups` rows of statistics: one for batch norm, one per sample (an image, or all slices
 * of a volume) for the other norms.
 * padded = channels rounded up to lanes. */
typedef struct og__norm_act {
    og__act_kernel *kernel;
    int groups, padded;
    int operand_count;  /* of the function: the node's sources, and noise if it has that */
    int gradient_count; /* the node's sources */
    og__operand operands[OG_INPUT_COUNT];
    int apply_rows; /* groups, or one row per sample where they differ by what excitation adds */
    float *values;  /* (value_rows, params, padded) the activation's parameters per channel */
    int value_rows; /* 1, or one per sample with excited parameters */
    int param_count;
    bool learns; /* some parameter needs its sums */
    float *kept; /* (n, padded) factors of the value's channels: 0 or 1/(1 - dropout); NULL without dropout */
    og__excitation excitation;
} og__norm_act;

typedef struct og__plan_node {
    int d, h, w;   /* of the node's value */
    int images;    /* n * d: a slice of a volume is stored as an image is, (N, D, blocks, H, W, lanes) */
    size_t pixels; /* h * w, of one image */
    int blocks;    /* channel blocks */
    og__conv *conv[OG_CONV_SRC_MAX]; /* CONV: one per source; UP: one */
    og__norm_act norm_act;
} og__plan_node;

struct og_plan {
    og_net *net;
    og_plan_options options;
    og__isa isa;
    int lanes;
    const og__ops *ops;
    bool planar_input; /* the first convolution reads the caller's image without packing */
    og__plan_node *nodes;
    og__schedule schedule;
    void *room;           /* owned: the three that follow; NULL where the room is lent */
    float *arena;         /* (schedule.floats) */
    void *scratch;        /* for convolutions */
    float *partials;      /* per unit of work: sums over its pixels, combined in fixed order */
    uint8_t *head_labels; /* of one head, at a coarser stage or without a margin; NULL where the caller's serve all */
    double *channel_sums; /* (2, channels of the widest node) for a norm's gradients */
    og__head_run head;
    og__loss loss;
    bool dry;     /* sizes only: the large blocks are not there, and it cannot run */
    size_t bytes; /* of all */
    size_t scratch_bytes, partials_bytes, packed_bytes;
    float
        *strips; /* (threads, 2, OG_CHUNK_ROWS, w, lanes) room for a chunk's noise, 0 in inference, or for its values */
    uint64_t noise_seed, noise_step;
    bool stale;         /* weights changed since they were packed */
    const float *image; /* during a pass: the caller's src */
    og__probe probe;
    void *probe_context;
    og__trace *trace; /* NULL: no times are taken */
};

static inline float *og__plan_buffer(const og_plan *plan, int buffer)
{
    return buffer == OG_NO_BUFFER ? NULL : plan->arena + plan->schedule.buffers[buffer].offset;
}

/* Normalisation, activation and pooling work in units of images x blocks x chunks of rows, whatever the number of
 * threads, so that sums are partitioned alike. */
static inline int og__chunk_count(const og__plan_node *at)
{
    return (at->h + OG_CHUNK_ROWS - 1) / OG_CHUNK_ROWS;
}

static inline size_t og__plan_strip_floats(const og_plan *plan)
{
    return OG_CHUNK_ROWS * (size_t)plan->options.w * (size_t)plan->lanes;
}

/* A thread's two strips, one behind the other: pooling reads two slices. */
static inline float *og__plan_strip(const og_plan *plan, int thread)
{
    return plan->strips + 2 * (size_t)thread * og__plan_strip_floats(plan);
}

/* A plan of sizes only, for what og_plan_new() would need. */
og_status og__plan_sketch(og_net *net, const og_plan_options *options, og_plan **plan);

/* A plan whose room, which holds nothing between passes, is to be lent by og__plan_set_room() before it runs: plans
 * that never run at the same time can share one. og_plan_bytes() counts the room. */
og_status og__plan_new_roomless(og_net *net, const og_plan_options *options, og_plan **plan);
size_t og__plan_room_bytes(const og_plan *plan);
void og__plan_set_room(og_plan *plan, void *room);
void *og__plan_room(const og_plan *plan); /* as lent, or its own */

/* Let the plan run another network, which must be alike (net.h); its weights are packed anew. */
void og__plan_set_net(og_plan *plan, og_net *net);

/* --- norm_act.c --- */

/* Statistics and excited parameters of the operands `src`; without training, running statistics. With `gathered` the
 * chunks' moments are there already. */
void og__norm_act_prepare(og_plan *plan, int node, bool gathered, const float *const *src);

/* Forward: from the operands to `dst`, which may be src[0]. */
void og__norm_act_forward(og_plan *plan, int node, const float *const *src, float *dst);

/* Backward: d[0] holds the gradient by the node's value, or by z if `reduced`, and gets the one by src[0], d[i] that by
 * src[i]. Writes parameter gradients. With `deferred` d[0] remains the gradient by z. */
void og__norm_act_backward(og_plan *plan, int node, bool reduced, bool deferred, const float *const *src,
                           float *const *d);

/* The same by rows, inside of other nodes' passes, for a node with one operand: context of an og__row_load or
 * og__row_touch. */
typedef struct og__act_rows {
    og_plan *plan;
    int node;
    const float *src;
    float *d;
} og__act_rows;

/* What a step needs to make the rows of source i; its act[i] names the node. */
static inline og__act_rows og__act_rows_of(og_plan *plan, const og__step *step, int i)
{
    return (og__act_rows){.plan = plan, .node = step->act[i], .src = og__plan_buffer(plan, step->src[i])};
}

/* Rows of the node's value. */
void og__act_rows_load(const void *rows, int image, int block, int row, int count, float *dst);

/* A chunk's moments. */
void og__act_rows_gather(const void *rows, int image, int block, int chunk);

/* d: from the gradient by the node's value to the one by z, with the sums; then, after og__norm_act_backward(), from
 * that to the one by src. */
void og__act_rows_reduce(const void *rows, int image, int block, int chunk);
void og__act_rows_apply(const void *rows, int image, int block, int chunk);

/* Spread the activation's parameters over channels, after the weights changed. */
void og__norm_act_refresh(og_plan *plan, int node);

/* Rows of partials that a unit of a NORM_ACT node needs, each (lanes): mean and m2, or dz and dz_src of each operand
 * and the parameters' sums. */
int og__norm_act_rows(const og__norm_act *na);

#endif

/* A pass over the tensors of one NORM_ACT node, in units of parallel work. Private to norm_act.c, norm.c, excite.c. */
#ifndef OG_NET_PASS_H
#define OG_NET_PASS_H

#include "net/plan.h"

#define OG_NORM_EPSILON 1e-5f /* that a norm adds to the variance */

/* A unit of parallel work: a chunk of pixels of one channel block of one image. A sample is an image, or the slices of
 * a volume, which are stored as images one behind the other. */
typedef struct og__unit {
    int image, block, chunk;
    size_t pixels, offset;               /* offset in floats from a tensor's start */
    size_t group_at, apply_at, param_at; /* of the block's first channel in arrays of (groups, padded), ... */
    float *partials;
} og__unit;

typedef struct og__pass {
    og_plan *plan;
    const og__node *node;
    const og__plan_node *at;
    const og__norm_act *na;
    const og__act_frames *frames;
    const void *self;
    int chunks, units;
    double sample_pixels;
} og__pass;

og__pass og__pass_of(og_plan *plan, int node);
og__unit og__pass_unit(const og__pass *p, int index);

/* A sample's units of one channel block, in order. */
static inline int og__pass_sample_units(const og__pass *p)
{
    return p->at->d * p->chunks;
}
og__unit og__pass_sample_unit(const og__pass *p, int sample, int block, int index);

/* Sum of a row of partials over the units of one sample. */
double og__pass_sample_sum(const og__pass *p, int sample, int channel, int row);

/* --- norm.c --- */

/* Moments of a unit of operand 0 to its partials. */
void og__norm_gather(const og__pass *p, const og__unit *u, const float *src);

/* Set mean, rstd, scale and shift of an operand from its values, or from running statistics. With `gathered` its units'
 * moments are in their partials. */
void og__norm_prepare(const og__pass *p, int operand, bool gathered, const float *src);

/* From the sums of the backward pass: gradients of the norm's parameters, and the coefficients of the apply pass. */
void og__norm_gradients(const og__pass *p, int operand);

/* --- excite.c --- */

og_status og__excite_open(og_plan *plan, const og__node *node, og__norm_act *na);
void og__excite_close(og__excitation *excitation);

/* Values of the excited parameters, from operand 0; its scale and shift are set, its moments lie in the partials. */
void og__excite_forward(const og__pass *p);

/* From the parameters' sums: gradients of the two layers, and what dz_0 gets from them. */
void og__excite_backward(const og__pass *p);

#endif

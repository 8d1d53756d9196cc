/* What a head does with the logits of a plan: probabilities, the sums that the loss is made of, and its gradient. */
#ifndef OG_NET_HEAD_H
#define OG_NET_HEAD_H

#include <stddef.h>
#include <stdint.h>

#include "act/head.h"
#include "kernel/activate.h"
#include "kernel/ops.h"

/* A head ready to run on this CPU. */
typedef struct og__head_run {
    const og_head *head; /* borrowed */
    const og__ops *ops;
    int classes;
    og__act_kernel *kernels[OG_HEAD_PARTS]; /* POINTWISE */
    float params[OG_HEAD_PARTS][OG_ACT_PARAMS_MAX];
} og__head_run;

/* Some pixels of one image: class k of pixel i is at block[k * stride + i]. */
typedef struct og__head_block {
    size_t pixels, stride;
    float *block;
    const uint8_t *labels; /* (pixels) */
} og__head_block;

/* Sums over labelled pixels; all are ADDED to. */
typedef struct og__head_sums {
    double *loss;      /* of each pixel, for a pointwise head also over classes */
    double *both;      /* (classes) of p g, g = 1 where the label is the class */
    double *predicted; /* (classes) of p */
    double *truth;     /* (classes) of g */
} og__head_sums;

/* By which the gradients of the loss by probabilities follow: that of the Dice loss is slope_both g + slope_predicted.
 */
typedef struct og__head_slopes {
    float loss;                                /* factor of the sum `loss` */
    const float *slope_both, *slope_predicted; /* (classes) */
} og__head_slopes;

og_status og__head_open(const og_head *head, const og__ops *ops, og__isa isa, int classes, og__head_run *run);
void og__head_close(og__head_run *run);

/* Logits to probabilities, in place; labels are not read. */
void og__head_apply(const og__head_run *run, const og__head_block *b);

/* Add up the sums. The block is left with what og__head_gradient() needs: probabilities, or the logits. */
void og__head_add_sums(const og__head_run *run, const og__head_block *b, const og__head_sums *sums);

/* Then put the gradient of the loss by the logits in their place; 0 at pixels without a label. */
void og__head_gradient(const og__head_run *run, const og__head_block *b, const og__head_slopes *slopes);

/* How many losses the sum has per pixel: a pointwise head has one for each class. */
int og__head_losses_per_pixel(const og__head_run *run);

#endif

/* What a head does with the logits of a plan: probabilities, the sums that the loss is made of, and its gradient. */
#ifndef OG_NET_HEAD_H
#define OG_NET_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/region.h>

#include "act/head.h"
#include "kernel/activate.h"
#include "kernel/ops.h"
#include "net/loss_mix.h"

/* A head ready to run on this CPU. Without regions, output k is class k. */
typedef struct og__head_run {
    const og_head *head; /* borrowed */
    const og__ops *ops;
    int classes;
    og__act_kernel *kernels[OG_HEAD_PARTS]; /* POINTWISE */
    float params[OG_HEAD_PARTS][OG_ACT_PARAMS_MAX];
    const og_regions *regions; /* NULL: outputs are classes; pointwise heads only */
} og__head_run;

/* Some pixels of one image: class k of pixel i is at block[k * stride + i]. */
typedef struct og__head_block {
    size_t pixels, stride;
    float *block;
    const uint8_t *labels; /* (pixels) */
    size_t first;          /* of the pixels, in arrays that have one number for each pixel of all images */
} og__head_block;

/* The losses of single pixels that a mix is made of. */
typedef struct og__pixel_loss {
    og__loss_of_logs *of_logs; /* NULL: the head's own loss */
    const double *params;
    float factor;         /* of the sum of its losses */
    const float *weights; /* (n * pixels); NULL: 1 everywhere */
    double of_sum;        /* 1 / what the sum of the losses is divided by */
} og__pixel_loss;

typedef struct og__pixel_losses {
    int count;
    og__pixel_loss items[OG_LOSS_TERMS_MAX];
} og__pixel_losses;

/* Sums over labelled pixels; all are ADDED to. */
typedef struct og__head_sums {
    double *losses;    /* (count) of each pixel, for a pointwise head also over classes; 1 of the head's own loss */
    double *both;      /* (classes) of p g, g = 1 where the label is the class */
    double *predicted; /* (classes) of p */
    double *truth;     /* (classes) of g */
} og__head_sums;

og_status og__head_open(const og_head *head, const og__ops *ops, og__isa isa, int classes, og__head_run *run);
void og__head_close(og__head_run *run);

/* Logits to probabilities, in place; labels are not read. */
void og__head_apply(const og__head_run *run, const og__head_block *b);

/* Add up the sums. The block is left with what og__head_gradient() needs: probabilities, or the logits. Without
 * `losses` there is the head's own loss alone, which is faster. */
void og__head_add_sums(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                       const og__head_sums *sums);

/* Then put the gradient of the loss by the logits in their place; 0 at pixels without a label. With `losses` their
 * factors stand in place of slopes->loss. */
void og__head_gradient(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                       const og__head_slopes *slopes);

/* Whether the head's loss of a pixel is the negative of a logarithm, of which og__loss_of_logs are functions. */
bool og__head_has_logs(const og__head_run *run);

/* How many losses the sum has per pixel: a pointwise head has one for each class. */
int og__head_losses_per_pixel(const og__head_run *run);

#endif

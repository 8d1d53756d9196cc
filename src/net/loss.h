/* The loss of one output of a plan: its value, and its gradient in the place of the logits. */
#ifndef OG_NET_LOSS_H
#define OG_NET_LOSS_H

#include <ogive/net.h>

#include "net/head.h"
#include "net/loss_mix.h"

typedef struct og__loss {
    og_loss mix; /* a copy without texts */
    const og__head_run *head;
    og__loss_shape shape;
    bool weighted;
    float class_weights[256]; /* by label, where weighted */
    og_regions regions;       /* count 0: the outputs are classes */
    double *partials;         /* (chunks + 1, numbers of a row) the last row is the total */
    float *weights;           /* (WEIGHT terms, n * pixels) */
    float *pixel_weights;     /* (n * pixels) where weighted */
    float *probabilities;     /* (n, classes, pixels) of a head that leaves logits, for TENSOR terms */
    float *each;              /* (n, classes, pixels) slopes by p, of TENSOR terms */
    size_t bytes;
} og__loss;

/**
 * Make room for a loss; without a mix, for og__loss_probabilities() only.
 *
 * @param options class_weights and regions are read
 * @param mix     borrowed for the call
 * @param head    borrowed as long as the loss, which must stay where it is; its regions are set
 *
 * @return OG_OK, OG_ERR_MEMORY, or OG_ERR_ARGUMENT for a mix that does not go with the head
 */
og_status og__loss_open(const og_loss *mix, const og_plan_options *options, og__head_run *head,
                        const og__loss_shape *shape, og__loss *loss);
void og__loss_close(og__loss *loss);

/* Probabilities in the place of the logits. */
void og__loss_probabilities(const og__loss *loss, float *logits);

/* Take images of another size, not larger than those that it was opened with. */
void og__loss_size(og__loss *loss, int d, int h, int w);

/* The loss, and its gradient by the logits in their place.
 *
 * @param share    that both are multiplied with
 * @param value    ADDED to, but for the pixels
 * @param logits   f32[N, K, D, H, W]
 * @param labels   u8[N, D, H, W]
 *
 * Result: same bits for any number of threads. */
og_status og__loss_run(og__loss *loss, float *logits, const uint8_t *labels, double share, og_loss_value *value);

#endif

/* By which the gradient of a loss by the logits follows from probabilities p and g (1 where the label is the class).
 * Class k of pixel i is at [k * stride + i] as in the block of probabilities. */
#ifndef OG_KERNEL_SLOPES_H
#define OG_KERNEL_SLOPES_H

typedef struct og__head_slopes {
    float loss;                                /* factor of the head's own loss of a pixel */
    const float *slope_both, *slope_predicted; /* (classes) slope by p: slope_both g + slope_predicted */
    const float *pixel;                        /* (pixels) times `loss`; NULL: 1 everywhere */
    const float *each;                         /* slope by p, added to the others; NULL: 0 everywhere */
} og__head_slopes;

#endif

/* The learning rate of each step: a linear warm-up, then a schedule over the rest of the run. */
#ifndef OG_TRAIN_RATE_H
#define OG_TRAIN_RATE_H

#include <ogive/train.h>

typedef struct og__rate {
    og_schedule schedule;
    double peak;          /* after the warm-up */
    int64_t warmup_steps; /* steps that rise to the peak: peak * (step + 1) / (warmup_steps + 1) */
    int64_t steps;        /* of the whole run */
} og__rate;

/**
 * The learning rate of a step, counting from 0.
 *
 *   p = (step - warmup_steps) / (steps - warmup_steps)
 *   constant: peak   poly: peak (1 - p)^0.9   cosine: peak (1 + cos(pi p)) / 2
 *
 * Source: poly as in nnU-Net and DeepLab; cosine as torch.optim.lr_scheduler.CosineAnnealingLR with eta_min = 0.
 */
double og__rate_at(const og__rate *rate, int64_t step);

/* "constant", "poly", "cosine". */
const char *og__schedule_name(og_schedule schedule);

#endif

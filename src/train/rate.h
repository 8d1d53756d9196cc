/* The learning rate of each step: a linear warm-up, then a schedule over the rest of the run. */
#ifndef OG_TRAIN_RATE_H
#define OG_TRAIN_RATE_H

#include <ogive/train.h>

typedef struct og__rate {
    og_schedule schedule;
    double peak;          /* after the warm-up */
    int64_t warmup_steps; /* steps that rise to the peak: peak * (step + 1) / (warmup_steps + 1) */
    int64_t steps;        /* of the whole run */
    int64_t steps_per_epoch;
    int64_t step_epochs; /* STEP; 0: a third of the run's epochs, rounded up */
    double factor;       /* STEP */
} og__rate;

/**
 * The learning rate of a step, counting from 0.
 *
 *   p = (step - warmup_steps) / (steps - warmup_steps), e = finished epochs
 *   constant, plateau: peak          poly: peak (1 - p)^0.9               cosine: peak (1 + cos(pi p)) / 2
 *   poly-epoch: peak (1 - e / epochs)^0.9      step: peak factor^floor(e / step_epochs)
 *   one-cycle: from peak / 25 by a cosine to peak at 0.3 of the run, and to peak / 250000 at its end; no warm-up
 *
 * Source: poly as in DeepLab; poly-epoch as in nnU-Net; the others as torch.optim.lr_scheduler's CosineAnnealingLR with
 * eta_min = 0, StepLR and OneCycleLR.
 */
double og__rate_at(const og__rate *rate, int64_t step);

/* "constant", "poly", ... */
const char *og__schedule_name(og_schedule schedule);

#endif

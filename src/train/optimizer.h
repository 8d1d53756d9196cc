/* Optimisers over the flat weight vector: SGD with Nesterov momentum, Adam, AdamW, RMSprop; PyTorch's formulas. */
#ifndef OG_TRAIN_OPTIMIZER_H
#define OG_TRAIN_OPTIMIZER_H

#include <ogive/train.h>

typedef struct og__optimizer_options {
    og_optimizer kind;
    double
        momentum; /* of SGD and RMSprop, whose alpha is 0.99; Adam and AdamW have the betas 0.9 and 0.999; eps 1e-8 */
    double weight_decay; /* only where og_param.decays */
    double clip;         /* largest norm of the whole gradient; 0: no clipping */
    int threads;
    size_t weight_count; /* of the flat vector; 0: as far as the tensors reach */
} og__optimizer_options;

typedef struct og__optimizer og__optimizer;

/**
 * Make an optimiser for `count` tensors that lie in one flat vector; its state starts at zero.
 * The parameters' names are not kept.
 */
og_status og__optimizer_new(const og__optimizer_options *options, const og_param *params, size_t count,
                            og__optimizer **optimizer);
void og__optimizer_free(og__optimizer *optimizer);

/* Make the optimiser that a run's options ask for, of all tensors of a network that are not frozen. */
og_status og__optimizer_open(const og_train_options *options, const og_net *net, int threads,
                             og__optimizer **optimizer);

/**
 * Change the weights by one step.
 *
 * @param rate        learning rate of this step
 * @param gradients   f32[weight_count]
 * @param weights     f32[weight_count], changed
 *
 * Allocates: nothing.  Result: same bits for any thread count.
 */
void og__optimizer_step(og__optimizer *optimizer, double rate, const float *gradients, float *weights);

/* Steps taken so far; Adam's bias correction depends on it. */
int64_t og__optimizer_steps(const og__optimizer *optimizer);
void og__optimizer_set_steps(og__optimizer *optimizer, int64_t steps);

/* The state is one vector f32[weight_count] per slot: "momentum", or "exp_avg" and "exp_avg_sq", or
 * "square_avg" and "momentum_buffer" (PyTorch's names). */
size_t og__optimizer_slot_count(const og__optimizer *optimizer);
const char *og__optimizer_slot_name(const og__optimizer *optimizer, size_t slot);
float *og__optimizer_slot(const og__optimizer *optimizer, size_t slot);

/* "sgd", "adam", "adamw", "rmsprop". */
const char *og__optimizer_name(og_optimizer kind);

#endif

/* Optimiser updates and the sum that gradient clipping needs, over runs of the flat vectors. */
#include "kernel/ops_isa.h"

/* Source: torch.optim.SGD with nesterov=True, dampening=0 (torch/optim/sgd.py, _single_tensor_sgd). */
void OG_ISA_FN(sgd_update)(size_t count, const og__sgd_step *step, const float *restrict gradients,
                           float *restrict velocity, float *restrict weights)
{
    const og__sgd_step s = *step;
    for (size_t i = 0; i < count; i++) {
        float g = gradients[i] * s.scale + weights[i] * s.l2;
        velocity[i] = velocity[i] * s.momentum + g;
        weights[i] -= s.rate * (g + velocity[i] * s.momentum);
    }
}

/* Source: torch.optim.Adam and AdamW (torch/optim/adam.py, _single_tensor_adam): eps is added to the corrected root. */
void OG_ISA_FN(adam_update)(size_t count, const og__adam_step *step, const float *restrict gradients,
                            float *restrict mean, float *restrict square, float *restrict weights)
{
    const og__adam_step s = *step;
    for (size_t i = 0; i < count; i++) {
        float w = weights[i] * s.keep;
        float g = gradients[i] * s.scale + w * s.l2;
        mean[i] += s.one_minus_beta1 * (g - mean[i]);
        square[i] = square[i] * s.beta2 + s.one_minus_beta2 * g * g;
        weights[i] = w - s.rate * mean[i] / (__builtin_sqrtf(square[i]) / s.root + s.eps);
    }
}

/* Source: torch.optim.RMSprop (torch/optim/rmsprop.py, _single_tensor_rmsprop), not centered. */
void OG_ISA_FN(rmsprop_update)(size_t count, const og__rmsprop_step *step, const float *restrict gradients,
                               float *restrict square, float *restrict velocity, float *restrict weights)
{
    const og__rmsprop_step s = *step;
    for (size_t i = 0; i < count; i++) {
        float g = gradients[i] * s.scale + weights[i] * s.l2;
        square[i] = square[i] * s.alpha + s.one_minus_alpha * g * g;
        velocity[i] = velocity[i] * s.momentum + g / (__builtin_sqrtf(square[i]) + s.eps);
        weights[i] -= s.rate * velocity[i];
    }
}

/* average += share (weights - average) */
void OG_ISA_FN(average)(size_t count, float share, const float *restrict weights, float *restrict average)
{
    for (size_t i = 0; i < count; i++)
        average[i] += share * (weights[i] - average[i]);
}

/* A product of two floats is exact in double and the order is fixed: the same bits in every instruction set. */
void OG_ISA_FN(sum_squares)(size_t count, const float *values, double *sum)
{
    enum { PARTS = 16 };
    double parts[PARTS] = {0};
    size_t i = 0;
    for (; i + PARTS <= count; i += PARTS)
        for (int p = 0; p < PARTS; p++)
            parts[p] += (double)values[i + (size_t)p] * (double)values[i + (size_t)p];
    for (int p = 0; i < count; i++, p++)
        parts[p] += (double)values[i] * (double)values[i];
    for (int p = 1; p < PARTS; p++)
        parts[0] += parts[p];
    *sum += parts[0];
}

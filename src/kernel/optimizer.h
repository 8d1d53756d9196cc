/* Numbers of one optimiser step, the same for every weight; the updates are rows of ops.def. */
#ifndef OG_KERNEL_OPTIMIZER_H
#define OG_KERNEL_OPTIMIZER_H

/* g = scale * gradient + l2 * w;  velocity = momentum * velocity + g;  w -= rate * (g + momentum * velocity) */
typedef struct og__sgd_step {
    float scale, l2, momentum, rate;
} og__sgd_step;

/* g = scale * gradient + l2 * w;  mean += (1 - beta1) (g - mean);  square = beta2 * square + (1 - beta2) g^2;
 * w = keep * w - rate * mean / (sqrt(square) / root + eps) */
typedef struct og__adam_step {
    float scale, l2;
    float keep; /* 1, or 1 - learning rate * weight decay where decay is decoupled */
    float one_minus_beta1;
    float beta2, one_minus_beta2;
    float rate; /* learning rate / (1 - beta1^t) */
    float root; /* sqrt(1 - beta2^t) */
    float eps;
} og__adam_step;

/* g = scale * gradient + l2 * w;  square = alpha * square + (1 - alpha) g^2;
 * velocity = momentum * velocity + g / (sqrt(square) + eps);  w -= rate * velocity */
typedef struct og__rmsprop_step {
    float scale, l2, alpha, one_minus_alpha, momentum, rate, eps;
} og__rmsprop_step;

#endif

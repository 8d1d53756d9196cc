/* What is kept of many steps: the sum of gradients that one update takes, and the moving average of the weights. */
#ifndef OG_TRAIN_AVERAGE_H
#define OG_TRAIN_AVERAGE_H

#include <ogive/net.h>

/* Gradients of batches until there are enough for an update; without memory where every batch makes one. */
typedef struct og__gradient_sum {
    int64_t batches; /* that an update takes */
    int64_t count;   /* summed up so far */
    float *sum;      /* f32[weight_count]; NULL when batches is 1 */
} og__gradient_sum;

og_status og__gradient_sum_init(og__gradient_sum *sum, const og_net *net, int64_t batches);
void og__gradient_sum_deinit(og__gradient_sum *sum);

/* Add the network's gradient. */
void og__gradient_sum_add(og__gradient_sum *sum, og_net *net, int threads);

/* Put the mean into the network's gradient and begin anew. */
void og__gradient_sum_take(og__gradient_sum *sum, og_net *net, int threads);

/**
 * Moving average of weights and running statistics, with decay min(decay, (1 + t) / (10 + t)) at update t = 1, 2, ...,
 * so that the first steps are soon forgotten.
 *
 * Source: TensorFlow's ExponentialMovingAverage with num_updates; timm's ModelEma, which averages running statistics
 * too.
 */
typedef struct og__ema {
    double decay; /* 0: there is none, and the functions do nothing */
    int64_t updates;
    float *weights, *state; /* f32[weight_count], f32[state_size] */
} og__ema;

/* The average begins as the network is. */
og_status og__ema_init(og__ema *ema, og_net *net, double decay);
void og__ema_begin(og__ema *ema, og_net *net); /* the average is the network as it is now */
void og__ema_deinit(og__ema *ema);
void og__ema_update(og__ema *ema, og_net *net, int threads);

/* Exchange the network's tensors with the average; twice is nothing. */
void og__ema_swap(og__ema *ema, og_net *net);

#endif

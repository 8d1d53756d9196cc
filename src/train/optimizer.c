#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "kernel/ops.h"
#include "train/freeze.h"

enum { CHUNK = 16384, SLOTS_MAX = 2 };

static const double beta1 = 0.9, beta2 = 0.999, alpha = 0.99, eps = 1e-8;

/* A run of weights of one kind, the unit of parallel work. The partition depends on the tensors only. */
typedef struct chunk {
    size_t offset, count;
    bool decays;
} chunk;

/* The numbers of a step for weights with and without decay. */
typedef union step_numbers {
    og__sgd_step sgd;
    og__adam_step adam;
    og__rmsprop_step rmsprop;
} step_numbers;

struct og__optimizer {
    og__optimizer_options options;
    const og__ops *ops;
    int64_t steps;
    size_t weight_count;
    chunk *chunks; /* (chunk_count) */
    size_t chunk_count;
    double *squares;         /* (chunk_count) sums of squared gradients */
    float *slots[SLOTS_MAX]; /* (weight_count) each */
};

/* --- one row per optimiser --- */

static step_numbers prepare_sgd(const og__optimizer *optimizer, double rate, double scale, double decay)
{
    return (step_numbers){.sgd = {(float)scale, (float)decay, (float)optimizer->options.momentum, (float)rate}};
}

static void update_sgd(const og__optimizer *optimizer, const step_numbers *numbers, const chunk *run,
                       const float *gradients, float *weights)
{
    size_t at = run->offset;
    optimizer->ops->sgd_update(run->count, &numbers->sgd, gradients + at, optimizer->slots[0] + at, weights + at);
}

static step_numbers prepare_adam(const og__optimizer *optimizer, double rate, double scale, double decay)
{
    double t = (double)optimizer->steps;
    og__adam_step adam = {
        .scale = (float)scale,
        .l2 = (float)decay,
        .keep = 1,
        .one_minus_beta1 = (float)(1 - beta1),
        .beta2 = (float)beta2,
        .one_minus_beta2 = (float)(1 - beta2),
        .rate = (float)(rate / (1 - pow(beta1, t))),
        .root = (float)sqrt(1 - pow(beta2, t)),
        .eps = (float)eps,
    };
    return (step_numbers){.adam = adam};
}

static step_numbers prepare_adamw(const og__optimizer *optimizer, double rate, double scale, double decay)
{
    step_numbers numbers = prepare_adam(optimizer, rate, scale, 0);
    numbers.adam.keep = (float)(1 - rate * decay);
    return numbers;
}

static void update_adam(const og__optimizer *optimizer, const step_numbers *numbers, const chunk *run,
                        const float *gradients, float *weights)
{
    size_t at = run->offset;
    optimizer->ops->adam_update(run->count, &numbers->adam, gradients + at, optimizer->slots[0] + at,
                                optimizer->slots[1] + at, weights + at);
}

static step_numbers prepare_rmsprop(const og__optimizer *optimizer, double rate, double scale, double decay)
{
    og__rmsprop_step rmsprop = {
        .scale = (float)scale,
        .l2 = (float)decay,
        .alpha = (float)alpha,
        .one_minus_alpha = (float)(1 - alpha),
        .momentum = (float)optimizer->options.momentum,
        .rate = (float)rate,
        .eps = (float)eps,
    };
    return (step_numbers){.rmsprop = rmsprop};
}

static void update_rmsprop(const og__optimizer *optimizer, const step_numbers *numbers, const chunk *run,
                           const float *gradients, float *weights)
{
    size_t at = run->offset;
    optimizer->ops->rmsprop_update(run->count, &numbers->rmsprop, gradients + at, optimizer->slots[0] + at,
                                   optimizer->slots[1] + at, weights + at);
}

static const struct {
    const char *name;
    const char *slots[SLOTS_MAX];
    step_numbers (*prepare)(const og__optimizer *optimizer, double rate, double scale, double decay);
    void (*update)(const og__optimizer *optimizer, const step_numbers *numbers, const chunk *run,
                   const float *gradients, float *weights);
} rows[] = {
    [OG_OPTIMIZER_SGD] = {"sgd", {"momentum"}, prepare_sgd, update_sgd},
    [OG_OPTIMIZER_ADAM] = {"adam", {"exp_avg", "exp_avg_sq"}, prepare_adam, update_adam},
    [OG_OPTIMIZER_ADAMW] = {"adamw", {"exp_avg", "exp_avg_sq"}, prepare_adamw, update_adam},
    [OG_OPTIMIZER_RMSPROP] = {"rmsprop", {"square_avg", "momentum_buffer"}, prepare_rmsprop, update_rmsprop},
};

/* --- life --- */

static void cut_into_chunks(og__optimizer *optimizer, const og_param *params, size_t count)
{
    size_t used = 0;
    for (size_t p = 0; p < count; p++)
        for (size_t at = 0; at < params[p].count; at += CHUNK) {
            size_t left = params[p].count - at;
            optimizer->chunks[used++] = (chunk){params[p].offset + at, left < CHUNK ? left : CHUNK, params[p].decays};
        }
    optimizer->chunk_count = used;
}

og_status og__optimizer_new(const og__optimizer_options *options, const og_param *params, size_t count,
                            og__optimizer **optimizer)
{
    og_status status = OG_OK;
    og__optimizer *made;
    size_t chunk_count = 0;
    *optimizer = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->options = *options;
    made->ops = og__ops_for(og__cpu_isa());
    made->weight_count = options->weight_count;
    for (size_t p = 0; p < count; p++) {
        size_t end = params[p].offset + params[p].count;
        made->weight_count = end > made->weight_count ? end : made->weight_count;
        chunk_count += (params[p].count + CHUNK - 1) / CHUNK;
    }
    OG_GO(og__alloc(chunk_count, sizeof *made->chunks, &made->chunks));
    OG_GO(og__alloc(chunk_count, sizeof *made->squares, &made->squares));
    cut_into_chunks(made, params, count);
    for (size_t slot = 0; slot < og__optimizer_slot_count(made); slot++)
        OG_GO(og__alloc(made->weight_count, sizeof(float), &made->slots[slot]));
    *optimizer = made;
    made = NULL;
done:
    og__optimizer_free(made);
    return status;
}

void og__optimizer_free(og__optimizer *optimizer)
{
    if (!optimizer)
        return;
    for (int slot = 0; slot < SLOTS_MAX; slot++)
        free(optimizer->slots[slot]);
    free(optimizer->squares);
    free(optimizer->chunks);
    free(optimizer);
}

og_status og__optimizer_open(const og_train_options *options, const og_net *net, int threads, og__optimizer **optimizer)
{
    size_t count = og_net_param_count(net), used = 0;
    og__optimizer_options settings = {
        .kind = (og_optimizer)options->optimizer,
        .momentum = options->momentum,
        .weight_decay = options->weight_decay,
        .clip = options->clip,
        .threads = threads,
        .weight_count = og_net_weight_count(net),
    };
    og_param *params;
    OG_TRY(og__alloc(count, sizeof *params, &params));
    for (size_t i = 0; i < count; i++)
        if (!og__is_frozen(options->freeze, og_net_param_at(net, i)->name))
            params[used++] = *og_net_param_at(net, i);
    og_status status = og__optimizer_new(&settings, params, used, optimizer);
    free(params);
    return status;
}

/* --- stepping --- */

/* What the gradient is multiplied with so that its norm is at most `clip` (torch.nn.utils.clip_grad_norm_). */
static double clip_scale(og__optimizer *optimizer, const float *gradients)
{
    double sum = 0;
    if (optimizer->options.clip <= 0)
        return 1;
#pragma omp parallel for num_threads(optimizer->options.threads) schedule(static)
    for (size_t i = 0; i < optimizer->chunk_count; i++) {
        optimizer->squares[i] = 0;
        optimizer->ops->sum_squares(optimizer->chunks[i].count, gradients + optimizer->chunks[i].offset,
                                    &optimizer->squares[i]);
    }
    for (size_t i = 0; i < optimizer->chunk_count; i++)
        sum += optimizer->squares[i];
    double scale = optimizer->options.clip / (sqrt(sum) + 1e-6);
    return scale < 1 ? scale : 1;
}

void og__optimizer_step(og__optimizer *optimizer, double rate, const float *gradients, float *weights)
{
    og_optimizer kind = optimizer->options.kind;
    double scale = clip_scale(optimizer, gradients);
    optimizer->steps++;
    step_numbers plain = rows[kind].prepare(optimizer, rate, scale, 0);
    step_numbers decaying = rows[kind].prepare(optimizer, rate, scale, optimizer->options.weight_decay);
#pragma omp parallel for num_threads(optimizer->options.threads) schedule(static)
    for (size_t i = 0; i < optimizer->chunk_count; i++) {
        const chunk *run = &optimizer->chunks[i];
        rows[kind].update(optimizer, run->decays ? &decaying : &plain, run, gradients, weights);
    }
}

int64_t og__optimizer_steps(const og__optimizer *optimizer)
{
    return optimizer->steps;
}

void og__optimizer_set_steps(og__optimizer *optimizer, int64_t steps)
{
    optimizer->steps = steps;
}

size_t og__optimizer_slot_count(const og__optimizer *optimizer)
{
    size_t count = 0;
    while (count < SLOTS_MAX && rows[optimizer->options.kind].slots[count])
        count++;
    return count;
}

const char *og__optimizer_slot_name(const og__optimizer *optimizer, size_t slot)
{
    return rows[optimizer->options.kind].slots[slot];
}

float *og__optimizer_slot(const og__optimizer *optimizer, size_t slot)
{
    return optimizer->slots[slot];
}

const char *og__optimizer_name(og_optimizer kind)
{
    return rows[kind].name;
}

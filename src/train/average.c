#include "train/average.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernel/ops.h"

enum { CHUNK = 16384 };

/* --- gradients --- */

og_status og__gradient_sum_init(og__gradient_sum *sum, const og_net *net, int64_t batches)
{
    *sum = (og__gradient_sum){.batches = batches};
    return batches > 1 ? og__alloc(og_net_weight_count(net), sizeof *sum->sum, &sum->sum) : OG_OK;
}

void og__gradient_sum_deinit(og__gradient_sum *sum)
{
    free(sum->sum);
    *sum = (og__gradient_sum){0};
}

void og__gradient_sum_add(og__gradient_sum *sum, og_net *net, int threads)
{
    const float *gradients = og_net_gradients(net);
    size_t count = og_net_weight_count(net);
    sum->count++;
    if (!sum->sum)
        return;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < count; i++)
        sum->sum[i] += gradients[i];
}

void og__gradient_sum_take(og__gradient_sum *sum, og_net *net, int threads)
{
    float *gradients = og_net_gradients(net), share = 1 / (float)sum->count;
    size_t count = og_net_weight_count(net);
    sum->count = 0;
    if (!sum->sum)
        return;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < count; i++) {
        gradients[i] = sum->sum[i] * share;
        sum->sum[i] = 0;
    }
}

/* --- weights --- */

og_status og__ema_init(og__ema *ema, og_net *net, double decay)
{
    og_status status = OG_OK;
    *ema = (og__ema){.decay = decay};
    if (decay <= 0)
        return OG_OK;
    OG_GO(og__alloc(og_net_weight_count(net), sizeof *ema->weights, &ema->weights));
    OG_GO(og__alloc(og_net_state_size(net), sizeof *ema->state, &ema->state));
    og__ema_begin(ema, net);
done:
    if (status != OG_OK)
        og__ema_deinit(ema);
    return status;
}

void og__ema_begin(og__ema *ema, og_net *net)
{
    if (ema->decay <= 0)
        return;
    memcpy(ema->weights, og_net_weights(net), og_net_weight_count(net) * sizeof *ema->weights);
    memcpy(ema->state, og_net_state(net), og_net_state_size(net) * sizeof *ema->state);
}

void og__ema_deinit(og__ema *ema)
{
    free(ema->weights);
    free(ema->state);
    *ema = (og__ema){0};
}

static void average(size_t count, float share, const float *values, float *averages, int threads)
{
    const og__ops *ops = og__ops_for(og__cpu_isa());
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t at = 0; at < count; at += CHUNK)
        ops->average(count - at < CHUNK ? count - at : CHUNK, share, values + at, averages + at);
}

void og__ema_update(og__ema *ema, og_net *net, int threads)
{
    if (ema->decay <= 0)
        return;
    double t = (double)++ema->updates, decay = (1 + t) / (10 + t);
    float share = (float)(1 - (decay < ema->decay ? decay : ema->decay));
    average(og_net_weight_count(net), share, og_net_weights(net), ema->weights, threads);
    average(og_net_state_size(net), share, og_net_state(net), ema->state, threads);
}

static void swap(size_t count, float *a, float *b)
{
    for (size_t i = 0; i < count; i++) {
        float kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

void og__ema_swap(og__ema *ema, og_net *net)
{
    if (ema->decay <= 0)
        return;
    swap(og_net_weight_count(net), og_net_weights(net), ema->weights);
    swap(og_net_state_size(net), og_net_state(net), ema->state);
}

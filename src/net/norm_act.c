/* Normalisation and activation of one layer: statistics, one fused pass forward, two backward. */
#include "net/plan.h"

#include <math.h>
#include <string.h>

static const float norm_epsilon = 1e-5f, running_momentum = 0.1f;

/* A unit of parallel work: a chunk of pixels of one channel block of one image. */
typedef struct unit {
    int image, block;
    size_t pixels, offset; /* offset in floats from the tensor's start */
    size_t group_at;       /* of the block's first channel in arrays (groups, padded) */
    float *partials;
} unit;

typedef struct frame {
    og_plan *plan;
    const og__node *node;
    const og__plan_node *at;
    const og__norm_act *na;
    const og__act_frames *frames;
    const void *self;
    int chunks, units;
} frame;

static frame frame_of(og_plan *plan, int node)
{
    frame f = {.plan = plan, .node = &plan->net->graph.nodes[node], .at = &plan->nodes[node]};
    f.na = &f.at->norm_act;
    f.frames = og__act_kernel_frames(f.na->kernel, &f.self);
    f.chunks = og__chunk_count(f.at->pixels);
    f.units = plan->options.n * f.at->blocks * f.chunks;
    return f;
}

static unit unit_of(const frame *f, int index)
{
    int lanes = f->plan->lanes, chunk = index % f->chunks;
    size_t first = (size_t)chunk * OG_CHUNK_PIXELS;
    unit u = {.block = index / f->chunks % f->at->blocks, .image = index / f->chunks / f->at->blocks};
    u.pixels = f->at->pixels - first < OG_CHUNK_PIXELS ? f->at->pixels - first : OG_CHUNK_PIXELS;
    u.offset = (((size_t)u.image * (size_t)f->at->blocks + (size_t)u.block) * f->at->pixels + first) * (size_t)lanes;
    u.group_at = (size_t)(f->na->groups > 1 ? u.image : 0) * (size_t)f->na->padded + (size_t)(u.block * lanes);
    u.partials = f->plan->partials + (size_t)index * OG_PARTIALS_PER_UNIT * (size_t)lanes;
    return u;
}

/* A group's statistics of one channel block come from this many units, in this order. */
static int group_unit_count(const frame *f)
{
    return f->chunks * (f->na->groups > 1 ? 1 : f->plan->options.n);
}

static unit group_unit(const frame *f, int group, int block, int index)
{
    int image = f->na->groups > 1 ? group : index / f->chunks;
    return unit_of(f, (image * f->at->blocks + block) * f->chunks + index % f->chunks);
}

/* Lanes beyond the channels must be 0: the next convolution multiplies them. */
static void clear_padding(const frame *f, const unit *u, float *tensor)
{
    int used = f->node->channels % f->plan->lanes;
    if (used != 0 && u->block == f->at->blocks - 1)
        f->plan->ops->zero_lanes(u->pixels, used, tensor + u->offset);
}

static double pixels_per_group(const frame *f)
{
    return (double)f->at->pixels * (f->na->groups > 1 ? 1 : f->plan->options.n);
}

/* --- forward ------------------------------------------------------------------------------------------------------ */

/* Combine the chunks' means and squared deviations (Chan, Golub, LeVeque 1979). */
static void combine_moments(const frame *f, int group, int block, int lane, double *mean, double *m2)
{
    int lanes = f->plan->lanes;
    double count = 0;
    *mean = *m2 = 0;
    for (int i = 0; i < group_unit_count(f); i++) {
        unit u = group_unit(f, group, block, i);
        double n = (double)u.pixels, delta = (double)u.partials[lane] - *mean;
        *m2 += (double)u.partials[lanes + lane] + delta * delta * count * n / (count + n);
        count += n;
        *mean += delta * n / count;
    }
}

static void update_running(const frame *f, int channel, double mean, double m2)
{
    float *running_mean = og__net_running(f->plan->net, f->node->mean);
    float *running_variance = og__net_running(f->plan->net, f->node->variance);
    if (!running_mean)
        return;
    double count = pixels_per_group(f), unbiased = count > 1 ? m2 / (count - 1) : m2;
    running_mean[channel] += running_momentum * ((float)mean - running_mean[channel]);
    running_variance[channel] += running_momentum * ((float)unbiased - running_variance[channel]);
}

static void set_affine(const frame *f, size_t at, int channel, double mean, double variance)
{
    const og__norm_act *na = f->na;
    double rstd = 1 / sqrt(variance + (double)norm_epsilon);
    double gamma = (double)og__net_weight(f->plan->net, f->node->weight)[channel];
    double beta = (double)og__net_weight(f->plan->net, f->node->bias)[channel];
    na->mean[at] = (float)mean;
    na->rstd[at] = (float)rstd;
    na->scale[at] = (float)(gamma * rstd);
    na->shift[at] = (float)(beta - mean * gamma * rstd);
}

static void compute_statistics(const frame *f, const float *src)
{
    og_plan *plan = f->plan;
    int lanes = plan->lanes;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < f->units; i++) {
        unit u = unit_of(f, i);
        plan->ops->moments(u.pixels, src + u.offset, u.partials, u.partials + lanes);
    }
    for (int group = 0; group < f->na->groups; group++)
        for (int channel = 0; channel < f->node->channels; channel++) {
            double mean, m2;
            combine_moments(f, group, channel / lanes, channel % lanes, &mean, &m2);
            set_affine(f, (size_t)group * (size_t)f->na->padded + (size_t)channel, channel, mean,
                       m2 / pixels_per_group(f));
            if (plan->options.training)
                update_running(f, channel, mean, m2);
        }
}

static void prepare_scale(const frame *f, const float *src)
{
    const og_net *net = f->plan->net;
    if (net->spec.norm == OG_NORM_NONE)
        return; /* scale 1 and shift 0 since the plan was made */
    if (net->spec.norm == OG_NORM_INSTANCE || f->plan->options.training) {
        compute_statistics(f, src);
        return;
    }
    for (int c = 0; c < f->node->channels; c++)
        set_affine(f, (size_t)c, c, (double)og__net_running(net, f->node->mean)[c],
                   (double)og__net_running(net, f->node->variance)[c]);
}

void og__norm_act_forward(og_plan *plan, int node, bool fresh, const float *src, float *dst)
{
    frame f = frame_of(plan, node);
    if (fresh)
        prepare_scale(&f, src);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < f.units; i++) {
        unit u = unit_of(&f, i);
        const float *params[OG_ACT_PARAMS_MAX];
        for (int k = 0; k < f.na->param_count; k++)
            params[k] = f.na->params[k] + u.block * plan->lanes;
        og__act_block block = {(const float *const[]){f.na->scale + u.group_at},
                               (const float *const[]){f.na->shift + u.group_at}, params};
        f.frames->forward(f.self, u.pixels, (const float *const[]){src + u.offset}, dst + u.offset, &block);
        clear_padding(&f, &u, dst); /* f(0) need not be 0 */
    }
}

/* --- backward ----------------------------------------------------------------------------------------------------- */

static void reduce(const frame *f, const float *src, float *d)
{
    og_plan *plan = f->plan;
    int lanes = plan->lanes;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < f->units; i++) {
        unit u = unit_of(f, i);
        const float *params[OG_ACT_PARAMS_MAX];
        float *param_sums[OG_ACT_PARAMS_MAX];
        for (int k = 0; k < f->na->param_count; k++) {
            params[k] = f->na->params[k] + u.block * lanes;
            param_sums[k] = u.partials + (2 + k) * lanes;
        }
        memset(u.partials, 0, sizeof(float) * (size_t)((2 + f->na->param_count) * lanes));
        og__act_block block = {(const float *const[]){f->na->scale + u.group_at},
                               (const float *const[]){f->na->shift + u.group_at}, params};
        og__act_sums sums = {(float *const[]){u.partials}, (float *const[]){u.partials + lanes},
                             (const float *const[]){f->na->mean + u.group_at}, f->na->learns ? param_sums : NULL};
        f->frames->backward_reduce(f->self, u.pixels, (const float *const[]){src + u.offset},
                                   (float *const[]){d + u.offset}, &block, &sums);
        clear_padding(f, &u, d); /* 0 times an infinite slope is not 0 */
    }
}

static double sum_partials(const frame *f, int group, int channel, int row)
{
    int lanes = f->plan->lanes;
    double sum = 0;
    for (int i = 0; i < group_unit_count(f); i++)
        sum += (double)group_unit(f, group, channel / lanes, i).partials[row * lanes + channel % lanes];
    return sum;
}

/* d_src = scale (dz - sum(dz)/M - (src - mean) rstd^2 sum(dz (src - mean))/M) = k0 dz + k1 src + k2 */
static void norm_gradients(const frame *f)
{
    const og__norm_act *na = f->na;
    float *d_gamma = og__net_gradient(f->plan->net, f->node->weight);
    float *d_beta = og__net_gradient(f->plan->net, f->node->bias);
    double count = pixels_per_group(f);
    for (int channel = 0; channel < f->node->channels; channel++) {
        double gamma_sum = 0, beta_sum = 0;
        for (int group = 0; group < na->groups; group++) {
            size_t at = (size_t)group * (size_t)na->padded + (size_t)channel;
            double dz = sum_partials(f, group, channel, 0), dz_src = sum_partials(f, group, channel, 1);
            double scale = (double)na->scale[at], rstd = (double)na->rstd[at], mean = (double)na->mean[at];
            double k1 = -scale * rstd * rstd * dz_src / count;
            na->k0[at] = na->scale[at];
            na->k1[at] = (float)k1;
            na->k2[at] = (float)(-k1 * mean - scale * dz / count);
            gamma_sum += dz_src * rstd;
            beta_sum += dz;
        }
        d_gamma[channel] = (float)gamma_sum;
        d_beta[channel] = (float)beta_sum;
    }
}

static void act_gradients(const frame *f)
{
    const og_net *net = f->plan->net;
    for (int k = 0; k < f->na->param_count; k++) {
        int param = f->node->act_params[k];
        if (param == OG_NO_PARAM)
            continue;
        bool shared = net->graph.params[param].count == 1;
        double sum = 0;
        for (int channel = 0; channel < f->node->channels; channel++) {
            for (int group = 0; group < f->na->groups; group++)
                sum += sum_partials(f, group, channel, 2 + k);
            if (shared)
                continue;
            og__net_gradient(net, param)[channel] = (float)sum;
            sum = 0;
        }
        if (shared)
            og__net_gradient(net, param)[0] = (float)sum;
    }
}

static void call_probe(const frame *f, const float *src, const float *d)
{
    const og_plan *plan = f->plan;
    og__probe_layer layer = {
        .layer = (size_t)f->node->layer,
        .act = og__net_act(plan->net, f->node),
        .kernel = f->na->kernel,
        .n = plan->options.n,
        .channels = f->node->channels,
        .lanes = plan->lanes,
        .pixels = f->at->pixels,
        .src = src,
        .d_dst = d,
        .scale = f->na->scale,
        .shift = f->na->shift,
        .per_image = f->na->groups > 1,
        .params = f->na->params,
    };
    plan->probe(plan->probe_context, &layer);
}

void og__norm_act_backward(og_plan *plan, int node, const float *src, float *d)
{
    frame f = frame_of(plan, node);
    if (plan->probe)
        call_probe(&f, src, d);
    reduce(&f, src, d);
    if (f.na->learns)
        act_gradients(&f);
    if (plan->net->spec.norm == OG_NORM_NONE)
        return; /* dz is d_src */
    norm_gradients(&f);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < f.units; i++) {
        unit u = unit_of(&f, i);
        plan->ops->norm_apply(u.pixels, src + u.offset, f.na->k0 + u.group_at, f.na->k1 + u.group_at,
                              f.na->k2 + u.group_at, d + u.offset);
    }
}

void og__norm_act_refresh(og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node];
    const og__norm_act *na = &plan->nodes[node].norm_act;
    const og_act *act = og__net_act(plan->net, n);
    for (int k = 0; k < na->param_count; k++) {
        const float *learned = og__net_weight(plan->net, n->act_params[k]);
        bool shared = !learned || plan->net->graph.params[n->act_params[k]].count == 1;
        float fixed = learned ? learned[0] : og_act_param_at(act, (size_t)k).value;
        for (int c = 0; c < na->padded; c++)
            na->values[k * na->padded + c] = shared || c >= n->channels ? fixed : learned[c];
    }
}

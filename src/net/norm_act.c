/* Normalisation and activation of one layer: statistics, one fused pass forward, two backward. */
#include <string.h>

#include <omp.h>

#include "base/random.h"
#include "net/pass.h"

/* --- units of work ------------------------------------------------------------------------------------------------ */

int og__norm_act_rows(const og__norm_act *na)
{
    return 2 * na->gradient_count + na->param_count;
}

og__pass og__pass_of(og_plan *plan, int node)
{
    og__pass p = {.plan = plan, .node = &plan->net->graph.nodes[node], .at = &plan->nodes[node]};
    p.na = &p.at->norm_act;
    p.frames = og__act_kernel_frames(p.na->kernel, &p.self);
    p.chunks = og__chunk_count(p.at);
    p.units = p.at->images * p.at->blocks * p.chunks;
    p.sample_pixels = (double)p.at->d * (double)p.at->pixels;
    return p;
}

og__unit og__pass_unit(const og__pass *p, int index)
{
    int lanes = p->plan->lanes;
    size_t padded = (size_t)p->na->padded;
    og__unit u = {.chunk = index % p->chunks,
                  .block = index / p->chunks % p->at->blocks,
                  .image = index / p->chunks / p->at->blocks};
    size_t chunk = OG_CHUNK_ROWS * (size_t)p->at->w, first = (size_t)u.chunk * chunk;
    size_t channel = (size_t)(u.block * lanes), image = (size_t)u.image, sample = (size_t)(u.image / p->at->d);
    u.pixels = p->at->pixels - first < chunk ? p->at->pixels - first : chunk;
    u.offset = ((image * (size_t)p->at->blocks + (size_t)u.block) * p->at->pixels + first) * (size_t)lanes;
    u.group_at = (p->na->groups > 1 ? sample : 0) * padded + channel;
    u.apply_at = (p->na->apply_rows > 1 ? sample : 0) * padded + channel;
    u.param_at = (p->na->value_rows > 1 ? sample : 0) * padded * (size_t)p->na->param_count + channel;
    u.partials = p->plan->partials + (size_t)(index * og__norm_act_rows(p->na)) * (size_t)lanes;
    return u;
}

og__unit og__pass_sample_unit(const og__pass *p, int sample, int block, int index)
{
    int image = sample * p->at->d + index / p->chunks;
    return og__pass_unit(p, (image * p->at->blocks + block) * p->chunks + index % p->chunks);
}

double og__pass_sample_sum(const og__pass *p, int sample, int channel, int row)
{
    int lanes = p->plan->lanes;
    double sum = 0;
    for (int i = 0; i < og__pass_sample_units(p); i++) {
        og__unit u = og__pass_sample_unit(p, sample, channel / lanes, i);
        sum += (double)u.partials[row * lanes + channel % lanes];
    }
    return sum;
}

/* Lanes beyond the channels must be 0: the next convolution multiplies them. `at` is the unit's place. */
static void clear_padding(const og__pass *p, const og__unit *u, float *at)
{
    int used = p->node->channels % p->plan->lanes;
    if (used != 0 && u->block == p->at->blocks - 1)
        p->plan->ops->zero_lanes(u->pixels, used, at);
}

/* What a unit gives to the function's frames. */
typedef struct arguments {
    const float *src[OG_INPUT_COUNT], *scale[OG_INPUT_COUNT], *shift[OG_INPUT_COUNT], *center[OG_INPUT_COUNT];
    const float *params[OG_ACT_PARAMS_MAX];
} arguments;

/* Noise of a unit, the same each time in one step: a number belongs to (seed, step, layer, image, channel, pixel). */
static const float *make_noise(const og__pass *p, const og__unit *u)
{
    const og_plan *plan = p->plan;
    size_t lanes = (size_t)plan->lanes, first = (size_t)u->chunk * OG_CHUNK_ROWS * (size_t)p->at->w;
    float *noise = og__plan_strip(plan, omp_get_thread_num());
    uint64_t channel = (uint64_t)u->image * (uint64_t)p->node->channels + (uint64_t)u->block * lanes;
    if (plan->options.training)
        plan->ops->uniform(u->pixels, first, plan->noise_seed, og__stream_of_layer(OG_STREAM_NOISE, p->node->layer),
                           plan->noise_step << 32 | channel, noise);
    return noise;
}

static void set_arguments(const og__pass *p, const og__unit *u, const float *const *src, arguments *a)
{
    for (int i = 0; i < p->na->operand_count; i++) {
        const og__operand *o = &p->na->operands[i];
        a->src[i] = i < p->na->gradient_count ? src[i] + u->offset : make_noise(p, u);
        a->scale[i] = o->scale + u->group_at;
        a->shift[i] = o->shift + u->group_at;
        a->center[i] = o->mean + u->group_at;
    }
    for (int k = 0; k < p->na->param_count; k++)
        a->params[k] = p->na->values + u->param_at + (size_t)k * (size_t)p->na->padded;
}

/* --- forward ------------------------------------------------------------------------------------------------------ */

/* Choose the channels that are kept in each sample of this pass (Tompson et al. 2015), and make up for the others. */
static void choose_kept(const og__pass *p)
{
    const og_plan *plan = p->plan;
    float dropout = (float)plan->net->spec.dropout;
    for (int sample = 0; sample < plan->options.n; sample++)
        for (int channel = 0; channel < p->node->channels; channel++) {
            uint64_t item =
                plan->noise_step << 32 | ((uint64_t)sample * (uint64_t)p->node->channels + (uint64_t)channel);
            og__random random =
                og__random_at(plan->noise_seed, og__stream_of_layer(OG_STREAM_DROPOUT, p->node->layer), item);
            p->na->kept[sample * p->na->padded + channel] =
                og__random_uniform(&random) < dropout ? 0 : 1 / (1 - dropout);
        }
}

void og__norm_act_prepare(og_plan *plan, int node, bool gathered, const float *const *src)
{
    og__pass p = og__pass_of(plan, node);
    if (p.na->kept)
        choose_kept(&p);
    for (int i = 0; i < p.na->gradient_count; i++) {
        og__norm_prepare(&p, i, gathered, src[i]);
        if (i == 0 && p.node->excite.hidden > 0)
            og__excite_forward(&p);
    }
}

static const float *kept_of(const og__pass *p, const og__unit *u)
{
    return p->na->kept + u->image / p->at->d * p->na->padded + u->block * p->plan->lanes;
}

static void run_forward(const og__pass *p, const og__unit *u, const float *const *src, float *dst)
{
    arguments a;
    set_arguments(p, u, src, &a);
    og__act_block block = {a.scale, a.shift, a.params};
    p->frames->forward(p->self, u->pixels, a.src, dst, &block);
    clear_padding(p, u, dst); /* f(0) need not be 0 */
    if (p->na->kept)
        p->plan->ops->scale_lanes(u->pixels, kept_of(p, u), dst);
}

void og__norm_act_forward(og_plan *plan, int node, const float *const *src, float *dst)
{
    og__pass p = og__pass_of(plan, node);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < p.units; i++) {
        og__unit u = og__pass_unit(&p, i);
        run_forward(&p, &u, src, dst + u.offset);
    }
}

/* A chunk of one channel block. */
static og__unit chunk_of(const og__pass *p, int image, int block, int chunk)
{
    return og__pass_unit(p, (image * p->at->blocks + block) * p->chunks + chunk);
}

void og__act_rows_load(const void *rows, int image, int block, int row, int count, float *dst)
{
    const og__act_rows *r = rows;
    og__pass p = og__pass_of(r->plan, r->node);
    og__unit u = chunk_of(&p, image, block, 0);
    u.offset += (size_t)row * (size_t)p.at->w * (size_t)r->plan->lanes;
    u.pixels = (size_t)count * (size_t)p.at->w;
    run_forward(&p, &u, &r->src, dst);
}

void og__act_rows_gather(const void *rows, int image, int block, int chunk)
{
    const og__act_rows *r = rows;
    og__pass p = og__pass_of(r->plan, r->node);
    og__unit u = chunk_of(&p, image, block, chunk);
    og__norm_gather(&p, &u, r->src);
}

/* --- backward ----------------------------------------------------------------------------------------------------- */

static void reduce_unit(const og__pass *p, const og__unit *u, const float *const *src, float *const *d)
{
    int lanes = p->plan->lanes, gradients = p->na->gradient_count;
    arguments a;
    float *dz[OG_INPUT_COUNT], *dz_sums[OG_INPUT_COUNT], *src_sums[OG_INPUT_COUNT], *params[OG_ACT_PARAMS_MAX];
    set_arguments(p, u, src, &a);
    for (int j = 0; j < gradients; j++) {
        dz[j] = d[j] + u->offset;
        dz_sums[j] = u->partials + 2 * j * lanes;
        src_sums[j] = dz_sums[j] + lanes;
    }
    for (int k = 0; k < p->na->param_count; k++)
        params[k] = u->partials + (2 * gradients + k) * lanes;
    memset(u->partials, 0, sizeof(float) * (size_t)(og__norm_act_rows(p->na) * lanes));
    if (p->na->kept)
        p->plan->ops->scale_lanes(u->pixels, kept_of(p, u), dz[0]);
    og__act_block block = {a.scale, a.shift, a.params};
    og__act_sums sums = {dz_sums, src_sums, a.center, p->na->learns ? params : NULL};
    p->frames->backward_reduce(p->self, u->pixels, a.src, dz, &block, &sums);
    for (int j = 0; j < gradients; j++)
        clear_padding(p, u, dz[j]); /* 0 times an infinite slope is not 0 */
}

static void reduce(const og__pass *p, const float *const *src, float *const *d)
{
#pragma omp parallel for num_threads(p->plan->options.threads) schedule(static)
    for (int i = 0; i < p->units; i++) {
        og__unit u = og__pass_unit(p, i);
        reduce_unit(p, &u, src, d);
    }
}

void og__act_rows_reduce(const void *rows, int image, int block, int chunk)
{
    const og__act_rows *r = rows;
    og__pass p = og__pass_of(r->plan, r->node);
    og__unit u = chunk_of(&p, image, block, chunk);
    reduce_unit(&p, &u, &r->src, &r->d);
}

static void act_gradients(const og__pass *p)
{
    const og_net *net = p->plan->net;
    for (int k = 0; k < p->na->param_count; k++) {
        int param = p->node->act_params[k];
        if (param == OG_NO_PARAM)
            continue;
        bool shared = net->graph.params[param].count == 1;
        double sum = 0;
        for (int channel = 0; channel < p->node->channels; channel++) {
            for (int sample = 0; sample < p->plan->options.n; sample++)
                sum += og__pass_sample_sum(p, sample, channel, 2 * p->na->gradient_count + k);
            if (shared)
                continue;
            og__net_gradient(net, param)[channel] = (float)sum;
            sum = 0;
        }
        if (shared)
            og__net_gradient(net, param)[0] = (float)sum;
    }
}

/* From dz to the gradient by an operand's source. */
static void apply_unit(const og__pass *p, const og__unit *u, int operand, const float *src, float *d)
{
    const og__operand *o = &p->na->operands[operand];
    p->plan->ops->norm_apply(u->pixels, src + u->offset, o->k0 + u->apply_at, o->k1 + u->apply_at, o->k2 + u->apply_at,
                             d + u->offset);
}

static void apply(const og__pass *p, int operand, const float *src, float *d)
{
#pragma omp parallel for num_threads(p->plan->options.threads) schedule(static)
    for (int i = 0; i < p->units; i++) {
        og__unit u = og__pass_unit(p, i);
        apply_unit(p, &u, operand, src, d);
    }
}

void og__act_rows_apply(const void *rows, int image, int block, int chunk)
{
    const og__act_rows *r = rows;
    og__pass p = og__pass_of(r->plan, r->node);
    og__unit u = chunk_of(&p, image, block, chunk);
    apply_unit(&p, &u, 0, r->src, r->d);
}

static void call_probe(const og__pass *p, const float *const *src, const float *d)
{
    const og_plan *plan = p->plan;
    og__probe_layer layer = {
        .layer = (size_t)p->node->layer,
        .act = og__net_act(plan->net, p->node),
        .kernel = p->na->kernel,
        .n = p->at->images,
        .slices = p->at->d,
        .channels = p->node->channels,
        .lanes = plan->lanes,
        .pixels = p->at->pixels,
        .operand_count = p->na->operand_count,
        .d_dst = d,
        .param_stride = p->na->value_rows > 1 ? (size_t)(p->na->param_count * p->na->padded) : 0,
        .epsilon = (double)OG_NORM_EPSILON,
    };
    for (int i = 0; i < p->na->gradient_count; i++)
        layer.operands[i] = (og__probe_operand){
            .src = src[i],
            .scale = p->na->operands[i].scale,
            .shift = p->na->operands[i].shift,
            .stride = p->na->groups > 1 ? (size_t)p->na->padded : 0,
            .rstd = p->na->operands[i].normalised ? p->na->operands[i].rstd : NULL,
            .norm_weight = og__net_weight(plan->net, p->node->norms[i].weight),
            .norm_bias = og__net_weight(plan->net, p->node->norms[i].bias),
        };
    for (int k = 0; k < p->na->param_count; k++)
        layer.params[k] = p->na->values + k * p->na->padded;
    plan->probe(plan->probe_context, &layer);
}

void og__norm_act_backward(og_plan *plan, int node, bool reduced, bool deferred, const float *const *src,
                           float *const *d)
{
    og__pass p = og__pass_of(plan, node);
    bool excited = p.node->excite.hidden > 0;
    if (!reduced) {
        if (plan->probe && p.node->layer != OG_NO_LAYER)
            call_probe(&p, src, d[0]);
        reduce(&p, src, d);
    }
    if (p.na->learns)
        act_gradients(&p);
    if (excited)
        og__excite_backward(&p);
    for (int i = 0; i < p.na->gradient_count; i++) {
        if (!p.na->operands[i].normalised && !(i == 0 && excited))
            continue; /* dz is the gradient already */
        og__norm_gradients(&p, i);
        if (!deferred)
            apply(&p, i, src[i], d[i]);
    }
}

/* --- parameters --------------------------------------------------------------------------------------------------- */

/* Value of a fixed parameter in one channel. */
static float fixed_value(const og_act_param *param, int channel)
{
    return param->source == OG_PARAM_ALTERNATE && channel % 2 != 0 ? -param->value : param->value;
}

void og__norm_act_refresh(og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node];
    const og__norm_act *na = &plan->nodes[node].norm_act;
    const og_act *act = og__net_act(plan->net, n);
    for (int k = 0; k < na->param_count; k++) {
        og_act_param param = og_act_param_at(act, (size_t)k);
        const float *learned = og__net_weight(plan->net, n->act_params[k]);
        bool shared = learned && plan->net->graph.params[n->act_params[k]].count == 1;
        for (int row = 0; row < na->value_rows && param.source != OG_PARAM_EXCITE; row++)
            for (int c = 0; c < na->padded; c++) {
                float value = learned ? learned[shared || c >= n->channels ? 0 : c] : fixed_value(&param, c);
                na->values[(row * na->param_count + k) * na->padded + c] = value;
            }
    }
}

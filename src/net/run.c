/* Running a plan's steps. */
#include <math.h>
#include <string.h>

#include "net/plan.h"

static const og__conv_fused unfused;

/* Everything a step of one node touches. */
typedef struct context {
    og_plan *plan;
    const og__node *node;
    const og__plan_node *at;  /* of the node's value */
    const og__plan_node *src; /* of its first source */
} context;

static context context_of(og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node];
    return (context){plan, n, &plan->nodes[node], n->src_count > 0 ? &plan->nodes[n->src[0]] : NULL};
}

static size_t block_floats(const og_plan *plan, const og__plan_node *at)
{
    return at->pixels * (size_t)plan->lanes;
}

/* --- forward ------------------------------------------------------------------------------------------------------ */

static void pack_image(const context *c, float *dst)
{
    og_plan *plan = c->plan;
    int blocks = c->at->blocks, channels = c->node->channels;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * blocks; i++) {
        int first = i % blocks * plan->lanes, count = channels - first < plan->lanes ? channels - first : plan->lanes;
        const float *planar = plan->image + ((size_t)(i / blocks) * (size_t)channels + (size_t)first) * c->at->pixels;
        plan->ops->pack(c->at->pixels, count, planar, dst + (size_t)i * block_floats(plan, c->at));
    }
}

/* A unit of parallel work of pooling and resizing: some rows of one channel block. */
enum { ROWS = 16 };

typedef struct strip {
    size_t block;
    int row, rows;
} strip;

static int strips_per_block(int h)
{
    return (h + ROWS - 1) / ROWS;
}

static strip strip_of(int index, int h)
{
    int strips = strips_per_block(h), row = index % strips * ROWS;
    return (strip){(size_t)(index / strips), row, h - row < ROWS ? h - row : ROWS};
}

static void pool(const context *c, const float *src, float *dst)
{
    og_plan *plan = c->plan;
    size_t fine = block_floats(plan, c->src), coarse = block_floats(plan, c->at);
    int h = c->at->h, w = c->at->w;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * c->at->blocks * strips_per_block(h); i++) {
        strip s = strip_of(i, h);
        plan->ops->pool_forward(s.row, s.rows, w, src + s.block * fine, dst + s.block * coarse);
    }
}

static void pool_back(const context *c, const float *src, const float *d_dst, bool add, float *d_src)
{
    og_plan *plan = c->plan;
    size_t fine = block_floats(plan, c->src), coarse = block_floats(plan, c->at);
    int h = c->at->h, w = c->at->w;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * c->at->blocks * strips_per_block(h); i++) {
        strip s = strip_of(i, h);
        plan->ops->pool_backward(s.row, s.rows, w, src + s.block * fine, d_dst + s.block * coarse, add,
                                 d_src + s.block * fine);
    }
}

static void resize(const context *c, bool backward, const float *from, float *to)
{
    og_plan *plan = c->plan;
    size_t coarse = block_floats(plan, c->src), fine = block_floats(plan, c->at);
    int h = c->src->h, w = c->src->w;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * c->at->blocks * strips_per_block(h); i++) {
        strip s = strip_of(i, h);
        if (backward)
            plan->ops->resize_backward(s.row, s.rows, h, w, from + s.block * fine, to + s.block * coarse);
        else
            plan->ops->resize_forward(s.row, s.rows, h, w, from + s.block * coarse, to + s.block * fine);
    }
}

/* One image's blocks at a time: channels move between them. */
static void mirror(const context *c, bool backward, const float *from, float *to)
{
    og_plan *plan = c->plan;
    size_t block = block_floats(plan, c->at);
    int half_blocks = c->src->blocks, blocks = c->at->blocks, count = backward ? half_blocks : blocks;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * count; i++) {
        size_t image = (size_t)(i / count);
        float *dst = to + (size_t)i * block;
        if (backward)
            plan->ops->mirror_backward(c->at->pixels, c->node->channels, i % count, block,
                                       from + image * (size_t)blocks * block, dst);
        else
            plan->ops->mirror_forward(c->at->pixels, c->node->channels, i % count, block,
                                      from + image * (size_t)half_blocks * block, dst);
    }
}

/* The values of a step's sources. */
static void find_sources(const og_plan *plan, const og__step *step, const float **src)
{
    for (int i = 0; i < OG_NODE_SRC_MAX; i++)
        src[i] = og__plan_buffer(plan, step->src[i]);
}

static og_status forward(og_plan *plan, const og__step *step)
{
    context c = context_of(plan, step->node);
    float *dst = og__plan_buffer(plan, step->dst);
    const float *src = step->src[0] == OG_NO_BUFFER ? plan->image : og__plan_buffer(plan, step->src[0]);
    switch (c.node->kind) {
    case OG_NODE_INPUT:
        pack_image(&c, dst);
        return OG_OK;
    case OG_NODE_CONV:
    case OG_NODE_UP: {
        const float *bias = og__net_weight(plan->net, c.node->bias);
        OG_TRY(og__conv_forward(c.at->conv[0], src, bias, dst, &unfused, plan->scratch));
        for (int i = 1; i < c.node->src_count; i++)
            OG_TRY(og__conv_forward(c.at->conv[i], og__plan_buffer(plan, step->src[i]), NULL, dst, &unfused,
                                    plan->scratch));
        return OG_OK;
    }
    case OG_NODE_NORM_ACT: {
        const float *operands[OG_NODE_SRC_MAX];
        find_sources(plan, step, operands);
        og__norm_act_forward(plan, step->node, step->kind == OG_STEP_FORWARD, operands, dst);
        return OG_OK;
    }
    case OG_NODE_MIRROR:
        mirror(&c, false, src, dst);
        return OG_OK;
    case OG_NODE_POOL:
        pool(&c, src, dst);
        return OG_OK;
    case OG_NODE_RESIZE:
        resize(&c, false, src, dst);
        return OG_OK;
    }
    return OG_OK;
}

/* --- backward ----------------------------------------------------------------------------------------------------- */

/* dst += src, two tensors of a node's size. */
static void add(og_plan *plan, const og__plan_node *at, const float *src, float *dst)
{
    size_t block = block_floats(plan, at);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * at->blocks; i++)
        plan->ops->add(at->pixels, src + (size_t)i * block, dst + (size_t)i * block);
}

static og_status conv_backward(const context *c, const og__step *step)
{
    og_plan *plan = c->plan;
    const float *d_dst = og__plan_buffer(plan, step->d_dst);
    float *d_weights = og__net_gradient(plan->net, c->node->weight);
    float *d_bias = og__net_gradient(plan->net, c->node->bias);
    const og__graph *g = &plan->net->graph;
    for (int i = 0; i < c->node->src_count; i++) {
        const float *src = step->src[i] == OG_NO_BUFFER ? plan->image : og__plan_buffer(plan, step->src[i]);
        OG_TRY(og__conv_backward_weights(c->at->conv[i], src, d_dst, d_weights, i == 0 ? d_bias : NULL, &unfused,
                                         plan->scratch));
        og__trace_charge(plan->trace, step->node, og__trace_backward_weights(g, step->node));
        if (step->d_src[i] == OG_NO_BUFFER)
            continue;
        float *d_src = og__plan_buffer(plan, step->add[i] ? step->spare : step->d_src[i]);
        OG_TRY(og__conv_backward_data(c->at->conv[i], d_dst, d_src, &unfused, plan->scratch));
        og__trace_charge(plan->trace, step->node, og__trace_backward_data(g, step->node));
        if (!step->add[i])
            continue;
        add(plan, &plan->nodes[c->node->src[i]], d_src, og__plan_buffer(plan, step->d_src[i]));
        og__trace_charge(plan->trace, step->node, OG_WORK_ADD);
    }
    return OG_OK;
}

static og_status backward(og_plan *plan, const og__step *step)
{
    context c = context_of(plan, step->node);
    float *d_dst = og__plan_buffer(plan, step->d_dst), *d_src = og__plan_buffer(plan, step->d_src[0]);
    switch (c.node->kind) {
    case OG_NODE_CONV:
    case OG_NODE_UP:
        return conv_backward(&c, step);
    case OG_NODE_NORM_ACT: {
        const float *operands[OG_NODE_SRC_MAX];
        float *gradients[OG_NODE_SRC_MAX];
        find_sources(plan, step, operands);
        for (int i = 0; i < OG_NODE_SRC_MAX; i++)
            gradients[i] = og__plan_buffer(plan, step->d_src[i]);
        og__norm_act_backward(plan, step->node, operands, gradients);
        return OG_OK;
    }
    case OG_NODE_MIRROR:
        mirror(&c, true, d_dst, d_src);
        return OG_OK;
    case OG_NODE_POOL:
        pool_back(&c, og__plan_buffer(plan, step->src[0]), d_dst, step->add[0], d_src);
        return OG_OK;
    case OG_NODE_RESIZE:
        resize(&c, true, d_dst, d_src);
        return OG_OK;
    case OG_NODE_INPUT:
        return OG_OK;
    }
    return OG_OK;
}

/* --- passes ------------------------------------------------------------------------------------------------------- */

static og_status refresh(og_plan *plan)
{
    const og__graph *g = &plan->net->graph;
    if (!plan->stale)
        return OG_OK;
    for (int i = 0; i < g->node_count; i++) {
        for (int j = 0; j < OG_CONV_SRC_MAX; j++)
            if (plan->nodes[i].conv[j])
                OG_TRY(og__conv_pack(plan->nodes[i].conv[j], og__net_weight(plan->net, g->nodes[i].weight)));
        if (g->nodes[i].kind == OG_NODE_NORM_ACT)
            og__norm_act_refresh(plan, i);
        og__trace_charge(plan->trace, i, OG_WORK_PACK);
    }
    plan->stale = false;
    return OG_OK;
}

static og_status run_steps(og_plan *plan, const uint8_t *labels, const og_loss *loss, og_loss_value *value)
{
    for (int i = 0; i < plan->schedule.step_count; i++) {
        const og__step *step = &plan->schedule.steps[i];
        if (step->kind == OG_STEP_LOSS)
            og__loss_run(plan, og__plan_buffer(plan, step->d_dst), labels, loss, value);
        else if (step->kind == OG_STEP_BACKWARD)
            OG_TRY(backward(plan, step));
        else
            OG_TRY(forward(plan, step));
        og__trace_charge(plan->trace, step->node, og__trace_work(&plan->net->graph, step));
    }
    return OG_OK;
}

static void copy_result(og_plan *plan, float *dst)
{
    const og__plan_node *head = &plan->nodes[plan->net->graph.node_count - 1];
    const float *src = og__plan_buffer(plan, plan->schedule.logits);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * plan->net->spec.classes; i++)
        memcpy(dst + (size_t)i * head->pixels, src + (size_t)i * head->pixels, head->pixels * sizeof(float));
}

og_status og_plan_infer(og_plan *plan, const float *src, bool logits, float *dst)
{
    if (plan->options.training)
        return og__fail(OG_ERR_ARGUMENT, "a plan made for training was asked to infer; make one with training = false");
    og__trace_begin(plan->trace);
    OG_TRY(refresh(plan));
    plan->image = src;
    OG_TRY(run_steps(plan, NULL, NULL, NULL));
    if (!logits)
        og__head_probabilities(plan, og__plan_buffer(plan, plan->schedule.logits));
    og__trace_charge(plan->trace, plan->net->graph.node_count - 1, OG_WORK_LOSS);
    copy_result(plan, dst);
    og__trace_charge(plan->trace, plan->net->graph.node_count - 1, OG_WORK_PACK);
    return OG_OK;
}

static og_status check_labels(const og_plan *plan, const uint8_t *labels)
{
    size_t count = (size_t)plan->options.n * (size_t)plan->options.h * (size_t)plan->options.w;
    for (size_t i = 0; i < count; i++)
        if (labels[i] >= plan->net->spec.classes && labels[i] != OG_LABEL_IGNORE)
            return og__fail(OG_ERR_DATA, "label %d at pixel %zu of a batch: the network has classes 0 to %d", labels[i],
                            i, plan->net->spec.classes - 1);
    return OG_OK;
}

/* --- finding what is not finite ----------------------------------------------------------------------------------- */

static bool all_finite(const float *values, size_t count)
{
    float sum = 0; /* x * 0 is 0 for finite x and NaN otherwise */
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += values[i] * 0;
    return sum == 0;
}

static og_status blame(const char *layer, const char *what, double loss)
{
    return og__fail(OG_ERR_NUMERIC, "%s is not finite (loss %g): %s; try a lower learning rate or gradient clipping",
                    layer, loss, what);
}

/* Run the forward pass again and look at each value as it is made: the first bad one names the layer. OG_OK if none. */
static og_status blame_forward(og_plan *plan, double loss)
{
    const og__graph *g = &plan->net->graph;
    const og_plan_options *o = &plan->options;
    size_t floats = (size_t)o->n * (size_t)plan->net->spec.in_channels * (size_t)o->h * (size_t)o->w;
    if (!all_finite(plan->image, floats))
        return og__fail(OG_ERR_NUMERIC, "the image is not finite after scaling and augmentation; check the data");
    for (int i = 0; i < plan->schedule.step_count && plan->schedule.steps[i].kind == OG_STEP_FORWARD; i++) {
        const og__step *step = &plan->schedule.steps[i];
        const og__node *n = &g->nodes[step->node];
        OG_TRY(forward(plan, step));
        if (all_finite(og__plan_buffer(plan, step->dst), plan->schedule.buffers[step->dst].floats))
            continue;
        if (n->kind == OG_NODE_NORM_ACT && n->layer != OG_NO_LAYER)
            return blame(g->layers[n->layer].name, "its normalisation or activation overflows", loss);
        if (n->kind == OG_NODE_NORM_ACT)
            return blame(g->params[n->norms[0].weight].name, "the normalisation overflows", loss);
        return blame(n->weight == OG_NO_PARAM ? "an enlarged layer" : g->params[n->weight].name,
                     "the convolution overflows", loss);
    }
    return OG_OK;
}

/* The backward pass went from the last parameter to the first. */
static og_status blame_backward(const og_plan *plan, double loss)
{
    const og__graph *g = &plan->net->graph;
    for (size_t i = g->param_count; i-- > 0;)
        if (!all_finite(plan->net->gradients + g->params[i].offset, g->params[i].count))
            return blame(g->params[i].name, "its gradient overflows", loss);
    return blame("the loss", "although every layer's values are", loss);
}

og_status og_plan_train(og_plan *plan, const float *src, const uint8_t *labels, const og_loss *loss,
                        og_loss_value *value)
{
    *value = (og_loss_value){0};
    if (!plan->options.training)
        return og__fail(OG_ERR_ARGUMENT, "a plan made for inference was asked to train; make one with training = true");
    int outside = plan->net->graph.node_count;
    og__trace_begin(plan->trace);
    OG_TRY(check_labels(plan, labels));
    og__trace_charge(plan->trace, outside, OG_WORK_CHECK);
    OG_TRY(refresh(plan));
    plan->image = src;
    OG_TRY(run_steps(plan, labels, loss, value));
    bool finite = isfinite(value->total) && all_finite(plan->net->gradients, plan->net->graph.weight_count);
    og__trace_charge(plan->trace, outside, OG_WORK_CHECK);
    if (finite)
        return OG_OK;
    OG_TRY(blame_forward(plan, value->total));
    return blame_backward(plan, value->total);
}

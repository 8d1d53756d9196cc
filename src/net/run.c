/* Running a plan's steps. */
#include <math.h>
#include <string.h>

#include "net/crop.h"
#include "net/plan.h"
#include "net/scale.h"

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

/* Between planes (N, C, D, H, W) and the blocks of a node's value: pack, or the way back. */
static void change_layout(og_plan *plan, const og__plan_node *at, int channels, const float *planes, float *to_planes,
                          float *blocked)
{
    size_t plane = at->pixels, stride = (size_t)at->d * plane;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < at->images * at->blocks; i++) {
        int first = i % at->blocks * plan->lanes, left = channels - first;
        int count = left < plan->lanes ? left : plan->lanes;
        size_t sample = (size_t)(i / at->blocks / at->d), z = (size_t)(i / at->blocks % at->d);
        size_t planar = (sample * (size_t)channels + (size_t)first) * stride + z * plane;
        float *block = blocked + (size_t)i * block_floats(plan, at);
        if (to_planes)
            plan->ops->unpack(plane, stride, count, block, to_planes + planar);
        else
            plan->ops->pack(plane, stride, count, planes + planar, block);
    }
}

/* Source 0 times the one channel of source 1, in chunks of rows of an image. Backward d[0] gets the gradient by the
 * first, d[1] that by the second. */
static void gate(const context *c, const float *const *src, float *dst, const float *d_dst, float *const *d)
{
    og_plan *plan = c->plan;
    size_t block = block_floats(plan, c->at), line = (size_t)(c->at->w * plan->lanes);
    int chunks = og__chunk_count(c->at);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c->at->images * chunks; i++) {
        int row = i % chunks * OG_CHUNK_ROWS, left = c->at->h - row;
        size_t pixels = (size_t)(left < OG_CHUNK_ROWS ? left : OG_CHUNK_ROWS) * (size_t)c->at->w;
        size_t one = (size_t)(i / chunks) * block + (size_t)row * line;
        size_t all = (size_t)(i / chunks * c->at->blocks) * block + (size_t)row * line;
        if (dst)
            plan->ops->gate_forward(pixels, c->at->blocks, block, src[0] + all, src[1] + one, dst + all);
        else
            plan->ops->gate_backward(pixels, c->at->blocks, block, src[0] + all, src[1] + one, d_dst + all, d[0] + all,
                                     d[1] + one);
    }
}

/* One image's blocks at a time: channels move between them. */
static void mirror(const context *c, bool backward, const float *from, float *to)
{
    og_plan *plan = c->plan;
    size_t block = block_floats(plan, c->at);
    int half_blocks = c->src->blocks, blocks = c->at->blocks, count = backward ? half_blocks : blocks;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c->at->images * count; i++) {
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

/* Source i of a convolution: a planar image is read where the caller has it. */
static const float *conv_source(const og_plan *plan, const og__step *step, int i)
{
    return step->src[i] == OG_NO_BUFFER ? plan->image : og__plan_buffer(plan, step->src[i]);
}

static og_status conv_forward(const context *c, const og__step *step)
{
    og_plan *plan = c->plan;
    float *dst = og__plan_buffer(plan, step->dst);
    const og__act_rows norm = {.plan = plan, .node = step->node + 1, .src = dst};
    const og__row_touch gather = {og__act_rows_gather, &norm, NULL};
    for (int i = 0; i < c->node->src_count; i++) {
        const float *src = conv_source(plan, step, i);
        og__act_rows act = og__act_rows_of(plan, step, i);
        og__row_load load = {og__act_rows_load, &act};
        og__conv_fused fused = {.load = step->act[i] != OG_NO_NODE ? &load : NULL,
                                .after = step->gathered && i == c->node->src_count - 1 ? &gather : NULL};
        const float *bias = i == 0 ? og__net_weight(plan->net, c->node->bias) : NULL;
        OG_TRY(og__conv_forward(c->at->conv[i], src, bias, dst, &fused, plan->scratch));
    }
    return OG_OK;
}

static og_status forward(og_plan *plan, const og__step *step)
{
    context c = context_of(plan, step->node);
    float *dst = og__plan_buffer(plan, step->dst);
    const float *src[OG_NODE_SRC_MAX];
    find_sources(plan, step, src);
    switch (c.node->kind) {
    case OG_NODE_INPUT:
        change_layout(plan, c.at, c.node->channels, plan->image, NULL, dst);
        return OG_OK;
    case OG_NODE_CONV:
    case OG_NODE_UP:
        return conv_forward(&c, step);
    case OG_NODE_NORM_ACT:
        if (step->kind == OG_STEP_FORWARD)
            og__norm_act_prepare(plan, step->node, step->gathered, src);
        if (dst)
            og__norm_act_forward(plan, step->node, src, dst);
        return OG_OK;
    case OG_NODE_PLANES:
        change_layout(plan, c.src, c.node->channels, NULL, dst, og__plan_buffer(plan, step->src[0]));
        return OG_OK;
    case OG_NODE_GATE:
        gate(&c, src, dst, NULL, NULL);
        return OG_OK;
    case OG_NODE_MIRROR:
        mirror(&c, false, src[0], dst);
        return OG_OK;
    case OG_NODE_CROP:
        og__crop(plan, step->node, src[0], dst);
        return OG_OK;
    case OG_NODE_POOL:
        og__scale_pool(plan, step, dst);
        return OG_OK;
    case OG_NODE_RESIZE:
        og__scale_resize(plan, step->node, false, src[0], dst);
        return OG_OK;
    case OG_NODE_SHUFFLE:
        og__scale_shuffle(plan, step->node, false, src[0], dst);
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
    for (int i = 0; i < at->images * at->blocks; i++)
        plan->ops->add(at->pixels, src + (size_t)i * block, dst + (size_t)i * block);
}

/* A probe wants to see the gradient by the activation's value. */
static bool is_reduced(const og_plan *plan, const og__step *step)
{
    return step->reduced && !plan->probe;
}

static og_status conv_backward(const context *c, const og__step *step)
{
    og_plan *plan = c->plan;
    float *d_dst = og__plan_buffer(plan, step->d_dst);
    const og__act_rows norm = {plan, step->node + 1, og__plan_buffer(plan, step->applied), d_dst};
    const og__row_touch apply = {og__act_rows_apply, &norm, norm.src};
    float *d_weights = og__net_gradient(plan->net, c->node->weight);
    float *d_bias = og__net_gradient(plan->net, c->node->bias);
    const og__graph *g = &plan->net->graph;
    for (int i = 0; i < c->node->src_count; i++) {
        const float *src = conv_source(plan, step, i);
        og__act_rows act = og__act_rows_of(plan, step, i);
        const og__row_load load = {og__act_rows_load, &act};
        const og__row_touch reduce = {og__act_rows_reduce, &act, act.src};
        og__conv_fused for_weights = {.load = step->act[i] != OG_NO_NODE ? &load : NULL,
                                      .before = step->applied != OG_NO_BUFFER && i == 0 ? &apply : NULL};
        OG_TRY(og__conv_backward_weights(c->at->conv[i], src, d_dst, d_weights, i == 0 ? d_bias : NULL, &for_weights,
                                         plan->scratch));
        og__trace_charge(plan->trace, step->node, og__trace_backward_weights(g, step->node));
        if (step->d_src[i] == OG_NO_BUFFER)
            continue;
        float *d_src = og__plan_buffer(plan, step->add[i] ? step->spare : step->d_src[i]);
        act.d = d_src;
        og__conv_fused for_data = {.after = is_reduced(plan, step) && i == 0 ? &reduce : NULL};
        OG_TRY(og__conv_backward_data(c->at->conv[i], d_dst, d_src, &for_data, plan->scratch));
        og__trace_charge(plan->trace, step->node, og__trace_backward_data(g, step->node));
        if (!step->add[i])
            continue;
        add(plan, &plan->nodes[c->node->src[i]], d_src, og__plan_buffer(plan, step->d_src[i]));
        og__trace_charge(plan->trace, step->node, OG_WORK_ADD);
    }
    return OG_OK;
}

/* Where the gradients by a step's sources go; the one that another is to be added to, if any, to the spare room. */
static void find_gradients(const og_plan *plan, const og__step *step, float **gradients)
{
    for (int i = 0; i < OG_NODE_SRC_MAX; i++)
        gradients[i] = og__plan_buffer(plan, step->add[i] ? step->spare : step->d_src[i]);
}

static void add_spare(const context *c, const og__step *step)
{
    og_plan *plan = c->plan;
    for (int i = 0; i < c->node->src_count; i++)
        if (step->add[i])
            add(plan, &plan->nodes[c->node->src[i]], og__plan_buffer(plan, step->spare),
                og__plan_buffer(plan, step->d_src[i]));
}

static og_status backward(og_plan *plan, const og__step *step)
{
    context c = context_of(plan, step->node);
    float *d_dst = og__plan_buffer(plan, step->d_dst), *d_src = og__plan_buffer(plan, step->d_src[0]);
    const float *src[OG_NODE_SRC_MAX];
    float *gradients[OG_NODE_SRC_MAX];
    find_sources(plan, step, src);
    find_gradients(plan, step, gradients);
    switch (c.node->kind) {
    case OG_NODE_CONV:
    case OG_NODE_UP:
        return conv_backward(&c, step);
    case OG_NODE_NORM_ACT:
        og__norm_act_backward(plan, step->node, is_reduced(plan, step), step->applied != OG_NO_BUFFER, src, gradients);
        add_spare(&c, step);
        return OG_OK;
    case OG_NODE_GATE:
        gate(&c, src, NULL, d_dst, gradients);
        add_spare(&c, step);
        return OG_OK;
    case OG_NODE_PLANES:
        change_layout(plan, c.src, c.node->channels, d_dst, NULL, d_src);
        return OG_OK;
    case OG_NODE_MIRROR:
        mirror(&c, true, d_dst, d_src);
        return OG_OK;
    case OG_NODE_CROP:
        og__crop_back(plan, step->node, step->add[0], d_dst, d_src);
        return OG_OK;
    case OG_NODE_POOL:
        og__scale_pool_back(plan, step, is_reduced(plan, step), d_dst, d_src);
        return OG_OK;
    case OG_NODE_RESIZE:
        og__scale_resize(plan, step->node, true, d_dst, d_src);
        return OG_OK;
    case OG_NODE_SHUFFLE:
        og__scale_shuffle(plan, step->node, true, d_dst, d_src);
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

/* Labels of the pixels of a head: of a coarser stage those in the middle of its pixels (PyTorch's nearest-exact). */
static const uint8_t *labels_at(og_plan *plan, int node, const uint8_t *labels)
{
    const og__plan_node *at = &plan->nodes[node];
    const og__node *n = &plan->net->graph.nodes[node];
    int stage = n->stage, first = n->inset + ((1 << stage) >> 1), factor = plan->nodes[0].d / at->d;
    if (stage == 0 && n->inset == 0)
        return labels;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int row = 0; row < at->images * at->h; row++) {
        int image = row / at->h * factor + factor / 2; /* at full resolution */
        size_t y = (size_t)(image * plan->options.h + (row % at->h << stage) + first);
        for (int x = 0; x < at->w; x++)
            plan->head_labels[(size_t)row * (size_t)at->w + (size_t)x] =
                labels[y * (size_t)plan->options.w + (size_t)((x << stage) + first)];
    }
    return plan->head_labels;
}

/* The loss of one head, whose share is added to `value`. */
static og_status run_loss(og_plan *plan, const og__step *step, const uint8_t *labels, og_loss_value *value)
{
    const og__plan_node *at = &plan->nodes[step->node];
    og_loss_value own = *value;
    og__loss_size(&plan->loss, at->d, at->h, at->w);
    OG_TRY(og__loss_run(&plan->loss, og__plan_buffer(plan, step->d_dst), labels_at(plan, step->node, labels),
                        plan->net->graph.nodes[step->node].loss_share, &own));
    if (step->node != plan->net->graph.node_count - 1) /* only the head that makes the result counts pixels */
        own.pixels = value->pixels;
    *value = own;
    return OG_OK;
}

static og_status run_steps(og_plan *plan, const uint8_t *labels, og_loss_value *value)
{
    for (int i = 0; i < plan->schedule.step_count; i++) {
        const og__step *step = &plan->schedule.steps[i];
        if (step->kind == OG_STEP_LOSS)
            OG_TRY(run_loss(plan, step, labels, value));
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
    int classes = plan->net->spec.classes;
    size_t floats = (size_t)head->d * head->pixels; /* of a class */
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < plan->options.n * classes; i++)
        memcpy(dst + (size_t)i * floats, src + (size_t)i * floats, floats * sizeof(float));
}

og_status og_plan_infer(og_plan *plan, const float *src, bool logits, float *dst)
{
    if (plan->options.training)
        return og__fail(OG_ERR_ARGUMENT, "a plan made for training was asked to infer; make one with training = false");
    og__trace_begin(plan->trace);
    OG_TRY(refresh(plan));
    plan->image = src;
    OG_TRY(run_steps(plan, NULL, NULL));
    if (!logits)
        og__loss_probabilities(&plan->loss, og__plan_buffer(plan, plan->schedule.logits));
    og__trace_charge(plan->trace, plan->net->graph.node_count - 1, OG_WORK_LOSS);
    copy_result(plan, dst);
    og__trace_charge(plan->trace, plan->net->graph.node_count - 1, OG_WORK_PACK);
    return OG_OK;
}

/* Pixels, or weights, that one thread looks at in a turn. */
enum { CHECK_RUN = 1 << 16 };

static og_status check_labels(const og_plan *plan, const uint8_t *labels)
{
    size_t count = (size_t)plan->nodes[0].images * plan->nodes[0].pixels;
    int classes = plan->head.regions ? OG_LABEL_IGNORE : plan->net->spec.classes, wrong = 0;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static) reduction(| : wrong)
    for (size_t first = 0; first < count; first += CHECK_RUN) {
        size_t end = count - first < CHECK_RUN ? count : first + CHECK_RUN;
        for (size_t i = first; i < end; i++)
            wrong |= (labels[i] >= classes) & (labels[i] != OG_LABEL_IGNORE);
    }
    for (size_t i = 0; i < count && wrong; i++)
        if (labels[i] >= classes && labels[i] != OG_LABEL_IGNORE)
            return og__fail(OG_ERR_DATA, "label %d at pixel %zu of a batch: the network has classes 0 to %d", labels[i],
                            i, classes - 1);
    return OG_OK;
}

/* --- finding what is not finite ----------------------------------------------------------------------------------- */

static bool all_finite(const og_plan *plan, const float *values, size_t count)
{
    int wrong = 0;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static) reduction(| : wrong)
    for (size_t first = 0; first < count; first += CHECK_RUN) {
        size_t end = count - first < CHECK_RUN ? count : first + CHECK_RUN;
        float sum = 0; /* x * 0 is 0 for finite x and NaN otherwise */
#pragma omp simd reduction(+ : sum)
        for (size_t i = first; i < end; i++)
            sum += values[i] * 0;
        wrong |= sum != 0;
    }
    return !wrong;
}

static og_status blame(const char *layer, const char *what, double loss)
{
    return og__fail(OG_ERR_NUMERIC, "%s is not finite (loss %g): %s; try a lower learning rate or gradient clipping",
                    layer, loss, what);
}

/* The same for a node's value, which its readers may make by rows. */
static bool value_finite(og_plan *plan, const og__step *step)
{
    if (step->dst != OG_NO_BUFFER)
        return all_finite(plan, og__plan_buffer(plan, step->dst), plan->schedule.buffers[step->dst].floats);
    const og__plan_node *at = &plan->nodes[step->node];
    const og__act_rows act = {.plan = plan, .node = step->node, .src = og__plan_buffer(plan, step->src[0])};
    float *values = og__plan_strip(plan, 0);
    bool finite = true;
    for (int i = 0; i < at->images * at->blocks; i++)
        for (int row = 0; row < at->h && finite; row += OG_CHUNK_ROWS) {
            int rows = at->h - row < OG_CHUNK_ROWS ? at->h - row : OG_CHUNK_ROWS;
            og__act_rows_load(&act, i / at->blocks, i % at->blocks, row, rows, values);
            finite = all_finite(plan, values, (size_t)(rows * at->w * plan->lanes));
        }
    return finite;
}

/* Run the forward pass again and look at each value as it is made: the first bad one names the layer. OG_OK if none. */
static og_status blame_forward(og_plan *plan, double loss)
{
    const og__graph *g = &plan->net->graph;
    size_t images = (size_t)plan->nodes[0].images;
    size_t floats = images * (size_t)plan->net->spec.in_channels * plan->nodes[0].pixels;
    if (!all_finite(plan, plan->image, floats))
        return og__fail(OG_ERR_NUMERIC, "the image is not finite after scaling and augmentation; check the data");
    for (int i = 0; i < plan->schedule.step_count && plan->schedule.steps[i].kind == OG_STEP_FORWARD; i++) {
        const og__step *step = &plan->schedule.steps[i];
        const og__node *n = &g->nodes[step->node];
        OG_TRY(forward(plan, step));
        if (value_finite(plan, step))
            continue;
        char name[OG_NODE_NAME_BYTES];
        og__trace_name(g, step->node, sizeof name, name);
        if (n->kind == OG_NODE_NORM_ACT && n->layer != OG_NO_LAYER)
            return blame(g->layers[n->layer].name, "its normalisation or activation overflows", loss);
        if (n->kind == OG_NODE_NORM_ACT)
            return blame(name, "the normalisation or sum overflows", loss);
        return blame(n->weight == OG_NO_PARAM ? name : g->params[n->weight].name, "the convolution overflows", loss);
    }
    return OG_OK;
}

/* The backward pass went from the last parameter to the first. */
static og_status blame_backward(const og_plan *plan, double loss)
{
    const og__graph *g = &plan->net->graph;
    for (size_t i = g->param_count; i-- > 0;)
        if (!all_finite(plan, plan->net->gradients + g->params[i].offset, g->params[i].count))
            return blame(g->params[i].name, "its gradient overflows", loss);
    return blame("the loss", "although every layer's values are", loss);
}

og_status og_plan_train(og_plan *plan, const float *src, const uint8_t *labels, og_loss_value *value)
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
    OG_TRY(run_steps(plan, labels, value));
    bool finite = isfinite(value->total) && all_finite(plan, plan->net->gradients, plan->net->graph.weight_count);
    og__trace_charge(plan->trace, outside, OG_WORK_CHECK);
    if (finite)
        return OG_OK;
    OG_TRY(blame_forward(plan, value->total));
    return blame_backward(plan, value->total);
}

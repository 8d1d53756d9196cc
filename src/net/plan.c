#include "net/plan.h"

#include <stdlib.h>

#include "act/act.h"
#include "base/memory.h"
#include "net/pass.h"
#include "net/slices.h"
#include "net/spec.h"

static int slices_of(const og_plan_options *options)
{
    return options->d == 0 ? 1 : options->d;
}

enum { PIXELS_MAX = 1 << 30 }; /* of a batch: pixels, tiles and units of work are counted in int */

/* What og_net_size_from() gives for a side that the network takes. */
static og_status check_sides(const og_net *net, int h, int w)
{
    int multiple = og_net_size_multiple(net), margin = og_net_margin(net);
    if (h == og_net_size_from(net, h) && w == og_net_size_from(net, w))
        return OG_OK;
    if (margin == 0)
        return og__fail(OG_ERR_SHAPE, "a plan for images of %d x %d: a network of depth %d needs multiples of %d", h, w,
                        net->spec.depth, multiple);
    int least = og_net_size_from(net, 1);
    return og__fail(OG_ERR_SHAPE,
                    "a plan for images of %d x %d: this network without padding takes sides of %d + %d n px, such as "
                    "%d x %d",
                    h, w, least, multiple, og_net_size_from(net, h), og_net_size_from(net, w));
}

static og_status check_options(const og_net *net, const og_plan_options *o)
{
    int slices = slices_of(o);
    if (o->n < 1 || o->h < 1 || o->w < 1 || o->threads < 1)
        return og__fail(OG_ERR_ARGUMENT, "a plan for %d images of %d x %d on %d threads: all must be at least 1", o->n,
                        o->h, o->w, o->threads);
    OG_TRY(check_sides(net, o->h, o->w));
    if (net->spec.dims == 2 && slices != 1)
        return og__fail(OG_ERR_SHAPE, "a plan for volumes of %d slices: the network is two-dimensional", slices);
    if (slices < 1 || slices % og_net_slice_multiple(net) != 0)
        return og__fail(OG_ERR_SHAPE, "a plan for volumes of %d slices: the network needs multiples of %d", slices,
                        og_net_slice_multiple(net));
    double pixels = (double)o->n * slices_of(o) * o->h * o->w;
    if (pixels > PIXELS_MAX)
        return og__fail(OG_ERR_SHAPE,
                        "a plan for %.3g pixels in a batch: at most %d are possible; use a smaller batch or size",
                        pixels, (int)PIXELS_MAX);
    return OG_OK;
}

static og_status size_nodes(og_plan *plan, size_t **floats)
{
    const og__graph *g = &plan->net->graph;
    OG_TRY(og__alloc((size_t)g->node_count, sizeof **floats, floats));
    for (int i = 0; i < g->node_count; i++) {
        og__plan_node *at = &plan->nodes[i];
        at->d = slices_of(&plan->options) / og__spec_slice_factor(&plan->net->spec, g->nodes[i].stage);
        at->images = plan->options.n * at->d;
        at->h = (plan->options.h - 2 * g->nodes[i].inset) >> g->nodes[i].stage;
        at->w = (plan->options.w - 2 * g->nodes[i].inset) >> g->nodes[i].stage;
        at->blocks = og__isa_blocks(plan->isa, g->nodes[i].channels);
        OG_TRY(og__product(&at->pixels, 2, (size_t[]){(size_t)at->h, (size_t)at->w}));
        size_t channels =
            (size_t)(g->nodes[i].head /* the logits are planar */ ? g->nodes[i].channels : at->blocks * plan->lanes);
        OG_TRY(og__product(&(*floats)[i], 3, (size_t[]){(size_t)at->images, channels, at->pixels}));
    }
    return OG_OK;
}

static og_status open_convs(og_plan *plan, int node, size_t *scratch_bytes)
{
    const og__graph *g = &plan->net->graph;
    const og__node *n = &g->nodes[node];
    og__conv_shape shape = {
        .n = plan->options.n,
        .oc = n->channels,
        .kernel = n->kernel,
        .slice_kernel = n->slice_kernel,
        .slice_stride = n->kind == OG_NODE_CONV ? n->slice_stride : 0,
        .dilation = n->kind == OG_NODE_CONV ? n->dilation : 1,
        .transposed = n->kind == OG_NODE_UP,
        .depthwise = n->depthwise,
        .strided = n->strided,
        .valid = n->valid,
        .planar_dst = n->head,
        .training = plan->options.training,
        .exact = plan->options.exact,
        .dry = plan->dry,
        .threads = plan->options.threads,
        .isa = plan->isa,
    };
    for (int i = 0; i < n->src_count; i++)
        shape.ic_all += g->nodes[n->src[i]].channels;
    for (int i = 0; i < n->src_count; i++) {
        const og__node *src = &g->nodes[n->src[i]];
        shape.ic = src->channels;
        shape.d = plan->nodes[n->src[i]].d;
        shape.h = plan->nodes[n->src[i]].h;
        shape.w = plan->nodes[n->src[i]].w;
        shape.planar = src->kind == OG_NODE_INPUT && plan->planar_input;
        shape.data_grad = src->kind != OG_NODE_INPUT;
        shape.bias = i == 0 && n->bias != OG_NO_PARAM;
        shape.accumulate = i > 0;
        OG_TRY(og__conv_new(&shape, &plan->nodes[node].conv[i]));
        size_t scratch = og__conv_scratch_bytes(plan->nodes[node].conv[i]);
        *scratch_bytes = scratch > *scratch_bytes ? scratch : *scratch_bytes;
        plan->packed_bytes += og__conv_bytes(plan->nodes[node].conv[i]);
        shape.ic_first += shape.ic;
    }
    return OG_OK;
}

static og_status open_operand(const og__norm_act *na, bool normalised, og__operand *o)
{
    float **const by_group[] = {&o->mean, &o->rstd, &o->scale, &o->shift};
    float **const by_row[] = {&o->k0, &o->k1, &o->k2};
    size_t count = (size_t)na->groups * (size_t)na->padded, rows = (size_t)na->apply_rows * (size_t)na->padded;
    o->normalised = normalised;
    for (size_t i = 0; i < sizeof by_group / sizeof by_group[0]; i++)
        OG_TRY(og__alloc(count, sizeof(float), by_group[i]));
    for (size_t i = 0; i < sizeof by_row / sizeof by_row[0]; i++)
        OG_TRY(og__alloc(rows, sizeof(float), by_row[i]));
    for (size_t i = 0; i < count && !normalised; i++)
        o->scale[i] = 1;
    return OG_OK;
}

static og_status open_operands(const og_plan *plan, const og__node *n, og__norm_act *na)
{
    for (int i = 0; i < na->gradient_count; i++) {
        OG_TRY(open_operand(na, n->norms[i].weight != OG_NO_PARAM, &na->operands[i]));
        na->operands[i].running =
            n->norms[i].mean != OG_NO_PARAM && (!plan->options.training || og__net_is_fixed(plan->net, &n->norms[i]));
    }
    if (na->operand_count == na->gradient_count)
        return OG_OK;
    og__operand *noise = &na->operands[na->gradient_count];
    OG_TRY(open_operand(na, false, noise));
    for (int i = 0; i < na->groups * na->padded && !plan->options.training; i++)
        noise->shift[i] = 0.5f; /* to no noise */
    return OG_OK;
}

/* Whether each image has statistics of its own. */
static bool norms_images(const og_net *net)
{
    return net->spec.norm != OG_NORM_BATCH && net->spec.norm != OG_NORM_NONE;
}

static og_status open_norm_act(og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node];
    const og_act *act = og__net_act(plan->net, n);
    og__norm_act *na = &plan->nodes[node].norm_act;
    bool excited = n->excite.hidden > 0;
    og_input inputs[OG_INPUT_COUNT];
    na->operand_count = og__act_operands(act, inputs);
    na->gradient_count = n->src_count;
    na->groups = norms_images(plan->net) ? plan->options.n : 1;
    na->apply_rows = excited ? plan->options.n : na->groups;
    na->value_rows = excited ? plan->options.n : 1;
    na->padded = plan->nodes[node].blocks * plan->lanes;
    na->param_count = (int)og_act_param_count(act);
    na->learns = excited;
    for (int k = 0; k < na->param_count; k++)
        na->learns = na->learns || n->act_params[k] != OG_NO_PARAM;
    OG_TRY(og__act_kernel_open(act, OG_EXECUTOR_AUTO, plan->isa, &na->kernel));
    if (!plan->options.exact)
        OG_TRY(og__act_kernel_tabulate(act, plan->isa, na->kernel));
    size_t values = (size_t)na->value_rows * (size_t)na->param_count * (size_t)na->padded;
    OG_TRY(og__alloc(values, sizeof(float), &na->values));
    OG_TRY(open_operands(plan, n, na));
    if (plan->options.training && n->drops)
        OG_TRY(og__alloc((size_t)plan->options.n * (size_t)na->padded, sizeof(float), &na->kept));
    return og__excite_open(plan, n, na);
}

/* What grows with the images, which a plan of sizes only does without. */
static og_status alloc_large(const og_plan *plan, size_t bytes, void *block)
{
    return og__alloc(plan->dry ? 0 : bytes, 1, block);
}

/* Working memory of the norms' and the activations' sums, as much as the largest node needs, and strips. */
static og_status open_partials(og_plan *plan)
{
    const og__graph *g = &plan->net->graph;
    size_t most = 0, strips, channels = 0;
    for (int i = 0; i < g->node_count; i++) {
        const og__plan_node *at = &plan->nodes[i];
        channels = (size_t)g->nodes[i].channels > channels ? (size_t)g->nodes[i].channels : channels;
        if (g->nodes[i].kind != OG_NODE_NORM_ACT)
            continue;
        size_t units = (size_t)at->images * (size_t)at->blocks * (size_t)og__chunk_count(at);
        size_t rows = units * (size_t)og__norm_act_rows(&at->norm_act);
        most = rows > most ? rows : most;
    }
    OG_TRY(og__product(&plan->partials_bytes, 3, (size_t[]){most, (size_t)plan->lanes, sizeof(float)}));
    OG_TRY(og__alloc(2 * channels, sizeof(double), &plan->channel_sums));
    OG_TRY(og__product(&strips, 2, (size_t[]){2 * (size_t)plan->options.threads, og__plan_strip_floats(plan)}));
    OG_TRY(alloc_large(plan, strips * sizeof(float), &plan->strips));
    size_t labels = 0;
    for (int i = 0; i < g->node_count && plan->options.training; i++)
        if (g->nodes[i].head && (g->nodes[i].stage > 0 || g->nodes[i].inset > 0)) {
            size_t own = (size_t)plan->nodes[i].images * plan->nodes[i].pixels;
            labels = own > labels ? own : labels;
        }
    OG_TRY(og__alloc(labels, 1, &plan->head_labels));
    plan->bytes += labels + plan->partials_bytes + strips * sizeof(float);
    return OG_OK;
}

static og_status open_nodes(og_plan *plan)
{
    const og__graph *g = &plan->net->graph;
    size_t scratch_bytes = 0;
    for (int i = 0; i < g->node_count; i++) {
        if (g->nodes[i].kind == OG_NODE_CONV || g->nodes[i].kind == OG_NODE_UP)
            OG_TRY(open_convs(plan, i, &scratch_bytes));
        if (g->nodes[i].kind == OG_NODE_NORM_ACT)
            OG_TRY(open_norm_act(plan, i));
        size_t mixed = og__slices_resize_scratch_bytes(plan, i);
        scratch_bytes = mixed > scratch_bytes ? mixed : scratch_bytes;
    }
    plan->scratch_bytes = scratch_bytes;
    plan->bytes += scratch_bytes + plan->packed_bytes;
    return OG_OK;
}

/* What can be done inside of other nodes' passes: the work of a norm and activation of one convolution's result. */
static void find_fusions(const og_plan *plan, og__fusion *fusions)
{
    const og__graph *g = &plan->net->graph;
    for (int i = 0; i < g->node_count; i++) {
        const og__node *n = &g->nodes[i];
        const og__norm_act *na = &plan->nodes[i].norm_act;
        fusions[i].by_rows = n->kind == OG_NODE_CONV || n->kind == OG_NODE_POOL;
        for (int j = 0; n->kind == OG_NODE_CONV && j < n->src_count; j++)
            fusions[i].by_rows = fusions[i].by_rows && og__conv_fuses(plan->nodes[i].conv[j]);
        if (n->kind == OG_NODE_NORM_ACT && n->src_count == 1 && og__node_is_stored(&g->nodes[n->src[0]])) {
            fusions[i].by_rows = na->operand_count == 1;
            fusions[i].gathers = g->nodes[n->src[0]].kind == OG_NODE_CONV && na->groups == 1 && n->excite.hidden == 0 &&
                                 na->operands[0].normalised && !na->operands[0].running;
        }
    }
}

/* Whether the first convolution reads the image as it is: oneDNN is fast so with some numbers of channels, the engine's
 * own kernel always, and Winograd's wants blocks of channels. */
static bool reads_planar(const og_net *net, const og_plan_options *options, og__isa isa)
{
    int channels = net->spec.in_channels;
    for (int i = 0; i < net->graph.node_count; i++) {
        const og__node *n = &net->graph.nodes[i];
        if (n->src_count > 0 && n->src[0] == 0 &&
            (n->kind != OG_NODE_CONV || n->strided || n->kernel != 3 || n->dilation != 1))
            return false;
    }
    if (!options->exact || net->spec.dims == 3)
        return channels < og__isa_lanes(isa);
    return channels == 3 || (channels == 1 && isa == OG_ISA_AVX512);
}

static og_status open_loss(og_plan *plan)
{
    const og_plan_options *o = &plan->options;
    const og__plan_node *head = &plan->nodes[plan->net->graph.node_count - 1];
    int classes = plan->net->spec.classes;
    og_loss usual = og__loss_usual();
    const og_loss *mix = o->loss ? o->loss : &usual;
    og__loss_shape shape = {.n = o->n, .classes = classes, .threads = o->threads};
    shape.d = head->d;
    shape.h = head->h;
    shape.w = head->w;
    shape.pixels = (size_t)head->d * head->pixels;
    OG_TRY(og__head_open(plan->net->spec.head, plan->ops, plan->isa, classes, &plan->head));
    OG_TRY(og__loss_open(o->training ? mix : NULL, o, &plan->head, &shape, &plan->loss));
    plan->options.loss = NULL; /* borrowed until here */
    plan->options.class_weights = NULL;
    plan->options.regions = NULL;
    plan->bytes += plan->loss.bytes;
    return OG_OK;
}

static og_status make(og_net *net, const og_plan_options *options, bool dry, og_plan **plan)
{
    og_status status = OG_OK;
    og_plan *made = NULL;
    size_t *floats = NULL;
    og__fusion *fusions = NULL;
    size_t arena_bytes;
    *plan = NULL;
    OG_TRY(check_options(net, options));
    if (options->training && !dry)
        OG_TRY(og__net_open_gradients(net));
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->net = net;
    made->options = *options;
    made->isa = og__cpu_isa();
    made->lanes = og__isa_lanes(made->isa);
    made->ops = og__ops_for(made->isa);
    made->planar_input = reads_planar(net, options, made->isa);
    made->stale = true;
    made->dry = dry;
    OG_GO(og__alloc((size_t)net->graph.node_count, sizeof *made->nodes, &made->nodes));
    OG_GO(size_nodes(made, &floats));
    OG_GO(open_nodes(made));
    OG_GO(og__alloc((size_t)net->graph.node_count, sizeof *fusions, &fusions));
    find_fusions(made, fusions);
    OG_GO(og__schedule_init(&net->graph, floats, fusions, options->training, made->planar_input, &made->schedule));
    OG_GO(og__product(&arena_bytes, 2, (size_t[]){made->schedule.floats, sizeof(float)}));
    made->bytes += arena_bytes;
    OG_GO(open_partials(made));
    OG_GO(open_loss(made));
    *plan = made;
    made = NULL;
done:
    free(floats);
    free(fusions);
    og_plan_free(made);
    return status;
}

/* --- room --------------------------------------------------------------------------------------------------------- */

static size_t rounded_up(size_t bytes)
{
    return (bytes + OG_ALIGN_BYTES - 1) / OG_ALIGN_BYTES * OG_ALIGN_BYTES;
}

size_t og__plan_room_bytes(const og_plan *plan)
{
    return rounded_up(plan->schedule.floats * sizeof(float)) + rounded_up(plan->scratch_bytes) +
           rounded_up(plan->partials_bytes);
}

void og__plan_set_room(og_plan *plan, void *room)
{
    char *at = room;
    plan->arena = (float *)(void *)at;
    at += rounded_up(plan->schedule.floats * sizeof(float));
    plan->scratch = at;
    at += rounded_up(plan->scratch_bytes);
    plan->partials = (float *)(void *)at;
}

void *og__plan_room(const og_plan *plan)
{
    return plan->arena;
}

og_status og__plan_new_roomless(og_net *net, const og_plan_options *options, og_plan **plan)
{
    return make(net, options, false, plan);
}

og_status og_plan_new(og_net *net, const og_plan_options *options, og_plan **plan)
{
    OG_TRY(make(net, options, false, plan));
    og_status status = og__alloc(og__plan_room_bytes(*plan), 1, &(*plan)->room);
    if (status == OG_OK) {
        og__plan_set_room(*plan, (*plan)->room);
        return OG_OK;
    }
    og_plan_free(*plan);
    *plan = NULL;
    return status;
}

og_status og__plan_sketch(og_net *net, const og_plan_options *options, og_plan **plan)
{
    return make(net, options, true, plan);
}

static void close_norm_act(og__norm_act *na)
{
    og__act_kernel_close(na->kernel);
    for (int i = 0; i < OG_INPUT_COUNT; i++) {
        og__operand *o = &na->operands[i];
        float *const arrays[] = {o->mean, o->rstd, o->scale, o->shift, o->k0, o->k1, o->k2};
        for (size_t j = 0; j < sizeof arrays / sizeof arrays[0]; j++)
            free(arrays[j]);
    }
    free(na->values);
    free(na->kept);
    og__excite_close(&na->excitation);
}

void og_plan_free(og_plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; plan->nodes && i < plan->net->graph.node_count; i++) {
        for (int j = 0; j < OG_CONV_SRC_MAX; j++)
            og__conv_free(plan->nodes[i].conv[j]);
        close_norm_act(&plan->nodes[i].norm_act);
    }
    og__loss_close(&plan->loss);
    og__head_close(&plan->head);
    og__schedule_deinit(&plan->schedule);
    free(plan->nodes);
    free(plan->room);
    free(plan->strips);
    free(plan->head_labels);
    free(plan->channel_sums);
    free(plan);
}

size_t og_plan_bytes(const og_plan *plan)
{
    return plan->bytes;
}

void og_plan_refresh(og_plan *plan)
{
    plan->stale = true;
}

void og__plan_set_net(og_plan *plan, og_net *net)
{
    plan->stale = plan->stale || plan->net != net;
    plan->net = net;
}

void og_plan_set_noise(og_plan *plan, uint64_t seed, uint64_t step)
{
    plan->noise_seed = seed;
    plan->noise_step = step;
}

void og__plan_set_probe(og_plan *plan, og__probe probe, void *context)
{
    plan->probe = probe;
    plan->probe_context = context;
}

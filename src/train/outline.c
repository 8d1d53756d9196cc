/* What a network consists of and what it needs, from plans of sizes only. */
#include <ogive/cost.h>

#include <stdlib.h>

#include "base/memory.h"
#include "base/meter.h"
#include "base/status.h"
#include "net/loss.h"
#include "net/plan.h"
#include "train/model.h"
#include "train/optimizer.h"
#include "train/options.h"

static const char *const kinds[] = {
    [OG_NODE_INPUT] = "image",        [OG_NODE_CONV] = "convolution", [OG_NODE_NORM_ACT] = "norm and activation",
    [OG_NODE_MIRROR] = "mirror",      [OG_NODE_POOL] = "pooling",     [OG_NODE_UP] = "transposed convolution",
    [OG_NODE_RESIZE] = "enlargement", [OG_NODE_GATE] = "gate",        [OG_NODE_SHUFFLE] = "pixel shuffle",
    [OG_NODE_PLANES] = "planes",      [OG_NODE_CROP] = "crop",
};

static int64_t param_size(const og__graph *g, int param)
{
    return param == OG_NO_PARAM ? 0 : (int64_t)g->params[param].count;
}

static int64_t node_params(const og__graph *g, const og__node *n)
{
    int64_t sum = 0;
    if (n->kind == OG_NODE_CONV || n->kind == OG_NODE_UP)
        return param_size(g, n->weight) + param_size(g, n->bias);
    if (n->kind != OG_NODE_NORM_ACT)
        return 0;
    for (int i = 0; i < n->src_count; i++)
        sum += param_size(g, n->norms[i].weight) + param_size(g, n->norms[i].bias);
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++)
        sum += param_size(g, n->act_params[k]);
    if (n->excite.hidden > 0)
        sum += param_size(g, n->excite.fc1_weight) + param_size(g, n->excite.fc1_bias) +
               param_size(g, n->excite.fc2_weight) + param_size(g, n->excite.fc2_bias);
    return sum;
}

static double total_gflop(const og__trace *trace, int node)
{
    double sum = 0;
    for (int work = 0; work < OG_WORK_COUNT; work++)
        sum += trace->gflop[node][work];
    return sum;
}

/* Operations of all nodes; with `list` each node is described. */
static og_status add_nodes(const og_plan *plan, bool list, double *gflop, og_net_outline *outline)
{
    const og__graph *g = &plan->net->graph;
    og__trace trace;
    OG_TRY(og__trace_init(plan, &trace));
    for (int i = 0; i < g->node_count; i++) {
        *gflop += total_gflop(&trace, i);
        if (!list)
            continue;
        og_node_outline *node = &outline->nodes[i];
        *node = (og_node_outline){.kind = kinds[g->nodes[i].kind],
                                  .stage = g->nodes[i].stage,
                                  .channels = g->nodes[i].channels,
                                  .d = plan->nodes[i].d,
                                  .h = plan->nodes[i].h,
                                  .w = plan->nodes[i].w,
                                  .params = node_params(g, &g->nodes[i]),
                                  .gflop = total_gflop(&trace, i)};
        og__trace_name(g, i, sizeof node->name, node->name);
    }
    og__trace_deinit(&trace);
    return OG_OK;
}

static int64_t optimizer_bytes(const og_train_options *network, const og_net *net, og_status *status)
{
    og__optimizer *optimizer;
    *status = og__optimizer_open(network, net, 1, &optimizer);
    if (*status != OG_OK)
        return 0;
    int64_t bytes = (int64_t)(og__optimizer_slot_count(optimizer) * og_net_weight_count(net) * sizeof(float));
    og__optimizer_free(optimizer);
    return bytes;
}

static void add_memory(const og_plan *plan, int64_t program, int64_t optimizer, og_memory_plan *memory)
{
    const og_net *net = plan->net;
    const og_plan_options *o = &plan->options;
    int64_t weights = (int64_t)(og_net_weight_count(net) * sizeof(float));
    int64_t pixels = (int64_t)o->n * (o->d > 0 ? o->d : 1) * o->h * o->w;
    const og__plan_node *head = &plan->nodes[net->graph.node_count - 1];
    int64_t batch = pixels * net->spec.in_channels * (int64_t)sizeof(float);
    batch += o->training ? pixels : head->images * (int64_t)head->pixels * net->spec.classes * (int64_t)sizeof(float);
    *memory = (og_memory_plan){
        .program = program,
        .weights = weights + (int64_t)(og_net_state_size(net) * sizeof(float)),
        .gradients = o->training ? weights : 0,
        .optimizer = optimizer,
        .packed = (int64_t)plan->packed_bytes,
        .arena = (int64_t)(plan->schedule.floats * sizeof(float)),
        .scratch = (int64_t)plan->scratch_bytes,
        .batch = batch,
    };
    memory->sums = (int64_t)plan->bytes - memory->packed - memory->arena - memory->scratch;
    memory->total = program + memory->weights + memory->gradients + optimizer + (int64_t)plan->bytes + memory->batch;
}

static og_status sketch(og_net *net, const og_train_options *network, int64_t program, int d, int h, int w,
                        og_net_outline *outline)
{
    og_status status = OG_OK;
    const og_net_spec *spec = &net->spec;
    og_loss *loss = NULL;
    og_plan *plan = NULL;
    if (spec->padding == OG_PADDING_VALID) {
        h = og_net_size_from(net, h);
        w = og_net_size_from(net, w);
    }
    *outline = (og_net_outline){.n = (int)network->batch,
                                .channels = spec->in_channels,
                                .classes = spec->classes,
                                .d = d,
                                .h = h,
                                .w = w,
                                .depth = spec->depth,
                                .volumes = spec->dims == 3,
                                .size_multiple = og_net_size_multiple(net),
                                .slice_multiple = og_net_slice_multiple(net),
                                .size_least = og_net_size_from(net, 1),
                                .margin = og_net_margin(net),
                                .params = (int64_t)og_net_weight_count(net),
                                .machine_bytes = (int64_t)(og__memory_limit() / 3 * 4),
                                .node_count = (size_t)net->graph.node_count};
    OG_GO(og_loss_parse(network->loss, &loss));
    OG_GO(og__alloc(outline->node_count, sizeof *outline->nodes, &outline->nodes));
    int64_t optimizer = optimizer_bytes(network, net, &status);
    OG_GO(status);
    for (int training = 0; training < 2; training++) {
        og_plan_options options = {.n = outline->n,
                                   .d = d,
                                   .h = h,
                                   .w = w,
                                   .training = training == 1,
                                   .exact = network->exact,
                                   .threads = og__train_threads(network),
                                   .loss = loss};
        int64_t before = (int64_t)og__held_bytes();
        OG_GO(og__plan_sketch(net, &options, &plan));
        int64_t code = (int64_t)og__held_bytes() - before; /* of convolutions by oneDNN */
        program += code > 0 ? code : 0;
        OG_GO(add_nodes(plan, training == 0, training ? &outline->training_gflop : &outline->gflop, outline));
        add_memory(plan, program, training ? optimizer : 0, training ? &outline->training : &outline->inference);
        og_plan_free(plan);
        plan = NULL;
    }
done:
    og_plan_free(plan);
    og_loss_free(loss);
    if (status != OG_OK)
        og_net_outline_deinit(outline);
    return status;
}

og_status og_net_sketch(const og_train_options *network, int channels, int classes, int d, int h, int w,
                        og_net_outline *outline)
{
    og_status status = OG_OK;
    og_net *net = NULL;
    og__placement placement = {0};
    int64_t program = og__peak_bytes();
    og_train_options resolved = *network; /* borrows its texts */
    *outline = (og_net_outline){0};
    resolved.depth = og__train_depth(network, h, w);
    OG_GO(og__placement_init(&resolved, &placement));
    OG_GO(og__model_net(&resolved, &placement, channels, classes, &net));
    OG_GO(sketch(net, &resolved, program, d, h, w, outline));
done:
    og__placement_deinit(&placement);
    og_net_free(net);
    return status;
}

og_status og_model_sketch(og_model *model, const og_train_options *network, int d, int h, int w,
                          og_net_outline *outline)
{
    int64_t held = (int64_t)((og_net_weight_count(model->net) + og_net_state_size(model->net)) * sizeof(float));
    int64_t program = og__peak_bytes() - held;
    og_train_options own = model->options; /* borrows its texts */
    own.batch = network->batch;
    own.threads = network->threads;
    own.exact = network->exact;
    return sketch(model->net, &own, program > 0 ? program : 0, d, h, w, outline);
}

void og_net_outline_deinit(og_net_outline *outline)
{
    free(outline->nodes);
    *outline = (og_net_outline){0};
}

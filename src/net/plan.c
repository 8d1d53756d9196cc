#include "net/plan.h"

#include <stdlib.h>

#include "base/memory.h"

static og_status check_options(const og_net *net, const og_plan_options *o)
{
    int multiple = og_net_size_multiple(net);
    if (o->n < 1 || o->h < 1 || o->w < 1 || o->threads < 1)
        return og__fail(OG_ERR_ARGUMENT, "a plan for %d images of %d x %d on %d threads: all must be at least 1", o->n,
                        o->h, o->w, o->threads);
    if (o->h % multiple != 0 || o->w % multiple != 0)
        return og__fail(OG_ERR_SHAPE, "a plan for images of %d x %d: a network of depth %d needs multiples of %d", o->h,
                        o->w, net->spec.depth, multiple);
    return OG_OK;
}

static og_status size_nodes(og_plan *plan, size_t **floats)
{
    const og__graph *g = &plan->net->graph;
    OG_TRY(og__alloc((size_t)g->node_count, sizeof **floats, floats));
    for (int i = 0; i < g->node_count; i++) {
        og__plan_node *at = &plan->nodes[i];
        at->h = plan->options.h >> g->nodes[i].stage;
        at->w = plan->options.w >> g->nodes[i].stage;
        at->blocks = (g->nodes[i].channels + plan->lanes - 1) / plan->lanes;
        OG_TRY(og__product(&at->pixels, 2, (size_t[]){(size_t)at->h, (size_t)at->w}));
        OG_TRY(og__product(&(*floats)[i], 4,
                           (size_t[]){(size_t)plan->options.n, (size_t)at->blocks, at->pixels, (size_t)plan->lanes}));
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
        .transposed = n->kind == OG_NODE_UP,
        .training = plan->options.training,
        .exact = plan->options.exact,
        .threads = plan->options.threads,
        .isa = plan->isa,
    };
    for (int i = 0; i < n->src_count; i++)
        shape.ic_all += g->nodes[n->src[i]].channels;
    for (int i = 0; i < n->src_count; i++) {
        const og__node *src = &g->nodes[n->src[i]];
        shape.ic = src->channels;
        shape.h = plan->nodes[n->src[i]].h;
        shape.w = plan->nodes[n->src[i]].w;
        shape.planar = src->kind == OG_NODE_INPUT && plan->planar_input;
        shape.data_grad = src->kind != OG_NODE_INPUT;
        shape.bias = i == 0 && n->bias != OG_NO_PARAM;
        shape.accumulate = i > 0;
        OG_TRY(og__conv_new(&shape, &plan->nodes[node].conv[i]));
        size_t scratch = og__conv_scratch_bytes(plan->nodes[node].conv[i]);
        *scratch_bytes = scratch > *scratch_bytes ? scratch : *scratch_bytes;
        plan->bytes += og__conv_bytes(plan->nodes[node].conv[i]);
        shape.ic_first += shape.ic;
    }
    return OG_OK;
}

static og_status open_norm_act(og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node];
    const og_act *act = og__net_act(plan->net, n);
    og__norm_act *na = &plan->nodes[node].norm_act;
    na->groups = plan->net->spec.norm == OG_NORM_INSTANCE ? plan->options.n : 1;
    na->padded = plan->nodes[node].blocks * plan->lanes;
    na->param_count = (int)og_act_param_count(act);
    for (int k = 0; k < na->param_count; k++)
        na->learns = na->learns || n->act_params[k] != OG_NO_PARAM;
    OG_TRY(og__act_kernel_open(act, OG_EXECUTOR_AUTO, plan->isa, &na->kernel));

    float **const arrays[] = {&na->mean, &na->rstd, &na->scale, &na->shift, &na->k0, &na->k1, &na->k2};
    size_t count = (size_t)na->groups * (size_t)na->padded;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        OG_TRY(og__alloc(count, sizeof(float), arrays[i]));
    OG_TRY(og__alloc((size_t)na->param_count * (size_t)na->padded, sizeof(float), &na->values));
    for (int k = 0; k < na->param_count; k++)
        na->params[k] = na->values + k * na->padded;
    for (size_t i = 0; i < count; i++)
        na->scale[i] = plan->net->spec.norm == OG_NORM_NONE ? 1.0f : 0.0f;
    return OG_OK;
}

/* Working memory of the norms' and the loss's sums: as much as the largest node needs. */
static og_status open_partials(og_plan *plan)
{
    const og__graph *g = &plan->net->graph;
    size_t most = 0, floats;
    for (int i = 0; i < g->node_count; i++) {
        const og__plan_node *at = &plan->nodes[i];
        size_t units = (size_t)plan->options.n * (size_t)at->blocks * (size_t)og__chunk_count(at->pixels);
        if (g->nodes[i].kind == OG_NODE_NORM_ACT && units > most)
            most = units;
    }
    OG_TRY(og__product(&floats, 3, (size_t[]){most, OG_PARTIALS_PER_UNIT, (size_t)plan->lanes}));
    OG_TRY(og__alloc(floats, sizeof(float), &plan->partials));
    OG_TRY(og__alloc(og__loss_partials(plan), sizeof(double), &plan->loss_partials));
    plan->bytes += floats * sizeof(float) + og__loss_partials(plan) * sizeof(double);
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
    }
    OG_TRY(og__alloc(scratch_bytes, 1, &plan->scratch));
    plan->bytes += scratch_bytes;
    return OG_OK;
}

og_status og_plan_new(og_net *net, const og_plan_options *options, og_plan **plan)
{
    og_status status = OG_OK;
    og_plan *made = NULL;
    size_t *floats = NULL;
    *plan = NULL;
    OG_TRY(check_options(net, options));
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->net = net;
    made->options = *options;
    made->isa = og__cpu_isa();
    made->lanes = og__isa_lanes(made->isa);
    made->ops = og__ops_for(made->isa);
    made->planar_input = net->spec.in_channels == 3 || (net->spec.in_channels == 1 && made->isa == OG_ISA_AVX512);
    made->stale = true;
    OG_GO(og__alloc((size_t)net->graph.node_count, sizeof *made->nodes, &made->nodes));
    OG_GO(size_nodes(made, &floats));
    OG_GO(og__schedule_init(&net->graph, floats, options->training, made->planar_input, &made->schedule));
    OG_GO(og__alloc(made->schedule.floats, sizeof(float), &made->arena));
    made->bytes = made->schedule.floats * sizeof(float);
    OG_GO(open_nodes(made));
    OG_GO(open_partials(made));
    OG_GO(og__head_open(net->spec.head, made->ops, made->isa, net->spec.classes, &made->head));
    *plan = made;
    made = NULL;
done:
    free(floats);
    og_plan_free(made);
    return status;
}

static void close_norm_act(og__norm_act *na)
{
    og__act_kernel_close(na->kernel);
    free(na->mean);
    free(na->rstd);
    free(na->scale);
    free(na->shift);
    free(na->k0);
    free(na->k1);
    free(na->k2);
    free(na->values);
}

void og_plan_free(og_plan *plan)
{
    if (!plan)
        return;
    for (int i = 0; plan->nodes && i < plan->net->graph.node_count; i++) {
        for (int j = 0; j < OG_NODE_SRC_MAX; j++)
            og__conv_free(plan->nodes[i].conv[j]);
        close_norm_act(&plan->nodes[i].norm_act);
    }
    og__head_close(&plan->head);
    og__schedule_deinit(&plan->schedule);
    free(plan->nodes);
    free(plan->arena);
    free(plan->scratch);
    free(plan->partials);
    free(plan->loss_partials);
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

void og__plan_set_probe(og_plan *plan, og__probe probe, void *context)
{
    plan->probe = probe;
    plan->probe_context = context;
}

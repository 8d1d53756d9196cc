#include "net/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/meter.h"
#include "net/plan.h"

const og__work_kind og__work_kinds[OG_WORK_COUNT] = {
#define OG_WORK(id, name, convolution, about) {name, convolution, about},
#include "net/trace.def"
#undef OG_WORK
};

/* --- what a piece of work is -------------------------------------------------------------------------------------- */

/* The first of a convolution's three kinds; forward, data and weights follow one another in trace.def. */
static og__work conv_forward(const og__graph *graph, int node)
{
    const og__node *n = &graph->nodes[node];
    if (n->head)
        return OG_WORK_HEAD_FORWARD;
    if (n->kind == OG_NODE_UP)
        return OG_WORK_UP_FORWARD;
    return n->kernel == 3 && !n->depthwise ? OG_WORK_CONV3_FORWARD : OG_WORK_CONV_FORWARD;
}

og__work og__trace_backward_data(const og__graph *graph, int node)
{
    return conv_forward(graph, node) + 1;
}

og__work og__trace_backward_weights(const og__graph *graph, int node)
{
    return conv_forward(graph, node) + 2;
}

og__work og__trace_work(const og__graph *graph, const og__step *step)
{
    bool backward = step->kind == OG_STEP_BACKWARD;
    if (step->kind == OG_STEP_LOSS)
        return OG_WORK_LOSS;
    switch (graph->nodes[step->node].kind) {
    case OG_NODE_INPUT:
    case OG_NODE_PLANES:
        return OG_WORK_PACK;
    case OG_NODE_CONV:
    case OG_NODE_UP:
        return backward ? og__trace_backward_weights(graph, step->node) : conv_forward(graph, step->node);
    case OG_NODE_NORM_ACT:
        return backward ? OG_WORK_ACT_BACKWARD : step->kind == OG_STEP_AGAIN ? OG_WORK_ACT_AGAIN : OG_WORK_ACT_FORWARD;
    case OG_NODE_POOL:
        return backward ? OG_WORK_POOL_BACKWARD : OG_WORK_POOL_FORWARD;
    case OG_NODE_MIRROR:
    case OG_NODE_RESIZE:
    case OG_NODE_SHUFFLE:
    case OG_NODE_GATE:
    case OG_NODE_CROP:
        break;
    }
    return OG_WORK_RESIZE;
}

/* "encoder.0.conv.1" of its weight's name. */
static void name_of_param(const char *param, size_t size, char text[size])
{
    snprintf(text, size, "%.*s", (int)(strlen(param) - strlen(".weight")), param);
}

static void name_of_norm_act(const og__graph *graph, const og__node *n, size_t size, char text[size])
{
    static const char *const own[OG_OWN_COUNT] = {
#define OG_OWN_ACT(id, name, formula) name,
#include "net/own_acts.def"
#undef OG_OWN_ACT
    };
    if (n->layer != OG_NO_LAYER) {
        const char *name = graph->layers[n->layer].name, *unit = strrchr(name, '.');
        snprintf(text, size, "%.*s.act%s", (int)(unit - name), name, unit);
        return;
    }
    if (n->norms[0].weight != OG_NO_PARAM)
        name_of_param(graph->params[n->norms[0].weight].name, size, text);
    else
        snprintf(text, size, "stage %d %s", n->stage, own[n->own]);
}

void og__trace_name(const og__graph *graph, int node, size_t size, char text[size])
{
    static const char *const kinds[] = {
        [OG_NODE_POOL] = "pool",     [OG_NODE_RESIZE] = "resize", [OG_NODE_SHUFFLE] = "shuffle",
        [OG_NODE_MIRROR] = "mirror", [OG_NODE_GATE] = "gate",     [OG_NODE_PLANES] = "planes",
        [OG_NODE_CROP] = "crop"};
    const og__node *n = &graph->nodes[node];
    switch (n->kind) {
    case OG_NODE_CONV:
    case OG_NODE_UP:
        name_of_param(graph->params[n->weight].name, size, text);
        return;
    case OG_NODE_NORM_ACT:
        name_of_norm_act(graph, n, size, text);
        return;
    case OG_NODE_INPUT:
        snprintf(text, size, "input");
        return;
    case OG_NODE_POOL:
        snprintf(text, size, "encoder.%d.pool", n->stage - 1);
        return;
    default:
        snprintf(text, size, "decoder.%d.%s", n->stage, kinds[n->kind]);
    }
}

/* --- how much work ------------------------------------------------------------------------------------------------ */

static void count_operations(const og_plan *plan, int node, double gflop[OG_WORK_COUNT])
{
    const og__graph *g = &plan->net->graph;
    const og__node *n = &g->nodes[node];
    if (n->kind != OG_NODE_CONV && n->kind != OG_NODE_UP)
        return;
    /* A transposed convolution reads each source pixel for 2 x 2 results. */
    const og__plan_node *at = &plan->nodes[n->kind == OG_NODE_UP ? n->src[0] : node];
    double pixels = (double)at->images * (double)at->pixels;
    for (int i = 0; i < n->src_count; i++) {
        const og__node *src = &g->nodes[n->src[i]];
        double ic = n->depthwise ? 1 : src->channels;
        double work = 2e-9 * pixels * n->kernel * n->kernel * n->slice_kernel * n->channels * ic;
        gflop[conv_forward(g, node)] += work;
        if (!plan->options.training)
            continue;
        gflop[og__trace_backward_weights(g, node)] += work;
        if (src->kind != OG_NODE_INPUT)
            gflop[og__trace_backward_data(g, node)] += work;
    }
}

og_status og__trace_init(const og_plan *plan, og__trace *trace)
{
    og_status status = OG_OK;
    int count = plan->net->graph.node_count;
    *trace = (og__trace){.node_count = count};
    OG_GO(og__alloc((size_t)count + 1, sizeof trace->ms[0], &trace->ms));
    OG_GO(og__alloc((size_t)count + 1, sizeof trace->gflop[0], &trace->gflop));
    for (int i = 0; i < count; i++)
        count_operations(plan, i, trace->gflop[i]);
done:
    if (status != OG_OK)
        og__trace_deinit(trace);
    return status;
}

void og__trace_deinit(og__trace *trace)
{
    free(trace->ms);
    free(trace->gflop);
    *trace = (og__trace){0};
}

/* --- while it runs ------------------------------------------------------------------------------------------------ */

void og__plan_set_trace(og_plan *plan, og__trace *trace)
{
    plan->trace = trace;
}

void og__trace_begin(og__trace *trace)
{
    if (trace)
        trace->last_s = og__now_s();
}

void og__trace_charge(og__trace *trace, int node, og__work work)
{
    if (!trace)
        return;
    double now = og__now_s();
    trace->ms[node][work] += 1e3 * (now - trace->last_s);
    trace->last_s = now;
}

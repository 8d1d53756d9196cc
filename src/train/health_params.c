/* Do the learned parameters of the activations move, and does a gradient reach them? One that silently stays where it
 * began still gives plausible scores. */
#include "train/health.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "net/net.h"

/* The next learned parameter's tensor of the net in the order of layers and parameters; NULL after the last. */
typedef struct walk {
    const og_net *net;
    int node, param;
    size_t layer;  /* of the tensor last returned */
    size_t offset; /* of the tensor last returned, in the vector of initial values */
    size_t end;
} walk;

static const og_param *next(walk *w)
{
    const og__graph *g = &w->net->graph;
    for (; w->node < g->node_count; w->node++, w->param = 0) {
        const og__node *n = &g->nodes[w->node];
        if (n->kind != OG_NODE_NORM_ACT || n->layer == OG_NO_LAYER)
            continue;
        const og_act *act = og__net_act(w->net, n);
        while (w->param < (int)og_act_param_count(act)) {
            og_act_param what = og_act_param_at(act, (size_t)w->param);
            int param = n->act_params[w->param++];
            if (param == OG_NO_PARAM || what.source == OG_PARAM_EXCITE)
                continue;
            w->layer = (size_t)n->layer;
            w->offset = w->end;
            w->end += g->params[param].count;
            return &g->params[param];
        }
    }
    return NULL;
}

og_status og__health_initial(const og_net *net, float **initial)
{
    walk w = {.net = net};
    *initial = NULL;
    while (next(&w))
        ;
    if (w.end == 0)
        return OG_OK;
    OG_TRY(og__alloc(w.end, sizeof **initial, initial));
    w = (walk){.net = net};
    for (const og_param *param = next(&w); param; param = next(&w))
        memcpy(*initial + w.offset, net->weights + param->offset, param->count * sizeof(float));
    return OG_OK;
}

void og__health_follow(og__health *health, const og_net *net, const float *initial)
{
    size_t layer = SIZE_MAX, index = 0;
    walk w = {.net = net};
    for (const og_param *param = next(&w); param; param = next(&w)) {
        const float *now = net->weights + param->offset, *gradient = net->gradients + param->offset;
        double moved = 0, squares = 0;
        index = w.layer == layer ? index + 1 : 0;
        layer = w.layer;
        for (size_t i = 0; i < param->count; i++) {
            moved = fmax(moved, fabs((double)now[i] - (double)initial[w.offset + i]));
            squares += (double)gradient[i] * (double)gradient[i];
        }
        health->layers[layer].params[index].moved = moved;
        health->layers[layer].params[index].gradient = sqrt(squares / (double)param->count);
    }
}

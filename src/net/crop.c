#include "net/crop.h"

#include "net/middle.h"

static og__middle middle_of(const og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node], *from = &plan->net->graph.nodes[n->src[0]];
    const og__plan_node *src = &plan->nodes[n->src[0]];
    return og__middle_of(src->images * src->blocks, src->h, src->w, (n->inset - from->inset) >> n->stage, plan->lanes,
                         plan->options.threads);
}

void og__crop(og_plan *plan, int node, const float *src, float *dst)
{
    og__middle m = middle_of(plan, node);
    og__middle_take(&m, false, src, dst);
}

void og__crop_back(og_plan *plan, int node, bool add, const float *d_dst, float *d_src)
{
    og__middle m = middle_of(plan, node);
    og__middle_put(&m, add, d_dst, d_src);
}

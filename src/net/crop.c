#include "net/crop.h"

#include <string.h>

/* The source around the middle, in floats of one channel block of one image. */
typedef struct crop {
    size_t run, line; /* of a row of the middle, and of a row of the source */
    size_t first;     /* before the middle */
    size_t block;     /* of the source */
    int rows, blocks; /* of the middle; of all images */
} crop;

static crop crop_of(const og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node], *from = &plan->net->graph.nodes[n->src[0]];
    const og__plan_node *at = &plan->nodes[node], *src = &plan->nodes[n->src[0]];
    size_t lanes = (size_t)plan->lanes, edge = (size_t)((n->inset - from->inset) >> n->stage);
    size_t line = (size_t)src->w * lanes;
    return (crop){.run = (size_t)at->w * lanes,
                  .line = line,
                  .first = edge * line + edge * lanes,
                  .block = src->pixels * lanes,
                  .rows = at->h,
                  .blocks = at->images * at->blocks};
}

void og__crop(og_plan *plan, int node, const float *src, float *dst)
{
    crop c = crop_of(plan, node);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c.blocks * c.rows; i++) {
        const float *block = src + (size_t)(i / c.rows) * c.block;
        memcpy(dst + (size_t)i * c.run, block + c.first + (size_t)(i % c.rows) * c.line, c.run * sizeof *dst);
    }
}

void og__crop_back(og_plan *plan, int node, bool add, const float *d_dst, float *d_src)
{
    crop c = crop_of(plan, node);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c.blocks; i++) {
        float *block = d_src + (size_t)i * c.block;
        if (!add)
            memset(block, 0, c.block * sizeof *block);
        for (int row = 0; row < c.rows; row++) {
            const float *from = d_dst + ((size_t)i * (size_t)c.rows + (size_t)row) * c.run;
            float *to = block + c.first + (size_t)row * c.line;
            if (add)
                plan->ops->add((size_t)(c.run / (size_t)plan->lanes), from, to);
            else
                memcpy(to, from, c.run * sizeof *to);
        }
    }
}

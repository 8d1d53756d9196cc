#include "net/slices.h"

#include <string.h>

#include <omp.h>

enum { POOLED_ROWS = OG_CHUNK_ROWS / 2 };

/* A node of one source that changes the number of slices. */
typedef struct change {
    og_plan *plan;
    const og__plan_node *src, *dst;
    size_t src_block, dst_block; /* floats of a channel block of an image */
} change;

static change change_of(og_plan *plan, int node)
{
    change c = {.plan = plan, .src = &plan->nodes[plan->net->graph.nodes[node].src[0]], .dst = &plan->nodes[node]};
    c.src_block = c.src->pixels * (size_t)plan->lanes;
    c.dst_block = c.dst->pixels * (size_t)plan->lanes;
    return c;
}

/* --- pooling ------------------------------------------------------------------------------------------------------ */

/* One slice of windows: the image that it becomes, and the chunk of rows of the two images that it comes from. */
typedef struct window {
    int image, block, chunk;
    const float *front, *back;
} window;

static const float *slice_rows(const change *c, const og__step *step, int image, int block, int chunk, int side)
{
    og_plan *plan = c->plan;
    int row = chunk * OG_CHUNK_ROWS, rows = c->src->h - row < OG_CHUNK_ROWS ? c->src->h - row : OG_CHUNK_ROWS;
    const float *src = og__plan_buffer(plan, step->src[0]);
    if (step->act[0] == OG_NO_NODE)
        return src + (size_t)(image * c->src->blocks + block) * c->src_block +
               (size_t)row * (size_t)(c->src->w * plan->lanes);
    float *values = og__plan_strip(plan, omp_get_thread_num()) + (size_t)side * og__plan_strip_floats(plan);
    og__act_rows act = {.plan = plan, .node = step->act[0], .src = src};
    og__act_rows_load(&act, image, block, row, rows, values);
    return values;
}

static window window_of(const change *c, const og__step *step, int image, int block, int chunk)
{
    return (window){image, block, chunk, slice_rows(c, step, 2 * image, block, chunk, 0),
                    slice_rows(c, step, 2 * image + 1, block, chunk, 1)};
}

static int pooled_rows(const change *c, int chunk)
{
    int left = c->dst->h - chunk * POOLED_ROWS;
    return left < POOLED_ROWS ? left : POOLED_ROWS;
}

static size_t dst_at(const change *c, const window *w)
{
    return (size_t)(w->image * c->dst->blocks + w->block) * c->dst_block +
           (size_t)(w->chunk * POOLED_ROWS * c->dst->w * c->plan->lanes);
}

void og__slices_pool(og_plan *plan, const og__step *step, float *dst)
{
    change c = change_of(plan, step->node);
    int chunks = og__chunk_count(c.src), blocks = c.dst->blocks;
    bool average = plan->net->graph.nodes[step->node].average;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c.dst->images * blocks * chunks; i++) {
        window w = window_of(&c, step, i / chunks / blocks, i / chunks % blocks, i % chunks);
        (average ? plan->ops->average_slices_forward : plan->ops->pool_slices_forward)(
            pooled_rows(&c, w.chunk), c.dst->w, w.front, w.back, dst + dst_at(&c, &w));
    }
}

void og__slices_pool_back(og_plan *plan, const og__step *step, bool reduced, const float *d_dst, float *d_src)
{
    change c = change_of(plan, step->node);
    int chunks = og__chunk_count(c.src), blocks = c.dst->blocks;
    bool average = plan->net->graph.nodes[step->node].average;
    og__act_rows act = {.plan = plan, .node = step->act[0], .src = og__plan_buffer(plan, step->src[0]), .d = d_src};
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c.dst->images * chunks; i++) {
        int image = i / chunks, chunk = i % chunks;
        for (int block = 0; block < blocks; block++) {
            window w = {image, block, chunk, NULL, NULL};
            float *d_front = d_src + (size_t)(2 * image * blocks + block) * c.src_block +
                             (size_t)(chunk * OG_CHUNK_ROWS * c.src->w * plan->lanes);
            float *d_back = d_front + (size_t)blocks * c.src_block;
            if (average) {
                plan->ops->average_slices_backward(pooled_rows(&c, chunk), c.dst->w, d_dst + dst_at(&c, &w),
                                                   step->add[0], d_front, d_back);
                continue;
            }
            w = window_of(&c, step, image, block, chunk);
            plan->ops->pool_slices_backward(pooled_rows(&c, chunk), c.dst->w, w.front, w.back, d_dst + dst_at(&c, &w),
                                            step->add[0], d_front, d_back);
        }
        for (int side = 0; reduced && side < 2; side++)
            og__act_rows_reduce(&act, 2 * image + side, chunk);
    }
}

/* --- enlargement: in a slice as images are, along the slices by the same weights -----------------------------------
 */

/* Slice j of the result is a mean of one or two slices of the source. */
typedef struct mix {
    int first, second;
    float first_weight, second_weight;
} mix;

static mix mix_of(const og__node *n, int j, int src_d, int dst_d)
{
    int z = j / 2, next = j % 2 ? z + 1 : z - 1;
    if (n->nearest)
        return (mix){z, z, 1, 0};
    if (n->corners) {
        float at = (float)j * (float)(src_d - 1) / (float)(dst_d - 1);
        int below = (int)at < src_d - 1 ? (int)at : src_d - 1, above = below + 1 < src_d ? below + 1 : below;
        return (mix){below, above, 1 - (at - (float)below), at - (float)below};
    }
    next = next < 0 ? 0 : next >= src_d ? src_d - 1 : next;
    return (mix){z, next, 0.75f, 0.25f};
}

static float *thread_slice(const change *c)
{
    return (float *)c->plan->scratch + (size_t)omp_get_thread_num() * c->src_block;
}

size_t og__slices_resize_scratch_bytes(const og_plan *plan, int node)
{
    const og__plan_node *src = &plan->nodes[plan->net->graph.nodes[node].src[0]];
    return (size_t)plan->options.threads * src->pixels * (size_t)plan->lanes * sizeof(float);
}

void og__slices_resize(og_plan *plan, int node, const float *src, float *dst)
{
    change c = change_of(plan, node);
    const og__node *n = &plan->net->graph.nodes[node];
    int blocks = c.dst->blocks, h = c.src->h, w = c.src->w;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c.dst->images * blocks; i++) {
        int image = i / blocks, block = i % blocks, j = image % c.dst->d;
        const float *volume = src + (size_t)(image / c.dst->d * c.src->d * blocks + block) * c.src_block;
        size_t slice = (size_t)blocks * c.src_block;
        float *mixed = thread_slice(&c);
        mix m = mix_of(n, j, c.src->d, c.dst->d);
        plan->ops->blend(c.src->pixels, m.first_weight, volume + (size_t)m.first * slice, m.second_weight,
                         volume + (size_t)m.second * slice, mixed);
        (n->nearest   ? plan->ops->nearest_forward
         : n->corners ? plan->ops->corners_forward
                      : plan->ops->resize_forward)(0, h, h, w, mixed, dst + (size_t)i * c.dst_block);
    }
}

void og__slices_resize_back(og_plan *plan, int node, const float *d_dst, float *d_src)
{
    change c = change_of(plan, node);
    const og__node *n = &plan->net->graph.nodes[node];
    int blocks = c.dst->blocks, h = c.src->h, w = c.src->w;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < c.src->images * blocks; i++) {
        int image = i / blocks, block = i % blocks, z = image % c.src->d;
        float *to = d_src + (size_t)i * c.src_block, *part = thread_slice(&c);
        memset(to, 0, c.src_block * sizeof(float));
        for (int j = 0; j < c.dst->d; j++) {
            mix m = mix_of(n, j, c.src->d, c.dst->d);
            float weight = (m.first == z ? m.first_weight : 0) + (m.second == z ? m.second_weight : 0);
            if (weight == 0)
                continue;
            size_t at = (size_t)((image / c.src->d * c.dst->d + j) * blocks + block);
            (n->nearest   ? plan->ops->nearest_backward
             : n->corners ? plan->ops->corners_backward
                          : plan->ops->resize_backward)(0, h, h, w, d_dst + at * c.dst_block, part);
            plan->ops->add_scaled(c.src->pixels, weight, part, to);
        }
    }
}

#include "net/slices.h"

#include <string.h>

#include <omp.h>

/* --- pooling ------------------------------------------------------------------------------------------------------ */

/* One slice of windows: the image that it becomes, and the chunk of rows of the two images that it comes from. */
typedef struct window {
    int image, block, chunk;
    const float *front, *back;
} window;

static window window_of(const og__scale *scale, const og__step *step, int image, int block, int chunk)
{
    return (window){image, block, chunk, og__scale_rows(scale, step, 2 * image, block, chunk, 0),
                    og__scale_rows(scale, step, 2 * image + 1, block, chunk, 1)};
}

static size_t dst_at(const og__scale *scale, const window *w)
{
    return (size_t)(w->image * scale->dst->blocks + w->block) * scale->dst_block +
           (size_t)(w->chunk * OG_POOLED_ROWS * scale->dst->w * scale->plan->lanes);
}

void og__slices_pool(const og__scale *scale, const og__step *step, float *dst)
{
    og_plan *plan = scale->plan;
    int chunks = og__chunk_count(scale->src), blocks = scale->dst->blocks;
    bool average = scale->node->average;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < scale->dst->images * blocks * chunks; i++) {
        window w = window_of(scale, step, i / chunks / blocks, i / chunks % blocks, i % chunks);
        (average ? plan->ops->average_slices_forward : plan->ops->pool_slices_forward)(
            og__scale_pooled_rows(scale, w.chunk), scale->dst->w, w.front, w.back, dst + dst_at(scale, &w));
    }
}

void og__slices_pool_back(const og__scale *scale, const og__step *step, bool reduced, const float *d_dst, float *d_src)
{
    og_plan *plan = scale->plan;
    int chunks = og__chunk_count(scale->src), blocks = scale->dst->blocks;
    bool average = scale->node->average;
    og__act_rows act = og__act_rows_of(plan, step, 0);
    act.d = d_src;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < scale->dst->images * blocks * chunks; i++) {
        int image = i / chunks / blocks, block = i / chunks % blocks, chunk = i % chunks;
        window w = {image, block, chunk, NULL, NULL};
        float *d_front = d_src + (size_t)(2 * image * blocks + block) * scale->src_block +
                         (size_t)(chunk * OG_CHUNK_ROWS * scale->src->w * plan->lanes);
        float *d_back = d_front + (size_t)blocks * scale->src_block;
        if (average) {
            plan->ops->average_slices_backward(og__scale_pooled_rows(scale, chunk), scale->dst->w,
                                               d_dst + dst_at(scale, &w), step->add[0], d_front, d_back);
        } else {
            w = window_of(scale, step, image, block, chunk);
            plan->ops->pool_slices_backward(og__scale_pooled_rows(scale, chunk), scale->dst->w, w.front, w.back,
                                            d_dst + dst_at(scale, &w), step->add[0], d_front, d_back);
        }
        for (int side = 0; reduced && side < 2; side++)
            og__act_rows_reduce(&act, 2 * image + side, block, chunk);
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

static float *thread_slice(const og__scale *scale)
{
    return (float *)scale->plan->scratch + (size_t)omp_get_thread_num() * scale->src_block;
}

size_t og__slices_resize_scratch_bytes(const og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node];
    const og__plan_node *src = &plan->nodes[n->src[0]];
    if (n->kind != OG_NODE_RESIZE || n->slice_stride != 2)
        return 0;
    return (size_t)plan->options.threads * src->pixels * (size_t)plan->lanes * sizeof(float);
}

void og__slices_resize(const og__scale *scale, const float *src, float *dst)
{
    og_plan *plan = scale->plan;
    int blocks = scale->dst->blocks, h = scale->src->h, w = scale->src->w;
    og__enlarge *run = og__scale_enlarge(scale, false);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < scale->dst->images * blocks; i++) {
        int image = i / blocks, block = i % blocks, j = image % scale->dst->d;
        const float *volume = src + (size_t)(image / scale->dst->d * scale->src->d * blocks + block) * scale->src_block;
        size_t slice = (size_t)blocks * scale->src_block;
        float *mixed = thread_slice(scale);
        mix m = mix_of(scale->node, j, scale->src->d, scale->dst->d);
        plan->ops->blend(scale->src->pixels, m.first_weight, volume + (size_t)m.first * slice, m.second_weight,
                         volume + (size_t)m.second * slice, mixed);
        run(0, h, h, w, mixed, dst + (size_t)i * scale->dst_block);
    }
}

void og__slices_resize_back(const og__scale *scale, const float *d_dst, float *d_src)
{
    og_plan *plan = scale->plan;
    int blocks = scale->dst->blocks, h = scale->src->h, w = scale->src->w;
    og__enlarge *run = og__scale_enlarge(scale, true);
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < scale->src->images * blocks; i++) {
        int image = i / blocks, block = i % blocks, z = image % scale->src->d;
        float *to = d_src + (size_t)i * scale->src_block, *part = thread_slice(scale);
        memset(to, 0, scale->src_block * sizeof(float));
        for (int j = 0; j < scale->dst->d; j++) {
            mix m = mix_of(scale->node, j, scale->src->d, scale->dst->d);
            float weight = (m.first == z ? m.first_weight : 0) + (m.second == z ? m.second_weight : 0);
            if (weight == 0)
                continue;
            size_t at = (size_t)((image / scale->src->d * scale->dst->d + j) * blocks + block);
            run(0, h, h, w, d_dst + at * scale->dst_block, part);
            plan->ops->add_scaled(scale->src->pixels, weight, part, to);
        }
    }
}

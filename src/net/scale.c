#include "net/scale.h"

#include <omp.h>

#include "net/slices.h"

og__scale og__scale_of(og_plan *plan, int node)
{
    const og__node *n = &plan->net->graph.nodes[node];
    og__scale s = {.plan = plan, .node = n, .src = &plan->nodes[n->src[0]], .dst = &plan->nodes[node]};
    s.src_block = s.src->pixels * (size_t)plan->lanes;
    s.dst_block = s.dst->pixels * (size_t)plan->lanes;
    return s;
}

/* --- pooling ------------------------------------------------------------------------------------------------------ */

const float *og__scale_rows(const og__scale *s, const og__step *step, int image, int block, int chunk, int side)
{
    og_plan *plan = s->plan;
    int row = chunk * OG_CHUNK_ROWS, rows = s->src->h - row < OG_CHUNK_ROWS ? s->src->h - row : OG_CHUNK_ROWS;
    og__act_rows act = og__act_rows_of(plan, step, 0);
    if (act.node == OG_NO_NODE)
        return act.src + (size_t)(image * s->src->blocks + block) * s->src_block +
               (size_t)row * (size_t)(s->src->w * plan->lanes);
    float *values = og__plan_strip(plan, omp_get_thread_num()) + (size_t)side * og__plan_strip_floats(plan);
    og__act_rows_load(&act, image, block, row, rows, values);
    return values;
}

int og__scale_pooled_rows(const og__scale *s, int chunk)
{
    int left = s->dst->h - chunk * OG_POOLED_ROWS;
    return left < OG_POOLED_ROWS ? left : OG_POOLED_ROWS;
}

static void pool(const og__scale *s, const og__step *step, float *dst)
{
    og_plan *plan = s->plan;
    int chunks = og__chunk_count(s->src), blocks = s->dst->blocks;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < s->dst->images * blocks * chunks; i++) {
        int chunk = i % chunks, block = i / chunks % blocks, image = i / chunks / blocks;
        size_t line = (size_t)(s->dst->w * plan->lanes), row = (size_t)(chunk * OG_POOLED_ROWS);
        (s->node->average ? plan->ops->average_forward : plan->ops->pool_forward)(
            0, og__scale_pooled_rows(s, chunk), s->dst->w, og__scale_rows(s, step, image, block, chunk, 0),
            dst + (size_t)(i / chunks) * s->dst_block + row * line);
    }
}

static void pool_back(const og__scale *s, const og__step *step, bool reduced, const float *d_dst, float *d_src)
{
    og_plan *plan = s->plan;
    int chunks = og__chunk_count(s->src), blocks = s->dst->blocks;
    og__act_rows act = og__act_rows_of(plan, step, 0);
    act.d = d_src;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < s->dst->images * blocks * chunks; i++) {
        int chunk = i % chunks, block = i / chunks % blocks, image = i / chunks / blocks;
        int rows = og__scale_pooled_rows(s, chunk);
        size_t line = (size_t)(s->dst->w * plan->lanes), row = (size_t)(chunk * OG_POOLED_ROWS);
        const float *from = d_dst + (size_t)(i / chunks) * s->dst_block + row * line;
        float *to = d_src + (size_t)(i / chunks) * s->src_block + 4 * row * line;
        if (s->node->average)
            plan->ops->average_backward(0, rows, s->dst->w, from, step->add[0], to);
        else
            plan->ops->pool_backward(0, rows, s->dst->w, og__scale_rows(s, step, image, block, chunk, 0), from,
                                     step->add[0], to);
        if (reduced)
            og__act_rows_reduce(&act, image, block, chunk);
    }
}

void og__scale_pool(og_plan *plan, const og__step *step, float *dst)
{
    og__scale s = og__scale_of(plan, step->node);
    if (s.node->slice_stride == 2)
        og__slices_pool(&s, step, dst);
    else
        pool(&s, step, dst);
}

void og__scale_pool_back(og_plan *plan, const og__step *step, bool reduced, const float *d_dst, float *d_src)
{
    og__scale s = og__scale_of(plan, step->node);
    if (s.node->slice_stride == 2)
        og__slices_pool_back(&s, step, reduced, d_dst, d_src);
    else
        pool_back(&s, step, reduced, d_dst, d_src);
}

/* --- enlargement -------------------------------------------------------------------------------------------------- */

/* A unit of parallel work: some rows of one channel block. */
enum { ROWS = 16 };

typedef struct strip {
    size_t block;
    int row, rows;
} strip;

static int strips_per_block(int h)
{
    return (h + ROWS - 1) / ROWS;
}

static strip strip_of(int index, int h)
{
    int strips = strips_per_block(h), row = index % strips * ROWS;
    return (strip){(size_t)(index / strips), row, h - row < ROWS ? h - row : ROWS};
}

og__enlarge *og__scale_enlarge(const og__scale *s, bool backward)
{
    const og__ops *ops = s->plan->ops;
    if (s->node->nearest)
        return backward ? ops->nearest_backward : ops->nearest_forward;
    if (s->node->corners)
        return backward ? ops->corners_backward : ops->corners_forward;
    return backward ? ops->resize_backward : ops->resize_forward;
}

static void resize(const og__scale *s, bool backward, const float *from, float *to)
{
    int h = s->src->h, w = s->src->w;
    size_t src_block = backward ? s->dst_block : s->src_block, dst_block = backward ? s->src_block : s->dst_block;
    og__enlarge *run = og__scale_enlarge(s, backward);
#pragma omp parallel for num_threads(s->plan->options.threads) schedule(static)
    for (int i = 0; i < s->dst->images * s->dst->blocks * strips_per_block(h); i++) {
        strip t = strip_of(i, h);
        run(t.row, t.rows, h, w, from + t.block * src_block, to + t.block * dst_block);
    }
}

void og__scale_resize(og_plan *plan, int node, bool backward, const float *from, float *to)
{
    og__scale s = og__scale_of(plan, node);
    if (s.node->slice_stride != 2)
        resize(&s, backward, from, to);
    else if (backward)
        og__slices_resize_back(&s, from, to);
    else
        og__slices_resize(&s, from, to);
}

/* A strip of one block of the finer tensor at a time, or of one of the coarser tensor backward. */
void og__scale_shuffle(og_plan *plan, int node, bool backward, const float *from, float *to)
{
    og__scale s = og__scale_of(plan, node);
    size_t coarse = s.src_block, fine = s.dst_block;
    int h = s.src->h, w = s.src->w, blocks = backward ? s.src->blocks : s.dst->blocks;
#pragma omp parallel for num_threads(plan->options.threads) schedule(static)
    for (int i = 0; i < s.dst->images * blocks * strips_per_block(h); i++) {
        strip t = strip_of(i, h);
        size_t image = t.block / (size_t)blocks;
        const float *src = from + image * (backward ? (size_t)s.dst->blocks * fine : (size_t)s.src->blocks * coarse);
        float *dst = to + t.block * (backward ? coarse : fine);
        (backward ? plan->ops->shuffle_backward : plan->ops->shuffle_forward)(
            t.row, t.rows, w, s.node->channels, (int)(t.block % (size_t)blocks), backward ? fine : coarse, src, dst);
    }
}

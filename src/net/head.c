#include "net/head.h"

#include <ogive/net.h>

#include "base/status.h"

og_status og__head_open(const og_head *head, const og__ops *ops, og__isa isa, int classes, og__head_run *run)
{
    *run = (og__head_run){.head = head, .ops = ops, .classes = classes};
    for (int part = 0; part < OG_HEAD_PARTS; part++) {
        const og_act *act = head->acts[part];
        if (!act)
            continue;
        for (size_t k = 0; k < og_act_param_count(act); k++)
            run->params[part][k] = og_act_param_at(act, k).value;
        OG_TRY(og__act_kernel_open(act, OG_EXECUTOR_AUTO, isa, &run->kernels[part]));
    }
    return OG_OK;
}

void og__head_close(og__head_run *run)
{
    for (int part = 0; part < OG_HEAD_PARTS; part++)
        og__act_kernel_close(run->kernels[part]);
    *run = (og__head_run){0};
}

int og__head_losses_per_pixel(const og__head_run *run)
{
    return run->head->kind == OG_HEAD_POINTWISE ? run->classes : 1;
}

/* --- pointwise heads ---------------------------------------------------------------------------------------------- */

enum { TILE = 256 };

/* One class of some pixels: those that carry its label first, then those that carry another. */
typedef struct tile {
    int count, own;
    uint16_t at[TILE]; /* pixel of the tile */
    float z[TILE];
} tile;

static float *class_of(const og__head_block *b, int k)
{
    return b->block + (size_t)k * b->stride;
}

static og__head_block part_of(const og__head_block *b, size_t first)
{
    size_t count = b->pixels - first < TILE ? b->pixels - first : TILE;
    return (og__head_block){count, b->stride, b->block + first, b->labels ? b->labels + first : NULL};
}

static void gather(const og__head_block *b, int k, tile *t)
{
    const float *logits = class_of(b, k);
    t->count = 0;
    for (size_t i = 0; i < b->pixels; i++)
        if (b->labels[i] == k)
            t->at[t->count++] = (uint16_t)i;
    t->own = t->count;
    for (size_t i = 0; i < b->pixels; i++)
        if (b->labels[i] != k && b->labels[i] != OG_LABEL_IGNORE)
            t->at[t->count++] = (uint16_t)i;
    for (int i = 0; i < t->count; i++)
        t->z[i] = logits[t->at[i]];
}

static void eval(const og__head_run *run, og__head_part part, int count, const float *z, float *y, float *dy)
{
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(run->kernels[part], &self);
    if (count > 0)
        frames->eval(self, (size_t)count, &z, run->params[part], y, &dy, NULL);
}

/* The logarithm that the loss of each pixel is the negative of: log s for the class's own, log(1 - s) for the others.
 */
static void eval_logs(const og__head_run *run, const tile *t, float *y, float *dy)
{
    eval(run, OG_HEAD_LOG, t->own, t->z, y, dy);
    eval(run, OG_HEAD_LOG_REST, t->count - t->own, t->z + t->own, y ? y + t->own : NULL, dy ? dy + t->own : NULL);
}

static void apply_tile(const og__head_run *run, const og__head_block *b, int k)
{
    float *logits = class_of(b, k), z[TILE], p[TILE];
    for (size_t i = 0; i < b->pixels; i++)
        z[i] = logits[i];
    eval(run, OG_HEAD_VALUE, (int)b->pixels, z, p, NULL);
    for (size_t i = 0; i < b->pixels; i++) /* a formula may round beyond its range; NaN goes through */
        logits[i] = p[i] < 0 ? 0 : p[i] > 1 ? 1 : p[i];
}

static void add_tile_sums(const og__head_run *run, const og__head_block *b, int k, const og__head_sums *sums)
{
    tile t;
    float p[TILE], logs[TILE];
    double own = 0, all = 0, loss = 0;
    gather(b, k, &t);
    eval(run, OG_HEAD_VALUE, t.count, t.z, p, NULL);
    eval_logs(run, &t, logs, NULL);
    for (int i = 0; i < t.count; i++) {
        own += i < t.own ? (double)p[i] : 0;
        all += (double)p[i];
        loss -= (double)logs[i];
    }
    *sums->loss += loss;
    sums->both[k] += own;
    sums->predicted[k] += all;
    sums->truth[k] += t.own;
}

static void tile_gradient(const og__head_run *run, const og__head_block *b, int k, const og__head_slopes *slopes)
{
    tile t;
    float dp[TILE], dlogs[TILE], *logits = class_of(b, k);
    gather(b, k, &t);
    eval(run, OG_HEAD_VALUE, t.count, t.z, NULL, dp);
    eval_logs(run, &t, NULL, dlogs);
    for (size_t i = 0; i < b->pixels; i++)
        logits[i] = 0;
    for (int i = 0; i < t.count; i++) {
        float slope = slopes->slope_predicted[k] + (i < t.own ? slopes->slope_both[k] : 0);
        logits[t.at[i]] = slope * dp[i] - slopes->loss * dlogs[i];
    }
}

/* --- any head ----------------------------------------------------------------------------------------------------- */

void og__head_apply(const og__head_run *run, const og__head_block *b)
{
    switch (run->head->kind) {
    case OG_HEAD_SOFTMAX:
        run->ops->softmax(b->pixels, run->classes, b->stride, b->block);
        return;
    case OG_HEAD_SPARSEMAX:
        run->ops->sparsemax(b->pixels, run->classes, b->stride, NULL, b->block, NULL);
        return;
    case OG_HEAD_POINTWISE:
        for (size_t first = 0; first < b->pixels; first += TILE) {
            og__head_block part = part_of(b, first);
            for (int k = 0; k < run->classes; k++)
                apply_tile(run, &part, k);
        }
    }
}

void og__head_add_sums(const og__head_run *run, const og__head_block *b, const og__head_sums *sums)
{
    switch (run->head->kind) {
    case OG_HEAD_SOFTMAX:
        run->ops->softmax(b->pixels, run->classes, b->stride, b->block);
        run->ops->cross_entropy(b->pixels, b->stride, b->block, b->labels, sums->loss);
        run->ops->dice_sums(b->pixels, run->classes, b->stride, b->block, b->labels, sums->both, sums->predicted,
                            sums->truth);
        return;
    case OG_HEAD_SPARSEMAX:
        run->ops->sparsemax(b->pixels, run->classes, b->stride, b->labels, b->block, sums->loss);
        run->ops->dice_sums(b->pixels, run->classes, b->stride, b->block, b->labels, sums->both, sums->predicted,
                            sums->truth);
        return;
    case OG_HEAD_POINTWISE:
        for (size_t first = 0; first < b->pixels; first += TILE) {
            og__head_block part = part_of(b, first);
            for (int k = 0; k < run->classes; k++)
                add_tile_sums(run, &part, k, sums);
        }
    }
}

void og__head_gradient(const og__head_run *run, const og__head_block *b, const og__head_slopes *slopes)
{
    switch (run->head->kind) {
    case OG_HEAD_SOFTMAX:
        run->ops->softmax_gradient(b->pixels, run->classes, b->stride, b->labels, slopes->loss, slopes->slope_both,
                                   slopes->slope_predicted, b->block);
        return;
    case OG_HEAD_SPARSEMAX:
        run->ops->sparsemax_gradient(b->pixels, run->classes, b->stride, b->labels, slopes->loss, slopes->slope_both,
                                     slopes->slope_predicted, b->block);
        return;
    case OG_HEAD_POINTWISE:
        for (size_t first = 0; first < b->pixels; first += TILE) {
            og__head_block part = part_of(b, first);
            for (int k = 0; k < run->classes; k++)
                tile_gradient(run, &part, k, slopes);
        }
    }
}

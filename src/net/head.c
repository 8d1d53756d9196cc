#include "net/head.h"

#include <stdbool.h>

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

bool og__head_has_logs(const og__head_run *run)
{
    return run->head->kind != OG_HEAD_SPARSEMAX;
}

int og__head_losses_per_pixel(const og__head_run *run)
{
    return run->head->kind == OG_HEAD_POINTWISE ? run->classes : 1;
}

enum { TILE = 256 };

static og__head_block part_of(const og__head_block *b, size_t first)
{
    size_t count = b->pixels - first < TILE ? b->pixels - first : TILE;
    return (og__head_block){count, b->stride, b->block + first, b->labels ? b->labels + first : NULL, b->first + first};
}

/* --- losses of pixels from logarithms ----------------------------------------------------------------------------- */

/* Without a function it is the negative logarithm itself. */
static void losses_of_logs(const og__pixel_loss *l, int count, const float *logs, float *losses, float *slopes)
{
    if (l->of_logs) {
        l->of_logs(l->params, count, logs, losses, slopes);
        return;
    }
    for (int i = 0; losses && i < count; i++)
        losses[i] = -logs[i];
    for (int i = 0; slopes && i < count; i++)
        slopes[i] = 1;
}

/* The sum of one loss over numbers that belong to the pixels `at` of a tile, or to each in turn. */
static double weighted_sum(const og__pixel_loss *l, const og__head_block *b, int count, const uint16_t *at,
                           const float *losses)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)losses[i] * (l->weights ? (double)l->weights[b->first + (at ? at[i] : (size_t)i)] : 1);
    return sum;
}

/* slopes += factor * weight * slope of one loss. */
static void add_slopes(const og__pixel_loss *l, const og__head_block *b, int count, const uint16_t *at,
                       const float *logs, float *slopes)
{
    float own[TILE];
    losses_of_logs(l, count, logs, NULL, own);
    for (int i = 0; i < count; i++)
        slopes[i] += l->factor * own[i] * (l->weights ? l->weights[b->first + (at ? at[i] : (size_t)i)] : 1);
}

/* --- pointwise heads ---------------------------------------------------------------------------------------------- */

/* One class of some pixels: those that carry its label, or belong to its region, first, then the others. */
typedef struct tile {
    int count, own;
    uint16_t at[TILE]; /* pixel of the tile */
    float z[TILE];
} tile;

static float *class_of(const og__head_block *b, int k)
{
    return b->block + (size_t)k * b->stride;
}

/* Whether a pixel belongs to output k; never where it has no label. */
static inline bool is_own(const og__head_run *run, uint8_t label, int k)
{
    return run->regions ? run->regions->of_class[label] >> k & 1 : label == k;
}

static void gather(const og__head_run *run, const og__head_block *b, int k, tile *t)
{
    const float *logits = class_of(b, k);
    t->count = 0;
    for (size_t i = 0; i < b->pixels; i++)
        if (is_own(run, b->labels[i], k))
            t->at[t->count++] = (uint16_t)i;
    t->own = t->count;
    for (size_t i = 0; i < b->pixels; i++)
        if (!is_own(run, b->labels[i], k) && b->labels[i] != OG_LABEL_IGNORE)
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

static const og__pixel_losses own_loss = {.count = 1, .items = {{.factor = 1}}};

static void add_tile_sums(const og__head_run *run, const og__head_block *b, int k, const og__pixel_losses *losses,
                          const og__head_sums *sums)
{
    tile t;
    float p[TILE], logs[TILE], of_pixels[TILE];
    double own = 0, all = 0;
    gather(run, b, k, &t);
    eval(run, OG_HEAD_VALUE, t.count, t.z, p, NULL);
    eval_logs(run, &t, logs, NULL);
    for (int i = 0; i < t.count; i++) {
        own += i < t.own ? (double)p[i] : 0;
        all += (double)p[i];
    }
    for (int l = 0; l < losses->count; l++) {
        losses_of_logs(&losses->items[l], t.count, logs, of_pixels, NULL);
        sums->losses[l] += weighted_sum(&losses->items[l], b, t.count, t.at, of_pixels);
    }
    sums->both[k] += own;
    sums->predicted[k] += all;
    sums->truth[k] += t.own;
}

static void tile_gradient(const og__head_run *run, const og__head_block *b, int k, const og__pixel_losses *losses,
                          const og__head_slopes *slopes)
{
    tile t;
    float dp[TILE], dlogs[TILE], logs[TILE], *logits = class_of(b, k), of_logs[TILE] = {0};
    gather(run, b, k, &t);
    eval(run, OG_HEAD_VALUE, t.count, t.z, NULL, dp);
    eval_logs(run, &t, losses ? logs : NULL, dlogs);
    for (int i = 0; !losses && i < t.count; i++)
        of_logs[i] = slopes->loss;
    for (int l = 0; losses && l < losses->count; l++)
        add_slopes(&losses->items[l], b, t.count, t.at, logs, of_logs);
    for (size_t i = 0; i < b->pixels; i++)
        logits[i] = 0;
    for (int i = 0; i < t.count; i++) {
        float slope = slopes->slope_predicted[k] + (i < t.own ? slopes->slope_both[k] : 0);
        if (slopes->each)
            slope += slopes->each[(size_t)k * b->stride + t.at[i]];
        logits[t.at[i]] = slope * dp[i] - of_logs[i] * dlogs[i];
    }
}

/* --- heads of all classes ----------------------------------------------------------------------------------------- */

/* The losses of a tile of probabilities made by softmax. */
static void add_softmax_losses(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                               double *sums)
{
    float logs[TILE], of_pixels[TILE];
    run->ops->label_logs(b->pixels, b->stride, b->block, b->labels, logs);
    for (int l = 0; l < losses->count; l++) {
        losses_of_logs(&losses->items[l], (int)b->pixels, logs, of_pixels, NULL);
        sums[l] += weighted_sum(&losses->items[l], b, (int)b->pixels, NULL, of_pixels);
    }
}

/* The kernel makes probabilities and the loss of a pixel in one go. */
static void add_sparsemax_losses(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                                 double *sums)
{
    for (size_t i = 0; i < b->pixels; i++) {
        double loss = 0;
        run->ops->sparsemax(1, run->classes, b->stride, b->labels + i, b->block + i, &loss);
        for (int l = 0; l < losses->count; l++)
            sums[l] += loss * (losses->items[l].weights ? (double)losses->items[l].weights[b->first + i] : 1);
    }
}

/* The gradient of a tile with the losses' factors. */
static void mixed_gradient(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                           const og__head_slopes *slopes)
{
    float logs[TILE] = {0}, of_pixels[TILE] = {0};
    og__head_slopes mixed = *slopes;
    mixed.loss = 1;
    mixed.pixel = of_pixels;
    if (og__head_has_logs(run))
        run->ops->label_logs(b->pixels, b->stride, b->block, b->labels, logs);
    for (int l = 0; l < losses->count; l++)
        add_slopes(&losses->items[l], b, (int)b->pixels, NULL, logs, of_pixels);
    (run->head->kind == OG_HEAD_SOFTMAX ? run->ops->softmax_gradient : run->ops->sparsemax_gradient)(
        b->pixels, run->classes, b->stride, b->labels, &mixed, b->block);
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

static void add_class_losses(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                             double *sums)
{
    bool softmax = run->head->kind == OG_HEAD_SOFTMAX;
    if (softmax)
        run->ops->softmax(b->pixels, run->classes, b->stride, b->block);
    if (softmax && !losses)
        run->ops->cross_entropy(b->pixels, b->stride, b->block, b->labels, sums);
    if (!softmax && !losses)
        run->ops->sparsemax(b->pixels, run->classes, b->stride, b->labels, b->block, sums);
    for (size_t first = 0; losses && first < b->pixels; first += TILE) {
        og__head_block part = part_of(b, first);
        (softmax ? add_softmax_losses : add_sparsemax_losses)(run, &part, losses, sums);
    }
}

void og__head_add_sums(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                       const og__head_sums *sums)
{
    switch (run->head->kind) {
    case OG_HEAD_SOFTMAX:
    case OG_HEAD_SPARSEMAX:
        add_class_losses(run, b, losses, sums->losses);
        run->ops->dice_sums(b->pixels, run->classes, b->stride, b->block, b->labels, sums->both, sums->predicted,
                            sums->truth);
        return;
    case OG_HEAD_POINTWISE:
        for (size_t first = 0; first < b->pixels; first += TILE) {
            og__head_block part = part_of(b, first);
            for (int k = 0; k < run->classes; k++)
                add_tile_sums(run, &part, k, losses ? losses : &own_loss, sums);
        }
    }
}

static og__head_slopes slopes_from(const og__head_slopes *slopes, size_t first)
{
    og__head_slopes moved = *slopes;
    moved.each = slopes->each ? slopes->each + first : NULL;
    return moved;
}

void og__head_gradient(const og__head_run *run, const og__head_block *b, const og__pixel_losses *losses,
                       const og__head_slopes *slopes)
{
    if (run->head->kind != OG_HEAD_POINTWISE && !losses) {
        (run->head->kind == OG_HEAD_SOFTMAX ? run->ops->softmax_gradient : run->ops->sparsemax_gradient)(
            b->pixels, run->classes, b->stride, b->labels, slopes, b->block);
        return;
    }
    for (size_t first = 0; first < b->pixels; first += TILE) {
        og__head_block part = part_of(b, first);
        og__head_slopes moved = slopes_from(slopes, first);
        for (int k = 0; run->head->kind == OG_HEAD_POINTWISE && k < run->classes; k++)
            tile_gradient(run, &part, k, losses, &moved);
        if (run->head->kind != OG_HEAD_POINTWISE)
            mixed_gradient(run, &part, losses, &moved);
    }
}

#include "net/winograd_tiles.h"

#include <stdlib.h>

int og__tap_pairs(const og__tap *tap)
{
    int count = tap->d - abs(tap->shift);
    return count > 0 ? count : 0;
}

static int image_at(const og__tap *tap, int index, int shift)
{
    int count = og__tap_pairs(tap);
    return index / count * tap->d + index % count + (shift > 0 ? shift : 0);
}

int og__tap_result(const og__tap *tap, int index)
{
    return image_at(tap, index, -tap->shift);
}

int og__tap_source(const og__tap *tap, int index)
{
    return image_at(tap, index, tap->shift);
}

/* Floats of a channel block of an image. */
static size_t block_floats(const og__winograd *shape)
{
    return (size_t)shape->h * (size_t)(shape->w * shape->lanes);
}

float *og__tiles_image(const og__winograd *shape, const float *tensor, int image, int channels)
{
    return (float *)tensor + (size_t)(image * (channels / shape->lanes)) * block_floats(shape);
}

/* --- rows of the source ---------------------------------------------------------------------------------------------
 */

size_t og__tile_strip_floats(const og__winograd *shape)
{
    return (size_t)(shape->band * OG_WINOGRAD_TILE + 2) * (size_t)(shape->w * shape->lanes);
}

og__tile_reader og__tile_reader_of(const og__ops *ops, const og__winograd *shape, const og__tap *tap, int band,
                                   const float *src, const og__row_load *load, float *strips)
{
    og__tile_reader r = {.shape = shape, .ops = ops, .band = og__winograd_band_at(shape, band), .load = load};
    r.image = og__tap_source(tap, r.band.image);
    r.blocks = shape->ic / shape->lanes;
    if (load) {
        r.stride = og__tile_strip_floats(shape);
        r.filled = r.band.row > 0 ? r.band.row * OG_WINOGRAD_TILE - 1 : 0;
        r.rows = (og__winograd_rows){strips, r.filled};
    } else {
        r.stride = block_floats(shape);
        r.rows = (og__winograd_rows){og__tiles_image(shape, src, r.image, shape->ic), 0};
    }
    return r;
}

og__tile_reader og__tile_reader_of_block(og__tile_reader all, int block)
{
    all.block = block;
    all.blocks = 1;
    if (!all.load)
        all.rows.from += (size_t)block * all.stride;
    return all;
}

/* Rows for the band's tiles before `end`. */
static void fill(og__tile_reader *r, int end)
{
    int needed = (r->band.row + (end - 1) / r->shape->tiles_x + 1) * OG_WINOGRAD_TILE + 1;
    if (needed > r->shape->h)
        needed = r->shape->h;
    if (!r->load || needed <= r->filled)
        return;
    size_t at = (size_t)(r->filled - r->rows.first) * (size_t)(r->shape->w * r->shape->lanes);
    for (int b = 0; b < r->blocks; b++)
        r->load->run(r->load->context, r->image, r->block + b, r->filled, needed - r->filled,
                     (float *)r->rows.from + (size_t)b * r->stride + at);
    r->filled = needed;
}

void og__tile_reader_transform(og__tile_reader *r, int first, int count, int at, int room, float *values)
{
    fill(r, first + count);
    for (int b = 0; b < r->blocks; b++) {
        og__winograd_rows rows = r->rows;
        rows.from += (size_t)b * r->stride;
        r->ops->winograd_input(r->shape, &rows, r->block + b, r->band.tile + first, count, at, room, values);
    }
}

void og__tiles_touch(const og__row_touch *touch, const og__winograd *shape, const og__winograd_band *band, int block,
                     int first, int end)
{
    for (int row = first / shape->tiles_x; touch && row < end / shape->tiles_x; row++)
        touch->run(touch->context, band->image, block, band->row + row);
}

/* --- what comes next ------------------------------------------------------------------------------------------------
 */

/* Tiles of a band. */
typedef struct span {
    og__winograd_band band;
    int first, count;
} span;

/* The block behind `first` of a band, or the next band's first one; behind the last band it is empty. */
static span next_span(const og__winograd *shape, int band, int first, int block)
{
    span next = {og__winograd_band_at(shape, band), first + block, 0};
    if (next.first >= next.band.count && band + 1 < shape->bands)
        next = (span){og__winograd_band_at(shape, band + 1), 0, 0};
    int left = next.band.count - next.first;
    next.count = left < 0 ? 0 : left < block ? left : block;
    return next;
}

/* The rows of an image's `channels` that belong to the tiles, or with `around` those that they read of a source and the
 * tiles before have not read. */
static void add_part(og__ahead *ahead, const og__winograd *shape, const span *s, const float *image, int channels,
                     bool around)
{
    int row = s->band.row + s->first / shape->tiles_x, last = s->band.row + (s->first + s->count - 1) / shape->tiles_x;
    int from = row * OG_WINOGRAD_TILE, to = (last + 1) * OG_WINOGRAD_TILE, x = 0, w = shape->w;
    if (around) {
        from += s->first > 0 ? 1 : from > 0 ? -1 : 0;
        to++;
    }
    if (row == last) {
        x = s->first % shape->tiles_x * OG_WINOGRAD_TILE;
        w = shape->w - x < s->count * OG_WINOGRAD_TILE ? shape->w - x : s->count * OG_WINOGRAD_TILE;
    }
    to = to < shape->h ? to : shape->h;
    size_t line = (size_t)(shape->w * shape->lanes);
    if (from < to)
        ahead->parts[ahead->count++] = (og__ahead_part){
            .from = image + (size_t)from * line + (size_t)(x * shape->lanes),
            .plane = block_floats(shape),
            .row = line,
            .planes = channels / shape->lanes,
            .rows = to - from,
            .lines = (w * shape->lanes * (int)sizeof(float) + OG_AHEAD_LINE - 1) / OG_AHEAD_LINE,
        };
}

og__ahead og__tiles_ahead(const og__winograd *shape, const og__tap *tap, const og__tile_tensors *tensors, int band,
                          int first, int block, int steps)
{
    og__ahead ahead = {.count = 0};
    span next = next_span(shape, band, first, block);
    if (next.count == 0)
        return ahead;
    int image = og__tap_result(tap, next.band.image), source = og__tap_source(tap, next.band.image);
    const float *beside = tensors->touch ? tensors->touch->reads : NULL;
    add_part(&ahead, shape, &next, og__tiles_image(shape, tensors->src, source, shape->ic), shape->ic, true);
    add_part(&ahead, shape, &next, og__tiles_image(shape, tensors->dst, image, shape->oc), shape->oc, false);
    if (beside)
        add_part(&ahead, shape, &next, og__tiles_image(shape, beside, image, shape->oc), shape->oc, false);
    og__ahead_spread(&ahead, steps);
    return ahead;
}

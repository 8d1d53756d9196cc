/* Running an engine over an image: windows in, tiles through the networks, blended rows out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/resample.h"
#include "net/plan.h"
#include "predict/engine_types.h"

/* --- scaling factors of one image --------------------------------------------------------------------------------- */

/* Sums of one channel's pixels in double, in the order of rows, as og__moments_of_image() takes them. */
typedef struct sums {
    double value, square;
    size_t count;
} sums;

static void add_values(const float *values, size_t count, double center, sums *sum)
{
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        double d = (double)values[i] - center;
        sum->value += d;
        sum->square += d * d;
        sum->count++;
    }
}

/* Read all of an image by bands of rows and add up each channel about its center. */
static og_status add_image(const og__pixels *src, int swept, const double *center, sums *sum)
{
    og_status status = OG_OK;
    int first[OG_AXES] = {0}, size[OG_AXES];
    float *band;
    memcpy(size, src->size, sizeof size);
    size_t row = swept == 0 ? (size_t)size[1] * (size_t)size[2] : (size_t)size[2];
    int rows = row > 1 << 18 ? 1 : (int)((1 << 18) / row) + 1; /* about a megabyte a channel */
    rows = rows < size[swept] ? rows : size[swept];
    OG_TRY(og__alloc((size_t)rows * row * (size_t)src->channels, sizeof *band, &band));
    for (int at = 0; at < src->size[swept]; at += rows) {
        first[swept] = at;
        size[swept] = rows < src->size[swept] - at ? rows : src->size[swept] - at;
        OG_GO(src->read(src->context, first, size, band));
        size_t pixels = (size_t)size[swept] * row;
        for (int c = 0; c < src->channels; c++)
            add_values(band + (size_t)c * pixels, pixels, center[c], &sum[c]);
    }
done:
    free(band);
    return status;
}

og_status og__engine_measure(og__engine *engine, const og__pixels *src)
{
    double mean[OG_CHANNELS_MAX] = {0};
    sums first[OG_CHANNELS_MAX] = {0}, second[OG_CHANNELS_MAX] = {0};
    bool needed = false;
    for (size_t m = 0; m < engine->member_count; m++)
        needed = needed || engine->members[m].scaling->kind == OG_NORMALIZE_IMAGE;
    if (!needed)
        return OG_OK;
    int swept = src->size[0] > 1 ? 0 : 1;
    OG_TRY(add_image(src, swept, mean, first));
    for (int c = 0; c < src->channels; c++)
        mean[c] = first[c].count ? first[c].value / (double)first[c].count : 0;
    OG_TRY(add_image(src, swept, mean, second));
    for (size_t m = 0; m < engine->member_count; m++) {
        og__factors *factors = &engine->members[m].factors;
        if (engine->members[m].scaling->kind != OG_NORMALIZE_IMAGE)
            continue;
        for (int c = 0; c < src->channels; c++) {
            double sd = second[c].count ? sqrt(second[c].square / (double)second[c].count) : 1;
            sd = sd > 0 ? sd : 1;
            factors->scale[c] = (float)(1 / sd);
            factors->shift[c] = (float)(-mean[c] / sd);
        }
    }
    return OG_OK;
}

/* --- tiles -------------------------------------------------------------------------------------------------------- */

/* What of an axis lies in the image, and where that begins in the tile. */
typedef struct part {
    int first, size, offset;
} part;

/* One tile's place. */
typedef struct place {
    int start[OG_AXES];   /* in the padded axes */
    part window[OG_AXES]; /* of what the networks see, offset in that */
    part own[OG_AXES];    /* of what they make, offset in that */
    const float *weights[OG_AXES];
} place;

/* The part of `count` positions from `begin` on that lies within `size`. */
static part part_of(int begin, int count, int size)
{
    int first = begin > 0 ? begin : 0, end = begin + count < size ? begin + count : size;
    return (part){first, end - first, first - begin};
}

static place place_of(const og__tiling *layout, const int index[OG_AXES])
{
    place p;
    for (int a = 0; a < OG_AXES; a++) {
        const og__tile_axis *axis = &layout->axes[a];
        p.start[a] = og__tile_start(axis, index[a]);
        int begin = p.start[a] - axis->before;
        p.window[a] = part_of(begin - axis->margin, axis->seen, axis->size);
        p.own[a] = part_of(begin, axis->tile, axis->size);
        p.weights[a] = axis->weights + (size_t)index[a] * (size_t)axis->tile;
    }
    return p;
}

/* Which position of the window a position that the networks see shows: the image mirrored about its end pixels. */
static int source_of(const og__tile_axis *axis, const place *p, int a, int at)
{
    return og__reflect(p->start[a] - axis->before - axis->margin + at, axis->size) - p->window[a].first;
}

/* tile[c, z, y, x] = scale[c] * window[c, mirrored position] + shift[c], 0 (the mean) where there is no data */
static void pad_tile(const og__engine *engine, const og__factors *factors, const place *p)
{
    const og__workspace *space = engine->current;
    const og__tile_axis *axes = space->layout.axes;
    float *dst = space->tile;
    for (int c = 0; c < engine->channels; c++)
        for (int z = 0; z < axes[0].seen; z++)
            for (int y = 0; y < axes[1].seen; y++) {
                size_t plane = (size_t)c * (size_t)p->window[0].size + (size_t)source_of(&axes[0], p, 0, z);
                size_t row = plane * (size_t)p->window[1].size + (size_t)source_of(&axes[1], p, 1, y);
                const float *src = space->raw + row * (size_t)p->window[2].size;
                for (int x = 0; x < axes[2].seen; x++) {
                    int at = x - p->window[2].offset;
                    at = at >= 0 && at < p->window[2].size ? at : source_of(&axes[2], p, 2, x);
                    float value = src[at] * factors->scale[c] + factors->shift[c];
                    *dst++ = isnan(value) ? 0 : value;
                }
            }
}

/* Bit a of `flips` mirrors axis a. */
static int flipped(unsigned flips, int a, int at, int count)
{
    return flips >> a & 1 ? count - 1 - at : at;
}

static const float *mirror_tile(const og__engine *engine, unsigned flips)
{
    const og__workspace *space = engine->current;
    const og__tile_axis *axes = space->layout.axes;
    int d = axes[0].seen, h = axes[1].seen, w = axes[2].seen;
    float *dst = space->mirrored;
    if (flips == 0)
        return space->tile;
    for (int c = 0; c < engine->channels; c++)
        for (int z = 0; z < d; z++)
            for (int y = 0; y < h; y++) {
                size_t plane = (size_t)c * (size_t)d + (size_t)flipped(flips, 0, z, d);
                const float *src = space->tile + (plane * (size_t)h + (size_t)flipped(flips, 1, y, h)) * (size_t)w;
                for (int x = 0; x < w; x++)
                    *dst++ = src[flipped(flips, 2, x, w)];
            }
    return space->mirrored;
}

static int slot_of(const og__tiling *layout, int row)
{
    return row % layout->axes[layout->swept].tile;
}

/* Where row `y` of plane `z` of the image lies in a band that holds every padded row of the swept axis at its slot. */
static size_t band_at(const og__tiling *layout, int z, int y)
{
    int swept = layout->swept, at = swept == 0 ? z : y;
    size_t row = (size_t)slot_of(layout, at + layout->axes[swept].before) * layout->row;
    return row + (swept == 0 ? (size_t)y * (size_t)layout->axes[2].size : 0);
}

/* band[k, p] += share * weight(p) * values[k, mirrored p] over the tile's part of the image */
static void add_tile(const og__engine *engine, const place *p, unsigned flips, float share)
{
    const og__workspace *space = engine->current;
    const og__tiling *layout = &space->layout;
    int d = layout->axes[0].tile, h = layout->axes[1].tile, w = layout->axes[2].tile;
    size_t band = (size_t)layout->axes[layout->swept].tile * layout->row;
    const float *weights = p->weights[2] + p->own[2].offset;
    for (int k = 0; k < engine->classes; k++)
        for (int z = 0; z < p->own[0].size; z++)
            for (int y = 0; y < p->own[1].size; y++) {
                int in_z = z + p->own[0].offset, in_y = y + p->own[1].offset;
                float weight = share * p->weights[0][in_z] * p->weights[1][in_y];
                if (weight == 0)
                    continue;
                size_t plane = (size_t)k * (size_t)d + (size_t)flipped(flips, 0, in_z, d);
                const float *src = space->values + (plane * (size_t)h + (size_t)flipped(flips, 1, in_y, h)) * (size_t)w;
                float *dst = space->band + (size_t)k * band + band_at(layout, z + p->own[0].first, y + p->own[1].first);
                dst += p->own[2].first;
                if (flips >> 2 & 1) {
                    const float *end = src + (w - 1 - p->own[2].offset);
                    for (int x = 0; x < p->own[2].size; x++)
                        dst[x] += weight * weights[x] * end[-x];
                } else {
                    src += p->own[2].offset;
                    for (int x = 0; x < p->own[2].size; x++)
                        dst[x] += weight * weights[x] * src[x];
                }
            }
}

/* Whether a pixel of the window has data in any channel. */
static bool has_data(const og__engine *engine, size_t at, size_t pixels)
{
    bool found = false;
    for (size_t c = 0; c < (size_t)engine->channels && !found; c++)
        found = !isnan(engine->current->raw[c * pixels + at]);
    return found;
}

/* Remember which pixels of the tile have data; tells whether any has. */
static bool note_gaps(const og__engine *engine, const place *p)
{
    const og__workspace *space = engine->current;
    const part *window = p->window, *own = p->own;
    size_t pixels = (size_t)window[0].size * (size_t)window[1].size * (size_t)window[2].size;
    bool any = false;
    if (!space->valid)
        return true;
    for (int z = own[0].first; z < own[0].first + own[0].size; z++)
        for (int y = own[1].first; y < own[1].first + own[1].size; y++) {
            size_t row = (size_t)(z - window[0].first) * (size_t)window[1].size + (size_t)(y - window[1].first);
            size_t at = row * (size_t)window[2].size + (size_t)(own[2].first - window[2].first);
            uint8_t *dst = space->valid + band_at(&space->layout, z, y) + own[2].first;
            for (int x = 0; x < own[2].size; x++) {
                dst[x] = has_data(engine, at++, pixels);
                any = any || dst[x];
            }
        }
    return any;
}

/* Add a tile's values of one network to the band. */
static og_status run_tile(const og__engine *engine, size_t m, const og__pixels *src, const int index[OG_AXES])
{
    const og__workspace *space = engine->current;
    const og__member *member = &engine->members[m];
    og_plan *plan = space->plans[space->layout.takes_turns ? member->leader : m];
    place p = place_of(&space->layout, index);
    unsigned axes = engine->mirrored_axes, used = 1U << __builtin_popcount(axes);
    float share = 1 / (float)(used * engine->member_count);
    int first[OG_AXES], size[OG_AXES];
    for (int a = 0; a < OG_AXES; a++) {
        first[a] = p.window[a].first;
        size[a] = p.window[a].size;
    }
    OG_TRY(src->read(src->context, first, size, space->raw));
    if (!note_gaps(engine, &p))
        return OG_OK;
    og__plan_set_net(plan, member->net);
    pad_tile(engine, &member->factors, &p);
    for (unsigned flips = 0; flips <= axes; flips++) {
        if ((flips & ~axes) != 0)
            continue;
        OG_TRY(
            og_plan_infer(plan, mirror_tile(engine, flips), engine->options.output == OG_OUTPUT_LOGITS, space->values));
        add_tile(engine, &p, flips, share);
    }
    return OG_OK;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

/* Hand on the rows [first, end) of the padded axis, and clear their slots. */
static og_status finish_rows(const og__engine *engine, int first, int end, const og__rows *dst)
{
    const og__workspace *space = engine->current;
    const og__tiling *layout = &space->layout;
    const og__tile_axis *axis = &layout->axes[layout->swept];
    size_t band = (size_t)axis->tile * layout->row;
    int low = axis->before, high = axis->before + axis->size;
    /* Few at a time, so that the copies that are made of them stay small. */
    int most = layout->row < 1 << 20 ? (int)((1 << 20) / layout->row) : 1;
    first = first > low ? first : low;
    end = end < high ? end : high;
    while (first < end) {
        int slot = slot_of(layout, first), count = end - first;
        count = count < axis->tile - slot ? count : axis->tile - slot;
        count = count < most ? count : most;
        size_t at = (size_t)slot * layout->row, pixels = (size_t)count * layout->row;
        OG_TRY(dst->write(dst->context, first - axis->before, count, space->band + at, band,
                          space->valid ? space->valid + at : NULL));
        for (int k = 0; k < engine->classes; k++)
            memset(space->band + (size_t)k * band + at, 0, pixels * sizeof(float));
        first += count;
    }
    return OG_OK;
}

/* How far a run is. */
typedef struct course {
    og__engine_report report;
    void *context;
    size_t done, all;
} course;

/* All tiles at one position of the swept axis: one network after the other, so that networks which take turns in one
 * plan do so once for all of these tiles. */
static og_status run_position(const og__engine *engine, const og__pixels *src, int position, course *c)
{
    const og__tiling *layout = &engine->current->layout;
    const og__tile_axis *axes = layout->axes, *across = &axes[1 - layout->swept];
    for (size_t m = 0; m < engine->member_count; m++)
        for (int i = 0; i < across->count; i++)
            for (int x = 0; x < axes[2].count; x++) {
                const int index[OG_AXES] = {layout->swept == 0 ? position : i, layout->swept == 0 ? i : position, x};
                OG_TRY(run_tile(engine, m, src, index));
                if (c->report && !c->report(c->context, (double)++c->done / (double)c->all))
                    return og__fail(OG_ERR_STOPPED, "stopped");
            }
    return OG_OK;
}

og_status og__engine_run(og__engine *engine, const og__pixels *src, const og__rows *dst, og__engine_report report,
                         void *context)
{
    const og__workspace *space = engine->current;
    const og__tiling *layout = &space->layout;
    const og__tile_axis *axes = layout->axes, *swept = &axes[layout->swept];
    course c = {.report = report, .context = context, .all = engine->member_count};
    for (int a = 0; a < OG_AXES; a++)
        c.all *= (size_t)axes[a].count;
    /* What a stopped run has left. */
    memset(space->band, 0, (size_t)engine->classes * (size_t)swept->tile * layout->row * sizeof(float));
    for (int i = 0; i < swept->count; i++) {
        OG_TRY(run_position(engine, src, i, &c));
        int next = i + 1 < swept->count ? og__tile_start(swept, i + 1) : swept->padded;
        OG_TRY(finish_rows(engine, og__tile_start(swept, i), next, dst));
    }
    return OG_OK;
}

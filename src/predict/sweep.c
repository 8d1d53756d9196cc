/* Running an engine over an image: windows in, tiles through the networks, blended rows out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/resample.h"
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

/* One tile's place: its index on each axis, the part of it that lies in the image, and that part's place in it. */
typedef struct place {
    int start[OG_AXES];  /* in the padded axes */
    int first[OG_AXES];  /* of the window, in the image */
    int size[OG_AXES];   /* of the window */
    int offset[OG_AXES]; /* of the window, in the tile */
    const float *weights[OG_AXES];
} place;

static place place_of(const og__tiling *layout, const int index[OG_AXES])
{
    place p;
    for (int a = 0; a < OG_AXES; a++) {
        const og__tile_axis *axis = &layout->axes[a];
        p.start[a] = og__tile_start(axis, index[a]);
        int begin = p.start[a] - axis->before, end = begin + axis->tile;
        p.first[a] = begin > 0 ? begin : 0;
        p.size[a] = (end < axis->size ? end : axis->size) - p.first[a];
        p.offset[a] = p.first[a] - begin;
        p.weights[a] = axis->weights + (size_t)index[a] * (size_t)axis->tile;
    }
    return p;
}

/* Which position of the window a position of the tile shows: the image mirrored about its end pixels. */
static int source_of(const og__tile_axis *axis, const place *p, int a, int at)
{
    return og__reflect(p->start[a] - axis->before + at, axis->size) - p->first[a];
}

/* tile[c, z, y, x] = scale[c] * window[c, mirrored position] + shift[c], 0 (the mean) where there is no data */
static void pad_tile(const og__engine *engine, const og__factors *factors, const place *p)
{
    const og__workspace *space = engine->current;
    const og__tile_axis *axes = space->layout.axes;
    float *dst = space->tile;
    for (int c = 0; c < engine->channels; c++)
        for (int z = 0; z < axes[0].tile; z++)
            for (int y = 0; y < axes[1].tile; y++) {
                size_t plane = (size_t)c * (size_t)p->size[0] + (size_t)source_of(&axes[0], p, 0, z);
                size_t row = plane * (size_t)p->size[1] + (size_t)source_of(&axes[1], p, 1, y);
                const float *src = space->raw + row * (size_t)p->size[2];
                for (int x = 0; x < axes[2].tile; x++) {
                    int at = x - p->offset[2];
                    at = at >= 0 && at < p->size[2] ? at : source_of(&axes[2], p, 2, x);
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
    int d = axes[0].tile, h = axes[1].tile, w = axes[2].tile;
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
    const float *weights = p->weights[2] + p->offset[2];
    for (int k = 0; k < engine->classes; k++)
        for (int z = 0; z < p->size[0]; z++)
            for (int y = 0; y < p->size[1]; y++) {
                int in_z = z + p->offset[0], in_y = y + p->offset[1];
                float weight = share * p->weights[0][in_z] * p->weights[1][in_y];
                if (weight == 0)
                    continue;
                size_t plane = (size_t)k * (size_t)d + (size_t)flipped(flips, 0, in_z, d);
                const float *src = space->values + (plane * (size_t)h + (size_t)flipped(flips, 1, in_y, h)) * (size_t)w;
                float *dst = space->band + (size_t)k * band + band_at(layout, z + p->first[0], y + p->first[1]);
                dst += p->first[2];
                if (flips >> 2 & 1) {
                    const float *end = src + (w - 1 - p->offset[2]);
                    for (int x = 0; x < p->size[2]; x++)
                        dst[x] += weight * weights[x] * end[-x];
                } else {
                    src += p->offset[2];
                    for (int x = 0; x < p->size[2]; x++)
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

/* Remember which pixels of the window have data; tells whether any has. */
static bool note_gaps(const og__engine *engine, const place *p)
{
    const og__workspace *space = engine->current;
    size_t pixels = (size_t)p->size[0] * (size_t)p->size[1] * (size_t)p->size[2], at = 0;
    bool any = false;
    if (!space->valid)
        return true;
    for (int z = 0; z < p->size[0]; z++)
        for (int y = 0; y < p->size[1]; y++) {
            uint8_t *dst = space->valid + band_at(&space->layout, z + p->first[0], y + p->first[1]) + p->first[2];
            for (int x = 0; x < p->size[2]; x++) {
                dst[x] = has_data(engine, at++, pixels);
                any = any || dst[x];
            }
        }
    return any;
}

static og_status run_tile(const og__engine *engine, const og__pixels *src, const int index[OG_AXES])
{
    const og__workspace *space = engine->current;
    place p = place_of(&space->layout, index);
    /* A picture has no depth to mirror. */
    unsigned axes = space->layout.swept == 0 ? 7 : 6, copies = engine->options.mirror ? 8 : 1;
    unsigned used = engine->options.mirror ? (axes == 7 ? 8 : 4) : 1;
    float share = 1 / (float)(used * engine->member_count);
    OG_TRY(src->read(src->context, p.first, p.size, space->raw));
    if (!note_gaps(engine, &p))
        return OG_OK;
    for (size_t m = 0; m < engine->member_count; m++) {
        pad_tile(engine, &engine->members[m].factors, &p);
        for (unsigned flips = 0; flips < copies; flips++) {
            if ((flips & ~axes) != 0)
                continue;
            OG_TRY(og_plan_infer(space->plans[m], mirror_tile(engine, flips),
                                 engine->options.output == OG_OUTPUT_LOGITS, space->values));
            add_tile(engine, &p, flips, share);
        }
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

og_status og__engine_run(og__engine *engine, const og__pixels *src, const og__rows *dst, og__engine_report report,
                         void *context)
{
    const og__workspace *space = engine->current;
    const og__tiling *layout = &space->layout;
    const og__tile_axis *axes = layout->axes;
    int swept = layout->swept, index[OG_AXES];
    size_t done = 0, all = (size_t)axes[0].count * (size_t)axes[1].count * (size_t)axes[2].count;
    /* What a stopped run has left. */
    memset(space->band, 0, (size_t)engine->classes * (size_t)axes[swept].tile * layout->row * sizeof(float));
    for (index[0] = 0; index[0] < axes[0].count; index[0]++)
        for (index[1] = 0; index[1] < axes[1].count; index[1]++) {
            for (index[2] = 0; index[2] < axes[2].count; index[2]++) {
                OG_TRY(run_tile(engine, src, index));
                if (report && !report(context, (double)++done / (double)all))
                    return og__fail(OG_ERR_STOPPED, "stopped");
            }
            bool last = index[1] + 1 == axes[1].count;
            if (swept == 0 && !last)
                continue;
            int i = index[swept], start = og__tile_start(&axes[swept], i);
            int next = i + 1 < axes[swept].count ? og__tile_start(&axes[swept], i + 1) : axes[swept].padded;
            OG_TRY(finish_rows(engine, start, next, dst));
        }
    return OG_OK;
}

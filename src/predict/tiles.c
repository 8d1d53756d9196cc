#include "predict/tiles.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/status.h"

int og__tile_start(const og__tile_axis *axis, int index)
{
    if (axis->count == 1)
        return 0;
    int64_t steps = (axis->padded - axis->tile) / axis->multiple, gaps = axis->count - 1;
    return (int)((steps * index + gaps / 2) / gaps) * axis->multiple;
}

/* How much a pixel of a tile counts beside those of other tiles: any factor. */
static double importance(og_blend blend, int tile, int at)
{
    double from_centre = at - (tile - 1) / 2.0, sigma = tile / 8.0;
    return blend == OG_BLEND_GAUSSIAN ? exp(-from_centre * from_centre / (2 * sigma * sigma)) : 1;
}

/* The tile whose centre is nearest to a position, the first where two are. */
static int nearest_tile(const og__tile_axis *axis, int position)
{
    int nearest = 0, distance = INT32_MAX;
    for (int i = 0; i < axis->count; i++) {
        int d = abs(2 * (position - og__tile_start(axis, i)) - (axis->tile - 1));
        if (d < distance) {
            distance = d;
            nearest = i;
        }
    }
    return nearest;
}

static og_status weigh(og__tile_axis *axis, og_blend blend)
{
    double *sum;
    OG_TRY(og__alloc((size_t)axis->padded, sizeof *sum, &sum));
    for (int i = 0; i < axis->count; i++)
        for (int at = 0; at < axis->tile; at++)
            sum[og__tile_start(axis, i) + at] += importance(blend, axis->tile, at);
    for (int i = 0; i < axis->count; i++)
        for (int at = 0; at < axis->tile; at++) {
            int position = og__tile_start(axis, i) + at;
            float *weight = &axis->weights[(size_t)i * (size_t)axis->tile + (size_t)at];
            *weight = blend == OG_BLEND_CENTER ? (float)(nearest_tile(axis, position) == i)
                                               : (float)(importance(blend, axis->tile, at) / sum[position]);
        }
    free(sum);
    return OG_OK;
}

/* The smallest side that is at least `size`. */
static int64_t side_from(int64_t size, og__tile_sides sides)
{
    int64_t more = size > sides.least ? size - sides.least : 0;
    return sides.least + (more + sides.multiple - 1) / sides.multiple * sides.multiple;
}

og__tile_sides og__tile_sides_of(const og_net *net, int axis)
{
    int margin = og_net_margin(net), slices = og_net_slice_multiple(net);
    if (axis == 0)
        return (og__tile_sides){slices, slices, 0};
    return (og__tile_sides){og_net_size_multiple(net), og_net_size_from(net, 1) - 2 * margin, margin};
}

og_status og__tile_axis_init(int size, og__tile_sides sides, int64_t tile, double overlap, og_blend blend,
                             og__tile_axis *axis)
{
    int multiple = sides.multiple;
    *axis = (og__tile_axis){.size = size, .multiple = multiple, .margin = sides.margin};
    axis->padded = (int)side_from(size, sides);
    axis->before = (axis->padded - size) / 2;
    /* Two multiples hold all that padding within one tile mirrors. */
    tile = side_from(tile < 2 * multiple ? 2 * multiple : tile, sides);
    axis->tile = tile < axis->padded ? (int)tile : axis->padded;
    axis->seen = axis->tile + 2 * sides.margin;
    double step = axis->tile * (1 - overlap), whole = axis->tile / multiple * multiple;
    step = step < whole ? step : whole; /* tiles begin at multiples, and must not leave gaps */
    axis->count = axis->tile < axis->padded ? 1 + (int)ceil((axis->padded - axis->tile) / step) : 1;
    /* More tiles than places at which one may begin would only repeat some. */
    int places = (axis->padded - axis->tile) / multiple + 1;
    axis->count = axis->count < places ? axis->count : places;
    OG_TRY(og__alloc((size_t)axis->count * (size_t)axis->tile, sizeof *axis->weights, &axis->weights));
    return weigh(axis, blend);
}

void og__tile_axis_deinit(og__tile_axis *axis)
{
    free(axis->weights);
    *axis = (og__tile_axis){0};
}

/* Which tiles an image is cut into, by what they need in memory. */
#include "base/memory.h"
#include "base/status.h"
#include "net/plan.h"
#include "predict/engine_types.h"

static const size_t MEGABYTE = 1000000;

/* Without --memory, tiles are chosen to need no more than this. */
enum { MEMORY_DEFAULT_MB = 1000 };

/* Tiles to choose from, where the whole image does not fit. */
static const int tiles[] = {1024, 768, 512, 384, 256, 192, 128, 96, 64, 32};

size_t og__engine_limit(const og__engine *engine)
{
    return (engine->options.memory > 0 ? (size_t)engine->options.memory : MEMORY_DEFAULT_MB) * MEGABYTE;
}

og_status og__engine_open_plan(const og__engine *engine, size_t member, int d, int h, int w, og_plan **plan)
{
    const og__member *m = &engine->members[member];
    const og_plan_options options = {.n = 1, .d = d, .h = h, .w = w, .exact = m->exact, .threads = engine->threads};
    return og__plan_new_roomless(m->net, &options, plan);
}

/* --- what a layout needs, before its plans are made --------------------------------------------------------------- */

static og_status fit_cost(const og__engine *engine, size_t member, og__plan_cost *cost)
{
    int side = engine->multiple > 64 ? engine->multiple : 64, d = engine->slice_multiple;
    double own[2], room[2], pixels = (double)side * side * d;
    for (int i = 0; i < 2; i++) {
        og_plan *plan;
        OG_TRY(og__engine_open_plan(engine, member, d, side << i, side << i, &plan));
        room[i] = (double)og__plan_room_bytes(plan);
        own[i] = (double)og_plan_bytes(plan) - room[i];
        og_plan_free(plan);
    }
    cost->own_column = (own[1] - own[0]) / side;
    cost->own = own[0] - cost->own_column * side;
    cost->room_pixel = (room[1] - room[0]) / (3 * pixels);
    cost->room = room[0] - cost->room_pixel * pixels;
    cost->known = true;
    return OG_OK;
}

size_t og__tiling_pixels(const og__tiling *layout)
{
    const og__tile_axis *axes = layout->axes;
    return (size_t)axes[0].tile * (size_t)axes[1].tile * (size_t)axes[2].tile;
}

size_t og__tiling_seen(const og__tiling *layout)
{
    const og__tile_axis *axes = layout->axes;
    return (size_t)axes[0].seen * (size_t)axes[1].seen * (size_t)axes[2].seen;
}

size_t og__tiling_bytes(const og__engine *engine, const og__tiling *layout, bool has_gaps)
{
    size_t tile = og__tiling_pixels(layout), band = (size_t)layout->axes[layout->swept].tile * layout->row;
    size_t copies = engine->options.mirror ? 3 : 2;
    return (copies * (size_t)engine->channels * og__tiling_seen(layout) + (size_t)engine->classes * tile) *
               sizeof(float) +
           (size_t)engine->classes * band * sizeof(float) + (has_gaps ? band : 0);
}

/* Of all plans: of each network its own, or of networks that are alike one in turn. */
static og_status estimate_plans(og__engine *engine, const og__tiling *layout, double *bytes)
{
    double room = (double)(engine->is_lent ? engine->room_bytes : 0);
    *bytes = -room; /* is there */
    for (size_t m = 0; m < engine->member_count; m++) {
        size_t leader = engine->members[m].leader;
        og__plan_cost *cost = &engine->members[leader].cost;
        if (layout->takes_turns && leader != m)
            continue;
        if (!cost->known)
            OG_TRY(fit_cost(engine, leader, cost));
        double needed = cost->room + cost->room_pixel * (double)og__tiling_pixels(layout);
        *bytes += cost->own + cost->own_column * layout->axes[2].tile;
        room = needed > room ? needed : room;
    }
    *bytes += room;
    return OG_OK;
}

static og_status estimate(og__engine *engine, const og__tiling *layout, bool has_gaps, const og__beside *beside,
                          double *bytes)
{
    double rows = layout->axes[layout->swept].tile, pixels = (double)og__tiling_pixels(layout);
    OG_TRY(estimate_plans(engine, layout, bytes));
    *bytes += (double)og__tiling_bytes(engine, layout, has_gaps) + (double)beside->fixed + (double)beside->row * rows +
              (double)beside->pixel * pixels;
    return OG_OK;
}

/* --- choosing ----------------------------------------------------------------------------------------------------- */

static void deinit_axes(og__tiling *layout)
{
    for (int a = 0; a < OG_AXES; a++)
        og__tile_axis_deinit(&layout->axes[a]);
}

static og_status cut(const og__engine *engine, const int size[OG_AXES], const int64_t tile[OG_AXES], og__tiling *layout)
{
    *layout = (og__tiling){.swept = size[0] > 1 || engine->dims == 3 ? 0 : 1};
    for (int a = 0; a < OG_AXES; a++) {
        og_status status = og__tile_axis_init(size[a], engine->sides[a], tile[a], engine->options.overlap,
                                              (og_blend)engine->options.blend, &layout->axes[a]);
        if (status != OG_OK) {
            deinit_axes(layout);
            return status;
        }
    }
    layout->row = (size_t)size[2] * (layout->swept == 0 ? (size_t)size[1] : 1);
    return OG_OK;
}

static og_status fail_memory(const og__engine *engine, const og__tiling *layout, double needed)
{
    const og__tile_axis *axes = layout->axes;
    return og__fail(OG_ERR_MEMORY,
                    "tiles of %d x %d need %.0f MB, more than the %lld MB of --memory; give more, or a smaller --tile "
                    "(at least %d)",
                    axes[2].tile, axes[1].tile, needed / (double)MEGABYTE, (long long)engine->options.memory,
                    2 * engine->sides[1].multiple);
}

/* Whether a layout fits the memory, with a plan for each network or with one in turn; *bytes is what it needs. */
static og_status fits(og__engine *engine, bool has_gaps, const og__beside *beside, og__tiling *layout, double *bytes,
                      bool *fitting)
{
    *fitting = false;
    for (int turns = 0; turns < 2 && !*fitting; turns++) {
        layout->takes_turns = turns == 1;
        OG_TRY(estimate(engine, layout, has_gaps, beside, bytes));
        *fitting = *bytes <= (double)og__engine_limit(engine);
    }
    return OG_OK;
}

og_status og__engine_choose(og__engine *engine, const int size[OG_AXES], bool has_gaps, const og__beside *beside,
                            og__tiling *layout)
{
    const og_predict_options *options = &engine->options;
    bool asked = engine->tile[1] > 0, bounded = options->memory > 0 || !asked;
    size_t count = asked ? 0 : sizeof tiles / sizeof tiles[0];
    for (size_t i = 0; i <= count; i++) {
        int64_t side = i == 0 ? INT32_MAX : tiles[i - 1];
        double bytes = 0;
        bool fitting;
        OG_TRY(cut(engine, size, asked ? engine->tile : (int64_t[]){side, side, side}, layout));
        og_status status = fits(engine, has_gaps, beside, layout, &bytes, &fitting);
        if (status == OG_OK && (fitting || !bounded))
            return OG_OK;
        if (status == OG_OK && i == count) {
            if (options->memory == 0)
                return OG_OK; /* the smallest there is */
            status = fail_memory(engine, layout, bytes);
        }
        deinit_axes(layout);
        OG_TRY(status);
    }
    return OG_OK;
}

/* Which tiles an image is cut into, by what they need in memory. */
#include "base/memory.h"
#include "base/status.h"
#include "net/plan.h"
#include "predict/engine_types.h"

static const size_t MEGABYTE = 1000000;

/* Without --memory, tiles are chosen to need no more than this; but tiles below these sides would see too little, and
 * waste most of their work on overlaps. */
enum { MEMORY_DEFAULT_MB = 1000, SIDE_LEAST = 256, SIDE_LEAST_VOLUME = 96 };

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

/* Bytes of all plans of a layout: of each network its own, or of networks that are alike one in turn. */
static og_status estimate_plans(const og__engine *engine, const og__tiling *layout, double kept[2])
{
    const og__tile_axis *axes = layout->axes;
    double room = 0;
    kept[0] = kept[1] = 0;
    for (size_t m = 0; m < engine->member_count; m++) {
        const og__member *member = &engine->members[m];
        og_plan *plan;
        if (member->leader != m)
            continue;
        const og_plan_options options = {.n = 1,
                                         .d = axes[0].seen,
                                         .h = axes[1].seen,
                                         .w = axes[2].seen,
                                         .exact = member->exact,
                                         .threads = engine->threads};
        OG_TRY(og__plan_sketch(member->net, &options, &plan));
        double own_room = (double)og__plan_room_bytes(plan), own = (double)og_plan_bytes(plan) - own_room;
        og_plan_free(plan);
        kept[0] += own * (double)member->alike_count;
        kept[1] += own;
        room = own_room > room ? own_room : room;
    }
    room -= engine->is_lent ? (double)engine->room_bytes : 0;
    kept[0] += room > 0 ? room : 0;
    kept[1] += room > 0 ? room : 0;
    return OG_OK;
}

/* What a layout needs beside the plans. */
static double estimate_rest(const og__engine *engine, const og__tiling *layout, bool has_gaps, const og__beside *beside)
{
    double rows = layout->axes[layout->swept].tile, pixels = (double)og__tiling_pixels(layout);
    return (double)og__tiling_bytes(engine, layout, has_gaps) + (double)beside->fixed + (double)beside->row * rows +
           (double)beside->pixel * pixels;
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
static og_status fits(const og__engine *engine, bool has_gaps, const og__beside *beside, bool must, og__tiling *layout,
                      double *bytes, bool *fitting)
{
    double limit = (double)og__engine_limit(engine), plans[2];
    *fitting = false;
    *bytes = estimate_rest(engine, layout, has_gaps, beside);
    if (*bytes > limit && !must) /* plans of such sizes are not even sketched */
        return OG_OK;
    OG_TRY(estimate_plans(engine, layout, plans));
    layout->takes_turns = *bytes + plans[0] > limit;
    *bytes += plans[layout->takes_turns];
    *fitting = *bytes <= limit;
    return OG_OK;
}

og_status og__engine_choose(og__engine *engine, const int size[OG_AXES], bool has_gaps, const og__beside *beside,
                            og__tiling *layout)
{
    const og_predict_options *options = &engine->options;
    bool asked = engine->tile[1] > 0, bounded = options->memory > 0 || !asked;
    int least = options->memory > 0 ? 0 : engine->dims == 3 ? SIDE_LEAST_VOLUME : SIDE_LEAST;
    size_t count = 0;
    while (!asked && count < sizeof tiles / sizeof tiles[0] && tiles[count] >= least)
        count++;
    for (size_t i = 0; i <= count; i++) {
        int64_t side = i == 0 ? INT32_MAX : tiles[i - 1];
        double bytes = 0;
        bool fitting;
        OG_TRY(cut(engine, size, asked ? engine->tile : (int64_t[]){side, side, side}, layout));
        og_status status = fits(engine, has_gaps, beside, i == count, layout, &bytes, &fitting);
        if (status == OG_OK && (fitting || !bounded))
            return OG_OK;
        if (status == OG_OK && i == count) {
            if (options->memory == 0)
                return OG_OK; /* the smallest that is sensible */
            status = fail_memory(engine, layout, bytes);
        }
        deinit_axes(layout);
        OG_TRY(status);
    }
    return OG_OK;
}

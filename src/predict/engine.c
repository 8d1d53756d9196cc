#include "predict/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/dataset.h"
#include "predict/engine_types.h"

static const size_t MEGABYTE = 1000000;

/* Without --memory, tiles are chosen to need no more than this. */
enum { MEMORY_DEFAULT_MB = 1000 };

/* Tiles to choose from, where the whole image does not fit. */
static const int tiles[] = {1024, 768, 512, 384, 256, 192, 128, 96, 64, 32};

/* --- engine ------------------------------------------------------------------------------------------------------- */

static og_status check_models(const og_model *const *models, size_t count)
{
    const og_net_spec *first = og_net_spec_of(models[0]->net);
    for (size_t i = 1; i < count; i++) {
        const og_net_spec *spec = og_net_spec_of(models[i]->net);
        if (spec->dims != first->dims)
            return og__fail(OG_ERR_ARGUMENT,
                            "network %zu has %d dimensions, the first %d; only networks that agree can be averaged",
                            i + 1, spec->dims, first->dims);
        if (spec->in_channels != first->in_channels || spec->classes != first->classes)
            return og__fail(OG_ERR_ARGUMENT,
                            "network %zu takes %d channels and has %d classes, the first %d and %d; only networks that "
                            "agree can be averaged",
                            i + 1, spec->in_channels, spec->classes, first->in_channels, first->classes);
        if (memcmp(&models[i]->regions, &models[0]->regions, sizeof models[0]->regions) != 0 ||
            models[i]->class_count != models[0]->class_count)
            return og__fail(
                OG_ERR_ARGUMENT,
                "network %zu was made for other classes or regions than the first; only networks that agree "
                "can be averaged",
                i + 1);
        for (int k = 0; k < models[0]->class_count; k++)
            if (strcmp(models[i]->class_names[k], models[0]->class_names[k]) != 0)
                return og__fail(OG_ERR_ARGUMENT,
                                "network %zu calls class %d '%s', the first '%s'; only networks that agree can be "
                                "averaged",
                                i + 1, k, models[i]->class_names[k], models[0]->class_names[k]);
        if (strcmp(models[i]->options.spacing, models[0]->options.spacing) != 0)
            return og__fail(
                OG_ERR_ARGUMENT,
                "network %zu works at a spacing of '%s', the first at '%s'; only networks that agree can be "
                "averaged",
                i + 1, models[i]->options.spacing, models[0]->options.spacing);
        if (models[i]->options.scale != models[0]->options.scale)
            return og__fail(OG_ERR_ARGUMENT,
                            "network %zu works at a scale of %g, the first at %g; only networks that agree can be "
                            "averaged",
                            i + 1, models[i]->options.scale, models[0]->options.scale);
    }
    return OG_OK;
}

/* Norms that take their statistics from the image itself: a tile is normalised by its own, which the network knows from
 * patches of the size that it was trained on. */
static bool norm_sees_tile(og_norm norm)
{
    return norm != OG_NORM_BATCH && norm != OG_NORM_NONE;
}

og_status og__engine_new(const og_model *const *models, size_t count, const og_predict_options *options,
                         og__engine **engine)
{
    og_status status = OG_OK;
    og__engine *made = NULL;
    *engine = NULL;
    if (options->threads < 0)
        return og__fail(OG_ERR_ARGUMENT, "a predictor on %lld threads: give 0 for all cores, or a number",
                        (long long)options->threads);
    OG_TRY(check_models(models, count));
    OG_GO(og__alloc(1, sizeof *made, &made));
    OG_GO(og__alloc(count, sizeof *made->members, &made->members));
    made->options = *options;
    made->threads = options->threads > 0 ? (int)options->threads : og__cpu_count();
    made->channels = og_net_spec_of(models[0]->net)->in_channels;
    made->classes = og_net_spec_of(models[0]->net)->classes;
    made->multiple = made->slice_multiple = 1;
    made->dims = og_net_spec_of(models[0]->net)->dims;
    made->member_count = count;
    for (size_t i = 0; i < count; i++) {
        og__member *member = &made->members[i];
        int multiple = og_net_size_multiple(models[i]->net); /* powers of two: the largest is a multiple of all */
        made->multiple = multiple > made->multiple ? multiple : made->multiple;
        int slices = og_net_slice_multiple(models[i]->net);
        made->slice_multiple = slices > made->slice_multiple ? slices : made->slice_multiple;
        member->net = models[i]->net;
        member->scaling = &models[i]->scaling;
        member->exact = models[i]->options.exact;
        if (member->scaling->kind != OG_NORMALIZE_IMAGE)
            og__scaling_factors(member->scaling, made->channels, 0, NULL, member->factors.scale, member->factors.shift);
    }
    if (made->options.tile == 0 && norm_sees_tile(og_net_spec_of(models[0]->net)->norm))
        made->options.tile = strtol(models[0]->options.patch, NULL, 10); /* 0: whole images; of "128x96" the height */
    *engine = made;
    made = NULL;
done:
    og__engine_free(made);
    return status;
}

static void close_workspace(const og__engine *engine, og__workspace *space)
{
    for (size_t i = 0; space->plans && i < engine->member_count; i++)
        og_plan_free(space->plans[i]);
    for (int a = 0; a < OG_AXES; a++)
        og__tile_axis_deinit(&space->layout.axes[a]);
    free(space->plans);
    free(space->raw);
    free(space->tile);
    free(space->mirrored);
    free(space->values);
    free(space->band);
    free(space->valid);
    *space = (og__workspace){0};
}

void og__engine_free(og__engine *engine)
{
    if (!engine)
        return;
    for (int i = 0; i < OG_WORKSPACES_MAX; i++)
        close_workspace(engine, &engine->workspaces[i]);
    free(engine->members);
    free(engine);
}

void og__engine_refresh(og__engine *engine)
{
    for (int i = 0; i < OG_WORKSPACES_MAX; i++)
        for (size_t m = 0; engine->workspaces[i].plans && m < engine->member_count; m++)
            og_plan_refresh(engine->workspaces[i].plans[m]);
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

static og_status open_plan(const og__engine *engine, const og__member *member, int d, int h, int w, og_plan **plan)
{
    const og_plan_options options = {
        .n = 1, .d = d, .h = h, .w = w, .exact = member->exact, .threads = engine->threads};
    return og_plan_new(member->net, &options, plan);
}

/* Bytes of a plan, taken to be a constant and a share of each pixel, from two small plans. */
static og_status fit_plan_bytes(const og__engine *engine, og__member *member)
{
    int side = engine->multiple > 64 ? engine->multiple : 64;
    double bytes[2];
    for (int i = 0; i < 2; i++) {
        og_plan *plan;
        OG_TRY(open_plan(engine, member, engine->slice_multiple, side << i, side << i, &plan));
        bytes[i] = (double)og_plan_bytes(plan);
        og_plan_free(plan);
    }
    double small = (double)side * side * engine->slice_multiple;
    member->pixel_bytes = (bytes[1] - bytes[0]) / (3 * small);
    member->fixed_bytes = bytes[0] - member->pixel_bytes * small;
    return OG_OK;
}

static og_status cut(const og__engine *engine, const int size[OG_AXES], int64_t tile, og__tiling *layout)
{
    *layout = (og__tiling){.swept = size[0] > 1 || engine->dims == 3 ? 0 : 1};
    for (int a = 0; a < OG_AXES; a++) {
        int multiple = a == 0 ? engine->slice_multiple : engine->multiple;
        og__tile_sides sides = {multiple, multiple, 0};
        og_status status = og__tile_axis_init(size[a], sides, tile, engine->options.overlap,
                                              (og_blend)engine->options.blend, &layout->axes[a]);
        if (status != OG_OK) {
            for (int b = 0; b <= a; b++)
                og__tile_axis_deinit(&layout->axes[b]);
            return status;
        }
    }
    layout->row = (size_t)size[2] * (layout->swept == 0 ? (size_t)size[1] : 1);
    return OG_OK;
}

static size_t tile_pixels(const og__tiling *layout)
{
    const og__tile_axis *axes = layout->axes;
    return (size_t)axes[0].tile * (size_t)axes[1].tile * (size_t)axes[2].tile;
}

static size_t count_band(const og__engine *engine, const og__tiling *layout, bool has_gaps)
{
    size_t tile = tile_pixels(layout), band = (size_t)layout->axes[layout->swept].tile * layout->row;
    size_t copies = engine->options.mirror ? 3 : 2;
    return (copies * (size_t)engine->channels + (size_t)engine->classes) * tile * sizeof(float) +
           (size_t)engine->classes * band * sizeof(float) + (has_gaps ? band : 0);
}

/* What a layout needs, before its plans are made. */
static og_status estimate(og__engine *engine, const og__tiling *layout, bool has_gaps, double *bytes)
{
    *bytes = (double)count_band(engine, layout, has_gaps);
    for (size_t i = 0; i < engine->member_count; i++) {
        og__member *member = &engine->members[i];
        if (member->pixel_bytes == 0)
            OG_TRY(fit_plan_bytes(engine, member));
        *bytes += member->fixed_bytes + member->pixel_bytes * (double)tile_pixels(layout);
    }
    return OG_OK;
}

/* --- layouts ------------------------------------------------------------------------------------------------------ */

static og_status fail_memory(const og__engine *engine, const og__tiling *layout, double needed)
{
    const og__tile_axis *axes = layout->axes;
    return og__fail(OG_ERR_MEMORY,
                    "tiles of %d x %d need %.0f MB, more than the %lld MB of --memory; give more, or a smaller --tile "
                    "(at least %d)",
                    axes[2].tile, axes[1].tile, needed / (double)MEGABYTE, (long long)engine->options.memory,
                    2 * engine->multiple);
}

/* The largest of a list of tiles that fits; 0 is the whole image. */
static og_status choose_layout(og__engine *engine, const int size[OG_AXES], bool has_gaps, size_t fixed_bytes,
                               size_t row_bytes, og__tiling *layout)
{
    const og_predict_options *options = &engine->options;
    size_t limit_mb = options->memory > 0 ? (size_t)options->memory : MEMORY_DEFAULT_MB;
    double limit = (double)(limit_mb * MEGABYTE), bytes = 0;
    bool bounded = options->memory > 0 || options->tile == 0;
    size_t count = options->tile > 0 ? 0 : sizeof tiles / sizeof tiles[0];
    for (size_t i = 0; i <= count; i++) {
        int64_t tile = options->tile > 0 ? options->tile : i == 0 ? INT32_MAX : tiles[i - 1];
        OG_TRY(cut(engine, size, tile, layout));
        og_status status = bounded ? estimate(engine, layout, has_gaps, &bytes) : OG_OK;
        bytes += (double)fixed_bytes + (double)row_bytes * layout->axes[layout->swept].tile;
        if (status == OG_OK && (!bounded || bytes <= limit))
            return OG_OK;
        if (status == OG_OK && i == count) {
            if (options->memory == 0)
                return OG_OK; /* the smallest there is */
            status = fail_memory(engine, layout, bytes);
        }
        for (int a = 0; a < OG_AXES; a++)
            og__tile_axis_deinit(&layout->axes[a]);
        OG_TRY(status);
    }
    return OG_OK;
}

static og_status open_workspace(og__engine *engine, const int size[OG_AXES], bool has_gaps, size_t fixed_bytes,
                                size_t row_bytes, og__workspace *space)
{
    og__tiling *layout = &space->layout;
    memcpy(space->size, size, sizeof space->size);
    space->has_gaps = has_gaps;
    OG_TRY(choose_layout(engine, size, has_gaps, fixed_bytes, row_bytes, layout));
    size_t tile = tile_pixels(layout), band = (size_t)layout->axes[layout->swept].tile * layout->row;
    size_t channels = (size_t)engine->channels, classes = (size_t)engine->classes;
    OG_TRY(og__alloc(tile * channels, sizeof(float), &space->raw));
    OG_TRY(og__alloc(tile * channels, sizeof(float), &space->tile));
    if (engine->options.mirror)
        OG_TRY(og__alloc(tile * channels, sizeof(float), &space->mirrored));
    OG_TRY(og__alloc(tile * classes, sizeof(float), &space->values));
    OG_TRY(og__alloc(band * classes, sizeof(float), &space->band));
    if (has_gaps)
        OG_TRY(og__alloc(band, 1, &space->valid));
    layout->band_bytes = count_band(engine, layout, has_gaps);
    OG_TRY(og__alloc(engine->member_count, sizeof(og_plan *), &space->plans));
    for (size_t i = 0; i < engine->member_count; i++) {
        OG_TRY(open_plan(engine, &engine->members[i], layout->axes[0].tile, layout->axes[1].tile, layout->axes[2].tile,
                         &space->plans[i]));
        layout->network_bytes += og_plan_bytes(space->plans[i]);
    }
    space->used = true;
    return OG_OK;
}

/* A kept workspace of that size, or NULL; *oldest is the one to give up for another. */
static og__workspace *find_workspace(og__engine *engine, const int size[OG_AXES], bool has_gaps, og__workspace **oldest)
{
    *oldest = &engine->workspaces[0];
    for (int i = 0; i < OG_WORKSPACES_MAX; i++) {
        og__workspace *space = &engine->workspaces[i];
        if (space->used && memcmp(space->size, size, sizeof space->size) == 0 && space->has_gaps == has_gaps)
            return space;
        if (space->when < (*oldest)->when)
            *oldest = space;
    }
    return NULL;
}

/* Keep the workspaces of small images only: of all, no more than half of what one may need. */
static void drop_large(og__engine *engine)
{
    size_t limit_mb = engine->options.memory > 0 ? (size_t)engine->options.memory : MEMORY_DEFAULT_MB;
    for (int i = 0; i < OG_WORKSPACES_MAX; i++) {
        const og__tiling *layout = &engine->workspaces[i].layout;
        if (layout->network_bytes + layout->band_bytes > limit_mb * MEGABYTE / (2 * OG_WORKSPACES_MAX))
            close_workspace(engine, &engine->workspaces[i]);
    }
}

og_status og__engine_plan(og__engine *engine, const int size[OG_AXES], bool has_gaps, size_t fixed_bytes,
                          size_t row_bytes, const og__tiling **layout)
{
    og__workspace *oldest, *found = find_workspace(engine, size, has_gaps, &oldest);
    engine->current = NULL;
    if (!found) {
        drop_large(engine);
        close_workspace(engine, oldest);
        og_status status = open_workspace(engine, size, has_gaps, fixed_bytes, row_bytes, oldest);
        if (status != OG_OK) {
            close_workspace(engine, oldest);
            return status;
        }
        found = oldest;
    }
    found->when = ++engine->plans;
    engine->current = found;
    if (layout)
        *layout = &found->layout;
    return OG_OK;
}

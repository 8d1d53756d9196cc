#include "predict/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/augment.h"
#include "data/dataset.h"
#include "data/sides.h"
#include "net/net.h"
#include "net/plan.h"
#include "predict/engine_types.h"

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

/* Whether each pixel of a network's result depends on its surroundings alone: then tiles that are seen with their
 * margins fit without overlap. Norms and activations may take means over the tile. */
static bool sees_surroundings_alone(const og_net *net)
{
    bool alone = og_net_margin(net) > 0 && !norm_sees_tile(og_net_spec_of(net)->norm);
    for (int i = 0; i < net->graph.node_count && alone; i++)
        alone = net->graph.nodes[i].excite.hidden == 0;
    return alone;
}

static size_t leader_of(const og__engine *engine, size_t m)
{
    size_t leader = 0;
    while (leader < m && (engine->members[leader].exact != engine->members[m].exact ||
                          !og__net_is_alike(engine->members[leader].net, engine->members[m].net)))
        leader++;
    return leader;
}

/* Sides that all networks have: powers of two and their multiples, of which the largest serves all; without padding
 * each network has sides of its own. */
static og_status join_sides(og__engine *engine, const og_net *net, size_t index)
{
    for (int a = 0; a < OG_AXES; a++) {
        og__tile_sides own = og__tile_sides_of(net, a), *all = &engine->sides[a];
        bool differs = own.multiple != all->multiple || own.least != all->least || own.margin != all->margin;
        if (index > 0 && differs && (own.margin > 0 || all->margin > 0))
            return og__fail(OG_ERR_ARGUMENT,
                            "network %zu sees %d pixels around its tiles, the first %d; networks without padding can "
                            "only be averaged when they are alike",
                            index + 1, own.margin, all->margin);
        if (index == 0 || own.multiple > all->multiple)
            *all = own;
    }
    return OG_OK;
}

/* The tile asked for, or the training's patch where the norm would see another. */
static og_status settle_tile(const og_model *model, og__engine *engine)
{
    int sides[OG_AXES] = {0};
    bool own = engine->options.tile == 0 && norm_sees_tile(og_net_spec_of(model->net)->norm);
    if (own)
        OG_TRY(og__sides_parse(model->options.patch, engine->dims, sides));
    for (int a = 0; a < OG_AXES; a++) {
        int result = sides[a] - 2 * engine->sides[a].margin; /* of a patch, which has the margins */
        if (own)
            engine->tile[a] = sides[a] == 0 ? 0 : result < 1 ? 1 : result;
        else
            engine->tile[a] = engine->options.tile;
    }
    return OG_OK;
}

/* Along which axes the training mirrored: bit 0 for D, 1 for H, 2 for W. */
static og_status find_mirrored(const og_model *model, int dims, unsigned *axes)
{
    const og_train_options *options = &model->options;
    const char *texts[OG_AUGMENT_COUNT];
    og_augment_options levels;
    for (int row = 0; row < OG_AUGMENT_COUNT; row++)
        texts[row] = "";
    texts[OG_AUGMENT_flip_z] = options->flip_z;
    texts[OG_AUGMENT_flip_y] = options->flip_y;
    texts[OG_AUGMENT_flip_x] = options->flip_x;
    OG_TRY(og__augment_parse((og__augment_set)options->augment, dims, texts, &levels));
    *axes = (levels.flip_y.share > 0 ? 2 : 0) | (levels.flip_x.share > 0 ? 4 : 0);
    if (dims == 3) /* a picture has no depth to mirror */
        *axes |= levels.flip_z.share > 0 ? 1 : 0;
    return OG_OK;
}

/* Mirrored copies are what every network has been trained on. */
static og_status settle_mirror(const og_model *const *models, size_t count, og__engine *engine)
{
    engine->mirrored_axes = engine->options.mirror ? 7 : 0;
    for (size_t i = 0; i < count && engine->options.mirror; i++) {
        unsigned axes;
        OG_TRY(find_mirrored(models[i], engine->dims, &axes));
        engine->mirrored_axes &= axes;
    }
    if (engine->options.mirror && engine->mirrored_axes == 0)
        return og__fail(OG_ERR_ARGUMENT,
                        "option 'mirror': the network was trained without mirrored images, which it does "
                        "not know therefore; leave it out");
    return OG_OK;
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
    made->dims = og_net_spec_of(models[0]->net)->dims;
    made->member_count = count;
    bool alone = true;
    for (size_t i = 0; i < count; i++) {
        og__member *member = &made->members[i];
        OG_GO(join_sides(made, models[i]->net, i));
        alone = alone && sees_surroundings_alone(models[i]->net);
        member->net = models[i]->net;
        member->scaling = &models[i]->scaling;
        member->exact = models[i]->options.exact;
        member->leader = leader_of(made, i);
        made->members[member->leader].alike_count++;
        if (member->scaling->kind != OG_NORMALIZE_IMAGE)
            og__scaling_factors(member->scaling, made->channels, 0, NULL, member->factors.scale, member->factors.shift);
    }
    if (alone)
        made->options.overlap = 0;
    OG_GO(settle_tile(models[0], made));
    OG_GO(settle_mirror(models, count, made));
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
    if (!engine->is_lent)
        free(engine->room);
    free(engine->members);
    free(engine);
}

void og__engine_refresh(og__engine *engine)
{
    for (int i = 0; i < OG_WORKSPACES_MAX; i++)
        for (size_t m = 0; engine->workspaces[i].plans && m < engine->member_count; m++)
            if (engine->workspaces[i].plans[m])
                og_plan_refresh(engine->workspaces[i].plans[m]);
}

void og__engine_lend(og__engine *engine, void *room, size_t bytes)
{
    if (!engine->is_lent)
        free(engine->room);
    engine->room = room;
    engine->room_bytes = bytes;
    engine->is_lent = true;
}

size_t og__engine_bytes(const og__engine *engine)
{
    size_t bytes = engine->is_lent ? 0 : engine->room_bytes;
    for (int i = 0; i < OG_WORKSPACES_MAX; i++)
        bytes += engine->workspaces[i].own_bytes;
    return bytes;
}

/* --- workspaces --------------------------------------------------------------------------------------------------- */

static og_status open_plans(const og__engine *engine, og__workspace *space)
{
    const og__tile_axis *axes = space->layout.axes;
    OG_TRY(og__alloc(engine->member_count, sizeof(og_plan *), &space->plans));
    for (size_t m = 0; m < engine->member_count; m++) {
        if (space->layout.takes_turns && engine->members[m].leader != m)
            continue;
        OG_TRY(og__engine_open_plan(engine, m, axes[0].seen, axes[1].seen, axes[2].seen, &space->plans[m]));
        size_t room = og__plan_room_bytes(space->plans[m]);
        space->own_bytes += og_plan_bytes(space->plans[m]) - room;
        space->room_bytes = room > space->room_bytes ? room : space->room_bytes;
    }
    return OG_OK;
}

static og_status open_workspace(og__engine *engine, const int size[OG_AXES], bool has_gaps, const og__beside *beside,
                                og__workspace *space)
{
    og__tiling *layout = &space->layout;
    memcpy(space->size, size, sizeof space->size);
    space->has_gaps = has_gaps;
    OG_TRY(og__engine_choose(engine, size, has_gaps, beside, layout));
    size_t seen = og__tiling_seen(layout), tile = og__tiling_pixels(layout),
           band = (size_t)layout->axes[layout->swept].tile * layout->row;
    size_t channels = (size_t)engine->channels, classes = (size_t)engine->classes;
    OG_TRY(og__alloc(seen * channels, sizeof(float), &space->raw));
    OG_TRY(og__alloc(seen * channels, sizeof(float), &space->tile));
    if (engine->options.mirror)
        OG_TRY(og__alloc(seen * channels, sizeof(float), &space->mirrored));
    OG_TRY(og__alloc(tile * classes, sizeof(float), &space->values));
    OG_TRY(og__alloc(band * classes, sizeof(float), &space->band));
    if (has_gaps)
        OG_TRY(og__alloc(band, 1, &space->valid));
    OG_TRY(open_plans(engine, space));
    layout->network_bytes = space->own_bytes + space->room_bytes;
    layout->band_bytes = og__tiling_bytes(engine, layout, has_gaps);
    space->own_bytes += layout->band_bytes;
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

size_t og__engine_sizes_kept(void)
{
    return OG_WORKSPACES_MAX;
}

/* Those of small images only: of all, no more than half of what one may need. */
bool og__engine_keeps(const og__engine *engine, size_t bytes)
{
    return bytes <= og__engine_limit(engine) / (2 * OG_WORKSPACES_MAX);
}

static void drop_large(og__engine *engine)
{
    for (int i = 0; i < OG_WORKSPACES_MAX; i++)
        if (!og__engine_keeps(engine, engine->workspaces[i].own_bytes))
            close_workspace(engine, &engine->workspaces[i]);
}

/* Let the plans of a workspace have the room, which grows when it is too small. */
static og_status enter_room(og__engine *engine, const og__workspace *space)
{
    if (space->room_bytes > engine->room_bytes) {
        og__engine_lend(engine, NULL, 0);
        engine->is_lent = false;
        OG_TRY(og__alloc(space->room_bytes, 1, &engine->room));
        engine->room_bytes = space->room_bytes;
    }
    for (size_t m = 0; m < engine->member_count; m++)
        if (space->plans[m])
            og__plan_set_room(space->plans[m], engine->room);
    return OG_OK;
}

og_status og__engine_plan(og__engine *engine, const int size[OG_AXES], bool has_gaps, const og__beside *beside,
                          const og__tiling **layout)
{
    const og__beside nothing = {0};
    og__workspace *oldest, *found = find_workspace(engine, size, has_gaps, &oldest);
    engine->current = NULL;
    if (!found) {
        drop_large(engine);
        close_workspace(engine, oldest);
        og_status status = open_workspace(engine, size, has_gaps, beside ? beside : &nothing, oldest);
        if (status != OG_OK) {
            close_workspace(engine, oldest);
            return status;
        }
        found = oldest;
    }
    OG_TRY(enter_room(engine, found));
    found->when = ++engine->plans;
    engine->current = found;
    if (layout)
        *layout = &found->layout;
    return OG_OK;
}

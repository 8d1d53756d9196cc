#include "train/labeler.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/dataset.h"
#include "data/resample.h"
#include "predict/tiles.h"
#include "predict/predictor.h"
#include "train/metrics.h"

enum {
    PLANS_MAX = 4,
    VOXELS_MAX = 1 << 22, /* of a tile: larger volumes are labelled tile by tile */
};
static const double overlap = 0.25; /* of tiles */

/* All that one padded size needs. */
typedef struct workspace {
    int d, h, w; /* as the network sees them; 0 while unused */
    og_plan *plan;
    float *padded; /* (C, d, h, w) */
    float *probs;  /* (K, d, h, w), at most */
    uint64_t used; /* when last, in runs of the labeler */
} workspace;

struct og__labeler {
    og_net *net;
    og_scaling scaling;
    og__resolution resolution;
    const og_regions *regions; /* NULL: the outputs are classes */
    int class_count;
    int threads;
    bool exact;
    uint64_t runs;
    workspace workspaces[PLANS_MAX];
};

og_status og__labeler_new(og_net *net, const og_scaling *scaling, const og__resolution *resolution, int threads,
                          bool exact, og__labeler **labeler)
{
    OG_TRY(og__alloc(1, sizeof **labeler, labeler));
    (*labeler)->net = net;
    (*labeler)->class_count = og_net_spec_of(net)->classes;
    (*labeler)->scaling = *scaling;
    (*labeler)->resolution = *resolution;
    (*labeler)->threads = threads;
    (*labeler)->exact = exact;
    return OG_OK;
}

static void close_workspace(workspace *space)
{
    og_plan_free(space->plan);
    free(space->padded);
    free(space->probs);
    *space = (workspace){0};
}

void og__labeler_free(og__labeler *labeler)
{
    if (!labeler)
        return;
    for (int i = 0; i < PLANS_MAX; i++)
        close_workspace(&labeler->workspaces[i]);
    free(labeler);
}

void og__labeler_refresh(og__labeler *labeler)
{
    for (int i = 0; i < PLANS_MAX; i++)
        if (labeler->workspaces[i].plan)
            og_plan_refresh(labeler->workspaces[i].plan);
}

static og_status open_workspace(og__labeler *labeler, int d, int h, int w, workspace *space)
{
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    og_plan_options options = {.n = 1, .d = d, .h = h, .w = w, .exact = labeler->exact, .threads = labeler->threads};
    size_t floats;
    OG_TRY(og__product(&floats, 4, (size_t[]){(size_t)spec->in_channels, (size_t)d, (size_t)h, (size_t)w}));
    OG_TRY(og__alloc(floats, sizeof(float), &space->padded));
    OG_TRY(og__product(&floats, 4, (size_t[]){(size_t)spec->classes, (size_t)d, (size_t)h, (size_t)w}));
    OG_TRY(og__alloc(floats, sizeof(float), &space->probs));
    OG_TRY(og_plan_new(labeler->net, &options, &space->plan));
    space->d = d;
    space->h = h;
    space->w = w;
    return OG_OK;
}

/* The workspace of a padded size: a kept one, or a new one in the place of the one not used for longest. */
static og_status find_workspace(og__labeler *labeler, int d, int h, int w, workspace **found)
{
    workspace *oldest = &labeler->workspaces[0];
    *found = NULL;
    for (int i = 0; i < PLANS_MAX && !*found; i++) {
        workspace *space = &labeler->workspaces[i];
        if (space->d == d && space->h == h && space->w == w)
            *found = space;
        if (space->used < oldest->used)
            oldest = space;
    }
    if (!*found) {
        close_workspace(oldest);
        og_status status = open_workspace(labeler, d, h, w, oldest);
        if (status != OG_OK) {
            close_workspace(oldest);
            return status;
        }
        *found = oldest;
    }
    (*found)->used = ++labeler->runs;
    return OG_OK;
}

/* A volume in tiles; the axes are d, h, w. A picture, or a volume that is small enough, is one tile. */
typedef struct tiling {
    og__tile_axis axes[3];
    int index[3]; /* the tile */
} tiling;

static og_status cut(const og__labeler *labeler, int d, int h, int w, tiling *t)
{
    const int sizes[3] = {d, h, w};
    int64_t tile[3] = {d, h, w};
    *t = (tiling){0};
    for (bool volume = og_net_spec_of(labeler->net)->dims == 3; volume && tile[0] * tile[1] * tile[2] > VOXELS_MAX;) {
        int longest = tile[0] >= tile[1] && tile[0] >= tile[2] ? 0 : tile[1] >= tile[2] ? 1 : 2;
        tile[longest] = (tile[longest] + 1) / 2;
    }
    for (int a = 0; a < 3; a++)
        OG_TRY(og__tile_axis_init(sizes[a], og__tile_sides_of(labeler->net, a), tile[a], overlap, OG_BLEND_GAUSSIAN,
                                  &t->axes[a]));
    return OG_OK;
}

static void deinit_tiling(tiling *t)
{
    for (int a = 0; a < 3; a++)
        og__tile_axis_deinit(&t->axes[a]);
}

/* Position of the image that a position of the tile shows; beyond the ends it is mirrored. */
static int position(const tiling *t, int axis, int at)
{
    const og__tile_axis *a = &t->axes[axis];
    return og__tile_start(a, t->index[axis]) + at - a->before;
}

/* tile[c, z, y, x] = src[c, mirrored position], with the margins */
static void pad(const tiling *t, int channels, const float *src, float *tile)
{
    const og__tile_axis *a = t->axes;
    for (int c = 0; c < channels; c++)
        for (int z = -a[0].margin; z < a[0].tile + a[0].margin; z++)
            for (int y = -a[1].margin; y < a[1].tile + a[1].margin; y++) {
                size_t plane = (size_t)c * (size_t)a[0].size + (size_t)og__reflect(position(t, 0, z), a[0].size);
                size_t row = plane * (size_t)a[1].size + (size_t)og__reflect(position(t, 1, y), a[1].size);
                const float *from = src + row * (size_t)a[2].size;
                int first = position(t, 2, -a[2].margin);
                for (int x = 0; x < a[2].seen; x++, first++)
                    *tile++ = from[first >= 0 && first < a[2].size ? first : og__reflect(first, a[2].size)];
            }
}

/* probs[k, position] += share of the tile there * tile[k, z, y, x] */
static void add_tile(const tiling *t, int classes, const float *tile, float *probs)
{
    const og__tile_axis *a = t->axes;
    for (int k = 0; k < classes; k++)
        for (int z = 0; z < a[0].tile; z++)
            for (int y = 0; y < a[1].tile; y++, tile += a[2].tile) {
                int to_z = position(t, 0, z), to_y = position(t, 1, y), to_x = position(t, 2, 0);
                if (to_z < 0 || to_z >= a[0].size || to_y < 0 || to_y >= a[1].size)
                    continue;
                float *row =
                    probs + (((size_t)k * (size_t)a[0].size + (size_t)to_z) * (size_t)a[1].size + (size_t)to_y) *
                                (size_t)a[2].size;
                float share = a[0].weights[t->index[0] * a[0].tile + z] * a[1].weights[t->index[1] * a[1].tile + y];
                const float *weights = a[2].weights + (size_t)t->index[2] * (size_t)a[2].tile;
                for (int x = 0; x < a[2].tile; x++)
                    if (to_x + x >= 0 && to_x + x < a[2].size)
                        row[to_x + x] += share * weights[x] * tile[x];
            }
}

void og__labeler_set_regions(og__labeler *labeler, const og_regions *regions, int class_count)
{
    labeler->regions = regions && regions->count > 0 ? regions : NULL;
    labeler->class_count = class_count;
}

/* Probabilities (K, d, h, w) of a scaled image (C, d, h, w). */
static og_status infer(og__labeler *labeler, int d, int h, int w, const float *image, float *probs)
{
    og_status status = OG_OK;
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    tiling t;
    workspace *space;
    OG_GO(cut(labeler, d, h, w, &t));
    const og__tile_axis *a = t.axes;
    memset(probs, 0, (size_t)spec->classes * (size_t)d * (size_t)h * (size_t)w * sizeof *probs);
    OG_GO(find_workspace(labeler, a[0].seen, a[1].seen, a[2].seen, &space));
    for (int i = 0; i < a[0].count * a[1].count * a[2].count; i++) {
        t.index[0] = i / a[2].count / a[1].count;
        t.index[1] = i / a[2].count % a[1].count;
        t.index[2] = i % a[2].count;
        pad(&t, spec->in_channels, image, space->padded);
        OG_GO(og_plan_infer(space->plan, space->padded, false, space->probs));
        add_tile(&t, spec->classes, space->probs, probs);
    }
done:
    deinit_tiling(&t);
    return status;
}

/* The same at the resolution that the network works at. */
static og_status infer_resampled(og__labeler *labeler, const int size[3], const int working[3], const float *image,
                                 float *probs)
{
    og_status status = OG_OK;
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    size_t own = (size_t)size[0] * (size_t)size[1] * (size_t)size[2];
    size_t pixels = (size_t)working[0] * (size_t)working[1] * (size_t)working[2];
    float *resampled = NULL, *result = NULL;
    OG_GO(og__alloc(pixels * (size_t)spec->in_channels, sizeof *resampled, &resampled));
    OG_GO(og__alloc(pixels * (size_t)spec->classes, sizeof *result, &result));
    for (size_t c = 0; c < (size_t)spec->in_channels; c++)
        OG_GO(og__resample(size, image + c * own, working, resampled + c * pixels));
    OG_GO(infer(labeler, working[0], working[1], working[2], resampled, result));
    for (size_t k = 0; k < (size_t)spec->classes; k++)
        OG_GO(og__interpolate(working, result + k * pixels, size, probs + k * own));
done:
    free(resampled);
    free(result);
    return status;
}

/* The class of highest probability at each pixel. */
static og_status label(og__labeler *labeler, const og_sample *sample, uint8_t *labels)
{
    og_status status = OG_OK;
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    const int size[3] = {og_sample_slices(sample), sample->h, sample->w};
    og_sample working = *sample;
    float *scaled = NULL, *probs = NULL;
    size_t floats, pixels = og_sample_pixels(sample);
    OG_TRY(og__resolution_of_sample(&labeler->resolution, &working));
    const int small[3] = {working.d, working.h, working.w};
    OG_TRY(og__product(&floats, 2, (size_t[]){(size_t)sample->channels, pixels}));
    OG_GO(og__alloc(floats, sizeof *scaled, &scaled));
    OG_GO(og__product(&floats, 2, (size_t[]){(size_t)spec->classes, pixels}));
    OG_GO(og__alloc(floats, sizeof *probs, &probs));
    og_scaling_run(&labeler->scaling, sample->channels, size[0] * size[1], size[2], sample->image, scaled);
    OG_GO(og__resolution_is_full(&labeler->resolution) ? infer(labeler, size[0], size[1], size[2], scaled, probs)
                                                       : infer_resampled(labeler, size, small, scaled, probs));
    og__choose_labels(labeler->regions, 0.5f, spec->classes, pixels, probs, pixels, labels);
done:
    free(scaled);
    free(probs);
    return status;
}

static og_status score_sample(og__labeler *labeler, const og_sample *sample, og__metrics *metrics)
{
    uint8_t *labels;
    size_t pixels = og_sample_pixels(sample);
    OG_TRY(og__alloc(pixels, 1, &labels));
    og_status status = label(labeler, sample, labels);
    if (status == OG_OK)
        og__metrics_add(metrics, pixels, sample->labels, labels);
    else
        status = og__fail_in(status, "image '%s'", sample->name);
    free(labels);
    return status;
}

og_status og__labeler_score(og__labeler *labeler, const og_dataset *data, og_part part, og_scores *scores)
{
    og_status status = OG_OK;
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    og__metrics metrics;
    *scores = (og_scores){0};
    if (og_dataset_class_count(data) != labeler->class_count || og_dataset_channels(data) != spec->in_channels)
        return og__fail(OG_ERR_DATA,
                        "the data set '%s' has %d classes and %d channels; the network was made for %d and %d",
                        og_dataset_name(data), og_dataset_class_count(data), og_dataset_channels(data),
                        labeler->class_count, spec->in_channels);
    OG_TRY(og__metrics_init(&metrics, labeler->class_count, labeler->regions));
    for (size_t i = 0; i < og_dataset_count(data, part); i++) {
        og_sample sample = og_dataset_sample(data, part, i);
        OG_GO(score_sample(labeler, &sample, &metrics));
        og__sample_release(data, part, i);
    }
    OG_GO(og__metrics_scores(&metrics, scores));
done:
    og__metrics_deinit(&metrics);
    return status;
}

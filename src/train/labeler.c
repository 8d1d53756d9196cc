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

enum { PLANS_MAX = 4 };

/* All that one padded size needs. */
typedef struct workspace {
    int h, w; /* padded; 0 while unused */
    og_plan *plan;
    float *padded; /* (C, h, w) */
    float *probs;  /* (K, h, w) */
    uint64_t used; /* when last, in runs of the labeler */
} workspace;

struct og__labeler {
    og_net *net;
    og_scaling scaling;
    double scale;
    const og_regions *regions; /* NULL: the outputs are classes */
    int class_count;
    int threads;
    bool exact;
    uint64_t runs;
    workspace workspaces[PLANS_MAX];
};

og_status og__labeler_new(og_net *net, const og_scaling *scaling, double scale, int threads, bool exact,
                          og__labeler **labeler)
{
    OG_TRY(og__alloc(1, sizeof **labeler, labeler));
    (*labeler)->net = net;
    (*labeler)->class_count = og_net_spec_of(net)->classes;
    (*labeler)->scaling = *scaling;
    (*labeler)->scale = scale;
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

static og_status open_workspace(og__labeler *labeler, int h, int w, workspace *space)
{
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    og_plan_options options = {.n = 1, .h = h, .w = w, .exact = labeler->exact, .threads = labeler->threads};
    size_t floats;
    OG_TRY(og__product(&floats, 3, (size_t[]){(size_t)spec->in_channels, (size_t)h, (size_t)w}));
    OG_TRY(og__alloc(floats, sizeof(float), &space->padded));
    OG_TRY(og__product(&floats, 3, (size_t[]){(size_t)spec->classes, (size_t)h, (size_t)w}));
    OG_TRY(og__alloc(floats, sizeof(float), &space->probs));
    OG_TRY(og_plan_new(labeler->net, &options, &space->plan));
    space->h = h;
    space->w = w;
    return OG_OK;
}

/* The workspace of a padded size: a kept one, or a new one in the place of the one not used for longest. */
static og_status find_workspace(og__labeler *labeler, int h, int w, workspace **found)
{
    workspace *oldest = &labeler->workspaces[0];
    *found = NULL;
    for (int i = 0; i < PLANS_MAX && !*found; i++) {
        workspace *space = &labeler->workspaces[i];
        if (space->h == h && space->w == w)
            *found = space;
        if (space->used < oldest->used)
            oldest = space;
    }
    if (!*found) {
        close_workspace(oldest);
        og_status status = open_workspace(labeler, h, w, oldest);
        if (status != OG_OK) {
            close_workspace(oldest);
            return status;
        }
        *found = oldest;
    }
    (*found)->used = ++labeler->runs;
    return OG_OK;
}

/* dst[c, y, x] = src[c, reflect(y - top), reflect(x - left)] */
static void pad(const workspace *space, int channels, int h, int w, const float *src, int top, int left)
{
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < space->h; y++) {
            const float *from = src + ((size_t)c * (size_t)h + (size_t)og__reflect(y - top, h)) * (size_t)w;
            float *to = space->padded + ((size_t)c * (size_t)space->h + (size_t)y) * (size_t)space->w;
            for (int x = 0; x < left; x++)
                to[x] = from[og__reflect(x - left, w)];
            memcpy(to + left, from, (size_t)w * sizeof *to);
            for (int x = left + w; x < space->w; x++)
                to[x] = from[og__reflect(x - left, w)];
        }
}

static void crop(const workspace *space, int classes, int h, int w, int top, int left, float *probs)
{
    for (int k = 0; k < classes; k++)
        for (int y = 0; y < h; y++)
            memcpy(probs + ((size_t)k * (size_t)h + (size_t)y) * (size_t)w,
                   space->probs + ((size_t)k * (size_t)space->h + (size_t)(y + top)) * (size_t)space->w + left,
                   (size_t)w * sizeof *probs);
}

/* labels[y, x] = the first class of highest probs[class, y, x] */

void og__labeler_set_regions(og__labeler *labeler, const og_regions *regions, int class_count)
{
    labeler->regions = regions && regions->count > 0 ? regions : NULL;
    labeler->class_count = class_count;
}

static int rounded_up(int size, int multiple)
{
    return (size + multiple - 1) / multiple * multiple;
}

/* Probabilities (K, h, w) of a scaled image (C, h, w). */
static og_status infer(og__labeler *labeler, int h, int w, const float *image, float *probs)
{
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    int multiple = og_net_size_multiple(labeler->net);
    int rows = rounded_up(h, multiple), columns = rounded_up(w, multiple);
    int top = (rows - h) / 2, left = (columns - w) / 2;
    workspace *space;
    OG_TRY(find_workspace(labeler, rows, columns, &space));
    pad(space, spec->in_channels, h, w, image, top, left);
    OG_TRY(og_plan_infer(space->plan, space->padded, false, space->probs));
    crop(space, spec->classes, h, w, top, left, probs);
    return OG_OK;
}

/* The same through a smaller image. */
static og_status infer_shrunk(og__labeler *labeler, int h, int w, const float *image, float *probs)
{
    og_status status = OG_OK;
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    int small_h = og__scaled_size(h, labeler->scale), small_w = og__scaled_size(w, labeler->scale);
    size_t plane = (size_t)h * (size_t)w, small = (size_t)small_h * (size_t)small_w;
    float *shrunk = NULL, *result = NULL;
    OG_GO(og__alloc(small * (size_t)spec->in_channels, sizeof *shrunk, &shrunk));
    OG_GO(og__alloc(small * (size_t)spec->classes, sizeof *result, &result));
    for (size_t c = 0; c < (size_t)spec->in_channels; c++)
        og__shrink(h, w, image + c * plane, small_h, small_w, shrunk + c * small);
    OG_GO(infer(labeler, small_h, small_w, shrunk, result));
    for (size_t k = 0; k < (size_t)spec->classes; k++)
        og__enlarge(small_h, small_w, result + k * small, h, w, probs + k * plane);
done:
    free(shrunk);
    free(result);
    return status;
}

og_status og__labeler_run(og__labeler *labeler, int channels, int h, int w, const float *src, uint8_t *labels,
                          float *probs)
{
    og_status status = OG_OK;
    const og_net_spec *spec = og_net_spec_of(labeler->net);
    int multiple = og_net_size_multiple(labeler->net);
    float *scaled = NULL, *own_probs = NULL;
    size_t floats;
    if (channels != spec->in_channels)
        return og__fail(OG_ERR_SHAPE, "the image has %d channels; the network takes %d", channels, spec->in_channels);
    if (h < 1 || w < 1 || h > INT32_MAX - multiple || w > INT32_MAX - multiple)
        return og__fail(OG_ERR_SHAPE, "an image of %d x %d pixels cannot be labelled", w, h);
    OG_TRY(og__product(&floats, 3, (size_t[]){(size_t)channels, (size_t)h, (size_t)w}));
    OG_GO(og__alloc(floats, sizeof *scaled, &scaled));
    if (!probs) {
        OG_GO(og__product(&floats, 3, (size_t[]){(size_t)spec->classes, (size_t)h, (size_t)w}));
        OG_GO(og__alloc(floats, sizeof *own_probs, &own_probs));
        probs = own_probs;
    }
    og_scaling_run(&labeler->scaling, channels, h, w, src, scaled);
    OG_GO(labeler->scale < 1 ? infer_shrunk(labeler, h, w, scaled, probs) : infer(labeler, h, w, scaled, probs));
    og__choose_labels(labeler->regions, 0.5f, spec->classes, (size_t)h * (size_t)w, probs, (size_t)h * (size_t)w,
                      labels);
done:
    free(scaled);
    free(own_probs);
    return status;
}

static og_status score_sample(og__labeler *labeler, const og_sample *sample, og__metrics *metrics)
{
    uint8_t *labels;
    size_t pixels = (size_t)sample->h * (size_t)sample->w;
    OG_TRY(og__alloc(pixels, 1, &labels));
    og_status status = og__labeler_run(labeler, sample->channels, sample->h, sample->w, sample->image, labels, NULL);
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

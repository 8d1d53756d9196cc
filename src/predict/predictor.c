#include "predict/predictor.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"

og_status og_predictor_new(const og_model *const *models, size_t count, const og_predict_options *options,
                           og_predictor **predictor)
{
    og_status status = OG_OK;
    og_predictor *made;
    *predictor = NULL;
    if (count < 1)
        return og__fail(OG_ERR_ARGUMENT, "a predictor of no network");
    OG_TRY(og__alloc(1, sizeof *made, &made));
    if (options)
        made->options = *options;
    else
        OG_GO(og_options_init(og_predict_option_table(), &made->options)); /* holds no text to release */
    made->channels = og_net_spec_of(models[0]->net)->in_channels;
    made->dims = og_net_spec_of(models[0]->net)->dims;
    made->classes = models[0]->class_count;
    OG_GO(og__resolution_make(models[0]->options.scale, models[0]->options.spacing, made->dims, &made->resolution));
    made->class_names = models[0]->class_names;
    made->outputs = og_net_spec_of(models[0]->net)->classes;
    made->output_names = models[0]->regions.count > 0 ? models[0]->region_names : models[0]->class_names;
    made->regions = models[0]->regions;
    OG_GO(og__engine_new(models, count, &made->options, &made->engine));
    *predictor = made;
    made = NULL;
done:
    og_predictor_free(made);
    return status;
}

void og_predictor_free(og_predictor *predictor)
{
    if (!predictor)
        return;
    og__engine_free(predictor->engine);
    free(predictor);
}

static void choose_classes(int classes, size_t count, const float *values, size_t stride, uint8_t *labels)
{
    for (size_t i = 0; i < count; i++) {
        int best = 0;
        for (int k = 1; k < classes; k++)
            if (values[(size_t)k * stride + i] > values[(size_t)best * stride + i])
                best = k;
        labels[i] = (uint8_t)best;
    }
}

/* The class that the last of the regions writes, if it belongs to just these; else the first that does; else, for
 * regions that no class has together, that of the last region (nnU-Net's rule). */
static uint8_t class_of_set(const og_regions *regions, uint64_t set)
{
    if (set == 0)
        return regions->outside;
    uint8_t written = regions->writes[63 - __builtin_clzll(set)];
    if (regions->of_class[written] == set)
        return written;
    for (int k = 0; k < 255; k++)
        if (regions->of_class[k] == set)
            return (uint8_t)k;
    return written;
}

void og__choose_labels(const og_regions *regions, float threshold, int outputs, size_t count, const float *values,
                       size_t stride, uint8_t *labels)
{
    if (!regions || regions->count == 0) {
        choose_classes(outputs, count, values, stride, labels);
        return;
    }
    uint64_t last = 0;
    uint8_t label = regions->outside;
    for (size_t i = 0; i < count; i++) {
        uint64_t set = 0;
        for (int r = 0; r < outputs; r++)
            set |= (uint64_t)(values[(size_t)r * stride + i] > threshold) << r;
        if (set != last) /* neighbours are mostly alike */
            label = class_of_set(regions, set);
        labels[i] = label;
        last = set;
    }
}

float og__region_threshold(const og_predict_options *options)
{
    return options->output == OG_OUTPUT_LOGITS ? 0 : 0.5f;
}

/* --- one picture -------------------------------------------------------------------------------------------------- */

og_status og__picture_init(const og_predictor *predictor, const og__pixels *src, const og__rows *dst,
                           og__picture *picture)
{
    *picture = (og__picture){.src = src, .dst = dst, .network_src = src, .network_dst = dst};
    if (src->channels != predictor->channels)
        return og__fail(OG_ERR_SHAPE, "the image has %d channels; the network takes %d", src->channels,
                        predictor->channels);
    if (og__resolution_is_full(&predictor->resolution))
        return OG_OK;
    OG_TRY(og__scaled_new(src, dst, predictor->outputs, &predictor->resolution, &picture->scaled));
    picture->network_src = og__scaled_pixels(picture->scaled);
    picture->network_dst = og__scaled_rows(picture->scaled);
    return OG_OK;
}

void og__picture_deinit(og__picture *picture)
{
    og__scaled_free(picture->scaled);
}

og_status og__picture_run(const og_predictor *predictor, const og__picture *picture, og__engine_report report,
                          void *context)
{
    OG_TRY(og__engine_measure(predictor->engine, picture->src));
    return og__engine_run(predictor->engine, picture->network_src, picture->network_dst, report, context);
}

/* --- in memory ---------------------------------------------------------------------------------------------------- */

/* A picture or volume in memory. */
typedef struct frame {
    int channels, size[OG_AXES];
    const float *src; /* (C, D, H, W) */
} frame;

static og_status read_frame(void *context, const int first[OG_AXES], const int size[OG_AXES], float *dst)
{
    const frame *f = context;
    for (int c = 0; c < f->channels; c++)
        for (int z = first[0]; z < first[0] + size[0]; z++)
            for (int y = first[1]; y < first[1] + size[1]; y++) {
                size_t row = ((size_t)c * (size_t)f->size[0] + (size_t)z) * (size_t)f->size[1] + (size_t)y;
                memcpy(dst, f->src + row * (size_t)f->size[2] + first[2], (size_t)size[2] * sizeof *dst);
                dst += size[2];
            }
    return OG_OK;
}

size_t og__predictor_row(const og_predictor *predictor, const int size[OG_AXES])
{
    return (size_t)size[2] * (predictor->dims == 3 ? (size_t)size[1] : 1);
}

/* Plan for a picture of `size`, and run the networks over it when it has pixels. */
static og_status sweep(og_predictor *predictor, int channels, const int size[OG_AXES], const double spacing[3],
                       const float *src, const og__rows *dst)
{
    enum { SIDE_MAX = 1 << 30 };
    og_status status = OG_OK;
    frame f = {channels, {size[0], size[1], size[2]}, src};
    og__pixels pixels = {.channels = channels, .size = {size[0], size[1], size[2]}, .read = read_frame, .context = &f};
    og__picture picture;
    for (int a = 0; spacing && a < OG_AXES; a++)
        pixels.spacing[a] = spacing[OG_AXES - 1 - a];
    for (int a = 0; a < OG_AXES; a++)
        if (size[a] < 1 || size[a] > SIDE_MAX)
            return og__fail(OG_ERR_SHAPE, "an image of %d x %d x %d pixels cannot be labelled", size[2], size[1],
                            size[0]);
    if (predictor->dims != 3 && size[0] > 1)
        return og__fail(OG_ERR_SHAPE, "a volume of %d slices: the network takes images", size[0]);
    OG_TRY(og__picture_init(predictor, &pixels, dst, &picture));
    OG_GO(og__engine_plan(predictor->engine, picture.network_src->size, false, NULL, NULL));
    if (src)
        OG_GO(og__picture_run(predictor, &picture, NULL, NULL));
done:
    og__picture_deinit(&picture);
    return status;
}

og_status og__predictor_plan(og_predictor *predictor, int channels, const int size[OG_AXES], const double spacing[3])
{
    return sweep(predictor, channels, size, spacing, NULL, &(og__rows){0});
}

og_status og__predictor_sweep(og_predictor *predictor, int channels, const int size[OG_AXES], const double spacing[3],
                              const float *src, const og__rows *dst)
{
    return sweep(predictor, channels, size, spacing, src, dst);
}

/* What is made of a picture. */
typedef struct labelling {
    const og_predictor *predictor;
    size_t row, plane; /* pixels of a row, and of all */
    uint8_t *labels;   /* (plane) */
    float *probs;      /* (K, plane) or NULL */
} labelling;

static og_status write_labels(void *context, int first, int count, const float *values, size_t stride,
                              const uint8_t *valid)
{
    const labelling *l = context;
    const og_predictor *predictor = l->predictor;
    size_t at = (size_t)first * l->row, pixels = (size_t)count * l->row;
    (void)valid;
    og__choose_labels(&predictor->regions, og__region_threshold(&predictor->options), predictor->outputs, pixels,
                      values, stride, l->labels + at);
    for (size_t k = 0; l->probs && k < (size_t)predictor->outputs; k++)
        memcpy(l->probs + k * l->plane + at, values + k * stride, pixels * sizeof *values);
    return OG_OK;
}

og_status og_predictor_run_volume(og_predictor *predictor, int channels, int d, int h, int w, const double spacing[3],
                                  const float *src, uint8_t *labels, float *probs)
{
    const int size[OG_AXES] = {d, h, w};
    labelling l = {predictor, og__predictor_row(predictor, size), (size_t)d * (size_t)h * (size_t)w, labels, probs};
    return og__predictor_sweep(predictor, channels, size, spacing, src, &(og__rows){write_labels, &l});
}

og_status og_predictor_run(og_predictor *predictor, int channels, int h, int w, const float *src, uint8_t *labels,
                           float *probs)
{
    return og_predictor_run_volume(predictor, channels, 1, h, w, NULL, src, labels, probs);
}

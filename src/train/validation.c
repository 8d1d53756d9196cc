#include "train/validation.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/dataset.h"
#include "net/plan.h"
#include "predict/predictor.h"
#include "train/metrics.h"

/* Of tiles: less than prediction has, since many images are scored many times. */
static const double overlap = 0.25;

struct og__validation {
    const og_model *model;
    og_predictor *predictor;
};

og_status og__validation_new(const og_model *model, int threads, og__validation **validation)
{
    og_status status = OG_OK;
    og_predict_options options;
    og__validation *made;
    *validation = NULL;
    OG_TRY(og_options_init(og_predict_option_table(), &options)); /* holds no text to release */
    options.threads = threads;
    options.overlap = overlap;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->model = model;
    OG_GO(og_predictor_new(&model, 1, &options, &made->predictor));
    *validation = made;
    made = NULL;
done:
    og__validation_free(made);
    return status;
}

void og__validation_free(og__validation *validation)
{
    if (!validation)
        return;
    og_predictor_free(validation->predictor);
    free(validation);
}

void og__validation_share(og__validation *validation, const og_plan *plan)
{
    og__engine_lend(validation->predictor->engine, og__plan_room(plan), og__plan_room_bytes(plan));
}

og_status og__validation_prepare(og__validation *validation, const og_dataset *data, og_part part, size_t *bytes)
{
    size_t pixels;
    return og__predictor_prepare(validation->predictor, data, part, &pixels, bytes);
}

void og__validation_refresh(og__validation *validation)
{
    og__engine_refresh(validation->predictor->engine);
}

/* --- scores ------------------------------------------------------------------------------------------------------- */

/* An image on its way into the counts. */
typedef struct counting {
    const og_predictor *predictor;
    const og_dataset *data;
    og_part part;
    size_t index;
    og_sample sample;
    size_t row;      /* pixels */
    uint8_t *labels; /* (room) of some rows */
    size_t room;
    og__metrics *metrics;
} counting;

static og_status count_rows(void *context, int first, int count, const float *values, size_t stride,
                            const uint8_t *valid)
{
    counting *c = context;
    size_t pixels = (size_t)count * c->row;
    (void)valid;
    if (pixels > c->room) {
        free(c->labels);
        c->room = 0;
        OG_TRY(og__alloc(pixels, 1, &c->labels));
        c->room = pixels;
    }
    og__choose_labels(&c->predictor->regions, og__region_threshold(&c->predictor->options), c->predictor->outputs,
                      pixels, values, stride, c->labels);
    og__metrics_count(c->metrics, pixels, c->sample.labels + (size_t)first * c->row, c->labels);
    og__sample_release(c->data, c->part, c->index);
    return OG_OK;
}

static og_status count_sample(og_predictor *predictor, counting *c)
{
    const og_sample *sample = &c->sample;
    const int size[OG_AXES] = {og_sample_slices(sample), sample->h, sample->w};
    c->row = og__predictor_row(predictor, size);
    og_status status = og__predictor_sweep(predictor, sample->channels, size, sample->spacing, sample->image,
                                           &(og__rows){count_rows, c});
    og__sample_release(c->data, c->part, c->index);
    og__metrics_end_image(c->metrics);
    return status == OG_OK ? OG_OK : og__fail_in(status, "image '%s'", sample->name);
}

og_status og__validation_score(og__validation *validation, const og_dataset *data, og_part part, og_scores *scores)
{
    og_status status = OG_OK;
    og_predictor *predictor = validation->predictor;
    const og_model *model = validation->model;
    og__metrics metrics;
    counting c = {.predictor = predictor, .data = data, .part = part, .metrics = &metrics};
    *scores = (og_scores){0};
    if (og_dataset_class_count(data) != model->class_count || og_dataset_channels(data) != predictor->channels)
        return og__fail(OG_ERR_DATA,
                        "the data set '%s' has %d classes and %d channels; the network was made for %d and %d",
                        og_dataset_name(data), og_dataset_class_count(data), og_dataset_channels(data),
                        model->class_count, predictor->channels);
    OG_TRY(og__metrics_init(&metrics, model->class_count, &model->regions));
    for (; c.index < og_dataset_count(data, part); c.index++) {
        c.sample = og_dataset_sample(data, part, c.index);
        OG_GO(count_sample(predictor, &c));
    }
    OG_GO(og__metrics_scores(&metrics, scores));
done:
    free(c.labels);
    og__metrics_deinit(&metrics);
    return status;
}

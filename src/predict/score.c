/* Scores of a network on a data set. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/dataset.h"
#include "predict/predictor.h"

/* How many sizes the images of a part have, up to as many as are kept at once; and the index of the largest image. */
static size_t count_sizes(const og_dataset *data, og_part part, size_t most, size_t *largest)
{
    int sizes[8][OG_AXES];
    size_t count = 0, pixels = 0;
    for (size_t i = 0; i < og_dataset_count(data, part); i++) {
        const og_sample sample = og_dataset_sample(data, part, i);
        const int size[OG_AXES] = {og_sample_slices(&sample), sample.h, sample.w};
        size_t same = 0;
        while (same < count && memcmp(sizes[same], size, sizeof size) != 0)
            same++;
        if (same == count && count < most)
            memcpy(sizes[count++], size, sizeof size);
        if (og_sample_pixels(&sample) > pixels) {
            pixels = og_sample_pixels(&sample);
            *largest = i;
        }
    }
    return count;
}

og_status og__predictor_prepare(og_predictor *predictor, const og_dataset *data, og_part part, size_t *pixels,
                                size_t *bytes)
{
    size_t largest = 0, before = og__engine_bytes(predictor->engine);
    size_t sizes = count_sizes(data, part, og__engine_sizes_kept(), &largest);
    *pixels = *bytes = 0;
    if (sizes == 0)
        return OG_OK;
    const og_sample sample = og_dataset_sample(data, part, largest);
    *pixels = og_sample_pixels(&sample);
    OG_TRY(og__predictor_plan(predictor, sample.channels, (int[]){og_sample_slices(&sample), sample.h, sample.w},
                              sample.spacing));
    size_t own = og__engine_bytes(predictor->engine) - before;
    *bytes = og__engine_keeps(predictor->engine, own) ? (sizes - 1) * own : 0;
    return OG_OK;
}

og_scored_image og__scored_image(const og_sample *sample, const uint8_t *labels, const float *probs)
{
    og_scored_image image = {.name = sample->name,
                             .d = og_sample_slices(sample),
                             .h = sample->h,
                             .w = sample->w,
                             .spacing = {1, 1, 1},
                             .truth = sample->labels,
                             .labels = labels,
                             .probs = probs};
    for (int axis = 0; axis < 3; axis++)
        if (sample->spacing[axis] > 0)
            image.spacing[axis] = sample->spacing[axis];
    return image;
}

static bool one_reads_probs(og_scorer *const *scorers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (og_scorer_reads_probs(scorers[i]))
            return true;
    return false;
}

static og_status score_sample(og_predictor *predictor, const og_sample *sample, og_scorer *const *scorers, size_t count)
{
    og_status status = OG_OK;
    size_t pixels, floats;
    uint8_t *labels = NULL;
    float *probs = NULL;
    pixels = og_sample_pixels(sample);
    OG_TRY(og__product(&floats, 2, (size_t[]){pixels, (size_t)predictor->outputs}));
    OG_GO(og__alloc(pixels, 1, &labels));
    if (one_reads_probs(scorers, count))
        OG_GO(og__alloc(floats, sizeof *probs, &probs));
    OG_GO(og_predictor_run_volume(predictor, sample->channels, og_sample_slices(sample), sample->h, sample->w,
                                  sample->spacing, sample->image, labels, probs));
    const og_scored_image image = og__scored_image(sample, labels, probs);
    for (size_t i = 0; i < count; i++)
        OG_GO(og_scorer_add(scorers[i], &image));
done:
    free(labels);
    free(probs);
    return status == OG_OK ? OG_OK : og__fail_in(status, "image '%s'", sample->name);
}

static og_status check_data(const og_predictor *predictor, const og_dataset *data)
{
    if (memcmp(og_dataset_regions(data)->of_class, predictor->regions.of_class, sizeof predictor->regions.of_class) !=
        0)
        return og__fail(OG_ERR_DATA, "the regions of the data set '%s' are not those that the network was made for",
                        og_dataset_name(data));
    if (og_dataset_class_count(data) != predictor->classes)
        return og__fail(OG_ERR_DATA, "the data set '%s' has %d classes; the network was made for %d",
                        og_dataset_name(data), og_dataset_class_count(data), predictor->classes);
    return OG_OK;
}

og_status og_predictor_score_plan(og_predictor *predictor, const og_dataset *data, og_part part,
                                  og_scorer *const *scorers, size_t count, size_t *planned_bytes)
{
    size_t other_sizes, pixels, room = 0;
    OG_TRY(check_data(predictor, data));
    OG_TRY(og__predictor_prepare(predictor, data, part, &pixels, &other_sizes));
    for (size_t i = 0; i < count; i++)
        if (og_scorer_room_bytes(scorers[i], pixels) > room)
            room = og_scorer_room_bytes(scorers[i], pixels);
    size_t outputs = one_reads_probs(scorers, count) ? (size_t)predictor->outputs * sizeof(float) : 0;
    *planned_bytes = og__settled_bytes() + other_sizes + pixels * (1 + outputs) + room + OG_FIRST_PASS_BYTES;
    return OG_OK;
}

og_status og_predictor_score(og_predictor *predictor, const og_dataset *data, og_part part, og_scorer *const *scorers,
                             size_t count)
{
    OG_TRY(check_data(predictor, data));
    for (size_t i = 0; i < og_dataset_count(data, part); i++) {
        og_sample sample = og_dataset_sample(data, part, i);
        OG_TRY(score_sample(predictor, &sample, scorers, count));
        og__sample_release(data, part, i);
    }
    return OG_OK;
}

/* Scores of a network on a data set. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "data/dataset.h"
#include "predict/predictor.h"

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

static og_status score_sample(og_predictor *predictor, const og_sample *sample, og_scorer *const *scorers, size_t count)
{
    og_status status = OG_OK;
    size_t pixels, floats;
    bool reads_probs = false;
    uint8_t *labels = NULL;
    float *probs = NULL;
    pixels = og_sample_pixels(sample);
    OG_TRY(og__product(&floats, 2, (size_t[]){pixels, (size_t)predictor->outputs}));
    OG_GO(og__alloc(pixels, 1, &labels));
    for (size_t i = 0; i < count; i++)
        reads_probs = reads_probs || og_scorer_reads_probs(scorers[i]);
    if (reads_probs)
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

og_status og_predictor_score(og_predictor *predictor, const og_dataset *data, og_part part, og_scorer *const *scorers,
                             size_t count)
{
    if (memcmp(og_dataset_regions(data)->of_class, predictor->regions.of_class, sizeof predictor->regions.of_class) !=
        0)
        return og__fail(OG_ERR_DATA, "the regions of the data set '%s' are not those that the network was made for",
                        og_dataset_name(data));
    if (og_dataset_class_count(data) != predictor->classes)
        return og__fail(OG_ERR_DATA, "the data set '%s' has %d classes; the network was made for %d",
                        og_dataset_name(data), og_dataset_class_count(data), predictor->classes);
    for (size_t i = 0; i < og_dataset_count(data, part); i++) {
        og_sample sample = og_dataset_sample(data, part, i);
        OG_TRY(score_sample(predictor, &sample, scorers, count));
        og__sample_release(data, part, i);
    }
    return OG_OK;
}

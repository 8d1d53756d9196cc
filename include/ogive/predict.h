/* Using a trained network on images of any size. */
#ifndef OGIVE_PREDICT_H
#define OGIVE_PREDICT_H

#include <ogive/data.h>
#include <ogive/train.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct og_predictor og_predictor;

/** Prepare a model for prediction; it must outlive the predictor. threads 0: all cores. */
OG_API og_status og_predictor_new(og_model *model, int threads, bool exact, og_predictor **predictor);
OG_API void og_predictor_free(og_predictor *predictor);

/**
 * Label one image. It is scaled as in training and padded (reflected) to the network's size multiple.
 *
 * @param src     f32[C, H, W], raw values
 * @param labels  u8[H, W], written
 * @param probs   f32[K, H, W], written; may be NULL
 */
OG_API og_status og_predictor_run(og_predictor *predictor, int channels, int h, int w, const float *src,
                                  uint8_t *labels, float *probs);

/** Score a model on one part of a data set. */
OG_API og_status og_predictor_score(og_predictor *predictor, const og_dataset *data, og_part part, og_scores *scores);

#ifdef __cplusplus
}
#endif
#endif

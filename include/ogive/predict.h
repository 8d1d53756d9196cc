/* Using a trained network on images of any size. */
#ifndef OGIVE_PREDICT_H
#define OGIVE_PREDICT_H

#include <ogive/data.h>
#include <ogive/score.h>
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

/**
 * Label one part of a data set and add its images to the scores.
 *
 * @return OG_OK, what og_predictor_run() and og_scorer_add() find, or OG_ERR_DATA when the data set's channels or
 *         classes are not the network's
 */
OG_API og_status og_predictor_score(og_predictor *predictor, const og_dataset *data, og_part part, og_scorer *scorer);

/**
 * The same for labels that stand in files: FOLDER/NAME.png (.tif, .nii.gz, ...) for the image NAME, with a class as the
 * value of each pixel, as `ogive predict` writes them.
 *
 * @return OG_OK, what og_labels_load() finds, OG_ERR_FILE for an image without a file, OG_ERR_SHAPE for another size,
 * or OG_ERR_DATA for a value that is not a class
 */
OG_API og_status og_labels_score(const char *folder, const og_dataset *data, og_part part, og_scorer *scorer);

#ifdef __cplusplus
}
#endif
#endif

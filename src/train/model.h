/* A trained network as a file: tensors under their own names, everything else as metadata. Public side: ogive/train.h.
 *
 *   ogive          version that wrote the file          channels       of the images
 *   act.PLACE      canonical text of the activation     classes        JSON array of names
 *                  at encoder.0, ..., bottleneck,
 *                  ..., decoder.0, and at head
 *   scaling        JSON object                          option.NAME    the settings that matter to the result */
#ifndef OG_TRAIN_MODEL_H
#define OG_TRAIN_MODEL_H

#include <ogive/train.h>

#include "train/bundle.h"
#include "train/placement.h"

/* The specification that the options describe, without activations and head. */
og_status og__model_spec(const og_train_options *options, int channels, int classes, og_net_spec *spec);

/* Make a network with the activations of a placement and weights from the options' seed; the caller's also on failure.
 */
og_status og__model_net(const og_train_options *options, const og__placement *placement, int channels, int classes,
                        og_net **net);

/* Make the untrained model that a run begins with: weights from the options' seed, classes and scaling of the data.
 * Its options name the activations by their canonical texts. */
og_status og__model_new(const og_dataset *data, const og_train_options *options, og_model *model);

/* What the network tells apart: classes or regions. */
int og__model_outputs(const og_model *model);

/* Fill scored_names from the classes or regions. */
og_status og__model_name_scored(og_model *model);

/* How a file names each og_normalize. */
extern const char *const og__scaling_names[];

/* RUN/model.safetensors for a run folder, else the path itself; released with free(). */
og_status og__model_find(const char *path, char **found);

/* Add the model's tensors (borrowed) and texts. */
void og__model_describe(const og_model *model, og__bundle *bundle);

/* Copy weights and running statistics from a file that og__model_describe() filled. */
og_status og__model_read_tensors(const og__safetensors *file, og_model *model);

/* OG_ERR_FORMAT when a weight is not finite. */
og_status og__model_check_weights(const og_model *model);

#endif

/* A run's network at work on whole images, for its scores: as prediction has it, in tiles where they are large. */
#ifndef OG_TRAIN_VALIDATION_H
#define OG_TRAIN_VALIDATION_H

#include <ogive/data.h>
#include <ogive/train.h>

typedef struct og__validation og__validation;

/* `model` must outlive the validation; threads >= 1. */
og_status og__validation_new(const og_model *model, int threads, og__validation **validation);
void og__validation_free(og__validation *validation);

/* Let the tensors lie in a training plan's room, which is free while no step is taken. */
void og__validation_share(og__validation *validation, const og_plan *plan);

/* Plan for the largest image of a part, so that what does not fit is found before training.
 *
 * @param bytes   that images of other sizes may take besides; written
 */
og_status og__validation_prepare(og__validation *validation, const og_dataset *data, og_part part, size_t *bytes);

/* Tell that the network's weights changed. */
void og__validation_refresh(og__validation *validation);

/* Score all images of a part. OG_ERR_DATA when the data set's channels or classes are not the network's. */
og_status og__validation_score(og__validation *validation, const og_dataset *data, og_part part, og_scores *scores);

#endif

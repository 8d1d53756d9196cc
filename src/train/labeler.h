/* A network at work on whole images of any size: scaled and resampled as in training, padded by reflection to the
 * network's size multiple; its probabilities are brought back to full size. Plans are kept per padded size, up to a
 * few. */
#ifndef OG_TRAIN_LABELER_H
#define OG_TRAIN_LABELER_H

#include <ogive/data.h>
#include <ogive/net.h>
#include <ogive/train.h>

#include "data/resolution.h"

typedef struct og__labeler og__labeler;

/* `net` must outlive the labeler; threads >= 1. */
og_status og__labeler_new(og_net *net, const og_scaling *scaling, const og__resolution *resolution, int threads,
                          bool exact, og__labeler **labeler);
void og__labeler_free(og__labeler *labeler);

/* Tell that the network's outputs are regions; borrowed, must outlive the labeler. A count of 0 is for classes. */
void og__labeler_set_regions(og__labeler *labeler, const og_regions *regions, int class_count);

/* Tell the labeler that the net's weights changed. */
void og__labeler_refresh(og__labeler *labeler);

/* Score all images of a part. OG_ERR_DATA when the data set's channels or classes are not the network's. */
og_status og__labeler_score(og__labeler *labeler, const og_dataset *data, og_part part, og_scores *scores);

#endif

/* A network at work on whole images of any size: scaled and shrunk as in training, padded by reflection to the
 * network's size multiple; its probabilities are brought back to full size. Plans are kept per padded size, up to a
 * few. */
#ifndef OG_TRAIN_LABELER_H
#define OG_TRAIN_LABELER_H

#include <ogive/data.h>
#include <ogive/net.h>
#include <ogive/train.h>

typedef struct og__labeler og__labeler;

/* `net` must outlive the labeler. The network works at `scale` of the images' size, in (0, 1]; threads >= 1. */
og_status og__labeler_new(og_net *net, const og_scaling *scaling, double scale, int threads, bool exact,
                          og__labeler **labeler);
void og__labeler_free(og__labeler *labeler);

/* Tell that the network's outputs are regions; borrowed, must outlive the labeler. A count of 0 is for classes. */
void og__labeler_set_regions(og__labeler *labeler, const og_regions *regions, int class_count);

/* Tell the labeler that the net's weights changed. */
void og__labeler_refresh(og__labeler *labeler);

/**
 * Label one image (D = 1) or volume: the class of highest probability at each pixel, the lowest class where equal.
 *
 * @param src     f32[C, D, H, W], raw values
 * @param labels  u8[D, H, W], written
 * @param probs   f32[K, D, H, W], written; may be NULL
 *
 * @return OG_OK, OG_ERR_SHAPE when the number of channels is not the network's, or OG_ERR_MEMORY
 */
og_status og__labeler_run(og__labeler *labeler, int channels, int d, int h, int w, const float *src, uint8_t *labels,
                          float *probs);

/* Score all images of a part. OG_ERR_DATA when the data set's channels or classes are not the network's. */
og_status og__labeler_score(og__labeler *labeler, const og_dataset *data, og_part part, og_scores *scores);

#endif

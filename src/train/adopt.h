/* Beginning with the weights of another network. */
#ifndef OG_TRAIN_ADOPT_H
#define OG_TRAIN_ADOPT_H

#include <ogive/train.h>

/**
 * Copy tensors by their names from a run's model, or from a safetensors file, into a network.
 *
 * A head for another number of classes keeps its own weights. The first convolution is adapted to another number of
 * channels as timm does it: channel c takes the weights of channel c mod old, times old/new; a single new channel takes
 * the sum. What the file lacks keeps its own weights; what only the file has is left out.
 *
 * @param path    run folder or file
 * @param told    in words, what was taken and what was not; released with free(); NULL on failure
 *
 * @return OG_OK, or OG_ERR_FILE, OG_ERR_FORMAT for another shape with both of them, or a file without any such tensor
 */
og_status og__adopt(og_net *net, const char *path, char **told);

#endif

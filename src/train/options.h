/* The settings of a training run, as texts and as parts for other rooms. Public side: ogive/train.h. */
#ifndef OG_TRAIN_OPTIONS_H
#define OG_TRAIN_OPTIONS_H

#include <ogive/train.h>

#include "data/augment.h"
#include "data/resolution.h"

/* An independent copy. Released with og_options_deinit(og_train_option_table(), copy). */
og_status og__train_options_copy(const og_train_options *options, og_train_options *copy);

/* Must an option stay the same when a run is resumed? All but the numbers of threads, and a preset, whose options do.
 */
bool og__train_option_matters(const og_option *option);

/* As many threads as the options say, or one for each core. */
int og__train_threads(const og_train_options *options);

/* The set of augmentations with the rows that the options replace. OG_ERR_ARGUMENT names an option that makes no sense.
 */
og_status og__train_options_augment(const og_train_options *options, og_augment_options *augment);

/* The resolution that scale and spacing ask for. */
og_status og__train_options_resolution(const og_train_options *options, og__resolution *resolution);

/* How often the network halves the resolution, for patches of h x w. */
int og__train_depth(const og_train_options *options, int h, int w);

/* Slices (1 of images), height and width of the patches; 0 is the largest image's. OG_ERR_ARGUMENT for another text. */
og_status og__train_options_patch(const og_train_options *options, int *d, int *h, int *w);

#endif

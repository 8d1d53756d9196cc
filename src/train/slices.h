/* How networks of volumes go about slices: what the options say, or what follows from the data. */
#ifndef OG_TRAIN_SLICES_H
#define OG_TRAIN_SLICES_H

#include <ogive/train.h>

/* Put the kernels and strides that follow from the training volumes' spacing and the patch where the options say
 * "auto", and refuse data that the network's dimensions do not fit. */
og_status og__slices_settle(const og_dataset *data, og_train_options *options);

/* Take the options' lists; "auto" leaves the usual 3 and 2. */
og_status og__slices_read(const og_train_options *options, og_net_spec *spec);

#endif

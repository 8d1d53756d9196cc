/* What follows from a network's specification, stage by stage. */
#ifndef OG_NET_SPEC_H
#define OG_NET_SPEC_H

#include <ogive/net.h>

/* Channels of a stage: as listed, else width * 2^stage, at most the cap. */
int og__spec_channels(const og_net_spec *spec, int stage);
int og__spec_decoder_channels(const og_net_spec *spec, int stage);

/* Put what 0 stands for in the place of dims, slice_kernel and slice_stride. */
void og__spec_resolve_slices(og_net_spec *spec);

/* By how much the slices of a stage are fewer than the input's. */
int og__spec_slice_factor(const og_net_spec *spec, int stage);

#endif

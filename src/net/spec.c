#include "net/spec.h"

int og__spec_channels(const og_net_spec *spec, int stage)
{
    if (spec->widths[spec->depth] > 0)
        return spec->widths[stage];
    int64_t channels = (int64_t)spec->width << stage;
    return channels < spec->width_cap ? (int)channels : spec->width_cap;
}

int og__spec_decoder_channels(const og_net_spec *spec, int stage)
{
    return spec->decoder_widths[0] > 0 ? spec->decoder_widths[stage] : og__spec_channels(spec, stage);
}

int og__spec_slice_factor(const og_net_spec *spec, int stage)
{
    int factor = 1;
    for (int i = 0; i < stage; i++)
        factor *= spec->slice_stride[i];
    return factor;
}

void og__spec_resolve_slices(og_net_spec *spec)
{
    bool volumes = spec->dims == 3;
    spec->dims = volumes ? 3 : 2;
    for (int stage = 0; stage < OG_STAGES_MAX; stage++)
        if (!volumes || spec->slice_kernel[stage] == 0)
            spec->slice_kernel[stage] = volumes ? 3 : 1;
    for (int stage = 0; stage < OG_DEPTH_MAX; stage++)
        if (!volumes || spec->slice_stride[stage] == 0)
            spec->slice_stride[stage] = volumes ? 2 : 1;
}

/* (x, -x) over the channels, and its adjoint. Channels move between lanes, so that a block is gathered lane by lane. */
#include "kernel/ops_isa.h"

/* Where a lane comes from: dst = sign * from[pixel], 0 where sign is 0. */
typedef struct lane_source {
    const float *from;
    float sign;
} lane_source;

static lane_source source_of(int channel, size_t stride, const float *tensor, float sign)
{
    return (lane_source){tensor + (size_t)(channel / OG_LANES) * stride + channel % OG_LANES, sign};
}

void OG_ISA_FN(mirror_forward)(size_t pixels, int channels, int index, size_t stride, const float *src, float *dst)
{
    int half = (channels + 1) / 2;
    lane_source lanes[OG_LANES];
    for (int lane = 0; lane < OG_LANES; lane++) {
        int c = index * OG_LANES + lane;
        lanes[lane] = c < half       ? source_of(c, stride, src, 1)
                      : c < channels ? source_of(c - half, stride, src, -1)
                                     : (lane_source){src, 0};
    }
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES)
        for (int lane = 0; lane < OG_LANES; lane++)
            dst[i + (size_t)lane] = lanes[lane].sign == 0 ? 0 : lanes[lane].sign * lanes[lane].from[i];
}

void OG_ISA_FN(mirror_backward)(size_t pixels, int channels, int index, size_t stride, const float *d_dst, float *d_src)
{
    int half = (channels + 1) / 2;
    lane_source kept[OG_LANES], mirrored[OG_LANES];
    for (int lane = 0; lane < OG_LANES; lane++) {
        int c = index * OG_LANES + lane;
        kept[lane] = c < half ? source_of(c, stride, d_dst, 1) : (lane_source){d_dst, 0};
        mirrored[lane] =
            c + half < channels && c < half ? source_of(c + half, stride, d_dst, 1) : (lane_source){d_dst, 0};
    }
    for (size_t i = 0; i < pixels * OG_LANES; i += OG_LANES)
        for (int lane = 0; lane < OG_LANES; lane++)
            d_src[i + (size_t)lane] = (kept[lane].sign == 0 ? 0 : kept[lane].from[i]) -
                                      (mirrored[lane].sign == 0 ? 0 : mirrored[lane].from[i]);
}

#include "net/conv_taps.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/conv_winograd.h"

enum { TAPS_MAX = 3, AREA = 9 };

struct og__conv_taps {
    og__conv_shape shape;
    og__conv_winograd *taps[TAPS_MAX]; /* of slice_kernel; NULL where the volume has too few slices for one */
};

static int middle(const og__conv_taps *conv)
{
    return conv->shape.slice_kernel / 2;
}

/* The taps in order, but for the middle one. */
static int other(const og__conv_taps *conv, int index)
{
    return index < middle(conv) ? index : index + 1;
}

static int other_count(const og__conv_taps *conv)
{
    return conv->shape.slice_kernel - 1;
}

bool og__conv_taps_serves(const og__conv_shape *s)
{
    return s->slice_kernel <= TAPS_MAX && og__conv_winograd_serves(s);
}

og_status og__conv_taps_new(const og__conv_shape *s, og__conv_taps **conv)
{
    og_status status = OG_OK;
    og__conv_taps *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    for (int tap = 0; tap < s->slice_kernel; tap++)
        if (abs(tap - middle(made)) < s->d)
            OG_GO(og__conv_winograd_new(s, tap, &made->taps[tap]));
    *conv = made;
    made = NULL;
done:
    og__conv_taps_free(made);
    return status;
}

void og__conv_taps_free(og__conv_taps *conv)
{
    if (!conv)
        return;
    for (int tap = 0; tap < TAPS_MAX; tap++)
        og__conv_winograd_free(conv->taps[tap]);
    free(conv);
}

size_t og__conv_taps_bytes(const og__conv_taps *conv)
{
    size_t bytes = 0;
    for (int tap = 0; tap < TAPS_MAX; tap++)
        bytes += conv->taps[tap] ? og__conv_winograd_bytes(conv->taps[tap]) : 0;
    return bytes;
}

size_t og__conv_taps_scratch_bytes(const og__conv_taps *conv)
{
    size_t most = 0;
    for (int tap = 0; tap < TAPS_MAX; tap++) {
        size_t bytes = conv->taps[tap] ? og__conv_winograd_scratch_bytes(conv->taps[tap]) : 0;
        most = bytes > most ? bytes : most;
    }
    return most;
}

void og__conv_taps_pack(og__conv_taps *conv, const float *weights)
{
    for (int tap = 0; tap < TAPS_MAX; tap++)
        if (conv->taps[tap])
            og__conv_winograd_pack(conv->taps[tap], weights);
}

/* The first of the outer taps leaves out a volume's first slice. */
static void clear_first_slices(const og__conv_taps *conv, int channels, float *tensor)
{
    const og__conv_shape *s = &conv->shape;
    int lanes = og__isa_lanes(s->isa), padded = (channels + lanes - 1) / lanes * lanes;
    size_t slice = (size_t)padded * (size_t)s->h * (size_t)s->w;
    for (int volume = 0; volume < s->n; volume++)
        memset(tensor + (size_t)volume * (size_t)s->d * slice, 0, slice * sizeof(float));
}

/* The middle tap comes last: it writes all slices, so that what follows a complete one can be fused into it. */
void og__conv_taps_forward(const og__conv_taps *conv, const float *src, const float *bias, float *dst,
                           const og__conv_fused *fused, float *scratch)
{
    const og__conv_fused outer = {.load = fused->load};
    bool begun = conv->shape.accumulate;
    for (int i = 0; i < other_count(conv); i++) {
        const og__conv_winograd *tap = conv->taps[other(conv, i)];
        if (!tap)
            continue;
        if (!begun)
            clear_first_slices(conv, conv->shape.oc, dst);
        og__conv_winograd_forward(tap, src, NULL, begun, dst, &outer, scratch);
        begun = true;
    }
    og__conv_winograd_forward(conv->taps[middle(conv)], src, bias, begun, dst, fused, scratch);
}

void og__conv_taps_backward_data(const og__conv_taps *conv, const float *d_dst, float *d_src,
                                 const og__conv_fused *fused, float *scratch)
{
    const og__conv_fused outer = {0};
    bool begun = false;
    for (int i = other_count(conv); i-- > 0;) { /* backward, the last tap is the one that leaves out the first slice */
        const og__conv_winograd *tap = conv->taps[other(conv, i)];
        if (!tap)
            continue;
        if (!begun)
            clear_first_slices(conv, conv->shape.ic, d_src);
        og__conv_winograd_backward_data(tap, d_dst, begun, d_src, &outer, scratch);
        begun = true;
    }
    og__conv_winograd_backward_data(conv->taps[middle(conv)], d_dst, begun, d_src, fused, scratch);
}

/* The gradient of a tap that relates no two slices. */
static void clear_tap(const og__conv_shape *s, int tap, float *d_weights)
{
    for (int o = 0; o < s->oc; o++)
        for (int i = s->ic_first; i < s->ic_first + s->ic; i++)
            memset(d_weights + ((o * s->ic_all + i) * s->slice_kernel + tap) * AREA, 0, AREA * sizeof(float));
}

/* The middle tap comes first: it reads all slices, which `before` prepares. */
void og__conv_taps_backward_weights(const og__conv_taps *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, const og__conv_fused *fused, float *scratch)
{
    const og__conv_fused outer = {.load = fused->load};
    og__conv_winograd_backward_weights(conv->taps[middle(conv)], src, d_dst, d_weights, d_bias, fused, scratch);
    for (int i = 0; i < other_count(conv); i++) {
        int tap = other(conv, i);
        if (conv->taps[tap])
            og__conv_winograd_backward_weights(conv->taps[tap], src, d_dst, d_weights, NULL, &outer, scratch);
        else
            clear_tap(&conv->shape, tap, d_weights);
    }
}

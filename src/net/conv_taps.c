/* The 3 x 3 and 3 x 3 x 3 convolutions that the engine computes itself. A volume's is the sum of a plane's over three
 * taps: each slice, and its neighbours on either side.
 *
 *   dst[z] = conv(src[z - 1], weights[0]) + conv(src[z], weights[1]) + conv(src[z + 1], weights[2]) */
#include "net/conv_kind.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/conv_winograd.h"

enum { TAPS_MAX = 3, AREA = 9 };

typedef struct taps_conv {
    og__conv_shape shape;
    og__conv_winograd *taps[TAPS_MAX]; /* of slice_kernel; NULL where the volume has too few slices for one */
} taps_conv;

static int middle(const taps_conv *conv)
{
    return conv->shape.slice_kernel / 2;
}

/* The taps in order, but for the middle one. */
static int other(const taps_conv *conv, int index)
{
    return index < middle(conv) ? index : index + 1;
}

static int other_count(const taps_conv *conv)
{
    return conv->shape.slice_kernel - 1;
}

static bool taps_serves(const og__conv_shape *s)
{
    return s->slice_kernel <= TAPS_MAX && og__conv_winograd_serves(s);
}

static void taps_free(void *self)
{
    taps_conv *conv = self;
    if (!conv)
        return;
    for (int tap = 0; tap < TAPS_MAX; tap++)
        og__conv_winograd_free(conv->taps[tap]);
    free(conv);
}

static og_status taps_new(const og__conv_shape *s, void **conv)
{
    og_status status = OG_OK;
    taps_conv *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    for (int tap = 0; tap < s->slice_kernel; tap++)
        if (abs(tap - middle(made)) < s->d)
            OG_GO(og__conv_winograd_new(s, tap, &made->taps[tap]));
    *conv = made;
    made = NULL;
done:
    taps_free(made);
    return status;
}

static size_t taps_bytes(const void *self)
{
    const taps_conv *conv = self;
    size_t bytes = 0;
    for (int tap = 0; tap < TAPS_MAX; tap++)
        bytes += conv->taps[tap] ? og__conv_winograd_bytes(conv->taps[tap]) : 0;
    return bytes;
}

static size_t taps_scratch_bytes(const void *self)
{
    const taps_conv *conv = self;
    size_t most = 0;
    for (int tap = 0; tap < TAPS_MAX; tap++) {
        size_t bytes = conv->taps[tap] ? og__conv_winograd_scratch_bytes(conv->taps[tap]) : 0;
        most = bytes > most ? bytes : most;
    }
    return most;
}

static og_status taps_pack(void *self, const float *weights)
{
    taps_conv *conv = self;
    for (int tap = 0; tap < TAPS_MAX; tap++)
        if (conv->taps[tap])
            og__conv_winograd_pack(conv->taps[tap], weights);
    return OG_OK;
}

/* The first of the outer taps leaves out a volume's first slice. */
static void clear_first_slices(const taps_conv *conv, int channels, float *tensor)
{
    const og__conv_shape *s = &conv->shape;
    size_t slice = (size_t)og__isa_padded(s->isa, channels) * (size_t)s->h * (size_t)s->w;
    for (int volume = 0; volume < s->n; volume++)
        memset(tensor + (size_t)volume * (size_t)s->d * slice, 0, slice * sizeof(float));
}

/* The middle tap comes last: it writes all slices, so that what follows a complete one can be fused into it. */
static og_status taps_forward(void *self, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                              void *scratch)
{
    const taps_conv *conv = self;
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
    return OG_OK;
}

static og_status taps_backward_data(void *self, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                    void *scratch)
{
    const taps_conv *conv = self;
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
    return OG_OK;
}

/* The gradient of a tap that relates no two slices. */
static void clear_tap(const og__conv_shape *s, int tap, float *d_weights)
{
    for (int o = 0; o < s->oc; o++)
        for (int i = s->ic_first; i < s->ic_first + s->ic; i++)
            memset(d_weights + ((o * s->ic_all + i) * s->slice_kernel + tap) * AREA, 0, AREA * sizeof(float));
}

/* The middle tap comes first: it reads all slices, which `before` prepares. */
static og_status taps_backward_weights(void *self, const float *src, const float *d_dst, float *d_weights,
                                       float *d_bias, const og__conv_fused *fused, void *scratch)
{
    const taps_conv *conv = self;
    const og__conv_fused outer = {.load = fused->load};
    og__conv_winograd_backward_weights(conv->taps[middle(conv)], src, d_dst, d_weights, d_bias, fused, scratch);
    for (int i = 0; i < other_count(conv); i++) {
        int tap = other(conv, i);
        if (conv->taps[tap])
            og__conv_winograd_backward_weights(conv->taps[tap], src, d_dst, d_weights, NULL, &outer, scratch);
        else
            clear_tap(&conv->shape, tap, d_weights);
    }
    return OG_OK;
}

const og__conv_kind og__conv_taps = {
    .fuses = true,
    .serves = taps_serves,
    .new = taps_new,
    .free = taps_free,
    .bytes = taps_bytes,
    .scratch_bytes = taps_scratch_bytes,
    .pack = taps_pack,
    .forward = taps_forward,
    .backward_data = taps_backward_data,
    .backward_weights = taps_backward_weights,
};

/* Convolutions of 3 x 3 without padding, by the engine's own padded ones: their result's outermost pixels are left out,
 * and have no gradient. That computes a little more than asked for, and is twice as fast as oneDNN. */
#include <stdlib.h>

#include "base/memory.h"
#include "net/conv_kind.h"
#include "net/middle.h"

enum { EDGE = 1 }; /* pixels that the window reaches over a border */

typedef struct valid_conv {
    og__conv *padded;
    og__middle middle; /* of the padded result */
    int images, oc_blocks, chunks;
    bool accumulate;
    size_t around_bytes; /* of the padded result, or its gradient, at the start of scratch */
} valid_conv;

static og__conv_shape padded_shape(const og__conv_shape *s)
{
    og__conv_shape padded = *s;
    padded.valid = padded.accumulate = false;
    return padded;
}

static bool valid_serves(const og__conv_shape *s)
{
    og__conv_shape padded = padded_shape(s);
    return s->valid && s->kernel == 3 && s->dilation == 1 && s->d == 1 &&
           (og__conv_taps.serves(&padded) || og__conv_stem.serves(&padded));
}

static void valid_free(void *self)
{
    valid_conv *conv = self;
    if (conv)
        og__conv_free(conv->padded);
    free(conv);
}

static og_status valid_new(const og__conv_shape *s, void **conv)
{
    og_status status = OG_OK;
    og__conv_shape padded = padded_shape(s);
    int blocks = og__isa_blocks(s->isa, s->oc);
    size_t bytes;
    valid_conv *made = NULL;
    *conv = NULL;
    OG_GO(og__alloc(1, sizeof *made, &made));
    OG_GO(og__conv_new(&padded, &made->padded));
    made->middle = og__middle_of(s->n * blocks, s->h, s->w, EDGE, og__isa_lanes(s->isa), s->threads);
    made->images = s->n;
    made->oc_blocks = blocks;
    made->chunks = (s->h - 2 * EDGE + OG_CHUNK_ROWS - 1) / OG_CHUNK_ROWS;
    made->accumulate = s->accumulate;
    OG_GO(og__product(&bytes, 3, (size_t[]){(size_t)(s->n * blocks), made->middle.block, sizeof(float)}));
    made->around_bytes = (bytes + OG_ALIGN_BYTES - 1) / OG_ALIGN_BYTES * OG_ALIGN_BYTES;
    *conv = made;
    made = NULL;
done:
    valid_free(made);
    return status;
}

static size_t valid_bytes(const void *self)
{
    const valid_conv *conv = self;
    return og__conv_bytes(conv->padded);
}

static size_t valid_scratch_bytes(const void *self)
{
    const valid_conv *conv = self;
    return conv->around_bytes + og__conv_scratch_bytes(conv->padded);
}

static og_status valid_pack(void *self, const float *weights)
{
    valid_conv *conv = self;
    return og__conv_pack(conv->padded, weights);
}

/* What a neighbour does with each chunk of the result, or of its gradient. */
static void touch_all(const valid_conv *conv, const og__row_touch *touch)
{
    if (!touch)
        return;
#pragma omp parallel for num_threads(conv->middle.threads) schedule(static)
    for (int i = 0; i < conv->images * conv->oc_blocks * conv->chunks; i++) {
        int unit = i / conv->chunks;
        touch->run(touch->context, unit / conv->oc_blocks, unit % conv->oc_blocks, i % conv->chunks);
    }
}

static og_status valid_forward(void *self, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                               void *scratch)
{
    valid_conv *conv = self;
    const og__conv_fused inner = {.load = fused->load};
    float *around = scratch;
    OG_TRY(og__conv_forward(conv->padded, src, bias, around, &inner, (char *)scratch + conv->around_bytes));
    og__middle_take(&conv->middle, conv->accumulate, around, dst);
    touch_all(conv, fused->after);
    return OG_OK;
}

static og_status valid_backward_data(void *self, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                     void *scratch)
{
    valid_conv *conv = self;
    const og__conv_fused inner = {.after = fused->after};
    float *around = scratch;
    og__middle_put(&conv->middle, false, d_dst, around);
    return og__conv_backward_data(conv->padded, around, d_src, &inner, (char *)scratch + conv->around_bytes);
}

static og_status valid_backward_weights(void *self, const float *src, const float *d_dst, float *d_weights,
                                        float *d_bias, const og__conv_fused *fused, void *scratch)
{
    valid_conv *conv = self;
    const og__conv_fused inner = {.load = fused->load};
    float *around = scratch;
    touch_all(conv, fused->before);
    og__middle_put(&conv->middle, false, d_dst, around);
    return og__conv_backward_weights(conv->padded, src, around, d_weights, d_bias, &inner,
                                     (char *)scratch + conv->around_bytes);
}

const og__conv_kind og__conv_valid = {
    .fuses = true,
    .serves = valid_serves,
    .new = valid_new,
    .free = valid_free,
    .bytes = valid_bytes,
    .scratch_bytes = valid_scratch_bytes,
    .pack = valid_pack,
    .forward = valid_forward,
    .backward_data = valid_backward_data,
    .backward_weights = valid_backward_weights,
};

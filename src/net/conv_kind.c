#include "net/conv_kind.h"

#include <assert.h>
#include <stdlib.h>

#include <omp.h>

#include "base/memory.h"

struct og__conv {
    const og__conv_kind *kind;
    void *self;
};

static const og__conv_kind *kind_for(const og__conv_shape *shape)
{
    static const og__conv_kind *const kinds[] = {&og__conv_taps, &og__conv_valid, &og__conv_up, &og__conv_head,
                                                 &og__conv_stem};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i]->serves(shape))
            return kinds[i];
    return &og__conv_onednn;
}

/* What does not look beyond a slice sees images; a planar volume's slices are no images by themselves. */
static og__conv_shape settle_slices(og__conv_shape s)
{
    s.d = s.d > 0 ? s.d : 1;
    s.slice_kernel = s.slice_kernel > 0 ? s.slice_kernel : 1;
    s.slice_stride = s.slice_stride > 0 ? s.slice_stride : 1;
    if (s.slice_kernel > 1 || s.slice_stride > 1 || s.planar || s.planar_dst)
        return s;
    s.n *= s.d;
    s.d = 1;
    return s;
}

og_status og__conv_new(const og__conv_shape *shape, og__conv **conv)
{
    og_status status = OG_OK;
    og__conv_shape settled = settle_slices(*shape);
    og__conv *made = NULL;
    *conv = NULL;
    omp_set_num_threads(shape->threads); /* oneDNN partitions the work when a primitive is made */
    OG_GO(og__alloc(1, sizeof *made, &made));
    made->kind = kind_for(&settled);
    OG_GO(made->kind->new (&settled, &made->self));
    *conv = made;
    made = NULL;
done:
    og__conv_free(made);
    return status;
}

void og__conv_free(og__conv *conv)
{
    if (!conv)
        return;
    conv->kind->free(conv->self);
    free(conv);
}

bool og__conv_fuses(const og__conv *conv)
{
    return conv->kind->fuses;
}

size_t og__conv_bytes(const og__conv *conv)
{
    return conv->kind->bytes(conv->self);
}

size_t og__conv_scratch_bytes(const og__conv *conv)
{
    return conv->kind->scratch_bytes(conv->self);
}

og_status og__conv_pack(og__conv *conv, const float *weights)
{
    return conv->kind->pack(conv->self, weights);
}

og_status og__conv_forward(og__conv *conv, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                           void *scratch)
{
    return conv->kind->forward(conv->self, src, bias, dst, fused, scratch);
}

og_status og__conv_backward_data(og__conv *conv, const float *d_dst, float *d_src, const og__conv_fused *fused,
                                 void *scratch)
{
    assert(conv->kind->backward_data);
    return conv->kind->backward_data(conv->self, d_dst, d_src, fused, scratch);
}

og_status og__conv_backward_weights(og__conv *conv, const float *src, const float *d_dst, float *d_weights,
                                    float *d_bias, const og__conv_fused *fused, void *scratch)
{
    return conv->kind->backward_weights(conv->self, src, d_dst, d_weights, d_bias, fused, scratch);
}

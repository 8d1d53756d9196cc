/* The first 3 x 3 convolution, from a planar image with fewer channels than a block (net/conv.h): no channels are
 * padded. Results do not depend on the number of threads. */
#include "net/conv_kind.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "base/memory.h"
#include "kernel/ops.h"
#include "net/shares.h"

/* Rows of a unit of work, and independent sums of gradients, the same for any number of threads. */
enum { STRIP = 4, SUMS = 16, AREA = 9, ALIGN_FLOATS = OG_ALIGN_BYTES / sizeof(float) };

typedef struct stem_conv {
    og__conv_shape shape;
    int planes; /* that an output slice is made of: ic, of each its slice_kernel slices */
    const og__ops *ops;
    size_t lanes;
    int blocks, strips; /* of output channels; of an image */
    float *packed;      /* (blocks, planes, 3, 3, lanes) */
} stem_conv;

static bool stem_serves(const og__conv_shape *s)
{
    return s->planar && s->kernel == 3 && s->dilation == 1 && !s->transposed && !s->depthwise && !s->strided &&
           !s->valid && !s->accumulate && !s->exact && !s->data_grad;
}

static size_t block_taps(const stem_conv *conv)
{
    return (size_t)conv->planes * AREA * conv->lanes;
}

static void stem_free(void *self)
{
    stem_conv *conv = self;
    if (!conv)
        return;
    free(conv->packed);
    free(conv);
}

static og_status stem_new(const og__conv_shape *s, void **conv)
{
    og_status status = OG_OK;
    stem_conv *made;
    int lanes = og__isa_lanes(s->isa);
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *s;
    made->planes = s->ic * s->slice_kernel;
    made->ops = og__ops_for(s->isa);
    made->lanes = (size_t)lanes;
    made->blocks = og__isa_blocks(s->isa, s->oc);
    made->strips = (s->h + STRIP - 1) / STRIP;
    OG_GO(og__alloc((size_t)made->blocks * block_taps(made), sizeof(float), &made->packed));
    *conv = made;
    made = NULL;
done:
    stem_free(made);
    return status;
}

static size_t stem_bytes(const void *self)
{
    const stem_conv *conv = self;
    return (size_t)conv->blocks * block_taps(conv) * sizeof(float);
}

/* Scratch: each thread's bordered rows; then a padded bias, or the sums of gradients in double. */
static size_t bordered_floats(const stem_conv *conv)
{
    size_t floats = (size_t)conv->planes * (STRIP + 2) * ((size_t)conv->shape.w + 2);
    return (floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
}

static float *behind_threads(const stem_conv *conv, float *scratch)
{
    return scratch + (size_t)conv->shape.threads * bordered_floats(conv);
}

/* Doubles of one sum: for each block its weights' gradient, then its bias's. */
static size_t block_sums(const stem_conv *conv)
{
    return block_taps(conv) + conv->lanes;
}

static size_t stem_scratch_bytes(const void *self)
{
    const stem_conv *conv = self;
    size_t threads = (size_t)conv->shape.threads * bordered_floats(conv) * sizeof(float);
    size_t sums = conv->shape.training ? SUMS : 1;
    return threads + sums * (size_t)conv->blocks * block_sums(conv) * sizeof(double);
}

static og_status stem_pack(void *self, const float *weights)
{
    stem_conv *conv = self;
    const og__conv_shape *s = &conv->shape;
    for (int o = 0; o < s->oc; o++)
        for (int c = 0; c < conv->planes; c++)
            for (int tap = 0; tap < AREA; tap++) {
                size_t block = (size_t)o / conv->lanes, lane = (size_t)o % conv->lanes;
                conv->packed[block * block_taps(conv) + (size_t)(c * AREA + tap) * conv->lanes + lane] =
                    weights[((o * s->ic_all + s->ic_first) * s->slice_kernel + c) * AREA + tap];
            }
    return OG_OK;
}

/* A strip of one image, its rows bordered in the calling thread's scratch. */
typedef struct strip {
    int image, row, rows;
    const float *bordered;
} strip;

/* Put the rows of one plane between zeros; a slice beyond the volume's ends is all zeros. */
static void border_plane(const stem_conv *conv, const strip *t, int plane, const float *src, float *bordered)
{
    const og__conv_shape *s = &conv->shape;
    size_t floats = (size_t)(t->rows + 2) * ((size_t)s->w + 2), area = (size_t)s->h * (size_t)s->w;
    int z = t->image % s->d + plane % s->slice_kernel - s->slice_kernel / 2;
    size_t channel = (size_t)(t->image / s->d) * (size_t)s->ic + (size_t)(plane / s->slice_kernel);
    float *to = bordered + (size_t)plane * floats;
    if (z < 0 || z >= s->d)
        memset(to, 0, floats * sizeof(float));
    else
        conv->ops->stem_border(1, s->h, s->w, t->row, t->rows, src + (channel * (size_t)s->d + (size_t)z) * area, to);
}

static strip strip_of(const stem_conv *conv, int unit, const float *src, float *scratch)
{
    const og__conv_shape *s = &conv->shape;
    float *bordered = scratch + (size_t)omp_get_thread_num() * bordered_floats(conv);
    strip t = {unit / conv->strips, unit % conv->strips * STRIP, STRIP, bordered};
    t.rows = s->h - t.row < STRIP ? s->h - t.row : STRIP;
    for (int plane = 0; plane < conv->planes; plane++)
        border_plane(conv, &t, plane, src, bordered);
    return t;
}

/* Where a strip's pixels begin in a block of dst. */
static size_t place_of(const stem_conv *conv, const strip *t, int block)
{
    const og__conv_shape *s = &conv->shape;
    size_t rows = ((size_t)t->image * (size_t)conv->blocks + (size_t)block) * (size_t)s->h + (size_t)t->row;
    return rows * (size_t)s->w * conv->lanes;
}

static og_status stem_forward(void *self, const float *src, const float *bias, float *dst, const og__conv_fused *fused,
                              void *scratch)
{
    const stem_conv *conv = self;
    const og__conv_shape *s = &conv->shape;
    float *padded = behind_threads(conv, scratch);
    (void)fused;
    memset(padded, 0, (size_t)conv->blocks * conv->lanes * sizeof(float));
    if (bias)
        memcpy(padded, bias, (size_t)s->oc * sizeof(float));
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int unit = 0; unit < s->n * s->d * conv->strips; unit++) {
        strip t = strip_of(conv, unit, src, scratch);
        for (int block = 0; block < conv->blocks; block++)
            conv->ops->stem_forward(conv->planes, s->w, t.rows, t.bordered,
                                    conv->packed + (size_t)block * block_taps(conv),
                                    padded + (size_t)block * conv->lanes, dst + place_of(conv, &t, block));
    }
    return OG_OK;
}

/* One of the sums, over its share of the units. */
static void sum_share(const stem_conv *conv, int sum, const float *src, const float *d_dst, double *sums,
                      float *scratch)
{
    const og__conv_shape *s = &conv->shape;
    int64_t units = (int64_t)s->n * s->d * conv->strips;
    int begin = og__share_begin(units, sum, SUMS), end = og__share_begin(units, sum + 1, SUMS);
    memset(sums, 0, (size_t)conv->blocks * block_sums(conv) * sizeof(double));
    for (int unit = begin; unit < end; unit++) {
        strip t = strip_of(conv, unit, src, scratch);
        for (int block = 0; block < conv->blocks; block++) {
            double *to = sums + (size_t)block * block_sums(conv);
            conv->ops->stem_correlate(conv->planes, s->w, t.rows, t.bordered, d_dst + place_of(conv, &t, block), to,
                                      s->bias ? to + block_taps(conv) : NULL);
        }
    }
}

static og_status stem_backward_weights(void *self, const float *src, const float *d_dst, float *d_weights,
                                       float *d_bias, const og__conv_fused *fused, void *scratch)
{
    const stem_conv *conv = self;
    const og__conv_shape *s = &conv->shape;
    double *sums = (double *)(void *)behind_threads(conv, scratch);
    size_t one = (size_t)conv->blocks * block_sums(conv);
    (void)fused;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int sum = 0; sum < SUMS; sum++)
        sum_share(conv, sum, src, d_dst, sums + (size_t)sum * one, scratch);
    for (int sum = 1; sum < SUMS; sum++)
        for (size_t i = 0; i < one; i++)
            sums[i] += sums[(size_t)sum * one + i];
    for (int o = 0; o < s->oc; o++) {
        const double *from = sums + (size_t)o / conv->lanes * block_sums(conv) + (size_t)o % conv->lanes;
        float *to = d_weights + (o * s->ic_all + s->ic_first) * s->slice_kernel * AREA;
        for (int tap = 0; tap < conv->planes * AREA; tap++)
            to[tap] = (float)from[(size_t)tap * conv->lanes];
        if (d_bias && s->bias)
            d_bias[o] = (float)from[block_taps(conv)];
    }
    return OG_OK;
}

const og__conv_kind og__conv_stem = {
    .serves = stem_serves,
    .new = stem_new,
    .free = stem_free,
    .bytes = stem_bytes,
    .scratch_bytes = stem_scratch_bytes,
    .pack = stem_pack,
    .forward = stem_forward,
    .backward_weights = stem_backward_weights,
};

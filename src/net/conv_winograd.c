#include "net/conv_winograd.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "base/memory.h"
#include "net/conv_winograd_scratch.h"
#include "net/shares.h"

/* A transform of the weights costs as much as the products of some tiles; channels fill at least one vector. */
enum { TILES_LEAST = 4 };

bool og__conv_winograd_serves(const og__conv_shape *s)
{
    assert(s->d > 0);
    int lanes = og__isa_lanes(s->isa);
    og__winograd tiles = og__winograd_of(s->n * s->d, s->ic, s->oc, s->h, s->w, s->isa);
    return s->kernel == 3 && s->dilation == 1 && !s->transposed && !s->depthwise && !s->planar && !s->strided &&
           !s->valid && !s->exact && s->ic >= lanes && s->oc >= lanes && tiles.tiles >= TILES_LEAST;
}

og_status og__conv_winograd_new(const og__conv_shape *shape, int tap, og__conv_winograd **conv)
{
    og_status status = OG_OK;
    og__conv_winograd *made;
    *conv = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->shape = *shape;
    made->tap = tap;
    made->slices = (og__tap){shape->d, tap - shape->slice_kernel / 2};
    made->shape.n *= og__tap_pairs(&made->slices);
    const og__conv_shape *s = &made->shape;
    made->forward = og__winograd_of(s->n, s->ic, s->oc, s->h, s->w, s->isa);
    made->data = og__winograd_of(s->n, s->oc, s->ic, s->h, s->w, s->isa);
    made->ops = og__ops_for(s->isa);
    if (!s->training && !made->forward.streamed)
        OG_GO(og__alloc(s->dry ? 0 : og__winograd_weights(&made->forward), sizeof(float), &made->packed));
    *conv = made;
    made = NULL;
done:
    og__conv_winograd_free(made);
    return status;
}

void og__conv_winograd_free(og__conv_winograd *conv)
{
    if (!conv)
        return;
    free(conv->packed);
    free(conv);
}

size_t og__conv_winograd_bytes(const og__conv_winograd *conv)
{
    return conv->packed ? og__winograd_weights(&conv->forward) * sizeof(float) : 0;
}

/* --- forward, and backward by data ----------------------------------------------------------------------------------
 */

static void pack_piece(const og__conv_winograd *conv, const og__winograd *shape, og__winograd_piece piece,
                       float *packed)
{
    const og__conv_shape *s = &conv->shape;
    const float *weights = conv->weights + og__conv_winograd_weights_at(conv);
    size_t across = og__conv_winograd_kernel_floats(s), along = (size_t)s->ic_all * across;
    if (shape == &conv->data)
        conv->ops->winograd_pack(shape, piece, s->oc, s->ic, across, along, true, weights, packed);
    else
        conv->ops->winograd_pack(shape, piece, s->ic, s->oc, along, across, false, weights, packed);
}

static float *group_in(const og__winograd *shape, int group, const float *packed)
{
    return (float *)packed + (size_t)group * og__winograd_floats(shape, og__winograd_group(shape, group));
}

static void pack(const og__conv_winograd *conv, const og__winograd *shape, float *packed)
{
#pragma omp parallel for num_threads(conv->shape.threads) schedule(static)
    for (int group = 0; group < og__winograd_groups(shape); group++)
        pack_piece(conv, shape, og__winograd_group(shape, group), group_in(shape, group, packed));
}

/* One convolution; without `packed` the weights are streamed. */
typedef struct job {
    const og__conv_winograd *conv;
    const og__winograd *shape;
    const float *src, *packed, *bias;
    float *dst, *scratch;
    og__tap slices;
    bool accumulate;
    const og__conv_fused *fused;
} job;

/* A group of the result's channels. */
static void put(const job *j, const og__winograd_band *band, int group, int first, int count, int at, const float *sums)
{
    const og__winograd *shape = j->shape;
    float *dst = og__tiles_image(shape, j->dst, og__tap_result(&j->slices, band->image), shape->oc);
    for (int block = group * shape->columns; block < (group + 1) * shape->columns; block++) {
        j->conv->ops->winograd_output(shape, block, band->tile + first, count, at, shape->room, sums, j->bias,
                                      j->accumulate, dst);
        og__tiles_touch(j->fused->after, shape, band, block, first, first + count);
    }
}

/* A band by one thread, block by block. It is likely to get the one behind it next. */
static void convolve_band(const job *j, int band)
{
    const og__winograd *shape = j->shape;
    const og__tile_tensors tensors = {j->src, j->dst, j->fused->after};
    og__conv_winograd_scratch s = og__conv_winograd_scratch_of(j->conv, j->scratch);
    og__tile_reader r = og__tile_reader_of(j->conv->ops, shape, &j->slices, band, j->src, j->fused->load, s.strips);
    for (int first = 0; first < r.band.count; first += shape->block) {
        int count = r.band.count - first < shape->block ? r.band.count - first : shape->block;
        og__tile_reader_transform(&r, first, count, 0, shape->room, s.values);
        og__ahead ahead =
            og__tiles_ahead(shape, &j->slices, &tensors, band, first, shape->block, og__winograd_steps(shape, count));
        for (int group = 0; group < og__winograd_groups(shape); group++) {
            for (int element = 0; element < OG_WINOGRAD_AREA; element++)
                j->conv->ops->winograd_product(shape, og__winograd_group(shape, group), element, count, shape->room,
                                               s.values, group_in(shape, group, j->packed), s.sums, &ahead);
            put(j, &r.band, group, first, count, 0, s.sums);
        }
    }
}

/* A group of output channels of all tiles by one thread, a piece of the weights at a time. */
static void stream(const job *j, int group)
{
    const og__winograd *shape = j->shape;
    og__conv_winograd_scratch s = og__conv_winograd_scratch_of(j->conv, j->scratch);
    for (int first = 0; first < shape->ic; first += shape->piece) {
        og__winograd_piece piece = og__conv_winograd_piece(shape, group, first);
        pack_piece(j->conv, shape, piece, s.piece);
        for (int element = 0; element < OG_WINOGRAD_AREA; element++)
            j->conv->ops->winograd_product(shape, piece, element, shape->tiles, shape->room, s.shared, s.piece, s.sums,
                                           NULL);
    }
    for (int i = 0; i < shape->bands; i++) {
        og__winograd_band band = og__winograd_band_at(shape, i);
        put(j, &band, group, 0, band.count, band.index, s.sums);
    }
}

/* All tiles by all threads of the team: channel blocks of bands of the transforms, then groups of output channels. */
static void convolve_all(const job *j)
{
    const og__winograd *shape = j->shape;
    og__conv_winograd_scratch s = og__conv_winograd_scratch_of(j->conv, j->scratch);
    int blocks = shape->ic / shape->lanes;
#pragma omp for schedule(dynamic)
    for (int i = 0; i < shape->bands * blocks; i++) {
        og__tile_reader all =
            og__tile_reader_of(j->conv->ops, shape, &j->slices, i / blocks, j->src, j->fused->load, s.strip);
        og__tile_reader r = og__tile_reader_of_block(all, i % blocks);
        og__tile_reader_transform(&r, 0, r.band.count, r.band.index, shape->room, s.shared);
    }
#pragma omp for schedule(dynamic)
    for (int group = 0; group < og__winograd_groups(shape); group++)
        stream(j, group);
}

static void convolve(const job *j)
{
    const og__winograd *shape = j->shape;
    if (shape->streamed) {
#pragma omp parallel num_threads(j->conv->shape.threads)
        convolve_all(j);
        return;
    }
    og__shares bands;
    og__shares_deal(&bands, shape->bands, j->conv->shape.threads);
#pragma omp parallel num_threads(j->conv->shape.threads)
    for (int band; (band = og__shares_take(&bands, omp_get_thread_num())) >= 0;)
        convolve_band(j, band);
}

void og__conv_winograd_pack(og__conv_winograd *conv, const float *weights)
{
    conv->weights = weights;
    if (conv->packed)
        pack(conv, &conv->forward, conv->packed);
}

void og__conv_winograd_forward(const og__conv_winograd *conv, const float *src, const float *bias, bool accumulate,
                               float *dst, const og__conv_fused *fused, float *scratch)
{
    job j = {.conv = conv,
             .shape = &conv->forward,
             .src = src,
             .packed = conv->packed,
             .dst = dst,
             .scratch = scratch,
             .slices = conv->slices,
             .accumulate = accumulate,
             .fused = fused};
    if (!j.packed && !j.shape->streamed) {
        pack(conv, j.shape, scratch);
        j.packed = scratch;
    }
    if (bias) {
        float *to = og__conv_winograd_scratch_of(conv, scratch).bias;
        memset(to, 0, (size_t)conv->forward.oc * sizeof(float));
        j.bias = memcpy(to, bias, (size_t)conv->shape.oc * sizeof(float));
    }
    convolve(&j);
}

void og__conv_winograd_backward_data(const og__conv_winograd *conv, const float *d_dst, bool accumulate, float *d_src,
                                     const og__conv_fused *fused, float *scratch)
{
    job j = {.conv = conv,
             .shape = &conv->data,
             .src = d_dst,
             .dst = d_src,
             .scratch = scratch,
             .slices = {conv->slices.d, -conv->slices.shift},
             .accumulate = accumulate,
             .fused = fused};
    if (!j.shape->streamed) {
        pack(conv, j.shape, scratch);
        j.packed = scratch;
    }
    convolve(&j);
}

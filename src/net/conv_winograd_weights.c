/* Backward by weights of the Winograd convolutions. */
#include "net/conv_winograd.h"

#include <omp.h>

#include "base/memory.h"
#include "net/conv_winograd_scratch.h"
#include "net/shares.h"

/* What the sums are made of. */
typedef struct source {
    const og__conv_winograd *conv;
    const float *src, *d_dst;
    const og__conv_fused *fused;
} source;

static og__tile_reader source_reader(const source *s, int band, float *strips)
{
    const og__conv_winograd *conv = s->conv;
    return og__tile_reader_of(conv->ops, &conv->forward, &conv->slices, band, s->src, s->fused->load, strips);
}

/* Transformed tiles of the result's gradient lie behind those of the source. */
static float *slopes_in(const og__winograd *shape, const float *values)
{
    return (float *)values + og__winograd_values(shape, shape->w_room);
}

/* Transform a channel block of d_dst's tiles, as og__tile_reader_transform() does those of src. */
static void transform_slopes(const source *s, const og__winograd_band *band, int block, int first, int count, int at,
                             float *values)
{
    const og__winograd *shape = &s->conv->forward;
    const float *d_dst = og__tiles_image(shape, s->d_dst, og__tap_result(&s->conv->slices, band->image), shape->oc);
    og__tiles_touch(s->fused->before, shape, band, block, first + shape->tiles_x - 1, /* wanted, not complete */
                    first + count + shape->tiles_x - 1);
    s->conv->ops->winograd_slope(shape, d_dst, block, band->tile + first, count, at, shape->w_room,
                                 slopes_in(shape, values));
}

static void correlate(const og__conv_winograd *conv, int element, int count, bool first, const float *values,
                      float *sums, og__ahead *ahead)
{
    const og__winograd *shape = &conv->forward;
    conv->ops->winograd_correlate(shape, og__winograd_whole(shape), element, count, shape->w_room, first, values,
                                  slopes_in(shape, values), sums, ahead);
}

/* Sums of part `part` over its bands, by one thread. */
static void sum_part(const source *s, int part, float *sums, float *scratch)
{
    const og__winograd *shape = &s->conv->forward;
    const og__tile_tensors tensors = {s->src, s->d_dst, s->fused->before};
    og__conv_winograd_scratch room = og__conv_winograd_scratch_of(s->conv, scratch);
    int first_band = og__share_begin(shape->bands, part, shape->w_parts);
    int end = og__share_begin(shape->bands, part + 1, shape->w_parts);
    for (int band = first_band; band < end; band++) {
        og__tile_reader r = source_reader(s, band, room.strips);
        for (int first = 0; first < r.band.count; first += shape->w_block) {
            int count = r.band.count - first < shape->w_block ? r.band.count - first : shape->w_block;
            og__tile_reader_transform(&r, first, count, 0, shape->w_room, room.values);
            for (int block = 0; block < shape->oc / shape->lanes; block++)
                transform_slopes(s, &r.band, block, first, count, 0, room.values);
            og__ahead ahead = og__tiles_ahead(shape, &s->conv->slices, &tensors, band, first, shape->w_block,
                                              og__winograd_w_steps(shape, count));
            for (int element = 0; element < OG_WINOGRAD_AREA; element++)
                correlate(s->conv, element, count, band == first_band && first == 0, room.values, sums, &ahead);
        }
    }
}

/* Bring `parts` sums of a piece's block of output channels back to the weights' gradient. */
static void give(const og__conv_winograd *conv, og__winograd_piece piece, int block, int parts, const float *sums,
                 float *d_weights)
{
    const og__conv_shape *s = &conv->shape;
    size_t kernel = og__conv_winograd_kernel_floats(s);
    conv->ops->winograd_gradient(&conv->forward, piece, s->ic, s->oc, (size_t)s->ic_all * kernel, kernel, block, parts,
                                 sums, d_weights + og__conv_winograd_weights_at(conv));
}

/* The gradient of two blocks of output channels from all `count` tiles at once. */
static void stream_gradient(const og__conv_winograd *conv, int pair, int count, const float *values, float *sums,
                            float *d_weights)
{
    const og__winograd *shape = &conv->forward;
    for (int first = 0; first < shape->ic; first += shape->lanes) {
        og__winograd_piece piece = og__conv_winograd_gradient_piece(shape, pair, first);
        for (int element = 0; element < OG_WINOGRAD_AREA; element++)
            conv->ops->winograd_correlate(shape, piece, element, count, shape->w_room, true, values,
                                          slopes_in(shape, values), sums, NULL);
        for (int block = 0; block < piece.os / shape->lanes; block++)
            give(conv, piece, block, 1, sums, d_weights);
    }
}

/* The one sum over all tiles, by all threads: channel blocks of bands of the transforms, then elements of the products,
 * or with `d_weights` the whole of a piece. */
static void sum_group(const source *s, int first_band, float *sums, float *scratch, float *d_weights)
{
    const og__winograd *shape = &s->conv->forward;
    og__conv_winograd_scratch room = og__conv_winograd_scratch_of(s->conv, scratch);
    int end = first_band + shape->w_group < shape->bands ? first_band + shape->w_group : shape->bands;
    int first = og__winograd_band_at(shape, first_band).index;
    og__winograd_band last = og__winograd_band_at(shape, end - 1);
    int ic_blocks = shape->ic / shape->lanes, blocks = ic_blocks + shape->oc / shape->lanes;
#pragma omp for schedule(dynamic)
    for (int i = first_band * blocks; i < end * blocks; i++) {
        og__tile_reader all = source_reader(s, i / blocks, room.strip);
        int block = i % blocks, at = all.band.index - first;
        if (block < ic_blocks) {
            og__tile_reader r = og__tile_reader_of_block(all, block);
            og__tile_reader_transform(&r, 0, r.band.count, at, shape->w_room, room.shared);
        } else {
            transform_slopes(s, &all.band, block - ic_blocks, 0, all.band.count, at, room.shared);
        }
    }
    int count = last.index + last.count - first;
    if (shape->w_streamed) {
#pragma omp for schedule(dynamic)
        for (int pair = 0; pair < (shape->oc / shape->lanes + 1) / 2; pair++)
            stream_gradient(s->conv, pair, count, room.shared, room.piece, d_weights);
        return;
    }
#pragma omp for schedule(static)
    for (int element = 0; element < OG_WINOGRAD_AREA; element++)
        correlate(s->conv, element, count, first_band == 0, room.shared, sums, NULL);
}

/* Sums over all pixels, a chunk at a time in a fixed order. */
static void sum_bias(const og__conv_winograd *conv, const float *d_dst, float *d_bias)
{
    enum { CHUNK = 1024 };
    const og__conv_shape *s = &conv->shape;
    int blocks = conv->forward.oc / conv->forward.lanes;
    size_t pixels = (size_t)s->h * (size_t)s->w, lanes = (size_t)conv->forward.lanes;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int block = 0; block < blocks; block++) {
        double sums[OG_LANES_MAX] = {0};
        _Alignas(OG_ALIGN_BYTES) float mean[OG_LANES_MAX], m2[OG_LANES_MAX];
        for (int image = 0; image < s->n; image++)
            for (size_t first = 0; first < pixels; first += CHUNK) {
                size_t count = pixels - first < CHUNK ? pixels - first : CHUNK;
                size_t at = ((size_t)(image * blocks + block) * pixels + first) * lanes;
                conv->ops->moments(count, d_dst + at, mean, m2);
                for (size_t lane = 0; lane < lanes; lane++)
                    sums[lane] += (double)mean[lane] * (double)count;
            }
        for (int lane = 0; lane < conv->forward.lanes && block * conv->forward.lanes + lane < s->oc; lane++)
            d_bias[block * conv->forward.lanes + lane] = (float)sums[lane];
    }
}

void og__conv_winograd_backward_weights(const og__conv_winograd *conv, const float *src, const float *d_dst,
                                        float *d_weights, float *d_bias, const og__conv_fused *fused, float *scratch)
{
    const og__winograd *shape = &conv->forward;
    const og__conv_shape *s = &conv->shape;
    const source from = {conv, src, d_dst, fused};
    size_t part_floats = og__winograd_gradient(shape);
    if (shape->w_together) {
#pragma omp parallel num_threads(s->threads)
        for (int band = 0; band < shape->bands; band += shape->w_group)
            sum_group(&from, band, scratch, scratch, d_weights);
    } else {
        og__shares parts;
        og__shares_deal(&parts, shape->w_parts, s->threads);
#pragma omp parallel num_threads(s->threads)
        for (int part; (part = og__shares_take(&parts, omp_get_thread_num())) >= 0;)
            sum_part(&from, part, scratch + (size_t)part * part_floats, scratch);
    }
    int blocks = shape->w_streamed ? 0 : shape->oc / shape->lanes;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int block = 0; block < blocks; block++)
        give(conv, og__winograd_whole(shape), block, shape->w_parts, scratch, d_weights);
    if (d_bias)
        sum_bias(conv, d_dst, d_bias);
}

#include "net/conv_winograd.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <omp.h>

#include "base/memory.h"
#include "kernel/ops.h"

struct og__conv_winograd {
    og__conv_shape shape;       /* n: pairs of slices that the tap relates */
    int d, shift;               /* slices of a volume; image z of the result reads image z + shift of the source */
    int tap;                    /* of slice_kernel ones */
    og__winograd forward, data; /* data: with the roles of input and output channels exchanged */
    const og__ops *ops;
    int lanes;
    const float *weights; /* f32[oc, ic_all, 3, 3], borrowed */
    float *packed;        /* transformed once, without training and unless they are streamed; else NULL */
};

/* A transform of the weights costs as much as the products of some tiles; channels fill at least one vector. */
enum { TILES_LEAST = 4 };

/* Slices of a volume whose neighbour `shift` slices further is in it, too. */
static int pairs(int d, int shift)
{
    int count = d - abs(shift);
    return count > 0 ? count : 0;
}

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
    made->d = shape->d;
    made->tap = tap;
    made->shift = tap - shape->slice_kernel / 2;
    made->shape.n *= pairs(shape->d, made->shift);
    const og__conv_shape *s = &made->shape;
    made->forward = og__winograd_of(s->n, s->ic, s->oc, s->h, s->w, s->isa);
    made->data = og__winograd_of(s->n, s->oc, s->ic, s->h, s->w, s->isa);
    made->ops = og__ops_for(s->isa);
    made->lanes = og__isa_lanes(s->isa);
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

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* --- scratch memory: transformed weights, or sums of their gradient; a padded bias; what threads share; what each has
 * --- */

static size_t weights_floats(const og__conv_winograd *conv)
{
    const og__winograd *f = &conv->forward, *d = &conv->data;
    size_t most = f->streamed || conv->packed ? 0 : og__winograd_weights(f);
    if (conv->shape.training && !d->streamed)
        most = larger(most, og__winograd_weights(d));
    if (conv->shape.training && !f->w_streamed)
        most = larger(most, og__winograd_gradient(f) * (size_t)f->w_parts);
    return most;
}

/* Some input channels of a group. */
static og__winograd_piece piece_of(const og__winograd *shape, int group, int first)
{
    og__winograd_piece piece = og__winograd_group(shape, group);
    piece.i = first;
    piece.is = shape->ic - first < shape->piece ? shape->ic - first : shape->piece;
    return piece;
}

/* Outputs of two blocks, whose gradient is made for one block of inputs at a time. */
static og__winograd_piece gradient_piece(const og__winograd *shape, int pair, int first)
{
    int o = 2 * pair * shape->lanes, left = shape->oc - o;
    return (og__winograd_piece){first, shape->lanes, o, left < 2 * shape->lanes ? left : 2 * shape->lanes};
}

static size_t piece_floats(const og__conv_winograd *conv)
{
    const og__winograd *f = &conv->forward, *d = &conv->data;
    size_t most = f->streamed ? og__winograd_floats(f, piece_of(f, 0, 0)) : 0;
    if (conv->shape.training && d->streamed)
        most = larger(most, og__winograd_floats(d, piece_of(d, 0, 0)));
    if (conv->shape.training && f->w_streamed)
        most = larger(most, og__winograd_floats(f, gradient_piece(f, 0, 0)));
    return most;
}

static size_t tile_floats(const og__winograd *shape, int room)
{
    return og__winograd_values(shape, room) + og__winograd_sums(shape, room);
}

static size_t values_floats(const og__conv_winograd *conv, bool shared)
{
    const og__winograd *f = &conv->forward, *d = &conv->data;
    size_t most = f->together == shared ? tile_floats(f, f->room) : 0;
    if (conv->shape.training && d->together == shared)
        most = larger(most, tile_floats(d, d->room));
    if (conv->shape.training && f->w_together == shared)
        most = larger(most, tile_floats(f, f->w_room));
    return most;
}

/* A channel block of the rows that a band reads: those of its tiles, and one above and below. */
static size_t strip_floats(const og__winograd *shape)
{
    return (size_t)(shape->band * OG_WINOGRAD_TILE + 2) * (size_t)(shape->w * shape->lanes);
}

/* Where threads share a group of bands, each takes a channel block at a time, else all of them. */
static size_t strips_floats(const og__conv_winograd *conv)
{
    const og__winograd *f = &conv->forward;
    bool single = f->together && (!conv->shape.training || f->w_together);
    return strip_floats(f) * (size_t)(single ? 1 : f->ic / f->lanes);
}

static size_t thread_floats(const og__conv_winograd *conv)
{
    return larger(values_floats(conv, false) + strips_floats(conv), piece_floats(conv));
}

size_t og__conv_winograd_scratch_bytes(const og__conv_winograd *conv)
{
    return (weights_floats(conv) + (size_t)conv->forward.oc + values_floats(conv, true) +
            (size_t)conv->shape.threads * thread_floats(conv)) *
           sizeof(float);
}

static float *bias_in(const og__conv_winograd *conv, float *scratch)
{
    return scratch + weights_floats(conv);
}

static float *shared_in(const og__conv_winograd *conv, float *scratch)
{
    return bias_in(conv, scratch) + conv->forward.oc;
}

static float *thread_in(const og__conv_winograd *conv, float *scratch)
{
    return shared_in(conv, scratch) + values_floats(conv, true) + (size_t)omp_get_thread_num() * thread_floats(conv);
}

/* --- rows of the source ---------------------------------------------------------------------------------------------
 */

/* Where a band's rows of some channel blocks come from: the tensor, or strips that are filled as far as its tiles need
 * them. */
typedef struct reader {
    const og__winograd *shape;
    const og__ops *ops;
    og__winograd_band band;
    int image;         /* of the source */
    int block, blocks; /* the first one, and how many */
    og__winograd_rows rows;
    size_t stride;            /* floats from a block's rows to the next one's */
    const og__row_load *load; /* or NULL */
    int filled;               /* rows of the image up to here */
} reader;

/* Of the tap's pair `index` of slices, the image that is read, `shift` further than the other, or that other. */
static int image_at(const og__conv_winograd *conv, int index, int shift)
{
    int count = pairs(conv->d, conv->shift);
    return index / count * conv->d + index % count + (shift > 0 ? shift : 0);
}

static reader reader_of(const og__conv_winograd *conv, const og__winograd *shape, int band, int shift, const float *src,
                        const og__row_load *load, float *strips)
{
    reader r = {.shape = shape, .ops = conv->ops, .band = og__winograd_band_at(shape, band), .load = load};
    r.image = image_at(conv, r.band.image, shift);
    r.blocks = shape->ic / shape->lanes;
    if (load) {
        r.stride = strip_floats(shape);
        r.filled = r.band.row > 0 ? r.band.row * OG_WINOGRAD_TILE - 1 : 0;
        r.rows = (og__winograd_rows){strips, r.filled};
    } else {
        r.stride = (size_t)shape->h * (size_t)(shape->w * shape->lanes);
        r.rows = (og__winograd_rows){src + (size_t)(r.image * r.blocks) * r.stride, 0};
    }
    return r;
}

/* Only one of the channel blocks: a strip has room for it. */
static reader reader_of_block(reader all, int block)
{
    all.block = block;
    all.blocks = 1;
    if (!all.load)
        all.rows.from += (size_t)block * all.stride;
    return all;
}

/* Rows for the band's tiles before `end`. */
static void fill(reader *r, int end)
{
    int needed = (r->band.row + (end - 1) / r->shape->tiles_x + 1) * OG_WINOGRAD_TILE + 1;
    if (needed > r->shape->h)
        needed = r->shape->h;
    if (!r->load || needed <= r->filled)
        return;
    size_t at = (size_t)(r->filled - r->rows.first) * (size_t)(r->shape->w * r->shape->lanes);
    for (int b = 0; b < r->blocks; b++)
        r->load->run(r->load->context, r->image, r->block + b, r->filled, needed - r->filled,
                     (float *)r->rows.from + (size_t)b * r->stride + at);
    r->filled = needed;
}

/* Transform `count` of the band's tiles to place `at` and up. */
static void transform(reader *r, int first, int count, int at, int room, float *values)
{
    fill(r, first + count);
    for (int b = 0; b < r->blocks; b++) {
        og__winograd_rows rows = r->rows;
        rows.from += (size_t)b * r->stride;
        r->ops->winograd_input(r->shape, &rows, r->block + b, r->band.tile + first, count, at, room, values);
    }
}

/* --- what the next tiles need, fetched while these are multiplied ----------------------------------------------------
 */

/* Tiles of a band. */
typedef struct span {
    og__winograd_band band;
    int first, count;
} span;

/* Those behind `first` of a band, or a later band's first ones; none have count 0. */
static span next_span(const og__winograd *shape, const og__winograd_band *band, int first, int block, int later)
{
    span next = {*band, first + block, 0};
    if (next.first >= band->count && later < shape->bands)
        next = (span){og__winograd_band_at(shape, later), 0, 0};
    int left = next.band.count - next.first;
    next.count = left < 0 ? 0 : left < block ? left : block;
    return next;
}

/* The rows of an image's `channels` that belong to a span's tiles, or with `around` those that they read of a source.
 */
static void fetch(og__ahead *ahead, const og__winograd *shape, const span *s, const float *image, int channels,
                  bool around)
{
    int row = s->band.row + s->first / shape->tiles_x, last = s->band.row + (s->first + s->count - 1) / shape->tiles_x;
    int from = row * OG_WINOGRAD_TILE, to = (last + 1) * OG_WINOGRAD_TILE, x = 0, w = shape->w;
    if (around) { /* the tiles before have read their own */
        from += s->first == 0 && from > 0 ? -1 : 1;
        to++;
    }
    if (row == last) {
        x = s->first % shape->tiles_x * OG_WINOGRAD_TILE;
        w = shape->w - x < s->count * OG_WINOGRAD_TILE ? shape->w - x : s->count * OG_WINOGRAD_TILE;
    }
    to = to < shape->h ? to : shape->h;
    size_t line = (size_t)(shape->w * shape->lanes);
    if (image && s->count > 0 && from < to)
        ahead->parts[ahead->count++] = (og__ahead_part){
            .from = image + (size_t)from * line + (size_t)(x * shape->lanes),
            .plane = (size_t)shape->h * line,
            .row = line,
            .planes = channels / shape->lanes,
            .rows = to - from,
            .lines = (w * shape->lanes * (int)sizeof(float) + OG_AHEAD_LINE - 1) / OG_AHEAD_LINE,
        };
}

static float *image_of(const og__conv_winograd *conv, const float *tensor, int image, int channels)
{
    const og__conv_shape *s = &conv->shape;
    return (float *)tensor + (size_t)image * (size_t)channels * (size_t)s->h * (size_t)s->w;
}

/* Rows of tiles of a band that are complete, or wanted, with its tiles before `end`, but were not before `first`. */
static void touch(const og__row_touch *touch, const og__winograd *shape, const og__winograd_band *band, int block,
                  int first, int end)
{
    for (int row = first / shape->tiles_x; touch && row < end / shape->tiles_x; row++)
        touch->run(touch->context, band->image, block, band->row + row);
}

/* --- forward, and backward by data ----------------------------------------------------------------------------------
 */

/* Floats of the weights from one output to one input, and where this tap's begin. */
static size_t kernel_floats(const og__conv_shape *s)
{
    return 9 * (size_t)s->slice_kernel;
}

static size_t weights_at(const og__conv_winograd *conv)
{
    return (size_t)conv->shape.ic_first * kernel_floats(&conv->shape) + 9 * (size_t)conv->tap;
}

static void pack_piece(const og__conv_winograd *conv, const og__winograd *shape, og__winograd_piece piece,
                       float *packed)
{
    const og__conv_shape *s = &conv->shape;
    const float *weights = conv->weights + weights_at(conv);
    size_t across = kernel_floats(s), along = (size_t)s->ic_all * across;
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
    int shift; /* of src against dst: the other way in the backward pass */
    bool accumulate;
    const og__conv_fused *fused;
} job;

/* A channel block of the result. */
static void put(const job *j, const og__winograd_band *band, int block, int first, int count, int at, const float *sums)
{
    float *dst = image_of(j->conv, j->dst, image_at(j->conv, band->image, -j->shift), j->shape->oc);
    j->conv->ops->winograd_output(j->shape, block, band->tile + first, count, at, j->shape->room, sums, j->bias,
                                  j->accumulate, dst);
    touch(j->fused->after, j->shape, band, block, first, first + count);
}

/* The source, and the result with what is read beside it. */
static og__ahead fetch_next(const job *j, const og__winograd_band *band, int first, int count, int later)
{
    const og__winograd *shape = j->shape;
    span next = next_span(shape, band, first, shape->block, later);
    int image = image_at(j->conv, next.band.image, -j->shift);
    og__ahead ahead = {.count = 0};
    fetch(&ahead, shape, &next, image_of(j->conv, j->src, image_at(j->conv, next.band.image, j->shift), shape->ic),
          shape->ic, true);
    fetch(&ahead, shape, &next, image_of(j->conv, j->dst, image, shape->oc), shape->oc, false);
    if (j->fused->after && j->fused->after->reads)
        fetch(&ahead, shape, &next, image_of(j->conv, j->fused->after->reads, image, shape->oc), shape->oc, false);
    og__ahead_spread(&ahead, og__winograd_steps(shape, count));
    return ahead;
}

/* A band by one thread, block by block. It is likely to get band `later` next. */
static void convolve_band(const job *j, int band, int later)
{
    const og__winograd *shape = j->shape;
    const og__ops *ops = j->conv->ops;
    float *values = thread_in(j->conv, j->scratch), *sums = values + og__winograd_values(shape, shape->room);
    float *strips = values + values_floats(j->conv, false);
    reader r = reader_of(j->conv, shape, band, j->shift, j->src, j->fused->load, strips);
    for (int first = 0; first < r.band.count; first += shape->block) {
        int count = r.band.count - first < shape->block ? r.band.count - first : shape->block;
        transform(&r, first, count, 0, shape->room, values);
        og__ahead ahead = fetch_next(j, &r.band, first, count, later);
        for (int element = 0; element < OG_WINOGRAD_AREA; element++)
            for (int group = 0; group < og__winograd_groups(shape); group++)
                ops->winograd_product(shape, og__winograd_group(shape, group), element, count, shape->room, values,
                                      group_in(shape, group, j->packed), sums, &ahead);
        for (int block = 0; block < shape->oc / shape->lanes; block++)
            put(j, &r.band, block, first, count, 0, sums);
    }
}

/* The sums of one group of output channels over `count` tiles. */
static void stream(const job *j, int group, int count, const float *values, float *sums)
{
    const og__winograd *shape = j->shape;
    float *packed = thread_in(j->conv, j->scratch);
    for (int first = 0; first < shape->ic; first += shape->piece) {
        og__winograd_piece piece = piece_of(shape, group, first);
        pack_piece(j->conv, shape, piece, packed);
        for (int element = 0; element < OG_WINOGRAD_AREA; element++)
            j->conv->ops->winograd_product(shape, piece, element, count, shape->room, values, packed, sums, NULL);
    }
}

/* The bands of one group by all threads of the team: channel blocks of bands of the transforms, elements of the
 * products.
 */
static void convolve_group(const job *j, int first_band)
{
    const og__winograd *shape = j->shape;
    const og__ops *ops = j->conv->ops;
    float *values = shared_in(j->conv, j->scratch), *sums = values + og__winograd_values(shape, shape->room);
    float *strip = thread_in(j->conv, j->scratch) + values_floats(j->conv, false);
    int groups = og__winograd_groups(shape), ic_blocks = shape->ic / shape->lanes, oc_blocks = shape->oc / shape->lanes;
    int end = first_band + shape->group < shape->bands ? first_band + shape->group : shape->bands;
    int first = og__winograd_band_at(shape, first_band).index;
    og__winograd_band last = og__winograd_band_at(shape, end - 1);
    int count = last.index + last.count - first;
#pragma omp for schedule(dynamic)
    for (int i = first_band * ic_blocks; i < end * ic_blocks; i++) {
        reader all = reader_of(j->conv, shape, i / ic_blocks, j->shift, j->src, j->fused->load, strip);
        reader r = reader_of_block(all, i % ic_blocks);
        transform(&r, 0, r.band.count, r.band.index - first, shape->room, values);
    }
#pragma omp for schedule(dynamic)
    for (int i = 0; i < (j->packed ? OG_WINOGRAD_AREA : 1) * groups; i++)
        if (j->packed)
            ops->winograd_product(shape, og__winograd_group(shape, i % groups), i / groups, count, shape->room, values,
                                  group_in(shape, i % groups, j->packed), sums, NULL);
        else
            stream(j, i, count, values, sums);
#pragma omp for schedule(dynamic)
    for (int i = first_band * oc_blocks; i < end * oc_blocks; i++) {
        og__winograd_band band = og__winograd_band_at(shape, i / oc_blocks);
        put(j, &band, i % oc_blocks, 0, band.count, band.index - first, sums);
    }
}

static void convolve(const job *j)
{
    const og__winograd *shape = j->shape;
    if (shape->together) {
#pragma omp parallel num_threads(j->conv->shape.threads)
        for (int band = 0; band < shape->bands; band += shape->group)
            convolve_group(j, band);
        return;
    }
#pragma omp parallel for num_threads(j->conv->shape.threads) schedule(dynamic)
    for (int band = 0; band < shape->bands; band++)
        convolve_band(j, band, band + omp_get_num_threads());
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
             .shift = conv->shift,
             .accumulate = accumulate,
             .fused = fused};
    if (!j.packed && !j.shape->streamed) {
        pack(conv, j.shape, scratch);
        j.packed = scratch;
    }
    if (bias) {
        float *to = bias_in(conv, scratch);
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
             .shift = -conv->shift,
             .accumulate = accumulate,
             .fused = fused};
    if (!j.shape->streamed) {
        pack(conv, j.shape, scratch);
        j.packed = scratch;
    }
    convolve(&j);
}

/* --- backward by weights --------------------------------------------------------------------------------------------
 */

/* What the sums are made of. */
typedef struct source {
    const og__conv_winograd *conv;
    const float *src, *d_dst;
    const og__conv_fused *fused;
} source;

static reader source_reader(const source *s, int band, float *strips)
{
    return reader_of(s->conv, &s->conv->forward, band, s->conv->shift, s->src, s->fused->load, strips);
}

/* Transform a channel block of d_dst's tiles, as transform() does those of src. */
static void transform_slopes(const source *s, const og__winograd_band *band, int block, int first, int count, int at,
                             float *values)
{
    const og__winograd *shape = &s->conv->forward;
    const float *d_dst = image_of(s->conv, s->d_dst, image_at(s->conv, band->image, -s->conv->shift), shape->oc);
    touch(s->fused->before, shape, band, block, first + shape->tiles_x - 1, first + count + shape->tiles_x - 1);
    s->conv->ops->winograd_slope(shape, d_dst, block, band->tile + first, count, at, shape->w_room,
                                 values + og__winograd_values(shape, shape->w_room));
}

static void correlate(const og__conv_winograd *conv, int element, int count, bool first, const float *values,
                      float *sums, og__ahead *ahead)
{
    const og__winograd *shape = &conv->forward;
    conv->ops->winograd_correlate(shape, og__winograd_whole(shape), element, count, shape->w_room, first, values,
                                  values + og__winograd_values(shape, shape->w_room), sums, ahead);
}

/* The source, and the result's gradient with what is read beside it. */
static og__ahead fetch_next_source(const source *s, const og__winograd_band *band, int first, int count, int later)
{
    const og__winograd *shape = &s->conv->forward;
    span next = next_span(shape, band, first, shape->w_block, later);
    int image = image_at(s->conv, next.band.image, -s->conv->shift);
    og__ahead ahead = {.count = 0};
    fetch(&ahead, shape, &next,
          image_of(s->conv, s->src, image_at(s->conv, next.band.image, s->conv->shift), shape->ic), shape->ic, true);
    fetch(&ahead, shape, &next, image_of(s->conv, s->d_dst, image, shape->oc), shape->oc, false);
    if (s->fused->before && s->fused->before->reads)
        fetch(&ahead, shape, &next, image_of(s->conv, s->fused->before->reads, image, shape->oc), shape->oc, false);
    og__ahead_spread(&ahead, og__winograd_w_steps(shape, count));
    return ahead;
}

/* Sums of part `part` over its bands, by one thread. */
static void sum_part(const source *s, int part, float *sums, float *scratch)
{
    const og__winograd *shape = &s->conv->forward;
    float *values = thread_in(s->conv, scratch), *strips = values + values_floats(s->conv, false);
    int first_band = (int)((int64_t)shape->bands * part / shape->w_parts);
    int end = (int)((int64_t)shape->bands * (part + 1) / shape->w_parts);
    for (int band = first_band; band < end; band++) {
        reader r = source_reader(s, band, strips);
        for (int first = 0; first < r.band.count; first += shape->w_block) {
            int count = r.band.count - first < shape->w_block ? r.band.count - first : shape->w_block;
            transform(&r, first, count, 0, shape->w_room, values);
            for (int block = 0; block < shape->oc / shape->lanes; block++)
                transform_slopes(s, &r.band, block, first, count, 0, values);
            og__ahead ahead = fetch_next_source(s, &r.band, first, count, band + 1);
            for (int element = 0; element < OG_WINOGRAD_AREA; element++)
                correlate(s->conv, element, count, band == first_band && first == 0, values, sums, &ahead);
        }
    }
}

/* The gradient of two blocks of output channels from all `count` tiles at once. */
static void stream_gradient(const og__conv_winograd *conv, int pair, int count, const float *values, float *sums,
                            float *d_weights)
{
    const og__winograd *shape = &conv->forward;
    const og__conv_shape *s = &conv->shape;
    for (int first = 0; first < shape->ic; first += shape->lanes) {
        og__winograd_piece piece = gradient_piece(shape, pair, first);
        for (int element = 0; element < OG_WINOGRAD_AREA; element++)
            conv->ops->winograd_correlate(shape, piece, element, count, shape->w_room, true, values,
                                          values + og__winograd_values(shape, shape->w_room), sums, NULL);
        for (int block = 0; block < piece.os / shape->lanes; block++)
            conv->ops->winograd_gradient(shape, piece, s->ic, s->oc, (size_t)s->ic_all * kernel_floats(s),
                                         kernel_floats(s), block, 1, sums, d_weights + weights_at(conv));
    }
}

/* The one sum over all tiles, by all threads: channel blocks of bands of the transforms, then elements of the products,
 * or with `d_weights` the whole of a piece. */
static void sum_group(const source *s, int first_band, float *sums, float *scratch, float *d_weights)
{
    const og__winograd *shape = &s->conv->forward;
    float *values = shared_in(s->conv, scratch), *strip = thread_in(s->conv, scratch) + values_floats(s->conv, false);
    int end = first_band + shape->w_group < shape->bands ? first_band + shape->w_group : shape->bands;
    int first = og__winograd_band_at(shape, first_band).index;
    og__winograd_band last = og__winograd_band_at(shape, end - 1);
    int ic_blocks = shape->ic / shape->lanes, blocks = ic_blocks + shape->oc / shape->lanes;
#pragma omp for schedule(dynamic)
    for (int i = first_band * blocks; i < end * blocks; i++) {
        reader all = source_reader(s, i / blocks, strip);
        int block = i % blocks, at = all.band.index - first;
        if (block < ic_blocks) {
            reader r = reader_of_block(all, block);
            transform(&r, 0, r.band.count, at, shape->w_room, values);
        } else {
            transform_slopes(s, &all.band, block - ic_blocks, 0, all.band.count, at, values);
        }
    }
    int count = last.index + last.count - first;
    if (shape->w_streamed) {
#pragma omp for schedule(dynamic)
        for (int pair = 0; pair < (shape->oc / shape->lanes + 1) / 2; pair++)
            stream_gradient(s->conv, pair, count, values, thread_in(s->conv, scratch), d_weights);
        return;
    }
#pragma omp for schedule(static)
    for (int element = 0; element < OG_WINOGRAD_AREA; element++)
        correlate(s->conv, element, count, first_band == 0, values, sums, NULL);
}

/* Sums over all pixels, a chunk at a time in a fixed order. */
static void sum_bias(const og__conv_winograd *conv, const float *d_dst, float *d_bias)
{
    enum { CHUNK = 1024 };
    const og__conv_shape *s = &conv->shape;
    int blocks = conv->forward.oc / conv->lanes;
    size_t pixels = (size_t)s->h * (size_t)s->w, lanes = (size_t)conv->lanes;
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
        for (int lane = 0; lane < conv->lanes && block * conv->lanes + lane < s->oc; lane++)
            d_bias[block * conv->lanes + lane] = (float)sums[lane];
    }
}

void og__conv_winograd_backward_weights(const og__conv_winograd *conv, const float *src, const float *d_dst,
                                        float *d_weights, float *d_bias, const og__conv_fused *fused, float *scratch)
{
    const og__winograd *shape = &conv->forward;
    const og__conv_shape *s = &conv->shape;
    const source from = {conv, src, d_dst, fused};
    size_t part_floats = og__winograd_gradient(shape);
    og__winograd_piece whole = og__winograd_whole(shape);
    if (shape->w_together) {
#pragma omp parallel num_threads(s->threads)
        for (int band = 0; band < shape->bands; band += shape->w_group)
            sum_group(&from, band, scratch, scratch, d_weights);
    } else {
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
        for (int part = 0; part < shape->w_parts; part++)
            sum_part(&from, part, scratch + (size_t)part * part_floats, scratch);
    }
    int blocks = shape->w_streamed ? 0 : shape->oc / conv->lanes;
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (int block = 0; block < blocks; block++)
        conv->ops->winograd_gradient(shape, whole, s->ic, s->oc, (size_t)s->ic_all * kernel_floats(s), kernel_floats(s),
                                     block, shape->w_parts, scratch, d_weights + weights_at(conv));
    if (d_bias)
        sum_bias(conv, d_dst, d_bias);
}

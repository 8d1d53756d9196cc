#include "net/conv_winograd_scratch.h"

#include <omp.h>

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

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

og__winograd_piece og__conv_winograd_piece(const og__winograd *shape, int group, int first)
{
    og__winograd_piece piece = og__winograd_group(shape, group);
    piece.i = first;
    piece.is = shape->ic - first < shape->piece ? shape->ic - first : shape->piece;
    return piece;
}

og__winograd_piece og__conv_winograd_gradient_piece(const og__winograd *shape, int pair, int first)
{
    int o = 2 * pair * shape->lanes, left = shape->oc - o;
    return (og__winograd_piece){first, shape->lanes, o, left < 2 * shape->lanes ? left : 2 * shape->lanes};
}

static size_t piece_floats(const og__conv_winograd *conv)
{
    const og__winograd *f = &conv->forward, *d = &conv->data;
    size_t most = f->streamed ? og__winograd_floats(f, og__conv_winograd_piece(f, 0, 0)) : 0;
    if (conv->shape.training && d->streamed)
        most = larger(most, og__winograd_floats(d, og__conv_winograd_piece(d, 0, 0)));
    if (conv->shape.training && f->w_streamed)
        most = larger(most, og__winograd_floats(f, og__conv_winograd_gradient_piece(f, 0, 0)));
    return most;
}

/* Transformed tiles, of all threads or of one. */
static size_t values_floats(const og__conv_winograd *conv, bool shared)
{
    const og__winograd *f = &conv->forward, *d = &conv->data;
    size_t most = f->streamed == shared ? og__winograd_values(f, f->room) : 0;
    if (conv->shape.training && d->streamed == shared)
        most = larger(most, og__winograd_values(d, d->room));
    if (conv->shape.training && f->w_together == shared)
        most = larger(most, og__winograd_values(f, f->w_room) + og__winograd_slopes(f, f->w_room));
    return most;
}

static size_t sums_floats(const og__conv_winograd *conv)
{
    const og__winograd *f = &conv->forward, *d = &conv->data;
    size_t most = og__winograd_sums(f, f->room);
    return conv->shape.training ? larger(most, og__winograd_sums(d, d->room)) : most;
}

/* Where threads share bands, each takes a channel block at a time, else all of them. */
static size_t strips_floats(const og__conv_winograd *conv)
{
    const og__winograd *f = &conv->forward;
    bool single = f->streamed && (!conv->shape.training || f->w_together);
    return og__tile_strip_floats(f) * (size_t)(single ? 1 : f->ic / f->lanes);
}

static size_t thread_floats(const og__conv_winograd *conv)
{
    return sums_floats(conv) + larger(values_floats(conv, false) + strips_floats(conv), piece_floats(conv));
}

size_t og__conv_winograd_scratch_bytes(const og__conv_winograd *conv)
{
    return (weights_floats(conv) + (size_t)conv->forward.oc + values_floats(conv, true) +
            (size_t)conv->shape.threads * thread_floats(conv)) *
           sizeof(float);
}

og__conv_winograd_scratch og__conv_winograd_scratch_of(const og__conv_winograd *conv, float *scratch)
{
    og__conv_winograd_scratch s = {.weights = scratch, .bias = scratch + weights_floats(conv)};
    s.shared = s.bias + conv->forward.oc;
    s.sums = s.shared + values_floats(conv, true) + (size_t)omp_get_thread_num() * thread_floats(conv);
    s.values = s.piece = s.strip = s.sums + sums_floats(conv);
    s.strips = s.values + values_floats(conv, false);
    return s;
}

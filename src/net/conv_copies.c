#include "net/conv_copies.h"

#include <stdint.h>
#include <string.h>

static og__conv_copy extent_of(const og__conv_shape *s, og__side side, int channels)
{
    size_t lanes = (size_t)og__isa_lanes(s->isa), d = (size_t)s->d, run = (size_t)s->h * (size_t)s->w * lanes;
    og__conv_copy e = {.d = d, .blocks = (size_t)og__isa_blocks(s->isa, channels), .run = run};
    if (side == OG_SIDE_SRC)
        return e;
    e.d = s->transposed ? d * (size_t)s->slice_kernel : d / (size_t)s->slice_stride;
    e.run = s->transposed ? 4 * run : s->strided ? run / 4 : run;
    return e;
}

og__conv_copies og__conv_copies_of(const og__conv_shape *shape, int ic, int oc)
{
    og__conv_copies copies = {.n = shape->n, .threads = shape->threads};
    for (int side = 0; side < OG_SIDE_COUNT; side++) {
        og__conv_copy c = extent_of(shape, (og__side)side, side == OG_SIDE_SRC ? ic : oc);
        if (c.d > 1 && c.blocks > 1 && !(side == OG_SIDE_SRC && shape->planar))
            c.floats = (size_t)shape->n * c.d * c.blocks * c.run;
        copies.sides[side] = c;
    }
    return copies;
}

size_t og__conv_copies_bytes(const og__conv_copies *copies)
{
    return (copies->sides[OG_SIDE_SRC].floats + copies->sides[OG_SIDE_DST].floats) * sizeof(float);
}

/* (n, a, b, run) to (n, b, a, run). */
static void exchange(const og__conv_copies *copies, size_t a, size_t b, size_t run, const float *from, float *to)
{
    size_t rows = (size_t)copies->n * a * b;
#pragma omp parallel for num_threads(copies->threads) schedule(static)
    for (size_t i = 0; i < rows; i++) {
        size_t volume = i / (a * b), at = i % (a * b);
        memcpy(to + ((volume * b + at % b) * a + at / b) * run, from + i * run, run * sizeof(float));
    }
}

float *og__conv_copies_lend(const og__conv_copies *copies, og__side side, bool read, const float *tensor, void *scratch)
{
    const og__conv_copy *c = &copies->sides[side];
    if (c->floats == 0)
        return (float *)(uintptr_t)tensor;
    float *copy = (float *)scratch + (side == OG_SIDE_DST ? copies->sides[OG_SIDE_SRC].floats : 0);
    if (read)
        exchange(copies, c->d, c->blocks, c->run, tensor, copy);
    return copy;
}

void og__conv_copies_take_back(const og__conv_copies *copies, og__side side, const float *lent, float *tensor)
{
    const og__conv_copy *c = &copies->sides[side];
    if (lent != tensor)
        exchange(copies, c->blocks, c->d, c->run, lent, tensor);
}

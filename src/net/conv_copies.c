#include "net/conv_copies.h"

#include <stdint.h>
#include <string.h>

bool og__conv_copies_planar(og__isa isa)
{
    return isa == OG_ISA_BASELINE;
}

static og__conv_copy extent_of(const og__conv_shape *s, og__side side, int channels)
{
    int lost = s->valid ? (s->kernel - 1) * s->dilation : 0, scale = s->transposed ? 2 : 1, part = s->strided ? 2 : 1;
    og__conv_copy e = {.channels = channels, .d = (size_t)s->d, .blocks = (size_t)og__isa_blocks(s->isa, channels)};
    if (side == OG_SIDE_SRC) {
        e.pixels = (size_t)s->h * (size_t)s->w;
        return e;
    }
    e.d = s->transposed ? e.d * (size_t)s->slice_kernel : e.d / (size_t)s->slice_stride;
    e.pixels = (size_t)(s->h * scale / part - lost) * (size_t)(s->w * scale / part - lost);
    return e;
}

og__conv_copies og__conv_copies_of(const og__conv_shape *shape, int ic, int oc)
{
    og__conv_copies copies = {.ops = og__ops_for(shape->isa),
                              .n = shape->n,
                              .lanes = og__isa_lanes(shape->isa),
                              .threads = shape->threads,
                              .planar = og__conv_copies_planar(shape->isa)};
    for (int side = 0; side < OG_SIDE_COUNT; side++) {
        og__conv_copy c = extent_of(shape, (og__side)side, side == OG_SIDE_SRC ? ic : oc);
        if ((copies.planar || (c.d > 1 && c.blocks > 1)) && !(side == OG_SIDE_SRC && shape->planar))
            c.floats = (size_t)shape->n * c.d * c.blocks * c.pixels * (size_t)copies.lanes;
        copies.sides[side] = c;
    }
    return copies;
}

size_t og__conv_copies_bytes(const og__conv_copies *copies)
{
    return (copies->sides[OG_SIDE_SRC].floats + copies->sides[OG_SIDE_DST].floats) * sizeof(float);
}

/* Block i of a tensor and its place in the copy, one to the other. */
static void copy_block(const og__conv_copies *copies, const og__conv_copy *c, size_t i, bool back, float *tensor,
                       float *copy)
{
    size_t lanes = (size_t)copies->lanes, run = c->pixels * lanes;
    size_t block = i % c->blocks, slice = i / c->blocks % c->d, volume = i / c->blocks / c->d;
    tensor += i * run;
    if (copies->planar) {
        size_t first = block * lanes, stride = c->d * c->pixels, left = (size_t)c->channels - first;
        int count = (int)(left < lanes ? left : lanes);
        copy += ((volume * (size_t)c->channels + first) * c->d + slice) * c->pixels;
        if (back)
            copies->ops->pack(c->pixels, stride, count, copy, tensor);
        else
            copies->ops->unpack(c->pixels, stride, count, tensor, copy);
        return;
    }
    copy += ((volume * c->blocks + block) * c->d + slice) * run;
    memcpy(back ? tensor : copy, back ? copy : tensor, run * sizeof(float));
}

static void copy_all(const og__conv_copies *copies, const og__conv_copy *c, bool back, float *tensor, float *copy)
{
    size_t count = (size_t)copies->n * c->d * c->blocks;
#pragma omp parallel for num_threads(copies->threads) schedule(static)
    for (size_t i = 0; i < count; i++)
        copy_block(copies, c, i, back, tensor, copy);
}

float *og__conv_copies_lend(const og__conv_copies *copies, og__side side, bool read, const float *tensor, void *scratch)
{
    const og__conv_copy *c = &copies->sides[side];
    float *given = (float *)(uintptr_t)tensor;
    if (c->floats == 0)
        return given;
    float *copy = (float *)scratch + (side == OG_SIDE_DST ? copies->sides[OG_SIDE_SRC].floats : 0);
    if (read)
        copy_all(copies, c, false, given, copy);
    return copy;
}

void og__conv_copies_take_back(const og__conv_copies *copies, og__side side, const float *lent, float *tensor)
{
    if (lent != tensor)
        copy_all(copies, &copies->sides[side], true, tensor, (float *)(uintptr_t)lent);
}

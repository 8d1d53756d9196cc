#include "kernel/up.h"

/* Bytes of values that a unit works on beside the weights in the L2 cache; pixels whose result of one group stays in
 * the L1 cache; units that there should be at least; and the size up to which there are several sums of gradients. */
enum {
    BLOCK_BYTES = 600000,
    BLOCK_PIXELS = 168,
    UNITS_LEAST = 16,
    OWN_SUMS_BYTES = 1 << 18,
};

static int divide_up(int number, int divisor)
{
    return (number + divisor - 1) / divisor;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Chunks of about equal size, and the parts of `groups` that make enough units of them. */
static og__up_units units_of(const og__up *shape, int bytes_per_pixel, int groups)
{
    og__up_units u = {0};
    int pixels = shape->h * shape->w, most = smaller(BLOCK_BYTES / bytes_per_pixel, BLOCK_PIXELS);
    most = most > 2 * shape->rows ? most / shape->rows * shape->rows : 2 * shape->rows;
    u.chunks = divide_up(pixels, most);
    u.block = divide_up(divide_up(pixels, u.chunks), shape->rows) * shape->rows;
    u.chunks = divide_up(pixels, u.block);
    u.parts = smaller(divide_up(UNITS_LEAST, shape->n * u.chunks), groups);
    u.count = shape->n * u.chunks * u.parts;
    return u;
}

og__up og__up_of(int n, int ic, int oc, int h, int w, og__isa isa)
{
    static const int rows[OG_ISA_COUNT] = {[OG_ISA_BASELINE] = 3, [OG_ISA_AVX2] = 6, [OG_ISA_AVX512] = 14};
    int lanes = og__isa_lanes(isa), floats = (int)sizeof(float);
    og__up shape = {.n = n, .h = h, .w = w, .rows = rows[isa]};
    shape.ic = og__isa_padded(isa, ic);
    shape.oc = og__isa_padded(isa, oc);
    shape.forward = units_of(&shape, shape.ic * floats, 2 * shape.oc / lanes);
    shape.data = units_of(&shape, OG_UP_AREA * shape.oc * floats, divide_up(shape.ic / lanes, 2));
    shape.gradient = units_of(&shape, (shape.ic + OG_UP_AREA * shape.oc) * floats, 1);
    size_t chunks = (size_t)shape.n * (size_t)shape.gradient.chunks;
    shape.sums = og__up_weights(&shape) * sizeof(float) > OWN_SUMS_BYTES ? 1 : UNITS_LEAST;
    if ((size_t)shape.sums > chunks)
        shape.sums = (int)chunks;
    return shape;
}

size_t og__up_weights(const og__up *shape)
{
    return (size_t)OG_UP_AREA * (size_t)shape->ic * (size_t)shape->oc;
}

size_t og__up_scratch(const og__up *shape)
{
    int most = shape->data.block > shape->gradient.block ? shape->data.block : shape->gradient.block;
    size_t gathered = (size_t)OG_UP_AREA * (size_t)shape->oc * (size_t)most;
    size_t group = (size_t)2 * OG_LANES_MAX * (size_t)shape->forward.block;
    return gathered > group ? gathered : group;
}

#include "kernel/winograd.h"

/* Bytes of transformed values that one thread works on, which share the L2 cache with one element's weights; for the
 * gradient by weights the same, the size up to which threads have sums of their own, and what they work on together
 * beyond it. Found by trying on every layer of the usual U-Nets. */
enum {
    BLOCK_BYTES = 600000,
    GRADIENT_BYTES = 900000,
    OWN_SUMS_BYTES = 1 << 18,
    SHARED_BYTES = 4000000,
};

typedef struct product {
    og__isa isa;
    int rows, columns;
} product;

static const product products[] = {
#define OG_PRODUCT(isa, rows, columns) {OG_ISA_##isa, rows, columns},
#include "kernel/winograd.def"
#undef OG_PRODUCT
};

static int round_up(int number, int multiple)
{
    return (number + multiple - 1) / multiple * multiple;
}

static int clamp(int number, int least, int most)
{
    return number < least ? least : number > most ? most : number;
}

/* Units of equal size for all threads that there may reasonably be: at least this many where there are enough tiles. */
enum { UNITS_LEAST = 16 };

/* Take the register tile that wastes least: tiles beyond the last are computed in vain, and few rows reuse little. */
static void choose_block(og__winograd *shape, og__isa isa)
{
    double least = 0;
    int columns = shape->oc / og__isa_lanes(isa) % 2 == 0 && isa != OG_ISA_BASELINE ? 2 : 1;
    for (int i = 0; i < (int)(sizeof products / sizeof products[0]); i++) {
        int rows = products[i].rows;
        if (products[i].isa != isa || products[i].columns != columns)
            continue;
        int most = BLOCK_BYTES / (OG_WINOGRAD_AREA * (int)sizeof(float) * (shape->ic + shape->oc)) / rows * rows;
        int even = round_up((shape->tiles + UNITS_LEAST - 1) / UNITS_LEAST, rows);
        int block = clamp(most, 2 * rows, 8 * rows);
        if (block > even)
            block = even;
        int units = (shape->tiles + block - 1) / block;
        double cost = (double)units * block / shape->tiles * (1 + 0.7 / (rows * columns));
        if (least == 0 || cost < least) {
            least = cost;
            shape->rows = rows;
            shape->columns = columns;
            shape->block = block;
            shape->units = units;
        }
    }
}

/* Partial sums of the gradient by weights: several where they are small, one where they are large; the number depends
 * on the shape only, so that the bits do. */
static void choose_parts(og__winograd *shape)
{
    int bytes_per_tile = OG_WINOGRAD_AREA * (int)sizeof(float) * (shape->ic + shape->oc);
    bool large = og__winograd_gradient(shape) * sizeof(float) > OWN_SUMS_BYTES;
    shape->w_parts = large ? 1 : UNITS_LEAST;
    int most = (large ? SHARED_BYTES : GRADIENT_BYTES) / bytes_per_tile;
    int even = (shape->tiles + shape->w_parts - 1) / shape->w_parts;
    shape->w_block = clamp(round_up(most, 8), 32, round_up(even, 8));
}

og__winograd og__winograd_of(int n, int ic, int oc, int h, int w, og__isa isa)
{
    int lanes = og__isa_lanes(isa);
    og__winograd shape = {.n = n, .h = h, .w = w, .ic = round_up(ic, lanes), .oc = round_up(oc, lanes)};
    shape.tiles_x = (w + OG_WINOGRAD_TILE - 1) / OG_WINOGRAD_TILE;
    shape.tiles = n * shape.tiles_x * ((h + OG_WINOGRAD_TILE - 1) / OG_WINOGRAD_TILE);
    choose_block(&shape, isa);
    choose_parts(&shape);
    return shape;
}

size_t og__winograd_weights(const og__winograd *shape)
{
    return (size_t)OG_WINOGRAD_AREA * (size_t)shape->ic * (size_t)shape->oc;
}

size_t og__winograd_scratch(const og__winograd *shape)
{
    return (size_t)OG_WINOGRAD_AREA * (size_t)(shape->ic + shape->oc) * (size_t)shape->block;
}

size_t og__winograd_gradient(const og__winograd *shape)
{
    return og__winograd_weights(shape);
}

size_t og__winograd_gradient_scratch(const og__winograd *shape)
{
    return (size_t)OG_WINOGRAD_AREA * (size_t)(shape->ic + shape->oc) * (size_t)shape->w_block;
}

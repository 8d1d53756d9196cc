#include "kernel/winograd.h"

/* Bytes of transformed tiles that a thread works on at a time, forward and by weights: they share its L2 cache with
 * weights or sums. Where those are large, each block fetches all of them anew, and blocks are larger. Found by trying
 * on every layer of the usual U-Nets, as all of these. */
enum {
    BLOCK_BYTES = 600000,
    W_BLOCK_BYTES = 900000,
    LARGE_WEIGHTS_BYTES = 1 << 20,
    LARGE_SUMS_BYTES = 1 << 18,
    LARGE_BLOCK_BYTES = 2000000,
};

/* Tiles of a whole batch up to which weights are streamed, and a piece of these; and what threads work on together. */
enum { STREAMED_BYTES = 12000000, PIECE_BYTES = 300000, GROUP_BYTES_LEAST = 4000000, GROUP_BYTES_MOST = 10000000 };

/* Rows of tiles in a band; bands and sums that there shall be at least, where there are enough tiles: for all threads
 * that one may reasonably have. */
enum { BAND_ROWS = 4, BANDS_LEAST = 8, PARTS_LEAST = 16 };

typedef struct product {
    int rows, columns;
    bool serves[OG_ISA_COUNT];
} product;

static const product products[] = {
#define OG_PRODUCT(rows, columns, baseline, avx2, avx512) {rows, columns, {baseline, avx2, avx512}},
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

static int tile_bytes(const og__winograd *shape)
{
    return OG_WINOGRAD_AREA * (int)sizeof(float) * (shape->ic + shape->oc);
}

/* Bytes of all transformed weights, or of a sum of their gradient. */
static size_t weights_bytes(const og__winograd *shape)
{
    return og__winograd_gradient(shape) * sizeof(float);
}

static bool has_large_weights(const og__winograd *shape)
{
    return weights_bytes(shape) > LARGE_WEIGHTS_BYTES;
}

static void choose_bands(og__winograd *shape)
{
    int rows = has_large_weights(shape) ? 2 * BAND_ROWS : BAND_ROWS;
    while (rows > 1 && shape->n * ((shape->tiles_y + rows - 1) / rows) < BANDS_LEAST)
        rows /= 2;
    shape->band = rows;
    shape->bands = shape->n * ((shape->tiles_y + rows - 1) / rows);
}

/* Bands that threads sum together. Each group reads and writes all sums: the larger they are, the fewer groups. */
static int group_of(const og__winograd *shape)
{
    int bytes = clamp((int)weights_bytes(shape), GROUP_BYTES_LEAST, GROUP_BYTES_MOST);
    return clamp(bytes / tile_bytes(shape) / (shape->band * shape->tiles_x), 1, shape->bands);
}

/* Tiles that are computed for `tiles` by blocks, each rounded up to register tiles. */
static int computed(int tiles, int block, int rows)
{
    return tiles / block * round_up(block, rows) + round_up(tiles % block, rows);
}

/* The 36 elements of a tile are so many vectors apart; a power of two would put them into the same few lines of the L1
 * cache. */
static int odd(int room)
{
    return room | 1;
}

/* Whether threads can have the transformed tiles of a whole batch between them, so that weights need not stay. */
static bool is_small(const og__winograd *shape)
{
    return shape->tiles <= STREAMED_BYTES / tile_bytes(shape);
}

static int piece_of(const og__winograd *shape)
{
    int bytes = OG_WINOGRAD_AREA * shape->columns * shape->lanes * (int)sizeof(float);
    return clamp(PIECE_BYTES / bytes / shape->lanes * shape->lanes, shape->lanes, shape->ic);
}

/* Take the register tile that wastes least: tiles beyond the last are computed in vain, and few rows reuse little. */
static void choose_block(og__winograd *shape, og__isa isa)
{
    double least = 0;
    int columns = shape->oc / og__isa_lanes(isa) % 2 == 0 && isa != OG_ISA_BASELINE ? 2 : 1;
    bool large = has_large_weights(shape);
    /* What another thread made is slow to fetch, here tiles, else weights: the smaller of them is better. */
    shape->streamed = large && is_small(shape) && shape->tiles < shape->oc;
    int tiles = shape->streamed ? shape->tiles : clamp(shape->band * shape->tiles_x, 1, shape->tiles);
    int bytes = OG_WINOGRAD_AREA * (int)sizeof(float) * (shape->ic + columns * shape->lanes);
    for (int i = 0; i < (int)(sizeof products / sizeof products[0]); i++) {
        int rows = products[i].rows;
        if (!products[i].serves[isa] || products[i].columns != columns)
            continue;
        int block = clamp((large ? LARGE_BLOCK_BYTES : BLOCK_BYTES) / bytes / rows, 2, large ? tiles : 8) * rows;
        if (shape->streamed || block > tiles)
            block = round_up(tiles, rows);
        double cost = (double)computed(tiles, block, rows) / tiles * (1 + 0.7 / (rows * columns));
        if (least == 0 || cost < least) {
            least = cost;
            shape->rows = rows;
            shape->columns = columns;
            shape->piece = piece_of(shape);
            shape->block = block;
            shape->room = odd(block);
        }
    }
}

/* Partial sums of the gradient by weights: several, or one where they are larger than the tiles, half of which another
 * thread made. */
static void choose_parts(og__winograd *shape)
{
    size_t sums = weights_bytes(shape);
    bool large = sums > LARGE_SUMS_BYTES;
    int parts = clamp(large ? PARTS_LEAST / 2 : PARTS_LEAST, 1, shape->bands);
    shape->w_together = large && 2 * (size_t)parts * sums > (size_t)shape->tiles * (size_t)tile_bytes(shape);
    shape->w_streamed = shape->w_together && is_small(shape);
    shape->w_parts = shape->w_together ? 1 : parts;
    shape->w_group = shape->w_streamed ? shape->bands : shape->w_together ? group_of(shape) : 1;
    int tiles = clamp(shape->w_group * shape->band * shape->tiles_x, 1, shape->tiles);
    int most = clamp((large ? LARGE_BLOCK_BYTES : W_BLOCK_BYTES) / tile_bytes(shape), 1, tiles);
    int blocks = (tiles + most - 1) / most;
    shape->w_block = shape->w_together ? tiles : (tiles + blocks - 1) / blocks;
    shape->w_room = odd(shape->w_block);
}

og__winograd og__winograd_of(int n, int ic, int oc, int h, int w, og__isa isa)
{
    int lanes = og__isa_lanes(isa);
    og__winograd shape = {
        .lanes = lanes, .n = n, .h = h, .w = w, .ic = og__isa_padded(isa, ic), .oc = og__isa_padded(isa, oc)};
    shape.tiles_x = (w + OG_WINOGRAD_TILE - 1) / OG_WINOGRAD_TILE;
    shape.tiles_y = (h + OG_WINOGRAD_TILE - 1) / OG_WINOGRAD_TILE;
    shape.tiles = n * shape.tiles_x * shape.tiles_y;
    choose_bands(&shape);
    choose_block(&shape, isa);
    choose_parts(&shape);
    return shape;
}

int og__winograd_steps(const og__winograd *shape, int count)
{
    return OG_WINOGRAD_AREA * og__winograd_groups(shape) * ((count + shape->rows - 1) / shape->rows);
}

int og__winograd_w_steps(const og__winograd *shape, int count)
{
    int pairs = (shape->oc / shape->lanes + 1) / 2, rows = shape->ic / OG_CORRELATE_ROWS_OF(shape->lanes);
    return OG_WINOGRAD_AREA * pairs * rows * ((count + OG_AHEAD_TERMS - 1) / OG_AHEAD_TERMS);
}

size_t og__winograd_weights(const og__winograd *shape)
{
    return og__winograd_floats(shape, og__winograd_group(shape, 0)) * (size_t)og__winograd_groups(shape);
}

size_t og__winograd_values(const og__winograd *shape, int room)
{
    return (size_t)OG_WINOGRAD_AREA * (size_t)shape->ic * (size_t)room;
}

size_t og__winograd_sums(const og__winograd *shape, int room)
{
    return (size_t)OG_WINOGRAD_AREA * (size_t)(shape->columns * shape->lanes) * (size_t)room;
}

size_t og__winograd_slopes(const og__winograd *shape, int room)
{
    return (size_t)OG_WINOGRAD_AREA * (size_t)shape->oc * (size_t)room;
}

size_t og__winograd_gradient(const og__winograd *shape)
{
    return og__winograd_floats(shape, og__winograd_whole(shape));
}

og__winograd_band og__winograd_band_at(const og__winograd *shape, int band)
{
    int per_image = (shape->tiles_y + shape->band - 1) / shape->band;
    og__winograd_band b = {.image = band / per_image, .row = band % per_image * shape->band};
    b.rows = shape->tiles_y - b.row < shape->band ? shape->tiles_y - b.row : shape->band;
    b.tile = b.row * shape->tiles_x;
    b.count = b.rows * shape->tiles_x;
    b.index = b.image * shape->tiles_x * shape->tiles_y + b.tile;
    return b;
}

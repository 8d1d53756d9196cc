#include "data/deal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

/* A deal on its way. Rows of `traits` are those of `units`, by `row`. */
typedef struct deal {
    size_t count;
    og__unit *units;
    int share_count, trait_count;
    const bool *traits;
    size_t *rows;  /* (count) the row of each unit's traits */
    double *needs; /* (1 + trait_count, share_count) images that each share lacks: of all, then of each trait */
} deal;

typedef struct placed {
    og__unit unit;
    size_t row;
} placed;

static int compare_placed(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->unit.key != y->unit.key)
        return x->unit.key < y->unit.key ? -1 : 1;
    int order = strcmp(x->unit.name, y->unit.name);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* FNV-1a of a name, which numbers the stream of its chance. */
static uint64_t number_of(const char *name)
{
    uint64_t number = 0xcbf29ce484222325u;
    for (; *name; name++)
        number = (number ^ (unsigned char)*name) * 0x100000001b3u;
    return number;
}

static og_status shuffle(uint64_t seed, deal *in)
{
    placed *order;
    OG_TRY(og__alloc(in->count, sizeof *order, &order));
    for (size_t i = 0; i < in->count; i++) {
        og__random random = og__random_at(seed, OG_STREAM_SPLIT, number_of(in->units[i].name));
        uint64_t high = og__random_u32(&random);
        in->units[i].key = high << 32 | og__random_u32(&random);
        order[i] = (placed){in->units[i], i};
    }
    qsort(order, in->count, sizeof *order, compare_placed);
    for (size_t i = 0; i < in->count; i++) {
        in->units[i] = order[i].unit;
        in->units[i].share = -1;
        in->rows[i] = order[i].row;
    }
    free(order);
    return OG_OK;
}

static bool has(const deal *in, size_t unit, int trait)
{
    return in->traits[in->rows[unit] * (size_t)in->trait_count + (size_t)trait];
}

static double *need(const deal *in, int row, int share)
{
    return &in->needs[row * in->share_count + share];
}

/* The share that lacks most in a row, then most of all images; the first of equals. */
static int neediest(const deal *in, int row)
{
    int best = 0;
    for (int s = 1; s < in->share_count; s++) {
        double gain = *need(in, row, s) - *need(in, row, best);
        if (gain > 1e-9 || (gain > -1e-9 && *need(in, 0, s) - *need(in, 0, best) > 1e-9))
            best = s;
    }
    return best;
}

static void give(deal *in, size_t unit, int share)
{
    double size = (double)in->units[unit].size;
    in->units[unit].share = share;
    *need(in, 0, share) -= size;
    for (int t = 0; t < in->trait_count; t++)
        if (has(in, unit, t))
            *need(in, t + 1, share) -= size;
}

/* The trait with the fewest units left to deal, or -1 when none has any. */
static int rarest(const deal *in)
{
    int best = -1;
    size_t fewest = 0;
    for (int t = 0; t < in->trait_count; t++) {
        size_t left = 0;
        for (size_t i = 0; i < in->count; i++)
            left += in->units[i].share < 0 && has(in, i, t);
        if (left && (best < 0 || left < fewest)) {
            best = t;
            fewest = left;
        }
    }
    return best;
}

/* Large groups can leave a share without any: it takes the last unit of the share that has most units. */
static void fill_empty(deal *in)
{
    for (int s = 0; s < in->share_count; s++) {
        size_t units[2] = {0}; /* of this share, of the fullest */
        int fullest = 0;
        for (int other = 0; other < in->share_count; other++) {
            size_t here = 0;
            for (size_t i = 0; i < in->count; i++)
                here += in->units[i].share == other;
            if (other == s)
                units[0] = here;
            if (here > units[1]) {
                units[1] = here;
                fullest = other;
            }
        }
        for (size_t i = in->count; units[0] == 0 && i-- > 0;)
            if (in->units[i].share == fullest) {
                in->units[i].share = s;
                break;
            }
    }
}

og_status og__deal(uint64_t seed, size_t count, og__unit *units, int share_count, const double *parts, int trait_count,
                   const bool *traits)
{
    assert(count >= (size_t)share_count);
    og_status status = OG_OK;
    deal in = {count, units, share_count, trait_count, traits, NULL, NULL};
    OG_GO(og__alloc(count, sizeof *in.rows, &in.rows));
    OG_GO(og__alloc((size_t)(1 + trait_count) * (size_t)share_count, sizeof *in.needs, &in.needs));
    OG_GO(shuffle(seed, &in));
    for (int s = 0; s < share_count; s++)
        for (size_t i = 0; i < count; i++) {
            *need(&in, 0, s) += parts[s] * (double)units[i].size;
            for (int t = 0; t < trait_count; t++)
                *need(&in, t + 1, s) += has(&in, i, t) ? parts[s] * (double)units[i].size : 0;
        }
    for (int trait; (trait = rarest(&in)) >= 0;)
        for (size_t i = 0; i < count; i++)
            if (units[i].share < 0 && has(&in, i, trait))
                give(&in, i, neediest(&in, trait + 1));
    for (size_t i = 0; i < count; i++)
        if (units[i].share < 0)
            give(&in, i, neediest(&in, 0));
    fill_empty(&in);
done:
    free(in.rows);
    free(in.needs);
    return status;
}

/* Dealing units (images, or groups of images that belong together) out to shares, such as folds, evenly. */
#ifndef OG_DATA_DEAL_H
#define OG_DATA_DEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct og__unit {
    const char *name;
    size_t size;     /* images in it */
    size_t position; /* the caller's */
    int share;       /* written: 0 to share_count - 1 */
    uint64_t key;    /* its place in the order of chance */
} og__unit;

/*
 * Deal units out so that each share gets its part of the images, and of the images with each trait.
 *
 * Units come in an order that chance gives their names: the result depends on (seed, names, sizes, traits), not on the
 * order of the units. Each takes the share that lacks most; with traits, those of the rarest trait come first, and
 * take the share that lacks most of it. No share stays empty.
 *
 * @param units     their order is changed to that of chance
 * @param parts     (share_count) positive, summing to 1
 * @param traits    bool[count, trait_count] in the given order of the units; NULL when trait_count is 0
 *
 * @return OG_OK, or OG_ERR_MEMORY; count >= share_count is the caller's duty
 *
 * Source: Sechidis, Tsoumakas, Vlahavas, "On the Stratification of Multi-Label Data" (ECML PKDD 2011), algorithm 1,
 * with images counted in place of examples.
 */
og_status og__deal(uint64_t seed, size_t count, og__unit *units, int share_count, const double *parts, int trait_count,
                   const bool *traits);

#endif

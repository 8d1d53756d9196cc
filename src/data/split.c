/* Which samples are learned from and which are held out. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/dataset.h"

static bool is_declared(const og__listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        if (listing->pairs[i].part == OG_PART_VALIDATION || listing->pairs[i].validation.count)
            return true;
    return false;
}

/* Hold out whole pairs, never slices of a volume: neighbouring slices are nearly the same picture. */
static og_status hold_out(og_dataset *data, double share, uint64_t seed)
{
    og_status status = OG_OK;
    size_t pairs = data->listing.count, held = (size_t)floor(share * (double)pairs + 0.5);
    size_t *order = NULL;
    bool *out = NULL;
    if (pairs < 2)
        return data->count < 2
                   ? og__findings_add(&data->listing.findings, OG_SEVERITY_WARNING,
                                      "a single image: nothing is held out")
                   : og__fail(OG_ERR_DATA,
                              "'%s' is one volume, and its slices are too alike to be held out at random; say in a "
                              "YAML file which slices are held out ('validation: 50-69')",
                              data->listing.pairs[0].image);
    held = held < 1 ? 1 : held > pairs - 1 ? pairs - 1 : held;
    OG_GO(og__alloc(pairs, sizeof *order, &order));
    OG_GO(og__alloc(pairs, sizeof *out, &out));
    for (size_t i = 0; i < pairs; i++)
        order[i] = i;
    og__random random = og__random_at(seed, OG_STREAM_SPLIT, 0);
    for (size_t i = 0; i < held; i++) { /* the first steps of a Fisher-Yates shuffle of the sorted names */
        size_t other = i + og__random_below(&random, (uint32_t)(pairs - i)), spare = order[i];
        order[i] = order[other];
        order[other] = spare;
        out[order[i]] = true;
    }
    for (size_t i = 0; i < data->count; i++)
        if (out[data->samples[i].pair])
            data->samples[i].part = OG_PART_VALIDATION;
    OG_GO(og__findings_add(&data->listing.findings, OG_SEVERITY_NOTE,
                           "%zu of %zu images are held out at random (split seed %llu)", held, pairs,
                           (unsigned long long)seed));
done:
    free(order);
    free(out);
    return status;
}

og_status og__split(og_dataset *data, double share, uint64_t seed)
{
    if (!is_declared(&data->listing) && share > 0)
        OG_TRY(hold_out(data, share, seed));
    for (int p = 0; p < OG_PART_COUNT; p++) {
        OG_TRY(og__alloc(data->count, sizeof *data->parts[p], &data->parts[p]));
        for (size_t i = 0; i < data->count; i++)
            if (data->samples[i].part == (og_part)p)
                data->parts[p][data->part_counts[p]++] = i;
    }
    for (size_t i = 0; i < data->count; i++)
        data->digest = (data->digest ^ (uint64_t)data->samples[i].part) * 0x100000001b3u;
    if (data->part_counts[OG_PART_TRAIN] == 0)
        return og__fail(OG_ERR_DATA, "'%s' has no training images: %zu are held out, the others are left out",
                        data->listing.name, data->count);
    return OG_OK;
}

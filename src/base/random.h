/* Counter-based random numbers: any number of any stream can be had without the ones before it,
 * so that results do not depend on threads, order or resumption.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), Philox4x32-10. */
#ifndef OG_BASE_RANDOM_H
#define OG_BASE_RANDOM_H

#include <stdint.h>

/* What a random number is for. A stream never borrows from another, so that adding one leaves the others' numbers
 * alone. */
typedef enum og__stream {
    OG_STREAM_WEIGHTS = 1, /* initial weights: item = parameter tensor */
    OG_STREAM_ORDER,       /* order of the samples: item = epoch */
    OG_STREAM_PATCH,       /* where a patch is cut: item = sample's running number */
    OG_STREAM_AUGMENT,     /* augmentation: item = sample's running number */
    OG_STREAM_SPLIT,       /* training and validation parts */
    OG_STREAM_TEST,        /* tests and benchmarks */
    OG_STREAM_FLIP,        /* sign patterns of the permutation test: item = blocks */
    OG_STREAM_ACT,         /* initial parameters of activations: item = layer, and which of its tensors */
    OG_STREAM_NOISE,       /* noise in activations, by layer: item = step, image and channel */
    OG_STREAM_DROPOUT,     /* which channels are dropped, by layer: item = step, image and channel */
    OG_STREAM_POSTERIOR,   /* draws of the Bayesian signed-rank test: item = blocks */
    OG_STREAM_RESAMPLE,    /* resampled blocks: item = blocks */
    OG_STREAM_PROPOSE,     /* proposals of a study: item = trial */
} og__stream;

/* The part of a stream that belongs to one layer of a network. */
static inline og__stream og__stream_of_layer(og__stream stream, int layer)
{
    return (og__stream)((unsigned)stream | (unsigned)layer << 8);
}

/* A cursor over one stream's numbers of one item. */
typedef struct og__random {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t block[4];
    int used; /* numbers of `block` already given out */
} og__random;

og__random og__random_at(uint64_t seed, og__stream stream, uint64_t item);
uint32_t og__random_u32(og__random *random);

/* Uniform in [0, 1), 24 bits. */
float og__random_uniform(og__random *random);

/* Uniform integer in [0, bound), bound >= 1, without bias. */
uint32_t og__random_below(og__random *random, uint32_t bound);

/* Standard normal (Box-Muller, in double). */
float og__random_normal(og__random *random);

/* Ten rounds of Philox4x32: block = P(counter, key). */
void og__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4]);

#endif

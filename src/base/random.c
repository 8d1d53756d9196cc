#include "base/random.h"

#include <math.h>

void og__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t block[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u; /* the golden ratio and sqrt(3) - 1, the paper's Weyl constants */
        k1 += 0xBB67AE85u;
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
}

og__random og__random_at(uint64_t seed, og__stream stream, uint64_t item)
{
    return (og__random){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, (uint32_t)stream, (uint32_t)item, (uint32_t)(item >> 32)},
        .used = 4,
    };
}

uint32_t og__random_u32(og__random *random)
{
    if (random->used == 4) {
        og__philox(random->counter, random->key, random->block);
        random->counter[0]++;
        random->used = 0;
    }
    return random->block[random->used++];
}

float og__random_uniform(og__random *random)
{
    return (float)(og__random_u32(random) >> 8) * 0x1p-24f;
}

uint32_t og__random_below(og__random *random, uint32_t bound)
{
    uint32_t reject = (0u - bound) % bound; /* 2^32 mod bound: below it the remainder would be biased */
    uint32_t value;
    do
        value = og__random_u32(random);
    while (value < reject);
    return value % bound;
}

float og__random_normal(og__random *random)
{
    double u = ((double)og__random_u32(random) + 0.5) * 0x1p-32, v = (double)og__random_u32(random) * 0x1p-32;
    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

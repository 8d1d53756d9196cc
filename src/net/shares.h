/* Units of parallel work, dealt so that a thread gets the same part of each pass: what it wrote in one is in its own
 * cache for the next. A thread that has done its share helps with the others', so that one which lost its core to
 * another program keeps nobody waiting. */
#ifndef OG_NET_SHARES_H
#define OG_NET_SHARES_H

#include <stdatomic.h>
#include <stdint.h>

enum { OG_SHARES_MAX = 64 };

typedef struct og__shares {
    int units, shares;
    atomic_int next[OG_SHARES_MAX]; /* unit of each share that nobody has taken */
} og__shares;

/* The first unit of one of several shares, as equal as may be; of the one behind the last, the number of units. */
static inline int og__share_begin(int64_t units, int share, int shares)
{
    return (int)(units * share / shares);
}

static inline void og__shares_deal(og__shares *s, int units, int threads)
{
    s->units = units;
    s->shares = threads < OG_SHARES_MAX ? threads : OG_SHARES_MAX;
    for (int share = 0; share < s->shares; share++)
        atomic_init(&s->next[share], og__share_begin(units, share, s->shares));
}

/* The next unit for a thread, or -1. */
static inline int og__shares_take(og__shares *s, int thread)
{
    for (int i = 0; i < s->shares; i++) {
        int share = (thread + i) % s->shares, end = og__share_begin(s->units, share + 1, s->shares);
        if (atomic_load_explicit(&s->next[share], memory_order_relaxed) >= end)
            continue;
        int unit = atomic_fetch_add_explicit(&s->next[share], 1, memory_order_relaxed);
        if (unit < end)
            return unit;
    }
    return -1;
}

#endif

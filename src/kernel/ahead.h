/* Memory that is fetched into the cache while a kernel computes, so that what comes next need not wait for it: some
 * lines at each of the kernel's steps. Nothing is read: places need not be what comes next, only mapped. */
#ifndef OG_KERNEL_AHEAD_H
#define OG_KERNEL_AHEAD_H

#include <stddef.h>

enum { OG_AHEAD_PARTS = 3, OG_AHEAD_LINE = 64 /* bytes */ };

/* A sum over tiles (product.h) takes a step for so many of them, and has so many rows. */
enum { OG_AHEAD_TERMS = 16 };
#define OG_CORRELATE_ROWS_OF(lanes) ((lanes) == 16 ? 8 : 4)

/* A window of a tensor: rows of some planes. */
typedef struct og__ahead_part {
    const float *from;
    size_t plane, row;       /* floats from one to the next */
    int planes, rows, lines; /* lines of a row */
} og__ahead_part;

typedef struct og__ahead {
    og__ahead_part parts[OG_AHEAD_PARTS];
    int count;                  /* of parts */
    int pace;                   /* lines of a step */
    int part, plane, row, line; /* the next one */
} og__ahead;

/* Spread all lines over so many steps. */
static inline void og__ahead_spread(og__ahead *ahead, int steps)
{
    size_t lines = 0;
    for (int i = 0; i < ahead->count; i++) {
        const og__ahead_part *p = &ahead->parts[i];
        lines += (size_t)p->planes * (size_t)p->rows * (size_t)p->lines;
    }
    ahead->pace = steps > 0 ? (int)((lines + (size_t)steps - 1) / (size_t)steps) : 0;
}

/* Go on behind a row. */
static inline void og__ahead_wrap(og__ahead *ahead, const og__ahead_part *part)
{
    ahead->line = 0;
    if (++ahead->row < part->rows)
        return;
    ahead->row = 0;
    if (++ahead->plane < part->planes)
        return;
    ahead->plane = 0;
    ahead->part++;
}

/* The next lines; NULL has none. */
static inline void og__ahead_step(og__ahead *ahead)
{
    if (!ahead)
        return;
    for (int left = ahead->pace; left > 0 && ahead->part < ahead->count;) {
        const og__ahead_part *part = &ahead->parts[ahead->part];
        const char *at =
            (const char *)(part->from + (size_t)ahead->plane * part->plane + (size_t)ahead->row * part->row);
        int lines = part->lines - ahead->line < left ? part->lines - ahead->line : left;
        for (int i = ahead->line; i < ahead->line + lines; i++)
            __builtin_prefetch(at + (ptrdiff_t)i * OG_AHEAD_LINE, 0, 2);
        left -= lines;
        ahead->line += lines;
        if (ahead->line == part->lines)
            og__ahead_wrap(ahead, part);
    }
}

#endif

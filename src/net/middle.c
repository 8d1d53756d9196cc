#include "net/middle.h"

#include <string.h>

og__middle og__middle_of(int blocks, int h, int w, int edge, int lanes, int threads)
{
    size_t line = (size_t)w * (size_t)lanes;
    return (og__middle){.run = (size_t)(w - 2 * edge) * (size_t)lanes,
                        .line = line,
                        .first = (size_t)edge * (line + (size_t)lanes),
                        .block = (size_t)h * line,
                        .rows = h - 2 * edge,
                        .blocks = blocks,
                        .threads = threads};
}

/* dst (+)= src */
static void copy(size_t count, bool add, const float *src, float *dst)
{
    if (!add)
        memcpy(dst, src, count * sizeof *dst);
    for (size_t i = 0; i < count && add; i++)
        dst[i] += src[i];
}

void og__middle_take(const og__middle *m, bool add, const float *around, float *middle)
{
#pragma omp parallel for num_threads(m->threads) schedule(static)
    for (int i = 0; i < m->blocks * m->rows; i++) {
        const float *block = around + (size_t)(i / m->rows) * m->block;
        copy(m->run, add, block + m->first + (size_t)(i % m->rows) * m->line, middle + (size_t)i * m->run);
    }
}

void og__middle_put(const og__middle *m, bool add, const float *middle, float *around)
{
#pragma omp parallel for num_threads(m->threads) schedule(static)
    for (int i = 0; i < m->blocks; i++) {
        float *block = around + (size_t)i * m->block;
        if (!add)
            memset(block, 0, m->block * sizeof *block);
        for (int row = 0; row < m->rows; row++)
            copy(m->run, add, middle + ((size_t)i * (size_t)m->rows + (size_t)row) * m->run,
                 block + m->first + (size_t)row * m->line);
    }
}

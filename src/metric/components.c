#include "metric/components.h"

#include <stdlib.h>

#include "base/memory.h"

/* The half of the neighbourhood that a scan has passed already: dz, dy, dx, those across faces first. */
enum { FACES = 3, NEIGHBOURS = 13 };
static const int behind[NEIGHBOURS][3] = {
    {0, 0, -1},  {0, -1, 0},  {-1, 0, 0}, {0, -1, -1}, {0, -1, 1}, {-1, -1, -1}, {-1, -1, 0},
    {-1, -1, 1}, {-1, 0, -1}, {-1, 0, 1}, {-1, 1, -1}, {-1, 1, 0}, {-1, 1, 1},
};

/* Union-find over provisional numbers: the parent of each, the smallest number of a set being its root. */
static uint32_t find_root(uint32_t *parents, uint32_t number)
{
    while (parents[number] != number) {
        parents[number] = parents[parents[number]];
        number = parents[number];
    }
    return number;
}

static void unite(uint32_t *parents, uint32_t a, uint32_t b)
{
    a = find_root(parents, a);
    b = find_root(parents, b);
    if (a < b)
        parents[b] = a;
    else
        parents[a] = b;
}

/* First scan: provisional numbers. Returns how many. */
static uint32_t scan(int d, int h, int w, int neighbours, const uint8_t *mask, uint32_t *numbers, uint32_t *parents)
{
    uint32_t count = 0;
    size_t i = 0;
    for (int z = 0; z < d; z++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++, i++) {
                numbers[i] = 0;
                if (!mask[i])
                    continue;
                for (int n = 0; n < neighbours; n++) {
                    int nz = z + behind[n][0], ny = y + behind[n][1], nx = x + behind[n][2];
                    if (nz < 0 || ny < 0 || nx < 0 || ny >= h || nx >= w)
                        continue;
                    uint32_t other = numbers[((size_t)nz * (size_t)h + (size_t)ny) * (size_t)w + (size_t)nx];
                    if (other != 0 && numbers[i] != 0)
                        unite(parents, numbers[i], other);
                    else if (other != 0)
                        numbers[i] = other;
                }
                if (numbers[i] == 0) {
                    numbers[i] = ++count;
                    parents[count] = count;
                }
            }
    return count;
}

og_status og__components_find(int d, int h, int w, bool full_neighbours, int64_t smallest, const uint8_t *mask,
                              uint32_t *numbers, uint32_t *count)
{
    og_status status = OG_OK;
    size_t pixels = (size_t)d * (size_t)h * (size_t)w;
    uint32_t *parents = NULL, *final = NULL;
    int64_t *sizes = NULL;
    *count = 0;
    /* A provisional number begins where the pixel before is not set: every second pixel at most. */
    if (pixels / 2 + 2 > UINT32_MAX)
        return og__fail(OG_ERR_UNSUPPORTED, "objects of an image of %d x %d x %d pixels: it has too many", w, h, d);
    OG_GO(og__alloc(pixels / 2 + 2 + (size_t)h * (size_t)d, sizeof *parents, &parents));
    uint32_t provisional = scan(d, h, w, full_neighbours ? NEIGHBOURS : FACES, mask, numbers, parents);
    OG_GO(og__alloc((size_t)provisional + 1, sizeof *sizes, &sizes));
    OG_GO(og__alloc((size_t)provisional + 1, sizeof *final, &final));
    for (size_t i = 0; i < pixels; i++)
        if (numbers[i] != 0)
            sizes[find_root(parents, numbers[i])]++;
    for (uint32_t n = 1; n <= provisional; n++) /* a root is the smallest number of its set: it is met first */
        if (parents[n] == n && sizes[n] >= smallest)
            final[n] = ++*count;
    for (size_t i = 0; i < pixels; i++)
        if (numbers[i] != 0)
            numbers[i] = final[find_root(parents, numbers[i])];
done:
    free(parents);
    free(final);
    free(sizes);
    return status;
}

#include "metric/surface.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metric/distance.h"

/* The part of the grid that holds both masks: beyond it there is nothing to be near to. */
typedef struct box {
    int first[3], count[3]; /* x, y, z */
} box;

static bool find_box(int d, int h, int w, const uint8_t *truth, const uint8_t *guess, box *found)
{
    int low[3] = {w, h, d}, high[3] = {-1, -1, -1};
    size_t i = 0;
    for (int z = 0; z < d; z++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++, i++) {
                if (!truth[i] && !guess[i])
                    continue;
                const int at[3] = {x, y, z};
                for (int a = 0; a < 3; a++) {
                    low[a] = at[a] < low[a] ? at[a] : low[a];
                    high[a] = at[a] > high[a] ? at[a] : high[a];
                }
            }
    for (int a = 0; a < 3; a++) {
        found->first[a] = low[a];
        found->count[a] = high[a] - low[a] + 1;
    }
    return high[0] >= 0;
}

static size_t box_pixels(const box *part)
{
    return (size_t)part->count[0] * (size_t)part->count[1] * (size_t)part->count[2];
}

static bool is_set(const box *part, const uint8_t *mask, int h, int w, int x, int y, int z)
{
    if (x < 0 || y < 0 || z < 0 || x >= part->count[0] || y >= part->count[1] || z >= part->count[2])
        return false;
    size_t row = (size_t)(z + part->first[2]) * (size_t)h + (size_t)(y + part->first[1]);
    return mask[row * (size_t)w + (size_t)(x + part->first[0])] != 0;
}

/* Set `border`, of the box, where the mask has a border pixel; their number. */
static size_t find_border(const box *part, int d, int h, int w, const uint8_t *mask, uint8_t *border)
{
    size_t i = 0, count = 0;
    for (int z = 0; z < part->count[2]; z++)
        for (int y = 0; y < part->count[1]; y++)
            for (int x = 0; x < part->count[0]; x++, i++) {
                bool inner = is_set(part, mask, h, w, x - 1, y, z) && is_set(part, mask, h, w, x + 1, y, z) &&
                             is_set(part, mask, h, w, x, y - 1, z) && is_set(part, mask, h, w, x, y + 1, z);
                if (inner && d > 1)
                    inner = is_set(part, mask, h, w, x, y, z - 1) && is_set(part, mask, h, w, x, y, z + 1);
                border[i] = is_set(part, mask, h, w, x, y, z) && !inner;
                count += border[i];
            }
    return count;
}

/* distances[]: from each border pixel of `from` to the nearest one of `to`; room: one float per pixel of the box. */
static og_status measure(const box *part, const double spacing[3], const uint8_t *from, const uint8_t *to, float *room,
                         float *distances)
{
    size_t count = 0;
    OG_TRY(og__distance_squared(part->count[2], part->count[1], part->count[0], spacing, to, room));
    for (size_t i = 0; i < box_pixels(part); i++)
        if (from[i])
            distances[count++] = sqrtf(room[i]);
    return OG_OK;
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(size_t count, const float *sorted, double share)
{
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double)below) * ((double)sorted[above] - sorted[below]);
}

static double mean_of(size_t count, const float *values)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static size_t within(size_t count, const float *values, double tolerance)
{
    size_t near = 0;
    for (size_t i = 0; i < count; i++)
        near += values[i] <= (float)tolerance;
    return near;
}

/* distances: those from the truth, then those from the prediction. */
static void summarise(size_t truth_count, size_t guess_count, float *distances, double tolerance, og__surface *surface)
{
    size_t all = truth_count + guess_count;
    const float *from_guess = distances + truth_count;
    size_t truth_near = within(truth_count, distances, tolerance),
           guess_near = within(guess_count, from_guess, tolerance);
    double recall = (double)truth_near / (double)truth_count, precision = (double)guess_near / (double)guess_count;
    surface->assd = mean_of(all, distances);
    surface->nsd = (double)(truth_near + guess_near) / (double)all;
    surface->boundary_f = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
    qsort(distances, all, sizeof *distances, compare_floats);
    surface->hd95 = percentile(all, distances, 0.95);
}

og_status og__surface_compare(int d, int h, int w, const double spacing[3], double tolerance, const uint8_t *truth,
                              const uint8_t *guess, og__surface *surface)
{
    og_status status = OG_OK;
    box part;
    uint8_t *truth_border = NULL, *guess_border = NULL;
    float *room = NULL, *distances = NULL;
    *surface = (og__surface){NAN, NAN, NAN, NAN};
    if (!find_box(d, h, w, truth, guess, &part))
        return OG_OK;
    OG_GO(og__alloc(box_pixels(&part), 1, &truth_border));
    OG_GO(og__alloc(box_pixels(&part), 1, &guess_border));
    size_t truth_count = find_border(&part, d, h, w, truth, truth_border);
    size_t guess_count = find_border(&part, d, h, w, guess, guess_border);
    if (truth_count == 0 || guess_count == 0)
        goto done;
    OG_GO(og__alloc(box_pixels(&part), sizeof *room, &room));
    OG_GO(og__alloc(truth_count + guess_count, sizeof *distances, &distances));
    OG_GO(measure(&part, spacing, truth_border, guess_border, room, distances));
    OG_GO(measure(&part, spacing, guess_border, truth_border, room, distances + truth_count));
    summarise(truth_count, guess_count, distances, tolerance, surface);
done:
    free(truth_border);
    free(guess_border);
    free(room);
    free(distances);
    return status;
}

#include "data/near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    SIDE = 24,
    CELLS = SIDE * SIDE,
    POSITIONS = 8,
    COMPARISONS_MAX = 4000000, /* beyond this many pairs of images, only as they lie */
};
static const float alike = 0.99f;

/* Mean 0 and length 1, so that a dot product is the correlation; all 0 for a picture without contrast. */
typedef struct thumbnail {
    float cells[CELLS];
} thumbnail;

/* The mean over the rows [y0, y1) and columns [x0, x1); pixels at the edges count by the part that lies inside, so that
 * mirrored pictures have mirrored means. */
static double mean_of(const og_sample *sample, double y0, double y1, double x0, double x1)
{
    size_t plane = (size_t)sample->h * (size_t)sample->w;
    double sum = 0;
    for (int c = 0; c < sample->channels; c++)
        for (int y = (int)y0; y < sample->h && y < y1; y++)
            for (int x = (int)x0; x < sample->w && x < x1; x++)
                sum += (fmin(y + 1, y1) - fmax(y, y0)) * (fmin(x + 1, x1) - fmax(x, x0)) *
                       (double)sample->image[(size_t)c * plane + (size_t)y * (size_t)sample->w + (size_t)x];
    return sum / ((y1 - y0) * (x1 - x0) * sample->channels);
}

static void shrink(const og_sample *sample, thumbnail *out)
{
    double cells[CELLS], mean = 0, square = 0;
    for (int i = 0; i < CELLS; i++) {
        double y = i / SIDE, x = i % SIDE, height = (double)sample->h / SIDE, width = (double)sample->w / SIDE;
        cells[i] = mean_of(sample, y * height, (y + 1) * height, x * width, (x + 1) * width);
        mean += cells[i] / CELLS;
    }
    for (int i = 0; i < CELLS; i++)
        square += (cells[i] - mean) * (cells[i] - mean);
    for (int i = 0; i < CELLS; i++)
        out->cells[i] = square > 1e-12 * mean * mean ? (float)((cells[i] - mean) / sqrt(square)) : 0;
}

/* One of the eight positions: bit 0 mirrors x, bit 1 mirrors y, bit 2 swaps them. */
static void turn(const thumbnail *src, int position, thumbnail *dst)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int v = position & 4 ? x : y, u = position & 4 ? y : x;
            dst->cells[y * SIDE + x] =
                src->cells[(position & 2 ? SIDE - 1 - v : v) * SIDE + (position & 1 ? SIDE - 1 - u : u)];
        }
}

static float correlation(const thumbnail *a, const thumbnail *b)
{
    float lanes[16] = {0}, sum = 0;
    for (int i = 0; i < CELLS; i += 16)
        for (int lane = 0; lane < 16; lane++)
            lanes[lane] += a->cells[i + lane] * b->cells[i + lane];
    for (int lane = 0; lane < 16; lane++)
        sum += lanes[lane];
    return sum;
}

bool og__same_image(const og__source *a, const og__source *b)
{
    size_t count = (size_t)a->view.h * (size_t)a->view.w * (size_t)a->view.channels;
    return a->digest == b->digest && a->view.h == b->view.h && a->view.w == b->view.w &&
           memcmp(a->image, b->image, count * sizeof(float)) == 0;
}

static const og__source *source(const og_dataset *data, og_part part, size_t index)
{
    return &data->samples[data->parts[part][index]];
}

/* The training image that is most like a validation image, and how much. */
static const og__source *find_nearest(const og_dataset *data, const thumbnail *thumbnails, const og__source *held,
                                      int positions, float *most)
{
    const og__source *nearest = NULL;
    thumbnail turned[POSITIONS];
    *most = 0;
    for (int p = 0; p < positions; p++)
        turn(&thumbnails[held - data->samples], p, &turned[p]);
    for (size_t t = 0; t < data->part_counts[OG_PART_TRAIN]; t++) {
        const og__source *learned = source(data, OG_PART_TRAIN, t);
        if (learned->slices > 1 && learned->pair == held->pair)
            continue;
        for (int p = 0; p < positions; p++) {
            float here = correlation(&thumbnails[learned - data->samples], &turned[p]);
            if (here > *most) {
                *most = here;
                nearest = learned;
            }
        }
    }
    return nearest;
}

og_status og__near_find(const og_dataset *data, og__findings *findings, size_t *count)
{
    og_status status = OG_OK;
    og__names names = {0};
    thumbnail *thumbnails = NULL;
    size_t pairs = data->part_counts[OG_PART_TRAIN] * data->part_counts[OG_PART_VALIDATION];
    int positions = pairs > COMPARISONS_MAX ? 1 : POSITIONS;
    *count = 0;
    OG_GO(og__alloc(data->count, sizeof *thumbnails, &thumbnails));
    for (size_t i = 0; i < data->count; i++) {
        shrink(&data->samples[i].view, &thumbnails[i]);
        og__source_release(&data->samples[i]);
    }
    for (size_t v = 0; v < data->part_counts[OG_PART_VALIDATION]; v++) {
        const og__source *held = source(data, OG_PART_VALIDATION, v);
        float most;
        const og__source *nearest = find_nearest(data, thumbnails, held, positions, &most);
        if (most < alike || og__same_image(held, nearest))
            continue;
        og__text pair = {0};
        og__text_format(&pair, "%s ~ %s (%.3f)", held->name, nearest->name, (double)most);
        og__names_add(&names, og__text_get(&pair));
        og__text_deinit(&pair);
    }
    *count = names.count;
    if (names.count)
        status = og__findings_add(findings, OG_SEVERITY_WARNING,
                                  "validation images that are nearly the same as a training image (%zu; correlation of "
                                  "24 x 24 means) make scores look better than they are; keep such images together "
                                  "(--group): %s",
                                  names.count, og__names_get(&names));
done:
    og__names_deinit(&names);
    free(thumbnails);
    return status;
}

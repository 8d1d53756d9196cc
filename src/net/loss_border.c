/* The weights of the 2015 U-Net, which press it to learn the gaps between objects. */
#include "net/loss_mix.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/net.h>

#include "base/memory.h"
#include "base/status.h"
#include "metric/components.h"
#include "metric/distance.h"

/* The first and one behind the last pixel on each axis, z y x. */
typedef struct box {
    int from[3], to[3];
} box;

/* Working memory for one image. */
typedef struct field {
    uint8_t *mask;             /* (pixels) */
    uint32_t *numbers, *found; /* (pixels) objects of all classes, of one */
    float *nearest, *second;   /* (pixels) distances to objects */
    uint8_t *crop;             /* (pixels) */
    float *squared;            /* (pixels) */
    uint32_t count;            /* objects */
    box *boxes;                /* (count) */
} field;

static void deinit(field *f)
{
    free(f->mask);
    free(f->numbers);
    free(f->found);
    free(f->nearest);
    free(f->second);
    free(f->crop);
    free(f->squared);
    free(f->boxes);
}

static og_status init(size_t pixels, field *f)
{
    *f = (field){0};
    OG_TRY(og__alloc(pixels, sizeof *f->mask, &f->mask));
    OG_TRY(og__alloc(pixels, sizeof *f->numbers, &f->numbers));
    OG_TRY(og__alloc(pixels, sizeof *f->found, &f->found));
    OG_TRY(og__alloc(pixels, sizeof *f->nearest, &f->nearest));
    OG_TRY(og__alloc(pixels, sizeof *f->second, &f->second));
    OG_TRY(og__alloc(pixels, sizeof *f->crop, &f->crop));
    return og__alloc(pixels, sizeof *f->squared, &f->squared);
}

/* Objects: the connected components (across faces) of each class but the background. */
static og_status find_objects(const og__loss_shape *shape, const uint8_t *label, field *f)
{
    for (int k = 1; k < shape->classes; k++) {
        uint32_t count;
        bool any = false;
        for (size_t i = 0; i < shape->pixels; i++)
            any |= f->mask[i] = label[i] == k;
        if (!any)
            continue;
        OG_TRY(og__components_find(shape->d, shape->h, shape->w, false, 0, f->mask, f->found, &count));
        for (size_t i = 0; i < shape->pixels; i++)
            if (f->found[i])
                f->numbers[i] = f->count + f->found[i];
        f->count += count;
    }
    return OG_OK;
}

static og_status find_boxes(const og__loss_shape *shape, field *f)
{
    size_t i = 0;
    OG_TRY(og__alloc(f->count, sizeof *f->boxes, &f->boxes));
    for (uint32_t o = 0; o < f->count; o++)
        f->boxes[o] = (box){.from = {shape->d, shape->h, shape->w}};
    for (int z = 0; z < shape->d; z++)
        for (int y = 0; y < shape->h; y++)
            for (int x = 0; x < shape->w; x++, i++) {
                int at[3] = {z, y, x};
                for (int axis = 0; f->numbers[i] && axis < 3; axis++) {
                    box *b = &f->boxes[f->numbers[i] - 1];
                    b->from[axis] = at[axis] < b->from[axis] ? at[axis] : b->from[axis];
                    b->to[axis] = at[axis] + 1 > b->to[axis] ? at[axis] + 1 : b->to[axis];
                }
            }
    return OG_OK;
}

/* The pixel of an image at a place of a box. */
static size_t pixel_at(const og__loss_shape *shape, const box *b, int z, int y, int x)
{
    size_t row = (size_t)(b->from[0] + z) * (size_t)shape->h + (size_t)(b->from[1] + y);
    return row * (size_t)shape->w + (size_t)(b->from[2] + x);
}

/* Distances to one object, as far as `reach`, enter the nearest two of each pixel. */
static og_status add_object(const og__loss_shape *shape, uint32_t object, int reach, field *f)
{
    const int sizes[3] = {shape->d, shape->h, shape->w};
    const double spacing[3] = {1, 1, 1};
    box b = f->boxes[object];
    for (int axis = 0; axis < 3; axis++) {
        b.from[axis] = b.from[axis] > reach ? b.from[axis] - reach : 0;
        b.to[axis] = sizes[axis] - b.to[axis] > reach ? b.to[axis] + reach : sizes[axis];
    }
    int d = b.to[0] - b.from[0], h = b.to[1] - b.from[1], w = b.to[2] - b.from[2];
    size_t i = 0;
    for (int z = 0; z < d; z++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                f->crop[i++] = f->numbers[pixel_at(shape, &b, z, y, x)] == object + 1;
    OG_TRY(og__distance_squared(d, h, w, spacing, f->crop, f->squared));
    i = 0;
    for (int z = 0; z < d; z++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++, i++) {
                size_t at = pixel_at(shape, &b, z, y, x);
                float distance = sqrtf(f->squared[i]);
                if (distance < f->nearest[at]) {
                    f->second[at] = f->nearest[at];
                    f->nearest[at] = distance;
                } else if (distance < f->second[at]) {
                    f->second[at] = distance;
                }
            }
    return OG_OK;
}

/* Beyond this distance of the second object a weight is within 1/1000 of 1. */
static int reach_of(double w0, double sigma)
{
    return w0 > 1e-3 ? 1 + (int)(sigma * sqrt(2 * log(w0 * 1e3))) : 0;
}

static og_status weigh_image(const double *params, const og__loss_shape *shape, const uint8_t *label, float *weights)
{
    og_status status = OG_OK;
    double w0 = params[0], sigma = params[1];
    field f;
    OG_GO(init(shape->pixels, &f));
    OG_GO(find_objects(shape, label, &f));
    OG_GO(find_boxes(shape, &f));
    for (size_t i = 0; i < shape->pixels; i++)
        f.nearest[i] = f.second[i] = INFINITY;
    for (uint32_t object = 0; object < f.count; object++)
        OG_GO(add_object(shape, object, reach_of(w0, sigma), &f));
    for (size_t i = 0; i < shape->pixels; i++) {
        double sum = (double)f.nearest[i] + (double)f.second[i];
        weights[i] = label[i] == 0 ? (float)(1 + w0 * exp(-sum * sum / (2 * sigma * sigma))) : 1;
    }
done:
    deinit(&f);
    return status;
}

og_status og__loss_border(const double *params, const og__loss_shape *shape, const uint8_t *labels, float *weights)
{
    bool full = false;
#pragma omp parallel for num_threads(shape->threads) schedule(dynamic) reduction(|| : full)
    for (int i = 0; i < shape->n; i++) {
        size_t at = (size_t)i * shape->pixels;
        full |= weigh_image(params, shape, labels + at, weights + at) != OG_OK;
    }
    return full ? og__fail(OG_ERR_MEMORY, "the border weights have no memory; make the batch or the patches smaller")
                : OG_OK;
}

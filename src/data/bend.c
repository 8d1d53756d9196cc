#include "data/bend.h"

#include <string.h>

enum { POINTS = OG_BEND_POINTS };

void og__bend_draw(og__bend *bend, og__random *random, float sd_z, float sd)
{
    bend->used = true;
    bend->deep = sd_z > 0;
    for (int axis = bend->deep ? 0 : 1; axis < 3; axis++)
        for (int k = 0; k < (bend->deep ? POINTS : 1); k++)
            for (int i = 0; i < POINTS; i++)
                for (int j = 0; j < POINTS; j++)
                    bend->points[axis][k][i][j] = (axis == 0 ? sd_z : sd) * og__random_normal(random);
}

/* Where a pixel lies in the grid of points, and the weights of the four points about it (cubic B-spline). */
typedef struct knot {
    int first;
    float weights[4];
} knot;

static knot knot_at(int pixel, int count)
{
    float at = ((float)pixel + 0.5f) / (float)count * (float)OG_BEND_CELLS;
    int cell = (int)at < OG_BEND_CELLS ? (int)at : OG_BEND_CELLS - 1;
    float t = at - (float)cell, s = 1 - t;
    return (knot){
        cell, {s * s * s / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * s * s * s - 6 * s * s + 4) / 6, t * t * t / 6}};
}

/* dst[i] = the sum over the knot's four points of weight * src[point, i] */
static void blend(const knot *in, const float *src, size_t count, float *dst)
{
    for (size_t i = 0; i < count; i++) {
        dst[i] = 0;
        for (int k = 0; k < 4; k++)
            dst[i] += in->weights[k] * src[(size_t)(in->first + k) * count + i];
    }
}

void og__bend_cut_slice(const og__bend *bend, int z, int d, og__bend_slice *slice)
{
    knot in = knot_at(z, d);
    for (int axis = 0; axis < 3; axis++)
        if (bend->deep)
            blend(&in, bend->points[axis][0][0], (size_t)POINTS * POINTS, slice->points[axis][0]);
        else
            memcpy(slice->points[axis], bend->points[axis][0], sizeof slice->points[axis]);
}

void og__bend_cut_row(const og__bend_slice *slice, int y, int h, og__bend_row *row)
{
    knot in = knot_at(y, h);
    for (int axis = 0; axis < 3; axis++)
        blend(&in, slice->points[axis][0], POINTS, row->points[axis]);
}

void og__bend_at(const og__bend_row *row, int x, int w, float moved[3])
{
    knot in = knot_at(x, w);
    for (int axis = 0; axis < 3; axis++)
        blend(&in, row->points[axis], 1, &moved[axis]);
}

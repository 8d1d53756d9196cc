/* A smooth displacement of the pixels of a patch: a cubic B-spline over a grid of points. */
#ifndef OG_DATA_BEND_H
#define OG_DATA_BEND_H

#include <stdbool.h>

#include "base/random.h"

enum {
    OG_BEND_CELLS = 3,                  /* of the grid, along each side of the patch */
    OG_BEND_POINTS = OG_BEND_CELLS + 3, /* the spline looks one point before and two behind its cell */
};

/* Displacements along z, y, x in pixels. A bend that is not deep moves pixels within their slices, in all slices alike;
 * points[.][0] is then its grid. */
typedef struct og__bend {
    bool used, deep;
    float points[3][OG_BEND_POINTS][OG_BEND_POINTS][OG_BEND_POINTS];
} og__bend;

/* Draw displacements with these standard deviations; 0 along z for one that is not deep. */
void og__bend_draw(og__bend *bend, og__random *random, float sd_z, float sd);

/* The bend of one slice by rows and columns of points, and of one row by columns. */
typedef struct og__bend_slice {
    float points[3][OG_BEND_POINTS][OG_BEND_POINTS];
} og__bend_slice;
typedef struct og__bend_row {
    float points[3][OG_BEND_POINTS];
} og__bend_row;
void og__bend_cut_slice(const og__bend *bend, int z, int d, og__bend_slice *slice);
void og__bend_cut_row(const og__bend_slice *slice, int y, int h, og__bend_row *row);

/* The displacement of pixel x of a row of `w` along z, y, x. */
void og__bend_at(const og__bend_row *row, int x, int w, float moved[3]);

#endif

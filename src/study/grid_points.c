#include "study/grid_points.h"

#include <math.h>

enum { LEVELS = 3 };

static double level_of(const og__dimension *d, size_t level)
{
    if (d->kind == OG_DIMENSION_CHOICE)
        return (double)level;
    double low, high;
    og__dimension_box(d, &low, &high);
    return og__dimension_outward(d, low + (high - low) * (double)level / (LEVELS - 1));
}

/* Walk the grid from dimension d on; *left counts the points still to be passed by. */
static bool walk(const og__space *space, size_t d, size_t *left, double *point)
{
    if (d == space->count)
        return (*left)-- == 0;
    point[d] = NAN;
    if (!og__dimension_exists(space, d, point))
        return walk(space, d + 1, left, point);
    const og__dimension *dimension = &space->dimensions[d];
    size_t levels = dimension->kind == OG_DIMENSION_CHOICE ? og__dimension_choices(dimension) : LEVELS;
    for (size_t level = 0; level < levels; level++) {
        point[d] = level_of(dimension, level);
        if (walk(space, d + 1, left, point))
            return true;
    }
    return false;
}

bool og__grid_point(const og__space *space, size_t number, double *point)
{
    return walk(space, 0, &number, point);
}

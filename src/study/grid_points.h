/* The points of a grid over a space with conditions: every choice, and three places of every number. */
#ifndef OG_STUDY_GRID_POINTS_H
#define OG_STUDY_GRID_POINTS_H

#include "study/space.h"

/* Write point `number`, counting from 0; false behind the last. The first dimension changes slowest. */
bool og__grid_point(const og__space *space, size_t number, double *point);

#endif

/* A search space: named dimensions, some of which exist only where another one has a certain value.
 *
 * A point has one number per dimension: a real or whole number as it is, a choice as its index; NaN where the dimension
 * does not exist. These are the numbers that the store keeps as well (Optuna's internal representation). */
#ifndef OG_STUDY_SPACE_H
#define OG_STUDY_SPACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"
#include "base/status.h"

typedef enum og__dimension_kind { OG_DIMENSION_REAL, OG_DIMENSION_INT, OG_DIMENSION_CHOICE } og__dimension_kind;

enum { OG_NO_PARENT = -1 };

typedef struct og__dimension {
    const char *name; /* "lr", "act", "act.elu.a" */
    og__dimension_kind kind;
    double low, high; /* both belong to it; a choice: 0 and the number of choices less 1 */
    double step;      /* 0: any real number; whole numbers have at least 1 */
    bool log;         /* drawn evenly in the logarithm; low > 0 and, but for whole numbers by 1, no step */
    int parent;       /* index of a choice before it, or OG_NO_PARENT */
    int parent_choice;
    const char *const *choices; /* (high + 1) names of a choice */
} og__dimension;

typedef struct og__space {
    size_t count;
    const og__dimension *dimensions;
} og__space;

/* OG_ERR_ARGUMENT naming the dimension that is not as described above. */
og_status og__space_check(const og__space *space);

/* Whether a dimension exists at a point, whose earlier numbers are set. */
bool og__dimension_exists(const og__space *space, size_t index, const double *point);

size_t og__dimension_choices(const og__dimension *dimension);

/* The box in which a dimension is modelled: with half a step added at both ends, and in the logarithm if it is that. */
void og__dimension_box(const og__dimension *dimension, double *low, double *high);

/* From a number to where it stands in that box, and back: rounded to the steps, and kept within low and high. */
double og__dimension_inward(const og__dimension *dimension, double value);
double og__dimension_outward(const og__dimension *dimension, double inward);

/* Draw a dimension evenly over its box. */
double og__dimension_draw(const og__dimension *dimension, og__random *random);

/* Uniform in [0, 1), 53 bits. */
double og__draw_uniform(og__random *random);

#endif

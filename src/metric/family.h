/* Which metrics are computed at once. */
#ifndef OG_METRIC_FAMILY_H
#define OG_METRIC_FAMILY_H

#include <stdbool.h>

#include <ogive/score.h>

typedef enum og__family {
    OG__FAMILY_OVERLAP,
    OG__FAMILY_SURFACE,
    OG__FAMILY_OBJECT,
    OG__FAMILY_PARTITION,
    OG__FAMILY_CALIBRATION,
} og__family;

/* Whether a family's metrics can be had from counts over all images. */
#define OG__POOLS_OVERLAP true
#define OG__POOLS_SURFACE false
#define OG__POOLS_OBJECT true
#define OG__POOLS_PARTITION false
#define OG__POOLS_CALIBRATION true

bool og__metrics_need(og_metric_set set, og__family family);

#endif

/* Scores of segmentations: overlap, distances between borders, objects, partitions, calibration.
 *
 * Every number says what it is: `pooled` from counts over all images, or the mean over the images in which it exists.
 * A number that does not exist (a class that occurs neither in truth nor in prediction, a distance to a border that is
 * not there) is NaN here, null in JSON and n/a in tables, and is left out of means; how often is counted. */
#ifndef OGIVE_SCORE_H
#define OGIVE_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ogive/region.h>
#include <ogive/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum og_metric {
#define OG_METRIC(id, name, title, unit, family, scope, better, help) OG_METRIC_##id,
#include <ogive/metric.def>
#undef OG_METRIC
    OG_METRIC_COUNT
} og_metric;

typedef struct og_metric_info {
    const char *name;  /* "hd95" */
    const char *title; /* "HD95" */
    bool length;       /* in the unit of the images' spacing; else a share from 0 to 1 */
    bool per_class;    /* else one value over all classes */
    bool pooled;       /* has a value from counts over all images, beside the mean over images */
    bool higher;       /* more is better */
    const char *help;  /* one sentence without a full stop */
} og_metric_info;

OG_API const og_metric_info *og_metric_info_of(og_metric metric);

/* A set of metrics: bit 1 << og_metric of each. */
typedef uint32_t og_metric_set;

/**
 * Read a list such as "dice,hd95", or "all".
 *
 * @return OG_OK, or OG_ERR_NAME with the unknown name and the nearest known one
 */
OG_API og_status og_metric_set_parse(const char *text, og_metric_set *set);

typedef struct og_score_options {
    og_metric_set metrics;
    double tolerance;          /* of NSD and boundary F, in the unit of the spacing */
    bool full_neighbours;      /* objects touch at corners (8 or 26 neighbours), not at faces only (4 or 6) */
    int64_t smallest;          /* objects of fewer pixels are left out, on both sides */
    const og_regions *regions; /* what is scored instead of the classes, a class_index being og_regions_has()'s;
                                  borrowed by og_scorer_new(); NULL: the classes */
} og_score_options;

/** One image with its truth and its prediction; all borrowed. */
typedef struct og_scored_image {
    const char *name;
    int d, h, w;
    double spacing[3];     /* x, y, z */
    const uint8_t *truth;  /* (D, H, W) class, or OG_LABEL_IGNORE (ogive/net.h): those pixels are nobody's */
    const uint8_t *labels; /* (D, H, W) class */
    const float *probs;    /* (K, D, H, W); may be NULL where ECE is not asked for */
} og_scored_image;

typedef struct og_scorer og_scorer;

OG_API og_status og_scorer_new(int class_count, const og_score_options *options, og_scorer **scorer);
OG_API void og_scorer_free(og_scorer *scorer);

/**
 * Count and measure one image.
 *
 * @return OG_OK, OG_ERR_DATA for a label that is not below class_count, OG_ERR_MEMORY
 */
OG_API og_status og_scorer_add(og_scorer *scorer, const og_scored_image *image);

/** Whether lengths are millimetres: an image had another spacing than 1, which also stands for an unknown one. */
OG_API bool og_scorer_has_spacing(const og_scorer *scorer);

/** Whether some metric that is asked for reads probabilities. */
OG_API bool og_scorer_reads_probs(const og_scorer *scorer);

/** Most bytes that og_scorer_add() holds while it measures an image of so many pixels. */
OG_API size_t og_scorer_room_bytes(const og_scorer *scorer, size_t pixels);

OG_API size_t og_scorer_image_count(const og_scorer *scorer);
OG_API const char *og_scorer_image_name(const og_scorer *scorer, size_t image);

/** A metric of one class of one image (class 0 where the metric is over all classes); NaN where it does not exist. */
OG_API double og_scorer_value(const og_scorer *scorer, size_t image, og_metric metric, int class_index);

typedef struct og_score {
    double pooled;  /* NaN where the metric cannot be pooled */
    double mean;    /* over images */
    int64_t images; /* that have the value */
    int64_t absent; /* images with the class on one side only, where the metric therefore does not exist */
} og_score;

/** A metric over all images so far. */
OG_API og_score og_scorer_score(const og_scorer *scorer, og_metric metric, int class_index);

/** The mean of a metric per class over the classes but the background, each counting once; NaN when none has it. */
OG_API og_score og_scorer_mean(const og_scorer *scorer, og_metric metric);

/* --- objects --------------------------------------------------------------------------------------------------------
 */

/* A connected component of one class. Pixel (x, y, z) covers [x, x + 1) and so on. */
typedef struct og_object {
    int class_index;
    int64_t pixels;
    int first[3], last[3]; /* x, y, z: the box, both ends included */
    double centre[3];      /* x, y, z: mean of the pixels' centres */
} og_object;

/**
 * Find the objects of all classes but the background, in the order of class, then of their first pixel.
 *
 * @param labels    u8[D, H, W]
 * @param numbers   u32[D, H, W], written: the object's place in the list + 1, or 0; may be NULL
 * @param objects   written; released with free()
 *
 * @return OG_OK or OG_ERR_MEMORY
 */
OG_API og_status og_objects_find(int d, int h, int w, const uint8_t *labels, bool full_neighbours, int64_t smallest,
                                 uint32_t *numbers, og_object **objects, size_t *count);

#ifdef __cplusplus
}
#endif
#endif

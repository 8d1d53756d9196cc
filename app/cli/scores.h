/* Scores as JSON, as tables, and image by image as CSV. */
#ifndef CLI_SCORES_H
#define CLI_SCORES_H

#include <jansson.h>

#include <ogive/score.h>

/* What is shown beside the numbers. */
typedef struct score_view {
    const og_scorer *scorer;
    og_metric_set metrics;
    const char *const *class_names; /* (class_count) */
    int class_count;
    double tolerance;
} score_view;

/* "mean_dice", ..., "per_class" as in RUN/result.json, and "metrics". NULL when memory ran out. */
json_t *scores_document(const score_view *view);

/* One table per kind of metric and of mean. */
void scores_print(const score_view *view);

/* The "scores" member of RUN/result.json as a table. */
void scores_print_result(const json_t *document);

/* image,class,METRIC,...: one line per image and class, empty where there is no number. */
og_status scores_save_images(const score_view *view, const char *path);

#endif

/* Dice and IoU, as JSON and as a table. */
#ifndef CLI_SCORES_H
#define CLI_SCORES_H

#include <jansson.h>

#include <ogive/train.h>

/* "mean_dice", "mean_iou", ..., "per_class": the form that RUN/result.json has too. NULL when memory ran out. */
json_t *scores_document(const og_scores *scores, char *const *class_names);

/* Print such a document as a table. */
void scores_print(const json_t *document);

#endif

#include "scores.h"

#include <math.h>
#include <stdio.h>

#include "output.h"
#include "table.h"

json_t *scores_document(const og_scores *scores, char *const *class_names)
{
    json_t *classes = json_array();
    for (int i = 0; i < scores->class_count; i++) {
        og_class_score score = scores->classes[i];
        if (!score.has)
            score.dice = score.iou = score.image_dice = score.image_iou = NAN;
        json_array_append_new(classes,
                              json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "index", i, "name", class_names[i], "dice",
                                        json_number(score.dice), "iou", json_number(score.iou), "image_dice",
                                        json_number(score.image_dice), "image_iou", json_number(score.image_iou)));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "mean_dice", json_number(scores->mean_dice), "mean_iou",
                     json_number(scores->mean_iou), "mean_image_dice", json_number(scores->mean_image_dice),
                     "mean_image_iou", json_number(scores->mean_image_iou), "accuracy", json_number(scores->accuracy),
                     "per_class", classes);
}

/* A member that is a number, or NaN. */
static double number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void add_row(text_table *table, const char *name, const json_t *row, const char *const keys[4])
{
    table_cell(table, "%s", name);
    for (int i = 0; i < 4; i++)
        table_number(table, number_of(row, keys[i]), 4);
}

void scores_print(const json_t *document)
{
    static const char *const of_class[] = {"dice", "iou", "image_dice", "image_iou"};
    static const char *const of_all[] = {"mean_dice", "mean_iou", "mean_image_dice", "mean_image_iou"};
    static const char *const titles[] = {"CLASS", "DICE", "IOU", "DICE PER IMAGE", "IOU PER IMAGE"};
    text_table table = {.align = "lrrrr"};
    for (int i = 0; i < 5; i++)
        table_cell(&table, "%s", titles[i]);
    size_t index;
    json_t *row;
    json_array_foreach(json_object_get(document, "per_class"), index, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        add_row(&table, name ? name : "?", row, of_class);
    }
    add_row(&table, "mean (without class 0)", document, of_all);
    table_print(&table, stdout);
    double accuracy = number_of(document, "accuracy");
    if (isnan(accuracy))
        printf("\n  There is no pixel to score.\n");
    else
        printf("\n  %.2f %% of all pixels are right.\n", 100 * accuracy);
}

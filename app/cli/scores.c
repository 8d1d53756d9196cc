#include "scores.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "failure.h"
#include "output.h"
#include "table.h"

/* Of lengths. */
static const char *unit_of(const score_view *view)
{
    return og_scorer_has_spacing(view->scorer) ? "mm" : "px";
}

static json_t *class_rows(const score_view *view)
{
    json_t *rows = json_array();
    for (int c = 0; c < view->class_count; c++) {
        og_score dice = og_scorer_score(view->scorer, OG_METRIC_DICE, c);
        og_score iou = og_scorer_score(view->scorer, OG_METRIC_IOU, c);
        json_array_append_new(rows, json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "index", c, "name",
                                              json_text(view->class_names[c]), "dice", json_number(dice.pooled), "iou",
                                              json_number(iou.pooled), "image_dice", json_number(dice.mean),
                                              "image_iou", json_number(iou.mean)));
    }
    return rows;
}

static bool wanted(const score_view *view, int metric)
{
    return (view->metrics >> metric & 1) != 0;
}

static json_t *metric_row(const og_metric_info *info, og_score score, json_t *class_name)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:I}", "metric", info->name, "class", class_name, "pooled",
                     json_number(score.pooled), "mean_over_images", json_number(score.mean), "images",
                     (json_int_t)score.images, "one_side_only", (json_int_t)score.absent);
}

/* Every metric of every class; "class" is null for what is over all classes, and for the mean of the classes. */
static json_t *metric_rows(const score_view *view)
{
    json_t *rows = json_array();
    for (int m = 0; m < OG_METRIC_COUNT; m++) {
        const og_metric_info *info = og_metric_info_of((og_metric)m);
        if (!wanted(view, m))
            continue;
        for (int c = 0; c < view->class_count && info->per_class; c++)
            json_array_append_new(rows, metric_row(info, og_scorer_score(view->scorer, (og_metric)m, c),
                                                   json_text(view->class_names[c])));
        og_score all = info->per_class ? og_scorer_mean(view->scorer, (og_metric)m)
                                       : og_scorer_score(view->scorer, (og_metric)m, 0);
        json_array_append_new(rows, metric_row(info, all, json_null()));
    }
    return rows;
}

json_t *scores_document(const score_view *view)
{
    og_score dice = og_scorer_mean(view->scorer, OG_METRIC_DICE), iou = og_scorer_mean(view->scorer, OG_METRIC_IOU);
    og_score accuracy = og_scorer_score(view->scorer, OG_METRIC_ACCURACY, 0);
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:f, s:o}", "images",
                     (json_int_t)og_scorer_image_count(view->scorer), "mean_dice", json_number(dice.pooled), "mean_iou",
                     json_number(iou.pooled), "mean_image_dice", json_number(dice.mean), "mean_image_iou",
                     json_number(iou.mean), "accuracy", json_number(accuracy.pooled), "per_class", class_rows(view),
                     "unit", unit_of(view), "tolerance", view->tolerance, "metrics", metric_rows(view));
}

/* --- tables ----------------------------------------------------------------------------------------------------------
 */

/* The metrics of one table: per class, wanted, and of one kind. */
typedef struct columns {
    og_metric metrics[OG_METRIC_COUNT];
    int count;
} columns;

/* Counts and shares of pixels, lengths and borders, objects: what stands in one table. */
typedef enum table_kind { KIND_PIXELS, KIND_BORDERS, KIND_OBJECTS, KIND_COUNT } table_kind;

static table_kind kind_of(int metric)
{
    if (metric >= OG_METRIC_OBJECT_F1)
        return KIND_OBJECTS;
    return metric >= OG_METRIC_HD95 ? KIND_BORDERS : KIND_PIXELS;
}

static columns find_columns(const score_view *view, table_kind kind, bool pooled)
{
    columns found = {0};
    for (int m = 0; m < OG_METRIC_COUNT; m++) {
        const og_metric_info *info = og_metric_info_of((og_metric)m);
        if (wanted(view, m) && info->per_class && kind_of(m) == kind && (!pooled || info->pooled))
            found.metrics[found.count++] = (og_metric)m;
    }
    return found;
}

static void add_number(text_table *table, double value, int digits)
{
    if (isnan(value))
        table_cell(table, "n/a");
    else
        table_number(table, value, digits);
}

static void add_row(text_table *table, const score_view *view, const columns *shown, int class_index, bool pooled)
{
    table_cell(table, "%s", class_index < 0 ? "mean (without class 0)" : view->class_names[class_index]);
    for (int i = 0; i < shown->count; i++) {
        og_metric metric = shown->metrics[i];
        og_score score =
            class_index < 0 ? og_scorer_mean(view->scorer, metric) : og_scorer_score(view->scorer, metric, class_index);
        add_number(table, pooled ? score.pooled : score.mean, og_metric_info_of(metric)->length ? 2 : 4);
    }
}

static void print_table(const score_view *view, table_kind kind, bool pooled)
{
    static const char *const titles[KIND_COUNT][2] = {
        {"Pixels, mean over the images in which the class occurs", "Pixels, pooled over all images"},
        {"Borders, mean over the images that have the class on both sides", ""},
        {"Objects, mean over images", "Objects, pooled over all images"},
    };
    columns shown = find_columns(view, kind, pooled);
    char align[OG_METRIC_COUNT + 2] = "l";
    text_table table = {.align = align};
    if (shown.count == 0)
        return;
    memset(align + 1, 'r', (size_t)shown.count);
    printf("%s\n", titles[kind][pooled]);
    table_cell(&table, "CLASS");
    for (int i = 0; i < shown.count; i++) {
        const og_metric_info *info = og_metric_info_of(shown.metrics[i]);
        table_cell(&table, info->length ? "%s (%s)" : "%s", info->title, unit_of(view));
    }
    for (int c = 0; c < view->class_count; c++)
        add_row(&table, view, &shown, c, pooled);
    add_row(&table, view, &shown, -1, pooled);
    table_print(&table, stdout);
    printf("\n");
}

/* How often a distance does not exist since the class was missed, or found where it is not. */
static void print_absent(const score_view *view)
{
    for (int c = 0; c < view->class_count; c++) {
        og_score score = og_scorer_score(view->scorer, OG_METRIC_HD95, c);
        if (score.absent > 0)
            printf("  %s: %lld image%s have it in the truth or in the prediction only; no distance exists there.\n",
                   view->class_names[c], (long long)score.absent, score.absent == 1 ? "" : "s");
    }
}

static void print_overall(const score_view *view)
{
    og_score accuracy = og_scorer_score(view->scorer, OG_METRIC_ACCURACY, 0);
    og_score ece = og_scorer_score(view->scorer, OG_METRIC_ECE, 0);
    if (isnan(accuracy.pooled)) {
        printf("  There is no pixel to score.\n");
        return;
    }
    if (wanted(view, OG_METRIC_ACCURACY))
        printf("  %.2f %% of all pixels are right.\n", 100 * accuracy.pooled);
    if (wanted(view, OG_METRIC_ECE) && !isnan(ece.pooled))
        printf("  Confidence and accuracy differ by %.2f %% on average (expected calibration error).\n",
               100 * ece.pooled);
}

void scores_print(const score_view *view)
{
    for (int kind = 0; kind < KIND_COUNT; kind++)
        for (int pooled = 1; pooled >= 0; pooled--)
            print_table(view, (table_kind)kind, pooled);
    if (find_columns(view, KIND_BORDERS, false).count > 0)
        print_absent(view);
    print_overall(view);
}

/* --- of a finished run ----------------------------------------------------------------------------------------------
 */

/* A member that is a number, or NaN. */
static double number_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void add_result(text_table *table, const char *name, const json_t *row, const char *const keys[4])
{
    table_cell(table, "%s", name);
    for (int i = 0; i < 4; i++)
        table_number(table, number_of(row, keys[i]), 4);
}

void scores_print_result(const json_t *document)
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
        add_result(&table, name ? name : "?", row, of_class);
    }
    add_result(&table, "mean (without class 0)", document, of_all);
    table_print(&table, stdout);
    double accuracy = number_of(document, "accuracy");
    if (isnan(accuracy))
        printf("\n  There is no pixel to score.\n");
    else
        printf("\n  %.2f %% of all pixels are right.\n", 100 * accuracy);
}

/* --- CSV -------------------------------------------------------------------------------------------------------------
 */

static void write_line(const score_view *view, size_t image, int class_index, FILE *file)
{
    print_csv_text(file, og_scorer_image_name(view->scorer, image));
    fputc(',', file);
    print_csv_text(file, class_index < 0 ? "" : view->class_names[class_index]);
    for (int m = 0; m < OG_METRIC_COUNT; m++) {
        if (!wanted(view, m))
            continue;
        bool here = og_metric_info_of((og_metric)m)->per_class == (class_index >= 0);
        double value =
            here ? og_scorer_value(view->scorer, image, (og_metric)m, class_index < 0 ? 0 : class_index) : NAN;
        fputc(',', file);
        if (!isnan(value))
            fprintf(file, "%.9g", value);
    }
    fputc('\n', file);
}

og_status scores_save_images(const score_view *view, const char *path)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    fprintf(file, "image,class");
    for (int m = 0; m < OG_METRIC_COUNT; m++)
        if (wanted(view, m))
            fprintf(file, ",%s", og_metric_info_of((og_metric)m)->name);
    fputc('\n', file);
    for (size_t i = 0; i < og_scorer_image_count(view->scorer); i++)
        for (int c = -1; c < view->class_count; c++)
            write_line(view, i, c, file);
    int failed = ferror(file);
    if (fclose(file) != 0 || failed)
        return fail(OG_ERR_FILE, "cannot write '%s': %s", path, strerror(errno));
    return OG_OK;
}

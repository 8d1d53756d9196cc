/* src/metric: scores worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/net.h>
#include <ogive/score.h>

#include "near.h"

enum { IGN = OG_LABEL_IGNORE, H = 6, W = 8 };

static og_scorer *open_scorer(int class_count, const char *metrics, double tolerance, bool full, int64_t smallest)
{
    og_scorer *scorer;
    og_score_options options = {.tolerance = tolerance, .full_neighbours = full, .smallest = smallest};
    assert_int_equal(og_metric_set_parse(metrics, &options.metrics), OG_OK);
    assert_int_equal(og_scorer_new(class_count, &options, &scorer), OG_OK);
    return scorer;
}

static void add(og_scorer *scorer, int h, int w, const uint8_t *truth, const uint8_t *labels, const float *probs)
{
    const og_scored_image image = {.name = "image",
                                   .d = 1,
                                   .h = h,
                                   .w = w,
                                   .spacing = {1, 2, 1},
                                   .truth = truth,
                                   .labels = labels,
                                   .probs = probs};
    assert_int_equal(og_scorer_add(scorer, &image), OG_OK);
}

static double pooled(const og_scorer *scorer, og_metric metric, int class_index)
{
    return og_scorer_score(scorer, metric, class_index).pooled;
}

static double mean(const og_scorer *scorer, og_metric metric, int class_index)
{
    return og_scorer_score(scorer, metric, class_index).mean;
}

/* Class 1: TP 2, FP 1, FN 1, TN 3 of the seven labelled pixels; then TP 0, FN 1, TN 3. */
static void overlap_is_pooled_and_per_image(void **state)
{
    (void)state;
    const uint8_t truth[2][8] = {{1, 1, 1, 0, 0, 0, 0, IGN}, {0, 0, 0, 1, IGN, IGN, IGN, IGN}};
    const uint8_t labels[2][8] = {{1, 1, 0, 1, 0, 0, 0, 1}, {0, 0, 0, 0, 1, 1, 1, 1}};
    og_scorer *scorer = open_scorer(3, "dice,sensitivity,specificity,precision,accuracy", 1, true, 1);
    add(scorer, 1, 8, truth[0], labels[0], NULL);
    add(scorer, 1, 8, truth[1], labels[1], NULL);
    assert_near(pooled(scorer, OG_METRIC_SENSITIVITY, 1), 2.0 / 4, 1e-12);
    assert_near(mean(scorer, OG_METRIC_SENSITIVITY, 1), (2.0 / 3 + 0) / 2, 1e-12);
    assert_near(pooled(scorer, OG_METRIC_SPECIFICITY, 1), 6.0 / 7, 1e-12);
    assert_near(pooled(scorer, OG_METRIC_PRECISION, 1), 2.0 / 3, 1e-12);
    assert_near(mean(scorer, OG_METRIC_PRECISION, 1), 2.0 / 3, 1e-12); /* nothing was labelled in the second image */
    assert_near(pooled(scorer, OG_METRIC_ACCURACY, 0), 8.0 / 11, 1e-12);
    assert_true(isnan(pooled(scorer, OG_METRIC_DICE, 2)));
    assert_int_equal(og_scorer_score(scorer, OG_METRIC_DICE, 2).images, 0);
    assert_near(og_scorer_mean(scorer, OG_METRIC_DICE).pooled, 4.0 / 7, 1e-12); /* class 1 alone: class 2 is nowhere */
    og_scorer_free(scorer);
}

/* Two rows of four pixels, two rows apart; a row is 2 units high. */
static const uint8_t upper[H][W] = {{0}, {0, 1, 1, 1, 1}};
static const uint8_t lower[H][W] = {{0}, {0}, {0}, {0, 1, 1, 1, 1}};

static void borders_are_measured_in_the_spacings_unit(void **state)
{
    (void)state;
    og_scorer *scorer = open_scorer(2, "hd95,assd,nsd,boundary_f", 4, true, 1);
    add(scorer, H, W, *upper, *lower, NULL);
    assert_near(mean(scorer, OG_METRIC_HD95, 1), 4, 1e-6);
    assert_near(mean(scorer, OG_METRIC_ASSD, 1), 4, 1e-6);
    assert_near(mean(scorer, OG_METRIC_NSD, 1), 1, 1e-12); /* the tolerance itself is within */
    assert_true(isnan(pooled(scorer, OG_METRIC_HD95, 1)));
    og_scorer_free(scorer);
    scorer = open_scorer(2, "nsd,boundary_f", 3.9, true, 1);
    add(scorer, H, W, *upper, *lower, NULL);
    assert_near(mean(scorer, OG_METRIC_NSD, 1), 0, 1e-12);
    assert_near(mean(scorer, OG_METRIC_BOUNDARY_F, 1), 0, 1e-12);
    og_scorer_free(scorer);
}

static void a_missed_class_has_no_distance_and_is_counted(void **state)
{
    (void)state;
    const uint8_t nothing[H][W] = {{0}};
    og_scorer *scorer = open_scorer(2, "dice,hd95,nsd", 1, true, 1);
    add(scorer, H, W, *upper, *nothing, NULL);
    add(scorer, H, W, *nothing, *nothing, NULL);
    og_score score = og_scorer_score(scorer, OG_METRIC_HD95, 1);
    assert_true(isnan(score.mean));
    assert_int_equal(score.images, 0);
    assert_int_equal(score.absent, 1);
    assert_near(mean(scorer, OG_METRIC_DICE, 1), 0, 1e-12); /* of the first image: the second has no Dice */
    og_scorer_free(scorer);
}

/* The truth has two objects, which touch at a corner; the prediction finds one and joins nothing else. */
static const uint8_t corner[4][4] = {{1, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 1}, {0, 0, 1, 1}};
static const uint8_t half[4][4] = {{1, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 1}};

static void objects_are_found_by_more_than_half(void **state)
{
    (void)state;
    og_scorer *scorer = open_scorer(2, "object_f1,object_iou", 1, false, 1);
    add(scorer, 4, 4, *corner, *half, NULL);
    assert_near(pooled(scorer, OG_METRIC_OBJECT_F1, 1), 2.0 / 4, 1e-12); /* one of two and two; IoU 3/4, and 1/4 */
    assert_near(pooled(scorer, OG_METRIC_OBJECT_IOU, 1), 0.75, 1e-12);
    og_scorer_free(scorer);
    scorer = open_scorer(2, "object_f1", 1, false, 2); /* the prediction's single pixel is left out */
    add(scorer, 4, 4, *corner, *half, NULL);
    assert_near(pooled(scorer, OG_METRIC_OBJECT_F1, 1), 2.0 / 3, 1e-12);
    og_scorer_free(scorer);
    scorer = open_scorer(2, "object_f1", 1, true, 1); /* across the corner the truth is one object of eight pixels */
    add(scorer, 4, 4, *corner, *half, NULL);
    assert_near(pooled(scorer, OG_METRIC_OBJECT_F1, 1), 0, 1e-12);
    og_scorer_free(scorer);
}

/* Truth: two parts of two pixels. The prediction joins them: pairs (2, 2) of 4 pixels. */
static void a_merger_costs_what_the_formulas_say(void **state)
{
    (void)state;
    const uint8_t truth[1][5] = {{1, 1, 0, 1, 1}}, labels[1][5] = {{1, 1, 1, 1, 1}};
    og_scorer *scorer = open_scorer(2, "rand_error,v_rand,v_info", 1, true, 1);
    add(scorer, 1, 5, *truth, *labels, NULL);
    assert_near(mean(scorer, OG_METRIC_V_RAND, 1), 8.0 / (16.0 / 2 + 8.0 / 2), 1e-12);
    assert_near(mean(scorer, OG_METRIC_RAND_ERROR, 1), 1 - (8.0 - 4) / (12.0 - 4), 1e-12);
    assert_near(mean(scorer, OG_METRIC_V_INFO, 1), 0, 1e-12); /* a single part tells nothing */
    og_scorer_free(scorer);
    scorer = open_scorer(2, "rand_error,v_rand,v_info", 1, true, 1);
    add(scorer, 1, 5, *truth, *truth, NULL);
    assert_near(mean(scorer, OG_METRIC_V_RAND, 1), 1, 1e-12);
    assert_near(mean(scorer, OG_METRIC_RAND_ERROR, 1), 0, 1e-12);
    assert_near(mean(scorer, OG_METRIC_V_INFO, 1), 1, 1e-12);
    og_scorer_free(scorer);
}

/* Confidences 0.95, 0.95 of which one is right; 0.55, right: |1.9 - 1| + |0.55 - 1| over three pixels. */
static void calibration_is_the_mean_gap_of_the_bins(void **state)
{
    (void)state;
    const uint8_t truth[4] = {0, 1, 1, IGN}, labels[4] = {0, 0, 1, 0};
    const float probs[2][4] = {{0.95f, 0.95f, 0.45f, 1}, {0.05f, 0.05f, 0.55f, 0}};
    og_scorer *scorer = open_scorer(2, "ece", 1, true, 1);
    add(scorer, 1, 4, truth, labels, *probs);
    assert_near(pooled(scorer, OG_METRIC_ECE, 0), (0.9 + 0.45) / 3, 1e-6);
    og_scorer_free(scorer);
}

static void wrong_input_is_refused(void **state)
{
    (void)state;
    og_metric_set set;
    const uint8_t truth[2] = {0, 1}, labels[2] = {0, 2};
    const og_scored_image image = {"scan7", 1, 1, 2, {1, 1, 1}, truth, labels, NULL};
    og_scorer *scorer = open_scorer(2, "all", 1, true, 1);
    assert_int_equal(og_scorer_add(scorer, &image), OG_ERR_DATA);
    assert_non_null(strstr(og_error_text(), "scan7"));
    assert_int_equal(og_scorer_image_count(scorer), 0);
    og_scorer_free(scorer);
    assert_int_equal(og_metric_set_parse("dice,hd59", &set), OG_ERR_NAME);
    assert_non_null(strstr(og_error_text(), "hd95"));
    assert_int_equal(og_metric_set_parse("dice,,iou", &set), OG_ERR_ARGUMENT);
    assert_int_equal(og_metric_set_parse("", &set), OG_ERR_ARGUMENT);
}

static void objects_have_boxes_and_centres(void **state)
{
    (void)state;
    const uint8_t labels[2][3][4] = {{{0, 2, 2, 0}, {0, 0, 2, 0}, {1, 0, 0, 0}},
                                     {{0, 0, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 1}}};
    uint32_t numbers[2][3][4];
    og_object *objects;
    size_t count;
    assert_int_equal(og_objects_find(2, 3, 4, **labels, false, 1, **numbers, &objects, &count), OG_OK);
    assert_int_equal(count, 3);
    assert_int_equal(objects[0].class_index, 1);
    assert_int_equal(objects[1].pixels, 1);
    assert_int_equal(objects[2].class_index, 2);
    assert_int_equal(objects[2].pixels, 4); /* across the two planes */
    assert_int_equal(objects[2].first[0], 1);
    assert_int_equal(objects[2].last[0], 2);
    assert_int_equal(objects[2].last[2], 1);
    assert_near(objects[2].centre[0], (1.5 + 3 * 2.5) / 4, 1e-12);
    assert_int_equal(numbers[0][0][1], 3);
    assert_int_equal(numbers[1][2][3], 2);
    assert_int_equal(numbers[0][0][0], 0);
    free(objects);
}

/* Every row of the table has a name of its own, and a value where both sides agree. */
static void every_metric_is_computed(void **state)
{
    (void)state;
    const float probs[2][16] = {{0.5f}};
    og_scorer *scorer = open_scorer(2, "all", 1, true, 1);
    add(scorer, 4, 4, *corner, *corner, *probs);
    for (int m = 0; m < OG_METRIC_COUNT; m++) {
        const og_metric_info *info = og_metric_info_of((og_metric)m);
        og_score score = og_scorer_score(scorer, (og_metric)m, info->per_class ? 1 : 0);
        if (m == OG_METRIC_ECE)
            continue; /* the probabilities are not those of the labels */
        assert_near(score.mean, info->higher ? 1 : 0, 1e-6);
        assert_true(info->pooled == !isnan(score.pooled));
    }
    og_scorer_free(scorer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_is_pooled_and_per_image),
        cmocka_unit_test(borders_are_measured_in_the_spacings_unit),
        cmocka_unit_test(a_missed_class_has_no_distance_and_is_counted),
        cmocka_unit_test(objects_are_found_by_more_than_half),
        cmocka_unit_test(a_merger_costs_what_the_formulas_say),
        cmocka_unit_test(calibration_is_the_mean_gap_of_the_bins),
        cmocka_unit_test(wrong_input_is_refused),
        cmocka_unit_test(objects_have_boxes_and_centres),
        cmocka_unit_test(every_metric_is_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

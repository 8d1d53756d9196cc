/* src/train/metrics.c: counts and scores worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "train/metrics.h"

enum { SKIP = OG_LABEL_IGNORE };

/* Two images of four classes; class 3 occurs nowhere, class 2 only in the second image's prediction. */
static const uint8_t truth[2][8] = {{0, 0, 0, 1, 1, 1, SKIP, SKIP}, {0, 0, 0, 0, 1, 1, 0, 0}};
static const uint8_t guess[2][8] = {{0, 0, 1, 1, 1, 0, 1, 2}, {0, 0, 0, 0, 1, 2, 0, 0}};

static void count(og_scores *scores)
{
    og__metrics metrics;
    assert_int_equal(og__metrics_init(&metrics, 4, NULL), OG_OK);
    for (int i = 0; i < 2; i++) {
        og__metrics_count(&metrics, 5, truth[i], guess[i]);
        og__metrics_count(&metrics, 3, truth[i] + 5, guess[i] + 5);
        og__metrics_end_image(&metrics);
    }
    assert_int_equal(og__metrics_scores(&metrics, scores), OG_OK);
    og__metrics_deinit(&metrics);
}

static void near(double found, double expected)
{
    if (!(fabs(found - expected) < 1e-12))
        fail_msg("%.15g is not %.15g", found, expected);
}

static void pooled_scores_come_from_pixel_counts(void **state)
{
    (void)state;
    og_scores scores;
    count(&scores);
    assert_int_equal(scores.classes[1].true_positive, 3);
    assert_int_equal(scores.classes[1].false_positive, 1);
    assert_int_equal(scores.classes[1].false_negative, 2);
    near(scores.classes[1].dice, 6.0 / 9);
    near(scores.classes[1].iou, 3.0 / 6);
    near(scores.classes[2].dice, 0);
    near(scores.mean_dice, (6.0 / 9 + 0) / 2); /* classes 1 and 2; the background and the absent class do not count */
    near(scores.mean_iou, (3.0 / 6 + 0) / 2);
    near(scores.accuracy, 11.0 / 14); /* two pixels have no truth */
    og_scores_deinit(&scores);
}

static void image_scores_are_means_over_the_images_with_the_class(void **state)
{
    (void)state;
    og_scores scores;
    count(&scores);
    near(scores.classes[1].image_dice, (2 * 2.0 / 6 + 2 * 1.0 / 3) / 2);
    near(scores.classes[1].image_iou, (2.0 / 4 + 1.0 / 2) / 2);
    near(scores.classes[2].image_dice, 0); /* of the second image alone: ignored pixels bring no class in */
    near(scores.mean_image_dice, (4.0 / 6 + 0) / 2);
    og_scores_deinit(&scores);
}

static void an_absent_class_has_no_score(void **state)
{
    (void)state;
    og_scores scores;
    count(&scores);
    assert_false(scores.classes[3].has);
    json_t *json = og__scores_json(&scores, NULL), *rows = json_object_get(json, "per_class");
    assert_true(json_is_null(json_object_get(json_array_get(rows, 3), "dice")));
    assert_true(json_is_real(json_object_get(json_array_get(rows, 2), "dice")));
    assert_true(json_is_null(json_object_get(json_array_get(rows, 2), "name")));
    json_decref(json);
    og_scores_deinit(&scores);
}

static void nothing_but_background_leaves_the_means_empty(void **state)
{
    (void)state;
    og__metrics metrics;
    og_scores scores;
    const uint8_t zeros[4] = {0};
    assert_int_equal(og__metrics_init(&metrics, 2, NULL), OG_OK);
    og__metrics_count(&metrics, 4, zeros, zeros);
    og__metrics_end_image(&metrics);
    assert_int_equal(og__metrics_scores(&metrics, &scores), OG_OK);
    assert_true(isnan(scores.mean_dice) && isnan(scores.mean_image_iou));
    near(scores.accuracy, 1);
    og__metrics_deinit(&metrics);
    og_scores_deinit(&scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pooled_scores_come_from_pixel_counts),
        cmocka_unit_test(image_scores_are_means_over_the_images_with_the_class),
        cmocka_unit_test(an_absent_class_has_no_score),
        cmocka_unit_test(nothing_but_background_leaves_the_means_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

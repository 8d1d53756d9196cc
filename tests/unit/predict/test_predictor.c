/* src/predict on images of any size: padding, cropping, plans per size, scores. */
#include "unit/train/tiny_data.h"

#include <ogive/predict.h>

#include "format/json.h"
#include "data/resample.h"

static char base[] = "/tmp/ogive-predict-XXXXXX";
static char run[64];
static og_dataset *data;
static og_model model;

static int train_model(void **state)
{
    (void)state;
    char folder[64];
    if (!mkdtemp(base))
        return -1;
    snprintf(folder, sizeof folder, "%s/data", base);
    snprintf(run, sizeof run, "%s/run", base);
    data = tiny_open(folder);
    og_train_options options = tiny_options();
    og_status status = og_train(data, &options, run, false, NULL, NULL);
    og_options_deinit(og_train_option_table(), &options);
    return status == OG_OK && og_model_load(run, &model) == OG_OK ? 0 : -1;
}

static int remove_model(void **state)
{
    (void)state;
    og_model_deinit(&model);
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

static og_predictor *open_predictor(void)
{
    og_predictor *predictor;
    og_predict_options options;
    const og_model *models[] = {&model};
    assert_int_equal(og_options_init(og_predict_option_table(), &options), OG_OK);
    options.threads = 2;
    assert_int_equal(og_predictor_new(models, 1, &options, &predictor), OG_OK);
    return predictor;
}

static void reflection_is_numpys(void **state)
{
    (void)state;
    const int expected[] = {1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1}; /* np.pad([0, 1, 2, 3], (5, 2), "reflect") */
    for (int i = -5; i < 6; i++)
        assert_int_equal(og__reflect(i, 4), expected[i + 5]);
    for (int i = -3; i < 4; i++)
        assert_int_equal(og__reflect(i, 1), 0);
}

/* Padding by hand to the size multiple, then labelling, gives the same answer as the small image. */
static void padding_is_by_reflection_about_the_centre(void **state)
{
    (void)state;
    enum { H = 5, W = 7, PADDED = 8 };
    float small[H * W], large[PADDED * PADDED], probs[3 * H * W], padded[3 * PADDED * PADDED];
    uint8_t labels[H * W], padded_labels[PADDED * PADDED];
    og_predictor *predictor = open_predictor();
    for (int i = 0; i < H * W; i++)
        small[i] = (float)(i * i % 200);
    for (int y = 0; y < PADDED; y++)
        for (int x = 0; x < PADDED; x++)
            large[y * PADDED + x] = small[og__reflect(y - 1, H) * W + og__reflect(x, W)];
    assert_int_equal(og_predictor_run(predictor, 1, H, W, small, labels, probs), OG_OK);
    assert_int_equal(og_predictor_run(predictor, 1, PADDED, PADDED, large, padded_labels, padded), OG_OK);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            float sum = 0;
            assert_int_equal(labels[y * W + x], padded_labels[(y + 1) * PADDED + x]);
            for (int k = 0; k < 3; k++) {
                sum += probs[(k * H + y) * W + x];
                assert_true(probs[(k * H + y) * W + x] == padded[(k * PADDED + y + 1) * PADDED + x]);
                assert_true(probs[(k * H + y) * W + x] <= probs[(labels[y * W + x] * H + y) * W + x]);
            }
            assert_true(fabsf(sum - 1) < 1e-5f);
        }
    og_predictor_free(predictor);
}

/* More sizes than plans are kept, twice, down to a single pixel: the second time gives what the first gave. */
static void many_sizes_share_a_few_plans(void **state)
{
    (void)state;
    const int sizes[][2] = {{1, 1}, {4, 4}, {9, 30}, {30, 9}, {17, 17}, {40, 5}, {64, 64}, {1, 33}};
    enum { COUNT = sizeof sizes / sizeof sizes[0], PIXELS = 64 * 64 };
    static float image[PIXELS];
    static uint8_t first[COUNT][PIXELS], second[PIXELS];
    og_predictor *predictor = open_predictor();
    for (int i = 0; i < PIXELS; i++)
        image[i] = (float)(i * 37 % 251);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COUNT; i++) {
            int h = sizes[i][0], w = sizes[i][1];
            assert_int_equal(og_predictor_run(predictor, 1, h, w, image, round ? second : first[i], NULL), OG_OK);
            if (round)
                assert_memory_equal(second, first[i], (size_t)(h * w));
        }
    og_predictor_free(predictor);
}

/* The model in the file is the one that the run scored at its end. */
static void scores_are_those_of_the_run(void **state)
{
    (void)state;
    char path[128];
    json_t *root;
    og_scorer *scorer;
    const og_score_options options = {.metrics = 1u << OG_METRIC_DICE};
    og_predictor *predictor = open_predictor();
    snprintf(path, sizeof path, "%s/result.json", run);
    assert_int_equal(og__json_load(path, &root), OG_OK);
    json_t *expected = json_object_get(root, "scores");
    assert_int_equal(og_scorer_new(3, &options, &scorer), OG_OK);
    assert_int_equal(og_predictor_score(predictor, data, OG_PART_VALIDATION, &scorer, 1), OG_OK);
    assert_true(og_scorer_mean(scorer, OG_METRIC_DICE).pooled ==
                json_number_value(json_object_get(expected, "mean_dice")));
    assert_true(og_scorer_score(scorer, OG_METRIC_ACCURACY, 0).pooled ==
                json_number_value(json_object_get(expected, "accuracy")));
    og_scorer_free(scorer);
    json_decref(root);
    og_predictor_free(predictor);
}

static void images_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    const float pixels[12] = {0};
    uint8_t labels[4];
    og_predictor *predictor = open_predictor();
    assert_int_equal(og_predictor_run(predictor, 3, 2, 2, pixels, labels, NULL), OG_ERR_SHAPE);
    assert_string_equal(og_error_text(), "the image has 3 channels; the network takes 1");
    assert_int_equal(og_predictor_run(predictor, 1, 0, 2, pixels, labels, NULL), OG_ERR_SHAPE);
    og_predictor_free(predictor);
    const og_model *models[] = {&model};
    assert_int_equal(og_predictor_new(models, 1, &(og_predict_options){.threads = -1}, &predictor), OG_ERR_ARGUMENT);
    assert_null(predictor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reflection_is_numpys),
        cmocka_unit_test(padding_is_by_reflection_about_the_centre),
        cmocka_unit_test(many_sizes_share_a_few_plans),
        cmocka_unit_test(scores_are_those_of_the_run),
        cmocka_unit_test(images_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, train_model, remove_model);
}

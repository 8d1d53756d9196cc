/* Regions from masks to scores and files: trained as yes or no each, written as classes, scored as sets of classes. */
#include "unit/train/tiny_data.h"

#include <ogive/predict.h>

#include "format/json.h"

enum { COUNT = 12, SIDE = 40, CLASSES = 4 };

static char base[] = "/tmp/ogive-regions-XXXXXX";
static og_dataset *data;

/* A disc in a disc in a disc. */
static int make_data(void **state)
{
    (void)state;
    char path[128];
    if (!mkdtemp(base))
        return -1;
    for (int i = 0; i < COUNT; i++) {
        uint8_t image[SIDE * SIDE], mask[SIDE * SIDE], *png;
        size_t bytes;
        og__random random = og__random_at(1, OG_STREAM_TEST, (uint64_t)i);
        int cx = 15 + (int)og__random_below(&random, 10), cy = 15 + (int)og__random_below(&random, 10);
        for (int p = 0; p < SIDE * SIDE; p++) {
            int d = (p % SIDE - cx) * (p % SIDE - cx) + (p / SIDE - cy) * (p / SIDE - cy);
            mask[p] = d < 16 ? 3 : d < 49 ? 1 : d < 144 ? 2 : 0;
            image[p] = (uint8_t)((uint8_t[]){40, 120, 80, 200}[mask[p]] + (int)og__random_below(&random, 20));
        }
        for (int kind = 0; kind < 2; kind++) {
            assert_int_equal(og_png_encode(kind ? mask : image, SIDE, SIDE, 1, &png, &bytes), OG_OK);
            snprintf(path, sizeof path, "%s/%s", base, kind ? "masks" : "images");
            assert_int_equal(og__folder_make(path), OG_OK);
            snprintf(path, sizeof path, "%s/%s/%02d.png", base, kind ? "masks" : "images", i);
            assert_int_equal(og__file_write(path, png, bytes), OG_OK);
            free(png);
        }
    }
    static const char text[] = "folder: .\nregions:\n  whole: [1, 2, 3]\n  core: [1, 3]\n  inner: 3\n";
    snprintf(path, sizeof path, "%s/regions.yaml", base);
    assert_int_equal(og__file_write(path, text, strlen(text)), OG_OK);
    return og_dataset_open(path, NULL, &data) == OG_OK ? 0 : -1;
}

static int remove_data(void **state)
{
    (void)state;
    og_dataset_free(data);
    tiny_remove_tree(base);
    return 0;
}

static og_train_options options_of(const char *head)
{
    og_train_options options;
    og_option_table table = og_train_option_table();
    const char *const settings[][2] = {{"depth", "2"},
                                       {"width", "8"},
                                       {"epochs", "15"},
                                       {"learning-rate", "0.01"},
                                       {"augment", "none"},
                                       {"eval-every", "15"},
                                       {"health-every", "0"},
                                       {"act-head", head},
                                       {"class-weights", "inverse"},
                                       {"threads", "2"}};
    assert_int_equal(og_options_init(table, &options), OG_OK);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        assert_int_equal(og_option_set(og_option_find(table, settings[i][0]), &options, settings[i][1]), OG_OK);
    return options;
}

/* Dice of the pixels of a set of classes over the validation part, from the labels that a network writes. */
static double dice_of(og_predictor *predictor, uint32_t set)
{
    double both = 0, sum = 0;
    for (size_t i = 0; i < og_dataset_count(data, OG_PART_VALIDATION); i++) {
        og_sample sample = og_dataset_sample(data, OG_PART_VALIDATION, i);
        uint8_t labels[SIDE * SIDE];
        float probs[3 * SIDE * SIDE];
        assert_int_equal(og_predictor_run(predictor, 1, SIDE, SIDE, sample.image, labels, probs), OG_OK);
        for (int p = 0; p < SIDE * SIDE; p++) {
            bool in[3] = {probs[p] > 0.5f, probs[SIDE * SIDE + p] > 0.5f, probs[2 * SIDE * SIDE + p] > 0.5f};
            assert_int_equal(labels[p], in[2] ? 3 : in[1] ? 1 : in[0] ? 2 : 0); /* the last region that is there */
            both += (set >> labels[p] & 1) && (set >> sample.labels[p] & 1);
            sum += (set >> labels[p] & 1) + (set >> sample.labels[p] & 1);
        }
    }
    return 2 * both / sum;
}

static void regions_are_trained_written_and_scored(void **state)
{
    (void)state;
    static const uint32_t sets[] = {1, 0xe, 0xa, 0x8};
    char run[64], path[96];
    og_train_options options = options_of("softmax"); /* the default, which regions replace */
    snprintf(run, sizeof run, "%s/run", base);
    if (og_train(data, &options, run, false, NULL, NULL) != OG_OK)
        fail_msg("%s", og_error_text());

    og_model model;
    og_predictor *predictor;
    assert_int_equal(og_model_load(run, &model), OG_OK);
    assert_int_equal(model.class_count, CLASSES);
    assert_int_equal(model.regions.count, 3);
    assert_int_equal(og_net_spec_of(model.net)->classes, 3);
    assert_memory_equal(&model.regions, og_dataset_regions(data), sizeof model.regions);
    assert_string_equal(model.region_names[1], "core");
    assert_string_equal(model.options.act_head, "sigmoid");
    const og_model *one = &model;
    assert_int_equal(og_predictor_new(&one, 1, NULL, &predictor), OG_OK);

    json_t *result;
    og_score_options scoring = {.tolerance = 1, .regions = og_dataset_regions(data)};
    og_scorer *scorer;
    assert_int_equal(og_metric_set_parse("dice,hd95", &scoring.metrics), OG_OK);
    assert_int_equal(og_scorer_new(CLASSES, &scoring, &scorer), OG_OK);
    assert_int_equal(og_predictor_score(predictor, data, OG_PART_VALIDATION, &scorer, 1), OG_OK);
    snprintf(path, sizeof path, "%s/result.json", run);
    assert_int_equal(og__json_load(path, &result), OG_OK);
    const json_t *rows = json_object_get(json_object_get(result, "scores"), "per_class");
    assert_int_equal(json_array_size(rows), 4);
    for (int s = 0; s < 4; s++) {
        double want = dice_of(predictor, sets[s]);
        assert_true(fabs(json_number_value(json_object_get(json_array_get(rows, (size_t)s), "dice")) - want) < 1e-9);
        assert_true(fabs(og_scorer_score(scorer, OG_METRIC_DICE, s).pooled - want) < 1e-9);
        assert_true(want > 0.6); /* it has learned them all */
        assert_true(og_scorer_score(scorer, OG_METRIC_HD95, s).mean < 12);
    }
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 2), "name")), "core");
    json_decref(result);
    og_scorer_free(scorer);
    og_predictor_free(predictor);
    og_model_deinit(&model);
    og_options_deinit(og_train_option_table(), &options);
}

static void a_head_of_exclusive_classes_is_refused(void **state)
{
    (void)state;
    char run[64];
    og_train_options options = options_of("sparsemax");
    snprintf(run, sizeof run, "%s/refused", base);
    assert_int_equal(og_train(data, &options, run, false, NULL, NULL), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "sparsemax"));
    og_options_deinit(og_train_option_table(), &options);
}

/* A network of regions does not score a data set of classes. */
static void other_regions_are_refused(void **state)
{
    (void)state;
    char run[64];
    og_dataset *plain;
    og_model model;
    og_predictor *predictor;
    og_scorer *scorer;
    const og_score_options scoring = {.metrics = 1};
    snprintf(run, sizeof run, "%s/run", base);
    assert_int_equal(og_dataset_open(base, NULL, &plain), OG_OK);
    assert_int_equal(og_model_load(run, &model), OG_OK);
    const og_model *one = &model;
    assert_int_equal(og_predictor_new(&one, 1, NULL, &predictor), OG_OK);
    assert_int_equal(og_scorer_new(CLASSES, &scoring, &scorer), OG_OK);
    assert_int_equal(og_predictor_score(predictor, plain, OG_PART_VALIDATION, &scorer, 1), OG_ERR_DATA);
    og_scorer_free(scorer);
    og_predictor_free(predictor);
    og_model_deinit(&model);
    og_dataset_free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_are_trained_written_and_scored),
        cmocka_unit_test(a_head_of_exclusive_classes_is_refused),
        cmocka_unit_test(other_regions_are_refused),
    };
    return cmocka_run_group_tests(tests, make_data, remove_data);
}

/* Tiles: their shares, and that what they give together is what the whole image gives. */
#include "unit/train/tiny_data.h"

#include <ogive/predict.h>

#include "predict/engine.h"

enum { K = 3, H = 200, W = 232, PIXELS = H * W };

static char base[] = "/tmp/ogive-tiles-XXXXXX";
static og_model models[2];
static float image[PIXELS], whole[K * PIXELS], tiled[K * PIXELS];
static uint8_t labels[PIXELS], tiled_labels[PIXELS];

static int train_models(void **state)
{
    (void)state;
    char folder[64], run[64];
    if (!mkdtemp(base))
        return -1;
    snprintf(folder, sizeof folder, "%s/data", base);
    og_dataset *data = tiny_open(folder);
    for (int i = 0; i < 2; i++) {
        snprintf(run, sizeof run, "%s/run%d", base, i);
        og_train_options options = tiny_options();
        options.seed = 5 + i;
        og_status status = og_train(data, &options, run, false, NULL, NULL);
        og_options_deinit(og_train_option_table(), &options);
        if (status != OG_OK || og_model_load(run, &models[i]) != OG_OK)
            return -1;
    }
    og_dataset_free(data);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            image[y * W + x] = (float)((x * 31 + y * 17 + x * y / 7) % 211) + (float)(x / 40 * 20);
    return 0;
}

static int remove_models(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        og_model_deinit(&models[i]);
    tiny_remove_tree(base);
    return 0;
}

static og_predict_options defaults(void)
{
    og_predict_options options;
    assert_int_equal(og_options_init(og_predict_option_table(), &options), OG_OK);
    options.threads = 1;
    return options;
}

/* Probabilities of f32[h, w] by one network or both. */
static void predict(const og_predict_options *options, size_t first, size_t count, int h, int w, const float *src,
                    uint8_t *classes, float *probs)
{
    const og_model *pointers[] = {&models[first], &models[1]};
    og_predictor *predictor;
    assert_int_equal(og_predictor_new(pointers, count, options, &predictor), OG_OK);
    assert_int_equal(og_predictor_run(predictor, 1, h, w, src, classes, probs), OG_OK);
    og_predictor_free(predictor);
}

static void assert_near(const float *a, const float *b, size_t count, float tolerance)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(a[i] - b[i]) <= tolerance))
            fail_msg("element %zu is %g, expected %g", i, (double)a[i], (double)b[i]);
}

/* Over all tiles the shares of a pixel are 1, tiles begin at multiples and reach from end to end. */
static void shares_make_one(void **state)
{
    (void)state;
    const int sizes[] = {1, 3, 1, 7, 16, 63, 64, 65, 200, 1000};
    for (int blend = OG_BLEND_GAUSSIAN; blend <= OG_BLEND_CENTER; blend++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
            for (int o = 0; o < 4; o++) {
                og__tile_axis axis;
                static double sum[1100];
                memset(sum, 0, sizeof sum);
                const og__tile_sides sides = s % 2 ? (og__tile_sides){8, 4, 20} : (og__tile_sides){8, 8, 0};
                assert_int_equal(og__tile_axis_init(sizes[s], sides, 64, 0.3 * o, (og_blend)blend, &axis), OG_OK);
                assert_int_equal(axis.padded % 8, sides.least % 8);
                assert_int_equal(axis.tile % 8, sides.least % 8);
                assert_int_equal(axis.seen, axis.tile + 2 * sides.margin);
                assert_int_equal(og__tile_start(&axis, 0), 0);
                assert_int_equal(og__tile_start(&axis, axis.count - 1) + axis.tile, axis.padded);
                for (int i = 0; i < axis.count; i++) {
                    assert_int_equal(og__tile_start(&axis, i) % 8, 0);
                    for (int at = 0; at < axis.tile; at++)
                        sum[og__tile_start(&axis, i) + at] += (double)axis.weights[i * axis.tile + at];
                }
                for (int at = 0; at < axis.padded; at++)
                    assert_true(fabs(sum[at] - 1) < 1e-6);
                og__tile_axis_deinit(&axis);
            }
}

/* A net of depth 2 with two 3 x 3 convolutions a layer sees at most 2 (1 + 2 + 4 + 2 + 1) + 3 = 23 pixels far. The
 * value of a tile's middle is then that of the whole image, but for the rounding of another order of sums. */
static void tiles_that_overlap_enough_give_the_whole_image(void **state)
{
    (void)state;
    og_predict_options options = defaults();
    predict(&options, 0, 1, H, W, image, labels, whole);
    options.blend = OG_BLEND_CENTER;
    options.tile = 112; /* 56 of them overlap: 28 on either side */
    predict(&options, 0, 1, H, W, image, tiled_labels, tiled);
    assert_near(tiled, whole, K * PIXELS, 2e-5f);
    /* Tiles that overlap less show their seams: the comparison can fail. */
    options.tile = 32;
    options.overlap = 0;
    predict(&options, 0, 1, H, W, image, tiled_labels, tiled);
    float most = 0;
    for (size_t i = 0; i < K * PIXELS; i++)
        most = fmaxf(most, fabsf(tiled[i] - whole[i]));
    assert_true(most > 1e-3f);
}

/* The Gaussian of nnU-Net, a sigma of an eighth of the tile, about tiles cut out by hand: 96 px are tiles at 0 and 32.
 */
static void blending_is_a_weighted_mean_of_tiles(void **state)
{
    (void)state;
    enum { SIDE = 96, TILE = 64, STEP = 32 };
    static float small[SIDE * SIDE], crop[TILE * TILE], probs[K * TILE * TILE], sum[K * SIDE * SIDE],
        weight[SIDE * SIDE];
    og_predict_options options = defaults();
    for (int y = 0; y < SIDE; y++)
        memcpy(small + y * SIDE, image + y * W, SIDE * sizeof *small);
    for (int blend = OG_BLEND_GAUSSIAN; blend <= OG_BLEND_FLAT; blend++) {
        memset(sum, 0, sizeof sum);
        memset(weight, 0, sizeof weight);
        options = defaults();
        for (int tile = 0; tile < 4; tile++) {
            int top = tile / 2 * STEP, left = tile % 2 * STEP;
            for (int y = 0; y < TILE; y++)
                memcpy(crop + y * TILE, small + (top + y) * SIDE + left, TILE * sizeof *crop);
            predict(&options, 0, 1, TILE, TILE, crop, tiled_labels, probs);
            for (int y = 0; y < TILE; y++)
                for (int x = 0; x < TILE; x++) {
                    float dy = (float)y - 31.5f, dx = (float)x - 31.5f;
                    float g = blend == OG_BLEND_FLAT ? 1 : expf(-(dx * dx + dy * dy) / (2 * 8 * 8));
                    weight[(top + y) * SIDE + left + x] += g;
                    for (int k = 0; k < K; k++)
                        sum[(k * SIDE + top + y) * SIDE + left + x] += g * probs[(k * TILE + y) * TILE + x];
                }
        }
        for (int k = 0; k < K; k++)
            for (int i = 0; i < SIDE * SIDE; i++)
                sum[k * SIDE * SIDE + i] /= weight[i];
        options.blend = blend;
        options.tile = TILE;
        predict(&options, 0, 1, SIDE, SIDE, small, tiled_labels, tiled);
        assert_near(tiled, sum, K * SIDE * SIDE, 1e-5f);
    }
}

static void mirroring_is_the_mean_of_four(void **state)
{
    (void)state;
    static float mirrored[PIXELS], probs[K * PIXELS], mean[K * PIXELS];
    og_predict_options options = defaults();
    memset(mean, 0, sizeof mean);
    for (int flip = 0; flip < 4; flip++) {
        for (int i = 0; i < PIXELS; i++) {
            int y = flip & 1 ? H - 1 - i / W : i / W, x = flip & 2 ? W - 1 - i % W : i % W;
            mirrored[i] = image[y * W + x];
        }
        predict(&options, 0, 1, H, W, mirrored, labels, probs);
        for (int i = 0; i < PIXELS; i++) {
            int y = flip & 1 ? H - 1 - i / W : i / W, x = flip & 2 ? W - 1 - i % W : i % W;
            for (int k = 0; k < K; k++)
                mean[k * PIXELS + y * W + x] += probs[k * PIXELS + i] / 4;
        }
    }
    options.mirror = true;
    predict(&options, 0, 1, H, W, image, tiled_labels, tiled);
    assert_near(tiled, mean, K * PIXELS, 1e-5f);
}

static void set_flips(const char *y, const char *x)
{
    og_option_table table = og_train_option_table();
    assert_int_equal(og_option_set(og_option_find(table, "flip-y"), &models[0].options, y), OG_OK);
    assert_int_equal(og_option_set(og_option_find(table, "flip-x"), &models[0].options, x), OG_OK);
}

/* A network whose training never mirrored top and bottom is asked about left and right alone. */
static void mirroring_is_what_the_training_did(void **state)
{
    (void)state;
    static float mirrored[PIXELS], probs[K * PIXELS], mean[K * PIXELS];
    og_predict_options options = defaults();
    const og_model *model = &models[0];
    og_predictor *predictor;
    predict(&options, 0, 1, H, W, image, labels, mean);
    for (int i = 0; i < PIXELS; i++)
        mirrored[i] = image[i / W * W + W - 1 - i % W];
    predict(&options, 0, 1, H, W, mirrored, labels, probs);
    for (int i = 0; i < K * PIXELS; i++)
        mean[i] = (mean[i] + probs[i / W * W + W - 1 - i % W]) / 2;
    options.mirror = true;
    set_flips("off", "0.5");
    predict(&options, 0, 1, H, W, image, tiled_labels, tiled);
    assert_near(tiled, mean, K * PIXELS, 1e-5f);
    set_flips("off", "off");
    assert_int_equal(og_predictor_new(&model, 1, &options, &predictor), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "'mirror'"));
    set_flips("", "");
}

static void several_networks_give_the_mean(void **state)
{
    (void)state;
    static float other[K * PIXELS];
    og_predict_options options = defaults();
    predict(&options, 0, 1, H, W, image, labels, whole);
    predict(&options, 1, 1, H, W, image, labels, other);
    predict(&options, 0, 2, H, W, image, tiled_labels, tiled);
    for (int i = 0; i < K * PIXELS; i++)
        whole[i] = (whole[i] + other[i]) / 2;
    assert_near(tiled, whole, K * PIXELS, 1e-6f);
    for (int i = 0; i < PIXELS; i++)
        for (int k = 0; k < K; k++)
            assert_true(tiled[k * PIXELS + i] <= tiled[tiled_labels[i] * PIXELS + i]);
}

/* A network that works on smaller images sees the same smaller image through tiles. */
static void tiles_work_at_a_scale(void **state)
{
    (void)state;
    og_predict_options options = defaults();
    models[0].options.scale = 0.75;
    predict(&options, 0, 1, H, W, image, labels, whole);
    options.blend = OG_BLEND_CENTER;
    options.tile = 112;
    predict(&options, 0, 1, H, W, image, tiled_labels, tiled);
    models[0].options.scale = 1;
    assert_near(tiled, whole, K * PIXELS, 5e-5f);
}

/* A network without padding sees the same of the image in every tiling: its margins are mirrored at the image's edge
 * alone. Tiles then need no overlap, and a mean of one value is that value. */
static void tiles_without_padding_have_no_seams(void **state)
{
    (void)state;
    char path[128], run[128];
    og_model valid;
    snprintf(path, sizeof path, "%s/data", base);
    snprintf(run, sizeof run, "%s/valid", base);
    og_dataset *data = tiny_open(path);
    og_train_options options = tiny_options();
    og_predict_options choice = defaults();
    og_predictor *predictor;
    const og_model *pointer = &valid;
    assert_int_equal(og_option_set(og_option_find(og_train_option_table(), "padding"), &options, "valid"), OG_OK);
    assert_int_equal(og_train(data, &options, run, false, NULL, NULL), OG_OK);
    assert_int_equal(og_model_load(run, &valid), OG_OK);
    for (int mirror = 0; mirror < 2; mirror++)
        for (int64_t tile = 0; tile <= 100; tile += 50) {
            choice.mirror = mirror;
            choice.tile = tile;
            assert_int_equal(og_predictor_new(&pointer, 1, &choice, &predictor), OG_OK);
            assert_int_equal(og_predictor_run(predictor, 1, H, W, image, labels, tile ? tiled : whole), OG_OK);
            og_predictor_free(predictor);
            if (tile > 0)
                assert_near(tiled, whole, K * PIXELS, 2e-6f);
        }
    og_model_deinit(&valid);
    og_options_deinit(og_train_option_table(), &options);
    og_dataset_free(data);
}

static void the_bound_of_memory_is_kept_or_said_to_be_too_small(void **state)
{
    (void)state;
    og_predict_options options = defaults();
    const og_model *pointers[] = {&models[0]};
    og_predictor *predictor;
    options.memory = 1;
    options.tile = 160;
    assert_int_equal(og_predictor_new(pointers, 1, &options, &predictor), OG_OK);
    assert_int_equal(og_predictor_run(predictor, 1, H, W, image, labels, NULL), OG_ERR_MEMORY);
    assert_non_null(strstr(og_error_text(), "more than the 1 MB of --memory"));
    og_predictor_free(predictor);
    options.tile = 0;
    options.memory = 3; /* less than the whole image needs */
    assert_int_equal(og_predictor_new(pointers, 1, &options, &predictor), OG_OK);
    assert_int_equal(og_predictor_run(predictor, 1, H, W, image, labels, tiled), OG_OK);
    og_predictor_free(predictor);
}

/* Networks that are alike take turns in one plan where there is no room for a plan each, to the same bits. */
static void networks_take_turns_where_memory_is_short(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    const og_model *pointers[COUNT];
    const int size[OG_AXES] = {1, H, W};
    og_predict_options options = defaults();
    size_t bytes[2];
    for (int i = 0; i < COUNT; i++)
        pointers[i] = &models[i % 2];
    options.tile = 64;
    for (int turns = 0; turns < 2; turns++) {
        const og__tiling *layout;
        og__engine *engine;
        og_predictor *predictor;
        options.memory = turns ? (int64_t)(bytes[0] / 1000000) : 0;
        assert_int_equal(og__engine_new(pointers, COUNT, &options, &engine), OG_OK);
        assert_int_equal(og__engine_plan(engine, size, false, NULL, &layout), OG_OK);
        assert_int_equal(layout->takes_turns, turns);
        bytes[turns] = og__engine_bytes(engine);
        og__engine_free(engine);
        assert_int_equal(og_predictor_new(pointers, COUNT, &options, &predictor), OG_OK);
        assert_int_equal(og_predictor_run(predictor, 1, H, W, image, labels, turns ? tiled : whole), OG_OK);
        og_predictor_free(predictor);
    }
    assert_true(bytes[1] < bytes[0] / 2);
    assert_memory_equal(whole, tiled, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_make_one),
        cmocka_unit_test(tiles_that_overlap_enough_give_the_whole_image),
        cmocka_unit_test(blending_is_a_weighted_mean_of_tiles),
        cmocka_unit_test(mirroring_is_the_mean_of_four),
        cmocka_unit_test(mirroring_is_what_the_training_did),
        cmocka_unit_test(several_networks_give_the_mean),
        cmocka_unit_test(tiles_work_at_a_scale),
        cmocka_unit_test(tiles_without_padding_have_no_seams),
        cmocka_unit_test(the_bound_of_memory_is_kept_or_said_to_be_too_small),
        cmocka_unit_test(networks_take_turns_where_memory_is_short),
    };
    return cmocka_run_group_tests(tests, train_models, remove_models);
}

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ogive/net.h>

#include "data/loader.h"
#include "data/pictures.h"

enum { COUNT = 10, H = 17, W = 21 };

static og_augment_options every; /* row, as often as not */
static og_dataset *data;

/* Images of two sizes, all for training. */
static int open_data(void **state)
{
    if (scratch_open(state) != 0)
        return -1;
    for (int row = 0; row < OG_AUGMENT_COUNT; row++) {
        if (og__level_parse((og__augment_row)row, og__augment_entries[row].usual, &every.rows[row]) != OG_OK)
            return -1;
        every.rows[row].share = 0.5;
    }
    picture_set("set", COUNT, H, W, 3);
    picture("set/images/c.png", 9, 11, 2, 7, 251);
    picture("set/masks/c.png", 9, 11, 0, 1, 3);
    const og_data_options options = {.validation = 0};
    return og_dataset_open(scratch("set"), &options, &data) == OG_OK ? 0 : -1;
}

static int close_data(void **state)
{
    og_dataset_free(data);
    return scratch_close(state);
}

static og__loader *open_loader(og__loader_options options)
{
    og__loader *loader;
    if (og__loader_open(data, &options, &loader) != OG_OK)
        fail_msg("%s", og_error_text());
    return loader;
}

static uint64_t digest(const og__batch *batch)
{
    uint64_t sum = 0xcbf29ce484222325u;
    size_t pixels = (size_t)batch->n * (size_t)batch->h * (size_t)batch->w;
    const unsigned char *bytes = (const unsigned char *)batch->images;
    for (size_t i = 0; i < pixels * (size_t)batch->c * sizeof(float); i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3u;
    for (size_t i = 0; i < pixels; i++)
        sum = (sum ^ batch->labels[i]) * 0x100000001b3u;
    return sum;
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    enum { STEPS = 40 };
    uint64_t reference[STEPS];
    static const int threads[] = {0, 1, 3, 7};
    static const uint64_t first_steps[] = {0, 1, 5, 33};
    for (size_t t = 0; t < 4; t++)
        for (size_t f = 0; f < 4; f++) {
            og__loader *loader = open_loader((og__loader_options){.batch = 3,
                                                                  .resolution = {.scale = 1},
                                                                  .multiple = 8,
                                                                  .seed = 5,
                                                                  .augment = every,
                                                                  .threads = threads[t],
                                                                  .first_step = first_steps[f]});
            for (uint64_t s = first_steps[f]; s < STEPS; s++) {
                og__batch batch;
                assert_int_equal(og__loader_next(loader, &batch), OG_OK);
                if (t == 0 && f == 0)
                    reference[s] = digest(&batch);
                assert_true(digest(&batch) == reference[s]);
            }
            assert_true(og__loader_waited_s(loader) >= 0);
            og__loader_close(loader);
        }
    for (int s = 1; s < STEPS; s++)
        assert_true(reference[s] != reference[s - 1]);
}

static void test_seed_changes_batches(void **state)
{
    (void)state;
    og__batch first, second;
    og__loader *a = open_loader((og__loader_options){.batch = 2, .resolution = {.scale = 1}, .multiple = 1, .seed = 1});
    og__loader *b = open_loader((og__loader_options){.batch = 2, .resolution = {.scale = 1}, .multiple = 1, .seed = 2});
    int same = 0;
    for (int s = 0; s < 10; s++) {
        assert_int_equal(og__loader_next(a, &first), OG_OK);
        assert_int_equal(og__loader_next(b, &second), OG_OK);
        same += digest(&first) == digest(&second);
    }
    assert_in_range(same, 0, 3);
    og__loader_close(a);
    og__loader_close(b);
}

/* Which image a patch was cut from: images differ in their first pixel only by their number. */
static int image_of(const float *patch, float mean, float sd)
{
    return (int)lroundf(patch[0] * sd + mean);
}

/* Every pass shows each image once; a short last batch is filled up from the next pass. */
static void test_epochs(void **state)
{
    (void)state;
    og_scaling scaling = og_dataset_scaling(data);
    og__loader *loader = open_loader((og__loader_options){
        .batch = 4, .patch_h = 9, .patch_w = 11, .resolution = {.scale = 1}, .multiple = 1, .seed = 9});
    assert_int_equal(og__loader_steps_per_epoch(loader), 3);
    og__loader_close(loader);

    loader = open_loader((og__loader_options){
        .batch = 4, .patch_h = H, .patch_w = W, .resolution = {.scale = 1}, .multiple = 1, .seed = 9});
    int orders[2][12];
    for (int epoch = 0; epoch < 2; epoch++) {
        int shown[COUNT] = {0};
        for (int s = 0; s < 3; s++) {
            og__batch batch;
            assert_int_equal(og__loader_next(loader, &batch), OG_OK);
            for (int n = 0; n < 4; n++) {
                int image = image_of(batch.images + n * H * W, scaling.mean[0], scaling.sd[0]);
                if (image >= COUNT)
                    image = 2; /* c is smaller, so its patch begins with mirrored pixels */
                orders[epoch][4 * s + n] = image;
                if (4 * s + n < COUNT)
                    shown[image]++;
            }
        }
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(shown[i], 1);
    }
    assert_memory_not_equal(orders[0], orders[1], sizeof orders[0]);
    assert_memory_equal(&orders[0][COUNT], &orders[1][0], 2 * sizeof(int));
    og__loader_close(loader);
}

/* Epochs of a number of batches: passes go on across their ends, and each shows every image once. */
static void test_steps_per_epoch(void **state)
{
    (void)state;
    og_scaling scaling = og_dataset_scaling(data);
    for (uint64_t first = 0; first < 10; first += 5) { /* from the start, and resumed */
        og__loader *loader = open_loader((og__loader_options){.batch = 4,
                                                              .patch_h = H,
                                                              .patch_w = W,
                                                              .steps_per_epoch = 7,
                                                              .resolution = {.scale = 1},
                                                              .multiple = 1,
                                                              .seed = 9,
                                                              .first_step = first});
        int shown[COUNT] = {0};
        assert_int_equal(og__loader_steps_per_epoch(loader), 7);
        for (uint64_t s = first; s < 10; s++) {
            og__batch batch;
            assert_int_equal(og__loader_next(loader, &batch), OG_OK);
            for (int n = 0; n < 4; n++) {
                int image = image_of(batch.images + n * H * W, scaling.mean[0], scaling.sd[0]);
                shown[image >= COUNT ? 2 : image]++;
            }
        }
        for (int i = 0; i < COUNT; i++) /* four passes, or two */
            assert_int_equal(shown[i], first == 0 ? 4 : 2);
        og__loader_close(loader);
    }
}

/* Smaller images are centered, with the larger half of an odd margin behind; larger ones are cut anywhere inside. */
static void test_patches(void **state)
{
    (void)state;
    int d, h, w;
    og__batch batch;
    og__loader *loader =
        open_loader((og__loader_options){.batch = 1, .resolution = {.scale = 1}, .multiple = 8, .seed = 0});
    og__loader_patch(loader, &d, &h, &w);
    assert_int_equal(h, 24);
    assert_int_equal(w, 24);
    for (int s = 0; s < COUNT; s++) {
        assert_int_equal(og__loader_next(loader, &batch), OG_OK);
        bool small = batch.labels[3 * 24 + 1] == OG_LABEL_IGNORE;
        int top = small ? 7 : 3, left = small ? 6 : 1, rows = small ? 9 : H, columns = small ? 11 : W;
        for (int y = 0; y < 24; y++)
            for (int x = 0; x < 24; x++) {
                bool inside = y >= top && y < top + rows && x >= left && x < left + columns;
                assert_int_equal(batch.labels[y * 24 + x],
                                 inside ? ((y - top) * columns + x - left) % 3 : OG_LABEL_IGNORE);
            }
    }
    og__loader_close(loader);

    loader = open_loader((og__loader_options){
        .batch = 1, .patch_h = 5, .patch_w = 6, .resolution = {.scale = 1}, .multiple = 1, .seed = 0});
    for (int s = 0; s < 3 * COUNT; s++) {
        assert_int_equal(og__loader_next(loader, &batch), OG_OK);
        for (int i = 0; i < 30; i++)
            assert_in_range(batch.labels[i], 0, 2);
    }
    og__loader_close(loader);
}

static void test_bad_requests(void **state)
{
    (void)state;
    og__loader *loader;
    og__loader_options options = {.batch = 0, .resolution = {.scale = 1}, .multiple = 1};
    assert_int_equal(og__loader_open(data, &options, &loader), OG_ERR_ARGUMENT);
    options = (og__loader_options){.batch = 1, .patch_h = 1 << 20, .resolution = {.scale = 1}, .multiple = 1};
    assert_int_equal(og__loader_open(data, &options, &loader), OG_ERR_ARGUMENT);
    assert_null(loader);
}

/* Closing while workers are busy or waiting neither hangs nor leaks. */
static void test_close_early(void **state)
{
    (void)state;
    for (int taken = 0; taken < 4; taken++) {
        og__batch batch;
        og__loader *loader = open_loader((og__loader_options){
            .batch = 2, .resolution = {.scale = 1}, .multiple = 16, .augment = every, .threads = 3});
        for (int s = 0; s < taken; s++)
            assert_int_equal(og__loader_next(loader, &batch), OG_OK);
        og__loader_close(loader);
    }
    og__loader_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_seed_changes_batches),
        cmocka_unit_test(test_epochs),
        cmocka_unit_test(test_steps_per_epoch),
        cmocka_unit_test(test_patches),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_close_early),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}

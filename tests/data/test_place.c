/* Patches about objects: which places of a batch, which class, which image, and where. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ogive/net.h>

#include "data/loader.h"
#include "data/pictures.h"
#include "data/place.h"

enum { COUNT = 8, SIDE = 48, PATCH = 8, STEPS = 60, BATCH = 12 };

static og_dataset *data;

/* Masks of a single object pixel: of class 2 in the first image, in a corner; of class 1 in the others; the last image
 * has none. */
static int open_data(void **state)
{
    if (scratch_open(state) != 0)
        return -1;
    for (int i = 0; i < COUNT; i++) {
        char name[64];
        uint8_t pixels[SIDE * SIDE] = {0}, *png;
        size_t count;
        snprintf(name, sizeof name, "set/images/%c.png", 'a' + i);
        picture(name, SIDE, SIDE, i, 7, 251);
        if (i == 0)
            pixels[SIDE * SIDE - 1] = 2;
        else if (i < COUNT - 1)
            pixels[(5 * i) * SIDE + 6 * i] = 1;
        snprintf(name, sizeof name, "set/masks/%c.png", 'a' + i);
        assert_int_equal(og_png_encode(pixels, SIDE, SIDE, 1, &png, &count), OG_OK);
        assert_int_equal(og__file_write(scratch(name), png, count), OG_OK);
        free(png);
    }
    const og_data_options options = {.validation = 0};
    return og_dataset_open(scratch("set"), &options, &data) == OG_OK ? 0 : -1;
}

static int close_data(void **state)
{
    og_dataset_free(data);
    return scratch_close(state);
}

/* The class of the object that a patch shows, 0 for none; every mask has one at most. */
static int object_of(const og__batch *batch, int n)
{
    size_t plane = (size_t)batch->h * (size_t)batch->w;
    int found = 0;
    for (size_t p = 0; p < plane; p++) {
        uint8_t label = batch->labels[(size_t)n * plane + p];
        found = label != 0 && label != OG_LABEL_IGNORE ? label : found;
    }
    return found;
}

/* How often each place of a batch shows class 0 (none), 1 and 2. */
static void count_objects(double foreground, bool balance, int batch_size, int counts[][3])
{
    og__loader *loader;
    const og__loader_options options = {.batch = batch_size,
                                        .patch_h = PATCH,
                                        .patch_w = PATCH,
                                        .multiple = 1,
                                        .resolution = {.scale = 1},
                                        .foreground = foreground,
                                        .balance = balance,
                                        .seed = 3,
                                        .threads = 2};
    assert_int_equal(og__loader_open(data, &options, &loader), OG_OK);
    memset(counts, 0, (size_t)batch_size * sizeof counts[0]);
    for (int s = 0; s < STEPS * BATCH / batch_size; s++) {
        og__batch batch;
        assert_int_equal(og__loader_next(loader, &batch), OG_OK);
        for (int n = 0; n < batch_size; n++)
            counts[n][object_of(&batch, n)]++;
    }
    og__loader_close(loader);
}

/* nnU-Net: of 12 patches the last 4 are forced, 12 - round(12 * 0.67). */
static void test_the_last_places_show_objects(void **state)
{
    (void)state;
    int counts[BATCH][3];
    count_objects(0.33, false, BATCH, counts);
    for (int n = 0; n < BATCH; n++) {
        int shown = counts[n][1] + counts[n][2];
        if (n < 8)
            assert_in_range(shown, 0, 10); /* of 60: about one in 26 patches meets the pixel by chance */
        else
            assert_in_range(shown, 43, 60); /* all but those of the image without an object, an eighth */
    }
}

/* A single patch to a batch is forced with the probability itself. */
static void test_small_batches(void **state)
{
    (void)state;
    int counts[1][3];
    count_objects(0.33, false, 1, counts);
    double share = (counts[0][1] + counts[0][2]) / (double)(STEPS * BATCH);
    assert_true(fabs(share - (0.33 * 7 / 8 + 0.67 * 0.035)) < 0.06); /* 720 draws: three standard deviations */
    count_objects(0, false, 1, counts);
    assert_in_range(counts[0][1] + counts[0][2], 8, 60);
}

/* Without balance the class follows from the image, one in seven of which holds class 2; with it, from a coin. */
static void test_balance(void **state)
{
    (void)state;
    int counts[BATCH][3], plain[3] = {0}, balanced[3] = {0};
    count_objects(1, false, BATCH, counts);
    for (int n = 0; n < BATCH; n++)
        for (int k = 0; k < 3; k++)
            plain[k] += counts[n][k];
    count_objects(1, true, BATCH, counts);
    for (int n = 0; n < BATCH; n++)
        for (int k = 0; k < 3; k++)
            balanced[k] += counts[n][k];
    assert_in_range(plain[2], STEPS * BATCH / 8 - 16, STEPS * BATCH / 8 + 16); /* a third of the images is drawn */
    assert_in_range(plain[1], STEPS * BATCH * 6 / 8 - 21, STEPS * BATCH * 6 / 8 + 21);
    assert_int_equal(balanced[0], 0);
    assert_in_range(balanced[2], STEPS * BATCH / 2 - 41, STEPS * BATCH / 2 + 41);
}

/* The object is in the middle of the patch, but for patches that would reach over the edge of the image. */
static void test_centring(void **state)
{
    (void)state;
    uint8_t labels[20 * 30] = {0};
    float image[20 * 30] = {0};
    const og_sample sample = {"s", 1, 20, 30, image, labels, 1, {1, 1, 1}};
    og__places places;
    labels[10 * 30 + 15] = 1;
    labels[1 * 30 + 29] = 2;
    labels[0] = OG_LABEL_IGNORE;
    assert_int_equal(og__places_make(1, 3, &places), OG_OK);
    og__places_count(&places, 0, &sample);
    og__random random = og__random_at(1, OG_STREAM_TEST, 0);
    og__window middle = og__place_about(&places, &sample, 0, 1, 1, 8, 6, &random);
    assert_true(middle.y == 6 && middle.x == 12 && middle.h == 8 && middle.w == 6);
    og__window corner = og__place_about(&places, &sample, 0, 2, 1, 8, 6, &random);
    assert_true(corner.y == 0 && corner.x == 24);
    og__window large = og__place_about(&places, &sample, 0, 1, 1, 24, 40, &random);
    assert_true(large.y == -2 && large.x == -5);
    int seen[3] = {0};
    for (int i = 0; i < 100; i++)
        seen[og__place_choose_class(&places, 0, &random)]++;
    assert_int_equal(seen[0], 0);
    assert_in_range(seen[1], 35, 65);
    og__places_deinit(&places);
}

/* Every pixel of a class is as likely. */
static void test_pixels_are_equally_likely(void **state)
{
    (void)state;
    enum { N = 10, DRAWS = 2000 };
    uint8_t labels[N] = {0, 1, 1, 0, 1, 0, 0, 1, 0, 1};
    float image[N] = {0};
    int seen[N] = {0};
    const og_sample sample = {"s", 1, 1, N, image, labels, 1, {1, 1, 1}};
    og__places places;
    assert_int_equal(og__places_make(1, 2, &places), OG_OK);
    og__places_count(&places, 0, &sample);
    og__random random = og__random_at(1, OG_STREAM_TEST, 0);
    for (int i = 0; i < DRAWS; i++)
        seen[og__place_about(&places, &sample, 0, 1, 1, 1, 1, &random).x]++;
    for (int i = 0; i < N; i++)
        assert_in_range(seen[i], labels[i] ? DRAWS / 5 - 60 : 0, labels[i] ? DRAWS / 5 + 60 : 0);
    og__places_deinit(&places);
}

/* Of a volume every voxel of the class is as likely, whichever slice it lies in; a patch that is larger than the volume
 * lies about its middle. */
static void test_voxels_of_a_volume(void **state)
{
    (void)state;
    enum { D = 6, S = 5, DRAWS = 4000 };
    static const int at[4][3] = {{0, 1, 2}, {3, 4, 4}, {3, 0, 0}, {5, 2, 3}}; /* z, y, x */
    uint8_t mask[D * S * S] = {0};
    for (int i = 0; i < 4; i++)
        mask[(at[i][0] * S + at[i][1]) * S + at[i][2]] = 1;
    const og_sample volume = {"volume", 1, S, S, NULL, mask, D, {1, 1, 1}};
    og__places places;
    int seen[4] = {0};
    assert_int_equal(og__places_make(1, 2, &places), OG_OK);
    assert_int_equal(og__places_count(&places, 0, &volume), OG_OK);
    for (int i = 0; i < DRAWS; i++) {
        og__random random = og__random_at(5, OG_STREAM_TEST, (uint64_t)i);
        og__window window = og__place_about(&places, &volume, 0, 1, 1, 1, 1, &random);
        int voxel = 0;
        while (voxel < 3 && (at[voxel][0] != window.z || at[voxel][1] != window.y || at[voxel][2] != window.x))
            voxel++;
        assert_true(at[voxel][0] == window.z && at[voxel][1] == window.y && at[voxel][2] == window.x);
        seen[voxel]++;
        window = og__place_about(&places, &volume, 0, 1, 10, 4, 4, &random);
        assert_int_equal(window.z, -2);
        assert_in_range(window.y, 0, 1);
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(seen[i], DRAWS / 4 - 90, DRAWS / 4 + 90); /* beyond three standard deviations otherwise */
    og__places_deinit(&places);
}

/* The slices of a volume are seen about as often as each other, those at its ends too. */
static void test_slices_at_the_ends(void **state)
{
    (void)state;
    enum { D = 20, PATCH_D = 8, DRAWS = 4000 };
    static uint8_t mask[D * 16];
    const og_sample volume = {"volume", 1, 4, 4, NULL, mask, D, {1, 1, 1}};
    int seen[D] = {0};
    for (int i = 0; i < DRAWS; i++) {
        og__random random = og__random_at(6, OG_STREAM_TEST, (uint64_t)i);
        og__window window = og__place_anywhere(&volume, PATCH_D, 4, 4, &random);
        assert_in_range(window.z + PATCH_D / 2, 0, D);
        for (int z = 0; z < D; z++)
            seen[z] += z >= window.z && z < window.z + PATCH_D;
        assert_int_equal(og__place_anywhere(&volume, D, 4, 4, &random).z, 0);
        assert_int_equal(og__place_anywhere(&volume, D + 4, 4, 4, &random).z, -2);
    }
    for (int z = 0; z < D; z++) /* within half of the middle's */
        assert_true(seen[z] > seen[D / 2] / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_places_show_objects),
        cmocka_unit_test(test_small_batches),
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_centring),
        cmocka_unit_test(test_pixels_are_equally_likely),
        cmocka_unit_test(test_voxels_of_a_volume),
        cmocka_unit_test(test_slices_at_the_ends),
    };
    return cmocka_run_group_tests(tests, open_data, close_data);
}

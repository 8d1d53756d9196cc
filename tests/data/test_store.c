/* Pixels in memory, on disk, and some of both: the same batches, and no more memory than was allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/meter.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "data/pictures.h"

enum { COUNT = 24, SIDE = 640, MB = 1 << 20 }; /* 24 images of 1.95 MB as f32 with labels */

static int make_data(void **state)
{
    if (scratch_open(state) != 0)
        return -1;
    picture_set("set", COUNT, SIDE, SIDE, 3);
    return 0;
}

static og_dataset *open_data(const char *cache, const char *memory, const char *folder)
{
    og_data_options options;
    og_dataset *data;
    og_option_table table = og_data_option_table();
    const char *const settings[][2] = {
        {"cache", cache}, {"data-memory", memory}, {"cache-folder", folder}, {"validation", "0"}};
    assert_int_equal(og_options_init(table, &options), OG_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(og_option_set(og_option_find(table, settings[i][0]), &options, settings[i][1]), OG_OK);
    if (og_dataset_open(scratch("set"), &options, &data) != OG_OK)
        fail_msg("%s", og_error_text());
    og_options_deinit(table, &options);
    return data;
}

/* A checksum over two epochs of batches, and the peak of memory while they were made. */
static uint64_t run_epochs(const og_dataset *data, double scale, int threads, int64_t *peak)
{
    og__loader *loader;
    uint64_t sum = 0;
    const og__loader_options options = {.batch = 4,
                                        .patch_h = 64,
                                        .patch_w = 96,
                                        .multiple = 1,
                                        .resolution = {.scale = scale},
                                        .foreground = 0.5,
                                        .seed = 1,
                                        .threads = threads};
    og__peak_reset();
    assert_int_equal(og__loader_open(data, &options, &loader), OG_OK);
    for (int s = 0; s < 2 * COUNT / 4; s++) {
        og__batch batch;
        assert_int_equal(og__loader_next(loader, &batch), OG_OK);
        const uint32_t *words = (const uint32_t *)batch.images;
        for (size_t i = 0; i < 4 * 64 * 96; i++)
            sum = (sum ^ words[i] ^ batch.labels[i]) * 0x100000001b3u;
    }
    og__loader_close(loader);
    *peak = og__peak_bytes();
    return sum;
}

static void test_the_same_batches_wherever_pixels_are(void **state)
{
    (void)state;
    static const char *const caches[][2] = {{"memory", "0"}, {"disk", "0"}, {"auto", "0"}, {"auto", "20"}};
    uint64_t reference[2] = {0}, digest = 0;
    int64_t peak;
    for (int i = 0; i < 4; i++) {
        og_dataset *data = open_data(caches[i][0], caches[i][1], "");
        uint64_t sums[2] = {run_epochs(data, 1, 2, &peak), run_epochs(data, 0.5, 0, &peak)};
        size_t mapped = 0;
        for (size_t s = 0; s < COUNT; s++)
            mapped += og__sample_is_mapped(data, OG_PART_TRAIN, s);
        assert_int_equal(mapped, i == 1 ? COUNT : i == 3 ? COUNT - 10 : 0); /* ten images fill 20 MB */
        if (i == 0) {
            memcpy(reference, sums, sizeof sums);
            digest = og_dataset_digest(data);
        }
        assert_memory_equal(sums, reference, sizeof sums);
        assert_true(og_dataset_digest(data) == digest);
        og_dataset_free(data);
    }
    assert_true(reference[0] != reference[1]);
}

/* 47 MB of pixels, of which no more than a few images are in memory at any time. */
static void test_memory_is_bounded(void **state)
{
    (void)state;
    int64_t peak, before;
    og__peak_reset();
    before = og__peak_bytes();
#ifdef __SANITIZE_ADDRESS__
    skip(); /* it keeps what was freed */
#endif
    if (before == 0)
        skip();
    og_dataset *data = open_data("disk", "0", "");
    assert_true(og__peak_bytes() - before < 14 * MB); /* one image and its mask on their way from file to file */
    og__peak_reset();
    before = og__peak_bytes();
    run_epochs(data, 1, 2, &peak);
    assert_true(peak - before < 14 * MB); /* an image for each thread, batches, and what malloc() keeps */
    og_dataset_free(data);
}

/* Batches ahead are bounded too: with 1 MB there is room for two of these, and the rest waits. */
static void test_few_slots_still_work(void **state)
{
    (void)state;
    int64_t peak;
    og_dataset *data = open_data("auto", "1", scratch_folder), *plain = open_data("memory", "0", "");
    assert_true(run_epochs(data, 1, 7, &peak) == run_epochs(plain, 1, 7, &peak));
    og_dataset_free(data);
    og_dataset_free(plain);
}

static void test_no_file_is_left(void **state)
{
    (void)state;
    char **names;
    size_t count;
    og_dataset *data = open_data("disk", "0", scratch_folder);
    assert_int_equal(og__folder_list(scratch_folder, &names, &count), OG_OK);
    assert_int_equal(count, 1); /* the data set itself, while the file is in use */
    og__names_free(names, count);
    og_dataset_free(data);
}

static void test_a_folder_that_cannot_be_written_to(void **state)
{
    (void)state;
    og_dataset *data;
    og_data_options options;
    og_option_table table = og_data_option_table();
    assert_int_equal(og_options_init(table, &options), OG_OK);
    assert_int_equal(og_option_set(og_option_find(table, "cache"), &options, "disk"), OG_OK);
    assert_int_equal(og_option_set(og_option_find(table, "cache-folder"), &options, "/nowhere/at all"), OG_OK);
    assert_int_equal(og_dataset_open(scratch("set"), &options, &data), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "/nowhere/at all"));
    og_options_deinit(table, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_bounded),
        cmocka_unit_test(test_the_same_batches_wherever_pixels_are),
        cmocka_unit_test(test_few_slots_still_work),
        cmocka_unit_test(test_no_file_is_left),
        cmocka_unit_test(test_a_folder_that_cannot_be_written_to),
    };
    return cmocka_run_group_tests(tests, make_data, scratch_close);
}

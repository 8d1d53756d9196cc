/* Regions as a YAML file and as nnU-Net's dataset.json declare them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ogive/data.h>

#include "data/pictures.h"

static int make_data(void **state)
{
    if (scratch_open(state) != 0)
        return -1;
    picture_set("set", 4, 9, 11, 4); /* masks of 0 to 3 */
    picture("gaps/images/a.png", 9, 11, 1, 7, 251);
    uint8_t mask[9 * 11], *png;
    size_t count;
    for (int i = 0; i < 9 * 11; i++)
        mask[i] = (uint8_t[]){0, 1, 2, 4}[i % 4]; /* BraTS */
    assert_int_equal(og_png_encode(mask, 9, 11, 1, &png, &count), OG_OK);
    assert_int_equal(og__file_write(scratch("gaps/masks/a.png"), png, count), OG_OK);
    picture("nnunet/imagesTr/a_0000.png", 9, 11, 1, 7, 251);
    picture("nnunet/imagesTr/b_0000.png", 9, 11, 2, 7, 251);
    assert_int_equal(og__file_write(scratch("nnunet/labelsTr/a.png"), png, count), OG_OK);
    assert_int_equal(og__file_write(scratch("nnunet/labelsTr/b.png"), png, count), OG_OK);
    free(png);
    return 0;
}

static og_dataset *open_data(const char *path)
{
    og_dataset *data;
    if (og_dataset_open(path, NULL, &data) != OG_OK)
        fail_msg("%s", og_error_text());
    return data;
}

/* Sets of classes as bits, by region. */
static uint64_t classes_of(const og_regions *regions, int region)
{
    uint64_t set = 0;
    for (int k = 0; k < 256; k++)
        set |= (regions->of_class[k] >> region & 1) << (k % 64);
    return set;
}

static void test_values_become_classes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "folder: gaps\nregions:\n  whole: [1, 2, 4]\n  core: [1, 4]\n  enhancing: 4\n",
        "folder: gaps\nclasses: {none: 0, necrosis: 1, edema: 2, enhancing: 4}\n"
        "regions:\n  whole: [1-4]\n  core: [1, 4]\n  enhancing: 4\n",
    };
    for (int i = 0; i < 2; i++) {
        og_dataset *data = open_data(scratch_text("regions.yaml", texts[i]));
        const og_regions *regions = og_dataset_regions(data);
        assert_int_equal(og_dataset_class_count(data), 4);
        assert_int_equal(regions->count, 3);
        assert_true(classes_of(regions, 0) == 0xe && classes_of(regions, 1) == 0xa && classes_of(regions, 2) == 0x8);
        assert_true(regions->writes[0] == 2 && regions->writes[1] == 1 && regions->writes[2] == 3); /* what is new */
        assert_int_equal(regions->outside, 0);
        assert_int_equal(og_dataset_scored_count(data), 4);
        assert_string_equal(og_dataset_scored_name(data, 0), "in no region");
        assert_string_equal(og_dataset_scored_name(data, 3), "enhancing");
        og_dataset_free(data);
    }
}

static void test_nnunet(void **state)
{
    (void)state;
    scratch_text("nnunet/dataset.json",
                 "{\"channel_names\": {\"0\": \"x\"}, \"file_ending\": \".png\", \"numTraining\": 2, \"labels\": "
                 "{\"background\": 0, \"whole\": [1, 2, 4], \"core\": [2, 4], \"enhancing\": 4}, "
                 "\"regions_class_order\": [1, 2, 4]}");
    og_dataset *data = open_data(scratch("nnunet"));
    const og_regions *regions = og_dataset_regions(data);
    assert_int_equal(regions->count, 3);
    assert_true(classes_of(regions, 0) == 0xe && classes_of(regions, 1) == 0xc && classes_of(regions, 2) == 0x8);
    assert_true(regions->writes[0] == 1 && regions->writes[1] == 2 && regions->writes[2] == 3);
    assert_string_equal(og_dataset_region_name(data, 1), "core");
    og_dataset_free(data);
    scratch_text("nnunet/dataset.json", "{\"channel_names\": {\"0\": \"x\"}, \"file_ending\": \".png\", \"labels\": "
                                        "{\"background\": 0, \"whole\": [1, 2, 4], \"core\": [2, 4]}, "
                                        "\"regions_class_order\": [1, 1]}");
    assert_int_equal(og_dataset_open(scratch("nnunet"), NULL, &data), OG_ERR_DATA);
    assert_non_null(strstr(og_error_text(), "core"));
}

/* A mask for each region: every combination is a class. */
static void test_masks(void **state)
{
    (void)state;
    uint8_t first[6] = {0, 255, 255, 0, 0, 255}, second[6] = {0, 0, 1, 1, 0, 1}, empty[6] = {0}, *png;
    const uint8_t want[6] = {0, 1, 3, 2, 0, 3};
    const uint8_t *const pixels[] = {first, second, empty};
    static const char *const names[] = {"own/first.png", "own/second.png", "own/empty.png"};
    size_t count;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(og_png_encode(pixels[i], 2, 3, 1, &png, &count), OG_OK);
        assert_int_equal(og__file_write(scratch(names[i]), png, count), OG_OK);
        free(png);
    }
    picture("own/image.png", 2, 3, 1, 7, 251);
    static const char text[] =
        "pairs:\n  - {image: own/image.png, name: a, part: train, masks: {x: own/first.png, y: own/second.png}}\n"
        "  - {image: own/image.png, name: b, part: validation, masks: {x: own/empty.png, y: own/first.png}}\n";
    og_dataset *data = open_data(scratch_text("masks.yaml", text));
    const og_regions *regions = og_dataset_regions(data);
    assert_int_equal(regions->count, 2);
    assert_int_equal(og_dataset_class_count(data), 4);
    assert_string_equal(og_dataset_class_name(data, 3), "x + y");
    assert_string_equal(og_dataset_region_name(data, 1), "y");
    for (int k = 0; k < 4; k++)
        assert_true(regions->of_class[k] == (uint64_t)k);
    assert_memory_equal(og_dataset_sample(data, OG_PART_TRAIN, 0).labels, want, sizeof want);
    const uint8_t *labels = og_dataset_sample(data, OG_PART_VALIDATION, 0).labels;
    for (int p = 0; p < 6; p++)
        assert_int_equal(labels[p], first[p] ? 2 : 0);
    og_dataset_free(data);
}

static void test_without_regions(void **state)
{
    (void)state;
    og_dataset *data = open_data(scratch("set"));
    assert_int_equal(og_dataset_regions(data)->count, 0);
    assert_int_equal(og_dataset_scored_count(data), 4);
    assert_string_equal(og_dataset_scored_name(data, 2), og_dataset_class_name(data, 2));
    og_dataset_free(data);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        og_status status;
        const char *named;
    } bad[] = {
        {"folder: set\nregions:\n  whole: [1, 2]\n  far: 9\n", OG_ERR_DATA, "far"},
        {"folder: set\nregions:\n  whole: [1, 2]\n", OG_ERR_DATA, "classes"},
        {"folder: set\nregions:\n  whole: [1, 2]\n  whole: 1\n", OG_ERR_DATA, "whole"},
        {"pairs:\n  - {image: a, masks: {x: b, y: c}}\n  - {image: a, masks: {y: b, x: c}}\n", OG_ERR_DATA, "'y'"},
        {"pairs:\n  - {image: a, masks: {x: b}}\n", OG_ERR_DATA, "masks"},
        {"pairs:\n  - {image: a, masks: {x: b, y: c}}\n  - {image: a, mask: d, name: q}\n", OG_ERR_DATA, "q"},
        {"classes: [a, b]\npairs:\n  - {image: a, masks: {x: b, y: c}}\n", OG_ERR_DATA, "classes"},
        {"folder: set\nregions: [1, 2]\n", OG_ERR_SYNTAX, "regions"},
        {"folder: set\nregions:\n  a: x\n  b: 1\n", OG_ERR_SYNTAX, "a"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        og_dataset *data;
        og_status status = og_dataset_open(scratch_text("bad.yaml", bad[i].text), NULL, &data);
        if (status == OG_OK || !strstr(og_error_text(), bad[i].named) ||
            (status != bad[i].status && status != OG_ERR_SYNTAX))
            fail_msg("case %zu: status %d, '%s'", i, status, og_error_text());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_become_classes), cmocka_unit_test(test_nnunet),   cmocka_unit_test(test_masks),
        cmocka_unit_test(test_without_regions),       cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, make_data, scratch_close);
}

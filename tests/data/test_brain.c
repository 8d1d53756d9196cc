/* The demo's data set, examples/brain-lobes.yaml, against numbers that an independent derivation by numpy gave. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/data.h>

#include "base/file.h"

static const char volumes[] = "/usr/share/mricron/templates/ch2.nii.gz";

static og_data_report *report_on(const char *example, og_dataset **data)
{
    char path[512];
    og_data_report *report;
    if (!og__file_exists(volumes)) {
        print_message("%s is absent (package mricron-data)\n", volumes);
        skip();
    }
    snprintf(path, sizeof path, "%s/examples/%s", OGIVE_SOURCE_DIR, example);
    if (og_dataset_open(path, NULL, data) != OG_OK)
        fail_msg("%s", og_error_text());
    assert_int_equal(og_data_report_new(*data, &report), OG_OK);
    return report;
}

static void expect_pixels(const og_data_report *report, og_part part, size_t count, const int64_t *pixels)
{
    assert_int_equal(report->parts[part].count, count);
    assert_int_equal(report->parts[part].ignored, 0);
    for (int k = 0; k < report->class_count; k++)
        assert_int_equal(report->parts[part].class_pixels[k], pixels[k]);
}

static void test_lobes(void **state)
{
    (void)state;
    static const char *const names[] = {"background", "frontal",     "insula",   "limbic",    "occipital",
                                        "parietal",   "subcortical", "temporal", "cerebellum"};
    og_dataset *data;
    og_data_report *report = report_on("brain-lobes.yaml", &data);
    assert_int_equal(report->class_count, 9);
    for (int k = 0; k < 9; k++)
        assert_string_equal(og_dataset_class_name(data, k), names[k]);
    assert_int_equal(report->size_count, 1);
    assert_int_equal(report->sizes[0].h, 217);
    assert_int_equal(report->sizes[0].w, 181);
    expect_pixels(report, OG_PART_TRAIN, 90,
                  (int64_t[]){2764499, 213016, 16193, 31288, 100931, 118376, 36539, 110437, 143651});
    expect_pixels(report, OG_PART_VALIDATION, 40,
                  (int64_t[]){1019019, 175740, 10119, 53842, 87595, 99505, 9775, 79082, 36403});
    assert_true(fabs(report->values[0].mean * 90 * 217 * 181 - 171560915) < 1);
    assert_string_equal(og_dataset_sample(data, OG_PART_TRAIN, 0).name, "z011");
    assert_string_equal(og_dataset_sample(data, OG_PART_VALIDATION, 0).name, "z050");
    assert_string_equal(og_dataset_sample(data, OG_PART_VALIDATION, 39).name, "z124");
    /* pooled over the 40 slices; the mean of the per-image scores is 0.527 */
    assert_true(fabs(report->copy_dice - 0.63107) < 0.00001);
    for (size_t i = 0; i < report->finding_count; i++)
        assert_int_equal(report->findings[i].severity, OG_SEVERITY_NOTE);
    og_data_report_free(report);
    og_dataset_free(data);
}

static void test_mask(void **state)
{
    (void)state;
    og_dataset *data;
    og_data_report *report = report_on("brain-mask.yaml", &data);
    assert_int_equal(report->class_count, 2);
    expect_pixels(report, OG_PART_TRAIN, 90, (int64_t[]){2616504, 918426});
    expect_pixels(report, OG_PART_VALIDATION, 40, (int64_t[]){935608, 635472});
    assert_true(fabs(report->copy_dice - 0.92277) < 0.00001);
    og_data_report_free(report);
    og_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lobes), cmocka_unit_test(test_mask)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

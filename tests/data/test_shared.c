/* Real folders of images, where the machine has them beside the source. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <ogive/data.h>

#include "base/file.h"

static og_data_report *report_on(const char *name, og_dataset **data)
{
    char path[512];
    og_data_report *report;
    snprintf(path, sizeof path, "%s/../shared/data/%s", OGIVE_SOURCE_DIR, name);
    if (!og__file_exists(path)) {
        print_message("%s is absent\n", path);
        skip();
    }
    if (og_dataset_open(path, NULL, data) != OG_OK)
        fail_msg("%s", og_error_text());
    assert_int_equal(og_data_report_new(*data, &report), OG_OK);
    return report;
}

/* 388 grey images of 9 sizes, masks of 0 and 1. */
static void test_nuclei(void **state)
{
    (void)state;
    og_dataset *data;
    og_data_report *report = report_on("nuclei", &data);
    size_t images = 0;
    assert_int_equal(report->parts[OG_PART_TRAIN].count, 310);
    assert_int_equal(report->parts[OG_PART_VALIDATION].count, 78);
    assert_int_equal(report->channels, 1);
    assert_int_equal(report->class_count, 2);
    assert_in_range(report->size_count, 2, 9);
    for (size_t s = 0; s < report->size_count; s++)
        images += report->sizes[s].count;
    assert_int_equal(images, 388);
    assert_int_equal(report->sizes[0].h, 256);
    og_data_report_free(report);
    og_dataset_free(data);
}

/* Colour images, 11 classes, 255 for pixels that nobody labelled, and a list of the parts. */
static void test_camvid(void **state)
{
    (void)state;
    og_dataset *data;
    og_data_report *report = report_on("camvid", &data);
    assert_int_equal(report->parts[OG_PART_TRAIN].count, 92);
    assert_int_equal(report->parts[OG_PART_VALIDATION].count, 26);
    assert_int_equal(report->channels, 3);
    assert_int_equal(report->class_count, 11);
    assert_true(report->parts[OG_PART_TRAIN].ignored > 0);
    og_data_report_free(report);
    og_dataset_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nuclei), cmocka_unit_test(test_camvid)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

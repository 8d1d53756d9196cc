/* Which images are held out: shares, folds, groups and classes, and that nothing depends on the order of a folder. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ogive/data.h>

#include "data/deal.h"
#include "data/pictures.h"

static og_dataset *open_with(const char *path, og_data_options options)
{
    og_dataset *data;
    if (og_dataset_open(path, &options, &data) != OG_OK)
        fail_msg("%s", og_error_text());
    return data;
}

static void expect_failure(const char *path, og_data_options options, const char *piece)
{
    og_dataset *data;
    assert_int_not_equal(og_dataset_open(path, &options, &data), OG_OK);
    if (!strstr(og_error_text(), piece))
        fail_msg("'%s' is not in '%s'", piece, og_error_text());
}

static bool holds(const og_dataset *data, og_part part, const char *name)
{
    for (size_t i = 0; i < og_dataset_count(data, part); i++)
        if (strcmp(og_dataset_sample(data, part, i).name, name) == 0)
            return true;
    return false;
}

/* --- dealing ------------------------------------------------------------------------------------------------------ */

static void test_deal_ignores_the_order(void **state)
{
    (void)state;
    enum { COUNT = 23 };
    static const double parts[3] = {0.25, 0.25, 0.5};
    og__unit forth[COUNT], back[COUNT];
    static char names[COUNT][8];
    int sizes[3] = {0};
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "u%zu", i);
        forth[i] = (og__unit){.name = names[i], .size = 1 + i % 3, .position = i};
        back[COUNT - 1 - i] = forth[i];
    }
    assert_int_equal(og__deal(7, COUNT, forth, 3, parts, 0, NULL), OG_OK);
    assert_int_equal(og__deal(7, COUNT, back, 3, parts, 0, NULL), OG_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(forth[i].position, back[i].position);
        assert_int_equal(forth[i].share, back[i].share);
        sizes[forth[i].share] += (int)forth[i].size;
    }
    for (int s = 0; s < 3; s++) /* 45 images: no share is further off than the largest unit */
        assert_true(fabs(sizes[s] - parts[s] * 45) <= 3);
}

/* 40 units, one trait in 4 of them and another in 30: four equal shares get 1 and 7 or 8 of them. */
static void test_deal_spreads_traits(void **state)
{
    (void)state;
    enum { COUNT = 40, SHARES = 4 };
    static const double parts[SHARES] = {0.25, 0.25, 0.25, 0.25};
    og__unit units[COUNT];
    static char names[COUNT][8];
    bool traits[COUNT * 2];
    for (uint64_t seed = 0; seed < 20; seed++) {
        int all[SHARES] = {0}, rare[SHARES] = {0}, common[SHARES] = {0};
        for (size_t i = 0; i < COUNT; i++) {
            snprintf(names[i], sizeof names[i], "u%zu", i);
            units[i] = (og__unit){.name = names[i], .size = 1, .position = i};
            traits[i * 2] = i % 10 == 0;
            traits[i * 2 + 1] = i % 4 != 0;
        }
        assert_int_equal(og__deal(seed, COUNT, units, SHARES, parts, 2, traits), OG_OK);
        for (size_t i = 0; i < COUNT; i++) {
            all[units[i].share]++;
            rare[units[i].share] += units[i].position % 10 == 0;
            common[units[i].share] += units[i].position % 4 != 0;
        }
        for (int s = 0; s < SHARES; s++) {
            assert_int_equal(rare[s], 1);
            assert_in_range(common[s], 7, 8);
            assert_in_range(all[s], 9, 11);
        }
    }
}

static void test_no_share_is_empty(void **state)
{
    (void)state;
    static const double parts[3] = {1.0 / 3, 1.0 / 3, 1.0 / 3};
    og__unit units[3] = {{.name = "a", .size = 100}, {.name = "b", .size = 1}, {.name = "c", .size = 1}};
    assert_int_equal(og__deal(0, 3, units, 3, parts, 0, NULL), OG_OK);
    assert_int_equal(units[0].share + units[1].share + units[2].share, 3);
    assert_int_equal(units[0].share * units[1].share * units[2].share, 0);
}

/* --- folds -------------------------------------------------------------------------------------------------------- */

static void test_folds_part_the_images(void **state)
{
    (void)state;
    picture_set("folds", 17, 4, 4, 2);
    int times[17] = {0};
    for (int64_t fold = 0; fold < 5; fold++) {
        og_dataset *data = open_with(scratch("folds"), (og_data_options){.folds = 5, .fold = fold, .split_seed = 3});
        size_t held = og_dataset_count(data, OG_PART_VALIDATION);
        assert_in_range(held, 3, 4);
        assert_int_equal(held + og_dataset_count(data, OG_PART_TRAIN), 17);
        for (size_t i = 0; i < held; i++)
            times[og_dataset_sample(data, OG_PART_VALIDATION, i).name[0] - 'a']++;
        og_dataset_free(data);
    }
    for (int i = 0; i < 17; i++)
        assert_int_equal(times[i], 1);
    expect_failure(scratch("folds"), (og_data_options){.folds = 5, .fold = 5}, "--fold 5 needs --folds 6 or more");
    expect_failure(scratch("folds"), (og_data_options){.fold = 1}, "--fold 1 needs --folds 2 or more");
    expect_failure(scratch("folds"), (og_data_options){.folds = 1}, "--folds 1 leaves nothing to learn from");
    expect_failure(scratch("folds"), (og_data_options){.folds = 18}, "has 17 images, too few for 18 folds");
}

/* A picture more changes where at most a few others go, because a place follows from a name, not from a number. */
static void test_folds_outlive_a_new_image(void **state)
{
    (void)state;
    picture_set("grow", 20, 4, 4, 2);
    const og_data_options options = {.validation = 0.5};
    og_dataset *before = open_with(scratch("grow"), options);
    picture("grow/images/000.png", 4, 4, 1, 7, 251); /* first by name */
    picture("grow/masks/000.png", 4, 4, 0, 1, 2);
    og_dataset *after = open_with(scratch("grow"), options);
    size_t moved = 0;
    for (size_t i = 0; i < og_dataset_count(before, OG_PART_VALIDATION); i++)
        moved += !holds(after, OG_PART_VALIDATION, og_dataset_sample(before, OG_PART_VALIDATION, i).name);
    assert_in_range(moved, 0, 4);
    og_dataset_free(before);
    og_dataset_free(after);
}

static void test_folds_replace_declared_parts(void **state)
{
    (void)state;
    picture_set("again", 6, 4, 4, 2);
    scratch_text("again/splits.csv", "image,split\nimages/a.png,train\nimages/b.png,train\nimages/c.png,val\n"
                                     "images/d.png,val\nimages/e.png,test\nimages/f.png,train\n");
    size_t held = 0;
    for (int64_t fold = 0; fold < 2; fold++) {
        og_dataset *data = open_with(scratch("again"), (og_data_options){.folds = 2, .fold = fold});
        held += og_dataset_count(data, OG_PART_VALIDATION);
        assert_false(holds(data, OG_PART_TRAIN, "e") || holds(data, OG_PART_VALIDATION, "e")); /* stays for testing */
        og_dataset_free(data);
    }
    assert_int_equal(held, 5);
}

static void test_groups_of_a_list(void **state)
{
    (void)state;
    picture_set("fields", 4, 4, 4, 2);
    scratch_text("fields/splits.csv", "image,split,group\nimages/a.png,train,x\nimages/b.png,train,x\n"
                                      "images/c.png,train,y\nimages/d.png,val,y\n");
    og_dataset *data = open_with(scratch("fields"), (og_data_options){.folds = 2});
    assert_int_equal(og_dataset_count(data, OG_PART_VALIDATION), 2);
    assert_true(holds(data, OG_PART_TRAIN, "a") == holds(data, OG_PART_TRAIN, "b"));
    assert_true(holds(data, OG_PART_TRAIN, "c") == holds(data, OG_PART_TRAIN, "d"));
    og_dataset_free(data);
}

/* --- groups and classes ------------------------------------------------------------------------------------------- */

static void make_patients(const char *folder)
{
    char name[64];
    for (int patient = 0; patient < 6; patient++)
        for (int visit = 0; visit <= patient % 3; visit++) {
            snprintf(name, sizeof name, "%s/images/p%d_v%d.png", folder, patient, visit);
            picture(name, 4, 4, patient * 9 + visit, 7, 251);
            snprintf(name, sizeof name, "%s/masks/p%d_v%d.png", folder, patient, visit);
            picture(name, 4, 4, 0, 1, 2);
        }
}

static void test_groups_stay_together(void **state)
{
    (void)state;
    char name[64];
    make_patients("patients");
    for (int64_t seed = 0; seed < 10; seed++) {
        og_dataset *data = open_with(scratch("patients"),
                                     (og_data_options){.validation = 0.3, .split_seed = seed, .group = "^(p[0-9]+)_"});
        assert_in_range(og_dataset_count(data, OG_PART_VALIDATION), 1, 6);
        for (int patient = 0; patient < 6; patient++) {
            snprintf(name, sizeof name, "p%d_v0", patient);
            og_part part = holds(data, OG_PART_TRAIN, name) ? OG_PART_TRAIN : OG_PART_VALIDATION;
            for (int visit = 0; visit <= patient % 3; visit++) {
                snprintf(name, sizeof name, "p%d_v%d", patient, visit);
                assert_true(holds(data, part, name));
            }
        }
        og_dataset_free(data);
    }
    expect_failure(scratch("patients"), (og_data_options){.validation = 0.3, .group = "("},
                   "--group must be an extended regular expression, found '('");
    expect_failure(scratch("patients"), (og_data_options){.validation = 0.3, .group = "^q"},
                   "--group '^q' finds nothing in the name 'p0_v0'");
    expect_failure(scratch("patients"), (og_data_options){.validation = 0.3, .group = "^p"},
                   "all images of 'patients' are in the group 'p'");
    expect_failure(scratch("patients"), (og_data_options){.folds = 7, .group = "^p."},
                   "has 6 groups, too few for 7 folds");
}

/* A volume of 30 pages: the last sixth is held out, and the page before it belongs to no part; or a fold in the middle.
 */
static void test_slices_are_held_out_as_a_slab(void **state)
{
    (void)state;
    enum { PAGES = 30, SIDE = 4 };
    uint8_t pixels[PAGES * SIDE * SIDE];
    for (int i = 0; i < PAGES * SIDE * SIDE; i++)
        pixels[i] = (uint8_t)(i % 2);
    assert_int_equal(og_labels_save(scratch("pages/images/v.tif"), pixels, PAGES, SIDE, SIDE, NULL), OG_OK);
    assert_int_equal(og_labels_save(scratch("pages/masks/v.tif"), pixels, PAGES, SIDE, SIDE, NULL), OG_OK);
    og_dataset *data = open_with(scratch("pages"), (og_data_options){.validation = 1.0 / 6});
    assert_int_equal(og_dataset_count(data, OG_PART_TRAIN), 24);
    assert_int_equal(og_dataset_count(data, OG_PART_VALIDATION), 5);
    assert_true(holds(data, OG_PART_VALIDATION, "z029") && !holds(data, OG_PART_TRAIN, "z024"));
    og_dataset_free(data);
    data = open_with(scratch("pages"), (og_data_options){.folds = 3, .fold = 1});
    assert_int_equal(og_dataset_count(data, OG_PART_TRAIN), 18);
    assert_int_equal(og_dataset_count(data, OG_PART_VALIDATION), 10);
    assert_true(holds(data, OG_PART_VALIDATION, "z010") && holds(data, OG_PART_VALIDATION, "z019"));
    og_dataset_free(data);
    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] = 9; /* the first page, which is not used, has another value */
    assert_int_equal(og_labels_save(scratch("pages/masks/v.tif"), pixels, PAGES, SIDE, SIDE, NULL), OG_OK);
    data = open_with(scratch_text("pages/set.yaml", "classes: {a: 0, b: 1}\npairs:\n"
                                                    "  - {image: images/v.tif, mask: masks/v.tif, leave_out: 0}\n"),
                     (og_data_options){.validation = 0.2});
    assert_int_equal(og_dataset_class_count(data), 2);
    og_dataset_free(data);
    expect_failure(scratch("pages"), (og_data_options){.folds = 16}, "has 30 slices, too few for 16 folds");
}

/* Class 2 is in 4 of 20 images: each of four folds holds one of them. */
static void test_classes_are_spread(void **state)
{
    (void)state;
    char name[64];
    picture_set("rare", 20, 4, 4, 2);
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "rare/masks/%c.png", 'c' + 4 * i);
        picture(name, 4, 4, 0, 1, 3);
    }
    for (int64_t fold = 0; fold < 4; fold++) {
        og_data_report *report;
        og_dataset *data = open_with(scratch("rare"), (og_data_options){.folds = 4, .fold = fold, .stratify = true});
        assert_int_equal(og_data_report_new(data, &report), OG_OK);
        assert_int_equal(report->parts[OG_PART_VALIDATION].class_images[2], 1);
        og_data_report_free(report);
        og_dataset_free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deal_ignores_the_order),    cmocka_unit_test(test_deal_spreads_traits),
        cmocka_unit_test(test_no_share_is_empty),         cmocka_unit_test(test_folds_part_the_images),
        cmocka_unit_test(test_folds_outlive_a_new_image), cmocka_unit_test(test_folds_replace_declared_parts),
        cmocka_unit_test(test_groups_stay_together),      cmocka_unit_test(test_groups_of_a_list),
        cmocka_unit_test(test_classes_are_spread),        cmocka_unit_test(test_slices_are_held_out_as_a_slab),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

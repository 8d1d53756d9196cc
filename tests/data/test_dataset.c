#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ogive/data.h>
#include <ogive/net.h>

#include "data/pictures.h"

static og_dataset *open_set(const char *name, double validation)
{
    og_dataset *data;
    const og_data_options options = {.validation = validation};
    if (og_dataset_open(scratch(name), &options, &data) != OG_OK)
        fail_msg("%s", og_error_text());
    return data;
}

static void expect_failure(const char *path, og_status status, const char *piece)
{
    og_dataset *data;
    assert_int_equal(og_dataset_open(path, NULL, &data), status);
    assert_null(data);
    if (!strstr(og_error_text(), piece))
        fail_msg("'%s' is not in '%s'", piece, og_error_text());
}

static bool has_finding(const og_dataset *data, og_severity severity, const char *piece)
{
    og_data_report *report;
    bool found = false;
    assert_int_equal(og_data_report_new(data, &report), OG_OK);
    for (size_t i = 0; i < report->finding_count; i++)
        found = found || (report->findings[i].severity == severity && strstr(report->findings[i].text, piece));
    og_data_report_free(report);
    return found;
}

/* --- folders ------------------------------------------------------------------------------------------------------ */

static void test_folder(void **state)
{
    (void)state;
    picture_set("set", 5, 6, 8, 3);
    og_dataset *data = open_set("set", 0.4);
    assert_string_equal(og_dataset_name(data), "set");
    assert_int_equal(og_dataset_channels(data), 1);
    assert_int_equal(og_dataset_class_count(data), 3);
    assert_string_equal(og_dataset_class_name(data, 2), "class 2");
    assert_int_equal(og_dataset_count(data, OG_PART_TRAIN), 3);
    assert_int_equal(og_dataset_count(data, OG_PART_VALIDATION), 2);
    og_sample sample = og_dataset_sample(data, OG_PART_TRAIN, 0);
    assert_int_equal(sample.h, 6);
    assert_int_equal(sample.w, 8);
    for (int i = 0; i < 48; i++) {
        assert_true(sample.image[i] == (float)((sample.name[0] - 'a' + i * 7) % 251));
        assert_int_equal(sample.labels[i], i % 3);
    }
    assert_true(has_finding(data, OG_SEVERITY_NOTE, "2 of 5 images are held out at random"));
    og_dataset_free(data);
}

static void test_split_depends_on_the_seed_alone(void **state)
{
    (void)state;
    picture_set("many", 20, 4, 4, 2);
    og_data_options options = {.validation = 0.25, .split_seed = 1};
    og_dataset *first, *second, *other;
    assert_int_equal(og_dataset_open(scratch("many"), &options, &first), OG_OK);
    assert_int_equal(og_dataset_open(scratch("many"), &options, &second), OG_OK);
    options.split_seed = 2;
    assert_int_equal(og_dataset_open(scratch("many"), &options, &other), OG_OK);
    assert_int_equal(og_dataset_count(first, OG_PART_VALIDATION), 5);
    assert_true(og_dataset_digest(first) == og_dataset_digest(second));
    assert_true(og_dataset_digest(first) != og_dataset_digest(other));
    for (size_t i = 0; i < 5; i++) /* in the order of their names */
        assert_string_equal(og_dataset_sample(first, OG_PART_VALIDATION, i).name,
                            og_dataset_sample(second, OG_PART_VALIDATION, i).name);
    for (size_t i = 1; i < 5; i++)
        assert_true(strcmp(og_dataset_sample(first, OG_PART_VALIDATION, i - 1).name,
                           og_dataset_sample(first, OG_PART_VALIDATION, i).name) < 0);
    og_dataset_free(first);
    og_dataset_free(second);
    og_dataset_free(other);
}

static void test_splits_file(void **state)
{
    (void)state;
    picture_set("listed", 5, 4, 4, 2);
    scratch_text("listed/splits.csv",
                 "split,image\r\ntrain,images/a.png\r\nval,\"images/b.png\"\r\ntest,images/c.png\r\n\r\n"
                 "train,images/e.png\r\n");
    og_dataset *data = open_set("listed", 0.2);
    assert_int_equal(og_dataset_count(data, OG_PART_TRAIN), 2);
    assert_int_equal(og_dataset_count(data, OG_PART_VALIDATION), 1);
    assert_string_equal(og_dataset_sample(data, OG_PART_TRAIN, 1).name, "e");
    assert_string_equal(og_dataset_sample(data, OG_PART_VALIDATION, 0).name, "b");
    assert_true(has_finding(data, OG_SEVERITY_NOTE, "keeps for testing: 1"));
    assert_true(has_finding(data, OG_SEVERITY_WARNING, "does not list are left out: 1"));
    og_dataset_free(data);

    scratch_text("listed/splits.csv", "image,split\nimages/a.png,train\nimages/z.png,val\n");
    expect_failure(scratch("listed"), OG_ERR_DATA, "splits.csv:3: there is no image");
    scratch_text("listed/splits.csv", "image,split\nimages/a.png,learn\n");
    expect_failure(scratch("listed"), OG_ERR_DATA, "splits.csv:2: unknown split 'learn'");
    scratch_text("listed/splits.csv", "image,split\nimages/a.png,train\nimages/a.png,val\n");
    expect_failure(scratch("listed"), OG_ERR_DATA, "splits.csv:3: 'images/a.png' is listed twice");
    scratch_text("listed/splits.csv", "image,split\nimages/a.png,test\n");
    expect_failure(scratch("listed"), OG_ERR_DATA, "all are left out");
    scratch_text("listed/splits.csv", "file,part\nimages/a.png,train\n");
    expect_failure(scratch("listed"), OG_ERR_DATA, "expected a header with the columns image and split");
    scratch_text("listed/splits.csv", "image,split\n\"images/a.png,train\n");
    expect_failure(scratch("listed"), OG_ERR_SYNTAX, "splits.csv:2: a quoted field does not end");
}

static void test_pairing(void **state)
{
    (void)state;
    picture_set("pairing", 3, 4, 4, 2);
    picture("pairing/images/lonely.png", 4, 4, 0, 1, 9);
    expect_failure(scratch("pairing"), OG_ERR_DATA, "1 of 4 images in");
    assert_non_null(strstr(og_error_text(), "lonely.png"));
    unlink(scratch("pairing/images/lonely.png"));

    picture("pairing/masks/spare.png", 4, 4, 0, 1, 2);
    scratch_text("pairing/images/.hidden", "x");
    scratch_text("pairing/images/a.png.aux.xml", "x");
    og_dataset *data = open_set("pairing", 0.3);
    assert_true(has_finding(data, OG_SEVERITY_WARNING, "without an image are left out (1): spare.png"));
    og_dataset_free(data);

    picture("pairing/images/a.jpeg", 4, 4, 0, 1, 9);
    expect_failure(scratch("pairing"), OG_ERR_DATA, "have the same name but for the ending");
}

static void test_bad_folders(void **state)
{
    (void)state;
    expect_failure("/nonexistent/set", OG_ERR_FILE, "No such file");
    scratch_text("plain/file.txt", "x");
    expect_failure(scratch("plain"), OG_ERR_FORMAT, "expected a folder with images/ and masks/, a YAML file");
    expect_failure(scratch("plain/file.txt"), OG_ERR_FORMAT, "is no data set");
    scratch_text("empty/images/.keep", "");
    scratch_text("empty/masks/.keep", "");
    expect_failure(scratch("empty"), OG_ERR_DATA, "holds no images");

    picture_set("sizes", 4, 4, 6, 2);
    picture("sizes/masks/b.png", 5, 6, 0, 1, 2);
    picture("sizes/masks/d.png", 4, 7, 0, 1, 2);
    expect_failure(
        scratch("sizes"), OG_ERR_DATA,
        "image and mask differ in size in 2 of 4 pairs: b (image 6 x 4, mask 6 x 5), d (image 6 x 4, mask 7 x 4)");

    picture_set("damaged", 2, 4, 6, 2);
    scratch_text("damaged/images/b.png", "\x89PNG\r\n\x1a\n then nothing");
    expect_failure(scratch("damaged"), OG_ERR_FORMAT, "damaged/images/b.png");

    picture_set("folder", 2, 4, 6, 2);
    unlink(scratch("folder/images/b.png"));
    scratch_text("folder/images/b.png/inner.txt", "x");
    expect_failure(scratch("folder"), OG_ERR_FILE, "it is a folder");

    if (geteuid() != 0) {
        picture_set("locked", 2, 4, 6, 2);
        assert_int_equal(chmod(scratch("locked/images"), 0), 0);
        expect_failure(scratch("locked"), OG_ERR_FILE, "Permission denied");
        assert_int_equal(chmod(scratch("locked/images"), 0755), 0);
    }
}

/* --- mask values -------------------------------------------------------------------------------------------------- */

static void test_black_and_white_masks(void **state)
{
    (void)state;
    picture_set("bw", 3, 4, 4, 2);
    for (char c = 'a'; c <= 'c'; c++) {
        char name[32];
        snprintf(name, sizeof name, "bw/masks/%c.png", c);
        picture(name, 4, 4, 0, 255, 510); /* 0 and 255 in turn */
    }
    og_dataset *data = open_set("bw", 0.3);
    assert_int_equal(og_dataset_class_count(data), 2);
    assert_string_equal(og_dataset_class_name(data, 1), "foreground");
    og_sample sample = og_dataset_sample(data, OG_PART_TRAIN, 0);
    assert_int_equal(sample.labels[0], 0);
    assert_int_equal(sample.labels[1], 1);
    assert_true(has_finding(data, OG_SEVERITY_NOTE, "mask values 0 and 255 are read as classes 0 and 1"));
    og_dataset_free(data);

    scratch_text("bw/classes.txt", "sky\nroad\ncar\n");
    data = open_set("bw", 0.3);
    assert_int_equal(og_dataset_class_count(data), 3);
    assert_string_equal(og_dataset_class_name(data, 1), "road");
    sample = og_dataset_sample(data, OG_PART_TRAIN, 0);
    assert_int_equal(sample.labels[1], OG_LABEL_IGNORE);
    assert_true(has_finding(data, OG_SEVERITY_NOTE, "pixels with mask value 255 are not scored"));
    assert_true(has_finding(data, OG_SEVERITY_WARNING, "class 2 (car) does not occur in the training images"));
    og_dataset_free(data);
}

static void test_bad_mask_values(void **state)
{
    (void)state;
    picture_set("values", 3, 4, 4, 3);
    scratch_text("values/classes.txt", "a\nb\n");
    expect_failure(scratch("values"), OG_ERR_DATA, "mask value 2 in");
    assert_non_null(strstr(og_error_text(), "values/masks/a.png' is outside of the 2 classes (0 to 1)"));
    scratch_text("values/classes.txt", "only one\n");
    expect_failure(scratch("values"), OG_ERR_DATA, "1 class names are given");
    unlink(scratch("values/classes.txt"));

    picture("values/masks/b.png", 4, 4, 0, 40, 121); /* 0, 40, 80, 120 */
    og_dataset *data = open_set("values", 0.3);
    assert_true(has_finding(data, OG_SEVERITY_WARNING, "; if that is wrong, list them in a YAML file"));
    og_dataset_free(data);

    picture_set("flat", 3, 4, 4, 1);
    expect_failure(scratch("flat"), OG_ERR_DATA, "every mask holds the value 0 alone");

    picture_set("photo", 2, 20, 20, 200);
    expect_failure(scratch("photo"), OG_ERR_DATA, "as a photograph or a smoothed edge would");

    uint8_t colours[4 * 4 * 3] = {0, 1, 2}, *png;
    size_t count;
    picture_set("colour", 2, 4, 4, 2);
    assert_int_equal(og_png_encode(colours, 4, 4, 3, &png, &count), OG_OK);
    assert_int_equal(og__file_write(scratch("colour/masks/a.png"), png, count), OG_OK);
    data = open_set("colour", 0.5);
    assert_int_equal(og_dataset_class_count(data), 3);
    assert_string_equal(og_dataset_class_name(data, 1), "#000102");
    og_dataset_free(data);
    unlink(scratch("colour/masks/a.png"));
    picture("colour/masks/a.png", 4, 4, 0, 1, 2);
    assert_int_equal(og__file_write(scratch("colour/images/b.png"), png, count), OG_OK);
    expect_failure(scratch("colour"), OG_ERR_DATA, "all images need the same channels");
    free(png);
}

/* --- declared files ----------------------------------------------------------------------------------------------- */

static const char *yaml(const char *text)
{
    return scratch_text("decl/set.yaml", text);
}

static void test_declared_pairs(void **state)
{
    (void)state;
    picture_set("decl", 3, 4, 6, 4);
    og_dataset *data;
    const char *path = yaml("name: three pictures\n"
                            "classes: {rest: [0, 3], thing: 1}\n"
                            "ignore: 2\n"
                            "pairs:\n"
                            "  - {image: images/a.png, mask: masks/a.png, part: train}\n"
                            "  - {image: images/b.png, mask: masks/b.png, part: validation, name: second}\n"
                            "  - {image: images/c.png, mask: masks/c.png}\n");
    assert_int_equal(og_dataset_open(path, NULL, &data), OG_OK);
    assert_string_equal(og_dataset_name(data), "three pictures");
    assert_int_equal(og_dataset_count(data, OG_PART_TRAIN), 2);
    assert_string_equal(og_dataset_sample(data, OG_PART_VALIDATION, 0).name, "second");
    const uint8_t *labels = og_dataset_sample(data, OG_PART_TRAIN, 0).labels;
    assert_int_equal(labels[0], 0);
    assert_int_equal(labels[1], 1);
    assert_int_equal(labels[2], OG_LABEL_IGNORE);
    assert_int_equal(labels[3], 0);
    og_dataset_free(data);

    path = yaml("folder: .\nclasses: {low: 0-1, high: 2-3}\n");
    assert_int_equal(og_dataset_open(path, NULL, &data), OG_OK);
    assert_int_equal(og_dataset_class_count(data), 2);
    assert_int_equal(og_dataset_sample(data, OG_PART_TRAIN, 0).labels[2], 1);
    og_dataset_free(data);
}

static void test_declared_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        og_status status;
        const char *message;
    } mistakes[] = {
        {"", OG_ERR_SYNTAX, "set.yaml:1: a data set must be a map"},
        {"name: x\n", OG_ERR_SYNTAX, "give 'pairs'"},
        {"pairs: []\n", OG_ERR_SYNTAX, "set.yaml:1: 'pairs' is empty"},
        {"pairs: []\nfolder: .\n", OG_ERR_SYNTAX, "not both"},
        {"name: x\npair: []\n", OG_ERR_NAME, "set.yaml:2: unknown key 'pair' in a data set; did you mean pairs?"},
        {"pairs:\n  - image: a\n    maks: b\n", OG_ERR_NAME,
         "set.yaml:3: unknown key 'maks' in a pair; did you mean mask?"},
        {"pairs:\n  - image: a\n", OG_ERR_SYNTAX,
         "set.yaml:2: a pair needs an 'image', and either a 'mask' or 'masks' of regions; 'mask' is missing"},
        {"pairs:\n  - {image: a, mask: b, axis: w}\n", OG_ERR_NAME,
         "set.yaml:2: 'axis' must be one of x, y, z, found 'w'"},
        {"pairs:\n  - image: a\n    mask: b\n    slices: 9-3\n", OG_ERR_SYNTAX,
         "set.yaml:4: 'slices' must be a whole number (7) or a range (50-69), found '9-3'"},
        {"pairs:\n  - {image: a, mask: b, part: train,\n     validation: 3}\n", OG_ERR_SYNTAX,
         "set.yaml:3: 'part' puts"},
        {"pairs:\n  - {image: gone.png, mask: b}\n", OG_ERR_FILE, "decl/gone.png': No such file"},
        {"classes: {a: 0, b: x}\nfolder: .\n", OG_ERR_SYNTAX, "set.yaml:1: b must be a whole number (7) or a range"},
        {"classes: 3\nfolder: .\n", OG_ERR_SYNTAX, "set.yaml:1: 'classes' must be a list of names"},
        {"folder: .\nclasses: [a, b, a]\n", OG_ERR_DATA, "set.yaml:2: two classes, 0 and 2, are called 'a'"},
        {"folder: .\nclasses:\n  a: [0-3, 9]\n  b: 5\n  c: [6, 2-4]\n", OG_ERR_DATA,
         "set.yaml:5: 2 is listed for both 'a' and 'c'"},
        {"classes: [a]\nfolder: .\n", OG_ERR_DATA, "set.yaml:1: 1 class names are given"},
        {"classes: {a: 0, b: 1}\nfolder: .\n", OG_ERR_DATA, "mask value 2 in"},
        {"folder: images\n", OG_ERR_FORMAT, "is no data set that ogive knows"},
        {"codes: {file: x.txt}\nfolder: .\n", OG_ERR_SYNTAX, "set.yaml:1: 'codes' needs 'classes'"},
        {"codes: {file: x.txt}\nclasses: {a: 0, b: 1}\nfolder: .\n", OG_ERR_FILE, "decl/x.txt': No such file"},
        {"codes: {file: bad.txt, value: 1, code: 3}\nclasses: {a: 0, b: 1}\nfolder: .\n", OG_ERR_DATA,
         "bad.txt:2: 2 columns"},
        {"codes: {file: bad.txt, value: 2, code: 1}\nclasses: {a: 0, b: 1}\nfolder: .\n", OG_ERR_DATA,
         "bad.txt:1: column 2 must be a whole number, found 'one'"},
        {"a: 1\n  b: 2\n", OG_ERR_SYNTAX, "set.yaml:2:"},
    };
    picture_set("decl", 3, 4, 6, 4);
    scratch_text("decl/bad.txt", "1 one 1001\n2 two\n");
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
        expect_failure(yaml(mistakes[i].text), mistakes[i].status, mistakes[i].message);
}

/* Volumes cut across each axis: voxel (x, y, z) has the value x + 10 y + 100 z (a TIFF of pages is a volume, too). */
static void test_axes(void **state)
{
    (void)state;
    enum { NX = 4, NY = 3, NZ = 2 };
    uint8_t image[NZ * NY * NX], mask[NZ * NY * NX];
    for (int z = 0; z < NZ; z++)
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++) {
                image[(z * NY + y) * NX + x] = (uint8_t)(x + 10 * y + 100 * z);
                mask[(z * NY + y) * NX + x] = (uint8_t)(x == y);
            }
    assert_int_equal(og_labels_save(scratch("axes/v.nii.gz"), image, NZ, NY, NX, NULL), OG_OK);
    assert_int_equal(og_labels_save(scratch("axes/m.nii.gz"), mask, NZ, NY, NX, NULL), OG_OK);
    static const struct {
        const char *axis;
        int slices, h, w, slice_step, row_step, column_step;
    } cuts[] = {{"x", NX, NZ, NY, 1, 100, 10}, {"y", NY, NZ, NX, 10, 100, 1}, {"z", NZ, NY, NX, 100, 10, 1}};
    for (int a = 0; a < 3; a++) {
        og_dataset *data;
        char text[256], name[16];
        snprintf(text, sizeof text, "pairs:\n  - {image: v.nii.gz, mask: m.nii.gz, axis: %s, validation: 1}\n",
                 cuts[a].axis);
        assert_int_equal(og_dataset_open(scratch_text("axes/set.yaml", text), NULL, &data), OG_OK);
        assert_int_equal(og_dataset_count(data, OG_PART_TRAIN), cuts[a].slices - 1);
        assert_int_equal(og_dataset_count(data, OG_PART_VALIDATION), 1);
        og_sample sample = og_dataset_sample(data, OG_PART_VALIDATION, 0);
        snprintf(name, sizeof name, "%s001", cuts[a].axis);
        assert_string_equal(sample.name, name);
        assert_int_equal(sample.h, cuts[a].h);
        assert_int_equal(sample.w, cuts[a].w);
        for (int y = 0; y < sample.h; y++)
            for (int x = 0; x < sample.w; x++)
                assert_true(sample.image[y * sample.w + x] ==
                            (float)(cuts[a].slice_step + y * cuts[a].row_step + x * cuts[a].column_step));
        assert_true(has_finding(data, OG_SEVERITY_WARNING, "directly beside training slices (1)"));
        og_dataset_free(data);
    }
    expect_failure(scratch_text("axes/set.yaml", "pairs:\n  - {image: v.nii.gz, mask: m.nii.gz, slices: 0-5}\n"),
                   OG_ERR_DATA, "the slices 0-5 lie outside of");
    scratch_text("axes/set.yaml", "pairs:\n  - {image: v.nii.gz, mask: m.nii.gz}\n");
    og_dataset *data = open_set("axes/set.yaml", 0.2);
    assert_int_equal(og_dataset_count(data, OG_PART_TRAIN), 1);
    assert_string_equal(og_dataset_sample(data, OG_PART_TRAIN, 0).name, "z000");
    assert_int_equal(og_dataset_count(data, OG_PART_VALIDATION), 1);
    assert_string_equal(og_dataset_sample(data, OG_PART_VALIDATION, 0).name, "z001");
    assert_true(has_finding(data, OG_SEVERITY_NOTE, "slices 1 to 1 are held out together"));
    og_dataset_free(data);
}

/* --- report and scaling ------------------------------------------------------------------------------------------- */

static void test_report(void **state)
{
    (void)state;
    picture_set("report", 4, 4, 6, 3);
    picture("report/images/d.png", 4, 6, 0, 7, 251); /* the same picture as a */
    picture("report/images/b.png", 4, 6, 9, 0, 251); /* the same value everywhere */
    scratch_text("report/splits.csv", "image,split\nimages/a.png,train\nimages/b.png,train\nimages/c.png,train\n"
                                      "images/d.png,val\n");
    og_dataset *data = open_set("report", 0);
    og_data_report *report;
    assert_int_equal(og_data_report_new(data, &report), OG_OK);
    assert_string_equal(report->layout, "a folder with images/ and masks/");
    assert_int_equal(report->size_count, 1);
    assert_int_equal(report->sizes[0].h, 4);
    assert_int_equal(report->sizes[0].count, 4);
    assert_int_equal(report->parts[OG_PART_TRAIN].count, 3);
    assert_int_equal(report->parts[OG_PART_TRAIN].class_pixels[1], 24);
    assert_int_equal(report->parts[OG_PART_TRAIN].class_images[1], 3);
    assert_true(report->values[0].min == 0 && report->values[0].max == 163);
    assert_int_equal(report->duplicates, 1);
    assert_true(isnan(report->copy_dice));
    og_data_report_free(report);
    assert_true(
        has_finding(data, OG_SEVERITY_WARNING, "pixel for pixel (1), make scores look better than they are: d = a"));
    assert_true(has_finding(data, OG_SEVERITY_WARNING, "images with the same value everywhere (1): b"));
    og_dataset_free(data);
}

static void test_scaling(void **state)
{
    (void)state;
    static const float image[8] = {1, 2, 3, 4, 10, 10, 10, 10}; /* 2 channels of 2 x 2 */
    float scaled[8];
    const og_scaling by_image = {.kind = OG_NORMALIZE_IMAGE, .channels = 2};
    og_scaling_run(&by_image, 2, 2, 2, image, scaled);
    assert_true(fabsf(scaled[0] + 1.3416407f) < 1e-6f); /* -1.5 / sqrt(1.25) */
    assert_true(scaled[4] == 0);
    const og_scaling by_set = {.kind = OG_NORMALIZE_DATASET, .channels = 2, .mean = {1, 10}, .sd = {2, 5}};
    og_scaling_run(&by_set, 2, 2, 2, image, scaled);
    assert_true(scaled[3] == 1.5f && scaled[7] == 0);
    const og_scaling none = {.kind = OG_NORMALIZE_NONE, .channels = 2};
    og_scaling_run(&none, 2, 2, 2, image, scaled);
    assert_memory_equal(scaled, image, sizeof image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_split_depends_on_the_seed_alone),
        cmocka_unit_test(test_splits_file),
        cmocka_unit_test(test_pairing),
        cmocka_unit_test(test_bad_folders),
        cmocka_unit_test(test_black_and_white_masks),
        cmocka_unit_test(test_bad_mask_values),
        cmocka_unit_test(test_declared_pairs),
        cmocka_unit_test(test_declared_mistakes),
        cmocka_unit_test(test_axes),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_scaling),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

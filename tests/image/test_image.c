#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ogive/image.h>

#include "data/scratch.h"

enum { W = 7, H = 5 };

static void expect_image(const char *path, int channels, const uint8_t *interleaved)
{
    og_image image;
    assert_int_equal(og_image_load(path, &image), OG_OK);
    assert_int_equal(image.channels, channels);
    assert_int_equal(image.depth, 1);
    assert_int_equal(image.height, H);
    assert_int_equal(image.width, W);
    for (int i = 0; i < W * H; i++)
        for (int c = 0; c < channels; c++)
            assert_true(image.data[c * W * H + i] == interleaved[i * channels + c]);
    og_image_deinit(&image);
}

static void expect_failure(const char *path, og_status status, const char *piece)
{
    og_image image;
    assert_int_equal(og_image_load(path, &image), status);
    assert_null(image.data);
    assert_null(image.geo);
    if (!strstr(og_error_text(), piece))
        fail_msg("'%s' is not in '%s'", piece, og_error_text());
    assert_non_null(strstr(og_error_text(), og__path_name(path)));
}

static void fill(uint8_t *pixels, int count)
{
    for (int i = 0; i < count; i++)
        pixels[i] = (uint8_t)(i * 37 + 11);
}

static const char *save_png(const char *name, int channels)
{
    uint8_t pixels[W * H * 3], *png;
    size_t count;
    fill(pixels, W * H * channels);
    assert_int_equal(og_png_encode(pixels, H, W, channels, &png, &count), OG_OK);
    const char *path = scratch(name);
    assert_int_equal(og__file_write(path, png, count), OG_OK);
    free(png);
    return path;
}

static void test_png(void **state)
{
    (void)state;
    uint8_t pixels[W * H * 3];
    fill(pixels, W * H);
    expect_image(save_png("grey.png", 1), 1, pixels);
    fill(pixels, W * H * 3);
    expect_image(save_png("colour.png", 3), 3, pixels);
    expect_image(save_png("a PNG by content.jpg", 3), 3, pixels);
}

/* The same picture written by GDAL's own tools in every kind that keeps it exactly. */
static void test_other_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *flags;
    } kinds[] = {
        {"a.tif", "-of GTiff"},
        {"tiled.tif", "-of GTiff -co TILED=YES -co COMPRESS=LZW"},
        {"big.tif", "-of GTiff -ot UInt16"},
        {"real.tif", "-of GTiff -ot Float32"},
        {"a.bmp", "-of BMP"},
        {"a.ppm", "-of PNM"},
        {"alpha.png", "-of PNG -b 1 -b 2 -b 3 -b 1 -colorinterp_4 alpha"},
    };
    uint8_t pixels[W * H * 3];
    fill(pixels, W * H * 3);
    const char *source = save_png("source.png", 3);
    if (scratch_run("gdal_translate --version") != 0)
        skip();
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *path = scratch(kinds[i].name);
        assert_int_equal(scratch_run("gdal_translate %s %s %s", kinds[i].flags, source, path), 0);
        expect_image(path, 3, pixels);
    }
}

static void test_jpeg(void **state)
{
    (void)state;
    if (scratch_run("gdal_translate -of JPEG -co QUALITY=100 %s %s", save_png("grey.png", 1), scratch("a.jpg")) != 0)
        skip();
    uint8_t pixels[W * H];
    og_image image;
    fill(pixels, W * H);
    assert_int_equal(og_image_load(scratch("a.jpg"), &image), OG_OK);
    assert_int_equal(image.channels, 1);
    for (int i = 0; i < W * H; i++)
        assert_in_range((int)image.data[i] + 4 - pixels[i], 0, 8); /* JPEG's loss at quality 100 */
    og_image_deinit(&image);
}

static void test_palette(void **state)
{
    (void)state;
    scratch_text("colours.txt", "0 0 0 0\n1 255 0 0\n2 0 128 7\n");
    const char *vrt =
        "<VRTDataset rasterXSize='3' rasterYSize='1'><VRTRasterBand dataType='Byte' band='1'>"
        "<ColorInterp>Palette</ColorInterp><ColorTable><Entry c1='0' c2='0' c3='0'/><Entry c1='255' c2='0' "
        "c3='0'/><Entry c1='0' c2='128' c3='7'/></ColorTable><SimpleSource><SourceFilename>%s"
        "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>";
    char text[1024];
    const uint8_t indices[3] = {2, 0, 1};
    const char *raw = scratch("raw.png");
    assert_int_equal(og_labels_save(raw, indices, 1, 1, 3, NULL), OG_OK);
    snprintf(text, sizeof text, vrt, raw);
    const char *source = scratch_text("palette.vrt", text), *path = scratch("palette.png");
    if (scratch_run("gdal_translate -of PNG %s %s", source, path) != 0)
        skip();
    og_image image;
    assert_int_equal(og_labels_load(path, &image), OG_OK);
    assert_int_equal(image.channels, 1);
    for (int i = 0; i < 3; i++)
        assert_true(image.data[i] == indices[i]);
    og_image_deinit(&image);

    const float colours[9] = {0, 0, 255, 128, 0, 0, 7, 0, 0};
    assert_int_equal(og_image_load(path, &image), OG_OK);
    assert_int_equal(image.channels, 3);
    for (int i = 0; i < 9; i++)
        assert_true(image.data[i] == colours[i]);
    og_image_deinit(&image);

    expect_failure(source, OG_ERR_FORMAT, "not an image of a known kind"); /* VRT reaches into other files */
}

static void test_pages(void **state)
{
    (void)state;
    uint8_t labels[3 * H * W];
    og_image image;
    fill(labels, 3 * H * W);
    const char *path = scratch("pages.tif");
    assert_int_equal(og_labels_save(path, labels, 3, H, W, NULL), OG_OK);
    assert_int_equal(og_labels_load(path, &image), OG_OK);
    assert_int_equal(image.depth, 3);
    for (int i = 0; i < 3 * H * W; i++)
        assert_true(image.data[i] == labels[i]);
    og_image_deinit(&image);
    assert_int_equal(og_labels_save(scratch("pages.png"), labels, 3, H, W, NULL), OG_ERR_ARGUMENT);
}

static void test_georeference_is_kept(void **state)
{
    (void)state;
    const char *path = scratch("geo.tif"), *result = scratch("labels.tif");
    if (scratch_run("gdal_translate -a_srs EPSG:32633 -a_ullr 500000 5000000 500070 4999950 %s %s",
                    save_png("g.png", 1), path) != 0)
        skip();
    og_image image, saved;
    uint8_t labels[H * W];
    fill(labels, H * W);
    assert_int_equal(og_image_load(path, &image), OG_OK);
    assert_int_equal(og_labels_save(result, labels, 1, H, W, &image), OG_OK);
    assert_int_equal(og_labels_load(result, &saved), OG_OK);
    assert_true(saved.data[8] == labels[8]);
    assert_int_equal(
        scratch_run("gdalinfo %s | grep -q 'Origin = (500000.000000000000000,5000000.000000000000000)'", result), 0);
    assert_int_equal(scratch_run("gdalinfo %s | grep -q 'WGS 84 / UTM zone 33N'", result), 0);
    og_image_deinit(&image);
    og_image_deinit(&saved);
}

static void test_bad_files(void **state)
{
    (void)state;
    expect_failure("/tmp/no such file.png", OG_ERR_FILE, "No such file");
    expect_failure("/tmp", OG_ERR_FILE, "it is a folder");
    expect_failure(scratch_text("empty.png", ""), OG_ERR_FORMAT, "is empty");
    expect_failure(scratch_text("words.png", "just some words"), OG_ERR_FORMAT, "not an image of a known kind");

    char *data;
    size_t count;
    assert_int_equal(og__file_read(save_png("whole.png", 3), &data, &count), OG_OK);
    for (size_t kept = 1; kept < count - 12; kept += 5) { /* but for the 12 bytes that mark the end */
        og_image image;
        const char *path = scratch("cut.png");
        assert_int_equal(og__file_write(path, data, kept), OG_OK);
        if (kept < count - 16)
            expect_failure(path, OG_ERR_FORMAT, "cannot read");
        else if (og_image_load(path, &image) == OG_OK)
            og_image_deinit(&image);
    }
    data[16] = 0x7f; /* the claimed width: 2 billion */
    assert_int_equal(og__file_write(scratch("huge.png"), data, count), OG_OK);
    og_image image;
    assert_int_not_equal(og_image_load(scratch("huge.png"), &image), OG_OK);
    memset(data + 16, 0, 4); /* width 0 */
    assert_int_equal(og__file_write(scratch("zero.png"), data, count), OG_OK);
    assert_int_not_equal(og_image_load(scratch("zero.png"), &image), OG_OK);
    free(data);

    if (geteuid() != 0) {
        save_png("locked.png", 1);
        assert_int_equal(chmod(scratch("locked.png"), 0), 0);
        expect_failure(scratch("locked.png"), OG_ERR_FILE, "Permission denied");
    }
}

static void test_truncated_kinds(void **state)
{
    (void)state;
    static const char *const flags[] = {"-of JPEG", "-of GTiff", "-of GTiff -co COMPRESS=LZW", "-of BMP", "-of PNM"};
    static const char *const names[] = {"t.jpg", "t.tif", "t2.tif", "t.bmp", "t.ppm"};
    uint8_t *pixels = calloc(200 * 200, 3), *png;
    size_t count;
    fill(pixels, 200 * 200 * 3);
    assert_int_equal(og_png_encode(pixels, 200, 200, 3, &png, &count), OG_OK);
    const char *source = scratch("large.png");
    assert_int_equal(og__file_write(source, png, count), OG_OK);
    free(png);
    free(pixels);
    if (scratch_run("gdal_translate --version") != 0)
        skip();
    for (int i = 0; i < 5; i++) {
        char *data;
        const char *path = scratch(names[i]);
        assert_int_equal(scratch_run("gdal_translate %s %s %s", flags[i], source, path), 0);
        assert_int_equal(og__file_read(path, &data, &count), OG_OK);
        assert_int_equal(og__file_write(path, data, count / 2), OG_OK);
        free(data);
        expect_failure(path, OG_ERR_FORMAT, "cannot read");
    }
}

static void test_not_a_number(void **state)
{
    (void)state;
    const float values[6] = {1, 2, 3, 4, NAN, 6};
    assert_int_equal(og__file_write(scratch("nan.raw"), values, sizeof values), OG_OK);
    scratch_text("nan.vrt", "<VRTDataset rasterXSize='3' rasterYSize='2'><VRTRasterBand dataType='Float32' band='1' "
                            "subClass='VRTRawRasterBand'><SourceFilename relativetoVRT='1'>nan.raw</SourceFilename>"
                            "<PixelOffset>4</PixelOffset><LineOffset>12</LineOffset></VRTRasterBand></VRTDataset>");
    if (scratch_run("gdal_translate -of GTiff %s %s", scratch("nan.vrt"), scratch("nan.tif")) != 0)
        skip();
    expect_failure(scratch("nan.tif"), OG_ERR_DATA, "NaN at x = 1, y = 1");
}

static void test_unwritable(void **state)
{
    (void)state;
    const uint8_t labels[4] = {0};
    assert_int_equal(og_labels_save(scratch("x.gif"), labels, 1, 2, 2, NULL), OG_ERR_ARGUMENT);
    assert_non_null(strstr(og_error_text(), "unknown ending"));
    assert_int_equal(og_labels_save("/nonexistent/x.png", labels, 1, 2, 2, NULL), OG_ERR_FILE);
    assert_int_equal(og_labels_save("/dev/full/x.nii.gz", labels, 1, 2, 2, NULL), OG_ERR_FILE);
    const og_image like = {.channels = 1, .depth = 1, .height = 3, .width = 2};
    assert_int_equal(og_labels_save(scratch("x.png"), labels, 1, 2, 2, &like), OG_ERR_SHAPE);
    assert_false(og__file_exists(scratch("x.png")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_png),          cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_jpeg),         cmocka_unit_test(test_palette),
        cmocka_unit_test(test_pages),        cmocka_unit_test(test_georeference_is_kept),
        cmocka_unit_test(test_bad_files),    cmocka_unit_test(test_truncated_kinds),
        cmocka_unit_test(test_not_a_number), cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ogive/image.h>

#include "data/scratch.h"

enum { NX = 4, NY = 3, NZ = 2, COUNT = NX * NY * NZ };

static const char *const t1_path = "/usr/share/mricron/templates/ch2.nii.gz";

/* Put a value into a file's bytes; big-endian when `swap`. */
static void put(unsigned char *bytes, size_t offset, const void *value, size_t size, bool swap)
{
    for (size_t i = 0; i < size; i++)
        bytes[offset + (swap ? size - 1 - i : i)] = ((const unsigned char *)value)[i];
}

/* A NIfTI-1 file of i16 values 0, 1, 2, ..., written by hand from the format's definition. */
static size_t make_nifti(unsigned char bytes[352 + 2 * COUNT], bool swap, float slope, float intercept)
{
    const int32_t head_bytes = 348;
    const int16_t dims[8] = {3, NX, NY, NZ, 1, 1, 1, 1}, type = 4, bits = 16;
    const float pixdim[4] = {1, 2, 3, 4}, offset = 352;
    memset(bytes, 0, 352 + 2 * COUNT);
    put(bytes, 0, &head_bytes, 4, swap);
    for (size_t i = 0; i < 8; i++)
        put(bytes, 40 + 2 * i, &dims[i], 2, swap);
    put(bytes, 70, &type, 2, swap);
    put(bytes, 72, &bits, 2, swap);
    for (size_t i = 0; i < 4; i++)
        put(bytes, 76 + 4 * i, &pixdim[i], 4, swap);
    put(bytes, 108, &offset, 4, swap);
    put(bytes, 112, &slope, 4, swap);
    put(bytes, 116, &intercept, 4, swap);
    memcpy(bytes + 344, "n+1", 4);
    for (int16_t i = 0; i < COUNT; i++)
        put(bytes, 352 + 2 * (size_t)i, &i, 2, swap);
    return 352 + 2 * COUNT;
}

static void test_values(void **state)
{
    (void)state;
    unsigned char bytes[352 + 2 * COUNT];
    for (int swap = 0; swap < 2; swap++) {
        og_image image;
        const char *path = scratch("named as it likes");
        assert_int_equal(og__file_write(path, bytes, make_nifti(bytes, swap, 0.5f, -3)), OG_OK);
        assert_int_equal(og_image_load(path, &image), OG_OK);
        assert_int_equal(image.channels, 1);
        assert_int_equal(image.depth, NZ);
        assert_int_equal(image.height, NY);
        assert_int_equal(image.width, NX);
        assert_true(image.spacing[0] == 2 && image.spacing[1] == 3 && image.spacing[2] == 4);
        for (int i = 0; i < COUNT; i++)
            assert_true(image.data[i] == 0.5f * (float)i - 3);
        og_image_deinit(&image);
    }
}

static void expect_damage(size_t offset, const void *value, size_t size, og_status status, const char *piece)
{
    unsigned char bytes[352 + 2 * COUNT];
    og_image image;
    size_t count = make_nifti(bytes, false, 1, 0);
    put(bytes, offset, value, size, false);
    const char *path = scratch("bad.nii");
    assert_int_equal(og__file_write(path, bytes, count), OG_OK);
    assert_int_equal(og_image_load(path, &image), status);
    assert_null(image.data);
    if (!strstr(og_error_text(), piece))
        fail_msg("'%s' is not in '%s'", piece, og_error_text());
}

static void test_damaged_headers(void **state)
{
    (void)state;
    expect_damage(40, &(int16_t){9}, 2, OG_ERR_FORMAT, "9 dimensions");
    expect_damage(42, &(int16_t){0}, 2, OG_ERR_FORMAT, "dimension 1 has the size 0");
    expect_damage(42, &(int16_t){-4}, 2, OG_ERR_FORMAT, "dimension 1 has the size -4");
    expect_damage(42, (int16_t[]){32767, 32767, 32767}, 6, OG_ERR_FORMAT, "more than a file of 400 bytes can hold");
    expect_damage(40, (int16_t[]){7, 32767, 32767, 32767, 32767, 32767, 32767, 32767}, 16, OG_ERR_FORMAT, "overflow");
    expect_damage(70, &(int16_t){32}, 2, OG_ERR_UNSUPPORTED, "COMPLEX64");
    expect_damage(70, &(int16_t){1234}, 2, OG_ERR_UNSUPPORTED, "type 1234");
    expect_damage(108, &(float){-1}, 4, OG_ERR_FORMAT, "pixels begin");
    expect_damage(0, &(int32_t){99}, 4, OG_ERR_FORMAT, "damaged NIfTI header");
    expect_damage(344, "ni1", 4, OG_ERR_UNSUPPORTED, "one of two NIfTI files");
    expect_damage(42, &(int16_t){5}, 2, OG_ERR_FORMAT, "truncated or damaged: slice 2 of 2");
}

/* Every header byte in turn set to all ones: an error or an image, never a crash. */
static void test_any_header_byte(void **state)
{
    (void)state;
    unsigned char bytes[352 + 2 * COUNT];
    for (size_t at = 0; at < 352; at++) {
        og_image image;
        size_t count = make_nifti(bytes, false, 1, 0);
        bytes[at] ^= 0xff;
        assert_int_equal(og__file_write(scratch("any.nii"), bytes, count), OG_OK);
        if (og_image_load(scratch("any.nii"), &image) == OG_OK)
            og_image_deinit(&image);
    }
}

static void test_not_a_number(void **state)
{
    (void)state;
    unsigned char bytes[352 + 4 * COUNT];
    og_image image;
    make_nifti(bytes, false, 1, 0);
    put(bytes, 70, (int16_t[]){16, 32}, 4, false);
    for (size_t i = 0; i < COUNT; i++)
        put(bytes, 352 + 4 * i, &(float){i == 13 ? NAN : 1.0f}, 4, false);
    assert_int_equal(og__file_write(scratch("nan.nii"), bytes, sizeof bytes), OG_OK);
    assert_int_equal(og_image_load(scratch("nan.nii"), &image), OG_ERR_DATA);
    assert_non_null(strstr(og_error_text(), "NaN at x = 1, y = 0, z = 1"));
}

static void test_real_volume(void **state)
{
    (void)state;
    if (!og__file_exists(t1_path)) {
        print_message("%s is absent (package mricron-data)\n", t1_path);
        skip();
    }
    og_image image, saved;
    assert_int_equal(og_image_load(t1_path, &image), OG_OK);
    assert_int_equal(image.width, 181);
    assert_int_equal(image.height, 217);
    assert_int_equal(image.depth, 181);
    double sum = 0; /* of slice 100, by numpy */
    for (int i = 0; i < 181 * 217; i++)
        sum += image.data[100 * 181 * 217 + i];
    assert_true(sum == 2250436.0);

    /* labels written beside it carry its geometry on */
    size_t count = (size_t)181 * 217 * 181;
    uint8_t *labels = malloc(count);
    for (size_t i = 0; i < count; i++)
        labels[i] = image.data[i] > 60;
    const char *path = scratch("labels.nii.gz");
    assert_int_equal(og_labels_save(path, labels, 181, 217, 181, &image), OG_OK);
    assert_int_equal(og_labels_load(path, &saved), OG_OK);
    for (size_t i = 0; i < count; i++)
        assert_true(saved.data[i] == labels[i]);
    /* bytes 280 to 327 of the header: the transform to scanner coordinates */
    assert_int_equal(
        scratch_run("bash -c 'cmp <(zcat %s | tail -c +281 | head -c 48) <(zcat %s | tail -c +281 | head -c 48)'",
                    t1_path, path),
        0);
    free(labels);
    og_image_deinit(&image);
    og_image_deinit(&saved);

    char *data;
    assert_int_equal(og__file_read(t1_path, &data, &count), OG_OK);
    assert_int_equal(og__file_write(scratch("cut.nii.gz"), data, count / 2), OG_OK);
    free(data);
    assert_int_equal(og_image_load(scratch("cut.nii.gz"), &image), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "truncated or damaged"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_damaged_headers),
        cmocka_unit_test(test_any_header_byte), cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_real_volume),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

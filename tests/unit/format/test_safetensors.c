/* src/format/safetensors.c: files byte for byte as the format's definition has them, and hostile ones refused. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/random.h"
#include "format/safetensors.h"

static char folder[] = "/tmp/ogive-safetensors-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/a.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when a temporary file was left behind */
}

/* A file of a header and some data, the length field as given. */
static void put_file(const char *header, uint64_t length, size_t data_bytes)
{
    char content[4096] = {0};
    size_t text = strlen(header);
    memcpy(content, &length, 8);
    memcpy(content + 8, header, text);
    for (size_t i = 0; i < data_bytes; i++)
        content[8 + text + i] = (char)i;
    assert_int_equal(og__file_write(path, content, 8 + text + data_bytes), OG_OK);
}

static void a_saved_file_has_the_bytes_of_the_definition(void **state)
{
    (void)state;
    const float weight[2][3] = {{1, 2, 3}, {4, 5, 6}}, bias[1] = {-0.5f};
    const double loss[1] = {0.1};
    const og__tensor tensors[] = {
        {"weight", OG_DTYPE_F32, 2, {2, 3}, weight},
        {"empty", OG_DTYPE_F32, 2, {0, 7}, NULL},
        {"loss", OG_DTYPE_F64, 0, {0}, loss},
        {"bias", OG_DTYPE_F32, 1, {1}, bias},
    };
    const og__metadata metadata[] = {{"act", "silu"}};
    assert_int_equal(og__safetensors_save(path, tensors, 4, metadata, 1), OG_OK);
    char *content;
    size_t count;
    assert_int_equal(og__file_read(path, &content, &count), OG_OK);
    const char *header = "{\"__metadata__\": {\"act\": \"silu\"}, "
                         "\"loss\": {\"dtype\": \"F64\", \"shape\": [], \"data_offsets\": [0, 8]}, "
                         "\"bias\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [8, 12]}, "
                         "\"empty\": {\"dtype\": \"F32\", \"shape\": [0, 7], \"data_offsets\": [12, 12]}, "
                         "\"weight\": {\"dtype\": \"F32\", \"shape\": [2, 3], \"data_offsets\": [12, 36]}}";
    uint64_t length;
    memcpy(&length, content, 8);
    assert_int_equal(length % 8, 0);
    assert_true(length >= strlen(header) && length < strlen(header) + 8);
    assert_memory_equal(content + 8, header, strlen(header));
    for (size_t i = strlen(header); i < length; i++)
        assert_int_equal(content[8 + i], ' ');
    assert_int_equal(count, 8 + length + 36);
    assert_memory_equal(content + 8 + length, loss, 8);
    assert_memory_equal(content + 8 + length + 8, bias, 4);
    assert_memory_equal(content + 8 + length + 12, weight, 24);
    free(content);
}

static void a_saved_file_is_read_back(void **state)
{
    (void)state;
    float values[24], back[24] = {0};
    for (int i = 0; i < 24; i++)
        values[i] = (float)i / 7;
    const og__tensor tensors[] = {{"a", OG_DTYPE_F32, 3, {2, 3, 4}, values}, {"b", OG_DTYPE_F32, 1, {5}, values}};
    const og__metadata metadata[] = {{"formula", "where(x > 0, x, \"a\"*x)\n"}, {"caf\xC3\xA9", "\xE2\x82\xAC"}};
    og__safetensors *file;
    assert_int_equal(og__safetensors_save(path, tensors, 2, metadata, 2), OG_OK);
    assert_int_equal(og__safetensors_load(path, &file), OG_OK);
    assert_int_equal(og__safetensors_count(file), 2);
    assert_string_equal(og__safetensors_at(file, 1)->name, "b");
    assert_string_equal(og__safetensors_metadata(file, "formula"), metadata[0].value);
    assert_string_equal(og__safetensors_metadata(file, "caf\xC3\xA9"), "\xE2\x82\xAC");
    assert_null(og__safetensors_metadata(file, "none"));
    assert_int_equal(og__safetensors_read(file, "a", OG_DTYPE_F32, 3, (int64_t[]){2, 3, 4}, back), OG_OK);
    assert_memory_equal(back, values, sizeof values);

    assert_int_equal(og__safetensors_read(file, "a", OG_DTYPE_F32, 3, (int64_t[]){2, 4, 3}, back), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "tensor 'a' is F32[2, 3, 4]; F32[2, 4, 3] is expected"));
    assert_int_equal(og__safetensors_read(file, "c", OG_DTYPE_F32, 1, (int64_t[]){5}, back), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "there is no tensor 'c'"));
    og__safetensors_free(file);
}

static void a_name_cannot_occur_twice(void **state)
{
    (void)state;
    float value = 0;
    const og__tensor twice[] = {{"a", OG_DTYPE_F32, 0, {0}, &value}, {"a", OG_DTYPE_F32, 0, {0}, &value}};
    const og__tensor reserved[] = {{"__metadata__", OG_DTYPE_F32, 0, {0}, &value}};
    assert_int_equal(og__safetensors_save(path, twice, 2, NULL, 0), OG_ERR_ARGUMENT);
    assert_int_equal(og__safetensors_save(path, reserved, 1, NULL, 0), OG_ERR_ARGUMENT);
}

/* What other writers may do and the format allows: no padding, any order, spaces, an empty tensor. */
static void files_of_other_writers_are_read(void **state)
{
    (void)state;
    const char *header = "{\"z\":{\"data_offsets\":[4,12],\"dtype\":\"I64\",\"shape\":[1]},"
                         "\"n\":{\"data_offsets\":[4,4],\"dtype\":\"BF16\",\"shape\":[3,0]},"
                         "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}  ";
    put_file(header, strlen(header), 12);
    og__safetensors *file;
    assert_int_equal(og__safetensors_load(path, &file), OG_OK);
    assert_int_equal(og__safetensors_count(file), 3);
    assert_string_equal(og__safetensors_at(file, 0)->name, "a");
    int64_t value;
    assert_int_equal(og__safetensors_read(file, "z", OG_DTYPE_I64, 1, (int64_t[]){1}, &value), OG_OK);
    assert_int_equal(value, 0x0B0A090807060504);
    og__safetensors_free(file);
}

static void hostile_files_are_refused(void **state)
{
    (void)state;
#define F32(shape, offsets) "{\"a\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
    const struct {
        const char *header;
        size_t data_bytes;
        const char *message;
    } cases[] = {
        {"", 0, "does not begin with '{'"},
        {" {}", 0, "does not begin with '{'"},
        {"{\"a\":}", 0, ":1:"},
        {"{\"a\":1}", 0, "tensor 'a'"},
        {"{\"a\":{}}", 0, "\"dtype\" is missing"},
        {F32("[1]", "[0,4]"), 3, "no range within the 3 bytes"},
        {F32("[1]", "[0,4]"), 5, "1 bytes after the last tensor"},
        {F32("[1]", "[1,5]"), 5, "begins at byte 1"},
        {F32("[1]", "[4,0]"), 4, "no range"},
        {F32("[1]", "[-4,0]"), 4, "no range"},
        {F32("[1]", "[0,4,4]"), 4, "no range"},
        {F32("[1]", "[0.0,4]"), 4, "no range"},
        {F32("[2]", "[0,4]"), 4, "do not give the 4 bytes"},
        {F32("[-1]", "[0,4]"), 4, "not an integer >= 0"},
        {F32("[1.0]", "[0,4]"), 4, "not an integer >= 0"},
        {F32("[4611686018427387904, 4]", "[0,0]"), 0, "do not give the 0 bytes"}, /* the product overflows to 0 */
        {F32("[9223372036854775808]", "[0,0]"), 0, "not valid JSON"},
        {F32("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "9 dimensions"},
        {F32("4", "[0,4]"), 4, "\"shape\" is an integer"},
        {"{\"a\":{\"dtype\":\"F31\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "\"F31\" is unknown"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
         3, "tensor 'b' begins at byte 1"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
         1, "duplicate"},
        {"{\"__metadata__\":[]}", 0, "is no object"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "the metadata of \"a\" is no text"},
    };
    og__safetensors *file;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_file(cases[i].header, strlen(cases[i].header), cases[i].data_bytes);
        assert_int_equal(og__safetensors_load(path, &file), OG_ERR_FORMAT);
        assert_null(file);
        if (!strstr(og_error_text(), cases[i].message) || !strstr(og_error_text(), path))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, og_error_text(), cases[i].message);
    }
}

static void lengths_are_not_trusted(void **state)
{
    (void)state;
    og__safetensors *file;
    const uint64_t lengths[] = {3, 1000, 100000001, UINT64_MAX, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        put_file("{}", lengths[i], 0);
        assert_int_equal(og__safetensors_load(path, &file), OG_ERR_FORMAT);
    }
    assert_int_equal(og__file_write(path, "1234567", 7), OG_OK);
    assert_int_equal(og__safetensors_load(path, &file), OG_ERR_FORMAT);
    assert_int_equal(og__file_write(path, "", 0), OG_OK);
    assert_int_equal(og__safetensors_load(path, &file), OG_ERR_FORMAT);
    assert_int_equal(og__safetensors_load("/nonexistent", &file), OG_ERR_FILE);
}

/* Any byte of a valid file changed, or the file cut anywhere: refused or read, never a crash (run under ASan). */
static void damaged_files_do_not_crash(void **state)
{
    (void)state;
    const float values[6] = {0};
    const og__tensor tensors[] = {{"a", OG_DTYPE_F32, 2, {2, 2}, values}, {"b", OG_DTYPE_F32, 1, {2}, values}};
    const og__metadata metadata[] = {{"key", "value"}};
    assert_int_equal(og__safetensors_save(path, tensors, 2, metadata, 1), OG_OK);
    char *content;
    size_t count;
    assert_int_equal(og__file_read(path, &content, &count), OG_OK);
    og__random random = og__random_at(1, OG_STREAM_TEST, 0);
    for (int i = 0; i < 1000; i++) {
        uint32_t at = og__random_below(&random, (uint32_t)count);
        char kept = content[at];
        content[at] = (char)og__random_u32(&random);
        size_t cut = i % 2 ? count : og__random_below(&random, (uint32_t)count + 1);
        FILE *out = fopen(path, "wb"); /* not og__file_write(), whose flush to disk takes its time */
        assert_non_null(out);
        fwrite(content, 1, cut, out);
        fclose(out);
        og__safetensors *file;
        if (og__safetensors_load(path, &file) == OG_OK)
            og__safetensors_free(file);
        content[at] = kept;
    }
    free(content);
}

/* A file size limit stands for a full disk: write() fails in the same way. */
static void a_full_disk_leaves_the_old_file(void **state)
{
    (void)state;
    static float values[100000];
    const og__tensor small[] = {{"a", OG_DTYPE_F32, 1, {10}, values}},
                     large[] = {{"a", OG_DTYPE_F32, 1, {100000}, values}};
    assert_int_equal(og__safetensors_save(path, small, 1, NULL, 0), OG_OK);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    og_status status = og__safetensors_save(path, large, 1, NULL, 0);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), path));
    og__safetensors *file;
    assert_int_equal(og__safetensors_load(path, &file), OG_OK);
    assert_int_equal(og__safetensors_at(file, 0)->shape[0], 10);
    og__safetensors_free(file);
}

/* Values by hand, from the formats' definitions. */
static void reals_of_every_width_become_float32(void **state)
{
    (void)state;
    const uint16_t half[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x83ff, 0x3555, 0x7c00};
    const float of_half[] = {0, -0.0f, 1, -2, 65504, 0x1p-14f, 0x1p-24f, -0x3ffp-24f, 0x1.554p-2f, INFINITY};
    const uint16_t brain[] = {0x3f80, 0xc049, 0x0001, 0x7f7f};
    const float of_brain[] = {1, -3.140625f, 0x1p-133f, 0x1.fep127f};
    const double wide[] = {0.1, 1e300};
    const float single[] = {0.1f}, of_wide[] = {0.1f, INFINITY};
    const int32_t whole[] = {1};
    const og__tensor tensors[] = {{"half", OG_DTYPE_F16, 1, {10}, half},
                                  {"brain", OG_DTYPE_BF16, 2, {2, 2}, brain},
                                  {"wide", OG_DTYPE_F64, 1, {2}, wide},
                                  {"single", OG_DTYPE_F32, 1, {1}, single},
                                  {"whole", OG_DTYPE_I32, 1, {1}, whole}};
    const float *const want[] = {of_half, of_brain, of_wide, single};
    og__safetensors *file;
    float found[16];
    assert_int_equal(og__safetensors_save(path, tensors, 5, NULL, 0), OG_OK);
    assert_int_equal(og__safetensors_load(path, &file), OG_OK);
    for (int i = 0; i < 4; i++) {
        const og__tensor *t = &tensors[i];
        assert_int_equal(og__safetensors_read_reals(file, t->name, t->rank, t->shape, found), OG_OK);
        size_t count = (size_t)(t->shape[0] * (t->rank > 1 ? t->shape[1] : 1));
        assert_memory_equal(found, want[i], count * sizeof *found);
    }
    assert_int_equal(og__safetensors_read_reals(file, "whole", 1, (int64_t[]){1}, found), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "tensor 'whole' is of type I32; F32, F16, BF16 and F64 are taken"));
    assert_int_equal(og__safetensors_read_reals(file, "half", 1, (int64_t[]){9}, found), OG_ERR_FORMAT);
    assert_non_null(strstr(og_error_text(), "F16[10]"));
    og__safetensors_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_of_every_width_become_float32),
        cmocka_unit_test(a_saved_file_has_the_bytes_of_the_definition),
        cmocka_unit_test(a_saved_file_is_read_back),
        cmocka_unit_test(a_name_cannot_occur_twice),
        cmocka_unit_test(files_of_other_writers_are_read),
        cmocka_unit_test(hostile_files_are_refused),
        cmocka_unit_test(lengths_are_not_trusted),
        cmocka_unit_test(damaged_files_do_not_crash),
        cmocka_unit_test(a_full_disk_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* src/format/json.c: numbers that survive, errors with a position, files replaced as a whole. */
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
#include "format/json.h"

static void reals_read_back_to_the_same_bits(void **state)
{
    (void)state;
    og__random random = og__random_at(7, OG_STREAM_TEST, 0);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)og__random_u32(&random) << 32 | og__random_u32(&random);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        json_t *real = json_real(value);
        char *text;
        assert_int_equal(og__json_line(real, &text), OG_OK);
        back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof value);
        free(text);
        json_decref(real);
    }
}

static void a_document_is_written_readably(void **state)
{
    (void)state;
    json_t *root = json_pack("{s:[f,f,f,f,i], s:{s:b, s:n}, s:[{s:s}], s:{}, s:[]}", "numbers", 0.1, 1e-300, -2.0, 1e22,
                             3, "inner", "flag", 1, "none", "list", "text", "a \"b\"\n", "empty", "nothing");
    assert_int_equal(og__json_set(root, "nan", og__json_real(NAN)), OG_OK);
    char *text;
    assert_int_equal(og__json_pretty(root, &text), OG_OK);
    assert_string_equal(text, "{\n"
                              "  \"numbers\": [0.1, 1e-300, -2.0, 1e+22, 3],\n"
                              "  \"inner\": {\n    \"flag\": true,\n    \"none\": null\n  },\n"
                              "  \"list\": [\n    {\n      \"text\": \"a \\\"b\\\"\\n\"\n    }\n  ],\n"
                              "  \"empty\": {},\n  \"nothing\": [],\n  \"nan\": null\n}\n");
    free(text);
    assert_int_equal(og__json_line(root, &text), OG_OK);
    assert_string_equal(text,
                        "{\"numbers\": [0.1, 1e-300, -2.0, 1e+22, 3], \"inner\": {\"flag\": true, \"none\": null}, "
                        "\"list\": [{\"text\": \"a \\\"b\\\"\\n\"}], \"empty\": {}, \"nothing\": [], \"nan\": null}");
    free(text);
    json_decref(root);
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
    (void)state;
    const char *cases[][2] = {
        {"caf\xC3\xA9", "caf\xC3\xA9"},
        {"caf\xE9 1", "caf\xEF\xBF\xBD 1"},                       /* Latin-1 */
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* overlong */
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* a surrogate */
        {"\xF0\x9F\xA7\xA0", "\xF0\x9F\xA7\xA0"},
        {"cut \xF0\x9F", "cut \xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *value = og__json_string(cases[i][0]);
        assert_non_null(value);
        assert_string_equal(json_string_value(value), cases[i][1]);
        json_decref(value);
    }
}

static void errors_name_source_line_and_column(void **state)
{
    (void)state;
    json_t *root;
    const char *missing_comma = "{\n  \"a\": 1\n  \"b\": 2\n}";
    assert_int_equal(og__json_parse(missing_comma, strlen(missing_comma), "x.json", &root), OG_ERR_FORMAT);
    assert_null(root);
    assert_ptr_equal(strstr(og_error_text(), "x.json:3:"), og_error_text());
    const char *twice = "{\"a\": 1, \"a\": 2}";
    assert_int_equal(og__json_parse(twice, strlen(twice), "x.json", &root), OG_ERR_FORMAT);
    char deep[5000];
    memset(deep, '[', sizeof deep);
    assert_int_equal(og__json_parse(deep, sizeof deep, "deep", &root), OG_ERR_FORMAT);
    assert_int_equal(og__json_load("/nonexistent/x.json", &root), OG_ERR_FILE);
}

static void members_are_checked(void **state)
{
    (void)state;
    json_t *root = json_pack("{s:i, s:f, s:n, s:s}", "int", 3, "real", 0.5, "null", "text", "hello"), *member;
    double real;
    int64_t integer;
    const char *text;
    assert_int_equal(og__json_get_real(root, "int", &real), OG_OK);
    assert_true(real == 3);
    assert_int_equal(og__json_get_real(root, "null", &real), OG_OK);
    assert_true(isnan(real));
    assert_int_equal(og__json_get_real(root, "text", &real), OG_ERR_FORMAT);
    assert_string_equal(og_error_text(), "\"text\" is a text; a number is expected");
    assert_int_equal(og__json_get_int(root, "int", &integer), OG_OK);
    assert_int_equal(integer, 3);
    assert_int_equal(og__json_get_int(root, "real", &integer), OG_ERR_FORMAT);
    assert_int_equal(og__json_get_text(root, "text", &text), OG_OK);
    assert_string_equal(text, "hello");
    assert_int_equal(og__json_get(root, "gone", JSON_ARRAY, &member), OG_ERR_FORMAT);
    assert_string_equal(og_error_text(), "\"gone\" is missing; an array is expected");
    json_decref(root);
}

static void building_without_memory_fails_once(void **state)
{
    (void)state;
    assert_int_equal(og__json_set(NULL, "key", json_integer(1)), OG_ERR_MEMORY);
    json_t *object = json_object();
    assert_int_equal(og__json_set(object, "key", NULL), OG_ERR_MEMORY);
    json_decref(object);
}

/* A file size limit stands for a full disk: write() fails in the same way. */
static void a_failed_save_leaves_the_old_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/ogive-json-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.json", folder);
    json_t *small = json_pack("{s:i}", "a", 1), *large = json_array(), *read;
    assert_int_equal(og__json_save(path, small), OG_OK);

    for (int i = 0; i < 10000; i++)
        assert_int_equal(og__json_append(large, json_integer(i)), OG_OK);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    og_status status = og__json_save(path, large);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), path));

    assert_int_equal(og__json_load(path, &read), OG_OK);
    assert_true(json_equal(read, small));
    char **names;
    size_t count;
    assert_int_equal(og__folder_list(folder, &names, &count), OG_OK);
    assert_int_equal(count, 1); /* no temporary file is left */
    og__names_free(names, count);
    json_decref(read);
    json_decref(small);
    json_decref(large);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reals_read_back_to_the_same_bits),
        cmocka_unit_test(a_document_is_written_readably),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
        cmocka_unit_test(errors_name_source_line_and_column),
        cmocka_unit_test(members_are_checked),
        cmocka_unit_test(building_without_memory_fails_once),
        cmocka_unit_test(a_failed_save_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

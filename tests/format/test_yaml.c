#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <ogive/config.h>

#include "base/file.h"
#include "format/yaml.h"

static og__yaml *parse(const char *text)
{
    og__yaml *root;
    assert_int_equal(og__yaml_parse(text, strlen(text), "x.yaml", &root), OG_OK);
    return root;
}

static void expect_failure(const char *text, og_status status, const char *message)
{
    og__yaml *root;
    assert_int_equal(og__yaml_parse(text, strlen(text), "x.yaml", &root), status);
    assert_null(root);
    assert_string_equal(og_error_text(), message);
}

static void test_tree(void **state)
{
    (void)state;
    og__yaml *root = parse("# a comment\n"
                           "name: \"brain: lobes\"\n"
                           "slices: [1-3, 7]\n"
                           "nothing: ~\n"
                           "text: '~'\n"
                           "pairs:\n"
                           "  - image: a.png\n"
                           "    weight: 0.5\n"
                           "  - image: b.png\n");
    assert_int_equal(og__yaml_kind_of(root), OG_YAML_MAP);
    assert_int_equal(og__yaml_count(root), 5);
    assert_string_equal(og__yaml_scalar(og__yaml_find(root, "name")), "brain: lobes");
    assert_int_equal(og__yaml_line(og__yaml_find(root, "name")), 2);
    assert_int_equal(og__yaml_kind_of(og__yaml_find(root, "nothing")), OG_YAML_NULL);
    assert_string_equal(og__yaml_scalar(og__yaml_find(root, "text")), "~");
    assert_null(og__yaml_find(root, "absent"));

    const og__yaml *slices = og__yaml_find(root, "slices");
    assert_int_equal(og__yaml_count(slices), 2);
    assert_string_equal(og__yaml_scalar(og__yaml_at(slices, 1)), "7");

    const og__yaml *second = og__yaml_at(og__yaml_find(root, "pairs"), 1);
    assert_int_equal(og__yaml_line(second), 9);
    assert_string_equal(og__yaml_scalar(og__yaml_find(second, "image")), "b.png");
    og__yaml_free(root);
}

static void test_empty(void **state)
{
    (void)state;
    og__yaml *root = parse("# nothing but a comment\n");
    assert_int_equal(og__yaml_kind_of(root), OG_YAML_NULL);
    assert_int_equal(og__yaml_count(root), 0);
    og__yaml_free(root);
}

static void test_values(void **state)
{
    (void)state;
    og__yaml *root = parse("count: 12\nshare: 0.25\nbad: 12x\nbig: 99999999999999999999\nlist: [1]\n");
    int64_t count;
    double share;
    const char *text;
    assert_int_equal(og__yaml_int(og__yaml_find(root, "count"), "'count'", 0, 100, &count), OG_OK);
    assert_int_equal(count, 12);
    assert_int_equal(og__yaml_real(og__yaml_find(root, "share"), "'share'", 0, 1, &share), OG_OK);
    assert_true(share == 0.25);
    assert_int_equal(og__yaml_int(og__yaml_find(root, "count"), "'count'", 0, 10, &count), OG_ERR_SYNTAX);
    assert_string_equal(og_error_text(), "x.yaml:1: 'count' must be a whole number from 0 to 10, found '12'");
    assert_int_equal(og__yaml_int(og__yaml_find(root, "bad"), "'bad'", 0, 100, &count), OG_ERR_SYNTAX);
    assert_int_equal(og__yaml_int(og__yaml_find(root, "big"), "'big'", 0, INT64_MAX, &count), OG_ERR_SYNTAX);
    assert_int_equal(og__yaml_real(og__yaml_find(root, "bad"), "'bad'", 0, 100, &share), OG_ERR_SYNTAX);
    assert_string_equal(og_error_text(), "x.yaml:3: 'bad' must be a number from 0 to 100, found '12x'");
    assert_int_equal(og__yaml_text(og__yaml_find(root, "list"), "'list'", &text), OG_ERR_SYNTAX);
    assert_string_equal(og_error_text(), "x.yaml:5: 'list' must be a single value, found a list");
    og__yaml_free(root);
}

static void test_keys(void **state)
{
    (void)state;
    const char *names[] = {"image", "mask"};
    og__yaml *root = parse("image: a\nmaks: b\n");
    assert_int_equal(og__yaml_check_keys(root, "a pair", names, 2), OG_ERR_NAME);
    assert_string_equal(og_error_text(), "x.yaml:2: unknown key 'maks' in a pair; did you mean mask?");
    og__yaml_free(root);
    root = parse("image: a\nmask: b\ncolourful: c\n");
    assert_int_equal(og__yaml_check_keys(root, "a pair", names, 2), OG_ERR_NAME);
    assert_string_equal(og_error_text(), "x.yaml:3: unknown key 'colourful' in a pair; known are image, mask");
    og__yaml_free(root);
}

static void test_syntax_errors(void **state)
{
    (void)state;
    expect_failure("a: 1\nb: 2\na: 3\n", OG_ERR_SYNTAX, "x.yaml:3: 'a' is given twice (first in line 1)");
    expect_failure("a: &x 1\nb: *x\n", OG_ERR_SYNTAX, "x.yaml:2: aliases (*name) are not supported; repeat the value");
    expect_failure("a: 1\n---\nb: 2\n", OG_ERR_SYNTAX, "x.yaml:2: a second document begins here; expected one");
    expect_failure("[a, b]: 1\n", OG_ERR_SYNTAX, "x.yaml:1: expected a key, which must be a simple text");
    expect_failure("a: \"x\\0y\"\n", OG_ERR_SYNTAX, "x.yaml:1: a text holds a NUL character");

    og__yaml *root;
    const char *tab = "a:\n\t- b\n";
    assert_int_equal(og__yaml_parse(tab, strlen(tab), "x.yaml", &root), OG_ERR_SYNTAX);
    assert_memory_equal(og_error_text(), "x.yaml:2:1: ", 12);
    const char *open = "a: [1, 2\nb: 3\n";
    assert_int_equal(og__yaml_parse(open, strlen(open), "x.yaml", &root), OG_ERR_SYNTAX);
    assert_memory_equal(og_error_text(), "x.yaml:2:", 9);
    assert_int_equal(og__yaml_parse("a: \xff\n", 5, "x.yaml", &root), OG_ERR_SYNTAX);
    assert_non_null(strstr(og_error_text(), "UTF-8"));

    char deep[201];
    memset(deep, '[', 200);
    deep[200] = '\0';
    expect_failure(deep, OG_ERR_SYNTAX, "x.yaml:1: lists and maps are nested more than 32 deep");
    assert_int_equal(og__yaml_load("/nonexistent/x.yaml", &root), OG_ERR_FILE);
}

/* --- configuration files ------------------------------------------------------------------------------------------ */

typedef struct settings {
    char *acts;
    int64_t epochs;
    bool flip;
    char *stages;
} settings;

static const og_option options[] = {
    {"acts", NULL, OG_OPTION_TEXT, offsetof(settings, acts), "relu", 0, 0, NULL, NULL, "Test", "Activations"},
    {"epochs", "e", OG_OPTION_INT, offsetof(settings, epochs), "10", 1, 1000, NULL, NULL, "Test", "Epochs"},
    {"flip-x", NULL, OG_OPTION_FLAG, offsetof(settings, flip), "false", 0, 0, NULL, NULL, "Test", "Flip"},
    {"stage", NULL, OG_OPTION_LIST, offsetof(settings, stages), "", 0, 0, NULL, NULL, "Test", "Stages"},
};

static og_status load_config(const char *text, settings *into)
{
    static const char path[] = "/tmp/ogive-test-config.yaml";
    og_option_table table = {options, sizeof options / sizeof options[0]};
    assert_int_equal(og__file_write(path, text, strlen(text)), OG_OK);
    assert_int_equal(og_options_init(table, into), OG_OK);
    og_config_target target = {table, into};
    og_status status = og_config_load(path, &target, 1);
    unlink(path);
    return status;
}

static void test_config(void **state)
{
    (void)state;
    og_option_table table = {options, sizeof options / sizeof options[0]};
    settings got;
    assert_int_equal(load_config("acts: [relu, silu]\nflip_x: true\n", &got), OG_OK);
    assert_string_equal(got.acts, "relu,silu");
    assert_int_equal(got.epochs, 10);
    assert_true(got.flip);
    og_options_deinit(table, &got);

    assert_int_equal(load_config("\nepoch: 5\n", &got), OG_ERR_NAME);
    assert_string_equal(og_error_text(),
                        "/tmp/ogive-test-config.yaml:2: unknown option 'epoch'; did you mean 'epochs'?");
    og_options_deinit(table, &got);

    const char *const lists[] = {"stage: {0: relu, encoder.1: silu}\n", "stage: ['0=relu', 'encoder.1=silu']\n"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        assert_int_equal(load_config(lists[i], &got), OG_OK);
        assert_string_equal(got.stages, "0=relu\nencoder.1=silu");
        og_options_deinit(table, &got);
    }
    assert_int_equal(load_config("stage: 0=x*sigmoid(x)\n", &got), OG_OK);
    assert_string_equal(got.stages, "0=x*sigmoid(x)");
    og_options_deinit(table, &got);
    assert_int_equal(load_config("stage: [[1]]\n", &got), OG_ERR_SYNTAX);
    assert_memory_equal(og_error_text(), "/tmp/ogive-test-config.yaml:1: ", 31);
    og_options_deinit(table, &got);

    assert_int_equal(load_config("epochs: 0\n", &got), OG_ERR_ARGUMENT);
    assert_memory_equal(og_error_text(), "/tmp/ogive-test-config.yaml:1: ", 31);
    og_options_deinit(table, &got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree), cmocka_unit_test(test_empty),         cmocka_unit_test(test_values),
        cmocka_unit_test(test_keys), cmocka_unit_test(test_syntax_errors), cmocka_unit_test(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

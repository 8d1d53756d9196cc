/* Texts that grow, names that are mistyped, sizes that overflow, and kinds of failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/status.h"
#include "base/text.h"

static void test_text_grows(void **state)
{
    (void)state;
    og__text text = {0};
    assert_string_equal(og__text_get(&text), "");
    for (int i = 0; i < 1000; i++)
        og__text_format(&text, "%d,", i % 10);
    og__text_add(&text, "end");
    og__text_add_bytes(&text, "\0x", 2);
    assert_int_equal(og__text_status(&text), OG_OK);
    assert_int_equal(text.length, 2005);
    assert_memory_equal(text.data + 1998, "9,end\0x", 8);
    og__text_deinit(&text);
    assert_string_equal(og__text_get(&text), "");
}

static void test_nearest_name(void **state)
{
    static const char *const names[] = {"relu", "leaky_relu", "silu", "sigmoid", "a"};
    static const struct {
        const char *typed, *nearest;
    } cases[] = {
        {"rellu", "relu"},
        {"RELU", "relu"},
        {"sliu", "silu"},
        {"leakyrelu", "leaky_relu"},
        {"sigmiod", "sigmoid"},
        {"xyz", NULL},
        {"completely", NULL},
        {"b", "a"},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = og__nearest_name(cases[i].typed, names, sizeof names / sizeof names[0]);
        if (cases[i].nearest && found)
            assert_string_equal(found, cases[i].nearest);
        else
            assert_ptr_equal(found, cases[i].nearest);
    }
    char endless[4096];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_null(og__nearest_name(endless, names, sizeof names / sizeof names[0]));
}

static void test_words(void **state)
{
    (void)state;
    assert_true(og__has_word("one three  two", "one", 3));
    assert_true(og__has_word("one three  two", "two", 3));
    assert_true(og__has_word("one three  two", "three or more", 5));
    assert_false(og__has_word("one three  two", "thre", 4));
    assert_false(og__has_word("one three  two", "hree", 4));
    assert_false(og__has_word("one three  two", "one three", 9));
    assert_false(og__has_word("", "one", 3));
}

static void test_sizes_overflow(void **state)
{
    (void)state;
    size_t product;
    char *block;
    assert_int_equal(og__product(&product, 3, (size_t[]){3, 5, 7}), OG_OK);
    assert_int_equal(product, 105);
    assert_int_equal(og__product(&product, 2, (size_t[]){SIZE_MAX / 2, 3}), OG_ERR_MEMORY);
    assert_int_equal(og__alloc(SIZE_MAX / 4, 8, &block), OG_ERR_MEMORY);
    assert_null(block);
    assert_int_equal(og__alloc((size_t)1 << 46, 1, &block), OG_ERR_MEMORY); /* promised, it would end the process */
    assert_null(block);
    assert_int_equal(og__alloc(3, 5, &block), OG_OK);
    assert_int_equal((uintptr_t)block % OG_ALIGN_BYTES, 0);
    for (int i = 0; i < 15; i++)
        assert_int_equal(block[i], 0);
    free(block);
}

static void test_failures(void **state)
{
    (void)state;
    assert_int_equal(og__fail(OG_ERR_DATA, "value %d", 7), OG_ERR_DATA);
    assert_string_equal(og_error_text(), "value 7");
    assert_int_equal(og__fail_in(OG_ERR_DATA, "file '%s'", "x.png"), OG_ERR_DATA);
    assert_string_equal(og_error_text(), "file 'x.png': value 7");
    og__fail(OG_ERR_FILE, "%s, again", og_error_text()); /* the text may be its own argument */
    assert_string_equal(og_error_text(), "file 'x.png': value 7, again");
}

/* Exit codes are a contract with shell scripts. */
static void test_exit_codes(void **state)
{
    static const int codes[] = {0, 1, 2, 2, 2, 3, 4, 4, 4, 5, 6, 130};
    (void)state;
    for (int status = OG_OK; status <= OG_ERR_STOPPED; status++) {
        assert_int_equal(og_status_exit_code((og_status)status), codes[status]);
        assert_true(strlen(og_status_meaning((og_status)status)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_grows),     cmocka_unit_test(test_words),    cmocka_unit_test(test_nearest_name),
        cmocka_unit_test(test_sizes_overflow), cmocka_unit_test(test_failures), cmocka_unit_test(test_exit_codes),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}

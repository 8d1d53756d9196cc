#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/scratch.h"
#include "format/table.h"

static void expect_row(const og__table *table, size_t row, int line, size_t count, const char *const *fields)
{
    assert_int_equal(table->rows[row].line, line);
    assert_int_equal(table->rows[row].count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(table->rows[row].fields[i], fields[i]);
}

static void test_commas(void **state)
{
    (void)state;
    og__table table;
    const char *path = scratch_text("a.csv", "a,b c,\r\n\r\n\"x, \"\"y\"\"\",,z\n,\nlast");
    assert_int_equal(og__table_load(path, OG_TABLE_COMMAS, &table), OG_OK);
    assert_int_equal(table.count, 4);
    expect_row(&table, 0, 1, 3, (const char *[]){"a", "b c", ""});
    expect_row(&table, 1, 3, 3, (const char *[]){"x, \"y\"", "", "z"});
    expect_row(&table, 2, 4, 2, (const char *[]){"", ""});
    expect_row(&table, 3, 5, 1, (const char *[]){"last"});
    og__table_deinit(&table);

    path = scratch_text("bad.csv", "a\n\"b\n\"\n");
    assert_int_equal(og__table_load(path, OG_TABLE_COMMAS, &table), OG_ERR_SYNTAX);
    assert_non_null(strstr(og_error_text(), "bad.csv:2: a quoted field does not end in this line"));
    assert_int_equal(table.count, 0);
}

static void test_spaces(void **state)
{
    (void)state;
    og__table table;
    const char *path = scratch_text("a.txt", "1  Precentral_L\t2001 \n\n  2 Precentral_R 2002");
    assert_int_equal(og__table_load(path, OG_TABLE_SPACES, &table), OG_OK);
    assert_int_equal(table.count, 2);
    expect_row(&table, 0, 1, 3, (const char *[]){"1", "Precentral_L", "2001"});
    expect_row(&table, 1, 3, 3, (const char *[]){"2", "Precentral_R", "2002"});
    og__table_deinit(&table);
}

static void test_empty(void **state)
{
    (void)state;
    og__table table;
    assert_int_equal(og__table_load(scratch_text("e.csv", ""), OG_TABLE_COMMAS, &table), OG_OK);
    assert_int_equal(table.count, 0);
    og__table_deinit(&table);
    assert_int_equal(og__table_load("/nonexistent/e.csv", OG_TABLE_COMMAS, &table), OG_ERR_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commas), cmocka_unit_test(test_spaces),
                                       cmocka_unit_test(test_empty)};
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}

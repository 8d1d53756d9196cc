/* Files are written whole or not at all. */
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/writer.h"

static int setup(void **state)
{
    char folder[] = "/tmp/ogive-file-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    *state = strdup(folder);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", (char *)*state);
    assert_int_equal(system(command), 0);
    free(*state);
    return 0;
}

static void assert_content(const char *path, const char *expected)
{
    char *data;
    size_t count;
    assert_int_equal(og__file_read(path, &data, &count), OG_OK);
    assert_int_equal(count, strlen(expected));
    assert_string_equal(data, expected);
    free(data);
}

static void assert_files(size_t expected)
{
    char **names;
    size_t count;
    assert_int_equal(og__folder_list(".", &names, &count), OG_OK);
    assert_int_equal(count, expected);
    og__names_free(names, count);
}

static void test_write_and_replace(void **state)
{
    (void)state;
    assert_int_equal(og__file_write("a", "one", 3), OG_OK);
    assert_int_equal(og__file_write("a", "", 0), OG_OK);
    assert_content("a", "");
    assert_int_equal(og__file_write("a", "two", 3), OG_OK);
    assert_content("a", "two");
    assert_files(1);
}

/* A limit on the size of files fails in the same calls as a full disk. */
static void test_failed_write_keeps_the_old(void **state)
{
    enum { BYTES = 1 << 16 };
    (void)state;
    static char large[BYTES];
    struct rlimit before, small = {BYTES / 2, BYTES / 2};
    assert_int_equal(og__file_write("a", "old", 3), OG_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    og_status status = og__file_write("a", large, sizeof large);
    og_status missing = og__file_write("absent/b", "x", 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, OG_ERR_FILE);
    assert_int_equal(missing, OG_ERR_FILE);
    assert_content("a", "old");
    assert_files(1);
}

static void test_writer_commits_or_vanishes(void **state)
{
    (void)state;
    og__writer *writer;
    assert_int_equal(og__writer_open("a", &writer), OG_OK);
    assert_int_equal(og__writer_add(writer, "half", 4), OG_OK);
    assert_false(og__file_exists("a"));
    og__writer_close(writer);
    assert_files(0);
    assert_int_equal(og__writer_open("a", &writer), OG_OK);
    assert_int_equal(og__writer_add(writer, "who", 3), OG_OK);
    assert_int_equal(og__writer_add(writer, "le", 2), OG_OK);
    assert_int_equal(og__writer_commit(writer), OG_OK);
    og__writer_close(writer);
    assert_content("a", "whole");
    assert_files(1);
}

static void test_folders_and_paths(void **state)
{
    (void)state;
    char *path;
    assert_int_equal(og__folder_make("x/y/z"), OG_OK);
    assert_int_equal(og__folder_make("x/y/z"), OG_OK);
    assert_true(og__is_folder("x/y/z"));
    assert_int_equal(og__file_write("x/file", "", 0), OG_OK);
    assert_int_equal(og__folder_make("x/file"), OG_ERR_FILE);
    assert_int_equal(og__folder_make("x/file/z"), OG_ERR_FILE);
    static const char *const joins[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"}};
    for (size_t i = 0; i < sizeof joins / sizeof joins[0]; i++) {
        assert_int_equal(og__path_join(joins[i][0], joins[i][1], &path), OG_OK);
        assert_string_equal(path, joins[i][2]);
        free(path);
    }
    static const char *const folders[][2] = {{"a/b", "a"}, {"b", "."}, {"/b", "/"}, {"a/b/", "a/b"}};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        assert_int_equal(og__path_folder(folders[i][0], &path), OG_OK);
        assert_string_equal(path, folders[i][1]);
        free(path);
    }
    assert_string_equal(og__path_name("a/b.png"), "b.png");
}

static void test_missing_files_are_named(void **state)
{
    (void)state;
    char *data, **names;
    size_t count;
    assert_int_equal(og__file_read("absent", &data, &count), OG_ERR_FILE);
    assert_non_null(strstr(og_error_text(), "'absent'"));
    assert_null(data);
    assert_int_equal(og__file_read(".", &data, &count), OG_ERR_FILE);
    assert_int_equal(og__folder_list("absent", &names, &count), OG_ERR_FILE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_and_replace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_write_keeps_the_old, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer_commits_or_vanishes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folders_and_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_files_are_named, setup, teardown),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}

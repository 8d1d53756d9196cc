/* Every text of the fuzzer's corpus again, without the fuzzer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "fuzz/formula.h"

static void test_corpus(void **state)
{
    (void)state;
    const char *folder = OGIVE_SOURCE_DIR "/tests/fuzz/corpus";
    char **names;
    size_t count;
    assert_int_equal(og__folder_list(folder, &names, &count), OG_OK);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        char *path, *text;
        size_t size;
        assert_int_equal(og__path_join(folder, names[i], &path), OG_OK);
        assert_int_equal(og__file_read(path, &text, &size), OG_OK);
        formula_check((const uint8_t *)text, size);
        free(text);
        free(path);
    }
    og__names_free(names, count);
}

static void test_catalogue(void **state)
{
    (void)state;
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        const char *id = og_act_entry_at(i)->id;
        formula_check((const uint8_t *)id, strlen(id));
    }
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
        cmocka_unit_test(test_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

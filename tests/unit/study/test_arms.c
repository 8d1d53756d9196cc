/* src/study/arms.c: reading a list of activations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "study/arms.h"

static void check_list(const char *list, size_t count, const char *const *texts)
{
    og__arms arms;
    assert_int_equal(og__arms_parse(list, &arms), OG_OK);
    assert_int_equal(arms.count, count);
    for (size_t i = 0; i < count; i++) {
        og_act *act;
        assert_int_equal(og_act_parse(texts[i], &act), OG_OK);
        assert_string_equal(og_act_text(arms.items[i].act), og_act_text(act));
        og_act_free(act);
    }
    og__arms_deinit(&arms);
}

static void check_failure(const char *list, og_status status, const char *part)
{
    og__arms arms;
    assert_int_equal(og__arms_parse(list, &arms), status);
    if (!strstr(og_error_text(), part))
        fail_msg("'%s' does not say '%s'", og_error_text(), part);
    assert_int_equal(arms.count, 0);
}

static void commas_separate_but_not_within_parentheses(void **state)
{
    (void)state;
    const char *const texts[] = {"relu", "leaky_relu(a=0.2)", "where(x > 0, x, 0.1*x)"};
    check_list(" relu ,leaky_relu(a=0.2), where(x > 0, x, 0.1*x) ", 3, texts);
}

static void quotes_keep_a_formula_together(void **state)
{
    (void)state;
    const char *const texts[] = {"x*a + b; a=2, b=3", "silu"};
    check_list("'x*a + b; a=2, b=3', silu", 2, texts);
    check_list("\"x*a + b; a=2, b=3\" ,\"silu\"", 2, texts);
}

static void mistakes_in_the_list_are_placed(void **state)
{
    (void)state;
    check_failure("", OG_ERR_SYNTAX, "nothing at position 1");
    check_failure("relu,,silu", OG_ERR_SYNTAX, "nothing at position 6");
    check_failure("relu,", OG_ERR_SYNTAX, "nothing at position 6");
    check_failure("relu,'silu", OG_ERR_SYNTAX, "position 6 is not closed");
    check_failure("'relu' silu", OG_ERR_SYNTAX, "expected a comma at position 8, found 's'");
    check_failure("relu, sliu", OG_ERR_NAME, "activation 2 of the list");
    check_failure("relu, sliu", OG_ERR_NAME, "silu");
    check_failure("relu, x*a + b; a=2, b=3", OG_ERR_NAME, "quote a formula");
}

static void an_activation_is_listed_once(void **state)
{
    (void)state;
    check_failure("relu, silu, relu", OG_ERR_ARGUMENT, "relu is listed twice");
    check_failure("leaky_relu, leaky_relu(a=0.01)", OG_ERR_ARGUMENT, "listed twice");
}

static void ids_are_safe_in_file_names_and_differ(void **state)
{
    (void)state;
    og__arms arms;
    assert_int_equal(
        og__arms_parse("leaky_relu, leaky_relu(a=0.2), leaky_relu(a=-0.2), x*sigmoid(x)/(1+exp(-x)), elu", &arms),
        OG_OK);
    assert_string_equal(arms.items[0].id, "leaky_relu");
    assert_string_equal(arms.items[4].id, "elu");
    for (size_t i = 0; i < arms.count; i++) {
        assert_int_equal(strspn(arms.items[i].id, "abcdefghijklmnopqrstuvwxyz0123456789_.-"), strlen(arms.items[i].id));
        assert_true(strlen(arms.items[i].id) < 64);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(arms.items[i].id, arms.items[j].id);
    }
    og__arms_deinit(&arms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_separate_but_not_within_parentheses),
        cmocka_unit_test(quotes_keep_a_formula_together),
        cmocka_unit_test(mistakes_in_the_list_are_placed),
        cmocka_unit_test(an_activation_is_listed_once),
        cmocka_unit_test(ids_are_safe_in_file_names_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

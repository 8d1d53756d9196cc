/* src/search: drafts, variations, signatures and the screening. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include "search/draft.h"
#include "search/operators.h"
#include "search/pool.h"
#include "search/screen.h"
#include "search/signature.h"
#include "search/vary.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { LAYERS = 18 };

static og_act *parse(const char *text)
{
    og_act *act;
    if (og_act_parse(text, &act) != OG_OK)
        fail_msg("%s", og_error_text());
    return act;
}

/* --- drafts ------------------------------------------------------------------------------------------------------- */

static void assert_reads_as(const char *text, const char *expected)
{
    og_act *act = parse(text), *back;
    og__draft draft;
    assert_int_equal(og__draft_read(act, &draft), OG_OK);
    assert_int_equal(og__draft_act(&draft, &back), OG_OK);
    assert_string_equal(og_act_text(back), expected);
    og__draft_deinit(&draft);
    og_act_free(act);
    og_act_free(back);
}

static void a_draft_has_fixed_numbers_and_learned_parameters(void **state)
{
    (void)state;
    assert_reads_as("silu", "x*sigmoid(x)");
    assert_reads_as("leaky_relu", "where(x > 0, x, 0.01*x)");
    assert_reads_as("q*x + k*tanh(r*x); q = learn(2), r = 3, k = learn(0.5, channel)",
                    "a*x + b*tanh(3*x); a = learn(2), b = learn(0.5)");
}

static void a_draft_refuses_what_the_search_does_not_make(void **state)
{
    (void)state;
    static const char *const others[] = {
        "x*sigmoid(gate)", "max(x, funnel)", "x*sigmoid(a*x); a = learn(normal(0, 1))",
        "a*x + b*tanh(c*x + d); a = learn(1), b = learn(1), c = learn(1), d = learn(0)"};
    for (size_t i = 0; i < COUNT(others); i++) {
        og_act *act = parse(others[i]);
        og__draft draft;
        assert_int_equal(og__draft_read(act, &draft), OG_ERR_UNSUPPORTED);
        og_act_free(act);
    }
}

static void one_place_is_replaced_and_no_other(void **state)
{
    (void)state;
    og_act *act = parse("tanh(x)*sigmoid(x)"), *back;
    og__draft draft;
    og__expr places[OG_DRAFT_PLACES_MAX];
    assert_int_equal(og__draft_read(act, &draft), OG_OK);
    int count = og__draft_places(&draft, places, NULL), at = 0;
    assert_int_equal(count, 5);
    while (draft.graph.nodes[places[at]].op != OG_OP_SIGMOID)
        at++;
    og__draft_replace(&draft, at + 1, og__draft_param(&draft, 0.5f)); /* the x of sigmoid, but not that of tanh */
    assert_int_equal(og__draft_act(&draft, &back), OG_OK);
    og_act *expected = parse("tanh(x)*sigmoid(a); a = learn(0.5)");
    assert_string_equal(og_act_text(back), og_act_text(expected));
    og__draft_deinit(&draft);
    og_act_free(act);
    og_act_free(back);
    og_act_free(expected);
}

/* --- variations --------------------------------------------------------------------------------------------------- */

static void every_operator_makes_a_formula_that_is_finite(void **state)
{
    (void)state;
    og_act *act;
    og__signature signature;
    for (size_t i = 0; i < og__unary_count() + og__binary_count(); i++) {
        og__draft draft;
        og__expr x, value;
        assert_int_equal(og__draft_init(&draft), OG_OK);
        x = draft.value;
        og__expr other = og__expr_1(&draft.graph, OG_OP_TANH, x);
        if (i < og__unary_count())
            assert_int_equal(og__unary_apply(&draft.graph, i, x, &value), OG_OK);
        else
            assert_int_equal(og__binary_apply(&draft.graph, i - og__unary_count(), x, other, &value), OG_OK);
        draft.value = value;
        assert_int_equal(og__draft_act(&draft, &act), OG_OK);
        assert_int_equal(og__signature_take(act, &signature), OG_OK);
        og_act_free(act);
        og__draft_deinit(&draft);
    }
}

/* Whatever is made parses, is canonical, and is made again from the same number; all variations change something. */
static void variations_make_formulas_and_are_repeatable(void **state)
{
    (void)state;
    const char *const mothers[] = {"mish", "prelu", "where(x > 0, x, 0.25*sin(x))", "x*sigmoid(a*x); a = learn(1)"};
    int changed[OG_VARIATION_COUNT] = {0};
    for (uint64_t i = 0; i < 280; i++) {
        og__variation variation = (og__variation)(i % OG_VARIATION_COUNT);
        og_act *mother = parse(mothers[i % COUNT(mothers)]), *father = parse("gelu"), *child, *again, *back;
        og__random random = og__random_at(3, OG_STREAM_TEST, i), same = random;
        og_status status = og__formula_vary(&random, variation, mother, father, &child);
        assert_int_equal(og__formula_vary(&same, variation, mother, father, &again), status);
        assert_true(status == OG_OK || status == OG_ERR_ARGUMENT || status == OG_ERR_UNSUPPORTED);
        if (status == OG_OK) {
            assert_string_equal(og_act_text(child), og_act_text(again));
            assert_int_equal(og_act_parse(og_act_text(child), &back), OG_OK);
            assert_string_equal(og_act_text(child), og_act_text(back));
            assert_true(og_act_param_count(child) <= OG_DRAFT_PARAMS_MAX);
            changed[variation] += strcmp(og_act_text(child), og_act_text(mother)) != 0;
            og_act_free(back);
        }
        og_act_free(mother);
        og_act_free(father);
        og_act_free(child);
        og_act_free(again);
    }
    for (int v = 0; v < OG_VARIATION_COUNT; v++)
        assert_true(changed[v] > 10);
}

static void a_factor_of_the_whole_is_left_out(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 400; i++) {
        og_act *mother = parse("3*tanh(x)"), *child;
        og__random random = og__random_at(5, OG_STREAM_TEST, i);
        if (og__formula_vary(&random, OG_VARIATION_NUMBER, mother, NULL, &child) == OG_OK)
            assert_true(strcmp(og_act_text(child), "tanh(x)") == 0 || strcmp(og_act_text(child), "-tanh(x)") == 0);
        og_act_free(mother);
        og_act_free(child);
    }
}

/* --- signatures --------------------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    og_act *first = parse(a), *second = parse(b);
    og__signature u, v;
    assert_int_equal(og__signature_take(first, &u), OG_OK);
    assert_int_equal(og__signature_take(second, &v), OG_OK);
    bool equal = og__signature_equal(&u, &v);
    assert_int_equal(equal, og__signature_equal(&v, &u));
    og_act_free(first);
    og_act_free(second);
    return equal;
}

static void equal_functions_are_one(void **state)
{
    (void)state;
    assert_true(same("silu", "x*(1 + tanh(x/2))"));     /* times 2, by another formula */
    assert_true(same("tanh(x)", "2*sigmoid(2*x) - 1")); /* an identity */
    assert_true(same("relu", "max(-3*x, 0)"));          /* mirrored, times 3 */
    assert_true(same("-softplus(-x)", "log_sigmoid(x)"));
    assert_true(same("a*x + tanh(x); a = learn(1)", "x*b + tanh(x); b = learn(1)"));
}

static void different_functions_are_not(void **state)
{
    (void)state;
    assert_false(same("tanh(x)", "tanh(2*x)"));    /* a norm's scale begins at 1 */
    assert_false(same("relu", "-max(x, 0)"));      /* max pooling tells them apart */
    assert_false(same("relu", "max(x, 0) + 0.5")); /* padded borders do */
    assert_false(same("gelu", "gelu_tanh"));
    assert_false(same("tanh(x)", "a*x + tanh(x); a = learn(0)"));
    assert_false(same("a*x + tanh(x); a = learn(1)", "x + tanh(a*x); a = learn(1)"));
}

/* --- the screening ------------------------------------------------------------------------------------------------ */

static og__prospect screen(const char *text, double cost_most)
{
    og_act *act = parse(text);
    og__screen_rules rules;
    og__prospect prospect;
    assert_int_equal(og__screen_rules_init(LAYERS, cost_most, &rules), OG_OK);
    assert_int_equal(og__screen(act, &rules, &prospect), OG_OK);
    og_act_free(act);
    return prospect;
}

static void what_people_train_with_passes(void **state)
{
    (void)state;
    static const char *const good[] = {"relu", "leaky_relu", "x*sigmoid(x)", "gelu",       "mish",
                                       "elu",  "tanh",       "sigmoid",      "hard_swish", "softplus(x)"};
    for (size_t i = 0; i < COUNT(good); i++) {
        og__prospect p = screen(good[i], 4);
        assert_string_equal(p.why, "");
        assert_int_equal(p.rejection, OG_REJECTION_NONE);
    }
}

static void each_rule_rejects_what_it_is_for(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        og__rejection why;
    } cases[] = {
        {"exp(x^2)", OG_REJECTION_FINITE},
        {"log(x)", OG_REJECTION_FINITE},
        {"max(x, 60)", OG_REJECTION_CONSTANT},
        {"where(x > 0, x + 1, x)", OG_REJECTION_JUMP},
        {"max(x, 0) + 0.01*x^3", OG_REJECTION_GROWTH},
        {"x + 0.01*tanh(x)", OG_REJECTION_LINE},

        {"sin(4*x)", OG_REJECTION_GRADIENT},
        {"x^2", OG_REJECTION_SIGNAL},
        {"tanh(sin(erf(x)))*erf(cos(x))", OG_REJECTION_COST},
    };
    bool seen[OG_REJECTION_COUNT] = {
        [OG_REJECTION_NONE] = true, [OG_REJECTION_FORM] = true, [OG_REJECTION_SAME] = true};
    for (size_t i = 0; i < COUNT(cases); i++) {
        og__prospect p = screen(cases[i].text, 4);
        if (p.rejection != cases[i].why)
            fail_msg("%s: %s (%s), not %s", cases[i].text, og__rejection_name(p.rejection), p.why,
                     og__rejection_name(cases[i].why));
        assert_true(p.why[0] != '\0');
        seen[cases[i].why] = true;
    }
    for (int r = 0; r < OG_REJECTION_COUNT; r++)
        assert_true(seen[r]);
}

/* By the series of Hermite polynomials as by the integrals of og_act_propagate(). */
static void the_signal_is_that_of_the_analysis(void **state)
{
    (void)state;
    static const char *const texts[] = {"relu", "x*sigmoid(x)", "tanh(x)"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        og_act *act = parse(texts[i]);
        og_act_signal signals[LAYERS + 1];
        const og_act_depth depth = {.gain = 1, .layers = LAYERS, .normalised = true, .variance = 1, .correlation = 0.9};
        assert_int_equal(og_act_propagate(act, NULL, &depth, signals, NULL), OG_OK);
        double expected = signals[LAYERS].correlation; /* a kink's series is cut off at degree 64 */
        assert_near(screen(texts[i], 4).signal, expected, 0.01 * expected);
        og_act_free(act);
    }
}

/* The order of what 'ogive bench act' measures (docs/search.md), and no more than that. */
static void costs_have_the_measured_order(void **state)
{
    (void)state;
    static const char *const rising[] = {"relu", "hard_swish", "tanh(x)", "x*sigmoid(x)", "gelu"};
    double before = 0;
    for (size_t i = 0; i < COUNT(rising); i++) {
        double cost = screen(rising[i], 100).cost;
        assert_true(cost > before);
        before = cost;
    }
    assert_near(screen("relu", 100).cost, 1, 1e-12);
}

/* --- the pool ----------------------------------------------------------------------------------------------------- */

static void the_pool_merges_and_screens(void **state)
{
    (void)state;
    static const char *const asked[] = {"relu", "nn.SiLU()"};
    og__pool pool = {0};
    int index, counts[OG_REJECTION_COUNT], drawn = 0;
    assert_int_equal(og__screen_rules_init(LAYERS, 4, &pool.rules), OG_OK);
    assert_int_equal(og__pool_add_known(&pool, COUNT(asked), asked), OG_OK);
    int known = pool.count;
    assert_true(known > 50);
    assert_int_equal(og__pool_add(&pool, parse("x*(1 + tanh(x/2))"), OG_ORIGIN_RANDOM, -1, -1, &index), OG_OK);
    assert_int_equal(pool.items[index].prospect.rejection, OG_REJECTION_SAME);
    assert_string_equal(og_act_text(pool.items[pool.items[index].same_as].act), "silu");
    for (int64_t i = 0; i < 60; i++)
        assert_int_equal(og__pool_draw(&pool, 1, i), OG_OK);
    assert_int_equal(og__pool_screen(&pool, known), OG_OK);
    og__pool_count(&pool, counts);
    for (int r = 0; r < OG_REJECTION_COUNT; r++)
        drawn += counts[r];
    assert_int_equal(drawn, 61);
    assert_true(counts[OG_REJECTION_NONE] > 3);
    assert_int_equal(og__pool_breed(&pool, 1, 0, 0, 1, &index), OG_OK);
    for (int i = known; i < pool.count; i++)
        for (int j = known; j < i; j++) /* nothing twice */
            assert_true(pool.items[i].same_as >= 0 || pool.items[j].same_as >= 0 ||
                        strcmp(og_act_text(pool.items[i].act), og_act_text(pool.items[j].act)) != 0);
    og__pool_deinit(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_has_fixed_numbers_and_learned_parameters),
        cmocka_unit_test(a_draft_refuses_what_the_search_does_not_make),
        cmocka_unit_test(one_place_is_replaced_and_no_other),
        cmocka_unit_test(every_operator_makes_a_formula_that_is_finite),
        cmocka_unit_test(variations_make_formulas_and_are_repeatable),
        cmocka_unit_test(a_factor_of_the_whole_is_left_out),
        cmocka_unit_test(equal_functions_are_one),
        cmocka_unit_test(different_functions_are_not),
        cmocka_unit_test(what_people_train_with_passes),
        cmocka_unit_test(each_rule_rejects_what_it_is_for),
        cmocka_unit_test(the_signal_is_that_of_the_analysis),
        cmocka_unit_test(costs_have_the_measured_order),
        cmocka_unit_test(the_pool_merges_and_screens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* src/study/verdict.c: the three kinds of verdict, and that the words claim no more than the runs support.
 * The numbers in the sentences were computed with SciPy 1.10.1 from the same formula for the scores. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include "study/verdict.h"

static const char *const names[] = {"relu", "silu", "sigmoid"};

enum { ARMS = 3, BLOCKS_MAX = 12 };

/* scores[b][a] = base[a] + a wobble of the block that all share + noise of the run. */
static void fill(size_t blocks, const double *base, double noise, double *scores)
{
    for (size_t b = 0; b < blocks; b++)
        for (size_t a = 0; a < ARMS; a++)
            scores[b * ARMS + a] = base[a] + 0.01 * sin((double)b) + noise * cos(3.0 * (double)b + 2.0 * (double)a);
}

static og__evidence evidence_of(size_t blocks, const double *scores)
{
    return (og__evidence){.blocks = blocks, .arms = ARMS, .scores = scores, .confidence = 0.95, .margin = 0.005};
}

static void check_named(size_t blocks, const double *scores, const char *const *labels, og__verdict_kind kind,
                        const char *expected)
{
    const og__evidence evidence = evidence_of(blocks, scores);
    og__verdict verdict;
    char *text;
    assert_int_equal(og__verdict_reach(&evidence, &verdict), OG_OK);
    assert_int_equal(og__verdict_text(&verdict, &evidence, labels, &text), OG_OK);
    assert_string_equal(text, expected);
    assert_int_equal(verdict.kind, kind);
    free(text);
    og__verdict_deinit(&verdict);
}

static void check(size_t blocks, const double *scores, og__verdict_kind kind, const char *expected)
{
    check_named(blocks, scores, names, kind, expected);
}

static void a_clear_lead_over_many_seeds_wins(void **state)
{
    (void)state;
    const double base[] = {0.70, 0.74, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    fill(12, base, 0.005, scores);
    check(
        12, scores, OG_VERDICT_WINNER,
        "silu is the best of the 3: 0.039 mean Dice ahead of relu, the closest (95 % interval 0.037 to 0.042), adjusted p "
        "at most 0.00098, over 12 paired seeds.");
}

static void the_same_lead_over_four_seeds_is_no_win(void **state)
{
    (void)state;
    const double base[] = {0.70, 0.74, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    fill(4, base, 0.005, scores);
    check(4, scores, OG_VERDICT_UNDECIDED,
          "Undecided: 4 paired seeds are too few for a test. silu has the highest mean Dice (0.744); lower than it in "
          "every seed: relu and sigmoid. About 3 more seeds should decide it if the differences stay as they are.");
}

static void equals_tie_when_the_seeds_show_it(void **state)
{
    (void)state;
    const double base[] = {0.74, 0.7401, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    fill(12, base, 0.001, scores);
    check(12, scores, OG_VERDICT_TIE,
          "No difference that matters between relu and silu: each is within 0.005 mean Dice of the best (0.740) with a "
          "probability of 0.95 or more, over 12 paired seeds; behind: sigmoid.");
}

static void noise_leaves_it_undecided_with_an_estimate(void **state)
{
    (void)state;
    const double base[] = {0.74, 0.746, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    fill(8, base, 0.008, scores);
    check(8, scores, OG_VERDICT_UNDECIDED,
          "Undecided after 8 paired seeds: silu has the highest mean Dice (0.746), but relu cannot be told from it; "
          "behind: sigmoid. About 16 more seeds should decide it if the differences stay as they are.");
}

static void a_sure_but_tiny_lead_is_no_lead_and_formulas_are_quoted(void **state)
{
    (void)state;
    const char *const labels[] = {"x*tanh(x)", "silu", "sigmoid"};
    double scores[BLOCKS_MAX * ARMS];
    for (size_t b = 0; b < 8; b++) {
        double sign = b % 2 ? 1 : -1;
        scores[b * ARMS] = 0.74;
        scores[b * ARMS + 1] = 0.7395 + 0.0002 * sign; /* lower every time */
        scores[b * ARMS + 2] = 0.73 + 0.03 * sign;
    }
    check_named(
        8, scores, labels, OG_VERDICT_UNDECIDED,
        "Undecided after 8 paired seeds: 'x*tanh(x)' has the highest mean Dice (0.740), but sigmoid cannot be told "
        "from it; within 0.005 of it: silu. About 93 more seeds should decide it if the differences stay as they "
        "are.");
}

static void more_comparisons_take_more_seeds_for_any_test(void **state)
{
    (void)state;
    const double base[] = {0.70, 0.74, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    fill(6, base, 0.001, scores);
    check(
        6, scores, OG_VERDICT_UNDECIDED,
        "Undecided: 6 paired seeds are too few for a test, with 2 comparisons to correct for. silu has the highest mean "
        "Dice (0.740); lower than it in every seed: relu and sigmoid. About 1 more seed should decide it if the differences "
        "stay as they are.");
}

static void one_seed_is_described_only(void **state)
{
    (void)state;
    const double scores[] = {0.70, 0.74, 0.74};
    check(1, scores, OG_VERDICT_UNDECIDED,
          "Undecided: 1 paired seed is too few for a test. silu has the highest mean Dice (0.740); lower: relu; equal: "
          "sigmoid. At least 6 more seeds are needed for a test.");
}

static void two_seeds_say_nothing_of_many(void **state)
{
    (void)state;
    const double scores[2 * ARMS] = {0.70, 0.71,   0.50,
                                     0.76, 0.7501, 0.50}; /* mean differences far below their spread */
    check(
        2, scores, OG_VERDICT_UNDECIDED,
        "Undecided: 2 paired seeds are too few for a test. silu has the highest mean Dice (0.730); lower than it in every "
        "seed: sigmoid; not lower in every seed: relu. At least 5 more seeds are needed for a test.");
}

static void nothing_but_failures_is_no_verdict(void **state)
{
    (void)state;
    const double scores[2 * ARMS] = {0};
    check(2, scores, OG_VERDICT_UNDECIDED, "No verdict: every run failed or scored 0.");
}

static void a_failed_run_counts_as_zero(void **state)
{
    (void)state;
    const double base[] = {0.74, 0.70, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    og__verdict verdict;
    fill(6, base, 0.001, scores);
    scores[0] = 0;
    const og__evidence evidence = evidence_of(6, scores);
    assert_int_equal(og__verdict_reach(&evidence, &verdict), OG_OK);
    assert_int_equal(verdict.best, 1);
    assert_int_equal(verdict.rivals[0].standing, OG_STANDING_OPEN);
    assert_near(verdict.rivals[0].wins.mean, 1.0 / 6, 1e-15);
    og__verdict_deinit(&verdict);
}

static void below_five_blocks_there_are_no_p_values(void **state)
{
    (void)state;
    const double base[] = {0.70, 0.74, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    og__verdict verdict;
    fill(5, base, 0.001, scores);
    for (size_t blocks = 1; blocks <= 5; blocks++) {
        const og__evidence evidence = evidence_of(blocks, scores);
        assert_int_equal(og__verdict_reach(&evidence, &verdict), OG_OK);
        assert_int_equal(isnan(verdict.rivals[0].test.adjusted), blocks < 5);
        assert_true(isnan(verdict.rivals[verdict.best].test.p));
        og__verdict_deinit(&verdict);
    }
}

static void folds_are_paired_runs_with_wider_intervals(void **state)
{
    (void)state;
    const double base[] = {0.70, 0.712, 0.50};
    double scores[BLOCKS_MAX * ARMS];
    fill(12, base, 0.005, scores);
    og__evidence evidence = evidence_of(12, scores);
    og__verdict plain, folded;
    char *text;
    assert_int_equal(og__verdict_reach(&evidence, &plain), OG_OK);
    evidence.folds = 3;
    evidence.overlap = 0.5;
    assert_int_equal(og__verdict_reach(&evidence, &folded), OG_OK);
    assert_true(folded.rivals[0].lead.high - folded.rivals[0].lead.low >
                2.6 * (plain.rivals[0].lead.high - plain.rivals[0].lead.low)); /* sqrt(7) */
    assert_true(folded.rivals[0].test.p > plain.rivals[0].test.p);
    assert_true(isnan(folded.rivals[0].rank_test.p));
    assert_int_equal(og__verdict_text(&folded, &evidence, names, &text), OG_OK);
    assert_non_null(strstr(text, "12 paired runs (4 seeds of 3 folds)"));
    free(text);
    og__verdict_deinit(&plain);
    og__verdict_deinit(&folded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clear_lead_over_many_seeds_wins),
        cmocka_unit_test(the_same_lead_over_four_seeds_is_no_win),
        cmocka_unit_test(equals_tie_when_the_seeds_show_it),
        cmocka_unit_test(noise_leaves_it_undecided_with_an_estimate),
        cmocka_unit_test(a_sure_but_tiny_lead_is_no_lead_and_formulas_are_quoted),
        cmocka_unit_test(more_comparisons_take_more_seeds_for_any_test),
        cmocka_unit_test(one_seed_is_described_only),
        cmocka_unit_test(two_seeds_say_nothing_of_many),
        cmocka_unit_test(nothing_but_failures_is_no_verdict),
        cmocka_unit_test(a_failed_run_counts_as_zero),
        cmocka_unit_test(below_five_blocks_there_are_no_p_values),
        cmocka_unit_test(folds_are_paired_runs_with_wider_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* src/study/racing.c: what it asks for by hand-made scores, and how often it is wrong by simulated studies. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "near.h"
#include "study/racing.h"

enum { ARMS = 8, BLOCKS = 20, FRESH = 12 };

typedef struct scores {
    double race[BLOCKS * ARMS], fresh[FRESH * ARMS];
} scores;

static void nothing_ran(scores *s)
{
    for (size_t i = 0; i < BLOCKS * ARMS; i++)
        s->race[i] = NAN;
    for (size_t i = 0; i < FRESH * ARMS; i++)
        s->fresh[i] = NAN;
}

/* The score of an arm in a block. */
typedef double (*score_of)(size_t block, size_t arm);

/* Scores of which so many blocks of the race have been run, by all arms. */
static scores ran(size_t blocks, score_of score)
{
    scores s;
    nothing_ran(&s);
    for (size_t b = 0; b < blocks; b++)
        for (size_t a = 0; a < ARMS; a++)
            s.race[b * ARMS + a] = score(b, a);
    return s;
}

static og__race_state state_of(const scores *s)
{
    og__race_rules rules = og__race_rules_default();
    og__race_state state;
    assert_int_equal(og__race_state_init(&rules, ARMS, BLOCKS, s->race, FRESH, s->fresh, &state), OG_OK);
    return state;
}

/* Arm 0 is ahead of arm 1, these two far ahead of the others, alike in every block but for small noise. */
static double clear_score(size_t block, size_t arm)
{
    return 0.8 -
           (arm == 0   ? 0
            : arm == 1 ? 0.02
                       : 0.1 + 0.01 * (double)arm) +
           0.001 * (double)((block * 7 + arm * 3) % 5);
}

static void first_look_comes_after_five_blocks(void **context)
{
    (void)context;
    scores s = ran(0, clear_score);
    og__race_state state = state_of(&s);
    assert_int_equal(state.phase, OG_RACE_RUNNING);
    assert_int_equal(state.missing, 5);
    assert_int_equal(state.looks, 0);
    og__race_state_deinit(&state);
    s = ran(4, clear_score);
    state = state_of(&s);
    assert_int_equal(state.blocks, 4);
    assert_int_equal(state.missing, 1);
    og__race_state_deinit(&state);
}

static void losers_leave_and_finalists_are_confirmed_on_fresh_blocks(void **context)
{
    (void)context;
    og__race_state state;
    scores s = ran(0, clear_score);
    size_t b = 0;
    for (;;) { /* run what is asked for until the race is over */
        state = state_of(&s);
        if (state.phase != OG_RACE_RUNNING)
            break;
        for (size_t end = b + state.missing; b < end; b++)
            for (size_t a = 0; a < ARMS; a++)
                if (state.in[a])
                    s.race[b * ARMS + a] = clear_score(b, a);
        og__race_state_deinit(&state);
    }
    assert_int_equal(state.phase, OG_RACE_CONFIRMING);
    assert_true(b < BLOCKS);
    assert_true(state.finalist[0] && state.finalist[1]);
    for (size_t a = 2; a < ARMS; a++) {
        assert_false(state.finalist[a]);
        assert_true(state.left_after[a] >= og__race_rules_default().first_look && state.left_after[a] <= b);
    }
    assert_int_equal(state.missing, 8);
    og__race_state_deinit(&state);
    for (size_t c = 0; c < 8; c++)
        for (size_t a = 0; a < 2; a++)
            s.fresh[c * ARMS + a] = clear_score(c, a);
    state = state_of(&s);
    assert_int_equal(state.phase, OG_RACE_WON);
    assert_int_equal(state.winner, 0);
    assert_near(state.p, 2.0 / 256, 0); /* ahead in each of 8 blocks */
    og__race_state_deinit(&state);
}

/* Arm 3 always diverges, the rest are equal. */
static double failing_score(size_t block, size_t arm)
{
    return arm == 3 ? 0 : clear_score(block, 0);
}

static void a_failed_run_counts_and_does_not_stall(void **context)
{
    (void)context;
    scores s = ran(5, failing_score);
    og__race_state state = state_of(&s);
    assert_false(state.in[3]);
    og__race_state_deinit(&state);
}

static double alike_score(size_t block, size_t arm)
{
    return 0.7 + 0.01 * (double)block + 0.0001 * (double)((arm * 5 + block * 3) % 8);
}

static void arms_that_are_alike_end_the_race(void **context)
{
    (void)context;
    scores s = ran(5, alike_score);
    og__race_state state = state_of(&s);
    assert_int_equal(state.phase, OG_RACE_TIED);
    og__race_state_deinit(&state);
}

static double noisy_score(size_t block, size_t arm)
{
    return clear_score(block, arm) + 0.05 * (double)((block + arm) % 3);
}

static void a_look_depends_on_nothing_that_came_later(void **context)
{
    (void)context;
    scores s = ran(6, noisy_score);
    og__race_state early = state_of(&s);
    for (size_t a = 0; a < ARMS; a += 3)
        s.race[6 * ARMS + a] = 0.99; /* a block that is not complete */
    og__race_state late = state_of(&s);
    assert_int_equal(early.blocks, late.blocks);
    assert_int_equal(early.looks, late.looks);
    assert_memory_equal(early.in, late.in, ARMS * sizeof *early.in);
    og__race_state_deinit(&early);
    og__race_state_deinit(&late);
}

/* --- how often it is wrong ---------------------------------------------------------------------------------- */

typedef struct tally {
    int named, right;
    double runs; /* mean, over the whole grid's */
} tally;

/* Studies in which arm 0 is `effect` standard deviations of a run better than the rest. A block's own level, which
 * pairing removes, is twice that wide. */
static tally simulate(int studies, double effect, uint64_t seed)
{
    const double sd = 0.01;
    tally total = {0};
    for (int study = 0; study < studies; study++) {
        og__random random = og__random_at(seed, OG_STREAM_TEST, (uint64_t)study);
        scores all, seen;
        nothing_ran(&seen);
        for (size_t i = 0; i < BLOCKS + FRESH; i++) {
            double *row = i < BLOCKS ? all.race + i * ARMS : all.fresh + (i - BLOCKS) * ARMS;
            double level = 0.7 + 2 * sd * og__random_normal(&random);
            for (size_t a = 0; a < ARMS; a++)
                row[a] = level + sd * ((a == 0 ? effect : 0) + og__random_normal(&random));
        }
        size_t runs = 0;
        for (;;) {
            og__race_state state = state_of(&seen);
            bool race = state.phase == OG_RACE_RUNNING, confirming = state.phase == OG_RACE_CONFIRMING;
            total.named += state.phase == OG_RACE_WON;
            total.right += state.phase == OG_RACE_WON && state.winner == 0;
            size_t first = race ? state.blocks : state.fresh_blocks;
            for (size_t i = first; (race || confirming) && i < first + state.missing; i++) {
                for (size_t a = 0; a < ARMS; a++) {
                    if (!(race ? state.in[a] : state.finalist[a]))
                        continue;
                    (race ? seen.race : seen.fresh)[i * ARMS + a] = (race ? all.race : all.fresh)[i * ARMS + a];
                    runs++;
                }
            }
            og__race_state_deinit(&state);
            if (!race && !confirming)
                break;
        }
        total.runs += (double)runs / (BLOCKS * ARMS) / studies;
    }
    return total;
}

static void without_a_difference_a_winner_is_rarely_named(void **context)
{
    (void)context;
    tally found = simulate(400, 0, 1);
    print_message("# no difference: %d of 400 studies name a winner, %.0f %% of the grid's runs\n", found.named,
                  100 * found.runs);
    assert_true(found.named <= 20);
}

static void a_winner_is_found_with_part_of_the_runs(void **context)
{
    (void)context;
    tally found = simulate(400, 2, 2);
    print_message("# one of 8 better by 2 sd: %d of 400 studies name it, %.0f %% of the grid's runs\n", found.right,
                  100 * found.runs);
    assert_true(found.right >= 380);
    assert_true(found.runs <= 0.6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_look_comes_after_five_blocks),
        cmocka_unit_test(losers_leave_and_finalists_are_confirmed_on_fresh_blocks),
        cmocka_unit_test(a_failed_run_counts_and_does_not_stall),
        cmocka_unit_test(arms_that_are_alike_end_the_race),
        cmocka_unit_test(a_look_depends_on_nothing_that_came_later),
        cmocka_unit_test(without_a_difference_a_winner_is_rarely_named),
        cmocka_unit_test(a_winner_is_found_with_part_of_the_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

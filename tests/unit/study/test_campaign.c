/* src/study/campaign.c and discovery.c: the course of a search on results that are made up, and what it concludes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "near.h"
#include "study/campaign.h"
#include "study/discovery.h"
#include "study/places.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const asked[] = {"relu", "silu", "tanh"};

/* --- a search without training ------------------------------------------------------------------------------------ */

typedef struct world {
    og__pool pool;
    og__campaign campaign;
    double noise;     /* of a run's Dice */
    double advantage; /* of new functions with a gain for being like 'wanted' */
    double decoder;   /* of having silu there, beside what the places' own functions are worth */
    int runs[OG_LEVELS];
    double spent_s;
} world;

static void open_world(world *w, double budget_s, int candidates)
{
    *w = (world){.noise = 0.004};
    w->campaign.pool = &w->pool;
    w->campaign.references = COUNT(asked);
    w->campaign.rules = (og__campaign_rules){.budget_s = budget_s,
                                             .level_share = {1.0 / 9, 1.0 / 3, 1},
                                             .price = 0.002,
                                             .alpha = 0.05,
                                             .margin = 0.005,
                                             .seed = 1,
                                             .generation = 6};
    assert_int_equal(og__screen_rules_init(10, 4, &w->pool.rules), OG_OK);
    assert_int_equal(og__pool_add_known(&w->pool, COUNT(asked), asked), OG_OK);
    for (int64_t i = 0; i < candidates; i++)
        assert_int_equal(og__pool_draw(&w->pool, 1, i), OG_OK);
    assert_int_equal(og__pool_screen(&w->pool, 0), OG_OK);
}

static void close_world(world *w)
{
    og__campaign_deinit(&w->campaign);
    og__pool_deinit(&w->pool);
}

/* How good a function is: known ones are alike; new ones as their nonlinearity has it, so that evolution can climb. */
static double quality(const world *w, int formula)
{
    const og__candidate *c = &w->pool.items[formula];
    if (c->origin == OG_ORIGIN_PLACES) {
        double sum = c->places[OG_PLACE_DECODER] == 1 ? w->decoder : 0;
        for (int place = 0; place < OG_PLACE_COUNT; place++)
            sum += quality(w, c->places[place]) / OG_PLACE_COUNT;
        return sum;
    }
    if (c->known)
        return formula == 1 ? 0.71 : 0.70;
    return 0.69 + w->advantage * fmin(1, c->prospect.nonlinearity / 0.2);
}

static void train(world *w)
{
    static const double seconds[OG_LEVELS] = {1, 3, 9, 10};
    int r = w->campaign.round_count - 1;
    const og__round *round = &w->campaign.rounds[r];
    for (int i = 0; i < round->count * round->seeds; i++) {
        int formula = round->formulas[i / round->seeds], seed = round->seed + i % round->seeds;
        og__random block = og__random_at((uint64_t)seed, OG_STREAM_TEST, 0);
        og__random own = og__random_at((uint64_t)seed, OG_STREAM_TEST, (uint64_t)(1 + formula));
        double dice =
            quality(w, formula) + 0.01 * (double)og__random_normal(&block) + w->noise * (double)og__random_normal(&own);
        w->campaign.outcomes[r][i] = (og__outcome){true, false, dice, seconds[round->level]};
        w->runs[round->level]++;
        w->spent_s += seconds[round->level];
    }
}

static void run_to_end(world *w)
{
    for (int turn = 0; turn < 1000 && !w->campaign.ended; turn++) {
        assert_int_equal(og__campaign_next(&w->campaign), OG_OK);
        if (!w->campaign.ended)
            train(w);
    }
    assert_true(w->campaign.ended);
}

static og__discovery conclude(const world *w)
{
    int formulas[OG_FINALISTS + 1];
    size_t arms, blocks;
    double *scores;
    og__discovery discovery;
    assert_int_equal(og__campaign_confirmation(&w->campaign, formulas, &arms, &blocks, &scores), OG_OK);
    assert_int_equal(arms, OG_FINALISTS + 1);
    assert_true(w->pool.items[formulas[arms - 1]].known && !w->pool.items[formulas[0]].known);
    assert_int_equal(og__discovery_judge(blocks, arms - 1, scores, 0.05, 2, 0.005, &discovery), OG_OK);
    free(scores);
    return discovery;
}

static void a_search_keeps_to_its_budget_and_goes_through_all_stages(void **state)
{
    (void)state;
    world w;
    bool seen[OG_STAGE_COUNT] = {false};
    open_world(&w, 500, 40);
    w.advantage = 0.02;
    run_to_end(&w);
    assert_true(w.spent_s > 250 && w.spent_s < 600);
    assert_near(og__campaign_spent_s(&w.campaign), w.spent_s, 1e-9);
    for (int r = 0; r < w.campaign.round_count; r++)
        seen[w.campaign.rounds[r].stage] = true;
    for (int s = 0; s < OG_STAGE_COUNT; s++)
        assert_int_equal(seen[s], s != OG_STAGE_PLACES);
    assert_true(w.runs[0] > 2 * w.runs[1]);
    close_world(&w);
}

static void a_better_function_is_found(void **state)
{
    (void)state;
    world w;
    open_world(&w, 550, 60);
    w.advantage = 0.06;
    run_to_end(&w);
    og__discovery discovery = conclude(&w);
    assert_int_equal(discovery.kind, OG_DISCOVERY_FOUND);
    assert_true(discovery.contenders[discovery.best].lead.mean > 0.02);
    close_world(&w);
}

static void nothing_better_is_a_possible_answer(void **state)
{
    (void)state;
    world w;
    open_world(&w, 500, 40);
    w.noise = 0.002;
    w.advantage = 0; /* all new ones are 0.02 below the best known one */
    run_to_end(&w);
    assert_int_equal(conclude(&w).kind, OG_DISCOVERY_NOTHING);
    close_world(&w);
}

/* The same results give the same rounds, however often the search is asked in between. */
static void the_course_follows_from_the_results(void **state)
{
    (void)state;
    world a, b;
    open_world(&a, 250, 30);
    open_world(&b, 250, 30);
    run_to_end(&a);
    run_to_end(&b);
    assert_int_equal(a.campaign.round_count, b.campaign.round_count);
    assert_int_equal(a.pool.count, b.pool.count);
    for (int r = 0; r < a.campaign.round_count; r++) {
        const og__round *x = &a.campaign.rounds[r], *y = &b.campaign.rounds[r];
        assert_int_equal(x->count, y->count);
        assert_memory_equal(x->formulas, y->formulas, (size_t)x->count * sizeof *x->formulas);
    }
    for (int i = 0; i < a.pool.count; i++)
        assert_string_equal(og_act_text(a.pool.items[i].act), og_act_text(b.pool.items[i].act));
    close_world(&a);
    close_world(&b);
}

static void a_budget_that_is_too_small_ends_without_a_claim(void **state)
{
    (void)state;
    world w;
    open_world(&w, 10, 40);
    w.advantage = 0.06;
    run_to_end(&w);
    assert_int_equal(conclude(&w).kind, OG_DISCOVERY_UNDECIDED);
    close_world(&w);
}

/* --- places ------------------------------------------------------------------------------------------------------ */

static og__places_verdict search_by_place(world *w, double advantage, double decoder, double noise, int64_t seed)
{
    og__places_verdict verdict;
    open_world(w, 700, 40);
    w->campaign.rules.places = true;
    strcpy(w->campaign.rules.head, "softmax");
    w->campaign.rules.seed = seed;
    w->advantage = advantage;
    w->decoder = decoder;
    w->noise = noise;
    run_to_end(w);
    assert_int_equal(og__places_judge(&w->campaign, 0.05, 0.005, &verdict), OG_OK);
    return verdict;
}

static void functions_that_are_better_apart_are_found_so(void **state)
{
    (void)state;
    world w;
    og__places_verdict verdict = search_by_place(&w, 0.03, 0.04, 0.004, 1);
    assert_true(verdict.chosen >= 0);
    const og__candidate *c = &w.pool.items[verdict.chosen];
    assert_int_equal(c->places[OG_PLACE_DECODER], 1); /* silu, the best known one */
    assert_false(w.pool.items[c->places[OG_PLACE_ENCODER]].known);
    assert_int_equal(verdict.discovery.kind, OG_DISCOVERY_FOUND);
    assert_true(verdict.discovery.contenders[0].lead.mean > 0.02);
    og__discovery discovery = conclude(&w); /* the question of one function everywhere is as it was */
    assert_true(discovery.blocks == verdict.discovery.blocks);
    assert_true(w.spent_s < 800);
    close_world(&w);
}

/* Six assignments of functions that are all alike: the best of them looks better on the seeds that chose it, and is
 * claimed to be in at most 5 % (of 40: 2, and two standard deviations of that count). */
static void places_without_an_effect_are_rarely_claimed(void **state)
{
    (void)state;
    int claimed = 0, tried = 0;
    for (int64_t seed = 0; seed < 40; seed++) {
        world w;
        og__places_verdict verdict = search_by_place(&w, 0.01, 0, 0.01, seed);
        tried += verdict.chosen >= 0;
        claimed += verdict.chosen >= 0 && verdict.discovery.kind == OG_DISCOVERY_FOUND;
        close_world(&w);
    }
    assert_true(tried > 20);
    assert_true(claimed <= 5);
}

/* --- conclusions -------------------------------------------------------------------------------------------------- */

enum { FIRST = OG_CONFIRM_SEEDS, ALL = OG_CONFIRM_SEEDS + OG_CONFIRM_MORE, ARMS = OG_FINALISTS + 1 };

static void draw_scores(uint64_t study, double advantage, double scores[ALL * ARMS])
{
    og__random random = og__random_at(7, OG_STREAM_TEST, study);
    for (int b = 0; b < ALL; b++) {
        double block = 0.02 * (double)og__random_normal(&random);
        for (int a = 0; a < ARMS; a++)
            scores[b * ARMS + a] = 0.7 + block + 0.01 * (double)og__random_normal(&random) + (a == 0 ? advantage : 0);
    }
}

/* Both looks, as a search takes them. */
static og__discovery_kind look_twice(const double *scores)
{
    og__discovery discovery;
    assert_int_equal(og__discovery_judge(FIRST, OG_FINALISTS, scores, 0.05, 2, 0.005, &discovery), OG_OK);
    if (discovery.kind == OG_DISCOVERY_UNDECIDED)
        assert_int_equal(og__discovery_judge(ALL, OG_FINALISTS, scores, 0.05, 2, 0.005, &discovery), OG_OK);
    return discovery.kind;
}

static int count_found(double advantage, int studies)
{
    int found = 0;
    double scores[ALL * ARMS];
    for (int i = 0; i < studies; i++) {
        draw_scores((uint64_t)i, advantage, scores);
        found += look_twice(scores) == OG_DISCOVERY_FOUND;
    }
    return found;
}

/* With no difference a search claims a discovery in at most 5 % of studies (of 100: 5, and one and a half standard
 * deviations of that count), and finds an advantage of three times the noise of a run nearly always. */
static void discoveries_are_rarely_false_and_large_ones_are_found(void **state)
{
    (void)state;
    assert_true(count_found(0, 100) <= 8);
    assert_true(count_found(0.03, 30) >= 28);
}

static void few_seeds_tell_nothing(void **state)
{
    (void)state;
    og__discovery discovery;
    const double scores[] = {0.8, 0.7, 0.8, 0.7, 0.8, 0.7};
    assert_int_equal(og__discovery_judge(3, 1, scores, 0.05, 2, 0.005, &discovery), OG_OK);
    assert_int_equal(discovery.kind, OG_DISCOVERY_UNDECIDED);
    assert_true(isnan(discovery.contenders[0].p));
    assert_near(discovery.contenders[0].lead.mean, 0.1, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_keeps_to_its_budget_and_goes_through_all_stages),
        cmocka_unit_test(a_better_function_is_found),
        cmocka_unit_test(nothing_better_is_a_possible_answer),
        cmocka_unit_test(the_course_follows_from_the_results),
        cmocka_unit_test(a_budget_that_is_too_small_ends_without_a_claim),
        cmocka_unit_test(functions_that_are_better_apart_are_found_so),
        cmocka_unit_test(places_without_an_effect_are_rarely_claimed),
        cmocka_unit_test(discoveries_are_rarely_false_and_large_ones_are_found),
        cmocka_unit_test(few_seeds_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

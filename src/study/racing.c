#include "study/racing.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "study/posterior.h"
#include "study/rank_test.h"
#include "study/statistics.h"

og__race_rules og__race_rules_default(void)
{
    return (og__race_rules){
        .first_look = 5,
        .race_blocks = 20,
        .look_alpha = 0.01,
        .finalists = 2,
        .confirm_looks = {8, 12},
        .alpha = 0.05,
        .margin = 0.005,
        .tie_probability = 0.95,
    };
}

const char *og__race_phase_name(og__race_phase phase)
{
    static const char *const names[] = {"running", "confirming", "won", "tied", "open"};
    return names[phase];
}

typedef struct race {
    const og__race_rules *rules;
    size_t arms, blocks, fresh_blocks; /* rows of the tables */
    const double *scores, *fresh;
    og__race_state *state;
    double *table; /* (rows, arms chosen) of one look */
    size_t *index; /* (arms) the arms chosen */
    double *d;     /* (rows) differences of two of them */
} race;

static size_t choose(const race *r, const bool *chosen)
{
    size_t count = 0;
    for (size_t a = 0; a < r->arms; a++)
        if (chosen[a])
            r->index[count++] = a;
    return count;
}

/* The scores of the `count` chosen arms in the first `rows` blocks. */
static void gather(const race *r, const double *scores, size_t rows, size_t count)
{
    for (size_t b = 0; b < rows; b++)
        for (size_t i = 0; i < count; i++)
            r->table[b * count + i] = scores[b * r->arms + r->index[i]];
}

static void subtract(const race *r, size_t rows, size_t count, size_t i, size_t j)
{
    for (size_t b = 0; b < rows; b++)
        r->d[b] = r->table[b * count + i] - r->table[b * count + j];
}

static double sum_of(const double *table, size_t rows, size_t count, size_t i)
{
    double sum = 0;
    for (size_t b = 0; b < rows; b++)
        sum += table[b * count + i];
    return sum;
}

static bool is_complete(const race *r, const double *row, const bool *chosen)
{
    for (size_t a = 0; a < r->arms; a++)
        if (chosen[a] && isnan(row[a]))
            return false;
    return true;
}

/* --- the race ------------------------------------------------------------------------------------------------------
 */

static og_status drop_losers(const race *r, size_t rows, size_t count)
{
    og__friedman friedman;
    OG_TRY(og__friedman_init(rows, count, r->table, &friedman));
    if (friedman.p < r->rules->look_alpha) {
        double least = og__conover_difference(&friedman, rows, count, r->rules->look_alpha), best = INFINITY;
        for (size_t i = 0; i < count; i++)
            best = fmin(best, friedman.rank_sum[i]);
        for (size_t i = 0; i < count; i++) {
            if (friedman.rank_sum[i] - best <= least)
                continue;
            r->state->in[r->index[i]] = false;
            r->state->left_after[r->index[i]] = rows;
        }
    }
    og__friedman_deinit(&friedman);
    return OG_OK;
}

/* Whether every pair of the chosen arms is within the margin with enough probability. Their means, which cost nothing,
 * are looked at first. */
static og_status are_alike(const race *r, size_t rows, size_t count, bool *alike)
{
    double highest = -INFINITY, lowest = INFINITY;
    for (size_t i = 0; i < count; i++) {
        highest = fmax(highest, sum_of(r->table, rows, count, i));
        lowest = fmin(lowest, sum_of(r->table, rows, count, i));
    }
    *alike = highest - lowest < r->rules->margin * (double)rows;
    for (size_t i = 0; i < count && *alike; i++) {
        for (size_t j = i + 1; j < count && *alike; j++) {
            subtract(r, rows, count, i, j);
            OG_TRY(og__signed_rank_is_inside(rows, r->d, r->rules->margin, r->rules->tie_probability, alike));
        }
    }
    return OG_OK;
}

/* One look after `rows` blocks; *over when the race needs no further block. */
static og_status look(const race *r, size_t rows, bool *over)
{
    og__race_state *state = r->state;
    size_t count = choose(r, state->in);
    bool alike;
    state->looks++;
    gather(r, r->scores, rows, count);
    OG_TRY(drop_losers(r, rows, count));
    count = choose(r, state->in);
    *over = count <= r->rules->finalists;
    if (*over)
        return OG_OK;
    gather(r, r->scores, rows, count);
    OG_TRY(are_alike(r, rows, count, &alike));
    if (alike) {
        state->phase = OG_RACE_TIED;
        *over = true;
    }
    return OG_OK;
}

static og_status run_race(const race *r, bool *over)
{
    og__race_state *state = r->state;
    const og__race_rules *rules = r->rules;
    *over = choose(r, state->in) <= rules->finalists; /* with so few arms there is nothing to race for */
    while (!*over && state->blocks < rules->race_blocks) {
        if (state->blocks >= r->blocks || !is_complete(r, r->scores + state->blocks * r->arms, state->in)) {
            state->missing = state->blocks < rules->first_look ? rules->first_look - state->blocks : 1;
            return OG_OK;
        }
        state->blocks++;
        if (state->blocks >= rules->first_look)
            OG_TRY(look(r, state->blocks, over));
    }
    *over = true;
    return OG_OK;
}

/* --- the confirmation ------------------------------------------------------------------------------------------------
 */

/* Whether arm a, which left, was nearer to staying than arm b: it stayed longer, or did better in the same blocks. */
static bool is_closer(const race *r, size_t a, size_t b)
{
    size_t stayed = r->state->left_after[a];
    if (stayed != r->state->left_after[b])
        return stayed > r->state->left_after[b];
    return sum_of(r->scores, stayed, r->arms, a) > sum_of(r->scores, stayed, r->arms, b);
}

/* Those still in the race, and if these are too few, the best of those that left. */
static void choose_finalists(const race *r)
{
    og__race_state *state = r->state;
    size_t count = 0;
    for (size_t a = 0; a < r->arms; a++) {
        state->finalist[a] = state->in[a];
        count += state->in[a];
    }
    for (; count < r->rules->finalists && count < r->arms; count++) {
        size_t best = r->arms;
        for (size_t a = 0; a < r->arms; a++)
            if (!state->finalist[a] && (best == r->arms || is_closer(r, a, best)))
                best = a;
        state->finalist[best] = true;
    }
}

/* The largest adjusted p of the leader on fresh blocks against the others: p of the largest difference of Holm's. */
static og_status judge(const race *r, size_t rows, size_t *leader, double *largest)
{
    og_status status = OG_OK;
    size_t count = choose(r, r->state->finalist), best = 0, m = 0;
    double *p = NULL, *adjusted = NULL;
    gather(r, r->fresh, rows, count);
    for (size_t i = 1; i < count; i++)
        if (sum_of(r->table, rows, count, i) > sum_of(r->table, rows, count, best))
            best = i;
    OG_GO(og__alloc(count, sizeof *p, &p));
    OG_GO(og__alloc(count, sizeof *adjusted, &adjusted));
    for (size_t i = 0; i < count; i++) {
        if (i == best)
            continue;
        subtract(r, rows, count, best, i);
        p[m++] = og__sign_flip_p(rows, r->d);
    }
    og__holm(m, p, adjusted);
    *largest = 0;
    for (size_t i = 0; i < m; i++)
        *largest = fmax(*largest, adjusted[i]);
    *leader = r->index[best];
done:
    free(p);
    free(adjusted);
    return status;
}

static og_status confirm(const race *r)
{
    og__race_state *state = r->state;
    const size_t *looks = r->rules->confirm_looks;
    while (state->fresh_blocks < r->fresh_blocks && state->fresh_blocks < looks[OG_CONFIRM_LOOKS - 1] &&
           is_complete(r, r->fresh + state->fresh_blocks * r->arms, state->finalist))
        state->fresh_blocks++;
    for (int i = 0; i < OG_CONFIRM_LOOKS; i++) {
        if (state->fresh_blocks < looks[i]) {
            state->phase = OG_RACE_CONFIRMING;
            state->missing = looks[i] - state->fresh_blocks;
            return OG_OK;
        }
        OG_TRY(judge(r, looks[i], &state->winner, &state->p));
        if (state->p <= r->rules->alpha / OG_CONFIRM_LOOKS) {
            state->phase = OG_RACE_WON;
            return OG_OK;
        }
    }
    size_t count = choose(r, state->finalist), rows = looks[OG_CONFIRM_LOOKS - 1];
    bool alike;
    gather(r, r->fresh, rows, count);
    OG_TRY(are_alike(r, rows, count, &alike));
    state->phase = alike ? OG_RACE_TIED : OG_RACE_OPEN;
    return OG_OK;
}

static og_status follow(const race *r)
{
    bool over;
    OG_TRY(run_race(r, &over));
    if (!over || r->state->phase == OG_RACE_TIED)
        return OG_OK;
    if (choose(r, r->state->in) > r->rules->finalists) {
        r->state->phase = OG_RACE_OPEN;
        return OG_OK;
    }
    choose_finalists(r);
    return confirm(r);
}

og_status og__race_state_init(const og__race_rules *rules, size_t arms, size_t blocks, const double *scores,
                              size_t fresh_blocks, const double *fresh, og__race_state *state)
{
    og_status status = OG_OK;
    race r = {
        .rules = rules, .arms = arms, .blocks = blocks, .fresh_blocks = fresh_blocks, .scores = scores, .fresh = fresh};
    size_t rows = blocks > fresh_blocks ? blocks : fresh_blocks;
    *state = (og__race_state){.arms = arms, .p = NAN};
    r.state = state;
    OG_GO(og__alloc(arms, sizeof *state->in, &state->in));
    OG_GO(og__alloc(arms, sizeof *state->left_after, &state->left_after));
    OG_GO(og__alloc(arms, sizeof *state->finalist, &state->finalist));
    OG_GO(og__alloc(rows * arms, sizeof *r.table, &r.table));
    OG_GO(og__alloc(rows, sizeof *r.d, &r.d));
    OG_GO(og__alloc(arms, sizeof *r.index, &r.index));
    for (size_t a = 0; a < arms; a++)
        state->in[a] = true;
    OG_GO(follow(&r));
done:
    free(r.table);
    free(r.d);
    free(r.index);
    if (status != OG_OK)
        og__race_state_deinit(state);
    return status;
}

void og__race_state_deinit(og__race_state *state)
{
    free(state->in);
    free(state->left_after);
    free(state->finalist);
    *state = (og__race_state){0};
}

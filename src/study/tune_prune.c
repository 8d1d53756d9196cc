/* What of a tuning is stopped early, from what its runs have reported so far. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "study/tuning.h"

/* Curves of all configurations on one seed: of each the epochs that its attempts have reported. */
typedef struct curves {
    size_t count, epochs;
    double *values; /* (count, epochs) NaN where nothing was reported */
    og__curve *items;
    int64_t *steps;  /* (count, epochs) */
    double *reports; /* (count, epochs) */
} curves;

static void curves_deinit(curves *c)
{
    free(c->values);
    free(c->items);
    free(c->steps);
    free(c->reports);
}

static og_status curves_init(size_t count, size_t epochs, curves *c)
{
    og_status status = OG_OK;
    size_t all;
    *c = (curves){.count = count, .epochs = epochs};
    OG_GO(og__product(&all, 2, (const size_t[]){count, epochs}));
    OG_GO(og__alloc(all, sizeof *c->values, &c->values));
    OG_GO(og__alloc(all, sizeof *c->reports, &c->reports));
    OG_GO(og__alloc(all, sizeof *c->steps, &c->steps));
    OG_GO(og__alloc(count, sizeof *c->items, &c->items));
    for (size_t i = 0; i < all; i++)
        c->values[i] = NAN;
done:
    if (status != OG_OK)
        curves_deinit(c);
    return status;
}

static og_status read_values(const og__desk *desk, int64_t seed, curves *c)
{
    og_status status = OG_OK;
    og__stored_trials trials = {0};
    og__stored_step *steps = NULL;
    size_t count, i = 0, number;
    OG_GO(og__store_list(desk->store, desk->stored, &trials));
    OG_GO(og__store_steps(desk->store, desk->stored, &steps, &count));
    for (size_t k = 0; k < trials.count; k++) {
        const og__stored_trial *trial = &trials.items[k];
        bool wanted = trial->run && json_integer_value(json_object_get(trial->settings, "seed")) == seed &&
                      sscanf(trial->run, "c%zu-s", &number) == 1 && number < c->count;
        if (wanted)
            c->items[number] = (og__curve){.number = (int64_t)number, .state = trial->state, .value = trial->value};
        for (; i < count && steps[i].trial == trial->id; i++)
            if (wanted && steps[i].step >= 1 && steps[i].step <= (int64_t)c->epochs)
                c->values[number * c->epochs + (size_t)steps[i].step - 1] = steps[i].value;
    }
done:
    free(steps);
    og__stored_trials_deinit(&trials);
    return status;
}

static void fill_curve(curves *c, size_t number)
{
    og__curve *curve = &c->items[number];
    size_t at = number * c->epochs;
    curve->steps = c->steps + at;
    curve->values = c->reports + at;
    curve->count = 0;
    for (size_t e = 0; e < c->epochs; e++) {
        if (isnan(c->values[at + e]))
            continue;
        curve->steps[curve->count] = (int64_t)e + 1;
        curve->values[curve->count++] = c->values[at + e];
    }
}

/* The heart takes epochs to the store with its next beat only; those of the run at work here are known at once. */
static void note_pending(og__tuning *t, const og__run *run, int64_t epoch, double dice)
{
    size_t epochs = (size_t)t->train.epochs;
    for (size_t e = 0; t->pending_of != run && e < epochs; e++)
        t->pending[e] = NAN;
    t->pending_of = run;
    if (epoch >= 1 && (size_t)epoch <= epochs)
        t->pending[epoch - 1] = dice;
}

og_status og__tuning_prune(const og__desk *desk, const og__run *run, int64_t epoch, double dice, bool *stop)
{
    og__tuning *t = desk->study->own;
    size_t number, seed = (size_t)(og__run_seed(run) - desk->study->first_seed);
    curves c;
    *stop = false;
    if (!t->pruner->stop || t->pruner->by_seed || sscanf(run->name, "c%zu-s", &number) != 1 || seed >= t->seeds ||
        epoch >= t->train.epochs)
        return OG_OK;
    note_pending(t, run, epoch, dice);
    size_t count = number + 1;
    for (size_t i = 0; i < desk->study->run_count; i++) {
        size_t other;
        if (sscanf(desk->study->runs[i]->name, "c%zu-s", &other) == 1 && other >= count)
            count = other + 1;
    }
    OG_TRY(curves_init(count, (size_t)t->train.epochs, &c));
    og_status status = read_values(desk, og__run_seed(run), &c);
    for (size_t e = 0; e < c.epochs; e++)
        if (!isnan(t->pending[e]))
            c.values[number * c.epochs + e] = t->pending[e];
    for (size_t i = 0; i < count; i++)
        fill_curve(&c, i);
    if (status == OG_OK)
        *stop = og__pruner_stops(t->pruner, &t->rules, count, c.items, number);
    curves_deinit(&c);
    return status;
}

bool og__tuning_gives_up(const og__tuning *t, size_t configuration)
{
    curves c;
    if (!t->pruner->by_seed || curves_init(t->count, t->seeds, &c) != OG_OK)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        const og__configuration *from = &t->configurations[i];
        c.items[i] = (og__curve){.number = (int64_t)i, .state = from->state, .value = from->value};
        for (size_t s = 0; s < t->seeds; s++)
            if (from->runs[s] && og__run_is_done(from->runs[s]))
                c.values[i * c.epochs + s] = from->runs[s]->trial.dice;
        fill_curve(&c, i);
    }
    bool stop = og__pruner_stops(t->pruner, &t->rules, c.count, c.items, configuration);
    curves_deinit(&c);
    return stop;
}

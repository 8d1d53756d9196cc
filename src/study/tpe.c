#include "study/tpe.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "study/parzen.h"

enum { GOOD_MOST = 25, OWN_ORDER = 10, MODEL_LEAST = 2 };

og__tpe_options og__tpe_options_default(void)
{
    return (og__tpe_options){.startup = 10, .candidates = 24, .balanced = true};
}

size_t og__tpe_good(size_t n)
{
    size_t good = (n + 9) / 10;
    return good < GOOD_MOST ? good : GOOD_MOST;
}

void og__space_draw(const og__space *space, bool balanced, uint64_t seed, int64_t number, double *point)
{
    og__random random = og__random_at(seed, OG_STREAM_PROPOSE, (uint64_t)number);
    for (size_t d = 0; d < space->count; d++) {
        const og__dimension *dimension = &space->dimensions[d];
        point[d] = NAN;
        if (!og__dimension_exists(space, d, point))
            continue;
        point[d] = og__dimension_draw(dimension, &random);
        if (d == 0 && balanced && dimension->kind == OG_DIMENSION_CHOICE)
            point[d] = (double)((size_t)number % og__dimension_choices(dimension));
    }
}

/* --- the order of trials ------------------------------------------------------------------------------------ */

/* Better first: finished ones by value; then pruned ones, that which got farther, then by value; older before equals.
 */
static int by_merit(const void *a, const void *b)
{
    const og__tried *x = *(const og__tried *const *)a, *y = *(const og__tried *const *)b;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    if (x->state == OG_TRIED_PRUNED && x->last_step != y->last_step)
        return x->last_step > y->last_step ? -1 : 1;
    double u = isnan(x->value) ? -INFINITY : x->value, v = isnan(y->value) ? -INFINITY : y->value;
    if (u != v)
        return u > v ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static int by_age(const void *a, const void *b)
{
    const og__tried *x = *(const og__tried *const *)a, *y = *(const og__tried *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

typedef struct proposal {
    const og__space *space;
    const og__tpe_options *options;
    size_t finished, running;
    const og__tried **order;  /* (finished + running) by merit, the running ones last */
    const og__tried **chosen; /* (finished + running) those that have a group, likewise */
    const double **points;    /* (finished + running) */
    size_t *group;            /* (space->count) dimensions drawn together */
    double *values, *best;    /* (space->count) */
    og__random random;
    double *point;
} proposal;

/* --- one group of dimensions -------------------------------------------------------------------------------- */

static og_status make_density(const proposal *p, size_t dimensions, const og__tried **trials, size_t count,
                              og__parzen *parzen)
{
    qsort(trials, count, sizeof *trials, by_age);
    for (size_t i = 0; i < count; i++)
        p->points[i] = trials[i]->point;
    return og__parzen_init(p->space, dimensions, p->group, count, p->points, parzen);
}

static og_status draw_best(proposal *p, size_t dimensions, size_t good, size_t count)
{
    og_status status = OG_OK;
    og__parzen above = {0}, below = {0};
    double largest = -INFINITY;
    OG_GO(make_density(p, dimensions, p->chosen, good, &above));
    OG_GO(make_density(p, dimensions, p->chosen + good, count - good, &below));
    for (size_t c = 0; c < p->options->candidates; c++) {
        og__parzen_draw(&above, &p->random, p->values);
        double gain = og__parzen_log_density(&above, p->values) - og__parzen_log_density(&below, p->values);
        if (c > 0 && !(gain > largest))
            continue;
        largest = gain;
        for (size_t d = 0; d < dimensions; d++)
            p->best[d] = p->values[d];
    }
    for (size_t d = 0; d < dimensions; d++)
        p->point[p->group[d]] = p->best[d];
done:
    og__parzen_deinit(&above);
    og__parzen_deinit(&below);
    return status;
}

/* Choose the trials that have the group, keeping their order, and say how many of them are good. */
static size_t choose_trials(const proposal *p, size_t *good, size_t *finished)
{
    size_t count = 0, leaders = og__tpe_good(p->finished);
    *good = *finished = 0;
    for (size_t i = 0; i < p->finished + p->running; i++) {
        if (isnan(p->order[i]->point[p->group[0]]))
            continue;
        *good += i < leaders;
        *finished += i < p->finished;
        p->chosen[count++] = p->order[i];
    }
    if (*finished >= OWN_ORDER)
        *good = og__tpe_good(*finished);
    return count;
}

static og_status draw_group(proposal *p, size_t dimensions)
{
    size_t good, finished, count = choose_trials(p, &good, &finished);
    if (finished >= MODEL_LEAST)
        return draw_best(p, dimensions, good, count);
    for (size_t d = 0; d < dimensions; d++)
        p->point[p->group[d]] = og__dimension_draw(&p->space->dimensions[p->group[d]], &p->random);
    return OG_OK;
}

/* All dimensions with the same condition as the first that is still to be drawn. */
static size_t collect_group(const proposal *p, size_t first, bool *drawn)
{
    const og__dimension *like = &p->space->dimensions[first];
    size_t count = 0;
    for (size_t d = first; d < p->space->count; d++) {
        const og__dimension *other = &p->space->dimensions[d];
        if (other->parent != like->parent ||
            (like->parent != OG_NO_PARENT && other->parent_choice != like->parent_choice))
            continue;
        p->group[count++] = d;
        drawn[d] = true;
    }
    return count;
}

static og_status draw_point(proposal *p, bool *drawn)
{
    for (size_t d = 0; d < p->space->count; d++)
        p->point[d] = NAN;
    for (size_t d = 0; d < p->space->count; d++) {
        if (drawn[d] || !og__dimension_exists(p->space, d, p->point))
            continue;
        OG_TRY(draw_group(p, collect_group(p, d, drawn)));
    }
    return OG_OK;
}

og_status og__tpe_propose(const og__space *space, const og__tpe_options *options, size_t count, const og__tried *tried,
                          uint64_t seed, int64_t number, double *point)
{
    og_status status = OG_OK;
    proposal p = {.space = space, .options = options, .point = point};
    bool *drawn = NULL;
    for (size_t i = 0; i < count; i++) {
        p.running += tried[i].state == OG_TRIED_RUNNING;
        p.finished += tried[i].state != OG_TRIED_RUNNING;
    }
    if (p.finished < options->startup || p.finished == 0) {
        og__space_draw(space, options->balanced, seed, number, point);
        return OG_OK;
    }
    OG_GO(og__alloc(count, sizeof *p.order, &p.order));
    OG_GO(og__alloc(count, sizeof *p.chosen, &p.chosen));
    OG_GO(og__alloc(count, sizeof *p.points, &p.points));
    OG_GO(og__alloc(space->count, sizeof *p.group, &p.group));
    OG_GO(og__alloc(space->count, sizeof *p.values, &p.values));
    OG_GO(og__alloc(space->count, sizeof *p.best, &p.best));
    OG_GO(og__alloc(space->count, sizeof *drawn, &drawn));
    for (size_t i = 0; i < count; i++)
        p.order[i] = &tried[i];
    qsort(p.order, count, sizeof *p.order, by_merit);
    p.random = og__random_at(seed, OG_STREAM_PROPOSE, (uint64_t)number);
    OG_GO(draw_point(&p, drawn));
done:
    free(p.order);
    free(p.chosen);
    free(p.points);
    free(p.group);
    free(p.values);
    free(p.best);
    free(drawn);
    return status;
}

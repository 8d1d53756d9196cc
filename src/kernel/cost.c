/* What activation functions cost beside relu. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/cost.h>

#include "base/memory.h"
#include "base/meter.h"
#include "kernel/race.h"

enum { TURNS_MIN = 3, TURNS_MAX = 31 };

/* Times of one function over the turns, in nanoseconds. */
typedef struct record {
    size_t index; /* in the race */
    double forward[TURNS_MAX], backward[TURNS_MAX], whole[TURNS_MAX];
} record;

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The lower quartile: the turns that other programs disturbed least, without the luckiest. The turns are sorted. */
static double quartile(double *turns, int count)
{
    qsort(turns, (size_t)count, sizeof turns[0], compare);
    return turns[count / 4];
}

static int take_turns(og__race *race, record *records, size_t count, double seconds)
{
    double end = og__now_s() + seconds;
    int turns = 0;
    for (size_t i = 0; i < count; i++)
        og__race_turn(race, records[i].index); /* caches and branches get used to it */
    for (; turns < TURNS_MAX && (turns < TURNS_MIN || og__now_s() < end); turns++)
        for (size_t i = 0; i < count; i++) {
            og__race_times times = og__race_turn(race, records[i].index);
            records[i].forward[turns] = times.forward;
            records[i].backward[turns] = times.backward;
            records[i].whole[turns] = times.forward + times.backward + times.norm;
        }
    return turns;
}

static void fill(const og__race *race, record *r, int turns, const og_act_cost *relu, og_act_cost *cost)
{
    snprintf(cost->executor, sizeof cost->executor, "%s", og__executor_name(og__race_executor(race, r->index)));
    snprintf(cost->isa, sizeof cost->isa, "%s", og__isa_name(og__cpu_isa()));
    cost->forward_ns = quartile(r->forward, turns);
    cost->backward_ns = quartile(r->backward, turns);
    cost->normalised_ns = quartile(r->whole, turns);
    cost->forward_ratio = cost->forward_ns / relu->forward_ns;
    cost->backward_ratio = cost->backward_ns / relu->backward_ns;
    cost->normalised_ratio = cost->normalised_ns / relu->normalised_ns;
}

static og_status find_executor(const char *name, og__executor *executor)
{
    *executor = OG_EXECUTOR_AUTO;
    if (!name)
        return OG_OK;
    for (*executor = OG_EXECUTOR_AUTO; *executor <= OG_EXECUTOR_INTERPRETER; ++*executor)
        if (strcmp(og__executor_name(*executor), name) == 0)
            return OG_OK;
    return og__fail(OG_ERR_NAME, "unknown executor '%s': there are auto, built-in, compiled and interpreter", name);
}

og_status og_act_measure(size_t count, const og_act *const *acts, const og_act_cost_options *options,
                         og_act_cost *costs)
{
    og_status status = OG_OK;
    og_act *relu = NULL;
    og__race *race = NULL;
    record *records = NULL;
    og_act_cost relu_cost = {0};
    og__executor executor;
    OG_TRY(find_executor(options->executor, &executor));
    OG_GO(og__alloc(count + 1, sizeof *records, &records));
    OG_GO(og_act_parse("relu", &relu));
    OG_GO(og__race_new(options->bytes, options->threads > 0 ? options->threads : 1, &race));
    OG_GO(og__race_add(race, relu, executor, &records[count].index));
    for (size_t i = 0; i < count; i++)
        OG_GO(og__race_add(race, acts[i], executor, &records[i].index));
    int turns = take_turns(race, records, count + 1, options->seconds);
    fill(race, &records[count], turns, &relu_cost, &relu_cost);
    for (size_t i = 0; i < count; i++)
        fill(race, &records[i], turns, &relu_cost, &costs[i]);
done:
    og__race_free(race);
    free(records);
    og_act_free(relu);
    return status;
}

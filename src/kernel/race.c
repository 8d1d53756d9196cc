#include "kernel/race.h"

#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "base/memory.h"
#include "base/meter.h"
#include "base/random.h"
#include "kernel/ops.h"

enum {
    RUN_PIXELS = 1024, /* of one call, as in training */
    NUMBERS = 1 << 16, /* different ones; a longer tensor repeats them */
};

typedef struct contender {
    const og_act *act;
    og__act_kernel *kernel;
} contender;

struct og__race {
    int lanes, threads;
    size_t step, runs;          /* floats of a run, and how many there are in each tensor */
    float *src[OG_INPUT_COUNT]; /* one per operand that some function has, then NULL */
    float *d[OG_INPUT_COUNT];   /* the result and the gradients */
    contender *contenders;
    size_t count, room;
};

/* What a frame reads and writes beside the tensors; a norm that changes nothing. Each thread has its own. Every row of
 * lanes is aligned. */
typedef struct surroundings {
    _Alignas(OG_ALIGN_BYTES) float ones[OG_LANES_MAX];
    float zeros[OG_LANES_MAX], sums[2][OG_INPUT_COUNT][OG_LANES_MAX];
    float values[OG_ACT_PARAMS_MAX][OG_LANES_MAX], param_sums[OG_ACT_PARAMS_MAX][OG_LANES_MAX];
    const float *scale[OG_INPUT_COUNT], *shift[OG_INPUT_COUNT], *params[OG_ACT_PARAMS_MAX];
    float *dz[OG_INPUT_COUNT], *dz_src[OG_INPUT_COUNT], *d_params[OG_ACT_PARAMS_MAX];
    bool learns;
} surroundings;

og_status og__race_new(size_t bytes, int threads, og__race **race)
{
    og__race *made;
    *race = NULL;
    OG_TRY(og__alloc(1, sizeof *made, &made));
    made->lanes = og__isa_lanes(og__cpu_isa());
    made->threads = threads;
    made->step = (size_t)RUN_PIXELS * (size_t)made->lanes;
    made->runs = bytes / sizeof(float) / made->step;
    if (made->runs == 0)
        made->runs = 1;
    *race = made;
    return OG_OK;
}

void og__race_free(og__race *race)
{
    if (!race)
        return;
    for (size_t i = 0; i < race->count; i++)
        og__act_kernel_close(race->contenders[i].kernel);
    for (int i = 0; i < OG_INPUT_COUNT; i++) {
        free(race->src[i]);
        free(race->d[i]);
    }
    free(race->contenders);
    free(race);
}

/* Tensors of normal numbers for every operand of an activation. */
static og_status add_operands(og__race *race, const og_act *act)
{
    og_input operands[OG_INPUT_COUNT];
    int count = og__act_operands(act, operands);
    size_t floats = race->runs * race->step;
    for (int i = 0; i < count; i++) {
        if (race->src[i])
            continue;
        OG_TRY(og__alloc(floats, sizeof(float), &race->d[i]));
        OG_TRY(og__alloc(floats, sizeof(float), &race->src[i]));
        og__random random = og__random_at(1, OG_STREAM_TEST, (uint64_t)i);
        for (size_t k = 0; k < floats; k++)
            race->src[i][k] = k < NUMBERS ? og__random_normal(&random) : race->src[i][k - NUMBERS];
    }
    return OG_OK;
}

og_status og__race_add(og__race *race, const og_act *act, og__executor executor, size_t *index)
{
    if (race->count == race->room) {
        size_t room = race->room ? 2 * race->room : 16;
        contender *larger = realloc(race->contenders, room * sizeof *larger);
        if (!larger)
            return og__fail(OG_ERR_MEMORY, "cannot allocate memory to time %zu activations", room);
        race->contenders = larger;
        race->room = room;
    }
    OG_TRY(add_operands(race, act));
    contender *c = &race->contenders[race->count];
    c->act = act;
    OG_TRY(og__act_kernel_open(act, executor, og__cpu_isa(), &c->kernel));
    if (executor == OG_EXECUTOR_AUTO)
        OG_TRY(og__act_kernel_tabulate(act, og__cpu_isa(), c->kernel));
    *index = race->count++;
    return OG_OK;
}

og__executor og__race_executor(const og__race *race, size_t index)
{
    return og__act_kernel_executor(race->contenders[index].kernel);
}

/* --- one turn ----------------------------------------------------------------------------------------------------- */

static void surround(const og_act *act, surroundings *s)
{
    memset(s, 0, sizeof *s);
    for (int lane = 0; lane < OG_LANES_MAX; lane++)
        s->ones[lane] = 1;
    for (int i = 0; i < OG_INPUT_COUNT; i++) {
        s->scale[i] = s->ones;
        s->shift[i] = s->zeros;
        s->dz[i] = s->sums[0][i];
        s->dz_src[i] = s->sums[1][i];
    }
    for (size_t k = 0; k < og_act_param_count(act); k++) {
        og_act_param param = og_act_param_at(act, k);
        s->params[k] = s->values[k];
        s->d_params[k] = s->param_sums[k];
        s->learns |= param.learn != OG_LEARN_NO;
        for (int lane = 0; lane < OG_LANES_MAX; lane++)
            s->values[k][lane] = param.value;
    }
}

/* Point at a run. */
static void point(const og__race *race, size_t run, const float **src, float **d)
{
    for (int i = 0; i < OG_INPUT_COUNT && race->src[i]; i++) {
        src[i] = race->src[i] + run * race->step;
        d[i] = race->d[i] + run * race->step;
    }
}

static void run_forward(const og__race *race, const contender *c)
{
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(c->kernel, &self);
#pragma omp parallel num_threads(race->threads)
    {
        surroundings s;
        const float *src[OG_INPUT_COUNT];
        float *d[OG_INPUT_COUNT] = {NULL};
        surround(c->act, &s);
        og__act_block block = {s.scale, s.shift, s.params};
#pragma omp for schedule(static)
        for (size_t run = 0; run < race->runs; run++) {
            point(race, run, src, d);
            frames->forward(self, RUN_PIXELS, src, d[0], &block);
        }
    }
}

/* Takes what the forward pass wrote for the gradient. */
static void run_backward(const og__race *race, const contender *c)
{
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(c->kernel, &self);
#pragma omp parallel num_threads(race->threads)
    {
        surroundings s;
        const float *src[OG_INPUT_COUNT];
        float *d[OG_INPUT_COUNT];
        surround(c->act, &s);
        og__act_block block = {s.scale, s.shift, s.params};
        og__act_sums sums = {s.dz, s.dz_src, s.shift, s.learns ? s.d_params : NULL};
#pragma omp for schedule(static)
        for (size_t run = 0; run < race->runs; run++) {
            point(race, run, src, d);
            frames->backward_reduce(self, RUN_PIXELS, src, d, &block, &sums);
        }
    }
}

/* The passes over operand i that only a norm needs. */
static void run_norm(const og__race *race, int i)
{
    const og__ops *ops = og__ops_for(og__cpu_isa());
#pragma omp parallel num_threads(race->threads)
    {
        _Alignas(OG_ALIGN_BYTES) float mean[OG_LANES_MAX], m2[OG_LANES_MAX];
        _Alignas(OG_ALIGN_BYTES) float k0[OG_LANES_MAX], k1[OG_LANES_MAX] = {0};
        for (int lane = 0; lane < OG_LANES_MAX; lane++)
            k0[lane] = 1;
#pragma omp for schedule(static)
        for (size_t run = 0; run < race->runs; run++)
            ops->moments(RUN_PIXELS, race->src[i] + run * race->step, mean, m2);
#pragma omp for schedule(static)
        for (size_t run = 0; run < race->runs; run++) {
            size_t at = run * race->step;
            ops->norm_apply(RUN_PIXELS, race->src[i] + at, k0, k1, k1, race->d[i] + at);
        }
    }
}

og__race_times og__race_turn(og__race *race, size_t index)
{
    const contender *c = &race->contenders[index];
    double count = (double)race->runs * (double)race->step;
    og_input operands[OG_INPUT_COUNT];
    int operand_count = og__act_operands(c->act, operands);
    double start = og__now_s();
    run_forward(race, c);
    double middle = og__now_s();
    run_backward(race, c);
    double late = og__now_s();
    for (int i = 0; i < operand_count; i++)
        if (operands[i] != OG_INPUT_NOISE)
            run_norm(race, i);
    double end = og__now_s();
    return (og__race_times){1e9 * (middle - start) / count, 1e9 * (late - middle) / count, 1e9 * (end - late) / count};
}

/* Timing an activation function's loop frames against relu's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ogive/cost.h>

#include "act/act.h"
#include "base/memory.h"
#include "base/meter.h"
#include "base/random.h"
#include "kernel/activate.h"

enum {
    TURNS_MIN = 3,
    TURNS_MAX = 31,
    LANES_MAX = 16,
    RUN_PIXELS = 1024, /* of one call, as in a row of a large image */
    NUMBERS = 1 << 16, /* different ones; a longer tensor repeats them */
};

typedef struct contender {
    const og_act *act;
    og__act_kernel *kernel;
    double forward[TURNS_MAX], backward[TURNS_MAX]; /* ns per element */
} contender;

/* What a frame reads and writes beside the tensors; a norm that changes nothing. */
typedef struct surroundings {
    float ones[LANES_MAX], zeros[LANES_MAX], sums[2][OG_INPUT_COUNT][LANES_MAX];
    float values[OG_ACT_PARAMS_MAX][LANES_MAX], param_sums[OG_ACT_PARAMS_MAX][LANES_MAX];
    const float *scale[OG_INPUT_COUNT], *shift[OG_INPUT_COUNT], *params[OG_ACT_PARAMS_MAX];
    float *dz[OG_INPUT_COUNT], *dz_src[OG_INPUT_COUNT], *d_params[OG_ACT_PARAMS_MAX];
    bool learns;
} surroundings;

typedef struct tensors {
    size_t count;               /* floats in each, a multiple of a run */
    float *src[OG_INPUT_COUNT]; /* one per operand that some function has, then NULL */
    float *d[OG_INPUT_COUNT];   /* the result and the gradients */
} tensors;

static void surround(const og_act *act, surroundings *s)
{
    memset(s, 0, sizeof *s);
    for (int lane = 0; lane < LANES_MAX; lane++)
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
        for (int lane = 0; lane < LANES_MAX; lane++)
            s->values[k][lane] = param.value;
    }
}

/* Point at the run that begins at float `at`. */
static void point(const tensors *t, size_t at, const float **src, float **d)
{
    for (int i = 0; i < OG_INPUT_COUNT && t->src[i]; i++) {
        src[i] = t->src[i] + at;
        d[i] = t->d[i] + at;
    }
}

/* One turn; the backward pass takes what the forward pass wrote for the gradient. */
static void measure(contender *c, const tensors *t, int lanes, int turn)
{
    surroundings s;
    const void *self;
    const float *src[OG_INPUT_COUNT];
    float *d[OG_INPUT_COUNT];
    const og__act_frames *frames = og__act_kernel_frames(c->kernel, &self);
    surround(c->act, &s);
    og__act_block block = {s.scale, s.shift, s.params};
    og__act_sums sums = {s.dz, s.dz_src, s.shift, s.learns ? s.d_params : NULL};
    size_t step = (size_t)RUN_PIXELS * (size_t)lanes;
    double start = 1e9 * og__now_s();
    for (size_t at = 0; at < t->count; at += step) {
        point(t, at, src, d);
        frames->forward(self, RUN_PIXELS, src, d[0], &block);
    }
    double middle = 1e9 * og__now_s();
    for (size_t at = 0; at < t->count; at += step) {
        point(t, at, src, d);
        frames->backward_reduce(self, RUN_PIXELS, src, d, &block, &sums);
    }
    c->forward[turn] = (middle - start) / (double)t->count;
    c->backward[turn] = (1e9 * og__now_s() - middle) / (double)t->count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted, so that the lower quartile is at a quarter: the turns that other programs disturbed least, without the
 * luckiest. */
static void sort(double *turns, int count)
{
    qsort(turns, (size_t)count, sizeof turns[0], compare);
}

/* Tensors of normal numbers for every operand of an activation. */
static og_status add_operands(const og_act *act, tensors *t)
{
    og_input operands[OG_INPUT_COUNT];
    int count = og__act_operands(act, operands);
    for (int i = 0; i < count; i++) {
        if (t->src[i])
            continue;
        OG_TRY(og__alloc(t->count, sizeof(float), &t->d[i]));
        OG_TRY(og__alloc(t->count, sizeof(float), &t->src[i]));
        og__random random = og__random_at(1, OG_STREAM_TEST, (uint64_t)i);
        for (size_t k = 0; k < t->count; k++)
            t->src[i][k] = k < NUMBERS ? og__random_normal(&random) : t->src[i][k - NUMBERS];
    }
    return OG_OK;
}

static int take_turns(contender *contenders, size_t count, const tensors *t, int lanes, double seconds)
{
    double end = og__now_s() + seconds;
    int turns = 0;
    for (size_t i = 0; i < count; i++)
        measure(&contenders[i], t, lanes, 0); /* caches and branches get used to it; overwritten by the first turn */
    for (; turns < TURNS_MAX && (turns < TURNS_MIN || og__now_s() < end); turns++)
        for (size_t i = 0; i < count; i++)
            measure(&contenders[i], t, lanes, turns);
    return turns;
}

static void fill(const contender *relu, const contender *c, int quartile, og_act_cost *cost)
{
    snprintf(cost->executor, sizeof cost->executor, "%s", og__executor_name(og__act_kernel_executor(c->kernel)));
    snprintf(cost->isa, sizeof cost->isa, "%s", og__isa_name(og__cpu_isa()));
    cost->forward_ns = c->forward[quartile];
    cost->backward_ns = c->backward[quartile];
    cost->forward_ratio = c->forward[quartile] / relu->forward[quartile];
    cost->backward_ratio = c->backward[quartile] / relu->backward[quartile];
}

og_status og_act_measure(size_t count, const og_act *const *acts, size_t bytes, double seconds, og_act_cost *costs)
{
    og_status status = OG_OK;
    int lanes = og__isa_lanes(og__cpu_isa());
    og_act *relu = NULL;
    contender *contenders = NULL;
    tensors t = {0};
    size_t step = (size_t)RUN_PIXELS * (size_t)lanes, runs = bytes / sizeof(float) / step;
    t.count = (runs > 0 ? runs : 1) * step;
    OG_GO(og__alloc(count + 1, sizeof *contenders, &contenders));
    OG_GO(og_act_parse("relu", &relu));
    for (size_t i = 0; i <= count; i++) {
        contenders[i].act = i < count ? acts[i] : relu;
        OG_GO(og__act_kernel_open(contenders[i].act, OG_EXECUTOR_AUTO, og__cpu_isa(), &contenders[i].kernel));
        OG_GO(add_operands(contenders[i].act, &t));
    }
    int turns = take_turns(contenders, count + 1, &t, lanes, seconds);
    for (size_t i = 0; i <= count; i++) {
        sort(contenders[i].forward, turns);
        sort(contenders[i].backward, turns);
    }
    for (size_t i = 0; i < count; i++)
        fill(&contenders[count], &contenders[i], turns / 4, &costs[i]);
done:
    for (size_t i = 0; contenders && i <= count; i++)
        og__act_kernel_close(contenders[i].kernel);
    free(contenders);
    for (int i = 0; i < OG_INPUT_COUNT; i++) {
        free(t.src[i]);
        free(t.d[i]);
    }
    og_act_free(relu);
    return status;
}

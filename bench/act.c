/* Cost of every activation of the catalogue, forward and backward, as a ratio to ReLU in the same run: bench_act [MB
 * ...]
 *
 * One thread, one instruction set (OGIVE_ISA chooses), every executor. Activations take turns, so that a slow moment of
 * the machine hits all of them; medians of the turns are compared. Prints JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "act/act.h"
#include "base/memory.h"
#include "base/random.h"
#include "kernel/activate.h"

enum { TURNS = 15, ROWS_MAX = 128, RUN_PIXELS = 1024 };

typedef struct row {
    const char *name;
    og_act *act;
    og__act_kernel *kernel;
    double forward[TURNS], backward[TURNS]; /* nanoseconds per element */
} row;

typedef struct tensor {
    size_t count; /* floats */
    int lanes;
    float *src[OG_INPUT_COUNT]; /* one per operand that some function has, then NULL */
    float *d[OG_INPUT_COUNT];   /* the result and the gradients */
} tensor;

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *turns)
{
    double sorted[TURNS];
    for (int i = 0; i < TURNS; i++)
        sorted[i] = turns[i];
    qsort(sorted, TURNS, sizeof sorted[0], compare);
    return sorted[TURNS / 2];
}

static void measure(row *r, const tensor *t, int turn)
{
    enum { LANES_MAX = 16 };
    float ones[LANES_MAX], zeros[LANES_MAX], operand_sums[OG_INPUT_COUNT][2][LANES_MAX];
    float values[OG_ACT_PARAMS_MAX][LANES_MAX], param_sums[OG_ACT_PARAMS_MAX][LANES_MAX];
    const float *params[OG_ACT_PARAMS_MAX];
    float *learned[OG_ACT_PARAMS_MAX];
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(r->kernel, &self);
    for (int lane = 0; lane < t->lanes; lane++) {
        ones[lane] = 1;
        zeros[lane] = 0;
    }
    const float *scale[OG_INPUT_COUNT], *shift[OG_INPUT_COUNT];
    float *dz[OG_INPUT_COUNT], *dz_src[OG_INPUT_COUNT];
    for (int i = 0; i < OG_INPUT_COUNT; i++) {
        scale[i] = ones;
        shift[i] = zeros;
        dz[i] = memset(operand_sums[i][0], 0, sizeof operand_sums[i][0]);
        dz_src[i] = memset(operand_sums[i][1], 0, sizeof operand_sums[i][1]);
    }
    bool learns = false;
    for (size_t k = 0; k < og_act_param_count(r->act); k++) {
        og_act_param param = og_act_param_at(r->act, k);
        params[k] = values[k];
        learned[k] = param_sums[k];
        learns |= param.learn != OG_LEARN_NO;
        for (int lane = 0; lane < t->lanes; lane++) {
            values[k][lane] = param.value;
            param_sums[k][lane] = 0;
        }
    }
    og__act_block block = {scale, shift, params};
    og__act_sums sums = {dz, dz_src, shift, learns ? learned : NULL};
    og_input operands[OG_INPUT_COUNT];
    int operand_count = og__act_operands(r->act, operands);
    const float *src[OG_INPUT_COUNT];
    float *d[OG_INPUT_COUNT];
    size_t step = (size_t)RUN_PIXELS * (size_t)t->lanes;
    double start = now_ns();
    for (size_t at = 0; at + step <= t->count; at += step) {
        for (int i = 0; i < operand_count; i++)
            src[i] = t->src[i] + at;
        frames->forward(self, RUN_PIXELS, src, t->d[0] + at, &block);
    }
    double middle = now_ns();
    for (size_t at = 0; at + step <= t->count; at += step) {
        for (int i = 0; i < operand_count; i++) {
            src[i] = t->src[i] + at;
            d[i] = t->d[i] + at;
        }
        frames->backward_reduce(self, RUN_PIXELS, src, d, &block, &sums);
    }
    r->forward[turn] = (middle - start) / (double)t->count;
    r->backward[turn] = (now_ns() - middle) / (double)t->count;
}

/* Tensors for every operand of an activation. */
static og_status open_operands(const og_act *act, tensor *t)
{
    og_input operands[OG_INPUT_COUNT];
    int count = og__act_operands(act, operands);
    for (int i = 0; i < count; i++) {
        if (t->src[i])
            continue;
        OG_TRY(og__alloc(t->count, sizeof(float), &t->src[i]));
        OG_TRY(og__alloc(t->count, sizeof(float), &t->d[i]));
        og__random random = og__random_at(1, OG_STREAM_TEST, (uint64_t)i);
        for (size_t k = 0; k < t->count; k++)
            t->src[i][k] = og__random_normal(&random);
    }
    return OG_OK;
}

static og_status bench(double mb, og__executor executor)
{
    og_status status = OG_OK;
    row rows[ROWS_MAX] = {0};
    size_t count = og_act_entry_count() < ROWS_MAX ? og_act_entry_count() : ROWS_MAX, relu = 0;
    tensor t = {.count = (size_t)(mb * 1048576 / sizeof(float)), .lanes = og__isa_lanes(og__cpu_isa())};
    for (size_t i = 0; i < count; i++) {
        rows[i].name = og_act_entry_at(i)->id;
        OG_GO(og_act_parse(rows[i].name, &rows[i].act));
        OG_GO(og__act_kernel_open(rows[i].act, executor, og__cpu_isa(), &rows[i].kernel));
        OG_GO(open_operands(rows[i].act, &t));
        if (strcmp(rows[i].name, "relu") == 0)
            relu = i;
    }
    for (int turn = 0; turn < TURNS; turn++)
        for (size_t i = 0; i < count; i++)
            measure(&rows[i], &t, turn);
    for (size_t i = 0; i < count; i++)
        printf("%s\n  {\"mb\": %g, \"executor\": \"%s\", \"isa\": \"%s\", \"act\": \"%s\", \"forward_ns\": %.3f, "
               "\"backward_ns\": %.3f, \"forward_ratio\": %.2f, \"backward_ratio\": %.2f}",
               i == 0 ? "" : ",", mb, og__executor_name(executor), og__isa_name(og__cpu_isa()), rows[i].name,
               median(rows[i].forward), median(rows[i].backward), median(rows[i].forward) / median(rows[relu].forward),
               median(rows[i].backward) / median(rows[relu].backward));
done:
    for (size_t i = 0; i < count; i++) {
        og__act_kernel_close(rows[i].kernel);
        og_act_free(rows[i].act);
    }
    for (int i = 0; i < OG_INPUT_COUNT; i++) {
        free(t.src[i]);
        free(t.d[i]);
    }
    return status;
}

int main(int argc, char **argv)
{
    const double sizes[] = {1, 16, 64};
    int count = argc > 1 ? argc - 1 : 3;
    printf("[");
    for (int i = 0; i < count; i++)
        for (og__executor executor = OG_EXECUTOR_BUILT_IN; executor <= OG_EXECUTOR_INTERPRETER; executor++) {
            printf("%s", i > 0 || executor > OG_EXECUTOR_BUILT_IN ? "," : "");
            double mb = argc > 1 ? atof(argv[i + 1]) : sizes[i];
            if (!(mb > 0 && mb < 4096) || bench(mb, executor) != OG_OK) {
                fprintf(stderr, "bench_act: %s\n", mb > 0 && mb < 4096 ? og_error_text() : "a size is 1 to 4095 MB");
                return 1;
            }
        }
    printf("\n]\n");
    return 0;
}

/* Cost of every activation of the catalogue, forward and backward, as a ratio to ReLU in the same run: bench_act [MB
 * ...]
 *
 * One thread, one instruction set (OGIVE_ISA chooses), every executor. Activations take turns, so that a slow moment of
 * the machine hits all of them; medians of the turns are compared. Prints JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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
    float *src, *dst;
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
    float scale[LANES_MAX], shift[LANES_MAX], center[LANES_MAX], sums_dz[LANES_MAX], sums_src[LANES_MAX];
    float values[OG_ACT_PARAMS_MAX][LANES_MAX], param_sums[OG_ACT_PARAMS_MAX][LANES_MAX];
    const float *params[OG_ACT_PARAMS_MAX];
    float *learned[OG_ACT_PARAMS_MAX];
    const void *self;
    const og__act_frames *frames = og__act_kernel_frames(r->kernel, &self);
    for (int lane = 0; lane < t->lanes; lane++) {
        scale[lane] = 1;
        shift[lane] = center[lane] = sums_dz[lane] = sums_src[lane] = 0;
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
    og__act_sums sums = {sums_dz, sums_src, center, learns ? learned : NULL};
    size_t step = (size_t)RUN_PIXELS * (size_t)t->lanes;
    double start = now_ns();
    for (size_t at = 0; at + step <= t->count; at += step)
        frames->forward(self, RUN_PIXELS, t->src + at, t->dst + at, &block);
    double middle = now_ns();
    for (size_t at = 0; at + step <= t->count; at += step)
        frames->backward_reduce(self, RUN_PIXELS, t->src + at, t->dst + at, &block, &sums);
    r->forward[turn] = (middle - start) / (double)t->count;
    r->backward[turn] = (now_ns() - middle) / (double)t->count;
}

static og_status bench(double mb, og__executor executor)
{
    og_status status = OG_OK;
    row rows[ROWS_MAX] = {0};
    size_t count = og_act_entry_count() < ROWS_MAX ? og_act_entry_count() : ROWS_MAX, relu = 0;
    tensor t = {.count = (size_t)(mb * 1048576 / sizeof(float)), .lanes = og__isa_lanes(og__cpu_isa())};
    OG_GO(og__alloc(t.count, sizeof(float), &t.src));
    OG_GO(og__alloc(t.count, sizeof(float), &t.dst));
    og__random random = og__random_at(1, OG_STREAM_TEST, 0);
    for (size_t i = 0; i < t.count; i++)
        t.src[i] = og__random_normal(&random);
    for (size_t i = 0; i < count; i++) {
        rows[i].name = og_act_entry_at(i)->id;
        OG_GO(og_act_parse(rows[i].name, &rows[i].act));
        OG_GO(og__act_kernel_open(rows[i].act, executor, og__cpu_isa(), &rows[i].kernel));
        if (rows[i].name[0] == 'r' && rows[i].name[4] == '\0')
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
    free(t.src);
    free(t.dst);
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

/* The error of every activation over the floats: bench_exact [-s STRIDE] [-j PROCESSES] [NAME ...]
 *
 * Every STRIDE-th float32 (1: all 2^32; default 4099) is judged for the value, the derivative by x and by every
 * parameter, at the initial parameters, by the built-in kernels of the best instruction set. The reference is the
 * formula in double by libm; where it disagrees by more than 1 ulp of float32 or is not finite, MPFR decides
 * (tests/act/definition.h), for up to MPFR_MAX points of an output and chunk; beyond, the double stands. Writes the
 * table of docs/exactness.md. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/act.h"
#include "act/exact.h"
#include "kernel/activate.h"

enum { CHUNK = 1 << 16, MPFR_MAX = 400, OUTPUTS_MAX = 2 + OG_ACT_PARAMS_MAX };

typedef struct worst {
    double ulp, listed; /* outside and inside the ranges of exactness.def */
    float at, listed_at, over_at;
    uint64_t over; /* points that break the promise, the last at over_at */
} worst;

typedef struct subject {
    definition *definition;
    og_act *act;
    og__act_kernel *kernel;
    float params[OG_ACT_PARAMS_MAX];
    double wide_params[OG_ACT_PARAMS_MAX];
    int outputs;
    og__expr roots[OUTPUTS_MAX];
    double *work;
} subject;

static const char *output_name(const subject *s, int output)
{
    return output == 0 ? "value" : output == 1 ? "x" : og_act_param_at(s->act, (size_t)output - 2).name;
}

static float float_of(uint64_t bits)
{
    uint32_t word = (uint32_t)bits;
    float x;
    memcpy(&x, &word, sizeof x);
    return x;
}

static double truth_of(const subject *s, int output, float x)
{
    double inputs[DEFINITION_INPUTS] = {(double)x}, truth[EXACT_OUTPUTS];
    exact_truth(s->definition, EXACT_BITS, inputs, s->wide_params, truth);
    return truth[output < 2 ? output : output - 1 + DEFINITION_INPUTS];
}

static void judge(const subject *s, int output, float x, float y, double truth, int *mpfr_left, worst *w)
{
    double ulp, absolute, error = ulp_error(y, truth);
    if (error <= w->ulp && error <= exact_ulp)
        return;
    exact_allowance(definition_name(s->definition), output_name(s, output), (double)x, &ulp, &absolute);
    if (isinf(ulp)) /* nothing is promised */
        return;
    bool listed = ulp > exact_ulp || absolute > 0;
    if (*mpfr_left > 0 && (error > (listed ? w->listed : w->ulp) || !exact_is_right((double)y, truth, ulp, absolute))) {
        --*mpfr_left;
        truth = truth_of(s, output, x);
        error = ulp_error(y, truth);
    }
    if (!exact_is_right((double)y, truth, ulp, absolute)) {
        w->over++;
        w->over_at = x;
    }
    if (listed ? error > w->listed : error > w->ulp) {
        *(listed ? &w->listed : &w->ulp) = error;
        *(listed ? &w->listed_at : &w->at) = x;
    }
}

static void judge_chunk(const subject *s, int count, const float *x, float *const *found, worst *w)
{
    double values[OUTPUTS_MAX];
    int mpfr_left[OUTPUTS_MAX];
    for (int k = 0; k < s->outputs; k++)
        mpfr_left[k] = MPFR_MAX;
    for (int i = 0; i < count; i++) {
        if (!isfinite(x[i]))
            continue;
        double inputs[OG_INPUT_COUNT] = {(double)x[i]};
        og__evaluate(&s->act->graph, s->outputs, s->roots, inputs, s->wide_params, s->work, values);
        for (int k = 0; k < s->outputs; k++)
            judge(s, k, x[i], found[k][i], values[k], &mpfr_left[k], &w[k]);
    }
}

static void sweep(const subject *s, uint64_t first, uint64_t last, uint64_t stride, worst *w)
{
    static float x[CHUNK], results[OUTPUTS_MAX][CHUNK];
    const void *self;
    const float *z[] = {x};
    float *dz[] = {results[1]}, *by_param[OG_ACT_PARAMS_MAX], *found[OUTPUTS_MAX];
    for (int k = 0; k < OUTPUTS_MAX; k++)
        found[k] = results[k];
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++)
        by_param[k] = results[2 + k];
    for (uint64_t at = first; at < last;) {
        int count = 0;
        for (; at < last && count < CHUNK; at += stride)
            x[count++] = float_of(at);
        og__act_kernel_frames(s->kernel, &self)->eval(self, (size_t)count, z, s->params, results[0], dz, by_param);
        judge_chunk(s, count, x, found, w);
    }
}

static void merge(worst *into, const worst *from)
{
    if (from->ulp > into->ulp) {
        into->ulp = from->ulp;
        into->at = from->at;
    }
    if (from->listed > into->listed) {
        into->listed = from->listed;
        into->listed_at = from->listed_at;
    }
    if (from->over > 0)
        into->over_at = from->over_at;
    into->over += from->over;
}

static void print_row(const subject *s, uint64_t stride, const worst *w)
{
    for (int k = 0; k < s->outputs; k++) {
        printf("| %s | %s | %.2f | %.9g |", k == 0 ? definition_name(s->definition) : "", output_name(s, k), w[k].ulp,
               (double)w[k].at);
        if (w[k].listed > 0)
            printf(" %.3g at %.9g |", w[k].listed, (double)w[k].listed_at);
        else
            printf(" |");
        if (w[k].over > 0)
            printf(" %" PRIu64 ", as at %.9g |", w[k].over, (double)w[k].over_at);
        else
            printf(" none |");
        printf(" %s |\n", stride == 1 ? "all" : "sampled");
    }
    fflush(stdout);
}

static og_status open_subject(const char *text, subject *s)
{
    *s = (subject){.definition = definition_new(text, exact_rows)};
    OG_TRY(og_act_parse(definition_name(s->definition), &s->act));
    OG_TRY(og__act_kernel_open(s->act, OG_EXECUTOR_BUILT_IN, og__cpu_isa(), &s->kernel));
    s->outputs = 2 + (int)og_act_param_count(s->act);
    s->roots[0] = s->act->value;
    s->roots[1] = s->act->slope;
    for (size_t k = 0; k < og_act_param_count(s->act); k++) {
        s->roots[2 + k] = s->act->by_param[k];
        s->params[k] = og_act_param_at(s->act, k).value;
        s->wide_params[k] = (double)s->params[k];
    }
    s->work = malloc((size_t)s->act->graph.count * sizeof *s->work);
    return s->work ? OG_OK : OG_ERR_MEMORY;
}

static void close_subject(subject *s)
{
    free(s->work);
    og__act_kernel_close(s->kernel);
    og_act_free(s->act);
    definition_free(s->definition);
}

/* One row, split over processes. */
static int run_row(const char *text, uint64_t stride, int processes)
{
    const uint64_t all = (uint64_t)1 << 32;
    subject s;
    size_t bytes = (size_t)processes * OUTPUTS_MAX * sizeof(worst);
    if (open_subject(text, &s) != OG_OK) {
        fprintf(stderr, "bench_exact: %s\n", og_error_text());
        return 1;
    }
    og_input operands[OG_INPUT_COUNT];
    worst *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int failed = shared == MAP_FAILED;
    bool only_x = og__act_operands(s.act, operands) == 1 && operands[0] == OG_INPUT_X;
    for (int p = 0; !failed && only_x && p < processes; p++)
        if (fork() == 0) {
            uint64_t share = all / (uint64_t)processes, first = share * (uint64_t)p;
            sweep(&s, first, p + 1 == processes ? all : first + share, stride, shared + (size_t)p * OUTPUTS_MAX);
            _exit(0);
        }
    for (int status; wait(&status) > 0;)
        failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    for (int p = 1; !failed && p < processes; p++)
        for (int k = 0; k < s.outputs; k++)
            merge(&shared[k], &shared[(size_t)p * OUTPUTS_MAX + (size_t)k]);
    if (!failed && only_x)
        print_row(&s, stride, shared);
    if (shared != MAP_FAILED)
        munmap(shared, bytes);
    close_subject(&s);
    return failed;
}

static bool is_wanted(const char *text, int count, char **names)
{
    size_t length = strcspn(text, "(");
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == length && strncmp(names[i], text, length) == 0)
            return true;
    return count == 0;
}

int main(int argc, char **argv)
{
    uint64_t stride = 4099;
    int processes = 1, failed = 0;
    for (int option; (option = getopt(argc, argv, "s:j:")) != -1;)
        if (option == 's')
            stride = strtoull(optarg, NULL, 10);
        else if (option == 'j')
            processes = atoi(optarg);
        else
            return 2;
    if (stride < 1 || processes < 1 || processes > 1024) {
        fprintf(stderr, "usage: bench_exact [-s STRIDE] [-j PROCESSES] [NAME ...]\n");
        return 2;
    }
    printf(
        "| function | of | worst ulp | at x | worst where exactness.def allows more | beyond what is promised | floats |\n"
        "|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; exact_rows[i]; i++)
        if (is_wanted(exact_rows[i], argc - optind, argv + optind))
            failed |= run_row(exact_rows[i], stride, processes);
    return failed;
}

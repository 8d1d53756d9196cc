/* The C and CUDA that ogive writes, compiled and run: against the formula in double, and against the kernels that
 * training uses. */
#include <dlfcn.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <ogive/act.h>

#include "act/act.h"
#include "act/sample.h"

/* What no catalogue has: every primitive, guarded branches, comparisons as numbers, awkward names, further inputs. */
static const char *const formulas[] = {
    "x*sigmoid(b*x); b=learn(1.5, channel)",
    "where(x > 0, sqrt(x), -log1p(-x))",
    "where(x > 1, log(x), where(x < -1, -1/x, exp(-abs(x))))",
    "(x > 0)*x + 0.1*(x <= 0)*x",
    "where(abs(x), sin(x)/(1 + x^2), 0) + where((x > 0) == (x < 2), x, 0.5*x)",
    "lambda*x + if*tanh(x) + double*cos(x); lambda=0.2, if=learn(0.3), double=learn(uniform(0, 1), channel)",
    "t1*x + t2*exp(-x^2); t1=0.5, t2=learn(2)",
    "erf(x)",
    "erfc(x)",
    "normal_cdf(x)*normal_pdf(x)",
    "exp(-x^2)",
    "tanh(softplus(x))",
    "sech2(x)",
    "sech2(softplus(x))",
    "log_sigmoid(x) + 0.25*asinh(x)",
    "tanhshrink(x)",
    "exp_rest(min(x, 20))",
    "exp_turn(min(x, 20))",
    "atan(x) + sign(x)*abs(x)^1.5",
    "max(min(x, 3), max(-1, x/4)) + rsqrt(1 + x^2)",
    "x^p; p=learn(1.5)",
    "max(x, funnel)",
    "x*sigmoid(gate2) + gate*g; g=learn(0.1)",
    "max(mirror, 0) + 0.01*(mirror > 1)",
    "where(x > 0, x, (0.1 + 0.2*noise)*x)",
    "x*(0.5 + p); p=excite(4, relu)",
};

enum {
    FORMULAS = sizeof formulas / sizeof formulas[0],
    FUNCTIONS_MAX = 256,
    POINTS_MAX = 4000,
    LEAVES_MAX = OG_INPUT_COUNT + OG_ACT_PARAMS_MAX
};

static og_act *acts[FUNCTIONS_MAX];
static size_t act_count;
static char folder[] = "/tmp/ogive-emit-XXXXXX";

/* A block and thread of one, so that a kernel's loop does everything. */
static const char shim[] =
    "#include <math.h>\n#include <stddef.h>\n#include <tgmath.h>\n"
    "#define __device__ __attribute__((unused))\n#define __global__\n"
    "static const struct { unsigned x; } blockIdx = {0}, blockDim = {1}, threadIdx = {0}, gridDim = {1};\n"
    "#define atomicAdd(to, what) ((void)(*(to) += (what)))\n";

/* --- one function ------------------------------------------------------------------------------------------------- */

typedef struct leaf {
    const char *name;
    og__expr derivative;
    int input; /* or -1 for a parameter */
} leaf;

static int list_leaves(const og_act *act, leaf *leaves)
{
    int count = 0;
    for (og_input i = 0; i < OG_INPUT_COUNT; i++)
        if (act->uses[i])
            leaves[count++] = (leaf){og_input_name(i), act->by_input[i], (int)i};
    for (size_t k = 0; k < act->param_count; k++)
        leaves[count++] = (leaf){act->params[k].name, act->by_param[k], -1};
    return count;
}

/* The name that a parameter has in code is in the function's declaration: the n-th word after "real ". */
static void read_names(const char *source, const char *function, int count, char (*names)[64])
{
    char start[40];
    snprintf(start, sizeof start, "real %s(", function);
    const char *at = strstr(source, start);
    assert_non_null(at);
    at += strlen(start);
    for (int i = 0; i < count; i++) {
        assert_int_equal(sscanf(at, "real %63[A-Za-z0-9_]", names[i]), 1);
        at += strcspn(at, ",)") + 2;
    }
}

/* The arguments of a call: arrays (or their i-th elements) for inputs, numbers for parameters. */
static void add_arguments(FILE *file, int count, const leaf *leaves, const char *element)
{
    for (int i = 0; i < count; i++)
        if (leaves[i].input >= 0)
            fprintf(file, "%sin[%d]%s", i ? ", " : "", i, element);
        else
            fprintf(file, "%sp[%d]", i ? ", " : "", i);
}

/* void fN_run(count, in, p, out, sums): out[0] the value, out[1 + leaf] the derivatives, sums[leaf] of the parameters',
 * from the loops for inputs and from the single functions for parameters. */
static void add_driver(FILE *file, const og_act *act, const char *function, const char *source)
{
    leaf leaves[LEAVES_MAX];
    char names[LEAVES_MAX][64];
    int count = list_leaves(act, leaves);
    read_names(source, function, count, names);
    fprintf(file,
            "void %s_run(size_t count, const real *const *in, const real *p, real *const *out, real *sums);\n"
            "void %s_run(size_t count, const real *const *in, const real *p, real *const *out, real *sums)\n{\n"
            "    (void)p, (void)sums;\n    %s_forward(count, ",
            function, function, function);
    add_arguments(file, count, leaves, "");
    fprintf(file,
            ", out[0]);\n    for (size_t i = 0; i < count; i++)\n        out[%d][i] = 1;\n    %s_backward(count, ",
            1 + count, function);
    add_arguments(file, count, leaves, "");
    fprintf(file, ", out[%d]", 1 + count);
    for (int i = 0; i < count; i++)
        fprintf(file, leaves[i].input >= 0 ? ", out[%d]" : ", &sums[%d]", leaves[i].input >= 0 ? 1 + i : i);
    fprintf(file, ");\n");
    for (int k = 0; k < count; k++)
        if (leaves[k].input < 0) {
            fprintf(file, "    for (size_t i = 0; i < count; i++)\n        out[%d][i] = %s_d_%s(", 1 + k, function,
                    names[k]);
            add_arguments(file, count, leaves, "[i]");
            fprintf(file, ");\n");
        }
    fprintf(file, "}\n");
}

/* extern "C" is no C. */
static void drop_linkage(char *text)
{
    for (char *at = strstr(text, "extern \"C\""); at; at = strstr(at, "extern \"C\""))
        memset(at, ' ', 10);
}

static void emit_all(const char *target)
{
    for (size_t i = 0; i < act_count; i++) {
        char name[16], path[64], *bytes;
        size_t count;
        snprintf(name, sizeof name, "f%zu", i);
        snprintf(path, sizeof path, "%s/%s_%zu.c", folder, target, i);
        const og_emit_options options = {.name = name};
        if (og_act_emit(acts[i], target, &options, &bytes, &count) != OG_OK)
            fail_msg("%s: %s", og_act_text(acts[i]), og_error_text());
        assert_int_equal(strlen(bytes), count);
        drop_linkage(bytes);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(bytes, file);
        add_driver(file, acts[i], name, bytes);
        assert_int_equal(fclose(file), 0);
        free(bytes);
    }
}

static int set_up(void **state)
{
    (void)state;
    char path[64];
    for (size_t i = 0; i < og_act_entry_count(); i++)
        assert_int_equal(og_act_parse(og_act_entry_at(i)->id, &acts[act_count++]), OG_OK);
    for (size_t i = 0; i < FORMULAS; i++)
        if (og_act_parse(formulas[i], &acts[act_count++]) != OG_OK)
            fail_msg("%s", og_error_text());
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/shim.h", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(shim, file);
    assert_int_equal(fclose(file), 0);
    emit_all("c");
    emit_all("cuda");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[64];
    for (size_t i = 0; i < act_count; i++)
        og_act_free(acts[i]);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void *build(const char *compiler, const char *target, const char *options)
{
    static int number; /* a name is loaded once */
    char command[512], path[64];
    snprintf(path, sizeof path, "%s/library_%d.so", folder, number++);
    snprintf(command, sizeof command,
             "%s -std=c99 -pedantic -Wall -Wextra -Wshadow -Werror -O1 -fPIC -shared %s '%s'/%s_*.c -o '%s' -lm 2>&1",
             compiler, options, folder, target, path);
    assert_int_equal(system(command), 0);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail_msg("%s", dlerror());
    return library;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static float inputs[OG_INPUT_COUNT][POINTS_MAX];
static size_t point_count;

/* What overflows is left to the tests of the kernels. */
static void fill_points(void)
{
    static float all[SAMPLE_MAX];
    size_t count = sample_floats(all);
    point_count = 0;
    for (size_t i = 0; i < count && point_count < POINTS_MAX; i += 13)
        if (fabsf(all[i]) <= 80)
            inputs[OG_INPUT_X][point_count++] = all[i];
    for (int k = 1; k < OG_INPUT_COUNT; k++)
        for (size_t i = 0; i < point_count; i++)
            inputs[k][i] = inputs[OG_INPUT_X][(i * 7 + 131 * (size_t)k) % point_count];
    memcpy(inputs[OG_INPUT_MIRROR], inputs[OG_INPUT_X], sizeof inputs[0]);
}

/* The formula and its derivatives in double, by libm: exact[leaf + 1][point]. */
static void fill_exact(const og_act *act, int count, const leaf *leaves, double (*exact)[POINTS_MAX])
{
    og__expr roots[1 + LEAVES_MAX] = {act->value};
    double params[OG_ACT_PARAMS_MAX], at[OG_INPUT_COUNT], values[1 + LEAVES_MAX];
    double *work = calloc((size_t)act->graph.count, sizeof *work);
    assert_non_null(work);
    for (int i = 0; i < count; i++)
        roots[1 + i] = leaves[i].derivative;
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
    for (size_t i = 0; i < point_count; i++) {
        for (int k = 0; k < OG_INPUT_COUNT; k++)
            at[k] = (double)inputs[k][i];
        og__evaluate(&act->graph, 1 + count, roots, at, params, work, values);
        for (int r = 0; r <= count; r++)
            exact[r][i] = values[r];
    }
    free(work);
}

/* The same from the kernels that training uses. */
static void fill_kernel(const og_act *act, int count, const leaf *leaves, float (*kernel)[POINTS_MAX])
{
    const float *from[OG_INPUT_COUNT];
    float *by_input[OG_INPUT_COUNT] = {0}, *by_param[OG_ACT_PARAMS_MAX] = {0};
    int param = 0;
    for (int k = 0; k < OG_INPUT_COUNT; k++)
        from[k] = inputs[k];
    for (int i = 0; i < count; i++)
        if (leaves[i].input >= 0)
            by_input[leaves[i].input] = kernel[1 + i];
        else
            by_param[param++] = kernel[1 + i];
    if (og_act_eval_inputs(act, point_count, from, kernel[0], by_input, by_param) != OG_OK)
        fail_msg("%s: %s", og_act_text(act), og_error_text());
}

static const char *name_of(int root, const leaf *leaves)
{
    return root == 0 ? "the value" : leaves[root - 1].name;
}

/* In double the emitted code is the reference formula with other forms of the primitives: a few hundred units. */
static void check_double(const og_act *act, int count, const leaf *leaves, void *function)
{
    static double exact[1 + LEAVES_MAX][POINTS_MAX], found[2 + LEAVES_MAX][POINTS_MAX], given[LEAVES_MAX][POINTS_MAX];
    double params[LEAVES_MAX] = {0}, sums[LEAVES_MAX] = {0};
    const double *in[LEAVES_MAX];
    double *out[2 + LEAVES_MAX];
    void (*run)(size_t, const double *const *, const double *, double *const *, double *);
    memcpy(&run, &function, sizeof run);
    for (int k = 0, param = 0; k < count; k++) {
        for (size_t i = 0; leaves[k].input >= 0 && i < point_count; i++)
            given[k][i] = (double)inputs[leaves[k].input][i];
        in[k] = given[k];
        if (leaves[k].input < 0)
            params[k] = (double)act->params[param++].value;
    }
    for (int r = 0; r < 2 + count; r++)
        out[r] = found[r];
    fill_exact(act, count, leaves, exact);
    run(point_count, in, params, out, sums);
    for (int r = 0; r <= count; r++) {
        double sum = 0, size = 0;
        for (size_t i = 0; i < point_count; i++) {
            double allowed = 1e-11 * fabs(exact[r][i]) + 1e-14;
            if (isfinite(exact[r][i]) && !(fabs(found[r][i] - exact[r][i]) <= allowed))
                fail_msg("%s: %s is %.17g instead of %.17g at x = %.9g", og_act_text(act), name_of(r, leaves),
                         found[r][i], exact[r][i], (double)inputs[0][i]);
            sum += found[r][i];
            size += fabs(found[r][i]);
        }
        if (r > 0 && leaves[r - 1].input < 0 && isfinite(sum) && !(fabs(sums[r - 1] - sum) <= 1e-12 * size))
            fail_msg("%s: the sum by %s is %.17g instead of %.17g", og_act_text(act), name_of(r, leaves), sums[r - 1],
                     sum);
    }
}

/* In float32 the emitted code may be as far off as 64 units, or as eight times the kernels' own error where the formula
 * cancels; what kernels escape by chance is measured by 1. */
static void check_float(const og_act *act, int count, const leaf *leaves, void *function)
{
    static double exact[1 + LEAVES_MAX][POINTS_MAX];
    static float kernel[1 + LEAVES_MAX][POINTS_MAX], found[2 + LEAVES_MAX][POINTS_MAX];
    float params[LEAVES_MAX] = {0}, sums[LEAVES_MAX] = {0};
    const float *in[LEAVES_MAX];
    float *out[2 + LEAVES_MAX];
    const double unit = ldexp(1, -24);
    void (*run)(size_t, const float *const *, const float *, float *const *, float *);
    memcpy(&run, &function, sizeof run);
    for (int k = 0, param = 0; k < count; k++) {
        in[k] = leaves[k].input >= 0 ? inputs[leaves[k].input] : NULL;
        if (leaves[k].input < 0)
            params[k] = act->params[param++].value;
    }
    for (int r = 0; r < 2 + count; r++)
        out[r] = found[r];
    fill_exact(act, count, leaves, exact);
    fill_kernel(act, count, leaves, kernel);
    run(point_count, in, params, out, sums);
    for (int r = 0; r <= count; r++) {
        size_t lucky = 0;
        for (size_t i = 0; i < point_count; i++) {
            double size = fabs(exact[r][i]), error = fabs((double)found[r][i] - exact[r][i]);
            if (!(size <= FLT_MAX) || !isfinite(kernel[r][i]))
                continue;
            bool close =
                error <= 64 * unit * size + 8 * fabs((double)kernel[r][i] - exact[r][i]) + 64 * (double)FLT_MIN;
            lucky += !close;
            if (!close && !(error <= 64 * unit * (size + 1)))
                fail_msg("%s: %s is %.9g instead of %.9g at x = %.9g", og_act_text(act), name_of(r, leaves),
                         (double)found[r][i], exact[r][i], (double)inputs[0][i]);
        }
        if (lucky * 50 > point_count)
            fail_msg("%s: %s loses digits at %zu of %zu points", og_act_text(act), name_of(r, leaves), lucky,
                     point_count);
    }
}

static void check_all(void *library, void (*check)(const og_act *, int, const leaf *, void *))
{
    fill_points();
    for (size_t i = 0; i < act_count; i++) {
        char name[24];
        leaf leaves[LEAVES_MAX];
        snprintf(name, sizeof name, "f%zu_run", i);
        void *function = dlsym(library, name);
        assert_non_null(function);
        check(acts[i], list_leaves(acts[i], leaves), leaves, function);
    }
    dlclose(library);
}

static void test_c_float(void **state)
{
    (void)state;
    check_all(build("cc", "c", ""), check_float);
}

static void test_c_double(void **state)
{
    (void)state;
    check_all(build("cc", "c", "-DOGIVE_REAL=double"), check_double);
}

static void test_c_clang(void **state)
{
    (void)state;
    if (system("command -v clang >/dev/null 2>&1") != 0)
        skip();
    check_all(build("clang", "c", ""), check_float);
}

/* On the host, with the words of CUDA defined away. */
static void test_cuda_on_host(void **state)
{
    (void)state;
    char options[64];
    snprintf(options, sizeof options, "-include '%s/shim.h'", folder);
    check_all(build("cc", "cuda", options), check_float);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_c_float),
        cmocka_unit_test(test_c_double),
        cmocka_unit_test(test_c_clang),
        cmocka_unit_test(test_cuda_on_host),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Values and derivatives of the whole catalogue, by every executor and instruction set, against definition.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ogive/facts.h>

#include "act/act.h"
#include "act/cache.h"
#include "act/exact.h"
#include "kernel/activate.h"

static float points[DEFINITION_INPUTS][EXACT_POINTS_MAX], found[EXACT_OUTPUTS][EXACT_POINTS_MAX];
static double truths[EXACT_POINTS_MAX][EXACT_OUTPUTS];

/* Points where an output is further off than it may be. */
typedef struct failure {
    int count;
    float from, to, example, found;
    double truth, ulp, absolute; /* of the example; the worst of all */
    char where[160];
} failure;

/* One definition at one set of parameters. */
typedef struct subject {
    definition *definition;
    og_act *act;
    og_input operands[OG_INPUT_COUNT];
    int operand_count;
    float params[OG_ACT_PARAMS_MAX];
    double wide_params[OG_ACT_PARAMS_MAX];
    size_t count;
    bool used[EXACT_OUTPUTS];
    double worst[EXACT_OUTPUTS];
    float at[EXACT_OUTPUTS];
    failure failures[EXACT_OUTPUTS];
} subject;

static void truth_at(const subject *s, size_t i, int bits, double scale, double truth[EXACT_OUTPUTS])
{
    double inputs[DEFINITION_INPUTS];
    for (int k = 0; k < DEFINITION_INPUTS; k++)
        inputs[k] = isinf(points[k][i]) && scale > 0 ? copysign(scale, (double)points[k][i]) : (double)points[k][i];
    exact_truth(s->definition, bits, inputs, s->wide_params, truth);
}

/* Further inputs are what a network gives them, with NaN now and then: noise in [0, 1), others around 0. */
static void set_further_inputs(const subject *s)
{
    og__random random = og__random_at(12, OG_STREAM_TEST, 0);
    for (int k = 1; k < s->operand_count; k++)
        for (size_t i = 0; i < s->count; i++) {
            float uniform = og__random_uniform(&random), normal = 4 * og__random_normal(&random);
            points[s->operands[k]][i] = i % 97 == 0 ? NAN : s->operands[k] == OG_INPUT_NOISE ? uniform : normal;
        }
}

static void find_truths(subject *s)
{
    og_act_facts facts;
    double extra[16 + OG_ACT_PARAMS_MAX];
    size_t count = 0;
    if (og_act_analyse(s->act, &facts) == OG_OK)
        for (int i = 0; i < facts.kink_count && i < 16; i++)
            extra[count++] = facts.kinks[i].x;
    for (size_t k = 0; k < og_act_param_count(s->act); k++)
        extra[count++] = s->wide_params[k];
    s->count = exact_points(count, extra, points[s->operands[0]]);
    set_further_inputs(s);
#pragma omp parallel for schedule(dynamic, 64)
    for (size_t i = 0; i < s->count; i++)
        truth_at(s, i, EXACT_BITS, 0, truths[i]);
}

static float first_input(const subject *s, size_t i)
{
    return points[s->operands[0]][i];
}

static bool any_input(const subject *s, size_t i, bool (*is)(float))
{
    for (int k = 0; k < s->operand_count; k++)
        if (is(points[s->operands[k]][i]))
            return true;
    return false;
}

static bool is_infinite(float x)
{
    return isinf(x);
}

static bool is_nan(float x)
{
    return isnan(x);
}

/* NaN stays visible in the value; a derivative may be that of the branch which NaN takes. At an infinity the value is
 * its limit, or the NaN of infinity less infinity or infinity times zero. */
static bool is_right_special(const subject *s, size_t i, int output, float y)
{
    double limits[EXACT_OUTPUTS];
    if (any_input(s, i, is_nan))
        return isnan(y) || output > 0 || !isnan(truths[i][0]);
    if (isnan(y))
        return true;
    truth_at(s, i, EXACT_BITS_AGAIN, 1e300, limits);
    if (isnan(limits[output])) /* infinity less infinity all the way */
        return true;
    return ulp_error(y, truths[i][output]) <= exact_ulp || ulp_error(y, limits[output]) <= exact_ulp;
}

static bool is_right(subject *s, size_t i, int output, float y)
{
    double ulp, absolute;
    const char *of = exact_output_name(s->definition, output);
    if (any_input(s, i, is_nan) || any_input(s, i, is_infinite))
        return is_right_special(s, i, output, y);
    exact_allowance(definition_name(s->definition), of, (double)first_input(s, i), &ulp, &absolute);
    if (!exact_is_right((double)y, truths[i][output], ulp, absolute))
        truth_at(s, i, EXACT_BITS_AGAIN, 0, truths[i]);
    double error = ulp_error(y, truths[i][output]);
    if (error > s->worst[output]) {
        s->worst[output] = error;
        s->at[output] = first_input(s, i);
    }
    return exact_is_right((double)y, truths[i][output], ulp, absolute);
}

static void add_failure(subject *s, const char *where, int output, size_t i)
{
    failure *f = &s->failures[output];
    float x = first_input(s, i), y = found[output][i];
    double error = ulp_error(y, truths[i][output]);
    double absolute = fabs((double)y - truths[i][output]) / fmax(1, fabs((double)x));
    if (f->count == 0 || x < f->from)
        f->from = x;
    if (f->count == 0 || x > f->to)
        f->to = x;
    if (f->count == 0 || error > f->ulp) {
        f->ulp = error;
        f->example = x;
        f->found = y;
        f->truth = truths[i][output];
        snprintf(f->where, sizeof f->where, "%s", where);
    }
    if (f->count == 0 || !(absolute <= f->absolute))
        f->absolute = absolute;
    f->count++;
}

static void check_output(subject *s, const char *where, int output)
{
    s->used[output] = true;
    for (size_t i = 0; i < s->count; i++)
        if (!is_right(s, i, output, found[output][i]))
            add_failure(s, where, output, i);
}

/* One line per output. Returns how many have failed. */
static int report(const subject *s)
{
    int failed = 0;
    print_message("# %-16s", definition_name(s->definition));
    for (int output = 0; output < EXACT_OUTPUTS; output++)
        if (s->used[output])
            print_message(" %s %.3g at %.7g;", exact_output_name(s->definition, output), s->worst[output],
                          (double)s->at[output]);
    print_message("\n");
    for (int output = 0; output < EXACT_OUTPUTS; output++) {
        const failure *f = &s->failures[output];
        if (f->count == 0)
            continue;
        failed++;
        print_message("# %s: %s is off at %d points in [%.9g, %.9g]: up to %.3g ulp, %.3g absolute; %.9g at %.9g, not "
                      "%.9g (%s)\n",
                      definition_name(s->definition), exact_output_name(s->definition, output), f->count,
                      (double)f->from, (double)f->to, f->ulp, f->absolute, (double)f->found, (double)f->example,
                      f->truth, f->where);
    }
    return failed;
}

static void check_executor(subject *s, og__executor executor, og__isa isa, bool tables)
{
    og__act_kernel *kernel;
    const void *self;
    char where[160];
    const float *z[OG_INPUT_COUNT];
    float *dz[OG_INPUT_COUNT], *by_param[OG_ACT_PARAMS_MAX];
    int length = snprintf(where, sizeof where, "%s, %s%s", og__executor_name(executor), og__isa_name(isa),
                          tables ? ", tables" : "");
    for (int k = 0; k < s->operand_count; k++) {
        z[k] = points[s->operands[k]];
        dz[k] = found[1 + s->operands[k]];
    }
    for (size_t k = 0; k < og_act_param_count(s->act); k++) {
        by_param[k] = found[1 + DEFINITION_INPUTS + k];
        length += snprintf(where + length, sizeof where - (size_t)length, ", %s = %g", og_act_param_at(s->act, k).name,
                           (double)s->params[k]);
    }
    if (og__act_kernel_open(s->act, executor, isa, &kernel) != OG_OK)
        fail_msg("%s: %s", og_act_text(s->act), og_error_text());
    if (tables)
        assert_int_equal(og__act_kernel_tabulate(s->act, isa, kernel), OG_OK);
    og__act_kernel_frames(kernel, &self)->eval(self, s->count, z, s->params, found[0], dz, by_param);
    check_output(s, where, 0);
    for (int k = 0; k < s->operand_count; k++)
        check_output(s, where, 1 + (int)s->operands[k]);
    for (size_t k = 0; k < og_act_param_count(s->act); k++)
        check_output(s, where, 1 + DEFINITION_INPUTS + (int)k);
    og__act_kernel_close(kernel);
}

static void set_params(subject *s, int set)
{
    for (size_t k = 0; k < og_act_param_count(s->act); k++) {
        float value = og_act_param_at(s->act, k).value;
        s->params[k] = set == 0 ? value : value * 1.7f + 0.03f * (float)(k + 1);
        s->wide_params[k] = (double)s->params[k];
    }
}

static int check_row(const char *text)
{
    subject s = {.definition = definition_new(text, exact_rows)};
    if (og_act_parse(definition_name(s.definition), &s.act) != OG_OK)
        fail_msg("%s: %s", text, og_error_text());
    s.operand_count = og__act_operands(s.act, s.operands);
    for (int set = 0; set < (og_act_param_count(s.act) > 0 ? 2 : 1); set++) {
        set_params(&s, set);
        find_truths(&s);
        for (og__isa isa = OG_ISA_BASELINE; isa <= og__cpu_isa(); isa++) {
            check_executor(&s, OG_EXECUTOR_BUILT_IN, isa, false);
            check_executor(&s, OG_EXECUTOR_INTERPRETER, isa, false);
            if (set == 0) /* tables are of the activation's own parameters */
                check_executor(&s, OG_EXECUTOR_BUILT_IN, isa, true);
        }
    }
    int failed = report(&s);
    og_act_free(s.act);
    definition_free(s.definition);
    return failed;
}

static void test_catalogue(void **state)
{
    int failures = 0;
    const char *only = getenv("OGIVE_ONLY");
    (void)state;
    for (size_t i = 0; exact_rows[i]; i++)
        if (!only || strncmp(exact_rows[i], only, strlen(only)) == 0)
            failures += check_row(exact_rows[i]);
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue),
    };
    return cmocka_run_group_tests(tests, make_cache, remove_cache);
}

/* Every row of the catalogue against its definition written a second time, from the paper or library that the row
 * names: the value by that formula, the derivatives by differences of it. A row without an entry here fails. How many
 * digits are right is test_catalogue's business; here the question is whether it is the right function. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "act/act.h"
#include "base/random.h"
#include "kernel/activate.h"

typedef long double real;

/* in[og_input]; p in the order of the row's definition. */
typedef real (*formula)(const real *in, const real *p);

/* clang-format off */
#define DEFINE(name, ...) static real name(const real *in, const real *p) \
    { const real x = in[OG_INPUT_X], gate = in[OG_INPUT_GATE]; (void)x, (void)gate, (void)p, (void)in; __VA_ARGS__ }
#define RETURN(name, ...) DEFINE(name, return (__VA_ARGS__);)

static real sigma(real x) { return 1 / (1 + expl(-x)); }
static real sp(real x) { return x > 60 ? x : logl(1 + expl(x)); }
static real phi(real x) { return erfcl(-x / sqrtl(2)) / 2; }
static real clip(real x, real lo, real hi) { return x < lo ? lo : x > hi ? hi : x; }
static real pos(real x) { return x > 0 ? x : 0; }
static real neg(real x) { return x < 0 ? x : 0; }
static real bend(real x, real b) { return x >= b ? x : x <= -b ? 0 : (x + b) * (x + b) / (4 * b); }

/* a0 + a1 x + ... + a5 x^5 */
static real numerator(const real *a, real x)
{
    real sum = 0;
    for (int k = 0; k < 6; k++)
        sum += a[k] * powl(x, k);
    return sum;
}

/* b[0] x + b[1] x^2 + b[2] x^3 + b[3] x^4 */
static real odd_terms(const real *b, real x)
{
    return b[0] * x + b[1] * powl(x, 2) + b[2] * powl(x, 3) + b[3] * powl(x, 4);
}

RETURN(identity, x)
RETURN(relu, pos(x))
RETURN(leaky_relu, x >= 0 ? x : p[0] * x)
RETURN(relu6, fminl(pos(x), 6))
RETURN(bounded_relu, fminl(pos(x), p[0]))
RETURN(threshold, x > p[0] ? x : p[1])
RETURN(thresholded_relu, x > p[0] ? x : 0)
RETURN(squared_relu, pos(x) * pos(x))
RETURN(star_relu, p[0] * powl(pos(x), 2) + p[1])
RETURN(flexible_relu, pos(x) + p[0])
RETURN(smelu, bend(x, p[0]))
RETURN(sparse_plus, bend(x, 1))
RETURN(med_relu, x >= 0 ? x : x / (1 - x))
RETURN(nlrelu, logl(1 + p[0] * pos(x)))
RETURN(elu, x > 0 ? x : p[0] * (expl(x) - 1))
RETURN(celu, pos(x) + fminl(0, p[0] * (expl(x / p[0]) - 1)))
RETURN(selu, 1.0507009873554804934193349852946L * (x > 0 ? x : 1.6732632423543772848170429916717L * (expl(x) - 1)))
RETURN(pelu, x >= 0 ? p[0] / p[1] * x : p[0] * (expl(x / p[1]) - 1))
RETURN(isrlu, x >= 0 ? x : x / sqrtl(1 + p[0] * x * x))
RETURN(elish, x >= 0 ? x / (1 + expl(-x)) : (expl(x) - 1) / (1 + expl(-x)))
RETURN(hard_elish, (x >= 0 ? x : expl(x) - 1) * fmaxl(0, fminl(1, (x + 1) / 2)))
RETURN(xielu, x > 0 ? sp(p[0]) * x * x + p[2] * x : (p[2] + sp(p[1])) * (expl(x) - 1 - x) + p[2] * x)
RETURN(softplus, logl(1 + expl(p[0] * x)) / p[0])
RETURN(squareplus, (x + sqrtl(x * x + p[0])) / 2)
RETURN(bent_identity, (sqrtl(x * x + 1) - 1) / 2 + x)
RETURN(exponential, expl(x))
RETURN(gelu, x * phi(x))
RETURN(gelu_tanh, x / 2 * (1 + tanhl(sqrtl(2 / 3.14159265358979323846264L) * (x + 0.044715L * x * x * x))))
RETURN(quick_gelu, x * sigma(1.702L * x))
RETURN(silu, x / (1 + expl(-x)))
RETURN(swish_beta, x / (1 + expl(-p[0] * x)))
RETURN(eswish, p[0] * x / (1 + expl(-x)))
RETURN(fts, (x >= 0 ? x / (1 + expl(-x)) : 0) + p[0])
RETURN(aria2, x * powl(1 + expl(-p[1] * x), -p[0]))
RETURN(mish, x * tanhl(sp(x)))
RETURN(serf, x * erfl(sp(x)))
RETURN(logish, x * logl(1 + sigma(x)))
RETURN(smish, p[0] * x * tanhl(logl(1 + sigma(p[1] * x))))
RETURN(tanhexp, x * tanhl(expl(x)))
RETURN(lisht, x * tanhl(x))
RETURN(hard_swish, x * clip(x + 3, 0, 6) / 6)
RETURN(hard_mish, x / 2 * clip(x + 2, 0, 2))
RETURN(sigmoid, sigma(x))
RETURN(log_sigmoid, logl(sigma(x)))
RETURN(tanh_, (expl(x) - expl(-x)) / (expl(x) + expl(-x)))
RETURN(lecun_tanh, 1.7159L * tanhl(2 * x / 3))
RETURN(hard_tanh, clip(x, p[0], p[1]))
RETURN(hard_sigmoid, clip(x / 6 + 0.5L, 0, 1))
RETURN(sparse_sigmoid, x <= -1 ? 0 : x >= 1 ? 1 : (x + 1) / 2)
RETURN(softsign, x / (1 + fabsl(x)))
RETURN(arctan, atan2l(x, 1))
RETURN(arcsinh, logl(x + sqrtl(x * x + 1)))
RETURN(isru, x / sqrtl(1 + p[0] * x * x))
RETURN(sqnl, x > 2 ? 1 : x < -2 ? -1 : x >= 0 ? x - x * x / 4 : x + x * x / 4)
RETURN(soft_clipping, logl((1 + expl(p[0] * x)) / (1 + expl(p[0] * (x - 1)))) / p[0])
RETURN(tanhshrink, x - tanhl(x))
RETURN(softshrink, copysignl(pos(fabsl(x) - p[0]), x))
RETURN(hardshrink, fabsl(x) > p[0] ? x : 0)
RETURN(sine, sinl(p[0] * x))
RETURN(gcu, x * cosl(x))
RETURN(snake, x + (1 - cosl(2 * p[0] * x)) / (2 * p[0]))
RETURN(gaussian, expl(-x * x))
DEFINE(srelu, real right = p[0] + fabsl(p[2]);
       return x <= p[0] ? p[0] + p[1] * (x - p[0]) : x >= right ? right + p[3] * (x - right) : x;)
RETURN(apl, pos(x) + p[0] * pos(-x + p[1]))
RETURN(arelu, (1 + sigma(p[1])) * pos(x) + clip(p[0], 0.01L, 0.99L) * neg(x))
DEFINE(acon_c, real d = (p[0] - p[1]) * x; return d * sigma(p[2] * d) + p[1] * x;)
DEFINE(soft_exponential, real a = p[0];
       if (a == 0) return x;
       if (a > 0) return (expl(a * x) - 1) / a + a;
       return -logl(fmaxl(1 - a * (x + a), 0.001L)) / a;)
RETURN(slaf, p[0] + p[1] * x + p[2] * x * x)
RETURN(pau_a, numerator(p, x) / (1 + fabsl(p[6] * x) + fabsl(p[7] * x * x) + fabsl(p[8] * x * x * x) + fabsl(p[9]) * powl(x, 4)))
RETURN(pau_b, numerator(p, x) / (1 + fabsl(odd_terms(p + 6, x))))
RETURN(pau_c, numerator(p, x) / (0.1L + fabsl(p[6] + odd_terms(p + 7, x))))
RETURN(mixture, p[0] * pos(x) + p[1] * tanhl(x))
DEFINE(mixture_convex, real w = expl(p[0]); return (w * pos(x) + tanhl(x)) / (w + 1);)

RETURN(pau_d, numerator(p, x) / (1 + fabsl(odd_terms(p + 6, x)) * (1 + 0.1L * (2 * in[OG_INPUT_NOISE] - 1))))
RETURN(rrelu, x >= 0 ? x : x * (p[0] * (1 - in[OG_INPUT_NOISE]) + p[1] * in[OG_INPUT_NOISE]))
RETURN(brelu, p[0] > 0 ? pos(p[0] * p[0] * x) : -pos(-p[0] * p[0] * x))
RETURN(crelu, pos(in[OG_INPUT_MIRROR]))
RETURN(maxout, x > gate ? x : gate)
RETURN(frelu, x > in[OG_INPUT_FUNNEL] ? x : in[OG_INPUT_FUNNEL])
RETURN(glu, x / (1 + expl(-gate)))
RETURN(bilinear, x * gate)
RETURN(reglu, gate > 0 ? x * gate : 0)
RETURN(geglu, x * gate * phi(gate))
RETURN(swiglu, x * gate / (1 + expl(-p[0] * gate)))
DEFINE(dyrelu, real first = (1 + 1 * (2 * p[0] - 1)) * x + (0 + 0.5L * (2 * p[2] - 1));
       real second = (0 + 1 * (2 * p[1] - 1)) * x + (0 + 0.5L * (2 * p[3] - 1));
       return first > second ? first : second;)

static const struct {
    const char *id;
    formula f;
} rows[] = {
    {"identity", identity}, {"relu", relu}, {"leaky_relu", leaky_relu}, {"prelu", leaky_relu}, {"relu6", relu6},
    {"bounded_relu", bounded_relu}, {"threshold", threshold}, {"thresholded_relu", thresholded_relu},
    {"squared_relu", squared_relu}, {"star_relu", star_relu}, {"flexible_relu", flexible_relu}, {"smelu", smelu},
    {"sparse_plus", sparse_plus}, {"med_relu", med_relu}, {"nlrelu", nlrelu}, {"elu", elu}, {"celu", celu},
    {"selu", selu}, {"pelu", pelu}, {"isrlu", isrlu}, {"elish", elish}, {"hard_elish", hard_elish}, {"xielu", xielu},
    {"softplus", softplus}, {"squareplus", squareplus}, {"bent_identity", bent_identity},
    {"exponential", exponential}, {"gelu", gelu}, {"gelu_tanh", gelu_tanh}, {"quick_gelu", quick_gelu},
    {"silu", silu}, {"swish_beta", swish_beta}, {"eswish", eswish}, {"fts", fts}, {"pfts", fts}, {"aria2", aria2},
    {"mish", mish}, {"serf", serf}, {"logish", logish}, {"smish", smish}, {"tanhexp", tanhexp}, {"lisht", lisht},
    {"hard_swish", hard_swish}, {"hard_mish", hard_mish}, {"sigmoid", sigmoid}, {"log_sigmoid", log_sigmoid},
    {"tanh", tanh_}, {"lecun_tanh", lecun_tanh}, {"hard_tanh", hard_tanh}, {"hard_sigmoid", hard_sigmoid},
    {"sparse_sigmoid", sparse_sigmoid}, {"softsign", softsign}, {"arctan", arctan}, {"arcsinh", arcsinh},
    {"isru", isru}, {"sqnl", sqnl}, {"soft_clipping", soft_clipping}, {"tanhshrink", tanhshrink},
    {"softshrink", softshrink}, {"hardshrink", hardshrink}, {"sine", sine}, {"gcu", gcu}, {"snake", snake},
    {"gaussian", gaussian}, {"srelu", srelu}, {"apl", apl}, {"arelu", arelu}, {"acon_c", acon_c},
    {"soft_exponential", soft_exponential}, {"slaf", slaf}, {"pau_a", pau_a}, {"pau_b", pau_b}, {"pau_c", pau_c},
    {"mixture", mixture}, {"mixture_convex", mixture_convex}, {"pau_d", pau_d}, {"rrelu", rrelu}, {"brelu", brelu},
    {"crelu", crelu}, {"maxout", maxout}, {"frelu", frelu}, {"glu", glu}, {"bilinear", bilinear}, {"reglu", reglu},
    {"geglu", geglu}, {"swiglu", swiglu}, {"dyrelu_a", dyrelu}, {"dyrelu_b", dyrelu}, {"meta_acon_c", acon_c},
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0], POINTS = 200, TRIALS = 6, OPERANDS = OG_INPUT_COUNT };

static formula find(const char *id)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].id, id) == 0)
            return rows[i].f;
    fail_msg("the catalogue's '%s' is not tested: add its formula to tests/act/test_definitions.c", id);
    return NULL;
}

/* The derivative by *at from differences over h and 2 h, improved by Richardson; false near a kink or a jump, where the
 * second difference is larger than any row's curvature makes it. */
static bool derivative(formula f, const real *in, const real *p, real *at, real *value)
{
    const real start = *at, middle = f(in, p), curvature = 400;
    real steps[2];
    bool smooth = true;
    for (int i = 0; i < 2; i++) {
        real h = (i ? 1e-4L : 2e-4L);
        *at = start + h;
        real right = f(in, p);
        *at = start - h;
        real left = f(in, p);
        steps[i] = (right - left) / (2 * h);
        smooth &= fabsl(right - 2 * middle + left) <= curvature * h * h * fmaxl(1, fabsl(middle));
    }
    *at = start;
    *value = (4 * steps[1] - steps[0]) / 3;
    return smooth;
}

/* What one row is evaluated on and what came out. */
typedef struct trial {
    float z[OPERANDS][POINTS], y[POINTS], dz[OPERANDS][POINTS], dparams[OG_ACT_PARAMS_MAX][POINTS];
    float params[OG_ACT_PARAMS_MAX];
} trial;

static void evaluate(const og_act *act, og__isa isa, trial *t)
{
    const void *self;
    const float *z[OPERANDS];
    float *dz[OPERANDS], *dparams[OG_ACT_PARAMS_MAX];
    og__act_kernel *kernel;
    for (int i = 0; i < OPERANDS; i++) {
        z[i] = t->z[i];
        dz[i] = t->dz[i];
    }
    for (int k = 0; k < OG_ACT_PARAMS_MAX; k++)
        dparams[k] = t->dparams[k];
    if (og__act_kernel_open(act, OG_EXECUTOR_BUILT_IN, isa, &kernel) != OG_OK)
        fail_msg("%s: %s", og_act_id(act), og_error_text());
    og__act_kernel_frames(kernel, &self)->eval(self, POINTS, z, t->params, t->y, dz, dparams);
    og__act_kernel_close(kernel);
}

/* The first trial has the row's own values, the others move them by up to 0.3. */
static void fill(trial *t, const og_act_entry *entry, const og_input *operands, int number)
{
    og__random random = og__random_at(5, OG_STREAM_TEST, (uint64_t)number);
    for (size_t k = 0; k < entry->param_count; k++)
        t->params[k] = entry->params[k].value + (number > 0) * 0.6f * (og__random_uniform(&random) - 0.5f);
    for (int i = 0; i < OPERANDS; i++)
        for (int at = 0; at < POINTS; at++) {
            float uniform = og__random_uniform(&random);
            t->z[i][at] = operands[i] == OG_INPUT_NOISE ? uniform : (at % 4 ? 6 : 24) * (uniform - 0.5f);
        }
}

static void assert_same(const char *id, const char *what, real x, float found, real expected, real tolerance)
{
    if (!(fabsl((real)found - expected) <= tolerance * fmaxl(1, fabsl(expected))))
        fail_msg("%s%s at %.9Lg: %.9g, not %.9Lg", id, what, x, (double)found, expected);
}

/* The value may be off by some roundings of what its terms have, up to 1e3 at |x| = 12 (pau's powers); a derivative by
 * those and the differences. */
static void check_trial(const og_act *act, formula f, const og_input *operands, int operand_count, trial *t,
                        int *skipped)
{
    for (int at = 0; at < POINTS; at++) {
        real in[OG_INPUT_COUNT] = {0}, p[OG_ACT_PARAMS_MAX], expected;
        for (int i = 0; i < operand_count; i++)
            in[operands[i]] = t->z[i][at];
        for (size_t k = 0; k < act->param_count; k++)
            p[k] = t->params[k];
        assert_same(og_act_id(act), "", t->z[0][at], t->y[at], f(in, p), 1e-6L);
        for (int i = 0; i < operand_count; i++)
            if (operands[i] == OG_INPUT_NOISE)
                continue;
            else if (derivative(f, in, p, &in[operands[i]], &expected))
                assert_same(og_act_id(act), "'", t->z[0][at], t->dz[i][at], expected, 1e-5L);
            else
                ++*skipped;
        for (size_t k = 0; k < act->param_count; k++)
            if (derivative(f, in, p, &p[k], &expected))
                assert_same(og_act_id(act), " by a parameter", t->z[0][at], t->dparams[k][at], expected, 2e-4L);
            else
                ++*skipped;
    }
}

static void test_every_row(void **state)
{
    static trial t;
    (void)state;
    for (size_t i = 0; i < og_act_entry_count(); i++) {
        const og_act_entry *entry = og_act_entry_at(i);
        formula f = find(entry->id);
        og_act *act;
        og_input operands[OG_INPUT_COUNT] = {0};
        int skipped = 0;
        assert_int_equal(og_act_parse(entry->id, &act), OG_OK);
        int operand_count = og__act_operands(act, operands);
        for (int number = 0; number < TRIALS; number++) {
            fill(&t, entry, operands, number);
            evaluate(act, og__cpu_isa(), &t);
            check_trial(act, f, operands, operand_count, &t, &skipped);
        }
        if (skipped > TRIALS * POINTS / 20)
            fail_msg("%s: %d derivatives were not compared", entry->id, skipped);
        og_act_free(act);
    }
    assert_int_equal(og_act_entry_count(), ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

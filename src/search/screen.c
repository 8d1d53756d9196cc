#include "search/screen.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "act/act.h"
#include "base/memory.h"
#include "kernel/program.h"

typedef struct rejection_row {
    const char *name, *words;
} rejection_row;

static const rejection_row rows[] = {
    [OG_REJECTION_NONE] = {"", ""},
#define OG_REJECTION(id, name, words) [OG_REJECTION_##id] = {name, words},
#include "search/screen.def"
};

const char *og__rejection_name(og__rejection rejection)
{
    return rows[rejection].name;
}

const char *og__rejection_words(og__rejection rejection)
{
    return rows[rejection].words;
}

/* --- cost --------------------------------------------------------------------------------------------------------- */

/* Instructions of one step, as 'ogive bench act' finds them: arithmetic is one; a division or root keeps its unit busy
 * for longer; functions reduce their argument and run a polynomial, some of them two. */
static double weight_of(og__op op)
{
    switch (op) {
    case OG_OP_ABS:
    case OG_OP_SIGN:
        return 1;
    case OG_OP_PRODUCT_LOW:
    case OG_OP_SUM_LOW:
    case OG_OP_SUM_LOW_OF_NUMBER:
    case OG_OP_LOW:
        return 2;
    case OG_OP_DIV:
    case OG_OP_SQRT:
    case OG_OP_RSQRT:
        return 4;
    case OG_OP_ERF:
    case OG_OP_ERFC:
    case OG_OP_ERFC_TIMES:
    case OG_OP_ERFC_WIDE:
    case OG_OP_NORMAL_CDF:
    case OG_OP_NORMAL_CDF_TIMES:
    case OG_OP_NORMAL_CDF_WIDE:
    case OG_OP_TANH_SOFTPLUS:
    case OG_OP_TANH_SOFTPLUS_TIMES:
    case OG_OP_TANH_SOFTPLUS_WIDE:
    case OG_OP_SOFTPLUS:
    case OG_OP_SOFTPLUS_TIMES:
    case OG_OP_SOFTPLUS_WIDE:
    case OG_OP_LOG_SIGMOID:
    case OG_OP_LOG_SIGMOID_TIMES:
    case OG_OP_LOG_SIGMOID_WIDE:
    case OG_OP_ASINH:
    case OG_OP_POW:
        return 24;
    default:
        return op >= OG_OP_ADD && op <= OG_OP_WHERE ? 1 : 14;
    }
}

static double weigh(const og__steps *steps)
{
    double sum = 0;
    for (int i = 0; i < steps->count; i++)
        sum += weight_of(steps->items[i].op);
    return sum;
}

og_status og__instructions_of(const og_act *act, double *count)
{
    const double norm = 28; /* loading, normalising and storing, forward and backward, and the sums of its gradients */
    og__program *program;
    *count = NAN;
    OG_TRY(og__program_new(act, &program));
    *count = norm + weigh(&program->value) + weigh(&program->gradient) + (double)(2 * act->param_count);
    og__program_free(program);
    return OG_OK;
}

static og_status find_cost(const og_act *act, double relu, double *cost)
{
    double own;
    *cost = INFINITY;
    og_status status = og__instructions_of(act, &own);
    if (status == OG_ERR_UNSUPPORTED) /* too large for the interpreter: costs more than anybody would pay */
        return OG_OK;
    *cost = own / relu;
    return status;
}

/* --- the rules ---------------------------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void reject(og__prospect *p, og__rejection rejection, const char *format,
                                                         ...)
{
    va_list arguments;
    if (p->rejection != OG_REJECTION_NONE)
        return;
    p->rejection = rejection;
    va_start(arguments, format);
    vsnprintf(p->why, sizeof p->why, format, arguments);
    va_end(arguments);
}

static void judge_kinks(const og_act_facts *f, og__prospect *p)
{
    for (int i = 0; i < f->kink_count && i < OG_FACT_ITEMS_MAX; i++) {
        const og_act_kink *k = &f->kinks[i];
        if (k->jump)
            reject(p, OG_REJECTION_JUMP, "jumps from %.3g to %.3g at x = %.3g", k->left, k->right, k->x);
        else if (isinf(k->slope_left) || isinf(k->slope_right))
            reject(p, OG_REJECTION_JUMP, "its slope is infinite at x = %.3g", k->x);
    }
}

static void judge_growth(const og_act_facts *f, const og__screen_rules *rules, og__prospect *p)
{
    const og_act_tail *tails[] = {&f->left, &f->right};
    for (int side = 0; side < 2; side++) {
        const char *name = side == 0 ? "left" : "right";
        if (tails[side]->kind == OG_TAIL_NONE)
            reject(p, OG_REJECTION_FINITE, "not finite far to the %s", name);
        else if (tails[side]->power > rules->growth_most)
            reject(p, OG_REJECTION_GROWTH, "grows like %s to the %s",
                   isinf(tails[side]->power) ? "an exponential" : "x^3", name);
    }
}

static void judge_moments(const og_act_moments *m, const og__screen_rules *rules, og__prospect *p)
{
    if (m->variance == 0)
        reject(p, OG_REJECTION_CONSTANT, "constant, %.3g, for all common inputs", m->mean);
    if (m->slope_moment < 1e-12 * m->variance)
        reject(p, OG_REJECTION_CONSTANT, "its gradient is 0 nearly everywhere");
    if (m->nonlinearity < rules->nonlinearity_least)
        reject(p, OG_REJECTION_LINE, "%.3g %% of its output is not a straight line", 100 * m->nonlinearity);
    if (m->chi_norm > rules->chi_most)
        reject(p, OG_REJECTION_GRADIENT, "gradients grow by a factor of %.3g per layer, %.2g in all", sqrt(m->chi_norm),
               pow(m->chi_norm, 0.5 * rules->layers));
}

static void judge_facts(const og_act_facts *f, const og__screen_rules *rules, og__prospect *p)
{
    if (f->domain_count != 1)
        reject(p, OG_REJECTION_FINITE, "not a number for some inputs");
    judge_kinks(f, p);
    judge_growth(f, rules, p);
}

static const double alike = 0.9; /* correlation of two inputs */

enum { DEGREES = 64, SAMPLES = 401 };

/* Shares of f's variance by degree: a_k^2 / Var f, f = sum_k a_k h_k with Hermite polynomials normalised for N(0, 1).
 * What lies beyond the last degree is counted there. */
static og_status find_shares(const og_act *act, double shares[DEGREES + 1])
{
    const double reach = 8, step = 2 * reach / (SAMPLES - 1), density = 0.39894228040143267794;
    double params[OG_ACT_PARAMS_MAX], inputs[OG_INPUT_COUNT] = {0}, a[DEGREES + 1] = {0}, square = 0, *work;
    OG_TRY(og__alloc((size_t)act->graph.count, sizeof *work, &work));
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
    for (int i = 0; i < SAMPLES; i++) {
        double x = -reach + i * step, weight = density * exp(-0.5 * x * x) * step, value, before = 0, h = 1;
        inputs[OG_INPUT_X] = x;
        og__evaluate(&act->graph, 1, &act->value, inputs, params, work, &value);
        square += weight * value * value;
        for (int k = 0; k <= DEGREES; k++) {
            a[k] += weight * value * h;
            double next = (x * h - sqrt(k) * before) / sqrt(k + 1);
            before = h;
            h = next;
        }
    }
    free(work);
    double variance = square - a[0] * a[0], rest = 1;
    for (int k = 1; k < DEGREES; k++) {
        shares[k] = a[k] * a[k] / variance;
        rest -= shares[k];
    }
    shares[DEGREES] = rest > 0 ? rest : 0;
    return OG_OK;
}

/* What is left of that correlation behind the layers of an untrained network with norms: each one takes a correlation c
 * to sum_k a_k^2 c^k / Var f. og_act_propagate() finds the same by integrals, a thousand times more slowly. */
static og_status find_signal(const og_act *act, int layers, double *signal)
{
    double shares[DEGREES + 1], c = alike;
    OG_TRY(find_shares(act, shares));
    for (int l = 0; l < layers; l++) {
        double sum = 0;
        for (int k = DEGREES; k >= 1; k--)
            sum = (sum + shares[k]) * c;
        c = sum;
    }
    *signal = c;
    return OG_OK;
}

static og_status judge_signal(const og_act *act, const og__screen_rules *rules, og__prospect *p)
{
    OG_TRY(find_signal(act, rules->layers, &p->signal));
    if (!(p->signal >= rules->signal_least))
        reject(p, OG_REJECTION_SIGNAL, "of a correlation of %.2g between two inputs %.2g is left after %d layers",
               alike, p->signal, rules->layers);
    return OG_OK;
}

/* Value and slope far out. */
static og_status judge_overflow(const og_act *act, og__prospect *p)
{
    static const double far[] = {-1000, 1000};
    const og__expr roots[] = {act->value, act->slope};
    double params[OG_ACT_PARAMS_MAX], inputs[OG_INPUT_COUNT] = {0}, values[2], *steps;
    OG_TRY(og__alloc((size_t)act->graph.count, sizeof *steps, &steps));
    for (size_t k = 0; k < act->param_count; k++)
        params[k] = (double)act->params[k].value;
    for (int i = 0; i < 2; i++) {
        inputs[OG_INPUT_X] = far[i];
        og__evaluate(&act->graph, 2, roots, inputs, params, steps, values);
        if (!(fabs(values[0]) <= (double)FLT_MAX) || !(fabs(values[1]) <= (double)FLT_MAX))
            reject(p, OG_REJECTION_FINITE, "not finite in float32 at x = %g", far[i]);
    }
    free(steps);
    return OG_OK;
}

og_status og__screen(const og_act *act, const og__screen_rules *rules, og__prospect *prospect)
{
    og_act_facts facts;
    *prospect = (og__prospect){.chi = NAN, .nonlinearity = NAN, .signal = NAN, .cost = NAN};
    OG_TRY(find_cost(act, rules->relu_instructions, &prospect->cost));
    if (prospect->cost > rules->cost_most)
        reject(prospect, OG_REJECTION_COST, "costs %.3g times what relu does", prospect->cost);
    if (prospect->rejection != OG_REJECTION_NONE)
        return OG_OK;
    og_act_moments moments;
    og_status status = og_act_moments_at(act, 0, 1, NULL, &moments);
    if (status == OG_ERR_NUMERIC) {
        reject(prospect, OG_REJECTION_FINITE, "no finite mean and variance for normal inputs");
        return OG_OK;
    }
    OG_TRY(status);
    prospect->chi = moments.chi_norm;
    prospect->nonlinearity = moments.nonlinearity;
    judge_moments(&moments, rules, prospect); /* before the whole analysis, which takes longer */
    if (prospect->rejection == OG_REJECTION_NONE)
        OG_TRY(judge_signal(act, rules, prospect));
    if (prospect->rejection != OG_REJECTION_NONE)
        return OG_OK;
    OG_TRY(og_act_analyse(act, &facts));
    judge_facts(&facts, rules, prospect);
    if (prospect->rejection == OG_REJECTION_NONE)
        OG_TRY(judge_overflow(act, prospect));
    return OG_OK;
}

og_status og__screen_rules_init(int layers, double cost_most, og__screen_rules *rules)
{
    og_act *relu;
    *rules = (og__screen_rules){
        .nonlinearity_least = 0.01,
        .chi_most = 2,
        .layers = layers,
        .growth_most = 2.01,
        .cost_most = cost_most,
    };
    OG_TRY(og_act_parse("relu", &relu));
    og_status status = find_signal(relu, layers, &rules->signal_least);
    if (status == OG_OK)
        status = og__instructions_of(relu, &rules->relu_instructions);
    rules->signal_least /= 2;
    og_act_free(relu);
    return status;
}

#include "search/screen.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "act/act.h"
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
    if (f->flat_share > rules->flat_share_most)
        reject(p, OG_REJECTION_FLAT, "no gradient for %.3g %% of normal inputs", 100 * f->flat_share);
}

static const double alike = 0.9; /* correlation of two inputs */

/* What is left of it behind the layers of an untrained network with norms. */
static og_status find_signal(const og_act *act, int layers, double *signal)
{
    enum { LAYERS_MAX = 200 };
    og_act_signal signals[LAYERS_MAX + 1];
    og_act_depth depth = {.gain = 1,
                          .layers = layers < LAYERS_MAX ? layers : LAYERS_MAX,
                          .normalised = true,
                          .variance = 1,
                          .correlation = alike};
    OG_TRY(og_act_propagate(act, NULL, &depth, signals, NULL));
    *signal = signals[depth.layers].correlation;
    return OG_OK;
}

static og_status judge_signal(const og_act *act, const og__screen_rules *rules, og__prospect *p)
{
    og_status status = find_signal(act, rules->layers, &p->signal);
    if (status == OG_ERR_NUMERIC) {
        reject(p, OG_REJECTION_FINITE, "no finite moments");
        return OG_OK;
    }
    OG_TRY(status);
    if (!(p->signal >= rules->signal_least))
        reject(p, OG_REJECTION_SIGNAL, "of a correlation of %.2g between two inputs %.2g is left after %d layers",
               alike, p->signal, rules->layers);
    return OG_OK;
}

static void judge_overflow(const og_act *act, og__prospect *p)
{
    const float far[] = {-1000, 1000};
    float values[2] = {NAN, NAN}, slopes[2] = {NAN, NAN};
    og_status status = og_act_eval(act, 2, far, values, slopes, NULL);
    for (int i = 0; i < 2 && status == OG_OK; i++)
        if (!isfinite(values[i]) || !isfinite(slopes[i]))
            reject(p, OG_REJECTION_FINITE, "not finite in float32 at x = %g", (double)far[i]);
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
    if (prospect->rejection != OG_REJECTION_NONE)
        return OG_OK;
    OG_TRY(og_act_analyse(act, &facts));
    judge_facts(&facts, rules, prospect);
    if (prospect->rejection == OG_REJECTION_NONE)
        judge_overflow(act, prospect);
    return prospect->rejection == OG_REJECTION_NONE ? judge_signal(act, rules, prospect) : OG_OK;
}

og_status og__screen_rules_init(int layers, double cost_most, og__screen_rules *rules)
{
    og_act *relu;
    *rules = (og__screen_rules){
        .nonlinearity_least = 0.01,
        .flat_share_most = 0.7,
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

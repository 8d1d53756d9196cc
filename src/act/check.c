/* Whether a network can be trained with an activation. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "act/function.h"
#include "act/analyse.h"
#include "base/text.h"

static const double flat_most = 0.97;  /* of normal inputs: hardly anything would learn */
static const double growth_most = 2.5; /* chi_norm: the gradient grows tenfold in five layers */
static const double common = 8;        /* standard deviations: beyond, no network sees an input */

/* --- what cannot be trained --------------------------------------------------------------------------------------- */

static og_status refuse(const og_act *act, const og_act_facts *facts)
{
    const og_act_moments *m = &facts->moments;
    if (m->variance == 0)
        return og__fail(OG_ERR_NUMERIC,
                        "'%s' is constant, %g, for all common inputs: nothing can be learned through it",
                        og_act_text(act), m->mean);
    if (m->slope_moment < 1e-12 * m->variance)
        return og__fail(OG_ERR_NUMERIC,
                        "'%s' has a gradient of 0 nearly everywhere, so that nothing before it learns; use a function "
                        "with a slope, such as %s",
                        og_act_text(act), isinf(facts->lipschitz) ? "sigmoid or hard_sigmoid" : "leaky_relu");
    return OG_OK;
}

/* --- what gives doubt --------------------------------------------------------------------------------------------- */

static void warn_flat(const og_act_facts *f, og__text *text)
{
    if (f->flat_share > flat_most)
        og__text_format(text, "no gradient passes for %.3g %% of normal inputs: training will be slow or stand still\n",
                        100 * f->flat_share);
}

static void warn_line(const og_act *act, const og_act_facts *f, og__text *text)
{
    bool learns = false;
    for (size_t k = 0; k < act->param_count; k++)
        learns |= act->params[k].learn != OG_LEARN_NO;
    if (f->affine && !f->is_section && !learns)
        og__text_add(text, "it is a straight line: the network is linear however deep it is\n");
}

static void warn_growth(const og_act_facts *f, og__text *text)
{
    if (f->moments.chi_norm > growth_most && isfinite(f->moments.chi_norm))
        og__text_format(text, "gradients grow by a factor of %.3g per layer behind a norm, %.2g in ten layers\n",
                        sqrt(f->moments.chi_norm), pow(f->moments.chi_norm, 5));
}

static void warn_kinks(const og_act_facts *f, og__text *text)
{
    for (int i = 0; i < f->kink_count && i < OG_FACT_ITEMS_MAX; i++) {
        const og_act_kink *k = &f->kinks[i];
        if (isinf(k->left) || isinf(k->right))
            og__text_format(text, "it is infinite at x = %.4g\n", k->x);
        else if (k->jump)
            og__text_format(text, "it jumps from %.4g to %.4g at x = %.4g, which no gradient shows\n", k->left,
                            k->right, k->x);
        else if (isinf(k->slope_left) || isinf(k->slope_right))
            og__text_format(text, "its slope is infinite at x = %.4g: gradients may become infinite or not a number\n",
                            k->x);
    }
}

/* Ends of the domain, and single points that it lacks, which exact zeros of padded images do hit. */
static void warn_domain(const og__function *f, const og_act_facts *facts, og__text *text)
{
    int count = facts->domain_count < OG_FACT_ITEMS_MAX ? facts->domain_count : OG_FACT_ITEMS_MAX;
    if (count == 0)
        return;
    double first = facts->domain[0].from, last = facts->domain[count - 1].to;
    if (isfinite(first) && facts->left.kind != OG_TAIL_OSCILLATES)
        og__text_format(text, "it is not a number for x < %.4g\n", first);
    if (isfinite(last) && facts->right.kind != OG_TAIL_OSCILLATES)
        og__text_format(text, "it is not a number for x > %.4g\n", last);
    for (int i = 0; i + 1 < count; i++) {
        double to = facts->domain[i].to, from = facts->domain[i + 1].from;
        if (from > to)
            og__text_format(text, "it is not a number for x from %.4g to %.4g\n", to, from);
        else if (isnan(og__function_value(f, to)))
            og__text_format(text, "it is not a number exactly at x = %.4g\n", to);
    }
}

static bool overflows(const og__function *f, double x)
{
    return fabs(og__function_value(f, x)) > FLT_MAX;
}

static void warn_overflow(const og__function *f, og__text *text)
{
    const double far = 1000;
    for (int side = -1; side <= 1; side += 2) {
        double fine = 0, wrong = side * far;
        if (!overflows(f, wrong) || overflows(f, fine))
            continue;
        for (int i = 0; i < 50; i++) {
            double middle = 0.5 * (fine + wrong);
            if (overflows(f, middle))
                wrong = middle;
            else
                fine = middle;
        }
        if (fabs(wrong) > common)
            og__text_format(text, "it overflows float32 for x %s %.3g\n", side < 0 ? "<" : ">", wrong);
    }
}

static void warn_params(const og__function *f, og__text *text)
{
    const og_act *act = f->act;
    for (size_t k = 0; k < act->param_count; k++) {
        bool moves = act->params[k].learn == OG_LEARN_NO;
        for (int i = 0; i <= 160 && !moves; i++) {
            double inputs[OG_INPUT_COUNT], value;
            for (int n = 0; n < OG_INPUT_COUNT; n++)
                inputs[n] = f->inputs[n];
            inputs[OG_INPUT_X] = inputs[OG_INPUT_MIRROR] = 0.1 * (i - 80) + 0.003;
            og__evaluate(&act->graph, 1, &act->by_param[k], inputs, f->params, f->work, &value);
            moves = value != 0;
        }
        if (!moves)
            og__text_format(text, "its learned parameter '%s' has no gradient at the start: it may never change\n",
                            act->params[k].name);
    }
}

static og_status warn(const og_act *act, const og_act_facts *facts, og__text *text)
{
    og__function f = {0};
    OG_TRY(og__function_init(&f, act, NULL));
    warn_line(act, facts, text);
    warn_flat(facts, text);
    warn_growth(facts, text);
    warn_kinks(facts, text);
    warn_domain(&f, facts, text);
    warn_overflow(&f, text);
    warn_params(&f, text);
    og__function_deinit(&f);
    return og__text_status(text);
}

og_status og_act_check(const og_act *act, char **warnings)
{
    og_act_facts facts;
    og__text text = {0};
    if (warnings)
        *warnings = NULL;
    OG_TRY(og_act_analyse(act, &facts));
    OG_TRY(refuse(act, &facts));
    if (!warnings)
        return OG_OK;
    og_status status = warn(act, &facts, &text);
    if (status == OG_OK && text.length > 0) {
        *warnings = text.data;
        text = (og__text){0};
    }
    og__text_deinit(&text);
    return status;
}

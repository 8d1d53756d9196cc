/* Facts in words: the rules of remarks.def. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "act/function.h"
#include "act/analyse.h"
#include "base/memory.h"
#include "base/text.h"

/* What several rules need beside the facts. */
typedef struct views {
    double shift;                   /* mean of the output in its standard deviations */
    double variance_slope;          /* d E f(sqrt(q) z)^2 / dq at q = 1 */
    double slope_left, slope_right; /* -f(-1), f(1): the rays of a homogeneous function */
    double flat_left, flat_right;   /* where the tails are flat */
    double power;                   /* of the faster tail */
    double pytorch_gain;            /* of calculate_gain, 0 where it has none */
    og_act_kink kink;               /* the one that the rule on kinks or jumps speaks of: nearest to 0 */
    bool jumps;
    int turns;   /* between rising and falling, for |x| < 10 */
    int learned; /* parameters */
} views;

/* torch.nn.init.calculate_gain, PyTorch 2: relu sqrt(2), leaky_relu sqrt(2/(1 + a^2)), tanh 5/3, selu 3/4, else 1. */
static double pytorch_gain(const og_act *act)
{
    static const struct {
        const char *id;
        double gain;
    } known[] = {{"identity", 1}, {"sigmoid", 1}, {"tanh", 5.0 / 3}, {"relu", M_SQRT2}, {"selu", 0.75}};
    const char *id = og_act_id(act);
    for (size_t i = 0; id && i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].id, id) == 0)
            return known[i].gain;
    if (id && strcmp(id, "leaky_relu") == 0)
        return sqrt(2 / (1 + (double)act->params[0].value * (double)act->params[0].value));
    return 0;
}

static double power_of(const og_act_tail *tail)
{
    return isnan(tail->power) ? 0 : tail->power;
}

static void choose_kink(const og_act_facts *f, views *v)
{
    for (int i = 0; i < f->kink_count && i < OG_FACT_ITEMS_MAX; i++)
        v->jumps |= f->kinks[i].jump && isfinite(f->kinks[i].left) && isfinite(f->kinks[i].right);
    v->kink.x = INFINITY;
    for (int i = 0; i < f->kink_count && i < OG_FACT_ITEMS_MAX; i++)
        if (f->kinks[i].jump == v->jumps && fabs(f->kinks[i].x) < fabs(v->kink.x))
            v->kink = f->kinks[i];
}

static int count_turns(const og_act_facts *f)
{
    int turns = 0, before = 0;
    for (int i = 0; i < f->piece_count && i < OG_FACT_ITEMS_MAX; i++) {
        int direction = f->pieces[i].direction;
        if (direction == 0 || f->pieces[i].to <= -10 || f->pieces[i].from >= 10)
            continue;
        turns += before != 0 && direction != before;
        before = direction;
    }
    return turns;
}

static og_status find_views(const og_act *act, const og_act_facts *f, views *v)
{
    og__function function;
    const double step = 1e-3;
    og_act_moments less, more;
    *v = (views){.shift = f->moments.mean / sqrt(f->moments.variance)};
    OG_TRY(og__function_init(&function, act, NULL));
    v->slope_left = 0 - og__function_value(&function, -1); /* no -0 */
    v->slope_right = og__function_value(&function, 1);
    og__function_deinit(&function);
    if (fabs(f->moments.second_moment - 1) < 1e-2) { /* only the rule on self-normalising asks */
        OG_TRY(og_act_moments_at(act, 0, sqrt(1 - step), NULL, &less));
        OG_TRY(og_act_moments_at(act, 0, sqrt(1 + step), NULL, &more));
        v->variance_slope = (more.second_moment - less.second_moment) / (2 * step);
    }
    v->flat_left = f->left.flat_from;
    v->flat_right = f->right.flat_from;
    v->power = fmax(power_of(&f->left), power_of(&f->right));
    v->pytorch_gain = pytorch_gain(act);
    v->turns = count_turns(f);
    for (size_t k = 0; k < act->param_count; k++)
        v->learned += act->params[k].learn != OG_LEARN_NO;
    choose_kink(f, v);
    return OG_OK;
}

enum {
    RULES = 0
#define OG_REMARK(rule, kind, condition, english, chinese, ...) +1
#include "act/remarks.def"
#undef OG_REMARK
};

static og_status add(og_act_remark *remarks, size_t *count, og_remark_kind kind, const char *rule, og__text *text)
{
    og_status status = og__text_status(text);
    if (status == OG_OK) {
        remarks[(*count)++] = (og_act_remark){.kind = kind, .rule = rule, .text = text->data};
        *text = (og__text){0};
    }
    og__text_deinit(text);
    return status;
}

static og_status apply(const og_act_facts *f, const views *v, og_language language, og_act_remark *remarks,
                       size_t *count)
{
    const og_act_moments *m = &f->moments;
    og__text text = {0};
#define OG_REMARK(rule, kind, condition, english, chinese, ...)                                                        \
    if (condition) {                                                                                                   \
        og__text_format(&text, language == OG_LANGUAGE_CHINESE ? chinese : english, __VA_ARGS__);                      \
        OG_TRY(add(remarks, count, OG_REMARK_##kind, #rule, &text));                                                   \
    }
#include "act/remarks.def"
#undef OG_REMARK
    return OG_OK;
}

og_status og_act_remarks(const og_act *act, og_language language, og_act_remark **remarks, size_t *count)
{
    og_status status = OG_OK;
    og_act_facts facts;
    views v;
    og_act_remark *made = NULL;
    size_t made_count = 0;
    *remarks = NULL;
    *count = 0;
    if (language != OG_LANGUAGE_ENGLISH && language != OG_LANGUAGE_CHINESE)
        return og__fail(OG_ERR_ARGUMENT, "remarks are asked for in language %d; there are 0 (English) and 1 (Chinese)",
                        (int)language);
    OG_GO(og_act_analyse(act, &facts));
    OG_GO(find_views(act, &facts, &v));
    OG_GO(og__alloc(RULES, sizeof *made, &made));
    OG_GO(apply(&facts, &v, language, made, &made_count));
    *remarks = made;
    *count = made_count;
    made = NULL;
done:
    og_act_remarks_free(made, made_count);
    return status;
}

void og_act_remarks_free(og_act_remark *remarks, size_t count)
{
    for (size_t i = 0; remarks && i < count; i++)
        free(remarks[i].text);
    free(remarks);
}

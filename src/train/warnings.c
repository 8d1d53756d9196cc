#include "train/warnings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "format/json.h"
#include "train/placement.h"

enum { PARAMS_FROM_STEP = 10 };

/* --- items -------------------------------------------------------------------------------------------------------- */

/* Facts that cannot be known are NaN, and no rule speaks on them. Most items have the activation of one before. */
static og_status learn_about(const og__warnings *w, og__warning_item *item)
{
    for (const og__warning_item *other = w->items; other < item; other++)
        if (strcmp(og_act_text(other->act), og_act_text(item->act)) == 0) {
            item->facts = other->facts;
            return OG_OK;
        }
    og_status status = og_act_analyse(item->act, &item->facts);
    return status == OG_ERR_NUMERIC ? OG_OK : status;
}

/* Layers of one place and stage stand one behind the other, and so do those of one place. */
static og_status add_items(og__warnings *w, const og__watched_layer *layers, bool whole)
{
    for (size_t i = 0; i < w->layer_count; i++) {
        const og_layer *layer = &layers[i].place;
        og__warning_item *last = w->item_count > 0 ? &w->items[w->item_count - 1] : NULL;
        if (whole && layer->place == OG_PLACE_BOTTLENECK)
            continue; /* one pair of layers is too few for a slope */
        if (last && last->place == layer->place && last->stage == (whole ? -1 : layer->stage)) {
            last->count++;
            continue;
        }
        og__warning_item *item = &w->items[w->item_count++];
        *item = (og__warning_item){.first = i, .count = 1, .place = layer->place, .act = layers[i].act};
        item->stage = whole ? -1 : layer->stage;
        OG_TRY(learn_about(w, item));
    }
    return OG_OK;
}

/* --- measures ----------------------------------------------------------------------------------------------------- */

static double mean_over_channels(const og__warnings *w, const og__warning_item *item, size_t offset)
{
    double sum = 0, channels = 0;
    for (size_t l = item->first; l < item->first + item->count; l++) {
        sum += w->layers[l].channels * *(const double *)((const char *)&w->now[l] + offset);
        channels += w->layers[l].channels;
    }
    return sum / channels;
}

#define MEAN(w, item, number) mean_over_channels(w, item, offsetof(og__health_layer, number))

static double weakest_gradient(const og__warnings *w, const og__warning_item *item)
{
    double weakest = INFINITY;
    for (size_t l = item->first; l < item->first + item->count; l++)
        weakest = fmin(weakest, w->now[l].gradient_rms);
    return weakest;
}

static double measure_unreached(const og__warnings *w, const og__warning_item *item)
{
    return w->step >= PARAMS_FROM_STEP && og__warning_unmoved(w, item, true) ? 1 : 0;
}

static double measure_unmoved(const og__warnings *w, const og__warning_item *item)
{
    return w->step >= PARAMS_FROM_STEP && og__warning_unmoved(w, item, false) ? 1 : 0;
}

static double measure_dead(const og__warnings *w, const og__warning_item *item)
{
    return MEAN(w, item, dead);
}

/* Functions that are flat on one side only are meant to be there: their dead and rare channels tell. */
static double measure_stuck(const og__warnings *w, const og__warning_item *item)
{
    const og_act_tail *left = &item->facts.left, *right = &item->facts.right;
    double share = MEAN(w, item, saturated_left) + MEAN(w, item, saturated_right);
    double normal = left->flat_share + right->flat_share;
    bool both = isfinite(left->limit) && isfinite(right->limit);
    return both && share > normal + 0.25 ? share : 0;
}

static double measure_vanishing(const og__warnings *w, const og__warning_item *item)
{
    double weakest = weakest_gradient(w, item);
    return weakest == 0 ? INFINITY : w->gradient_end / weakest;
}

static double measure_exploding(const og__warnings *w, const og__warning_item *item)
{
    return weakest_gradient(w, item) / w->gradient_end;
}

/* A norm takes the mean away, and without one the next layer gets it as it is. */
static double measure_faint(const og__warnings *w, const og__warning_item *item)
{
    return w->normalised ? 0 : 1 / MEAN(w, item, variation);
}

static double measure_constant(const og__warnings *w, const og__warning_item *item)
{
    return MEAN(w, item, constant);
}

static double measure_rare(const og__warnings *w, const og__warning_item *item)
{
    return MEAN(w, item, rare);
}

static double measure_pushed(const og__warnings *w, const og__warning_item *item)
{
    return (isfinite(item->facts.left.limit) ? MEAN(w, item, norm_low) : 0) +
           (isfinite(item->facts.right.limit) ? MEAN(w, item, norm_high) : 0);
}

static double measure_linear(const og__warnings *w, const og__warning_item *item)
{
    return item->facts.affine ? 0 : MEAN(w, item, linear);
}

static double measure_slope(const og__warnings *w, const og__warning_item *item)
{
    return exp(fabs(log(og__warning_growth(w, item) / og__warning_predicted(w, item))));
}

static double measure_drift(const og__warnings *w, const og__warning_item *item)
{
    return exp(fabs(log(MEAN(w, item, variance_ratio) / MEAN(w, item, variance_ratio_normal))));
}

static double measure_sparse(const og__warnings *w, const og__warning_item *item)
{
    return MEAN(w, item, sparsity);
}

double og__warning_growth(const og__warnings *w, const og__warning_item *item)
{
    double sum = 0;
    int pairs = 0;
    for (size_t l = item->first; l + 1 < item->first + item->count; l++)
        if (w->layers[l].stage == w->layers[l + 1].stage) { /* other pairs differ in size and channels too */
            sum += log(w->now[l].gradient_rms / w->now[l + 1].gradient_rms);
            pairs++;
        }
    return pairs > 0 ? exp(sum / pairs) : NAN;
}

double og__warning_predicted(const og__warnings *w, const og__warning_item *item)
{
    double sum = 0;
    int pairs = 0;
    for (size_t i = 0; i < w->item_count; i++) {
        const og__warning_item *group = &w->items[i];
        if (group->place == item->place && group->stage >= 0) {
            sum += 0.5 * log(w->normalised ? group->facts.moments.chi_norm : group->facts.moments.chi);
            pairs++;
        }
    }
    return pairs > 0 ? exp(sum / pairs) : NAN;
}

const og__health_param *og__warning_unmoved(const og__warnings *w, const og__warning_item *item, bool gradient)
{
    for (size_t l = item->first; l < item->first + item->count; l++)
        for (size_t k = 0; k < w->now[l].param_count; k++) {
            const og__health_param *param = &w->now[l].params[k];
            if (param->moved == 0 && (param->gradient > 0) == gradient)
                return param;
        }
    return NULL;
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

typedef enum scope { GROUP, PATH } scope;
typedef enum family { NONE, PARAMS, UNITS } family;
typedef enum condition { NO_NORM, ONE_SIDE, GROWS, ALWAYS } condition;

typedef enum rule_name {
#define OG_WARNING(name, serious, scope, family, threshold, clear, samples, subject, sentence) RULE_##name,
#include "train/warnings.def"
#undef OG_WARNING
    RULES
} rule_name;

static const struct rule {
    const char *name;
    bool serious;
    scope scope;
    family family;
    double threshold, clear;
    int samples;
    const char *subject, *sentence;
    double (*measure)(const og__warnings *w, const og__warning_item *item);
} rules[] = {
#define OG_WARNING(name, serious, scope, family, threshold, clear, samples, subject, sentence)                         \
    {#name, serious, scope, family, threshold, clear, samples, subject, sentence, measure_##name},
#include "train/warnings.def"
#undef OG_WARNING
};

static const struct {
    rule_name rule;
    condition condition;
    const char *text;
} advices[] = {
#define OG_ADVICE(name, condition, text) {RULE_##name, condition, text},
#include "train/warnings.def"
#undef OG_ADVICE
};

/* One rule at one item. */
typedef struct og__warning_state {
    int above, below; /* samples in a row */
    bool on, spoken;  /* not spoken where another of the family was on */
    int64_t since;    /* epoch of the first sample of `above` */
    double value;
} rule_state;

static rule_state *state_of(const og__warnings *w, int rule, size_t item)
{
    return &w->states[(size_t)rule * OG_WARNING_ITEMS_MAX + item];
}

static bool holds(const og__warnings *w, const og__warning_item *item, condition which)
{
    switch (which) {
    case NO_NORM:
        return !w->normalised;
    case ONE_SIDE:
        return isfinite(item->facts.left.limit) != isfinite(item->facts.right.limit);
    case GROWS:
        return og__warning_growth(w, item) > 1;
    case ALWAYS:
        break;
    }
    return true;
}

static const char *advice_for(const og__warnings *w, int rule, const og__warning_item *item)
{
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if ((int)advices[i].rule == rule && holds(w, item, advices[i].condition))
            return advices[i].text;
    return "";
}

/* --- one sample --------------------------------------------------------------------------------------------------- */

typedef enum change { STAYS, BEGINS, ENDS } change;

static bool family_speaks(const og__warnings *w, int rule, size_t item)
{
    for (int other = 0; other < rule; other++)
        if (rules[rule].family != NONE && rules[other].family == rules[rule].family && state_of(w, other, item)->on)
            return true;
    return false;
}

/* A value between the two thresholds, or one that is not known, keeps things as they are. */
static change advance(const og__warnings *w, int rule, size_t item)
{
    const struct rule *r = &rules[rule];
    rule_state *s = state_of(w, rule, item);
    s->value = r->measure(w, &w->items[item]);
    bool above = s->value >= r->threshold, below = s->value < r->clear;
    if (above && s->above++ == 0 && !s->on)
        s->since = w->epoch;
    s->above = above ? s->above : 0;
    s->below = below ? s->below + 1 : 0;
    if (!s->on && s->above >= r->samples) {
        s->on = true;
        s->spoken = !family_speaks(w, rule, item);
        return s->spoken ? BEGINS : STAYS;
    }
    if (s->on && s->below >= r->samples) {
        s->on = false;
        return s->spoken ? ENDS : STAYS;
    }
    return STAYS;
}

static og_status fill_event(const og__warnings *w, int rule, change how, const og__warning_words *words, json_t *event)
{
    char *text, place[OG_PLACE_TEXT_BYTES];
    OG_TRY(og__json_set(event, "warning", json_string(rules[rule].name)));
    OG_TRY(og__json_set(event, "serious", json_boolean(rules[rule].serious)));
    OG_TRY(og__json_set(event, "state", json_string(how == BEGINS ? "begins" : "ends")));
    OG_TRY(og__json_set(event, "epoch", json_integer(w->epoch)));
    OG_TRY(og__json_set(event, "since", json_integer(words->since)));
    json_t *where = json_array(), *values = json_array();
    OG_TRY(og__json_set(event, "where", where));
    OG_TRY(og__json_set(event, "values", values));
    for (size_t i = 0; i < words->count; i++) {
        const og__warning_item *item = words->items[i];
        if (item->stage < 0)
            OG_TRY(og__json_append(where, json_string(og__place_name(item->place))));
        else {
            og__place_text(item->place, item->stage, sizeof place, place);
            OG_TRY(og__json_append(where, json_string(place)));
        }
        OG_TRY(og__json_append(values, og__json_real(words->values[i])));
    }
    OG_TRY(how == BEGINS ? og__warning_text(words, &text)
                         : og__warning_end_text(words, rules[rule].subject, w->epoch, &text));
    og_status status = og__json_set(event, "text", og__json_string(text));
    free(text);
    return status;
}

static og_status add_event(const og__warnings *w, int rule, change how, const size_t *items, size_t count,
                           json_t *events)
{
    const og__warning_item *list[OG_WARNING_ITEMS_MAX];
    double values[OG_WARNING_ITEMS_MAX];
    json_t *event = json_object();
    og__warning_words words = {.warnings = w, .sentence = rules[rule].sentence, .since = w->epoch};
    OG_TRY(og__json_append(events, event));
    for (size_t i = 0; i < count; i++) {
        const rule_state *s = state_of(w, rule, items[i]);
        list[i] = &w->items[items[i]];
        values[i] = s->value;
        words.since = s->since < words.since ? s->since : words.since;
    }
    words.items = list;
    words.values = values;
    words.count = count;
    words.advice = advice_for(w, rule, list[0]);
    return fill_event(w, rule, how, &words, event);
}

static og_status judge_rule(og__warnings *w, int rule, json_t *events)
{
    size_t changed[3][OG_WARNING_ITEMS_MAX], counts[3] = {0};
    for (size_t i = 0; i < w->item_count; i++) {
        if ((w->items[i].stage < 0) != (rules[rule].scope == PATH))
            continue;
        change how = advance(w, rule, i);
        changed[how][counts[how]++] = i;
    }
    for (change how = BEGINS; how <= ENDS; how++)
        if (counts[how] > 0)
            OG_TRY(add_event(w, rule, how, changed[how], counts[how], events));
    return OG_OK;
}

og_status og__warnings_judge(og__warnings *w, const json_t *sample, json_t *events)
{
    OG_TRY(og__health_sample_read(sample, w->now, w->layers, w->layer_count, &w->epoch, &w->step));
    w->gradient_end = w->now[w->layer_count - 1].gradient_rms;
    for (int rule = 0; rule < RULES; rule++)
        OG_TRY(judge_rule(w, rule, events));
    return OG_OK;
}

/* --- lifetime ----------------------------------------------------------------------------------------------------- */

og_status og__warnings_init(og__warnings *w, const og__watched_layer *layers, size_t count, og_norm norm)
{
    og_status status = OG_OK;
    *w = (og__warnings){.layer_count = count, .normalised = norm != OG_NORM_NONE};
    for (size_t i = 0; i < count; i++)
        w->layers[i] = layers[i].place;
    OG_GO(og__alloc(RULES * OG_WARNING_ITEMS_MAX, sizeof *w->states, &w->states));
    OG_GO(og__alloc(count, sizeof *w->now, &w->now));
    OG_GO(add_items(w, layers, false));
    OG_GO(add_items(w, layers, true));
done:
    if (status != OG_OK)
        og__warnings_deinit(w);
    return status;
}

og_status og__warnings_init_net(og__warnings *w, const og_net *net)
{
    og__watched_layer layers[OG_WARNING_LAYERS_MAX];
    const og_net_spec *spec = og_net_spec_of(net);
    size_t count = og_net_layer_count(net);
    for (size_t i = 0; i < count; i++) {
        layers[i].place = *og_net_layer_at(net, i);
        layers[i].act = spec->acts[layers[i].place.place][layers[i].place.stage];
    }
    /* the warnings ask what the activation gets */
    og_norm before = spec->order == OG_ORDER_NORM_ACT ? spec->norm : OG_NORM_NONE;
    return og__warnings_init(w, layers, count, before);
}

void og__warnings_deinit(og__warnings *w)
{
    free(w->states);
    free(w->now);
    *w = (og__warnings){0};
}

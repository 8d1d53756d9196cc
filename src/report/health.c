/* What happened inside the networks of one activation: mean over its finished runs, layer by layer. */
#include <math.h>
#include <string.h>

#include <ogive/facts.h>

#include "format/json.h"
#include "report/parts.h"

static const char *const described[] = {"layer", "place", "stage", "channels"};
static const char *const averaged[] = {"dead", "rare", "linear",     "saturated_left", "saturated_right",
                                       "mean", "sd",   "mean_shift", "nonlinearity",   "gradient_rms"};

/* The runs of an activation whose result holds the health of a moment ("health_first" or "health"). */
static const json_t *layers_of(const og__report *report, size_t block, size_t arm, const char *moment)
{
    return json_object_get(og__study_trial(report->study, block, arm)->result, moment);
}

static double mean_of(const og__report *report, size_t arm, const char *moment, size_t layer, const char *key)
{
    double sum = 0;
    int count = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        double value = og__report_number(json_array_get(layers_of(report, b, arm, moment), layer), key);
        if (isfinite(value)) {
            sum += value;
            count++;
        }
    }
    return count > 0 ? sum / count : NAN;
}

/* Sum over the runs of one bin of a histogram, or of its "below" or "above". */
static json_int_t sum_of(const og__report *report, size_t arm, const char *moment, size_t layer, const char *key,
                         size_t bin)
{
    json_int_t sum = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        const json_t *histogram =
            json_object_get(json_array_get(layers_of(report, b, arm, moment), layer), "histogram");
        const json_t *value = json_object_get(histogram, key);
        sum += json_integer_value(json_is_array(value) ? json_array_get(value, bin) : value);
    }
    return sum;
}

static og_status add_histogram(const og__report *report, size_t arm, const char *moment, size_t layer,
                               const json_t *pattern, json_t *owner)
{
    const json_t *first = json_object_get(pattern, "histogram");
    json_t *histogram = json_object(), *counts = json_array();
    OG_TRY(og__json_set(owner, "histogram", histogram));
    OG_TRY(og__json_set(histogram, "lo", og__json_real(og__report_number(first, "lo"))));
    OG_TRY(og__json_set(histogram, "hi", og__json_real(og__report_number(first, "hi"))));
    OG_TRY(og__json_set(histogram, "counts", counts));
    for (size_t bin = 0; bin < json_array_size(json_object_get(first, "counts")); bin++)
        OG_TRY(og__json_append(counts, json_integer(sum_of(report, arm, moment, layer, "counts", bin))));
    OG_TRY(og__json_set(histogram, "below", json_integer(sum_of(report, arm, moment, layer, "below", 0))));
    return og__json_set(histogram, "above", json_integer(sum_of(report, arm, moment, layer, "above", 0)));
}

static og_status add_moment(const og__report *report, size_t arm, const char *moment, json_t *owner, const char *key)
{
    const json_t *pattern = NULL; /* any run that has the layers */
    json_t *rows = json_array();
    OG_TRY(og__json_set(owner, key, rows));
    for (size_t b = 0; b < report->verdict.blocks && !pattern; b++)
        pattern = layers_of(report, b, arm, moment);
    for (size_t layer = 0; layer < json_array_size(pattern); layer++) {
        const json_t *first = json_array_get(pattern, layer);
        json_t *row = json_object();
        OG_TRY(og__json_append(rows, row));
        for (size_t i = 0; i < sizeof described / sizeof described[0]; i++)
            OG_TRY(og__json_set(row, described[i], json_incref(json_object_get(first, described[i]))));
        for (size_t i = 0; i < sizeof averaged / sizeof averaged[0]; i++)
            OG_TRY(og__json_set(row, averaged[i], og__json_real(mean_of(report, arm, moment, layer, averaged[i]))));
        OG_TRY(add_histogram(report, arm, moment, layer, first, row));
    }
    return OG_OK;
}

/* Whether a layer has the arm's activation, not one that an option put there in every run: then it says nothing about
 * the arm. */
static bool is_own(const og__report *report, size_t block, size_t arm, const json_t *layer)
{
    const json_t *acts = json_object_get(og__study_trial(report->study, block, arm)->result, "acts");
    for (size_t i = 0; i < json_array_size(acts); i++) {
        const json_t *row = json_array_get(acts, i);
        const char *text = json_string_value(json_object_get(row, "text"));
        if (text && json_equal(json_object_get(row, "place"), json_object_get(layer, "place")) &&
            json_equal(json_object_get(row, "stage"), json_object_get(layer, "stage")))
            return strcmp(text, og_act_text(report->study->arms.items[arm].act)) == 0;
    }
    return true;
}

/* --- growth of the gradient ---------------------------------------------------------------------------------- */

static bool same_text(const json_t *a, const json_t *b, const char *key)
{
    const char *left = json_string_value(json_object_get(a, key)), *right = json_string_value(json_object_get(b, key));
    return left && right && strcmp(left, right) == 0;
}

/* Geometric mean of gradient_rms(l) / gradient_rms(l + 1) over neighbours of one stage that have the activation, in all
 * runs: only there do both
 * layers have the same size and number of channels, so that the factor is the activation's and the norm's alone. */
static og_status add_growth(const og__report *report, size_t arm, const char *moment, json_t *owner, const char *key)
{
    double sum = 0;
    int pairs = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        const json_t *layers = layers_of(report, b, arm, moment);
        for (size_t l = 0; l + 1 < json_array_size(layers); l++) {
            const json_t *one = json_array_get(layers, l), *next = json_array_get(layers, l + 1);
            double growth = og__report_number(one, "gradient_rms") / og__report_number(next, "gradient_rms");
            if (!same_text(one, next, "place") || og__report_number(one, "stage") != og__report_number(next, "stage") ||
                !is_own(report, b, arm, one) || !(growth > 0) || !isfinite(growth))
                continue;
            sum += log(growth);
            pairs++;
        }
    }
    json_t *object = json_object();
    OG_TRY(og__json_set(owner, key, object));
    OG_TRY(og__json_set(object, "mean", og__json_real(pairs > 0 ? exp(sum / pairs) : NAN)));
    return og__json_set(object, "pairs", json_integer(pairs));
}

/* sqrt(chi): what the formula alone predicts for standard normal inputs, with a norm before it or without. */
static og_status add_gradient(const og__report *report, size_t arm, json_t *owner)
{
    og_act_facts facts;
    json_t *question = json_object_get(report->study->record, "question");
    const char *norm = json_string_value(json_object_get(json_object_get(question, "train"), "norm"));
    bool normalised = !norm || strcmp(norm, "none") != 0;
    json_t *object = json_object();
    OG_TRY(og__json_set(owner, "gradient", object));
    OG_TRY(og_act_analyse(report->study->arms.items[arm].act, &facts));
    OG_TRY(og__json_set(object, "predicted",
                        og__json_real(sqrt(normalised ? facts.moments.chi_norm : facts.moments.chi))));
    OG_TRY(add_growth(report, arm, "health_first", object, "first"));
    return add_growth(report, arm, "health", object, "last");
}

/* --- learned parameters -------------------------------------------------------------------------------------- */

og__learned og__report_learned(const og__report *report, size_t arm, const char *name)
{
    og__learned learned = {.initial = NAN, .mean = NAN, .low = INFINITY, .high = -INFINITY};
    double sum = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        const json_t *layers = layers_of(report, b, arm, "health");
        for (size_t l = 0; l < json_array_size(layers); l++) {
            const json_t *param = json_object_get(json_object_get(json_array_get(layers, l), "params"), name);
            if (!isfinite(og__report_number(param, "mean")) || !is_own(report, b, arm, json_array_get(layers, l)))
                continue;
            learned.initial = og__report_number(param, "initial");
            sum += og__report_number(param, "mean");
            learned.low = fmin(learned.low, og__report_number(param, "min"));
            learned.high = fmax(learned.high, og__report_number(param, "max"));
            learned.count++;
        }
    }
    if (learned.count > 0)
        learned.mean = sum / learned.count;
    return learned;
}

static og_status add_learned_param(const og__report *report, size_t arm, const char *name, json_t *list)
{
    og__learned learned = og__report_learned(report, arm, name);
    json_t *row = json_object();
    OG_TRY(og__json_append(list, row));
    OG_TRY(og__json_set(row, "name", og__json_string(name)));
    OG_TRY(og__json_set(row, "initial", og__json_real(learned.initial)));
    OG_TRY(og__json_set(row, "mean", og__json_real(learned.mean)));
    OG_TRY(og__json_set(row, "min", og__json_real(learned.low)));
    return og__json_set(row, "max", og__json_real(learned.high));
}

static og_status add_learned(const og__report *report, size_t arm, json_t *owner)
{
    const og_act *act = report->study->arms.items[arm].act;
    json_t *learned = json_array();
    OG_TRY(og__json_set(owner, "learned", learned));
    for (size_t i = 0; i < og_act_param_count(act); i++) {
        og_act_param param = og_act_param_at(act, i);
        if (param.learn != OG_LEARN_NO)
            OG_TRY(add_learned_param(report, arm, param.name, learned));
    }
    return OG_OK;
}

/* --- over the epochs ------------------------------------------------------------------------------------------- */

static const char *const watched[] = {"dead", "saturated_left", "saturated_right", "gradient_rms"};

/* The last look of a row of the curve. */
static const json_t *look_of(const og__report *report, size_t block, size_t arm, size_t row)
{
    const json_t *curve = json_object_get(og__study_trial(report->study, block, arm)->result, "curve");
    const json_t *looks = json_object_get(json_array_get(curve, row), "health");
    size_t count = json_array_size(looks);
    return count > 0 ? json_array_get(looks, count - 1) : NULL;
}

/* Mean over the runs that have it, of each layer. */
static og_status add_look(const og__report *report, size_t arm, size_t row, const char *key, json_t *rows)
{
    json_t *values = json_array();
    size_t layers = 0;
    OG_TRY(og__json_append(rows, values));
    for (size_t b = 0; b < report->verdict.blocks && layers == 0; b++)
        layers = json_array_size(json_object_get(look_of(report, b, arm, row), key));
    for (size_t l = 0; l < layers; l++) {
        double sum = 0;
        int count = 0;
        for (size_t b = 0; b < report->verdict.blocks; b++) {
            const json_t *value = json_array_get(json_object_get(look_of(report, b, arm, row), key), l);
            if (json_is_number(value)) {
                sum += json_number_value(value);
                count++;
            }
        }
        OG_TRY(og__json_append(values, og__json_real(count > 0 ? sum / count : NAN)));
    }
    return OG_OK;
}

static og_status add_course(const og__report *report, size_t arm, json_t *health)
{
    json_t *course = json_object(), *epochs = json_array(), *rows[sizeof watched / sizeof watched[0]];
    OG_TRY(og__json_set(health, "course", course));
    OG_TRY(og__json_set(course, "epochs", epochs));
    for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++) {
        rows[i] = json_array();
        OG_TRY(og__json_set(course, watched[i], rows[i]));
    }
    size_t longest = 0;
    for (size_t b = 0; b < report->verdict.blocks; b++) {
        size_t length = json_array_size(json_object_get(og__study_trial(report->study, b, arm)->result, "curve"));
        longest = length > longest ? length : longest;
    }
    for (size_t row = 0; row < longest; row++) {
        const json_t *look = NULL;
        for (size_t b = 0; b < report->verdict.blocks && !look; b++)
            look = look_of(report, b, arm, row);
        if (!look)
            continue;
        OG_TRY(og__json_append(epochs, json_incref(json_object_get(look, "epoch"))));
        for (size_t i = 0; i < sizeof watched / sizeof watched[0]; i++)
            OG_TRY(add_look(report, arm, row, watched[i], rows[i]));
    }
    return OG_OK;
}

og_status og__report_health(const og__report *report, size_t arm, json_t *owner)
{
    json_t *health = json_object();
    OG_TRY(add_gradient(report, arm, owner));
    OG_TRY(add_learned(report, arm, owner));
    OG_TRY(og__json_set(owner, "health", health));
    OG_TRY(add_moment(report, arm, "health_first", health, "first"));
    OG_TRY(add_moment(report, arm, "health", health, "last"));
    return add_course(report, arm, health);
}

/* The function itself: formula, derivative, what follows from it, and its curve. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <ogive/facts.h>

#include "base/memory.h"
#include "format/json.h"
#include "report/parts.h"

enum { CURVE_POINTS = 241 }; /* -6 to 6 in steps of 0.05 */

/* Six digits, for numbers that are only drawn. */
static json_t *drawn(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    return og__json_real(strtod(text, NULL));
}

static og_status add_text(json_t *owner, const char *key, og_status outcome, char *text)
{
    OG_TRY(outcome);
    json_t *value = og__json_string(text);
    free(text);
    return og__json_set(owner, key, value);
}

static og_status add_params(const og_act *act, json_t *owner)
{
    static const char *const learns[] = {"no", "layer", "channel"};
    json_t *params = json_array();
    OG_TRY(og__json_set(owner, "params", params));
    for (size_t i = 0; i < og_act_param_count(act); i++) {
        og_act_param param = og_act_param_at(act, i);
        json_t *row = json_object();
        OG_TRY(og__json_append(params, row));
        OG_TRY(og__json_set(row, "name", og__json_string(param.name)));
        OG_TRY(og__json_set(row, "value", og__json_real(param.value)));
        OG_TRY(og__json_set(row, "learn", json_string(learns[param.learn])));
    }
    return OG_OK;
}

static og_status add_facts(const og_act *act, json_t *owner)
{
    og_act_facts facts;
    json_t *object = json_object();
    OG_TRY(og__json_set(owner, "facts", object));
    OG_TRY(og_act_analyse(act, &facts));
    const struct {
        const char *name;
        double value;
    } rows[] = {
        {"mean", facts.moments.mean},
        {"second_moment", facts.moments.second_moment},
        {"variance", facts.moments.variance},
        {"gain", facts.moments.gain},
        {"slope_moment", facts.moments.slope_moment},
        {"gain_backward", facts.moments.gain_backward},
        {"chi", facts.moments.chi},
        {"chi_norm", facts.moments.chi_norm},
        {"min", facts.min},
        {"max", facts.max},
        {"left", facts.left.limit},
        {"right", facts.right.limit},
        {"slope_max", facts.slope_max},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        OG_TRY(og__json_set(object, rows[i].name, og__json_real(rows[i].value)));
    return og__json_set(object, "monotonic", json_boolean(facts.monotonic));
}

static og_status add_points(json_t *curve, const char *key, const float *values)
{
    json_t *points = json_array();
    OG_TRY(og__json_set(curve, key, points));
    for (int i = 0; i < CURVE_POINTS; i++)
        OG_TRY(og__json_append(points, drawn(values[i])));
    return OG_OK;
}

static og_status add_curve(const og_act *act, json_t *owner)
{
    float x[CURVE_POINTS], y[CURVE_POINTS], dy[CURVE_POINTS];
    json_t *curve = json_object();
    for (int i = 0; i < CURVE_POINTS; i++)
        x[i] = (float)(i - CURVE_POINTS / 2) / 20;
    OG_TRY(og__json_set(owner, "curve", curve));
    OG_TRY(og_act_eval(act, CURVE_POINTS, x, y, dy, NULL));
    OG_TRY(add_points(curve, "x", x));
    OG_TRY(add_points(curve, "y", y));
    return add_points(curve, "dy", dy);
}

og_status og__report_function(const og__report *report, size_t arm, json_t *owner)
{
    const og__arm *item = &report->study->arms.items[arm];
    char *text = NULL;
    OG_TRY(og__json_set(owner, "id", og__json_string(item->id)));
    OG_TRY(og__json_set(owner, "text", og__json_string(og_act_text(item->act))));
    og_status status = og_act_formula(item->act, &text);
    OG_TRY(add_text(owner, "formula", status, text));
    status = og_act_derivative(item->act, NULL, &text);
    OG_TRY(add_text(owner, "derivative", status, text));
    OG_TRY(add_params(item->act, owner));
    OG_TRY(add_facts(item->act, owner));
    return add_curve(item->act, owner);
}

#include "report/curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/act.h"
#include "base/memory.h"

/* Cut a text to what a label holds, between characters, with an ellipsis for the rest. */
static void set_label(char label[OG_PLOT_LABEL_BYTES], const char *text)
{
    enum { MOST = 44 };
    size_t length = strlen(text);
    if (length <= MOST) {
        snprintf(label, OG_PLOT_LABEL_BYTES, "%s", text);
        return;
    }
    length = MOST - 1;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    snprintf(label, OG_PLOT_LABEL_BYTES, "%.*s\xe2\x80\xa6", (int)length, text);
}

og_plot_curve og_plot_curve_of(const og_act *act)
{
    og_plot_curve curve = {
        .act = act,
        .inputs = {[OG_INPUT_GATE] = 1,
                   [OG_INPUT_GATE2] = 1,
                   [OG_INPUT_GATE3] = 1,
                   [OG_INPUT_MIRROR] = 1,
                   [OG_INPUT_NOISE] = 0.5},
    };
    for (size_t k = 0; k < act->param_count; k++)
        curve.params[k] = (double)act->params[k].value;
    set_label(curve.label, og_act_text(act));
    return curve;
}

/* --- families ----------------------------------------------------------------------------------------------------- */

/* The values at which something that the network supplies is drawn. */
typedef struct sweep_row {
    const char *name;
    int count;
    double values[OG_PLOT_FAMILY_MAX];
} sweep_row;

static const sweep_row input_sweeps[OG_INPUT_COUNT] = {
    [OG_INPUT_GATE] = {"gate", 4, {-1, 0, 1, 2}},   [OG_INPUT_GATE2] = {"gate2", 4, {-1, 0, 1, 2}},
    [OG_INPUT_GATE3] = {"gate3", 4, {-1, 0, 1, 2}}, [OG_INPUT_FUNNEL] = {"funnel", 4, {-1, 0, 1, 2}},
    [OG_INPUT_MIRROR] = {"mirror", 2, {1, -1}},     [OG_INPUT_NOISE] = {"noise", 3, {0, 0.5, 1}},
};

/* "gate = \u22121", "mirror = \u2212x". */
static void set_sweep_label(char label[OG_PLOT_LABEL_BYTES], const char *name, double value, bool mirror)
{
    const char *sign = value < 0 ? "\xe2\x88\x92" : "";
    if (mirror)
        snprintf(label, OG_PLOT_LABEL_BYTES, "%s = %sx", name, sign);
    else
        snprintf(label, OG_PLOT_LABEL_BYTES, "%s = %s%g", name, sign, fabs(value));
}

static size_t sweep_input(const og_act *act, og_input input, og_plot_curve *curves)
{
    const sweep_row *sweep = &input_sweeps[input];
    for (int i = 0; i < sweep->count; i++) {
        curves[i] = og_plot_curve_of(act);
        for (int other = OG_INPUT_GATE; other <= OG_INPUT_GATE3; other++)
            if (other != (int)input)
                curves[i].inputs[other] = 0; /* the others stay out of the way of the one that is shown */
        curves[i].inputs[input] = sweep->values[i];
        set_sweep_label(curves[i].label, sweep->name, sweep->values[i], input == OG_INPUT_MIRROR);
    }
    return (size_t)sweep->count;
}

static size_t sweep_param(const og_act *act, size_t k, int count, const double *values, og_plot_curve *curves)
{
    for (int i = 0; i < count; i++) {
        curves[i] = og_plot_curve_of(act);
        curves[i].params[k] = values[i];
        set_sweep_label(curves[i].label, act->params[k].name, values[i], false);
    }
    return (size_t)count;
}

size_t og_plot_family(const og_act *act, og_plot_curve curves[OG_PLOT_FAMILY_MAX])
{
    for (og_input input = OG_INPUT_GATE; input < OG_INPUT_COUNT; input++)
        if (og_act_uses(act, input))
            return sweep_input(act, input, curves);
    for (size_t k = 0; k < act->param_count; k++) {
        double value = (double)act->params[k].value;
        if (act->params[k].source == OG_PARAM_ALTERNATE)
            return sweep_param(act, k, 2, (double[]){value, -value}, curves);
        if (act->params[k].source == OG_PARAM_EXCITE)
            return sweep_param(act, k, 3, (double[]){0, 0.5, 1}, curves);
        if (act->params[k].source == OG_PARAM_NORMAL)
            return sweep_param(
                act, k, 3,
                (double[]){value - (double)act->params[k].second, value, value + (double)act->params[k].second},
                curves);
    }
    curves[0] = og_plot_curve_of(act);
    return 1;
}

/* --- evaluation --------------------------------------------------------------------------------------------------- */

og_status og__tracer_init(const og_plot_curve *curve, og__tracer *tracer)
{
    *tracer = (og__tracer){.curve = curve};
    return og__alloc((size_t)curve->act->graph.count, sizeof *tracer->work, &tracer->work);
}

void og__tracer_deinit(og__tracer *tracer)
{
    free(tracer->work);
    tracer->work = NULL;
}

double og__trace(const og__tracer *tracer, bool slope, double x)
{
    const og_plot_curve *curve = tracer->curve;
    const og__expr roots[] = {curve->act->value, curve->act->slope};
    double values[2], inputs[OG_INPUT_COUNT];
    memcpy(inputs, curve->inputs, sizeof inputs);
    inputs[OG_INPUT_X] = x;
    inputs[OG_INPUT_MIRROR] *= x;
    og__evaluate(&curve->act->graph, slope ? 2 : 1, roots, inputs, curve->params, tracer->work, values);
    if (!slope)
        return values[0];
    if (isnan(values[0]))
        return NAN; /* the formula of the derivative may have values where f has none, as 1/x for log(x) */
    return og_act_uses(curve->act, OG_INPUT_MIRROR) ? values[1] * curve->inputs[OG_INPUT_MIRROR] : values[1];
}

og_status og_plot_values(const og_plot_curve *curve, size_t count, const double *x, double *y, double *dy)
{
    og__tracer tracer;
    OG_TRY(og__tracer_init(curve, &tracer));
    for (size_t i = 0; i < count; i++) {
        if (y)
            y[i] = og__trace(&tracer, false, x[i]);
        if (dy)
            dy[i] = og__trace(&tracer, true, x[i]);
    }
    og__tracer_deinit(&tracer);
    return OG_OK;
}

/* --- breaks ------------------------------------------------------------------------------------------------------- */

enum { SCAN_STEPS = 2000 };

double og__beside(double x)
{
    return 1e-9 * fmax(1, fabs(x));
}

/* Halve an interval towards the larger difference. A jump keeps it whole; of what is merely steep little is left. */
static bool find_jump(const og__tracer *tracer, bool slope, double from, double to, double *x)
{
    double left = og__trace(tracer, slope, from), right = og__trace(tracer, slope, to);
    double whole = fabs(right - left), before = from, after = to;
    for (int i = 0; i < 40; i++) {
        double middle = 0.5 * (from + to), value = og__trace(tracer, slope, middle);
        if (fabs(value - left) > fabs(right - value)) {
            to = middle;
            right = value;
        } else {
            from = middle;
            left = value;
        }
        if (!(fabs(right - left) > whole / 3))
            return false;
    }
    double near = rint(to * 0x1p+20) * 0x1p-20; /* the kinks that people choose are round */
    *x = near >= before && near <= after && fabs(near - to) <= og__beside(to) ? near : to;
    return true;
}

static void add_break(og__breaks *breaks, double x)
{
    int at = breaks->count;
    for (int i = 0; i < breaks->count; i++)
        if (fabs(breaks->x[i] - x) <= 4 * og__beside(x))
            return;
    if (at == OG_BREAKS_MAX)
        return;
    for (; at > 0 && breaks->x[at - 1] > x; at--)
        breaks->x[at] = breaks->x[at - 1];
    breaks->x[at] = x;
    breaks->count++;
}

void og__find_breaks(const og__tracer *tracer, double x_min, double x_max, og__breaks *breaks)
{
    const double least = 1e-3; /* a smaller jump cannot be seen */
    breaks->count = 0;
    for (int slope = 0; slope <= 1; slope++) {
        double before = NAN, x_before = x_min;
        for (int i = 0; i <= SCAN_STEPS; i++) {
            /* Points that are not round, so that what happens at a round one happens between two. */
            double x = x_min + (x_max - x_min) * (i + 0.382 * (i > 0 && i < SCAN_STEPS)) / SCAN_STEPS, found;
            double value = og__trace(tracer, slope, x);
            if (fabs(value - before) > least && find_jump(tracer, slope, x_before, x, &found))
                add_break(breaks, found);
            before = value;
            x_before = x;
        }
    }
}

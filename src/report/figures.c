#include "report/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format/json.h"
#include "report/parts.h"

/* --- reading the report -------------------------------------------------------------------------------------- */

static json_t *results_of(const json_t *report, const char *key)
{
    return json_object_get(json_object_get(report, "results"), key);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_run_of(const json_t *run, const json_t *act)
{
    return strcmp(text_of(run, "act"), text_of(act, "id")) == 0;
}

/* --- traces -------------------------------------------------------------------------------------------------- */

static og_status add_trace(json_t *traces, json_t *trace)
{
    return og__json_append(traces, trace);
}

static og_status set_axes(json_t *layout, const char *title, const char *x, const char *y)
{
    OG_TRY(og__json_set(layout, "title", json_pack("{s:s}", "text", title)));
    OG_TRY(og__json_set(layout, "xaxis", json_pack("{s:{s:s}, s:b}", "title", "text", x, "automargin", 1)));
    return og__json_set(layout, "yaxis", json_pack("{s:{s:s}, s:b}", "title", "text", y, "automargin", 1));
}

/* A band behind the data between two values of x. */
static og_status add_band(json_t *layout, double from, double to)
{
    return og__json_set(layout, "shapes",
                        json_pack("[{s:s, s:f, s:f, s:s, s:i, s:i, s:s, s:{s:i}, s:s}]", "type", "rect", "x0", from,
                                  "x1", to, "yref", "paper", "y0", 0, "y1", 1, "fillcolor", "rgba(128,128,128,0.2)",
                                  "line", "width", 0, "layer", "below"));
}

/* --- the scores of every run, side by side ------------------------------------------------------------------- */

static og_status draw_dice(const json_t *report, json_t *traces, json_t *layout)
{
    size_t a, r;
    json_t *act, *run;
    OG_TRY(set_axes(layout, "Mean Dice of every run", "activation", "mean Dice"));
    OG_TRY(og__json_set(layout, "showlegend", json_false()));
    json_array_foreach(results_of(report, "acts"), a, act) {
        json_t *trace = json_pack("{s:s, s:s, s:s, s:f, s:i, s:b}", "type", "box", "name", text_of(act, "text"),
                                  "boxpoints", "all", "jitter", 0.4, "pointpos", 0, "boxmean", 1);
        json_t *y = json_array(), *text = json_array();
        OG_TRY(add_trace(traces, trace));
        OG_TRY(og__json_set(trace, "y", y));
        OG_TRY(og__json_set(trace, "text", text));
        json_array_foreach(results_of(report, "runs"), r, run) {
            if (!is_run_of(run, act))
                continue;
            OG_TRY(og__json_append(y, json_incref(json_object_get(run, "dice"))));
            OG_TRY(og__json_append(
                text, json_sprintf("seed %" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(run, "seed")))));
        }
    }
    return OG_OK;
}

/* --- paired differences to the best -------------------------------------------------------------------------- */

static og_status draw_differences(const json_t *report, json_t *traces, json_t *layout)
{
    size_t a;
    json_t *act, *x = json_array(), *y = json_array(), *up = json_array(), *down = json_array();
    const json_t *verdict = results_of(report, "verdict");
    double margin = og__report_number(verdict, "margin");
    json_t *trace = json_pack("{s:s, s:s, s:o, s:o, s:{s:s, s:b, s:o, s:o}}", "type", "scatter", "mode", "markers", "x",
                              x, "y", y, "error_x", "type", "data", "symmetric", 0, "array", up, "arrayminus", down);
    OG_TRY(add_trace(traces, trace));
    OG_TRY(set_axes(layout, "Paired difference to the best, with its interval", "difference of the mean Dice", ""));
    OG_TRY(add_band(layout, -margin, margin));
    json_array_foreach(results_of(report, "acts"), a, act) {
        const json_t *difference = json_object_get(json_object_get(act, "difference"), "dice");
        double mean = og__report_number(difference, "mean");
        if (strcmp(text_of(act, "id"), text_of(verdict, "best")) == 0 || isnan(mean))
            continue;
        OG_TRY(og__json_append(x, og__json_real(mean)));
        OG_TRY(og__json_append(y, og__json_string(text_of(act, "text"))));
        OG_TRY(og__json_append(up, og__json_real(og__report_number(difference, "high") - mean)));
        OG_TRY(og__json_append(down, og__json_real(mean - og__report_number(difference, "low"))));
    }
    return OG_OK;
}

/* --- ranks and the critical difference ----------------------------------------------------------------------- */

/* Who stands within the band, as wide as the critical difference, is not told apart from the first. */
static og_status draw_ranks(const json_t *report, json_t *traces, json_t *layout)
{
    size_t a;
    json_t *act, *x = json_array(), *y = json_array();
    const json_t *ranks = json_object_get(results_of(report, "statistics"), "ranks");
    double first = INFINITY, critical = og__report_number(ranks, "critical_difference");
    OG_TRY(add_trace(traces, json_pack("{s:s, s:s, s:o, s:o, s:{s:i}}", "type", "scatter", "mode", "markers", "x", x,
                                       "y", y, "marker", "size", 12)));
    json_array_foreach(results_of(report, "acts"), a, act) {
        double rank = og__report_number(act, "mean_rank");
        if (isnan(rank))
            continue;
        first = fmin(first, rank);
        OG_TRY(og__json_append(x, og__json_real(rank)));
        OG_TRY(og__json_append(y, og__json_string(text_of(act, "text"))));
    }
    OG_TRY(set_axes(layout, isnan(critical) ? "Mean rank" : "Mean rank, and the critical difference from the first",
                    "mean rank (1 is the best)", ""));
    OG_TRY(og__json_set(json_object_get(layout, "yaxis"), "categoryorder", json_string("total descending")));
    return isnan(critical) ? OG_OK : add_band(layout, first, first + critical);
}

/* --- learning curves ------------------------------------------------------------------------------------------ */

/* One row of the curves of an activation's runs. *more is false behind the last. */
static void read_row(const json_t *report, const json_t *act, size_t row, double *epoch, double range[3], bool *more)
{
    size_t r;
    json_t *run;
    double sum = 0, low = INFINITY, high = -INFINITY;
    int count = 0;
    *more = false;
    json_array_foreach(results_of(report, "runs"), r, run) {
        const json_t *point = json_array_get(json_object_get(run, "curve"), row);
        if (!point || !is_run_of(run, act))
            continue;
        double dice = og__report_number(point, "dice");
        *more = true;
        if (isnan(dice))
            continue;
        *epoch = og__report_number(point, "epoch");
        sum += dice;
        low = fmin(low, dice);
        high = fmax(high, dice);
        count++;
    }
    range[0] = count ? low : (double)NAN;
    range[1] = count ? sum / count : (double)NAN;
    range[2] = count ? high : (double)NAN;
}

static og_status draw_curves(const json_t *report, json_t *traces, json_t *layout)
{
    static const char *const colours[] = {"#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd",
                                          "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"};
    size_t a;
    json_t *act;
    OG_TRY(set_axes(layout, "Validation Dice, mean over the seeds and their range", "epoch", "mean Dice"));
    json_array_foreach(results_of(report, "acts"), a, act) {
        json_t *lines[3], *x = json_array(); /* least, mean and most; the most is filled down to the least */
        const char *colour = colours[a % (sizeof colours / sizeof colours[0])], *id = text_of(act, "id");
        for (int i = 0; i < 3; i++) {
            static const int order[] = {0, 2, 1};
            json_t *trace = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:i}, s:b, s:O}", "type", "scatter", "mode",
                                      "lines", "name", text_of(act, "text"), "legendgroup", id, "line", "color", colour,
                                      "width", order[i] == 1 ? 2 : 0, "showlegend", order[i] == 1, "x", x);
            lines[order[i]] = json_array();
            OG_TRY(add_trace(traces, trace));
            OG_TRY(og__json_set(trace, "y", lines[order[i]]));
            if (order[i] == 2) {
                OG_TRY(og__json_set(trace, "fill", json_string("tonexty")));
                OG_TRY(og__json_set(trace, "fillcolor", json_sprintf("%s22", colour)));
            }
        }
        bool more = true;
        for (size_t row = 0; more; row++) {
            double epoch = NAN, range[3];
            read_row(report, act, row, &epoch, range, &more);
            if (isnan(range[1]))
                continue;
            OG_TRY(og__json_append(x, og__json_real(epoch)));
            for (int i = 0; i < 3; i++)
                OG_TRY(og__json_append(lines[i], og__json_real(round(1e5 * range[i]) / 1e5)));
        }
        json_decref(x);
    }
    return OG_OK;
}

/* --- quality and cost ------------------------------------------------------------------------------------------ */

static const json_t *timing_of(const json_t *report, const char *id)
{
    size_t i;
    json_t *act;
    json_array_foreach(json_object_get(json_object_get(report, "timing"), "acts"), i, act) {
        if (strcmp(text_of(act, "id"), id) == 0)
            return act;
    }
    return NULL;
}

static og_status draw_cost(const json_t *report, json_t *traces, json_t *layout)
{
    size_t a;
    json_t *act, *x = json_array(), *y = json_array(), *text = json_array();
    OG_TRY(add_trace(traces,
                     json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:{s:i}}", "type", "scatter", "mode", "markers+text",
                               "x", x, "y", y, "text", text, "textposition", "top center", "marker", "size", 12)));
    json_array_foreach(results_of(report, "acts"), a, act) {
        double ms = og__report_number(timing_of(report, text_of(act, "id")), "ms_per_step");
        OG_TRY(og__json_append(x, og__json_real(ms)));
        OG_TRY(og__json_append(y, json_incref(json_object_get(json_object_get(act, "dice"), "mean"))));
        OG_TRY(og__json_append(text, og__json_string(text_of(act, "text"))));
    }
    return set_axes(layout, "Quality and cost", "ms per training step", "mean Dice");
}

/* --- all of them ------------------------------------------------------------------------------------------------ */

const og__figure og__figures[] = {
    {"ogive-dice", draw_dice},   {"ogive-differences", draw_differences},
    {"ogive-ranks", draw_ranks}, {"ogive-curves", draw_curves},
    {"ogive-cost", draw_cost},
};
const size_t og__figure_count = sizeof og__figures / sizeof og__figures[0];

og_status og__figure_make(const og__figure *figure, const json_t *report, json_t **made)
{
    og_status status = OG_OK;
    json_t *traces = json_array(), *layout = json_object();
    *made = json_object();
    OG_GO(og__json_set(*made, "data", traces));
    OG_GO(og__json_set(*made, "layout", layout));
    OG_GO(figure->draw(report, traces, layout));
done:
    if (status != OG_OK) {
        json_decref(*made);
        *made = NULL;
    }
    return status;
}

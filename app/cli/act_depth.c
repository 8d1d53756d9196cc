#include "act_depth.h"

#include <math.h>
#include <stdio.h>

#include "act_facts.h"
#include "failure.h"
#include "output.h"
#include "table.h"
#include "terminal.h"

og_status depth_predict(const og_act *act, double gain, int layers, act_depth *depth)
{
    depth->layers = layers;
    for (int c = 0; c < DEPTH_CASES; c++) {
        depth->options[c] = (og_act_depth){
            .gain = gain,
            .layers = layers,
            .normalised = c == DEPTH_NORM,
            .variance = 1,
            .correlation = 0.5,
        };
        TRY(og_act_propagate(act, NULL, &depth->options[c], depth->signals[c], &depth->limits[c]));
    }
    return OG_OK;
}

static void cell_fact(text_table *table, double value)
{
    char number[32];
    format_fact(value, sizeof number, number);
    table_cell(table, "%s", number);
}

static void print_layers(const act_depth *depth, og_language language)
{
    enum { STEPS = 5 };
    const og_act_signal *plain = depth->signals[DEPTH_PLAIN], *norm = depth->signals[DEPTH_NORM];
    text_table table = {.align = "rrrrrr"};
    table_cell(&table, "%s", in_language(language, "layer", "层"));
    table_cell(&table, "%s", in_language(language, "variance", "方差"));
    table_cell(&table, "%s", in_language(language, "correlation", "相关"));
    table_cell(&table, "%s", in_language(language, "gradient", "梯度"));
    table_cell(&table, "%s", in_language(language, "norm: correlation", "归一化：相关"));
    table_cell(&table, "%s", in_language(language, "gradient", "梯度"));
    for (int step = 0, last = -1; step <= STEPS; step++) {
        int layer = depth->layers * step / STEPS;
        if (layer == last)
            continue;
        last = layer;
        table_cell(&table, "%d", layer);
        cell_fact(&table, plain[layer].variance);
        cell_fact(&table, plain[layer].correlation);
        cell_fact(&table, plain[layer].gradient);
        cell_fact(&table, norm[layer].correlation);
        cell_fact(&table, norm[layer].gradient);
    }
    table_print(&table, stdout);
}

static void print_limit(const og_act_limit *limit, const char *label, og_language language)
{
    char variance[32], correlation[32], chi[32], scale[32], line[240];
    format_fact(limit->variance, sizeof variance, variance);
    format_fact(limit->correlation, sizeof correlation, correlation);
    format_fact(limit->chi, sizeof chi, chi);
    format_fact(limit->depth_scale, sizeof scale, scale);
    int length = snprintf(line, sizeof line,
                          in_language(language, "variance %s, correlation %s, χ %s", "方差 %s，相关 %s，χ %s"),
                          variance, correlation, chi);
    snprintf(line + length, sizeof line - (size_t)length,
             isfinite(limit->depth_scale)
                 ? in_language(language, "; differences shrink to 1/e in %s layers", "；差异每 %s 层缩小到 1/e")
                 : in_language(language, "; differences shrink slower than exponentially", "；差异的缩小慢于指数"),
             scale);
    fputs("  ", stdout);
    print_padded(stdout, label, 18);
    print_folded(stdout, line, 20, 20);
}

void depth_print(const act_depth *depth, og_language language)
{
    char gain[32];
    format_fact(depth->options[DEPTH_PLAIN].gain, sizeof gain, gain);
    printf(in_language(language, "\nThrough %d wide layers whose weights have a gain of %s\n",
                       "\n经过 %d 个宽层，权重增益 %s\n"),
           depth->layers, gain);
    fputs("  ", stdout);
    print_folded(
        stdout,
        in_language(language,
                    "h in each layer: variance, correlation of two inputs, gradient by it over the last layer's",
                    "各层的 h：方差、两个输入的相关、对它的梯度与最后一层之比"),
        2, 2);
    print_layers(depth, language);
    print_limit(&depth->limits[DEPTH_PLAIN], in_language(language, "at any depth", "无穷深处"), language);
    print_limit(&depth->limits[DEPTH_NORM], in_language(language, "with a norm", "有归一化"), language);
}

static json_t *case_document(const act_depth *depth, depth_case which)
{
    const og_act_limit *limit = &depth->limits[which];
    json_t *signals = json_array();
    for (int layer = 0; layer <= depth->layers; layer++) {
        const og_act_signal *signal = &depth->signals[which][layer];
        json_array_append_new(signals,
                              json_pack("{s:o, s:o, s:o}", "variance", json_number(signal->variance), "correlation",
                                        json_number(signal->correlation), "gradient", json_number(signal->gradient)));
    }
    return json_pack("{s:f, s:o, s:{s:o, s:o, s:o, s:o}}", "gain", depth->options[which].gain, "signals", signals,
                     "limit", "variance", json_number(limit->variance), "correlation", json_number(limit->correlation),
                     "chi", json_number(limit->chi), "depth_scale", json_number(limit->depth_scale));
}

json_t *depth_document(const act_depth *depth)
{
    return json_pack("{s:i, s:o, s:o}", "layers", depth->layers, "plain", case_document(depth, DEPTH_PLAIN), "norm",
                     case_document(depth, DEPTH_NORM));
}
